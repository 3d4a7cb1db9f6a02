"""How a message leaves: the inbox is the row itself, mail goes out over Django's mail backend."""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from findings.choices import MessageKind, MessageStatus
from findings.models import Message

logger = logging.getLogger(__name__)

# How long a message rests after each failed try; after the last one it counts as failed.
RESTS = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8))
MOST_TRIES = len(RESTS) + 1
# A sender that has not finished a message by then is taken for dead.
STUCK_AFTER = timedelta(minutes=10)
MAIL_ERRORS = (SMTPException, OSError, ValueError)


class MailDown(Exception):
    """The mail server does not answer."""


@dataclass
class Sent:
    """What one run did. ``waiting`` are the messages that are still to leave, whenever their time comes."""

    sent: int = 0
    failed: int = 0
    waiting: int = 0
    outage: str = ""


class Post:
    """One mail connection for a whole run, opened when the first mail needs it."""

    def __init__(self) -> None:
        self.connection: BaseEmailBackend | None = None

    def opened(self) -> BaseEmailBackend:
        """The open connection. Raises MailDown."""
        if self.connection is None:
            connection = get_connection()
            try:
                connection.open()
            except MAIL_ERRORS as error:
                raise MailDown(_sentence(error)) from error
            self.connection = connection
        return self.connection

    def close(self) -> None:
        """Hang up; the next mail opens a connection of its own."""
        if self.connection is not None:
            try:
                self.connection.close()
            except MAIL_ERRORS as error:
                logger.warning("closing the mail connection: %s", error)
            self.connection = None


def send_messages(*, at: datetime | None = None) -> Sent:
    """Deliver what waits and whose time has come, the oldest first. Several senders may run side by side.

    While the mail server does not answer no message is charged with a try: the mails stay as they are, and
    what needs no mail goes on. ``at`` is the instant taken for now (tests).
    """
    _take_up_stuck(at or timezone.now())
    due = Message.objects.waiting().filter(not_before__lte=at or timezone.now())
    done, post = Sent(), Post()
    for pk in list(due.order_by("created_at", "pk").values_list("pk", flat=True)):
        message = _claim(pk, at or timezone.now())
        if message is None:
            continue
        if done.outage and _wants_mail(message):
            _give_back(message, done.outage)
            continue
        try:
            error = deliver(message, post=post)
        except MailDown as down:
            done.outage = str(down)
            _give_back(message, done.outage)
            continue
        _finish(message, error, done, at or timezone.now())
    post.close()
    done.waiting = Message.objects.waiting().count()
    return done


def deliver(message: Message, *, post: Post | None = None) -> str | None:
    """Hand a message to its recipient's channels: None, or the sentence that says what went wrong.

    Who has no mail address reads it in the inbox. Raises MailDown.
    """
    if not message.recipient.is_active:
        return _("The account is inactive.")
    if not _wants_mail(message):
        return None
    own = post or Post()
    connection = own.opened()
    try:
        mail_of(message, connection).send()
    except MAIL_ERRORS as error:
        own.close()  # after an error the state of the dialogue is unknown
        return _sentence(error)
    if post is None:
        own.close()
    return None


def mail_of(message: Message, connection: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
    """The mail of a message in its recipient's language, as text and as HTML."""
    kind = "digest" if message.kind == MessageKind.DIGEST else "message"
    context = {
        "message": message,
        "subject": " ".join(message.subject.split()),  # a line break would begin another header
        "blocks": blocks(message.body),
        "site": settings.SITE_URL,
        "address": settings.SITE_URL + message.link,
    }
    with translation.override(message.recipient.language or "zh-hans"):
        subject = render_to_string("emails/message.subject.txt", context)
        text = render_to_string("emails/message.txt", context).strip() + "\n"
        html = render_to_string(f"emails/{kind}.html", context)
    mail = EmailMultiAlternatives(
        subject=subject.strip(),
        body=text,
        to=[message.recipient.email],
        connection=connection,
        headers={"Message-ID": message_id(message.key), "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(html, "text/html")
    return mail


def message_id(key: str) -> str:
    """The same for every try, so that mail programs recognise a repeat."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{host}>"


def blocks(body: str) -> list[tuple[str, list[str]]]:
    """The paragraphs of a message's text: a heading or sentence each, with the lines that begin with a dash."""
    found: list[tuple[str, list[str]]] = []
    for paragraph in body.split("\n\n"):
        first, *rest = paragraph.strip().split("\n")
        if first:
            found.append((first, [line.removeprefix("- ") for line in rest]))
    return found


def _wants_mail(message: Message) -> bool:
    return bool(message.recipient.is_active and message.recipient.email)


def _sentence(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


# --- The outbox ----------------------------------------------------------------------------------------------


def _claim(pk: int, at: datetime) -> Message | None:
    """Take one message; None where another sender was first."""
    claimed = Message.objects.filter(pk=pk, status=MessageStatus.WAITING).update(
        status=MessageStatus.SENDING, claimed_at=at, attempts=F("attempts") + 1
    )
    return Message.objects.select_related("recipient").get(pk=pk) if claimed == 1 else None


def _mine(message: Message) -> QuerySet[Message]:
    """The row while the claim holds; none of it once another sender took it up as stuck."""
    return Message.objects.filter(pk=message.pk, status=MessageStatus.SENDING, claimed_at=message.claimed_at)


def _finish(message: Message, error: str | None, done: Sent, at: datetime) -> None:
    if error is None:
        done.sent += _mine(message).update(status=MessageStatus.SENT, sent_at=at, error="")
        return
    logger.warning("message %s, try %s: %s", message.pk, message.attempts, error)
    if message.attempts >= MOST_TRIES or not message.recipient.is_active:
        done.failed += _mine(message).update(status=MessageStatus.FAILED, error=error)
    else:
        rest = RESTS[message.attempts - 1]
        done.failed += _mine(message).update(status=MessageStatus.WAITING, error=error, not_before=at + rest)


def _give_back(message: Message, reason: str) -> None:
    """Put a message back as it was; the try does not count."""
    _mine(message).update(status=MessageStatus.WAITING, attempts=F("attempts") - 1, error=reason)


def _take_up_stuck(at: datetime) -> None:
    """Free what a sender left in the middle. It may have gone out, so its repeat bears the same Message-ID."""
    stuck = Message.objects.filter(status=MessageStatus.SENDING, claimed_at__lt=at - STUCK_AFTER)
    stuck.filter(attempts__gte=MOST_TRIES).update(
        status=MessageStatus.FAILED, error=_("The sending broke off each time.")
    )
    stuck.update(status=MessageStatus.WAITING)
