"""Days that people enter."""

from datetime import date
from typing import Any

from django import forms

from findings import dates


class DayField(forms.DateField):
    """A day within the years that the ledger knows, so that a slip of the keyboard is told and not kept."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def validate(self, value: Any) -> None:
        super().validate(value)
        problem = dates.out_of_range(value) if isinstance(value, date) else ""
        if problem:
            raise forms.ValidationError(problem, code="out_of_range")
