"""The morning's messages: who gets which, once, in which words, and what happens on days off and after them."""

from collections import Counter
from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone

from accounts import people
from findings import notify
from findings.choices import ExtensionKind, MeasureStatus, MessageKind, MessageStatus, ProgressStatus, Stage
from findings.figures import work_of
from findings.models import Message
from findings.notify import Section
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.workflow import paper, progress

# World ``past``: feedback on Monday 2025-03-03, measures 1, 2 (department a) and 3 (b) due on day 100.
DUE = date(2025, 6, 11)  # day 100, a Wednesday
THURSDAY, FRIDAY, SATURDAY = (DUE + timedelta(days=n) for n in (1, 2, 3))


def digests(on: date | None = None) -> dict[str, Message]:
    rows = Message.objects.filter(kind=MessageKind.DIGEST).select_related("recipient")
    return {row.recipient.username: row for row in rows if on is None or row.key.endswith(on.isoformat())}


def escalated() -> list[tuple[str, int]]:
    """Who was told of the delay of which measure, in order of writing."""
    rows = Message.objects.filter(kind=MessageKind.ESCALATED).order_by("pk")
    return [(row.recipient.username, row.measure.number) for row in rows.select_related("recipient", "measure")]


def sections(world: World, name: str, on: date) -> list[Section]:
    return notify.digest_of(work_of(fresh(getattr(world, name)), on))


# --- Digests -----------------------------------------------------------------------------------------------


def test_remind_writes_one_digest_for_each_person_with_work(past: World) -> None:
    found = notify.remind(THURSDAY)

    names = ["head_a", "head_b", "leader", "liaison_a", "liaison_b", "other_leader"]
    assert sorted(digests()) == names
    assert (found.written, found.skipped, found.by_kind) == (6, 0, Counter({MessageKind.DIGEST: 6}))
    message = digests()["head_b"]
    assert message.key == notify.digest_key(past.head_b, THURSDAY)
    assert (message.subject, message.link) == ("2025-06-12: 1 waiting, first: Overdue", "/")
    assert message.body == "Overdue\n- Measure 3 “Measure 3”: 1 day overdue, deadline 2025-06-11"
    assert message.status == MessageStatus.WAITING
    assert timezone.localtime(message.not_before) == timezone.make_aware(datetime.combine(THURSDAY, time(8, 30)))


def test_remind_twice_writes_nothing_more(past: World) -> None:
    notify.remind(THURSDAY)

    found = notify.remind(THURSDAY)

    assert (found.written, found.skipped, found.by_kind) == (0, 6, Counter())
    assert Message.objects.count() == 6


def test_remind_later_in_the_day_writes_what_the_morning_missed(past: World) -> None:
    notify.remind(THURSDAY)
    Message.objects.filter(recipient=past.head_b).delete()

    found = notify.remind(THURSDAY)

    assert (found.written, found.skipped) == (1, 5)
    assert "head_b" in digests()


def test_remind_after_missed_days_writes_one_digest_of_its_own_day(past: World) -> None:
    notify.remind(THURSDAY)

    found = notify.remind(THURSDAY + timedelta(days=42))

    assert found.by_kind[MessageKind.DIGEST] == 6
    assert Message.objects.filter(kind=MessageKind.DIGEST, recipient=past.head_b).count() == 2


def test_remind_on_days_off_writes_nothing(past: World) -> None:
    paper.load_calendar({FRIDAY: (False, "holiday"), SATURDAY: (True, "made up")}, by=None)

    holiday, sunday = notify.remind(FRIDAY), notify.remind(SATURDAY + timedelta(days=1))

    assert [(day.is_working_day, day.written, day.skipped) for day in (holiday, sunday)] == [(False, 0, 0)] * 2
    assert Message.objects.count() == 0
    made_up = notify.remind(SATURDAY)
    assert (made_up.is_working_day, made_up.written) == (True, 6)


def test_remind_says_nothing_to_closed_accounts_and_closed_campaigns(past: World) -> None:
    people.set_active(past.head_b, False, by=None)
    people.set_active(past.other_leader, False, by=None)

    notify.remind(THURSDAY)

    assert sorted(digests()) == ["head_a", "leader", "liaison_a", "liaison_b"]
    Message.objects.all().delete()
    factories.plan.close_campaign(past.campaign, on=past.day(50), by=past.office, at=past.at(50))
    assert notify.remind(THURSDAY).written == 0


def test_remind_of_an_instant_long_past_is_born_delivered(past: World) -> None:
    notify.remind(THURSDAY, at=notify.morning_of(THURSDAY))

    assert {(row.status, row.read_at is not None) for row in Message.objects.all()} == {(MessageStatus.SENT, True)}


def test_digest_speaks_the_recipients_language(past: World) -> None:
    people.change_language(past.head_b, "zh-hans", by=past.head_b)

    notify.remind(THURSDAY)

    assert digests()["head_b"].body != digests()["liaison_b"].body
    assert digests()["liaison_b"].body.startswith("Overdue")


@pytest.mark.parametrize(
    ("days", "title"),
    [
        (0, "Due today"),
        (1, "Due tomorrow"),
        (2, "Due within 3 days"),
        (3, "Due within 3 days"),
        (4, "Due within 7 days"),
        (7, "Due within 7 days"),
    ],
)
def test_digest_places_deadlines_by_their_nearness(past: World, english: None, days: int, title: str) -> None:
    assert sections(past, "head_b", DUE - timedelta(days=days)) == [
        Section(title, ["Measure 3 “Measure 3”: 2025-06-11"])
    ]


def test_digest_is_empty_while_deadlines_are_far(past: World) -> None:
    assert sections(past, "head_b", DUE - timedelta(days=8)) == []


def test_digest_puts_the_longest_overdue_first_and_never_drops_it(past: World, english: None) -> None:
    for n in range(25):
        factories.make_measure(past, lead_department=past.b, lead_leader=None, deadline=past.day(60 + n))
    on = past.day(400)

    found = sections(past, "head_b", on)

    assert [(section.title, len(section.lines), section.more) for section in found] == [("Overdue", 20, 6)]
    assert found[0].lines[0] == "Measure 5 “Measure 5”: 340 days overdue, deadline 2025-05-02"
    notify.remind(on)
    assert "and 6 more" in digests()["head_b"].body


def test_digest_names_returns_with_their_reasons(past: World, english: None) -> None:
    factories.returned_closure(past, row=factories.ready(past, past.measures[2]))
    update = factories.progress_at(ProgressStatus.RETURNED, past, row=past.measures[0])

    assert sections(past, "head_b", past.day(10)) == [
        Section("Returned to you", ["Measure 3 “Measure 3”, closure: Proof missing"])
    ]
    assert sections(past, "liaison_a", past.day(10)) == [
        Section("Returned to you", [f"Measure 1 “Measure 1”, progress of {update.period.code}: Too vague"])
    ]


def test_digest_names_signatures_and_progress_that_wait(past: World, english: None) -> None:
    factories.closure_at(Stage.LEADER, past, row=factories.ready(past, past.measures[0]))
    factories.extension_at(Stage.OFFICE, past, row=factories.ready(past, past.measures[3]))
    factories.progress_at(ProgressStatus.SUBMITTED, past, row=past.measures[2])

    assert sections(past, "leader", past.day(10)) == [
        Section(
            "Waiting for your signature",
            ["Measure 1 “Measure 1”, closure, as lead leader; asked by Liaison A on 2025-03-11"],
        )
    ]
    assert sections(past, "office", past.day(10)) == [
        Section(
            "Waiting for your signature",
            ["Measure 4 “Measure 4”, extension, as rectification office; asked by Liaison A on 2025-03-11"],
        ),
        Section("Progress to accept", ["Measure 3 “Measure 3”, progress of 2025-03 by Department b"]),
    ]


def test_digest_names_a_missed_recheck(past: World, english: None) -> None:
    row = factories.measure_at(MeasureStatus.IN_PROGRESS, past, row=past.measures[2])
    factories.climb(past, factories.extension_at("", past, row=row, kind=ExtensionKind.CONVERSION))

    assert sections(past, "head_b", past.day(120)) == []
    assert sections(past, "head_b", past.day(121)) == [
        Section("Re-check missed", ["Measure 3 “Measure 3”: 2025-07-01"])
    ]


def test_digest_names_a_period_from_three_days_before_it_is_due_until_it_locks(past: World, english: None) -> None:
    progress.open_periods(past.campaign, on=past.day(31))
    factories.progress_at(ProgressStatus.DRAFT, past, row=past.measures[0])
    period = past.campaign.periods.get(code="2025-03")
    assert (period.due_on, period.locks_on) == (date(2025, 4, 7), date(2025, 4, 9))

    def lines(name: str, on: date) -> list[str]:
        return [
            line for part in sections(past, name, on) if part.title == "Period about to close" for line in part.lines
        ]

    assert lines("head_a", date(2025, 4, 3)) == []
    assert lines("head_a", date(2025, 4, 4)) == [
        "2025-03, due 2025-04-07: 2 measures without progress, 1 drafts to submit"
    ]
    assert lines("liaison_a", date(2025, 4, 9)) == [
        "2025-03, due 2025-04-07: 2 measures without progress, 0 drafts to submit"
    ]
    assert lines("head_a", date(2025, 4, 10)) == []


# --- Escalation --------------------------------------------------------------------------------------------


def test_delay_climbs_to_head_leader_and_office(past: World) -> None:
    told = []
    # Monday the 16th is the third working day after Wednesday, Friday the 20th the 7th, Wednesday 2 July the 15th.
    for day in (date(2025, 6, 13), date(2025, 6, 16), date(2025, 6, 19), date(2025, 6, 20), date(2025, 7, 1),
                date(2025, 7, 2)):  # fmt: skip
        notify.remind(day)
        told.append(len(escalated()))

    assert escalated() == [
        ("head_a", 1), ("head_a", 2), ("head_b", 3),
        ("leader", 1), ("leader", 2), ("other_leader", 3),
        ("office", 1), ("office", 2), ("office", 3),
    ]  # fmt: skip
    assert told == [0, 3, 3, 6, 6, 9]


def test_delay_is_counted_in_working_days(past: World) -> None:
    paper.load_calendar({THURSDAY: (False, "holiday")}, by=None)

    notify.remind(DUE + timedelta(days=5))  # Monday, now the second working day

    assert escalated() == []


def test_delay_found_late_tells_every_level_once(past: World) -> None:
    on = DUE + timedelta(days=40)
    first, second = notify.remind(on), notify.remind(on + timedelta(days=1))

    assert first.by_kind[MessageKind.ESCALATED] == 9
    assert (second.by_kind[MessageKind.ESCALATED], second.skipped) == (0, 9)


def test_delay_of_another_deadline_is_told_again(past: World) -> None:
    row = factories.ready(past, past.measures[2])
    notify.remind(DUE + timedelta(days=5))
    Message.objects.exclude(recipient=past.head_b).delete()

    factories.climb(past, factories.extension_at("", past, row=row))
    notify.remind(DUE + timedelta(days=40))

    keys = Message.objects.filter(kind=MessageKind.ESCALATED, recipient=past.head_b).order_by("pk")
    assert [row.key.split("/")[2] for row in keys] == ["2025-06-11", "2025-07-11"]


def test_delay_has_its_words_and_its_page(past: World) -> None:
    notify.remind(DUE + timedelta(days=5))

    message = Message.objects.get(kind=MessageKind.ESCALATED, recipient=past.head_b)
    row = past.measures[2]
    assert message.subject == "3 working days overdue: measure 3"
    assert message.body == "Measure 3 “Measure 3” of Department b was due on 11 June: 3 working days ago."
    assert (message.link, message.measure_id) == (f"/measures/{row.pk}/", row.pk)


def test_delay_of_a_measure_that_nobody_leads_reaches_the_office(past: World) -> None:
    row = factories.make_measure(past, lead_department=None, lead_leader=None, deadline=past.day(20))

    notify.remind(past.day(60))

    assert escalated() == [("office", row.number)]


# --- Events ------------------------------------------------------------------------------------------------


def test_write_keeps_the_first_of_a_key(world: World) -> None:
    now = timezone.now()
    facts = {"kind": MessageKind.REPORT, "key": "one", "link": "/", "at": now}

    assert notify.write(world.office, words=("First", "text"), **facts) is True
    assert notify.write(world.office, words=("Second", "text"), **facts) is False
    row = Message.objects.get()
    assert (row.subject, row.status, row.not_before, row.read_at) == ("First", MessageStatus.WAITING, now, None)


def test_write_of_a_past_day_is_born_delivered_and_read(world: World) -> None:
    at = timezone.now() - timedelta(days=2)

    notify.write(world.office, kind=MessageKind.REPORT, key="one", words=("a", "b"), link="/", at=at)

    row = Message.objects.get()
    assert (row.status, row.sent_at, row.read_at) == (MessageStatus.SENT, at, at)


def test_verbs_write_their_messages(past: World) -> None:
    factories.returned_closure(past, row=factories.ready(past, past.measures[0]))
    factories.climb(past, factories.extension_at("", past, row=factories.ready(past, past.measures[3])))
    factories.progress_at(ProgressStatus.RETURNED, past, row=past.measures[1])
    factories.reopened(past, row=factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[2]))

    found = Counter(Message.objects.values_list("recipient__username", "kind"))

    assert found == Counter({
        ("head_a", "sign"): 2, ("leader", "sign"): 2, ("office", "sign"): 3,
        ("head_b", "sign"): 1, ("other_leader", "sign"): 1, ("chief", "sign"): 1,
        ("liaison_a", "returned"): 2, ("head_a", "returned"): 1, ("liaison_a", "extended"): 1,
        ("liaison_b", "closed"): 1, ("liaison_b", "reopened"): 1, ("head_b", "reopened"): 1,
    })  # fmt: skip
