"""The outbox: a message is a row first, written with the change that causes it and sent later."""

from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from findings.choices import MessageKind, MessageStatus
from findings.models.issue import Measure


class MessageQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(recipient=user)

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)

    def waiting(self) -> Self:
        return self.filter(status=MessageStatus.WAITING)

    def known(self, keys: Iterable[str]) -> set[str]:
        """Which of the keys stand in the outbox already."""
        wanted, found = list(keys), set()
        for start in range(0, len(wanted), 500):
            found |= set(self.filter(key__in=wanted[start : start + 500]).values_list("key", flat=True))
        return found


class Message(models.Model):
    """One message to one person. ``key`` is unique, so that nothing is ever said twice.

    Not tracked: senders claim rows by conditional update.
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
    body = models.TextField(_("text"))
    link = models.CharField(_("address"), max_length=200, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=MessageStatus, default=MessageStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("last error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("written"))
    not_before = models.DateTimeField(_("not before"))
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (
            models.Index(fields=["status", "not_before"], name="message_outbox"),
            models.Index(fields=["recipient", "read_at"], name="message_inbox"),
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
