"""The uploaded workbook back, its problem cells coloured and commented, with one sheet that lists every problem."""

from collections import defaultdict
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.cell import coordinate_from_string

from accounts.spreadsheets import opened
from findings.documents.columns import cleaned
from findings.documents.importer.reading import Problem
from findings.documents.importer.sheets import LIMITS

_RED = PatternFill("solid", "FFD9D9")
_WIDTHS = (18, 7, 18, 40, 70)


def marked(name: str, content: bytes, problems: Sequence[Problem]) -> bytes:
    """The workbook with every problem at its cell. A file that openpyxl cannot write again comes back as its list."""
    try:
        book = opened(name, content, LIMITS, formulas=True)
        _mark(book, problems)
        _list(book, problems)
        return _saved(book)
    except Exception:  # what openpyxl reads it may still fail to write; the list is never withheld for that
        book = Workbook()
        _list(book, problems)
        book.remove(book.worksheets[-1])
        return _saved(book)


def _mark(book: Workbook, problems: Sequence[Problem]) -> None:
    by_cell: dict[tuple[str, str], list[str]] = defaultdict(list)
    for problem in problems:
        by_cell[problem.sheet, problem.at or f"A{problem.row}"].append(problem.message)
    for (title, at), messages in by_cell.items():
        sheet = book[title]
        cell = sheet[at]
        if isinstance(cell, MergedCell):
            cell = next(sheet[str(area).partition(":")[0]] for area in sheet.merged_cells.ranges if at in area)
        cell.fill = _RED
        cell.comment = Comment(cleaned("\n".join(messages)), _("Import"), width=320, height=80 + 20 * len(messages))
        letter = coordinate_from_string(at)[0]
        sheet.column_dimensions[letter].hidden = False
        sheet.row_dimensions[cell.row].hidden = False


def _list(book: Workbook, problems: Sequence[Problem]) -> None:
    sheet: Any = book.create_sheet(_("Problems of the import"), 0)
    headings = (_("sheet"), _("row"), _("column"), _("value"), _("problem"))
    for place, (heading, width) in enumerate(zip(headings, _WIDTHS, strict=True), start=1):
        cell = sheet.cell(1, place, str(heading))
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = width
    for number, problem in enumerate(problems, start=2):
        row = (problem.sheet, problem.row, problem.column, problem.value, problem.message)
        for place, value in enumerate(row, start=1):
            cell = sheet.cell(number, place, cleaned(value) if isinstance(value, str) else value)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            if isinstance(value, str):
                cell.data_type = "s"  # openpyxl makes a formula of a text that begins with =
    sheet.freeze_panes = "A2"
    book.active = 0


def _saved(book: Workbook) -> bytes:
    file = BytesIO()
    book.save(file)
    return file.getvalue()
