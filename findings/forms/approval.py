"""Opinions, reasons, and the request for a later deadline or another nature."""

from typing import Any, ClassVar

from django import forms
from django.db.models import Field
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.tracked import Tracked
from accounts.versioned import VersionedForm
from findings.choices import ExtensionKind, Nature, ProgressStatus
from findings.forms.days import DayField


class NoteForm(forms.Form):
    """An optional word with a step."""

    note = forms.CharField(
        label=pgettext_lazy("form", "opinion or note"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class ReasonForm(forms.Form):
    """A step that must be reasoned."""

    note = forms.CharField(
        label=pgettext_lazy("form", "reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReadForm(VersionedForm):
    """An act about a row as it was read: what somebody made of it meanwhile is read before the act is repeated."""

    # By model: what the row says to its reader.
    SAYS: ClassVar[dict[str, tuple[str, ...]]] = {
        "progressupdate": ("done", "percent", "difficulty", "next_step", "expected_on", "correction", "status"),
        "closurerequest": ("status",),
        "extension": ("status",),
        "report": ("state", "compiled_at"),
        "reportsentence": ("text",),
    }
    stale_words = _(
        "%(person)s has changed this since you opened it. Please read it as it stands now; what you typed is kept here."
    )

    def __init__(self, row: Tracked, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = row.version

    def compared(self, present: Any) -> list[dict[str, Any]]:
        """What the row says now beside what it said in the version that was read.

        A draft is its department's own: it is laid beside another draft only, whatever version was sent.
        """
        entries = present.history.filter(version=self.cleaned_data["version"])
        read = entries.order_by("-history_date", "-history_id").first()
        is_readable = read is not None and _is_draft(read) == _is_draft(present)
        fields = [present._meta.get_field(name) for name in self.SAYS[present._meta.model_name] if is_readable]
        return [
            {"label": capfirst(field.verbose_name), "theirs": theirs or "—", "yours": yours or "—", "is_read": True}
            for field in fields
            if (theirs := self._said(present, field)) != (yours := self._said(read, field))
        ]

    def _said(self, row: Any, field: Field) -> str:
        value = getattr(row, f"get_{field.name}_display")() if field.choices else getattr(row, field.name)
        return self.in_words("version", value)


def _is_draft(row: Any) -> bool:
    return getattr(row, "status", "") == ProgressStatus.DRAFT


class ReadNoteForm(ReadForm, NoteForm):
    """An optional word with a step about what was read."""


class ReadReasonForm(ReadForm, ReasonForm):
    """A step about what was read that must be reasoned."""


READ_FORMS = {"note": ReadNoteForm, "reason": ReadReasonForm}


class ExtensionForm(forms.Form):
    """A later deadline, or conversion to sustained rectification with its goal and next re-check."""

    kind = forms.ChoiceField(
        label=_("what is asked for"), choices=ExtensionKind.choices, initial=ExtensionKind.EXTENSION,
        widget=forms.RadioSelect,
    )  # fmt: skip
    note = forms.CharField(
        label=pgettext_lazy("form", "reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    progress_so_far = forms.CharField(
        label=_("progress so far"), max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )
    new_nature = forms.ChoiceField(
        label=_("nature after the conversion"), required=False,
        choices=[("", "—"), *((nature.value, nature.label) for nature in (Nature.PHASED, Nature.STANDING))],
        help_text=_("only with a conversion, which needs it"),
    )  # fmt: skip
    stage_goal = forms.CharField(
        label=_("goal of the stage"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("only with a conversion, which needs it"),
    )  # fmt: skip
    recheck_on = DayField(
        label=_("next re-check"), required=False, help_text=_("only with a conversion, which needs it")
    )
    new_deadline = DayField(
        label=_("new deadline"), required=False,
        help_text=_(
            "one definite day, needed for an extension; with a conversion: the expected end, where there is one"
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self._NEEDED[ExtensionKind.CONVERSION]:
            self.fields[name].widget.attrs["data-only"] = f"kind={ExtensionKind.CONVERSION}"
        self.fields["new_deadline"].widget.attrs |= {
            "data-label-choice": f"kind={ExtensionKind.CONVERSION}",
            "data-label-words": gettext("expected end"),
        }

    # Optional to the form, yet needed by a choice in it: such a field is not marked as optional.
    needed_by_choice = ("new_deadline", "new_nature", "stage_goal", "recheck_on")
    _NEEDED: ClassVar[dict[str, tuple[str, ...]]] = {
        ExtensionKind.EXTENSION: ("new_deadline",),
        ExtensionKind.CONVERSION: ("new_nature", "stage_goal", "recheck_on"),
    }

    def clean(self) -> dict[str, Any]:
        """Each kind has fields that it needs; those of the other kind are dropped."""
        data = super().clean() or self.cleaned_data
        kind = data.get("kind")
        for name in self._NEEDED.get(kind or "", ()):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("This is needed for what is asked for."))
        if kind == ExtensionKind.EXTENSION:
            data.update(new_nature="", stage_goal="", recheck_on=None)
        return data
