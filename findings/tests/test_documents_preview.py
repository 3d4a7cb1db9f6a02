"""What of a stored file a page may show, and that hostile files get one sentence and cost little."""

import io
import struct
import time
import zipfile
import zlib
from datetime import date
from typing import Any

import pytest
from docx import Document
from openpyxl import Workbook
from PIL import Image

from findings.documents import preview, wordtext
from findings.documents.preview import NoPreview, Preview, preview_of
from findings.documents.uploads import CONTENT_TYPES
from findings.documents.wordtext import Block, Cell

pytestmark = pytest.mark.usefixtures("english")

DOCX, XLSX, PDF, PNG, TXT = (CONTENT_TYPES[kind] for kind in ("docx", "xlsx", "pdf", "png", "txt"))
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
DAMAGED = "The file is damaged or protected and cannot be shown; download it to look further."
NO_BOOK = (
    "The workbook is too large, damaged or protected, or holds macros, and is not shown; download it to look further."
)


def shown(content_type: str, content: bytes) -> Preview:
    return preview_of(content_type, io.BytesIO(content))


def refusal(content_type: str, content: bytes) -> str:
    with pytest.raises(NoPreview) as error:
        shown(content_type, content)
    return str(error.value)


def saved(thing: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    thing.save(out, **options)
    return out.getvalue()


def word(body: str = "", *, raw: str = "", **parts: str) -> bytes:
    """A package with only the parts that are read; ``raw`` in place of the whole document part."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", raw or f"<w:document {W}><w:body>{body}</w:body></w:document>")
        for name, content in parts.items():
            package.writestr(f"word/{name}", content)
    return out.getvalue()


def para(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


# --- Word --------------------------------------------------------------------------------------------------


def test_words_of_a_real_file() -> None:
    document = Document()
    document.add_heading("Minutes", 0)
    document.add_heading("First", 1)
    document.add_paragraph("Plain <b>text</b> & more")
    document.add_paragraph("One", style="List Bullet")
    table = document.add_table(2, 2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "Head"
    table.cell(1, 0).text, table.cell(1, 1).text = "a", "b\nc"
    document.add_picture(io.BytesIO(saved(Image.new("RGB", (2, 2)), format="PNG")))

    found = shown(DOCX, saved(document))

    assert found.sort == "words"
    assert [(block.sort, block.level, block.text) for block in found.blocks[:4]] == [
        ("heading", 1, "Minutes"), ("heading", 2, "First"), ("text", 0, "Plain <b>text</b> & more"), ("item", 0, "One"),
    ]  # fmt: skip
    assert found.blocks[4].rows == [[Cell("Head", 2)], [Cell("a"), Cell("b\nc")]]
    assert found.left_out == ["1 picture is not shown."]


def test_words_that_are_not_text_are_left_out() -> None:
    body = (
        para("kept", '<w:numPr><w:numId w:val="2"/></w:numPr>')
        + para("plain", '<w:numPr><w:numId w:val="0"/></w:numPr>')
        + "<w:p><w:del><w:r><w:delText>gone</w:delText><w:t>gone too</w:t></w:r></w:del><w:ins><w:r><w:t>new</w:t>"
        "<w:tab/><w:t>line</w:t><w:br/><w:instrText>HYPERLINK http://e.example</w:instrText></w:r></w:ins></w:p>"
        + "<w:sdt><w:sdtContent>" + para("in a frame") + "</w:sdtContent></w:sdt><w:sectPr/><w:p/><w:tbl/>"
    )  # fmt: skip
    assert shown(DOCX, word(body)).blocks == [
        Block("item", "kept"), Block("text", "plain"), Block("text", "new\tline"), Block("text", "in a frame"),
    ]  # fmt: skip


def test_headings_by_name_and_by_outline() -> None:
    styles = (
        f'<w:styles {W}><w:style w:styleId="a"><w:name w:val="heading 2"/></w:style>'
        '<w:style w:styleId="b"><w:name w:val="Own"/><w:pPr><w:outlineLvl w:val="6"/></w:pPr></w:style>'
        '<w:style w:styleId="c"><w:name w:val="Normal"/></w:style><w:style/></w:styles>'
    )
    body = "".join(para(key, f'<w:pStyle w:val="{key}"/>') for key in "abcd")
    found = shown(DOCX, word(body, **{"styles.xml": styles})).blocks
    assert [(block.sort, block.level) for block in found] == [("heading", 3), ("heading", 4), ("text", 0), ("text", 0)]


def test_text_box_is_read_once_and_its_fallback_is_left_out() -> None:
    box = (
        "<w:p><w:r><w:AlternateContent><w:Choice><w:drawing><w:p><w:r><w:t>in a box</w:t></w:r></w:p></w:drawing>"
        "</w:Choice><w:Fallback><w:pict><w:p><w:r><w:t>in a box</w:t></w:r></w:p></w:pict></w:Fallback>"
        "</w:AlternateContent></w:r></w:p>"
    )
    found = shown(DOCX, word(box))
    assert (found.blocks, found.left_out) == ([Block("text", "in a box")], ["1 picture is not shown."])


def test_cell_spans_are_bounded() -> None:
    cells = "".join(
        f'<w:tc><w:tcPr><w:gridSpan w:val="{span}"/></w:tcPr>{para("x")}</w:tc>' for span in ("2", "0", "-1", "9999")
    )
    [table] = shown(DOCX, word(f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>")).blocks
    assert [cell.columns for cell in table.rows[0]] == [2, 1, 1, 60]


def test_long_text_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordtext, "MOST_BLOCKS", 3)
    cut = ["Only the beginning is shown; the file goes on."]
    row = f"<w:tr><w:tc>{para('x')}</w:tc></w:tr>"
    assert shown(DOCX, word(para("a") * 3)).left_out == []
    assert len(shown(DOCX, word(para("a") * 3)).blocks) == 3
    assert shown(DOCX, word(para("a") * 4)).left_out == cut
    found = shown(DOCX, word(para("a") + f"<w:tbl>{row * 5}</w:tbl>"))
    assert ([len(block.rows) for block in found.blocks], found.left_out) == ([0, 2], cut)
    monkeypatch.setattr(wordtext, "MOST_LETTERS", 5)
    found = shown(DOCX, word(para("1234") + f"<w:tbl>{row * 2}</w:tbl>"))
    assert ([block.text for block in found.blocks], found.left_out) == (["1234"], cut)


def test_empty_text_says_so() -> None:
    assert shown(DOCX, word()).left_out == ["The file has no text."]


BILLION = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>'
)
DEEP = "<w:p>" * 100_000


@pytest.mark.parametrize(
    "content",
    [
        b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0" + bytes(600), word(para("x"))[:80],
        word(raw=f"{BILLION}<w:document {W}><w:body>&d;</w:body></w:document>"),
        word(raw=f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document {W}><w:body>&e;</w:body>'
                 "</w:document>"),
        word(raw="<w:document"), word(raw=f"<w:document {W}/>"), word(DEEP),
        word(para("x"), **{"vbaProject.bin": "x"}), word(para("x"), **{"styles.xml": "<broken"}),
    ],
    ids=["empty", "head only", "encrypted", "cut off", "entities", "outside entity", "no xml", "no body", "deep",
         "macros", "styles"],
)  # fmt: skip
def test_hostile_word_file_is_not_shown(content: bytes) -> None:
    began = time.monotonic()
    assert refusal(DOCX, content) == DAMAGED
    assert time.monotonic() - began < 5


def test_word_part_that_unpacks_to_too_much_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordtext, "MOST_XML", 10_000)
    assert refusal(DOCX, word(para("x" * 10_000))) == DAMAGED


def test_encrypted_part_and_unknown_compression_are_not_shown() -> None:
    for at, value in ((8, 1), (10, 99)):  # flags and method in the directory of the package
        content = bytearray(word(para("x")))
        content[content.rindex(b"PK\x01\x02") + at] = value
        assert refusal(DOCX, bytes(content)) == DAMAGED


# --- Workbooks ---------------------------------------------------------------------------------------------


def book(*rows: list, title: str = "One") -> Workbook:
    found = Workbook()
    found.active.title = title
    for row in rows:
        found.active.append(row)
    return found


def test_sheets_of_a_real_file() -> None:
    found = book(["Ledger", None, None], ["<b>no</b>", date(2025, 3, 3), 2.0], ["=1+1", None, True])
    found.active.merge_cells("A1:C1")
    found.create_sheet("Hidden").sheet_state = "hidden"

    sheets = shown(XLSX, saved(found)).sheets

    assert [sheet.title for sheet in sheets] == ["One", "Hidden (hidden)"]
    assert sheets[0].rows == [
        [Cell("Ledger", 3)],
        [Cell("<b>no</b>"), Cell("2025-03-03"), Cell("2")],
        [Cell(""), Cell(""), Cell("True")],
    ]
    assert (sheets[0].left_out, sheets[1].rows) == ("", [])


def test_large_workbook_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in (("MOST_SHEETS", 1), ("MOST_ROWS", 3), ("MOST_COLUMNS", 2)):
        monkeypatch.setattr(preview, name, most)
    found = book(*[[f"{row}.{column}" for column in range(4)] for row in range(5)])
    found.active.merge_cells("B2:D5")
    found.active.merge_cells("A4:A5")
    found.create_sheet("Two")

    answer = shown(XLSX, saved(found))

    [sheet] = answer.sheets
    assert sheet.rows == [[Cell("0.0"), Cell("0.1")], [Cell("1.0"), Cell("1.1", 1, 2)], [Cell("2.0")]]
    assert sheet.left_out == "Shown are 3 of 4 rows and 2 of 4 columns."
    assert answer.left_out == ["1 more sheet is not shown."]


def bomb() -> bytes:
    """A workbook whose one sheet unpacks to far more than is read."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("xl/workbook.xml", "<workbook/>")
        package.writestr("xl/worksheets/sheet1.xml", b"<c/>" * (16 * 1024 * 1024))
    return out.getvalue()


def macros() -> bytes:
    content = io.BytesIO(saved(book(["x"])))
    with zipfile.ZipFile(content, "a") as package:
        package.writestr("xl/vbaProject.bin", "x")
    return content.getvalue()


def test_hostile_workbook_is_not_shown() -> None:
    began = time.monotonic()
    for content in (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0" + bytes(600), saved(book(["x"]))[:500], bomb(), macros()):
        assert refusal(XLSX, content) == NO_BOOK
    assert time.monotonic() - began < 10


# --- What the browser draws --------------------------------------------------------------------------------


def test_pdf_is_left_to_the_browser_where_it_is_whole() -> None:
    assert shown(PDF, b"%PDF-1.7\n" + bytes(9000) + b"\n%%EOF\n").sort == "frame"
    for content in (b"", b"%PDF-1.7\n", b"<html>%%EOF", b"%PDF-1.7\n%%EOF" + bytes(5000)):
        assert refusal(PDF, content) == DAMAGED


def huge_png() -> bytes:
    """A picture of ten thousand million points in a few bytes."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_picture_is_left_to_the_browser_where_it_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Image.new("RGB", (20, 20))
    whole = saved(picture, format="PNG")
    assert shown(PNG, whole).sort == "image"
    assert shown(CONTENT_TYPES["jpg"], saved(picture, format="JPEG")).sort == "image"
    for content in (b"", whole[:40], saved(picture, format="GIF"), huge_png(), b"<svg onload=alert(1)>"):
        assert refusal(PNG, content) == DAMAGED
    monkeypatch.setattr(preview, "MOST_PIXELS", 399)
    assert refusal(PNG, whole) == "The picture is too large to be shown; download it to open it."


# --- Text and the rest -------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_plain_text(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(TXT, "整改完成 <b>".encode(encoding)).text == "整改完成 <b>"
    monkeypatch.setattr(preview, "MOST_TEXT", 3)
    found = shown(TXT, ("整改完成" * 9).encode(encoding))
    assert (found.text, found.left_out) == ("整改完", ["Only the beginning is shown; the file goes on."])


def test_plain_text_that_is_none() -> None:
    assert refusal(TXT, b"\xff\xfe\xff" * 50) == DAMAGED


@pytest.mark.parametrize("kind", ["ofd", "ole"])
def test_other_kinds_are_not_shown(kind: str) -> None:
    words = "Files of this kind are not shown in the browser; download it to open it."
    assert refusal(CONTENT_TYPES[kind], b"x") == words
    assert refusal("text/html", b"<script>") == words
