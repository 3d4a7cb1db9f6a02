"""A plain list as an Excel file: what the page shows, no more. The ledger has a writer of its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

from django.http import FileResponse
from django.utils import timezone
from django.utils.functional import Promise
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from accounts import audit
from accounts.decorators import SignedRequest

LONGEST = 32_000  # characters; Excel ends a cell at 32,767
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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
    book = Workbook(write_only=True)
    sheet = book.create_sheet("".join(c for c in title if c not in r"[]:*?/\ ")[:31] or "1")
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    sheet.append([_cell(sheet, str(column.heading), bold=True) for column in columns])
    count = 0
    for row in rows:
        sheet.append([_cell(sheet, column.value(row)) for column in columns])
        count += 1
    file = BytesIO()
    book.save(file)
    return file.getvalue(), count


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> WriteOnlyCell:
    if isinstance(value, datetime):
        value = timezone.localtime(value).replace(tzinfo=None, microsecond=0)
    elif value is not None and not isinstance(value, date | int | float | bool):
        value = ILLEGAL_CHARACTERS_RE.sub("", str(value))[:LONGEST]
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # openpyxl makes a formula of a text that begins with =
        cell.quotePrefix = value.startswith(("=", "+", "-", "@"))  # and an edit in Excel would do so again
        cell.alignment = Alignment(vertical="top", wrap_text=True)
    if bold:
        cell.font = Font(bold=True)
    return cell
