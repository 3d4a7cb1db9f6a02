"""When the scheduler asked for each entry of the timetable, and how the worker's run of it ended.

Both sides write the entry's one row. Whatever the database says to that, the scheduler and the job go on.
"""

import json
import logging
from typing import Any

from celery import signals
from celery.app.task import Task
from celery.beat import PersistentScheduler, ScheduleEntry
from django.db import Error, close_old_connections, transaction
from django.utils import timezone

from findings.choices import JobState
from findings.models import ScheduledJob

logger = logging.getLogger(__name__)
LONGEST_TEXT = 300


class Scheduler(PersistentScheduler):
    """The usual scheduler, which also leaves a sign of life with each entry that it hands to the queue."""

    def apply_async(
        self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **kwargs: Any
    ) -> Any:  # fmt: skip
        moment = timezone.now()  # before the sending: a worker may begin before it has returned
        result = super().apply_async(entry, producer=producer, advance=advance, **kwargs)
        close_old_connections()  # beat has no requests that would do it
        note(entry.name, asked_at=moment)
        return result


def watch() -> None:
    """Have this process write down the runs that it makes. May be called again."""
    signals.task_prerun.connect(_begun)
    signals.task_success.connect(_succeeded)
    signals.task_failure.connect(_failed)


def note(entry: str, **values: Any) -> None:
    """Write what is known of an entry's newest run; a database that refuses is logged and stops nobody."""
    try:
        with transaction.atomic():
            ScheduledJob.objects.update_or_create(name=entry, defaults=values)
    except Error as error:
        logger.error("the run of %s is not on record: %s", entry, error)


def entry_of(task: Any) -> str:
    """The entry of the timetable by which a run was asked for, "" for every other run."""
    headers = getattr(getattr(task, "request", None), "headers", None) or {}
    return str(headers.get("entry") or "")


def _begun(task: Task, **_signal: Any) -> None:
    if entry := entry_of(task):
        note(entry, started_at=timezone.now(), ended_at=None, state=JobState.RUNNING)


def _succeeded(sender: Task, result: Any, **_signal: Any) -> None:
    if entry := entry_of(sender):
        now = timezone.now()
        text = json.dumps(result, ensure_ascii=False, default=str) if result is not None else ""
        note(entry, ended_at=now, succeeded_at=now, state=JobState.DONE, result=_short(text), error="")


def _failed(sender: Task, exception: BaseException, **_signal: Any) -> None:
    if entry := entry_of(sender):
        text = f"{type(exception).__name__}: {exception}"
        note(entry, ended_at=timezone.now(), state=JobState.FAILED, result="", error=_short(text))


def _short(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())[:LONGEST_TEXT]
