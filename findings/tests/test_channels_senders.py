"""Several senders at one outbox, and channels that do not know what they were sent already."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend as Locmem
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from findings import channels
from findings.channels import outbox
from findings.channels.base import Broken, Down, Refused, message_id
from findings.choices import Channel, DeliveryStatus, MessageStatus
from findings.models import Delivery, Message, Preference
from findings.tests.factories import World
from findings.tests.test_channels import MINUTE, TRIES, addressed, delivery, fresh, mails, message, preference, states

# --- Several senders ---------------------------------------------------------------------------------------


def claimed(row: Message, at: datetime, attempts: int = 1, channel: str = Channel.MAIL) -> Delivery:
    """A message whose sender was killed in the middle, or is still at work."""
    Message.objects.filter(pk=row.pk).update(status=MessageStatus.SENDING)
    return Delivery.objects.create(
        message=row, channel=channel, status=DeliveryStatus.SENDING, claimed_at=at, attempts=attempts, not_before=at
    )


@pytest.fixture
def mailed(world: World) -> Message:
    return mails(world, 1)[0]


def test_what_another_sender_holds_is_left_alone(mailed: Message) -> None:
    now = timezone.now()
    claimed(mailed, now)

    assert channels.send_messages(at=now + 10 * MINUTE).sent == 0
    assert states() == [(DeliveryStatus.SENDING, MessageStatus.SENDING)]


def test_what_a_dead_sender_held_is_taken_up_again(mailed: Message) -> None:
    now = timezone.now()
    claimed(mailed, now)

    assert channels.send_messages(at=now + 10 * MINUTE + timedelta(seconds=1)).sent == 1
    assert (delivery(mailed).status, delivery(mailed).attempts) == (DeliveryStatus.SENT, 2)


def test_what_kills_its_sender_each_time_is_dead_in_the_end(mailed: Message, english: None) -> None:
    now = timezone.now()
    claimed(mailed, now, attempts=TRIES)

    assert channels.send_messages(at=now + timedelta(hours=1)).sent == 0
    assert states() == [(DeliveryStatus.DEAD, MessageStatus.FAILED)]
    assert delivery(mailed).error == "It may have arrived all the same. The sending broke off."


def test_a_clock_set_back_an_hour_repeats_and_loses_nothing(world: World) -> None:
    rows, now = mails(world, 2), timezone.now()
    assert channels.send_messages(at=now).sent == 2
    claimed(message(world.office, "held", at=now), now)  # its sender is at work while the clock is set back

    back = now - timedelta(hours=1)
    message(world.office, "late", at=back)
    assert channels.send_messages(at=back).sent == 1
    assert channels.send_messages(at=now + 11 * MINUTE).sent == 1

    ids = [sent.extra_headers["Message-ID"] for sent in mail.outbox]
    assert sorted(ids) == sorted(message_id(key) for key in [*(row.key for row in rows), "held", "late"])


def test_a_message_is_claimed_by_one_sender_only(mailed: Message) -> None:
    now = timezone.now()
    Delivery.objects.create(message=mailed, channel=Channel.MAIL, not_before=now)
    first, second = delivery(mailed), delivery(mailed)

    assert [outbox._claim(first, now), outbox._claim(second, now)] == [True, False]


def test_two_senders_in_turn_send_each_mail_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before each mail of the first sender another one runs through."""
    rows = mails(world, 4)
    send, inside = Locmem.send_messages, []

    def disturbed(self: Locmem, messages: list) -> int:
        if not inside:
            inside.append(True)
            channels.send_messages()
            inside.clear()
        return send(self, messages)

    monkeypatch.setattr(Locmem, "send_messages", disturbed)
    channels.send_messages()

    ids = [sent.extra_headers["Message-ID"] for sent in mail.outbox]
    assert sorted(ids) == sorted(message_id(row.key) for row in rows)
    assert states() == [(DeliveryStatus.SENT, MessageStatus.SENT)] * 4


def test_a_sender_that_lost_its_claim_writes_nothing(mailed: Message) -> None:
    now = timezone.now()
    row = claimed(mailed, now)
    Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.WAITING)  # taken for dead meanwhile
    run = outbox._Run(now, {})

    outbox._end(row, run, DeliveryStatus.SENT)

    assert (run.done.sent, states()) == (0, [(DeliveryStatus.WAITING, MessageStatus.SENDING)])


def test_a_message_whose_last_delivery_ended_without_it_is_through(mailed: Message) -> None:
    row = claimed(mailed, timezone.now())
    Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.SENT, sent_at=timezone.now())

    assert channels.send_messages().sent == 1
    assert fresh(mailed).status == MessageStatus.SENT


# --- Channels that do not know repeats ---------------------------------------------------------------------


class Stub:
    """A channel of the test's own."""

    def __init__(self, error: BaseException | None, *, knows_repeats: bool) -> None:
        self.error, self.knows_repeats, self.sent, self.is_open = error, knows_repeats, 0, True

    def send(self, message: Message, address: str) -> None:
        self.sent += 1
        if self.error:
            raise self.error

    def close(self) -> None:
        self.is_open = False


@pytest.mark.parametrize(
    ("error", "knows_repeats", "status", "attempts"),
    [
        (Broken("gone"), True, DeliveryStatus.WAITING, 1),
        (Broken("gone"), False, DeliveryStatus.DEAD, 1),
        (Down("no"), False, DeliveryStatus.WAITING, 0),
        (Refused("no"), False, DeliveryStatus.WAITING, 1),
        (KeyError("token"), True, DeliveryStatus.WAITING, 1),
        (KeyError("token"), False, DeliveryStatus.DEAD, 1),
    ],
    ids=["mail", "robot", "down", "refused", "fault", "fault of a robot"],
)
def test_what_broke_off_is_repeated_only_where_repeats_are_known(
    world: World, error: Exception, knows_repeats: bool, status: str, attempts: int
) -> None:
    preference(world.office, handles={"wecom": "office"})
    row = message(world.office)
    now = timezone.now()
    run = outbox._Run(now, {Channel.WECOM: Stub(error, knows_repeats=knows_repeats)})

    outbox._address(run)
    outbox._claim(held := delivery(row), now)
    outbox._try(held, Preference.objects.of([row.recipient])[row.recipient_id], run)

    assert (delivery(row).status, delivery(row).attempts) == (status, attempts)


def test_a_run_that_is_stopped_hangs_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    mails(world, 1)
    way = Stub(KeyboardInterrupt(), knows_repeats=True)
    monkeypatch.setattr(outbox, "Mail", lambda: way)

    with pytest.raises(KeyboardInterrupt):
        channels.send_messages()
    assert (way.sent, way.is_open) == (1, False)


def test_a_robots_broken_delivery_is_left_to_a_person(world: World, settings: Any) -> None:
    settings.CHANNELS = {"wecom": {"url": "https://qyapi.weixin.qq.com/robot"}}
    preference(world.office, handles={"wecom": "office"})
    row = message(world.office)
    claimed(row, timezone.now() - timedelta(hours=1), channel=Channel.WECOM)

    channels.send_messages()

    assert (delivery(row).status, channels.open_channels()) == (DeliveryStatus.DEAD, ["mail", "wecom"])


def test_one_of_two_channels_undeliverable_marks_the_message(world: World) -> None:
    row = mails(world, 1)[0]
    claimed(row, timezone.now() - timedelta(hours=1), attempts=TRIES, channel=Channel.WECOM)
    Delivery.objects.create(message=row, channel=Channel.MAIL, not_before=timezone.now())

    done = channels.send_messages()

    assert (len(mail.outbox), done.sent, fresh(row).status) == (1, 0, MessageStatus.FAILED)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_after_the_sending_is_waited_for(world: World, caplog: Any) -> None:
    """A mail that was handed over is marked as soon as the database is back, and not sent again."""
    row = message(addressed(world.office, "office@court.example"))
    faults = [OperationalError("the server closed the connection"), InterfaceError("connection already closed")]

    def gone(execute: Callable, sql: str, params: Any, many: bool, context: dict) -> Any:
        if faults and mail.outbox and sql.startswith("UPDATE") and "findings_delivery" in sql:
            raise faults.pop()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(gone):
        done = channels.send_messages()

    assert (done.sent, len(mail.outbox), delivery(row).status) == (1, 1, DeliveryStatus.SENT)
    assert caplog.text.count("is sent and not marked yet") == 2


def test_a_clock_set_back_holds_no_message_up(world: World) -> None:
    now = timezone.now()
    rows = [message(addressed(world.office, "office@court.example"), key, at=now - 30 * MINUTE) for key in ("a", "b")]
    channels.send_messages(at=now)

    assert {delivery(row).not_before for row in rows} == {now - 30 * MINUTE}
