"""The cells of a workbook as its file has them, read in one pass: values, errors, formulas, what is merged or hidden.

openpyxl's streaming parser reads the cells; its worksheets are passed by, since they believe the extent that a file
states (WPS states it wrongly) and spend minutes on the borders of merged cells.
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element

from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.worksheet._reader import COL_TAG, FORMULA_TAG, ROW_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from accounts.spreadsheets import MB, Limits, Unreadable, damaged, demand_within, weigh
from findings.documents.columns import LONGEST, cleaned

LIMITS = Limits(file=20 * MB, unzipped=100 * MB, cells=420_000, rows=20_000, columns=200)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NO_TEXT = re.compile("[\ud800-\udfff\ufeff\u200b\ufffe\uffff]")
_MERGED_TAG = f"{{{SHEET_MAIN_NS}}}mergeCell"
_IN_CELLS = {f"{{{SHEET_MAIN_NS}}}{name}" for name in ("c", "v", "f", "is", "t", "r")}
_TRUE = {"1", "true"}


@dataclass
class Sheet:
    """One sheet by row and column number. A merged cell counts in every cell that it covers."""

    title: str
    is_hidden: bool = False
    rows: dict[int, dict[int, Any]] = field(default_factory=dict)
    errors: set[tuple[int, int]] = field(default_factory=set)
    formulas: set[tuple[int, int]] = field(default_factory=set)
    merged: list[tuple[int, int, int]] = field(default_factory=list)  # column, first and last row
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)

    def texts(self) -> Iterator[tuple[int, dict[int, str]]]:
        """Each row's texts by column."""
        for number, cells in self.rows.items():
            yield number, {place: value for place, value in cells.items() if isinstance(value, str)}


@dataclass(frozen=True)
class Book:
    """A workbook's sheets in their order. ``epoch`` is the day from which its serials count."""

    epoch: datetime
    properties: dict[str, Any]
    sheets: list[Sheet]


def load(name: str, content: bytes) -> Book:
    """Read a workbook that was found harmless. Raises Unreadable."""
    weigh(name, content, LIMITS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _load(content)
    except Unreadable:
        raise
    except Exception as error:  # openpyxl answers broken files with nine kinds of exceptions
        raise damaged() from error


def _load(content: bytes) -> Book:
    book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        properties = {item.name: item.value for item in book.custom_doc_props.props}
        sheets = [_sheet(book, sheet) for sheet in book._sheets if hasattr(sheet, "_get_source")]
        return Book(book.epoch, properties, sheets)
    finally:
        book.close()


class _Parser(WorkSheetParser):
    """Also notes which cells are formulas, and leaves alone all of a sheet that is no cell."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.formulas: set[tuple[int, int]] = set()
        self.areas: list[str] = []

    def parse_cell(self, element: Element) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["data_type"] == "e" and element.get("t", "n") == "n":
            # A number under the format of a day that is too large for one, such as 20261231.
            cell |= {"data_type": "n", "value": float(element.findtext(VALUE_TAG, "0"))}
        if element.find(FORMULA_TAG) is not None:
            self.formulas.add((cell["row"], cell["column"]))
        return cell

    def rows(self) -> Iterator[list[dict[str, Any]]]:
        for _event, element in iterparse(self.source):
            if element.tag == ROW_TAG:
                yield self.parse_row(element)[1]
            elif element.tag == COL_TAG:
                self.parse_column_dimensions(element)
            elif element.tag == _MERGED_TAG:
                self.areas.append(element.get("ref", ""))
            if element.tag not in _IN_CELLS:
                element.clear()


def _sheet(book: Workbook, source: Any) -> Sheet:
    sheet = Sheet(source.title, source.sheet_state != "visible")
    with source._get_source() as stream:
        parser = _Parser(
            stream, source._shared_strings, data_only=True, epoch=book.epoch, date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )  # fmt: skip
        for cells in parser.rows():
            for cell in cells:
                _take(sheet, cell)
    sheet.formulas = parser.formulas
    _spread(sheet, parser.areas)
    _note_hidden(sheet, parser)
    for number in sheet.rows:
        sheet.rows[number] = dict(sorted(sheet.rows[number].items()))
    sheet.rows = dict(sorted(sheet.rows.items()))
    return sheet


def _take(sheet: Sheet, cell: dict[str, Any]) -> None:
    value = _value(cell["value"])
    at = cell["row"], cell["column"]
    if cell["data_type"] == "e":
        sheet.errors.add(at)
    if value is not None:
        demand_within(sheet.title, [at], LIMITS)
        sheet.rows.setdefault(at[0], {})[at[1]] = value


def _value(value: Any) -> Any:
    """A cell's value; text without what no database takes, None where nothing is left."""
    if not isinstance(value, str):
        return value
    text = value[: LONGEST + 1]
    if "_x" in text:
        text = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)
    return cleaned(_NO_TEXT.sub("", text)) or None


def _spread(sheet: Sheet, areas: list[str]) -> None:
    for area in areas:
        try:
            left, top, right, bottom = range_boundaries(area)
        except ValueError:
            continue
        if None in (left, top, right, bottom) or right > LIMITS.columns or bottom > LIMITS.rows:
            continue
        value = sheet.rows.get(top, {}).get(left)
        if value is None:
            continue
        sheet.merged.append((left, top, bottom))
        for number in range(top, bottom + 1):
            cells = sheet.rows.setdefault(number, {})
            cells |= dict.fromkeys(range(left, right + 1), value)


def _note_hidden(sheet: Sheet, parser: _Parser) -> None:
    for number, attributes in parser.row_dimensions.items():
        if attributes.get("hidden") in _TRUE and int(number) in sheet.rows:
            sheet.hidden_rows.add(int(number))
    for attributes in parser.column_dimensions.values():
        if attributes.get("hidden") in _TRUE:
            last = min(int(attributes.get("max", attributes["min"])), LIMITS.columns)
            sheet.hidden_columns |= set(range(int(attributes["min"]), last + 1))
