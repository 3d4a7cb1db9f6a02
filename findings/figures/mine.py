"""What waits for one person: on the page and in the morning's digest it is the same list."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar

from django.db.models import Exists, F, OuterRef, Prefetch, Q

from accounts.models import Department, User
from accounts.roles import DEPARTMENT_ROLES, RoleCode
from findings import access, dates
from findings.choices import WORKING, MeasureStatus, NoticeStatus, ProgressStatus, RequestStatus
from findings.figures.counts import is_due_soon, is_overdue, is_recheck_missed
from findings.figures.periods import overtaken
from findings.figures.team import Team, still_concerned
from findings.figures.watch import missed_use_checks
from findings.models import (
    Campaign,
    ClosureRequest,
    Decision,
    Extension,
    Measure,
    ProgressUpdate,
    Recheck,
    ReportingPeriod,
    Request,
    RuleDocument,
    SupervisionNotice,
)
from findings.models.issue import MeasureQuerySet

Row = TypeVar("Row")
Periods = dict[int, ReportingPeriod]
ORDER = ("overdue", "recheck_missed", "due_today", "due_soon", "recheck_soon")


@dataclass(frozen=True)
class Due:
    """A measure under own responsibility with the reason why it stands in the list.

    ``kind``: overdue | due_today | due_soon | recheck_missed | recheck_soon. ``days`` counts from the day to the
    deadline or the re-check (negative: gone by).
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
    # Supervision notices: replies that came back or are late, and what else of them waits for this person.
    returned_replies: list[SupervisionNotice] = field(default_factory=list)
    late_replies: list[SupervisionNotice] = field(default_factory=list)
    notices: list[SupervisionNotice] = field(default_factory=list)
    # What is to be looked at again: standing measures whose day comes, and the samples of open look-back rounds.
    rechecks_due: list[Due] = field(default_factory=list)
    late_rechecks: list[Recheck] = field(default_factory=list)
    to_recheck: list[Recheck] = field(default_factory=list)
    # Documents in force of which nobody has looked how they are used, though the day for it has gone by.
    use_checks: list[RuleDocument] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many rows wait; the number in the page's head."""
        return sum(
            len(rows)
            for rows in (
                self.returned, self.returned_closures, self.overdue, self.rechecks, self.to_sign, self.due,
                self.to_submit, self.to_fill, self.to_accept, self.returned_replies, self.late_replies, self.notices,
                self.rechecks_due, self.late_rechecks, self.to_recheck, self.use_checks,
            )
        )  # fmt: skip


def work_of(user: User, on: date, *, ahead: int = 7) -> Waiting:
    """What waits for ``user`` on the day; ``ahead`` days for deadlines to come."""
    return works_of([user], on, ahead=ahead)[user.pk]


def works_of(
    people: Iterable[User], on: date, *, ahead: int = 7, periods: Collection[int] | None = None
) -> dict[int, Waiting]:
    """What waits for each of the people, by id: as many queries for a thousand as for one.

    ``periods``: ids of the reporting periods whose progress is asked for, None for all that are open.
    """
    team = Team.of(people := list(people))
    asked = {pk: row for pk, row in asked_for(on).items() if periods is None or row.pk in periods}
    dues, fill, notices = _dues(team, on, ahead), _to_fill(team, on, asked), _notices(team, on)
    signs, drafts, accepts = _to_sign(team, on), _drafts(team, asked), _to_accept(team, on)
    returned, closures = _returned(team, on), _returned_closures(team, on)
    checks, use_checks = _to_recheck(team, on), _use_checks(team, on)
    found = {}
    for person in people:
        own = sorted(dues[person.pk], key=lambda due: (ORDER.index(due.kind), due.days))
        replies = notices[person.pk]
        back = [row for row in replies if row.status == NoticeStatus.RECEIVED and row.returned_count]
        late = [row for row in replies if row not in back and _is_late(row, on)]
        found[person.pk] = Waiting(
            on=on,
            returned=returned[person.pk],
            returned_closures=closures[person.pk],
            overdue=[due for due in own if due.kind == "overdue"],
            rechecks=[due for due in own if due.kind == "recheck_missed"],
            to_sign=signs[person.pk],
            due=[due for due in own if due.kind in ("due_today", "due_soon")],
            to_submit=drafts[person.pk],
            to_fill=fill[person.pk],
            to_accept=accepts[person.pk],
            returned_replies=back,
            late_replies=late,
            notices=[row for row in replies if row not in back and row not in late],
            rechecks_due=[due for due in own if due.kind == "recheck_soon"],
            late_rechecks=[row for row in checks[person.pk] if _is_check_late(row, on)],
            to_recheck=[row for row in checks[person.pk] if not _is_check_late(row, on)],
            use_checks=use_checks[person.pk],
        )
    return found


def due_of(user: User, on: date, *, ahead: int = 7) -> list[Due]:
    """Deadlines and re-checks that wait for the user, the longest overdue first."""
    found = _dues(Team.of([user]), on, ahead)[user.pk]
    return sorted(found, key=lambda due: (ORDER.index(due.kind), due.days))


def to_sign(user: User, on: date) -> list[Request]:
    """Requests that wait for this person's signature, the oldest first."""
    return _to_sign(Team.of([user]), on)[user.pk]


def _running(on: date) -> Any:
    return Campaign.objects.running(on).values("pk")


def owned_by(team: Team, on: date) -> MeasureQuerySet:
    """Measures in running campaigns that somebody of the team answers for: own department leads, or own lead."""
    return _planned(on).filter(team.owned())


def _planned(on: date) -> MeasureQuerySet:
    return Measure.objects.filter(campaign__in=_running(on)).on_day(on).in_plan(on)


def with_places(rows: MeasureQuerySet, team: Team) -> Iterable[Measure]:
    """The rows with their campaign and lead department; for many people each of these is read once, not by the row."""
    if len(team.people) < 2:
        return rows.select_related("campaign", "issue", "lead_department")
    found = list(rows)
    campaigns = Campaign.objects.in_bulk({row.campaign_id for row in found})
    departments = Department.objects.in_bulk({row.lead_department_id for row in found if row.lead_department_id})
    for row in found:
        row.campaign = campaigns[row.campaign_id]
        row.lead_department = departments.get(row.lead_department_id or 0)
    return found


def _dues(team: Team, on: date, ahead: int) -> dict[int, list[Due]]:
    """For who answers for a measure all its dues; for the court's office, which looks again, its re-checks."""
    again = dates.recheck_missed_q(on) | dates.recheck_due_q(on, on + timedelta(days=ahead))
    wanted = team.owned() & (dates.overdue_q(on) | dates.due_soon_q(on, ahead) | again)
    if offices := team.places({RoleCode.OFFICE}):
        wanted |= Q(campaign__court__in=offices) & again
    found: dict[int, list[Due]] = defaultdict(list)
    for row in with_places(_planned(on).with_excuse().filter(wanted).order_by("number"), team):
        dues, owners = list(dues_of(row, on, ahead)), team.owners(row)
        for person in owners:
            found[person.pk] += dues
        rechecks = [due for due in dues if due.kind in ("recheck_missed", "recheck_soon")]
        for person in team.at(row.campaign.court_id, {RoleCode.OFFICE}) if rechecks else ():
            found[person.pk] += rechecks if person not in owners else []
    return found


def dues_of(measure: Measure, on: date, ahead: int) -> Iterator[Due]:
    """Why a measure stands in the lists of the day; it comes from ``with_excuse()``."""
    deadline, recheck_on = measure.deadline, measure.recheck_on
    if deadline is not None and is_overdue(measure, on):
        yield Due("overdue", measure, (deadline - on).days)
    if recheck_on is not None and is_recheck_missed(measure, on):
        yield Due("recheck_missed", measure, (recheck_on - on).days)
    until = on + timedelta(days=ahead)
    if recheck_on and dates.is_recheck_due(recheck_on=recheck_on, nature=measure.nature, on=on, until=until):
        yield Due("recheck_soon", measure, (recheck_on - on).days)
    if deadline is not None and measure.status != MeasureStatus.WAITING and is_due_soon(measure, on, ahead):
        days = (deadline - on).days
        yield Due("due_soon" if days else "due_today", measure, days)


def _to_recheck(team: Team, on: date) -> dict[int, list[Recheck]]:
    """Re-checks of open look-back rounds that the court's office is still to make, by the round's day."""
    offices = team.places({RoleCode.OFFICE})
    if not offices:
        return defaultdict(list)
    rows = Recheck.objects.filter(
        verdict="", round__concluded_on__isnull=True, measure__campaign__court__in=offices,
        measure__campaign__in=_running(on),
    )  # fmt: skip
    rows = rows.select_related("round", "measure__campaign", "measure__issue", "measure__lead_department")
    rows = rows.order_by("round__due_on", "round", "measure__number")
    return _by_person(rows, lambda row: team.at(row.measure.campaign.court_id, {RoleCode.OFFICE}))


def _use_checks(team: Team, on: date) -> dict[int, list[RuleDocument]]:
    offices = team.places({RoleCode.OFFICE})
    if not offices:
        return defaultdict(list)
    return _by_person(missed_use_checks(offices, on), lambda row: team.at(row.campaign.court_id, {RoleCode.OFFICE}))


def _is_check_late(recheck: Recheck, on: date) -> bool:
    """A re-check of a round that was to be made by a day gone by."""
    return recheck.round is not None and recheck.round.due_on < on


def _to_sign(team: Team, on: date) -> dict[int, list[Request]]:
    found: dict[int, list[Request]] = defaultdict(list)
    for model in (ClosureRequest, Extension):
        rows = model.objects.pending().filter(team.signable(), measure__campaign__in=_running(on))
        rows = rows.select_related("measure__campaign", "measure__lead_department", "filed_by")
        for row in rows.prefetch_related("decisions"):
            for pk in row.left_of({user.pk for user in _at_stage(team, row)}):
                found[pk].append(row)
    for requests in found.values():
        requests.sort(key=lambda row: (row.created_at, row.pk))
    return found


def _at_stage(team: Team, row: Request) -> Iterator[User]:
    """Who of the team stands at the request's present stage."""
    if row.stage == RoleCode.LEADER:
        leader = team.by_pk.get(row.measure.lead_leader_id or 0)
        candidates = iter([leader] if leader else [])
    elif row.stage == RoleCode.HEAD:
        candidates = team.at(row.measure.lead_department_id, {RoleCode.HEAD})
    else:
        candidates = team.at(row.measure.campaign.court_id, {row.stage})
    return (user for user in candidates if access.stands_at(user, row.stage, row.measure))


def _returned(team: Team, on: date) -> dict[int, list[ProgressUpdate]]:
    """Returned progress of the own departments, as long as no later period took the correction."""
    corrected = ProgressUpdate.objects.reported().filter(
        measure=OuterRef("measure"),
        department=OuterRef("department"),
        period__starts_on__gt=OuterRef("period__starts_on"),
    )
    rows = ProgressUpdate.objects.filter(
        ~Exists(corrected),
        still_concerned(),
        department__in=team.places(DEPARTMENT_ROLES),
        status=ProgressStatus.RETURNED,
        measure__status__in=WORKING,
        measure__campaign__in=_running(on),
    )
    rows = rows.select_related("measure__campaign", "period", "department").order_by("decided_at")
    return _by_person(rows, lambda row: team.at(row.department_id, DEPARTMENT_ROLES))


def _returned_closures(team: Team, on: date) -> dict[int, list[ClosureRequest]]:
    """Closures that came back to the own department and were not asked for again."""
    later = ClosureRequest.objects.filter(measure=OuterRef("measure"), created_at__gt=OuterRef("created_at"))
    rows = (
        ClosureRequest.objects.filter(
            ~Exists(later),
            status=RequestStatus.RETURNED,
            measure__lead_department__in=team.places(DEPARTMENT_ROLES),
            measure__status=MeasureStatus.IN_PROGRESS,
            measure__campaign__in=_running(on),
        )
        .select_related("measure__campaign", "measure__lead_department", "filed_by")
        .prefetch_related(Prefetch("decisions", Decision.objects.select_related("by")))
        .order_by("created_at")
    )
    return _by_person(rows, lambda row: team.at(row.measure.lead_department_id, DEPARTMENT_ROLES))


def asked_for(on: date) -> Periods:
    """The period that each running campaign collects, by campaign: only the oldest open one is asked for."""
    periods: Periods = {}
    rows = ReportingPeriod.objects.collecting(on).filter(campaign__in=_running(on))
    for period in rows.order_by("starts_on"):
        periods.setdefault(period.campaign_id, period)
    return periods


def _drafts(team: Team, periods: Periods) -> dict[int, list[ProgressUpdate]]:
    """Drafts for the head to submit."""
    heads = team.places({RoleCode.HEAD})
    if not heads or not periods:
        return defaultdict(list)
    rows = ProgressUpdate.objects.filter(
        still_concerned(),
        department__in=heads,
        status=ProgressStatus.DRAFT,
        period__in=[period.pk for period in periods.values()],
        measure__status__in=WORKING,
    )
    rows = rows.select_related("measure__campaign", "period", "department")
    return _by_person(rows, lambda row: team.at(row.department_id, {RoleCode.HEAD}))


def _to_fill(team: Team, on: date, periods: Periods) -> dict[int, list[tuple[Measure, ReportingPeriod]]]:
    """Measures of the own departments without progress in the period that is asked for."""
    found: dict[int, list[tuple[Measure, ReportingPeriod]]] = defaultdict(list)
    departments = team.places(DEPARTMENT_ROLES)
    if not departments or not periods:
        return found
    told = ProgressUpdate.objects.filter(period__in=[period.pk for period in periods.values()])
    written = told.filter(measure=OuterRef("pk"), department=OuterRef("lead_department"))
    written = written.exclude(pk__in=overtaken(told).values("pk"))
    rows = owned_by(team, on).filter(
        ~Exists(written), lead_department__in=departments, status__in=WORKING, campaign__in=list(periods)
    )
    for row in with_places(rows.order_by(F("deadline").asc(nulls_last=True), "number"), team):
        for person in team.at(row.lead_department_id, DEPARTMENT_ROLES):
            found[person.pk].append((row, periods[row.campaign_id]))
    return found


def _to_accept(team: Team, on: date) -> dict[int, list[ProgressUpdate]]:
    courts = team.places({RoleCode.OFFICE})
    if not courts:
        return defaultdict(list)
    rows = ProgressUpdate.objects.submitted().filter(
        measure__campaign__court__in=courts, measure__campaign__in=_running(on)
    )
    rows = rows.select_related("measure__campaign", "period", "department", "submitted_by").order_by("submitted_at")
    return _by_person(rows, lambda row: team.at(row.measure.campaign.court_id, {RoleCode.OFFICE}))


def _notices(team: Team, on: date) -> dict[int, list[SupervisionNotice]]:
    """Notices that wait for each person, by their day.

    A department's people confirm receipt, its head replies, the office concludes.
    """
    departments, heads = team.places(DEPARTMENT_ROLES), team.places({RoleCode.HEAD})
    waits = (
        Q(status=NoticeStatus.ISSUED, department__in=departments)
        | Q(status=NoticeStatus.RECEIVED, department__in=heads)
        | Q(status=NoticeStatus.REPLIED, campaign__court__in=team.places({RoleCode.OFFICE}))
    )
    rows = SupervisionNotice.objects.filter(waits, campaign__in=_running(on))
    rows = rows.select_related("campaign", "measure", "department").order_by("due_on", "pk")

    def concerned(row: SupervisionNotice) -> Iterator[User]:
        if row.status == NoticeStatus.REPLIED:
            return team.at(row.campaign.court_id, {RoleCode.OFFICE})
        roles = DEPARTMENT_ROLES if row.status == NoticeStatus.ISSUED else {RoleCode.HEAD}
        return team.at(row.department_id, roles)

    return _by_person(rows, concerned)


def _is_late(notice: SupervisionNotice, on: date) -> bool:
    return dates.is_reply_late(due_on=notice.due_on, status=notice.status, on=on)


def _by_person(rows: Iterable[Row], concerned: Callable[[Row], Iterable[User]]) -> dict[int, list[Row]]:
    """Each row in the list of everybody whom it concerns."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        for person in concerned(row):
            found[person.pk].append(row)
    return found
