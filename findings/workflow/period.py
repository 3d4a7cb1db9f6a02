"""A whole period in one act: a department's head submits it, the office accepts what it has read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Department, User
from accounts.tracked import locked
from findings import access
from findings.choices import ProgressStatus
from findings.models import Measure, ProgressUpdate, ReportingPeriod
from findings.workflow.measure import MEASURE
from findings.workflow.progress import PROGRESS, accept_locked, submit_locked
from findings.workflow.step import Act, Denied, acting, demand_office, demand_running

# The version of each report, by its id, as the page showed it.
Versions = Mapping[int, int]


@dataclass(frozen=True)
class Skipped:
    """A report that an act over many has left alone, and why. ``shown``: the version that the page showed."""

    update: ProgressUpdate
    sentence: str
    shown: int | None = None

    @property
    def is_stale(self) -> bool:
        """Somebody has changed it since the page was shown."""
        return self.shown is not None and self.shown != self.update.version


@dataclass(frozen=True)
class Outcome:
    """What an act over many reports has done, and what it has skipped."""

    done: list[ProgressUpdate] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def submit_period(
    period: ReportingPeriod, department: Department, *, by: User, versions: Versions, note: str = "",
    at: datetime | None = None,
) -> Outcome:  # fmt: skip
    """Submit all drafts of a department for a period in one transaction.

    Drafts that were changed or made after the page was shown, and those that their measure does not let pass, are
    skipped with the reason. Raises Denied where nothing at all can be submitted by this person.
    """
    with acting(by, note, at) as act:
        _demand_head(act, period, department)
        rows = ProgressUpdate.objects.filter(period=period, department=department)
        return _each(rows.filter(status=ProgressStatus.DRAFT) | rows.filter(pk__in=versions), act, versions,
                     _unsubmittable, submit_locked)  # fmt: skip


def accept_read(
    period: ReportingPeriod, *, by: User, versions: Versions, note: str = "", at: datetime | None = None
) -> Outcome:
    """Accept the submitted reports of a period that the office has read, each in the version that it was shown.

    Raises Denied for anybody else.
    """
    with acting(by, note, at) as act:
        demand_office(act, period.campaign.court_id)
        rows = ProgressUpdate.objects.filter(period=period, pk__in=versions)
        return _each(rows, act, versions, _unacceptable, accept_locked)


def _each(
    rows: QuerySet[ProgressUpdate], act: Act, versions: Versions,
    refusal: Callable[[ProgressUpdate, Measure, Act], str],
    verb: Callable[[ProgressUpdate, Measure, Act], ProgressUpdate],
) -> Outcome:  # fmt: skip
    """Lock row after row in the order of their measures, so that two who act over many never wait for each other."""
    outcome = Outcome()
    for row in rows.select_related("measure__campaign", "period").order_by("measure_id", "pk"):
        measure, update = locked(row.measure), locked(row)
        measure.campaign, update.measure, update.period = row.measure.campaign, measure, row.period
        shown = versions.get(update.pk)
        sentence = refusal(update, measure, act) or _unseen(update, shown)
        if sentence:
            outcome.skipped.append(Skipped(update, sentence, shown))
        else:
            outcome.done.append(verb(update, measure, act))
    return outcome


def _unsubmittable(update: ProgressUpdate, measure: Measure, act: Act) -> str:
    refusal = PROGRESS["submit"].refusal(act.person, update, act.on)
    return refusal or MEASURE["submit_progress"].refusal(act.person, measure, act.on)


def _unacceptable(update: ProgressUpdate, measure: Measure, act: Act) -> str:
    return PROGRESS["accept"].refusal(act.person, update, act.on)


def _unseen(update: ProgressUpdate, shown: int | None) -> str:
    if shown is None:
        return _("It was filled in after the page had been shown; please read it first.")
    if shown != update.version:
        return _("It was changed after the page had been shown; please read it again.")
    return ""


def _demand_head(act: Act, period: ReportingPeriod, department: Department) -> None:
    demand_running(period.campaign, act.on)
    if not access.is_head_of(act.person, department.pk):
        raise Denied(_("The head of the department submits the progress."))
    if period.is_locked(act.on):
        raise Denied(_("The period %(period)s is not open; correct it in the next one.") % {"period": period.code})
