"""Reporting periods in numbers: whose part in which measure is asked for, and what came of it.

A part is one department's share in one measure in one period. The lead department's part is asked for while the
measure is being worked on; an assisting department's counts from its first draft on.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery

from accounts.models import Department
from accounts.tracked import end_of
from findings.choices import WORKING, ProgressStatus, RequestStatus
from findings.figures.counts import Scope
from findings.models import (
    AssistingDepartment,
    Campaign,
    ClosureRequest,
    Evidence,
    Measure,
    ProgressUpdate,
    ReportingPeriod,
)


@dataclass(frozen=True)
class PeriodCounts:
    """Parts by state: to fill in + drafts + submitted + accepted + returned = all parts.

    ``missing``: parts of lead departments without a submitted report. ``returns``: how often the office sent one back.
    """

    to_fill: int = 0
    drafts: int = 0
    submitted: int = 0
    accepted: int = 0
    returned: int = 0
    missing: int = 0
    returns: int = 0

    @property
    def parts(self) -> int:
        return self.to_fill + self.drafts + self.submitted + self.accepted + self.returned


@dataclass(frozen=True)
class DepartmentLine:
    """One department's parts in a period."""

    department: Department
    counts: PeriodCounts


@dataclass(frozen=True)
class PeriodLine:
    """A period with its parts by department, those in sight summed up."""

    period: ReportingPeriod
    counts: PeriodCounts
    departments: list[DepartmentLine]

    def counts_of(self, department: Department) -> PeriodCounts:
        """The counts of one department, all zero where it has no part."""
        return next((line.counts for line in self.departments if line.department == department), PeriodCounts())

    @property
    def missing(self) -> list[Department]:
        """Lead departments without a submitted report on each of their measures."""
        return [line.department for line in self.departments if line.counts.missing]


@dataclass(frozen=True)
class Part:
    """One department's part in a measure, with what it said last time. ``files`` are in force; ``own`` hang on it."""

    measure: Measure
    is_lead: bool
    update: ProgressUpdate | None
    last: ProgressUpdate | None
    files: int
    own: int

    @property
    def change(self) -> int | None:
        """Percentage points since the last report; None where one of the two is not there."""
        return change_between(self.last, self.update)

    @property
    def is_asked(self) -> bool:
        """Nothing was said for the period, or what was said stands from before a relapse."""
        return self.update is None or self.update.is_overtaken


def period_lines(
    scope: Scope, periods: Iterable[ReportingPeriod], on: date, *, departments: set[int] | None = None
) -> list[PeriodLine]:
    """The periods with their counts on a day, of all departments or of some: four queries however many there are.

    A period that has ended is judged by its last day, as its report is.
    """
    wanted = list(periods)
    asked = _asked(scope, {day_of(period, scope.campaign, on) for period in wanted})
    told = _told(scope, wanted, on)
    tallies = {
        period.pk: _tally(asked[day_of(period, scope.campaign, on)], told[period.pk], departments) for period in wanted
    }
    places = {pk for tally in tallies.values() for pk in tally}
    known = list(Department.objects.filter(pk__in=places).order_by("order", "code"))
    return [
        PeriodLine(
            period,
            _sum(tallies[period.pk].values()),
            [DepartmentLine(row, tallies[period.pk][row.pk]) for row in known if row.pk in tallies[period.pk]],
        )
        for period in wanted
    ]


def parts_of(scope: Scope, period: ReportingPeriod, department: Department, on: date) -> list[Part]:
    """All parts of one department in a period, those that it leads first, by number."""
    updates = {row.measure_id: row for row in with_changed_at(_rows(scope, [period]).filter(department=department))}
    measures = (
        scope.measures.with_excuse()
        .select_related("campaign__court", "issue__area", "lead_department")
        .prefetch_related("assisting", "closure_requests")
    )
    day = day_of(period, scope.campaign, on)
    leads = set(_at_work(scope, day).filter(lead_department_id=department.pk).values_list("id", flat=True))
    rows = list(measures.filter(pk__in=leads | _assisted(scope, department, day) | set(updates)))
    for row in rows:
        if row.pk in updates:
            updates[row.pk].measure = row
    last = last_reports(period, [row.pk for row in rows], [department.pk])
    files = file_counts([row.pk for row in rows])
    found = [
        Part(
            measure=row,
            is_lead=row.pk in leads or row.lead_department_id == department.pk,
            update=updates.get(row.pk),
            last=last.get((row.pk, department.pk)),
            files=sum(files[row.pk].values()),
            own=files[row.pk][updates[row.pk].pk] if row.pk in updates else 0,
        )
        for row in rows
    ]
    return sorted(found, key=lambda part: (not part.is_lead, part.measure.number))


def change_between(last: ProgressUpdate | None, update: ProgressUpdate | None) -> int | None:
    """Percentage points from one report to the next; None where one of the two is not there."""
    return update.percent - last.percent if update and last else None


def last_reports(
    period: ReportingPeriod, measure_ids: Iterable[int], department_ids: Iterable[int]
) -> dict[tuple[int, int], ProgressUpdate]:
    """What each department reported on each measure before the period, the newest: by measure and department."""
    reported = ProgressUpdate.objects.exclude(status=ProgressStatus.DRAFT).filter(
        period__starts_on__lt=period.starts_on
    )
    newer = reported.filter(
        measure=OuterRef("measure"), department=OuterRef("department"),
        period__starts_on__gt=OuterRef("period__starts_on"),
    )  # fmt: skip
    rows = reported.filter(~Exists(newer), measure__in=list(measure_ids), department__in=list(department_ids))
    return {(row.measure_id, row.department_id): row for row in rows.select_related("period").order_by()}


def file_counts(measure_ids: Iterable[int]) -> dict[int, dict[int | None, int]]:
    """Files in force by measure and by the report that they hang on (None: on none)."""
    rows = Evidence.objects.filter(measure__in=list(measure_ids)).in_force().order_by()
    found: dict[int, dict[int | None, int]] = defaultdict(lambda: defaultdict(int))
    for pk, progress_id, number in (
        rows.values("measure_id", "progress_id").annotate(n=Count("pk")).values_list("measure_id", "progress_id", "n")
    ):
        found[pk][progress_id] = number
    return found


def with_changed_at(rows: QuerySet[ProgressUpdate]) -> QuerySet[ProgressUpdate]:
    """Reports with the instant of their last change, as ``changed_at``."""
    entries = ProgressUpdate.history.filter(id=OuterRef("pk")).order_by("-history_date", "-history_id")
    return rows.annotate(changed_at=Subquery(entries.values("history_date")[:1]))


def overtaken(rows: QuerySet[ProgressUpdate]) -> QuerySet[ProgressUpdate]:
    """``ProgressUpdate.is_overtaken`` as a row filter."""
    closing = ClosureRequest.objects.filter(
        measure=OuterRef("measure"), status=RequestStatus.APPROVED, ended_at__gte=OuterRef("submitted_at")
    )
    return rows.filter(
        Exists(closing),
        status__in=[ProgressStatus.SUBMITTED, ProgressStatus.ACCEPTED],
        measure__reopened_count__gt=0,
        measure__closed_on__isnull=True,
    )


def day_of(period: ReportingPeriod, campaign: Campaign, on: date) -> date:
    """The day by which a period is judged: its last one, before that the present one."""
    return campaign.as_of(min(period.ends_on, on))


# --- Counting ----------------------------------------------------------------------------------------------

# What was said for a period: (measure, department) → (status, times returned).
_Told = dict[tuple[int, int], tuple[str, int]]
_NAMES = {
    ProgressStatus.DRAFT: "drafts", ProgressStatus.SUBMITTED: "submitted", ProgressStatus.ACCEPTED: "accepted",
    ProgressStatus.RETURNED: "returned",
}  # fmt: skip


def _at_work(scope: Scope, day: date) -> QuerySet[Measure]:
    return scope.measures_on(day).filter(status__in=WORKING).order_by()


def _assisted(scope: Scope, department: Department, day: date) -> set[int]:
    rows = AssistingDepartment.objects.filter(department=department).at(day).filter(is_active=True).order_by()
    return set(rows.values_list("measure_id", flat=True)) & set(_at_work(scope, day).values_list("id", flat=True))


def _asked(scope: Scope, days: set[date]) -> dict[date, dict[int, int]]:
    """The lead department of each measure that was being worked on at the end of each day: one query for all days."""
    found: dict[date, dict[int, int]] = {}
    present: dict[int, tuple[str, int | None, date | None]] = {}
    left = sorted(days, reverse=True)
    for pk, at, *state in _past(scope, max(days, default=scope.campaign.feedback_on)):
        while left and at >= end_of(left[-1]):
            day = left.pop()
            found[day] = _leads(present, day)
        present[pk] = (state[0], state[1], state[2])
    return found | {day: _leads(present, day) for day in left}


def _past(scope: Scope, last: date) -> Iterator[tuple]:
    rows = Measure.history.filter(id__in=scope.measures.order_by().values("pk"), history_date__lt=end_of(last))
    names = ("id", "history_date", "status", "lead_department_id", "retired_on")
    return rows.order_by("history_date", "history_id").values_list(*names).iterator()


def _leads(present: dict[int, tuple[str, int | None, date | None]], day: date) -> dict[int, int]:
    return {
        pk: lead
        for pk, (status, lead, retired_on) in present.items()
        if status in WORKING and lead is not None and (retired_on is None or retired_on > day)
    }


def _rows(scope: Scope, periods: list[ReportingPeriod]) -> QuerySet[ProgressUpdate]:
    rows = ProgressUpdate.objects.filter(measure__in=scope.measures.order_by().values("pk"), period__in=periods)
    return rows.select_related("period", "department", "filled_by", "submitted_by", "corrects__period")


def _told(scope: Scope, periods: list[ReportingPeriod], on: date) -> dict[int, _Told]:
    """What was said for each period; in an open one without what a relapse has overtaken."""
    rows = _rows(scope, periods).select_related(None).order_by()
    collecting = {period.pk for period in periods if not period.is_locked(on)}
    gone = set(overtaken(rows.filter(period__in=collecting)).values_list("pk", flat=True)) if collecting else set()
    found: dict[int, _Told] = {period.pk: {} for period in periods}
    names = ("pk", "period_id", "measure_id", "department_id", "status", "returned_count")
    for pk, period_id, measure_id, department_id, status, returns in rows.values_list(*names):
        if pk not in gone:
            found[period_id][measure_id, department_id] = (status, returns)
    return found


def _tally(asked: dict[int, int], told: _Told, departments: set[int] | None) -> dict[int, PeriodCounts]:
    """The counts by department."""
    found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for key in {*asked.items(), *told}:
        if departments is None or key[1] in departments:
            status, returns = told.get(key, ("", 0))
            line = found[key[1]]
            line[_NAMES[ProgressStatus(status)] if status else "to_fill"] += 1
            line["returns"] += returns
            line["missing"] += int(asked.get(key[0]) == key[1] and status in ("", ProgressStatus.DRAFT))
    return {pk: PeriodCounts(**line) for pk, line in found.items()}


def _sum(counts: Iterable[PeriodCounts]) -> PeriodCounts:
    rows = list(counts)
    return PeriodCounts(**{f.name: sum(getattr(row, f.name) for row in rows) for f in fields(PeriodCounts)})
