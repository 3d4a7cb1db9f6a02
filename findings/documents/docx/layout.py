"""The page of GB/T 9704-2012 as Word styles: margins, line grid, fonts, headings, page number, tables."""

from typing import Any

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt, RGBColor

SONG, HEI, KAI, FANG, TITLE = "宋体", "黑体", "楷体_GB2312", "仿宋_GB2312", "方正小标宋简体"
LATIN = "Times New Roman"
PITCH = 579  # twips of a line: 22 lines in 225 mm; with a round 29 pt the last one moves to the next page
TIGHTER = -5  # twips between two 16-point characters: 28 of them in 156 mm, which a character grid gives in Word alone
TABLE_MARGIN, FORM_MARGIN = 60, 100  # twips between a rule and the words beside it
FOOTER = Mm(24.7)  # from the paper's edge, so that the dash of the page number stands 7 mm below the text


def blank() -> DocumentType:
    """An empty document with the page, the styles and the page number of an official paper."""
    document = Document()
    _page(document)
    _styles(document)
    _page_numbers(document)
    document.core_properties.author = ""
    document.core_properties.comments = ""
    return document


def paragraph(document: DocumentType, text: str, style: str) -> Any:
    """A paragraph in one of the styles below."""
    return document.add_paragraph(text, style=style)


def table(
    document: DocumentType, head: list[str], widths: list[float], rows: list[list[str]], centred: set[int],
    *, together: bool = False,
) -> None:  # fmt: skip
    """A table whose heading row stands on every page. A row with one text is a ``{%tr %}`` line.

    ``together`` keeps the rows of a table with a total on one page, where they fit on one.
    """
    grid = document.add_table(rows=0, cols=len(head), style="Table Grid")
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    grid.autofit = False
    _cell_margins(grid, TABLE_MARGIN)
    for position, values in enumerate([head, *rows]):
        row = grid.add_row()
        _row_property(row, "w:cantSplit")
        if position == 0:
            _row_property(row, "w:tblHeader")
        for number, width in enumerate(widths):
            cell = row.cells[number]
            cell.width = Mm(width)
            text = cell.paragraphs[0]
            text.style = document.styles["TableText" if position else "TableHead"]
            text.add_run(values[number] if number < len(values) else "")
            text.paragraph_format.keep_with_next = True if together and position < len(rows) else None
            if number in centred:
                text.alignment = ALIGN.CENTER
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Mm(width)


def signature(document: DocumentType, organ: str, day: str) -> list[Any]:
    """Who signs, two characters from the right edge, and below it the day, four characters: there the seal goes."""
    lines = [paragraph(document, organ, "PaperSigned"), paragraph(document, day, "PaperSigned")]
    for line, characters in zip(lines, (2, 4), strict=True):
        line.paragraph_format.right_indent = Pt(16 * characters)
        line.paragraph_format.keep_together = True
    lines[0].paragraph_format.keep_with_next = True
    return lines


def form(document: DocumentType, widths: list[float], rows: list[list[tuple[str, int]]], *, tall: float = 9) -> None:
    """A form: cells of (text, columns that it spans), the labels in the odd places set apart; rows ``tall`` mm or more.

    A row with one cell whose text begins with ``{%tr`` is a line of the template's own.
    """
    grid = document.add_table(rows=0, cols=len(widths), style="Table Grid")
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    grid.autofit = False
    _cell_margins(grid, FORM_MARGIN)
    for cells in rows:
        row = grid.add_row()
        _row_property(row, "w:cantSplit")
        row.height, row.height_rule = Mm(tall), WD_ROW_HEIGHT_RULE.AT_LEAST
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)
        place = 0
        for order, (text, span) in enumerate(cells):
            cell = row.cells[place]
            if span > 1:
                cell = cell.merge(row.cells[place + span - 1])
            place += span
            _fill_cell(document, cell, text, is_label=order % 2 == 0 and len(cells) > 1)
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Mm(width)


def _fill_cell(document: DocumentType, cell: Any, text: str, *, is_label: bool) -> None:
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    for order, line in enumerate(text.split("\n")):
        place = cell.paragraphs[0] if order == 0 else cell.add_paragraph()
        place.style = document.styles["FormLabel" if is_label else "FormText"]
        place.add_run(line)


def _page(document: DocumentType) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(15), FOOTER
    properties = section._sectPr
    for old in properties.findall(qn("w:docGrid")):
        properties.remove(old)
    grid = OxmlElement("w:docGrid")
    for name, value in (("type", "lines"), ("linePitch", PITCH)):
        grid.set(qn(f"w:{name}"), str(value))
    properties.append(grid)


def _styles(document: DocumentType) -> None:
    normal = document.styles["Normal"]
    _font(normal, FANG, 16)
    _spacing(normal, exact=True)
    normal.paragraph_format.widow_control = False
    normal.element.get_or_add_rPr().append(_language())
    # 22 points do not stand on one line of the grid: LibreOffice would give each line of a title two of them.
    _off_the_grid(_style(document, "PaperTitle", TITLE, 22, align=ALIGN.CENTER, keep=True))
    _style(document, "PaperSubtitle", KAI, 16, align=ALIGN.CENTER, keep=True)
    _style(document, "PaperText", FANG, 16, align=ALIGN.JUSTIFY, indent=2)
    _style(document, "PaperAddressee", FANG, 16, align=ALIGN.LEFT)
    _style(document, "PaperSigned", FANG, 16, align=ALIGN.RIGHT)
    _style(document, "PaperNote", FANG, 9, align=ALIGN.LEFT, exact=False)
    _style(document, "TableCaption", HEI, 12, align=ALIGN.CENTER, keep=True)
    _style(document, "TableText", FANG, 10.5, align=ALIGN.LEFT, exact=False)
    _style(document, "TableHead", HEI, 10.5, align=ALIGN.CENTER, exact=False, keep=True)
    _style(document, "FormText", FANG, 12, align=ALIGN.LEFT, exact=False)
    _style(document, "FormLabel", HEI, 12, align=ALIGN.CENTER, exact=False)
    _style(document, "Picture", FANG, 10.5, align=ALIGN.CENTER, exact=False)
    for level, family in ((1, HEI), (2, KAI), (3, FANG)):
        heading = document.styles[f"Heading {level}"]
        _font(heading, family, 16)
        heading.font.bold = heading.font.italic = False
        _spacing(heading, exact=True)
        _indent(heading, 2)
        heading.paragraph_format.keep_with_next = True


def _style(
    document: DocumentType, name: str, family: str, size: float, *, align: ALIGN, exact: bool = True,
    indent: int = 0, keep: bool = False,
) -> Any:  # fmt: skip
    style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Normal"]
    _font(style, family, size)
    _spacing(style, exact=exact)
    style.paragraph_format.alignment = align
    style.paragraph_format.keep_with_next = keep
    if indent:
        _indent(style, indent)
    if not exact:
        style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(1.5)
        _off_the_grid(style)
    return style


def _off_the_grid(style: Any) -> None:
    """Lines as high as they are, not as high as the lines of the page."""
    grid = OxmlElement("w:snapToGrid")
    grid.set(qn("w:val"), "0")
    style.element.get_or_add_pPr().find(qn("w:spacing")).addprevious(grid)


def _font(style: Any, family: str, size: float) -> None:
    """Both the Latin and the East Asian font: without the latter Chinese text falls back to whatever is there."""
    style.font.name, style.font.size = LATIN, Pt(size)
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().find(qn("w:rFonts"))
    for name in list(fonts.attrib):
        if name.endswith("Theme"):
            del fonts.attrib[name]
    fonts.set(qn("w:eastAsia"), family)
    fonts.set(qn("w:cs"), LATIN)
    spacing = OxmlElement("w:spacing")
    spacing.set(qn("w:val"), str(TIGHTER if size == 16 else 0))
    style.element.rPr.find(qn("w:color")).addnext(spacing)  # Word wants the schema's order


def _spacing(style: Any, *, exact: bool) -> None:
    shape = style.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    if exact:
        shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Emu(PITCH * 635)
    else:
        shape.line_spacing_rule = WD_LINE_SPACING.SINGLE


def _indent(style: Any, characters: int) -> None:
    place = style.element.get_or_add_pPr().get_or_add_ind()
    place.set(qn("w:firstLineChars"), str(characters * 100))
    place.set(qn("w:firstLine"), str(characters * 320))


def _language() -> Any:
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    return language


def _page_numbers(document: DocumentType) -> None:
    """“— 1 —” in 14 points, outside: right on odd pages, left on even ones, one character in."""
    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    for footer, align in ((section.footer, ALIGN.RIGHT), (section.even_page_footer, ALIGN.LEFT)):
        footer.is_linked_to_previous = False
        line = footer.paragraphs[0]
        line.style = document.styles["Normal"]
        line.alignment = align
        shape = line.paragraph_format
        shape.line_spacing_rule = WD_LINE_SPACING.SINGLE
        shape.right_indent, shape.left_indent = (Pt(14), None) if align == ALIGN.RIGHT else (None, Pt(14))
        for text, field in _NUMBER:
            _field_run(line.add_run(), text, field)


_NUMBER = (("— ", ""), ("", "begin"), ("PAGE", "code"), ("", "separate"), ("1", ""), ("", "end"), (" —", ""))


def _field_run(run: Any, text: str, field: str) -> None:
    run.font.name, run.font.size = SONG, Pt(14)
    run._element.rPr.find(qn("w:rFonts")).set(qn("w:eastAsia"), SONG)
    if field in ("begin", "separate", "end"):
        mark = OxmlElement("w:fldChar")
        mark.set(qn("w:fldCharType"), field)
        run._element.append(mark)
    elif field == "code":
        code = OxmlElement("w:instrText")
        code.set(qn("xml:space"), "preserve")
        code.text = f" {text} "
        run._element.append(code)
    else:
        run.text = text


def _cell_margins(grid: Any, width: int) -> None:
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(width))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    grid._tbl.tblPr.find(qn("w:tblLook")).addprevious(margins)


def _row_property(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))
