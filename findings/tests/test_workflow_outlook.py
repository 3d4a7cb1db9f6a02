"""The one sentence about what a measure waits for, in every situation."""

from datetime import date, timedelta

import pytest

from accounts import people
from accounts.tracked import store
from findings.choices import IssueState, MeasureStatus, Nature, ProgressStatus, Stage
from findings.figures import IssueStanding, RoundResult
from findings.models import LookbackRound, Measure
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.workflow import plan
from findings.workflow.outlook import disagreement, issue_outlook, measure_outlook, round_outlook, waited_for

pytestmark = pytest.mark.usefixtures("english")


def said(row: Measure, world: World, day: int) -> str:
    row = fresh(row)
    requests = [*row.closure_requests.all(), *row.extensions.all()]
    return measure_outlook(row, world.day(day), updates=list(row.progress.all()), requests=requests)


def changed(world: World, row: Measure, **values: object) -> Measure:
    for name, value in values.items():
        setattr(row, name, value)
    store(row, by=world.office, at=world.at(10))
    return row


def test_outlook_of_what_has_ended(past: World) -> None:
    retired = changed(past, past.measures[0], retired_on=past.day(11))
    assert said(retired, past, 12) == "Taken out of the plan on 14 March; nothing is waited for."
    plan.close_campaign(past.campaign, on=past.day(20), by=past.office, at=past.at(20))
    assert said(past.measures[1], past, 21) == "The campaign was closed on 23 March; nothing is waited for."


def test_outlook_of_a_signature(past: World) -> None:
    request = factories.closure_at(Stage.LEADER, past)
    assert said(request.measure, past, 10).startswith("Now waiting for the signature of ")
    assert "deadline 11 June" in said(request.measure, past, 10)
    row = changed(past, fresh(request.measure), deadline=None)
    assert "deadline" not in said(row, past, 10)
    people.set_active(past.leader, False, by=None)
    assert "nobody in office" in said(row, past, 10)
    assert waited_for(request) == waited_for(request) == "nobody in office"


def test_outlook_of_a_fresh_request_counts_from_its_filing(past: World) -> None:
    request = factories.closure_at(Stage.HEAD, past)
    assert "since 11 March" in said(request.measure, past, 10)


@pytest.mark.parametrize(
    ("recheck", "words"),
    [(None, "nothing is waited for"), (20, "has not been made"), (60, "now waiting for the re-check until 2 May")],
)
def test_outlook_after_closing(past: World, recheck: int | None, words: str) -> None:
    row = factories.measure_at(MeasureStatus.CLOSED, past)
    if recheck is not None:
        row = changed(past, row, nature=Nature.STANDING, recheck_on=past.day(recheck))
    assert words in said(row, past, 30)


def test_outlook_of_progress(past: World) -> None:
    row = past.measures[0]
    assert "because nothing has been reported for 2025-03" in said(row, past, 5)
    factories.progress_at(ProgressStatus.DRAFT, past, row=row)
    assert "Now waiting for" in said(row, past, 6)
    other = past.measures[3]
    factories.progress_at(ProgressStatus.SUBMITTED, past, row=other)
    assert "to check the progress until" in said(other, past, 6)
    returned = factories.progress_at(ProgressStatus.RETURNED, past)
    assert "Too vague" in said(returned.measure, past, 7)


def test_outlook_of_work_between_reports(past: World) -> None:
    row = factories.progress_at(ProgressStatus.ACCEPTED, past).measure
    assert "to finish and ask for closure until 11 June" in said(row, past, 8)
    row = changed(past, fresh(row), deadline=None)
    assert "no date is set" in said(row, past, 8)
    row = changed(past, fresh(row), recheck_on=past.day(8) + timedelta(days=30))
    assert "the measure stands without a deadline" in said(row, past, 8)


def test_outlook_after_the_last_period(past: World) -> None:
    assert "to finish and ask for closure" in said(past.measures[0], past, 800)


def test_outlook_without_a_lead_department(past: World) -> None:
    assert "name a lead department" in said(factories.make_measure(past, lead_department=None), past, 5)


def test_outlook_of_a_standing_measure(past: World) -> None:
    row = factories.progress_at(ProgressStatus.ACCEPTED, past).measure
    row = changed(past, fresh(row), nature=Nature.STANDING, recheck_on=past.day(20))
    assert said(row, past, 20) == "Now waiting for the re-check until 23 March, because the measure stands."
    assert "was due on 23 March and has not been made" in said(row, past, 21)


# --- Issues and look-back rounds ---------------------------------------------------------------------------

VERDICT = {"verdict": IssueState.RECTIFIED, "decided_on": date(2025, 4, 1)}


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (IssueStanding("open"), "to plan measures"),
        (IssueStanding("open", 2, 1), "1 of 2 measures, the last one until 11 June, because the issue is rectified"),
        (IssueStanding("open", 2, 1, 1), "the last one until 11 June; 1 overdue."),
        (IssueStanding("rectified", 2, 2), "verdict of the leading group, because all 2 measures are closed."),
        (IssueStanding("rectified", 2, 2, **VERDICT), "Found rectified by the leading group on 1 April"),
        (IssueStanding("partial", 2, 2, **VERDICT), "because its verdict and the closed measures disagree."),
    ],
)
def test_outlook_of_an_issue(past: World, standing: IssueStanding, words: str) -> None:
    assert words in issue_outlook(past.issues[0], past.day(30), standing=standing)


def test_outlook_of_an_issue_without_a_deadline_or_after_the_end(past: World) -> None:
    changed(past, past.measures[3], deadline=None)
    issue, standing = past.issues[2], IssueStanding("open", 1)
    assert issue_outlook(issue, past.day(30), standing=standing).endswith("no date is set.")
    plan.close_campaign(past.campaign, on=past.day(40), by=past.office, at=past.at(40))
    assert "nothing is waited for" in issue_outlook(fresh(issue), past.day(41), standing=standing)


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (IssueStanding(""), "to name the measures that answer it"),
        (IssueStanding("", 3, 2), "for the closure of 1 measure, because 3 answer"),
        (IssueStanding("", 3, 3), "All 3 measures that answer it are closed"),
    ],
)
def test_outlook_of_a_recommendation(past: World, standing: IssueStanding, words: str) -> None:
    row = plan.add_recommendation(past.campaign, answers=[], number=1, title="Advice", by=past.office, at=past.at(1))
    assert words in issue_outlook(row, past.day(30), standing=standing)


def test_disagreement_in_words(past: World) -> None:
    assert disagreement(IssueStanding("partial", 4, 3, 0), past.day(40)) == ""
    assert disagreement(IssueStanding("rectified", 4, 4, 0, **VERDICT), past.day(40)) == ""
    assert disagreement(IssueStanding("partial", 4, 3, 0, **VERDICT), past.day(40)) == (
        "The leading group found “rectified” on 1 April; by its measures the issue is “partial results”: 3 of 4 are "
        "closed and 0 overdue."
    )


@pytest.mark.parametrize(
    ("concluded", "left", "day", "words"),
    [
        (None, 2, 15, "to make 2 re-checks until 23 March, because the sample was drawn on 13 March."),
        (None, 1, 20, "to make 1 re-check until 23 March"),
        (None, 1, 21, "1 re-check of the sample drawn on 13 March was to be made by 23 March and has not been made."),
        (None, 0, 21, "to conclude the round"),
        (18, 0, 21, "Concluded on 21 March; nothing is waited for."),
    ],
)
def test_outlook_of_a_round(past: World, concluded: int | None, left: int, day: int, words: str) -> None:
    row = LookbackRound(campaign=past.campaign, drawn_on=past.day(10), due_on=past.day(20))
    row.concluded_on = concluded and past.day(concluded)
    assert words in round_outlook(row, past.day(day), result=RoundResult(drawn=left))


def test_outlook_of_a_round_after_the_end_of_the_campaign(past: World) -> None:
    campaign = plan.close_campaign(past.campaign, on=past.day(12), by=past.office, at=past.at(12))
    row = LookbackRound(campaign=campaign, drawn_on=past.day(10), due_on=past.day(20))
    assert "The campaign was closed on" in round_outlook(row, past.day(15), result=RoundResult(drawn=1))
