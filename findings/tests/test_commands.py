"""The commands as other programs use them: their keys, their exit status, one document and nothing else."""

import json
import subprocess
import sys
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts import chain, people
from accounts.models import AuditEvent
from findings import dates, notify
from findings.choices import MeasureStatus
from findings.management.base import REFUSED
from findings.models import CalendarDay, CalendarYear, Evidence, Measure
from findings.tests import factories
from findings.tests.factories import World
from findings.workflow import document as documents

COUNTS = {
    "measures", "not_started", "in_progress", "waiting", "closed", "overdue", "due_soon", "concentrated",
    "concentrated_closed", "sustained", "sustained_closed", "rechecks_missed",
}  # fmt: skip


def answer(name: str, *arguments: str) -> dict[str, Any]:
    """What the command prints with --json; raises CommandError where it ends with another status than 0."""
    out = StringIO()
    call_command(name, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def refusal(name: str, *arguments: str) -> tuple[dict[str, Any], str]:
    """The document of a refused command and its sentences."""
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(name, *arguments, "--json", stdout=out)
    assert caught.value.returncode == REFUSED
    return json.loads(out.getvalue()), str(caught.value)


def printed(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


# --- What all share ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2021-7-31", "is not a day"),
        ("20210731", "is not a day"),
        ("2021-02-29", "is not a day"),
        ("tomorrow", "is not a day"),
        ("", "is not a day"),
        ("1989-12-31", "lies outside"),
        ("9999-12-31", "lies outside"),
    ],
)
def test_a_day_that_is_none_is_refused(db: None, english: None, text: str, reason: str) -> None:
    document, sentence = refusal("remind", "--on", text)

    assert reason in sentence
    assert document == {"problems": [sentence]}


def test_a_campaign_that_is_none_is_refused_with_those_there_are(past: World, english: None) -> None:
    _document, sentence = refusal("figures", "nothing")

    assert sentence == "There is no campaign “nothing”; there are: campaign-1."


def test_a_refusal_on_the_command_line_ends_with_2_and_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "remind", "--on", "never", "--json", "--skip-checks"],
        cwd=settings.BASE_DIR, env={"RECTIFY_DATA": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert json.loads(done.stdout) == {"problems": [done.stderr.strip()]}


def test_a_database_without_tables_is_a_fault_in_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "remind", "--on", "2025-06-12", "--skip-checks"],
        cwd=settings.BASE_DIR, env={"RECTIFY_DATA": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "findings_calendarday" in done.stderr


# --- figures -----------------------------------------------------------------------------------------------


def test_figures_of_a_past_day(past: World) -> None:
    factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[2])
    factories.measure_at(MeasureStatus.WAITING, past, row=past.measures[0])
    documents.record_document(past.campaign, by=past.office, at=past.at(9), serves=[], title="Rule", number="1",
                          kind="rule", action="new", issued_on=past.day(9), department=past.a)  # fmt: skip

    found = answer("figures", "campaign-1", "--on", past.day(101).isoformat())

    assert (found["campaign"], found["on"]) == ("campaign-1", "2025-06-12")
    assert {name: found[name] for name in COUNTS} == {
        "measures": 4, "not_started": 2, "in_progress": 0, "waiting": 1, "closed": 1, "overdue": 1, "due_soon": 0,
        "concentrated": 4, "concentrated_closed": 1, "sustained": 0, "sustained_closed": 0, "rechecks_missed": 0,
    }  # fmt: skip
    assert [found[name] for name in ("issues", "issues_rectified", "issues_partial", "issues_open")] == [3, 1, 0, 2]
    assert [found[name] for name in ("documents", "rules", "recommendations")] == [1, 1, 0]
    assert found["meetings"] == dict.fromkeys(
        ["party_group", "leading_group", "democratic_life", "inspection", "discipline_report"], 0
    )
    assert [(row["number"], row["title"], row["measures"]) for row in found["areas"]] == [
        (1, "Area 1", 3), (2, "Area 2", 1)
    ]  # fmt: skip
    assert [(row["code"], row["measures"], row["closed"]) for row in found["departments"]] == [("a", 3, 0), ("b", 1, 1)]
    assert all(set(row) >= COUNTS for row in found["areas"] + found["departments"])
    assert {check["holds"] for check in found["checks"]} == {True}


def test_figures_before_the_plan_are_zero_and_print_for_people(past: World, english: None) -> None:
    lines = printed("figures", "campaign-1", "--on", "2025-03-02").splitlines()

    assert lines[:2] == ["Figures as of 2025-03-02", "Issues 0: rectified 0, partial results 0, open 0"]
    assert "  1 Area 1 3: not started 3" in printed("figures", "campaign-1", "--on", "2025-03-04")


# --- remind, send_messages ---------------------------------------------------------------------------------


def test_remind_counts_what_it_wrote(past: World, english: None) -> None:
    on = past.day(105).isoformat()
    kinds = {"digest": 7, "escalated": 3}

    first, second = answer("remind", "--on", on), answer("remind", "--on", on)

    assert first == {"on": on, "working_day": True, "written": 10, "skipped": 0, "by_kind": kinds}
    assert second == {"on": on, "working_day": True, "written": 0, "skipped": 10, "by_kind": {}}
    assert printed("remind", "--on", on) == f"{on}: 0 messages written, 10 stood there already.\n"


def test_remind_on_a_day_to_come_says_that_its_messages_wait(past: World, english: None) -> None:
    with time_machine.travel(past.at(104), tick=False):  # a Sunday
        on = past.day(105).isoformat()
        first, second = printed("remind", "--on", on).splitlines()
        waiting = answer("send_messages")["waiting"]

    assert first == f"{on}: 10 messages written, 0 stood there already."
    assert second == (
        f"{on} has not come yet: mail and chats wait until 08:30 of that day, the inbox shows the messages now, and "
        "that morning does not draw up these people's digests again."
    )
    assert waiting == 10


def test_remind_on_a_day_off_says_so(past: World, english: None) -> None:
    on = past.day(103).isoformat()

    assert answer("remind", "--on", on) == {
        "on": on, "working_day": False, "written": 0, "skipped": 0, "by_kind": {}
    }  # fmt: skip
    assert printed("remind", "--on", on) == f"{on} is no working day: nothing was written.\n"


def test_send_messages_counts(past: World, english: None) -> None:
    answer("remind", "--on", past.day(101).isoformat())

    assert printed("send_messages") == "7 sent, 0 failed, 0 waiting.\n"
    assert answer("send_messages") == {"sent": 0, "failed": 0, "waiting": 0}


def test_send_messages_ends_with_1_while_mail_is_down(world: World, settings: Any) -> None:
    settings.EMAIL_BACKEND = "findings.tests.test_channels.DownServer"
    people.change_account(world.office, email="office@court.example", by=None)
    notify.write(world.office, kind="report", key="one", words=("a", "b"), link="/", at=timezone.now())
    out = StringIO()

    with pytest.raises(CommandError, match="ConnectionRefusedError") as caught:
        call_command("send_messages", "--json", stdout=out)

    assert (caught.value.returncode, json.loads(out.getvalue())) == (1, {"sent": 0, "failed": 0, "waiting": 1})


# --- verify_history ----------------------------------------------------------------------------------------


def behind_the_back(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def kept(past: World) -> World:
    """A world with decisions, evidence and a line of the security log."""
    factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[2])
    return past


def test_verify_history_of_untouched_records_holds(kept: World) -> None:
    found = answer("verify_history")

    assert found == {"rows": chain.Link.objects.count(), "broken": [], "head": chain.head(), "upgraded": 0}
    assert found["rows"] > 50
    assert answer("verify_history", "--head", found["head"].upper())["broken"] == []
    assert f"newest digest {found['head']}" in printed("verify_history") or found["head"] in printed("verify_history")


@pytest.mark.parametrize(
    ("statement", "table", "sentence"),
    [
        ("UPDATE findings_measure SET percent = 7 WHERE id = %s", "findings_measure", "row differs from its history"),
        (
            "UPDATE findings_historicalmeasure SET percent = 7 WHERE id = %s",
            "findings_historicalmeasure",
            "row altered",
        ),
    ],
)
def test_verify_history_names_a_row_changed_behind_the_back(
    kept: World, statement: str, table: str, sentence: str
) -> None:
    behind_the_back(statement, kept.measures[0].pk)

    document, _sentence = refusal("verify_history")

    named = Measure.history.get(id=kept.measures[0].pk).pk if "historical" in table else kept.measures[0].pk
    assert f"{table}:{named} {sentence}" in document["broken"]


def test_verify_history_names_a_row_that_slipped_in(kept: World) -> None:
    event = AuditEvent.objects.create(at=timezone.now(), action="export", username="nobody")

    document, _sentence = refusal("verify_history")

    assert document["broken"] == [f"accounts_auditevent:{event.pk} row without a link"]


def test_verify_history_names_files_that_differ(kept: World, english: None) -> None:
    row = Evidence.objects.get()
    path = Path(default_storage.path(row.file.name))

    path.write_bytes(b"forged")
    assert refusal("verify_history")[0]["broken"] == [f"findings_evidence:{row.pk} file altered"]
    path.unlink()
    out = StringIO()
    with pytest.raises(CommandError, match=r"^1 record does not hold\.$"):
        call_command("verify_history", stdout=out)
    assert out.getvalue().startswith(f"findings_evidence:{row.pk} file missing\n")


def test_verify_history_misses_no_printed_digest(kept: World, english: None) -> None:
    document, _sentence = refusal("verify_history", "--head", "ab" * 32)

    assert document["broken"] == [f"chain:{'ab' * 32} printed digest is not on the chain"]
    assert refusal("verify_history", "--head", "xyz")[1] == "A digest has 64 characters, 0 to 9 and a to f."


# --- load_calendar, workflow_diagram -----------------------------------------------------------------------


def test_load_calendar_knows_holidays_and_make_up_days(db: None) -> None:
    first = answer("load_calendar", "--first", "2021", "--last", "2021")

    table = CalendarDay.objects.table(date(2021, 1, 1), date(2021, 12, 31))
    assert first == {"written": len(table), "years": [2021], "unknown": [], "moved": []}
    assert [dates.is_working_day(date(2021, 10, day), table) for day in (1, 7, 8, 9, 10)] == [
        False, False, True, True, False
    ]  # fmt: skip
    assert dates.working_day_after(date(2021, 9, 30), 5, table) == date(2021, 10, 13)
    assert answer("load_calendar", "--first", "2021", "--last", "2021")["written"] == 0


def test_load_calendar_leaves_unpublished_years_to_the_plain_week(db: None, english: None) -> None:
    found = answer("load_calendar", "--first", "2026", "--last", "2099")

    assert found["years"][0] == 2026
    assert 2099 in found["unknown"]
    assert CalendarYear.objects.known() == {*found["years"]}
    assert refusal("load_calendar", "--first", "2030", "--last", "2020")[1] == ("The years must run from 1990 to 2099.")


def test_load_calendar_reaches_to_next_year(db: None) -> None:
    found = answer("load_calendar")

    assert (found["years"] + found["unknown"])[-1] == (dates.today() + timedelta(days=365)).year


def test_workflow_diagram_is_up_to_date() -> None:
    assert answer("workflow_diagram", "--check") == {"file": "docs/workflow.md", "differs": False, "written": False}


def test_workflow_diagram_check_ends_with_1_where_the_file_differs(settings: Any, tmp_path: Path) -> None:
    settings.BASE_DIR, real = tmp_path, settings.BASE_DIR

    with pytest.raises(CommandError) as caught:
        call_command("workflow_diagram", "--check", stdout=StringIO())
    assert caught.value.returncode == 1
    assert answer("workflow_diagram")["written"] is True
    assert (tmp_path / "docs" / "workflow.md").read_text() == (real / "docs" / "workflow.md").read_text()
    assert "stateDiagram-v2" in (tmp_path / "docs" / "workflow.md").read_text()
