"""Over time: closed against plan, one day against another, how well and how quickly."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils import timezone

from accounts.tracked import end_of
from findings.choices import MeasureStatus, RequestStatus
from findings.figures.counts import Scope
from findings.figures.summary import campaign_summary
from findings.models import ClosureRequest, Extension, Measure, ProgressUpdate


@dataclass(frozen=True)
class Point:
    """One day of the curve: measures closed by it, measures that the plan wants closed by it, all in plan."""

    on: date
    closed: int
    planned: int


@dataclass(frozen=True)
class Comparison:
    """Two days beside each other: figure name → (earlier, later)."""

    earlier: date
    later: date
    figures: dict[str, tuple[int, int]]

    def change(self, name: str) -> int:
        before, after = self.figures[name]
        return after - before


@dataclass(frozen=True)
class Quality:
    """How the work was done, by lead department (or in all, key None).

    ``on_time``: the successful request was filed by the deadline then in force; ``on_time_original``: by the
    first deadline. ``days_to_close``: mean of the days from plan approval to the last signature, None where
    none is closed.
    """

    closed: int = 0
    on_time: int = 0
    on_time_original: int = 0
    days_to_close: int | None = None
    progress_returned: int = 0
    closures_returned: int = 0
    extensions: int = 0
    reopened: int = 0


def closed_over_time(scope: Scope, on: date, *, until: date | None = None, step: int = 7) -> list[Point]:
    """The curve from the feedback to ``until`` (default: the day), a point each ``step`` days and at both ends.

    Closed is known up to the day, planned follows the original deadlines of the measures in the plan that day.
    """
    campaign = scope.campaign
    on = campaign.as_of(on)
    last = until or on
    closed = _closings(scope, on)
    deadlines = scope.measures_on(on).order_by().values_list("original_deadline", flat=True)
    planned = [deadline for deadline in deadlines if deadline is not None]
    days = [campaign.feedback_on + timedelta(days=n) for n in range(0, (last - campaign.feedback_on).days, step)]
    days = sorted({*days, *([on] if on <= last else []), last})
    return [Point(day, sum(closed.get(d, 0) for d in closed if d <= min(day, on)), _upto(planned, day)) for day in days]


def compare(scope: Scope, earlier: date, later: date) -> Comparison:
    """The head figures of two days."""
    before, after = campaign_summary(scope, earlier), campaign_summary(scope, later)
    names = [f.name for f in fields(before.counts)]
    figures = {name: (getattr(before.counts, name), getattr(after.counts, name)) for name in names}
    for name in ("issues", "issues_rectified", "issues_partial", "issues_open", "documents", "rules"):
        figures[name] = (getattr(before, name), getattr(after, name))
    return Comparison(before.on, after.on, figures)


def quality(scope: Scope, on: date) -> dict[int | None, Quality]:
    """Returns, extensions, reopenings, punctuality by lead department id; key None holds the sum of all."""
    on = scope.campaign.as_of(on)
    rows = list(scope.measures_on(on).order_by().values_list("id", "lead_department_id", "status", "reopened_count",
                                                            "original_deadline"))  # fmt: skip
    home = {row[0]: row[1] for row in rows}
    tally: dict[int | None, dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def add(measure_id: int, name: str, number: int) -> None:
        for key in {home[measure_id], None}:
            tally[key][name] += number

    for pk, _department, _status, reopened, _original in rows:
        add(pk, "reopened", reopened)
    for name, found in _events(scope, on).items():
        for row in found:
            add(row["measure_id"], name, row["n"])
    _add_closings(scope, on, rows, add)
    return {key: _quality(values) for key, values in tally.items()}


def _quality(values: dict[str, int]) -> Quality:
    days = values.pop("days", 0)
    closed = values.get("closed", 0)
    return Quality(**values, days_to_close=days // closed if closed else None)


def _events(scope: Scope, on: date) -> dict[str, list[Mapping[str, Any]]]:
    mine = {"measure__in": scope.measures.order_by().values("pk")}
    ended = {"ended_at__lt": end_of(on)}
    updates = ProgressUpdate.objects.filter(**mine).at(on).filter(returned_count__gt=0).order_by()
    closures = ClosureRequest.objects.filter(status=RequestStatus.RETURNED, **mine, **ended).order_by()
    granted = Extension.objects.filter(status=RequestStatus.APPROVED, **mine, **ended).order_by()
    in_plan = set(scope.measures_on(on).order_by().values_list("id", flat=True))
    found = {
        "progress_returned": updates.values("measure_id").annotate(n=Sum("returned_count")),
        "closures_returned": closures.values("measure_id").annotate(n=Count("id")),
        "extensions": granted.values("measure_id").annotate(n=Count("id")),
    }
    return {name: [row for row in rows if row["measure_id"] in in_plan] for name, rows in found.items()}


def _add_closings(scope: Scope, on: date, rows: list[tuple], add: Callable[[int, str, int], None]) -> None:
    originals = {row[0]: row[4] for row in rows if row[2] == MeasureStatus.CLOSED}
    approved = ClosureRequest.objects.filter(
        Q(status=RequestStatus.APPROVED, ended_at__lt=end_of(on)), measure__in=list(originals)
    ).order_by("ended_at")
    last = {request.measure_id: request for request in approved}
    begin = scope.campaign.plan_approved_on or scope.campaign.feedback_on
    for pk, request in last.items():
        add(pk, "closed", 1)
        add(pk, "on_time", int(request.deadline is None or request.filed_on <= request.deadline))
        add(pk, "on_time_original", int(originals[pk] is None or request.filed_on <= originals[pk]))
        add(pk, "days", (timezone.localdate(request.ended_at) - begin).days)


def _closings(scope: Scope, on: date) -> dict[date, int]:
    """Net closings by day from the history rows, so that a reopened measure falls out again: one query."""
    rows = (
        Measure.history.filter(id__in=scope.measures.order_by().values("pk"), history_date__lt=end_of(on))
        .order_by("history_date", "history_id")
        .values_list("id", "history_date", "status", "retired_on")
    )
    closed: set[int] = set()
    net: dict[date, int] = defaultdict(int)
    for pk, at, status, retired_on in rows.iterator():
        is_closed = status == MeasureStatus.CLOSED and retired_on is None
        if is_closed and pk not in closed:
            closed.add(pk)
            net[timezone.localdate(at)] += 1
        elif not is_closed and pk in closed:
            closed.remove(pk)
            net[timezone.localdate(at)] -= 1
    return dict(net)


def _upto(days: list[date], day: date) -> int:
    return sum(d <= day for d in days)
