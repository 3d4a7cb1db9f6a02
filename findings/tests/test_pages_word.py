"""Things as Word files: who gets them, what stands in them, and the page of the standard that they are set on."""

from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils.html import escape
from docx import Document
from docx.document import Document as DocumentType
from docx.shared import Mm, Pt

from accounts.models import AuditEvent
from findings.documents import pages
from findings.documents.docx.build import FOLDER
from findings.documents.report import compile_report
from findings.figures import scope_of
from findings.models import ClosureRequest, Extension, SupervisionNotice
from findings.tests import factories
from findings.tests.factories import World
from findings.workflow import plan, progress

NAMES = ["supervision_notice.docx", "closure_request.docx", "extension_request.docx", "rectification_plan.docx"]


@pytest.fixture
def things(world: World) -> dict[str, Any]:
    return factories.hang_all(world, world.measures[0])


def words_of(document: DocumentType) -> str:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(line.text for line in document.paragraphs), *cells])


def opened(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"].endswith("wordprocessingml.document")
    return words_of(Document(BytesIO(answer.content)))


def test_notice_word_is_filled_and_audited(client: Client, things: dict[str, Any], world: World) -> None:
    notice: SupervisionNotice = things["SupervisionNotice"]
    client.force_login(world.head_a)

    text = opened(client, f"/notices/{notice.pk}/word/")

    assert "整改督办单" in text
    assert f"〔{notice.year}〕{notice.number}号" in text
    assert "Hurry" in text
    assert str(notice.measure) not in text
    assert f"第{notice.measure.number}项：{notice.measure.text}" in text
    assert AuditEvent.objects.filter(subject__startswith="督办单_").count() == 1


def test_closure_word_shows_every_stage(client: Client, things: dict[str, Any], world: World) -> None:
    request: ClosureRequest = things["ClosureRequest"]
    client.force_login(world.head_a)

    text = opened(client, f"/closures/{request.pk}/word/")

    assert "整改措施销号申请表" in text
    for decision in request.decisions.exclude(by=None):
        assert str(decision.by) in text
    assert things["Evidence"].title in text
    assert things["ProgressUpdate"].done in text


def test_extension_word_names_both_days(client: Client, things: dict[str, Any], world: World) -> None:
    request: Extension = things["Extension"]
    client.force_login(world.office)

    text = opened(client, f"/extensions/{request.pk}/word/")

    assert "整改措施延期申请表" in text
    for day in (request.old_deadline, request.new_deadline):
        assert f"{day.year}年{day.month}月{day.day}日" in text


def test_conversion_word_names_the_goal_of_the_stage(client: Client, world: World) -> None:
    request = factories.extension_at("head", world, row=world.measures[3], kind="conversion")
    client.force_login(world.office)

    text = opened(client, f"/extensions/{request.pk}/word/")

    assert "整改措施转入持续整改申请表" in text
    assert request.stage_goal in text


def test_plan_word_holds_what_is_in_sight(client: Client, world: World) -> None:
    plan.add_recommendation(world.campaign, answers=[world.measures[0]], title="Advice", by=world.office)
    client.force_login(world.office)
    everything = opened(client, f"/campaigns/{world.campaign.slug}/plan/word/")
    client.force_login(world.head_b)
    own = opened(client, f"/campaigns/{world.campaign.slug}/plan/word/")

    texts = [row.text for row in world.measures]
    assert all(text in everything for text in texts)
    assert not all(text in own for text in texts)
    assert "Advice（由第1项措施落实）" in everything


def test_plan_states_the_sums_of_the_ledger(world: World) -> None:
    page = pages.plan_page(scope_of(world.campaign, None), on=world.day(40))

    assert page.measures == sum(len(issue.measures) for area in page.areas for issue in area.issues)
    assert page.concentrated + page.sustained == page.measures
    assert (page.areas[0].numeral, page.areas[0].issues[0].numeral) == ("一", "一")


@pytest.mark.parametrize("place", ["notices", "closures", "extensions", "campaigns"])
@pytest.mark.parametrize("query", ["", "?format=page"])
def test_strangers_get_no_file_and_wrong_methods_are_refused(
    client: Client, things: dict[str, Any], world: World, place: str, query: str
) -> None:
    address = {
        "notices": f"/notices/{things['SupervisionNotice'].pk}/word/",
        "closures": f"/closures/{things['ClosureRequest'].pk}/word/",
        "extensions": f"/extensions/{things['Extension'].pk}/word/",
        "campaigns": f"/campaigns/{world.campaign.slug}/plan/word/",
    }[place]
    client.force_login(world.stranger)
    assert client.get(address + query).status_code == 404
    client.force_login(world.office)
    assert client.post(address + query).status_code == 405


@pytest.mark.parametrize(
    ("address", "title"),
    [("/notices/{SupervisionNotice.pk}/word/", "整改督办单"),
     ("/closures/{ClosureRequest.pk}/word/", "整改措施销号申请表"),
     ("/extensions/{Extension.pk}/word/", "整改措施延期申请表"),
     ("/campaigns/{Campaign.slug}/plan/word/", "关于Inspection")],
)  # fmt: skip
def test_word_paper_is_also_a_page(
    client: Client, things: dict[str, Any], world: World, address: str, title: str
) -> None:
    address = address.format(**things)
    client.force_login(world.office)
    words = words_of(Document(BytesIO(client.get(address).content))).split()

    answer = client.get(f"{address}?format=page")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'aria-level="2">{title}</p>' in page
    # Taking the file was recorded, so the page states another digest of the records.
    assert [word for word in words if escape(word) not in page and not word.startswith("记录摘要")] == []
    assert f'href="{address}"' in page
    assert AuditEvent.objects.filter(detail=f"preview {world.campaign}").count() == 1


def test_report_page_shows_the_stored_file(client: Client, past: World) -> None:
    progress.open_periods(past.campaign, on=past.day(60))
    report = compile_report(past.campaign, past.campaign.periods.get(code="2025-03"), at=past.at(40))
    client.force_login(past.office)

    page = client.get(f"/reports/{report.pk}/page/").content.decode()

    assert "关于Inspection" in page
    assert '<img src="data:image/png;base64,' in page
    assert f'href="/reports/{report.pk}/word/"' in page
    assert f'href="/reports/{report.pk}/page/"' in client.get(f"/reports/{report.pk}/").content.decode()


def test_report_page_is_for_who_sees_the_report(client: Client, things: dict[str, Any], world: World) -> None:
    report = things["Report"]
    client.force_login(world.stranger)
    assert client.get(f"/reports/{report.pk}/page/").status_code == 404
    client.force_login(world.office)
    assert client.post(f"/reports/{report.pk}/page/").status_code == 405
    assert client.get(f"/reports/{report.pk}/page/").status_code == 404  # what it has is no Word file


def test_template_that_cannot_be_filled_leads_back_with_the_reason(
    client: Client, things: dict[str, Any], world: World
) -> None:
    folder = settings.RECTIFY_DATA / "templates"
    folder.mkdir(exist_ok=True)
    own = folder / "closure_request.docx"
    document = Document()
    document.add_paragraph("{{ nonsense }}")
    document.save(str(own))
    client.force_login(world.office)
    try:
        answer = client.get(f"/closures/{things['ClosureRequest'].pk}/word/", follow=True)
    finally:
        own.unlink()

    assert answer.redirect_chain == [(f"/measures/{world.measures[0].pk}/", 302)]
    assert "nonsense" in answer.content.decode()


@pytest.mark.parametrize("name", NAMES)
def test_forms_stand_on_the_page_of_the_standard(name: str) -> None:
    document = Document(str(FOLDER / name))
    section = document.sections[0]
    sizes = [section.page_width, section.page_height, section.top_margin, section.bottom_margin, section.left_margin,
             section.right_margin]  # fmt: skip
    assert [round(value / Mm(1)) for value in sizes] == [210, 297, 37, 35, 28, 26]
    assert document.styles["PaperTitle"].font.size == Pt(22)
    assert document.styles["PaperText"].paragraph_format.line_spacing == Pt(28.95)
