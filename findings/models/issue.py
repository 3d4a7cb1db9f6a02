"""Areas, issues and measures: what was found and what is done about it."""

from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar, Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from accounts.tracked import HistoryQuerySet, Tracked, TrackedQuerySet, end_of, history
from findings import access, dates
from findings.choices import OPEN, IssueKind, MeasureStatus, Nature, Phase, RequestStatus
from findings.models.campaign import Campaign


class PlanQuerySet(TrackedQuerySet):
    """Areas and issues: seen by who sees the whole court or one of their measures."""

    def visible_to(self, user: User) -> Self:
        measures = Measure.objects.visible_to(user).order_by()
        in_sight = self._through(measures)
        return self.filter(Q(campaign__court__in=access.courts_of(user)) | in_sight)

    def _through(self, measures: models.QuerySet) -> Q:
        return Q(pk__in=measures.values("issue__area_id"))


class IssueQuerySet(PlanQuerySet):
    def _through(self, measures: models.QuerySet) -> Q:
        links = RecommendationLink.objects.filter(measure__in=measures.values("pk"), is_active=True)
        return Q(pk__in=measures.values("issue_id")) | Q(pk__in=links.values("recommendation_id"))


class Area(Tracked):
    """A group of issues in the feedback (方面)."""

    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        related_name="areas",
        verbose_name=_("campaign"),
    )
    number = models.PositiveSmallIntegerField(_("number"))
    title = models.CharField(_("title"), max_length=200)

    objects: ClassVar = PlanQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("campaign", "number")
        constraints = (models.UniqueConstraint(name="area_number", fields=("campaign", "number")),)

    def __str__(self) -> str:
        return self.title


class Issue(Tracked):
    """A finding, or a recommendation that has links to measures instead of measures of its own (问题)."""

    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        related_name="issues",
        verbose_name=_("campaign"),
    )
    area = models.ForeignKey(
        Area,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="issues",
        verbose_name=_("area"),
    )
    kind = models.CharField(_("kind"), max_length=16, choices=IssueKind, default=IssueKind.FINDING)
    number = models.PositiveSmallIntegerField(_("number"))
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("the feedback's own words"), blank=True)
    is_common = models.BooleanField(_("common problem"), default=False)

    objects: ClassVar = IssueQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("campaign", "kind", "number")
        constraints = (
            models.UniqueConstraint(name="issue_number", fields=("campaign", "kind", "number")),
            models.CheckConstraint(
                name="issue_area",
                condition=Q(kind=IssueKind.FINDING, area__isnull=False)
                | Q(kind=IssueKind.RECOMMENDATION, area__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"


if TYPE_CHECKING:
    from findings.models.progress import Evidence

    # Each class that mixes the filters in is a queryset.
    _Rows = models.QuerySet["Measure"]
else:
    _Rows = object


class MeasureRows(_Rows):
    """Row filters that hold for the live rows and for the rows of a past day alike."""

    _on: date | None = None

    def in_plan(self, on: date) -> Self:
        return self.filter(dates.in_plan_q(on))

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def closed(self) -> Self:
        return self.filter(status=MeasureStatus.CLOSED)

    def with_excuse(self) -> Self:
        """Annotates ``excused``: a request filed by the deadline is (or on that day was) pending.

        Requests are dated facts, so the live request rows answer for every day.
        """
        if "excused" in self.query.annotations:
            return self
        on = self._day_meant()
        pending = Q(ended_at__isnull=True) | Q(ended_at__gte=end_of(on))
        requests = [
            Exists(
                model.objects.filter(
                    pending,
                    Q(filed_on__lte=on),
                    measure_id=OuterRef("id"),
                    filed_on__lte=OuterRef("deadline"),
                )
            )
            for model in (
                apps.get_model("findings", "ClosureRequest"),
                apps.get_model("findings", "Extension"),
            )
        ]
        excused = Q(requests[0]) | Q(requests[1])
        return self.annotate(
            excused=models.Case(
                models.When(excused, then=Value(True)),
                default=Value(False),
                output_field=models.BooleanField(),
            )
        )

    def on_day(self, on: date) -> Self:
        """Remember the day that the rows stand for."""
        clone = self.all()
        clone._on = on
        return clone

    def _clone(self) -> Self:
        clone = super()._clone()  # type: ignore[misc]  # the stubs leave out how Django copies a queryset
        clone._on = self._on
        return clone

    def _day_meant(self) -> date:
        return self._on or dates.today()

    def overdue(self, on: date) -> Self:
        return self.on_day(on).with_excuse().filter(dates.overdue_q(on))

    def for_department(self, department_id: int) -> Self:
        """Led or assisted by the department."""
        assisted = AssistingDepartment.objects.at(self._day_meant()).filter(department_id=department_id, is_active=True)
        return self.filter(Q(lead_department_id=department_id) | Q(id__in=assisted.values("measure_id")))

    def words(self, text: str) -> Self:
        """Rows that hold every word of ``text`` in their own text, goal, issue or number."""
        rows = self
        for word in text.replace("\x00", "").split()[:10]:
            hit = Q(text__icontains=word) | Q(goal__icontains=word) | Q(issue__title__icontains=word)
            rows = rows.filter(
                hit | Q(number=int(word)) if word.isascii() and word.isdigit() and len(word) < 6 else hit
            )
        return rows


class MeasureQuerySet(MeasureRows, TrackedQuerySet):
    def visible_to(self, user: User) -> Self:
        """The whole court for court-wide roles; else what the own departments lead or assist."""
        own = access.departments_of(user)
        assisted = AssistingDepartment.objects.filter(department_id__in=own, is_active=True)
        return self.filter(
            Q(campaign__court__in=access.courts_of(user))
            | Q(lead_department_id__in=own)
            | Q(pk__in=assisted.values("measure_id"))
        )

    def at(self, on: date) -> Self:
        return super().at(on).on_day(on)


class MeasureHistoryQuerySet(MeasureRows, HistoryQuerySet):
    pass


class Measure(Tracked):
    """The unit of work: who does what by when, and how far it has come (整改措施)."""

    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        related_name="measures",
        verbose_name=_("campaign"),
    )
    issue = models.ForeignKey(
        Issue,
        on_delete=models.PROTECT,
        related_name="measures",
        verbose_name=_("issue"),
    )
    number = models.PositiveIntegerField(_("number"))
    text = models.TextField(_("measure"))
    goal = models.TextField(_("goal"), blank=True)
    lead_leader = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lead leader"),
    )
    lead_department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("lead department"),
    )  # fmt: skip
    deadline = models.DateField(_("deadline"), null=True, blank=True)
    original_deadline = models.DateField(_("original deadline"), null=True, blank=True)
    phase = models.CharField(_("phase"), max_length=12, choices=Phase, default=Phase.CONCENTRATED)
    nature = models.CharField(_("nature"), max_length=10, choices=Nature, default=Nature.DATED)
    is_key = models.BooleanField(_("key task"), default=False)
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=MeasureStatus,
        default=MeasureStatus.NOT_STARTED,
    )
    percent = models.PositiveSmallIntegerField(_("progress, %"), default=0)
    started_on = models.DateField(_("started on"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    stage_goal = models.TextField(_("goal of the stage"), blank=True)
    recheck_on = models.DateField(_("next re-check"), null=True, blank=True)
    reopened_count = models.PositiveSmallIntegerField(_("times reopened"), default=0)
    retired_on = models.DateField(_("retired on"), null=True, blank=True)
    excused: bool  # on rows from with_excuse()

    objects: ClassVar = MeasureQuerySet.as_manager()
    history = history(MeasureHistoryQuerySet)

    class Meta:
        ordering = ("campaign", "number")
        indexes = (
            models.Index(
                fields=["campaign", "status", "deadline"],
                name="measure_status_deadline",
            ),
            models.Index(fields=["lead_department", "status"], name="measure_department_status"),
        )
        constraints = (
            models.UniqueConstraint(name="measure_number", fields=("campaign", "number")),
            models.CheckConstraint(name="measure_status", condition=Q(status__in=MeasureStatus.values)),
            models.CheckConstraint(name="measure_phase", condition=Q(phase__in=Phase.values)),
            models.CheckConstraint(name="measure_nature", condition=Q(nature__in=Nature.values)),
            models.CheckConstraint(name="measure_percent", condition=Q(percent__lte=100)),
            models.CheckConstraint(
                name="measure_closed_on",
                condition=Q(status=MeasureStatus.CLOSED, closed_on__isnull=False)
                | ~Q(status=MeasureStatus.CLOSED) & Q(closed_on__isnull=True),
            ),
            models.CheckConstraint(
                name="measure_started_on",
                condition=Q(status=MeasureStatus.NOT_STARTED, started_on__isnull=True)
                | ~Q(status=MeasureStatus.NOT_STARTED) & Q(started_on__isnull=False),
            ),
            models.CheckConstraint(
                name="measure_deadlines",
                condition=Q(deadline__isnull=True) | Q(original_deadline__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.number}. {self.text[:40]}"

    def campaign_of(self) -> Campaign:
        """The campaign whose closing ends every step; requests and progress answer the same question."""
        return self.campaign

    def is_after_closing(self, at: datetime | None) -> bool:
        """Whether something came after the measure was last closed: a relapse is not mended by the old proof."""
        closings = [row.ended_at for row in self.closure_requests.all() if row.status == RequestStatus.APPROVED]
        return at is not None and all(ended is not None and at > ended for ended in closings)

    def evidence_in_force(self) -> "list[Evidence]":
        """What proves the measure now, neither withdrawn nor superseded, out of the rows that are loaded already."""
        rows = list(self.evidence.all())
        superseded = {row.replaces_id for row in rows}
        return [row for row in rows if not row.is_withdrawn and row.pk not in superseded]


class MeasureSuccessor(Tracked):
    """From a retired measure to one that goes on in its place (split or merged)."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="successors")
    successor = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="predecessors")

    history = history()

    class Meta:
        constraints = (
            models.UniqueConstraint(name="measuresuccessor_once", fields=("measure", "successor")),
            models.CheckConstraint(name="measuresuccessor_other", condition=~Q(measure=F("successor"))),
        )

    def __str__(self) -> str:
        return f"{self.measure_id} → {self.successor_id}"


class AssistingDepartment(Tracked):
    """A department that assists the lead department of a measure; only the lead's percentage counts."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="assisting")
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("assisting department"),
    )
    is_active = models.BooleanField(default=True)

    history = history()

    class Meta:
        ordering = ("department__order",)
        constraints = (models.UniqueConstraint(name="assistingdepartment_once", fields=("measure", "department")),)

    def __str__(self) -> str:
        return str(self.department)


class RecommendationLink(Tracked):
    """A measure that answers a recommendation of the feedback."""

    recommendation = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="answers")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="recommendations")
    is_active = models.BooleanField(default=True)

    history = history()

    class Meta:
        constraints = (models.UniqueConstraint(name="recommendationlink_once", fields=("recommendation", "measure")),)

    def __str__(self) -> str:
        return f"{self.recommendation_id} → {self.measure_id}"
