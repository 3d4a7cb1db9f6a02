"""The one sentence about what a measure waits for, in every situation."""

from datetime import timedelta

import pytest

from accounts import people
from accounts.tracked import store
from findings.choices import MeasureStatus, Nature, ProgressStatus, Stage
from findings.models import Measure
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.workflow import plan
from findings.workflow.outlook import measure_outlook, waited_for

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
