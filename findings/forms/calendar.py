"""The notice of holidays of a year: pasted or uploaded, rehearsed, then taken in with a reason."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.spreadsheets import Unreadable
from accounts.versioned import VersionedForm
from findings.documents.holidays import Read, read_notice, text_of_file

MOST_BYTES = 2 * 1024 * 1024
MOST_CHARACTERS = 20_000  # pasted or in a file


class NoticeOfYearForm(VersionedForm):
    """The text of a notice. It is read when the form is valid; what contradicts itself is an error of the text."""

    notice = forms.CharField(
        label=gettext_lazy("title or number of the notice"), max_length=120,
        help_text=gettext_lazy("such as 国办发明电〔2025〕7号"),
    )  # fmt: skip
    text = forms.CharField(
        label=gettext_lazy("text of the notice"), max_length=MOST_CHARACTERS, required=False,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=gettext_lazy(
            "Paste the sentences as they were published, such as: 一、元旦：1月1日（周五）至3日（周日）放假，共3天。"
        ),
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("or a table"), required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
        help_text=gettext_lazy("an .xlsx or .csv file with the columns 日期, 是否上班 and 名称"),
    )  # fmt: skip
    note = forms.CharField(
        label=pgettext_lazy("form", "reason"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("stands in the record of the days and of every date that is counted again"),
    )  # fmt: skip
    is_read = forms.BooleanField(
        label=gettext_lazy("I have checked what was not understood or not read against the notice; it changes no day."),
        required=False,
    )

    def __init__(self, *args: Any, year: int, is_keeping: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.year, self.is_keeping, self.read = year, is_keeping, Read(year)

    def clean(self) -> dict[str, Any]:
        """Read the notice; a file takes the place of the text, and its rows stand in the form as text."""
        data = super().clean() or self.cleaned_data
        if data.get("file"):
            self._take_file(data)
        if not data.get("text"):
            if not self.errors:
                self.add_error("text", _("Paste the text of the notice, or choose a table."))
            return data
        self.read = read_notice(data["text"], self.year)
        for problem in self.read.problems:
            self.add_error("text", problem)
        self.fields["note"].required = True  # for the page that now offers to keep it
        if self.is_keeping and not data.get("note"):
            self.add_error("note", _("Please give a reason."))
        if self.is_keeping and self.read.needs_word and not data.get("is_read"):
            self.add_error("is_read", _("Not all was understood or read; please check it and say so."))
        return data

    @property
    def is_whole(self) -> bool:
        """Whether what was sent can be read as a table of the year."""
        return bool(self.read.days) and not self.read.problems

    def _take_file(self, data: dict[str, Any]) -> None:
        file = data["file"]
        if file.size > MOST_BYTES:
            self.add_error("file", _("The file is larger than %(size)s MB: split it.")
                           % {"size": MOST_BYTES // 1024 // 1024})  # fmt: skip
            return
        try:
            text = text_of_file(file.name or "", file.read())
        except Unreadable as refusal:
            self.add_error("file", str(refusal))
            return
        if len(text) > MOST_CHARACTERS:
            self.add_error("file", _("The file holds more than %(most)s characters: leave only the year's days in it.")
                           % {"most": f"{MOST_CHARACTERS:,}"})  # fmt: skip
            return
        data["text"] = text
        sent: Any = self.data  # what was posted, which Django keeps unchangeable
        self.data = sent = sent.copy()
        sent["text"] = data["text"]
