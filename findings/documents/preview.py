"""What a page may show of a stored file: its words and tables as plain values, or the browser's own view of it.

Nothing in the file acts, nothing is fetched, and every step is bounded by what was counted before it.
"""

import codecs
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, BinaryIO

from django.core.files import File
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image

from accounts import spreadsheets
from findings.documents import wordtext
from findings.documents.uploads import CONTENT_TYPES
from findings.documents.wordtext import Block, Cell

MB = 1024 * 1024
# What the browser draws itself, from an address that says nothing but this type.
FRAMED, PICTURES = frozenset({CONTENT_TYPES["pdf"]}), frozenset({CONTENT_TYPES["png"], CONTENT_TYPES["jpg"]})
INLINE = FRAMED | PICTURES
SHEET_LIMITS = spreadsheets.Limits(file=10 * MB, unzipped=60 * MB, cells=100_000)
MOST_SHEETS, MOST_ROWS, MOST_COLUMNS = 10, 200, 30
MOST_TEXT = 200_000  # letters of a plain text
MOST_PIXELS = 80_000_000
_TAIL = 4096


class NoPreview(Exception):
    """The file is not shown; the text is the one sentence for the page."""


@dataclass(frozen=True)
class Sheet:
    """The upper left corner of a worksheet."""

    title: str
    rows: list[list[Cell]]
    left_out: str = ""


@dataclass(frozen=True)
class Preview:
    """``sort`` is frame or image (the browser draws the file), words, sheets or text."""

    sort: str
    blocks: list[Block] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    text: str = ""
    left_out: list[str] = field(default_factory=list)


def preview_of(content_type: str, file: File | BinaryIO) -> Preview:
    """What can be shown of an open file of one of the types that uploads have. Raises NoPreview."""
    if content_type in FRAMED:
        return _pdf(file)
    if content_type in PICTURES:
        return _picture(file)
    if content_type == CONTENT_TYPES["docx"]:
        return _words(file)
    if content_type == CONTENT_TYPES["xlsx"]:
        return _sheets(file)
    if content_type.startswith("text/plain"):
        return _plain(file)
    raise NoPreview(_("Files of this kind are not shown in the browser; download it to open it."))


def _damaged() -> NoPreview:
    return NoPreview(_("The file is damaged or protected and cannot be shown; download it to look further."))


def _pdf(file: File | BinaryIO) -> Preview:
    head = file.read(1024)
    size = file.seek(0, 2)
    file.seek(max(size - _TAIL, 0))
    if b"%PDF-" not in head or b"%%EOF" not in file.read(_TAIL):
        raise _damaged()
    return Preview("frame")


def _picture(file: File | BinaryIO) -> Preview:
    try:
        with Image.open(file, formats=("PNG", "JPEG")) as picture:
            pixels = picture.width * picture.height
            picture.verify()
    except Exception as error:  # Pillow answers broken pictures, and those that are bombs, in many ways
        raise _damaged() from error
    if pixels > MOST_PIXELS:
        raise NoPreview(_("The picture is too large to be shown; download it to open it."))
    return Preview("image")


def _words(file: File | BinaryIO) -> Preview:
    try:
        words = wordtext.words_of(file)
    except wordtext.Unreadable as error:
        raise _damaged() from error
    left_out = []
    if words.pictures:
        left_out.append(
            ngettext("%(n)s picture is not shown.", "%(n)s pictures are not shown.", words.pictures)
            % {"n": words.pictures}
        )
    if words.is_cut:
        left_out.append(_("Only the beginning is shown; the file goes on."))
    if not words.blocks:
        left_out.append(_("The file has no text."))
    return Preview("words", blocks=words.blocks, left_out=left_out)


def _plain(file: File | BinaryIO) -> Preview:
    most = MOST_TEXT * 4 + 8
    content = file.read(most)
    for encoding in ("utf-8-sig", "gb18030"):
        try:  # of a text that goes on, the last letter may have been cut in two
            text = codecs.getincrementaldecoder(encoding)().decode(content, final=len(content) < most)
        except UnicodeDecodeError:
            continue
        is_cut = len(text) > MOST_TEXT
        left_out = [_("Only the beginning is shown; the file goes on.")] if is_cut else []
        return Preview("text", text=text[:MOST_TEXT], left_out=left_out)
    raise _damaged()


def _sheets(file: File | BinaryIO) -> Preview:
    content = file.read(SHEET_LIMITS.file + 1)
    try:
        book: Workbook = spreadsheets.opened("preview.xlsx", content, SHEET_LIMITS)
        sheets = [_sheet(sheet) for sheet in book.worksheets[:MOST_SHEETS]]
    except spreadsheets.Unreadable as error:
        raise NoPreview(
            _("The workbook is too large, damaged or protected, or holds macros, and is not shown; download it to look "
              "further.")
        ) from error  # fmt: skip
    more = len(book.worksheets) - len(sheets)
    left_out = [ngettext("%(n)s more sheet is not shown.", "%(n)s more sheets are not shown.", more) % {"n": more}]
    return Preview("sheets", sheets=sheets, left_out=left_out if more > 0 else [])


def _sheet(sheet: Worksheet) -> Sheet:
    """The cells with text in the upper left corner; merged areas as one cell."""
    texts = {at: text for at, cell in sheet._cells.items() if (text := _said(cell.value))}
    height, width = max((at[0] for at in texts), default=0), max((at[1] for at in texts), default=0)
    rows, columns = min(height, MOST_ROWS), min(width, MOST_COLUMNS)
    spans, covered = _merged(sheet, rows, columns)
    shown = []
    for row in range(1, rows + 1):
        open_places = [(row, column) for column in range(1, columns + 1) if (row, column) not in covered]
        shown.append([Cell(texts.get(at, ""), *spans.get(at, (1, 1))) for at in open_places])
    left_out = ""
    if (rows, columns) != (height, width):
        facts = {"rows": rows, "height": height, "columns": columns, "width": width}
        left_out = _("Shown are %(rows)s of %(height)s rows and %(columns)s of %(width)s columns.") % facts
    title = sheet.title if sheet.sheet_state == "visible" else _("%(sheet)s (hidden)") % {"sheet": sheet.title}
    return Sheet(title, shown, left_out)


def _merged(
    sheet: Worksheet, rows: int, columns: int
) -> tuple[dict[tuple[int, int], tuple[int, int]], set[tuple[int, int]]]:
    """How many columns and rows each merged cell spans within what is shown, and the places that it covers."""
    spans, covered = {}, set()
    for area in sheet.merged_cells.ranges:
        last_row, last_column = min(area.max_row, rows), min(area.max_col, columns)
        if area.min_row > last_row or area.min_col > last_column:
            continue
        first = (area.min_row, area.min_col)
        spans[first] = (last_column - area.min_col + 1, last_row - area.min_row + 1)
        covered |= {
            (row, column)
            for row in range(area.min_row, last_row + 1)
            for column in range(area.min_col, last_column + 1)
        } - {first}
    return spans, covered


def _said(value: Any) -> str:
    """A cell's value as people write it: a day without a clock, a whole number without its .0."""
    if isinstance(value, datetime) and value.time() == time.min:
        value = value.date()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return spreadsheets.plain(value)
