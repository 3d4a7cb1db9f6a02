"""Requests that climb a list of stages, and the decisions that each stage leaves."""

from typing import TYPE_CHECKING, ClassVar, NoReturn, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts import chain
from accounts.models import Membership, User
from accounts.tracked import GuardedWrite, Tracked, history
from findings.choices import DecisionVerdict, ExtensionKind, Nature, RequestStatus, Stage, stages_of
from findings.models.campaign import Campaign
from findings.models.issue import Measure
from findings.models.progress import MeasureRowQuerySet

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


def signers_of(stage: str, measure: Measure) -> set[int]:
    """Ids of the people who may sign at a stage for this measure, whoever has asked or signed."""
    place = measure.lead_department_id if stage == Stage.HEAD else measure.campaign.court_id
    if place is None:
        return set()
    people = set(Membership.objects.holders(stage, place).values_list("person_id", flat=True))
    return people & {measure.lead_leader_id} if stage == Stage.LEADER else people


class RequestQuerySet(MeasureRowQuerySet):
    def pending(self) -> Self:
        return self.filter(status=RequestStatus.PENDING)


class Request(Tracked):
    """What closure and extension requests share. The stages are copied from the campaign when it is filed."""

    stages = models.CharField(_("stages"), max_length=100)
    stage_index = models.PositiveSmallIntegerField(_("stage"), default=0)
    status = models.CharField(_("status"), max_length=10, choices=RequestStatus, default=RequestStatus.PENDING)
    reason = models.TextField(_("reason"), blank=True)
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("filed by"))
    filed_on = models.DateField(_("filed on"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects: ClassVar = RequestQuerySet.as_manager()
    measure: models.ForeignKey[Measure]
    decisions: "RelatedManager[Decision]"

    class Meta:
        abstract = True
        ordering = ("-created_at", "-pk")
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(name="%(class)s_status", condition=Q(status__in=RequestStatus.values)),
            models.CheckConstraint(
                name="%(class)s_ended",
                condition=Q(status=RequestStatus.PENDING, ended_at__isnull=True)
                | ~Q(status=RequestStatus.PENDING) & Q(ended_at__isnull=False),
            ),
            models.CheckConstraint(name="%(class)s_stages", condition=~Q(stages="")),
            models.UniqueConstraint(
                name="%(class)s_one_pending",
                fields=("measure",),
                condition=Q(status=RequestStatus.PENDING),
            ),
        )

    def __str__(self) -> str:
        return f"{self._meta.model_name} {self.pk}"

    @property
    def stage_list(self) -> list[str]:
        return stages_of(self.stages)

    @property
    def stage(self) -> str:
        """The stage that the request waits at, "" once it has ended."""
        return self.stage_list[self.stage_index] if self.status == RequestStatus.PENDING else ""

    def campaign_of(self) -> Campaign:
        return self.measure.campaign

    def signed_by(self) -> set[int]:
        """Ids of those who have signed so far."""
        return {d.by_id for d in self.decisions.all() if d.by_id and d.verdict == DecisionVerdict.APPROVED}

    def left_of(self, people: set[int]) -> set[int]:
        """Of some people those who may still sign: one person signs once, and never what he or she asked for."""
        return people - self.signed_by() - {self.filed_by_id}

    def waits_for(self) -> set[int]:
        """Ids of the people whose signature the request now waits for; empty once it has ended."""
        return self.left_of(signers_of(self.stage, self.measure)) if self.stage else set()

    def get_stage_display(self) -> str:
        return str(Stage(self.stage).label) if self.stage else ""


class ClosureRequest(Request):
    """Asks that a measure be struck off (销号申请)."""

    measure = models.ForeignKey(
        Measure,
        on_delete=models.PROTECT,
        related_name="closure_requests",
        verbose_name=_("measure"),
    )
    deadline = models.DateField(_("deadline then in force"), null=True, blank=True)

    history = history()


class Extension(Request):
    """Asks for a later deadline, or for conversion to sustained rectification (延期/转持续整改)."""

    measure = models.ForeignKey(
        Measure,
        on_delete=models.PROTECT,
        related_name="extensions",
        verbose_name=_("measure"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=ExtensionKind, default=ExtensionKind.EXTENSION)
    progress_so_far = models.TextField(_("progress so far"))
    old_deadline = models.DateField(_("deadline before"), null=True, blank=True)
    new_deadline = models.DateField(_("new deadline"), null=True, blank=True)
    new_nature = models.CharField(_("new nature"), max_length=10, choices=Nature, blank=True)
    stage_goal = models.TextField(_("goal of the stage"), blank=True)
    recheck_on = models.DateField(_("next re-check"), null=True, blank=True)

    history = history()

    class Meta(Request.Meta):
        constraints = (
            *Request.Meta.constraints,
            models.CheckConstraint(
                name="extension_later",
                condition=Q(kind=ExtensionKind.CONVERSION)
                | Q(
                    new_deadline__isnull=False,
                    old_deadline__isnull=False,
                    new_deadline__gt=F("old_deadline"),
                ),
            ),
            models.CheckConstraint(
                name="extension_conversion",
                condition=Q(kind=ExtensionKind.EXTENSION, new_nature="")
                | Q(
                    kind=ExtensionKind.CONVERSION,
                    new_nature__in=[Nature.PHASED, Nature.STANDING],
                )
                & ~Q(stage_goal="")
                & Q(recheck_on__isnull=False),
            ),
        )


class DecisionQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        measures = Measure.objects.visible_to(user).order_by().values("pk")
        return self.filter(Q(closure__measure__in=measures) | Q(extension__measure__in=measures))


class Decision(models.Model):
    """One signature, return or passed-over stage. Written once, never changed, linked in the chain."""

    closure = models.ForeignKey(
        ClosureRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
    )
    extension = models.ForeignKey(
        Extension,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
    )
    stage = models.CharField(_("stage"), max_length=10, choices=Stage)
    stage_index = models.PositiveSmallIntegerField(_("stage number"))
    verdict = models.CharField(_("decision"), max_length=12, choices=DecisionVerdict)
    opinion = models.TextField(_("opinion"), blank=True)
    by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("at"))

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        constraints = (
            models.CheckConstraint(
                name="decision_request",
                condition=Q(closure__isnull=False, extension__isnull=True)
                | Q(closure__isnull=True, extension__isnull=False),
            ),
            models.CheckConstraint(
                name="decision_by",
                condition=Q(verdict=DecisionVerdict.PASSED_OVER, by__isnull=True)
                | ~Q(verdict=DecisionVerdict.PASSED_OVER) & Q(by__isnull=False),
            ),
            models.CheckConstraint(
                name="decision_reason",
                condition=Q(verdict=DecisionVerdict.APPROVED) | ~Q(opinion=""),
            ),
            models.UniqueConstraint(
                name="decision_signed_once_closure",
                fields=("closure", "by"),
                condition=Q(verdict=DecisionVerdict.APPROVED),
            ),
            models.UniqueConstraint(
                name="decision_signed_once_extension",
                fields=("extension", "by"),
                condition=Q(verdict=DecisionVerdict.APPROVED),
            ),
        )

    def __str__(self) -> str:
        return f"{self.stage} {self.verdict}"

    def save(self, *args: object, **kwargs: object) -> None:
        if self.pk is not None:
            raise GuardedWrite("a decision is never changed")
        with chain.sealing():
            super().save(*args, **kwargs)
            chain.note(self)

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise GuardedWrite("a decision is never deleted")

    @property
    def request(self) -> Request:
        found = self.closure or self.extension
        assert found is not None, "by the constraint decision_request"
        return found

    @property
    def request_key(self) -> tuple[type[Request], int]:
        """Kind and id of the request, without loading it."""
        if self.closure_id is not None:
            return ClosureRequest, self.closure_id
        assert self.extension_id is not None, "by the constraint decision_request"
        return Extension, self.extension_id
