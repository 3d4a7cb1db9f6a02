"""Opinions, reasons, and the request for a later deadline or another nature."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from findings.choices import ExtensionKind, Nature
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
        help_text=_("only with a conversion"),
    )  # fmt: skip
    stage_goal = forms.CharField(
        label=_("goal of the stage"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("only with a conversion"),
    )  # fmt: skip
    recheck_on = DayField(label=_("next re-check"), required=False, help_text=_("only with a conversion"))
    new_deadline = DayField(
        label=_("new deadline"), required=False,
        help_text=_("one definite day; with a conversion: the expected end, where there is one"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self._NEEDED[ExtensionKind.CONVERSION]:
            self.fields[name].widget.attrs["data-only"] = f"kind={ExtensionKind.CONVERSION}"
        self.fields["new_deadline"].widget.attrs |= {
            "data-label-choice": f"kind={ExtensionKind.CONVERSION}",
            "data-label-words": gettext("expected end"),
        }

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
