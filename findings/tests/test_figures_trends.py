"""Over time: the curve, two days beside each other, how well and how quickly."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tracked import store
from findings import figures
from findings.choices import ExtensionKind, MeasureStatus, Stage
from findings.figures.trends import Quality, curve_and_quality
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.workflow import approval, measure, plan

S = MeasureStatus


def curve(world: World, on: int, **options: object) -> list[tuple[int, int, int]]:
    points = figures.closed_over_time(figures.scope_of(world.campaign, None), world.day(on), **options)
    return [((point.on - world.begin).days, point.closed, point.planned) for point in points]


def test_curve_follows_closings_and_reopenings(past: World) -> None:
    factories.measure_at(S.CLOSED, past, row=past.measures[0])
    factories.reopened(past, row=factories.measure_at(S.CLOSED, past, row=past.measures[1]), day=12)

    assert curve(past, 21) == [(0, 0, 0), (7, 0, 0), (14, 1, 0), (21, 1, 0)]
    assert curve(past, 10) == [(0, 0, 0), (7, 0, 0), (10, 2, 0)]


def test_curve_to_the_end_of_the_plan(past: World) -> None:
    factories.measure_at(S.CLOSED, past, row=past.measures[0])

    # Closed is known up to the day; planned follows the original deadlines: three on day 100, one on day 200.
    assert curve(past, 30, until=past.day(200), step=100) == [(0, 0, 0), (30, 1, 0), (100, 1, 3), (200, 1, 4)]


def test_curve_of_a_single_day(past: World) -> None:
    assert curve(past, 0) == [(0, 0, 0)]
    assert curve(past, 5, until=past.day(3)) == [(0, 0, 0), (3, 0, 0)]


def test_retired_measure_leaves_the_curve(past: World) -> None:
    row = factories.measure_at(S.CLOSED, past, row=past.measures[0])
    row.retired_on = past.day(20)
    store(row, by=past.office, at=past.at(20))

    assert curve(past, 28) == [(0, 0, 0), (7, 0, 0), (14, 1, 0), (21, 0, 0), (28, 0, 0)]


def test_original_deadlines_stay_the_plan(past: World) -> None:
    factories.climb(past, factories.extension_at(Stage.HEAD, past, row=past.measures[0]))
    factories.make_measure(past, deadline=None)

    assert curve(past, 100, step=100) == [(0, 0, 0), (100, 0, 3)]


def test_compare_two_days(past: World) -> None:
    factories.measure_at(S.CLOSED, past, row=past.measures[0])
    scope = figures.scope_of(past.campaign, None)

    found = figures.compare(scope, past.day(4), past.day(101))

    assert (found.earlier, found.later) == (past.day(4), past.day(101))
    assert found.figures["closed"] == (0, 1)
    assert found.figures["overdue"] == (0, 2)
    assert (found.change("closed"), found.change("not_started"), found.change("measures")) == (1, -1, 0)
    assert (found.change("issues_partial"), found.change("issues_open")) == (0, 0)
    assert set(found.figures) >= {"issues", "documents", "rules", "waiting", "sustained_closed"}


# --- Quality -----------------------------------------------------------------------------------------------


def quality(world: World, day: int, user: object = None) -> dict[str, Quality]:
    """By department code, "all" for the sum."""
    found = figures.quality(figures.scope_of(world.campaign, user), world.day(day))
    codes = {world.a.pk: "a", world.b.pk: "b", None: "all"}
    return {codes[key]: value for key, value in found.items() if value != Quality()}


def test_quality_in_time(past: World) -> None:
    factories.measure_at(S.CLOSED, past, row=past.measures[0])

    expected = Quality(closed=1, on_time=1, on_time_original=1, days_to_close=9)  # from the feedback
    assert quality(past, 20) == {"a": expected, "all": expected}
    assert quality(past, 8) == {}


def test_quality_counts_days_from_the_plans_approval(past: World) -> None:
    past.campaign = plan.approve_plan(past.campaign, on=past.day(4), by=past.office, at=past.at(4))
    factories.measure_at(S.CLOSED, past, row=past.measures[0])
    request = factories.closure_at(Stage.HEAD, past, row=factories.ready(past, past.measures[1]))
    factories.climb(past, request, day=12)

    assert quality(past, 20)["all"].days_to_close == (5 + 8) // 2


def test_quality_in_percent() -> None:
    found = Quality(closed=3, on_time=2, on_time_original=1)

    assert (found.on_time_percent, found.original_percent) == (67, 33)
    assert (Quality().on_time_percent, Quality().original_percent) == (None, None)


def test_quality_lines_follow_the_groups_and_end_with_the_sum(past: World) -> None:
    factories.measure_at(S.CLOSED, past, row=past.measures[0])
    factories.make_measure(past, lead_department=None)
    scope, on = figures.scope_of(past.campaign, None), past.day(20)

    points, lines = curve_and_quality(scope, on, past.day(40), figures.campaign_summary(scope, on).departments)

    assert points == figures.closed_over_time(scope, on, until=past.day(40))
    assert [(line.group and line.group.code, line.quality.closed) for line in lines] == [("a", 1), ("b", 0), (None, 1)]


def test_quality_of_a_late_closing(past: World) -> None:
    late = factories.ready(past, factories.make_measure(past, deadline=past.day(7)))
    factories.close(past, late)  # filed on day 8
    extended = factories.ready(past, factories.make_measure(past, deadline=past.day(10)))
    factories.climb(past, factories.extension_at(Stage.HEAD, past, row=extended))
    request = measure.request_closure(fresh(extended), by=past.liaison_a, at=past.at(20))
    factories.climb(past, request, day=21)
    undated = factories.ready(past, factories.make_measure(past, deadline=None))
    factories.close(past, undated)

    found = quality(past, 30)["all"]

    assert (found.closed, found.on_time, found.on_time_original, found.extensions) == (3, 2, 1, 1)
    assert found.days_to_close == (9 + 21 + 9) // 3


def test_quality_counts_returns_reopenings_and_extensions_on_their_day(past: World) -> None:
    factories.progress_at("returned", past, row=past.measures[2])  # led by b, returned on day 6
    factories.returned_closure(past, row=factories.ready(past, past.measures[0]))  # on day 9
    factories.reopened(past, row=factories.measure_at(S.CLOSED, past, row=past.measures[1]))  # on day 12
    request = factories.extension_at(Stage.HEAD, past, row=past.measures[3], kind=ExtensionKind.CONVERSION)
    factories.climb(past, request)

    assert quality(past, 5) == {}
    assert quality(past, 6) == {"b": Quality(progress_returned=1), "all": Quality(progress_returned=1)}
    found = quality(past, 30)
    assert found["a"] == Quality(closures_returned=1, extensions=1, reopened=1)
    assert found["all"] == Quality(progress_returned=1, closures_returned=1, extensions=1, reopened=1)
    assert quality(past, 30, past.head_b) == {  # b assists measure 2
        "a": Quality(reopened=1),
        "b": Quality(progress_returned=1),
        "all": Quality(progress_returned=1, reopened=1),
    }


def test_quality_counts_a_measure_without_department_once(past: World) -> None:
    row = factories.reopened(past)
    row.lead_department = None
    store(row, by=past.office, at=past.at(15))

    assert quality(past, 20) == {"all": Quality(reopened=1)}


def test_quality_leaves_out_retired_measures(past: World) -> None:
    row = fresh(factories.returned_closure(past).measure)
    row.retired_on = past.day(20)
    store(row, by=past.office, at=past.at(20))

    assert quality(past, 19)["a"].closures_returned == 1
    assert quality(past, 20) == {}


def test_quality_takes_the_last_closing(past: World) -> None:
    row = factories.mended(past, factories.reopened(past))
    request = measure.request_closure(row, by=past.liaison_a, at=past.at(34))
    approval.sign_request(request, by=past.head_a, at=past.at(34))
    factories.climb(past, fresh(request), day=35)

    assert quality(past, 40)["a"] == Quality(closed=1, on_time=1, on_time_original=1, days_to_close=35, reopened=1)


@pytest.mark.parametrize("day", [20, 10_000])
def test_queries_do_not_grow_with_the_rows(past: World, day: int) -> None:
    scope = figures.scope_of(past.campaign, past.office)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            figures.closed_over_time(scope, past.day(day), until=past.day(day) + timedelta(days=7), step=1000)
            figures.quality(scope, past.day(day))
            figures.compare(scope, past.day(5), past.day(day))
        return len(queries)

    factories.measure_at(S.CLOSED, past)
    few = cost()
    factories.measure_at(S.CLOSED, past)
    factories.reopened(past)
    factories.returned_closure(past)

    assert cost() == few
