"""Days and deadlines: each rule as predicate and as row filter on the same cases."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from accounts.tracked import create
from findings import dates
from findings.choices import DocumentAction, MeasureStatus, Nature, NoticeStatus, PeriodKind
from findings.dates import Span
from findings.models import Measure, RuleDocument, SupervisionNotice
from findings.models.issue import MeasureQuerySet
from findings.tests import factories
from findings.tests.factories import World

ON = date(2025, 6, 10)
EVE, MORROW = ON - timedelta(days=1), ON + timedelta(days=1)
S, N = MeasureStatus, Nature


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(1, 1, 1), "The day 0001-01-01 lies outside 1990-01-01 to 2099-12-31."),
        (date(1989, 12, 31), "The day 1989-12-31 lies outside 1990-01-01 to 2099-12-31."),
        (date(1990, 1, 1), ""),
        (date(2099, 12, 31), ""),
        (date(2100, 1, 1), "The day 2100-01-01 lies outside 1990-01-01 to 2099-12-31."),
    ],
)
@pytest.mark.usefixtures("english")
def test_out_of_range(day: date, told: str) -> None:
    assert dates.out_of_range(day) == told


# --- Working days ------------------------------------------------------------------------------------------

# National Day 2021: 1 to 7 October off, made up on Sunday 26 September and Saturday 9 October.
NATIONAL_DAY = {date(2021, 10, day): False for day in range(1, 8)} | {
    date(2021, 9, 26): True,
    date(2021, 10, 9): True,
}


@pytest.mark.parametrize(
    ("day", "calendar", "works"),
    [
        (date(2021, 9, 24), {}, True),  # Friday
        (date(2021, 9, 25), {}, False),  # Saturday
        (date(2021, 9, 26), {}, False),  # Sunday
        (date(2021, 9, 26), NATIONAL_DAY, True),  # made up
        (date(2021, 10, 1), {}, True),
        (date(2021, 10, 1), NATIONAL_DAY, False),
        (date(2021, 10, 9), NATIONAL_DAY, True),
        (date(2021, 10, 10), NATIONAL_DAY, False),
    ],
)
def test_is_working_day(day: date, calendar: dict, works: bool) -> None:
    assert dates.is_working_day(day, calendar) is works


def test_counted_days_go_round_the_holidays() -> None:
    counted = dates.counted_days(date(2021, 9, 30), 5, NATIONAL_DAY)

    assert counted == [date(2021, 10, day) for day in (8, 9, 11, 12, 13)]
    assert dates.working_day_after(date(2021, 9, 30), 5, NATIONAL_DAY) == date(2021, 10, 13)
    assert dates.working_day_after(date(2021, 9, 30), 5, {}) == date(2021, 10, 7)


def test_working_days_between_counts_the_last_day_and_not_the_first() -> None:
    assert dates.working_days_between(date(2021, 9, 30), date(2021, 10, 13), NATIONAL_DAY) == 5
    assert dates.working_days_between(date(2021, 9, 24), date(2021, 9, 27), NATIONAL_DAY) == 2
    assert dates.working_days_between(ON, ON, {}) == 0
    assert dates.working_days_between(MORROW, ON, {}) == 0


days = st.dates(date(2015, 1, 1), date(2035, 12, 31))
calendars = st.dictionaries(days, st.booleans(), max_size=30)


@given(days, st.integers(1, 40), calendars)
def test_working_day_after_lies_so_many_working_days_later(day: date, count: int, calendar: dict) -> None:
    found = dates.working_day_after(day, count, calendar)

    assert dates.is_working_day(found, calendar)
    assert dates.working_days_between(day, found, calendar) == count


def test_today_is_the_day_of_the_site() -> None:
    with time_machine.travel("2025-06-09T16:30:00+00:00", tick=False):  # half past midnight in Shanghai
        assert dates.today() == date(2025, 6, 10)


# --- Months, quarters, spans -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2024, 2, 1), date(2024, 2, 29)),
        (date(2024, 2, 29), date(2024, 2, 29)),
        (date(2023, 2, 28), date(2023, 2, 28)),
        (date(2025, 12, 31), date(2025, 12, 31)),
        (date(2025, 4, 30), date(2025, 4, 30)),
        (date(2025, 1, 31), date(2025, 1, 31)),
    ],
)
def test_month_end(day: date, last: date) -> None:
    assert dates.month_end(day) == last


@pytest.mark.parametrize(
    ("day", "quarter", "last"),
    [
        (date(2025, 1, 1), 1, date(2025, 3, 31)),
        (date(2025, 3, 31), 1, date(2025, 3, 31)),
        (date(2025, 4, 1), 2, date(2025, 6, 30)),
        (date(2025, 9, 30), 3, date(2025, 9, 30)),
        (date(2025, 10, 1), 4, date(2025, 12, 31)),
        (date(2025, 12, 31), 4, date(2025, 12, 31)),
    ],
)
def test_quarter(day: date, quarter: int, last: date) -> None:
    assert (dates.quarter_of(day), dates.quarter_end(day)) == (quarter, last)


def test_spans_are_months_and_then_quarters() -> None:
    spans = dates.reporting_spans(date(2021, 3, 1), date(2021, 7, 31), date(2021, 10, 15))

    assert list(spans) == [
        Span(PeriodKind.MONTH, "2021-03", date(2021, 3, 1), date(2021, 3, 31)),
        Span(PeriodKind.MONTH, "2021-04", date(2021, 4, 1), date(2021, 4, 30)),
        Span(PeriodKind.MONTH, "2021-05", date(2021, 5, 1), date(2021, 5, 31)),
        Span(PeriodKind.MONTH, "2021-06", date(2021, 6, 1), date(2021, 6, 30)),
        Span(PeriodKind.MONTH, "2021-07", date(2021, 7, 1), date(2021, 7, 31)),
        Span(PeriodKind.QUARTER, "2021-Q3", date(2021, 8, 1), date(2021, 9, 30)),
        Span(PeriodKind.QUARTER, "2021-Q4", date(2021, 10, 1), date(2021, 12, 31)),
    ]


def test_spans_of_a_phase_that_ends_within_a_month() -> None:
    spans = dates.reporting_spans(date(2024, 2, 10), date(2024, 3, 15), date(2024, 4, 1))

    assert [(span.code, span.starts_on, span.ends_on) for span in spans] == [
        ("2024-02", date(2024, 2, 10), date(2024, 2, 29)),
        ("2024-03", date(2024, 3, 1), date(2024, 3, 15)),
        ("2024-Q1", date(2024, 3, 16), date(2024, 3, 31)),
        ("2024-Q2", date(2024, 4, 1), date(2024, 6, 30)),
    ]


def test_spans_before_the_feedback_are_none() -> None:
    assert list(dates.reporting_spans(ON, MORROW, EVE)) == []


@given(days, st.integers(0, 500), st.integers(-5, 900))
def test_spans_hold_each_day_once(feedback: date, phase: int, length: int) -> None:
    until, last = feedback + timedelta(days=phase), feedback + timedelta(days=length)

    spans = list(dates.reporting_spans(feedback, until, last))

    covered = [
        span.starts_on + timedelta(days=n) for span in spans for n in range((span.ends_on - span.starts_on).days + 1)
    ]
    assert covered == [feedback + timedelta(days=n) for n in range(len(covered))]
    assert not spans or covered[-1] >= last
    assert len({span.code for span in spans}) == len(spans)
    assert all((span.kind == PeriodKind.MONTH) == (span.ends_on <= until) for span in spans)
    assert all(span.starts_on <= last for span in spans)


# --- Deadlines: predicate and filter -----------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """The facts about a measure that the rules ask for."""

    deadline: date | None = EVE
    status: str = S.IN_PROGRESS
    nature: str = N.DATED
    recheck_on: date | None = None
    retired_on: date | None = None


def store_case(world: World, case: Case) -> Measure:
    """A row with just these facts, whatever led to them."""
    values = asdict(case) | {"original_deadline": case.deadline}
    values["started_on"] = None if case.status == S.NOT_STARTED else world.day(1)
    values["closed_on"] = world.day(9) if case.status == S.CLOSED else None
    return factories.make_measure(world, **values)


OVERDUE = {
    Case(deadline=EVE): True,
    Case(deadline=ON): False,
    Case(deadline=MORROW): False,
    Case(deadline=None): False,
    Case(status=S.NOT_STARTED): True,
    Case(status=S.WAITING): True,
    Case(status=S.CLOSED): False,
    Case(nature=N.IMMEDIATE): True,
    Case(nature=N.PHASED): True,
    Case(nature=N.STANDING): False,
    Case(nature=N.STANDING, status=S.CLOSED): False,
}


def rows_where(world: World, cases: Iterable[Case], rule: Callable[[MeasureQuerySet], MeasureQuerySet]) -> list[Case]:
    """The cases whose stored rows the filter lets through."""
    stored = {store_case(world, case).pk: case for case in cases}
    found = rule(Measure.objects.filter(pk__in=stored)).order_by("number")
    return [stored[row.pk] for row in found]


def test_overdue(past: World) -> None:
    for case, late in OVERDUE.items():
        facts = {"deadline": case.deadline, "status": case.status, "nature": case.nature, "on": ON}
        assert dates.is_overdue(excused=False, **facts) is late, case
        assert dates.is_overdue(excused=True, **facts) is False, case

    found = rows_where(past, OVERDUE, lambda rows: rows.overdue(ON))

    assert found == [case for case, late in OVERDUE.items() if late]


DUE_SOON = {
    Case(deadline=EVE): False,
    Case(deadline=ON): True,
    Case(deadline=ON + timedelta(days=7)): True,
    Case(deadline=ON + timedelta(days=8)): False,
    Case(deadline=None): False,
    Case(deadline=ON, status=S.NOT_STARTED): True,
    Case(deadline=ON, status=S.WAITING): True,
    Case(deadline=ON, status=S.CLOSED): False,
    Case(deadline=ON, nature=N.PHASED): True,
    Case(deadline=ON, nature=N.STANDING): False,
}


def test_due_soon(past: World) -> None:
    for case, soon in DUE_SOON.items():
        facts = {"deadline": case.deadline, "status": case.status, "nature": case.nature}
        assert dates.is_due_soon(**facts, on=ON, within=7) is soon, case

    found = rows_where(past, DUE_SOON, lambda rows: rows.filter(dates.due_soon_q(ON, 7)))

    assert found == [case for case, soon in DUE_SOON.items() if soon]


def test_due_soon_within_no_days_is_the_day_itself() -> None:
    facts = {"status": S.IN_PROGRESS, "nature": N.DATED, "on": ON, "within": 0}

    assert [dates.is_due_soon(deadline=day, **facts) for day in (EVE, ON, MORROW)] == [False, True, False]


DUE_LATER = {
    Case(deadline=ON + timedelta(days=7)): False,  # due soon
    Case(deadline=ON + timedelta(days=8)): True,
    Case(deadline=ON + timedelta(days=30)): True,
    Case(deadline=ON + timedelta(days=31)): False,
    Case(deadline=EVE): False,
    Case(deadline=None): False,
    Case(deadline=ON + timedelta(days=20), status=S.WAITING): True,
    Case(deadline=ON + timedelta(days=20), status=S.CLOSED): False,
    Case(deadline=ON + timedelta(days=20), nature=N.STANDING): False,
}


def test_due_later(past: World) -> None:
    for case, later in DUE_LATER.items():
        facts = {"deadline": case.deadline, "status": case.status, "nature": case.nature, "on": ON, "within": 7}
        assert dates.is_due_later(**facts, ahead=30) is later, case
        assert dates.is_due_later(**facts, ahead=7) is dates.is_due_later(**facts, ahead=None) is False, case

    found = rows_where(past, DUE_LATER, lambda rows: rows.filter(dates.due_later_q(ON, 7, 30)))

    assert found == [case for case, later in DUE_LATER.items() if later]
    rows = Measure.objects.all()
    assert not rows.filter(dates.due_later_q(ON, 7, 7)).exists()
    assert not rows.filter(dates.due_later_q(ON, 7, None)).exists()


def test_reply_late(past: World) -> None:
    cases = {
        (status, day): day == 19 and status in (NoticeStatus.ISSUED, NoticeStatus.RECEIVED)
        for status in NoticeStatus
        for day in (19, 20, 21)
    }
    stored = {factories.notice_at(status, past, due_on=past.day(day)).pk: (status, day) for status, day in cases}
    for (status, day), late in cases.items():
        assert dates.is_reply_late(due_on=past.day(day), status=status, on=past.day(20)) is late, (status, day)

    found = SupervisionNotice.objects.filter(dates.reply_late_q(past.day(20)))

    assert {stored[row.pk] for row in found} == {case for case, late in cases.items() if late}


RECHECK_MISSED = {
    Case(nature=N.STANDING, recheck_on=EVE): True,
    Case(nature=N.STANDING, recheck_on=EVE, status=S.CLOSED): True,
    Case(nature=N.STANDING, recheck_on=ON): False,
    Case(nature=N.STANDING, recheck_on=None): False,
    Case(nature=N.PHASED, recheck_on=EVE): False,
}


def test_recheck_missed(past: World) -> None:
    for case, missed in RECHECK_MISSED.items():
        assert dates.is_recheck_missed(recheck_on=case.recheck_on, nature=case.nature, on=ON) is missed, case

    found = rows_where(past, RECHECK_MISSED, lambda rows: rows.filter(dates.recheck_missed_q(ON)))

    assert found == [case for case, missed in RECHECK_MISSED.items() if missed]


RECHECK_DUE = {
    Case(nature=N.STANDING, recheck_on=EVE): False,
    Case(nature=N.STANDING, recheck_on=ON): True,
    Case(nature=N.STANDING, recheck_on=ON + timedelta(days=7)): True,
    Case(nature=N.STANDING, recheck_on=ON + timedelta(days=8)): False,
    Case(nature=N.STANDING, recheck_on=None): False,
    Case(nature=N.PHASED, recheck_on=ON): False,
}


def test_recheck_due(past: World) -> None:
    until = ON + timedelta(days=7)
    for case, near in RECHECK_DUE.items():
        found = dates.is_recheck_due(recheck_on=case.recheck_on, nature=case.nature, on=ON, until=until)
        assert found is near, case

    rows = rows_where(past, RECHECK_DUE, lambda rows: rows.filter(dates.recheck_due_q(ON, until)))

    assert rows == [case for case, near in RECHECK_DUE.items() if near]


NEW, REPEALED = DocumentAction.NEW, DocumentAction.REPEALED
# (action, issued on, out of force from, check of use): in force, check of use missed
DOCUMENTS: dict[tuple[str, date, date | None, date | None], tuple[bool, bool]] = {
    (NEW, ON, None, None): (True, False),
    (NEW, MORROW, None, None): (False, False),
    (NEW, EVE, MORROW, EVE): (True, True),
    (NEW, EVE, ON, EVE): (False, False),
    (NEW, EVE, EVE, EVE): (False, False),
    (NEW, EVE, None, ON): (True, False),
    (NEW, EVE, None, MORROW): (True, False),
    (DocumentAction.AMENDED, EVE, None, EVE): (True, True),
    (REPEALED, EVE, None, EVE): (False, False),
}


def test_documents_in_force_and_checks_of_use_missed(past: World) -> None:
    stored = {}
    for number, (case, (stands, missed)) in enumerate(DOCUMENTS.items()):
        action, issued_on, repealed_on, use_check_on = case
        days = {"issued_on": issued_on, "repealed_on": repealed_on}
        assert dates.is_in_force(action=action, **days, on=ON) is stands, case
        assert dates.is_use_check_missed(use_check_on=use_check_on, action=action, **days, on=ON) is missed, case
        row = create(RuleDocument, by=None, campaign=past.campaign, title=str(number), kind="rule", action=action,
                     department=past.a, use_check_on=use_check_on, **days)  # fmt: skip
        stored[row.pk] = case

    for place, rule in enumerate((dates.in_force_q(ON), dates.use_check_missed_q(ON))):
        found = RuleDocument.objects.filter(rule).order_by("pk")
        assert [stored[row.pk] for row in found] == [case for case, answer in DOCUMENTS.items() if answer[place]]


def test_in_plan_until_the_day_of_retirement(past: World) -> None:
    cases = [Case(retired_on=day) for day in (None, MORROW, ON, EVE)]

    found = rows_where(past, cases, lambda rows: rows.in_plan(ON))

    assert [case.retired_on for case in found] == [None, MORROW]
    assert [case for case in cases if dates.is_in_plan(retired_on=case.retired_on, on=ON)] == found


def test_days_until_counts_back_from_a_day_gone_by() -> None:
    day = date(2025, 3, 1)

    assert [dates.days_until(day, on) for on in (date(2025, 2, 28), day, date(2025, 3, 4))] == [1, 0, -3]
