"""Delays told to those above, each once; the preview of a morning, and what a morning costs."""

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import people
from findings import morning
from findings.choices import (
    MeasureStatus,
    MessageKind,
)
from findings.models import Job, Message
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.tests.test_morning import DUE, FRIDAY, SATURDAY, THURSDAY, escalated, rule
from findings.workflow import measure
from findings.workflow.calendar import load_calendar

# --- Escalation --------------------------------------------------------------------------------------------


def test_delay_climbs_to_head_leader_and_office(past: World) -> None:
    told = []
    # Monday the 16th is the third working day after Wednesday, Friday the 20th the 7th, Wednesday 2 July the 15th.
    for day in (date(2025, 6, 13), date(2025, 6, 16), date(2025, 6, 19), date(2025, 6, 20), date(2025, 7, 1),
                date(2025, 7, 2)):  # fmt: skip
        morning.remind(day)
        told.append(len(escalated()))

    assert escalated() == [
        ("head_a", 1), ("head_a", 2), ("head_b", 3),
        ("leader", 1), ("leader", 2), ("other_leader", 3),
        ("office", 1), ("office", 2), ("office", 3),
    ]  # fmt: skip
    assert told == [0, 3, 3, 6, 6, 9]


def test_delay_is_counted_in_working_days(past: World) -> None:
    load_calendar({THURSDAY: (False, "holiday")}, by=None)

    morning.remind(DUE + timedelta(days=5))  # Monday, now the second working day

    assert escalated() == []


def test_delay_found_late_tells_every_level_once(past: World) -> None:
    on = DUE + timedelta(days=40)
    first, second = morning.remind(on), morning.remind(on + timedelta(days=1))

    assert first.by_kind[MessageKind.ESCALATED] == 9
    assert (second.by_kind[MessageKind.ESCALATED], second.skipped) == (0, 9)


def test_delay_of_another_deadline_is_told_again(past: World) -> None:
    row = factories.ready(past, past.measures[2])
    morning.remind(DUE + timedelta(days=5))
    Message.objects.exclude(recipient=past.head_b).delete()

    factories.climb(past, factories.extension_at("", past, row=row))
    morning.remind(DUE + timedelta(days=40))

    keys = Message.objects.filter(kind=MessageKind.ESCALATED, recipient=past.head_b).order_by("pk")
    assert [row.key.split("/")[2] for row in keys] == ["2025-06-11", "2025-07-11"]


def test_delay_has_its_words_and_its_page(past: World) -> None:
    morning.remind(DUE + timedelta(days=5))

    message = Message.objects.get(kind=MessageKind.ESCALATED, recipient=past.head_b)
    row = past.measures[2]
    assert message.subject == "3 working days overdue: measure 3"
    assert message.body == "Measure 3 “Measure 3” of Department b was due on 11 June: 3 working days ago."
    assert (message.link, message.measure_id) == (f"/measures/{row.pk}/", row.pk)


def test_delay_of_a_measure_that_nobody_leads_reaches_the_office(past: World) -> None:
    row = factories.make_measure(past, lead_department=None, lead_leader=None, deadline=past.day(20))

    morning.remind(past.day(60))

    assert escalated() == [("office", row.number)]


def test_delay_of_a_reopened_measure_is_told_again(past: World) -> None:
    row = factories.reopened(past, row=factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[2]))
    morning.remind(DUE + timedelta(days=5))
    first = set(Message.objects.filter(kind="escalated", measure=row).values_list("key", flat=True))

    factories.close(past, factories.mended(past, row))
    measure.reopen(fresh(row), by=past.office, note="Again", at=past.at(40))
    morning.remind(DUE + timedelta(days=5))

    second = set(Message.objects.filter(kind="escalated", measure=row).values_list("key", flat=True)) - first
    assert {key.split("/")[3] for key in first} == {"1"}
    assert {key.split("/")[3] for key in second} == {"2"}


def test_delay_of_a_relapse_after_the_deadline_is_counted_from_the_reopening(past: World) -> None:
    row = factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[2])
    factories.reopened(past, row=row, day=140)  # Monday 2025-07-21, 40 days after the deadline

    told = {}
    for day in (141, 142, 143, 148, 149, 150):
        morning.remind(past.day(day))
        told[day] = [who for who, number in escalated() if number == 3]

    first, second = ["head_b"], ["head_b", "other_leader"]
    assert told == {141: [], 142: [], 143: first, 148: first, 149: second, 150: second}
    message = Message.objects.get(kind=MessageKind.ESCALATED, recipient=past.head_b, measure=row)
    assert message.subject == "3 working days overdue: measure 3"
    assert message.body == (
        "Measure 3 “Measure 3” of Department b was due on 11 June: 31 working days ago. It was opened again on "
        "21 July; the delay is counted from that day."
    )


def test_delay_leads_the_office_to_a_notice(past: World) -> None:
    morning.remind(date(2025, 7, 2))

    row = Message.objects.get(kind=MessageKind.ESCALATED, recipient=past.office, measure=past.measures[2])
    assert row.link == f"/campaigns/campaign-1/notices/new/?measure={past.measures[2].pk}"
    assert "A supervision notice is ready" in row.body
    assert row.reason == "Rule: once a delay has reached 15 working days, the rectification office is told."


def test_delay_told_late_agrees_with_its_rule(past: World) -> None:
    """After an outage all levels are told in one morning, 15 working days after the deadline."""
    morning.remind(date(2025, 7, 2))

    row = Message.objects.get(kind=MessageKind.ESCALATED, recipient=past.other_leader)
    assert row.subject == "15 working days overdue: measure 3"
    assert row.reason == "Rule: once a delay has reached 7 working days, the lead leader is told."


def test_delay_by_own_rules(past: World) -> None:
    rule(past, "delay-head", offset=1, roles="head,chief", wording_en="Look here", channels="")
    rule(past, "delay-leader", is_active=False)

    morning.remind(date(2025, 6, 12))
    morning.remind(date(2025, 6, 20))

    assert sorted(set(escalated())) == [("chief", 1), ("chief", 2), ("chief", 3), ("head_a", 1), ("head_a", 2),
                                        ("head_b", 3)]  # fmt: skip
    message = Message.objects.filter(kind=MessageKind.ESCALATED, recipient=past.head_b).get()
    assert (message.body.split("\n\n")[0], message.channels) == ("Look here", "")


def test_many_delays_of_one_morning_leave_as_few_messages(past: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is taken over overdue stands in the inbox row by row, and floods nobody's mail."""
    monkeypatch.setattr("findings.morning.delays.MOST_ALONE", 3)
    factories.measures(past, 4)  # a leads six that are overdue then, b one

    first = morning.remind(date(2025, 6, 16))
    second = morning.remind(date(2025, 6, 16))

    rows = Message.objects.filter(kind=MessageKind.ESCALATED).order_by("pk").select_related("recipient")
    found = [(row.recipient.username, row.key.split("/")[1].split("-")[0], row.channels) for row in rows]
    assert sorted(found) == [
        ("head_a", "measure", ""), ("head_a", "measure", ""), ("head_a", "measure", ""), ("head_a", "measure", "*"),
        ("head_a", "measure", "*"), ("head_a", "measure", "*"), ("head_a", "more", "*"), ("head_b", "measure", "*"),
    ]  # fmt: skip
    more = rows.get(key__startswith="escalated/more/")
    assert (more.subject, more.link, more.measure) == ("3 more delays stand in your inbox", "/inbox/", None)
    assert more.body == "Beside those sent one by one, 3 more delays were told this morning; they stand in your inbox."
    assert (first.by_kind[MessageKind.ESCALATED], second.written) == (8, 0)


def test_a_closed_account_hears_of_no_delay(past: World) -> None:
    people.set_active(past.other_leader, False, by=None)

    morning.remind(date(2025, 6, 20))

    assert "other_leader" not in dict(escalated())


# --- Preview and speed -------------------------------------------------------------------------------------


def test_preview_says_what_the_morning_writes_and_writes_nothing(past: World) -> None:
    on = DUE + timedelta(days=5)

    found = morning.preview(on, past.court.pk, today=on)

    assert Message.objects.count() == 0
    morning.remind(on)
    assert {draft.key: draft.body for draft in found.drafts} == dict(Message.objects.values_list("key", "body"))
    assert morning.preview(on, past.court.pk, today=on).drafts == []


def test_preview_of_a_later_day_leaves_out_what_is_told_before(past: World) -> None:
    monday, tuesday = date(2025, 6, 16), date(2025, 6, 17)

    kinds = [
        Counter(draft.kind for draft in morning.preview(day, past.court.pk, today=THURSDAY).drafts)["escalated"]
        for day in (FRIDAY, monday, tuesday)
    ]

    assert kinds == [0, 3, 0]


def test_preview_of_days_off_and_other_courts(past: World) -> None:
    assert morning.preview(SATURDAY, past.court.pk, today=THURSDAY) == morning.Preview(SATURDAY, False)
    assert morning.preview(FRIDAY, past.lower.pk, today=THURSDAY).drafts == []


def test_the_morning_costs_as_many_queries_for_many_as_for_few(past: World) -> None:
    """Measures and people grow; the queries do not, as long as they are one handful."""

    def cost(on: date) -> int:
        with CaptureQueriesContext(connection) as found:
            morning.remind(on)
        return len(found)

    few = cost(date(2025, 6, 20))
    Message.objects.all().delete()
    Job.objects.all().delete()
    factories.measures(past, 10)
    for number in range(5):
        factories.make_person(f"more{number}", [("liaison", past.a)])

    assert cost(date(2025, 6, 20)) == few


def test_people_are_taken_by_the_handful(past: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("findings.morning.digests.CHUNK", 2)
    monkeypatch.setattr("findings.morning.delays.CHUNK", 2)

    found = morning.remind(date(2025, 6, 20))

    assert found.by_kind == Counter({"digest": 7, "escalated": 6})
    assert morning.remind(date(2025, 6, 20)).skipped == 13
