"""Over time: closed against plan, one day against another, how well and how quickly."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import CharField, Count, Q, QuerySet, Sum, Value
from django.utils import timezone

from accounts.tracked import end_of
from findings.choices import MeasureStatus, RequestStatus
from findings.figures.counts import Group, Scope, percent_of
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

    @property
    def on_time_percent(self) -> int | None:
        """Of the closed ones, in whole percent; None where none is closed."""
        return percent_of(self.on_time, self.closed) if self.closed else None

    @property
    def original_percent(self) -> int | None:
        """The same against the first deadlines."""
        return percent_of(self.on_time_original, self.closed) if self.closed else None


class _Row(NamedTuple):
    """A measure in the plan at the end of the day."""

    id: int
    lead_department_id: int | None
    status: str
    reopened_count: int
    original_deadline: date | None


@dataclass(frozen=True)
class QualityLine:
    """How the work of a lead department was done; ``group`` None: of all measures in sight, those without one too."""

    group: Group | None
    quality: Quality


def closed_over_time(scope: Scope, on: date, *, until: date | None = None, step: int = 7) -> list[Point]:
    """The curve from the feedback to ``until`` (default: the day), a point each ``step`` days and at both ends.

    Closed is known up to the day, planned follows the original deadlines of the measures in the plan that day.
    """
    on = scope.campaign.as_of(on)
    return _curve(scope, on, _in_plan(scope, on), until or on, step)


def _curve(scope: Scope, on: date, rows: list[_Row], last: date, step: int = 7) -> list[Point]:
    campaign, closed = scope.campaign, _closings(scope, on)
    planned = [row.original_deadline for row in rows if row.original_deadline is not None]
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
    return _qualities(scope, on, _in_plan(scope, on))


def curve_and_quality(
    scope: Scope, on: date, until: date, departments: Iterable[Group]
) -> tuple[list[Point], list[QualityLine]]:
    """``closed_over_time``, and ``quality`` beside the groups of the same day, in their order; all together last."""
    on = scope.campaign.as_of(on)
    rows = _in_plan(scope, on)
    found = _qualities(scope, on, rows)
    lines = [QualityLine(group, found.get(group.key, Quality())) for group in departments if group.key is not None]
    return _curve(scope, on, rows, until), [*lines, QualityLine(None, found.get(None, Quality()))]


def _in_plan(scope: Scope, on: date) -> list[_Row]:
    return list(map(_Row._make, scope.measures_on(on).order_by().values_list(*_Row._fields)))


def _qualities(scope: Scope, on: date, rows: list[_Row]) -> dict[int | None, Quality]:
    home = {row.id: row.lead_department_id for row in rows}
    tally: dict[int | None, dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def add(measure_id: int, name: str, number: int) -> None:
        for key in {home[measure_id], None}:
            tally[key][name] += number

    for row in rows:
        add(row.id, "reopened", row.reopened_count)
    for name, pk, number in _events(scope, on):
        if pk in home:
            add(pk, name, number)
    _add_closings(scope, on, rows, add)
    return {key: _quality(values) for key, values in tally.items()}


def _quality(values: dict[str, int]) -> Quality:
    days = values.pop("days", 0)
    closed = values.get("closed", 0)
    return Quality(**values, days_to_close=days // closed if closed else None)


def _events(scope: Scope, on: date) -> QuerySet:
    """Returns and extensions up to the day as (name, measure, number): one query, retired measures among them."""
    mine = {"measure__in": scope.measures.order_by().values("pk")}
    ended = {"ended_at__lt": end_of(on)}
    updates = ProgressUpdate.objects.filter(**mine).at(on).filter(returned_count__gt=0)
    closures = ClosureRequest.objects.filter(status=RequestStatus.RETURNED, **mine, **ended)
    granted = Extension.objects.filter(status=RequestStatus.APPROVED, **mine, **ended)

    def part(rows: QuerySet, name: str, number: Count | Sum) -> QuerySet:
        named = rows.order_by().annotate(name=Value(name, CharField()))
        return named.values("name", "measure_id").annotate(n=number).values_list("name", "measure_id", "n")

    return part(updates, "progress_returned", Sum("returned_count")).union(
        part(closures, "closures_returned", Count("id")), part(granted, "extensions", Count("id")), all=True
    )


def _add_closings(scope: Scope, on: date, rows: list[_Row], add: Callable[[int, str, int], None]) -> None:
    originals = {row.id: row.original_deadline for row in rows if row.status == MeasureStatus.CLOSED}
    approved = ClosureRequest.objects.filter(
        Q(status=RequestStatus.APPROVED, ended_at__lt=end_of(on)), measure__in=list(originals)
    ).order_by("ended_at")
    last = {request.measure_id: request for request in approved}
    begin = scope.campaign.plan_approved_on or scope.campaign.feedback_on
    for pk, request in last.items():
        add(pk, "closed", 1)
        add(pk, "on_time", int(request.deadline is None or request.filed_on <= request.deadline))
        original = originals[pk]
        add(pk, "on_time_original", int(original is None or request.filed_on <= original))
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
