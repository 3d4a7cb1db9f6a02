"""What came after closing, in numbers: rounds, reopened measures, verdicts beside the computed states."""

import pytest

from accounts.tracked import store
from findings.choices import IssueState, MeasureStatus, RecheckVerdict
from findings.documents.lists import issue_rows
from findings.figures import (
    IssueStanding,
    RoundResult,
    Scope,
    answers_standing,
    disagreements,
    issue_standings,
    issue_states,
    reopened_measures,
    round_results,
    scope_of,
)
from findings.figures.sentences import lookback_sentence, text_of
from findings.models import LookbackRound
from findings.tests import factories
from findings.tests.factories import World
from findings.workflow import lookback, plan

pytestmark = pytest.mark.usefixtures("english")

V, S = RecheckVerdict, IssueState


@pytest.fixture
def scope(past: World) -> Scope:
    """Measures 1 to 3 closed on day 9, as the office sees them; measure 4 is not started."""
    for row in past.measures[:3]:
        factories.measure_at(MeasureStatus.CLOSED, past, row=row)
    return scope_of(past.campaign, past.office)


def decide(world: World, number: int, state: str, *, decided: int, day: int) -> None:
    lookback.decide_issue(
        world.issues[number - 1], state=state, reason="Seen", decided_on=world.day(decided), by=world.chief,
        at=world.at(day),
    )  # fmt: skip


def test_standings_are_the_states_with_the_numbers_behind_them(past: World, scope: Scope) -> None:
    found = issue_standings(scope, past.day(20))

    assert {pk: row.state for pk, row in found.items()} == issue_states(scope, past.day(20))
    assert list(found.values()) == [
        IssueStanding(S.RECTIFIED, 2, 2), IssueStanding(S.RECTIFIED, 1, 1), IssueStanding(S.OPEN, 1, 0)
    ]  # fmt: skip
    assert [row.open for row in found.values()] == [0, 0, 1]
    assert issue_standings(scope, past.day(201))[past.issues[2].pk].overdue == 1


def test_standing_is_over_all_measures_whoever_looks(past: World, scope: Scope) -> None:
    own = scope_of(past.campaign, past.liaison_b)

    assert issue_standings(own, past.day(20))[past.issues[0].pk] == IssueStanding(S.RECTIFIED, 2, 2)


def test_newest_verdict_of_a_day_is_the_latest_decision_on_record_then(past: World, scope: Scope) -> None:
    """Decided on day 30 and recorded on 32; an older decision is recorded later and does not replace it."""
    decide(past, 1, S.PARTIAL, decided=30, day=32)
    decide(past, 1, S.OPEN, decided=20, day=40)
    decide(past, 1, S.RECTIFIED, decided=50, day=50)

    found = [issue_standings(scope, past.day(n))[past.issues[0].pk] for n in (31, 32, 40, 49, 50)]

    assert [row.verdict for row in found] == ["", S.PARTIAL, S.PARTIAL, S.PARTIAL, S.RECTIFIED]
    assert [row.disagrees for row in found] == [False, True, True, True, False]
    assert found[1].decided_on == past.day(30)


def test_disagreements_are_counted_and_exported(past: World, scope: Scope) -> None:
    decide(past, 1, S.PARTIAL, decided=30, day=30)
    decide(past, 2, S.RECTIFIED, decided=30, day=30)

    assert [disagreements(issue_standings(scope, past.day(n))) for n in (29, 30)] == [0, 1]
    rows = issue_rows(scope, past.day(30))
    assert [(row.state, row.verdict, row.decided_on, row.disagrees) for row in rows] == [
        (S.RECTIFIED, S.PARTIAL, past.day(30), True),
        (S.RECTIFIED, S.RECTIFIED, past.day(30), False),
        (S.OPEN, "", None, False),
    ]


def test_recommendation_stands_by_the_measures_that_answer_it(past: World, scope: Scope) -> None:
    steps = {"by": past.office, "at": past.at(1)}
    advice = plan.add_recommendation(past.campaign, answers=[past.measures[0], past.measures[3]], number=1,
                                     title="Advice", **steps)  # fmt: skip
    lonely = plan.add_recommendation(past.campaign, answers=[], number=2, title="More", **steps)

    assert answers_standing(advice, past.day(20)) == IssueStanding("", 2, 1)
    assert answers_standing(advice, past.day(8)) == IssueStanding("", 2, 0)
    assert answers_standing(advice, past.day(201)) == IssueStanding("", 2, 1, 1)
    assert answers_standing(lonely, past.day(20)) == IssueStanding("")
    assert advice.pk not in issue_standings(scope, past.day(20))
    link = advice.answers.get(measure=past.measures[3])
    link.is_active = False
    store(link, by=past.office, at=past.at(30))
    assert answers_standing(advice, past.day(30)) == IssueStanding("", 1, 1)


def test_round_results_by_day(past: World, scope: Scope) -> None:
    draw = {"size": 3, "questions": "Done?", "due_on": past.day(60), "by": past.office}
    first = lookback.draw_round(past.campaign, title="First", at=past.at(20), **draw)
    second = lookback.draw_round(past.campaign, title="Second", at=past.at(40), **draw | {"size": 1})
    for recheck, verdict, day in zip(first.rechecks.order_by("pk"), V.values, (30, 31, 32), strict=True):
        lookback.record_recheck(recheck, verdict=verdict, answers=[lookback.Answer("yes")], finding="Seen",
                                by=past.office, at=past.at(day))  # fmt: skip
    rounds = LookbackRound.objects.all()

    found = {day: round_results(rounds, past.day(day)) for day in (19, 20, 30, 32, 40)}

    assert found == {
        19: {},
        20: {first.pk: RoundResult(drawn=3)},
        30: {first.pk: RoundResult(3, 1, held=1)},
        32: {first.pk: RoundResult(3, 3, 1, 1, 1)},
        40: {first.pk: RoundResult(3, 3, 1, 1, 1), second.pk: RoundResult(drawn=1)},
    }
    assert [(row.left, row.undone) for row in found[40].values()] == [(0, 2), (1, 0)]
    assert [row.reopened_count for row in reopened_measures(scope, past.day(32))] == [1, 1]
    assert reopened_measures(scope, past.day(30)) == []


def test_lookback_sentence(past: World) -> None:
    def said(*results: RoundResult, reopened: int = 0, differing: int = 0) -> str:
        return text_of(lookback_sentence(results, reopened=reopened, differing=differing, on=past.day(0),
                                         this_year=2025))  # fmt: skip

    assert said() == "By 3 March no look-back round has been drawn. "
    assert said(RoundResult(3, 2, 1, 1)) == (
        "By 3 March 1 look-back round has drawn 3 measures; 2 are checked: 1 held, 1 did not. "
    )
    assert said(RoundResult(3, 2, 1, 1), RoundResult(5), reopened=2, differing=1) == (
        "By 3 March 2 look-back rounds have drawn 8 measures; 2 are checked: 1 held, 1 did not; 2 measures have been "
        "reopened; 1 verdict differs from the measures. "
    )
