"""The command that writes the lists: what it prints, what it refuses, what it leaves in the security log."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from accounts.models import AuditEvent
from findings.documents.export import KINDS
from findings.management.commands.export_ledger import Command
from findings.tests.factories import World

pytestmark = pytest.mark.usefixtures("english")


def run(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("export_ledger", *arguments, stdout=out, **options)
    return out.getvalue()


def refused(*arguments: str) -> tuple[str, dict[str, Any]]:
    """The sentence on standard error and the document on standard output."""
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("export_ledger", *arguments, "--json", stdout=out)
    assert caught.value.returncode == 2
    return str(caught.value), json.loads(out.getvalue())


@pytest.mark.parametrize("kind", KINDS)
def test_export_ledger_writes_every_kind(past: World, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "list.xlsx"
    answer = json.loads(run(past.campaign.slug, "--kind", kind, "--out", str(file), "--language", "en", "--json"))
    sheets = load_workbook(file).sheetnames
    assert answer["sheets"] == sheets
    assert answer["rows"] == {"ledger": 4, "issues": 3, "tasks": 4, "responsibility": 4}.get(kind, 0)


def test_export_ledger_writes_a_flat_list(past: World, tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"
    run(past.campaign.slug, "--out", str(file), "--flat", "--language", "en")
    sheet = load_workbook(file).active
    assert [row[1] for row in sheet.iter_rows(min_row=5, values_only=True)] == ["Area 1", "Area 1", "Area 1", "Area 2"]
    assert [str(area) for area in sheet.merged_cells.ranges if area.min_row > 4] == []


def test_export_ledger_tells_people_in_a_sentence(past: World, tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"
    assert run(past.campaign.slug, "--out", str(file)) == f"4 rows written to {file}.\n"


def test_export_ledger_of_a_past_day(past: World, tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"
    answer = json.loads(run(past.campaign.slug, "--out", str(file), "--on", "2025-03-02", "--json"))
    assert answer["rows"] == 0


def test_export_ledger_speaks_the_language_asked_for(past: World, tmp_path: Path) -> None:
    titles = {}
    for language in ("en", "zh-hans"):
        run(past.campaign.slug, "--out", str(tmp_path / "list.xlsx"), "--language", language)
        titles[language] = load_workbook(tmp_path / "list.xlsx").active["A2"].value
    assert titles["en"] == "Unit: Department gy"
    assert titles["zh-hans"].endswith("Department gy")


def test_export_ledger_is_on_record(past: World, tmp_path: Path) -> None:
    run(past.campaign.slug, "--out", str(tmp_path / "list.xlsx"), "--kind", "tasks")
    event = AuditEvent.objects.get(action=AuditEvent.Action.EXPORT)
    assert event.user is None
    assert event.detail.startswith("4 --kind tasks")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "There is no campaign “nowhere”; there are: {slug}."),
        (["{slug}", "--kind", "gossip"],
         "There is no list “gossip”; there are: ledger, issues, tasks, responsibility, rules, notices, evidence."),
        (["{slug}", "--on", "31.07.2021"],
         "“31.07.2021” is not a day; write it as YYYY-MM-DD, such as 2021-07-31."),
        (["{slug}", "--on", "2021-02-30"],
         "“2021-02-30” is not a day; write it as YYYY-MM-DD, such as 2021-07-31."),
        (["{slug}", "--language", "fr"], "There is no language “fr”; there are: zh-hans, en."),
    ],
)  # fmt: skip
def test_export_ledger_refuses_wrong_input(past: World, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    given = [argument.format(slug=past.campaign.slug) for argument in arguments]
    file = tmp_path / "list.xlsx"
    wanted = sentence.format(slug=past.campaign.slug)
    assert refused(*given, "--out", str(file)) == (wanted, {"rows": 0, "sheets": [], "problems": [wanted]})
    assert not file.exists()


def test_export_ledger_refuses_a_file_that_cannot_be_written(past: World, tmp_path: Path) -> None:
    sentence, document = refused(past.campaign.slug, "--out", str(tmp_path / "no" / "list.xlsx"))
    assert sentence == f"{tmp_path}/no/list.xlsx cannot be written: No such file or directory."
    assert document["rows"] == 0
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.EXPORT).exists()


def test_export_ledger_from_the_shell_ends_with_2(past: World, tmp_path: Path, capsys: Any) -> None:
    with pytest.raises(SystemExit) as caught:
        Command().run_from_argv(["manage.py", "export_ledger", "nowhere", "--out", str(tmp_path / "x")])
    assert caught.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.strip().splitlines()) == 1
