"""A file with its own date and number."""

from collections.abc import Callable
from typing import Any, Self

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import lazy
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.words import joined
from findings.documents.uploads import ALLOWED, MOST_BYTES, Checked, Refused, check_upload
from findings.forms.days import DayField
from findings.forms.numbers import NumbersField
from findings.models import Evidence


class CheckedFileField(forms.FileField):
    """A file field that answers with the file and what was found out about it."""

    widget = forms.FileInput

    def clean(self, data: Any, initial: Any = None) -> tuple[UploadedFile, Checked] | None:
        file = super().clean(data, initial)
        if not file:
            return None
        try:
            return file, check_upload(file)
        except Refused as error:
            raise forms.ValidationError(str(error), code="refused") from error


def _kinds() -> str:
    return gettext("%(kinds)s; at most %(size)s MB") % {"kinds": joined(ALLOWED), "size": MOST_BYTES // 1024 // 1024}


def file_field(*, required: bool) -> CheckedFileField:
    return CheckedFileField(
        label=_("file"), required=required, allow_empty_file=True, max_length=500,
        help_text=lazy(_kinds, str)(),
        widget=forms.FileInput(attrs={"accept": ",".join(f".{ending}" for ending in ALLOWED)}),
    )  # fmt: skip


class EvidenceFields(forms.Form):
    """The fields of one file; a form that only may carry a file leaves them optional."""

    title = forms.CharField(
        label=_("title of the document"), required=False, max_length=200, help_text=_("left empty: the file's name")
    )
    number = forms.CharField(label=_("document number"), required=False, max_length=100)
    own_date = DayField(label=_("the document's own date"), required=False)

    def evidence(self) -> dict[str, Any] | None:
        """The fields of the Evidence row, None where no file was sent."""
        sent = self.cleaned_data.get("file")
        if sent is None:
            return None
        file, checked = sent
        return {
            "file": file,
            "filename": checked.filename,
            "content_type": checked.content_type,
            "size": checked.size,
            "sha256": checked.sha256,
            "title": self.cleaned_data["title"] or checked.title,
            "number": self.cleaned_data["number"],
            "own_date": self.cleaned_data["own_date"],
        }


class EvidenceForm(EvidenceFields):
    """Upload evidence beside the progress."""

    file = file_field(required=True)
    field_order: tuple[str, ...] = ("file", "title", "own_date", "number")


class RevisionForm(EvidenceForm):
    """A newer revision of a document: its facts are there to be corrected, its own date is asked for anew."""

    note = forms.CharField(label=_("what has changed"), required=False, max_length=2000)
    field_order = ("file", "title", "own_date", "number", "note")

    @classmethod
    def of(cls, row: Evidence, data: Any = None, files: Any = None) -> Self:
        return cls(data, files, initial={"title": row.title, "number": row.number})


class ShareForm(forms.Form):
    """The other measures that the same file proves."""

    measures = NumbersField(label=_("other measures that the file proves"))
    note = forms.CharField(label=pgettext_lazy("form", "opinion or note"), required=False, max_length=2000)

    @classmethod
    def of(cls, row: Evidence, *data: Any) -> Self:
        return cls(*data)


EVIDENCE_FORMS: dict[str, Callable[..., forms.Form]] = {"revision": RevisionForm.of, "share": ShareForm.of}
