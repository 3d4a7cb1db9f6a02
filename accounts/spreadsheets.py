"""Reading a workbook that a stranger may have made: everything that could hang or fill the server is counted first.

A workbook is a zip of XML. What openpyxl would expand (merged areas, links over areas) and how many cells there
are is read from the raw XML before it parses anything.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

MB = 1024 * 1024
MOST_BYTES = 5 * MB
MOST_PARTS = 1000
MOST_TAGS = 4_000_000  # in one part; a parser keeps a hundred bytes of each
MOST_STYLES = 4 * MB  # in any part that holds neither rows nor texts; openpyxl works on styles for minutes

_CELL = re.compile(rb"<(?:\w+:)?(?:c|row)[\s>/]")
_AREA = re.compile(rb"<(?:\w+:)?(?:mergeCell|hyperlink)\s[^>]*?\bref\s*=\s*[\"']([A-Za-z]+\d+:[A-Za-z]+\d+)[\"']")


@dataclass(frozen=True)
class Limits:
    """How large a workbook may be. Rows count as cells: a million formatted blank ones cost as much."""

    file: int = MOST_BYTES
    unzipped: int = 50 * MB
    cells: int = 100_000
    rows: int = 2000
    columns: int = 60


USUAL = Limits()


class Unreadable(Exception):
    """The file is not taken; the text is one sentence for the person who sent it."""


@dataclass(frozen=True)
class Row:
    """One row of a sheet: its number as Excel shows it and its texts by column number."""

    number: int
    texts: dict[int, str] = field(default_factory=dict)


def opened(name: str, content: bytes, limits: Limits = USUAL, *, formulas: bool = False) -> Workbook:
    """The workbook, after it was found harmless: with its values, or with its formulas. Raises Unreadable."""
    weigh(name, content, limits)
    try:
        return load_workbook(BytesIO(content), data_only=not formulas, keep_links=False)
    except Exception as error:  # openpyxl answers broken files with nine kinds of exceptions
        raise damaged() from error


def weigh(name: str, content: bytes, limits: Limits = USUAL) -> None:
    """Find out whether a file is a workbook that can be opened without harm. Raises Unreadable."""
    if not name.lower().endswith(".xlsx"):
        raise Unreadable(_("Only .xlsx workbooks are read: save the file as an Excel workbook first."))
    if len(content) > limits.file:
        raise Unreadable(_("The file is larger than %(size)s MB: split it.") % {"size": limits.file // MB})
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(_("The file is encrypted or of the old .xls kind: save it as .xlsx without a password."))
    if not content.startswith(b"PK\x03\x04"):
        raise Unreadable(_("The file is not an Excel workbook."))
    try:
        _weigh(content, limits)
    except Unreadable:
        raise
    except Exception as error:  # a broken zip answers with as many
        raise damaged() from error


def rows_of(sheet: Worksheet, limits: Limits = USUAL) -> Iterator[Row]:
    """The rows with any text. A merged cell counts in every cell that it covers. Raises Unreadable."""
    values = {at: text for at, cell in sheet._cells.items() if (text := plain(cell.value))}
    for area in sheet.merged_cells.ranges:
        if merged := values.get((area.min_row, area.min_col)):
            values |= dict.fromkeys(area.cells, merged)
    demand_within(sheet.title, values, limits)
    rows: dict[int, Row] = {}
    for (number, column), text in sorted(values.items()):
        rows.setdefault(number, Row(number)).texts[column] = text
    yield from rows.values()


def damaged() -> Unreadable:
    """The refusal of a file that no program can open."""
    return Unreadable(_("The file is damaged: open it in Excel or WPS, save it anew and try again."))


def demand_within(title: str, places: Iterable[tuple[int, int]], limits: Limits) -> None:
    """Raise Unreadable where a cell with text lies outside the rows and columns that are read."""
    if any(row > limits.rows or column > limits.columns for row, column in places):
        raise Unreadable(
            _("Sheet %(sheet)s has text beyond row %(rows)s or column %(columns)s: remove it or split the file.")
            % {"sheet": title, "rows": limits.rows, "columns": limits.columns}
        )


def plain(value: Any) -> str:
    """A cell's value as one line of text; a whole number without its .0."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())


def _weigh(content: bytes, limits: Limits) -> None:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > limits.unzipped:
            raise Unreadable(
                _("The file unpacks to more than %(size)s MB: split it.") % {"size": limits.unzipped // MB}
            )
        names = {part.filename.lower() for part in parts}
        if any(name.endswith("vbaproject.bin") for name in names):
            raise Unreadable(_("The file holds macros: save it as a workbook without macros."))
        if "xl/workbook.xml" not in names or "[content_types].xml" not in names:
            raise Unreadable(_("The file is not an Excel workbook."))
        cells = 0
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels")):
                cells += _cells_in(archive.read(part), part.filename.lower())
        if cells > limits.cells:
            raise Unreadable(
                _("The file has more than %(count)s cells, blank formatted ones counted: remove them or split it.")
                % {"count": f"{limits.cells:,}"}
            )


def _cells_in(xml: bytes, name: str) -> int:
    # Another spelling than UTF-8 would hide from the searches below what the parser then finds.
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml or xml.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in xml[:200]:
        raise Unreadable(_("The file is not an Excel workbook."))
    if xml.count(b"<") > MOST_TAGS:
        raise Unreadable(_("The file holds more than a table needs: copy the table into a new workbook."))
    if len(xml) > MOST_STYLES and "/worksheets/" not in name and "sharedstrings" not in name:
        raise Unreadable(_("The file holds more than a table needs: copy the table into a new workbook."))
    cells = sum(1 for _match in _CELL.finditer(xml))
    for match in _AREA.finditer(xml):
        left, top, right, bottom = range_boundaries(match[1].decode())
        cells += (right - left + 1) * (bottom - top + 1)
    return cells
