"""A declared list as an .xlsx file that prints well: title, unit and day, merged cells, wrapped text, one print setup.

Rows are streamed (a sheet held in memory costs five times the time), so whatever needs the whole list, such as
merged cells and row heights, is computed before the first row is written.
"""

import re
import unicodedata
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from io import BytesIO
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.indexed_list import IndexedList
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.page import PageMargins

from findings.documents.columns import DATE, NUMBER, Column, cleaned

HEAD_ROWS = 4  # title, unit and day, counts, headings
TALLEST = 409.0  # points of a row, a limit of the file format
LINE = 13.5  # points of a line of 10-point text
A3 = 8  # the paper's number in the file format
FORMULA_SIGNS = ("=", "+", "-", "@")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # what a spreadsheet would read as the code of a character


@dataclass(frozen=True)
class Head:
    """What stands above the list. ``properties`` travel with the file and tell a later import what it is."""

    title: str
    unit: str
    day: str
    counts: str
    sheet: str
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Keys:
    """The hidden last column, by which the rows are known when the file comes back: its heading and a text per row."""

    heading: str
    texts: list[str]


def render(head: Head, columns: Sequence[Column], rows: Sequence[Any], keys: Keys | None = None) -> bytes:
    """The workbook's bytes: one sheet, the rows as they come."""
    book = Workbook(write_only=True)
    # Column widths count in digits of the default font; Calibri is missing on most of the desks that open this.
    book._fonts = IndexedList([Font(name="宋体", size=10)])
    book._named_styles["Normal"].font = Font(name="宋体", size=10)
    book.properties.title = _clean(head.title)
    for name, value in head.properties.items():
        book.custom_doc_props.append(StringProperty(name=name, value=value))
    sheet = book.create_sheet(_sheet_name(head.sheet))
    table = [[_clean(column.value(row)) for column in columns] for row in rows]
    runs = {column.merge: _runs(column.merge, rows) for column in columns if column.merge}
    _set_up(sheet, columns, len(rows), is_flat=not runs, has_keys=keys is not None)
    pen = _Pen(sheet)
    _write_head(sheet, pen, head, columns, keys)
    _write_rows(sheet, pen, columns, table, runs, keys)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _set_up(sheet: Any, columns: Sequence[Column], count: int, *, is_flat: bool, has_keys: bool) -> None:
    last = get_column_letter(len(columns))
    bottom = HEAD_ROWS + max(count, 1)
    for number, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    key_column = get_column_letter(len(columns) + 1)
    if has_keys:
        sheet.column_dimensions[key_column].hidden = True
    fixed = sum(bool(column.merge) for column in columns) + 1
    sheet.freeze_panes = f"{get_column_letter(fixed + 1)}{HEAD_ROWS + 1}"
    sheet.sheet_view.showGridLines = False
    sheet.print_title_rows = f"{HEAD_ROWS}:{HEAD_ROWS}"
    sheet.print_area = f"A1:{last}{bottom}"
    sheet.page_setup.paperSize = A3
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.6, header=0.2, footer=0.3)
    sheet.print_options.horizontalCentered = True
    sheet.oddFooter.center.text = pgettext("sheet footer", "Page {page} of {pages}").format(page="&P", pages="&N")
    if is_flat and count:
        # Who sorts by the arrows moves the keys along.
        sheet.auto_filter.ref = f"A{HEAD_ROWS}:{key_column if has_keys else last}{bottom}"


def _write_head(sheet: Any, pen: "_Pen", head: Head, columns: Sequence[Column], keys: Keys | None) -> None:
    width = len(columns)
    half = max(width // 2, 1)
    for number, height in ((1, 34.0), (2, 20.0), (3, 20.0)):
        sheet.row_dimensions[number].height = height
    pen.merge(1, 1, 1, width)
    pen.merge(2, 1, 2, half)
    pen.merge(2, half + 1, 2, width)
    pen.merge(3, 1, 3, width)
    sheet.append([pen.cell(_clean(head.title), "title")])
    gap = [None] * (half - 1)
    sheet.append([pen.cell(_clean(head.unit), "left"), *gap, pen.cell(_clean(head.day), "right")])
    sheet.append([pen.cell(_clean(head.counts), "left")])
    headings = [_clean(str(column.heading)) for column in columns]
    lines = max(_lines(text, column.width) for text, column in zip(headings, columns, strict=True))
    sheet.row_dimensions[HEAD_ROWS].height = max(lines * LINE + 8, 30.0)
    key = [pen.cell(keys.heading, "key")] if keys else []
    sheet.append([pen.cell(text, "heading") for text in headings] + key)


def _write_rows(
    sheet: Any, pen: "_Pen", columns: Sequence[Column], table: list[list[Any]], runs: dict[Any, list[tuple[int, int]]],
    keys: Keys | None,
) -> None:  # fmt: skip
    heights = _heights(columns, table, runs)
    for at, column in enumerate(columns, start=1):
        for first, last in runs.get(column.merge, []):
            pen.merge(HEAD_ROWS + 1 + first, at, HEAD_ROWS + 1 + last, at)
    inside = {key: {n for first, last in found for n in range(first + 1, last + 1)} for key, found in runs.items()}
    for number, values in enumerate(table):
        sheet.row_dimensions[HEAD_ROWS + 1 + number].height = heights[number]
        cells = []
        for value, column in zip(values, columns, strict=True):
            is_covered = number in inside.get(column.merge, ())
            cells.append(pen.cell(None if is_covered else value, "top" if column.merge else column.kind))
        if keys:
            cells.append(pen.cell(keys.texts[number], "key"))
        sheet.append(cells)
    if not table:
        sheet.append([pen.cell(_("No rows."), "text")])


def _runs(names: tuple[str, ...], rows: Sequence[Any]) -> list[tuple[int, int]]:
    """First and last index of each stretch of two or more neighbouring rows that agree in all the names."""
    found = []
    for _key, group in groupby(range(len(rows)), key=lambda n: tuple(getattr(rows[n], name) for name in names)):
        members = list(group)
        if len(members) > 1:
            found.append((members[0], members[-1]))
    return found


def _heights(columns: Sequence[Column], table: list[list[Any]], runs: dict[Any, list[tuple[int, int]]]) -> list[float]:
    """Points for each row: enough for its own texts, and together enough for the merged cells beside them."""
    covered = {n for found in runs.values() for first, last in found for n in range(first, last + 1)}
    heights = []
    for number, values in enumerate(table):
        pairs = zip(values, columns, strict=True)
        own = [_lines(v, c.width) for v, c in pairs if not (c.merge and number in covered)]
        heights.append(max(own, default=1) * LINE + 6)
    for at, column in enumerate(columns):
        for first, last in runs.get(column.merge, []):
            wanted = _lines(table[first][at], column.width) * LINE + 6
            missing = wanted - sum(heights[first : last + 1])
            if missing > 0:
                for n in range(first, last + 1):
                    heights[n] += missing / (last - first + 1)
    return [min(height, TALLEST) for height in heights]


def _lines(value: Any, width: float) -> int:
    """How many lines a value takes in a column; East Asian characters are two wide."""
    if not isinstance(value, str):
        return 1
    room = max(width - 0.5, 2)
    return sum(max(1, -int(-text_width(part) // room)) for part in value.split("\n"))


def text_width(text: str) -> int:
    """The width of a text in half-width characters."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def _clean(value: Any) -> Any:
    """Text without the control characters that no workbook may hold."""
    return cleaned(value) if isinstance(value, str) else value


def _sheet_name(text: str) -> str:
    return "".join(c for c in text if c not in r"[]:*?/\'")[:31] or "1"


class _Pen:
    """Makes cells in a few fixed styles. A style is laid down once and copied: setting it anew costs per cell."""

    def __init__(self, sheet: Any) -> None:
        self.sheet = sheet
        thin = Side(style="thin", color="808080")
        box = Border(left=thin, right=thin, top=thin, bottom=thin)
        body, wrap = Font(name="宋体", size=10), {"wrap_text": True, "vertical": "top"}
        self.styles = {
            "key": self._style(font=Font(name="宋体", size=6, color="A0A0A0")),
            "title": self._style(font=Font(name="黑体", size=18), alignment=Alignment("center", "center")),
            "left": self._style(font=body, alignment=Alignment("left", "center")),
            "right": self._style(font=body, alignment=Alignment("right", "center")),
            "heading": self._style(font=Font(name="黑体", size=10), border=box, fill=PatternFill("solid", "E7EAEE"),
                                   alignment=Alignment("center", "center", wrap_text=True)),
            "top": self._style(font=body, border=box, alignment=Alignment("left", **wrap)),
            "text": self._style(font=body, border=box, alignment=Alignment("left", **wrap)),
            "flag": self._style(font=body, border=box, alignment=Alignment("center", **wrap)),
            "quoted": self._style(font=body, border=box, alignment=Alignment("left", **wrap), quotePrefix=True),
            NUMBER: self._style(font=body, border=box, alignment=Alignment("right", **wrap), number_format="0"),
            DATE: self._style(font=body, border=box, alignment=Alignment("center", **wrap),
                              number_format="yyyy-mm-dd"),
        }  # fmt: skip

    def _style(self, **values: Any) -> Any:
        cell = WriteOnlyCell(self.sheet)
        quoted = values.pop("quotePrefix", False)
        for name, value in values.items():
            setattr(cell, name, value)
        cell._style.quotePrefix = int(quoted)
        return cell._style

    def cell(self, value: Any, style: str) -> WriteOnlyCell:
        if isinstance(value, str) and value.startswith(FORMULA_SIGNS) and style in ("text", "top"):
            style = "quoted"  # an edit in Excel would make a formula of it again
        if isinstance(value, str):
            value = _ESCAPE.sub("_x005F_", value)
        cell = WriteOnlyCell(self.sheet, value=value)
        if isinstance(value, str):
            cell.data_type = "s"  # openpyxl makes a formula of a text that begins with =
        cell._style = copy(self.styles[style])
        return cell

    def merge(self, top: int, left: int, bottom: int, right: int) -> None:
        if (top, left) != (bottom, right):
            self.sheet.merged_cells.ranges.add(CellRange(min_row=top, min_col=left, max_row=bottom, max_col=right))
