"""The campaign and its plan as forms: days, chains of signatures, areas, issues, recommendations."""

from typing import Any

from django import forms
from django.db.models import Field
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from accounts.tracked import Tracked
from accounts.versioned import VersionedForm
from accounts.words import joined
from findings.choices import SourceKind, Stage, stages_of
from findings.forms.days import DayField
from findings.models import Area, Campaign, Issue, Measure
from findings.workflow.plan import CAMPAIGN_FIELDS
from findings.workflow.sound import SIGNING


class StagesWidget(forms.MultiWidget):
    """One choice for each place in the chain, the unused ones left empty."""

    def decompress(self, value: str | None) -> list[str]:
        return stages_of(value or "")


class StagesField(forms.MultiValueField):
    """A chain of signatures in its order, as the campaign stores it: codes between commas."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("", "—"), *((stage.value, stage.label) for stage in SIGNING)]
        fields = [forms.ChoiceField(choices=choices, required=False) for _place in SIGNING]
        super().__init__(fields, require_all_fields=False, widget=StagesWidget([field.widget for field in fields]),
                         **kwargs)  # fmt: skip

    def compress(self, values: list[str]) -> str:
        return ",".join(value for value in values if value)


class ReasonField(forms.CharField):
    """A reason: compulsory once the plan is approved."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=pgettext_lazy("form", "reason"), max_length=2000,
                         widget=forms.Textarea(attrs={"rows": 2}), **kwargs)  # fmt: skip


def _count(label: Any, *, most: int, required: bool = True, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=most, required=required, help_text=help_text)


def _present(campaign: Campaign | None, name: str) -> Any:
    """The value of a campaign's field, or what a new one begins with."""
    field = Campaign._meta.get_field(name)
    assert isinstance(field, Field)
    return getattr(campaign, name) if campaign else field.get_default()


class CampaignForm(VersionedForm):
    """All that a campaign states of itself; address and court only when it is opened."""

    title = forms.CharField(label=_("title"), max_length=120)
    slug = forms.SlugField(
        label=_("address"), max_length=40,
        help_text=_("letters, digits and hyphens, such as xunshi-2026; it is never changed"),
    )  # fmt: skip
    court = forms.ModelChoiceField(label=_("court"), queryset=Department.objects.none(), empty_label=None)
    source = forms.ChoiceField(label=_("kind of source"), choices=SourceKind.choices)
    inspecting_body = forms.CharField(label=_("inspecting body"), max_length=100)
    onsite_from = DayField(label=_("on site from"), required=False)
    onsite_until = DayField(label=_("on site until"), required=False)
    feedback_on = DayField(label=pgettext_lazy("campaign", "feedback"))
    concentrated_until = DayField(label=_("end of the concentrated phase"))
    sustained_until = DayField(label=_("end of the sustained phase"))
    closure_stages = StagesField(
        label=_("stages of a closure"), help_text=_("in the order of signing; holds for requests filed from now on")
    )
    extension_stages = StagesField(
        label=_("stages of an extension"), help_text=_("in the order of signing; holds for requests filed from now on")
    )
    due_soon_days = _count(_("due soon, days before"), most=365, help_text=_("calendar days; the yellow light"))
    blue_days = _count(
        _("blue light, days before"), most=365, required=False, help_text=_("left empty: no blue light")
    )  # fmt: skip
    progress_due_days = _count(_("progress due, working days after"), most=20)
    lock_days = _count(_("locked, working days later"), most=20)
    declared_areas = _count(_("areas declared"), most=32767, required=False)
    declared_issues = _count(_("issues declared"), most=32767, required=False)
    declared_measures = _count(_("measures declared"), most=32767, required=False)
    note = ReasonField(required=False)

    SECTIONS = (
        (_("What it is"), ("title", "slug", "court", "source", "inspecting_body")),
        (_("Days"), ("onsite_from", "onsite_until", "feedback_on", "concentrated_until", "sustained_until")),
        (_("Chains of signatures"), ("closure_stages", "extension_stages")),
        (_("Thresholds"), ("due_soon_days", "blue_days", "progress_due_days", "lock_days")),
        (_("Totals declared on paper"), ("declared_areas", "declared_issues", "declared_measures")),
    )  # fmt: skip

    def __init__(
        self, campaign: Campaign | None, *args: Any, courts: Any = None, is_approved: bool = False, **kwargs: Any
    ) -> None:
        kwargs["initial"] = {name: _present(campaign, name) for name in ("version", *CAMPAIGN_FIELDS)}
        super().__init__(*args, **kwargs)
        self.fields["note"].required = is_approved
        if campaign is None:
            field = self.fields["court"]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = courts
        else:
            del self.fields["slug"], self.fields["court"]

    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields under their headings, the reason last."""
        known = [(title, [self[name] for name in names if name in self.fields]) for title, names in self.SECTIONS]
        return [*known, ("", [self["note"]])]

    def in_words(self, name: str, value: Any) -> str:
        if name in ("closure_stages", "extension_stages") and value:
            return joined(Stage(stage).label for stage in stages_of(value))
        return super().in_words(name, value)

    def values(self) -> dict[str, Any]:
        """What the verbs take."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class PlanForm(VersionedForm):
    """A row of the plan: its own fields, and the reason."""

    note = ReasonField(required=False)

    def __init__(self, row: Tracked | None, *args: Any, is_approved: bool, **kwargs: Any) -> None:
        names = [name for name in self.base_fields if hasattr(row, name) and name != "version"]
        present = {"version": row.version if row else 0} | {name: getattr(row, name) for name in names}
        kwargs["initial"] = present | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.fields["note"].required = is_approved
        self.fields["note"] = self.fields.pop("note")  # asked for last
        if row is not None:
            self.fields.pop("number", None)

    def values(self) -> dict[str, Any]:
        """What the verbs take."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


def _number() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("number"), min_value=1, max_value=32767, required=False, help_text=_("left empty: the next one")
    )


class AreaForm(PlanForm):
    number = _number()
    title = forms.CharField(label=_("title"), max_length=200)


class IssueForm(PlanForm):
    area = forms.ModelChoiceField(label=_("area"), queryset=Area.objects.none(), empty_label=None)
    number = _number()
    title = forms.CharField(label=_("title"), max_length=200)
    text = forms.CharField(
        label=_("the feedback's own words"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    is_common = forms.BooleanField(label=_("common problem"), required=False)

    def __init__(self, row: Issue | None, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(row, *args, **kwargs)
        field = self.fields["area"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Area.objects.filter(campaign=campaign).order_by("number")


class AnswersField(forms.ModelMultipleChoiceField):
    """Measures of the plan by number and text."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.number}. {' '.join(obj.text.split())[:60]}"


class RecommendationForm(PlanForm):
    number = _number()
    title = forms.CharField(label=_("title"), max_length=200)
    text = IssueForm.base_fields["text"]
    answers = AnswersField(
        label=_("answered by"), queryset=Measure.objects.none(), required=False,
        widget=forms.SelectMultiple(attrs={"size": 12}), help_text=_("measures of the plan; hold Ctrl for several"),
    )  # fmt: skip

    def __init__(self, row: Issue | None, *args: Any, measures: Any, answers: Any = (), **kwargs: Any) -> None:
        initial = {"answers": [measure.pk for measure in answers]}
        super().__init__(row, *args, initial=initial, **kwargs)
        field = self.fields["answers"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = measures

    def values(self) -> dict[str, Any]:
        return super().values() | {"answers": list(self.cleaned_data["answers"])}

    def stored(self, row: Tracked | User) -> dict[str, Any]:
        assert isinstance(row, Issue)
        links = row.answers.filter(is_active=True).select_related("measure").order_by("measure__number")
        return {"title": row.title, "text": row.text, "answers": [link.measure for link in links]}


class DayForm(forms.Form):
    """A day that is put on record, with a word."""

    on = DayField(label=_("day"))
    note = ReasonField(required=False)

    def __init__(self, *args: Any, needs_reason: bool = False, label: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].label = label or gettext("day")
        self.fields["note"].required = needs_reason
