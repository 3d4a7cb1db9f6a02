"""Which record a line of a file is: by the number that it shows, and by its hidden key where the number says nothing.

Sorting moves the visible cells surely and the hidden one perhaps; a copied row brings the key of its original. So a
key belongs to the number of its record, wherever in the file it stands. Only a line that reads as the record of its own
key was drawn, and less as that of the number it shows, is a row whose number was changed: it is told, not compared.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from findings.choices import IssueKind
from findings.documents.columns import Column, cleaned
from findings.documents.importer.facts import Facts, ident_of
from findings.documents.importer.headings import folded
from findings.documents.importer.parsing import Unclear, parse
from findings.documents.importer.reading import Found, Line, Problem
from findings.documents.keys import Key
from findings.workflow.importing import DOCUMENT, ISSUE, MEASURE


class Rejected(Exception):
    """The line cannot be taken in; ``problem`` is None where there is nothing to say.

    ``pk`` is the id of the record that the line is all the same, where that is known.
    """

    def __init__(self, problem: Problem | None, pk: int | None = None) -> None:
        super().__init__(problem.message if problem else "")
        self.problem, self.pk = problem, pk


@dataclass(frozen=True)
class Known:
    """The record of a line: its id (None: a new one), the number that the line shows, the key drawn of it."""

    pk: int | None
    number: int | None = None
    key: Key | None = None


class Identities:
    """Answers for each line of one file. Ask once a line, in their order."""

    def __init__(self, found: Found, facts: Facts) -> None:
        self.facts = facts
        self.columns = {column.name: column for column in facts.kind.columns}
        self.retired = {pk: number for number, pk in facts.retired.items()}
        self.keys: dict[Any, Key] = {}
        self.shown = {id(line): self._shown(line) for line in found.lines}
        self.claimed = set(self.shown.values())
        self.seen: dict[tuple[str, Any], Line] = {}  # by the record's id, or by the number shown where it is new
        self.words: dict[str, list[int]] | None = None  # ids by text, for lines without a number
        for line in found.lines:
            if line.key and (ident := self._ident(line.key)) is not None:
                self.keys.setdefault(ident, line.key)

    def of(self, line: Line) -> Known:
        """The record that the line is. Raises Rejected."""
        ident, own = self.shown[id(line)], self._ident(line.key) if line.key else None
        if isinstance(ident, Problem):
            raise Rejected(ident)
        known = self._of_document(line) if self.facts.record == DOCUMENT else self._of_numbered(line, ident, own)
        key = ("id", known.pk) if known.pk is not None else ("shown", ident)
        if key in self.seen:
            words = {"row": self.seen[key].number, "sheet": self.seen[key].sheet}
            message = _("It stands in row %(row)s of sheet “%(sheet)s” already.") % words
            raise Rejected(line.problem(self._name(), message))
        if known.pk is not None or ident is not None:
            self.seen[key] = line
        return known

    def _of_numbered(self, line: Line, ident: Any, own: Any) -> Known:
        number = ident[1] if isinstance(ident, tuple) else ident
        if ident is None and own is not None and own not in self.claimed:
            ident, number = own, own[1] if isinstance(own, tuple) else own
        if ident is None:
            return self._by_words(line)
        if own not in (None, ident) and self._is_renumbered(line, ident, own):
            raise self._renumbered(line, ident, own)
        if self.facts.record == MEASURE and ident in self.facts.retired:
            self._demand_untouched(line, self.keys.get(ident), ident)
        if ident in self.facts.idents:
            return Known(self.facts.idents[ident], number, self.keys.get(ident))
        return Known(None, number)

    def _is_renumbered(self, line: Line, ident: Any, own: Any) -> bool:
        """Whether the line is the row of its own key under a number that another row has, or that none has.

        Sorted lines may bear the key of another row, but read as the row of their number does.
        """
        if ident not in self.facts.idents and ident not in self.facts.retired:
            return own not in self.claimed
        cells, other = self._telling(line), self.keys.get(ident)
        least = len(cells) if other is None else _count_drawn(other, cells) + 1
        return line.key is not None and _count_drawn(line.key, cells) >= least

    def _telling(self, line: Line) -> list[tuple[Column, str]]:
        """The cells of a line that tell its row from others beside the number, each as a key would have it."""
        return [
            (column, self._plain(line, name)) for name, column in self.columns.items()
            if name in line.heads.places and name not in ("number", "kind") and not column.merge
        ]  # fmt: skip

    def _renumbered(self, line: Line, ident: Any, own: Any) -> Rejected:
        kind, number = own if isinstance(own, tuple) else ("", own)
        name = "kind" if isinstance(ident, tuple) and ident[1] == number else "number"
        words = _("%(why_not)s By its hidden mark this row is %(row)s.")
        row = label_of(self.facts, number, kind)
        return Rejected(line.problem(name, words % {"why_not": self.columns[name].why_not, "row": row}),
                        self.facts.idents.get(own))  # fmt: skip

    def _by_words(self, line: Line) -> Known:
        """A line without a number: the measure of the same words, else a new one."""
        name = "text" if self.facts.record == MEASURE else "title"
        words = line.cells.get(name)
        if self.words is None:
            self.words = defaultdict(list)
            for pk, row in self.facts.rows.items():
                self.words[cleaned(getattr(row, name))].append(pk)
        found = self.words.get(words, []) if isinstance(words, str) else []
        if len(found) > 1:
            raise Rejected(line.problem(name, _("Several rows of the ledger read so: write the number as well.")))
        return Known(found[0] if found else None)

    def _of_document(self, line: Line) -> Known:
        ref = line.key.refs.get(DOCUMENT) if line.key else None
        if ref and ref.pk in self.facts.rows:
            row = self.facts.rows[ref.pk]
            names = [name for name in ("title", "number") if name in line.heads.places]
            if any(line.key.drew(self.columns[name], str(line.cells.get(name) or "")) for name in names if line.key):
                return Known(ref.pk, key=line.key)
            if str(line.cells.get("title") or "") == row.title:
                return Known(ref.pk, key=line.key)
        for name in ("number", "title"):
            word = folded(str(line.cells.get(name) or ""))
            found = [pk for pk, row in self.facts.rows.items() if word and folded(getattr(row, name)) == word]
            if len(found) == 1:
                return Known(found[0])
        return Known(None)

    def _demand_untouched(self, line: Line, key: Key | None, number: Any) -> None:
        """A measure that has left the plan since the file was drawn may stand in it, as it was."""
        cells = self._telling(line)
        untouched = key is not None and _count_drawn(key, cells) == len(cells)
        words = _("Measure %(number)s was taken out of the plan; its number is never used again.")
        raise Rejected(None if untouched else line.problem("number", words % {"number": number}))

    def _plain(self, line: Line, name: str) -> str:
        column = self.columns[name]
        try:
            return column.plain(parse(column, line.cells.get(name), self.facts.span).value)
        except Unclear:
            return "?"

    def _shown(self, line: Line) -> Any:
        """The number that the line shows, None without one; a problem where it is none."""
        if self.facts.record == DOCUMENT:
            return None
        try:
            number = self._read(line, "number")
            if self.facts.record == MEASURE or number is None:
                return number
            return (self._read(line, "kind") or IssueKind.FINDING.value, number)
        except Unclear as error:
            return line.problem("number", str(error))

    def _read(self, line: Line, name: str) -> Any:
        if name in line.faults:
            raise Unclear(line.faults[name])
        return parse(self.columns[name], line.cells.get(name), self.facts.span).value

    def _ident(self, key: Key) -> Any:
        """What a reader knows the record of a key by; None where it is not of this ledger."""
        ref = key.refs.get(self.facts.record)
        if ref is None:
            return None
        if ref.pk in self.facts.rows:
            return ident_of(self.facts, self.facts.rows[ref.pk]) if self.facts.record != DOCUMENT else ref.pk
        return self.retired.get(ref.pk) if self.facts.record == MEASURE else None

    def _name(self) -> str:
        """The column that a line is known by."""
        return "title" if self.facts.record == DOCUMENT else "number"


def _count_drawn(key: Key, cells: list[tuple[Column, str]]) -> int:
    """How many cells still read as the key's row was drawn."""
    return sum(key.drew(column, text) for column, text in cells)


def label_of(facts: Facts, number: Any, kind: str = "") -> str:
    """A row as a page and a refusal call it."""
    if facts.record == MEASURE:
        return _("Measure %(number)s") % {"number": number}
    if facts.record == ISSUE:
        words = _("Recommendation %(number)s") if kind == IssueKind.RECOMMENDATION else _("Issue %(number)s")
        return words % {"number": number}
    return str(number)
