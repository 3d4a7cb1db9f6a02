"""The ledger as a tree of rows: areas, their issues, their measures, with the names of the day."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import OuterRef, Subquery

from findings.choices import IssueState
from findings.figures import Scope
from findings.figures.narrowing import Names
from findings.models import Area, AssistingDepartment, Issue, Measure
from findings.views.ledger_columns import Choice, Shown, texts_of


@dataclass(frozen=True)
class Line:
    """One measure with the names that go with it, and the cells of the columns that were chosen."""

    measure: Measure
    department: str
    assisting: list[str]
    leader: str
    cells: list[tuple[Shown, Any]]


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


def tree_of(
    rows: list[Measure], scope: Scope, on: date, names: Names, states: dict[int, str], choice: Choice
) -> list[AreaLines]:
    """The rows of a page under their issues and areas."""
    if not rows:
        return []
    issues, homes = _issues(rows, scope, on)
    assisting = _assisting(rows, on, names)
    texts, columns = texts_of(rows, choice.names, scope.campaign, on), choice.columns
    lines = [_line(row, names, assisting.get(row.id, []), columns, texts.get(row.id, {})) for row in rows]
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


def _line(row: Measure, names: Names, assisting: list[str], columns: list[Shown], texts: dict[str, Any]) -> Line:
    department = names.departments.get(row.lead_department_id)
    leader = names.leaders.get(row.lead_leader_id)
    # Who assists stands behind the lead department, unless it has a column of its own.
    known = {"lead_department": [] if "assisting" in texts else assisting} | texts
    cells = [(column, known.get(column.name)) for column in columns]
    return Line(row, department.name if department else "", assisting, leader.name if leader else "", cells)


def _assisting(rows: list[Measure], on: date, names: Names) -> dict[int, list[str]]:
    links = AssistingDepartment.objects.filter(measure_id__in=[row.id for row in rows]).at(on).filter(is_active=True)
    chosen: dict[int, set[int]] = defaultdict(set)
    for measure_id, department_id in links.order_by().values_list("measure_id", "department_id"):
        chosen[measure_id].add(department_id)
    return {pk: [row.name for key, row in names.departments.items() if key in found] for pk, found in chosen.items()}
