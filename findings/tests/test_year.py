"""A year in fast motion: each reminder, escalation and report once and on its day, against tables written by hand.

The tables follow from the rules, not from a run. ``year`` holds the acts: 1 is closed over New Year and relapses in
May, 2 is due on a Sunday and comes back once, 3 is due in the Spring Festival and is extended, 4 is due on the leap
day, 5 climbs the ladder of delays over Qingming, 6 falls silent, 7 becomes a standing measure, 8 is never done.
"""

from collections import Counter
from datetime import date, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import transaction
from pytest_django import DjangoDbBlocker

from findings import morning, tasks
from findings.choices import MessageKind
from findings.models import Message
from findings.tests import year as story
from findings.tests.factories import World, broken_records, moment
from findings.tests.year import CALENDAR, A, B, Year

pytestmark = pytest.mark.django_db

Row = tuple[date, str, str, str]

# --- The tables ---------------------------------------------------------------------------------------------

# Mornings | who | section | what it names. Days of one month, or from..to on working days; A and B are liaison and
# head of a department. A period's line says "measures without a report+drafts to submit".
DIGESTS = """
2023-12-04                | A B              | period   | 2023-11 4+0
2023-12-05                | liaison_b        | period   | 2023-11 2+0
2023-12-05                | head_b           | period   | 2023-11 2+2

2023-12-15 18             | A leader         | in 7     | 1
2023-12-19 20             | A leader         | in 3     | 1
2023-12-21                | head_a           | sign     | 1
2023-12-22 25 26          | leader           | sign     | 1
2023-12-27 28 29          | office           | sign     | 1
2024-01-02 03             | chief            | sign     | 1

2024-01-04                | office           | accept   | 3
2024-01-05 08             | office           | accept   | 2, 5, 7
2024-01-05 08             | B                | returned | 3
2024-01-05 08 09 10       | B                | period   | 2023-12 1+0

2024-01-12                | A leader         | days off | 2
2024-01-15 16 17          | A leader         | in 7     | 2
2024-01-18                | A leader         | in 3     | 2
2024-01-19                | A leader         | days off | 2
2024-01-22                | leader           | sign     | 2
2024-01-23                | office           | sign     | 2
2024-01-24 25             | A                | returned | 2
2024-01-24 25 26 29       | A leader         | overdue  | 2
2024-01-26                | leader           | sign     | 2
2024-01-29                | office           | sign     | 2

2024-01-15..2024-02-27    | B office         | silent   | 6

2024-02-02 04             | B                | period   | 2024-01 4+0
2024-02-05                | office           | accept   | 3, 4, 8
2024-02-05 06 07 08       | B                | period   | 2024-01 1+0

2024-02-07 08             | B other_leader   | in 7     | 3
2024-02-09                | B other_leader   | days off | 3
2024-02-18                | other_leader     | sign     | 3
2024-02-19                | office           | sign     | 3

2024-02-22 23             | B other_leader   | in 7     | 4
2024-02-26 27             | B other_leader   | in 3     | 4
2024-02-28                | B other_leader   | tomorrow | 4
2024-02-29                | B other_leader   | today    | 4
2024-03-01                | other_leader     | sign     | 4
2024-03-04                | office           | sign     | 4
2024-03-05                | chief            | sign     | 4

2024-03-04                | B                | period   | 2024-02 2+0

2024-03-08 11             | B other_leader   | in 7     | 3
2024-03-12 13             | B other_leader   | in 3     | 3
2024-03-14                | other_leader     | sign     | 3
2024-03-15                | office           | sign     | 3
2024-03-18                | chief            | sign     | 3

2024-03-20                | leader           | sign     | 7
2024-03-21                | office           | sign     | 7

2024-03-22 25             | A other_leader   | in 7     | 5
2024-03-26 27             | A other_leader   | in 3     | 5
2024-03-28                | A other_leader   | tomorrow | 5
2024-03-29                | A other_leader   | today    | 5
2024-04-01..2024-05-06    | A other_leader   | overdue  | 5
2024-04-03 07 08 09 10    | A                | period   | 2024-03 1+0
2024-04-23                | A                | notice   | no. 1
2024-04-24 25             | head_a           | notice   | no. 1
2024-04-26                | office           | notice   | no. 1
2024-04-29                | other_leader     | sign     | 5
2024-04-30                | office           | sign     | 5
2024-05-06                | chief            | sign     | 5

2024-05-11..2024-05-27    | A leader         | overdue  | 1
2024-05-23                | leader           | sign     | 1
2024-05-24                | office           | sign     | 1
2024-05-27                | chief            | sign     | 1

2024-06-13 14 17 18 19 20 | A leader office  | re-check | 7
2024-06-21 24 25 26       | A leader office  | re-check missed | 7
2024-09-09 10 11 12 13 14 | A leader office  | re-check | 7

2024-07-02 03             | B                | period   | 2024-Q2 2+0

2024-08-23 26             | B leader         | in 7     | 6
2024-08-27 28             | B leader         | in 3     | 6
2024-08-29                | leader           | sign     | 6
2024-08-30                | office           | sign     | 6
2024-09-02                | chief            | sign     | 6

2024-09-23 24 25 26       | B other_leader   | in 7     | 8
2024-09-27                | B other_leader   | in 3     | 8
2024-09-29                | B other_leader   | tomorrow | 8
2024-09-30                | B other_leader   | today    | 8
2024-10-08..2024-10-18    | B other_leader   | overdue  | 8
2024-10-09                | A                | period   | 2024-Q3 1+0
2024-10-09 10 11 12 14 15 | B                | period   | 2024-Q3 1+0
2024-10-10                | office           | accept   | 7
"""
# All other messages: the ladder of delays, and what an act tells at once.
EVENTS = """
2023-12-12 | office         | report    | 2023-11
2023-12-20 | head_a         | sign      | 1
2023-12-21 | leader         | sign      | 1
2023-12-26 | office         | sign      | 1
2023-12-29 | chief          | sign      | 1
2024-01-03 | liaison_a      | closed    | 1
2024-01-04 | head_b         | returned  | 3
2024-01-11 | office         | report    | 2023-12
2024-01-19 | leader         | sign      | 2
2024-01-22 | office         | sign      | 2
2024-01-23 | head_a         | returned  | 2
2024-01-24 | head_a         | escalated | 2
2024-01-25 | leader         | sign      | 2
2024-01-26 | office         | sign      | 2
2024-01-29 | chief          | sign      | 2
2024-01-29 | head_a         | closed    | 2
2024-02-09 | office         | report    | 2024-01
2024-02-09 | other_leader   | sign      | 3
2024-02-18 | office         | sign      | 3
2024-02-19 | head_b         | extended  | 3
2024-02-29 | other_leader   | sign      | 4
2024-03-01 | office         | sign      | 4
2024-03-04 | chief          | sign      | 4
2024-03-05 | head_b         | closed    | 4
2024-03-12 | office         | report    | 2024-02
2024-03-13 | other_leader   | sign      | 3
2024-03-14 | office         | sign      | 3
2024-03-15 | chief          | sign      | 3
2024-03-18 | head_b         | closed    | 3
2024-03-19 | leader         | sign      | 7
2024-03-20 | office         | sign      | 7
2024-03-21 | head_a         | extended  | 7
2024-04-03 | head_a         | escalated | 5
2024-04-10 | other_leader   | escalated | 5
2024-04-11 | office         | report    | 2024-03
2024-04-22 | office         | escalated | 5
2024-04-22 | A other_leader | notice    | 5
2024-04-25 | office         | notice    | 5
2024-04-26 | A              | notice    | 5
2024-04-28 | other_leader   | sign      | 5
2024-04-29 | office         | sign      | 5
2024-04-30 | chief          | sign      | 5
2024-05-06 | head_a         | closed    | 5
2024-05-10 | A              | reopened  | 1
2024-05-14 | head_a         | escalated | 1
2024-05-20 | leader         | escalated | 1
2024-05-22 | leader         | sign      | 1
2024-05-23 | office         | sign      | 1
2024-05-24 | chief          | sign      | 1
2024-05-27 | head_a         | closed    | 1
2024-07-10 | office         | report    | 2024-Q2
2024-08-28 | leader         | sign      | 6
2024-08-29 | office         | sign      | 6
2024-08-30 | chief          | sign      | 6
2024-09-02 | head_b         | closed    | 6
2024-10-10 | head_b         | escalated | 8
2024-10-15 | other_leader   | escalated | 8
2024-10-16 | office         | report    | 2024-Q3
"""
# Period | opened | progress due | last day before the lock.
PERIODS = """
2023-11 | 2023-11-13 | 2023-12-07 | 2023-12-11
2023-12 | 2023-12-01 | 2024-01-08 | 2024-01-10
2024-01 | 2024-01-01 | 2024-02-06 | 2024-02-08
2024-02 | 2024-02-01 | 2024-03-07 | 2024-03-11
2024-03 | 2024-03-01 | 2024-04-08 | 2024-04-10
2024-Q2 | 2024-04-01 | 2024-07-05 | 2024-07-09
2024-Q3 | 2024-07-01 | 2024-10-12 | 2024-10-15
"""
# Compiled | period | last day | open before | added | closed | reopened | extended | converted | overdue | who did
# not report | closed and open at the end.
REPORTS = """
2023-12-12 | 2023-11 | 2023-11-30 | 0 | 1 2 3 4 5 6 7 8 |     |   |   |   |   |              | 0 8
2024-01-11 | 2023-12 | 2023-12-31 | 8 |                 |     |   |   |   |   | Department b | 0 8
2024-02-09 | 2024-01 | 2024-01-31 | 8 |                 | 1 2 |   |   |   |   | Department b | 2 6
2024-03-12 | 2024-02 | 2024-02-29 | 6 |                 |     |   | 3 |   |   |              | 2 6
2024-04-11 | 2024-03 | 2024-03-31 | 6 |                 | 3 4 |   |   | 7 | 5 | Department a | 4 4
2024-07-10 | 2024-Q2 | 2024-06-30 | 4 |                 | 1 5 | 1 |   |   |   |              | 5 3
2024-10-16 | 2024-Q3 | 2024-09-30 | 3 |                 | 6   |   |   |   |   | Department b | 6 2
"""


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.splitlines() if line.strip()]


def days_of(text: str) -> list[date]:
    """The days of the first column: of one month, or every working day from..to."""
    if ".." in text:
        first, last = map(date.fromisoformat, text.split(".."))
        span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return [day for day in span if is_worked(day)]
    first, *rest = text.split()
    return [date.fromisoformat(first[:8] + number) for number in (first[8:], *rest)]


def is_worked(day: date) -> bool:
    return CALENDAR[day][0] if day in CALENDAR else day.weekday() < 5


def rows(table: str) -> list[Row]:
    """The table with a row for each day, person and thing named."""
    crowds = {"A": A, "B": B}
    return sorted(
        (day, person, kind, name)
        for days, who, kind, names in cells(table)
        for day in days_of(days)
        for word in who.split()
        for person in crowds.get(word, [word])
        for name in names.split(", ")
    )


# --- The walk -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lived(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Year:
    """The year lived through once for the tests that look back on it."""
    with django_db_blocker.unblock(), transaction.atomic():
        with time_machine.travel(moment(story.BEGIN, 9), tick=False):
            world = story.make_year()
        mail.outbox.clear()
        year = story.walk(world)
        year.broken = broken_records()
        transaction.set_rollback(True)
    return year


def test_each_line_of_a_digest_comes_on_its_morning(lived: Year) -> None:
    assert sorted(lived.digests) == rows(DIGESTS)


def test_each_delay_and_event_is_told_once(lived: Year) -> None:
    assert sorted(lived.events) == rows(EVENTS)


def test_nothing_of_the_morning_comes_on_a_day_off_or_after_the_end(lived: Year) -> None:
    mornings = {row[0] for row in lived.digests} | {row[0] for row in lived.events if row[2] == "escalated"}

    assert [day for day in sorted(mornings) if not is_worked(day)] == []
    assert max(row[0] for row in lived.digests + lived.events) == date(2024, 10, 18)


def test_a_second_run_writes_nothing_and_every_message_leaves_once(lived: Year) -> None:
    assert (lived.repeated, lived.unsent) == (0, 0)
    assert Counter(lived.mails) == Counter(lived.due_mails)


def test_periods_open_and_lock_by_the_calendar(lived: Year) -> None:
    expected = [(code, *map(date.fromisoformat, days)) for code, *days in cells(PERIODS)]

    assert lived.periods == expected


def test_each_period_has_its_report_on_the_day_after_its_lock(lived: Year) -> None:
    changes = ("added", "closed", "reopened", "extended", "converted")
    found = [
        [day.isoformat(), code, said["ends_on"], str(said["opening"])]
        + [" ".join(map(str, said[name])) for name in changes]
        + [" ".join(str(number) for number, _days in said["overdue"]), " ".join(said["missing"])]
        + [f"{said['summary']['counts']['closed']} {8 - said['summary']['counts']['closed']}"]
        for day, code, said in lived.reports
    ]

    assert found == cells(REPORTS)
    assert [check for _day, _code, said in lived.reports for check in said["checks"] if not check["holds"]] == []


def test_the_record_of_the_year_is_whole(lived: Year) -> None:
    assert lived.broken == []


# --- Missed and repeated mornings ---------------------------------------------------------------------------

# The scheduler rests from Friday to Tuesday. 1 was due on 2023-12-22 and nobody has begun anything: its delay of 15
# working days falls on the Monday, the notice of 2, due on Sunday the 21st, on the Friday.
DOWN = [date(2024, 1, 12), date(2024, 1, 15), date(2024, 1, 16)]
CAUGHT_UP = """
2024-01-11 17 18 | A leader | overdue | 1
2024-01-11 17 18 | A        | silent  | 2, 5, 7
2024-01-11 17 18 | B        | silent  | 3, 4, 6
2024-01-11 17 18 | office   | silent  | 1, 2, 3, 4, 5, 6, 7
2024-01-17       | A leader | in 7    | 2
2024-01-18       | A leader | in 3    | 2
"""
CAUGHT_UP_EVENTS = """
2024-01-11 | head_a | escalated | 1
2024-01-11 | leader | escalated | 1
2024-01-11 | office | report    | 2023-11
2024-01-11 | office | report    | 2023-12
2024-01-17 | office | escalated | 1
"""


@pytest.fixture
def begun(db: None) -> World:
    """The year on the morning of the feedback."""
    with time_machine.travel(moment(story.BEGIN, 9), tick=False):
        return story.make_year()


def test_missed_mornings_are_caught_up_once(begun: World) -> None:
    year = story.walk(begun, date(2024, 1, 11), date(2024, 1, 18), is_up=lambda on: on not in DOWN)

    assert sorted(year.digests) == rows(CAUGHT_UP)
    assert sorted(year.events) == rows(CAUGHT_UP_EVENTS)
    assert (year.repeated, year.unsent) == (0, 0)
    assert Counter(year.mails) == Counter(year.due_mails)


def test_two_runs_on_a_make_up_sunday(begun: World) -> None:
    with time_machine.travel(moment(date(2024, 2, 3), 9), tick=False):
        saturday = morning.remind(date(2024, 2, 3))
    with time_machine.travel(moment(date(2024, 2, 4), 9), tick=False):
        first, second = morning.remind(date(2024, 2, 4)), morning.remind(date(2024, 2, 4))

    assert (saturday.is_working_day, saturday.written) == (False, 0)
    # Digests for both departments, the leader and the office; the delay of 1 has reached three, that of 2 two.
    assert first.by_kind == Counter({MessageKind.DIGEST: 6, MessageKind.ESCALATED: 5})
    assert (second.is_working_day, second.written, second.skipped) == (True, 0, 11)


def test_a_clock_set_back_says_nothing_twice(begun: World) -> None:
    written = []
    for hour in (9, 8, 9):
        with time_machine.travel(moment(date(2024, 2, 5), hour), tick=False):
            written.append(tasks.remind_due()["written"])
            tasks.send_messages()

    assert (written[0] > 0, written[1:]) == (True, [0, 0])
    assert len(mail.outbox) == written[0] == Message.objects.count()
