"""What waits for one person: on the page and in the morning's digest it is the same list."""

from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, QuerySet

from accounts.models import User
from accounts.roles import RoleCode
from findings import access
from findings.choices import MeasureStatus, ProgressStatus, RequestStatus
from findings.models import Campaign, ClosureRequest, Extension, Measure, ProgressUpdate, ReportingPeriod, Request


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


def own_measures(user: User, on: date) -> QuerySet:
    """Measures in running campaigns that the user answers for: own department leads, or own lead."""
    mine = Q(lead_department__in=access.departments_of(user)) | Q(lead_leader=user)
    running = Campaign.objects.running(on).values("pk")
    rows = Measure.objects.visible_to(user).filter(mine, campaign__in=running)
    return rows.on_day(on).in_plan(on).select_related("campaign", "issue", "lead_department")


def due_of(user: User, on: date, *, ahead: int = 7) -> list[Due]:
    """Deadlines and re-checks under own responsibility, the longest overdue first."""
    rows = own_measures(user, on)
    found = [Due("overdue", row, (row.deadline - on).days) for row in rows.overdue(on).order_by("deadline", "number")]
    found += [
        Due("recheck_missed", row, (row.recheck_on - on).days)
        for row in rows.recheck_missed(on).order_by("recheck_on", "number")
    ]
    soon = rows.due_soon(on, ahead).exclude(status=MeasureStatus.WAITING).order_by("deadline", "number")
    for row in soon:
        days = (row.deadline - on).days
        found.append(Due("due_soon" if days else "due_today", row, days))
    return found


def to_sign(user: User, on: date) -> list[Request]:
    """Requests that wait for this person's signature, the oldest first."""
    running = Campaign.objects.running(on).values("pk")
    place = (
        Q(measure__lead_department__in=access.departments_of(user, {RoleCode.HEAD}))
        | Q(measure__lead_leader=user)
        | Q(measure__campaign__court__in=access.courts_of(user, {RoleCode.OFFICE, RoleCode.CHIEF}))
    )
    found: list[Request] = []
    for model in (ClosureRequest, Extension):
        rows = (
            model.objects.pending()
            .filter(place, measure__campaign__in=running)
            .exclude(filed_by=user)
            .select_related("measure__campaign", "measure__lead_department", "measure__lead_leader", "filed_by")
            .prefetch_related("decisions")
        )
        found += [row for row in rows if _signs(user, row)]
    return sorted(found, key=lambda row: (row.created_at, row.pk))


def _signs(user: User, request: Request) -> bool:
    measure = request.measure
    may = {
        RoleCode.HEAD: access.is_head_of(user, measure.lead_department_id),
        RoleCode.LEADER: access.is_lead_of(user, measure),
        RoleCode.OFFICE: access.is_office_of(user, measure.campaign.court_id),
        RoleCode.CHIEF: access.has_role_at(user, RoleCode.CHIEF, measure.campaign.court_id),
    }
    return may.get(RoleCode(request.stage), False) and user.pk not in request.signed_by()


def _returned(user: User, on: date) -> list[ProgressUpdate]:
    """Returned progress of the own departments, as long as no later period took the correction."""
    rows = ProgressUpdate.objects.filter(
        department__in=access.departments_of(user),
        status=ProgressStatus.RETURNED,
        measure__status__in=[MeasureStatus.NOT_STARTED, MeasureStatus.IN_PROGRESS],
        measure__campaign__in=Campaign.objects.running(on).values("pk"),
    )
    corrected = ProgressUpdate.objects.reported().filter(department__in=access.departments_of(user))
    later = {
        (m, d): starts
        for m, d, starts in corrected.order_by("period__starts_on").values_list(
            "measure_id", "department_id", "period__starts_on"
        )
    }
    rows = rows.select_related("measure", "period", "department").order_by("decided_at")
    return [row for row in rows if later.get((row.measure_id, row.department_id), date.min) <= row.period.starts_on]


def _returned_closures(user: User, on: date) -> list[ClosureRequest]:
    """Closures that came back to the own department and were not asked for again."""
    rows = (
        ClosureRequest.objects.filter(
            measure__lead_department__in=access.departments_of(user),
            measure__status=MeasureStatus.IN_PROGRESS,
            measure__campaign__in=Campaign.objects.running(on).values("pk"),
        )
        .select_related("measure__campaign", "measure__lead_department", "filed_by")
        .prefetch_related("decisions__by")
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
    for period in ReportingPeriod.objects.collecting(on).order_by("starts_on"):
        periods.setdefault(period.campaign_id, period)
    written = ProgressUpdate.objects.filter(
        department__in=departments, period__in=[p.pk for p in periods.values()]
    ).select_related("measure", "period", "department")
    heads = access.departments_of(user, {RoleCode.HEAD})
    drafts = [row for row in written if row.status == ProgressStatus.DRAFT and row.department_id in heads]
    done = {row.measure_id for row in written}
    rows = own_measures(user, on).filter(
        lead_department__in=departments,
        status__in=[MeasureStatus.NOT_STARTED, MeasureStatus.IN_PROGRESS],
        campaign__in=list(periods),
    )
    missing = [row for row in rows.order_by(F("deadline").asc(nulls_last=True), "number") if row.pk not in done]
    return drafts, [(row, periods[row.campaign_id]) for row in missing]


def _to_accept(user: User, on: date) -> list[ProgressUpdate]:
    courts = access.courts_of(user, {RoleCode.OFFICE})
    if not courts:
        return []
    return list(
        ProgressUpdate.objects.submitted()
        .filter(measure__campaign__court__in=courts, measure__campaign__in=Campaign.objects.running(on).values("pk"))
        .select_related("measure", "period", "department", "submitted_by")
        .order_by("submitted_at")
    )
