"""Ledgers that somebody else made: read by their headings, wherever these stand and whatever they are called."""

from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from accounts.spreadsheets import Unreadable
from accounts.tracked import store
from findings.choices import Nature
from findings.models import Measure
from findings.tests import factories
from findings.tests.factories import World
from findings.tests.workbooks import (
    FIRST,
    HEADING_ROW,
    HEADINGS,
    changes,
    column,
    edited,
    exported,
    messages,
    nothing,
    put,
    rehearsed,
    saved,
    sheet_of,
)
from findings.workflow import amend

pytestmark = pytest.mark.usefixtures("english")


# --- Files of others ---------------------------------------------------------------------------------------


def test_ledger_that_somebody_else_made_is_read_by_its_headings(past: World) -> None:
    content = sheet_of([
        ["某法院整改台账"], [], ["单位：某法院", None, None, "2025年"],
        ["备注", *HEADINGS],
        ["x", 1, "Issue 1", "All of it", "Measure 1", "Leader", "Department a", "2025.6.11"],
        ["y", "２", "Issue 1", "Other goal", "Measure 2", "leader", "Department a、Department b", "2025年6月11日"],
        [None, "合计", 2],
        ["填表人：张三"],
    ])  # fmt: skip
    found = rehearsed(past, content)
    assert messages(found) == []
    assert changes(found) == {"Measure 2": {"goal": ("All of it", "Other goal")}}
    assert [found.kind, found.is_ours, found.unchanged] == ["ledger", False, 1]
    assert "Columns that no list has were left out: “备注”." in found.notes
    assert "Rows taken for sums, repeated headings or notes were left out: 7." in found.notes


def test_numbers_merged_over_measures_count_the_issues(past: World) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (
        HEADINGS,
        (1, "Issue 1", None, "Measure 1"),
        (None, None, None, "Brand new"),
        (4, "新问题", None, "又一条"),
    ):
        sheet.append(list(row))
    sheet.merge_cells("A2:A3")
    sheet.merge_cells("B2:B3")
    found = rehearsed(past, saved(book))
    assert [message for _at, message in messages(found)] == ["Write the area that the issue belongs to."]
    assert [draft.values for draft in found.creates] == [{"issue": 1, "number": 5, "text": "Brand new"}]
    assert found.unchanged == 1


def test_blank_cells_below_an_issue_mean_the_one_above(past: World) -> None:
    content = sheet_of([HEADINGS, (10, "Issue 2", None, "Ten"), (11, None, None, "Eleven")])
    assert [draft.values["issue"] for draft in rehearsed(past, content).creates] == [2, 2]


def test_other_file_says_nothing_about_cells_that_it_leaves_blank(past: World) -> None:
    content = sheet_of(
        [("序号", "整改措施", "问题序号", "整改目标", "最新进展"), (1, "Measure 1", 1, None, "whatever")]
    )
    assert nothing(rehearsed(past, content))


def test_hidden_rows_columns_and_sheets_are_read_and_told(past: World) -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.row_dimensions[FIRST].hidden = True
        sheet.column_dimensions["G"].hidden = True
        sheet.parent.create_sheet("Front", 0)["A1"] = "Welcome"
        sheet.sheet_state = "hidden"

    found = rehearsed(past, edited(exported(past.campaign), hide))
    assert nothing(found)
    assert found.notes == [
        "Sheet “Front” holds no such list; it was left out.",
        "Sheet “Rectification ledger” is hidden; it was read all the same.",
        "1 hidden row was read: 5.",
        "Hidden columns were read: Goal.",
    ]


def test_formulas_are_read_by_their_stored_values(past: World) -> None:
    found = rehearsed(past, put(exported(past.campaign), text='="a"&"b"'))
    assert messages(found) == [("F5", "The formula has no stored value: open and save the file in Excel or WPS.")]


def test_heading_that_stands_twice_is_a_problem(past: World) -> None:
    content = sheet_of([("序号", "整改措施", "整改措施", "反馈问题"), (1, "a", "b", "c")])
    assert ("C1", "The heading stands twice; only one column may have it.") in messages(rehearsed(past, content))


def test_lists_of_different_exports_come_one_by_one(past: World) -> None:
    book = load_workbook(BytesIO(exported(past.campaign)))
    other = load_workbook(BytesIO(exported(past.campaign, "tasks"))).worksheets[0]
    second = book.create_sheet("tasks")
    for row in other.iter_rows(min_row=HEADING_ROW):
        second.append([cell.value for cell in row])
    with pytest.raises(Unreadable, match="one by one"):
        rehearsed(past, saved(book))


def test_two_sheets_of_one_list_are_one_list(past: World) -> None:
    book = Workbook()
    for title, number in (("民一庭", 1), ("民二庭", 2)):
        sheet = book.create_sheet(title)
        sheet.append(["措施序号", "整改措施", "反馈问题"])
        sheet.append([number, f"Words {number}", "Issue 1"])
    found = rehearsed(past, saved(book))
    assert [draft.label for draft in found.updates] == ["Measure 1", "Measure 2"]


def test_fingerprint_changes_with_the_ledger(past: World) -> None:
    content = put(exported(past.campaign), text="Other")
    before = rehearsed(past, content).fingerprint()
    assert rehearsed(past, content).fingerprint() == before
    amend.amend_measure(past.measures[0], goal="Moved on", by=past.office, at=past.at(3))
    assert rehearsed(past, content).fingerprint() != before


def test_rehearsal_costs_the_same_queries_for_few_and_many(past: World, django_assert_max_num_queries: Any) -> None:
    factories.measures(past, 20)
    content = exported(past.campaign)
    with django_assert_max_num_queries(24):
        rehearsed(past, content)


def test_rehearsal_writes_nothing(past: World) -> None:
    before = Measure.history.count()
    rehearsed(past, put(exported(past.campaign), text="Other"))
    assert Measure.history.count() == before


def test_heading_row_below_many_others_is_not_looked_for(past: World) -> None:
    rows = [[f"note {number}"] for number in range(70)]
    with pytest.raises(Unreadable, match="No row with the headings"):
        rehearsed(past, sheet_of([*rows, HEADINGS, (1, "Issue 1", None, "Measure 1")]))


def test_kind_that_the_key_column_names_is_believed(past: World) -> None:
    def forge(sheet: Worksheet) -> None:
        cell = sheet.cell(HEADING_ROW, sheet.max_column)
        cell.value = str(cell.value).replace(" ledger ", " gossip ", 1)

    with pytest.raises(Unreadable, match="“gossip” cannot be imported"):
        rehearsed(past, edited(exported(past.campaign), forge))


@pytest.fixture
def standing(past: World) -> World:
    first = past.measures[0]
    first.nature, first.deadline, first.recheck_on = Nature.STANDING, None, past.day(60)
    store(first, by=past.office, note="standing", at=past.at(2))
    return past


@pytest.mark.parametrize("kind", ["ledger", "tasks", "responsibility"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_standing_measure_says_so_in_place_of_a_deadline_and_comes_back(
    standing: World, kind: str, language: str
) -> None:
    content = exported(standing.campaign, kind, language)
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    row = next(row for row in range(FIRST, FIRST + 4) if sheet.cell(row, column(kind, "number")).value == 1)
    words = {"en": "standing", "zh-hans": "长期坚持"}[language]
    assert sheet.cell(row, column(kind, "deadline")).value == words
    assert nothing(rehearsed(standing, content))


def test_standing_measure_that_was_converted_since_is_left_alone(standing: World) -> None:
    content = exported(standing.campaign, "responsibility")
    first = factories.fresh(standing.measures[0])
    first.nature, first.deadline, first.recheck_on = Nature.DATED, standing.day(50), None
    store(first, by=standing.office, note="dated", at=standing.at(3))
    assert nothing(rehearsed(standing, content))


@pytest.mark.parametrize(("text", "count"), [("完善制度，加强审核把关", 1), ("Measure 1, in better words", 0)])
def test_number_of_another_row_is_no_licence_to_overwrite_it(past: World, text: str, count: int) -> None:
    found = rehearsed(past, sheet_of([("序号", "整改措施", "反馈问题"), (1, text, "Issue 1")]))
    said = [problem for problem in found.problems if "says something quite different: “Measure 1”" in problem.message]
    assert (len(said), [problem.at for problem in said]) == (count, ["B2"] * count)
    assert len(found.updates) == 1 - count


def test_eight_digits_under_the_format_of_a_day_are_that_day(past: World) -> None:
    def overwrite(sheet: Worksheet) -> None:
        sheet.append(["序号", "整改措施", "反馈问题", "整改时限"])
        sheet.append([1, "Measure 1", "Issue 1", 20250611])
        sheet.append([2, "Measure 2", "Issue 1", 99999999])
        for row in (2, 3):
            sheet.cell(row, 4).number_format = "yyyy-mm-dd"

    book = Workbook()
    overwrite(book.worksheets[0])
    found = rehearsed(past, saved(book))
    assert messages(found) == [("D3", "A day is expected, such as 2021-07-31, 2021年7月31日 or 2021年7月底.")]
