"""The dashboard's figures of a day, and those of an earlier one beside them, in few queries."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, timedelta

from findings import dates
from findings.choices import Light
from findings.figures.counts import (
    Counts,
    Group,
    RuleCounts,
    Scope,
    Summary,
    is_due_soon,
    is_overdue,
    is_recheck_missed,
)
from findings.figures.mine import Due
from findings.figures.summary import (
    Tally,
    counts_of,
    head_figures,
    in_sight,
    leaders_of,
    papers,
    rules_of,
    summary_of,
    tallies,
)
from findings.figures.supervision import NoticeCounts, notices_of
from findings.figures.trends import Comparison, Point, QualityLine, curve_and_quality
from findings.models import Campaign, Measure

AHEAD = 30  # days of the deadlines to come
COMPARED = (
    *(f.name for f in fields(Counts)),
    "issues", "issues_rectified", "issues_partial", "issues_open", "documents", "rules",
)  # fmt: skip


@dataclass(frozen=True)
class Board:
    """What a leader asks of a campaign on a day. ``late`` is ranked, the longest overdue first.

    ``is_month``: the earlier day lies one calendar month before, so that the change may be called that.
    """

    summary: Summary
    leaders: list[Group]
    lights: dict[str, int]
    comparison: Comparison
    is_month: bool
    curve: list[Point]
    late: list[Due]
    rechecks: list[Due]
    due: list[Due]
    notices: NoticeCounts
    rules: RuleCounts
    quality: list[QualityLine]


def board_of(scope: Scope, on: date, earlier: date, *, ahead: int = AHEAD) -> Board:
    """All figures of the dashboard; the same numbers as ``campaign_summary``, ``by_leader`` and ``compare``."""
    campaign = scope.campaign
    on, earlier = campaign.as_of(on), campaign.as_of(earlier)
    found, rows = papers(scope, {on, earlier}), tallies(scope, on)
    summary = summary_of(scope, on, rows, found[on])
    before = head_figures(scope, earlier, tallies(scope, earlier), found[earlier])
    late, rechecks, due = _days(scope, on, ahead)
    curve, quality = curve_and_quality(scope, on, last_day(campaign, on), summary.departments)
    return Board(
        summary=summary,
        leaders=leaders_of(rows),
        lights=_lights(rows),
        comparison=Comparison(earlier, on, {name: (before[name], _figure(summary, name)) for name in COMPARED}),
        is_month=earlier == month_before(on),
        curve=curve,
        late=late,
        rechecks=rechecks,
        due=due,
        notices=notices_of(found[on]),
        rules=rules_of(found[on]),
        quality=quality,
    )


def month_before(on: date) -> date:
    """The same day of the month before, or that month's last day."""
    year, month = (on.year, on.month - 1) if on.month > 1 else (on.year - 1, 12)
    return date(year, month, min(on.day, calendar.monthrange(year, month)[1]))


def last_day(campaign: Campaign, on: date) -> date:
    """Where the curve of a day ends: the end of the phase that is going on."""
    end = campaign.concentrated_until if on <= campaign.concentrated_until else campaign.sustained_until
    return max(on, min(end, campaign.closed_on or end))


def _figure(summary: Summary, name: str) -> int:
    return getattr(summary.counts, name) if hasattr(summary.counts, name) else getattr(summary, name)


def _lights(rows: list[Tally]) -> dict[str, int]:
    """Measures by light; the conditions exclude each other, so the sums may be added."""
    counts = counts_of(rows)
    found: dict[str, int] = {
        Light.RED: counts.overdue,
        Light.RECHECK: counts.rechecks_missed,
        Light.YELLOW: counts.due_soon,
        Light.BLUE: sum(row.get(Light.BLUE, 0) for row in in_sight(rows)),
    }
    return found | {Light.NONE: counts.measures - sum(found.values())}


def _days(scope: Scope, on: date, ahead: int) -> tuple[list[Due], list[Due], list[Due]]:
    """Overdue, missed re-checks, due to come: one query, each sorted by its day."""
    wanted = dates.overdue_q(on) | dates.recheck_missed_q(on) | dates.due_soon_q(on, ahead)
    rows = list(scope.measures_on(on).with_excuse().filter(wanted).select_related("lead_department"))

    def those(kind: str, mine: Callable[[Measure], bool], day: str) -> list[Due]:
        found = sorted((row for row in rows if mine(row)), key=lambda row: (getattr(row, day), row.number))
        return [Due(kind, row, (getattr(row, day) - on) // timedelta(days=1)) for row in found]

    return (
        those("overdue", lambda row: is_overdue(row, on), "deadline"),
        those("recheck_missed", lambda row: is_recheck_missed(row, on), "recheck_on"),
        those("due_soon", lambda row: is_due_soon(row, on, ahead), "deadline"),
    )
