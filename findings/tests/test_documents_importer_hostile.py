"""Hostile and odd workbooks: each ends in one sentence, in problems by cell, or is taken in; never in an exception."""

import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from accounts.models import User
from accounts.spreadsheets import Unreadable
from findings import dates
from findings.choices import ImportState
from findings.documents.importer import kept, rehearse
from findings.documents.importer.marking import marked
from findings.models import LedgerImport, Measure
from findings.tests.factories import World, broken_records
from findings.tests.hostile import CASES, PROBLEMS, REFUSED, TAKEN, plain
from findings.tests.workbooks import exported, messages, put, sheet_of
from findings.workflow import amend
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")
MOST_SECONDS = 10


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("name", CASES)
def test_workbook_ends_as_it_should(past: World, name: str) -> None:
    outcome, make = CASES[name]
    content, begun = make(), time.monotonic()
    before = Measure.history.count()
    assert _ends(past, content) == outcome
    assert time.monotonic() - begun < MOST_SECONDS
    assert Measure.history.count() == before


def _ends(world: World, content: bytes) -> str:
    try:
        plan = rehearse(world.campaign, "ledger.xlsx", content, on=dates.today())
    except Unreadable as refusal:
        sentence = str(refusal)
        return REFUSED if sentence.endswith(".") and "\n" not in sentence else sentence
    assert all(problem.message and problem.row and problem.at for problem in plan.problems), messages(plan)
    if plan.problems:
        copy = load_workbook(BytesIO(marked("ledger.xlsx", content, plan.problems)))
        assert copy.worksheets[0].max_row == 1 + len(plan.problems)
        assert copy[plan.problems[0].sheet][plan.problems[0].at].comment is not None
        return PROBLEMS
    return TAKEN


@pytest.mark.parametrize("name", [name for name, (outcome, _make) in CASES.items() if outcome == TAKEN])
def test_taken_workbook_is_applied_whole(past: World, name: str) -> None:
    content = CASES[name][1]()
    wanted = len(rehearse(past.campaign, "ledger.xlsx", content, on=dates.today()).drafts)
    before = Measure.objects.count()
    if not wanted:
        return
    row = kept.apply_upload(past.campaign, "ledger.xlsx", content, by=past.office, note="Because")
    assert (len(row.rows), Measure.objects.count() - before) == (wanted, wanted)
    made = Measure.objects.get(pk=row.rows[0])
    assert not any(c in made.text for c in "\x00\x1f\r\ud800")
    assert rehearse(past.campaign, "ledger.xlsx", content, on=dates.today()).drafts == []
    assert broken_records() == []


@pytest.mark.parametrize("name", ["ledger.xls", "ledger.csv", "ledger.xlsm", "ledger", "ledger.xlsx.exe"])
def test_only_xlsx_is_read(past: World, name: str) -> None:
    with pytest.raises(Unreadable, match=r"Only \.xlsx workbooks are read"):
        rehearse(past.campaign, name, plain(), on=dates.today())


def test_file_that_is_too_large_is_not_opened(past: World) -> None:
    with pytest.raises(Unreadable, match="larger than 20 MB"):
        rehearse(past.campaign, "ledger.xlsx", b"PK\x03\x04" + b"\0" * kept.LIMITS.file, on=dates.today())


def test_entry_that_climbs_out_is_written_nowhere(past: World) -> None:
    rehearse(past.campaign, "ledger.xlsx", CASES["entry_that_climbs_out"][1](), on=dates.today())
    assert not Path("/tmp/rectify-climbed").exists()


def test_refused_application_leaves_nothing_half_done(past: World) -> None:
    def apply(content: bytes, by: User) -> Callable[[], object]:
        return lambda: kept.apply_upload(past.campaign, "ledger.xlsx", content, by=by, note="Because")

    heads = ("措施序号", "问题序号", "整改措施", "牵头部门")
    content = sheet_of([heads, (5, 1, "Good", "Department a"), (6, 9, "Bad", "Department a")])
    before = Measure.history.count()
    with pytest.raises(Exception, match="The file has problems; nothing was imported"):
        apply(content, past.office)()
    assert Measure.history.count() == before
    assert LedgerImport.objects.get().state == ImportState.DROPPED


def test_only_what_is_decided_and_new_is_applied(past: World) -> None:
    content = put(exported(past.campaign), text="Of the file")
    amend.amend_measure(past.measures[0], text="Of the ledger", by=past.office)
    for file, sentence in ((content, "Decide every conflict first"), (exported(past.campaign), "nothing to import")):
        with pytest.raises(Denied, match=sentence):
            kept.apply_upload(past.campaign, "ledger.xlsx", file, by=past.office, note="Because")


def test_marked_copy_of_what_cannot_be_written_again_is_the_list(past: World) -> None:
    plan = rehearse(past.campaign, "ledger.xlsx", CASES["same_number_twice"][1](), on=dates.today())
    book = load_workbook(BytesIO(marked("ledger.xlsx", b"PK\x03\x04 broken", plan.problems)))
    assert book.sheetnames == ["Problems of the import"]
    assert book.worksheets[0]["E2"].value == plan.problems[0].message
