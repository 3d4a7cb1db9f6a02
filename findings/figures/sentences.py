"""The one sentence that opens a page: figures in words, each number with the way to its rows.

A sentence is a list of parts. The page links those that name rows; a mail joins their texts.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from accounts.words import joined
from findings.figures.board import Board
from findings.figures.counts import Counts
from findings.figures.lookback import RoundResult
from findings.figures.mine import Waiting
from findings.models import Measure

# The checks of the figures in words; their names are part of the stable outside.
CHECKS = {
    "statuses = measures": gettext_lazy("not started + in progress + waiting + closed = all measures"),
    "concentrated + sustained = measures": gettext_lazy("concentrated + sustained = all measures"),
    "areas = measures": gettext_lazy("measures over the areas = all measures"),
    "departments = measures": gettext_lazy("measures over the lead departments = all measures"),
    "issue states = issues": gettext_lazy("issues rectified + partly + open = all issues"),
    "rules within documents": gettext_lazy("rules are part of the documents"),
    "opening and changes = open": gettext_lazy("open at the start + changes of the period = open at the end"),
}
_PLACE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class Part:
    """A piece of a sentence; one with a ``key`` is a number.

    Its rows are those of the ledger that ``rows`` filters, or one measure, or a section ``anchor`` of the page.
    """

    text: str
    key: str = ""
    rows: Mapping[str, str] = field(default_factory=dict)
    alarm: bool = False
    anchor: str = ""
    measure: int | None = None

    def __str__(self) -> str:
        return self.text


def text_of(parts: Iterable[Part]) -> str:
    """The sentence without its links."""
    return "".join(part.text for part in parts)


def unmet(checks: Iterable[Mapping[str, Any]]) -> str:
    """The frozen checks of a report that do not hold, in words; "" where all do."""
    return joined(CHECKS.get(check["name"], check["name"]) for check in checks if not check["holds"])


def day_words(day: date, this_year: int) -> str:
    """A day as it is said in a sentence; the year only where it is another one."""
    if day.year == this_year:
        return dateformat.format(day, pgettext("day in a sentence", "j F"))
    return dateformat.format(day, pgettext("day in a sentence", "j F Y"))


def campaign_sentence(board: Board, *, this_year: int) -> list[Part]:
    """Where a campaign stands: closed of all, the change since the earlier day, what is late and where longest."""
    counts = board.summary.counts
    longest = board.late[0].measure if board.late else None
    department = longest.lead_department if longest else None
    parts = _said(
        _("As of %(day)s, %(closed)s of %(measures)s measures are closed"),
        day=day_words(board.summary.on, this_year),
        closed=_number("closed", counts.closed, status="closed"),
        measures=_number("measures", counts.measures),
    )
    return [
        *parts,
        *_change(board, this_year),
        *_late(counts.overdue, longest, department.name if department else "", board.summary.on),
        *_missed(counts.rechecks_missed),
        Part(pgettext("end of a sentence", ". ")),
        *_issues(board),
    ]


def ledger_sentence(
    counts: Counts, longest: Measure | None, department: str, *, on: date, soon_days: int, this_year: int
) -> list[Part]:
    """All measures by state, what is late and what comes next. ``longest`` is the one longest overdue."""
    parts = _said(
        _(
            "As of %(day)s, of %(measures)s measures %(closed)s are closed, %(waiting)s wait for closure, "
            "%(in_progress)s are in progress and %(not_started)s not started"
        ),
        day=day_words(on, this_year),
        measures=_number("measures", counts.measures),
        closed=_number("closed", counts.closed, status="closed"),
        waiting=_number("waiting", counts.waiting, status="waiting"),
        in_progress=_number("in_progress", counts.in_progress, status="in_progress"),
        not_started=_number("not_started", counts.not_started, status="not_started"),
    )
    soon = _said(
        _("; %(n)s due within %(days)s days"), n=_number("due_soon", counts.due_soon, due="soon"), days=str(soon_days)
    )
    return [
        *parts,
        *_late(counts.overdue, longest, department, on),
        *_missed(counts.rechecks_missed),
        *soon,
        Part(pgettext("end of a sentence", ". ")),
    ]


def work_sentence(work: Waiting, *, this_year: int) -> list[Part]:
    """How much waits for one person, what hurts first."""
    came_back = len(work.returned) + len(work.returned_closures) + len(work.returned_replies)
    missed = len(work.rechecks) + len(work.late_rechecks) + len(work.use_checks)
    to_recheck = len(work.rechecks_due) + len(work.to_recheck)
    clauses = [
        (
            ngettext("%(n)s reply late", "%(n)s replies late", len(work.late_replies)),
            "late_replies", len(work.late_replies), True,
        ),
        (_("%(n)s returned"), "returned", came_back, True),
        (_("%(n)s overdue"), "overdue", len(work.overdue), True),
        (
            ngettext("%(n)s re-check missed", "%(n)s re-checks missed", missed),
            "rechecks", missed, True,
        ),
        (_("%(n)s to sign"), "to_sign", len(work.to_sign), False),
        (
            ngettext("%(n)s supervision notice", "%(n)s supervision notices", len(work.notices)),
            "notices", len(work.notices), False,
        ),
        (
            ngettext("%(n)s re-check to come", "%(n)s re-checks to come", to_recheck),
            "to_recheck", to_recheck, False,
        ),
        (_("%(n)s due within a week"), "due", len(work.due), False),
        (
            ngettext("%(n)s draft to submit", "%(n)s drafts to submit", len(work.to_submit)),
            "to_submit", len(work.to_submit), False,
        ),
        (_("%(n)s to fill in"), "to_fill", len(work.to_fill), False),
        (_("%(n)s to check"), "to_accept", len(work.to_accept), False),
    ]  # fmt: skip
    parts: list[Part] = []
    for words, key, number, alarm in clauses:
        if number:
            parts += [Part(pgettext("between clauses", ", "))] if parts else []
            parts += _said(words, n=Part(str(number), key, alarm=alarm, anchor=key))
    opening = ngettext("%(n)s thing waits for you: ", "%(n)s things wait for you: ", work.total)
    return [
        *_said(opening, n=str(work.total)),
        *parts,
        *_collecting(work, this_year),
        Part(pgettext("end of a sentence", ". ")),
    ]


def lookback_sentence(
    results: Collection[RoundResult], *, reopened: int, differing: int, on: date, this_year: int
) -> list[Part]:
    """What the look-back rounds have found in all, the measures reopened, the verdicts that differ."""
    day, end = day_words(on, this_year), Part(pgettext("end of a sentence", ". "))
    if not results:
        parts = _said(_("By %(day)s no look-back round has been drawn"), day=day)
    else:
        sums = {name: sum(getattr(row, name) for row in results) for name in ("drawn", "made", "held", "undone")}
        words = ngettext(
            "By %(day)s %(rounds)s look-back round has drawn %(drawn)s measures; %(made)s are checked: %(held)s held, "
            "%(undone)s did not",
            "By %(day)s %(rounds)s look-back rounds have drawn %(drawn)s measures; %(made)s are checked: %(held)s "
            "held, %(undone)s did not",
            len(results),
        )
        numbers = {name: Part(str(number), name, anchor="rounds") for name, number in sums.items()}
        parts = _said(words, day=day, rounds=str(len(results)), **numbers)
    again = ngettext("; %(n)s measure has been reopened", "; %(n)s measures have been reopened", reopened)
    parts += _said(again, n=Part(str(reopened), "reopened", anchor="reopened")) if reopened else []
    words = ngettext(
        "; %(n)s verdict differs from the measures", "; %(n)s verdicts differ from the measures", differing
    )
    parts += _said(words, n=Part(str(differing), "differing", anchor="differing")) if differing else []
    return [*parts, end]


def report_sentence(figures: Mapping[str, Any]) -> list[Part]:
    """A period out of its frozen figures: open before, closed in it, late at its end."""
    counts = figures["summary"]["counts"]
    return _said(
        _(
            "%(period)s began with %(opening)s open measures; %(closed)s were closed in it. At its end %(done)s of "
            "%(measures)s measures are closed and %(overdue)s overdue."
        ),
        period=figures["period"],
        opening=str(figures["opening"]),
        closed=Part(str(len(figures["closed"])), "period_closed", anchor="period_closed"),
        done=_number("closed", counts["closed"], status="closed"),
        measures=_number("measures", counts["measures"]),
        overdue=_number("overdue", counts["overdue"], alarm=True, due="overdue"),
    )


def _change(board: Board, this_year: int) -> list[Part]:
    change = board.comparison.change("closed")
    since = pgettext("compared with", "a month before")
    if not board.is_month:
        since = pgettext("compared with", "on %(day)s") % {"day": day_words(board.comparison.earlier, this_year)}
    if change == 0:
        return _said(_(", as many as %(since)s"), since=since)
    words = _(", %(n)s more than %(since)s") if change > 0 else _(", %(n)s fewer than %(since)s")
    return _said(words, n=Part(str(abs(change)), "change", anchor="compare"), since=since)


def _late(overdue: int, longest: Measure | None, department: str, on: date) -> list[Part]:
    if not overdue or longest is None or longest.deadline is None:
        return [Part(_("; none is overdue"))]
    parts = _said(_("; %(n)s overdue"), n=_number("overdue", overdue, alarm=True, due="overdue"))
    late = (on - longest.deadline).days
    words = ngettext(", the longest by %(days)s day", ", the longest by %(days)s days", late)
    parts += _said(words, days=Part(str(late), "longest", alarm=True, measure=longest.id))
    if department:
        parts += _said(pgettext("in brackets", " (%(department)s)"), department=department)
    return parts


def _missed(number: int) -> list[Part]:
    if not number:
        return []
    words = ngettext("; %(n)s re-check missed", "; %(n)s re-checks missed", number)
    return _said(words, n=_number("rechecks_missed", number, alarm=True, due="recheck"))


def _issues(board: Board) -> list[Part]:
    figures = board.summary
    return _said(
        _("Of %(issues)s issues %(rectified)s are rectified and %(partial)s show partial results."),
        issues=str(figures.issues),
        rectified=_number("issues_rectified", figures.issues_rectified, state="rectified"),
        partial=_number("issues_partial", figures.issues_partial, state="partial"),
    )


def _collecting(work: Waiting, this_year: int) -> list[Part]:
    """Until when the period's progress is awaited."""
    if not work.to_fill:
        return []
    period = work.to_fill[0][1]
    return _said(
        _("; the progress of %(period)s is due by %(day)s"), period=period.code, day=day_words(period.due_on, this_year)
    )


def _number(key: str, value: int, *, alarm: bool = False, **rows: str) -> Part:
    return Part(str(value), key, rows, alarm=alarm and value > 0)


def _said(words: str, **values: Part | str) -> list[Part]:
    """Cut a translated sentence at its places, so that each language keeps its own order."""
    parts = []
    for index, piece in enumerate(_PLACE.split(words)):
        value = values[piece] if index % 2 else piece
        if value:
            parts.append(value if isinstance(value, Part) else Part(value))
    return parts
