"""A campaign: one inspection and its rectification, and the periods in which its departments report."""

from datetime import date
from typing import ClassVar, Self

from django.apps import apps
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Department, User
from accounts.tracked import Tracked, TrackedQuerySet, history
from findings import access
from findings.choices import PeriodKind, SourceKind, Stage

CLOSURE_STAGES = ",".join([Stage.HEAD, Stage.LEADER, Stage.OFFICE, Stage.CHIEF])
EXTENSION_STAGES = ",".join([Stage.HEAD, Stage.LEADER, Stage.OFFICE])


class CampaignQuerySet(TrackedQuerySet):
    def visible_to(self, user: User) -> Self:
        """Campaigns of the courts that the user sees whole, and those with a measure in sight."""
        measures = apps.get_model("findings", "Measure").objects.visible_to(user)
        return self.filter(Q(court__in=access.courts_of(user)) | Q(pk__in=measures.order_by().values("campaign_id")))

    def begun(self, on: date) -> Self:
        """Campaigns whose feedback was given by ``on``."""
        return self.filter(feedback_on__lte=on)

    def running(self, on: date) -> Self:
        """Campaigns whose feedback was given by ``on`` and that were not closed before it."""
        return self.filter(Q(closed_on__isnull=True) | Q(closed_on__gte=on), feedback_on__lte=on)


class Campaign(Tracked):
    """One inspection of a court and the rectification that follows it (轮次)."""

    slug = models.SlugField(_("address"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=120)
    source = models.CharField(_("kind of source"), max_length=12, choices=SourceKind)
    inspecting_body = models.CharField(_("inspecting body"), max_length=100)
    court = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", verbose_name=_("court"))
    onsite_from = models.DateField(_("on site from"), null=True, blank=True)
    onsite_until = models.DateField(_("on site until"), null=True, blank=True)
    feedback_on = models.DateField(pgettext_lazy("campaign", "feedback"))
    plan_approved_on = models.DateField(_("plan approved"), null=True, blank=True)
    concentrated_until = models.DateField(_("end of the concentrated phase"))
    sustained_until = models.DateField(_("end of the sustained phase"))
    closed_on = models.DateField(pgettext_lazy("campaign", "closed on"), null=True, blank=True)
    closure_stages = models.CharField(_("stages of a closure"), max_length=100, default=CLOSURE_STAGES)
    extension_stages = models.CharField(_("stages of an extension"), max_length=100, default=EXTENSION_STAGES)
    due_soon_days = models.PositiveSmallIntegerField(_("due soon, days before"), default=7)
    blue_days = models.PositiveSmallIntegerField(_("blue light, days before"), null=True, blank=True)
    progress_due_days = models.PositiveSmallIntegerField(_("progress due, working days after"), default=5)
    lock_days = models.PositiveSmallIntegerField(_("locked, working days later"), default=2)
    declared_areas = models.PositiveSmallIntegerField(_("areas declared"), null=True, blank=True)
    declared_issues = models.PositiveSmallIntegerField(_("issues declared"), null=True, blank=True)
    declared_measures = models.PositiveSmallIntegerField(_("measures declared"), null=True, blank=True)

    objects: ClassVar = CampaignQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("-feedback_on", "slug")
        constraints = (
            models.CheckConstraint(
                name="campaign_onsite",
                condition=Q(onsite_from__isnull=True, onsite_until__isnull=True)
                | Q(onsite_from__isnull=False, onsite_until__isnull=False)
                & Q(onsite_from__lte=F("onsite_until"), onsite_until__lte=F("feedback_on")),
            ),
            models.CheckConstraint(
                name="campaign_phases",
                condition=Q(feedback_on__lte=F("concentrated_until")) & Q(concentrated_until__lte=F("sustained_until")),
            ),
            models.CheckConstraint(
                name="campaign_plan",
                condition=Q(plan_approved_on__isnull=True) | Q(plan_approved_on__gte=F("feedback_on")),
            ),
            models.CheckConstraint(
                name="campaign_closed",
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("feedback_on")),
            ),
            models.CheckConstraint(name="campaign_source", condition=Q(source__in=SourceKind.values)),
            models.CheckConstraint(
                name="campaign_stages",
                condition=~Q(closure_stages="") & ~Q(extension_stages=""),
            ),
        )

    def __str__(self) -> str:
        return self.title

    def as_of(self, on: date) -> date:
        """The day whose figures hold on ``on``: nothing changes any more after the campaign is closed."""
        return min(on, self.closed_on) if self.closed_on else on

    def is_approved(self, on: date) -> bool:
        """Whether the plan stands on ``on``: from then on a change needs a reason, and a deadline a request."""
        return self.plan_approved_on is not None and self.plan_approved_on <= on

    def is_closed(self, on: date) -> bool:
        return self.closed_on is not None and self.closed_on < on


class PeriodQuerySet(TrackedQuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(campaign__in=Campaign.objects.visible_to(user).order_by().values("pk"))

    def begun(self, on: date) -> Self:
        return self.filter(starts_on__lte=on)

    def ended(self, on: date) -> Self:
        """Periods whose last day has gone by."""
        return self.filter(ends_on__lt=on)

    def collecting(self, on: date) -> Self:
        """Periods for which progress can be filled in on ``on``."""
        return self.filter(starts_on__lte=on, locks_on__gte=on)

    def locked(self, on: date) -> Self:
        return self.filter(locks_on__lt=on)


class ReportingPeriod(Tracked):
    """A month or quarter of a campaign: progress is due some working days after it, then it locks."""

    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        related_name="periods",
        verbose_name=_("campaign"),
    )
    kind = models.CharField(_("kind"), max_length=8, choices=PeriodKind)
    code = models.CharField(_("period"), max_length=8)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    due_on = models.DateField(_("progress due"))
    locks_on = models.DateField(_("last day before the lock"))

    objects: ClassVar = PeriodQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("campaign", "starts_on")
        constraints = (
            models.UniqueConstraint(name="reportingperiod_code", fields=("campaign", "code")),
            models.UniqueConstraint(name="reportingperiod_start", fields=("campaign", "starts_on")),
            models.CheckConstraint(
                name="reportingperiod_days",
                condition=Q(starts_on__lte=F("ends_on")) & Q(ends_on__lt=F("due_on")) & Q(due_on__lte=F("locks_on")),
            ),
        )

    def __str__(self) -> str:
        return self.code

    def is_late(self, on: date) -> bool:
        """Whether its progress was due before the day."""
        return self.due_on < on

    def is_locked(self, on: date) -> bool:
        return self.locks_on < on
