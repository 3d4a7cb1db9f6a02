"""After closing: what the look-back rounds found, and the leading group's verdicts beside the computed states."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from findings import dates
from findings.choices import IssueKind, MeasureStatus, RecheckVerdict
from findings.figures.counts import Scope, state_of
from findings.figures.summary import issue_tallies, tallies
from findings.models import Issue, IssueVerdict, Measure, Recheck, RecommendationLink


@dataclass(frozen=True)
class IssueStanding:
    """An issue over *all* its measures, whoever looks: numbers of measures, computed state, newest verdict.

    ``verdict`` is "" where the leading group has given none by the day.
    """

    state: str
    measures: int = 0
    closed: int = 0
    overdue: int = 0
    verdict: str = ""
    decided_on: date | None = None

    @property
    def open(self) -> int:
        return self.measures - self.closed

    @property
    def disagrees(self) -> bool:
        """Whether the verdict says something else than the measures."""
        return bool(self.verdict) and self.verdict != self.state


@dataclass(frozen=True)
class RoundResult:
    """What a look-back round has drawn and found by the day, in numbers of measures.

    held + relapsed + not done = made; made + left = drawn.
    """

    drawn: int = 0
    made: int = 0
    held: int = 0
    relapsed: int = 0
    not_done: int = 0

    @property
    def left(self) -> int:
        return self.drawn - self.made

    @property
    def undone(self) -> int:
        """Relapsed or never truly done: what opened measures again."""
        return self.relapsed + self.not_done


def issue_standings(scope: Scope, on: date) -> dict[int, IssueStanding]:
    """How each finding in sight stands on the day, by id."""
    on = scope.campaign.as_of(on)
    found = issue_tallies(tallies(scope, on))
    ids = list(scope.issues.at(on).filter(kind=IssueKind.FINDING).order_by().values_list("id", flat=True))
    verdicts = newest_verdicts(ids, on)
    return {pk: _standing(found.get(pk), verdicts.get(pk)) for pk in ids}


def newest_verdicts(issues: Iterable[int], on: date) -> dict[int, IssueVerdict]:
    """The verdict in force on the day by issue: the latest one decided by then that was on record that day."""
    rows = IssueVerdict.objects.filter(issue_id__in=list(issues)).at(on).filter(decided_on__lte=on)
    return {row.issue_id: row for row in rows.order_by("decided_on", "id")}


def disagreements(standings: dict[int, IssueStanding]) -> int:
    """Findings whose verdict in force differs from the computed state."""
    return sum(standing.disagrees for standing in standings.values())


def round_results(rounds: QuerySet, on: date) -> dict[int, RoundResult]:
    """What each of the rounds has found by the day, by the round's id: one query."""
    rows: Any = Recheck.objects.filter(round__in=rounds.order_by().values("id")).at(on).order_by()
    counted = rows.values("round_id").annotate(
        drawn=Count("id"),
        made=Count("id", filter=~Q(verdict="")),
        **{verdict: Count("id", filter=Q(verdict=verdict)) for verdict in RecheckVerdict.values},
    )
    return {row.pop("round_id"): RoundResult(**row) for row in counted}


def reopened_measures(scope: Scope, on: date) -> list[Measure]:
    """The measures in the plan that were reopened at least once by the day, those most often first."""
    on = scope.campaign.as_of(on)
    return list(scope.measures_on(on).filter(reopened_count__gt=0).order_by("-reopened_count", "number"))


def answers_standing(recommendation: Issue, on: date) -> IssueStanding:
    """A recommendation by all measures that answer it on the day; it has no state of its own."""
    links = RecommendationLink.objects.filter(recommendation=recommendation).at(on).filter(is_active=True)
    rows = Measure.objects.filter(pk__in=list(links.order_by().values_list("measure_id", flat=True)))
    closed = Count("id", filter=Q(status=MeasureStatus.CLOSED))
    late = Count("id", filter=dates.overdue_q(on))
    found = rows.at(on).in_plan(on).with_excuse().order_by().aggregate(total=Count("id"), done=closed, late=late)
    return IssueStanding("", found["total"], found["done"], found["late"])


def _standing(tally: dict[str, int] | None, verdict: IssueVerdict | None) -> IssueStanding:
    numbers = tally or {"total": 0, "done": 0, "late": 0}
    return IssueStanding(
        state=state_of(tally),
        measures=numbers["total"],
        closed=numbers["done"],
        overdue=numbers["late"],
        verdict=verdict.state if verdict else "",
        decided_on=verdict.decided_on if verdict else None,
    )
