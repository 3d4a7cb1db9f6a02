"""The timetable in words, and its alarms: functions of (entries, rows, now)."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from celery.schedules import crontab
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from findings.choices import JobState
from findings.figures import timetable
from findings.figures.timetable import JOB, SCHEDULER, WORKER, alarms_at, how_often, lines_at, next_after
from findings.models import ScheduledJob
from rectify.celery import app

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 10, 0, 30, tzinfo=SHANGHAI)  # a Monday
ENTRIES = {
    "send": {"schedule": crontab(app=app)},
    "compile": {"schedule": crontab(minute="*/10", app=app)},
    "remind": {"schedule": crontab(hour="8", minute="30", app=app)},
}


def clock(text: str, day: int = 23) -> datetime:
    hour, minute = text.split(":")
    return NOW.replace(day=day, hour=int(hour), minute=int(minute), second=0)


def run(name: str, asked: datetime | None, started: datetime | None = None, **values: Any) -> ScheduledJob:
    """A row; without more it ended well ten seconds after it began."""
    values = {"state": JobState.DONE, "result": '{"sent": 12, "failed": 0}'} | values
    if started and values["state"] != JobState.RUNNING:
        values.setdefault("ended_at", started + timedelta(seconds=10))
    if started and values["state"] == JobState.DONE:
        values.setdefault("succeeded_at", started + timedelta(seconds=10))
    return ScheduledJob(name=name, asked_at=asked, started_at=started, **values)


def well(**others: ScheduledJob) -> list[ScheduledJob]:
    """Every entry asked for and run at its time, but for those given."""
    rows = {
        "send": run("send", clock("10:00"), clock("10:00")),
        "compile": run("compile", clock("10:00"), clock("10:00")),
        "remind": run("remind", clock("8:30"), clock("8:30")),
    }
    return list((rows | others).values())


def told(rows: list[ScheduledJob], now: datetime = NOW) -> list[tuple[str, str]]:
    return [(alarm.kind, alarm.sentence) for alarm in alarms_at(lines_at(ENTRIES, rows, now), now)]


@pytest.mark.parametrize(
    ("schedule", "words", "following"),
    [
        (crontab(), "every minute", "2026-11-23 10:01"),
        (crontab(minute="*/10"), "every 10 minutes", "2026-11-23 10:10"),
        (crontab(minute="0"), "every hour", "2026-11-23 11:00"),
        (crontab(hour="8", minute="30"), "daily at 08:30", "2026-11-24 08:30"),
        (crontab(hour="23", minute="5"), "daily at 23:05", "2026-11-23 23:05"),
        (crontab(hour="3", minute="0", day_of_week="sun"), "Sunday at 03:00", "2026-11-29 03:00"),
        (crontab(minute="7,20"), "<crontab: 7,20 * * * * (m/h/dM/MY/d)>", "2026-11-23 10:07"),
        (crontab(hour="3,4", minute="1"), "<crontab: 1 3,4 * * * (m/h/dM/MY/d)>", "2026-11-24 03:01"),
        (crontab(hour="3", minute="1", day_of_month="1"), "<crontab: 1 3 1 * * (m/h/dM/MY/d)>", "2026-12-01 03:01"),
    ],
)
def test_schedules_in_words_and_their_next_instant(
    english: None, schedule: crontab, words: str, following: str
) -> None:
    assert how_often(schedule) == words
    assert f"{next_after(schedule, NOW):%Y-%m-%d %H:%M}" == following


def test_next_instant_is_of_the_sites_time_zone_whatever_the_moment_bears() -> None:
    found = next_after(ENTRIES["remind"]["schedule"], NOW.astimezone(ZoneInfo("UTC")))

    assert found == clock("8:30", day=24)


def test_nothing_is_wrong_while_all_goes_well() -> None:
    assert told(well()) == []


def test_a_site_that_never_started_its_scheduler_is_told(english: None) -> None:
    assert told([]) == [(SCHEDULER, "The scheduler has never asked for a job on this site.")]


def test_silence_of_the_scheduler(english: None) -> None:
    now = clock("10:20")
    late = [(SCHEDULER, "The scheduler has been silent since 2026-11-23 10:00: delivery of messages.")]

    assert told(well(), clock("10:05")) == []
    assert told(well(), now) == late
    both = "The scheduler has been silent since 2026-11-23 10:00: delivery of messages, reports of locked periods."
    assert told(well(), clock("10:26")) == [(SCHEDULER, both)]


def test_a_daily_job_is_missed_a_quarter_of_an_hour_after_its_time(english: None) -> None:
    yesterday = run("remind", clock("8:30", 22), clock("8:30", 22))

    assert told(well(remind=yesterday), NOW.replace(hour=8, minute=44)) == []
    assert told(well(remind=yesterday)) == [
        (SCHEDULER, "The scheduler has been silent since 2026-11-22 08:30: reminders of the morning.")
    ]


def test_silence_of_the_worker(english: None) -> None:
    sent, compiled = clock("9:54"), clock("9:50")
    stopped = {"send": run("send", clock("10:00"), sent), "compile": run("compile", clock("10:00"), compiled)}

    assert told(well(send=run("send", clock("10:00"), clock("9:57")))) == []
    assert told(well(**stopped)) == [
        (WORKER, "No worker has begun a job since 2026-11-23 09:54; asked for: delivery of messages.")
    ]


def test_a_worker_that_never_was(english: None) -> None:
    rows = [run("send", clock("10:00"), state=JobState.WAITING)]

    assert told(rows) == [(WORKER, "No worker has ever begun a job on this site.")]


def test_a_new_entry_that_no_worker_knows(english: None) -> None:
    assert told(well(remind=run("remind", clock("9:50")))) == []
    assert told(well(remind=run("remind", clock("9:40")))) == [
        (WORKER, "No worker has begun a job since 2026-11-23 10:00; asked for: reminders of the morning.")
    ]


def test_clocks_of_two_machines_may_differ() -> None:
    ahead = run("remind", clock("8:30") + timedelta(seconds=20), clock("8:30"))

    assert told(well(remind=ahead)) == []


def test_failing_jobs(english: None) -> None:
    broken = {"state": JobState.FAILED, "error": "OSError: disk full", "result": ""}
    once = run("send", clock("10:00"), clock("10:00"), succeeded_at=clock("9:58"), **broken)
    never = run("send", clock("10:00"), clock("10:00"), **broken)

    assert told(well(send=once)) == [
        (JOB, "The job “delivery of messages” fails; it last succeeded at 2026-11-23 09:58: OSError: disk full.")
    ]
    assert told(well(send=never)) == [
        (JOB, "The job “delivery of messages” has failed since 2026-11-23 10:00 and has never succeeded: OSError: disk "
              "full.")
    ]  # fmt: skip


def test_a_run_that_does_not_end(english: None) -> None:
    hanging = run("remind", clock("8:30"), clock("8:30"), state=JobState.RUNNING)
    fresh = run("send", clock("10:00"), clock("10:00"), state=JobState.RUNNING)

    assert told(well(remind=hanging, send=fresh)) == [
        (JOB, "The job “reminders of the morning” began at 2026-11-23 08:30 and has not ended.")
    ]


def test_lines_tell_the_newest_run(english: None) -> None:
    rows = [
        run("send", clock("10:00"), clock("10:00")),
        run("compile", clock("10:00"), clock("9:50")),
    ]

    lines = lines_at(ENTRIES, rows, NOW)

    assert [(line.name, line.often, line.outcome, line.seconds, line.next_at) for line in lines] == [
        ("send", "every minute", "sent 12, failed 0", 10.0, clock("10:01")),
        ("compile", "every 10 minutes", "waiting for a worker", 10.0, clock("10:10")),
        ("remind", "daily at 08:30", "not asked for yet", None, clock("8:30", 24)),
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": JobState.RUNNING}, "running"),
        ({"state": JobState.FAILED, "error": "KeyError: 'x'"}, "failed: KeyError: 'x'"),
        ({"result": ""}, "done, nothing to count"),
        ({"result": '{"opened": 2, "odd": 1}'}, "opened 2, odd 1"),
        ({"result": "[1]"}, "[1]"),
        ({"result": '{"cut of'}, '{"cut of'),
    ],
)
def test_outcome_in_words(english: None, values: dict[str, Any], words: str) -> None:
    [line] = lines_at({"send": ENTRIES["send"]}, [run("send", clock("10:00"), clock("10:00"), **values)], NOW)

    assert line.outcome == words


def test_every_entry_of_the_timetable_has_a_title() -> None:
    assert set(app.conf.beat_schedule) <= set(timetable.TITLES)
    assert [line.title for line in lines_at({"odd": ENTRIES["send"]}, [], NOW)] == ["odd"]


def test_the_sites_own_timetable_costs_one_query(db: None, english: None, settings: Any) -> None:
    with CaptureQueriesContext(connection) as asked:
        found = timetable.site_alarms(timezone.now())

    assert [str(alarm)[:53] for alarm in found] == ["The scheduler has never asked for a job on this site."]
    assert len(asked) == 1
    timetable_names = [line.name for line in timetable.site_lines(timezone.now())]
    assert timetable_names == list(app.conf.beat_schedule)
    settings.BY_CRON = True
    assert timetable.site_alarms(timezone.now()) == []


def test_given_lines_are_judged_now(db: None) -> None:
    ScheduledJob.objects.create(name="send", asked_at=timezone.now(), started_at=timezone.now(), state=JobState.DONE)

    assert timetable.site_alarms(timezone.now(), timetable.site_lines(timezone.now())) == []
