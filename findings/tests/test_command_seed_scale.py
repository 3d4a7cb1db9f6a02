"""Bulk data for measuring: as many as asked for, sound, and only into an empty database."""

from datetime import timedelta

import pytest

from findings import dates, figures
from findings.figures import scope_of
from findings.models import Campaign, Measure
from findings.tests.factories import World, broken_records
from findings.tests.test_commands import answer, refusal

pytestmark = pytest.mark.django_db


def test_seed_scale_lays_down_what_was_asked_for() -> None:
    found = answer("seed_scale", "--courts", "2", "--measures", "61", "--history", "1")

    assert {name: found[name] for name in ("courts", "measures")} == {"courts": 2, "measures": 61}
    assert Measure.objects.count() == 61
    assert found["progress"] > 0
    assert broken_records() == []
    on = dates.today()
    for campaign in Campaign.objects.all():
        summary = figures.campaign_summary(scope_of(campaign, None), on)
        assert all(check.holds for check in summary.checks)
        assert min(summary.counts.closed, summary.counts.in_progress, summary.counts.overdue) > 0


def test_seed_scale_is_dated_from_the_day_that_is_named() -> None:
    day = dates.today() - timedelta(days=400)
    answer("seed_scale", "--courts", "1", "--measures", "5", "--on", day.isoformat())

    assert Campaign.objects.get().feedback_on < day


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--courts", "0", "--measures", "5"), "--courts takes a number from 1"),
        (("--courts", "5", "--measures", "4"), "--measures takes a number from 5"),
        (("--courts", "1", "--measures", "5", "--history", "13"), "--history takes a number from 0"),
        (("--courts", "1", "--measures", "5", "--on", "2098-01-01"), "future"),
    ],
    ids=["courts", "measures", "history", "future"],
)
def test_seed_scale_refuses_what_it_cannot_lay_down(arguments: tuple[str, ...], words: str) -> None:
    assert words in refusal("seed_scale", *arguments)[1]
    assert not Campaign.objects.exists()


@pytest.mark.usefixtures("english")
def test_seed_scale_goes_into_an_empty_database(past: World) -> None:
    assert "empty one" in refusal("seed_scale", "--courts", "1", "--measures", "5")[1]
    assert Campaign.objects.get() == past.campaign
