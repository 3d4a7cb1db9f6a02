"""The figures of a monthly or quarterly report: all as of the period's last day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from accounts.models import Department, User
from accounts.tracked import end_of, names_on
from findings import dates
from findings.choices import WORKING, DocumentKind, ExtensionKind, MeasureStatus, ProgressStatus, RequestStatus
from findings.figures.counts import Check, Scope, Summary
from findings.figures.summary import campaign_summary
from findings.models import AssistingDepartment, Extension, Measure, ProgressUpdate, ReportingPeriod


@dataclass(frozen=True)
class MeasureLine:
    """One measure in the report: where it stands and what its lead department reported for the period.

    ``correction`` is what the report says about an earlier, locked period, whose code ``corrects`` is. ``deadline`` is
    ISO text, "" where there is none; ``nature`` is "" in a report that was frozen before it was kept.
    """

    number: int
    area: int
    issue: int
    text: str
    department: str
    leader: str
    deadline: str
    status: str
    percent: int
    done: str
    difficulty: str
    next_step: str
    corrects: str = ""
    correction: str = ""
    nature: str = ""


@dataclass(frozen=True)
class PeriodReport:
    """A period in numbers. ``opening`` is the open measures on the eve of the period.

    What changed is told by the numbers of the measures: changed since the last report, which is that of the period
    ``since`` ("" where this one is the first) and stands as of ``since_on``. A relapse is told also where the measure
    was closed again in the period; its number then stands under both. ``documents`` are title, number and kind.
    """

    period: str
    starts_on: date
    ends_on: date
    opening: int
    added: list[int]
    closed: list[int]
    reopened: list[int]
    retired: list[int]
    retired_open: list[int]
    converted: list[int]
    extended: list[int]
    overdue: list[tuple[int, int]]
    due_next: list[tuple[int, str]]
    documents: list[tuple[str, str, str]]
    missing: list[str]
    lines: list[MeasureLine]
    summary: Summary
    since: str
    since_on: date | None
    overdue_before: int
    newly_overdue: list[int]
    no_longer_overdue: list[int]

    def frozen(self) -> dict[str, Any]:
        """The report as plain values for its row; days as ISO text."""
        return _plain(asdict(self)) | {"checks": [asdict(check) for check in (*self.summary.checks, self.flow())]}

    def flow(self) -> Check:
        """Open at the end = opening + added + reopened - closed - retired while open."""
        moved = len(self.added) + len(self.reopened) - len(self.closed) - len(self.retired_open)
        return Check("opening and changes = open", self.opening + moved == self.summary.counts.open)


def period_report(scope: Scope, period: ReportingPeriod) -> PeriodReport:
    """Compile the figures of a period out of the rows in force on its last day."""
    on = scope.campaign.as_of(period.ends_on)
    eve = period.starts_on - timedelta(days=1)
    now = _states(scope, on)
    before = _states(scope, eve)
    open_before = {number for number, (status, _times) in before.items() if status != MeasureStatus.CLOSED}
    overdue = _overdue(scope, on)
    return PeriodReport(
        period=period.code,
        starts_on=period.starts_on,
        ends_on=on,
        opening=len(open_before),
        added=sorted(now.keys() - before.keys()),
        closed=_closed(now, before),
        reopened=[number for number in sorted(now) for _time in range(_reopenings(number, now, before))],
        retired=sorted(before.keys() - now.keys()),
        retired_open=sorted(open_before - now.keys()),
        converted=_granted(scope, period, on, ExtensionKind.CONVERSION),
        extended=_granted(scope, period, on, ExtensionKind.EXTENSION),
        overdue=[(number, (on - deadline).days) for number, deadline in overdue.items()],
        due_next=_due_next(scope, on),
        documents=_documents(scope, period, on),
        missing=_missing(scope, period, on),
        lines=_lines(scope, period, on),
        summary=campaign_summary(scope, on),
        **_beside_the_last(scope, period, eve, overdue),
    )


def _beside_the_last(scope: Scope, period: ReportingPeriod, eve: date, overdue: Mapping[int, date]) -> dict[str, Any]:
    """The last report, and what was overdue then and is not now, or the other way round."""
    last = ReportingPeriod.objects.filter(campaign=scope.campaign, ends_on__lt=period.starts_on)
    code = last.order_by("-ends_on").values_list("code", flat=True).first()
    before = _overdue(scope, eve)
    return {
        "since": code or "",
        "since_on": eve if code else None,
        "overdue_before": len(before),
        "newly_overdue": sorted(overdue.keys() - before.keys()),
        "no_longer_overdue": sorted(before.keys() - overdue.keys()),
    }


def _overdue(scope: Scope, on: date) -> dict[int, date]:
    """The deadlines of the overdue measures by number, the longest overdue first."""
    rows = scope.measures_on(on).overdue(on).order_by("deadline", "number")
    return {row.number: row.deadline for row in rows if row.deadline is not None}


# Status and number of reopenings by the measure's number.
_States = dict[int, tuple[str, int]]
_NEW = (MeasureStatus.NOT_STARTED, 0)


def _states(scope: Scope, on: date) -> _States:
    rows = scope.measures_on(on).order_by().values_list("number", "status", "reopened_count")
    return {number: (status, times) for number, status, times in rows}


def _closed(now: _States, before: _States) -> list[int]:
    """What was closed in the period, each as often as it was: a relapse may lie between two closings."""
    found: list[int] = []
    for number in sorted(now):
        moved = (now[number][0] == MeasureStatus.CLOSED) - (before.get(number, _NEW)[0] == MeasureStatus.CLOSED)
        found += [number] * (moved + _reopenings(number, now, before))
    return found


def _reopenings(number: int, now: _States, before: _States) -> int:
    return now[number][1] - before.get(number, _NEW)[1]


def _granted(scope: Scope, period: ReportingPeriod, on: date, kind: str) -> list[int]:
    rows = Extension.objects.filter(
        measure__in=scope.measures.order_by().values("pk"),
        kind=kind,
        status=RequestStatus.APPROVED,
        ended_at__gte=end_of(period.starts_on - timedelta(days=1)),
        ended_at__lt=end_of(on),
    )
    return sorted(set(rows.order_by().values_list("measure__number", flat=True)))


def _due_next(scope: Scope, on: date) -> list[tuple[int, str]]:
    """Deadlines in the period that follows: to the end of the next month, or of the next quarter."""
    first = on + timedelta(days=1)
    last = dates.month_end(first) if on < scope.campaign.concentrated_until else dates.quarter_end(first)
    rows = scope.measures_on(on).open().filter(deadline__range=(first, last)).order_by("deadline", "number")
    return [(row.number, row.deadline.isoformat()) for row in rows if row.deadline is not None]


def _documents(scope: Scope, period: ReportingPeriod, on: date) -> list[tuple[str, str, str]]:
    rows = scope.documents.at(on).filter(issued_on__range=(period.starts_on, on)).order_by("issued_on", "number")
    return [(row.title, row.number, row.kind) for row in rows]


def documents_in_words(documents: Iterable[Sequence[str]]) -> list[tuple[str, str, str]]:
    """The documents of a report, their kinds in the words of now; a report frozen long ago holds a word already."""
    labels = dict(DocumentKind.choices)
    return [(title, number, str(labels.get(kind, kind))) for title, number, kind in documents]


def _missing(scope: Scope, period: ReportingPeriod, on: date) -> list[str]:
    """Departments that lead a measure at work (nobody fills in while a closure is being signed) and did not report.

    On each of theirs, by the lock; the same departments that ``periods.period_lines`` names.
    """
    reported = set(_reports(scope, period).values_list("measure_id", "department_id"))
    asked: dict[int, list[int]] = defaultdict(list)
    at_work = scope.measures_on(on).filter(status__in=WORKING).order_by()
    for pk, department_id in at_work.values_list("id", "lead_department_id"):
        asked[department_id].append(pk)
    late = [key for key, pks in asked.items() if key and any((pk, key) not in reported for pk in pks)]
    return [row.name for row in Department.objects.filter(pk__in=late).at(on).order_by("order", "code")]


def _reports(scope: Scope, period: ReportingPeriod) -> Any:
    """What was reported for the period by its lock, as it stood then."""
    rows = ProgressUpdate.objects.filter(measure__in=scope.measures.order_by().values("pk"), period=period)
    return rows.at(period.locks_on).filter(~Q(submitted_at=None)).exclude(status=ProgressStatus.DRAFT).order_by()


def _lines(scope: Scope, period: ReportingPeriod, on: date) -> list[MeasureLine]:
    told = _reports(scope, period).select_related("corrects__period")
    reports = {(row.measure_id, row.department_id): row for row in told}
    found = scope.measures_on(on).select_related("issue__area")
    rows = list(found.order_by("issue__area__number", "issue__number", "number"))
    names = (
        names_on(Department, (row.lead_department_id for row in rows), on),
        names_on(User, (row.lead_leader_id for row in rows), on),
    )
    return [_line(row, reports.get((row.id, row.lead_department_id)), *names) for row in rows]


def _line(
    row: Measure, report: ProgressUpdate | None, departments: dict[int | None, str], leaders: dict[int | None, str]
) -> MeasureLine:
    return MeasureLine(
        number=row.number,
        area=row.issue.area.number if row.issue.area else 0,
        issue=row.issue.number,
        text=row.text,
        department=departments.get(row.lead_department_id, ""),
        leader=leaders.get(row.lead_leader_id, ""),
        deadline=row.deadline.isoformat() if row.deadline else "",
        status=row.status,
        percent=row.percent,
        done=report.done if report else "",
        difficulty=report.difficulty if report else "",
        next_step=report.next_step if report else "",
        corrects=report.corrects.period.code if report and report.corrects else "",
        correction=report.correction if report else "",
        nature=row.nature,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def assisting_names(measure_ids: list[int], on: date) -> dict[int, list[str]]:
    """Names of the assisting departments by measure id, both as they were on a day."""
    rows = AssistingDepartment.objects.filter(measure_id__in=measure_ids).at(on).filter(is_active=True)
    pairs = list(rows.order_by("department__order", "department__code").values_list("measure_id", "department_id"))
    names, found = names_on(Department, {department for _m, department in pairs}, on), defaultdict(list)
    for measure_id, department_id in pairs:
        found[measure_id].append(names[department_id])
    return dict(found)
