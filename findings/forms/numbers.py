"""Measures that people name by their numbers."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

MOST, LONGEST = 200, 600
_PART = re.compile(r"(\d{1,5})(?:\s*[-–—~～至]\s*(\d{1,5}))?")
_BETWEEN = re.compile(r"[\s,，、;；.。]+")


class NumbersField(forms.CharField):
    """Numbers as people write them, "3、5，8-10", as a list without repetition in the order given."""

    default_error_messages = {"unclear": _("Write the numbers of measures, such as 3, 5, 8-10.")}  # noqa: RUF012

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("numbers of measures, such as 3, 5, 8-10"))
        super().__init__(**options)
        self.widget.attrs["maxlength"] = str(LONGEST)

    def to_python(self, value: Any) -> Any:
        text = (super().to_python(value) or "")[:LONGEST]
        numbers: dict[int, None] = {}
        for part in _BETWEEN.sub(" ", re.sub(r"\s*([-–—~～至])\s*", r"\1", text)).split():
            match = _PART.fullmatch(part)
            first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
            if not match or not 1 <= first <= last or last - first + len(numbers) >= MOST:
                raise forms.ValidationError(self.error_messages["unclear"], code="unclear")
            numbers |= dict.fromkeys(range(first, last + 1))
        return list(numbers)

    def prepare_value(self, value: Any) -> Any:
        """What the box shows: the text as typed, or a list of numbers as it would be typed."""
        return ", ".join(str(number) for number in value) if isinstance(value, list) else value
