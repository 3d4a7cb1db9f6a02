"""Which columns the ledger's page shows beside the tree, and what stands in them; the file's list declares them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.decorators import SignedRequest
from accounts.paging import note_ignored, words_of
from findings.documents.columns import DATE, NUMBER, Column
from findings.documents.ledger import LEDGER, LedgerRow, rows_of
from findings.documents.meanings import meaning_of
from findings.models import Campaign, Measure, SavedView

KIND = "ledger"
# What the tree itself says: always on the page, and always in a file of chosen columns.
TREE = ("area_number", "area", "issue_number", "issue", "number", "text")
RULER = "ruler"  # drawn on the page only: a file has no rulers
USUAL = ("lead_department", "lead_leader", "status", "percent", "deadline", "light", RULER)
BY_NAME = {column.name: column for column in LEDGER if column.name not in TREE}
# From left to right: who, how far, until when; the long texts last.
CHOOSABLE = (
    "lead_department", "assisting", "lead_leader", "is_key", "phase", "nature", "status", "percent", "deadline",
    "original_deadline", "recheck_on", "closed_on", "light", "evidence", "goal", "progress", "difficulty", "next_step",
    RULER,
)  # fmt: skip
# Drawn by the page's own components; the others as the file's column writes them.
_DRAWN = frozenset({"lead_department", "lead_leader", "status", "percent", "deadline", "light", RULER})
_CELLS = "findings/ledger_cells.html#"
_LONG = 13  # width of a column in a file, in characters, from which its texts are clamped


@dataclass(frozen=True)
class Shown:
    """One column of the page: its heading, and which piece of ``ledger_cells.html`` draws its cells."""

    name: str
    heading: str
    template: str
    is_number: bool = False


@dataclass(frozen=True)
class Choice:
    """The columns that a page shows, from left to right; the view that it opened, and all views in sight."""

    names: tuple[str, ...]
    view: SavedView | None
    views: list[SavedView]

    @property
    def is_usual(self) -> bool:
        return self.names == USUAL

    @property
    def is_wide(self) -> bool:
        """Whether the table may need more room than the page has."""
        return len(self.names) > len(USUAL) or not set(self.names) <= _DRAWN

    @property
    def columns(self) -> list[Shown]:
        return [_shown(name) for name in self.names]

    @property
    def in_file(self) -> tuple[str, ...]:
        """The columns of a file of the chosen columns only."""
        return tuple(column.name for column in LEDGER if column.name in {*TREE, *self.names})


def choice_of(request: SignedRequest, campaign: Campaign) -> Choice:
    """What the address asks for (``?view=``), else what the person chose last, else the usual columns."""
    rows = SavedView.objects.visible_to(request.user).filter(kind=KIND).select_related("person")
    found = list(rows.filter(Q(campaign=campaign) | Q(name="", person=request.user)))
    views = [row for row in found if row.name]
    wanted = words_of(request, "view")
    view = next((row for row in views if str(row.pk) == wanted), None)
    if wanted and view is None:
        note_ignored(request, f"view = {wanted}")
    kept = view or next((row for row in found if not row.name), None)
    return Choice(in_order(kept.columns if kept else ()), view, views)


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """The names that the page knows, from left to right; none of them: the usual ones."""
    return tuple(name for name in CHOOSABLE if name in set(names)) or USUAL


def choosable() -> list[tuple[str, str]]:
    """Every column that a person may choose, with its heading."""
    return [(name, _heading(name)) for name in CHOOSABLE]


def meanings() -> dict[str, str]:
    """What each column that a person may choose means."""
    told = {name: meaning_of(KIND, name) for name in BY_NAME}
    return told | {RULER: _("The measure's time as a line from the feedback to the end; only on the page.")}


def texts_of(rows: list[Measure], names: Sequence[str], campaign: Campaign, on: date) -> dict[int, dict[str, Any]]:
    """What the cells hold that the page does not draw itself, by the measure's id and the column's name."""
    columns = [BY_NAME[name] for name in names if name not in _DRAWN]
    if not columns:
        return {}
    readers = [(column.name, column.reader()) for column in columns]
    facts: Sequence[LedgerRow] = list(rows_of([row.id for row in rows], campaign, on))
    return {row.measure_id: {name: read(row) for name, read in readers} for row in facts}


def _shown(name: str) -> Shown:
    column = BY_NAME.get(name)
    if name in _DRAWN or column is None:
        return Shown(name, "%" if name == "percent" else _heading(name), _CELLS + name, name == "percent")
    return Shown(name, _heading(name), _CELLS + _piece(column), column.kind == NUMBER)


def _piece(column: Column) -> str:
    if column.kind in (DATE, NUMBER):
        return column.kind
    return "long" if column.width >= _LONG else "short"


def _heading(name: str) -> str:
    return _("Time ruler") if name == RULER else str(BY_NAME[name].heading)
