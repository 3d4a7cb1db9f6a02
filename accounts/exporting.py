"""A plain list as an Excel file: what the page shows, no more. The ledger has a writer of its own.

The first row is that of the headings, by which a filter and other programs know the columns; the title and the day
stand in the header of the printed pages.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from math import ceil
from typing import Any

from django.http import FileResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import pgettext
from xlsxwriter import Workbook

from accounts import audit
from accounts.decorators import SignedRequest
from accounts.words import UNPRINTABLE, width

LONGEST = 32_000  # characters; Excel ends a cell at 32,767
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

LINE = 13.5  # points of a line of 10-point text
TALLEST = 409.0  # points of a row, a limit of the file format
A4 = 9  # the paper's number in the file format
LONGEST_TITLE = 100  # characters; Excel ends a whole header at 255
MOST_WIDE = 200  # characters side by side: A4 landscape holds them at three quarters of their size, 7.5 points
NARROW = 20  # characters; a column no wider holds a word or a day and is not narrowed

_TEXT = {
    "font_name": "宋体", "font_size": 10, "align": "left", "valign": "top", "text_wrap": True,
    "border": 1, "border_color": "#808080",
}  # fmt: skip
STYLES: dict[str, dict[str, Any]] = {
    "heading": {**_TEXT, "font_name": "黑体", "bg_color": "#E7EAEE"},
    "text": _TEXT,
    "quoted": {**_TEXT, "quote_prefix": True},  # an edit in Excel would make a formula of such a text
    "day": {**_TEXT, "num_format": "yyyy-mm-dd"},
    "moment": {**_TEXT, "num_format": "yyyy-mm-dd hh:mm:ss"},
}


@dataclass(frozen=True)
class Column:
    """One column of a list: its heading, how a row answers it, and its width in characters."""

    heading: str | Promise
    value: Callable[[Any], Any]
    width: int = 18


def respond(
    request: SignedRequest, name: str, columns: Iterable[Column], rows: Iterable[Any], *, about: object = ""
) -> FileResponse:
    """Answer with the list as a file and write down who took it. ``about``: the campaign or court that it is of."""
    named = [name, str(about)] if about else [name]
    content, count = workbook(" ".join(named), list(columns), rows)
    filename = "_".join([*named, f"{timezone.localdate():%Y-%m-%d}.xlsx"]).replace("/", "").replace("\\", "")
    audit.record(
        audit.Action.EXPORT, by=request.user, subject=filename,
        detail=f"{count} {request.META.get('QUERY_STRING', '')}", request=request,
    )  # fmt: skip
    return FileResponse(BytesIO(content), as_attachment=True, filename=filename, content_type=CONTENT_TYPE)


def workbook(title: str, columns: list[Column], rows: Iterable[Any]) -> tuple[bytes, int]:
    """The file's bytes and how many rows it holds; the title names the sheet and heads each printed page."""
    file, count = BytesIO(), 0
    book = Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet("".join(c for c in title if c not in r"[]:*?/\ ")[:31] or "1")
    styles = {name: book.add_format(values) for name, values in STYLES.items()}
    widths = _widths(columns)
    _set_up(sheet, title, widths)
    headings = [str(column.heading) for column in columns]
    sheet.set_row(0, _height(headings, widths))
    for at, heading in enumerate(headings):
        sheet.write_string(0, at, heading, styles["heading"])
    for row in rows:
        count += 1
        values = [_kept(column.value(row)) for column in columns]
        sheet.set_row(count, _height(values, widths))
        for at, value in enumerate(values):
            _write(sheet, styles, count, at, value)
    book.close()
    return file.getvalue(), count


def _set_up(sheet: Any, title: str, widths: list[float]) -> None:
    """A4 landscape, one page wide, the headings on every page; above them title and day, below them the number."""
    for at, columns in enumerate(widths):
        sheet.set_column(at, at, columns)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_paper(A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.8, bottom=0.6)
    sheet.center_horizontally()
    name = title[:LONGEST_TITLE].replace("&", "&&")
    sheet.set_header(f'&C&"黑体"&14 {name}&R&10 {timezone.localdate():%Y-%m-%d}', {"margin": 0.3})
    footer = pgettext("sheet footer", "Page {page} of {pages}").format(page="&P", pages="&N")
    sheet.set_footer(f"&C&10 {footer}", {"margin": 0.3})


def _widths(columns: list[Column]) -> list[float]:
    """Characters for each column; where they are too many for a page that can be read, the wide ones give way."""
    fixed = sum(column.width for column in columns if column.width <= NARROW)
    wide = sum(column.width for column in columns) - fixed
    share = min(1, max(MOST_WIDE - fixed, 0) / wide) if wide else 1
    return [column.width if column.width <= NARROW else max(column.width * share, NARROW) for column in columns]


def _height(values: list[Any], widths: list[float]) -> float:
    """Points for a row: not every program makes it as high as its wrapped texts when it opens a file."""
    lines = 1
    for value, columns in zip(values, widths, strict=True):
        if isinstance(value, str) and (len(value) * 2 > columns or "\n" in value):
            lines = max(lines, sum(max(1, ceil(width(part) / (columns - 1))) for part in value.split("\n")))
    return min(lines * LINE + 4, TALLEST)


def _kept(value: Any) -> Any:
    """A value as a cell can hold it: local time, a number, a day, or text."""
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None, microsecond=0)
    if value is None or isinstance(value, date | bool | int | float):
        return value
    return UNPRINTABLE.sub("", str(value))[:LONGEST]


def _write(sheet: Any, styles: dict[str, Any], row: int, at: int, value: Any) -> None:
    if isinstance(value, date):
        sheet.write_datetime(row, at, value, styles["moment" if isinstance(value, datetime) else "day"])
    elif isinstance(value, bool):
        sheet.write_boolean(row, at, value, styles["text"])
    elif isinstance(value, int | float):
        sheet.write_number(row, at, value, styles["text"])
    elif value:
        sheet.write_string(row, at, value, styles["quoted" if value.startswith(("=", "+", "-", "@")) else "text"])
    else:
        sheet.write_blank(row, at, None, styles["text"])
