"""Supervision: the notices that chase a department, and who was held to account."""

from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from accounts.roles import RoleCode
from accounts.tracked import HistoryQuerySet, Tracked, TrackedQuerySet, history
from findings import access
from findings.choices import UNSENT, AccountabilityKind, NoticeColour, NoticeStatus
from findings.models.campaign import Campaign
from findings.models.issue import Measure
from findings.models.paper import CampaignPaperQuerySet

if TYPE_CHECKING:
    # Each class that mixes the filters in is a queryset.
    _Rows = models.QuerySet["SupervisionNotice"]
else:
    _Rows = object


class NoticeRows(_Rows):
    """Row filters that hold for the live notices and for those of a past day alike."""

    def kept(self) -> Self:
        """All but the drafts that were withdrawn."""
        return self.exclude(status=NoticeStatus.WITHDRAWN)


class NoticeQuerySet(NoticeRows, TrackedQuerySet):
    def visible_to(self, user: User) -> Self:
        """The court's notices for court-wide roles; a department sees those addressed to it, once issued."""
        own = Q(department__in=access.departments_of(user)) & ~Q(status__in=UNSENT)
        return self.filter(Q(campaign__court__in=access.courts_of(user)) | own)


class NoticeHistoryQuerySet(NoticeRows, HistoryQuerySet):
    pass


class SupervisionNotice(Tracked):
    """A formal chase-up of a department (督办单) with its own number series."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="notices")
    measure = models.ForeignKey(
        Measure,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="notices",
        verbose_name=_("measure"),
    )
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("addressed to"),
    )
    year = models.PositiveSmallIntegerField(_("year"))
    number = models.PositiveSmallIntegerField(_("number"), null=True, blank=True)
    colour = models.CharField(_("colour"), max_length=8, choices=NoticeColour, default=NoticeColour.YELLOW)
    text = models.TextField(_("what is asked"))
    status = models.CharField(_("status"), max_length=10, choices=NoticeStatus, default=NoticeStatus.DRAFT)
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    due_on = models.DateField(_("reply due"))
    received_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    reply = models.TextField(_("reply"), blank=True)
    replied_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    replied_at = models.DateTimeField(_("replied at"), null=True, blank=True)
    return_reason = models.TextField(_("reason of the return"), blank=True)
    returned_count = models.PositiveSmallIntegerField(_("times returned"), default=0)
    conclusion = models.TextField(_("conclusion"), blank=True)
    concluded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    concluded_at = models.DateTimeField(_("concluded at"), null=True, blank=True)

    objects: ClassVar = NoticeQuerySet.as_manager()
    history = history(NoticeHistoryQuerySet)

    class Meta:
        ordering = ("-year", F("number").desc(nulls_first=True), "-pk")
        constraints = (
            models.UniqueConstraint(name="supervisionnotice_number", fields=("campaign", "year", "number")),
            models.CheckConstraint(
                name="supervisionnotice_status",
                condition=Q(status__in=NoticeStatus.values),
            ),
            models.CheckConstraint(
                name="supervisionnotice_issued",
                condition=Q(status__in=[NoticeStatus.DRAFT, NoticeStatus.WITHDRAWN])
                | Q(issued_by__isnull=False, issued_on__isnull=False, number__isnull=False),
            ),
            models.CheckConstraint(
                name="supervisionnotice_due",
                condition=Q(issued_on__isnull=True) | Q(due_on__gte=F("issued_on")),
            ),
            models.CheckConstraint(name="supervisionnotice_colour", condition=Q(colour__in=NoticeColour.values)),
            models.CheckConstraint(
                name="supervisionnotice_replied",
                condition=~Q(status__in=[NoticeStatus.REPLIED, NoticeStatus.CONCLUDED])
                | Q(replied_by__isnull=False, replied_at__isnull=False) & ~Q(reply=""),
            ),
            models.CheckConstraint(
                name="supervisionnotice_concluded",
                condition=~Q(status=NoticeStatus.CONCLUDED)
                | Q(concluded_by__isnull=False, concluded_at__isnull=False) & ~Q(conclusion=""),
            ),
        )

    def __str__(self) -> str:
        """Its number as it is cited; a draft has none yet."""
        if self.number is None:
            return str(_("draft of a notice"))
        return str(_("notice 〔%(year)s〕 no. %(number)s") % {"year": self.year, "number": self.number})

    @property
    def is_over(self) -> bool:
        """Concluded, or given up as a draft."""
        return self.status in (NoticeStatus.CONCLUDED, NoticeStatus.WITHDRAWN)

    @property
    def short(self) -> str:
        """The number alone, for a column that says what it is."""
        return f"〔{self.year}〕{self.number or '—'}"

    def campaign_of(self) -> Campaign:
        return self.campaign


class AccountabilityQuerySet(CampaignPaperQuerySet):
    def visible_to(self, user: User) -> Self:
        """Chief, office and discipline group only."""
        courts = access.courts_of(user, {RoleCode.CHIEF, RoleCode.OFFICE, RoleCode.INSPECTOR})
        return self.filter(campaign__court__in=courts)


class Accountability(Tracked):
    """Somebody was held to account for a failed or false rectification (追责问责)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="accountability")
    measure = models.ForeignKey(
        Measure,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="accountability",
    )
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=12, choices=AccountabilityKind)
    persons = models.PositiveSmallIntegerField(_("persons"), default=1)
    decided_on = models.DateField(_("decided on"))
    reason = models.TextField(_("reason"))

    objects: ClassVar = AccountabilityQuerySet.as_manager()
    history = history()

    class Meta:
        verbose_name_plural = "accountability"
        ordering = ("-decided_on", "-pk")
        constraints = (
            models.CheckConstraint(
                name="accountability_kind",
                condition=Q(kind__in=AccountabilityKind.values),
            ),
        )

    def __str__(self) -> str:
        return self.get_kind_display()
