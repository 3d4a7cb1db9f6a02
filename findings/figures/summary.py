"""The head figures of a day in few queries: one grouped query answers counts, groups and issue states."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from typing import Any

from django.db.models import BooleanField, Case, CharField, Count, F, QuerySet, Value, When

from accounts.models import Department
from findings import dates
from findings.choices import DocumentKind, IssueKind, IssueState, Light, MeasureStatus, MeetingKind
from findings.figures.counts import Counts, Group, RuleCounts, Scope, Summary, aggregates, checks_of, light_q, state_of
from findings.models import Measure

# Measures by issue, area, department and leader, and whether they are in sight: one row for each combination.
Tally = dict[str, Any]
# How many papers there are by sort ("document", "in force", "use check missed", "meeting") and kind; notices
# ("notice", "late reply") by status, and by colour ("notice colour").
Papers = dict[tuple[str, str], int]


def campaign_summary(scope: Scope, on: date) -> Summary:
    """The head figures; after a campaign's last day those of that day."""
    on = scope.campaign.as_of(on)
    return summary_of(scope, on, tallies(scope, on), papers(scope, {on})[on])


def by_area(scope: Scope, on: date) -> list[Group]:
    """The counts of each area in sight, areas without a measure included."""
    on = scope.campaign.as_of(on)
    return _areas(scope, on, tallies(scope, on))


def by_department(scope: Scope, on: date) -> list[Group]:
    """The counts by lead department, in the departments' order; measures without one stand last."""
    on = scope.campaign.as_of(on)
    return _departments(on, tallies(scope, on))


def by_leader(scope: Scope, on: date) -> list[Group]:
    """The counts by lead leader; measures without one stand last."""
    return leaders_of(tallies(scope, scope.campaign.as_of(on)))


def issue_states(scope: Scope, on: date) -> dict[int, str]:
    """The state of each finding in sight by id, always over *all* its measures, whoever looks.

    Rectified when all are closed; partial when some are and none is overdue; otherwise, or without
    measures, open.
    """
    on = scope.campaign.as_of(on)
    return _issues(scope, on, tallies(scope, on))[1]


def tallies(scope: Scope, on: date) -> list[Tally]:
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
    counted = aggregates(on, scope.campaign.due_soon_days)
    if scope.campaign.blue_days is not None:
        counted[Light.BLUE] = Count("id", filter=light_q(Light.BLUE, scope.campaign, on))
    by = {f"by_{name}": path for name, path in keys.items()}
    found = rows.annotate(seen=seen, **by).values("seen", *by).annotate(**counted)
    return list(found.values("seen", *by, *counted))


def papers(scope: Scope, days: set[date]) -> dict[date, Papers]:
    """Documents, those in force, those whose use was to be checked, meetings and notices for each day: one query."""

    def part(rows: QuerySet, sort: str, day: date, by: str = "kind") -> QuerySet:
        marks = {"sort": Value(sort, CharField()), "day": Value(day.isoformat(), CharField())}
        counted = rows.order_by().annotate(**marks).values("sort", "day", by).annotate(n=Count("id"))
        return counted.values_list("sort", "day", by, "n")

    parts = []
    for day in sorted(days):
        parts.append(part(scope.documents.at(day).filter(issued_on__lte=day), "document", day))
        parts.append(part(scope.documents.in_force(day), "in force", day))
        parts.append(part(scope.documents.use_check_missed(day), "use check missed", day))
        parts.append(part(scope.meetings.at(day).filter(held_on__lte=day), "meeting", day))
        notices = scope.notices.at(day)
        parts.append(part(notices, "notice", day, "status"))
        parts.append(part(notices.kept(), "notice colour", day, "colour"))
        parts.append(part(notices.filter(dates.reply_late_q(day)), "late reply", day, "status"))
    first, *others = parts
    found: dict[date, Papers] = {day: {} for day in days}
    for sort, day, kind, number in first.union(*others, all=True):
        found[date.fromisoformat(day)][(sort, kind)] = number
    return found


def summary_of(scope: Scope, on: date, rows: list[Tally], found: Papers) -> Summary:
    """All head figures out of the day's tallies and papers."""
    counts = counts_of(rows)
    areas, departments = _areas(scope, on, rows), _departments(on, rows)
    issues, states = _issues(scope, on, rows)
    tally = _by_state(states)
    documents, rules = _documents(found)
    return Summary(
        on=on,
        counts=counts,
        issues=len(states),
        issues_rectified=tally[IssueState.RECTIFIED],
        issues_partial=tally[IssueState.PARTIAL],
        issues_open=tally[IssueState.OPEN],
        recommendations=issues - len(states),
        areas=areas,
        departments=departments,
        documents=documents,
        rules=rules,
        meetings={kind: found.get(("meeting", kind), 0) for kind in MeetingKind.values},
        checks=checks_of(counts, areas, departments, len(states), tally, documents, rules),
    )


def head_figures(scope: Scope, on: date, rows: list[Tally], found: Papers) -> dict[str, int]:
    """The numbers of ``summary_of`` that two days are compared by, without its groups."""
    counts = counts_of(rows)
    states = _issues(scope, on, rows)[1]
    tally = _by_state(states)
    documents, rules = _documents(found)
    return {f.name: getattr(counts, f.name) for f in fields(Counts)} | {
        "issues": len(states),
        "issues_rectified": tally[IssueState.RECTIFIED],
        "issues_partial": tally[IssueState.PARTIAL],
        "issues_open": tally[IssueState.OPEN],
        "documents": documents,
        "rules": rules,
    }


def rule_counts(scope: Scope, on: date) -> RuleCounts:
    """Rules in force and checks of use missed; after a campaign's last day those of that day."""
    on = scope.campaign.as_of(on)
    return rules_of(papers(scope, {on})[on])


def rules_of(found: Papers) -> RuleCounts:
    """The same out of the day's papers."""
    missed = sum(number for (sort, _kind), number in found.items() if sort == "use check missed")
    return RuleCounts(in_force=found.get(("in force", DocumentKind.RULE), 0), use_checks_missed=missed)


def counts_of(rows: list[Tally]) -> Counts:
    """The counts of all measures in sight."""
    return _sum(in_sight(rows))


def leaders_of(rows: list[Tally]) -> list[Group]:
    """The tallies by lead leader."""
    found = _grouped(rows, "leader")
    people = {row["by_leader"]: (row["by_username"], row["by_name"]) for row in rows if row["by_leader"] in found}
    known = sorted((key for key in found if key), key=lambda key: people[key][0])
    groups = [Group(key, None, *people[key], found[key]) for key in known]
    return groups + _nobody(found)


def issue_tallies(rows: list[Tally]) -> dict[int, dict[str, int]]:
    """Numbers of measures by issue, all of them, seen or not: ``total``, closed (``done``) and overdue (``late``)."""
    found: dict[int, dict[str, int]] = {}
    for row in rows:
        tally = found.setdefault(row["by_issue"], {"total": 0, "done": 0, "late": 0})
        tally["total"] += row["measures"]
        tally["done"] += row[MeasureStatus.CLOSED]
        tally["late"] += row["overdue"]
    return found


def in_sight(rows: list[Tally]) -> list[Tally]:
    return [row for row in rows if row["seen"]]


def _areas(scope: Scope, on: date, rows: list[Tally]) -> list[Group]:
    found = _grouped(rows, "area")
    return [
        Group(area.id, area.number, str(area.number), area.title, found.get(area.id, Counts()))
        for area in scope.areas.at(on).order_by("number")
    ]


def _departments(on: date, rows: list[Tally]) -> list[Group]:
    found = _grouped(rows, "department")
    known = Department.objects.filter(pk__in=[key for key in found if key]).at(on).order_by("order", "code")
    groups = [Group(row.id, None, row.code, row.name, found[row.id]) for row in known]
    return groups + _nobody(found)


def _nobody(found: dict[int | None, Counts]) -> list[Group]:
    return [Group(None, None, "", "", found[None])] if None in found else []


def _grouped(rows: list[Tally], name: str) -> dict[int | None, Counts]:
    groups: dict[int | None, list[Tally]] = {}
    for row in in_sight(rows):
        groups.setdefault(row[f"by_{name}"], []).append(row)
    return {key: _sum(group) for key, group in groups.items()}


def _sum(rows: Iterable[Tally]) -> Counts:
    rows = list(rows)
    return Counts(**{f.name: sum(row[f.name] for row in rows) for f in fields(Counts)})


def _issues(scope: Scope, on: date, rows: list[Tally]) -> tuple[int, dict[int, str]]:
    """How many issues are in sight, recommendations included, and the state of each finding among them by id."""
    by_issue = issue_tallies(rows)
    issues = list(scope.issues.at(on).order_by("number").values_list("id", "kind"))
    return len(issues), {pk: state_of(by_issue.get(pk)) for pk, kind in issues if kind == IssueKind.FINDING}


def _by_state(states: dict[int, str]) -> dict[str, int]:
    found = list(states.values())
    return {state: found.count(state) for state in IssueState.values}


def _documents(found: Papers) -> tuple[int, int]:
    """Documents of all kinds, and the rules among them."""
    documents = sum(number for (sort, _kind), number in found.items() if sort == "document")
    return documents, found.get(("document", DocumentKind.RULE), 0)
