"""The dashboard's figures in few queries: one grouped query a day answers counts, groups and issue states."""

import calendar
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from django.db.models import BooleanField, Case, CharField, Count, F, QuerySet, Value, When

from accounts.models import Department
from findings import dates
from findings.choices import DocumentKind, IssueKind, IssueState, Light, MeasureStatus, MeetingKind
from findings.figures import counts as plain
from findings.figures.counts import Counts, Group, Scope, Summary
from findings.figures.mine import Due
from findings.figures.trends import Comparison, Point, closed_over_time
from findings.models import Campaign, Measure

COMPARED = (
    *(f.name for f in fields(Counts)),
    "issues", "issues_rectified", "issues_partial", "issues_open", "documents", "rules",
)  # fmt: skip


@dataclass(frozen=True)
class Board:
    """What a leader asks of a campaign on a day. ``late`` is ranked, the longest overdue first.

    ``is_month``: the earlier day lies one calendar month before, so that the change may be called that.
    """

    summary: Summary
    leaders: list[Group]
    lights: dict[str, int]
    comparison: Comparison
    is_month: bool
    curve: list[Point]
    late: list[Due]
    rechecks: list[Due]
    due: list[Due]


def board_of(scope: Scope, on: date, earlier: date, *, ahead: int = 30) -> Board:
    """All figures of the dashboard; the same numbers as ``campaign_summary``, ``by_leader`` and ``compare``."""
    campaign = scope.campaign
    on, earlier = campaign.as_of(on), campaign.as_of(earlier)
    papers = _papers(scope, {on, earlier})
    tallies = _tallies(scope, on)
    summary = _summary(scope, on, tallies, papers[on])
    before = _head_figures(scope, earlier, _tallies(scope, earlier), papers[earlier])
    late, rechecks, due = _days(scope, on, ahead)
    return Board(
        summary=summary,
        leaders=_leaders(tallies),
        lights=_lights(tallies, campaign),
        comparison=Comparison(earlier, on, {name: (before[name], _figure(summary, name)) for name in COMPARED}),
        is_month=earlier == month_before(on),
        curve=closed_over_time(scope, on, until=last_day(campaign, on)),
        late=late,
        rechecks=rechecks,
        due=due,
    )


def month_before(on: date) -> date:
    """The same day of the month before, or that month's last day."""
    year, month = (on.year, on.month - 1) if on.month > 1 else (on.year - 1, 12)
    return date(year, month, min(on.day, calendar.monthrange(year, month)[1]))


def last_day(campaign: Campaign, on: date) -> date:
    """Where the curve of a day ends: the end of the phase that is going on."""
    end = campaign.concentrated_until if on <= campaign.concentrated_until else campaign.sustained_until
    return max(on, min(end, campaign.closed_on or end))


def _tallies(scope: Scope, on: date) -> list[dict[str, Any]]:
    """Counts by issue, department and leader; ``seen`` tells the rows in sight from the issue's other ones."""
    seen = Case(
        When(id__in=scope.measures.order_by().values("id"), then=Value(True)),
        default=Value(False), output_field=BooleanField(),
    )  # fmt: skip
    rows = Measure.objects.filter(campaign=scope.campaign).at(on).in_plan(on).with_excuse().order_by()
    keys = {
        "issue": F("issue_id"), "area": F("issue__area_id"), "department": F("lead_department_id"),
        "leader": F("lead_leader_id"), "username": F("lead_leader__username"), "name": F("lead_leader__name"),
    }  # fmt: skip
    aggregates = plain._aggregates(on, scope.campaign.due_soon_days)
    if scope.campaign.blue_days is not None:
        aggregates[Light.BLUE] = Count("id", filter=plain.light_q(Light.BLUE, scope.campaign, on))
    rows = rows.annotate(seen=seen, **{f"by_{name}": path for name, path in keys.items()})
    by = [f"by_{name}" for name in keys]
    return list(rows.values("seen", *by).annotate(**aggregates).values("seen", *by, *aggregates))


def _summary(scope: Scope, on: date, tallies: list[dict], papers: dict[tuple[str, str], int]) -> Summary:
    counts = _sum(_seen(tallies))
    areas, departments = _areas(scope, on, tallies), _departments(on, tallies)
    issues, states = _issues(scope, on, tallies)
    documents, rules, meetings = _paper_figures(papers)
    return Summary(
        on=on, counts=counts, issues=sum(states.values()),
        issues_rectified=states[IssueState.RECTIFIED], issues_partial=states[IssueState.PARTIAL],
        issues_open=states[IssueState.OPEN], recommendations=issues - sum(states.values()),
        areas=areas, departments=departments, documents=documents, rules=rules, meetings=meetings,
        checks=plain._checks(counts, areas, departments, sum(states.values()), states, documents, rules),
    )  # fmt: skip


def _head_figures(scope: Scope, on: date, tallies: list[dict], papers: dict[tuple[str, str], int]) -> dict[str, int]:
    counts = _sum(_seen(tallies))
    states = _issues(scope, on, tallies)[1]
    documents, rules, _meetings = _paper_figures(papers)
    return {f.name: getattr(counts, f.name) for f in fields(Counts)} | {
        "issues": sum(states.values()),
        "issues_rectified": states[IssueState.RECTIFIED],
        "issues_partial": states[IssueState.PARTIAL],
        "issues_open": states[IssueState.OPEN],
        "documents": documents,
        "rules": rules,
    }


def _figure(summary: Summary, name: str) -> int:
    return getattr(summary.counts, name) if hasattr(summary.counts, name) else getattr(summary, name)


def _seen(tallies: list[dict]) -> list[dict]:
    return [row for row in tallies if row["seen"]]


def _sum(rows: Iterable[dict]) -> Counts:
    rows = list(rows)
    return Counts(**{f.name: sum(row[f.name] for row in rows) for f in fields(Counts)})


def _grouped(tallies: list[dict], name: str) -> dict[int | None, Counts]:
    groups: dict[int | None, list[dict]] = {}
    for row in _seen(tallies):
        groups.setdefault(row[f"by_{name}"], []).append(row)
    return {key: _sum(rows) for key, rows in groups.items()}


def _areas(scope: Scope, on: date, tallies: list[dict]) -> list[Group]:
    found = _grouped(tallies, "area")
    return [
        Group(area.id, area.number, str(area.number), area.title, found.get(area.id, Counts()))
        for area in scope.areas.at(on).order_by("number")
    ]


def _departments(on: date, tallies: list[dict]) -> list[Group]:
    found = _grouped(tallies, "department")
    rows = Department.objects.filter(pk__in=[key for key in found if key]).at(on).order_by("order", "code")
    groups = [Group(row.id, None, row.code, row.name, found[row.id]) for row in rows]
    return groups + ([Group(None, None, "", "", found[None])] if None in found else [])


def _leaders(tallies: list[dict]) -> list[Group]:
    found = _grouped(tallies, "leader")
    people = {row["by_leader"]: (row["by_username"], row["by_name"]) for row in tallies if row["by_leader"] in found}
    known = sorted((key for key in found if key), key=lambda key: people[key][0])
    groups = [Group(key, None, *people[key], found[key]) for key in known]
    return groups + ([Group(None, None, "", "", found[None])] if None in found else [])


def _issues(scope: Scope, on: date, tallies: list[dict]) -> tuple[int, dict[str, int]]:
    """How many issues are in sight, recommendations included, and the findings among them by state."""
    by_issue: dict[int, dict[str, int]] = {}
    for row in tallies:
        tally = by_issue.setdefault(row["by_issue"], {"total": 0, "done": 0, "late": 0})
        tally["total"] += row["measures"]
        tally["done"] += row[MeasureStatus.CLOSED]
        tally["late"] += row["overdue"]
    issues = list(scope.issues.at(on).order_by("number").values_list("id", "kind"))
    states = [plain._issue_state(by_issue.get(pk)) for pk, kind in issues if kind == IssueKind.FINDING]
    return len(issues), {state: states.count(state) for state in IssueState.values}


def _lights(tallies: list[dict], campaign: Campaign) -> dict[str, int]:
    """Measures by light; the conditions exclude each other, so the sums may be added."""
    rows = _seen(tallies)
    counts = _sum(rows)
    red = counts.overdue + counts.rechecks_missed
    blue = sum(row.get(Light.BLUE, 0) for row in rows)
    rest = counts.measures - red - counts.due_soon - blue
    return {Light.RED: red, Light.YELLOW: counts.due_soon, Light.BLUE: blue, Light.NONE: rest}


def _papers(scope: Scope, days: set[date]) -> dict[date, dict[tuple[str, str], int]]:
    """Documents and meetings by kind for each day, in one query."""

    def part(rows: QuerySet, sort: str, day: date) -> QuerySet:
        marks = {"sort": Value(sort, CharField()), "day": Value(day.isoformat(), CharField())}
        return rows.order_by().annotate(**marks).values("sort", "day", "kind").annotate(n=Count("id"))

    parts = []
    for day in sorted(days):
        parts.append(part(scope.documents.at(day).filter(issued_on__lte=day), "document", day))
        parts.append(part(scope.meetings.at(day).filter(held_on__lte=day), "meeting", day))
    found: dict[date, dict[tuple[str, str], int]] = {day: {} for day in days}
    for sort, day, kind, number in _union(parts):
        found[date.fromisoformat(day)][(sort, kind)] = number
    return found


def _union(parts: list[QuerySet]) -> QuerySet:
    names = ("sort", "day", "kind", "n")
    first, *others = [part.values_list(*names) for part in parts]
    return first.union(*others, all=True)


def _paper_figures(papers: dict[tuple[str, str], int]) -> tuple[int, int, dict[str, int]]:
    documents = sum(n for (sort, _kind), n in papers.items() if sort == "document")
    rules = papers.get(("document", DocumentKind.RULE), 0)
    return documents, rules, {kind: papers.get(("meeting", kind), 0) for kind in MeetingKind.values}


def _days(scope: Scope, on: date, ahead: int) -> tuple[list[Due], list[Due], list[Due]]:
    """Overdue, missed re-checks, due to come: one query, each sorted by its day."""
    wanted = dates.overdue_q(on) | dates.recheck_missed_q(on) | dates.due_soon_q(on, ahead)
    rows = list(scope.measures_on(on).with_excuse().filter(wanted).select_related("lead_department"))

    def those(kind: str, mine: Callable[[Any], bool], day: str) -> list[Due]:
        found = sorted((row for row in rows if mine(row)), key=lambda row: (getattr(row, day), row.number))
        return [Due(kind, row, (getattr(row, day) - on) // timedelta(days=1)) for row in found]

    def facts(row: Any) -> dict[str, Any]:
        return {"deadline": row.deadline, "status": row.status, "nature": row.nature, "on": on}

    def is_missed(row: Any) -> bool:
        return dates.is_recheck_missed(recheck_on=row.recheck_on, nature=row.nature, on=on)

    return (
        those("overdue", lambda row: dates.is_overdue(excused=row.excused, **facts(row)), "deadline"),
        those("recheck_missed", is_missed, "recheck_on"),
        those("due_soon", lambda row: dates.is_due_soon(within=ahead, **facts(row)), "deadline"),
    )
