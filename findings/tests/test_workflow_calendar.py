"""A year's notice taken in: the days, the open dates counted again, and who may."""

from datetime import date, timedelta

import pytest

from accounts.tracked import StaleRow
from findings import dates
from findings.figures.counting import table_of
from findings.models import CalendarDay, CalendarYear, ReportingPeriod, SupervisionNotice
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh, last_entry
from findings.workflow import calendar, plan, progress, supervision
from findings.workflow.calendar import Changed, Days, Outlook, keep_year, load_calendar
from findings.workflow.notice_words import notice_counted
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")

# The feedback is on Monday 2025-03-03. March is due on the fifth working day of April, and locked two days later.
FRIDAY, SUNDAY, MONDAY = date(2025, 4, 4), date(2025, 4, 6), date(2025, 4, 7)
QINGMING: Days = {FRIDAY: (False, "清明节")}


def keep(world: World, days: Days, on: int, **values: object) -> Outlook:
    given = {"notice": "No. 7", "by": world.office, "note": "published", "at": world.at(on)} | values
    return keep_year(2025, days, **given)


def march(world: World, on: int = 20) -> ReportingPeriod:
    progress.open_periods(world.campaign, on=world.day(on), at=world.at(on))
    return world.campaign.periods.get(code="2025-03")


def test_a_notice_moves_the_open_dates(past: World) -> None:
    period = march(past)
    assert (period.due_on, period.locks_on) == (MONDAY, date(2025, 4, 9))

    rehearsed = calendar.rehearse_year(2025, QINGMING, on=past.day(21))
    assert not CalendarDay.objects.exists()
    told = keep(past, QINGMING, 21)

    assert [str(row) for row in told.moved] == [
        "Inspection 2025-03: due 2025-04-07 → 2025-04-08", "Inspection 2025-03: locked after 2025-04-09 → 2025-04-10"
    ]  # fmt: skip
    assert told.changed == [Changed(FRIDAY, False, "清明节")]
    assert told == Outlook(2025, rehearsed.changed, rehearsed.moved, written=1)
    period = fresh(period)
    assert (period.due_on, period.locks_on) == (date(2025, 4, 8), date(2025, 4, 10))
    assert last_entry(period) == (past.office, "published", past.at(21))
    row = CalendarYear.objects.get()
    assert (row.year, row.notice) == (2025, "No. 7")
    assert last_entry(row) == (past.office, "published", past.at(21))
    assert broken_records() == []


def test_a_second_notice_takes_the_place_of_the_first(past: World) -> None:
    period = march(past)
    keep(past, QINGMING | {SUNDAY: (True, "made up")}, 21)

    told = keep(past, {MONDAY: (False, "清明节")}, 22, version=1)

    assert told.changed == [
        Changed(FRIDAY, True, ""), Changed(SUNDAY, False, ""), Changed(MONDAY, False, "清明节")
    ]  # fmt: skip
    table = CalendarDay.objects.table(date(2025, 4, 1), date(2025, 4, 30))
    assert table == {FRIDAY: True, SUNDAY: False, MONDAY: False}
    assert fresh(period).due_on == date(2025, 4, 8)
    assert CalendarYear.objects.get().version == 2


def test_the_same_notice_again_changes_nothing(past: World) -> None:
    period = march(past)
    keep(past, QINGMING, 21)
    version = fresh(period).version

    told = keep(past, QINGMING, 22)

    assert (told.changed, told.moved, told.written) == ([], [], 0)
    assert fresh(period).version == version
    neutral = {FRIDAY: (True, ""), MONDAY: (False, "")}
    keep(past, neutral, 23)
    assert sorted(calendar.whole_table(2025, {SUNDAY: (True, "")})) == [SUNDAY, MONDAY]


@pytest.mark.parametrize(
    ("on", "due", "locks"),
    [
        (date(2025, 4, 7), date(2025, 4, 8), date(2025, 4, 10)),  # on its last day a date is still open
        (date(2025, 4, 8), date(2025, 4, 7), date(2025, 4, 10)),
        (date(2025, 4, 10), date(2025, 4, 7), date(2025, 4, 9)),
    ],
)
def test_a_date_that_has_gone_by_never_changes(past: World, on: date, due: date, locks: date) -> None:
    period = march(past)

    keep(past, QINGMING, (on - past.day(0)).days)

    assert (fresh(period).due_on, fresh(period).locks_on) == (due, locks)


def test_no_date_is_moved_into_the_past(past: World) -> None:
    keep(past, QINGMING | {date(2025, 4, 3): (False, "清明节")}, 1)
    period = march(past)
    assert (period.due_on, period.locks_on) == (date(2025, 4, 9), date(2025, 4, 11))

    # Without the holiday the day would have been the seventh, which has gone by on the ninth.
    keep(past, {SUNDAY: (True, "made up")}, 37)

    assert (fresh(period).due_on, fresh(period).locks_on) == (date(2025, 4, 9), date(2025, 4, 11))


def test_closed_campaigns_are_left_alone(past: World) -> None:
    period = march(past)
    plan.close_campaign(past.campaign, on=past.day(19), by=past.office, at=past.at(20))

    assert keep(past, QINGMING, 21).moved == []
    assert fresh(period).due_on == MONDAY


def test_days_of_plans_that_are_not_approved_are_told(past: World) -> None:
    off = {past.day(7): (False, "holiday")}
    factories.make_campaign(past)
    plan.approve_plan(past.campaign, on=past.day(2), by=past.office, at=past.at(2))

    moved = calendar.rehearse_year(2025, off, on=past.day(3)).moved

    assert [str(row) for row in moved if not row.code] == [
        f"{past.campaign}: approval of the plan 2025-03-24 → 2025-03-25"
    ]
    assert [row for row in calendar.rehearse_year(2025, off, on=past.day(22)).moved if not row.code] == []


def test_new_year_begins_in_the_december_before(past: World) -> None:
    eve, first = date(2025, 12, 31), date(2026, 1, 1)
    keep_year(2026, {eve: (False, "元旦"), first: (False, "元旦")}, notice="", by=None, note="loaded", at=past.at(1))

    keep(past, QINGMING, 2)

    assert CalendarDay.objects.table(eve, first) == {eve: False, first: False}
    assert (dates.notice_year(eve), dates.notice_year(date(2025, 12, 24))) == (2026, 2025)
    assert dates.notice_days(2026) == (date(2025, 12, 25), date(2026, 12, 24))


def test_only_the_office_takes_a_notice_in(past: World) -> None:
    for person in (past.head_a, past.chief, past.sysadmin):
        with pytest.raises(Denied, match="The rectification office keeps the calendar"):
            keep(past, QINGMING, 1, by=person)
    with pytest.raises(Denied, match="Please give a reason"):
        keep(past, QINGMING, 1, note=" ")
    assert not CalendarYear.objects.exists()


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ({}, "The table has no day."),
        ({date(2024, 12, 24): (False, "x")}, "The notice of 2025 speaks of 2024-12-25 to 2025-12-24 only."),
        ({date(2025, 12, 25): (False, "x")}, "The notice of 2025 speaks of 2024-12-25 to 2025-12-24 only."),
    ],
)
def test_days_of_another_year_are_refused(past: World, days: Days, sentence: str) -> None:
    with pytest.raises(Denied) as refused:
        keep(past, days, 1)

    assert (str(refused.value), refused.value.field) == (sentence, "text")


def test_two_who_take_the_year_in_at_once(past: World) -> None:
    keep(past, QINGMING, 1, version=0)

    for version in (0, 7):
        with pytest.raises(StaleRow):
            keep(past, QINGMING, 2, version=version)
    keep(past, QINGMING, 3, version=1)


def test_notices_whose_day_was_counted_are_named_and_left_alone(past: World) -> None:
    on = date(2025, 4, 2)
    day = (on - past.day(0)).days
    values = {"department": past.a, "colour": "yellow", "text": "Please reply.", "by": past.office}
    five = dates.working_day_after(on, 5, {})
    counted = supervision.draft_notice(past.campaign, due_on=five, at=past.at(day), **values)
    sent = supervision.draft_notice(past.campaign, due_on=five, at=past.at(day), **values)
    sent = supervision.issue_notice(sent, by=past.office, at=past.at(day))
    supervision.draft_notice(past.campaign, due_on=five + timedelta(days=3), at=past.at(day), **values)
    before = table_of(dates.FIRST_DAY, dates.LAST_DAY)

    keep(past, QINGMING, day)

    assert calendar.notices_to_check(past.office, before, on) == [counted, sent]
    assert calendar.notices_to_check(past.stranger, before, on) == []
    assert {fresh(counted).due_on, fresh(sent).due_on} == {five}


def test_the_days_that_a_notice_gives(past: World) -> None:
    on = date(2025, 4, 2)
    row = SupervisionNotice(campaign=past.campaign, issued_on=on, due_on=MONDAY)
    load_calendar(QINGMING, by=None)

    found = notice_counted(row)

    assert found is not None
    assert (found.start, found.days, [passed.name for passed in found.passed]) == (
        on, [date(2025, 4, 3), MONDAY], ["清明节"]
    )  # fmt: skip
    for due_on in (on, on + timedelta(days=121)):
        row.due_on = due_on
        assert notice_counted(row) is None


def test_the_recount_asks_no_more_for_more_periods(past: World, django_assert_max_num_queries: object) -> None:
    march(past)
    factories.make_campaign(past)

    with django_assert_max_num_queries(6):
        calendar.rehearse_year(2025, QINGMING, on=past.day(21))


def test_a_table_that_is_loaded_plainly_bears_its_reason(past: World) -> None:
    load_calendar(QINGMING, by=past.office, note="why", at=past.at(1))

    assert last_entry(CalendarDay.objects.get()) == (past.office, "why", past.at(1))


def test_load_calendar_writes_what_is_new_or_changed(past: World) -> None:
    first = {date(2025, 5, 1): (False, "Labour Day"), date(2025, 4, 27): (True, "made up")}
    assert load_calendar(first, by=past.office, at=past.at(0)) == 2
    assert load_calendar(first, by=past.office, at=past.at(1)) == 0

    second = first | {date(2025, 5, 1): (False, "May Day"), date(2025, 5, 2): (False, "May Day")}
    assert load_calendar(second, by=None, at=past.at(2)) == 2

    assert CalendarDay.objects.get(day=date(2025, 5, 1)).name == "May Day"
    assert CalendarDay.objects.table(date(2025, 4, 27), date(2025, 5, 2)) == {
        date(2025, 4, 27): True,
        date(2025, 5, 1): False,
        date(2025, 5, 2): False,
    }
    assert last_entry(CalendarDay.objects.get(day=date(2025, 5, 2))) == (None, "calendar loaded", past.at(2))
    assert broken_records() == []
