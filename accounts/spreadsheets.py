"""Reading a workbook that a stranger may have made: everything that could hang or fill the server is counted first.

A workbook is a zip of XML. What openpyxl would expand (merged areas, links over areas) and how many cells there
are is read from the raw XML before it parses anything.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

MOST_BYTES = 5 * 1024 * 1024
MOST_UNZIPPED = 50 * 1024 * 1024
MOST_PARTS = 1000
MOST_CELLS = 100_000
MOST_ROWS = 2000
MOST_COLUMNS = 60

_CELL = re.compile(rb"<(?:\w+:)?c[\s>/]")
_AREA = re.compile(rb"<(?:\w+:)?(?:mergeCell|hyperlink)\s[^>]*?\bref\s*=\s*[\"']([A-Za-z]+\d+:[A-Za-z]+\d+)[\"']")


class Unreadable(Exception):
    """The file is not taken; the text is one sentence for the person who sent it."""


@dataclass(frozen=True)
class Row:
    """One row of a sheet: its number as Excel shows it and its texts by column number."""

    number: int
    texts: dict[int, str] = field(default_factory=dict)


def opened(name: str, content: bytes) -> Workbook:
    """The workbook, after it was found harmless. Raises Unreadable."""
    if not name.lower().endswith(".xlsx"):
        raise Unreadable(_("Only .xlsx workbooks are read: save the file as an Excel workbook first."))
    if len(content) > MOST_BYTES:
        raise Unreadable(_("The file is larger than 5 MB: split it."))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(_("The file is encrypted or of the old .xls kind: save it as .xlsx without a password."))
    if not content.startswith(b"PK\x03\x04"):
        raise Unreadable(_("The file is not an Excel workbook."))
    try:
        _weigh(content)
        return load_workbook(BytesIO(content), data_only=True, keep_links=False)
    except Unreadable:
        raise
    except Exception as error:  # openpyxl answers broken files with nine kinds of exceptions
        raise Unreadable(_("The file is damaged: open it in Excel or WPS, save it anew and try again.")) from error


def rows_of(sheet: Worksheet) -> Iterator[Row]:
    """The rows with any text. A merged cell counts in every cell that it covers. Raises Unreadable."""
    values = {at: text for at, cell in sheet._cells.items() if (text := plain(cell.value))}
    for area in sheet.merged_cells.ranges:
        if merged := values.get((area.min_row, area.min_col)):
            values |= dict.fromkeys(area.cells, merged)
    beyond = [at for at in values if at[0] > MOST_ROWS or at[1] > MOST_COLUMNS]
    if beyond:
        raise Unreadable(
            _("Sheet %(sheet)s has text beyond row %(rows)s or column %(columns)s: remove it or split the file.")
            % {"sheet": sheet.title, "rows": MOST_ROWS, "columns": MOST_COLUMNS}
        )
    rows: dict[int, Row] = {}
    for (number, column), text in sorted(values.items()):
        rows.setdefault(number, Row(number)).texts[column] = text
    yield from rows.values()


def plain(value: Any) -> str:
    """A cell's value as one line of text; a whole number without its .0."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())


def _weigh(content: bytes) -> None:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNZIPPED:
            raise Unreadable(_("The file unpacks to more than 50 MB: split it."))
        names = {part.filename.lower() for part in parts}
        if any(name.endswith("vbaproject.bin") for name in names):
            raise Unreadable(_("The file holds macros: save it as a workbook without macros."))
        if "xl/workbook.xml" not in names or "[content_types].xml" not in names:
            raise Unreadable(_("The file is not an Excel workbook."))
        cells = 0
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels")):
                cells += _cells_in(archive.read(part))
        if cells > MOST_CELLS:
            raise Unreadable(_("The file has more than 100,000 cells: split it."))


def _cells_in(xml: bytes) -> int:
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise Unreadable(_("The file is not an Excel workbook."))
    cells = sum(1 for _match in _CELL.finditer(xml))
    for match in _AREA.finditer(xml):
        left, top, right, bottom = range_boundaries(match[1].decode())
        cells += (right - left + 1) * (bottom - top + 1)
    return cells
