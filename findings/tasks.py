"""What the queue runs: each job calls one function with a date or ids, can be repeated, and logs its counts.

The jobs of the timetable answer with their counts as well, by the names of ``figures.timetable.COUNTS``.
"""

import logging
from datetime import date, timedelta

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from findings import channels, dates, morning
from findings.choices import JobState
from findings.documents import compiling, exporting, running
from findings.documents.importer import kept
from findings.models import Campaign, Job
from findings.workflow import progress

logger = logging.getLogger(__name__)
# What a job of the timetable answers: its counts, as the page of the jobs shows them.
Counted = dict[str, int | str]
# The queue stops a run after half an hour: a morning that is not written by then was broken off.
BROKEN_OFF_AFTER = timedelta(minutes=35)
# Which function carries out a job of which name.
RUNS: dict[str, running.Run] = {**kept.RUNS, **compiling.RUNS, **exporting.RUNS}


@shared_task
def remind_due(on: str | None = None) -> Counted:
    """Write the day's digests and escalations."""
    found = morning.remind(_day(on))
    logger.info("reminders of %s: %s written, %s stood there", found.on, found.written, found.skipped)
    return {"written": found.written, "skipped": found.skipped}


@shared_task
def catch_up() -> Counted:
    """Write the day's reminders where their run was lost or broken off; nothing once a run has come to its end."""
    on = dates.today()
    is_due = timezone.now() >= morning.morning_of(on) + BROKEN_OFF_AFTER
    return remind_due() if is_due and not morning.is_written(on) else {"written": 0}


@shared_task
def send_messages() -> Counted:
    """Deliver what waits in the outbox."""
    done = channels.send_messages(patient=True)
    if done.outage:
        logger.error("channels that do not answer: %s", done.outage)
    logger.info("messages: %s sent, %s failed, %s waiting", done.sent, done.failed, done.waiting)
    counts = {"sent": done.sent, "failed": done.failed, "waiting": done.waiting}
    return counts | ({"outage": done.outage} if done.outage else {})


@shared_task
def open_periods(on: str | None = None) -> Counted:
    """Make the reporting periods that have begun."""
    opened = 0
    for campaign in Campaign.objects.begun(_day(on)):
        made = progress.open_periods(campaign, on=_day(on))
        logger.info("campaign %s: %s periods opened", campaign.slug, len(made))
        opened += len(made)
    return {"opened": opened}


@shared_task
def compile_due_reports(on: str | None = None) -> Counted:
    """Ask for the reports of locked periods without one, and again for those that failed; see ``compiling``."""
    asked = compiling.demand_due(_day(on), now=timezone.now())
    for job in asked:
        run_job.delay(job.pk)
        logger.info("job %s: report %s asked for", job.pk, job.key)
    return {"asked": len(asked)}


@shared_task
def run_job(job_id: int) -> None:
    """Carry out a run that was put on record: an import, an export, a report."""
    job = running.carry_out(job_id, RUNS)
    logger.info("job %s ended", job_id)
    follower = compiling.following(job)
    if follower is not None:
        run_job.delay(follower.pk)


@shared_task
def take_up_lost_jobs() -> Counted:
    """Put the runs into the queue again whose worker or whose message was lost."""
    lost = running.take_up_lost(timezone.now())
    for job in lost:
        run_job.delay(job.pk)
        logger.warning("job %s: %s taken up again", job.pk, job.name)
    return {"asked": len(lost)}


def hand_over(job: Job) -> str:
    """Ask the queue to carry out a run that waits; "" or the sentence that says why it does not, see ``outage``."""
    try:
        if job.state == JobState.WAITING:
            run_job.delay_on_commit(job.pk)
    except OperationalError:
        return running.outage(job)
    return ""


def _day(on: str | None) -> date:
    return date.fromisoformat(on) if on else dates.today()
