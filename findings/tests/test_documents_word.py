"""The Word report, reopened: its layout after GB/T 9704-2012, its words, and what a template may do."""

import dataclasses
import types
import typing
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import translation
from docx import Document
from docx.document import Document as DocumentType
from docx.enum.text import WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docxtpl import DocxTemplate
from jinja2 import nodes
from openpyxl import load_workbook

from accounts import chain
from findings import figures
from findings.choices import ExtensionKind, MeasureStatus, MeetingKind, Nature, NoticeStatus, ReportState, Stage
from findings.documents import charts, pages, report, word
from findings.documents.docx.build import build
from findings.documents.export import export
from findings.documents.report import compile_report
from findings.documents.word import ReportPage, TemplateFault, render, sandbox
from findings.figures import Point
from findings.models import Report, ReportingPeriod
from findings.tests import factories
from findings.tests.factories import World
from findings.workflow import paper, progress

NAME = "period_report.docx"
MARCH = 27  # the day number of 2025-03-30


@pytest.fixture
def busy(past: World) -> World:
    """March 2025: one measure closed, one extended, one reported with a difficulty; a rule and a meeting."""
    rows = past.measures
    factories.close(past, factories.ready(past, rows[0]))
    factories.climb(past, factories.extension_at(Stage.HEAD, past, row=factories.ready(past, rows[1])))
    factories.climb(past, factories.extension_at(Stage.HEAD, past, row=factories.ready(past, rows[3]),
                                                 kind=ExtensionKind.CONVERSION))  # fmt: skip
    factories.papers(past, rows[0])
    _liaison, head = factories.people_of(past, rows[2])
    progress.open_periods(past.campaign, on=past.day(60))
    values = progress.ProgressValues("A < B & C", 20, "No \x0b money", "Ask the <chief>")
    progress.submit_progress(rows[2], by=head, values=values, department=past.b, period=march(past), at=past.at(MARCH))
    return past


def march(world: World) -> ReportingPeriod:
    progress.open_periods(world.campaign, on=world.day(60))
    return world.campaign.periods.get(code="2025-03")


def compiled(world: World, **options: Any) -> Report:
    return compile_report(world.campaign, march(world), at=world.at(40), **options)


def opened(row: Report) -> DocumentType:
    with row.word_file.open("rb") as file:
        return Document(BytesIO(file.read()))


def texts(document: DocumentType) -> str:
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


def tables(document: DocumentType) -> list[list[list[str]]]:
    return [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]


# --- The report --------------------------------------------------------------------------------------------


def test_report_tells_the_period(busy: World) -> None:
    document = opened(compiled(busy))
    text = texts(document)
    assert "期初未销号措施0项，本期新增4项，销号1项，反弹重新整改0项，调出0项，期末未销号3项" in text
    assert "全部4项整改措施中，累计销号1项，占25%" in text
    assert "2025年3月3日至2025年3月31日" in text
    assert "办结销号1项，为第1项措施。" in text
    assert "批准延期1项，为第2项措施。" in text
    assert "转入持续深入整改1项，为第4项措施。" in text
    assert "本期印发制度和文件1件，其中制度1件" in text
    assert "1. 措施3（Department b）：No money" in text
    assert "1. 措施3（Department b）：Ask the <chief>" in text
    assert "整改记录摘要：" in text
    assert "{{" not in text
    assert "{%" not in text


def test_report_tells_what_has_changed_since_the_last_one(busy: World) -> None:
    factories.make_measure(busy, day=33, deadline=busy.day(40))
    march_report, april = compiled(busy), busy.campaign.periods.get(code="2025-04")

    text = texts(opened(compile_report(busy.campaign, april, at=busy.at(70))))

    assert "本报告为本轮整改的第一份报告，期内变化如下。" in texts(opened(march_report))
    assert "与上次报告（2025-03，截至2025年3月31日）相比，逾期未完成措施由0项变为1项，其他变化如下。" in text
    assert "新增1项，为第5项措施。" in text
    assert "新逾期1项，为第5项措施。" in text
    assert "不再逾期0项。" in text


def test_report_escapes_what_people_wrote(busy: World) -> None:
    area_one = tables(opened(compiled(busy)))[1]
    assert area_one[0][0] == "序号"
    assert [row[-1] for row in area_one if row[0] == "3"] == ["A < B & C 下一步：Ask the <chief>"]


def test_report_sums_by_area_and_by_department(busy: World) -> None:
    found = tables(opened(compiled(busy)))
    total = ["合计", "4", "1", "0", "3", "0", "0", "25%"]
    assert found[0][1:] == [
        ["1. Area 1", "3", "1", "0", "2", "0", "0", "33%"],
        ["2. Area 2", "1", "0", "0", "1", "0", "0", "0%"],
        total,
    ]
    assert found[3][1:] == [
        ["Department a", "3", "1", "0", "2", "0", "0", "33%"],
        ["Department b", "1", "0", "0", "1", "0", "0", "0%"],
        total,
    ]


def test_report_names_who_did_not_report(past: World) -> None:
    assert "未按时报送进展的部门2个：Department a、Department b。" in texts(opened(compiled(past)))


def test_report_lists_overdue_and_coming_measures(past: World) -> None:
    progress.open_periods(past.campaign, on=past.day(200))
    may, june = (past.campaign.periods.get(code=code) for code in ("2025-05", "2025-06"))
    coming = tables(opened(compile_report(past.campaign, may, at=past.at(95))))[-1]
    assert [row[0] for row in coming] == ["序号", "1", "2", "3"]
    overdue = tables(opened(compile_report(past.campaign, june, at=past.at(125))))[0]
    assert overdue[0][-1] == "逾期天数"
    assert overdue[1] == ["1", "Measure 1", "Department a", "Leader", "2025-06-11", "19"]


def test_standing_measure_says_so_where_the_others_have_a_deadline(past: World) -> None:
    standing = factories.make_measure(past, deadline=None, nature=Nature.STANDING)
    scope, on = figures.scope_of(past.campaign, None), past.day(40)
    notice = factories.notice_at(NoticeStatus.ISSUED, past, measure=standing, day=20)
    with translation.override("zh-hans"):
        ledger = load_workbook(BytesIO(export("ledger", scope, on).content)).active
    deadline = [cell.value for cell in ledger[4]].index("整改时限")
    papers = (
        opened(compiled(past)),
        Document(BytesIO(pages.plan_file(scope, on=on))),
        Document(BytesIO(pages.notice_file(notice, on=on))),
    )
    report, plan, form = ([row for table in tables(paper) for row in table] for paper in papers)

    assert [row[deadline].value for row in ledger.iter_rows(min_row=5) if row[4].value == 5] == ["长期坚持"]
    assert [row[3] for row in report if row[:2] == ["5", "Measure 5"]] == ["长期坚持"]
    assert [row[-1] for row in plan if row[0] == "5"] == ["长期坚持"]
    assert [row[3] for row in form if row[2] == "整改时限"] == ["长期坚持"]


@pytest.mark.parametrize("end", ["反馈问题整改", "反馈意见整改", "整改", ""])
def test_titles_say_nothing_twice(past: World, end: str) -> None:
    past.campaign.title = f"2026年常规巡视{end}"

    plan = Document(BytesIO(pages.plan_file(figures.scope_of(past.campaign, None), on=past.day(40))))

    assert "关于2026年常规巡视\n反馈意见的整改方案" in texts(plan)
    assert "关于2026年常规巡视\n整改进展情况的报告" in texts(opened(compiled(past)))


def test_report_is_laid_out_after_the_standard(busy: World) -> None:
    document = opened(compiled(busy))
    section = document.sections[0]
    near = [
        (section.page_width, 210), (section.page_height, 297), (section.top_margin, 37), (section.bottom_margin, 35),
        (section.left_margin, 28), (section.right_margin, 26),
    ]  # fmt: skip
    assert [round(length.mm) for length, _mm in near] == [mm for _length, mm in near]
    assert section._sectPr.find(qn("w:docGrid")).get(qn("w:linePitch")) == "579"
    body = document.styles["PaperText"]
    assert body.paragraph_format.line_spacing_rule == WD_LINE_SPACING.EXACTLY
    assert body.paragraph_format.line_spacing == Pt(28.95)
    assert body.element.pPr.find(qn("w:ind")).get(qn("w:firstLineChars")) == "200"


@pytest.mark.parametrize(
    ("style", "family", "size"),
    [("PaperTitle", "方正小标宋简体", 22), ("PaperText", "仿宋_GB2312", 16), ("Heading 1", "黑体", 16),
     ("Heading 2", "楷体_GB2312", 16), ("Heading 3", "仿宋_GB2312", 16)],
)  # fmt: skip
def test_template_names_the_fonts_for_chinese(style: str, family: str, size: int) -> None:
    found = Document(str(word.TEMPLATES / NAME)).styles[style]
    fonts = found.element.rPr.find(qn("w:rFonts"))
    assert fonts.get(qn("w:eastAsia")) == family
    assert [name for name in fonts.attrib if name.endswith("Theme")] == []
    assert found.font.size == Pt(size)
    assert bool(found.paragraph_format.keep_with_next) == (style != "PaperText")


def test_template_numbers_its_pages_on_the_outside() -> None:
    document = Document(str(word.TEMPLATES / NAME))
    section = document.sections[0]
    assert document.settings.odd_and_even_pages_header_footer
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        line = footer.paragraphs[0]
        assert line.text == "— 1 —"
        assert [code.text for code in line._p.iter(qn("w:instrText"))] == [" PAGE "]
        assert {run.font.size for run in line.runs} == {Pt(14)}
        assert line._p.pPr.find(qn("w:jc")).get(qn("w:val")) == side
    assert 24 < section.footer_distance.mm < 26


def test_template_repeats_the_heading_row_of_every_table() -> None:
    for table in Document(str(word.TEMPLATES / NAME)).tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert sum(column.width for column in table.columns) <= Mm(156.5)


def test_templates_are_what_their_scripts_lay_out(tmp_path: Path) -> None:
    made = build(tmp_path)
    assert {path.name for path in made} == {path.name for path in word.TEMPLATES.glob("*.docx")}
    for path in made:
        kept = word.TEMPLATES / path.name
        for part in ("word/document.xml", "word/styles.xml", "word/settings.xml", "word/footer1.xml"):
            assert zipfile.ZipFile(path).read(part) == zipfile.ZipFile(kept).read(part), (path.name, part)


# --- Compiling ---------------------------------------------------------------------------------------------


def test_compile_keeps_a_draft_with_both_files(busy: World) -> None:
    row = compiled(busy)
    assert (row.state, row.revision, row.kind, row.as_of) == (ReportState.DRAFT, 1, "month", date(2025, 3, 31))
    assert row.figures["summary"]["counts"]["closed"] == 1
    assert all(check["holds"] for check in row.figures["checks"])
    with row.excel_file.open("rb") as file:
        sheet = load_workbook(file).active
    assert sheet.max_row == 4 + 4


def test_report_compiled_before_its_last_day_has_gone_by_is_a_forecast(past: World) -> None:
    early = compile_report(past.campaign, march(past), at=past.at(20))
    assert (early.is_forecast, "（2025年3月，预览）" in texts(opened(early))) == (True, True)
    final = compiled(past)
    assert (final.pk, final.is_forecast, "（2025年3月）" in texts(opened(final))) == (early.pk, False, True)


def test_compile_of_an_unchanged_period_writes_nothing(busy: World) -> None:
    first = compiled(busy)
    head = chain.head()
    again = compiled(busy)
    assert (again.pk, again.version, chain.head()) == (first.pk, first.version, head)
    assert Report.objects.filter(kind="month").count() == 1


def test_compile_after_a_change_renews_the_draft(past: World) -> None:
    first = compiled(past)
    factories.close(past, factories.ready(past, past.measures[0]))
    again = compiled(past)
    assert (again.pk, again.revision, again.figures["closed"]) == (first.pk, 1, [1])


def test_compile_after_the_issue_makes_a_revision_beside_it(past: World) -> None:
    first = paper.issue_report(compiled(past), by=past.office, at=past.at(41))
    factories.close(past, factories.ready(past, past.measures[0]))
    second = compiled(past)
    first.refresh_from_db()
    assert (first.state, first.figures["closed"]) == (ReportState.ISSUED, [])
    assert (second.pk != first.pk, second.revision, second.state) == (True, 2, ReportState.DRAFT)
    assert "（第2版" in texts(opened(second))


def test_compile_prints_the_digest_of_the_records(past: World) -> None:
    march(past)
    head = chain.head()
    assert head in texts(opened(compiled(past)))


def test_compile_of_a_quarter(past: World) -> None:
    progress.open_periods(past.campaign, on=past.day(220))
    quarter = past.campaign.periods.get(code="2025-Q3")
    row = compile_report(past.campaign, quarter, at=past.at(230))
    assert (row.kind, row.as_of) == ("quarter", date(2025, 9, 30))
    assert "（2025年第三季度）" in texts(opened(row))


def test_report_is_in_chinese_whoever_asks(past: World, english: None) -> None:
    row = compiled(past)
    with translation.override("zh-hans"):
        status = str(MeasureStatus.NOT_STARTED.label)
    assert tables(opened(row))[1][1][4] == status


# --- Templates ---------------------------------------------------------------------------------------------


@pytest.fixture
def page(past: World) -> ReportPage:
    period = march(past)
    scope = figures.scope_of(past.campaign, None)
    found = figures.period_report(scope, period)
    return report.report_page(scope, period, found, chart=b"", revision=1, made_on=past.day(40))


def own_template(text: str) -> None:
    """Put a template of the office's own where the site keeps them."""
    folder = settings.RECTIFY_DATA / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    document = Document()
    document.add_paragraph(text)
    document.save(str(folder / NAME))


@pytest.fixture(autouse=True)
def _no_own_templates() -> typing.Iterator[None]:
    yield
    (settings.RECTIFY_DATA / "templates" / NAME).unlink(missing_ok=True)


def test_own_template_of_the_site_wins(page: ReportPage) -> None:
    own_template("{{ campaign }}: {{ report.opening }}")
    assert texts(Document(BytesIO(render(NAME, page)))) == "Inspection: 0"


@pytest.mark.parametrize(
    "text",
    ["{{ no_such_field }}", "{{ report.no_such_field }}", "{% if %}", "{{ campaign.__class__.__mro__ }}",
     "{{ ''.__class__.__subclasses__() }}", "{% for x in range(999999999) %}x{% endfor %}",
     "{{ ''|attr('__class__') }}", "{{ ''['__class__'] }}", "{{ cycler.__init__.__globals__ }}",
     "{{ lipsum.__globals__ }}", "{{ self._TemplateReference__context }}", "{{ '{0.__class__}'.format(campaign) }}",
     "{{ report.closed.append(1) }}", "{{ report.frozen.__func__.__globals__ }}", "{% include '/etc/passwd' %}",
     "{% import 'os' as os %}", "{% for line in report.lines recursive %}{{ nope }}{% else %}{{ nope }}{% endfor %}",
     "{% for x in no_such_field %}x{% endfor %}", "{% set campaign.title = 'x' %}"],
)  # fmt: skip
def test_template_that_asks_for_too_much_is_refused(page: ReportPage, text: str) -> None:
    own_template(text)
    with pytest.raises(TemplateFault):
        render(NAME, page)


def test_template_that_is_no_word_file_is_refused(page: ReportPage) -> None:
    own_template("x")
    (settings.RECTIFY_DATA / "templates" / NAME).write_bytes(b"not a zip")
    with pytest.raises(TemplateFault):
        render(NAME, page)


def test_every_placeholder_is_a_field_of_the_page() -> None:
    template = DocxTemplate(word.TEMPLATES / NAME)
    source = template.patch_xml(template.xml_to_string(template.get_docx()._element.body))
    known = {f.name: typing.get_type_hints(ReportPage)[f.name] for f in dataclasses.fields(ReportPage)}
    assert unknown_in(sandbox().parse(source), known) == []


def test_the_search_for_placeholders_finds_wrong_ones() -> None:
    known = {"report": figures.PeriodReport}
    source = "{{ report.opening }}{{ nope }}{{ report.nope }}{% for line in report.lines %}{{ line.nope }}{% endfor %}"
    assert len(unknown_in(sandbox().parse(source), known)) == 3


def unknown_in(node: nodes.Node, known: dict[str, Any]) -> list[str]:
    """Placeholders that no dataclass answers, by walking the template with the types of its names."""
    if isinstance(node, nodes.For):
        items = type_of(node.iter, known)
        known = {**known, "loop": Any, **targets(node.target, (typing.get_args(items) or (Any,))[0])}
    wrong = []
    if isinstance(node, nodes.Name | nodes.Getattr) and node.ctx == "load" and type_of(node, known) is None:
        wrong.append(str(node))
    return wrong + [fault for child in node.iter_child_nodes() for fault in unknown_in(child, known)]


def targets(target: nodes.Node, item: Any) -> dict[str, Any]:
    if isinstance(target, nodes.Name):
        return {target.name: item}
    kinds = typing.get_args(item)
    return {name.name: kind for name, kind in zip(target.items, kinds, strict=True)}


def type_of(node: nodes.Node, known: dict[str, Any]) -> Any:
    """The type of a dotted name; None where there is no such field."""
    if isinstance(node, nodes.Name):
        return known.get(node.name)
    if not isinstance(node, nodes.Getattr):
        return Any
    owner = type_of(node.node, known)
    if owner is None or owner is Any:
        return owner
    if typing.get_origin(owner) is dict:
        return int if node.attr in MeetingKind.values else None
    hints = typing.get_type_hints(owner) if dataclasses.is_dataclass(owner) else {}
    found = hints.get(node.attr, getattr(owner, node.attr, None))
    return Any if isinstance(found, property | types.MethodDescriptorType) else found


def test_chart_draws_the_past_and_the_plan() -> None:
    points = [Point(date(2025, 3, day), closed=day, planned=2 * day) for day in (1, 8, 15, 22)]
    assert charts.closed_against_plan(points, 2).startswith(b"\x89PNG")
    assert charts.closed_against_plan([Point(date(2025, 3, 1), 0, 0)], 0).startswith(b"\x89PNG")
