"""Help is printed from the tables that decide."""

import pytest
from django.test import Client
from django.utils.html import escape

from accounts.roles import ROLES
from findings import figures
from findings.choices import MeasureStatus
from findings.figures import counts, sentences
from findings.figures.board import board_of
from findings.tests.factories import World
from findings.tests.pages import get, queries
from findings.views import help as page
from findings.workflow.approval import REQUEST_STEPS
from findings.workflow.lookback import RECHECK_STEPS, ROUND_STEPS
from findings.workflow.measure import MEASURE_STEPS
from findings.workflow.progress import PROGRESS_STEPS
from findings.workflow.supervision import NOTICE_STEPS


@pytest.mark.parametrize("name", ["office", "head_a", "sysadmin", "nobody"])
def test_help_is_open_to_everybody_signed_in(client: Client, world: World, english: None, name: str) -> None:
    text = get(client, getattr(world, name), "/help/").content.decode()

    assert all(escape(str(role.sees)) in text and escape(str(role.does)) in text for role in ROLES.values())
    assert all(escape(str(meaning)) in text for _name, meaning in page.NUMBERS)


@pytest.mark.parametrize(
    ("steps", "who"),
    [
        (MEASURE_STEPS, page.MEASURE_WHO),
        (PROGRESS_STEPS, page.PROGRESS_WHO),
        (REQUEST_STEPS, page.REQUEST_WHO),
        (RECHECK_STEPS, page.RECHECK_WHO),
        (NOTICE_STEPS, page.NOTICE_WHO),
        (ROUND_STEPS, page.ROUND_WHO),
    ],
)
def test_help_says_who_takes_each_move(steps: tuple, who: dict) -> None:
    assert set(who) == {step.name for step in steps if step.target}


def test_help_shows_every_move_of_a_measure(client: Client, world: World, english: None) -> None:
    moves = get(client, world.office, "/help/").context["lives"][0][1]

    reopened = next(move for move in moves if move["label"] == "Reopen after a relapse")
    assert (reopened["sources"], reopened["target"]) == ([MeasureStatus.CLOSED.label], MeasureStatus.IN_PROGRESS.label)
    assert len(moves) == len(page.MEASURE_WHO)


def test_every_check_has_its_words(past: World) -> None:
    scope = counts.scope_of(past.campaign, None)

    report = figures.period_report(scope, past.campaign.periods.get())
    names = {check.name for check in board_of(scope, past.day(1), past.day(0)).summary.checks}

    assert names | {report.flow().name} == set(sentences.CHECKS)


def test_help_methods_and_price(client: Client, world: World) -> None:
    assert queries(client, world.office, "/help/") <= 15
    assert client.post("/help/").status_code == 405
