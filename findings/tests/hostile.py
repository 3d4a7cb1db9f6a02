"""Workbooks that are broken, hostile or merely odd, each made on the spot; see test_documents_importer_hostile.py."""

import zipfile
import zlib
from collections.abc import Callable
from datetime import datetime, time, timedelta
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.datavalidation import DataValidation

from findings.tests.workbooks import saved, sheet_of

HEADS = ("措施序号", "反馈问题", "整改措施", "整改目标", "牵头部门", "整改时限")
GOOD = (1, "Issue 1", "Measure 1", "All of it", "Department a", "2025-06-11")
REFUSED, PROBLEMS, TAKEN = "refused", "problems", "taken"
CASES: dict[str, tuple[str, Callable[[], bytes]]] = {}
SHEET = "xl/worksheets/sheet1.xml"
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def plain() -> bytes:
    return sheet_of([HEADS, GOOD])


def case(outcome: str) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    def add(make: Callable[[], bytes]) -> Callable[[], bytes]:
        CASES[make.__name__] = (outcome, make)
        return make

    return add


def row(outcome: str, name: str, *cells: Any, heads: tuple[str, ...] = HEADS) -> None:
    """A case of one row under the usual headings."""
    CASES[name] = (outcome, lambda: sheet_of([heads, cells]))


def with_parts(content: bytes | None = None, *, drop: tuple[str, ...] = (), **parts: bytes) -> bytes:
    """The workbook with parts replaced (``sheet=`` and others by their short names), added or left out."""
    names = {"sheet": SHEET, "strings": "xl/sharedStrings.xml", "styles": "xl/styles.xml", "book": "xl/workbook.xml",
             "types": "[Content_Types].xml", "macros": "xl/vbaProject.bin", "other": "xl/other.xml",
             "links": "xl/externalLinks/externalLink1.xml"}  # fmt: skip
    wanted = {names[name]: data for name, data in parts.items()}
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(content or plain())) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            if item not in {*drop, *wanted}:
                new.writestr(item, old.read(item))
        for item, data in wanted.items():
            new.writestr(item, data)
    return file.getvalue()


def part(name: str = SHEET, content: bytes | None = None) -> bytes:
    with zipfile.ZipFile(BytesIO(content or plain())) as book:
        return book.read(name)


def raw_sheet(rows: str, *, after: str = "", before: str = "") -> bytes:
    """A sheet written by hand; its cells are inline texts."""
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    xml = f"{head}<worksheet {NS}>{before}<sheetData>{rows}</sheetData>{after}</worksheet>"
    return with_parts(sheet=xml.encode())


def cells(number: int, values: tuple[Any, ...]) -> str:
    inside = "".join(
        f'<c r="{chr(65 + n)}{number}" t="inlineStr"><is><t>{value}</t></is></c>' for n, value in enumerate(values)
    )
    return f'<row r="{number}">{inside}</row>'


TABLE = cells(1, HEADS) + cells(2, GOOD)


# --- Containers --------------------------------------------------------------------------------------------


@case(REFUSED)
def empty_file() -> bytes:
    return b""


@case(REFUSED)
def plain_text() -> bytes:
    return "措施序号,整改措施".encode()


@case(REFUSED)
def html_called_xlsx() -> bytes:
    return b"<html><table><tr><td>1</td></tr></table></html>"


@case(REFUSED)
def old_xls() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 3000


@case(REFUSED)
def encrypted_ole() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") * 50


@case(REFUSED)
def truncated() -> bytes:
    return plain()[:-200]


@case(REFUSED)
def flipped_bytes() -> bytes:
    content = bytearray(plain())
    middle = len(content) // 2
    content[middle : middle + 400] = b"\xff" * 400
    return bytes(content)


@case(REFUSED)
def zip_of_something_else() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")
    return file.getvalue()


@case(REFUSED)
def word_document() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
    return file.getvalue()


@case(REFUSED)
def without_workbook_part() -> bytes:
    return with_parts(drop=("xl/workbook.xml",))


@case(REFUSED)
def without_content_types() -> bytes:
    return with_parts(drop=("[Content_Types].xml",))


@case(REFUSED)
def without_its_sheet() -> bytes:
    return with_parts(drop=(SHEET,))


@case(TAKEN)
def duplicate_entries() -> bytes:
    file = BytesIO(plain())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("docProps/extra.xml", "<a/>")
        archive.writestr("docProps/extra2.xml", "<a/>")
    return file.getvalue()


@case(TAKEN)
def entry_that_climbs_out() -> bytes:
    file = BytesIO(plain())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("../../../../tmp/rectify-climbed", "x")
    return file.getvalue()


@case(REFUSED)
def macros() -> bytes:
    return with_parts(macros=b"\0" * 100)


@case(REFUSED)
def thousand_parts() -> bytes:
    file = BytesIO(plain())
    with zipfile.ZipFile(file, "a") as archive:
        for number in range(1100):
            archive.writestr(f"xl/media/{number}.xml", "<a/>")
    return file.getvalue()


@case(TAKEN)
def external_links() -> bytes:
    return with_parts(links=b"<externalLink/>")


# --- Bombs -------------------------------------------------------------------------------------------------


@case(REFUSED)
def zip_bomb() -> bytes:
    return with_parts(other=b"<a>" + b" " * (120 * 1024 * 1024) + b"</a>")


@case(REFUSED)
def string_bomb() -> bytes:
    return with_parts(strings=f"<sst {NS}><si><t>{'A' * (101 * 1024 * 1024)}</t></si></sst>".encode())


@case(REFUSED)
def style_bomb() -> bytes:
    return with_parts(styles=f"<styleSheet {NS}><cellXfs>{'<xf/>' * 1_200_000}</cellXfs></styleSheet>".encode())


@case(REFUSED)
def billion_laughs() -> bytes:
    entities = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {b} "{"&" + a + ";" * 1}">' for a, b in zip("abcde", "bcdef", strict=True)
    )
    return with_parts(sheet=f"<!DOCTYPE x [{entities}]><worksheet {NS}>&f;</worksheet>".encode())


@case(REFUSED)
def external_entity() -> bytes:
    xml = f'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><worksheet {NS}><sheetData/></worksheet>'
    return with_parts(sheet=xml.encode())


@case(REFUSED)
def entities_in_utf_16() -> bytes:
    xml = (
        f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY f "x">]><worksheet {NS}><sheetData/></worksheet>'
    )
    return with_parts(sheet=xml.encode("utf-16"))


@case(REFUSED)
def million_rows() -> bytes:
    return raw_sheet(TABLE + "".join(f'<row r="{n}" ht="15"/>' for n in range(3, 600_000)))


@case(REFUSED)
def million_styled_blanks() -> bytes:
    return raw_sheet(TABLE + f'<row r="3">{"<c/>" * 600_000}</row>')


@case(REFUSED)
def seventeen_thousand_columns() -> bytes:
    inside = "".join('<c t="inlineStr"><is><t>x</t></is></c>' for _n in range(17_000))
    return raw_sheet(f'<row r="1">{inside}</row>')


@case(REFUSED)
def tag_bomb() -> bytes:
    return raw_sheet(TABLE, after="<a/>" * 4_100_000)


@case(REFUSED)
def last_cell_of_the_sheet() -> bytes:
    return raw_sheet(TABLE + '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>')


@case(REFUSED)
def merged_over_everything() -> bytes:
    return raw_sheet(TABLE, after='<mergeCells><mergeCell ref="A3:XFD1048576"/></mergeCells>')


@case(REFUSED)
def linked_over_everything() -> bytes:
    return raw_sheet(TABLE, after='<hyperlinks><hyperlink ref="A3:XFD1048576" location="x"/></hyperlinks>')


@case(TAKEN)
def deeply_nested() -> bytes:
    return raw_sheet(TABLE, after="<extLst>" + "<a>" * 20_000 + "</a>" * 20_000 + "</extLst>")


@case(TAKEN)
def blank_thousands_below() -> bytes:
    return raw_sheet(TABLE + "".join(f'<row r="{n}"><c r="A{n}"/><c r="B{n}"/></row>' for n in range(3, 20_000)))


@case(TAKEN)
def one_string_many_times() -> bytes:
    strings = "".join(f"<si><t>{text}</t></si>" for text in (*HEADS, *GOOD))
    rows = "".join(
        f'<row r="{n + 1}">'
        + "".join(f'<c r="{chr(65 + i)}{n + 1}" t="s"><v>{n * 6 + i}</v></c>' for i in range(6))
        + "</row>"
        for n in range(2)
    )
    content, kind = raw_sheet(rows), "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    types = part("[Content_Types].xml").replace(b"</Types>", override.encode())
    return with_parts(content, types=types, strings=f"<sst {NS}>{strings}</sst>".encode())


# --- Structure ---------------------------------------------------------------------------------------------


@case(REFUSED)
def no_cells() -> bytes:
    return saved(Workbook())


@case(REFUSED)
def no_headings() -> bytes:
    return sheet_of([["a", "b"], [1, 2]])


@case(REFUSED)
def headings_of_another_world() -> bytes:
    return sheet_of([["姓名", "工资"], ["张三", 100]])


@case(TAKEN)
def headings_without_rows() -> bytes:
    return sheet_of([HEADS])


@case(TAKEN)
def titles_above() -> bytes:
    return sheet_of([["台账"], [], ["单位"], HEADS, GOOD])


@case(TAKEN)
def headings_repeated() -> bytes:
    return sheet_of([HEADS, GOOD, HEADS])


@case(PROBLEMS)
def two_tables_in_one_sheet() -> bytes:
    return sheet_of([HEADS, GOOD, [], ["姓名", "电话"], ["张三", "123"]])


@case(PROBLEMS)
def heading_twice() -> bytes:
    return sheet_of([(*HEADS, "整改措施"), (*GOOD, "x")])


@case(TAKEN)
def columns_in_another_order() -> bytes:
    return sheet_of([HEADS[::-1], GOOD[::-1]])


@case(TAKEN)
def decorated_headings() -> bytes:
    return sheet_of([[f"*{head}：\n(必填)" for head in HEADS], GOOD])


@case(TAKEN)
def wrong_dimension() -> bytes:
    return raw_sheet(TABLE, before='<dimension ref="A1"/>')


@case(TAKEN)
def cells_without_places() -> bytes:
    xml = TABLE
    for n in range(1, 3):
        for letter in "ABCDEF":
            xml = xml.replace(f' r="{letter}{n}"', "")
    return raw_sheet(xml)


@case(REFUSED)
def row_number_of_words() -> bytes:
    return raw_sheet(TABLE.replace('<row r="2">', '<row r="two">'))


@case(REFUSED)
def shared_string_that_is_not_there() -> bytes:
    return raw_sheet(cells(1, HEADS) + '<row r="2"><c r="A2" t="s"><v>99</v></c></row>')


@case(TAKEN)
def merged_title_and_cells() -> bytes:
    return raw_sheet(cells(1, ("台账",)) + cells(2, HEADS) + cells(3, GOOD),
                     after='<mergeCells><mergeCell ref="A1:F1"/><mergeCell ref="B3:B4"/></mergeCells>')  # fmt: skip


@case(TAKEN)
def merged_area_without_sense() -> bytes:
    return raw_sheet(TABLE, after='<mergeCells><mergeCell ref="ZZZ"/><mergeCell ref="A:B"/></mergeCells>')


@case(TAKEN)
def hidden_sheet_and_rows() -> bytes:
    book = load_workbook(BytesIO(plain()))
    book.worksheets[0].row_dimensions[2].hidden = True
    book.create_sheet("x")
    book.worksheets[0].sheet_state = "veryHidden"
    return saved(book)


@case(TAKEN)
def comments_and_validation() -> bytes:
    book = load_workbook(BytesIO(plain()))
    sheet = book.worksheets[0]
    sheet["A1"].comment = Comment("look", "me")
    sheet.add_data_validation(DataValidation(type="list", formula1='"a,b"', sqref="A1:XFD1048576"))
    return saved(book)


@case(TAKEN)
def sheet_names_of_signs() -> bytes:
    return sheet_of([HEADS, GOOD], title="=1+1 <b>&'\"")


# --- Values ------------------------------------------------------------------------------------------------

row(TAKEN, "numbers_as_text", "１", "Issue 1", "Measure 1", "All of it", "Department a", "2025年6月11日")
row(TAKEN, "real_date", 1, "Issue 1", "Measure 1", "All of it", "Department a", datetime(2025, 6, 11))
row(TAKEN, "serial_without_format", 1, "Issue 1", "Measure 1", "All of it", "Department a", 45819)
row(TAKEN, "markup_texts", 5, "Issue 1", "<script>alert(1)</script>", "{{ 7*7 }} ${x} {% debug %}", "Department a")
row(TAKEN, "sql_texts", 5, "Issue 1", "'; DROP TABLE findings_measure; --", "1 OR 1=1", "Department a")
row(TAKEN, "rare_characters", 5, "Issue 1", "𠮷𡃁 ‮abc ﷽ 👩‍👩‍👧", "é é", "Department a")
row(PROBLEMS, "impossible_day", 1, "Issue 1", "Measure 1", None, None, "2025年2月30日")
row(PROBLEMS, "two_possible_days", 1, "Issue 1", "Measure 1", None, None, "3/4/2025")
row(PROBLEMS, "day_far_away", 1, "Issue 1", "Measure 1", None, None, datetime(9999, 12, 31))
row(PROBLEMS, "time_for_a_day", 1, "Issue 1", "Measure 1", None, None, time(8, 30))
row(PROBLEMS, "duration_for_a_day", 1, "Issue 1", "Measure 1", None, None, timedelta(days=3))
row(PROBLEMS, "truth_for_a_day", 1, "Issue 1", "Measure 1", None, None, True)
row(PROBLEMS, "number_of_words", "first", "Issue 1", "Measure 1")
row(PROBLEMS, "negative_number", -1, "Issue 1", "Measure 1")
row(PROBLEMS, "giant_number", 10**20, "Issue 1", "Measure 1")
row(PROBLEMS, "number_with_a_rest", 1.5, "Issue 1", "Measure 1")
row(PROBLEMS, "date_for_a_text", 1, "Issue 1", datetime(2025, 1, 1))
row(PROBLEMS, "unknown_department", 1, "Issue 1", "Measure 1", None, "审管办公室")
row(PROBLEMS, "department_of_another_name", 1, "Issue 1", "Measure 1", None, "Department а")  # a Cyrillic letter
row(PROBLEMS, "too_long_for_a_title", None, "问" * 300, "Words")
row(PROBLEMS, "formula_without_a_value", 1, "Issue 1", "=A1&B1")


@case(PROBLEMS)
def too_long_for_a_cell() -> bytes:
    return raw_sheet(cells(1, HEADS) + cells(2, (5, "Issue 1", "长" * 40_000)))


@case(PROBLEMS)
def error_cells() -> bytes:
    return raw_sheet(cells(1, HEADS) + '<row r="2"><c r="A2"><v>1</v></c><c r="C2" t="e"><v>#REF!</v></c></row>')


@case(PROBLEMS)
def same_number_twice() -> bytes:
    return sheet_of([HEADS, GOOD, GOOD])


@case(TAKEN)
def injection_texts() -> bytes:
    return raw_sheet(cells(1, HEADS) + cells(2, (5, "Issue 1", "=HYPERLINK(1)", "+1@SUM(A1)", "Department a")))


@case(TAKEN)
def formula_with_a_value() -> bytes:
    good = cells(2, GOOD).replace('<c r="D2" t="inlineStr"><is><t>All of it</t></is></c>',
                                  '<c r="D2" t="str"><f>"All of"&amp;" it"</f><v>All of it</v></c>')  # fmt: skip
    return raw_sheet(cells(1, HEADS) + good)


@case(TAKEN)
def control_characters_and_surrogates() -> bytes:
    return raw_sheet(
        cells(1, HEADS) + cells(2, (5, "Issue 1", "a_x0000_b_x001F_c_xD800_d_x000D_e", "_xFFFE_", "Department a"))
    )


@case(TAKEN)
def rich_text() -> bytes:
    rich = '<c r="C2" t="inlineStr"><is><r><rPr><b/></rPr><t>Meas</t></r><r><t>ure 1</t></r></is></c>'
    good = cells(2, GOOD).replace('<c r="C2" t="inlineStr"><is><t>Measure 1</t></is></c>', rich)
    return raw_sheet(cells(1, HEADS) + good)


@case(TAKEN)
def counts_from_1904() -> bytes:
    book = load_workbook(BytesIO(sheet_of([HEADS, (*GOOD[:5], None)])))
    book.epoch = CALENDAR_MAC_1904
    book.worksheets[0]["F2"] = datetime(2025, 6, 11)
    return saved(book)


@case(TAKEN)
def text_of_line_ends() -> bytes:
    return sheet_of([HEADS, (5, "Issue 1", "a\r\nb\rc\n", None, "Department a")])


@case(REFUSED)
def bytes_that_are_no_text() -> bytes:
    return with_parts(sheet=part().replace(b"</sheetData>", b"<row><c><v>\xff\xfe\x00</v></c></row></sheetData>"))


@case(REFUSED)
def checksum_that_lies() -> bytes:
    content = bytearray(plain())
    checksum = zlib.crc32(part()).to_bytes(4, "little")
    at = bytes(content).rfind(checksum)
    content[at : at + 4] = b"\0\0\0\0"
    return bytes(content)
