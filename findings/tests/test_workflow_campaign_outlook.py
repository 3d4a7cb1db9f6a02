"""What a campaign waits for, in each part of its life."""

from dataclasses import replace

import pytest

from accounts.tracked import create
from findings.figures.counts import Counts
from findings.models import CalendarYear
from findings.tests import factories
from findings.tests.factories import World
from findings.workflow import plan
from findings.workflow.campaign_outlook import campaign_outlook, plan_counted

pytestmark = pytest.mark.usefixtures("english")

ALL = Counts(measures=4, not_started=4, concentrated=3, sustained=1)


def outlook(world: World, day: int, counts: Counts = ALL) -> str:
    return campaign_outlook(world.campaign, world.day(day), counts=counts)


def test_plan_is_due_fifteen_working_days_after_the_feedback(past: World) -> None:
    assert plan_counted(past.campaign).on == past.day(21)


def test_before_the_approval(past: World) -> None:
    assert " until 24 March (estimated), because" in outlook(past, 1)
    create(CalendarYear, year=2025, by=None)
    assert outlook(past, -1) == "Now waiting for the feedback on 3 March."
    assert outlook(past, 1, Counts()) == (
        "Now waiting for the rectification office to enter the plan until 24 March, because the feedback of 3 March "
        "has no measure yet."
    )
    assert outlook(past, 1) == (
        "Now waiting for the approval of the plan until 24 March, because its 4 measures are a draft so far."
    )


def test_after_the_approval(past: World) -> None:
    past.campaign = plan.approve_plan(past.campaign, on=past.day(2), by=past.office, at=past.at(2))

    assert outlook(past, 2) == (
        "Now waiting for 3 measures of the concentrated phase until 31 July, because they are not closed yet."
    )
    later = "Now waiting for 1 measure until the sustained phase ends on 1 February 2027, because it is not closed yet."
    concentrated_done = replace(ALL, closed=3, concentrated_closed=3)
    assert outlook(past, 3, concentrated_done) == later
    assert outlook(past, 151, concentrated_done) == later
    assert outlook(past, 3, replace(ALL, closed=4, concentrated_closed=3, sustained_closed=1)) == (
        "Now waiting for the rectification office to close the campaign, because every measure is closed."
    )


def test_after_the_closing(past: World) -> None:
    past.campaign = plan.close_campaign(past.campaign, on=past.day(20), by=past.office, at=past.at(20))

    assert "approval of the plan" in outlook(past, 20)
    assert outlook(past, 21) == "The campaign was closed on 23 March; nothing is waited for."


def test_one_draft_measure(past: World) -> None:
    campaign = factories.make_campaign(past)

    assert campaign_outlook(campaign, past.day(1), counts=Counts(measures=1)).endswith(
        "because its 1 measure is a draft so far."
    )
