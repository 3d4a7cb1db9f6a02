"""The text of an uploaded feedback: .docx with its automatic numbering, or .txt in either usual encoding."""

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from django.utils.translation import gettext as _
from docx import Document
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph

MOST_BYTES = 20 << 20
MOST_UNPACKED = 100 << 20
MOST_CHARACTERS = 1_000_000
_CHINESE = "零一二三四五六七八九"


class Unreadable(Exception):
    """The file is no text that can be read; the text is the sentence to show."""


def text_of(filename: str, content: bytes) -> str:
    """The paragraphs of a file, one a line. Raises Unreadable."""
    if len(content) > MOST_BYTES:
        raise Unreadable(_("The file is larger than %(size)s MB.") % {"size": MOST_BYTES >> 20})
    kind = PurePath(filename).suffix.lower()
    if kind == ".docx":
        text = _docx(content)
    elif kind == ".txt":
        text = _plain(content)
    else:
        raise Unreadable(_("Only .docx and .txt can be read; save the file as one of them, or paste its text."))
    if len(text) > MOST_CHARACTERS:
        raise Unreadable(_("The text is longer than a feedback can be."))
    return text.replace("\x00", "")


def _plain(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(_("The file is not written in UTF-8 or GB18030; save it anew as plain text."))


def _docx(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
                raise Unreadable(_("The file unpacks to more than %(size)s MB.") % {"size": MOST_UNPACKED >> 20})
        document = Document(io.BytesIO(content))
    except Unreadable:
        raise
    except Exception as error:  # python-docx and lxml raise many kinds on a broken file
        raise Unreadable(_("The file is not a Word document that can be read, or it is encrypted.")) from error
    counter = _Numbers(document)
    lines = []
    for block in document.iter_inner_content():
        if isinstance(block, Paragraph):
            lines.append(counter.label(block) + block.text)
        elif isinstance(block, Table):
            lines += ["\t".join(texts) for texts in _rows(block)]
    return "\n".join(lines)


def _rows(table: Table) -> Iterator[list[str]]:
    """The cells of each row; a merged cell stands once."""
    for row in table.rows:
        cells = {id(cell._tc): cell for cell in row.cells}
        yield [" ".join(cell.text.split()) for cell in cells.values()]


class _Numbers:
    """Automatic numbering: Word counts when it shows the page, and the number is nowhere in the text."""

    def __init__(self, document: Any) -> None:
        self.levels: dict[tuple[str, int], tuple[str, str, int]] = {}
        self.counts: dict[str, list[int]] = defaultdict(lambda: [0] * 9)
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError):
            return
        shapes = {shape.get(qn("w:abstractNumId")): shape for shape in root.findall(qn("w:abstractNum"))}
        for number in root.findall(qn("w:num")):
            shape = shapes.get(number.find(qn("w:abstractNumId")).get(qn("w:val")))
            for level in shape.findall(qn("w:lvl")) if shape is not None else []:
                place = int(level.get(qn("w:ilvl")))
                self.levels[number.get(qn("w:numId")), place] = (
                    _value(level, "w:numFmt", "decimal"), _value(level, "w:lvlText", ""),
                    int(_value(level, "w:start", "1")),
                )  # fmt: skip

    def label(self, paragraph: Paragraph) -> str:
        """The number before a paragraph as it is shown; "" where there is none."""
        found = paragraph._p.find(f".//{qn('w:numPr')}")
        style = paragraph.style.element if found is None and paragraph.style is not None else None
        found = style.find(f".//{qn('w:numPr')}") if style is not None else found
        if found is None:
            return ""
        number, level = _value(found, "w:numId", ""), int(_value(found, "w:ilvl", "0"))
        if (number, level) not in self.levels:
            return ""
        counts = self.counts[number]
        counts[level] += 1
        counts[level + 1 :] = [0] * (8 - level)
        return re.sub(r"%([1-9])", lambda mark: self._shown(number, int(mark[1]) - 1), self.levels[number, level][1])

    def _shown(self, number: str, level: int) -> str:
        form, _text, start = self.levels.get((number, level), ("decimal", "", 1))
        value = max(self.counts[number][level], 1) + start - 1
        if form.startswith(("chinese", "japaneseCounting", "taiwaneseCounting", "ideograph")):
            return chinese_number(value)
        return str(value) if form != "bullet" else ""


def _value(element: Any, name: str, default: str) -> str:
    child = element.find(qn(name))
    return default if child is None else child.get(qn("w:val"), default)


def chinese_number(value: int) -> str:
    """A number below a hundred as headings bear it: 十二, 二十."""
    tens, ones = divmod(value, 10)
    return ("" if tens < 2 else _CHINESE[tens]) + ("十" if tens else "") + ("" if tens and not ones else _CHINESE[ones])
