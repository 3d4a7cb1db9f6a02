"""What the queue runs: each job calls one function with a date or ids, can be repeated, and logs its counts."""

import logging
from collections.abc import Iterator
from datetime import date, timedelta

from celery import shared_task
from django.db.models import F, Q
from django.utils import timezone

from findings import channels, dates, morning
from findings.choices import ReportState
from findings.documents import report
from findings.documents.importer import kept
from findings.models import Campaign, ReportingPeriod
from findings.workflow import progress

logger = logging.getLogger(__name__)
# A report that has been drafting for so long was lost with its queue.
LOST_AFTER = timedelta(minutes=10)


@shared_task
def remind_due(on: str | None = None) -> None:
    """Write the day's digests and escalations."""
    found = morning.remind(_day(on))
    logger.info("reminders of %s: %s written, %s stood there", found.on, found.written, found.skipped)


@shared_task
def send_messages() -> None:
    """Deliver what waits in the outbox."""
    done = channels.send_messages(patient=True)
    if done.outage:
        logger.error("channels that do not answer: %s", done.outage)
    logger.info("messages: %s sent, %s failed, %s waiting", done.sent, done.failed, done.waiting)


@shared_task
def open_periods(on: str | None = None) -> None:
    """Make the reporting periods that have begun."""
    for campaign in Campaign.objects.running(_day(on)):
        made = progress.open_periods(campaign, on=_day(on))
        logger.info("campaign %s: %s periods opened", campaign.slug, len(made))


@shared_task
def compile_due_reports(on: str | None = None) -> None:
    """Have a report built for each locked period without one, and those taken up again that were lost."""
    for campaign_id, period_id in due_reports(_day(on)):
        build_report.delay(campaign_id, period_id)
        logger.info("campaign %s: report of period %s asked for", campaign_id, period_id)


@shared_task
def build_report(campaign_id: int, period_id: int) -> None:
    """Compile the report of one period."""
    period = ReportingPeriod.objects.select_related("campaign").get(pk=period_id, campaign_id=campaign_id)
    compiled = report.compile_report(period.campaign, period)
    logger.info("report %s compiled, revision %s", compiled.pk, compiled.revision)


@shared_task
def run_import(job_id: int) -> None:
    """Rehearse or apply an uploaded ledger."""
    kept.run(job_id)
    logger.info("import run %s ended", job_id)


def due_reports(on: date) -> Iterator[tuple[int, int]]:
    """Campaign and period ids of the reports to build: locked by ``on``, in a campaign still open at the lock."""
    lost = timezone.now() - LOST_AFTER
    open_then = Q(campaign__closed_on__isnull=True) | Q(campaign__closed_on__gte=F("locks_on"))
    wanted = Q(reports__isnull=True) | Q(reports__state=ReportState.DRAFTING, reports__created_at__lt=lost)
    # A draft compiled while its period ran is a forecast.
    wanted |= Q(reports__state=ReportState.DRAFT, reports__compiled_at__date__lte=F("reports__as_of"))
    periods = ReportingPeriod.objects.locked(on).filter(open_then, wanted).order_by("ends_on", "pk")
    yield from periods.values_list("campaign_id", "pk").distinct()


def _day(on: str | None) -> date:
    return date.fromisoformat(on) if on else dates.today()
