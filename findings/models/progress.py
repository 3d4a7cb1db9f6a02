"""What departments report, and the files that prove it."""

import uuid
from datetime import date, datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from accounts.tracked import Tracked, TrackedQuerySet, end_of, history
from findings import dates
from findings.choices import REPORTED, ProgressStatus
from findings.models.campaign import Campaign, ReportingPeriod
from findings.models.issue import Measure


class MeasureRowQuerySet(TrackedQuerySet):
    """Rows that hang on a measure are seen by who sees the measure."""

    def visible_to(self, user: User) -> Self:
        return self.filter(measure__in=Measure.objects.visible_to(user).order_by().values("pk"))


class ProgressQuerySet(MeasureRowQuerySet):
    def reported(self) -> Self:
        """Submitted or accepted: what the department answers for."""
        return self.filter(status__in=REPORTED)

    def accepted(self) -> Self:
        return self.filter(status=ProgressStatus.ACCEPTED)

    def submitted(self) -> Self:
        return self.filter(status=ProgressStatus.SUBMITTED)


class ProgressUpdate(Tracked):
    """What one department did on one measure in one period (进展填报)."""

    measure = models.ForeignKey(
        Measure,
        on_delete=models.PROTECT,
        related_name="progress",
        verbose_name=_("measure"),
    )
    period = models.ForeignKey(
        ReportingPeriod,
        on_delete=models.PROTECT,
        related_name="progress",
        verbose_name=_("period"),
    )
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("department"),
    )
    done = models.TextField(_("what was done"))
    percent = models.PositiveSmallIntegerField(_("progress, %"), default=0)
    difficulty = models.TextField(_("difficulty"), blank=True)
    next_step = models.TextField(_("next step"), blank=True)
    expected_on = models.DateField(_("expected completion"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=ProgressStatus, default=ProgressStatus.DRAFT)
    filled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("filled in by"))
    submitted_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("submitted by"),
    )
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("checked by"),
    )
    decided_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    return_reason = models.TextField(_("reason of the return"), blank=True)
    returned_count = models.PositiveSmallIntegerField(_("times returned"), default=0)
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections",
        verbose_name=_("corrects the report"),
    )  # fmt: skip
    correction = models.TextField(_("correction of a locked period"), blank=True)

    objects: ClassVar = ProgressQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("measure", "period", "department")
        indexes = (models.Index(fields=["status", "department"], name="progress_status"),)
        constraints = (
            models.UniqueConstraint(name="progressupdate_once", fields=("measure", "period", "department")),
            models.CheckConstraint(name="progressupdate_percent", condition=Q(percent__lte=100)),
            models.CheckConstraint(
                name="progressupdate_status",
                condition=Q(status__in=ProgressStatus.values),
            ),
            models.CheckConstraint(
                name="progressupdate_submitted",
                condition=Q(status=ProgressStatus.DRAFT) | Q(submitted_by__isnull=False, submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="progressupdate_returned",
                condition=~Q(status=ProgressStatus.RETURNED) | ~Q(return_reason=""),
            ),
            models.CheckConstraint(
                name="progressupdate_correction",
                condition=Q(corrects__isnull=True, correction="") | Q(corrects__isnull=False) & ~Q(correction=""),
            ),
        )

    def __str__(self) -> str:
        return f"{self.measure_id} {self.period_id} {self.department_id}"

    def campaign_of(self) -> Campaign:
        return self.measure.campaign

    @property
    def is_reported(self) -> bool:
        """Submitted or accepted: what the department answers for."""
        return self.status in REPORTED

    @property
    def is_overtaken(self) -> bool:
        """Reported before the measure was closed and then reopened: it says nothing about the relapse."""
        measure = self.measure
        is_open_again = measure.reopened_count > 0 and measure.closed_on is None
        return self.is_reported and is_open_again and not measure.is_after_closing(self.submitted_at)

    @property
    def is_draft(self) -> bool:
        """Not submitted, or taken up again: read by the department's own people only."""
        return self.status == ProgressStatus.DRAFT


def evidence_path(evidence: "Evidence", filename: str) -> str:
    """A name that the server makes: nothing of the uploaded name reaches the disk."""
    return f"evidence/{dates.today():%Y}/{uuid.uuid4().hex}"


class EvidenceQuerySet(MeasureRowQuerySet):
    def in_force(self, on: date | None = None) -> Self:
        """Neither withdrawn nor superseded by a newer revision; ``on``: as it stood at the end of that day."""
        on = on or dates.today()
        newer = self.model._default_manager.filter(replaces__isnull=False, created_at__lt=end_of(on))
        return self.at(on).filter(is_withdrawn=False).exclude(id__in=newer.order_by().values("replaces_id"))


class Evidence(Tracked):
    """A file that proves progress (佐证材料); ``own_date`` is the document's own date, not the upload's."""

    measure = models.ForeignKey(
        Measure,
        on_delete=models.PROTECT,
        related_name="evidence",
        verbose_name=_("measure"),
    )
    progress = models.ForeignKey(
        ProgressUpdate, on_delete=models.PROTECT, null=True, blank=True, related_name="evidence",
        verbose_name=_("progress"),
    )  # fmt: skip
    title = models.CharField(_("title"), max_length=200)
    number = models.CharField(_("document number"), max_length=100, blank=True)
    own_date = models.DateField(_("date of the document"), null=True, blank=True)
    file = models.FileField(_("file"), upload_to=evidence_path, max_length=200)
    filename = models.CharField(_("file name"), max_length=200)
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size, bytes"))
    sha256 = models.CharField(max_length=64, db_index=True)
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("uploaded by"))
    is_withdrawn = models.BooleanField(_("withdrawn"), default=False)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by",
        verbose_name=_("replaces"),
    )  # fmt: skip
    # The row whose file this one serves too: one file may prove several measures.
    shares = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="sharers", verbose_name=_("file of"),
    )  # fmt: skip

    objects: ClassVar = EvidenceQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("measure", "created_at", "pk")
        verbose_name_plural = "evidence"
        constraints = (
            models.CheckConstraint(name="evidence_size", condition=Q(size__gt=0)),
            models.CheckConstraint(name="evidence_digest", condition=~Q(sha256="")),
        )

    def __str__(self) -> str:
        return self.title

    def campaign_of(self) -> Campaign:
        return self.measure.campaign

    @property
    def status(self) -> str:
        """What can be done with a file follows the state of the measure that it proves."""
        return self.measure.status

    def get_status_display(self) -> str:
        return self.measure.get_status_display()

    @property
    def file_came_at(self) -> datetime:
        """When the file itself was uploaded: one that was proof of another measure before is no newer than that."""
        return self.shares.created_at if self.shares else self.created_at
