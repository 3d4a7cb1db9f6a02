"""The outbox: messages get their deliveries, deliveries are claimed, tried, and rest longer after each failure.

Several senders may run side by side: each row changes hands by one conditional update. A delivery that its sender
left in the middle is taken up again where the other side recognises a repeat by its number (at least once); a group's
robot does not, so there it is put down as undeliverable for a person to decide (at most once).
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from findings.channels.base import Broken, Down, Refused, Way
from findings.channels.mail import Mail
from findings.channels.robots import Account, DingTalk, Feishu, WebHook, WeCom
from findings.choices import DELIVERED, Channel, DeliveryStatus, MessageKind, MessageStatus
from findings.models import Delivery, Measure, Message, Outage, Preference, SupervisionNotice

logger = logging.getLogger(__name__)

# How long a delivery rests after each failed try; after the last one it is undeliverable.
RESTS = (
    timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=12),
)  # fmt: skip
MOST_TRIES = len(RESTS) + 1
# A sender that has not finished a delivery by then is taken for dead.
STUCK_AFTER = timedelta(minutes=10)
# How long a channel rests that does not answer, try after try.
OUTAGE_RESTS = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15))
# How long a database is waited for that went away between the sending and its mark, in seconds.
MARK_RESTS = (0.2, 0.5, 1, 2, 5, 10, 20, 30)
# So many rows are read at a time.
CHUNK = 200
WAYS: dict[str, type[WeCom | DingTalk | Feishu | WebHook]] = {
    Channel.WECOM: WeCom, Channel.DINGTALK: DingTalk, Channel.FEISHU: Feishu, Channel.WEBHOOK: WebHook,
}  # fmt: skip


@dataclass
class Sent:
    """What one run did: messages that are through, tries that failed, messages that are still to leave."""

    sent: int = 0
    failed: int = 0
    waiting: int = 0
    outages: dict[str, str] = field(default_factory=dict)

    @property
    def outage(self) -> str:
        """What the channels say that do not answer, "" where all do."""
        return "; ".join(self.outages.values())


@dataclass
class _Run:
    """One run of a sender: its open channels, and the channels that have failed it."""

    at: datetime | None
    ways: dict[str, Way]
    done: Sent = field(default_factory=Sent)
    in_doubt: set[str] = field(default_factory=set)
    known_outages: set[str] = field(default_factory=set)

    @property
    def now(self) -> datetime:
        return self.at or timezone.now()

    def is_closed(self, channel: str) -> bool:
        return channel in self.done.outages


def open_channels() -> list[str]:
    """The channels that the site has configured."""
    return [Channel.MAIL.value, *(code for code in WAYS if code in settings.CHANNELS)]


def send_messages(*, at: datetime | None = None, patient: bool = False) -> Sent:
    """Deliver what waits and whose time has come, the oldest first.

    While a channel does not answer no delivery is charged with a try, and what needs another channel goes on.
    ``patient``: a channel that did not answer is left alone until its rest is over. ``at`` is the instant taken for
    now (tests).
    """
    ways: dict[str, Way] = {Channel.MAIL: Mail()}
    ways |= {code: WAYS[code](Account(**values)) for code, values in settings.CHANNELS.items()}
    run = _Run(at, ways)
    for outage in Outage.objects.all():
        run.known_outages.add(outage.channel)
        if patient and outage.not_before > run.now:
            run.done.outages[outage.channel] = outage.error
    try:
        _take_up_stuck(run)
        _address(run)
        for delivery, preference in _due(run):
            if not run.is_closed(delivery.channel) and _claim(delivery, run.now):
                _try(delivery, preference, run)
    finally:
        for way in ways.values():
            way.close()
    run.done.waiting = Message.objects.under_way().count()
    return run.done


# --- From messages to deliveries ---------------------------------------------------------------------------


def _address(run: _Run) -> None:
    """Give each message whose time has come a delivery for every channel that it leaves by.

    What leaves by none is through: the inbox has it.
    """
    due = Message.objects.waiting().filter(not_before__lte=run.now).order_by("created_at", "pk")
    while ids := list(due.values_list("pk", flat=True)[:CHUNK]):
        with transaction.atomic():
            rows = Message.objects.waiting().filter(pk__in=ids).select_related("recipient")
            _plan(list(rows.select_for_update(of=("self",)).order_by("created_at", "pk")), run)


def _plan(rows: list[Message], run: _Run) -> None:
    chosen = Preference.objects.of({row.recipient_id: row.recipient for row in rows}.values())
    deliveries = [
        # The message's own time, which has come: a clock that is set back later holds nothing up.
        Delivery(message=row, channel=channel, not_before=row.not_before)
        for row in rows
        for channel in _routes(row, chosen[row.recipient_id], run)
    ]
    Delivery.objects.bulk_create(deliveries, batch_size=500)
    outside = {delivery.message_id for delivery in deliveries}
    inside = [row.pk for row in rows if row.pk not in outside]
    Message.objects.filter(pk__in=outside).update(status=MessageStatus.SENDING)
    run.done.sent += Message.objects.filter(pk__in=inside).update(status=MessageStatus.SENT, sent_at=run.now)


def _routes(message: Message, preference: Preference, run: _Run) -> list[str]:
    """The channels that the site has, the message's rules allow and its recipient wants."""
    if not preference.person.is_active or preference.is_paused(timezone.localdate(run.now)):
        return []
    allowed = None if message.channels == "*" else message.channels.split(",")
    return [channel for channel in run.ways if preference.reaches(channel) and (allowed is None or channel in allowed)]


# --- One delivery ------------------------------------------------------------------------------------------


def _due(run: _Run) -> Iterator[tuple[Delivery, Preference]]:
    """The deliveries to try with what their recipients want, the oldest first; each once in a run."""
    rows = Delivery.objects.waiting().filter(not_before__lte=run.now).order_by("pk")
    rows, last = rows.select_related("message__recipient"), 0
    while found := list(rows.filter(pk__gt=last).exclude(channel__in=run.done.outages)[:CHUNK]):
        last = found[-1].pk
        chosen = Preference.objects.of({row.message.recipient_id: row.message.recipient for row in found}.values())
        for row in found:
            yield row, chosen[row.message.recipient_id]


def _claim(delivery: Delivery, at: datetime) -> bool:
    """Take one delivery; False where another sender was first."""
    row = Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.WAITING, attempts=delivery.attempts)
    if not row.update(status=DeliveryStatus.SENDING, claimed_at=at, attempts=F("attempts") + 1):
        return False
    delivery.claimed_at, delivery.attempts = at, delivery.attempts + 1
    return True


def _mine(delivery: Delivery) -> QuerySet[Delivery]:
    """The row while the claim holds; none of it once another sender took it up as stuck."""
    return Delivery.objects.filter(
        pk=delivery.pk, status=DeliveryStatus.SENDING, claimed_at=delivery.claimed_at, attempts=delivery.attempts
    )


def _try(delivery: Delivery, preference: Preference, run: _Run) -> None:
    """Send one claimed delivery and write down what came of it."""
    channel = delivery.channel
    way = run.ways.get(channel)
    why_not = _obstacle(delivery, preference, run)
    if why_not or way is None:
        _end(delivery, run, DeliveryStatus.DROPPED, why_not)
        return
    try:
        way.send(delivery.message, preference.address(channel))
    except Refused as error:
        _failed(delivery, run, str(error))
    except Broken as error:
        _broke(delivery, run, str(error), may_repeat=way.knows_repeats)
    except Down as error:
        _give_back(delivery, str(error))
        _note_outage(channel, run, str(error))
    except Exception as error:  # whatever a gateway makes of us, the messages behind this one go on
        logger.exception("message %s by %s", delivery.message_id, channel)
        _broke(delivery, run, type(error).__name__, may_repeat=way.knows_repeats)
    else:
        _note_sent(delivery, run)
        run.in_doubt.discard(channel)
        if channel in run.known_outages:
            run.known_outages.discard(channel)
            Outage.objects.filter(channel=channel).delete()


def _note_sent(delivery: Delivery, run: _Run) -> None:
    """Put down what the other side has taken. A database that restarts is waited for, or the message goes twice."""
    for rest in MARK_RESTS:
        try:
            return _end(delivery, run, DeliveryStatus.SENT)
        except (OperationalError, InterfaceError) as error:
            logger.error("message %s is sent and not marked yet: %s", delivery.message_id, error)
            connection.close()
            time.sleep(rest)
    _end(delivery, run, DeliveryStatus.SENT)


def _obstacle(delivery: Delivery, preference: Preference, run: _Run) -> str:
    """ "" or why the delivery must not leave any more; asked anew right before it leaves."""
    person = preference.person
    if not person.is_active:
        return _("The account is inactive.")
    hidden = _out_of_sight(delivery.message, person)
    if hidden:
        return hidden
    if preference.is_paused(timezone.localdate(run.now)):
        return _("The recipient has paused messages.")
    if delivery.channel not in run.ways or not preference.reaches(delivery.channel):
        return _("The channel is not in use any more.")
    return ""


def _out_of_sight(message: Message, person: User) -> str:
    """ "" where the person still sees what it is about; a notice goes to people who may not see its measure."""
    if message.kind == MessageKind.NOTICE:
        pk = message.link.removeprefix("/notices/").removesuffix("/")
        seen = SupervisionNotice.objects.visible_to(person).filter(pk=pk)
        return "" if seen.exists() else _("The recipient no longer sees the notice.")
    if message.measure_id and not Measure.objects.visible_to(person).filter(pk=message.measure_id).exists():
        return _("The recipient no longer sees the measure.")
    return ""


def _end(delivery: Delivery, run: _Run, status: str, why: str = "") -> None:
    """Put a delivery down as through, and with the last one its message."""
    sent_at = run.now if status == DeliveryStatus.SENT else None
    if _mine(delivery).update(status=status, error=why[:300], sent_at=sent_at):
        _settle(delivery.message_id, run)


def _settle(message_id: int, run: _Run) -> None:
    """A message is through with its last delivery; one that could not be delivered marks the whole as failed."""
    message = Message.objects.filter(pk=message_id, status=MessageStatus.SENDING)
    states = set(Delivery.objects.filter(message=message_id).values_list("status", flat=True))
    if states - DELIVERED:
        return
    if DeliveryStatus.DEAD in states:
        message.update(status=MessageStatus.FAILED)
    else:
        run.done.sent += message.update(status=MessageStatus.SENT, sent_at=run.now)


def _failed(delivery: Delivery, run: _Run, why: str) -> None:
    """A try that was refused: the delivery rests, or is undeliverable after the last one."""
    logger.warning("message %s by %s, try %s: %s", delivery.message_id, delivery.channel, delivery.attempts, why)
    run.done.failed += 1
    if delivery.attempts >= MOST_TRIES:
        _end(delivery, run, DeliveryStatus.DEAD, why)
        return
    rest = RESTS[delivery.attempts - 1]
    _mine(delivery).update(status=DeliveryStatus.WAITING, error=why[:300], not_before=run.now + rest)


def _broke(delivery: Delivery, run: _Run, why: str, *, may_repeat: bool) -> None:
    """The line broke while this was sent, which may be what the other side stumbles over: the try counts.

    It is opened anew for the next delivery; twice in a row is an outage.
    """
    if may_repeat:
        _failed(delivery, run, why)
    else:
        run.done.failed += 1
        _end(delivery, run, DeliveryStatus.DEAD, _in_doubt(why))
    if delivery.channel in run.in_doubt:
        _note_outage(delivery.channel, run, why)
    run.in_doubt.add(delivery.channel)


def _in_doubt(why: str) -> str:
    doubt = _("It may have arrived all the same.")
    return f"{doubt} {why}"


def _note_outage(channel: str, run: _Run, why: str) -> None:
    """Leave the channel alone for this run, and longer each time."""
    logger.error("the channel %s does not answer: %s", channel, why)
    run.done.outages[channel] = why[:300]
    known = Outage.objects.filter(channel=channel).first()
    tries = known.tries if known else 0
    rest = OUTAGE_RESTS[min(tries, len(OUTAGE_RESTS) - 1)]
    facts = {"tries": tries + 1, "not_before": run.now + rest, "error": why[:300]}
    Outage.objects.update_or_create(channel=channel, defaults=facts, create_defaults=facts | {"since": run.now})


def _give_back(delivery: Delivery, reason: str) -> None:
    """Put a delivery back as it was; the try does not count."""
    _mine(delivery).update(status=DeliveryStatus.WAITING, attempts=F("attempts") - 1, error=reason[:300])


def _take_up_stuck(run: _Run) -> None:
    """Free what a sender left in the middle. It may have gone out, so its repeat bears the same number."""
    for delivery in Delivery.objects.filter(status=DeliveryStatus.SENDING, claimed_at__lt=run.now - STUCK_AFTER):
        way = run.ways.get(delivery.channel)
        if delivery.attempts >= MOST_TRIES or (way is not None and not way.knows_repeats):
            _end(delivery, run, DeliveryStatus.DEAD, _in_doubt(_("The sending broke off.")))
        else:
            _mine(delivery).update(status=DeliveryStatus.WAITING)
    # A sender may have ended between the last delivery of a message and the message itself.
    unfinished = [DeliveryStatus.WAITING, DeliveryStatus.SENDING]
    left = Message.objects.filter(status=MessageStatus.SENDING).exclude(deliveries__status__in=unfinished)
    for pk in left.order_by("pk").values_list("pk", flat=True):
        _settle(pk, run)
