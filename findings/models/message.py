"""The outbox: a message is a row first, written with the change that causes it and sent later.

The inbox is the message itself; each outside channel that it goes out by has a delivery of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Self, cast

from django.db import models
from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, User
from accounts.roles import RoleCode
from accounts.tracked import Tracked, TrackedQuerySet, history
from findings import access
from findings.choices import Channel, DeliveryStatus, MessageKind, MessageStatus
from findings.models.issue import Measure


@dataclass(frozen=True)
class Line:
    """One line of a message and the address of the row that it speaks of, "" where there is none."""

    text: str
    link: str = ""


@dataclass(frozen=True)
class Paragraph:
    """A heading or a sentence with the lines under it."""

    text: str
    lines: list[Line] = field(default_factory=list)


def paragraphs_of(body: str) -> list[Paragraph]:
    """The parts of a message's text."""
    found = []
    for block in body.split("\n\n"):
        first, *rest = block.strip().split("\n")
        if first:
            lines = [Line(*line.removeprefix("- ").split("\t", 1)) for line in rest]
            found.append(Paragraph(first, lines))
    return found


class MessageQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(recipient=user)

    def kept_by(self, user: User) -> Self:
        """The ledger of the office: what went to the people of its own courts."""
        courts = access.courts_of(user, {RoleCode.OFFICE})
        staff = Membership.objects.filter(Q(department__in=courts) | Q(department__court__in=courts))
        return self.filter(recipient__in=staff.values("person_id"))

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)

    def waiting(self) -> Self:
        """Not yet on its way out."""
        return self.filter(status=MessageStatus.WAITING)

    def under_way(self) -> Self:
        """Still to leave by some channel, whenever its time comes."""
        return self.filter(status__in=[MessageStatus.WAITING, MessageStatus.SENDING])

    def known(self, keys: Iterable[str]) -> set[str]:
        """Which of the keys stand in the outbox already."""
        wanted, found = list(keys), set()
        for start in range(0, len(wanted), 500):
            found |= set(self.filter(key__in=wanted[start : start + 500]).values_list("key", flat=True))
        return found


class Message(models.Model):
    """One message to one person. ``key`` is unique, so that nothing is ever said twice.

    Not tracked: senders change its status by conditional update.
    """

    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(_("kind"), max_length=12, choices=MessageKind)
    key = models.CharField(max_length=120, unique=True)
    measure = models.ForeignKey(
        Measure,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
    )
    subject = models.CharField(_("subject"), max_length=200)
    # A tab in a line parts the words from the address of their row.
    body = models.TextField(_("text"))
    link = models.CharField(_("address"), max_length=200, blank=True)
    # The rules that asked for it, in the recipient's words; "" where an event did.
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    # Channels that its rules allow, by commas; "*" all that the recipient has chosen, "" the inbox only.
    channels = models.CharField(_("channels"), max_length=100, default="*", blank=True)
    status = models.CharField(_("status"), max_length=8, choices=MessageStatus, default=MessageStatus.WAITING)
    error = models.CharField(_("last error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("written"))
    not_before = models.DateTimeField(_("not before"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (
            models.Index(fields=["status", "not_before"], name="message_outbox"),
            models.Index(fields=["recipient", "read_at"], name="message_inbox"),
            models.Index(fields=["-created_at", "-id"], name="message_newest"),
        )
        constraints = (
            models.CheckConstraint(name="message_status", condition=Q(status__in=MessageStatus.values)),
            models.CheckConstraint(
                name="message_sent",
                condition=Q(status=MessageStatus.SENT, sent_at__isnull=False)
                | ~Q(status=MessageStatus.SENT) & Q(sent_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return self.subject

    @property
    def why(self) -> str:
        """Why the recipient has it: the rules that asked for it, or what happened."""
        return self.reason or str(_EVENTS.get(self.kind, ""))

    @property
    def is_undelivered(self) -> bool:
        return self.status == MessageStatus.FAILED

    @property
    def has_lines(self) -> bool:
        return "\n- " in self.body

    def paragraphs(self) -> list[Paragraph]:
        """The text as headings or sentences, each with the lines that begin with a dash."""
        return paragraphs_of(self.body)

    @property
    def plain(self) -> str:
        """The text without addresses, for files and lists."""
        return "\n".join(line.split("\t", 1)[0] for line in self.body.split("\n"))


# Why an event is told, in the language of who reads.
_EVENTS: dict[str, Promise | str] = {
    MessageKind.SIGN: _("You can sign at the stage that the request has reached."),
    MessageKind.RETURNED: _("You asked for it, filled it in or submitted it."),
    MessageKind.SUBMITTED: _("You can accept or return what was submitted."),
    MessageKind.CLOSED: _("You asked for it."),
    MessageKind.EXTENDED: _("You asked for it."),
    MessageKind.REOPENED: _("Your department leads the measure."),
    MessageKind.REPORT: _("Your office issues the report."),
    MessageKind.NOTICE: _("The notice concerns your department or your court."),
    MessageKind.PLAN: _("The plan of your court was changed."),
    MessageKind.FILE: _("You asked for the file."),
}


class DeliveryQuerySet(models.QuerySet):
    def waiting(self) -> Self:
        return self.filter(status=DeliveryStatus.WAITING)


class Delivery(models.Model):
    """One message on its way out by one channel.

    Not tracked: senders claim rows by conditional update. ``claimed_at`` names the claim.
    """

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    status = models.CharField(_("status"), max_length=8, choices=DeliveryStatus, default=DeliveryStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("not before"))
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=300, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ("message", "channel")
        indexes = (models.Index(fields=["status", "not_before"], name="delivery_outbox"),)
        constraints = (
            models.UniqueConstraint(name="delivery_once", fields=("message", "channel")),
            models.CheckConstraint(name="delivery_channel", condition=Q(channel__in=Channel.values)),
            models.CheckConstraint(name="delivery_status", condition=Q(status__in=DeliveryStatus.values)),
            models.CheckConstraint(
                name="delivery_sent",
                condition=Q(status=DeliveryStatus.SENT, sent_at__isnull=False)
                | ~Q(status=DeliveryStatus.SENT) & Q(sent_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.message_id} {self.channel}"

    @property
    def is_failing(self) -> bool:
        """Whether the last try failed and another one follows."""
        return self.status == DeliveryStatus.WAITING and bool(self.error)


class Outage(models.Model):
    """A channel that does not answer: since when, and when it is tried again."""

    channel = models.CharField(_("channel"), max_length=10, choices=Channel, unique=True)
    since = models.DateTimeField(_("since"))
    tries = models.PositiveSmallIntegerField(_("attempts"), default=1)
    not_before = models.DateTimeField(_("next try"))
    error = models.CharField(_("last error"), max_length=300)

    def __str__(self) -> str:
        return self.channel


class PreferenceQuerySet(TrackedQuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(person=user)

    def of(self, people: Iterable[User]) -> dict[int, "Preference"]:
        """What each of the people has chosen, the defaults where somebody has chosen nothing."""
        people = list(people)
        rows = cast("list[Preference]", list(self.filter(person__in=people).select_related("person")))
        found = {row.person_id: row for row in rows}
        return {person.pk: found.get(person.pk) or Preference(person=person) for person in people}


class Preference(Tracked):
    """How one person wants to hear of things outside the inbox."""

    person = models.OneToOneField(User, on_delete=models.PROTECT, related_name="preference")
    # By commas, in the order of ``Channel``.
    channels = models.CharField(_("channels"), max_length=100, default=",".join(Channel.values), blank=True)
    paused_from = models.DateField(_("paused from"), null=True, blank=True)
    paused_until = models.DateField(_("paused until"), null=True, blank=True)
    # {"wecom": "zhangsan"}: under which name the person is known there.
    handles = models.JSONField(_("names elsewhere"), default=dict, blank=True)

    objects: ClassVar = PreferenceQuerySet.as_manager()
    history = history()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="preference_pause",
                condition=Q(paused_from__isnull=True, paused_until__isnull=True)
                | Q(paused_from__isnull=False, paused_until__isnull=False, paused_until__gte=F("paused_from")),
            ),
        )

    def __str__(self) -> str:
        return str(self.person)

    @property
    def chosen(self) -> list[str]:
        return [code for code in self.channels.split(",") if code]

    def is_paused(self, on: date) -> bool:
        return self.paused_from is not None and self.paused_from <= on <= (self.paused_until or self.paused_from)

    def reaches(self, channel: str) -> bool:
        """Whether the person wants the channel and has an address there."""
        return channel in self.chosen and bool(self.address(channel))

    def address(self, channel: str) -> str:
        """Where the person is reached by a channel, "" where nowhere."""
        if channel == Channel.MAIL:
            return self.person.email
        if channel == Channel.WEBHOOK:
            return self.handles.get(channel) or self.person.username
        return self.handles.get(channel, "")
