from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from django.test import RequestFactory
from django.utils import timezone, translation
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from accounts.exporting import LONGEST, Column, respond, workbook
from accounts.tests import factories

VALUES = [
    ("=1+1", "=1+1"), ("+1", "+1"), ("-1", "-1"), ("@A1", "@A1"), ("a\x00b\x0bc", "abc"), ("x" * 40_000, "x" * LONGEST),
    (7, 7), (None, None), (True, True), ("", None), (date(2021, 7, 31), datetime(2021, 7, 31)),
    (datetime(2021, 7, 31, 16, 30, 1, 5, tzinfo=UTC), datetime(2021, 8, 1, 0, 30, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("value", "stored"), VALUES)
def test_workbook_stores_values_safely(value: object, stored: object) -> None:
    content, count = workbook("人员", [Column("heading", lambda row: row)], [value])
    sheet = load_workbook(BytesIO(content)).active
    assert (sheet["A1"].value, sheet["A2"].value, count) == ("heading", stored, 1)
    assert sheet["A2"].data_type != "f"


@pytest.mark.parametrize("title", ["a/b:c*d?e[f]", "x" * 50, "", "///"])
def test_workbook_takes_any_title(title: str) -> None:
    assert workbook(title, [Column("h", str)], [])[1] == 0


@pytest.fixture
def printed() -> Worksheet:
    columns = [Column("日期", lambda row: row[0], 20), *[Column("正文", lambda row: row[1], 80)] * 3]
    rows = [(date(2021, 7, 31), "整改" * 100), (None, "一\n二")]
    with translation.override("zh-hans"):
        content, _count = workbook("我的待办 R&D", columns, rows)
    return load_workbook(BytesIO(content)).active


def test_workbook_prints_on_a4_one_page_wide(printed: Worksheet) -> None:
    assert (printed.page_setup.paperSize, printed.page_setup.orientation) == (9, "landscape")
    assert (printed.sheet_properties.pageSetUpPr.fitToPage, printed.page_setup.fitToHeight) == (True, 0)
    assert (printed.print_title_rows, printed.freeze_panes, printed["A1"].value) == ("$1:$1", "A2", "日期")
    head, foot = printed.oddHeader, printed.oddFooter
    assert (head.center.text, head.right.text) == ("我的待办 R&&D", f"{timezone.localdate():%Y-%m-%d}")
    assert foot.center.text == "第&P页 共&N页"


def test_workbook_draws_every_cell_and_makes_room_for_its_text(printed: Worksheet) -> None:
    cells = [cell for row in printed.iter_rows() for cell in row]
    assert {(cell.border.top.style, cell.alignment.wrap_text) for cell in cells} == {("thin", True)}
    # 200 characters side by side are what a page holds: 20 for the day, 60 for each text of 400, which takes 7 lines.
    assert [round(printed.column_dimensions[letter].width) for letter in "AB"] == [21, 61]
    assert [printed.row_dimensions[number].height for number in (1, 2, 3)] == [17.25, 98.25, 30.75]


@pytest.mark.django_db
def test_list_is_named_after_what_it_is_of(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = factories.person("office")
    answer = respond(request, "Periods", [Column("heading", str)], [], about="a/b")
    assert answer["Content-Disposition"] == f'attachment; filename="Periods_ab_{timezone.localdate():%Y-%m-%d}.xlsx"'
