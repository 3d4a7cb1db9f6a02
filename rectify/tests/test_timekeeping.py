"""What the scheduler and the workers write down of the timetable, through real runs."""

import logging
from typing import Any

import pytest
from celery import shared_task
from celery.beat import ScheduleEntry
from django.db import DatabaseError
from django.utils import timezone

from findings.choices import JobState
from findings.models import ScheduledJob
from findings.tasks import open_periods
from rectify import timekeeping
from rectify.celery import app
from rectify.tasks import prune_queue

HEADERS = {"headers": {"entry": "periods"}}


@shared_task
def breaks() -> None:
    raise OSError("no\x00 room\nleft " + "x" * 400)


@shared_task
def says_nothing() -> None:
    pass


@pytest.fixture
def watched() -> None:
    app.loader.import_default_modules()


def facts(name: str = "periods") -> dict[str, Any]:
    row = ScheduledJob.objects.get(name=name)
    return {"state": row.state, "result": row.result, "error": row.error}


def test_a_run_of_the_timetable_is_on_record(db: None, watched: None) -> None:
    before = timezone.now()

    open_periods.apply(**HEADERS)

    assert facts() == {"state": JobState.DONE, "result": '{"opened": 0}', "error": ""}
    row = ScheduledJob.objects.get()
    assert before <= row.started_at <= row.ended_at == row.succeeded_at
    assert row.asked_at is None


def test_a_run_by_hand_is_none_of_the_timetable(db: None, watched: None) -> None:
    open_periods.apply()
    open_periods()
    breaks.apply()
    prune_queue.apply(headers={})

    assert not ScheduledJob.objects.exists()


def test_a_failed_run_keeps_its_last_success(db: None, watched: None) -> None:
    open_periods.apply(**HEADERS)
    succeeded_at = ScheduledJob.objects.get().succeeded_at

    breaks.apply(**HEADERS)

    row = ScheduledJob.objects.get()
    assert (row.state, row.result, row.succeeded_at) == (JobState.FAILED, "", succeeded_at)
    assert row.error.startswith("OSError: no room left xxx")
    assert len(row.error) == 300
    says_nothing.apply(**HEADERS)
    assert facts() == {"state": JobState.DONE, "result": "", "error": ""}


def test_while_a_run_goes_on_it_has_no_end(db: None, watched: None) -> None:
    open_periods.apply(**HEADERS)
    open_periods.push_request(headers={"entry": "periods"})
    try:
        timekeeping._begun(open_periods)
    finally:
        open_periods.pop_request()

    row = ScheduledJob.objects.get()
    assert (row.state, row.ended_at, row.succeeded_at is None) == (JobState.RUNNING, None, False)


def test_a_database_that_refuses_breaks_no_job(
    db: None, watched: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def down(**values: Any) -> None:
        raise DatabaseError("gone away")

    monkeypatch.setattr(ScheduledJob.objects, "update_or_create", down)
    with caplog.at_level(logging.ERROR):
        result = open_periods.apply(**HEADERS)

    assert result.get() == {"opened": 0}
    assert "the run of periods is not on record: gone away" in caplog.text


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> timekeeping.Scheduler:
    """A scheduler whose closing of idle connections leaves the test's own open."""
    monkeypatch.setattr(timekeeping, "close_old_connections", lambda: None)
    return timekeeping.Scheduler(app, lazy=True)


def entry(task: str) -> ScheduleEntry:
    return ScheduleEntry(name="periods", task=task, schedule=60, options=dict(HEADERS), app=app)


def test_the_scheduler_leaves_a_sign_of_life(db: None, scheduler: timekeeping.Scheduler) -> None:
    before = timezone.now()

    scheduler.apply_entry(entry("findings.tasks.open_periods"))

    row = ScheduledJob.objects.get()
    assert row.name == "periods"
    assert before <= row.asked_at <= timezone.now()
    assert (row.state, row.started_at) == (JobState.WAITING, None)


def test_what_the_queue_did_not_take_was_not_asked_for(
    db: None, scheduler: timekeeping.Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*args: Any, **options: Any) -> None:
        raise ConnectionError("no queue")

    monkeypatch.setattr(open_periods, "apply_async", down)

    scheduler.apply_entry(entry("findings.tasks.open_periods"))

    assert not ScheduledJob.objects.exists()


def test_each_entry_bears_its_name_to_the_worker() -> None:
    names = {name: row["options"]["headers"]["entry"] for name, row in app.conf.beat_schedule.items()}

    assert names == {name: name for name in names}
    assert app.conf.beat_scheduler == "rectify.timekeeping:Scheduler"
