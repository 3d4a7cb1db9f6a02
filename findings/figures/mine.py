"""What waits for one person: on the page and in the morning's digest it is the same list."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, F, OuterRef, Prefetch, Q

from accounts.models import User
from accounts.roles import RoleCode
from findings import access, dates
from findings.choices import WORKING, DecisionVerdict, MeasureStatus, ProgressStatus, RequestStatus
from findings.figures.counts import is_due_soon, is_overdue, is_recheck_missed
from findings.models import (
    Campaign,
    ClosureRequest,
    Decision,
    Extension,
    Measure,
    ProgressUpdate,
    ReportingPeriod,
    Request,
)
from findings.models.issue import MeasureQuerySet

ORDER = ("overdue", "recheck_missed", "due_today", "due_soon")


@dataclass(frozen=True)
class Due:
    """A measure under own responsibility with the reason why it stands in the list.

    ``kind``: overdue | due_today | due_soon | recheck_missed. ``days`` counts from the day to the deadline
    (negative: gone by).
    """

    kind: str
    measure: Measure
    days: int


@dataclass(frozen=True)
class Waiting:
    """All that waits for a person on a day, what hurts first."""

    on: date
    returned: list[ProgressUpdate]
    returned_closures: list[ClosureRequest]
    overdue: list[Due]
    rechecks: list[Due]
    to_sign: list[Request]
    due: list[Due]
    to_submit: list[ProgressUpdate]
    to_fill: list[tuple[Measure, ReportingPeriod]]
    to_accept: list[ProgressUpdate]

    @property
    def total(self) -> int:
        """How many rows wait; the number in the page's head."""
        return sum(
            len(rows)
            for rows in (
                self.returned, self.returned_closures, self.overdue, self.rechecks, self.to_sign, self.due,
                self.to_submit, self.to_fill, self.to_accept,
            )
        )  # fmt: skip


def work_of(user: User, on: date, *, ahead: int = 7) -> Waiting:
    """What waits for ``user`` on the day; ``ahead`` days for deadlines to come."""
    dues = due_of(user, on, ahead=ahead)
    drafts, to_fill = _period_work(user, on)
    return Waiting(
        on=on,
        returned=_returned(user, on),
        returned_closures=_returned_closures(user, on),
        overdue=[due for due in dues if due.kind == "overdue"],
        rechecks=[due for due in dues if due.kind == "recheck_missed"],
        to_sign=to_sign(user, on),
        due=[due for due in dues if due.kind in ("due_today", "due_soon")],
        to_submit=drafts,
        to_fill=to_fill,
        to_accept=_to_accept(user, on),
    )


def own_measures(user: User, on: date) -> MeasureQuerySet:
    """Measures in running campaigns that the user answers for: own department leads, or own lead."""
    mine = Q(lead_department__in=access.departments_of(user)) | Q(lead_leader=user)
    running = Campaign.objects.running(on).values("pk")
    rows = Measure.objects.visible_to(user).filter(mine, campaign__in=running)
    return rows.on_day(on).in_plan(on).select_related("campaign", "issue", "lead_department")


def due_of(user: User, on: date, *, ahead: int = 7) -> list[Due]:
    """Deadlines and re-checks under own responsibility, the longest overdue first: one query."""
    rows = own_measures(user, on).with_excuse()
    wanted = dates.overdue_q(on) | dates.recheck_missed_q(on) | dates.due_soon_q(on, ahead)
    found = [due for row in rows.filter(wanted).order_by("number") for due in _dues(row, on, ahead)]
    return sorted(found, key=lambda due: (ORDER.index(due.kind), due.days))


def _dues(measure: Measure, on: date, ahead: int) -> Iterator[Due]:
    deadline, recheck_on = measure.deadline, measure.recheck_on
    if deadline is not None and is_overdue(measure, on):
        yield Due("overdue", measure, (deadline - on).days)
    if recheck_on is not None and is_recheck_missed(measure, on):
        yield Due("recheck_missed", measure, (recheck_on - on).days)
    if deadline is not None and measure.status != MeasureStatus.WAITING and is_due_soon(measure, on, ahead):
        days = (deadline - on).days
        yield Due("due_soon" if days else "due_today", measure, days)


def to_sign(user: User, on: date) -> list[Request]:
    """Requests that wait for this person's signature, the oldest first."""
    running = Campaign.objects.running(on).values("pk")
    place = (
        Q(measure__lead_department__in=access.departments_of(user, {RoleCode.HEAD}))
        | Q(measure__lead_leader=user)
        | Q(measure__campaign__court__in=access.courts_of(user, {RoleCode.OFFICE, RoleCode.CHIEF}))
    )
    found: list[Request] = []
    for model, link in ((ClosureRequest, "closure"), (Extension, "extension")):
        signed = Decision.objects.filter(**{link: OuterRef("pk")}, by=user, verdict=DecisionVerdict.APPROVED)
        rows = (
            model.objects.visible_to(user)
            .pending()
            .filter(place, ~Exists(signed), measure__campaign__in=running)
            .exclude(filed_by=user)
            .select_related("measure__campaign", "measure__lead_department", "filed_by")
        )
        found += [row for row in rows if access.stands_at(user, row.stage, row.measure)]
    return sorted(found, key=lambda row: (row.created_at, row.pk))


def _returned(user: User, on: date) -> list[ProgressUpdate]:
    """Returned progress of the own departments, as long as no later period took the correction."""
    corrected = ProgressUpdate.objects.reported().filter(
        measure=OuterRef("measure"),
        department=OuterRef("department"),
        period__starts_on__gt=OuterRef("period__starts_on"),
    )
    rows = ProgressUpdate.objects.visible_to(user).filter(
        ~Exists(corrected),
        department__in=access.departments_of(user),
        status=ProgressStatus.RETURNED,
        measure__status__in=WORKING,
        measure__campaign__in=Campaign.objects.running(on).values("pk"),
    )
    return list(rows.select_related("measure", "period", "department").order_by("decided_at"))


def _returned_closures(user: User, on: date) -> list[ClosureRequest]:
    """Closures that came back to the own department and were not asked for again."""
    rows = (
        ClosureRequest.objects.visible_to(user)
        .filter(
            measure__lead_department__in=access.departments_of(user),
            measure__status=MeasureStatus.IN_PROGRESS,
            measure__campaign__in=Campaign.objects.running(on).values("pk"),
        )
        .select_related("measure__campaign", "measure__lead_department", "filed_by")
        .prefetch_related(Prefetch("decisions", Decision.objects.select_related("by")))
        .order_by("created_at")
    )
    newest = {row.measure_id: row for row in rows}
    return [row for row in newest.values() if row.status == RequestStatus.RETURNED]


def _period_work(user: User, on: date) -> tuple[list[ProgressUpdate], list[tuple[Measure, ReportingPeriod]]]:
    """Drafts for the head to submit, and measures of the own departments without a report in an open period.

    Only the oldest open period of a campaign is asked for.
    """
    departments = access.departments_of(user)
    if not departments:
        return [], []
    periods: dict[int, ReportingPeriod] = {}
    running = Campaign.objects.running(on).values("pk")
    for period in ReportingPeriod.objects.collecting(on).filter(campaign__in=running).order_by("starts_on"):
        periods.setdefault(period.campaign_id, period)
    written = ProgressUpdate.objects.filter(
        department__in=departments, period__in=[p.pk for p in periods.values()]
    ).select_related("measure", "period", "department")
    heads = access.departments_of(user, {RoleCode.HEAD})
    drafts = [
        row
        for row in written
        if row.status == ProgressStatus.DRAFT and row.department_id in heads and row.measure.status in WORKING
    ]
    done = {(row.measure_id, row.department_id) for row in written}
    rows = own_measures(user, on).filter(
        lead_department__in=departments,
        status__in=WORKING,
        campaign__in=list(periods),
    )
    missing = [
        row
        for row in rows.order_by(F("deadline").asc(nulls_last=True), "number")
        if (row.pk, row.lead_department_id) not in done
    ]
    return drafts, [(row, periods[row.campaign_id]) for row in missing]


def _to_accept(user: User, on: date) -> list[ProgressUpdate]:
    courts = access.courts_of(user, {RoleCode.OFFICE})
    if not courts:
        return []
    return list(
        ProgressUpdate.objects.visible_to(user)
        .submitted()
        .filter(measure__campaign__court__in=courts, measure__campaign__in=Campaign.objects.running(on).values("pk"))
        .select_related("measure", "period", "department", "submitted_by")
        .order_by("submitted_at")
    )
