"""How many: measures, issues, documents, meetings, for the rows in sight on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q

from accounts.models import User
from findings import dates
from findings.choices import IssueState, Light, MeasureStatus, Phase
from findings.models import Area, Campaign, Issue, Measure, Meeting, RuleDocument, SupervisionNotice
from findings.models.issue import IssueQuerySet, MeasureQuerySet, PlanQuerySet
from findings.models.paper import CampaignPaperQuerySet, RuleDocumentQuerySet
from findings.models.supervision import NoticeQuerySet


@dataclass(frozen=True)
class Scope:
    """The rows of one campaign that somebody sees. Sight is today's; the values are those of the day asked for.

    ``whole`` is all that the person sees, where filters left less of it; None where they did not.
    """

    campaign: Campaign
    measures: MeasureQuerySet
    areas: PlanQuerySet[Area]
    issues: IssueQuerySet[Issue]
    documents: RuleDocumentQuerySet[RuleDocument]
    meetings: CampaignPaperQuerySet[Meeting]
    notices: NoticeQuerySet
    whole: "Scope | None" = None

    def measures_on(self, on: date) -> MeasureQuerySet:
        """The measures in the plan at the end of the day."""
        return self.measures.at(on).in_plan(on)


def scope_of(campaign: Campaign, user: User | None) -> Scope:
    """What ``user`` sees of a campaign; None is the system, which sees all of it."""

    def rows(model: Any) -> Any:
        seen = model.objects.all() if user is None else model.objects.visible_to(user)
        return seen.filter(campaign=campaign)

    return Scope(
        campaign, rows(Measure), rows(Area), rows(Issue), rows(RuleDocument), rows(Meeting), rows(SupervisionNotice)
    )


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
        """Closed measures of all, in whole percent: 100 only when all are closed."""
        return percent_of(self.closed, self.measures)


@dataclass(frozen=True)
class Group:
    """The counts of one area, department or leader. ``key`` is its id, None for measures that have none."""

    key: int | None
    number: int | None
    code: str
    title: str
    counts: Counts


@dataclass(frozen=True)
class RuleCounts:
    """``in_force``: rules in force on the day. ``use_checks_missed``: documents of any kind in force on the day whose
    day for checking how they are used had gone by."""

    in_force: int
    use_checks_missed: int


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


def percent_of(part: int, whole: int) -> int:
    """A share in whole percent: 100 only when it is all of it, 0 of nothing."""
    if part == whole:
        return 100 if whole else 0
    return min((part * 200 + whole) // (whole * 2), 99)


def measure_counts(scope: Scope, on: date) -> Counts:
    """One query over the measures in sight on the day."""
    on = scope.campaign.as_of(on)
    rows = scope.measures_on(on).with_excuse().order_by()
    return Counts(**rows.aggregate(**aggregates(on, scope.campaign.due_soon_days)))


def longest_overdue(scope: Scope, on: date) -> Measure | None:
    """The overdue measure whose deadline went by first, then by number."""
    return scope.measures_on(on).overdue(on).order_by("deadline", "number").first()


def light_of(measure: Measure, campaign: Campaign, on: date) -> str:
    """The measure's light on a day; ``measure`` comes from a query with ``with_excuse()``.

    Red: overdue. A missed re-check has a light of its own: only a standing measure has one, and that is never overdue.
    Yellow: due within the campaign's days. Blue, where the site wants it: due later, within more days.
    """
    if is_overdue(measure, on):
        return Light.RED
    if is_recheck_missed(measure, on):
        return Light.RECHECK
    if is_due_soon(measure, on, campaign.due_soon_days):
        return Light.YELLOW
    return Light.BLUE if _is_due_later(measure, campaign, on) else Light.NONE


def lights_of(campaign: Campaign) -> list[Light]:
    """The lights that a site uses, the gravest first."""
    lights = [Light.RED, Light.RECHECK, Light.YELLOW, Light.BLUE, Light.NONE]
    return lights if campaign.blue_days is not None else [light for light in lights if light != Light.BLUE]


def is_overdue(measure: Measure, on: date) -> bool:
    """``dates.is_overdue`` of a measure, or its history row, from a query with ``with_excuse()``.

    What was taken out of the plan is no longer late.
    """
    return dates.is_in_plan(retired_on=measure.retired_on, on=on) and dates.is_overdue(
        deadline=measure.deadline, status=measure.status, nature=measure.nature, excused=measure.excused, on=on
    )


def is_due_soon(measure: Measure, on: date, within: int) -> bool:
    """``dates.is_due_soon`` of a measure or its history row."""
    return dates.is_due_soon(
        deadline=measure.deadline, status=measure.status, nature=measure.nature, on=on, within=within
    )


def is_recheck_missed(measure: Measure, on: date) -> bool:
    """``dates.is_recheck_missed`` of a measure or its history row; not of what was taken out of the plan."""
    return dates.is_in_plan(retired_on=measure.retired_on, on=on) and dates.is_recheck_missed(
        recheck_on=measure.recheck_on, nature=measure.nature, on=on
    )


def is_in_force(document: RuleDocument, on: date) -> bool:
    """``dates.is_in_force`` of a document or its history row."""
    return dates.is_in_force(
        action=document.action, issued_on=document.issued_on, repealed_on=document.repealed_on, on=on
    )


def is_use_check_missed(document: RuleDocument, on: date) -> bool:
    """``dates.is_use_check_missed`` of a document or its history row."""
    return dates.is_use_check_missed(
        use_check_on=document.use_check_on, action=document.action, issued_on=document.issued_on,
        repealed_on=document.repealed_on, on=on,
    )  # fmt: skip


def _is_due_later(measure: Measure, campaign: Campaign, on: date) -> bool:
    """``dates.is_due_later`` of a measure or its history row."""
    return dates.is_due_later(
        deadline=measure.deadline, status=measure.status, nature=measure.nature, on=on,
        within=campaign.due_soon_days, ahead=campaign.blue_days,
    )  # fmt: skip


def light_q(light: str, campaign: Campaign, on: date) -> Q:
    """``light_of`` as a filter on rows from ``with_excuse()``."""
    rules = {
        Light.RED: dates.overdue_q(on),
        Light.RECHECK: dates.recheck_missed_q(on),
        Light.YELLOW: dates.due_soon_q(on, campaign.due_soon_days),
        Light.BLUE: dates.due_later_q(on, campaign.due_soon_days, campaign.blue_days),
    }  # no two hold for one row
    none = ~(rules[Light.RED] | rules[Light.RECHECK] | rules[Light.YELLOW] | rules[Light.BLUE])
    return (rules | {Light.NONE: none})[Light(light)]


def aggregates(on: date, within: int) -> dict[str, Count]:
    """The numbers of ``Counts`` as aggregates over rows from ``with_excuse()``."""
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


def state_of(tally: dict[str, int] | None) -> str:
    """The state of an issue by its number of measures: in all, closed (``done``) and overdue (``late``)."""
    if tally is None:
        return IssueState.OPEN
    if tally["done"] == tally["total"]:
        return IssueState.RECTIFIED
    return IssueState.PARTIAL if tally["done"] and not tally["late"] else IssueState.OPEN


def checks_of(
    counts: Counts, areas: list[Group], departments: list[Group], issues: int, states: dict[str, int],
    documents: int, rules: int,
) -> list[Check]:  # fmt: skip
    """The sums of a summary that must come out."""
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
