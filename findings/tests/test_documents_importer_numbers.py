"""Rows of a returned file under another number than the record of their hidden key has, and rows that were sorted."""

from io import BytesIO

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from findings.documents.importer.marking import marked
from findings.tests.factories import World
from findings.tests.workbooks import FIRST, changes, column, edited, exported, letter, messages, put, rehearsed
from findings.workflow import amend, plan

pytestmark = pytest.mark.usefixtures("english")
WHY_NOT = "Numbers are never changed: a row keeps its number for ever."


def renumbered(place: str, number: int) -> tuple[str, str]:
    """What is said of the measure whose number was changed, at the cell of the number."""
    return place, f"{WHY_NOT} By its hidden mark this row is Measure {number}."


def numbered(content: bytes, numbers: dict[int, int], kind: str = "ledger") -> bytes:
    """The exported file with other numbers in some of its rows."""
    for row, number in numbers.items():
        content = put(content, kind, row, number=number)
    return content


@pytest.mark.parametrize(
    "numbers", [{FIRST: 2}, {FIRST: 2, FIRST + 1: 1}, {FIRST: 2, FIRST + 1: 3, FIRST + 2: 1}], ids=str
)
@pytest.mark.parametrize("kind", ["ledger", "tasks"])
def test_number_changed_onto_that_of_another_row_is_all_that_is_said_of_it(
    past: World, numbers: dict[int, int], kind: str
) -> None:
    found = rehearsed(past, numbered(exported(past.campaign, kind), numbers, kind))
    place = letter(column(kind, "number"))
    assert messages(found) == [renumbered(f"{place}{row}", row - FIRST + 1) for row in numbers]
    assert (found.updates, found.creates, found.notes) == ([], [], [])
    assert found.unchanged == 4 - len(numbers)


def test_number_changed_onto_another_row_with_one_more_cell_is_still_known(past: World) -> None:
    content = numbered(put(exported(past.campaign), goal="Another goal"), {FIRST: 2})
    found = rehearsed(past, content)
    assert messages(found) == [renumbered("E5", 1)]
    assert found.updates == []


def test_number_changed_onto_that_of_a_row_which_was_taken_out_of_the_file(past: World) -> None:
    content = edited(numbered(exported(past.campaign), {FIRST + 2: 4}), lambda sheet: sheet.delete_rows(FIRST + 3))
    assert messages(rehearsed(past, content)) == [renumbered("E7", 3)]


def test_number_changed_onto_that_of_a_measure_which_has_left_the_plan(past: World) -> None:
    content = numbered(exported(past.campaign), {FIRST: 4})
    amend.retire_measure(past.measures[3], note="Gone", by=past.office, at=past.at(3))
    assert messages(rehearsed(past, content)) == [renumbered("E5", 1)]


def test_changed_number_is_marked_in_the_workbook_as_the_page_tells_it(past: World) -> None:
    content = numbered(exported(past.campaign), {FIRST: 2, FIRST + 1: 1})
    book = load_workbook(BytesIO(marked("ledger.xlsx", content, rehearsed(past, content).problems)))
    comments = {cell.coordinate: cell.comment.text for row in book.worksheets[1] for cell in row if cell.comment}
    assert list(comments.items()) == [renumbered("E5", 1), renumbered("E6", 2)]


def test_number_of_an_issue_and_its_kind_are_never_changed(past: World) -> None:
    plan.add_recommendation(past.campaign, number=1, title="Do more", answers=[], by=past.office, at=past.at(1))
    found = rehearsed(past, put(exported(past.campaign, "issues"), "issues", number=2))
    assert messages(found) == [("B5", f"{WHY_NOT} By its hidden mark this row is Issue 1.")]
    found = rehearsed(past, put(exported(past.campaign, "issues"), "issues", kind="意见建议"))
    assert messages(found) == [("A5", f"{WHY_NOT} By its hidden mark this row is Issue 1.")]


def test_sorted_rows_with_the_hidden_cells_of_others_are_compared_by_their_numbers(past: World) -> None:
    """Sorting by another program leaves the hidden column where it was; an edit made then is still of its row."""

    def sort(sheet: Worksheet) -> None:
        for area in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(area))
        rows = [[cell.value for cell in row][:-1] for row in sheet.iter_rows(min_row=FIRST)]
        for number, row in enumerate(reversed(rows)):
            for place, value in enumerate(row, start=1):
                sheet.cell(FIRST + number, place).value = value

    content = put(edited(exported(past.campaign), sort), "ledger", FIRST, text="Rewritten", goal="More")
    found = rehearsed(past, content)
    assert messages(found) == []
    assert changes(found) == {"Measure 4": {"text": ("Measure 4", "Rewritten"), "goal": ("All of it", "More")}}
