"""The jobs of the queue: thin, repeatable, and each under the name that the timetable calls."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts import people
from findings import notify, tasks
from findings.choices import JobState, MessageStatus
from findings.documents import compiling, running
from findings.models import Job, Message, Report
from findings.tests.factories import World
from rectify.celery import app


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What would stand in the queue: the runs asked for."""
    found: list[int] = []
    monkeypatch.setattr(tasks.run_job, "delay", found.append)
    return found


def test_timetable_calls_jobs_that_there_are() -> None:
    app.loader.import_default_modules()

    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_remind_due_takes_its_day_and_send_messages_delivers(past: World) -> None:
    people.change_account(past.head_b, email="head@court.example", by=None)
    on = past.day(101).isoformat()

    tasks.remind_due(on)
    tasks.remind_due(on)
    tasks.send_messages()
    tasks.send_messages()

    assert {row.status for row in Message.objects.all()} == {MessageStatus.SENT}
    assert [sent.to for sent in mail.outbox] == [["head@court.example"]]


def test_remind_due_without_a_day_means_today(past: World) -> None:
    with time_machine.travel(past.at(101), tick=False):
        tasks.remind_due()

    assert {row.key.rsplit("/", 1)[1] for row in Message.objects.all()} == {past.day(101).isoformat()}


def test_catch_up_writes_a_morning_that_was_broken_off(past: World) -> None:
    with time_machine.travel(past.at(101, 9), tick=False):
        assert tasks.catch_up() == {"written": 0}  # the run of half past eight may still be going
    with time_machine.travel(past.at(101, 10), tick=False):
        found = tasks.catch_up()
        assert found["written"] == Message.objects.count() > 0
        assert tasks.catch_up() == {"written": 0}
    with time_machine.travel(past.at(102, 10), tick=False):
        tasks.remind_due()
        written = Message.objects.count()
        people.grant_role(past.nobody, "liaison", past.a, by=None)  # who has come after the morning
        assert tasks.catch_up() == {"written": 0}

    assert Message.objects.count() == written


def test_send_messages_says_that_mail_is_down(world: World, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.EMAIL_BACKEND = "findings.tests.test_channels.DownServer"
    people.change_account(world.office, email="office@court.example", by=None)
    notify.write(world.office, kind="report", key="one", words=("a", "b"), link="/", at=timezone.now())

    tasks.send_messages()

    assert "channels that do not answer: ConnectionRefusedError" in caplog.text


def test_open_periods_makes_those_that_have_begun(past: World) -> None:
    tasks.open_periods("2025-05-01")
    tasks.open_periods("2025-05-01")

    codes = past.campaign.periods.order_by("starts_on").values_list("code", flat=True)
    assert list(codes) == ["2025-03", "2025-04", "2025-05"]


def test_compile_due_reports_asks_once_and_each_report_leads_to_the_next(past: World, asked: list[int]) -> None:
    tasks.compile_due_reports("2025-06-30")
    tasks.compile_due_reports("2025-06-30")
    march, april, may = Job.objects.order_by("pk")
    assert asked == [march.pk]

    tasks.run_job(asked[-1])
    assert asked == [march.pk, april.pk]
    tasks.run_job(asked[-1])
    tasks.run_job(asked[-1])
    tasks.run_job(asked[-1])

    assert asked == [march.pk, april.pk, may.pk]
    codes = Report.objects.order_by("pk").values_list("period__code", flat=True)
    assert list(codes) == ["2025-03", "2025-04", "2025-05"]


def test_take_up_lost_jobs_puts_them_into_the_queue_again(world: World, asked: list[int]) -> None:
    job = running.ask("rehearse_import", by=world.office)
    Job.objects.update(asked_at=timezone.now() - timedelta(minutes=11))

    tasks.take_up_lost_jobs()
    tasks.take_up_lost_jobs()

    assert asked == [job.pk]


@pytest.fixture
def down(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue does not answer who hands a run over."""

    def refuse(pk: int) -> None:
        raise OperationalError

    monkeypatch.setattr(tasks.run_job, "delay_on_commit", refuse)


def test_only_a_run_that_waits_is_handed_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    queued: list[int] = []
    monkeypatch.setattr(tasks.run_job, "delay_on_commit", queued.append)
    job = running.ask("export_list", by=world.office, key="one")
    assert (tasks.hand_over(job), queued) == ("", [job.pk])

    Job.objects.update(state=JobState.RUNNING, started_at=timezone.now())
    assert tasks.hand_over(running.ask("export_list", by=world.office, key="one")) == ""
    assert queued == [job.pk]


def test_wish_for_a_report_that_is_being_compiled_leaves_its_run_alone(
    past: World, asked: list[int], down: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks.compile_due_reports("2025-06-30")
    march, april, _may = Job.objects.order_by("pk")
    period = past.campaign.periods.get(code="2025-03")

    def compile_while_asked_again(job: Job) -> Any:
        again = compiling.demand(period, by=past.office, on=past.day(120))
        assert (again.pk, tasks.hand_over(again)) == (job.pk, "")
        return compiling.RUNS[job.name](job)

    monkeypatch.setitem(tasks.RUNS, compiling.COMPILE, compile_while_asked_again)
    tasks.run_job(march.pk)

    march.refresh_from_db()
    assert (march.state, asked) == (JobState.DONE, [march.pk, april.pk])


def test_queue_that_does_not_answer_ends_only_what_was_asked_for_just_now(
    world: World, english: None, down: None
) -> None:
    refusal = "The queue does not answer, so nothing was asked for. Please try again later."
    waiting = running.ask("export_list", by=world.office, key="one")
    assert tasks.hand_over(running.ask("export_list", by=world.office, key="one")) == ""
    waiting.refresh_from_db()
    assert waiting.state == JobState.WAITING

    for job in (waiting, running.ask("export_list", by=world.office)):
        assert tasks.hand_over(job) == refusal
        job.refresh_from_db()
        assert (job.state, job.error) == (JobState.FAILED, refusal)
    assert tasks.hand_over(running.ask("export_list", by=world.office, key="one")) == refusal  # asked for again
