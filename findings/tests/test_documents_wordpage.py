"""Word papers as pages: the same lines, tables and pictures in the same order."""

from io import BytesIO

from docx.document import Document as DocumentType
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.shared import Mm

from findings.documents.charts import closed_against_plan
from findings.documents.docx.layout import blank, form, paragraph, signature, table
from findings.documents.wordpage import Cell, Grid, Line, Row, page_of


def saved(document: DocumentType) -> bytes:
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def test_lines_keep_their_style_place_and_level() -> None:
    document = blank()
    paragraph(document, "标题", "PaperTitle")
    paragraph(document, "一、总体", "Heading 1")
    paragraph(document, "第一行\n第二行", "PaperText").paragraph_format.keep_with_next = True
    paragraph(document, "居左", "PaperText").alignment = ALIGN.LEFT
    paragraph(document, "居中", "Normal").alignment = ALIGN.CENTER
    signature(document, "办公室", "2025年3月1日")

    assert page_of(saved(document)) == [
        Line("papertitle", "标题", 2),
        Line("heading-1", "一、总体", 3),
        Line("papertext kept", "第一行\n第二行"),
        Line("papertext ragged", "居左"),
        Line("normal centred", "居中"),
        Line("papersigned right-2 kept", "办公室"),
        Line("papersigned right-4", "2025年3月1日"),
    ]


def test_table_and_form_keep_their_shape() -> None:
    document = blank()
    table(document, ["序号", "措施"], [16, 140], [["1", "修订"]], {0})
    form(document, [39, 39, 39, 39], [[("事项", 1), ("说明", 3)]], tall=25.4)

    assert page_of(saved(document)) == [
        Grid(
            widths=[10, 90],
            head=[Cell([Line("tablehead centred", "序号")], 1), Cell([Line("tablehead", "措施")], 1)],
            rows=[Row([Cell([Line("tabletext centred", "1")], 1), Cell([Line("tabletext", "修订")], 1)], 0)],
            is_form=False,
        ),
        Grid(
            widths=[25, 25, 25, 25],
            head=[],
            rows=[Row([Cell([Line("formlabel", "事项")], 1), Cell([Line("formtext", "说明")], 3)], 96)],
            is_form=True,
        ),
    ]


def test_picture_stands_in_the_page_itself() -> None:
    document = blank()
    place = paragraph(document, "", "Picture")
    place.add_run().add_picture(BytesIO(closed_against_plan([], 0)), width=Mm(150))

    (line,) = page_of(saved(document))

    assert isinstance(line, Line)
    assert (line.style, line.picture[:22]) == ("picture", "data:image/png;base64,")
