"""The timetable in words: when each of its jobs was asked for, how it ended, when it comes next, and what is wrong.

The timetable itself is the queue's; the rows are what the scheduler and the workers wrote at each job's newest run.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from celery.schedules import crontab
from django.conf import settings
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.words import joined
from findings.choices import JobState
from findings.models import ScheduledJob

# What each entry of the timetable does.
TITLES: dict[str, Promise] = {
    "remind": gettext_lazy("reminders of the morning"),
    "catch_up": gettext_lazy("reminders that were missed"),
    "send": gettext_lazy("delivery of messages"),
    "periods": gettext_lazy("opening of reporting periods"),
    "compile": gettext_lazy("reports of locked periods"),
    "jobs": gettext_lazy("taking up lost runs again"),
    "backup": gettext_lazy("backup of the night"),
    "sweep": gettext_lazy("removal of files that no row names"),
    "prune": gettext_lazy("removal of old messages of the queue"),
}
# What a job counts.
COUNTS: dict[str, Promise] = {
    "written": pgettext_lazy("job", "written"),
    "skipped": pgettext_lazy("job", "there already"),
    "sent": pgettext_lazy("job", "sent"),
    "failed": pgettext_lazy("job", "failed"),
    "waiting": pgettext_lazy("job", "waiting"),
    "outage": pgettext_lazy("job", "channel down"),
    "opened": pgettext_lazy("job", "opened"),
    "asked": pgettext_lazy("job", "asked for"),
    "removed": pgettext_lazy("job", "removed"),
    "kept": pgettext_lazy("job", "archives kept"),
}
# A job of every minute that nobody asked for, or nobody began, for so long is an alarm; another one after its interval.
MINUTE_PATIENCE, PATIENCE = timedelta(minutes=5), timedelta(minutes=15)
# The queue stops a run after half an hour; what has not ended by then never will.
LONGEST = timedelta(minutes=35)
# The clocks of two machines differ by seconds.
CLOCKS = timedelta(seconds=30)
# Kinds of alarm.
SCHEDULER, WORKER, JOB = "scheduler", "worker", "job"


@dataclass(frozen=True)
class Line:
    """One entry of the timetable with its newest run; ``row`` is None before the scheduler first asked for it."""

    name: str
    schedule: crontab
    row: ScheduledJob | None
    next_at: datetime

    @property
    def title(self) -> str:
        return str(TITLES.get(self.name, self.name))

    @property
    def often(self) -> str:
        return how_often(self.schedule)

    @property
    def asked_at(self) -> datetime | None:
        return self.row.asked_at if self.row else None

    @property
    def started_at(self) -> datetime | None:
        return self.row.started_at if self.row else None

    @property
    def is_begun(self) -> bool:
        """A worker took up what the scheduler asked for last."""
        asked, started = self.asked_at, self.started_at
        return asked is None or (started is not None and started >= asked - CLOCKS)

    @property
    def seconds(self) -> float | None:
        """How long the newest run took; None while it runs."""
        if self.row is None or self.row.started_at is None or self.row.ended_at is None:
            return None
        return max((self.row.ended_at - self.row.started_at).total_seconds(), 0)

    @property
    def outcome(self) -> str:
        """How the newest run ended, in words."""
        if self.row is None:
            return _("not asked for yet")
        if not self.is_begun:
            return _("waiting for a worker")
        if self.row.state == JobState.FAILED:
            return _("failed: %(error)s") % {"error": self.row.error}
        if self.row.state == JobState.RUNNING:
            return _("running")
        return result_words(self.row.result) or _("done, nothing to count")

    def is_silent(self, since: datetime, now: datetime) -> bool:
        """Whether the job should have come again after ``since``, even with patience, and ``now`` has not."""
        first = next_after(self.schedule, since)
        if next_after(self.schedule, first) - first <= timedelta(minutes=1):
            return since + MINUTE_PATIENCE < now
        return first + PATIENCE < now


@dataclass(frozen=True)
class Alarm:
    """What is silent or fails, since when, and what to do about it."""

    kind: str
    sentence: str
    remedy: str

    def __str__(self) -> str:
        return _("%(sentence)s %(remedy)s") % {"sentence": self.sentence, "remedy": self.remedy}


def lines_at(entries: Mapping[str, Any], rows: Iterable[ScheduledJob], now: datetime) -> list[Line]:
    """The entries of a timetable in its order, each with its newest run and the next one after ``now``."""
    known = {row.name: row for row in rows}
    return [
        Line(name, entry["schedule"], known.get(name), next_after(entry["schedule"], now))
        for name, entry in entries.items()
    ]


def alarms_at(lines: Iterable[Line], now: datetime) -> list[Alarm]:
    """What is wrong at ``now``: the scheduler first, then the worker, then single jobs."""
    wanted = list(lines)
    return [*_scheduler_alarms(wanted, now), *_worker_alarms(wanted, now), *_job_alarms(wanted, now)]


def site_lines(now: datetime) -> list[Line]:
    """The site's own timetable as it stands at ``now``: one query."""
    entries: Mapping[str, Any] = current_app.conf.beat_schedule
    return lines_at(entries, ScheduledJob.objects.all(), now)


def site_alarms(now: datetime, lines: list[Line] | None = None) -> list[Alarm]:
    """What is wrong at ``now``; nothing on a site that runs its jobs by cron, which leaves no such rows."""
    if settings.BY_CRON:
        return []
    return alarms_at(site_lines(now) if lines is None else lines, now)


def next_after(schedule: crontab, moment: datetime) -> datetime:
    """The first instant after ``moment`` that the schedule names, in the site's time zone."""
    last, delta, _now = schedule.remaining_delta(moment)
    found: datetime = last + delta
    return found


def how_often(schedule: crontab) -> str:
    """A schedule in words; one that has none is shown as it is written."""
    minutes, hours = sorted(schedule.minute), sorted(schedule.hour)
    is_daily = len(schedule.day_of_month) == 31 and len(schedule.month_of_year) == 12
    clock = {"time": f"{hours[0]:02}:{minutes[0]:02}"}
    if len(minutes) == 60 and len(hours) == 24 and is_daily:
        return _("every minute")
    if len(hours) == 24 and is_daily:
        step = 60 // len(minutes)
        if minutes == list(range(0, 60, step)):
            return _("every hour") if step == 60 else _("every %(minutes)s minutes") % {"minutes": step}
    if len(minutes) == len(hours) == 1 and is_daily:
        if len(schedule.day_of_week) == 7:
            return _("daily at %(time)s") % clock
        days = joined(WEEKDAYS[(day - 1) % 7] for day in sorted(schedule.day_of_week))
        return _("%(days)s at %(time)s") % (clock | {"days": days})
    return str(schedule)


def result_words(result: str) -> str:
    """What a job counted, as its row keeps it, in words; other text as it stands."""
    try:
        counts = json.loads(result)
    except ValueError:
        return result
    if not isinstance(counts, dict):
        return result
    return joined(
        _("%(label)s %(number)s") % {"label": COUNTS.get(name, name), "number": value} for name, value in counts.items()
    )


def _scheduler_alarms(lines: list[Line], now: datetime) -> list[Alarm]:
    asked = [line.asked_at for line in lines if line.asked_at is not None]
    remedy = _(
        "Look whether its process runs (rectify-beat, or manage.py up) and whether the queue takes messages, and start "
        "it again."
    )
    if not asked:
        return [Alarm(SCHEDULER, _("The scheduler has never asked for a job on this site."), remedy)]
    silent = [line for line in lines if line.asked_at is not None and line.is_silent(line.asked_at, now)]
    if not silent:
        return []
    since = max(line.asked_at for line in silent if line.asked_at is not None)
    words = {"since": _moment(since), "jobs": joined(line.title for line in silent)}
    return [Alarm(SCHEDULER, _("The scheduler has been silent since %(since)s: %(jobs)s.") % words, remedy)]


def _worker_alarms(lines: list[Line], now: datetime) -> list[Alarm]:
    waiting = [line for line in lines if not line.is_begun]
    remedy = _("Look whether a worker runs (rectify-worker, or manage.py up), and start it again; nothing is lost.")
    started = [line.started_at for line in lines if line.started_at is not None]
    if waiting and not started:
        return [Alarm(WORKER, _("No worker has ever begun a job on this site."), remedy)]
    silent = [line for line in waiting if _is_left(line, now)]
    if not silent:
        return []
    words = {"since": _moment(max(started)), "jobs": joined(line.title for line in silent)}
    return [Alarm(WORKER, _("No worker has begun a job since %(since)s; asked for: %(jobs)s.") % words, remedy)]


def _is_left(line: Line, now: datetime) -> bool:
    """Asked for and not begun for longer than patience lasts."""
    assert line.asked_at is not None
    if line.started_at is not None:
        return line.is_silent(line.started_at, now)
    return line.asked_at + PATIENCE < now


def _job_alarms(lines: list[Line], now: datetime) -> list[Alarm]:
    found = []
    for line in lines:
        row = line.row
        if row is None or row.started_at is None or not line.is_begun:
            continue
        words = {"job": line.title, "since": _moment(row.succeeded_at or row.started_at), "error": row.error}
        if row.state == JobState.FAILED:
            sentence = (
                _("The job “%(job)s” fails; it last succeeded at %(since)s: %(error)s.")
                if row.succeeded_at
                else _("The job “%(job)s” has failed since %(since)s and has never succeeded: %(error)s.")
            )
            found.append(Alarm(JOB, sentence % words, _(
                "The worker's log tells more; once the cause is mended, the next run repeats the work."
            )))  # fmt: skip
        elif row.state == JobState.RUNNING and row.started_at + LONGEST < now:
            words["since"] = _moment(row.started_at)
            found.append(Alarm(JOB, _("The job “%(job)s” began at %(since)s and has not ended.") % words, _(
                "Its worker was probably stopped in the middle; the next run repeats the work."
            )))  # fmt: skip
    return found


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
