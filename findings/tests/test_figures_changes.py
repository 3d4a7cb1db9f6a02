"""What is new beside the last report, in words, also from figures that were frozen before it was told."""

from datetime import date
from typing import Any

import pytest

from findings import figures
from findings.choices import MeasureStatus
from findings.figures.changes import changes_heading, changes_of, silent_sentence
from findings.models import ReportingPeriod
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.workflow import measure, progress

pytestmark = pytest.mark.usefixtures("english")


def frozen(world: World, code: str) -> dict[str, Any]:
    progress.open_periods(world.campaign, on=date(2025, 12, 1), at=world.at(0))
    period = ReportingPeriod.objects.get(campaign=world.campaign, code=code)
    return figures.period_report(figures.scope_of(world.campaign, None), period).frozen()


def words(found: dict[str, Any]) -> list[str]:
    return [str(change) for change in changes_of(found)]


def test_changes_since_the_last_report(past: World) -> None:
    one, late = past.measures[0], factories.make_measure(past, day=1, deadline=past.day(20))
    factories.measure_at(MeasureStatus.CLOSED, past, row=one)
    factories.reopened(past, row=fresh(one), day=30)
    factories.make_measure(past, day=33, deadline=past.day(40))
    request = measure.request_closure(factories.ready(past, late), by=past.liaison_a, at=past.at(34))
    factories.climb(past, request, day=36)

    march, april = frozen(past, "2025-03"), frozen(past, "2025-04")

    assert words(march) == [
        "New in the plan: 5 (measures 1, 2, 3, 4, 5).", "Closed: 1 (measures 1).", "Newly overdue: 1 (measures 5)."
    ]  # fmt: skip
    assert words(april) == [
        "New in the plan: 1 (measures 6).", "Closed: 1 (measures 5).", "Reopened after a relapse: 1 (measures 1).",
        "Newly overdue: 1 (measures 6).", "No longer overdue: 1 (measures 5).",
    ]  # fmt: skip
    assert [found["overdue_before"] for found in (march, april)] == [0, 1]
    assert [changes_heading(found) for found in (march, april)] == [
        "Changes in the period", "Changes since the report of 2025-03 (as of 31 March)"
    ]  # fmt: skip


def test_silent_departments_are_named(past: World) -> None:
    assert silent_sentence(frozen(past, "2025-03")) == "Did not report in time: Department a, Department b."
    assert silent_sentence({"missing": []}) == "Every department has reported in time."


def test_figures_frozen_before_are_read_as_they_are() -> None:
    old = {"ends_on": "2025-03-31", "added": [1], "closed": [], "missing": []}

    assert (words(old), changes_heading(old)) == (["New in the plan: 1 (measures 1)."], "Changes in the period")
