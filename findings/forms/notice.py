"""The supervision notice as its forms: the draft, its issue, the reply, its return, the conclusion."""

from collections.abc import Callable
from typing import Any, Self

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from accounts.versioned import VersionedForm
from findings.forms.approval import NoteForm, ReasonForm
from findings.forms.days import DayField
from findings.models import Campaign, Measure, SupervisionNotice
from findings.workflow.supervision import colours_of


def _words(label: Any, rows: int, most: int = 5000) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, widget=forms.Textarea(attrs={"rows": rows}))


class OwnMeasureForm(VersionedForm):
    """A form about a department of the campaign's court, and about one of its measures where a number is given."""

    measure = forms.IntegerField(
        label=_("measure number"), required=False, min_value=1, max_value=2**31 - 1,
        help_text=_("left empty: it is about no single measure"),
    )  # fmt: skip
    department = forms.ModelChoiceField(label=_("addressed to"), queryset=Department.objects.none())

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.campaign = campaign
        self.found: Measure | None = None
        present = getattr(self.initial.get("department"), "pk", None)
        field = self.fields["department"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Department.objects.filter(
            Q(court_id=campaign.court_id, kind=Department.Kind.DEPARTMENT, is_active=True) | Q(pk=present)
        ).order_by("order", "code")

    def clean_measure(self) -> int | None:
        """The number stays as it was typed; the measure itself goes on by ``values``."""
        number = self.cleaned_data["measure"]
        if number is not None:
            self.found = Measure.objects.filter(campaign=self.campaign, number=number).first()
            if self.found is None:
                raise forms.ValidationError(_("No measure bears this number."), code="unknown")
        return number

    def values(self) -> dict[str, Any]:
        """What was entered, as the verbs take it."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("version", "note")} | {
            "measure": self.found
        }

    def stored(self, row: Any) -> dict[str, Any]:
        return super().stored(row) | {"measure": row.measure.number if row.measure else None}


class NoticeForm(OwnMeasureForm):
    """A draft of a notice."""

    colour = forms.ChoiceField(label=_("colour"), widget=forms.RadioSelect)
    text = _words(_("what is asked"), 8)
    due_on = DayField(label=_("reply due"))
    field_order = ("measure", "department", "colour", "due_on", "text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["colour"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(colour.value, colour.label) for colour in colours_of(self.campaign)]

    @classmethod
    def of(cls, row: SupervisionNotice, data: Any = None, files: Any = None) -> Self:
        """The form of a draft that is there already."""
        names = ("department", "colour", "text", "due_on", "version")
        initial = {name: getattr(row, name) for name in names}
        initial["measure"] = row.measure.number if row.measure else None
        return cls(data, files, campaign=row.campaign, initial=initial)


class IssueForm(VersionedForm, NoteForm):
    """Issuing is about the text that was read."""

    @classmethod
    def of(cls, row: SupervisionNotice, data: Any = None, files: Any = None) -> Self:
        return cls(data, files, initial={"version": row.version})


class ReplyForm(VersionedForm):
    """The department's answer; one that came back is there to be improved."""

    reply = _words(_("reply"), 6)

    @classmethod
    def of(cls, row: SupervisionNotice, data: Any = None, files: Any = None) -> Self:
        return cls(data, files, initial={"version": row.version, "reply": row.reply})


class ConclusionForm(VersionedForm):
    """The office's last word."""

    conclusion = _words(_("conclusion"), 4)

    @classmethod
    def of(cls, row: SupervisionNotice, data: Any = None, files: Any = None) -> Self:
        return cls(data, files, initial={"version": row.version})


class ReturnReplyForm(ReasonForm):
    """Why the reply does not do, and until when a better one is awaited."""

    due_on = DayField(label=_("new day for the reply"), required=False, help_text=_("left empty: the day stays"))

    @classmethod
    def of(cls, row: SupervisionNotice, data: Any = None, files: Any = None) -> Self:
        return cls(data, files)


NOTICE_FORMS: dict[str, Callable[..., forms.Form]] = {
    "notice": NoticeForm.of, "issue": IssueForm.of, "reply": ReplyForm.of, "conclusion": ConclusionForm.of,
    "return_reply": ReturnReplyForm.of,
}  # fmt: skip
