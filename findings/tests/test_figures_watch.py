"""Measures that nobody speaks of: since when, and how long is too long in each phase."""

from datetime import timedelta

from findings.choices import MeasureStatus, ProgressStatus
from findings.figures import watch
from findings.models import Measure
from findings.tests import factories
from findings.tests.factories import World
from findings.workflow import amend, measure, plan


def silent(world: World, day: int) -> list[tuple[int, int]]:
    """Number and last sign of life, as a day of the world, of what is silent for 40 or three times 40 days."""
    on = world.day(day)
    limits = (on - timedelta(days=40 * times) for times in (1, watch.SUSTAINED_FACTOR))
    rows = watch.silent_since(watch.measures_of_court(world.court.pk, on), *limits, on=on)
    return [(row.number, (row.heard_on - world.begin).days) for row in rows]


def test_silence_begins_with_the_last_report_the_start_or_the_feedback(past: World) -> None:
    factories.progress_at(ProgressStatus.SUBMITTED, past, row=past.measures[2], day=20)

    assert silent(past, 39) == []
    assert silent(past, 40) == [(1, 0), (2, 0), (4, 0)]
    assert silent(past, 60) == [(1, 0), (2, 0), (4, 0), (3, 20)]


def test_a_reopened_measure_is_not_silent_at_once(past: World) -> None:
    row = factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[2])
    factories.reopened(past, row=row, day=100)

    assert [pair for pair in silent(past, 100) + silent(past, 139) if pair[0] == 3] == []
    assert silent(past, 140)[-1] == (3, 100)


def test_a_report_since_the_reopening_counts(past: World) -> None:
    row = factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[2])
    factories.reopened(past, row=row, day=12)
    factories.progress_at(ProgressStatus.SUBMITTED, past, row=row, day=33)

    assert [pair for pair in silent(past, 72) if pair[0] == 3] == []
    assert silent(past, 73)[-1] == (3, 33)


def test_the_campaigns_date_makes_silence_of_all_measures_count_by_quarters(past: World) -> None:
    """The concentrated phase ends on day 150; measure 1 reported on day 105."""
    factories.progress_at(ProgressStatus.SUBMITTED, past, row=past.measures[0], day=105)
    row = past.measures[0]

    found = {day: [pair for pair in silent(past, day) if pair[0] == 1] for day in (144, 145, 150, 151, 224, 225)}

    assert found == {144: [], 145: [(1, 105)], 150: [(1, 105)], 151: [], 224: [], 225: [(1, 105)]}
    assert not watch.is_quarterly(row, past.day(150))
    assert watch.is_quarterly(row, past.day(151))


def test_a_sustained_measure_is_counted_by_quarters_from_the_start(past: World) -> None:
    row = factories.make_measure(past, phase="sustained")

    assert watch.is_quarterly(row, past.day(1))
    assert (5, 0) not in silent(past, 119)
    assert (5, 0) in silent(past, 120)


def test_silence_as_it_stood_on_a_past_day(past: World) -> None:
    """What was reported and reopened later does not count yet."""
    factories.progress_at(ProgressStatus.SUBMITTED, past, row=past.measures[2], day=50)
    on = past.day(45)

    rows = Measure.objects.filter(campaign=past.campaign).at(on)
    found = watch.silent_since(rows, past.day(5), past.day(-75), on=on)

    assert [(row.number, row.heard_on) for row in found] == [(n, past.begin) for n in (1, 2, 3, 4)]


def numbers(world: World, day: int) -> dict[int, int]:
    return dict(silent(world, day))


def test_a_measure_that_came_into_the_approved_plan_is_silent_from_that_day(past: World) -> None:
    """Added on day 100 to the plan of day 10, and split or merged out of measures that began on day 12."""
    plan.approve_plan(past.campaign, on=past.day(10), by=past.office, at=past.at(10))
    for row in past.measures[:2]:
        measure.start(row, by=past.head_a, at=past.at(12))
    act = {"by": past.office, "note": "New task", "at": past.at(100)}
    added = plan.add_measure(
        past.issues[0], text="Added", number=5, goal="", lead_department=past.a, lead_leader=past.leader,
        deadline=past.day(190), assisting=[], **act,
    )  # fmt: skip
    parts = amend.split_measure(past.measures[0], parts=[{"text": "One"}, {"text": "Two"}], **act)

    late = {row.number for row in (added, *parts)}
    assert late & set(numbers(past, 100)) == late & set(numbers(past, 139)) == set()
    assert {number: since for number, since in silent(past, 140) if number in late} == dict.fromkeys(late, 100)
    assert numbers(past, 140)[2] == 12
    assert numbers(past, 140)[3] == 10


def test_a_plan_that_is_entered_long_after_its_days_hides_no_silence(past: World) -> None:
    """An old ledger: its rows and the approval come on record on day 100, the plan stood from day 10."""
    row = factories.make_measure(past, day=99)
    plan.approve_plan(past.campaign, on=past.day(10), by=past.office, at=past.at(100))

    assert numbers(past, 100)[row.number] == 10
