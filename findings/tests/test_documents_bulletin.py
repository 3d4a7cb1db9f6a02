"""The Word files of the reports in words, reopened: layout after GB/T 9704-2012, headings, what must not be in them."""

from collections.abc import Callable
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

import pytest
from django.conf import settings
from docx import Document
from docx.document import Document as DocumentType
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docxtpl import DocxTemplate

from accounts import names
from findings.choices import MeasureStatus, MeetingKind, ReportKind, ReportState
from findings.documents import bulletin as documents
from findings.documents import word
from findings.documents.bulletin import Block, WordsPage, compile_words
from findings.documents.word import TemplateFault
from findings.models import Report
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.tests.test_documents_word import unknown_in
from findings.tests.test_figures_drafting import meet
from findings.tests.test_workflow_bulletin import draft, one, rows_of
from findings.workflow import bulletin, paper
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")
KINDS = [ReportKind.BULLETIN, ReportKind.PROGRESS, ReportKind.HEAD]


@pytest.fixture
def busy(past: World) -> World:
    """Two measures of issue 1 closed, measure 3 with an accepted result; two meetings."""
    factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[0])
    factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[1])
    factories.ready(past, past.measures[2])
    for kind in (MeetingKind.PARTY_GROUP, MeetingKind.LEADING_GROUP):
        meet(past, kind)
    return past


def compiled(world: World, kind: str, *, withheld: str = "") -> Report:
    report = draft(world, kind=kind)
    if withheld:
        bulletin.withhold_sentence(one(report, withheld), why="Inside", by=world.office, at=world.at(40))
    versions = {row.pk: row.version for row in rows_of(report) if not row.is_settled}
    bulletin.release_sentences(report, versions, by=world.office, at=world.at(41))
    return compile_words(fresh(report), by=world.office, at=world.at(42))


def opened(row: Report) -> DocumentType:
    with row.word_file.open("rb") as file:
        return Document(BytesIO(file.read()))


def lines(row: Report) -> list[tuple[str, str]]:
    """Style and text of each paragraph that holds something."""
    return [(line.style.name, line.text) for line in opened(row).paragraphs if line.text]


def test_bulletin_on_paper(busy: World) -> None:
    found = lines(compiled(busy, ReportKind.BULLETIN))
    assert [text for style, text in found if style == "PaperTitle"] == [
        "中共Department gy党组", "关于Inspection整改", "进展情况的通报",
    ]  # fmt: skip
    assert [text for style, text in found if style.startswith("Heading")] == [
        "一、落实整改责任，组织推进整改",
        "二、对照反馈意见，逐项整改问题",
        "（一）Area 1", "1. Issue 1", "2. Issue 2",
        "（二）Area 2", "3. Issue 3",
        "三、坚持持续整改，巩固整改成果",
    ]  # fmt: skip
    texts = [text for style, text in found if style == "PaperText"]
    assert "一是Measure 1。Done by day 5。" in texts
    assert "二是Measure 2。Done by day 5。" in texts
    assert "Measure 3。Done by day 5。" in texts  # alone under its issue
    assert [text for style, text in found if style == "PaperSigned"] == ["中共Department gy党组", "2025年4月14日"]
    assert "{{" not in str(found)
    assert "{%" not in str(found)


def test_progress_report_on_paper(busy: World) -> None:
    found = lines(compiled(busy, ReportKind.PROGRESS))
    assert found[2:4] == [("PaperTitle", "进展情况的报告"), ("PaperAddressee", "Inspection group 1：")]
    place = [text for _style, text in found].index("（一）Area 1")
    assert found[place + 1] == ("PaperText", "本方面整改措施3项，已销号2项。")
    assert ("Heading 1", "三、存在的困难") in found


def test_head_s_report_on_paper(busy: World) -> None:
    found = lines(compiled(busy, ReportKind.HEAD))
    assert [text for style, text in found if style == "PaperTitle"] == [
        "中共Department gy党组主要负责人", "关于组织落实Inspection整改", "情况的报告",
    ]  # fmt: skip
    assert ("PaperText", "2025年3月13日，Meeting。Go on。") in found  # days are not counted 一是, 二是
    assert ("PaperText", "党组主要负责人（签字）：") in found


@pytest.mark.parametrize("kind", KINDS)
def test_layout_is_that_of_the_standard(busy: World, kind: str) -> None:
    document = opened(compiled(busy, kind))
    section = document.sections[0]
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(margin.mm) for margin in margins] == [37, 35, 28, 26]
    assert abs(section.page_width - Mm(210)) < Mm(1)
    title, text = document.styles["PaperTitle"], document.styles["PaperText"]
    assert (title.font.size, text.font.size) == (Pt(22), Pt(16))
    fonts = {
        name: document.styles[name].element.rPr.find(qn("w:rFonts")).get(qn("w:eastAsia"))
        for name in ("PaperTitle", "PaperText", "Heading 1", "Heading 2")
    }
    assert fonts == {
        "PaperTitle": "方正小标宋简体", "PaperText": "仿宋_GB2312", "Heading 1": "黑体", "Heading 2": "楷体_GB2312",
    }  # fmt: skip
    assert round(text.paragraph_format.line_spacing.pt, 2) == 28.95
    assert "PAGE" in section.footer._element.xml


def test_withheld_sentence_is_in_no_file(busy: World) -> None:
    report = compiled(busy, ReportKind.BULLETIN, withheld="meetings")
    assert "党组会" not in str(lines(report))
    assert "meetings" not in report.figures["stated"]
    assert "党组会" not in str(report.figures["text"])


def test_heading_without_a_released_sentence_is_left_out(busy: World) -> None:
    report = draft(busy)
    kept = {row.pk: row.version for row in rows_of(report) if row.section in ("opening", "next")}
    bulletin.release_sentences(report, kept, by=busy.office, at=busy.at(41))
    found = lines(compile_words(fresh(report), by=busy.office, at=busy.at(42)))
    assert [text for style, text in found if style.startswith("Heading")] == ["一、坚持持续整改，巩固整改成果"]


def test_area_s_sums_stand_under_its_heading_alone(busy: World) -> None:
    report = draft(busy, kind=ReportKind.PROGRESS)
    row = one(report, "area-2")
    bulletin.release_sentences(report, {row.pk: row.version}, by=busy.office, at=busy.at(41))
    assert documents.blocks_of(report, rows_of(report)) == [
        Block(1, "一、各方面问题整改情况"), Block(2, "（一）Area 2"), Block(0, "本方面整改措施1项，已销号0项。"),
    ]  # fmt: skip


def test_compile_twice_writes_once_and_gives_no_ledger_away(busy: World) -> None:
    first = compiled(busy, ReportKind.BULLETIN)
    again = compile_words(first, by=busy.office, at=busy.at(43))
    assert (again.pk, again.version, bool(again.excel_file)) == (first.pk, first.version, False)
    assert again.figures["summary"]["counts"]["closed"] == 2
    assert all(check["holds"] for check in again.figures["checks"])


def test_period_s_report_is_not_made_of_sentences(busy: World) -> None:
    period = busy.campaign.periods.first()
    with pytest.raises(Denied):
        compile_words(Report(campaign=busy.campaign, kind=ReportKind.MONTH, period=period), at=busy.at(42))


def test_titles_of_a_campaign_that_is_named_after_its_rectification(busy: World) -> None:
    busy.campaign.title = "巡视反馈问题整改"
    assert documents.text_lines(Report(campaign=busy.campaign, kind=ReportKind.BULLETIN))[1] == "关于巡视整改"


@pytest.mark.parametrize("name", sorted(documents.TEMPLATES.values()))
def test_every_placeholder_is_a_field_of_the_page(name: str) -> None:
    template = DocxTemplate(word.TEMPLATES / name)
    source = template.patch_xml(template.xml_to_string(template.get_docx()._element.body))
    known: dict[str, Any] = dict(WordsPage.__annotations__)
    assert unknown_in(word.sandbox().parse(source), known) == []


def test_own_template_that_asks_for_too_much_is_refused(busy: World) -> None:
    folder = settings.RECTIFY_DATA / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    document = Document()
    document.add_paragraph("{{ blocks.__class__.__mro__ }}")
    path = folder / "public_bulletin.docx"
    document.save(str(path))
    try:
        with pytest.raises(TemplateFault):
            compiled(busy, ReportKind.BULLETIN)
    finally:
        path.unlink()


Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Has something done while the Word file is being drawn."""

    def put(act: Callable[[], object]) -> None:
        def drawn(*given: Any) -> bytes:
            act()
            return render(*given)

        render = word.render
        monkeypatch.setattr(word, "render", drawn)

    return put


def released(world: World) -> Report:
    """A draft with every sentence released and no file yet."""
    report = draft(world)
    versions = {row.pk: row.version for row in rows_of(report)}
    bulletin.release_sentences(report, versions, by=world.office, at=world.at(41))
    return fresh(report)


def test_sentence_withheld_while_the_file_is_drawn_is_in_no_file(busy: World, meanwhile: Meanwhile) -> None:
    report = released(busy)
    row = one(report, "meetings")
    meanwhile(lambda: bulletin.withhold_sentence(row, why="Inside", by=busy.office, at=busy.at(42)))
    with pytest.raises(Denied, match="changed while the Word file was being made"):
        compile_words(report, by=busy.office, at=busy.at(42))

    report = fresh(report)
    assert (bool(report.word_file), report.state, report.figures) == (False, ReportState.DRAFTING, {})


def test_report_issued_while_the_file_is_drawn_is_not_revised(busy: World, meanwhile: Meanwhile) -> None:
    report = compiled(busy, ReportKind.PROGRESS)
    meanwhile(lambda: paper.issue_report(fresh(report), by=busy.chief, at=busy.at(43)))
    with pytest.raises(Denied, match="Not possible while"):
        compile_words(report, by=busy.office, at=busy.at(44))

    assert Report.objects.get().state == ReportState.ISSUED


def test_sentence_drafted_while_the_file_is_drawn_is_no_hindrance(busy: World, meanwhile: Meanwhile) -> None:
    report = released(busy)
    factories.measure_at(MeasureStatus.CLOSED, busy, row=busy.measures[3])
    meanwhile(lambda: draft(busy, day=43))
    assert compile_words(report, by=busy.office, at=busy.at(44)).word_file


def test_own_name_of_a_kind_makes_no_folder(busy: World) -> None:
    names.put({("ReportKind.bulletin", "zh-hans"): "通报/公告\\?"})
    report = compiled(busy, ReportKind.BULLETIN)
    stored = PurePosixPath(report.word_file.name)
    assert str(stored.parent) == "reports"
    assert stored.name.startswith(f"通报公告_{busy.campaign.slug}_{busy.day(30)}_第1版")
