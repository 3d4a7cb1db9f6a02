"""The ledger as a tree of rows: areas, their issues, their measures, with the names of the day."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import Department, User
from findings import dates
from findings.choices import IssueState
from findings.figures import Scope
from findings.figures.board import AHEAD
from findings.figures.counts import light_q
from findings.forms.ledger import NONE
from findings.models import Area, AssistingDepartment, Issue, LedgerImport, Measure

ORDER = ("issue__area__number", "issue__number", "number")
_FIELDS = {
    "status": "status",
    "phase": "phase",
    "nature": "nature",
    "leader": "lead_leader__username",
    "lead": "lead_department__code",
    "area": "issue__area__number",
    "issue": "issue__number",
}


_MAY_LACK = {"leader", "lead"}


@dataclass(frozen=True)
class Line:
    """One measure with the names that go with it."""

    measure: Measure
    department: str
    assisting: list[str]
    leader: str


@dataclass(frozen=True)
class IssueLines:
    """The rows of one issue on this page, and its state over all its measures."""

    issue: Issue
    state: str
    label: str
    lines: list[Line]


@dataclass(frozen=True)
class AreaLines:
    """An area as it was called on the day."""

    number: int
    title: str
    issues: list[IssueLines]


@dataclass(frozen=True)
class Names:
    """Departments and people by id, named as on the day; a measure without one asks for None, which nobody has."""

    departments: dict[int | None, Department]
    leaders: dict[int | None, User]


def names_of(scope: Scope, on: date) -> Names:
    """Everybody who leads or assists a measure in sight; their own court's departments besides."""
    ids = scope.measures.order_by()
    assisting = AssistingDepartment.objects.filter(measure__in=ids.values("pk"))
    departments = Department.objects.filter(
        Q(court_id=scope.campaign.court_id)
        | Q(pk__in=ids.values("lead_department_id"))
        | Q(pk__in=assisting.values("department_id"))
    ).at(on)
    people = User.objects.filter(pk__in=Measure.history.filter(id__in=ids.values("pk")).values("lead_leader_id"))
    if on < dates.today():
        people = User.history.in_force(on).filter(id__in=people.values("pk"))
    return Names(
        {row.id: row for row in departments.order_by("order", "code")},
        {row.id: row for row in people.order_by("username")},
    )


def narrowed(scope: Scope, on: date, chosen: dict[str, Any], names: Names, states: dict[int, str]) -> QuerySet:
    """The measures of the day that the filters leave."""
    rows = scope.measures_on(on).with_excuse()
    for name, path in _FIELDS.items():
        if name in chosen:
            is_lacking = name in _MAY_LACK and chosen[name] == NONE
            rows = rows.filter(**({f"{path}__isnull": True} if is_lacking else {path: chosen[name]}))
    if "department" in chosen:
        found = [row.id for row in names.departments.values() if row.code == chosen["department"]]
        rows = rows.for_department(found[0])
    if "light" in chosen:
        rows = rows.filter(light_q(chosen["light"], scope.campaign, on))
    if "due" in chosen:
        rows = rows.filter(_due_q(chosen["due"], scope, on))
    if "import" in chosen:
        written = LedgerImport.objects.filter(campaign=scope.campaign, number=chosen["import"])
        rows = rows.filter(id__in=next(iter(written.values_list("rows", flat=True)), []))
    if "state" in chosen:
        rows = rows.filter(issue_id__in=[pk for pk, state in states.items() if state == chosen["state"]])
    return rows.words(chosen.get("q", "")).order_by(*ORDER)


def _due_q(due: str, scope: Scope, on: date) -> Q:
    return {
        "overdue": dates.overdue_q(on),
        "soon": dates.due_soon_q(on, scope.campaign.due_soon_days),
        "month": dates.due_soon_q(on, AHEAD),
        "recheck": dates.recheck_missed_q(on),
    }[due]


def tree_of(rows: list[Measure], scope: Scope, on: date, names: Names, states: dict[int, str]) -> list[AreaLines]:
    """The rows of a page under their issues and areas."""
    if not rows:
        return []
    issues, homes = _issues(rows, scope, on)
    assisting = _assisting(rows, on, names)
    lines = [_line(row, names, assisting) for row in rows]
    groups = [
        _issue_lines(issues[key], states, list(found))
        for key, found in groupby(lines, lambda line: line.measure.issue_id)
    ]
    places = groupby(groups, lambda group: homes[group.issue.id])
    return [AreaLines(number, title, list(found)) for (number, title), found in places]


def _issues(rows: list[Measure], scope: Scope, on: date) -> tuple[dict[int, Issue], dict[int, tuple[int, str]]]:
    """The issues of the rows by id, and number and title of their areas by the issue's id."""
    areas = Area.objects.filter(campaign=scope.campaign).at(on).filter(id=OuterRef("area_id"))
    issues = Issue.objects.filter(pk__in={row.issue_id for row in rows}).order_by().at(on)
    named = list(
        issues.annotate(
            area_number=Subquery(areas.values("number")[:1]), area_title=Subquery(areas.values("title")[:1])
        )
    )
    return {row.id: row for row in named}, {row.id: (row.area_number, row.area_title) for row in named}


def _issue_lines(issue: Issue, states: dict[int, str], lines: list[Line]) -> IssueLines:
    state = states.get(issue.id, IssueState.OPEN)
    return IssueLines(issue, state, str(IssueState(state).label), lines)


def _line(row: Measure, names: Names, assisting: dict[int, list[str]]) -> Line:
    department = names.departments.get(row.lead_department_id)
    leader = names.leaders.get(row.lead_leader_id)
    return Line(row, department.name if department else "", assisting.get(row.id, []), leader.name if leader else "")


def _assisting(rows: list[Measure], on: date, names: Names) -> dict[int, list[str]]:
    links = AssistingDepartment.objects.filter(measure_id__in=[row.id for row in rows]).at(on).filter(is_active=True)
    chosen: dict[int, set[int]] = defaultdict(set)
    for measure_id, department_id in links.order_by().values_list("measure_id", "department_id"):
        chosen[measure_id].add(department_id)
    return {pk: [row.name for key, row in names.departments.items() if key in found] for pk, found in chosen.items()}
