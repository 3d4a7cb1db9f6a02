"""Rows that were copied from a spreadsheet and pasted into a page: read as an imported workbook would be."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Department, User
from accounts.words import joined
from findings.choices import Nature, Phase
from findings.documents.columns import PERSON, PLACE, PLACES, Column
from findings.documents.importer import names
from findings.documents.importer.headings import folded
from findings.documents.importer.parsing import Span, Unclear, names_in, parse
from findings.documents.ledger import LEDGER
from findings.models import Campaign
from findings.workflow.sound import unsound

# In this order where the rows come without their headings.
ORDER = (
    "text", "goal", "lead_leader", "lead_department", "assisting", "deadline", "nature", "phase", "is_key",
)  # fmt: skip
COLUMNS: dict[str, Column] = {column.name: column for column in LEDGER if column.name in ORDER}


@dataclass(frozen=True)
class Problem:
    """What is wrong in one cell: ``row`` counts from 1 as pasted, the heading included."""

    row: int
    column: str
    value: str
    sentence: str


@dataclass
class Pasted:
    """The rows as the verb takes them, or the problems that keep them from being taken."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Reader:
    """Reads the rows for one campaign; people and departments are looked up once."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.span = Span(campaign.feedback_on, campaign.sustained_until)
        self.leaders, self.departments = names.leaders_of(campaign), names.departments_of(campaign)

    def read(self, text: str) -> Pasted:
        """Every row and every problem. Blank rows are passed by."""
        found, order = Pasted(), list(ORDER)
        for number, cells in enumerate(_cells(text), start=1):
            if not any(cells):
                continue
            if number == 1 and (heads := _heads(cells)):
                order = heads
                continue
            found.rows.append(self._row(number, cells, order, found.problems))
        if not found.rows:
            found.problems.append(Problem(1, "", "", _("No row was found in what was pasted.")))
        return found

    def _row(self, number: int, cells: list[str], order: list[str], problems: list[Problem]) -> dict[str, Any]:
        values: dict[str, Any] = {"assisting": []}
        for place, cell in enumerate(cells):
            name = order[place] if place < len(order) else ""
            if not name:
                if cell and place >= len(order):
                    problems.append(Problem(number, "", cell, _("There is no column for this cell.")))
                continue
            try:
                values |= self._value(name, cell)
            except Unclear as error:
                problems.append(Problem(number, str(COLUMNS[name].heading), cell, str(error)))
        values = {"nature": Nature.DATED, "phase": Phase.CONCENTRATED} | values
        for name, sentence in unsound(self.campaign, values):
            problems.append(Problem(number, str(COLUMNS[name].heading), _shown(values.get(name)), sentence))
        return values

    def _value(self, name: str, cell: str) -> dict[str, Any]:
        column = COLUMNS[name]
        if column.reads == PERSON:
            return {name: User.objects.get(pk=self.leaders.find(cell)) if cell else None}
        if column.reads == PLACE:
            return {name: Department.objects.get(pk=self.departments.find(cell)) if cell else None}
        if column.reads == PLACES:
            ids = [self.departments.find(word) for word in names_in(column, cell)]
            return {name: list(Department.objects.filter(pk__in=ids))}
        read = parse(column, cell or None, self.span)
        nature = {"nature": read.nature} if read.nature else {}
        if read.value is None:  # an empty cell: the usual value holds
            return nature | ({name: ""} if name == "goal" else {})
        return nature | {name: read.value}


def _shown(value: Any) -> str:
    return joined(value) if isinstance(value, list) else str("" if value is None else value)


def _cells(text: str) -> Iterator[list[str]]:
    """Tab-separated rows as a spreadsheet copies them: a cell with a line break stands between quotation marks."""
    for cells in csv.reader(StringIO(text.replace("\x00", "")), delimiter="\t"):
        yield [cell.strip() for cell in cells]


def _heads(cells: list[str]) -> list[str]:
    """The columns that a heading row names, "" for others; [] where it is no heading row."""
    known = {folded(heading): column.name for column in COLUMNS.values() for heading in column.headings()}
    found = [known.get(folded(cell), "") for cell in cells]
    return found if "text" in found and sum(map(bool, found)) > 1 else []
