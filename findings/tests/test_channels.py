"""The outbox and the mails: each message leaves once, comes back after errors, and says what its row says."""

import smtplib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend as Locmem
from django.utils import timezone

from accounts import people
from accounts.models import User
from findings import channels, notify
from findings.choices import MessageKind, MessageStatus
from findings.models import Message
from findings.tests.factories import World

TRIES = channels.MOST_TRIES


class Refusing(Locmem):
    """A mail server that takes nothing for one address, and counts its connections."""

    opened = 0
    refuses = "bad@court.example"

    def open(self) -> None:
        type(self).opened += 1

    def send_messages(self, messages: list) -> int:
        if self.refuses in messages[0].to:
            raise smtplib.SMTPRecipientsRefused({self.refuses: (550, b"no such\nmailbox")})
        return super().send_messages(messages)


class Down(Locmem):
    """A mail server that does not answer."""

    def open(self) -> None:
        raise ConnectionRefusedError(111, "Connection refused")


@pytest.fixture
def refusing(settings: Any) -> type[Refusing]:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    Refusing.opened = 0
    return Refusing


def addressed(person: User, email: str) -> User:
    return people.change_account(person, email=email, by=None)


def message(person: User, key: str = "one", *, at: datetime | None = None, **facts: Any) -> Message:
    """A message that waits, written ``at`` (today)."""
    words = facts.pop("words", ("Returned: measure 1", "Your request on measure 1 was returned: too vague"))
    facts = {"kind": MessageKind.RETURNED, "link": "/measures/1/"} | facts
    notify.write(person, key=key, words=words, at=at or timezone.now(), **facts)
    return Message.objects.get(key=key)


def fresh(row: Message) -> Message:
    return Message.objects.select_related("recipient").get(pk=row.pk)


# --- Sending -----------------------------------------------------------------------------------------------


def test_send_messages_delivers_each_once_the_oldest_first(world: World) -> None:
    office, leader = addressed(world.office, "office@court.example"), addressed(world.leader, "leader@court.example")
    now = timezone.now()
    second = message(office, "b", at=now)
    first = message(leader, "a", at=now - timedelta(microseconds=1))

    done = channels.send_messages()

    assert (done.sent, done.failed, done.waiting, done.outage) == (2, 0, 0, "")
    assert [sent.to for sent in mail.outbox] == [["leader@court.example"], ["office@court.example"]]
    assert {(fresh(row).status, fresh(row).attempts, fresh(row).error) for row in (first, second)} == {
        (MessageStatus.SENT, 1, "")
    }
    again = channels.send_messages()
    assert (again.sent, len(mail.outbox)) == (0, 2)


def test_a_person_without_a_mail_address_reads_the_inbox(world: World) -> None:
    row = message(world.office)

    assert channels.send_messages().sent == 1
    assert (fresh(row).status, mail.outbox) == (MessageStatus.SENT, [])


def test_nothing_leaves_before_its_time(world: World) -> None:
    now = timezone.now()
    message(world.office, not_before=now + timedelta(hours=1))

    early, late = channels.send_messages(at=now), channels.send_messages(at=now + timedelta(hours=1))

    assert ((early.sent, early.waiting), (late.sent, late.waiting)) == ((0, 1), (1, 0))


def test_a_digest_leaves_at_half_past_eight(past: World) -> None:
    on = past.day(101)
    notify.remind(on)
    morning = notify.morning_of(on)

    early = channels.send_messages(at=morning - timedelta(seconds=1))
    late = channels.send_messages(at=morning)

    assert (early.sent, early.waiting, late.sent, late.waiting) == (0, 6, 6, 0)


def test_an_account_closed_meanwhile_gets_nothing(world: World, english: None) -> None:
    row = message(addressed(world.office, "office@court.example"))
    people.set_active(world.office, False, by=None)

    done = channels.send_messages()

    assert (done.sent, done.failed, done.waiting, mail.outbox) == (0, 1, 0, [])
    assert (fresh(row).status, fresh(row).error) == (MessageStatus.FAILED, "The account is inactive.")


def test_one_connection_carries_a_whole_run(world: World, refusing: type[Refusing]) -> None:
    for number in range(3):
        message(addressed(world.office, "office@court.example"), f"key-{number}")

    assert channels.send_messages().sent == 3
    assert refusing.opened == 1


# --- Errors ------------------------------------------------------------------------------------------------


def test_a_refused_mail_rests_longer_each_time_and_then_fails(world: World, refusing: type[Refusing]) -> None:
    row = message(addressed(world.office, refusing.refuses))
    now, rests = timezone.now(), []

    for attempt in range(1, TRIES + 1):
        done = channels.send_messages(at=now)
        assert (done.sent, done.failed, fresh(row).attempts) == (0, 1, attempt)
        rests.append(fresh(row).not_before - now)
        now = max(now, fresh(row).not_before)

    assert tuple(rests[:-1]) == channels.RESTS
    assert fresh(row).status == MessageStatus.FAILED
    assert fresh(row).error.startswith("SMTPRecipientsRefused: {'bad@court.example': (550,")
    assert channels.send_messages(at=now + timedelta(days=9)).failed == 0


def test_a_refused_mail_holds_up_no_other(world: World, refusing: type[Refusing]) -> None:
    now = timezone.now()
    message(addressed(world.office, refusing.refuses), "bad", at=now - timedelta(microseconds=1))
    message(addressed(world.leader, "leader@court.example"), "good", at=now)

    done = channels.send_messages()

    assert (done.sent, done.failed, done.waiting) == (1, 1, 1)
    assert [sent.to for sent in mail.outbox] == [["leader@court.example"]]


def test_while_mail_is_down_no_message_is_charged_and_the_inbox_goes_on(world: World, settings: Any) -> None:
    now = timezone.now()
    mails = [message(addressed(world.office, "office@court.example"), f"mail-{n}", at=now) for n in range(2)]
    plain = message(world.leader, "inbox", at=now)
    sending, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.Down"

    for _n in range(TRIES + 2):
        done = channels.send_messages(at=now)

    assert (done.failed, done.waiting) == (0, 2)
    assert done.outage == "ConnectionRefusedError: [Errno 111] Connection refused"
    assert {(fresh(row).status, fresh(row).attempts, fresh(row).error) for row in mails} == {
        (MessageStatus.WAITING, 0, done.outage)
    }
    assert fresh(plain).status == MessageStatus.SENT
    settings.EMAIL_BACKEND = sending
    assert channels.send_messages(at=now).sent == 2


def test_a_wrong_address_is_the_messages_own_fault(world: World) -> None:
    row = message(world.office)
    User.objects.filter(pk=world.office.pk).update(email="office@court.example\nBcc: all@court.example")

    done = channels.send_messages()

    assert (done.sent, done.failed, mail.outbox) == (0, 1, [])
    assert "newline" in fresh(row).error


# --- Several senders ---------------------------------------------------------------------------------------


def claimed(row: Message, at: datetime, attempts: int = 1) -> None:
    changes = {"status": MessageStatus.SENDING, "claimed_at": at, "attempts": attempts}
    Message.objects.filter(pk=row.pk).update(**changes)


def test_what_another_sender_holds_is_left_alone(world: World) -> None:
    row, now = message(world.office), timezone.now()
    claimed(row, now)

    assert channels.send_messages(at=now + timedelta(minutes=10)).sent == 0
    assert fresh(row).status == MessageStatus.SENDING


def test_what_a_dead_sender_held_is_taken_up_again(world: World) -> None:
    row, now = message(world.office), timezone.now()
    claimed(row, now)

    assert channels.send_messages(at=now + timedelta(minutes=10, seconds=1)).sent == 1
    assert (fresh(row).status, fresh(row).attempts) == (MessageStatus.SENT, 2)


def test_what_kills_its_sender_each_time_fails_in_the_end(world: World, english: None) -> None:
    row, now = message(world.office), timezone.now()
    claimed(row, now, attempts=TRIES)

    assert channels.send_messages(at=now + timedelta(hours=1)).sent == 0
    assert (fresh(row).status, fresh(row).error) == (MessageStatus.FAILED, "The sending broke off each time.")


def test_a_message_is_claimed_by_one_sender_only(world: World) -> None:
    row, now = message(world.office), timezone.now()

    first, second = channels._claim(row.pk, now), channels._claim(row.pk, now)

    assert (first, second) == (row, None)


# --- The mail ----------------------------------------------------------------------------------------------


def test_mail_says_what_the_row_says_with_an_absolute_address(world: World, settings: Any) -> None:
    settings.SITE_URL = "https://rectify.court.example"
    row = message(addressed(world.office, "office@court.example"), words=("Subject", "Two < three & “more”"))

    channels.send_messages()

    sent = mail.outbox[0]
    html, kind = sent.alternatives[0]
    assert (sent.subject, kind, sent.from_email) == ("[Rectify] Subject", "text/html", settings.DEFAULT_FROM_EMAIL)
    assert sent.body.startswith("Office:\n\nTwo < three & “more”\n\nOpen: https://rectify.court.example/measures/1/\n")
    assert "Two &lt; three &amp; “more”" in html
    assert 'href="https://rectify.court.example/measures/1/"' in html
    assert sent.extra_headers["Message-ID"] == channels.message_id(row.key)
    assert sent.extra_headers["Message-ID"].endswith("@rectify.court.example>")
    assert channels.message_id("other") != channels.message_id(row.key)


def test_mail_of_a_digest_lists_its_sections(past: World) -> None:
    addressed(past.head_b, "head@court.example")
    notify.remind(past.day(101))

    channels.send_messages(at=notify.morning_of(past.day(101)))

    html, _kind = mail.outbox[0].alternatives[0]
    assert "<h2>Overdue</h2>" in html
    assert "<li>Measure 3 “Measure 3”: 1 day overdue, deadline 2025-06-11</li>" in html


def test_a_line_break_in_a_subject_begins_no_header(world: World) -> None:
    message(addressed(world.office, "office@court.example"), words=("One\r\nBcc: all@court.example", "text"))

    channels.send_messages()

    assert mail.outbox[0].subject == "[Rectify] One Bcc: all@court.example"
    assert "\nBcc:" not in mail.outbox[0].message().as_string().partition("\n\n")[0]


def test_deliver_alone_opens_and_closes_a_connection_of_its_own(world: World, refusing: type[Refusing]) -> None:
    good, bad = message(addressed(world.office, "office@court.example"), "a"), message(world.leader, "b")
    addressed(world.leader, refusing.refuses)

    assert channels.deliver(fresh(good)) is None
    assert (channels.deliver(fresh(bad)) or "").startswith("SMTPRecipientsRefused")
    assert (refusing.opened, len(mail.outbox)) == (2, 1)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("One sentence", [("One sentence", [])]),
        ("Head\n- a\n- b\n\nTail\n- c", [("Head", ["a", "b"]), ("Tail", ["c"])]),
        ("", []),
    ],
)
def test_blocks(body: str, found: list) -> None:
    assert channels.blocks(body) == found
