"""From a stranger's workbook to lines of raw cells: which list it is, where its rows stand, what was odd about them."""

import re
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from openpyxl.utils import get_column_letter

from accounts.spreadsheets import Unreadable
from accounts.words import joined
from findings.documents.columns import LONGEST, cleaned
from findings.documents.export import KINDS
from findings.documents.importer.headings import NEEDS, Heads, find_heads, folded
from findings.documents.importer.sheets import Book, Sheet, load
from findings.documents.keys import MARK, Key, KeyHead, read_heading, read_key

RETURNING = [code for code, kind in KINDS.items() if kind.comes_back]
_SUMS = re.compile(r"^(合计|小计|总计|共计|汇总|total)", re.IGNORECASE)
MOST_NAMED = 12  # places that a note names


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell and what is allowed there; ``at`` is the cell's place, such as F12."""

    sheet: str
    row: int
    column: str
    value: str
    message: str
    at: str = ""


@dataclass
class Line:
    """One row of the list as the file has it: raw values by column name; ``faults`` are cells without a usable one."""

    sheet: str
    number: int
    heads: Heads
    cells: dict[str, Any]
    key: Key | None = None
    faults: dict[str, str] = field(default_factory=dict)

    def problem(self, name: str, message: str) -> Problem:
        place = self.heads.places.get(name)
        return Problem(
            self.sheet, self.number, self.heads.words.get(name, ""), shown(self.cells.get(name)), message,
            f"{get_column_letter(place)}{self.number}" if place else "",
        )  # fmt: skip


@dataclass
class Found:
    """What a file holds. ``head`` is what our own export says of itself, None for a file made elsewhere."""

    kind: str
    head: KeyHead | None
    epoch: Any
    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(name: str, content: bytes) -> Found:
    """The lines of the list that the file holds. Raises Unreadable with one sentence."""
    book = load(name, content)
    head, key_places = _key_head(book)
    kind = _kind(head, book.sheets)
    found = Found(kind, head, book.epoch)
    for sheet in book.sheets:
        heads = find_heads(sheet.texts(), kind)
        if heads is None:
            if sheet.rows:
                found.notes.append(_("Sheet “%(sheet)s” holds no such list; it was left out.") % {"sheet": sheet.title})
            continue
        _take(found, sheet, heads, key_places.get(sheet.title))
    return found


def shown(value: Any) -> str:
    """A raw value as a problem quotes it."""
    if value is None:
        return ""
    text = cleaned(str(value)[: LONGEST + 1])
    return text.removesuffix(" 00:00:00")[:200]


def _key_head(book: Book) -> tuple[KeyHead | None, dict[str, int]]:
    """What our export says of itself in the key column's heading, and where that column stands in each sheet."""
    head, places = None, {}
    for sheet in book.sheets:
        for _number, texts in sheet.texts():
            for place, text in texts.items():
                if text.startswith(MARK) and (seen := read_heading(text)):
                    head, places[sheet.title] = head or seen, place
                    if seen.mark != head.mark or seen.kind != head.kind:
                        raise Unreadable(_("The sheets come from different exports: import them one by one."))
            if sheet.title in places:
                break
    kind = book.properties.get("rectify-kind")
    if head is None and kind in KINDS and kind not in RETURNING:
        _refuse_kind(str(kind))
    return head, places


def _kind(head: KeyHead | None, sheets: list[Sheet]) -> str:
    if head is not None:
        if head.kind not in RETURNING:
            _refuse_kind(head.kind)
        return head.kind
    scores = dict.fromkeys(RETURNING, 0)
    for code in RETURNING:
        for sheet in sheets:
            heads = find_heads(sheet.texts(), code)
            scores[code] += len(heads.places) if heads else 0
    best = max(scores, key=lambda code: scores[code])
    if not scores[best]:
        lists = "; ".join(f"{KINDS[code].title}: {_needed(code)}" for code in RETURNING)
        raise Unreadable(_("No row with the headings of a list was found. Needed are: %(lists)s.") % {"lists": lists})
    return best


def _refuse_kind(code: str) -> None:
    title = KINDS[code].title if code in KINDS else code
    lists = joined(KINDS[known].title for known in RETURNING)
    raise Unreadable(_("“%(list)s” cannot be imported; these lists can: %(lists)s.") % {"list": title, "lists": lists})


def _needed(code: str) -> str:
    needed, one_of = NEEDS[code]
    words = {column.name: column.heading for column in KINDS[code].columns if column.name in needed | one_of}
    first = [words[name] for name in sorted(needed)]
    return joined([*first, "/".join(str(words[name]) for name in sorted(one_of))])


def _take(found: Found, sheet: Sheet, heads: Heads, key_place: int | None) -> None:
    """Add the sheet's lines, and say what was odd about it."""
    _renumber(found, sheet, heads)
    heads.extra.pop(key_place or 0, None)
    for name, place in heads.twice:
        at = f"{get_column_letter(place)}{heads.row}"
        message = _("The heading stands twice; only one column may have it.")
        found.problems.append(Problem(sheet.title, heads.row, heads.words[name], heads.words[name], message, at))
    left_out, calculated = [], []
    for number, cells in sheet.rows.items():
        if number <= heads.row:
            continue
        line = _line(found, sheet, heads, number, cells, key_place)
        if not line.cells and not line.faults:
            continue
        if _is_no_row(line, found.kind):
            left_out.append(str(number))
            continue
        found.lines.append(line)
        places = [place for place in heads.places.values() if (number, place) in sheet.formulas]
        calculated += [f"{get_column_letter(place)}{number}" for place in places]
    _note_oddities(found, sheet, heads, left_out, calculated)


def _line(found: Found, sheet: Sheet, heads: Heads, number: int, cells: dict[int, Any], key_place: int | None) -> Line:
    values = {name: cells[place] for name, place in heads.places.items() if place in cells}
    key = read_key(cells.get(key_place), found.head) if key_place and found.head else None
    line = Line(sheet.title, number, heads, values, key)
    for name, place in heads.places.items():
        if (number, place) in sheet.errors:
            line.faults[name] = _("The cell holds an error of the spreadsheet; write the value.")
        elif (number, place) in sheet.formulas and place not in cells:
            line.faults[name] = _("The formula has no stored value: open and save the file in Excel or WPS.")
        elif isinstance(values.get(name), str) and len(values[name]) >= LONGEST:
            line.faults[name] = _("The text is longer than a cell can hold.")
    return line


def _is_no_row(line: Line, code: str) -> bool:
    """Sums, repeated headings and notes below a table are not rows of it."""
    texts = {name: value for name, value in line.cells.items() if isinstance(value, str)}
    if sum(folded(text) == folded(line.heads.words[name]) for name, text in texts.items()) > 1:
        return True
    if texts and _SUMS.match(folded(next(iter(texts.values())))):
        return True
    columns = KINDS[code].columns
    own = {column.name for column in columns if column.name == "number" or (column.writes and not column.merge)}
    if code == "rules":
        own = {"title"}
    return not own & {*line.cells, *line.faults} and line.key is None


def _renumber(found: Found, sheet: Sheet, heads: Heads) -> None:
    """A plain 序号 whose cells are merged downwards counts the issues, not the measures below them."""
    place = heads.places.get("number")
    if found.kind != "ledger" or found.head or place is None or "issue_number" in heads.places:
        return
    if any(column == place and first > heads.row and last > first for column, first, last in sheet.merged):
        heads.places["issue_number"] = heads.places.pop("number")
        heads.words["issue_number"] = heads.words.pop("number")
        found.notes.append(
            _("“%(heading)s” runs over several measures: it was read as the number of the issue.")
            % {"heading": heads.words["issue_number"]}
        )


def _note_oddities(found: Found, sheet: Sheet, heads: Heads, left_out: list[str], calculated: list[str]) -> None:
    say = {"sheet": sheet.title}
    if sheet.is_hidden:
        found.notes.append(_("Sheet “%(sheet)s” is hidden; it was read all the same.") % say)
    if heads.extra:
        names = joined(f"“{text[:40]}”" for text in list(heads.extra.values())[:MOST_NAMED])
        found.notes.append(_("Columns that no list has were left out: %(names)s.") % {"names": names})
    hidden = sorted(sheet.hidden_rows & {line.number for line in found.lines if line.sheet == sheet.title})
    if hidden:
        words = ngettext("%(count)s hidden row was read: %(rows)s.", "%(count)s hidden rows were read: %(rows)s.",
                         len(hidden))  # fmt: skip
        found.notes.append(words % {"count": len(hidden), "rows": _some(hidden)})
    columns = [heads.words[name] for name, place in heads.places.items() if place in sheet.hidden_columns]
    if columns:
        found.notes.append(_("Hidden columns were read: %(names)s.") % {"names": joined(columns)})
    if left_out:
        found.notes.append(
            _("Rows taken for sums, repeated headings or notes were left out: %(rows)s.") % {"rows": _some(left_out)}
        )
    if calculated:
        found.notes.append(
            _("Formulas were read by the values stored with them: %(cells)s.") % {"cells": _some(calculated)}
        )


def _some(names: list[Any]) -> str:
    return joined(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
