"""The numbers of the reporting periods: by state, by department, as their last day saw them."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tracked import store
from findings import figures
from findings.choices import MeasureStatus, ProgressStatus, Stage
from findings.figures.counts import Scope
from findings.figures.periods import PeriodCounts, overtaken, parts_of, period_lines
from findings.models import ProgressUpdate, ReportingPeriod
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.workflow import progress
from findings.workflow.progress import ProgressValues

P = ProgressStatus


def scope(world: World, user: object = None) -> Scope:
    return figures.scope_of(fresh(world.campaign), user)


def march(world: World) -> ReportingPeriod:
    return world.campaign.periods.get(code="2025-03")


def line(world: World, day: int, **kwargs: object) -> figures.periods.PeriodLine:
    return period_lines(scope(world), [march(world)], world.day(day), **kwargs)[0]


def test_counts_by_state_add_up(past: World) -> None:
    """Measures 1, 2 and 4 are led by a, 3 by b; b assists at 2."""
    factories.progress_at(P.DRAFT, past, row=past.measures[0])
    factories.progress_at(P.RETURNED, past, row=past.measures[2])
    factories.progress_at(P.ACCEPTED, past, row=past.measures[3])

    found = line(past, 8)

    assert found.counts == PeriodCounts(to_fill=1, drafts=1, accepted=1, returned=1, missing=2, returns=1)
    assert found.counts.parts == 4
    assert [(row.department, row.counts) for row in found.departments] == [
        (past.a, PeriodCounts(to_fill=1, drafts=1, accepted=1, missing=2)),
        (past.b, PeriodCounts(returned=1, returns=1)),
    ]
    assert found.missing == [past.a]
    assert found.counts_of(past.b).returned == 1
    assert found.counts_of(past.lower_a) == PeriodCounts()


def test_assisting_part_counts_from_its_first_draft(past: World) -> None:
    progress.save_progress(past.measures[1], by=past.liaison_b, values=ProgressValues("Helped", 10), department=past.b,
                           period=march(past), at=past.at(5))  # fmt: skip

    found = line(past, 8, departments={past.b.pk})

    # Its own draft, and the measure that it leads without a text; only the latter is missing.
    assert found.counts == PeriodCounts(to_fill=1, drafts=1, missing=1)


def test_what_waits_for_closure_is_not_asked_for(past: World) -> None:
    factories.measure_at(MeasureStatus.WAITING, past, row=past.measures[0])
    factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[3])
    row = past.measures[1]
    row.retired_on = past.day(9)
    store(row, by=past.office, at=past.at(9))

    assert line(past, 8).counts == PeriodCounts(to_fill=2, accepted=2, missing=2)
    assert line(past, 10).counts == PeriodCounts(to_fill=1, accepted=2, missing=1)


def test_period_is_judged_by_its_last_day_as_its_report_is(past: World) -> None:
    """In April measure 1 is handed over to b and 3 is closed: March does not change."""
    progress.open_periods(past.campaign, on=past.day(60), at=past.at(0))
    factories.progress_at(P.ACCEPTED, past, row=past.measures[3])
    before = line(past, 20)
    row = past.measures[0]
    row.lead_department = past.b
    store(row, by=past.office, at=past.at(30))
    factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[1])

    found = line(past, 60)

    assert [(row.department, row.counts.missing) for row in found.departments] == [(past.a, 1), (past.b, 1)]
    assert before.counts.parts == found.counts.parts == 4
    together = period_lines(scope(past), past.campaign.periods.all(), past.day(60))
    assert len({row.counts.parts for row in together}) > 1
    for period, told in zip(past.campaign.periods.all(), together, strict=True):
        assert told == period_lines(scope(past), [period], past.day(60))[0]
        report = figures.period_report(scope(past), period)
        if period.is_locked(past.day(60)):
            assert [row.name for row in told.missing] == report.missing


def test_relapse_asks_again_until_the_lock(past: World) -> None:
    row = factories.reopened(past, row=factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[0]))
    update = row.progress.get()

    assert update.is_overtaken
    assert list(overtaken(ProgressUpdate.objects.all())) == [update]
    assert line(past, 13).counts == PeriodCounts(to_fill=4, missing=4)
    parts = parts_of(scope(past), march(past), past.a, past.day(13))
    assert [(part.measure.number, part.is_asked) for part in parts] == [(1, True), (2, True), (4, True)]
    assert figures.work_of(past.liaison_a, past.day(13)).to_fill[0][0] == row

    assert line(past, 40).counts == PeriodCounts(to_fill=3, accepted=1, missing=3)  # locked: it stands as it was


@pytest.mark.parametrize("status", [P.DRAFT, P.SUBMITTED, P.ACCEPTED, P.RETURNED])
def test_overtaken_as_predicate_and_as_filter(past: World, status: str) -> None:
    factories.progress_at(status, past, row=past.measures[0])
    factories.reopened(past, row=factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[3]))
    factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[1])

    expected = [row.pk for row in ProgressUpdate.objects.all() if row.is_overtaken]

    assert list(overtaken(ProgressUpdate.objects.all()).values_list("pk", flat=True)) == expected
    assert len(expected) == 1


def test_parts_of_a_department(past: World) -> None:
    progress.open_periods(past.campaign, on=past.day(60), at=past.at(0))
    april = past.campaign.periods.get(code="2025-04")
    factories.progress_at(P.ACCEPTED, past, row=past.measures[2])
    files = [factories.add_evidence(past, past.measures[2], content=words) for words in (b"1", b"2")]
    update = progress.save_progress(past.measures[2], by=past.liaison_b, values=ProgressValues("More", 75),
                                    department=past.b, period=april, at=past.at(30))  # fmt: skip
    files[0].progress = update
    store(files[0], by=past.liaison_b, at=past.at(30))

    own, assisting = parts_of(scope(past), april, past.b, past.day(31))

    assert (own.measure, own.is_lead, own.update, own.last.period.code, own.change) == (
        past.measures[2], True, update, "2025-03", 15,
    )  # fmt: skip
    assert (own.files, own.own, own.is_asked) == (2, 1, False)
    assert own.update.changed_at == past.at(30)
    assert (assisting.measure, assisting.is_lead, assisting.update, assisting.last, assisting.change) == (
        past.measures[1], False, None, None, None,
    )  # fmt: skip


def test_draft_of_last_time_is_not_what_was_said(past: World) -> None:
    factories.progress_at(P.DRAFT, past, row=past.measures[0])
    april = progress.open_periods(past.campaign, on=past.day(40), at=past.at(38))[-1]

    parts = parts_of(scope(past), april, past.a, date(2025, 4, 12))

    assert {part.last for part in parts} == {None}


def test_no_period_no_line(past: World) -> None:
    assert period_lines(scope(past), [], past.day(5)) == []


def test_queries_do_not_grow_with_periods_or_measures(past: World) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            period_lines(scope(past), past.campaign.periods.all(), past.day(20))
            parts_of(scope(past), march(past), past.a, past.day(20))
        return len(queries)

    factories.progress_at(P.SUBMITTED, past, row=past.measures[0])
    few = cost()
    progress.open_periods(past.campaign, on=past.day(60), at=past.at(0))
    for row in factories.measures(past, 3):
        factories.add_evidence(past, factories.progress_at(P.DRAFT, past, row=row).measure)
    factories.closure_at(Stage.HEAD, past)

    assert cost() == few
