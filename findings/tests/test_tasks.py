"""The jobs of the queue: thin, repeatable, and each under the name that the timetable calls."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts import people
from accounts.tracked import create
from findings import notify, tasks
from findings.choices import MessageStatus, ReportKind
from findings.models import Campaign, Message, Report, ReportingPeriod
from findings.tests.factories import World
from findings.workflow import plan, progress
from rectify.celery import app


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What would stand in the queue: the reports asked for."""
    found: list[tuple[int, int]] = []
    monkeypatch.setattr(tasks.build_report, "delay", lambda *ids: found.append(ids))
    return found


def period(world: World, code: str) -> ReportingPeriod:
    return world.campaign.periods.get(code=code)


def draft(campaign: Campaign, row: ReportingPeriod, *, minutes: int = 0) -> Report:
    """A report that has been drafting for so many minutes."""
    at = timezone.now() - timedelta(minutes=minutes)
    return create(Report, by=None, at=at, campaign=campaign, kind=ReportKind.MONTH, period=row, as_of=row.ends_on)


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


def test_compile_due_reports_asks_for_locked_periods_without_a_report(
    past: World, asked: list[tuple[int, int]]
) -> None:
    progress.open_periods(past.campaign, on=past.day(60))
    march = period(past, "2025-03")

    tasks.compile_due_reports(march.locks_on.isoformat())
    assert asked == []
    tasks.compile_due_reports((march.locks_on + timedelta(days=1)).isoformat())
    assert asked == [(past.campaign.pk, march.pk)]


def test_compile_due_reports_takes_up_what_was_lost(past: World, asked: list[tuple[int, int]]) -> None:
    progress.open_periods(past.campaign, on=past.day(60))
    march, april = period(past, "2025-03"), period(past, "2025-04")
    draft(past.campaign, march, minutes=11)
    draft(past.campaign, april, minutes=9)

    tasks.compile_due_reports("2025-05-30")

    assert asked == [(past.campaign.pk, march.pk)]


def test_compile_due_reports_leaves_a_campaign_closed_before_the_lock(
    past: World, asked: list[tuple[int, int]]
) -> None:
    progress.open_periods(past.campaign, on=past.day(60))
    april = period(past, "2025-04")
    plan.close_campaign(past.campaign, on=april.ends_on, by=past.office, at=past.at(60))

    tasks.compile_due_reports("2025-06-30")

    assert asked == [(past.campaign.pk, period(past, "2025-03").pk)]


def test_build_report_compiles_once(past: World, caplog: pytest.LogCaptureFixture) -> None:
    progress.open_periods(past.campaign, on=past.day(60))
    march = period(past, "2025-03")

    tasks.build_report(past.campaign.pk, march.pk)
    tasks.build_report(past.campaign.pk, march.pk)

    row = Report.objects.get()
    assert (row.period, row.kind, row.as_of, row.revision) == (march, ReportKind.MONTH, date(2025, 3, 31), 1)
    assert list(tasks.due_reports(march.locks_on + timedelta(days=1))) == []
