"""A plain list as an Excel file: what the page shows, no more. The ledger has a writer of its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

from django.http import FileResponse
from django.utils import timezone
from django.utils.functional import Promise
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from xlsxwriter import Workbook

from accounts import audit
from accounts.decorators import SignedRequest

LONGEST = 32_000  # characters; Excel ends a cell at 32,767
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_TEXT = {"valign": "top", "text_wrap": True}
STYLES: dict[str, dict[str, Any]] = {
    "heading": {**_TEXT, "bold": True},
    "text": _TEXT,
    "quoted": {**_TEXT, "quote_prefix": True},  # an edit in Excel would make a formula of such a text
    "day": {"num_format": "yyyy-mm-dd"},
    "moment": {"num_format": "yyyy-mm-dd hh:mm:ss"},
}


@dataclass(frozen=True)
class Column:
    """One column of a list: its heading, how a row answers it, and its width in characters."""

    heading: str | Promise
    value: Callable[[Any], Any]
    width: int = 18


def respond(request: SignedRequest, name: str, columns: Iterable[Column], rows: Iterable[Any]) -> FileResponse:
    """Answer with the list as a file and write down who took it."""
    columns = list(columns)
    content, count = workbook(name, columns, rows)
    filename = f"{name}_{timezone.localdate():%Y-%m-%d}.xlsx"
    audit.record(
        audit.Action.EXPORT, by=request.user, subject=filename,
        detail=f"{count} {request.META.get('QUERY_STRING', '')}", request=request,
    )  # fmt: skip
    return FileResponse(BytesIO(content), as_attachment=True, filename=filename, content_type=CONTENT_TYPE)


def workbook(title: str, columns: list[Column], rows: Iterable[Any]) -> tuple[bytes, int]:
    """The file's bytes and how many rows it holds."""
    file, count = BytesIO(), 0
    book = Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet("".join(c for c in title if c not in r"[]:*?/\ ")[:31] or "1")
    styles = {name: book.add_format(values) for name, values in STYLES.items()}
    sheet.freeze_panes(1, 0)
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width)
        sheet.write_string(0, at, str(column.heading), styles["heading"])
    for row in rows:
        count += 1
        for at, column in enumerate(columns):
            _write(sheet, styles, count, at, column.value(row))
    book.close()
    return file.getvalue(), count


def _write(sheet: Any, styles: dict[str, Any], row: int, at: int, value: Any) -> None:
    if isinstance(value, datetime):
        local = timezone.localtime(value).replace(tzinfo=None, microsecond=0)
        sheet.write_datetime(row, at, local, styles["moment"])
    elif isinstance(value, date):
        sheet.write_datetime(row, at, value, styles["day"])
    elif isinstance(value, bool):
        sheet.write_boolean(row, at, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, at, value)
    elif value not in (None, ""):
        text = ILLEGAL_CHARACTERS_RE.sub("", str(value))[:LONGEST]
        sheet.write_string(row, at, text, styles["quoted" if text.startswith(("=", "+", "-", "@")) else "text"])
