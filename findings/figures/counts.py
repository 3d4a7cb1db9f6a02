"""How many: measures, issues, documents, meetings, for the rows in sight on a day."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from accounts.models import Department, User
from findings import dates
from findings.choices import DocumentKind, IssueKind, IssueState, Light, MeasureStatus, MeetingKind, Phase
from findings.models import Area, Campaign, Issue, Measure, Meeting, RuleDocument


@dataclass(frozen=True)
class Scope:
    """The rows of one campaign that somebody sees. Sight is today's; the values are those of the day asked for."""

    campaign: Campaign
    measures: QuerySet
    areas: QuerySet
    issues: QuerySet
    documents: QuerySet
    meetings: QuerySet

    def measures_on(self, on: date) -> QuerySet:
        """The measures in the plan at the end of the day."""
        return self.measures.at(on).in_plan(on)


def scope_of(campaign: Campaign, user: User | None) -> Scope:
    """What ``user`` sees of a campaign; None is the system, which sees all of it."""

    def rows(model: Any) -> QuerySet:
        seen = model.objects.all() if user is None else model.objects.visible_to(user)
        return seen.filter(campaign=campaign)

    return Scope(campaign, rows(Measure), rows(Area), rows(Issue), rows(RuleDocument), rows(Meeting))


@dataclass(frozen=True)
class Counts:
    """Measures by state. All are numbers of measures in the plan on the day.

    ``overdue``: deadline before the day, not closed, not standing, no pending request filed by the deadline.
    ``due_soon``: deadline within the campaign's days (default 7), the day itself included.
    ``rechecks_missed``: standing measures, open or closed, whose re-check date has gone by.
    """

    measures: int = 0
    not_started: int = 0
    in_progress: int = 0
    waiting: int = 0
    closed: int = 0
    overdue: int = 0
    due_soon: int = 0
    concentrated: int = 0
    concentrated_closed: int = 0
    sustained: int = 0
    sustained_closed: int = 0
    rechecks_missed: int = 0

    @property
    def started(self) -> int:
        return self.measures - self.not_started

    @property
    def open(self) -> int:
        return self.measures - self.closed

    @property
    def closed_percent(self) -> int:
        """Closed measures of all, in whole percent rounded down: 100 only when all are closed."""
        return self.closed * 100 // self.measures if self.measures else 0


@dataclass(frozen=True)
class Group:
    """The counts of one area, department or leader. ``key`` is its id, None for measures that have none."""

    key: int | None
    number: int | None
    code: str
    title: str
    counts: Counts


@dataclass(frozen=True)
class Check:
    """A sum that must come out; a report with one that does not is not issued."""

    name: str
    holds: bool


@dataclass(frozen=True)
class Summary:
    """All head figures of a campaign on a day."""

    on: date
    counts: Counts
    issues: int
    issues_rectified: int
    issues_partial: int
    issues_open: int
    recommendations: int
    areas: list[Group]
    departments: list[Group]
    documents: int
    rules: int
    meetings: dict[str, int]
    checks: list[Check]


def campaign_summary(scope: Scope, on: date) -> Summary:
    """The head figures; after a campaign's last day those of that day."""
    on = scope.campaign.as_of(on)
    counts = measure_counts(scope, on)
    areas, departments = by_area(scope, on), by_department(scope, on)
    states = list(issue_states(scope, on).values())
    documents, rules = _documents(scope, on)
    issue_figures = {state: states.count(state) for state in IssueState.values}
    return Summary(
        on=on,
        counts=counts,
        issues=len(states),
        issues_rectified=issue_figures[IssueState.RECTIFIED],
        issues_partial=issue_figures[IssueState.PARTIAL],
        issues_open=issue_figures[IssueState.OPEN],
        recommendations=scope.issues.at(on).filter(kind=IssueKind.RECOMMENDATION).count(),
        areas=areas,
        departments=departments,
        documents=documents,
        rules=rules,
        meetings=_meetings(scope, on),
        checks=_checks(counts, areas, departments, len(states), issue_figures, documents, rules),
    )


def measure_counts(scope: Scope, on: date) -> Counts:
    """One query over the measures in sight on the day."""
    on = scope.campaign.as_of(on)
    rows = scope.measures_on(on).with_excuse().order_by()
    return Counts(**rows.aggregate(**_aggregates(on, scope.campaign.due_soon_days)))


def by_area(scope: Scope, on: date) -> list[Group]:
    """The counts of each area in sight, areas without a measure included."""
    on = scope.campaign.as_of(on)
    found = _grouped(scope, on, "issue__area_id")
    return [
        Group(area.id, area.number, str(area.number), area.title, found.get(area.id, Counts()))
        for area in scope.areas.at(on).order_by("number")
    ]


def by_department(scope: Scope, on: date) -> list[Group]:
    """The counts by lead department, in the departments' order; measures without one stand last."""
    on = scope.campaign.as_of(on)
    found = _grouped(scope, on, "lead_department_id")
    departments = Department.objects.filter(pk__in=[key for key in found if key]).at(on).order_by("order", "code")
    groups = [Group(row.id, None, row.code, row.name, found[row.id]) for row in departments]
    return groups + ([Group(None, None, "", "", found[None])] if None in found else [])


def by_leader(scope: Scope, on: date) -> list[Group]:
    """The counts by lead leader; measures without one stand last."""
    on = scope.campaign.as_of(on)
    found = _grouped(scope, on, "lead_leader_id")
    people = User.objects.filter(pk__in=[key for key in found if key]).order_by("username")
    groups = [Group(row.pk, None, row.username, row.name, found[row.pk]) for row in people]
    return groups + ([Group(None, None, "", "", found[None])] if None in found else [])


def issue_states(scope: Scope, on: date) -> dict[int, str]:
    """The state of each issue in sight by id, always over *all* its measures, whoever looks.

    Rectified when all are closed; partial when some are and none is overdue; otherwise, or without
    measures, open.
    """
    on = scope.campaign.as_of(on)
    rows = Measure.objects.filter(campaign=scope.campaign).at(on).in_plan(on).with_excuse().order_by()
    tallies = {
        row["issue_id"]: row
        for row in rows.values("issue_id").annotate(
            total=Count("id"),
            done=Count("id", filter=Q(status=MeasureStatus.CLOSED)),
            late=Count("id", filter=dates.overdue_q(on)),
        )
    }
    ids = scope.issues.at(on).filter(kind=IssueKind.FINDING).order_by("number").values_list("id", flat=True)
    return {pk: _issue_state(tallies.get(pk)) for pk in ids}


def light_of(measure: Measure, campaign: Campaign, on: date) -> str:
    """The measure's light on a day; ``measure`` comes from a query with ``with_excuse()``.

    Red: overdue, or a missed re-check. Yellow: due within the campaign's days. Blue where the site wants it.
    """
    facts = {"deadline": measure.deadline, "status": measure.status, "nature": measure.nature, "on": on}
    if dates.is_overdue(excused=measure.excused, **facts):
        return Light.RED
    if dates.is_recheck_missed(recheck_on=measure.recheck_on, nature=measure.nature, on=on):
        return Light.RED
    if dates.is_due_soon(within=campaign.due_soon_days, **facts):
        return Light.YELLOW
    if campaign.blue_days is not None and dates.is_due_soon(within=campaign.blue_days, **facts):
        return Light.BLUE
    return Light.NONE


def light_q(light: str, campaign: Campaign, on: date) -> Q:
    """``light_of`` as a filter on rows from ``with_excuse()``."""
    red = dates.overdue_q(on) | dates.recheck_missed_q(on)
    yellow = dates.due_soon_q(on, campaign.due_soon_days) & ~red
    blue = Q(pk__in=[])
    if campaign.blue_days is not None:
        blue = dates.due_soon_q(on, campaign.blue_days) & ~red & ~yellow
    return {Light.RED: red, Light.YELLOW: yellow, Light.BLUE: blue, Light.NONE: ~red & ~yellow & ~blue}[Light(light)]


def _aggregates(on: date, within: int) -> dict[str, Count]:
    closed = Q(status=MeasureStatus.CLOSED)
    concentrated, sustained = Q(phase=Phase.CONCENTRATED), Q(phase=Phase.SUSTAINED)
    conditions = {
        "not_started": Q(status=MeasureStatus.NOT_STARTED),
        "in_progress": Q(status=MeasureStatus.IN_PROGRESS),
        "waiting": Q(status=MeasureStatus.WAITING),
        "closed": closed,
        "overdue": dates.overdue_q(on),
        "due_soon": dates.due_soon_q(on, within),
        "concentrated": concentrated,
        "concentrated_closed": concentrated & closed,
        "sustained": sustained,
        "sustained_closed": sustained & closed,
        "rechecks_missed": dates.recheck_missed_q(on),
    }
    return {"measures": Count("id")} | {name: Count("id", filter=q) for name, q in conditions.items()}


def _grouped(scope: Scope, on: date, path: str) -> dict[int | None, Counts]:
    rows = scope.measures_on(on).with_excuse().order_by().values(group=F(path))
    names = [f.name for f in fields(Counts)]
    found = rows.annotate(**_aggregates(on, scope.campaign.due_soon_days)).values("group", *names)
    return {row.pop("group"): Counts(**row) for row in found}


def _issue_state(tally: dict[str, int] | None) -> str:
    if tally is None:
        return IssueState.OPEN
    if tally["done"] == tally["total"]:
        return IssueState.RECTIFIED
    return IssueState.PARTIAL if tally["done"] and not tally["late"] else IssueState.OPEN


def _documents(scope: Scope, on: date) -> tuple[int, int]:
    found = scope.documents.at(on).filter(issued_on__lte=on).order_by()
    tally = found.aggregate(documents=Count("id"), rules=Count("id", filter=Q(kind=DocumentKind.RULE)))
    return tally["documents"], tally["rules"]


def _meetings(scope: Scope, on: date) -> dict[str, int]:
    rows = scope.meetings.at(on).filter(held_on__lte=on).order_by().values("kind").annotate(n=Count("id"))
    found = {row["kind"]: row["n"] for row in rows}
    return {kind: found.get(kind, 0) for kind in MeetingKind.values}


def _checks(
    counts: Counts, areas: list[Group], departments: list[Group], issues: int, states: dict[str, int],
    documents: int, rules: int,
) -> list[Check]:  # fmt: skip
    by_status = counts.not_started + counts.in_progress + counts.waiting + counts.closed
    return [
        Check("statuses = measures", by_status == counts.measures),
        Check("concentrated + sustained = measures", counts.concentrated + counts.sustained == counts.measures),
        Check("areas = measures", _total(areas) == counts.measures),
        Check("departments = measures", _total(departments) == counts.measures),
        Check("issue states = issues", sum(states.values()) == issues),
        Check("rules within documents", rules <= documents),
    ]


def _total(groups: Iterable[Group]) -> int:
    return sum(group.counts.measures for group in groups)
