"""Uploading a workbook, and deciding what a rehearsal leaves open."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from findings.documents.importer.plan import FILE, LEDGER

# Beside the single cells: one answer for all that were left undecided.
ALL = "all_conflicts"
SIDES = ((LEDGER, pgettext_lazy("conflict", "as in the ledger")), (FILE, pgettext_lazy("conflict", "as in the file")))


class UploadForm(forms.Form):
    """An .xlsx workbook."""

    file = forms.FileField(
        label=_("Excel workbook (.xlsx)"),
        widget=forms.ClearableFileInput(
            attrs={"accept": ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
        ),
    )


class ApplyForm(forms.Form):
    """The reason of an import, and a side for each cell that changed on both sides."""

    note = forms.CharField(
        label=pgettext_lazy("form", "reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("stands in the record of every row that is imported"),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, told: dict[str, Any], note: str = "") -> None:
        super().__init__(data, initial={"note": note})
        self.conflicts = [
            {"row": row, "cell": cell, "name": f"cell-{number}"}
            for number, (row, cell) in enumerate(
                (row, cell) for row in told.get("updates", []) for cell in row["conflicts"]
            )
        ]
        for conflict in self.conflicts:
            self.fields[conflict["name"]] = _side(required=False)
        if len(self.conflicts) > 1:
            self.fields[ALL] = _side(required=False, label=_("all that are not decided one by one"))

    def clean(self) -> dict[str, Any]:
        """Each conflict must be decided, one by one or all at once."""
        data = super().clean() or self.cleaned_data
        rest = data.get(ALL)
        for conflict in self.conflicts:
            data[conflict["name"]] = data.get(conflict["name"]) or rest
            if not data[conflict["name"]]:
                self.add_error(conflict["name"], _("Please choose a side."))
        return data

    def decisions(self) -> dict[str, str]:
        """Conflict key → side."""
        return {conflict["cell"]["key"]: self.cleaned_data[conflict["name"]] for conflict in self.conflicts}

    def rows(self) -> list[dict[str, Any]]:
        """The conflicts with the field that decides each."""
        return [conflict | {"field": self[conflict["name"]]} for conflict in self.conflicts]

    def rest(self) -> forms.BoundField | None:
        return self[ALL] if ALL in self.fields else None


def _side(*, required: bool, label: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=required, choices=SIDES, widget=forms.RadioSelect)
