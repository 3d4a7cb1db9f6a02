from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook

from accounts.exporting import LONGEST, Column, workbook

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
