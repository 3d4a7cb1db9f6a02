"""A list as columns: each is declared once, the file that goes out and the file that comes back read the same list."""

from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _

TEXT, NUMBER, DATE, FLAG = "text", "number", "date", "flag"


@dataclass(frozen=True)
class Column:
    """One column: ``name`` is the attribute of the row that it shows.

    ``synonyms`` are the Chinese headings that other people's workbooks use for it, our own first. ``choices``
    turn a stored code into its words. ``merge`` names the attributes that neighbouring rows must share for
    their cells to become one.
    """

    name: str
    heading: Promise | str
    synonyms: tuple[str, ...] = ()
    width: float = 10
    kind: str = TEXT
    choices: type[TextChoices] | None = None
    merge: tuple[str, ...] = ()

    def value(self, row: Any) -> Any:
        """What the cell holds, in the active language."""
        value = getattr(row, self.name)
        if self.kind == FLAG:
            return _("yes") if value else ""
        if self.choices is not None:
            return str(self.choices(value).label) if value else ""
        return value
