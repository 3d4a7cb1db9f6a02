"""How a date was counted: the days, the holidays between, and the mark of a year without a table."""

from datetime import date

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.tracked import create
from findings.figures.counting import Passed, Table, counted, counted_until, is_estimate, marked, table_of
from findings.models import CalendarYear
from findings.workflow.calendar import load_calendar

QINGMING = {
    date(2025, 4, 3): (False, "清明节"), date(2025, 4, 4): (False, "清明节"), date(2025, 4, 6): (True, "调休上班"),
    date(2025, 4, 7): (False, ""),
}  # fmt: skip
TABLE = Table(QINGMING, frozenset({2025}))


def test_each_counted_day_and_each_holiday_is_named(english: None) -> None:
    found = counted(date(2025, 4, 1), 4, TABLE)

    assert found.days == [date(2025, 4, 2), date(2025, 4, 6), date(2025, 4, 8), date(2025, 4, 9)]
    assert found.on == date(2025, 4, 9)
    assert found.made_up == {date(2025, 4, 6)}
    assert found.passed == [
        Passed("清明节", [date(2025, 4, 3), date(2025, 4, 4)]), Passed("day off", [date(2025, 4, 7)])
    ]  # fmt: skip
    assert not found.is_estimate


def test_no_day_and_days_up_to_a_date() -> None:
    start = date(2025, 4, 4)

    assert counted(start, 0, TABLE).on == start
    assert counted_until(start, date(2025, 4, 9), TABLE).days == counted(start, 3, TABLE).days
    assert counted_until(start, date(2025, 4, 7), TABLE).on == date(2025, 4, 6)


def test_a_count_that_enters_a_year_without_a_table_is_an_estimate(english: None) -> None:
    assert counted(date(2025, 12, 30), 1, TABLE).is_estimate is False
    assert counted(date(2025, 12, 31), 1, TABLE).is_estimate is True
    assert is_estimate(frozenset({2024, 2026}), date(2026, 1, 1), date(2024, 12, 31))
    assert [marked("5 March", is_estimate) for is_estimate in (True, False)] == ["5 March (estimated)", "5 March"]


def test_the_table_costs_two_queries(db: None) -> None:
    create(CalendarYear, year=2025, by=None)
    load_calendar(QINGMING, by=None)

    with CaptureQueriesContext(connection) as asked:
        found = table_of(date(2025, 4, 4), date(2025, 4, 6))

    assert (found.years, sorted(found.names)) == ({2025}, [date(2025, 4, 4), date(2025, 4, 6)])
    assert len(asked) == 2


PAGE = Template("{% load counting %}{% for day in days %}{% guess day %};{% endfor %}{% guess days.0 days.1 %}")


@pytest.mark.parametrize("has_request", [True, False])
def test_the_mark_stands_beside_dates_of_years_without_a_table(db: None, english: None, has_request: bool) -> None:
    create(CalendarYear, year=2025, by=None)
    values = {"days": [date(2025, 12, 31), date(2026, 1, 5)]}
    context = Context(values | ({"request": RequestFactory().get("/")} if has_request else {}))

    with CaptureQueriesContext(connection) as asked:
        first, second, both = PAGE.render(context).split(";")

    assert ("estimated" in first, "estimated" in second, "estimated" in both) == (False, True, True)
    assert len(asked) == (1 if has_request else 3)


def test_the_component_lists_the_days(english: None) -> None:
    template = Template("{% load counting %}{% counted_days counted day %}")
    values = {"counted": counted(date(2025, 4, 1), 2, TABLE), "day": date(2025, 4, 7)}

    found = " ".join(template.render(Context(values)).split())

    assert "2025-04-01 + 2 working days = 2025-04-06" in found
    assert "<li>2025-04-02 Wed</li><li>2025-04-06 Sun <b>made up</b></li>" in found
    assert "Passed over, beside weekends: 清明节 04-03, 04-04" in found
    assert "On record is 2025-04-07, as the calendar or the rules of that time had it." in found
    plain = template.render(Context({"counted": counted(date(2025, 3, 3), 2, TABLE), "day": date(2025, 3, 5)}))
    assert "No holiday lies between" in plain
    assert "On record is" not in plain
