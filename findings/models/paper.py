"""Papers: notices, documents and rules, meetings, reports, accountability."""

import json
from datetime import date
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from accounts.roles import RoleCode
from accounts.tracked import Tracked, TrackedQuerySet, history
from findings import access
from findings.choices import (
    AccountabilityKind,
    DocumentAction,
    DocumentKind,
    Light,
    MeetingKind,
    NoticeStatus,
    ReportKind,
    ReportState,
)
from findings.models.campaign import Campaign, ReportingPeriod
from findings.models.issue import Measure


class NoticeQuerySet(TrackedQuerySet):
    def visible_to(self, user: User) -> Self:
        """The court's notices for court-wide roles; a department sees those addressed to it, once issued."""
        own = Q(department__in=access.departments_of(user)) & ~Q(status=NoticeStatus.DRAFT)
        return self.filter(Q(campaign__court__in=access.courts_of(user)) | own)


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
    colour = models.CharField(_("colour"), max_length=8, choices=Light, default=Light.YELLOW)
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
    conclusion = models.TextField(_("conclusion"), blank=True)

    objects: ClassVar = NoticeQuerySet.as_manager()
    history = history()

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
        )

    def __str__(self) -> str:
        return f"〔{self.year}〕{self.number or '—'}"

    def campaign_of(self) -> Campaign:
        return self.campaign


class CampaignPaperQuerySet(TrackedQuerySet):
    """Papers of a campaign, seen by the court-wide roles of its court."""

    def visible_to(self, user: User) -> Self:
        return self.filter(campaign__court__in=access.courts_of(user))


class RuleDocumentQuerySet(CampaignPaperQuerySet):
    def visible_to(self, user: User) -> Self:
        links = RuleDocumentMeasure.objects.filter(
            is_active=True,
            measure__in=Measure.objects.visible_to(user).order_by().values("pk"),
        )
        return self.filter(
            Q(campaign__court__in=access.courts_of(user))
            | Q(department__in=access.departments_of(user))
            | Q(pk__in=links.values("document_id"))
        )


class RuleDocument(Tracked):
    """A rule or a plain document that the rectification produced (制度/文件)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="documents")
    title = models.CharField(_("title"), max_length=200)
    number = models.CharField(_("document number"), max_length=60, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=DocumentKind)
    action = models.CharField(_("new, amended or repealed"), max_length=10, choices=DocumentAction)
    issued_on = models.DateField(_("issued on"))
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("drafted by"),
    )
    # The older document that this one amends or repeals.
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by",
        verbose_name=_("amends or repeals"),
    )  # fmt: skip
    repealed_on = models.DateField(_("out of force from"), null=True, blank=True)
    use_check_on = models.DateField(_("check of use"), null=True, blank=True)
    use_checked_on = models.DateField(_("use checked on"), null=True, blank=True)
    use_finding = models.TextField(_("how the rule is used"), blank=True)

    objects: ClassVar = RuleDocumentQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("issued_on", "pk")
        constraints = (
            models.CheckConstraint(name="ruledocument_kind", condition=Q(kind__in=DocumentKind.values)),
            models.CheckConstraint(
                name="ruledocument_action",
                condition=Q(action__in=DocumentAction.values),
            ),
            models.UniqueConstraint(
                name="ruledocument_number",
                fields=("campaign", "number"),
                condition=~Q(number=""),
            ),
            models.CheckConstraint(
                name="ruledocument_repealed",
                condition=Q(repealed_on__isnull=True) | Q(repealed_on__gte=F("issued_on")),
            ),
            models.CheckConstraint(
                name="ruledocument_used",
                condition=Q(use_checked_on__isnull=True, use_finding="")
                | Q(use_checked_on__isnull=False) & ~Q(use_finding=""),
            ),
        )

    def __str__(self) -> str:
        return self.title

    def campaign_of(self) -> Campaign:
        return self.campaign


class RuleDocumentMeasure(Tracked):
    """A measure that a document serves."""

    document = models.ForeignKey(RuleDocument, on_delete=models.PROTECT, related_name="served")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="documents")
    is_active = models.BooleanField(default=True)

    history = history()

    class Meta:
        constraints = (models.UniqueConstraint(name="ruledocumentmeasure_once", fields=("document", "measure")),)

    def __str__(self) -> str:
        return f"{self.document_id} → {self.measure_id}"


class Meeting(Tracked):
    """A meeting or inspection of the rectification, with what it decided."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="meetings")
    kind = models.CharField(_("kind"), max_length=20, choices=MeetingKind)
    held_on = models.DateField(_("held on"))
    title = models.CharField(_("title"), max_length=200)
    decisions = models.TextField(_("decisions"), blank=True)

    objects: ClassVar = CampaignPaperQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("held_on", "pk")
        constraints = (models.CheckConstraint(name="meeting_kind", condition=Q(kind__in=MeetingKind.values)),)

    def __str__(self) -> str:
        return self.title

    def campaign_of(self) -> Campaign:
        return self.campaign


class MeetingMeasure(Tracked):
    """What a meeting decided about one measure."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="measures")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="meetings")
    decision = models.TextField(_("what was decided"))
    is_active = models.BooleanField(default=True)

    history = history()

    class Meta:
        ordering = ("measure__number",)
        constraints = (
            models.UniqueConstraint(name="meetingmeasure_once", fields=("meeting", "measure")),
            models.CheckConstraint(name="meetingmeasure_decision", condition=~Q(decision="")),
        )

    def __str__(self) -> str:
        return f"{self.meeting_id} → {self.measure_id}"


class ReportQuerySet(CampaignPaperQuerySet):
    def in_force(self) -> Self:
        return self.exclude(state=ReportState.SUPERSEDED)


class Report(Tracked):
    """A compiled report: its figures are frozen as text, so that an issued one never changes."""

    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        related_name="reports",
        verbose_name=_("campaign"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=ReportKind)
    period = models.ForeignKey(
        ReportingPeriod, on_delete=models.PROTECT, null=True, blank=True, related_name="reports",
        verbose_name=_("period"),
    )  # fmt: skip
    revision = models.PositiveSmallIntegerField(_("revision"), default=1)
    as_of = models.DateField(_("as of"))
    state = models.CharField(_("state"), max_length=12, choices=ReportState, default=ReportState.DRAFTING)
    figures_text = models.TextField(blank=True)
    word_file = models.FileField(_("Word file"), upload_to="reports/", max_length=200, blank=True)
    excel_file = models.FileField(_("Excel file"), upload_to="reports/", max_length=200, blank=True)
    word_sha256 = models.CharField(max_length=64, blank=True)
    excel_sha256 = models.CharField(max_length=64, blank=True)
    chain_head = models.CharField(_("digest of the records"), max_length=64, blank=True)
    compiled_at = models.DateTimeField(_("compiled at"), null=True, blank=True)
    issued_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("issued by"),
    )
    issued_at = models.DateTimeField(_("issued at"), null=True, blank=True)

    objects: ClassVar = ReportQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("-as_of", "-revision", "-pk")
        constraints = (
            models.UniqueConstraint(
                name="report_revision",
                fields=("campaign", "kind", "period", "revision"),
            ),
            models.UniqueConstraint(
                name="report_revision_alone",
                fields=("campaign", "kind", "as_of", "revision"),
                condition=Q(period__isnull=True),
            ),
            models.CheckConstraint(name="report_kind", condition=Q(kind__in=ReportKind.values)),
            models.CheckConstraint(name="report_state", condition=Q(state__in=ReportState.values)),
            models.CheckConstraint(
                name="report_issued",
                condition=Q(
                    state__in=[ReportState.DRAFTING, ReportState.DRAFT],
                    issued_at__isnull=True,
                )
                | Q(
                    state=ReportState.ISSUED,
                    issued_at__isnull=False,
                    issued_by__isnull=False,
                )
                | Q(state=ReportState.SUPERSEDED),
            ),
            models.CheckConstraint(
                name="report_compiled",
                condition=Q(state=ReportState.DRAFTING) | ~Q(figures_text="") & Q(compiled_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        words = {"kind": self.get_kind_display(), "period": self.period or self.as_of, "revision": self.revision}
        return str(_("%(kind)s %(period)s r%(revision)s") % words)

    @property
    def is_final(self) -> bool:
        """Compiled after the last day that it speaks of; until then its figures are a forecast."""
        return self.compiled_at is not None and timezone.localdate(self.compiled_at) > self.as_of

    def stands(self, on: date) -> bool:
        """Compiled, and not to be compiled anew only because its last day has gone by since."""
        is_ready = bool(self.word_file) and self.state != ReportState.DRAFTING
        return is_ready and (self.is_final or on <= self.as_of)

    @property
    def figures(self) -> dict[str, Any]:
        """The frozen figures, {} while the report is being compiled."""
        return json.loads(self.figures_text) if self.figures_text else {}


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
