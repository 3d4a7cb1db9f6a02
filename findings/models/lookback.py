"""After closing: rounds of looking again, re-checks, and the leading group's verdicts on issues."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.tracked import Tracked, TrackedQuerySet, history
from findings import access
from findings.choices import IssueState, RecheckState, RecheckVerdict, RoundState, SheetAnswer
from findings.models.campaign import Campaign
from findings.models.issue import Issue, Measure
from findings.models.progress import MeasureRowQuerySet


class RoundQuerySet(TrackedQuerySet):
    def visible_to(self, user: User) -> Self:
        """Rounds of the courts that the user sees whole."""
        return self.filter(campaign__court__in=access.courts_of(user))


class IssueVerdictQuerySet(TrackedQuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(issue__in=Issue.objects.visible_to(user).order_by().values("pk"))


class IssueVerdict(Tracked):
    """The leading group's own verdict on an issue, beside the computed state."""

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="verdicts")
    state = models.CharField(_("verdict"), max_length=10, choices=IssueState)
    reason = models.TextField(_("reason"))
    decided_on = models.DateField(_("decided on"))

    objects: ClassVar = IssueVerdictQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("-decided_on", "-pk")
        constraints = (models.CheckConstraint(name="issueverdict_state", condition=Q(state__in=IssueState.values)),)

    def __str__(self) -> str:
        return self.get_state_display()


class LookbackRound(Tracked):
    """A round of looking again at a random sample of the closed measures (回头看). The seed redraws the sample."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="rounds", verbose_name=_("campaign"))
    number = models.PositiveSmallIntegerField(_("round"))
    title = models.CharField(_("title"), max_length=120)
    seed = models.CharField(_("seed of the draw"), max_length=40)
    # Numbers of the measures that could be drawn, in order, separated by commas.
    population = models.TextField(_("drawn from"))
    size = models.PositiveSmallIntegerField(_("size of the sample"))
    # Questions of the check sheet, one a line.
    questions = models.TextField(_("check sheet"))
    drawn_on = models.DateField(_("drawn on"))
    due_on = models.DateField(_("to be checked by"))
    concluded_on = models.DateField(_("concluded on"), null=True, blank=True)
    conclusion = models.TextField(_("conclusion"), blank=True)

    objects: ClassVar = RoundQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("campaign", "-number")
        constraints = (
            models.UniqueConstraint(name="lookbackround_number", fields=("campaign", "number")),
            models.CheckConstraint(name="lookbackround_size", condition=Q(size__gt=0)),
            models.CheckConstraint(name="lookbackround_due", condition=Q(due_on__gte=F("drawn_on"))),
            models.CheckConstraint(
                name="lookbackround_concluded",
                condition=Q(concluded_on__isnull=True, conclusion="")
                | Q(concluded_on__isnull=False) & ~Q(conclusion=""),
            ),
        )

    def __str__(self) -> str:
        return self.title

    def campaign_of(self) -> Campaign:
        return self.campaign

    @property
    def status(self) -> str:
        return RoundState.CONCLUDED if self.concluded_on else RoundState.CHECKING

    def get_status_display(self) -> str:
        return str(RoundState(self.status).label)

    @property
    def drawn_from(self) -> list[int]:
        """Numbers of the measures that could be drawn, in ascending order."""
        return [int(number) for number in self.population.split(",")]

    @property
    def question_list(self) -> list[str]:
        return self.questions.splitlines()


@dataclass(frozen=True)
class Answer:
    """The answer to one question of a check sheet; one line of ``Recheck.answers``."""

    choice: str
    remark: str = ""

    def __str__(self) -> str:
        return f"{self.choice} {' '.join(self.remark.split())}".strip()

    @property
    def label(self) -> str:
        return str(SheetAnswer(self.choice).label)


def answers_text(answers: Iterable[Answer]) -> str:
    """Answers as they are stored: one a line, the code before the remark."""
    return "\n".join(str(answer) for answer in answers)


class Recheck(Tracked):
    """Looking again at a closed or standing measure (回头看); without a verdict it is still to be made."""

    measure = models.ForeignKey(
        Measure,
        on_delete=models.PROTECT,
        related_name="rechecks",
        verbose_name=_("measure"),
    )
    round = models.ForeignKey(
        LookbackRound, on_delete=models.PROTECT, null=True, blank=True, related_name="rechecks",
        verbose_name=_("round"),
    )  # fmt: skip
    checked_on = models.DateField(_("checked on"), null=True, blank=True)
    checked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("checked by")
    )
    verdict = models.CharField(_("verdict"), max_length=10, choices=RecheckVerdict, blank=True)
    # Answers to the round's check sheet, one a line, in the order of its questions.
    answers = models.TextField(_("answers to the check sheet"), blank=True)
    finding = models.TextField(_("what was found"), blank=True)
    next_on = models.DateField(_("next re-check"), null=True, blank=True)

    objects: ClassVar = MeasureRowQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("-checked_on", "-pk")
        constraints = (
            models.CheckConstraint(
                name="recheck_verdict",
                condition=Q(verdict="", checked_on__isnull=True, round__isnull=False)
                | Q(verdict__in=RecheckVerdict.values, checked_on__isnull=False) & ~Q(finding=""),
            ),
            models.UniqueConstraint(name="recheck_once", fields=("round", "measure"), condition=Q(round__isnull=False)),
            models.CheckConstraint(
                name="recheck_next",
                condition=Q(next_on__isnull=True) | Q(next_on__gt=F("checked_on")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.measure_id} {self.verdict}"

    @property
    def is_corrected(self) -> bool:
        """Whether what was recorded of a round's re-check was put right later: drawn, recorded, and written again."""
        return self.round_id is not None and self.version > 2

    def campaign_of(self) -> Campaign:
        return self.measure.campaign

    @property
    def status(self) -> str:
        return RecheckState.MADE if self.verdict else RecheckState.TO_MAKE

    def get_status_display(self) -> str:
        return str(RecheckState(self.status).label)

    @property
    def question_list(self) -> list[str]:
        """The check sheet: a re-check outside a round has none."""
        return self.round.question_list if self.round else []

    @property
    def answer_list(self) -> list[Answer]:
        """The answers given, in the order of the questions."""
        lines = [line.partition(" ") for line in self.answers.splitlines()]
        return [Answer(choice, remark) for choice, _space, remark in lines]

    @property
    def sheet(self) -> list[tuple[str, Answer | None]]:
        """Each question with its answer, None before the re-check is made."""
        answers: list[Answer | None] = [*self.answer_list]
        return list(zip(self.question_list, answers or [None] * len(self.question_list), strict=True))
