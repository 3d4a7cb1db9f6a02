"""The morning's messages: who gets which, once, in which words, and what happens on days off and after them."""

from collections import Counter
from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone

from accounts import people
from accounts.models import User
from accounts.tracked import create
from findings import morning
from findings.choices import (
    DayUnit,
    ExtensionKind,
    MeasureStatus,
    MessageKind,
    MessageStatus,
    NoticeStatus,
    ProgressStatus,
    RuleCondition,
    Stage,
)
from findings.figures import work_of
from findings.models import Measure, Message, ReminderRule, SupervisionNotice
from findings.models.message import Line
from findings.models.reminder import default_rules
from findings.morning import Almanac, Morning, Rulebook, Section
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.workflow import document, lookback, progress
from findings.workflow.calendar import load_calendar

# World ``past``: feedback on Monday 2025-03-03, measures 1, 2 (department a) and 3 (b) due on day 100.
DUE = date(2025, 6, 11)  # day 100, a Wednesday
THURSDAY, FRIDAY, SATURDAY = (DUE + timedelta(days=n) for n in (1, 2, 3))
SILENT = "No progress reported for 40 days and more"
Said = list[tuple[str, list[str]]]


def digests(on: date | None = None) -> dict[str, Message]:
    rows = Message.objects.filter(kind=MessageKind.DIGEST).select_related("recipient")
    return {row.recipient.username: row for row in rows if on is None or row.key.endswith(on.isoformat())}


def escalated() -> list[tuple[str, int]]:
    """Who was told of the delay of which measure, in order of writing."""
    rows = Message.objects.filter(kind=MessageKind.ESCALATED).order_by("pk")
    return [(row.recipient.username, row.measure.number) for row in rows.select_related("recipient", "measure")]


def sections(world: World, name: str, on: date) -> list[Section]:
    """One person's digest, silence left out."""
    day = Morning(Almanac.of(on), Rulebook.running(on))
    found = dict(morning.sections_of(day, [fresh(getattr(world, name))], day.periods()))
    return [part for parts in found.values() for part in parts if part.title != SILENT]


def said(world: World, name: str, on: date) -> Said:
    return [(part.title, [line.text for line in part.lines]) for part in sections(world, name, on)]


def rule(world: World, code: str, **values: object) -> ReminderRule:
    """A rule of the court's own: the default of that code with other values, or a new one."""
    row = default_rules(world.court.pk).get(code) or ReminderRule(court=world.court, code=code, order=500)
    for name, value in values.items():
        setattr(row, name, value)
    fields = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.attname != "id"}
    return create(
        ReminderRule,
        by=None,
        **{name: value for name, value in fields.items() if name not in {"created_at", "version"}},
    )


def sample(world: World, *, due: int) -> None:
    """A round that has drawn measure 3."""
    factories.measure_at(MeasureStatus.CLOSED, world, row=world.measures[2])
    lookback.draw_round(
        world.campaign, title="Round", size=1, questions="Done?", due_on=world.day(due), by=world.office,
        at=world.at(20),
    )  # fmt: skip


# --- Digests -----------------------------------------------------------------------------------------------


def test_remind_writes_one_digest_for_each_person_with_work(past: World) -> None:
    found = morning.remind(THURSDAY)

    names = ["head_a", "head_b", "leader", "liaison_a", "liaison_b", "office", "other_leader"]
    assert sorted(digests()) == names
    assert (found.written, found.skipped, found.by_kind) == (7, 0, Counter({MessageKind.DIGEST: 7}))
    message = digests()["head_b"]
    assert message.key == morning.digest_key(past.head_b, THURSDAY)
    assert (message.subject, message.link) == ("2025-06-12: 1 waiting, first: Overdue", "/")
    link = f"/measures/{past.measures[2].pk}/"
    assert message.body == f"Overdue\n- Measure 3 “Measure 3”: 1 day overdue, deadline 2025-06-11\t{link}"
    assert message.paragraphs()[0].lines == [Line("Measure 3 “Measure 3”: 1 day overdue, deadline 2025-06-11", link)]
    assert (message.reason, message.channels) == ("Reminder rules: overdue", "*")
    assert message.status == MessageStatus.WAITING
    assert timezone.localtime(message.not_before) == timezone.make_aware(datetime.combine(THURSDAY, time(8, 30)))


def test_remind_twice_writes_nothing_more(past: World) -> None:
    morning.remind(THURSDAY)

    found = morning.remind(THURSDAY)

    assert (found.written, found.skipped, found.by_kind) == (0, 7, Counter())
    assert Message.objects.count() == 7


def test_remind_later_in_the_day_writes_what_the_morning_missed(past: World) -> None:
    morning.remind(THURSDAY)
    Message.objects.filter(recipient=past.head_b).delete()

    found = morning.remind(THURSDAY)

    assert (found.written, found.skipped) == (1, 6)
    assert "head_b" in digests()


def test_remind_after_missed_days_writes_one_digest_of_its_own_day(past: World) -> None:
    morning.remind(THURSDAY)

    found = morning.remind(THURSDAY + timedelta(days=42))

    assert found.by_kind[MessageKind.DIGEST] == 7
    assert Message.objects.filter(kind=MessageKind.DIGEST, recipient=past.head_b).count() == 2


def test_remind_on_days_off_writes_nothing(past: World) -> None:
    load_calendar({FRIDAY: (False, "holiday"), SATURDAY: (True, "made up")}, by=None)

    holiday, sunday = morning.remind(FRIDAY), morning.remind(SATURDAY + timedelta(days=1))

    assert [(day.is_working_day, day.written, day.skipped) for day in (holiday, sunday)] == [(False, 0, 0)] * 2
    assert Message.objects.count() == 0
    made_up = morning.remind(SATURDAY)
    assert (made_up.is_working_day, made_up.written) == (True, 7)


def test_remind_says_nothing_to_closed_accounts_and_closed_campaigns(past: World) -> None:
    people.set_active(past.head_b, False, by=None)
    people.set_active(past.other_leader, False, by=None)

    morning.remind(THURSDAY)

    assert sorted(digests()) == ["head_a", "leader", "liaison_a", "liaison_b", "office"]
    Message.objects.all().delete()
    factories.plan.close_campaign(past.campaign, on=past.day(50), by=past.office, at=past.at(50))
    assert morning.remind(THURSDAY).written == 0


def test_remind_of_an_instant_long_past_is_born_delivered(past: World) -> None:
    morning.remind(THURSDAY, at=morning.morning_of(THURSDAY))

    assert {(row.status, row.read_at is not None) for row in Message.objects.all()} == {(MessageStatus.SENT, True)}


def test_digest_speaks_the_recipients_language(past: World) -> None:
    people.change_language(past.head_b, "zh-hans", by=past.head_b)

    morning.remind(THURSDAY)

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
    assert said(past, "head_b", DUE - timedelta(days=days)) == [(title, ["Measure 3 “Measure 3”: 2025-06-11"])]


def test_digest_is_empty_while_deadlines_are_far(past: World) -> None:
    assert said(past, "head_b", DUE - timedelta(days=8)) == []


def test_digest_puts_the_longest_overdue_first_and_never_drops_it(past: World, english: None) -> None:
    for n in range(25):
        factories.make_measure(past, lead_department=past.b, lead_leader=None, deadline=past.day(60 + n))
    on = past.day(400)

    found = sections(past, "head_b", on)

    assert [(section.title, len(section.lines), section.more) for section in found] == [("Overdue", 20, 6)]
    assert found[0].lines[0].text == "Measure 5 “Measure 5”: 340 days overdue, deadline 2025-05-02"
    morning.remind(on)
    assert "and 6 more" in digests()["head_b"].body


def test_digest_names_returns_with_their_reasons(past: World, english: None) -> None:
    factories.returned_closure(past, row=factories.ready(past, past.measures[2]))
    update = factories.progress_at(ProgressStatus.RETURNED, past, row=past.measures[0])

    assert said(past, "head_b", past.day(10)) == [
        ("Returned to you", ["Measure 3 “Measure 3”, closure: Proof missing"])
    ]
    assert said(past, "liaison_a", past.day(10)) == [
        ("Returned to you", [f"Measure 1 “Measure 1”, progress of {update.period.code}: Too vague"])
    ]


def test_digest_names_signatures_and_progress_that_wait(past: World, english: None) -> None:
    factories.closure_at(Stage.LEADER, past, row=factories.ready(past, past.measures[0]))
    factories.extension_at(Stage.OFFICE, past, row=factories.ready(past, past.measures[3]))
    factories.progress_at(ProgressStatus.SUBMITTED, past, row=past.measures[2])

    assert said(past, "leader", past.day(10)) == [
        (
            "Waiting for your signature",
            ["Measure 1 “Measure 1”, closure, as lead leader; asked by Liaison A on 2025-03-11"],
        )
    ]
    assert said(past, "office", past.day(10)) == [
        (
            "Waiting for your signature",
            ["Measure 4 “Measure 4”, extension, as rectification office; asked by Liaison A on 2025-03-11"],
        ),
        ("Progress to accept", ["Measure 3 “Measure 3”, progress of 2025-03 by Department b"]),
    ]


def test_digest_names_a_missed_recheck(past: World, english: None) -> None:
    row = factories.measure_at(MeasureStatus.IN_PROGRESS, past, row=past.measures[2])
    factories.climb(past, factories.extension_at("", past, row=row, kind=ExtensionKind.CONVERSION))

    assert said(past, "head_b", past.day(112)) == []
    assert said(past, "head_b", past.day(120)) == [("Re-check to come", ["Measure 3 “Measure 3”: 2025-07-01"])]
    assert said(past, "head_b", past.day(121)) == [("Re-check missed", ["Measure 3 “Measure 3”: 2025-07-01"])]
    for day in (120, 121):
        assert said(past, "office", past.day(day)) == said(past, "head_b", past.day(day))


def test_digest_names_the_sample_that_the_office_is_to_check(past: World, english: None) -> None:
    sample(past, due=50)
    line = "Look-back “Round”, Measure 3 “Measure 3”: 2025-04-22"

    assert said(past, "office", past.day(42)) == []
    assert said(past, "office", past.day(43)) == [("Re-check to come", [line])]
    assert said(past, "office", past.day(51)) == [("Re-check missed", [line])]
    assert said(past, "head_b", past.day(51)) == said(past, "chief", past.day(51)) == []
    rule(past, "recheck-missed", roles="head")
    assert said(past, "office", past.day(51)) == []


def test_digest_names_a_period_from_three_days_before_it_is_due_until_it_locks(past: World, english: None) -> None:
    progress.open_periods(past.campaign, on=past.day(31))
    factories.progress_at(ProgressStatus.DRAFT, past, row=past.measures[0])
    period = past.campaign.periods.get(code="2025-03")
    assert (period.due_on, period.locks_on) == (date(2025, 4, 7), date(2025, 4, 9))

    def lines(name: str, on: date) -> list[str]:
        return [line for title, found in said(past, name, on) if title == "Period about to close" for line in found]

    assert lines("head_a", date(2025, 4, 3)) == []
    assert lines("head_a", date(2025, 4, 4)) == [
        "2025-03, due 2025-04-07: 2 measures without progress, 1 drafts to submit"
    ]
    assert lines("liaison_a", date(2025, 4, 9)) == [
        "2025-03, due 2025-04-07: 2 measures without progress, 0 drafts to submit"
    ]
    assert lines("head_a", date(2025, 4, 10)) == []


# --- Days off ----------------------------------------------------------------------------------------------

BEYOND = "Due on days off or right after them"


def due_on(past: World, deadline: date) -> Measure:
    return factories.make_measure(past, lead_department=past.b, lead_leader=None, deadline=deadline)


@pytest.mark.parametrize(
    ("deadline", "title"),
    [
        (date(2025, 5, 9), "Due today"),
        (date(2025, 5, 10), BEYOND),  # a Saturday: today is the last working day before it
        (date(2025, 5, 11), BEYOND),
        (date(2025, 5, 12), "Due within 3 days"),
        (date(2025, 5, 14), "Due within 7 days"),  # the notice of three days falls on Sunday; this one has come
        (date(2025, 5, 17), BEYOND),  # its notice of seven days falls on Saturday
        (date(2025, 5, 18), BEYOND),
    ],
    ids=str,
)
def test_notices_of_days_off_come_the_working_day_before(
    past: World, english: None, deadline: date, title: str
) -> None:
    row = due_on(past, deadline)

    assert said(past, "head_b", date(2025, 5, 9)) == [
        (title, [f"Measure {row.number} “Measure {row.number}”: {deadline.isoformat()}"])
    ]


def test_before_a_long_holiday_all_that_it_holds_is_told(past: World, english: None) -> None:
    days = {date(2025, 10, n): (False, "National Day") for n in range(1, 9)} | {date(2025, 9, 28): (True, "made up")}
    load_calendar(days, by=None)
    row = due_on(past, date(2025, 10, 8))
    named = f"Measure {row.number} “Measure {row.number}”: 2025-10-08"

    found = {day: dict(said(past, "head_b", day)) for day in (date(2025, 9, 28), date(2025, 9, 30))}

    assert BEYOND not in found[date(2025, 9, 28)]
    assert found[date(2025, 9, 30)][BEYOND] == [named]


def test_rules_in_working_days(past: World, english: None) -> None:
    for days in (0, 1, 3, 7):
        rule(past, f"due-{days}", is_active=False)
    rule(past, "due-work", condition=RuleCondition.DUE, offset=2, unit=DayUnit.WORKING, roles="head")

    # Wednesday the 11th is two working days after Monday; what falls on the weekend before is told on the Wednesday.
    assert [said(past, "head_b", date(2025, 6, day)) for day in (6, 9)] == [
        [], [("Due within 2 working days", ["Measure 3 “Measure 3”: 2025-06-11"])],
    ]  # fmt: skip
    assert said(past, "liaison_b", date(2025, 6, 9)) == []


# --- Silence -----------------------------------------------------------------------------------------------


def silence(world: World, name: str, on: date) -> list[str]:
    day = Morning(Almanac.of(on), Rulebook.running(on))
    found = dict(morning.sections_of(day, [fresh(getattr(world, name))], day.periods()))
    return [line.text for parts in found.values() for part in parts if part.title == SILENT for line in part.lines]


def test_silence_alarms_department_and_office(past: World, english: None) -> None:
    factories.progress_at(ProgressStatus.SUBMITTED, past, row=past.measures[2], day=20)

    assert silence(past, "liaison_b", past.day(59)) == []
    assert silence(past, "liaison_b", past.day(60)) == ["Measure 3 “Measure 3” of Department b: nothing for 40 days"]
    assert [len(silence(past, "office", past.day(n))) for n in (39, 40, 60)] == [0, 3, 4]
    assert silence(past, "office", past.day(60))[-1].endswith("Department b: nothing for 40 days")
    assert silence(past, "leader", past.day(60)) == []


def test_silence_of_what_is_overdue_is_not_said_twice(past: World, english: None) -> None:
    assert silence(past, "head_b", past.day(100)) != []
    assert silence(past, "head_b", past.day(101)) == []
    assert len(silence(past, "office", past.day(101))) == 4


def test_silence_counts_three_times_as_long_where_reports_are_quarterly(past: World, english: None) -> None:
    row = factories.measure_at(MeasureStatus.IN_PROGRESS, past, row=past.measures[2])
    factories.climb(past, factories.extension_at("", past, row=row, kind=ExtensionKind.CONVERSION))

    assert silence(past, "head_b", past.day(124)) == []
    assert len(silence(past, "head_b", past.day(125))) == 1


def test_silence_with_two_rules_stands_under_the_longer_one(past: World, english: None) -> None:
    rule(past, "silent-80", condition=RuleCondition.SILENT, offset=80, roles="head")

    day = Morning(Almanac.of(past.day(85)), Rulebook.running(past.day(85)))
    parts = dict(morning.sections_of(day, [fresh(past.head_b)], set()))

    assert [part.title for found in parts.values() for part in found] == ["No progress reported for 80 days and more"]


def test_many_silent_measures_say_how_many_more(past: World) -> None:
    factories.measures(past, 20)

    found = morning.preview(past.day(60), past.court.pk, today=past.day(60)).drafts

    office = next(draft for draft in found if draft.recipient == past.office)
    assert office.body.count("\n- ") == 21
    assert "- and 4 more\t/" in office.body


# --- The court's own rules ---------------------------------------------------------------------------------


def test_a_court_follows_the_defaults_until_it_writes_its_own(past: World) -> None:
    own = rule(past, "overdue", offset=5, roles="head")
    rule(past, "due-0", is_active=False)

    found = ReminderRule.objects.in_force([past.court.pk, past.lower.pk])

    usual = list(default_rules(past.lower.pk))
    assert [row.code for row in found[past.lower.pk]] == usual
    assert [row.code for row in found[past.court.pk]] == [code for code in usual if code != "due-0"]
    assert own in found[past.court.pk]
    assert [row.code for row in ReminderRule.objects.of_courts([past.court.pk])[past.court.pk]] == usual


def test_rules_say_who_hears_and_after_how_long(past: World, english: None) -> None:
    rule(past, "overdue", offset=5, roles="head,office", wording_en="Too late", channels="mail")

    assert said(past, "head_b", DUE + timedelta(days=4)) == []
    assert said(past, "head_b", DUE + timedelta(days=5)) == [
        ("Too late", ["Measure 3 “Measure 3”: 5 days overdue, deadline 2025-06-11"])
    ]
    assert said(past, "liaison_b", DUE + timedelta(days=5)) == []
    assert [len(lines) for _title, lines in said(past, "office", DUE + timedelta(days=5))] == [3]
    morning.remind(DUE + timedelta(days=5))
    assert digests()["head_b"].channels == "mail"
    assert digests()["office"].channels == "*"  # silence as well, which every channel may carry


@pytest.mark.parametrize(
    ("code", "title"),
    [("due-7", "Due within 7 days"), ("due-0", "Due today"), ("recheck-7", "Re-check to come"),
     ("recheck-missed", "Re-check missed")],
)  # fmt: skip
def test_rules_may_tell_the_office_of_the_whole_court(past: World, english: None, code: str, title: str) -> None:
    rule(past, code, roles="office")
    factories.make_measure(past, nature="standing", recheck_on=DUE + timedelta(days=6), deadline=None)
    day = {"due-7": DUE - timedelta(days=7), "due-0": DUE, "recheck-7": DUE, "recheck-missed": DUE + timedelta(days=7)}

    found = dict(said(past, "office", day[code]))

    assert len(found[title]) == (3 if "due" in code else 1)
    assert all(title not in dict(said(past, name, day[code])) for name in ("head_a", "head_b", "leader"))


def test_the_offices_own_department_is_not_listed_twice(past: World, english: None) -> None:
    rule(past, "overdue", roles="head,office")
    rule(past, "due-0", roles="head,office")
    rule(past, "silent-40", roles="head,office")
    past.office = factories.grant(past.office, "head", past.a)

    assert [len(lines) for _title, lines in said(past, "office", DUE)] == [3]
    assert [len(lines) for _title, lines in said(past, "office", THURSDAY)] == [3]
    assert len(silence(past, "office", DUE)) == 4


def test_a_nearer_rule_of_the_office_takes_the_row(past: World, english: None) -> None:
    rule(past, "due-1", roles="office")
    rule(past, "due-7", roles="office")

    assert [title for title, _lines in said(past, "office", DUE - timedelta(days=1))] == ["Due tomorrow"]
    assert [title for title, _lines in said(past, "office", DUE - timedelta(days=2))] == ["Due within 7 days"]


def test_own_words_follow_the_readers_language(past: World) -> None:
    both = rule(past, "overdue", wording_zh="已经超期", wording_en="Late")
    only = rule(past, "due-0", wording_zh="今日到期")

    people.change_language(past.head_b, "zh-hans", by=past.head_b)
    morning.remind(THURSDAY)

    assert (digests()["head_b"].body.split("\n")[0], digests()["head_a"].body.split("\n")[0]) == ("已经超期", "Late")
    assert (both.wording or both.wording_en, only.wording) == (both.wording, "今日到期")


def test_without_rules_and_campaigns_nothing_is_written(past: World) -> None:
    for code in default_rules(past.court.pk):
        rule(past, code, is_active=False)

    assert morning.remind(THURSDAY).written == 0


def test_a_single_rule_is_enough(past: World, english: None) -> None:
    for code in set(default_rules(past.court.pk)) - {"overdue"}:
        rule(past, code, is_active=False)

    assert morning.remind(THURSDAY).by_kind == Counter({"digest": 6})
    assert silence(past, "office", THURSDAY) == []


def test_digest_names_the_kind_of_a_request(past: World, english: None) -> None:
    factories.extension_at(Stage.LEADER, past, row=factories.ready(past, past.measures[0]), kind="conversion")

    assert said(past, "leader", past.day(10))[0][1][0].startswith("Measure 1 “Measure 1”, conversion, as lead leader")


# --- Notices and returned replies --------------------------------------------------------------------------


def notice(past: World, status: str, **values: object) -> SupervisionNotice:
    facts = {
        "campaign": past.campaign, "measure": past.measures[2], "department": past.b, "year": 2025, "number": 7,
        "text": "Hurry", "status": status, "issued_by": past.office, "issued_on": past.day(5), "due_on": past.day(15),
        "reply": "Done" if status == NoticeStatus.REPLIED else "",
    } | values  # fmt: skip
    if status == NoticeStatus.REPLIED:
        facts |= {"replied_by": past.head_b, "replied_at": past.at(9)}
    return create(SupervisionNotice, by=past.office, at=past.at(5), **facts)


def test_digest_names_notices_for_whom_they_wait(past: World, english: None) -> None:
    notice(past, NoticeStatus.ISSUED)
    line = "〔2025〕7 Department b, reply due 2025-03-18: Hurry"

    assert said(past, "head_b", past.day(7)) == []
    assert (
        said(past, "head_b", past.day(8)) == said(past, "liaison_b", past.day(8)) == [("Supervision notices", [line])]
    )
    assert said(past, "office", past.day(8)) == []


def test_digest_names_replies_that_wait_or_came_back(past: World, english: None) -> None:
    notice(past, NoticeStatus.REPLIED)
    assert [title for title, _lines in said(past, "office", past.day(10))] == ["Supervision notices"]

    row = notice(past, NoticeStatus.RECEIVED, number=8, returned_count=1, return_reason="Too thin")
    found = sections(past, "head_b", past.day(10))
    assert [(part.title, part.lines) for part in found] == [
        ("Returned to you", [Line("Supervision notice 〔2025〕8: Too thin", f"/notices/{row.pk}/")])
    ]


# --- The same as the page ----------------------------------------------------------------------------------


def test_digest_and_page_tell_the_same(past: World, english: None) -> None:
    """Everything that waits on somebody's page stands in that person's digest, and no other measure does."""
    factories.closure_at(Stage.LEADER, past, row=factories.ready(past, past.measures[0]))
    factories.extension_at(Stage.OFFICE, past, row=factories.ready(past, past.measures[3]))
    factories.progress_at(ProgressStatus.SUBMITTED, past)
    factories.progress_at(ProgressStatus.RETURNED, past)
    factories.returned_closure(past, row=factories.ready(past, past.measures[2]))
    notice(past, NoticeStatus.ISSUED)
    row = factories.make_measure(past, nature="standing", recheck_on=past.day(98), deadline=None)
    factories.measure_at(MeasureStatus.CLOSED, past, row=row)
    unchecked = document.record_document(
        past.campaign, serves=[], title="Rule of care", number="", kind="rule", action="new", issued_on=past.day(10),
        department=past.a, use_check_on=past.day(50), by=past.office, at=past.at(10),
    )  # fmt: skip
    for on in (past.day(12), past.day(95), past.day(100), past.day(120)):
        book = Rulebook.running(on)
        ahead = (book.horizon(Almanac.of(on), RuleCondition.DUE) - on).days
        for name in ("head_a", "liaison_a", "head_b", "liaison_b", "leader", "other_leader", "office", "chief"):
            person = fresh(getattr(past, name))
            work = work_of(person, on, ahead=ahead)
            page = {f"/measures/{row.measure.pk}/" for row in [
                *work.returned, *work.returned_closures, *work.overdue, *work.rechecks, *work.to_sign, *work.due,
                *work.to_accept, *work.rechecks_due,
            ]}  # fmt: skip
            assert work.use_checks == ([unchecked] if name == "office" and on > past.day(50) else [])
            page |= {f"/documents/{row.pk}/" for row in work.use_checks}
            found = [part for part in sections(past, name, on) if part.title != "Period about to close"]
            assert {line.link for part in found for line in part.lines if "notices" not in line.link} == page
            assert sum(part.total for part in found) == work.total - len(work.to_fill) - len(work.to_submit)
            seen = Measure.objects.visible_to(person)
            assert {f"/measures/{row.pk}/" for row in seen} >= {link for link in page if "documents" not in link}


def test_many_are_told_what_each_alone_is(past: World) -> None:
    factories.closure_at(Stage.LEADER, past, row=factories.ready(past, past.measures[0]))
    factories.progress_at(ProgressStatus.SUBMITTED, past)
    everybody: list[User] = [fresh(person) for person in past.everybody().values()]
    on = past.day(101)
    day = Morning(Almanac.of(on), Rulebook.running(on))

    together = {user.pk: found for user, found in morning.sections_of(day, everybody, set())}
    alone = {user.pk: dict(morning.sections_of(day, [fresh(user)], set()))[user] for user in everybody}

    assert together == alone


def test_a_leader_without_the_role_is_told_while_the_own_department_assists(past: World, english: None) -> None:
    people.end_role(past.leader.memberships.get(), by=None)
    assert said(past, "leader", THURSDAY) == []

    factories.grant(past.leader, "liaison", past.b)
    found = said(past, "leader", THURSDAY)
    assert [len(lines) for _title, lines in found] == [2]  # 2 is assisted by b under own lead, 3 is led by b


def test_office_hears_of_a_rule_whose_use_nobody_has_checked(past: World, english: None) -> None:
    rule = document.record_document(
        past.campaign, serves=[past.measures[0]], title="Rule of care", number="No. 1", kind="rule", action="new",
        issued_on=past.day(10), department=past.a, use_check_on=past.day(50), by=past.office, at=past.at(10),
    )  # fmt: skip
    line = f"Rule “Rule of care”: how it is used was to be checked by {past.day(50)}"

    def heard(name: str, day: int) -> list[str]:
        found = dict(said(past, name, past.day(day)))
        return found.get("Re-check missed", [])

    assert (heard("office", 51), heard("head_a", 51), heard("office", 50)) == ([line], [], [])
    found = next(part for part in sections(past, "office", past.day(51)) if part.title == "Re-check missed")
    assert found.lines[0].link == f"/documents/{rule.pk}/"
