"""A worksheet that takes whole rows: XlsxWriter's own, past its way of one call, three checks and one tuple for a cell.

XlsxWriter writes a row to a file beside it as soon as the next one begins (``constant_memory``). Here the rows go
into that file directly, which costs a third of the time; all that stands around the rows is XlsxWriter's.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

EPOCH = date(1899, 12, 30).toordinal()  # the day from which the file format counts
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # what a spreadsheet would read as the code of a character
Cell = Callable[[int, Any], str]


class RowSheet(Worksheet):
    """Rows are ``put`` from the first to the last, none left out; cells come as texts from ``cell``."""

    count = 0
    dim_colmax: int | None

    def put(self, cells: Sequence[str], *, height: float) -> None:
        """Write the next row, so many points high."""
        self.count += 1
        self.fh.write(f'<row r="{self.count}" ht="{height:g}" customHeight="1">{"".join(cells)}</row>')
        self.dim_rowmin, self.dim_rowmax = 0, self.count - 1
        self.dim_colmin, self.dim_colmax = 0, max(len(cells) - 1, self.dim_colmax or 0)

    def join(self, top: int, left: int, bottom: int, right: int) -> None:
        """Make one cell of several, counted from 1; only the first may hold anything."""
        if (top, left) != (bottom, right):
            self.merge.append([top - 1, left - 1, bottom - 1, right - 1])


def text_cell(column: int, style: Format, quoted: Format | None = None) -> Cell:
    """What writes the texts of a column, counted from 1: (row, text) → XML. A text never becomes a formula.

    ``quoted`` is the style of texts that Excel would make a formula of when somebody edits them.
    """
    letters = xl_col_to_name(column - 1)
    plain, marked = style._get_xf_index(), (quoted or style)._get_xf_index()

    def written(row: int, text: str | None) -> str:
        if not text:
            return f'<c r="{letters}{row}" s="{plain}"/>'
        look = marked if text[0] in "=+-@" else plain
        return f'<c r="{letters}{row}" s="{look}" t="inlineStr"><is><t>{escaped(text)}</t></is></c>'

    return written


def number_cell(column: int, style: Format) -> Cell:
    """What writes the numbers of a column, counted from 1."""
    letters, look = xl_col_to_name(column - 1), style._get_xf_index()

    def written(row: int, number: float | None) -> str:
        if number is None:
            return f'<c r="{letters}{row}" s="{look}"/>'
        return f'<c r="{letters}{row}" s="{look}"><v>{number}</v></c>'

    return written


def day_cell(column: int, style: Format) -> Cell:
    """What writes the days of a column, counted from 1, or the words that stand in place of one."""
    number, text = number_cell(column, style), text_cell(column, style)

    def written(row: int, day: date | str | None) -> str:
        if isinstance(day, str):
            return text(row, day)
        return number(row, day and day.toordinal() - EPOCH)

    return written


def escaped(text: str) -> str:
    """A text as it stands in the file's XML; control characters were taken out before."""
    if "_x" in text:
        text = _ESCAPE.sub("_x005F_", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
