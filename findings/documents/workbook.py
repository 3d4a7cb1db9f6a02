"""A declared list as an .xlsx file that prints well: title, unit and day, merged cells, wrapped text, one print setup.

Rows are written as they come, so the memory is that of one group of rows: of those that share the outermost merged
cell, or of some hundred where nothing is merged.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from operator import attrgetter
from tempfile import TemporaryDirectory
from typing import IO, Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from xlsxwriter import Workbook

from findings.choices import without_deadline
from findings.documents.columns import DATE, FLAG, NUMBER, NUMBERS, ORDINALS, TEXT, Column, cleaned
from findings.documents.sheet import Cell, RowSheet, day_cell, number_cell, text_cell

HEAD_ROWS = 4  # title, unit and day, counts, headings; one more where filters are told
TALLEST = 409.0  # points of a row, a limit of the file format
LINE = 13.5  # points of a line of 10-point text
A3 = 8  # the paper's number in the file format
ACROSS = 215  # characters between the margins of an A3 page that is printed in its own size
LONG = 13  # width of a column from which its texts are sentences, which take more room where there is some
GROUP = 500  # rows that are held at a time where nothing is merged
_NUMBERED = re.compile(r"[^、,]+[、,]?\s*")  # a number with the divider behind it
DIGIT = 7  # pixels of a digit of the default font, in which column widths count

_BODY = {"font_name": "宋体", "font_size": 10}
_BOX = {**_BODY, "border": 1, "border_color": "#808080", "text_wrap": True, "valign": "top"}
STYLES: dict[str, dict[str, Any]] = {
    "key": {**_BODY, "font_size": 6, "font_color": "#A0A0A0"},
    "title": {"font_name": "黑体", "font_size": 18, "align": "center", "valign": "vcenter"},
    "left": {**_BODY, "align": "left", "valign": "vcenter"},
    "told": {**_BODY, "align": "left", "valign": "vcenter", "text_wrap": True},
    "right": {**_BODY, "align": "right", "valign": "vcenter"},
    "heading": {**_BOX, "font_name": "黑体", "bg_color": "#E7EAEE", "align": "center", "valign": "vcenter"},
    "text": {**_BOX, "align": "left"},
    "quoted": {**_BOX, "align": "left", "quote_prefix": True},
    "flag": {**_BOX, "align": "center"},
    "ordinal": {**_BOX, "align": "center", "num_format": "0"},
    NUMBER: {**_BOX, "align": "right", "num_format": "0_0"},  # a gap of one digit before the next column
    DATE: {**_BOX, "align": "center", "num_format": "yyyy-mm-dd"},
}


@dataclass(frozen=True)
class Head:
    """What stands above the list: texts, of which ``filters`` may be "", and then the headings.

    ``properties`` travel with the file and tell a later import what it is.
    """

    title: str
    unit: str
    day: str
    counts: str
    sheet: str
    filters: str = ""
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return HEAD_ROWS + bool(self.filters)


@dataclass(frozen=True)
class Keys:
    """The hidden last column, by which the rows are known when the file comes back: its heading and a text per row."""

    heading: str
    text: Callable[[Any], str]


@dataclass(frozen=True)
class _Band:
    """One column at work: how it reads a row, how wide its text may run, and what writes its cells."""

    column: Column
    read: Callable[[Any], Any]
    room: float
    cell: Cell


def render(
    file: IO[bytes], head: Head, columns: Sequence[Column], rows: Iterable[Any], keys: Keys | None = None
) -> int:
    """Write the workbook, one sheet, the rows as they come, into an open file; answers how many rows there were."""
    columns = spread(columns)
    with TemporaryDirectory(prefix="rectify-") as folder:
        options = {"constant_memory": True, "tmpdir": folder, "default_format_properties": dict(_BODY)}
        book = Workbook(file, options)
        book.set_properties({"title": cleaned(head.title)})
        for name, value in head.properties.items():
            book.set_custom_property(name, value, "text")
        sheet: Any = book.add_worksheet(_sheet_name(head.sheet), RowSheet)
        try:
            styles = {name: book.add_format(values) for name, values in STYLES.items()}
            _write_head(sheet, styles, head, columns, keys)
            bands = [_band(at, column, styles) for at, column in enumerate(columns, start=1)]
            key = (keys.text, text_cell(len(columns) + 1, styles["key"])) if keys else None
            for group in _groups(columns, rows):
                _write_group(sheet, bands, group, key)
            count: int = sheet.count - head.rows
            if not count:
                sheet.put([text_cell(1, styles["text"])(head.rows + 1, _("No rows."))], height=LINE + 6)
            _set_up(sheet, columns, head.rows, count, has_keys=keys is not None)
            book.close()
        finally:
            sheet.row_data_fh.close()
    return count


def spread(columns: Sequence[Column]) -> list[Column]:
    """The columns as wide as their page: where some are left out, the long texts run on in fewer lines."""
    spare = ACROSS - sum(column.width for column in columns)
    long = sum(column.width for column in columns if _is_long(column))
    factor = 1 + max(spare, 0) / (long or 1)
    return [replace(column, width=column.width * factor) if _is_long(column) else column for column in columns]


def _is_long(column: Column) -> bool:
    return column.kind == TEXT and column.width >= LONG and not column.reads


def _set_up(sheet: Any, columns: Sequence[Column], head: int, count: int, *, has_keys: bool) -> None:
    last, bottom = len(columns) - 1, head + max(count, 1) - 1
    for at, column in enumerate(columns):
        sheet.set_column_pixels(at, at, round(column.width * DIGIT))
    if has_keys:
        sheet.set_column(last + 1, last + 1, None, None, {"hidden": True})
    merged = sum(bool(column.merge) for column in columns)
    sheet.freeze_panes(head, merged + 1)
    sheet.hide_gridlines(2)
    sheet.repeat_rows(head - 1)
    sheet.print_area(0, 0, bottom, last)
    sheet.set_paper(A3)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.center_horizontally()
    sheet.set_header("", {"margin": 0.2})
    footer = pgettext("sheet footer", "Page {page} of {pages}").format(page="&P", pages="&N")
    sheet.set_footer(f"&C{footer}", {"margin": 0.3})
    if not merged and count:
        # Who sorts by the arrows moves the keys along.
        sheet.autofilter(head - 1, 0, bottom, last + has_keys)


def _write_head(
    sheet: Any, styles: dict[str, Any], head: Head, columns: Sequence[Column], keys: Keys | None
) -> None:  # fmt: skip
    width = len(columns)
    half = max(width // 2, 1)

    def drawn(row: int, at: int, text: str, style: str) -> str:
        return text_cell(at, styles[style])(row, cleaned(text))

    sheet.join(1, 1, 1, width)
    sheet.join(2, 1, 2, half)
    sheet.join(2, half + 1, 2, width)
    sheet.put([drawn(1, 1, head.title, "title")], height=34)
    sheet.put([drawn(2, 1, head.unit, "left"), drawn(2, half + 1, head.day, "right")], height=20)
    across = sum(column.width for column in columns)
    for row, text in enumerate([head.filters, head.counts] if head.filters else [head.counts], start=3):
        sheet.join(row, 1, row, width)
        sheet.put([drawn(row, 1, text, "told")], height=_lines(text, across) * LINE + 6.5)
    headings = [str(column.heading) for column in columns]
    lines = max(_lines(text, _room(column)) for text, column in zip(headings, columns, strict=True))
    cells = [drawn(head.rows, at, text, "heading") for at, text in enumerate(headings, start=1)]
    if keys:
        cells.append(drawn(head.rows, width + 1, keys.heading, "key"))
    sheet.put(cells, height=max(lines * LINE + 8, 30))


def _band(at: int, column: Column, styles: dict[str, Any]) -> _Band:
    if column.kind == TEXT:
        cell = text_cell(at, styles["text"], styles["quoted"])
    elif column.kind == FLAG:
        cell = text_cell(at, styles["flag"])
    elif column.kind == DATE:
        cell = day_cell(at, styles[DATE])
    else:
        cell = number_cell(at, styles["ordinal" if column.name in ORDINALS else NUMBER])
    return _Band(column, _reader(column), _room(column), cell)


def _reader(column: Column) -> Callable[[Any], Any]:
    """What reads a cell for a file: numbers in lines that split none, and why a standing measure has no deadline."""
    read = column.reader()
    if column.reads == NUMBERS:
        room = _room(column) - 1
        return lambda row: broken(read(row), room)
    if column.name == "deadline":
        return lambda row: read(row) or without_deadline(row.nature) or None
    return read


def broken(text: str, room: float) -> str:
    """Several numbers in as many lines as they need, each of which ends after a divider."""
    lines = [""]
    for part in _NUMBERED.findall(text):
        if lines[-1] and text_width(lines[-1] + part.rstrip()) > room:
            lines.append("")
        lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def _groups(columns: Sequence[Column], rows: Iterable[Any]) -> Iterator[list[Any]]:
    """The rows in pieces that no merged cell crosses: the names of one merge begin those of the next narrower one."""
    outermost = min((column.merge for column in columns if column.merge), key=len, default=())
    if outermost:
        yield from (list(group) for _key, group in groupby(rows, attrgetter(*outermost)))
        return
    stream = iter(rows)
    while group := list(islice(stream, GROUP)):
        yield group


def _write_group(
    sheet: Any, bands: list[_Band], rows: list[Any], key: tuple[Callable[[Any], str], Cell] | None
) -> None:  # fmt: skip
    first = sheet.count + 1
    table = [[band.read(row) for band in bands] for row in rows]
    runs = {band.column.merge: _runs(band.column.merge, rows) for band in bands if band.column.merge}
    heights = _heights(bands, table, runs)
    for at, band in enumerate(bands, start=1):
        for top, bottom in runs.get(band.column.merge, ()):
            sheet.join(first + top, at, first + bottom, at)
            for n in range(top + 1, bottom + 1):
                table[n][at - 1] = None
    writers = [band.cell for band in bands]
    for number, (row, values, height) in enumerate(zip(rows, table, heights, strict=True), start=first):
        cells = [write(number, value) for write, value in zip(writers, values, strict=True)]
        if key:
            cells.append(key[1](number, key[0](row)))
        sheet.put(cells, height=height)


def _runs(names: tuple[str, ...], rows: Sequence[Any]) -> list[tuple[int, int]]:
    """First and last index of each stretch of two or more neighbouring rows that agree in all the names."""
    found, start = [], 0
    for _key, group in groupby(rows, attrgetter(*names)):
        end = start + sum(1 for _row in group)
        if end - start > 1:
            found.append((start, end - 1))
        start = end
    return found


def _heights(bands: list[_Band], table: list[list[Any]], runs: dict[Any, list[tuple[int, int]]]) -> list[float]:
    """Points for each row: enough for its own texts, and together enough for the merged cells beside them."""
    texts = [(at, band.room) for at, band in enumerate(bands) if band.column.kind == TEXT and not band.column.merge]
    heights = [_most_lines(values, texts) * LINE + 6 for values in table]
    for at, band in enumerate(bands):
        if not band.column.merge or band.column.kind != TEXT:
            continue
        for top, bottom in _stretches(runs[band.column.merge], len(table)):
            missing = _lines(table[top][at], band.room) * LINE + 6 - sum(heights[top : bottom + 1])
            if missing > 0:
                for n in range(top, bottom + 1):
                    heights[n] += missing / (bottom - top + 1)
    return [min(height, TALLEST) for height in heights]


def _stretches(runs: list[tuple[int, int]], count: int) -> Iterator[tuple[int, int]]:
    """The runs, and the rows between them each for itself."""
    after = 0
    for top, bottom in [*runs, (count, count)]:
        yield from ((n, n) for n in range(after, top))
        if top < count:
            yield top, bottom
        after = bottom + 1


def _room(column: Column) -> float:
    return max(column.width - 0.5, 2)


def _most_lines(values: list[Any], texts: list[tuple[int, float]]) -> int:
    """Lines of the longest text of a row; the texts are told by their place and the room of their column."""
    most = 1
    for at, room in texts:
        text = values[at]
        if len(text) * 2 > room or "\n" in text:  # most fit into one line: they are passed by
            most = max(most, _lines(text, room))
    return most


def _lines(text: str, room: float) -> int:
    """How many lines a text takes in a column; all but ASCII characters are taken for two wide."""
    if "\n" in text:
        return sum(_lines(part, room) for part in text.split("\n"))
    return max(1, -int(-text_width(text) // room))


def text_width(text: str) -> int:
    """The width of a text in half-width characters; what is not ASCII counts twice."""
    return 2 * len(text) - len(text.encode("ascii", "ignore"))


def _sheet_name(text: str) -> str:
    return "".join(c for c in text if c not in r"[]:*?/\'")[:31] or "1"
