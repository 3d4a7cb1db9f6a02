"""Measures of the plan as forms: one to amend, split or merge; many rows at once; owners of many."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, Membership, User
from accounts.roles import RoleCode
from accounts.tracked import Tracked
from accounts.versioned import VersionedForm
from findings import dates
from findings.choices import WORKING, Nature, Phase
from findings.forms.days import DayField
from findings.forms.plan import AnswersField, ReasonField
from findings.models import Campaign, Measure
from findings.workflow.amend import UNTIL_APPROVED

# How many measures one split may make, and how many rows one form takes.
MOST_PARTS, MOST_ROWS = 6, 60


def leaders_of(campaign: Campaign, present: int | None = None) -> QuerySet[User]:
    """Who can lead at the campaign's court, and who does at present."""
    holders = Membership.objects.holders(RoleCode.LEADER, campaign.court_id).values("person_id")
    return User.objects.filter(Q(pk__in=holders) | Q(pk=present)).order_by("username")


def departments_of(campaign: Campaign, present: tuple[int | None, ...] = ()) -> QuerySet[Department]:
    """The departments of the campaign's court, and those that are named at present."""
    own = Q(court_id=campaign.court_id, is_active=True)
    return Department.objects.filter(own | Q(pk__in=[pk for pk in present if pk])).order_by("order", "code")


def _text(label: Any, rows: int, *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=5000, required=required, widget=forms.Textarea(attrs={"rows": rows})
    )  # fmt: skip


class OwnersMixin(forms.Form):
    """Who answers for a measure: choices are those of the campaign's court."""

    lead_leader = forms.ModelChoiceField(label=_("lead leader"), queryset=User.objects.none(), required=False)
    lead_department = forms.ModelChoiceField(
        label=_("lead department"), queryset=Department.objects.none(), required=False
    )
    assisting = forms.ModelMultipleChoiceField(
        label=_("assisting departments"), queryset=Department.objects.none(), required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "in-columns"}),
    )  # fmt: skip

    def offer(self, leaders: QuerySet[User], departments: QuerySet[Department]) -> None:
        """Fill the choices."""
        choices = (("lead_leader", leaders), ("lead_department", departments), ("assisting", departments))
        for name, rows in choices:
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows


class AmendForm(VersionedForm, OwnersMixin):
    """One measure; what only a request may change is left out once the plan is approved."""

    text = _text(_("measure"), 4)
    goal = _text(_("goal"), 2, required=False)
    is_key = forms.BooleanField(label=_("key task"), required=False)
    deadline = DayField(label=_("deadline"), required=False)
    nature = forms.ChoiceField(label=_("nature"), choices=Nature.choices)
    phase = forms.ChoiceField(label=_("phase"), choices=Phase.choices)
    recheck_on = DayField(label=_("next re-check"), required=False, help_text=_("for a standing measure"))
    note = ReasonField(required=False)

    field_order = (
        "version", "text", "goal", "lead_leader", "lead_department", "assisting", "deadline", "nature", "phase",
        "recheck_on", "is_key", "note",
    )  # fmt: skip

    def __init__(self, measure: Measure, *args: Any, **kwargs: Any) -> None:
        present = self.stored_values(measure)
        kwargs["initial"] = {"version": measure.version, **present}
        super().__init__(*args, **kwargs)
        helpers = tuple(department.pk for department in present["assisting"])
        self.offer(
            leaders_of(measure.campaign, measure.lead_leader_id),
            departments_of(measure.campaign, (measure.lead_department_id, *helpers)),
        )
        if measure.campaign.is_approved(dates.today()):
            self.fields["note"].required = True
            for name in UNTIL_APPROVED:
                del self.fields[name]

    @staticmethod
    def stored_values(measure: Measure) -> dict[str, Any]:
        """The measure by field name, its helpers included."""
        names = ("text", "goal", "lead_leader", "lead_department", "is_key", *UNTIL_APPROVED)
        helpers = measure.assisting.filter(is_active=True).select_related("department")
        return {name: getattr(measure, name) for name in names} | {"assisting": [row.department for row in helpers]}

    def stored(self, row: Tracked | User) -> dict[str, Any]:
        assert isinstance(row, Measure)
        return {name: value for name, value in self.stored_values(row).items() if name in self.fields}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and not set(self.changed_data) - {"version", "note"}:
            raise forms.ValidationError(gettext("Nothing was changed."))
        return data

    def values(self) -> dict[str, Any]:
        """What the verb takes."""
        return self.cleaned_data | {"assisting": list(self.cleaned_data["assisting"])}


class SplitForm(forms.Form):
    """The measures that go on in the place of one."""

    note = ReasonField()

    def __init__(self, measure: Measure, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, MOST_PARTS + 1):
            words = {"number": number}
            self.fields[f"text_{number}"] = _text(gettext("measure %(number)s") % words, 2, required=number <= 2)
            self.fields[f"goal_{number}"] = _text(gettext("goal %(number)s") % words, 1, required=False)
        self.fields["text_1"].initial = measure.text
        self.fields["goal_1"].initial = measure.goal
        self.fields["note"] = self.fields.pop("note")

    def parts(self) -> list[dict[str, str]]:
        """What the verb takes: those with a text."""
        data = self.cleaned_data
        numbers = [number for number in range(1, MOST_PARTS + 1) if data[f"text_{number}"]]
        return [{"text": data[f"text_{number}"], "goal": data[f"goal_{number}"]} for number in numbers]


class MergeForm(forms.Form):
    """The measures of the same issue that are merged with this one, and what they are to say together."""

    others = AnswersField(
        label=_("merged with"), queryset=Measure.objects.none(), widget=forms.CheckboxSelectMultiple,
        help_text=_("measures of the same issue; the earliest deadline holds"),
    )  # fmt: skip
    text = _text(_("measure"), 4)
    goal = _text(_("goal"), 2, required=False)
    note = ReasonField()

    def __init__(self, measure: Measure, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"text": measure.text, "goal": measure.goal}
        super().__init__(*args, **kwargs)
        rows = Measure.objects.filter(issue_id=measure.issue_id, status__in=WORKING).in_plan(dates.today())
        field = self.fields["others"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = rows.exclude(pk=measure.pk).order_by("number")
        if not field.queryset.exists():
            field.help_text = gettext("The issue has no other measure with which it could be merged.")


# --- Many rows ---------------------------------------------------------------------------------------------


class RowForm(forms.Form):
    """One new measure in the grid; an empty row is none. People and departments are read once for all rows."""

    text = _text(_("measure"), 2)
    goal = _text(_("goal"), 2, required=False)
    lead_leader = forms.ChoiceField(label=_("lead leader"), required=False)
    lead_department = forms.ChoiceField(label=_("lead department"), required=False)
    assisting = forms.MultipleChoiceField(
        label=_("assisting departments"), required=False, widget=forms.SelectMultiple(attrs={"size": 3})
    )
    deadline = DayField(label=_("deadline"), required=False)
    nature = forms.ChoiceField(label=_("nature"), choices=Nature.choices, initial=Nature.DATED)
    phase = forms.ChoiceField(label=_("phase"), choices=Phase.choices, initial=Phase.CONCENTRATED)
    is_key = forms.BooleanField(label=pgettext_lazy("column", "key"), required=False)

    def __init__(self, *args: Any, leaders: dict[str, User], departments: dict[str, Department], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.leaders, self.departments = leaders, departments
        self._offer("lead_leader", leaders, ("", "—"))
        self._offer("lead_department", departments, ("", "—"))
        self._offer("assisting", departments)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label

    def _offer(self, name: str, rows: Mapping[str, object], *empty: tuple[str, str]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*empty, *((key, str(row)) for key, row in rows.items())]

    def values(self) -> dict[str, Any]:
        """What the verb takes."""
        data = self.cleaned_data
        return data | {
            "lead_leader": self.leaders.get(data["lead_leader"]),
            "lead_department": self.departments.get(data["lead_department"]),
            "assisting": [self.departments[key] for key in data["assisting"]],
        }


class BaseRowsFormSet(forms.BaseFormSet):
    """The rows of one issue."""

    def filled(self) -> list[int]:
        """Which rows say something."""
        return [index for index, form in enumerate(self.forms) if form.has_changed()]

    def mark(self, problems: list[tuple[int, str, str]]) -> None:
        """Put what the verb refused beside the rows; an index counts the filled ones."""
        filled = self.filled()
        for index, field, sentence in problems:
            form = self.forms[filled[index]]
            form.add_error(field if field in form.fields else None, sentence)


RowsFormSet = forms.formset_factory(
    RowForm, formset=BaseRowsFormSet, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS
)


class RowsNoteForm(forms.Form):
    """The reason for all rows together."""

    note = ReasonField(required=False)

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].required = needs_reason


class PasteForm(forms.Form):
    """Rows copied from a spreadsheet."""

    pasted = forms.CharField(
        label=_("rows copied from a spreadsheet"), max_length=200_000, strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "wrap": "off", "spellcheck": "false"}),
    )  # fmt: skip


class OwnersForm(OwnersMixin):
    """New owners for the ticked measures; what is left empty stays as it is."""

    moves_assisting = forms.BooleanField(
        label=_("replace the assisting departments, by none where none is chosen"), required=False
    )
    note = ReasonField()

    field_order = ("lead_leader", "lead_department", "moves_assisting", "assisting", "note")

    def __init__(self, campaign: Campaign, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(leaders_of(campaign), departments_of(campaign))
        for name in ("lead_leader", "lead_department"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.empty_label = gettext("as it is")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not any(data.get(name) for name in ("lead_leader", "lead_department", "moves_assisting")):
            raise forms.ValidationError(gettext("Please choose what is to change."))
        return data

    def values(self) -> dict[str, Any]:
        """What the verb takes."""
        data = self.cleaned_data
        values = {name: data[name] for name in ("lead_leader", "lead_department") if data[name]}
        assisting = list(data["assisting"]) if data["moves_assisting"] else None
        return values | {"assisting": assisting, "note": data["note"]}
