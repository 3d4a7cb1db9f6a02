"""Work done outside a request: jobs with their progress, and ledgers that were uploaded to be imported."""

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from accounts.models import User
from accounts.roles import RoleCode
from accounts.tracked import Tracked, TrackedQuerySet, history
from findings import access
from findings.choices import ImportState, JobState
from findings.models.campaign import Campaign


def job_path(job: "Job", filename: str) -> str:
    """A name that the server makes: nothing of a given name reaches the disk."""
    return f"jobs/{uuid.uuid4().hex}"


def import_path(row: "LedgerImport", filename: str) -> str:
    """A name that the server makes: nothing of the uploaded name reaches the disk."""
    return f"imports/{uuid.uuid4().hex}"


class JobQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        """What the user asked for."""
        return self.filter(person=user)


class Job(models.Model):
    """One run of a job, asked for by a person or by the scheduler.

    Not tracked: runs are claimed by conditional update, and count their steps while they go.
    """

    name = models.CharField(_("job"), max_length=40)
    # What must run once only: (kind of report, campaign, period), a day; "" where it may run again and again.
    key = models.CharField(max_length=120, blank=True)
    person = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="jobs", verbose_name=_("asked for by")
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="jobs", verbose_name=_("campaign")
    )
    arguments = models.JSONField(default=dict, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=JobState, default=JobState.WAITING)
    done = models.PositiveIntegerField(_("steps done"), default=0)
    total = models.PositiveIntegerField(_("steps"), default=0)
    result = models.JSONField(_("result"), default=dict, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    file = models.FileField(_("file"), upload_to=job_path, max_length=200, blank=True)
    filename = models.CharField(_("file name"), max_length=200, blank=True)
    asked_at = models.DateTimeField(_("asked for"))
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    # The last sign of life of the run.
    beat_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # Never stored: whether whoever holds this object has put the run on record, or on record again.
    is_just_asked = False

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at", "-pk")
        indexes = (models.Index(fields=["name", "-asked_at"], name="job_newest"),)
        constraints = (
            models.CheckConstraint(name="job_state", condition=Q(state__in=JobState.values)),
            models.CheckConstraint(
                name="job_ended",
                condition=Q(state__in=[JobState.WAITING, JobState.RUNNING], ended_at__isnull=True)
                | Q(state__in=[JobState.DONE, JobState.FAILED], ended_at__isnull=False),
            ),
            models.UniqueConstraint(name="job_key", fields=("key",), condition=~Q(key="")),
        )

    def __str__(self) -> str:
        return self.name


class ScheduledJob(models.Model):
    """The newest run of one entry of the timetable: when it was asked for, when it ran, and how it ended.

    Not tracked: the scheduler and the workers write it at each run, also where the run itself fails.
    """

    name = models.CharField(_("job"), max_length=40, unique=True)
    # The scheduler's sign of life: asked for and never begun means that no worker is there.
    asked_at = models.DateTimeField(_("asked for"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    succeeded_at = models.DateTimeField(_("last success"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=JobState, default=JobState.WAITING)
    result = models.CharField(_("result"), max_length=300, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.CheckConstraint(name="scheduledjob_state", condition=Q(state__in=JobState.values)),)

    def __str__(self) -> str:
        return self.name


class ImportQuerySet(TrackedQuerySet):
    def visible_to(self, user: User) -> Self:
        """The office's, of its own court."""
        return self.filter(campaign__court__in=access.courts_of(user, {RoleCode.OFFICE}))


class LedgerImport(Tracked):
    """A workbook that was uploaded, rehearsed and then applied as one request, or dropped."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="imports", verbose_name=_("campaign"))
    # The request number under which all its changes stand on record.
    number = models.PositiveIntegerField(_("request number"))
    kind = models.CharField(_("kind"), max_length=16)
    file = models.FileField(_("file"), upload_to=import_path, max_length=200)
    filename = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("uploaded by"))
    state = models.CharField(_("state"), max_length=10, choices=ImportState, default=ImportState.REHEARSED)
    reason = models.TextField(_("reason"), blank=True)
    # By "record:id:column" each decided conflict: row, heading, what it said when drawn, in the ledger ("old"), in the
    # file ("new"), and which was "taken"; only "file" or "ledger" in imports from before the words were kept.
    decisions = models.JSONField(_("decided conflicts"), default=dict, blank=True)
    # Ids of the rows that the application wrote.
    rows = models.JSONField(_("rows"), default=list, blank=True)
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)

    objects: ClassVar = ImportQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.UniqueConstraint(name="ledgerimport_number", fields=("campaign", "number")),
            models.CheckConstraint(name="ledgerimport_state", condition=Q(state__in=ImportState.values)),
            models.CheckConstraint(
                name="ledgerimport_applied",
                condition=Q(state=ImportState.APPLIED, applied_at__isnull=False) & ~Q(reason="")
                | ~Q(state=ImportState.APPLIED) & Q(applied_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return self.filename

    @property
    def is_refused(self) -> bool:
        """Dropped for what its file holds, not given up by a person."""
        return self.state == ImportState.DROPPED and bool(self.reason)

    @property
    def state_words(self) -> str:
        return pgettext("import state", "not taken in") if self.is_refused else self.get_state_display()

    def campaign_of(self) -> Campaign:
        return self.campaign
