"""The figures of a period: as of its last day, in flows that add up, frozen as plain values."""

import json
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tracked import store
from findings import figures
from findings.choices import DocumentKind, ExtensionKind, MeasureStatus, Stage
from findings.figures.reporting import assisting_names
from findings.models import AssistingDepartment, ReportingPeriod
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.workflow import measure, plan, progress
from findings.workflow.progress import ProgressValues

S = MeasureStatus


def periods(world: World, last: date = date(2025, 12, 1)) -> dict[str, ReportingPeriod]:
    progress.open_periods(world.campaign, on=last, at=world.at(0))
    return {period.code: period for period in world.campaign.periods.all()}


def report(world: World, code: str, user: object = None) -> figures.PeriodReport:
    return figures.period_report(figures.scope_of(world.campaign, user), periods(world)[code])


@pytest.fixture
def spring(past: World) -> World:
    """March: 1 closed, 2 reported, 3 silent, 4 extended. April (from day 29): 1 reopened, 2 closed, 5 added."""
    one, two, _three, four = past.measures
    factories.measure_at(S.CLOSED, past, row=one)
    factories.ready(past, two)
    factories.climb(past, factories.extension_at(Stage.HEAD, past, row=four))
    factories.reopened(past, row=fresh(one), day=30)
    request = measure.request_closure(fresh(two), by=past.liaison_a, at=past.at(31))
    factories.climb(past, request, day=32)
    past.measures.append(factories.make_measure(past, day=33, deadline=past.day(70)))
    factories.papers(past, two)
    return past


def test_flows_of_two_months(spring: World) -> None:
    march, april = report(spring, "2025-03"), report(spring, "2025-04")

    assert (march.opening, march.added, march.closed) == (0, [1, 2, 3, 4], [1])
    assert (march.reopened, march.retired, march.extended, march.converted) == ([], [], [4], [])
    assert (april.opening, april.added, april.closed, april.reopened) == (3, [5], [2], [1])
    assert (april.retired, april.extended, april.converted) == ([], [], [])
    for found in (march, april):
        still_open = found.opening + len(found.added) + len(found.reopened) - len(found.closed) - len(found.retired)
        assert still_open == found.summary.counts.open


def test_relapse_that_was_mended_in_the_same_month_is_told(past: World) -> None:
    """1 was closed in March, relapsed on day 30 in April and was closed again on day 36; 2 lived all of it in April."""
    one = factories.measure_at(S.CLOSED, past, row=past.measures[0])
    two = factories.ready(past, past.measures[1])
    factories.reopened(past, row=one, day=30)
    factories.mended(past, one, day=32)
    factories.climb(past, factories.closure_at(Stage.HEAD, past, row=fresh(one), day=35), day=36)
    factories.climb(past, factories.closure_at(Stage.HEAD, past, row=two, day=31), day=32)
    factories.reopened(past, row=fresh(two), day=40)

    april = report(past, "2025-04")

    assert (april.opening, april.closed, april.reopened) == (3, [1, 2], [1, 2])
    assert april.flow().holds
    assert april.summary.counts.open == 3


def test_correction_stands_in_the_line_of_the_new_period(past: World) -> None:
    factories.progress_at("accepted", past, row=past.measures[0])
    april = periods(past)["2025-04"]
    values = ProgressValues("More", 70, correction="It was 30 files")
    progress.submit_progress(past.measures[0], by=past.head_a, values=values, department=past.a, period=april,
                             at=past.at(40))  # fmt: skip

    march_line, april_line = (report(past, code).lines[0] for code in ("2025-03", "2025-04"))

    assert (march_line.done, march_line.corrects, march_line.correction) == ("Done by day 5", "", "")
    assert (april_line.done, april_line.corrects, april_line.correction) == ("More", "2025-03", "It was 30 files")


def test_who_waits_for_closure_is_not_named_as_missing(past: World) -> None:
    for row in past.measures[:2]:
        factories.measure_at(S.WAITING, past, row=row)
    factories.progress_at("submitted", past, row=past.measures[3])

    assert report(past, "2025-03").missing == ["Department b"]


def test_days_and_summary_are_those_of_the_last_day(spring: World) -> None:
    march = report(spring, "2025-03")

    assert (march.period, march.starts_on, march.ends_on) == ("2025-03", spring.begin, date(2025, 3, 31))
    assert march.summary == figures.campaign_summary(figures.scope_of(spring.campaign, None), date(2025, 3, 31))
    assert march.summary.counts.closed == 1


def test_retired_and_converted(past: World) -> None:
    row = past.measures[0]
    row.retired_on = past.day(31)
    store(row, by=past.office, at=past.at(31))
    request = factories.extension_at(Stage.HEAD, past, row=past.measures[1], kind=ExtensionKind.CONVERSION)
    factories.climb(past, request, day=31)

    april = report(past, "2025-04")

    assert (april.retired, april.converted, april.extended, april.opening) == ([1], [2], [], 4)
    assert april.summary.counts.open == 4 - 1


def test_what_is_due_in_the_next_period(past: World) -> None:
    factories.make_measure(past, deadline=date(2025, 6, 30))
    factories.make_measure(past, deadline=date(2025, 7, 1))
    # Measures 1 to 3 are due on day 100, 2025-06-11; 4 on day 200, 2025-09-19.
    assert report(past, "2025-05").due_next == [(n, "2025-06-11") for n in (1, 2, 3)] + [(5, "2025-06-30")]
    assert report(past, "2025-06").due_next == [(6, "2025-07-01")]
    assert report(past, "2025-07").due_next == [(4, "2025-09-19")]  # the concentrated phase ends: the quarter
    assert report(past, "2025-Q3").due_next == []


def test_overdue_with_days(past: World) -> None:
    factories.make_measure(past, deadline=past.day(80))

    assert report(past, "2025-05").overdue == [(5, 9)]  # day 80 is 2025-05-22
    assert report(past, "2025-06").overdue == [(5, 39), (1, 19), (2, 19), (3, 19)]


def test_documents_of_the_period(spring: World) -> None:
    assert report(spring, "2025-03").documents == [("Rule 2", "No. 2", DocumentKind.RULE)]
    assert report(spring, "2025-04").documents == []


def test_missing_departments_by_the_lock(spring: World) -> None:
    # Department a did not report on measure 4 and b not on 3.
    assert report(spring, "2025-03").missing == ["Department a", "Department b"]

    update = factories.progress_at("submitted", spring, row=spring.measures[2])
    assert report(spring, "2025-03").missing == ["Department a"]

    factories.progress.return_progress(update, by=spring.office, note="Vague", at=spring.at(6))
    assert report(spring, "2025-03").missing == ["Department a"]  # returned, but it was reported


def test_draft_is_not_a_report(past: World) -> None:
    factories.progress_at("draft", past, row=past.measures[2])

    assert report(past, "2025-03").missing == ["Department a", "Department b"]
    assert [line.done for line in report(past, "2025-03").lines] == ["", "", "", ""]


def test_lines(spring: World) -> None:
    factories.make_measure(spring, day=1, lead_department=None, lead_leader=None, deadline=None)

    lines = {line.number: line for line in report(spring, "2025-03").lines}

    assert list(lines) == [1, 2, 6, 3, 4]  # by area and issue
    two, bare = lines[2], lines[6]
    assert (two.area, two.issue, two.text, two.department, two.leader) == (1, 1, "Measure 2", "Department a", "Leader")
    assert (two.deadline, two.status, two.percent) == ("2025-06-11", "in_progress", 60)
    assert (two.done, two.difficulty, two.next_step) == ("Done by day 5", "", "More")
    assert (bare.department, bare.leader, bare.deadline, bare.done) == ("", "", "", "")


def test_lines_keep_what_was_reported_by_the_lock(past: World) -> None:
    row = past.measures[0]
    update = factories.progress_at("submitted", past, row=row)
    values = ProgressValues("Other words", 90)
    progress.save_progress(row, by=past.head_a, values=values, department=past.a, period=update.period, at=past.at(7))

    assert report(past, "2025-03").lines[0].done == "Other words"
    assert report(past, "2025-04").lines[0].done == ""


def test_report_in_sight(spring: World) -> None:
    found = report(spring, "2025-04", spring.head_b)

    assert [line.number for line in found.lines] == [2, 3]
    assert (found.closed, found.reopened, found.added) == ([2], [], [])
    assert all(check.holds for check in found.summary.checks)


def test_period_that_the_campaigns_end_cuts(spring: World) -> None:
    periods(spring, date(2025, 4, 1))
    spring.campaign = plan.close_campaign(spring.campaign, on=date(2025, 4, 10), by=spring.office, at=spring.at(38))

    assert report(spring, "2025-04").ends_on == date(2025, 4, 10)


def test_frozen_is_plain(spring: World) -> None:
    found = report(spring, "2025-03")

    frozen = found.frozen()

    assert json.loads(json.dumps(frozen)) == frozen
    assert (frozen["starts_on"], frozen["closed"], frozen["opening"]) == ("2025-03-03", [1], 0)
    assert frozen["summary"]["counts"]["closed"] == 1
    names = [*(check.name for check in found.summary.checks), "opening and changes = open"]
    assert frozen["checks"] == [{"name": name, "holds": True} for name in names]


def test_assisting_names_on_a_day(past: World) -> None:
    row = past.measures[1]
    link = AssistingDepartment.objects.get(measure=row)
    link.is_active = False
    store(link, by=past.office, at=past.at(20))

    past.b.name = "Renamed"
    store(past.b, by=None, at=past.at(10))

    assert assisting_names([row.pk, past.measures[0].pk], past.day(9)) == {row.pk: ["Department b"]}
    assert assisting_names([row.pk], past.day(19)) == {row.pk: ["Renamed"]}
    assert assisting_names([row.pk], past.day(20)) == {}


def test_queries_do_not_grow_with_the_rows(spring: World) -> None:
    scope, april = figures.scope_of(spring.campaign, spring.office), periods(spring)["2025-04"]

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            figures.period_report(scope, april)
        return len(queries)

    few = cost()
    for row in factories.measures(spring, 3):
        factories.progress_at("submitted", spring, row=row, day=30)

    assert cost() == few
