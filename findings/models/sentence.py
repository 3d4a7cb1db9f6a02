"""The sentences of a report in words (通报, 双报告): each with its rows, released or withheld one by one."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import RoleCode
from accounts.tracked import Tracked, TrackedQuerySet, history
from findings import access
from findings.models.issue import Issue
from findings.models.paper import Report


class SentenceQuerySet(TrackedQuerySet):
    def visible_to(self, user: User) -> Self:
        """Released ones are seen by who sees the report; the others by office and head of the leading group."""
        inside = access.courts_of(user, {RoleCode.OFFICE, RoleCode.CHIEF})
        return self.filter(
            Q(report__campaign__court__in=access.courts_of(user), is_released=True)
            | Q(report__campaign__court__in=inside)
        )

    def released(self) -> Self:
        return self.filter(is_released=True)


class ReportSentence(Tracked):
    """One sentence of a report in words, drafted out of rows or out of figures; a person edits and releases it."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="sentences", verbose_name=_("report"))
    section = models.CharField(_("section"), max_length=20)
    # The heading under which it stands, where its section goes issue by issue.
    issue = models.ForeignKey(
        Issue, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("issue")
    )
    order = models.PositiveIntegerField(_("order"))
    text = models.TextField(_("sentence"))
    # As it was drafted, before anybody touched it.
    drafted = models.TextField(_("as drafted"), blank=True)
    # The figures that it states: which sentence of statistics it is, and {"closed": 73} as it stated them.
    statistic = models.CharField(max_length=40, blank=True)
    figures = models.JSONField(default=dict, blank=True)
    # [["measure", 12], ["document", 3]]: the rows that it tells of.
    sources = models.JSONField(default=list, blank=True)
    is_released = models.BooleanField(_("released"), default=False)
    # Why it stays inside, where it was withheld.
    why = models.CharField(_("why it is withheld"), max_length=200, blank=True)
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("settled by")
    )
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    objects: ClassVar = SentenceQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("report", "order")
        constraints = (
            models.UniqueConstraint(name="reportsentence_place", fields=("report", "order")),
            models.CheckConstraint(name="reportsentence_text", condition=~Q(text="")),
            # A sentence is drafted, released by somebody, or withheld by somebody.
            models.CheckConstraint(
                name="reportsentence_settled",
                condition=Q(settled_by__isnull=True, settled_at__isnull=True, is_released=False)
                | Q(settled_by__isnull=False, settled_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def is_settled(self) -> bool:
        """Whether somebody has released or withheld it."""
        return self.settled_at is not None
