"""A step's refusals: who cannot take it at all hears that alone, else all that is missing."""

import pytest

from findings.choices import ProgressStatus
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.workflow import plan
from findings.workflow.measure import MEASURE, MEASURE_STEPS
from findings.workflow.step import offered

pytestmark = pytest.mark.usefixtures("english")

ASK = MEASURE["request_closure"]


def test_all_blockers_are_listed_and_the_first_is_the_refusal(past: World) -> None:
    factories.progress_at(ProgressStatus.SUBMITTED, past, row=past.measures[0])
    row = fresh(past.measures[0])

    assert ASK.refusals(past.liaison_a, row, past.day(8)) == [
        "No progress has been accepted yet; the rectification office accepts it.",
        "Please upload evidence first.",
    ]
    assert ASK.refusal(past.liaison_a, row, past.day(8)) == ASK.refusals(past.liaison_a, row, past.day(8))[0]


def test_open_step_has_none(past: World) -> None:
    row = factories.ready(past, past.measures[0])

    assert ASK.refusals(past.liaison_a, row, past.day(8)) == []
    assert ASK.refusal(past.liaison_a, row, past.day(8)) == ""


def test_person_state_and_closed_campaign_stand_alone(past: World) -> None:
    row = past.measures[0]
    assert ASK.refusals(past.liaison_a, row, past.day(8)) == ["Not possible while the state is “not started”."]
    factories.progress_at(ProgressStatus.SUBMITTED, past, row=row)
    assert ASK.refusals(past.office, fresh(row), past.day(8)) == [
        "Only the lead department (Department a) can do this."
    ]
    plan.close_campaign(past.campaign, on=past.day(20), by=past.office, at=past.at(20))
    assert ASK.refusals(past.liaison_a, fresh(row), past.day(21)) == [
        "The campaign is closed; its ledger can only be read."
    ]


def test_offers_carry_all_reasons(past: World) -> None:
    offers = {offer.step.name: offer for offer in offered(past.head_a, past.measures[0], MEASURE_STEPS, on=past.day(5))}

    assert (offers["start"].is_open, offers["start"].refusal, offers["start"].refusals) == (True, "", [])
    assert offers["reopen"].refusal == offers["reopen"].refusals[0]
    assert "close" not in offers
