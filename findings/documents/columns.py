"""A list as columns: each is declared once, and export, import, the page's columns and the help read the same list."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db.models import TextChoices
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.words import UNPRINTABLE

TEXT, NUMBER, DATE, FLAG = "text", "number", "date", "flag"
# How a cell that comes back is read, where its kind does not say so.
PERSON, PLACE, PLACES, NUMBERS = "person", "place", "places", "numbers"
# Numbers that name a row or another one; all other numbers are amounts.
ORDINALS = frozenset({"area_number", "issue_number", "number", "order", "measure"})
LONGEST = 32_767  # characters in a cell, a limit of the file format
BETWEEN_NAMES = re.compile(r"[、，,;；/\n]")

NUMBERED = gettext_lazy("Numbers are never changed: a row keeps its number for ever.")
COMPUTED = gettext_lazy("The system works this column out; it cannot be imported.")
REPORTED = gettext_lazy("Progress is filled in on the measure's page and accepted there; it cannot be imported.")
SIGNED = gettext_lazy(
    "The status follows from progress and signatures: “Ask for closure” leads to the closing, “Reopen after a relapse” "
    "leads back."
)
DEADLINES = gettext_lazy(
    "The plan is approved: the lead department asks for another deadline with “Ask for an extension”."
)
NATURES = gettext_lazy(
    "The plan is approved: nature, phase and re-check change with a request for conversion to sustained "
    "rectification (“Ask for an extension”)."
)
PLACED = gettext_lazy("A measure stays under its issue; split or merge it on its page.")


@dataclass(frozen=True)
class Column:
    """One column: ``name`` is the attribute of the row that it shows.

    ``synonyms`` are the Chinese headings that other people's workbooks use for it, our own first. ``choices``
    turn a stored code into its words. ``merge`` names the attributes that neighbouring rows must share for
    their cells to become one.

    ``writes`` is the record and the field that an imported cell changes ("measure.text"), "" where none is.
    ``why_not`` says why a changed cell is not taken in; of a column that writes: why not once the plan is approved.
    """

    name: str
    heading: Promise | str
    synonyms: tuple[str, ...] = ()
    width: float = 10
    kind: str = TEXT
    choices: type[TextChoices] | None = None
    merge: tuple[str, ...] = ()
    reads: str = ""
    writes: str = ""
    why_not: Promise | str = COMPUTED

    def reader(self) -> Callable[[Any], Any]:
        """What reads the column's cell of a row, in the language that is active now; texts as a cell can hold them."""
        get: Callable[[Any], Any] = attrgetter(self.name)
        if self.kind == FLAG:
            yes = _("yes")
            return lambda row: yes if get(row) else ""
        if self.choices is not None:
            labels = {value: cleaned(str(label)) for value, label in self.choices.choices}
            return lambda row: labels[get(row)] if get(row) else ""
        if self.kind == TEXT:
            return lambda row: cleaned(get(row))
        return get

    def plain(self, value: Any) -> str:
        """A value as one text that no language and no spreadsheet changes: what a round trip compares."""
        if value is None or value == "":
            return ""
        if self.kind == FLAG:
            return "1" if value else ""
        if isinstance(value, date):
            return value.isoformat()
        if self.reads in (PLACES, NUMBERS):
            return "\n".join(sorted(split_names(str(value))))
        return cleaned(str(value))

    def headings(self) -> list[str]:
        """The headings under which the column is known: our own in every language, then the synonyms."""
        own = []
        for code, _name in settings.LANGUAGES:
            with translation.override(code):
                own.append(str(self.heading))
        return list(dict.fromkeys([*own, *self.synonyms]))

    def help(self) -> str:
        """Whether an import takes the column in, in one sentence."""
        if not self.writes:
            return str(self.why_not)
        if self.why_not is COMPUTED:
            return _("Taken in.")
        return _("Taken in until the plan is approved. %(then)s") % {"then": self.why_not}


def cleaned(text: str) -> str:
    """Text as a cell can hold it: without control characters and blank ends, with plain line ends."""
    if not text.isprintable():  # most are: nothing is to be taken out of them
        text = UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.strip()[:LONGEST]


def split_names(text: str) -> list[str]:
    """Several names in one cell, as clerks divide them."""
    return [name for part in BETWEEN_NAMES.split(text) if (name := part.strip())]
