"""The outbox and the mails: each message leaves once, comes back after errors, and says what its row says."""

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend as Locmem
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import people
from accounts.models import User
from accounts.tracked import create
from findings import channels, morning, notify
from findings.channels import outbox
from findings.channels.base import message_id
from findings.choices import Channel, DeliveryStatus, MessageKind, MessageStatus, NoticeStatus
from findings.models import Delivery, Message, Outage, Preference
from findings.notify import Draft
from findings.tests.factories import World, notice_at

TRIES = channels.MOST_TRIES
MINUTE = timedelta(minutes=1)


class Refusing(Locmem):
    """A mail server that takes nothing for one address, and counts its connections."""

    opened = 0
    refuses = "bad@court.example"
    error: Callable[[], Exception] = staticmethod(  # type: ignore[assignment]
        lambda: smtplib.SMTPRecipientsRefused({Refusing.refuses: (550, b"no such\nmailbox")})
    )

    def open(self) -> None:
        type(self).opened += 1

    def send_messages(self, messages: list) -> int:
        if self.refuses in messages[0].to:
            raise type(self).error()
        return super().send_messages(messages)


class DownServer(Locmem):
    """A mail server that does not answer."""

    def open(self) -> None:
        raise ConnectionRefusedError(111, "Connection refused")


class HalfWay(Locmem):
    """A mail server that takes so many mails and then breaks every line, before or after it took the mail."""

    opened = 0
    takes = 2
    after = False

    def open(self) -> None:
        type(self).opened += 1

    def send_messages(self, messages: list) -> int:
        if len(mail.outbox) >= type(self).takes:
            if type(self).after:
                super().send_messages(messages)
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
        return super().send_messages(messages)

    def close(self) -> None:
        raise OSError("nobody there")


@pytest.fixture
def refusing(settings: Any) -> type[Refusing]:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    Refusing.opened = 0
    return Refusing


@pytest.fixture
def half_way(settings: Any) -> type[HalfWay]:
    settings.EMAIL_BACKEND = f"{__name__}.HalfWay"
    HalfWay.opened, HalfWay.takes, HalfWay.after = 0, 2, False
    return HalfWay


def addressed(person: User, email: str) -> User:
    return people.change_account(person, email=email, by=None)


def message(person: User, key: str = "one", *, at: datetime | None = None, **facts: Any) -> Message:
    """A message that waits, written ``at`` (today)."""
    words = facts.pop("words", ("Returned: measure 1", "Your request on measure 1 was returned: too vague"))
    facts = {"kind": MessageKind.RETURNED, "link": "/measures/1/"} | facts
    notify.write(person, key=key, words=words, at=at or timezone.now(), **facts)
    return Message.objects.get(key=key)


def mails(world: World, count: int) -> list[Message]:
    person = addressed(world.office, "office@court.example")
    return [message(person, f"key-{number}") for number in range(count)]


def fresh(row: Message) -> Message:
    return Message.objects.select_related("recipient").get(pk=row.pk)


def delivery(row: Message) -> Delivery:
    return Delivery.objects.get(message=row)


def preference(person: User, **values: Any) -> Preference:
    return create(Preference, by=person, person=person, **values)


def states() -> list[tuple[str, str]]:
    """Each delivery with its status and that of its message, in order."""
    return list(Delivery.objects.order_by("pk").values_list("status", "message__status"))


# --- Sending -----------------------------------------------------------------------------------------------


def test_send_messages_delivers_each_once_the_oldest_first(world: World) -> None:
    office, leader = addressed(world.office, "office@court.example"), addressed(world.leader, "leader@court.example")
    now = timezone.now()
    second = message(office, "b", at=now)
    first = message(leader, "a", at=now - timedelta(microseconds=1))

    done = channels.send_messages()

    assert (done.sent, done.failed, done.waiting, done.outage) == (2, 0, 0, "")
    assert [sent.to for sent in mail.outbox] == [["leader@court.example"], ["office@court.example"]]
    assert {(delivery(row).status, delivery(row).attempts, delivery(row).error) for row in (first, second)} == {
        (DeliveryStatus.SENT, 1, "")
    }
    assert {fresh(row).status for row in (first, second)} == {MessageStatus.SENT}
    again = channels.send_messages()
    assert (again.sent, len(mail.outbox)) == (0, 2)


def test_a_person_without_a_mail_address_reads_the_inbox(world: World) -> None:
    row = message(world.office)

    assert channels.send_messages().sent == 1
    assert (fresh(row).status, mail.outbox, Delivery.objects.count()) == (MessageStatus.SENT, [], 0)


def test_nothing_leaves_before_its_time(world: World) -> None:
    now = timezone.now()
    message(world.office, not_before=now + timedelta(hours=1))

    early, late = channels.send_messages(at=now), channels.send_messages(at=now + timedelta(hours=1))

    assert ((early.sent, early.waiting), (late.sent, late.waiting)) == ((0, 1), (1, 0))


def test_a_digest_leaves_at_half_past_eight(past: World) -> None:
    on = past.day(101)
    morning.remind(on)
    half_past = morning.morning_of(on)

    early = channels.send_messages(at=half_past - timedelta(seconds=1))
    late = channels.send_messages(at=half_past)

    assert (early.sent, early.waiting, late.sent, late.waiting) == (0, 7, 7, 0)


def test_one_connection_carries_a_whole_run(world: World, refusing: type[Refusing]) -> None:
    mails(world, 3)

    assert channels.send_messages().sent == 3
    assert refusing.opened == 1


def test_many_are_read_by_the_handful(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "CHUNK", 2)
    mails(world, 5)

    assert channels.send_messages().sent == 5
    assert len(mail.outbox) == 5


def test_queries_for_each_mail_are_few(world: World) -> None:
    def cost(count: int) -> int:
        Delivery.objects.all().delete()
        Message.objects.all().delete()
        mails(world, count)
        with CaptureQueriesContext(connection) as found:
            assert channels.send_messages().sent == count
        return len(found)

    assert (cost(9) - cost(1)) / 8 <= 4


# --- What a person wants -----------------------------------------------------------------------------------


def test_who_wants_no_mail_gets_none(world: World) -> None:
    row = message(addressed(world.office, "office@court.example"))
    preference(world.office, channels="wecom")

    assert (channels.send_messages().sent, fresh(row).status, mail.outbox) == (1, MessageStatus.SENT, [])


def test_a_pause_keeps_everything_in_the_inbox(world: World) -> None:
    today = timezone.localdate()
    row = message(addressed(world.office, "office@court.example"))
    preference(world.office, paused_from=today, paused_until=today)

    assert (channels.send_messages().sent, mail.outbox) == (1, [])
    assert Message.objects.visible_to(world.office).unread().get() == row


def test_a_rule_may_keep_a_message_inside(world: World) -> None:
    person = addressed(world.office, "office@court.example")
    drafts = [Draft(person, MessageKind.DIGEST, f"key-{kept}", "a", "b", "/", channels=kept) for kept in
              ("", "wecom", "mail,wecom", "*")]  # fmt: skip
    notify.write_all(drafts, at=timezone.now())

    assert channels.send_messages().sent == 4
    assert list(Delivery.objects.values_list("message__key", flat=True).order_by("pk")) == ["key-mail,wecom", "key-*"]


# --- Asked again right before it leaves --------------------------------------------------------------------


@pytest.fixture
def planned(world: World, settings: Any) -> Message:
    """A mail about measure 1 to its liaison that found the server down: its delivery waits."""
    sending, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.DownServer"
    row = message(addressed(world.liaison_a, "a@court.example"), measure=world.measures[0])
    channels.send_messages()
    settings.EMAIL_BACKEND = sending
    assert states() == [(DeliveryStatus.WAITING, MessageStatus.SENDING)]
    return row


def _closes(world: World) -> None:
    people.set_active(world.liaison_a, False, by=None)


def _loses_sight(world: World) -> None:
    people.end_role(world.liaison_a.memberships.get(), by=None)


def _pauses(world: World) -> None:
    preference(world.liaison_a, paused_from=timezone.localdate(), paused_until=timezone.localdate())


def _leaves(world: World) -> None:
    preference(world.liaison_a, channels="")


def _moves(world: World) -> None:
    addressed(world.liaison_a, "")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_closes, "The account is inactive."),
        (_loses_sight, "The recipient no longer sees the measure."),
        (_pauses, "The recipient has paused messages."),
        (_leaves, "The channel is not in use any more."),
        (_moves, "The channel is not in use any more."),
    ],
    ids=["closed", "sight", "pause", "channel", "address"],
)
def test_what_must_not_leave_any_more_is_dropped(
    world: World, english: None, planned: Message, change: Callable[[World], None], why: str
) -> None:
    change(world)

    assert channels.send_messages().sent == 1
    assert (delivery(planned).status, delivery(planned).error, mail.outbox) == (DeliveryStatus.DROPPED, why, [])
    assert fresh(planned).status == MessageStatus.SENT


def test_a_notice_leaves_while_its_recipient_sees_it_whoever_sees_its_measure(past: World, english: None) -> None:
    head, liaison = addressed(past.head_b, "head@court.example"), addressed(past.liaison_b, "b@court.example")
    notice = notice_at(NoticeStatus.ISSUED, past, department=past.b)
    Message.objects.all().delete()  # of a past day, and so delivered
    notify.notice_moved(notice, "issued", [head, liaison], at=timezone.now())
    people.end_role(liaison.memberships.get(), by=None)

    channels.send_messages()

    assert dict(Delivery.objects.values_list("message__recipient__username", "error")) == {
        "head_b": "", "liaison_b": "The recipient no longer sees the notice."
    }  # fmt: skip
    assert [sent.to for sent in mail.outbox] == [["head@court.example"]]


def test_what_may_leave_leaves(world: World, planned: Message) -> None:
    assert channels.send_messages().sent == 1
    assert (len(mail.outbox), delivery(planned).attempts, Outage.objects.count()) == (1, 1, 0)


def test_a_channel_that_the_site_gave_up_is_dropped(world: World, english: None) -> None:
    row = message(world.office)
    Message.objects.filter(pk=row.pk).update(status=MessageStatus.SENDING)
    Delivery.objects.create(message=row, channel=Channel.WECOM, not_before=timezone.now())

    assert channels.send_messages().sent == 1
    assert delivery(row).error == "The channel is not in use any more."


def test_an_account_closed_before_gets_nothing(world: World) -> None:
    message(addressed(world.office, "office@court.example"))
    people.set_active(world.office, False, by=None)

    assert (channels.send_messages().sent, mail.outbox, Delivery.objects.count()) == (1, [], 0)


# --- Errors ------------------------------------------------------------------------------------------------


def test_a_refused_mail_rests_longer_each_time_and_then_is_dead(world: World, refusing: type[Refusing]) -> None:
    row = message(addressed(world.office, refusing.refuses))
    now, rests = timezone.now(), []

    for attempt in range(1, TRIES + 1):
        done = channels.send_messages(at=now)
        assert (done.sent, done.failed, delivery(row).attempts) == (0, 1, attempt)
        rests.append(delivery(row).not_before - now)
        now = max(now, delivery(row).not_before)

    assert tuple(rests[:-1]) == channels.RESTS == (MINUTE, 5 * MINUTE, 30 * MINUTE, 120 * MINUTE, 720 * MINUTE)
    assert states() == [(DeliveryStatus.DEAD, MessageStatus.FAILED)]
    assert delivery(row).error.startswith("SMTPRecipientsRefused: {'bad@court.example': (550,")
    assert channels.send_messages(at=now + timedelta(days=9)).failed == 0


def test_a_refused_mail_holds_up_no_other(world: World, refusing: type[Refusing]) -> None:
    now = timezone.now()
    message(addressed(world.office, refusing.refuses), "bad", at=now - timedelta(microseconds=1))
    message(addressed(world.leader, "leader@court.example"), "good", at=now)

    done = channels.send_messages()

    assert (done.sent, done.failed, done.waiting, done.outage) == (1, 1, 1, "")
    assert [sent.to for sent in mail.outbox] == [["leader@court.example"]]


def test_while_mail_is_down_no_message_is_charged_and_the_inbox_goes_on(world: World, settings: Any) -> None:
    now = timezone.now()
    rows = [message(addressed(world.office, "office@court.example"), f"mail-{n}", at=now) for n in range(2)]
    plain = message(world.leader, "inbox", at=now)
    sending, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.DownServer"

    for _n in range(TRIES + 2):
        done = channels.send_messages(at=now)

    assert (done.failed, done.waiting) == (0, 2)
    assert done.outage == "ConnectionRefusedError: [Errno 111] Connection refused"
    assert [(delivery(row).status, delivery(row).attempts) for row in rows] == [(DeliveryStatus.WAITING, 0)] * 2
    assert fresh(plain).status == MessageStatus.SENT
    settings.EMAIL_BACKEND = sending
    assert channels.send_messages(at=now).sent == 2


def test_an_outage_rests_longer_each_time_for_the_job_and_ends_with_the_first_mail(world: World, settings: Any) -> None:
    mails(world, 1)
    sending, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.DownServer"
    start = now = timezone.now()
    rests = []

    for _n in range(6):
        channels.send_messages(at=now, patient=True)
        row = Outage.objects.get()
        rests.append((row.not_before - now) // MINUTE)
        resting = channels.send_messages(at=row.not_before - timedelta(seconds=1), patient=True)
        assert (resting.outage, Outage.objects.get().tries) == (row.error, row.tries)
        now = row.not_before

    assert rests == [1, 2, 5, 15, 15, 15]
    assert Outage.objects.get().since == start
    settings.EMAIL_BACKEND = sending
    assert channels.send_messages(at=now, patient=True).sent == 1
    assert Outage.objects.count() == 0


def test_a_server_that_breaks_half_way_gets_the_rest_later_and_nothing_twice(
    world: World, half_way: type[HalfWay]
) -> None:
    rows, now = mails(world, 6), timezone.now()

    done = channels.send_messages(at=now)

    assert (done.sent, done.failed, done.waiting) == (2, 2, 4)
    assert done.outage.startswith("SMTPServerDisconnected")
    assert half_way.opened == 2  # anew after the first break; the second one in a row is an outage
    half_way.takes = 99
    assert channels.send_messages(at=now + MINUTE).sent == 4
    ids = [sent.extra_headers["Message-ID"] for sent in mail.outbox]
    assert sorted(ids) == sorted(message_id(row.key) for row in rows)


def test_a_mail_taken_while_the_line_breaks_comes_again_under_the_same_number(
    world: World, half_way: type[HalfWay]
) -> None:
    """Nobody can know whether it was taken: at least once, and a repeat that is recognised."""
    half_way.takes, half_way.after = 0, True
    rows, now = mails(world, 1), timezone.now()
    channels.send_messages(at=now)
    half_way.takes = 99

    assert channels.send_messages(at=now + MINUTE).sent == 1
    assert [sent.extra_headers["Message-ID"] for sent in mail.outbox] == [message_id(rows[0].key)] * 2


@pytest.mark.parametrize(
    ("error", "is_own_fault"),
    [
        (smtplib.SMTPDataError(550, b"spam"), True),
        (smtplib.SMTPDataError(421, b"closing"), False),
        (smtplib.SMTPSenderRefused(553, b"who are you", "x"), True),
        (TimeoutError("timed out"), False),
        (smtplib.SMTPServerDisconnected("gone"), False),
    ],
    ids=["data", "closing", "sender", "timeout", "gone"],
)
def test_one_mail_that_breaks_the_line_holds_up_no_other(
    world: World, refusing: type[Refusing], monkeypatch: pytest.MonkeyPatch, error: Exception, is_own_fault: bool
) -> None:
    monkeypatch.setattr(refusing, "error", staticmethod(lambda: error))
    now = timezone.now()
    bad = message(addressed(world.office, refusing.refuses), "bad", at=now - timedelta(microseconds=1))
    message(addressed(world.leader, "leader@court.example"), "good", at=now)

    done = channels.send_messages()

    assert (done.sent, done.failed, delivery(bad).attempts, done.outage) == (1, 1, 1, "")
    assert refusing.opened == 2
    assert Outage.objects.count() == 0


def test_a_wrong_address_is_the_messages_own_fault(world: World) -> None:
    row = message(world.office)
    User.objects.filter(pk=world.office.pk).update(email="office@court.example\nBcc: all@court.example")

    done = channels.send_messages()

    assert (done.sent, done.failed, mail.outbox) == (0, 1, [])
    assert "newline" in delivery(row).error


# --- The mail ----------------------------------------------------------------------------------------------


def test_mail_says_what_the_row_says_with_an_absolute_address(world: World, settings: Any) -> None:
    settings.SITE_URL = "https://rectify.court.example"
    row = message(addressed(world.office, "office@court.example"), words=("Subject", "Two < three & “more”"))

    channels.send_messages()

    sent = mail.outbox[0]
    html, kind = sent.alternatives[0]
    assert (sent.subject, kind, sent.from_email) == ("[Rectify] Subject", "text/html", settings.DEFAULT_FROM_EMAIL)
    assert sent.body.startswith("Office:\n\nTwo < three & “more”\n\nOpen: https://rectify.court.example/measures/1/\n")
    assert "Why you get this: You asked for it, filled it in or submitted it." in sent.body
    assert "Two &lt; three &amp; “more”" in html
    assert 'href="https://rectify.court.example/measures/1/"' in html
    assert sent.extra_headers["Message-ID"] == message_id(row.key)
    assert sent.extra_headers["Message-ID"].endswith("@rectify.court.example>")
    assert message_id("other") != message_id(row.key)


def test_mail_of_a_digest_lists_its_sections_with_their_links(past: World, settings: Any) -> None:
    settings.SITE_URL = "https://rectify.court.example"
    addressed(past.head_b, "head@court.example")
    morning.remind(past.day(101))

    channels.send_messages(at=morning.morning_of(past.day(101)))

    html, _kind = mail.outbox[0].alternatives[0]
    address = f"https://rectify.court.example/measures/{past.measures[2].pk}/"
    line = "Measure 3 “Measure 3”: 1 day overdue, deadline 2025-06-11"
    assert "<h2>Overdue</h2>" in html
    assert f'<li><a href="{address}">{line}</a></li>' in html
    assert f"Overdue\n- {line}\n  {address}\n" in mail.outbox[0].body


def test_a_line_break_in_a_subject_begins_no_header(world: World) -> None:
    message(addressed(world.office, "office@court.example"), words=("One\r\nBcc: all@court.example", "text"))

    channels.send_messages()

    assert mail.outbox[0].subject == "[Rectify] One Bcc: all@court.example"
    assert "\nBcc:" not in mail.outbox[0].message().as_string().partition("\n\n")[0]


@pytest.mark.parametrize(
    ("body", "found", "plain"),
    [
        ("One sentence", [("One sentence", [])], "One sentence"),
        (
            "Head\n- a\t/x/\n- b\n\nTail\n- c",
            [("Head", [("a", "/x/"), ("b", "")]), ("Tail", [("c", "")])],
            "Head\n- a\n- b\n\nTail\n- c",
        ),
        ("", [], ""),
    ],
    ids=["sentence", "lines", "empty"],
)
def test_paragraphs(body: str, found: list, plain: str) -> None:
    row = Message(body=body)

    parts = [(part.text, [(line.text, line.link) for line in part.lines]) for part in row.paragraphs()]

    assert (parts, row.plain) == (found, plain)
