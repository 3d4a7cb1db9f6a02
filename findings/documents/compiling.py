"""Month and quarter reports compiled by the queue: which are due, in which order, and how far each has come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from findings.choices import JobState, ReportState
from findings.documents import running
from findings.documents.report import compile_report
from findings.figures.sentences import day_words
from findings.models import Campaign, Job, Report, ReportingPeriod
from findings.models.job import JobQuerySet
from findings.workflow.paper import newest_report, report_outlook, tell_asker, tell_failure
from findings.workflow.progress import open_periods

COMPILE = "compile_report"
REST, LONGEST_REST = timedelta(minutes=10), timedelta(days=1)
ATTEMPT, ON, PERIOD = "attempt", "on", "period"
# What is being done while so many of report.STEPS are done.
_STEPS = (
    gettext_lazy("the figures are being counted"), gettext_lazy("the chart is being drawn"),
    gettext_lazy("the Word file is being written"), gettext_lazy("the Excel file is being written"),
    gettext_lazy("the files are being stored"),
)  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """A period with its newest report and the newest run that compiles it, None where there is none."""

    period: ReportingPeriod
    report: Report | None
    job: Job | None
    on: date

    @property
    def is_running(self) -> bool:
        return self.job is not None and self.job.state in (JobState.WAITING, JobState.RUNNING)

    @property
    def is_moving(self) -> bool:
        """It runs, or will within moments: it waits for no other report."""
        return self.is_running and self.job is not None and not (self.job.state == JobState.WAITING and self.job.error)

    @property
    def is_failed(self) -> bool:
        return self.job is not None and self.job.state == JobState.FAILED

    @property
    def is_locked(self) -> bool:
        return self.period.is_locked(self.on)

    @property
    def is_ended(self) -> bool:
        """Its last day has gone by, so that its report may be asked for."""
        return self.period.ends_on < self.on

    @property
    def retried_at(self) -> datetime | None:
        """When a failed run is tried again."""
        return _rested_at(self.job) if self.job is not None and self.is_failed else None

    @property
    def doing(self) -> str:
        """How the run goes, "" where none goes."""
        if self.job is None or not self.is_running:
            return ""
        if self.job.state == JobState.WAITING:
            return self.job.error or _("Waits for its turn to be compiled.")
        return _("Being compiled, step %(step)s of %(total)s: %(words)s.") % {
            "step": min(self.job.done + 1, len(_STEPS)), "total": len(_STEPS),
            "words": _STEPS[min(self.job.done, len(_STEPS) - 1)],
        }  # fmt: skip

    @property
    def outlook(self) -> str:
        """Where the report stands; where there is none, why not yet."""
        if self.report is not None:
            return report_outlook(self.report, self.on)
        closed_on, locks_on = self.period.campaign.closed_on, self.period.locks_on
        if closed_on is not None and closed_on < locks_on:
            words = _("No report, because the campaign was closed on %(day)s, before the period locked.")
            return words % {"day": day_words(closed_on, self.on.year)}
        if not self.is_locked:
            words = _("No report yet, because progress is collected until %(day)s; it is compiled after that day.")
            return words % {"day": day_words(locks_on, self.on.year)}
        return _("No report yet, although the period is locked; the scheduler compiles it within ten minutes.")


def demand(period: ReportingPeriod, *, by: User, on: date) -> Job:
    """Put a compilation on record that somebody wishes now; a run that waits or goes on serves the wish as well."""
    jobs = list(_jobs([period.campaign_id], period))
    unfinished = jobs[-1].key if jobs and jobs[-1].state != JobState.DONE else ""
    is_due = period.is_locked(on) and all(job.key != _key(period) for job in jobs)
    asked = f"{_prefix(period)}asked-{len(jobs) + 1}"
    return _ask(period, unfinished or (_key(period) if is_due else asked), by=by, on=on)


def demand_due(on: date, *, now: datetime, is_patient: bool = True) -> list[Job]:
    """Put on record what is due on a day, and again what failed and has rested; answers the runs to begin with.

    These are the first of each campaign; its later periods follow, each when the one before it is compiled. Two
    schedulers put the same rows on record. The office is told once of each run that failed.
    """
    for campaign in Campaign.objects.begun(on):
        open_periods(campaign, on=on)
    newest = {job.arguments[PERIOD]: job for job in _jobs()}
    failed = {pk: job for pk, job in newest.items() if job.state == JobState.FAILED}
    wanted = {row.pk: row for row in due_periods(on)}
    for period in ReportingPeriod.objects.filter(pk__in=failed).select_related("campaign"):
        tell_failure(period, job=failed[period.pk], at=now)
        wanted[period.pk] = period
    first: dict[int, Job] = {}
    for period in sorted(wanted.values(), key=lambda row: row.starts_on):
        known = newest.get(period.pk)
        if _is_to_ask(known, now if is_patient else None):
            first.setdefault(period.campaign_id, _ask_again(period, known, on))
    return list(first.values())


def following(job: Job | None) -> Job | None:
    """The run that may begin when this one has ended: the next one of its campaign that waits."""
    if job is None or job.name != COMPILE or job.state != JobState.DONE:
        return None
    return next(iter(_in_order(_jobs([job.campaign_id]).filter(state=JobState.WAITING))), None)


def compile_due(on: date, *, now: datetime) -> list[Job]:
    """Carry out here and now, in order, what the queue would be asked for; answers the runs as they ended."""
    demand_due(on, now=now, is_patient=False)
    jobs = _in_order(_jobs().filter(state=JobState.WAITING))
    for job in jobs:
        running.carry_out(job.pk, RUNS)
        job.refresh_from_db()
    return jobs


def due_periods(on: date) -> list[ReportingPeriod]:
    """Periods locked by the day, in campaigns still open at the lock, of which no report was compiled after it."""
    open_then = Q(campaign__closed_on__isnull=True) | Q(campaign__closed_on__gte=F("locks_on"))
    unready = Q(reports__isnull=True) | Q(reports__state=ReportState.DRAFTING)
    # What was reported between its compilation and the lock is not in such a draft.
    unready |= Q(reports__state=ReportState.DRAFT, reports__compiled_at__date__lte=F("locks_on"))
    rows = ReportingPeriod.objects.locked(on).filter(open_then, unready).select_related("campaign").distinct()
    # Compiled after the lock, and nothing had changed.
    done = set(_jobs().filter(state=JobState.DONE).values_list("key", flat=True))
    return [row for row in rows.order_by("campaign_id", "starts_on") if _key(row) not in done]


def standings(periods: Iterable[ReportingPeriod], on: date) -> list[Standing]:
    """The periods with their reports and runs: two queries, however many there are."""
    rows = list(periods)
    in_force = Report.objects.in_force().filter(period__in=rows).select_related("issued_by", "period")
    reports = {report.period_id: report for report in in_force.order_by("revision")}
    jobs = {job.arguments[PERIOD]: job for job in _jobs({row.campaign_id for row in rows})}
    return [Standing(row, reports.get(row.pk), jobs.get(row.pk), on) for row in rows]


def _compile(job: Job) -> dict[str, int]:
    period = ReportingPeriod.objects.select_related("campaign__court").get(pk=job.arguments[PERIOD])
    earlier = _unfinished_before(period, date.fromisoformat(job.arguments[ON]))
    if earlier:
        raise running.NotYet(_("Waits until the report of %(period)s is compiled.") % {"period": earlier})
    before = newest_report(period.campaign, kind=period.kind, period_id=period.pk)
    report = compile_report(period.campaign, period, by=job.person, progress=running.beats(job))
    if before is not None and before.pk == report.pk:
        tell_asker(report, job=job, is_changed=before.version != report.version, at=timezone.now())
    return {"report": report.pk, "revision": report.revision}


def _unfinished_before(period: ReportingPeriod, on: date) -> str:
    """The earlier period whose report is still to be compiled, "" where there is none."""
    going = {job.arguments[PERIOD] for job in _jobs([period.campaign_id]) if job.state in running.GOING}
    due = {row.pk for row in due_periods(on)}
    earlier = ReportingPeriod.objects.filter(campaign=period.campaign_id, starts_on__lt=period.starts_on)
    return earlier.filter(pk__in=going | due).order_by("starts_on").values_list("code", flat=True).first() or ""


def _jobs(campaigns: Iterable[int | None] | None = None, period: ReportingPeriod | None = None) -> JobQuerySet:
    """Compilations, the newest last."""
    rows = Job.objects.filter(name=COMPILE).defer("result").order_by("pk")
    rows = rows if campaigns is None else rows.filter(campaign__in=campaigns)
    return rows if period is None else rows.filter(key__startswith=_prefix(period))


def _in_order(jobs: Iterable[Job]) -> list[Job]:
    """Each campaign's runs in the order of their periods."""
    found = list(jobs)
    begins = dict(
        ReportingPeriod.objects.filter(pk__in=[job.arguments[PERIOD] for job in found])
        .order_by()
        .values_list("pk", "starts_on")
    )
    return sorted(found, key=lambda job: (job.campaign_id, begins[job.arguments[PERIOD]]))


def _is_to_ask(known: Job | None, now: datetime | None) -> bool:
    """``now`` None: a failed run is tried again without rest."""
    if known is None or known.state == JobState.DONE:
        return True
    return known.state == JobState.FAILED and (now is None or _rested_at(known) <= now)


def _ask_again(period: ReportingPeriod, known: Job | None, on: date) -> Job:
    if known is None or known.state != JobState.FAILED:
        return _ask(period, _key(period), by=None, on=on)
    return _ask(period, known.key, by=known.person, on=on, attempt=known.arguments.get(ATTEMPT, 1) + 1)


def _ask(period: ReportingPeriod, key: str, *, by: User | None, on: date, attempt: int = 1) -> Job:
    given = {PERIOD: period.pk, ON: on.isoformat(), ATTEMPT: attempt}
    return running.ask(COMPILE, by=by, campaign=period.campaign, key=key, **given)


def _rested_at(job: Job) -> datetime:
    """When a failed run is tried again: the rest doubles each time, up to a day."""
    rest = REST * 2 ** min(job.arguments.get(ATTEMPT, 1) - 1, 10)
    return (job.ended_at or job.asked_at) + min(rest, LONGEST_REST)


def _key(period: ReportingPeriod) -> str:
    return f"{_prefix(period)}{period.locks_on}"


def _prefix(period: ReportingPeriod) -> str:
    return f"report/{period.campaign_id}/{period.code}/"


RUNS: dict[str, running.Run] = {COMPILE: _compile}
