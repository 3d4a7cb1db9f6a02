"""Every Word paper measured against GB/T 9704-2012: the page, its lines, the fonts of each level, heads, signatures.

The standard's measures stand here once more on purpose: what the layout is made of must not also judge it.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from docx.document import Document as DocumentType
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table

from findings.choices import ExtensionKind
from findings.documents import pages
from findings.documents.bulletin import TEMPLATES as WORDS_TEMPLATES
from findings.documents.bulletin import Block, WordsPage
from findings.documents.docx.build import TEMPLATES
from findings.documents.docx.layout import blank, paragraph, table
from findings.documents.report import compile_report
from findings.documents.word import TEMPLATES as FOLDER
from findings.documents.word import render
from findings.figures import scope_of
from findings.tests import factories
from findings.tests.factories import World
from findings.workflow import plan, progress

PAGE = (210, 297, 37, 35, 28, 26)  # paper, then the margins above, below, left and right, in mm
TEXT_WIDTH, TEXT_HEIGHT = 156, 225  # mm
LINES, CHARACTERS, PITCH = 22, 28, 28.95
MM = 72 / 25.4  # points
# The face that Chinese text has on each level, and its points: 2号 is 22, 3号 is 16.
FACES = {
    "PaperTitle": ("方正小标宋简体", 22), "PaperSubtitle": ("楷体_GB2312", 16), "PaperAddressee": ("仿宋_GB2312", 16),
    "Heading 1": ("黑体", 16), "Heading 2": ("楷体_GB2312", 16), "Heading 3": ("仿宋_GB2312", 16),
    "PaperText": ("仿宋_GB2312", 16), "PaperSigned": ("仿宋_GB2312", 16),
}  # fmt: skip
# What the standard leaves open: captions, notes below a form, pictures, and the words within tables.
SMALL = {"TableCaption": 12, "PaperNote": 9, "Picture": 10.5, "TableHead": 10.5, "TableText": 10.5, "FormLabel": 12,
         "FormText": 12}  # fmt: skip
# The beginning of a paragraph and the level that it must be on; a single sentence may go on behind “1.”.
NUMBERED = (
    (r"[一二三四五六七八九十]+、", {"Heading 1"}),
    (r"（[一二三四五六七八九十]+）", {"Heading 2"}),
    (r"\d+\. ?|（\d+）", {"PaperText", "Heading 3"}),
)
KEPT = {"PaperTitle", "PaperSubtitle", "TableCaption", "Heading 1", "Heading 2", "Heading 3"}
DAY = re.compile(r"[1-9]\d{3}年[1-9]\d?月[1-9]\d?日|\{\{ \w+ \}\}")


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.docx")))
def test_template_keeps_to_the_standard(name: str) -> None:
    content = (FOLDER / name).read_bytes()
    assert faults(Document(BytesIO(content))) == []
    assert strangers(content) == []


def test_every_template_is_measured() -> None:
    assert {path.name for path in FOLDER.glob("*.docx")} == set(TEMPLATES)


def _period(world: World, code: str, day: int) -> bytes:
    progress.open_periods(world.campaign, on=world.day(220))
    row = compile_report(world.campaign, world.campaign.periods.get(code=code), at=world.at(day))
    with row.word_file.open("rb") as file:
        return bytes(file.read())


def _extension(world: World, kind: ExtensionKind) -> bytes:
    request = factories.extension_at("head", world, row=world.measures[3], kind=kind)
    return pages.request_file(request, on=world.day(40))


def _plan(world: World) -> bytes:
    plan.add_recommendation(world.campaign, answers=[world.measures[0]], title="Advice", by=world.office)
    return pages.plan_file(scope_of(world.campaign, None), on=world.day(40))


FILLED: dict[str, Callable[[World], bytes]] = {
    "month report": lambda world: _period(world, "2025-06", 125),
    "quarter report": lambda world: _period(world, "2025-Q3", 230),
    "notice": lambda world: pages.notice_file(factories.hang_all(world, world.measures[0])["SupervisionNotice"],
                                              on=world.day(40)),
    "closure": lambda world: pages.request_file(factories.closure_at("leader", world), on=world.day(40)),
    "extension": lambda world: _extension(world, ExtensionKind.EXTENSION),
    "conversion": lambda world: _extension(world, ExtensionKind.CONVERSION),
    "plan": _plan,
}  # fmt: skip


# The reports in words say what was released, whatever it is: what counts here is how it is set.
IN_WORDS = WordsPage(
    title=["某高级人民法院", "关于巡视整改进展情况的通报"], addressee="省委巡视组",
    blocks=[Block(1, "一、组织领导"), Block(2, "（一）审判执行"), Block(3, "1. 一个问题"), Block(0, "一是修订规程。")],
    signature="某高级人民法院党组", made_on="2025年7月1日", revision=1, digest="0" * 64,
)  # fmt: skip
FILLED |= {name: lambda world, name=name: render(name, IN_WORDS) for name in WORDS_TEMPLATES.values()}


@pytest.mark.parametrize("kind", FILLED)
def test_filled_paper_keeps_to_the_standard(past: World, kind: str) -> None:
    content = FILLED[kind](past)
    assert faults(Document(BytesIO(content))) == []
    assert strangers(content) == []


def test_pending_request_has_a_line_for_every_signature_to_come(past: World) -> None:
    document = Document(BytesIO(FILLED["closure"](past)))
    rows = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    signed = [row for row in rows if row[2] == "签名\n日期"]
    assert [(row[0], row[1][:2], bool(row[3].strip())) for row in signed] == [
        ("牵头部门负责人", "同意", True), ("牵头院领导", "", False), ("整改办", "", False), ("领导小组", "", False),
    ]  # fmt: skip


def test_measuring_finds_what_is_off() -> None:
    document = blank()
    document.sections[0].left_margin = Mm(30)
    document.settings.odd_and_even_pages_header_footer = False
    paragraph(document, "一、标题", "PaperText")
    paragraph(document, "正文", "PaperText").add_run("宋").font.size = Pt(12)
    paragraph(document, "正文", "PaperText").paragraph_format.line_spacing = Pt(30)
    paragraph(document, "二、标题", "Heading 1").paragraph_format.keep_with_next = False
    paragraph(document, "办公室", "PaperSigned")
    paragraph(document, "二〇二五年三月一日", "PaperSigned")
    table(document, ["一", "二"], [80, 90], [["1", "2"]], set())
    document.tables[0].rows[0]._tr.trPr.clear()

    assert faults(document) == [
        "page: 210 297 37 35 30 26", "footers: the same on both sides", "一、标题: PaperText",
        "正文宋: a face of its own",
        "正文: 30.0 pt a line", "二、标题: parted from what follows", "signature: 0.0 pt from the edge, not 32",
        "signature: 0.0 pt from the edge, not 64", "二〇二五年三月一日: no day in Arabic digits",
        "table: 170 mm wide", "table: a row that splits", "table: no head on the next page",
    ]  # fmt: skip


# --- How it is measured ------------------------------------------------------------------------------------


def faults(document: DocumentType) -> list[str]:
    """Where a paper leaves the standard."""
    return [*_page(document), *_grid(document), *_footers(document), *_paragraphs(document), *_signature(document),
            *(fault for grid in document.tables for fault in _table(grid))]  # fmt: skip


def strangers(content: bytes) -> list[str]:
    """Parts of a file that no paper of ours has: fonts, macros, links to elsewhere."""
    with zipfile.ZipFile(BytesIO(content)) as package:
        found = [name for name in package.namelist() if re.search(r"fonts/|\.odttf|vbaProject|embeddings/", name)]
        links = [name for name in package.namelist()
                 if name.endswith(".rels") and b'TargetMode="External"' in package.read(name)]  # fmt: skip
        settings = package.read("word/settings.xml")
    return found + links + [tag for tag in ("embedTrueTypeFonts", "saveSubsetFonts") if tag.encode() in settings]


def _page(document: DocumentType) -> Iterator[str]:
    for section in document.sections:
        lengths = (section.page_width, section.page_height, section.top_margin, section.bottom_margin,
                   section.left_margin, section.right_margin)  # fmt: skip
        if any(abs(length / Mm(1) - wanted) > 0.05 for length, wanted in zip(lengths, PAGE, strict=True)):
            yield "page: " + " ".join(f"{length / Mm(1):.0f}" for length in lengths)


def _grid(document: DocumentType) -> Iterator[str]:
    """22 lines go into the height of the text and no 23rd; 28 characters into its width and no 29th."""
    for section in document.sections:
        grid = section._sectPr.find(qn("w:docGrid"))
        pitch = int(grid.get(qn("w:linePitch"))) / 20
        if pitch != PITCH or not LINES * pitch <= TEXT_HEIGHT * MM < (LINES + 1) * pitch:
            yield f"grid: {pitch} pt a line"
    spacing = document.styles["PaperText"].element.rPr.find(qn("w:spacing"))
    wide = 16 + int(spacing.get(qn("w:val"))) / 20
    if not CHARACTERS * wide <= TEXT_WIDTH * MM < (CHARACTERS + 1) * wide:
        yield f"grid: {wide} pt a character"


def _footers(document: DocumentType) -> Iterator[str]:
    """“— 1 —” in 14 points, one character from the outer edge, its dash 7 mm below the text."""
    if not document.settings.odd_and_even_pages_header_footer:
        yield "footers: the same on both sides"
    for section in document.sections:
        for footer, side in ((section.footer, ALIGN.RIGHT), (section.even_page_footer, ALIGN.LEFT)):
            line = footer.paragraphs[0]
            shape = line.paragraph_format
            codes = [code.text.strip() for code in line._p.iter(qn("w:instrText"))]
            indent = shape.right_indent if side == ALIGN.RIGHT else shape.left_indent
            faces = {run._element.rPr.find(qn("w:rFonts")).get(qn("w:eastAsia")) for run in line.runs}
            found = (line.text, codes, line.alignment, indent, {run.font.size for run in line.runs}, faces)
            if found != ("— 1 —", ["PAGE"], side, Pt(14), {Pt(14)}, {"宋体"}):
                yield f"footer: {found}"
        # The line of the number is 14 points high and hangs from the footer's distance: its middle is the dash.
        if not 6.5 < PAGE[3] - section.footer_distance / Mm(1) - 14 * 1.17 / 2 / MM < 7.9:
            yield f"footer: {section.footer_distance / Mm(1):.1f} mm from the edge"


def _paragraphs(document: DocumentType) -> Iterator[str]:
    for line in document.paragraphs:
        name, words = line.style.name, line.text[:20]
        yield from _face(document, line, words)
        if name in FACES and _spacing(line) != (WD_LINE_SPACING.EXACTLY, Pt(PITCH)):
            yield f"{words}: {_spacing(line)[1].pt} pt a line"
        if name in KEPT and not _inherited(line, "keep_with_next"):
            yield f"{words}: parted from what follows"
        level = next((styles for pattern, styles in NUMBERED if re.match(pattern, line.text)), None)
        if level and name not in level:
            yield f"{words}: {name}"
        if name == "PaperText" and line.style.element.pPr.find(qn("w:ind")).get(qn("w:firstLineChars")) != "200":
            yield f"{words}: not two characters in"


def _face(document: DocumentType, line: Any, words: str) -> Iterator[str]:
    """The face comes from the style, named for Chinese text; no run has one of its own."""
    style = document.styles[line.style.name]
    fonts = style.element.rPr.find(qn("w:rFonts"))
    family, size = FACES.get(style.name) or ("", SMALL.get(style.name))
    if style.font.size != (Pt(size) if size else None) or family not in ("", fonts.get(qn("w:eastAsia"))):
        yield f"{words}: {style.name} in {fonts.get(qn('w:eastAsia'))} {style.font.size}"
    if any("Theme" in attribute for attribute in fonts.attrib) or style.font.bold:
        yield f"{words}: {style.name} takes its face from a theme or is bold"
    if any(run.font.size or run.font.bold or run._element.find(f".//{qn('w:rFonts')}") is not None
           for run in line.runs):  # fmt: skip
        yield f"{words}: a face of its own"


def _signature(document: DocumentType) -> Iterator[str]:
    """Who signs two characters from the right edge, the day below it four, in Arabic digits without zeros."""
    signed = [line for line in document.paragraphs if line.style.name == "PaperSigned"]
    for line, characters in zip(signed, (2, 4), strict=bool(signed)):
        indent = line.paragraph_format.right_indent or Pt(0)
        if indent != Pt(16 * characters):
            yield f"signature: {indent.pt} pt from the edge, not {16 * characters}"
    if signed and (not DAY.fullmatch(signed[-1].text) or signed[-1].style.paragraph_format.alignment != ALIGN.RIGHT):
        yield f"{signed[-1].text}: no day in Arabic digits"


def _table(grid: Table) -> Iterator[str]:
    """No row parts, the head comes again on each page, and everything is within the width of the text."""
    wide = sum(column.width for column in grid.columns) / Mm(1)
    if wide > TEXT_WIDTH + 0.5:
        yield f"table: {wide:.0f} mm wide"
    properties = [{child.tag for child in row._tr.trPr} if row._tr.trPr is not None else set() for row in grid.rows]
    if any(qn("w:cantSplit") not in found for found in properties):
        yield "table: a row that splits"
    first = {line.style.name for cell in grid.rows[0].cells for line in cell.paragraphs}
    if first == {"TableHead"} and qn("w:tblHeader") not in properties[0]:
        yield "table: no head on the next page"
    unknown = {line.style.name for row in grid.rows for cell in row.cells for line in cell.paragraphs} - set(SMALL)
    if unknown:
        yield f"table: {sorted(unknown)}"


def _spacing(line: Any) -> tuple[Any, Any]:
    own, styled = line.paragraph_format, line.style.paragraph_format
    return own.line_spacing_rule or styled.line_spacing_rule, own.line_spacing or styled.line_spacing


def _inherited(line: Any, name: str) -> bool:
    own = getattr(line.paragraph_format, name)
    return bool(getattr(line.style.paragraph_format, name) if own is None else own)
