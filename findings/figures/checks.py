"""Data checks: rows that cannot be right, or not yet, each check with its rule and its rows for a day.

A check answers rows of one kind, drawn for the scope's user and the day. Who may sign is read as it is now, for that is
what has to be mended; everything else is as it stood at the end of the day.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, Membership
from accounts.roles import RoleCode
from accounts.tracked import end_of
from findings.choices import REPORTED, MeasureStatus, Nature, ProgressStatus, Stage, stages_of
from findings.figures.counts import Scope
from findings.figures.plan import declared_totals
from findings.figures.texts import ALIKE, empty_phrases, likeness
from findings.figures.watch import SUSTAINED_FACTOR, silent_since
from findings.models import ClosureRequest, Evidence, ProgressUpdate, ReportingPeriod

ASKED_WITHIN = 30  # days in which a measure at 100 % is expected to ask for its closure
SILENT_DAYS = 45  # in the concentrated phase; in the sustained one SUSTAINED_FACTOR times as many
MOST_TEXTS = 5000  # of one period are read and compared

# A measure, evidence or progress row (or its history row), a Said or a Total.
Rows = QuerySet | Sequence[Any]


@dataclass(frozen=True)
class Said:
    """A reported text with what speaks against it: the earlier text and how alike, or its empty phrases."""

    update: ProgressUpdate
    earlier: str = ""
    alike: int = 0
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataCheck:
    """``kind`` names what its rows are: measure, evidence, said or total; ``numbers`` stand in its rule's words."""

    code: str
    kind: str
    title: Promise
    words: Promise
    find: Callable[[Scope, date], Rows]
    numbers: Mapping[str, int] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """What the check finds, in words."""
        return str(self.words) % self.numbers if self.numbers else str(self.words)


@dataclass(frozen=True)
class Found:
    """A check with its rows on the day, and how many they are."""

    check: DataCheck
    rows: Rows
    number: int


@dataclass(frozen=True)
class ChecksTotal:
    """``failing``: checks that have found something; ``rows``: what all of them have found, a row for each check."""

    failing: int
    rows: int


def total_of(found: Iterable[Found]) -> ChecksTotal:
    """All checks of a day together."""
    numbers = [entry.number for entry in found if entry.number]
    return ChecksTotal(len(numbers), sum(numbers))


def found_by_checks(scope: Scope, on: date) -> list[Found]:
    """Every check on the day; ``number`` costs one query each, whatever the number of rows."""
    on = scope.campaign.as_of(on)
    found = []
    for check in CHECKS:
        rows = check.find(scope, on)
        found.append(Found(check, rows, rows.count() if isinstance(rows, QuerySet) else len(rows)))
    return found


def _without_owner(scope: Scope, on: date) -> Rows:
    return _measures(scope, on).filter(Q(lead_department__isnull=True) | Q(lead_leader__isnull=True))


def _without_original(scope: Scope, on: date) -> Rows:
    return _measures(scope, on).filter(original_deadline__isnull=True).exclude(nature=Nature.STANDING)


def _not_started(scope: Scope, on: date) -> Rows:
    return _measures(scope, on).filter(status=MeasureStatus.NOT_STARTED, deadline__lt=on)


def _silent(scope: Scope, on: date) -> Rows:
    quiet, sustained = (on - timedelta(days=SILENT_DAYS * times) for times in (1, SUSTAINED_FACTOR))
    return silent_since(_measures(scope, on), quiet, sustained, on=on)


def _not_asked(scope: Scope, on: date) -> Rows:
    since = on - timedelta(days=ASKED_WITHIN)
    done = ProgressUpdate.objects.filter(
        measure__campaign=scope.campaign, department_id=F("measure__lead_department_id"), percent=100,
        status=ProgressStatus.ACCEPTED, decided_at__lt=end_of(since),
    )  # fmt: skip
    asked = ClosureRequest.objects.filter(measure_id=OuterRef("id"), filed_on__gt=since, filed_on__lte=on)
    rows = _measures(scope, on).filter(status=MeasureStatus.IN_PROGRESS, percent=100)
    return rows.filter(~Exists(asked), id__in=done.values("measure_id"))


def _closed_unproved(scope: Scope, on: date) -> Rows:
    proof = Evidence.objects.in_force(on).filter(measure_id=OuterRef("id"))
    return _measures(scope, on).closed().filter(~Exists(proof))


def _without_signer(scope: Scope, on: date) -> Rows:
    """Open measures with a stage at which nobody could sign; the rows say which by ``has_<stage>``."""
    campaign = scope.campaign
    stages = {*stages_of(campaign.closure_stages), *stages_of(campaign.extension_stages)}
    held = Membership.objects.in_force().filter(person__is_active=True)
    at_court = held.filter(department_id=campaign.court_id)
    signers = {
        Stage.HEAD: held.filter(role=RoleCode.HEAD, department_id=OuterRef("lead_department_id")),
        Stage.LEADER: at_court.filter(role=RoleCode.LEADER, person_id=OuterRef("lead_leader_id")),
        Stage.OFFICE: at_court.filter(role=RoleCode.OFFICE),
        Stage.CHIEF: at_court.filter(role=RoleCode.CHIEF),
    }
    rows = _measures(scope, on).open().filter(lead_department__isnull=False, lead_leader__isnull=False)
    rows = rows.annotate(**{
        f"has_{stage}": Exists(people) if stage in stages else Value(True) for stage, people in signers.items()
    })  # fmt: skip
    return rows.exclude(**{f"has_{stage}": True for stage in signers})


def _old_evidence(scope: Scope, on: date) -> Rows:
    return _evidence(scope, on).filter(own_date__lt=scope.campaign.feedback_on)


def _same_file(scope: Scope, on: date) -> Rows:
    others = Evidence.objects.in_force(on).annotate(source=Coalesce("shares_id", "id")).filter(
        ~Q(measure_id=OuterRef("measure_id")), ~Q(source=OuterRef("source")), sha256=OuterRef("sha256"),
        measure__campaign=scope.campaign,
    )  # fmt: skip
    rows = _evidence(scope, on).annotate(source=Coalesce("shares_id", "id"))
    return rows.filter(Exists(others)).order_by("sha256", "measure__number", "id")


def _copied(scope: Scope, on: date) -> Rows:
    period = _period_read(scope, on)
    before = period and scope.campaign.periods.filter(starts_on__lt=period.starts_on).order_by("-starts_on").first()
    if period is None or before is None:
        return []
    earlier = ProgressUpdate.objects.filter(period=before).at(on).filter(
        status__in=REPORTED, measure_id=OuterRef("measure_id"), department_id=OuterRef("department_id")
    )  # fmt: skip
    rows = _reported(scope, period, on)
    texts = rows.annotate(earlier=Subquery(earlier.values("done")[:1])).filter(earlier__isnull=False)
    found = {}
    for pk, done, said in texts.values_list("id", "done", "earlier")[:MOST_TEXTS]:
        if (alike := likeness(done, said)) >= ALIKE:
            found[pk] = (said, alike)
    return [Said(update, *found[update.id]) for update in _whole(rows, found)]


def _empty_talk(scope: Scope, on: date) -> Rows:
    period = _period_read(scope, on)
    if period is None:
        return []
    court = scope.campaign.court_id
    names = list(Department.objects.filter(Q(court=court) | Q(pk=court)).values_list("name", flat=True))
    names += scope.documents.values_list("title", flat=True)
    rows = _reported(scope, period, on)
    found = {pk: phrases for pk, done in rows.values_list("id", "done")[:MOST_TEXTS]
             if (phrases := empty_phrases(done, names))}  # fmt: skip
    return [Said(update, phrases=tuple(found[update.id])) for update in _whole(rows, found)]


def _totals(scope: Scope, on: date) -> Rows:
    return [total for total in declared_totals(scope.campaign, on) if total.difference]


def _measures(scope: Scope, on: date) -> Any:
    return scope.measures_on(on).select_related("lead_department", "lead_leader").order_by("number")


def _evidence(scope: Scope, on: date) -> Any:
    rows = Evidence.objects.in_force(on).filter(measure_id__in=scope.measures_on(on).order_by().values("id"))
    return rows.select_related("measure__lead_department").order_by("measure__number", "id")


def _period_read(scope: Scope, on: date) -> ReportingPeriod | None:
    """The newest period of which something was reported by the day."""
    told = ProgressUpdate.objects.filter(period=OuterRef("pk"), submitted_at__lt=end_of(on))
    return scope.campaign.periods.begun(on).filter(Exists(told)).order_by("-starts_on").first()


def _reported(scope: Scope, period: ReportingPeriod, on: date) -> Any:
    rows = ProgressUpdate.objects.filter(period=period, measure__in=scope.measures.order_by().values("pk"))
    rows = rows.at(on).filter(status__in=REPORTED, measure_id__in=scope.measures_on(on).order_by().values("id"))
    return rows.select_related("measure", "department").order_by("measure__number", "id")


def _whole(rows: Any, found: dict[int, Any]) -> Any:
    """The rows that were found. Whole rows are read of those only: most texts are sound."""
    return rows.filter(id__in=list(found)) if found else ()


def missing_stages(measure: Any) -> Iterator[str]:
    """The stages at which nobody could sign, of a row of the check ``no_signer``."""
    return (str(stage.label) for stage in Stage if getattr(measure, f"has_{stage}", True) is False)


CHECKS = (
    DataCheck("no_owner", "measure", _("No owner"), _("The measure has no lead department or no lead leader."),
              _without_owner),
    DataCheck("no_signer", "measure", _("Nobody to sign"),
              _("An open measure with a stage of its approval chains at which nobody holds the role: the head of its "
                "department, its lead leader, the office, the leading group."), _without_signer),
    DataCheck("no_original", "measure", _("No original deadline"),
              _("The measure is not long-lasting and has no deadline of the plan."), _without_original),
    DataCheck("totals", "total", _("Declared and found totals differ"),
              _("Areas, issues or measures in the plan are more or fewer than the paper declares."), _totals),
    DataCheck("late_start", "measure", _("Past its date, not started"),
              _("The deadline has gone by and the measure is not started."), _not_started),
    DataCheck("silent", "measure", _("Silent"),
              _("Not closed, started or not, and no progress submitted for %(days)s days or more; in the sustained "
                "phase for %(sustained)s."),
              _silent, {"days": SILENT_DAYS, "sustained": SILENT_DAYS * SUSTAINED_FACTOR}),
    DataCheck("not_asked", "measure", _("At 100 %, closure not asked for"),
              _("Progress of 100 %% was accepted %(days)s days ago or more, and no closure was asked for since."),
              _not_asked, {"days": ASKED_WITHIN}),
    DataCheck("closed_unproved", "measure", _("Closed without evidence"),
              _("The measure is closed and no evidence is in force."), _closed_unproved),
    DataCheck("old_evidence", "evidence", _("Evidence older than the feedback"),
              _("The document's own date lies before the day of the feedback."), _old_evidence),
    DataCheck("same_file", "evidence", _("Same file for several measures"),
              _("The same file was uploaded for another measure too, and not taken over as one file for both."),
              _same_file),
    DataCheck("copied", "said", _("Text copied from the period before"),
              _("In the newest period the department reports what it reported before: equal but for blanks and marks, "
                "or the same in nine of ten neighbouring characters. The first %(most)s texts are compared."), _copied,
              {"most": MOST_TEXTS}),
    DataCheck("empty_talk", "said", _("Empty phrases, no fact"),
              _("In the newest period the text holds a phrase such as 高度重视 or 扎实推进 and no fact: no number, no "
                "title in 《》 or quotes, no Latin word, no department or document of the ledger. The first %(most)s "
                "texts are read."), _empty_talk, {"most": MOST_TEXTS}),
)  # fmt: skip
