"""Documents and meetings as their pages enter them."""

from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from accounts.tracked import Tracked
from accounts.versioned import VersionedForm
from findings.choices import DocumentAction, DocumentKind, MeetingKind
from findings.forms.days import DayField
from findings.forms.numbers import NumbersField
from findings.models import Campaign, Meeting, RuleDocument

FACTS = ("title", "number", "kind", "action", "issued_on", "department", "replaces", "use_check_on")
MOST_DECISIONS, EMPTY_ROWS = 100, 5


def _note() -> forms.CharField:
    return forms.CharField(label=_("reason of the change"), required=False, max_length=2000)


def _words(label: Any, rows: int, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=5000, widget=forms.Textarea(attrs={"rows": rows}), **options)


class DocumentForm(VersionedForm):
    """A rule or document: its facts and, by their numbers, the measures that it serves."""

    title = forms.CharField(label=_("title"), max_length=200)
    number = forms.CharField(label=_("document number"), max_length=60, required=False)
    kind = forms.ChoiceField(label=_("kind"), choices=DocumentKind.choices)
    action = forms.ChoiceField(label=_("new, amended or repealed"), choices=DocumentAction.choices)
    replaces = forms.ModelChoiceField(
        label=_("amends or repeals"), queryset=RuleDocument.objects.none(), required=False,
        help_text=_("the older document on record; it is out of force from this one's day of issue"),
    )  # fmt: skip
    issued_on = DayField(label=_("issued on"))
    department = forms.ModelChoiceField(label=_("drafted by"), queryset=Department.objects.none())
    serves = NumbersField(label=_("measures that it serves"), required=False)
    use_check_on = DayField(
        label=_("check of use"), required=False, help_text=_("the day to look whether the rule is used")
    )
    note = _note()

    def __init__(self, campaign: Campaign, row: RuleDocument | None, data: Any = None) -> None:
        super().__init__(data, initial={"version": row.version, **self.stored(row)} if row else {"version": 0})
        older, departments = self.fields["replaces"], self.fields["department"]
        assert isinstance(older, forms.ModelChoiceField)
        assert isinstance(departments, forms.ModelChoiceField)
        older.empty_label = departments.empty_label = "—"
        older.queryset = campaign.documents.exclude(pk__in=[row.pk] if row else []).order_by("-issued_on", "-pk")
        own = Department.objects.filter(court_id=campaign.court_id, is_active=True)
        drafted_by = Department.objects.filter(pk__in=[row.department_id] if row else [])
        departments.queryset = (own | drafted_by).order_by("order", "code")
        if row is None:
            del self.fields["note"]

    def stored(self, row: Tracked | User) -> dict[str, Any]:
        assert isinstance(row, RuleDocument)
        served = row.served.filter(is_active=True).order_by("measure__number")
        values = {name: getattr(row, name) for name in FACTS}
        return values | {"serves": list(served.values_list("measure__number", flat=True))}

    def facts(self) -> dict[str, Any]:
        """The document's own fields, as the verbs take them."""
        return {name: self.cleaned_data[name] for name in FACTS}


class RepealForm(VersionedForm):
    """From when a document is out of force, or nothing to put it in force again."""

    on = DayField(label=_("out of force from"), required=False, help_text=_("left empty: in force again"))
    note = forms.CharField(
        label=pgettext_lazy("form", "reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def stored(self, row: Tracked | User) -> dict[str, Any]:
        assert isinstance(row, RuleDocument)
        return {"on": row.repealed_on}


class UseCheckForm(VersionedForm):
    """How a rule is used, as somebody saw it."""

    on = DayField(label=_("use checked on"))
    finding = _words(_("how the rule is used"), 4)
    next_on = DayField(label=_("next check of use"), required=False)

    def stored(self, row: Tracked | User) -> dict[str, Any]:
        assert isinstance(row, RuleDocument)
        return {"on": row.use_checked_on, "finding": row.use_finding, "next_on": row.use_check_on}


class DecisionForm(forms.Form):
    """What was decided about measures; one line may name several of them."""

    measures = NumbersField(label=pgettext_lazy("column", "measures"), required=False, help_text="")
    decision = _words(_("what was decided"), 2, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "measures" in data and "decision" in data:
            if data["measures"] and not data["decision"]:
                self.add_error("decision", gettext("Please say what was decided about each measure."))
            elif data["decision"] and not data["measures"]:
                self.add_error("measures", gettext("Please name the measure."))
        return data


DecisionFormSet = forms.formset_factory(DecisionForm, extra=EMPTY_ROWS, max_num=MOST_DECISIONS,
                                        absolute_max=MOST_DECISIONS)  # fmt: skip


class MeetingForm(VersionedForm):
    """A meeting, with a row for each decision on single measures (``rows``)."""

    kind = forms.ChoiceField(label=_("kind"), choices=MeetingKind.choices)
    held_on = DayField(label=_("held on"))
    title = forms.CharField(label=_("title"), max_length=200)
    decisions = _words(_("decisions"), 5, required=False)
    note = _note()

    def __init__(self, row: Meeting | None, data: Any = None) -> None:
        decided = self._decided(row) if row else {}
        facts = {"version": row.version, **self.stored(row)} if row else {"version": 0}
        super().__init__(data, initial=facts)
        lines = [{"measures": [number], "decision": text} for number, text in decided.items()]
        # What was sent is never compared with the stored lines, which somebody else may have changed meanwhile.
        self.rows = DecisionFormSet(data, initial=None if data is not None else lines, prefix="rows")
        if row is None:
            del self.fields["note"]

    def stored(self, row: Tracked | User) -> dict[str, Any]:
        return {name: getattr(row, name) for name in ("kind", "held_on", "title", "decisions")}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.rows.is_valid():
            problems = list(self.rows.non_form_errors())
            raise forms.ValidationError(problems or gettext("Please look at the marked rows."))
        named = [number for row in self.rows.cleaned_data for number in row.get("measures", [])]
        twice = sorted({number for number in named if named.count(number) > 1})
        if twice:
            raise forms.ValidationError(
                gettext("Measure %(number)s stands in two rows."), params={"number": twice[0]}
            )  # fmt: skip
        return data

    def facts(self) -> dict[str, Any]:
        """The meeting's own fields, as the verbs take them."""
        return {name: self.cleaned_data[name] for name in ("kind", "held_on", "title", "decisions")}

    def decided(self) -> dict[int, str]:
        """What was decided, by the number of the measure."""
        return {number: row["decision"] for row in self.rows.cleaned_data for number in row.get("measures", [])}

    def beside(self, present: Tracked | User) -> None:
        super().beside(present)
        assert isinstance(present, Meeting)
        theirs, yours = (_as_lines(words) for words in (self._decided(present), self.decided()))
        if theirs != yours:
            self.differences.append({"label": gettext("decisions on single measures"), "theirs": theirs or "—",
                                     "yours": yours or "—"})  # fmt: skip

    @staticmethod
    def _decided(row: Meeting) -> dict[int, str]:
        links = row.measures.filter(is_active=True).order_by("measure__number")
        return dict(links.values_list("measure__number", "decision"))


def _as_lines(decided: dict[int, str]) -> str:
    return "\n".join(f"{number}: {text}" for number, text in sorted(decided.items()))
