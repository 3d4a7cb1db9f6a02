"""Runs outside a request: on record once, begun once, and taken up again where their worker died."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone, translation

from accounts.spreadsheets import Unreadable
from findings.choices import JobState
from findings.documents import running
from findings.documents.word import TEMPLATES, TemplateFault
from findings.models import Job
from findings.tests.factories import World
from findings.workflow.step import Denied


def count(job: Job) -> dict[str, Any]:
    beat = running.beats(job, every=2)
    for done in range(1, 4):
        beat(done, 3)
    return {"language": translation.get_language()}


RUNS: dict[str, running.Run] = {"count": count}


def raising(error: Exception) -> dict[str, running.Run]:
    def run(job: Job) -> None:
        raise error

    return {"count": run, "rehearse_import": run}


def aged(job: Job, *, seconds: int, **values: Any) -> Job:
    """The job as if its last sign of life were so long ago."""
    at = timezone.now() - timedelta(seconds=seconds)
    begun = {"started_at": at, "beat_at": at} if values.get("state") == JobState.RUNNING else {"asked_at": at}
    Job.objects.filter(pk=job.pk).update(**begun, **values)
    job.refresh_from_db()
    return job


def taken_up() -> list[int]:
    return [job.pk for job in running.take_up_lost(timezone.now())]


def test_run_is_done_once_in_the_language_of_who_asked(world: World) -> None:
    with translation.override("en"):
        job = running.ask("count", by=world.office, campaign=world.campaign, rows=3)
    assert (job.person, job.campaign, job.arguments) == (world.office, world.campaign, {"language": "en", "rows": 3})

    with translation.override("zh-hans"):
        running.carry_out(job.pk, RUNS)
        running.carry_out(job.pk, raising(ValueError()))

    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.result) == (JobState.DONE, 2, 3, {"language": "en"})


def test_key_is_on_record_once_and_a_failed_run_waits_again(world: World) -> None:
    job = running.ask("count", by=None, key="one", attempt=1)
    assert running.ask("count", by=None, key="one") == job
    running.carry_out(job.pk, raising(Denied("Not today.")))
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "Not today.")

    again = running.ask("count", by=world.office, key="one", attempt=2)
    assert (again.pk, again.state, again.person, again.arguments["attempt"]) == (
        job.pk, JobState.WAITING, world.office, 2)  # fmt: skip
    running.carry_out(job.pk, RUNS)
    done = running.ask("count", by=None, key="one")
    assert (done.pk, done.state, done.error) == (job.pk, JobState.DONE, "")
    assert running.ask("count", by=None) != running.ask("count", by=None)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Denied("No."), "No."),
        (Unreadable("Bad file."), "Bad file."),
        (TemplateFault(TEMPLATES / "x.docx"), f"{TEMPLATES}/x.docx is not a usable Word template."),
        (ValueError("secret"), "The run has failed; the site's log says why."),
    ],
)
def test_failure_keeps_one_sentence(world: World, english: None, error: Exception, sentence: str) -> None:
    job = running.ask("count", by=world.office)
    running.carry_out(job.pk, raising(error))
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, sentence)


def test_run_whose_turn_has_not_come_waits_on(world: World) -> None:
    job = running.ask("count", by=world.office)
    running.carry_out(job.pk, raising(running.NotYet("An earlier one is not done.")))
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.WAITING, "An earlier one is not done.")
    running.carry_out(job.pk, RUNS)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.DONE, "")


def test_silent_runs_are_taken_up_again(world: World, settings: Any) -> None:
    settings.JOB_LOST_AFTER = 30
    waiting = aged(running.ask("count", by=world.office), seconds=31)
    begun = aged(running.ask("rehearse_import", by=world.office), seconds=31, state=JobState.RUNNING)
    aged(running.ask("rehearse_import", by=world.office), seconds=20, state=JobState.RUNNING)

    assert sorted(taken_up()) == sorted([waiting.pk, begun.pk])
    assert taken_up() == []
    running.carry_out(begun.pk, {"rehearse_import": lambda job: {"again": running.is_second_try(job)}})
    begun.refresh_from_db()
    assert (begun.state, begun.result) == (JobState.DONE, {"again": True})


def test_run_that_may_not_be_repeated_ends_with_a_sentence(world: World, english: None) -> None:
    once = aged(running.ask("count", by=world.office), seconds=601, state=JobState.RUNNING)
    tried = {"language": "en", running.TAKEN_UP: running.MOST_TAKEN_UP}
    often = aged(running.ask("rehearse_import", by=world.office), seconds=601, state=JobState.RUNNING, arguments=tried)
    assert taken_up() == []
    for job in (once, often):
        job.refresh_from_db()
        assert (job.state, job.error) == (
            JobState.FAILED, "The run was broken off by a stop of the server; ask for it again.")  # fmt: skip


def test_worker_that_was_given_up_changes_nothing(world: World) -> None:
    job = running.ask("rehearse_import", by=world.office)

    def slow(held: Job) -> dict[str, Any]:
        aged(held, seconds=601, state=JobState.RUNNING)
        assert taken_up() == [held.pk]
        running.carry_out(held.pk, {"rehearse_import": lambda _again: {"by": "second"}})
        running.beats(held)(1, 1)
        return {"by": "first"}

    running.carry_out(job.pk, {"rehearse_import": slow})
    job.refresh_from_db()
    assert (job.result, job.done) == ({"by": "second"}, 0)


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_put_one_row_on_record_and_begin_it_once() -> None:
    begun, start = [], threading.Barrier(4)

    def work() -> None:
        start.wait()
        job = running.ask("count", by=None, key="report/1/2025-03")
        running.carry_out(job.pk, {"count": lambda held: begun.append(held.pk)})
        connection.close()

    workers = [threading.Thread(target=work) for _n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    job = Job.objects.get()
    assert (begun, job.state) == ([job.pk], JobState.DONE)
