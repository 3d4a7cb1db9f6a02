"""The command that takes lists in: what it prints, what it refuses, and that nothing is half done."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from findings.models import LedgerImport
from findings.tests.factories import World, fresh, last_entry
from findings.tests.workbooks import exported, put
from findings.workflow import amend

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def file(past: World, tmp_path: Path) -> Path:
    """A ledger with one edited cell."""
    path = tmp_path / "ledger.xlsx"
    path.write_bytes(put(exported(past.campaign), text="Better"))
    return path


def run(*arguments: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("import_ledger", *map(str, arguments), "--json", stdout=out)
    return json.loads(out.getvalue())


def refused(*arguments: Any) -> tuple[str, dict[str, Any]]:
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("import_ledger", *map(str, arguments), "--json", stdout=out)
    assert caught.value.returncode == 2
    return str(caught.value), json.loads(out.getvalue())


def test_import_ledger_rehearses_and_writes_nothing(past: World, file: Path) -> None:
    answer = run(past.campaign.slug, file)
    assert answer == {
        "kind": "ledger", "creates": 0, "updates": 1, "unchanged": 3, "conflicts": 0, "problems": [], "notes": [],
        "applied": False,
    }  # fmt: skip
    assert not LedgerImport.objects.exists()


def test_import_ledger_tells_people_in_lines(past: World, file: Path) -> None:
    out = StringIO()
    file.write_bytes(put(exported(past.campaign), lead_department="Nowhere"))
    call_command("import_ledger", past.campaign.slug, str(file), stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "0 new, 0 changed, 3 unchanged, 0 conflicts, 1 problem"
    assert lines[1].startswith("Rectification ledger, row 5, Lead department: “Nowhere” is not known here.")


def test_import_ledger_applies(past: World, file: Path) -> None:
    assert run(past.campaign.slug, file, "--apply", "--by", "office")["applied"] is True
    first = fresh(past.measures[0])
    assert (first.text, last_entry(first)[:2]) == ("Better", (past.office, "ledger.xlsx (import no. 1)"))
    again = run(past.campaign.slug, file, "--apply", "--by", "office", "--reason", "Twice")
    assert (again["updates"], again["unchanged"], again["applied"]) == (0, 4, False)


def test_import_ledger_with_problems_ends_with_2_and_changes_nothing(past: World, file: Path) -> None:
    file.write_bytes(put(exported(past.campaign), text="Better", lead_department="Nowhere"))
    rehearsal = run(past.campaign.slug, file)
    assert [problem["at"] for problem in rehearsal["problems"]] == ["I5"]
    sentence, document = refused(past.campaign.slug, file, "--apply", "--by", "office")
    assert sentence.startswith("Rectification ledger, row 5, Lead department: “Nowhere” is not known here.")
    assert (document["problems"], document["applied"]) == (rehearsal["problems"], False)
    assert fresh(past.measures[0]).text == "Measure 1"


def test_import_ledger_with_conflicts_ends_with_2(past: World, file: Path) -> None:
    amend.amend_measure(past.measures[0], text="Of the ledger", by=past.office)
    assert run(past.campaign.slug, file)["conflicts"] == 1
    sentence, document = refused(past.campaign.slug, file, "--apply", "--by", "office")
    assert sentence == "Conflicts are decided on the page of the import."
    assert document["applied"] is False


def test_import_ledger_is_the_offices(past: World, file: Path) -> None:
    sentence, document = refused(past.campaign.slug, file, "--apply", "--by", "head_a")
    assert sentence == "Only the rectification office can do this."
    assert document["applied"] is False


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "{file}"], "There is no campaign “nowhere”; there are: {slug}."),
        (["{slug}", "{file}.missing"], "{file}.missing cannot be read: No such file or directory."),
        (["{slug}", "{file}", "--apply"], "Say in whose name it is applied: --by USERNAME."),
        (["{slug}", "{file}", "--apply", "--by", "ghost"], "There is no active account “ghost”."),
        (["{slug}", "{text}"], "Only .xlsx workbooks are read: save the file as an Excel workbook first."),
    ],
    ids=["campaign", "file", "no-name", "ghost", "text"],
)
def test_import_ledger_refuses_wrong_input(past: World, file: Path, arguments: list[str], sentence: str) -> None:
    text = file.with_suffix(".txt")
    text.write_text("no workbook")
    words = {"slug": past.campaign.slug, "file": file, "text": text}
    told, document = refused(*(argument.format(**words) for argument in arguments))
    assert told == sentence.format(**words)
    assert document == {
        "creates": 0, "updates": 0, "unchanged": 0, "conflicts": 0, "applied": False,
        "problems": [{"sheet": "", "row": 0, "column": "", "value": "", "message": told}],
    }  # fmt: skip
