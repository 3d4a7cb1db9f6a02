"""The page of the timed jobs, its alarm on the first pages, and the commands beside the jobs."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from findings.choices import JobState
from findings.documents import running
from findings.models import Job, ScheduledJob
from findings.tests.factories import World
from findings.tests.pages import get, queries
from findings.views.scheduler import duration_words
from rectify.celery import app

NEVER = "The scheduler has never asked for a job on this site."


def at_work() -> None:
    """Every entry of the timetable asked for, begun and ended just now."""
    now = timezone.now()
    for name in app.conf.beat_schedule:
        ScheduledJob.objects.create(
            name=name, asked_at=now, started_at=now, ended_at=now + timedelta(seconds=3), succeeded_at=now,
            state=JobState.DONE, result='{"sent": 2}',
        )  # fmt: skip


def answer(name: str, *arguments: str) -> Any:
    out = StringIO()
    call_command(name, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


# --- The page ----------------------------------------------------------------------------------------------


def test_office_and_system_administrator_watch(client: Client, world: World) -> None:
    found = {name: get(client, user, "/scheduler/").status_code for name, user in world.everybody().items()}

    assert {name for name, status in found.items() if status == 200} == {"office", "stranger", "sysadmin"}
    assert set(found.values()) == {200, 403}
    client.force_login(world.office)
    assert client.post("/scheduler/").status_code == 405


def test_the_page_lists_every_entry(client: Client, world: World, english: None) -> None:
    at_work()

    page = get(client, world.office, "/scheduler/")

    assert page.context["alarms"] == []
    assert [row["line"].name for row in page.context["rows"]] == list(app.conf.beat_schedule)
    assert {(row["took"], row["line"].outcome) for row in page.context["rows"]} == {("3.0 s", "sent 2")}
    assert "every job came at its time" in page.content.decode()


def test_alarms_stand_on_top(client: Client, world: World) -> None:
    page = get(client, world.sysadmin, "/scheduler/").content.decode()

    assert page.count(NEVER) == 1
    assert "rectify-beat" in page
    assert "1 thing is wrong with the timed jobs." in page


def test_the_page_costs_one_query_for_all_rows(client: Client, world: World) -> None:
    none = queries(client, world.office, "/scheduler/")
    at_work()

    assert queries(client, world.office, "/scheduler/") == none


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (12.4, "12 s"), (61, "1 minute"), (1801, "30 minutes")]
)
def test_durations(english: None, seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


# --- The alarm on the first pages --------------------------------------------------------------------------


@pytest.mark.parametrize(("person", "path"), [("office", "/"), ("sysadmin", "/accounts/people/")])
def test_the_alarm_stands_where_the_day_begins(client: Client, world: World, person: str, path: str) -> None:
    user = getattr(world, person)

    assert NEVER in get(client, user, path).content.decode()
    at_work()
    assert "The scheduler has" not in get(client, user, path).content.decode()


def test_others_and_other_pages_are_not_told_nor_asked_for(client: Client, world: World) -> None:
    assert NEVER not in get(client, world.head_a, "/").content.decode()
    client.force_login(world.office)
    with CaptureQueriesContext(connection) as asked:
        page = client.get("/inbox/").content.decode()
    assert NEVER not in page
    assert not [row for row in asked.captured_queries if "scheduledjob" in row["sql"]]


def test_a_site_that_uses_cron_is_left_in_peace(client: Client, world: World, settings: Any) -> None:
    settings.BY_CRON = True

    assert NEVER not in get(client, world.office, "/").content.decode()
    assert "cron runs the jobs in place of the scheduler" in get(client, world.office, "/scheduler/").content.decode()


# --- Commands ----------------------------------------------------------------------------------------------


def test_command_scheduler_says_the_same(db: None, english: None) -> None:
    at_work()

    found = answer("scheduler")

    assert found["alarms"] == []
    assert [row["name"] for row in found["jobs"]] == list(app.conf.beat_schedule)
    assert found["jobs"][0]["outcome"] == "sent 2"
    out = StringIO()
    call_command("scheduler", stdout=out)
    assert out.getvalue().splitlines()[0].startswith("remind: daily at 08:30; last run ")


def test_command_scheduler_ends_with_two_while_an_alarm_stands(db: None, english: None) -> None:
    with pytest.raises(CommandError, match="never asked") as raised:
        answer("scheduler")

    assert raised.value.returncode == 2


@pytest.mark.django_db(transaction=True)  # the archive is drawn from a snapshot of its own
def test_command_nightly_backup_keeps_one_archive_a_night(settings: Any, tmp_path: Any) -> None:
    settings.BACKUP_DIR, settings.BACKUPS = tmp_path / "nights", 14

    first = answer("nightly_backup", "--on", "2026-01-31")

    assert first == {"archives": ["rectify-2026-01-31.zip"]}
    assert answer("nightly_backup", "--on", "2026-01-31") == first
    settings.BACKUP_DIR = tmp_path / "file" / "below"
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CommandError, match=r"The archive cannot be written|备份"):
        answer("nightly_backup", "--on", "2026-01-31")


def test_command_prune_queue(db: None) -> None:
    assert answer("prune_queue") == {"removed": 0}


def test_command_take_up_lost_jobs_carries_out_what_was_lost(world: World, settings: Any) -> None:
    job = running.ask("apply_import", by=world.office)
    settings.JOB_LOST_AFTER = 0
    Job.objects.filter(pk=job.pk).update(asked_at=timezone.now() - timedelta(hours=1))

    assert answer("take_up_lost_jobs") == {"jobs": ["apply_import"]}

    job.refresh_from_db()
    assert job.state == JobState.FAILED  # it names no import
    assert answer("take_up_lost_jobs") == {"jobs": []}


def test_every_entry_of_the_timetable_has_a_command_for_cron() -> None:
    twins = {
        "remind": "remind", "catch_up": "remind", "send": "send_messages", "periods": "open_periods",
        "compile": "compile_due_reports", "jobs": "take_up_lost_jobs", "backup": "nightly_backup",
        "sweep": "sweep_files", "prune": "prune_queue",
    }  # fmt: skip

    assert set(twins) == set(app.conf.beat_schedule)
