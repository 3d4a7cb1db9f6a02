"""One door to every Excel list: the page, the command and the report ask here."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from typing import IO, Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from findings import figures
from findings.documents import lists, papers
from findings.documents.columns import Column
from findings.documents.ledger import LEDGER, Meta, counts_line, ledger_rows, list_workbook
from findings.models.issue import MeasureQuerySet

MOST_MERGED = 19_995  # rows with merged cells and keys: what one import reads, the longest head left out
STEP = 500  # rows between two signs of life
Rows = Callable[[figures.Scope, date], Iterable[Any]]
Within = Callable[[figures.Scope, MeasureQuerySet, date], figures.Scope]
Progress = Callable[[int, int], None]


def _measures_within(scope: figures.Scope, found: MeasureQuerySet, on: date) -> figures.Scope:
    return replace(scope, measures=found)


@dataclass(frozen=True)
class Kind:
    """A list that can be taken out: its name, its columns, where its rows come from, and how many there are.

    ``within`` narrows the list by the measures that filters found: the measures themselves, or what has to do with
    one of them.
    """

    code: str
    title: Promise | str
    columns: tuple[Column, ...]
    rows: Rows
    count: Callable[[figures.Scope, date], int]
    has_counts: bool = False
    comes_back: bool = False
    within: Within = _measures_within


@dataclass(frozen=True)
class Drawn:
    """What a finished file is called, and what is in it."""

    filename: str
    rows: int
    sheets: list[str]


@dataclass(frozen=True)
class Exported(Drawn):
    """A finished file that is held in memory."""

    content: bytes


def _measures(scope: figures.Scope, on: date) -> int:
    return scope.measures_on(on).count()


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("ledger", pgettext_lazy("list", "Rectification ledger"), LEDGER,
             lambda scope, on: ledger_rows(scope.measures, scope.campaign, on), _measures,
             has_counts=True, comes_back=True),
        Kind("issues", pgettext_lazy("list", "List of issues"), lists.ISSUES, lists.issue_rows,
             lambda scope, on: scope.issues.at(on).count(), has_counts=True, comes_back=True,
             within=lists.issues_within),
        Kind("tasks", pgettext_lazy("list", "List of tasks"), lists.TASKS, lists.task_rows, _measures,
             has_counts=True, comes_back=True),
        Kind("responsibility", pgettext_lazy("list", "List of responsibility"), lists.RESPONSIBILITY,
             lists.responsibility_rows, _measures, has_counts=True, comes_back=True),
        Kind("rules", pgettext_lazy("list", "List of rules"), papers.RULES, papers.rule_rows,
             lambda scope, on: scope.documents.at(on).filter(issued_on__lte=on).count(), comes_back=True,
             within=papers.rules_within),
        Kind("notices", pgettext_lazy("list", "Supervision ledger"), papers.NOTICES, papers.notice_rows,
             lambda scope, on: scope.notices.at(on).kept().count(), within=papers.notices_within),
        Kind("evidence", pgettext_lazy("list", "List of evidence"), papers.EVIDENCE, papers.evidence_rows,
             papers.evidence_count),
    )
}  # fmt: skip


def count_of(code: str, scope: figures.Scope, on: date) -> int:
    """How many rows the list has on the day."""
    return KINDS[code].count(scope, scope.campaign.as_of(on))


def export(
    code: str, scope: figures.Scope, on: date, *, is_flat: bool = False, only: Sequence[str] = (), filters: str = ""
) -> Exported:
    """A list as a file held in memory, in the active language; see ``draw``."""
    file = BytesIO()
    drawn = draw(file, code, scope, on, is_flat=is_flat, only=only, filters=filters)
    return Exported(drawn.filename, drawn.rows, drawn.sheets, file.getvalue())


def draw(
    file: IO[bytes], code: str, scope: figures.Scope, on: date, *, is_flat: bool = False, only: Sequence[str] = (),
    filters: str = "", progress: Progress | None = None,
) -> Drawn:  # fmt: skip
    """Write a list into an open file, in the active language, of the rows in ``scope`` as of the day.

    A narrower choice of rows comes as a narrower ``scope``; ``filters`` tells it in words, as the sheet and the
    file's name do then.
    ``is_flat``: no cells are merged, every row names its area and its issue; a list of more rows than an
    import reads is so in any case, and without the keys by which it could come back. ``only`` names the columns that
    go out, none of them stands for all; the keys speak of these alone, so that a narrowed file comes back as well.
    """
    kind = KINDS[code]
    day = scope.campaign.as_of(on)
    total = kind.count(scope, day)
    is_large = total > MOST_MERGED
    columns = tuple(column for column in kind.columns if not only or column.name in only)
    notes = [counts_line(scope, day)] if kind.has_counts else []
    if (is_flat or is_large) and any(column.merge for column in columns):
        columns = tuple(replace(column, merge=()) for column in columns)
        notes.append(_("Flat list: nothing is merged, each row names its area and its issue."))
    if is_large and kind.comes_back:
        words = _("It has more than %(most)s rows and cannot be imported again.")
        notes.append(words % {"most": f"{MOST_MERGED:,}"})
    has_keys = kind.comes_back and not is_large
    marks = _marks(kind, columns, is_flat=is_flat, is_part=bool(filters))
    meta = Meta(
        code, str(kind.title), scope.campaign, day, "　".join(notes), filters, has_keys=has_keys, marks=marks
    )  # fmt: skip
    rows = _told(kind.rows(scope, day), total, progress)
    return Drawn(meta.filename, list_workbook(file, columns, rows, meta), [meta.title])


def _marks(kind: Kind, columns: Sequence[Column], *, is_flat: bool, is_part: bool) -> tuple[str, ...]:
    """What stands in the name of a file that is not the whole list as it is usually drawn."""
    marks = (
        (is_flat and any(column.merge for column in kind.columns), pgettext("file name", "flat")),
        (len(columns) < len(kind.columns), pgettext("file name", "some columns")),
        (is_part, pgettext("file name", "filtered")),
    )
    return tuple(mark for holds, mark in marks if holds)


def _told(rows: Iterable[Any], total: int, progress: Progress | None) -> Iterator[Any]:
    """The rows as they are, with a sign of life for each ``STEP`` of them."""
    for done, row in enumerate(rows, start=1):
        yield row
        if progress and (done % STEP == 0 or done == total):
            progress(done, total)
