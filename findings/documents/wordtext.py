"""The words of a Word file, for showing them: headings, paragraphs, lists and tables, and nothing that acts.

Only two parts of the package are unpacked, each within bounds; pictures, fields, links and macros stay where they are.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.core.files import File
from lxml import etree

MB = 1024 * 1024
MOST_XML = 20 * MB
MOST_BLOCKS = 1500  # paragraphs and rows of tables
MOST_LETTERS = 300_000
TITLE, DEEPEST = 1, 4  # levels: the title of the whole, then the headings below it
ITEM = 0  # what a style of lists is noted as, beside the levels
# Text that was deleted, or that a newer reader shows in another way; what stands in a table is read with it.
_SKIPPED = frozenset({"del", "moveFrom", "Fallback", "tblPr", "pPr", "rPr", "instrText"})
_CONTAINERS = frozenset({"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag", "body"})
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


class Unreadable(Exception):
    """The file is no Word text that could be shown."""


@dataclass(frozen=True)
class Cell:
    text: str
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True)
class Block:
    """A paragraph of a sort (heading, item, text), or a table where ``rows`` are given."""

    sort: str
    text: str = ""
    level: int = 0
    rows: list[list[Cell]] = field(default_factory=list)


@dataclass(frozen=True)
class Words:
    """What could be read. ``is_cut``: the text is longer; ``pictures``: how many were left out."""

    blocks: list[Block]
    is_cut: bool
    pictures: int


def words_of(file: File | BinaryIO) -> Words:
    """The text of a .docx file. Raises Unreadable where it is broken, encrypted, a bomb or holds macros."""
    try:
        with zipfile.ZipFile(file) as package:
            names = {info.filename.lower(): info for info in package.infolist()}
            if any(name.rsplit("/", 1)[-1].startswith("vbaproject") for name in names):
                raise Unreadable("macros")
            document = _parsed(package, names["word/document.xml"])
            styles = _parsed(package, names["word/styles.xml"]) if "word/styles.xml" in names else None
    except (zipfile.BadZipFile, zlib.error, etree.LxmlError, NotImplementedError, RuntimeError, EOFError, OSError,
            ValueError, KeyError) as error:  # fmt: skip
        raise Unreadable(str(error)) from error
    levels = {} if styles is None else _levels(styles)
    body = next((node for node in document if _name(node) == "body"), None)
    if body is None:
        raise Unreadable("no text")
    blocks, is_cut = _within_bounds(_blocks(body, levels))
    return Words(blocks, is_cut, _pictures(body))


def _pictures(body: Any) -> int:
    """How many pictures there are; what stands in a fallback is the same one for an older reader."""
    found = [node for node in body.iter() if _name(node) in ("drawing", "pict")]
    return sum(all(_name(above) != "Fallback" for above in node.iterancestors()) for node in found)


def _parsed(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> Any:
    """One part as a tree: without entities, without the net, no larger than ``MOST_XML``."""
    with package.open(info) as stream:
        xml = stream.read(MOST_XML + 1)  # the size in the directory may be a lie
    if len(xml) > MOST_XML:
        raise Unreadable("too large")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(xml, parser)
    if root.getroottree().docinfo.doctype:
        raise Unreadable("document type")
    return root


def _name(node: Any) -> str:
    """The name without its namespace: strict and transitional files differ in nothing else."""
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _value(node: Any, *path: str) -> str | None:
    """The ``val`` of a descendant, None where there is none."""
    for step in path:
        node = next((child for child in node if _name(child) == step), None)
        if node is None:
            return None
    return next((value for key, value in node.attrib.items() if etree.QName(key).localname == "val"), "")


def _levels(styles: Any) -> dict[str, int]:
    """The level of each style that is the title or a heading, or ``ITEM``, by its id."""
    found = {}
    for style in styles:
        key = next((value for name, value in style.attrib.items() if etree.QName(name).localname == "styleId"), None)
        title = (_value(style, "name") or "").lower()
        outline = _value(style, "pPr", "outlineLvl")
        if key and title.startswith("heading ") and title[8:].isdigit():
            found[key] = min(int(title[8:]) + TITLE, DEEPEST)
        elif key and outline and outline.isdigit() and int(outline) < 9:
            found[key] = min(int(outline) + 1 + TITLE, DEEPEST)
        elif key and title == "title":
            found[key] = TITLE
        elif key and _value(style, "pPr", "numPr", "numId") is not None:
            found[key] = ITEM
    return found


def _blocks(parent: Any, levels: dict[str, int]) -> Iterator[Block]:
    for node in parent:
        name = _name(node)
        if name == "p":
            text = _text(node)
            if text:
                yield _paragraph(node, text, levels)
        elif name == "tbl":
            rows = [_row(row) for row in node if _name(row) == "tr"]
            if rows:
                yield Block("table", rows=rows)
        elif name in _CONTAINERS:
            yield from _blocks(node, levels)


def _paragraph(node: Any, text: str, levels: dict[str, int]) -> Block:
    level = levels.get(_value(node, "pPr", "pStyle") or "")
    if level:
        return Block("heading", text, level)
    number = _value(node, "pPr", "numPr", "numId")
    is_item = number != "0" and (number is not None or level == ITEM)
    return Block("item" if is_item else "text", text)


def _row(node: Any) -> list[Cell]:
    cells = []
    for cell in (child for child in node if _name(child) == "tc"):
        span = _value(cell, "tcPr", "gridSpan") or "1"
        columns = min(int(span), 60) if span.isdigit() and int(span) else 1
        texts = (_text(part) for part in cell if _name(part) != "tcPr")
        cells.append(Cell("\n".join(text for text in texts if text), columns))
    return cells


def _text(node: Any) -> str:
    return "".join(_pieces(node)).strip()


def _pieces(node: Any) -> Iterator[str]:
    for child in node:
        name = _name(child)
        if name == "t":
            yield child.text or ""
        elif name in _SIGNS:
            yield _SIGNS[name]
        elif name not in _SKIPPED:
            yield from _pieces(child)
            if name == "p":  # in a text box or in a table within a cell
                yield "\n"


def _within_bounds(blocks: Iterator[Block]) -> tuple[list[Block], bool]:
    """The first blocks, and whether there are more than are shown."""
    found: list[Block] = []
    parts = letters = 0
    for block in blocks:
        parts += len(block.rows) or 1
        letters += len(block.text) + sum(len(cell.text) for row in block.rows for cell in row)
        if parts > MOST_BLOCKS or letters > MOST_LETTERS:
            room = max(MOST_BLOCKS - (parts - len(block.rows)), 0)
            if block.rows[:room] and letters <= MOST_LETTERS:
                found.append(Block(block.sort, rows=block.rows[:room]))
            return found, True
        found.append(block)
    return found, False
