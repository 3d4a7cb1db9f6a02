"""A Word paper as a page of the browser: its lines and tables in order, each with the style that it is set in.

Only papers of our own are read so, filled a moment ago out of a template; what people upload goes through ``wordtext``.
"""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, cast

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.table import Table
from docx.text.paragraph import Paragraph

from findings.documents.wordtext import Unreadable

HEADINGS = {"PaperTitle": 2, "Heading 1": 3, "Heading 2": 4, "Heading 3": 5}  # below the page's own title
CHARACTER, PIXEL = Pt(16), Pt(0.75)


@dataclass(frozen=True)
class Line:
    """A paragraph. ``style`` is a class of paper.css; ``level`` that of a heading, else 0; ``picture`` a data: URL."""

    style: str
    text: str
    level: int = 0
    picture: str = ""


@dataclass(frozen=True)
class Cell:
    lines: list[Line]
    columns: int


@dataclass(frozen=True)
class Row:
    """``height`` in CSS pixels is what the row has at least, 0 where its words decide."""

    cells: list[Cell]
    height: int


@dataclass(frozen=True)
class Grid:
    """A table: the widths of its columns in percent, the row that comes again on each page, and the others."""

    widths: list[int]
    head: list[Cell]
    rows: list[Row]
    is_form: bool


def page_of(content: bytes) -> list[Line | Grid]:
    """The paper's lines and tables, in order. Raises Unreadable where the file is damaged."""
    try:
        document = Document(BytesIO(content))
    except Exception as error:  # no zip, a part that is missing, broken XML: there are many ways to say so
        raise Unreadable from error
    names = {style.style_id: str(style.name) for style in document.styles}
    return [
        _grid(block, names) if isinstance(block, Table) else _line(block, names, document)
        for block in document.iter_inner_content()
    ]


def _line(line: Paragraph, names: dict[str, str], document: DocumentType | None = None) -> Line:
    name = names.get(line._p.style or "", "Normal")
    classes = [name.replace(" ", "-").lower()]
    shape = line.paragraph_format
    if shape.right_indent:
        classes.append(f"right-{round(shape.right_indent / CHARACTER)}")
    if shape.keep_with_next:
        classes.append("kept")
    if line.alignment in (ALIGN.CENTER, ALIGN.LEFT):
        classes.append("centred" if line.alignment == ALIGN.CENTER else "ragged")
    picture = next(_pictures(line, document), "") if document is not None else ""
    return Line(" ".join(classes), line.text, HEADINGS.get(name, 0), picture)


def _pictures(line: Paragraph, document: DocumentType) -> Iterator[str]:
    for found in line._p.iter(qn("a:blip")):
        part: Any = document.part.related_parts[found.get(qn("r:embed")) or ""]
        yield f"data:{part.content_type};base64,{b64encode(part.blob).decode()}"


def _grid(table: Table, names: dict[str, str]) -> Grid:
    wide = [int(column.width or 0) for column in table.columns]
    rows = [
        Row([_cell(cell, table, names) for cell in row.tc_lst], round((row.trHeight_val or 0) / PIXEL))
        for row in table._tbl.tr_lst
    ]
    first = table._tbl.tr_lst[0].trPr
    has_head = first is not None and first.find(qn("w:tblHeader")) is not None
    return Grid(
        widths=[round(100 * width / max(1, sum(wide))) for width in wide],
        head=rows[0].cells if has_head else [],
        rows=rows[1:] if has_head else rows,
        is_form=not has_head,
    )


def _cell(cell: Any, table: Table, names: dict[str, str]) -> Cell:
    lines = [_line(Paragraph(found, cast(Any, table)), names) for found in cell.p_lst]
    return Cell(lines, cell.grid_span)
