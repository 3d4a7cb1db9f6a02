"""Papers: documents and rules, meetings, reports."""

import json
from datetime import date
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from accounts.models import Department, User
from accounts.tracked import Tracked, TrackedQuerySet, history
from findings import access, dates
from findings.choices import IN_WORDS, DocumentAction, DocumentKind, MeetingKind, ReportKind, ReportState
from findings.models.campaign import Campaign, ReportingPeriod
from findings.models.issue import Measure
from findings.models.progress import MeasureRowQuerySet


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

    def in_force(self, on: date) -> Self:
        """The documents in force on a day, as they stood at its end."""
        return self.at(on).filter(dates.in_force_q(on))

    def out_of_force(self, on: date) -> Self:
        """The documents issued by the day that were repealed by then, or whose place a newer one had taken."""
        return self.at(on).filter(Q(repealed_on__lte=on) | Q(action=DocumentAction.REPEALED), issued_on__lte=on)

    def use_check_missed(self, on: date) -> Self:
        """The documents in force whose day for checking their use had gone by."""
        return self.at(on).filter(dates.use_check_missed_q(on))


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
    """What a meeting decided about one measure: seen by who sees the measure, unlike the meeting itself."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="measures")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="meetings")
    decision = models.TextField(_("what was decided"))
    is_active = models.BooleanField(default=True)

    objects: ClassVar = MeasureRowQuerySet.as_manager()
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
    def state_words(self) -> str:
        """Its state as it is shown: one in words that is not on paper yet is drafted by people."""
        if self.state == ReportState.DRAFTING and self.kind in IN_WORDS:
            return pgettext("report state", "being drafted")
        return str(self.get_state_display())

    @property
    def is_final(self) -> bool:
        """Compiled after the last day that it speaks of; until then its figures are a forecast."""
        return self.compiled_at is not None and timezone.localdate(self.compiled_at) > self.as_of

    @property
    def is_forecast(self) -> bool:
        """Compiled for a period before its last day had gone by: no finished paper."""
        return self.period_id is not None and self.compiled_at is not None and not self.is_final

    def stands(self, on: date) -> bool:
        """Compiled, and not to be compiled anew only because its last day has gone by since."""
        is_ready = bool(self.word_file) and self.state != ReportState.DRAFTING
        return is_ready and (self.is_final or on <= self.as_of)

    @property
    def figures(self) -> dict[str, Any]:
        """The frozen figures, {} while the report is being compiled."""
        return json.loads(self.figures_text) if self.figures_text else {}
