"""Lists of the plan beside the ledger: issues, tasks, responsibility. All are flat."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Department, Membership, User
from accounts.roles import RoleCode
from accounts.tracked import names_on
from accounts.words import joined
from findings import figures
from findings.choices import IssueKind, IssueState, MeasureStatus
from findings.documents.columns import (
    DATE,
    DEADLINES,
    FLAG,
    NUMBER,
    NUMBERED,
    NUMBERS,
    PERSON,
    PLACE,
    PLACES,
    SIGNED,
    Column,
)
from findings.documents.keys import Ref
from findings.documents.ledger import LEDGER, LedgerRow, ledger_rows, rows_of
from findings.models import Area, RecommendationLink
from findings.models.issue import MeasureQuerySet

PEOPLE = gettext_lazy("People and their roles come in with the import of people and departments.")
JUDGED = gettext_lazy("The head of the leading group gives the verdict on the page of the issue.")
_OWN = {column.name: column for column in LEDGER}


def _flat(name: str, width: float | None = None) -> Column:
    """A ledger column in a list without merged cells."""
    own = _OWN[name]
    return replace(own, width=width or own.width, merge=())


@dataclass(frozen=True)
class IssueRow:
    """An issue, or a recommendation with the measures that answer it."""

    kind: str
    number: int
    area: str
    title: str
    text: str
    is_common: bool
    state: str
    verdict: str
    decided_on: date | None
    disagrees: bool
    measures: int
    closed: int
    numbers: str
    departments: str
    refs: tuple[Ref, ...] = field(default=(), compare=False)


ISSUES = (
    Column("kind", pgettext_lazy("ledger", "Kind"), ("类别", "类型"), 10, choices=IssueKind, why_not=NUMBERED),
    Column("number", pgettext_lazy("ledger", "Issue no."), ("问题序号", "序号", "巡察问题序号"), 7, NUMBER,
           why_not=NUMBERED),
    Column("area", pgettext_lazy("ledger", "Area"), ("方面", "主要方面", "问题归类"), 24, writes="issue.area"),
    Column("title", pgettext_lazy("ledger", "Issue"), ("反馈问题", "问题", "存在问题", "发现的问题"), 36,
           writes="issue.title"),
    Column("text", pgettext_lazy("ledger", "The feedback's own words"),
           ("反馈原文", "问题表现", "问题的具体内容", "具体描述"), 60, writes="issue.text"),
    Column("is_common", pgettext_lazy("ledger", "Common problem"), ("共性问题", "是否共性"), 8, FLAG,
           writes="issue.is_common"),
    Column("state", pgettext_lazy("ledger", "State"), ("整改状态", "整改结果", "状态"), 12, choices=IssueState),
    Column("verdict", pgettext_lazy("ledger", "Verdict of the leading group"), ("领导小组认定", "认定结果"), 12,
           choices=IssueState, why_not=JUDGED),
    Column("decided_on", pgettext_lazy("ledger", "Verdict given on"), ("认定日期",), 12, DATE, why_not=JUDGED),
    Column("disagrees", pgettext_lazy("ledger", "Verdict differs from the state"), ("认定与状态不一致",), 10, FLAG),
    Column("measures", pgettext_lazy("ledger", "Measures"), ("措施数", "措施项数"), 8, NUMBER),
    Column("closed", pgettext_lazy("ledger", "Closed"), ("已销号数", "已销号"), 8, NUMBER),
    Column("numbers", pgettext_lazy("ledger", "Measures no."), ("对应措施", "措施编号"), 22, reads=NUMBERS,
           writes="issue.answers"),
    Column("departments", pgettext_lazy("ledger", "Lead departments"), ("牵头部门", "责任部门"), 26, reads=PLACES),
)  # fmt: skip

TASKS = (
    _flat("number", 8), _flat("text", 50), _flat("goal", 30), _flat("issue_number", 8), _flat("lead_department", 14),
    _flat("assisting", 18), _flat("deadline"), _flat("phase", 12), _flat("nature"), _flat("is_key"), _flat("status"),
    _flat("percent"),
)  # fmt: skip


@dataclass(frozen=True)
class ResponsibilityRow:
    """Who answers for a measure."""

    leader: str
    post: str
    department: str
    heads: str
    liaisons: str
    assisting: str
    number: int
    text: str
    deadline: date | None
    nature: str
    status: str
    refs: tuple[Ref, ...] = field(default=(), compare=False)


RESPONSIBILITY = (
    Column("leader", pgettext_lazy("ledger", "Lead leader"), ("牵头领导", "责任领导", "分管领导", "牵头院领导"), 14,
           reads=PERSON, writes="measure.lead_leader"),
    Column("post", pgettext_lazy("ledger", "Post"), ("职务",), 18, why_not=PEOPLE),
    Column("department", pgettext_lazy("ledger", "Lead department"),
           ("牵头部门", "责任部门", "牵头单位", "责任单位"), 16, reads=PLACE, writes="measure.lead_department"),
    Column("heads", pgettext_lazy("ledger", "Heads"), ("部门负责人", "责任人", "主要负责人"), 18, reads=PLACES,
           why_not=PEOPLE),
    Column("liaisons", pgettext_lazy("ledger", "Liaisons"), ("联络员", "部门联络员", "代办人"), 18, reads=PLACES,
           why_not=PEOPLE),
    _flat("assisting", 20),
    Column("number", pgettext_lazy("ledger", "Measure no."), ("措施序号", "序号", "编号"), 8, NUMBER,
           why_not=NUMBERED),
    Column("text", pgettext_lazy("ledger", "Measure"), ("整改措施", "措施", "整改任务"), 60, writes="measure.text"),
    Column("deadline", pgettext_lazy("ledger", "Deadline"), ("整改时限", "完成时限", "时限", "完成时间"), 12, DATE,
           writes="measure.deadline", why_not=DEADLINES),
    Column("status", pgettext_lazy("ledger", "Status"), ("整改状态", "状态", "任务状态"), 12, choices=MeasureStatus,
           why_not=SIGNED),
)  # fmt: skip


# A recommendation has no state of its own.
_NONE = figures.IssueStanding("")


def issue_rows(scope: figures.Scope, on: date) -> Iterator[IssueRow]:
    """Issues with computed state and verdict, then the recommendations with the measures that answer them."""
    standings = figures.issue_standings(scope, on)
    areas = {area.id: area.title for area in Area.objects.filter(campaign=scope.campaign).at(on).order_by()}
    answers = _answers(scope, on)
    departments = names_on(Department, {row.department_id for rows in answers.values() for row in rows}, on)
    issues: Any = scope.issues
    for issue in list(issues.at(on).order_by("kind", "number")):
        standing = standings.get(issue.id, _NONE)
        rows = sorted(answers.get(issue.id, ()), key=lambda row: row.number)
        yield IssueRow(
            kind=issue.kind,
            number=issue.number,
            area=areas.get(issue.area_id, ""),
            title=issue.title,
            text=issue.text,
            is_common=issue.is_common,
            state=standing.state,
            verdict=standing.verdict,
            decided_on=standing.decided_on,
            disagrees=standing.disagrees,
            measures=len(rows),
            closed=sum(row.is_closed for row in rows),
            numbers=joined(str(row.number) for row in rows),
            departments=joined(dict.fromkeys(departments[row.department_id] for row in rows if row.department_id)),
            refs=(Ref("issue", issue.id, issue.version),),
        )


def issues_within(scope: figures.Scope, found: MeasureQuerySet, on: date) -> figures.Scope:
    """The issues that have one of the measures and the recommendations that one answers, with *all* their measures."""
    links = _links(scope, on)
    # Ids, for a query within a query within a query of a past day is more than SQLite takes.
    issues = set(found.at(on).values_list("issue_id", flat=True))
    answering = links.filter(measure_id__in=found.values("id"))
    recommendations = set(answering.values_list("recommendation_id", flat=True))
    own = scope.measures.at(on).filter(issue_id__in=issues).order_by()
    answers = links.filter(recommendation_id__in=recommendations)
    return replace(
        scope, issues=scope.issues.filter(pk__in=issues | recommendations),
        measures=scope.measures.filter(Q(pk__in=own.values("id")) | Q(pk__in=answers.values("measure_id"))),
    )  # fmt: skip


@dataclass(frozen=True)
class _Answer:
    """What the list of issues tells of a measure."""

    number: int
    is_closed: bool
    department_id: int | None


def _answers(scope: figures.Scope, on: date) -> dict[int, list[_Answer]]:
    """The measures in sight by the issue that they belong to and by the recommendations that they answer."""
    found: dict[int, list[_Answer]] = defaultdict(list)
    measures: dict[int, _Answer] = {}
    rows = scope.measures_on(on).order_by()
    for pk, issue_id, number, status, department_id in rows.values_list(
        "id", "issue_id", "number", "status", "lead_department_id"
    ):
        measures[pk] = _Answer(number, status == MeasureStatus.CLOSED, department_id)
        found[issue_id].append(measures[pk])
    for recommendation_id, pk in _links(scope, on).values_list("recommendation_id", "measure_id"):
        if pk in measures:
            found[recommendation_id].append(measures[pk])
    return found


def _links(scope: figures.Scope, on: date) -> Any:
    """Which measures answered which recommendations on the day."""
    links = RecommendationLink.objects.filter(recommendation__campaign=scope.campaign)
    return links.at(on).filter(is_active=True).order_by()


def task_rows(scope: figures.Scope, on: date) -> Iterator[LedgerRow]:
    """The measures by their own number."""
    return ledger_rows(scope.measures, scope.campaign, on, order=("number",))


def responsibility_rows(scope: figures.Scope, on: date) -> Iterator[ResponsibilityRow]:
    """Who answers for each measure, by leader and department."""
    found = scope.measures_on(on).order_by("number").values_list("id", "lead_leader_id", "lead_department_id")
    owners = {pk: (leader_id, department_id) for pk, leader_id, department_id in found.iterator()}
    leaders = names_on(User, {leader for leader, _d in owners.values()}, on)
    posts = names_on(User, leaders, on, "post")
    order = dict(Department.objects.values_list("pk", "order"))
    people = _department_people({department for _l, department in owners.values() if department}, on)

    def place(pk: int) -> tuple[bool, str, int]:
        leader_id, department_id = owners[pk]
        name = leaders.get(leader_id, "")
        return not name, name, order.get(department_id, 0)

    for row in rows_of(sorted(owners, key=place), scope.campaign, on):
        leader_id, department_id = owners[row.measure_id]
        yield ResponsibilityRow(
            leader=row.lead_leader,
            post=posts.get(leader_id, ""),
            department=row.lead_department,
            heads=joined(people[department_id, RoleCode.HEAD]),
            liaisons=joined(people[department_id, RoleCode.LIAISON]),
            assisting=row.assisting,
            number=row.number,
            text=row.text,
            deadline=row.deadline,
            nature=row.nature,
            status=row.status,
            refs=row.refs[:1],
        )


def _department_people(ids: set[int], on: date) -> dict[tuple[int | None, str], list[str]]:
    """Names by (department, role) of the heads and liaisons in office on the day."""
    grants = Membership.objects.filter(department_id__in=ids, role__in=(RoleCode.HEAD, RoleCode.LIAISON))
    found = list(grants.at(on).filter(ended_at__isnull=True).order_by("id").values_list("department_id", "role",
                                                                                         "person_id"))  # fmt: skip
    names = names_on(User, (person_id for _d, _r, person_id in found), on)
    people: dict[tuple[int | None, str], list[str]] = defaultdict(list)
    for department_id, role, person_id in found:
        people[department_id, role].append(names[person_id])
    return people
