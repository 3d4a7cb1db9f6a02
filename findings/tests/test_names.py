"""Own names of roles, states and stages wherever the ledger says them, and in the files that it takes in."""

import json
from collections.abc import Callable
from io import BytesIO

import pytest
from celery.signals import task_prerun
from django.test import Client
from docx import Document
from openpyxl import load_workbook

from accounts import names, naming
from findings.choices import DocumentKind, MeasureStatus, ReportState
from findings.documents.importer.parsing import Unclear, as_choice
from findings.documents.report import compile_report
from findings.figures.reporting import documents_in_words
from findings.models import Report
from findings.tests import factories, workbooks
from findings.tests.factories import World
from findings.workflow import document, paper, progress
from rectify import tasks

OWN = {
    "MeasureStatus.not_started": ("尚未动手", "not yet begun"),
    "Stage.leader": ("挂帅领导", "leader in charge"),
    "RoleCode.head": ("庭室主官", "director of a division"),
    "NoticeColour.blue": ("浅蓝", "pale blue"),
}


@pytest.fixture
def named(world: World) -> World:
    for code, (zh, en) in OWN.items():
        naming.change_name(code, by=None, zh=zh, en=en)
    return world


def text_of(client: Client, world: World, path: str, language: str) -> str:
    client.force_login(world.office)
    client.post("/accounts/language/", {"language": language})
    return client.get(path).content.decode()


@pytest.mark.parametrize("place", [0, 1])
def test_pages_say_own_names_in_both_languages(client: Client, named: World, place: int) -> None:
    language = ("zh-hans", "en")[place]
    request = factories.closure_at("pending", named)
    status, stage, role, _colour = (words[place] for words in OWN.values())

    assert stage in text_of(client, named, f"/measures/{request.measure_id}/", language)
    assert status in text_of(client, named, f"/measures/{named.measures[1].pk}/", language)
    assert role in text_of(client, named, "/help/", language)
    assert status in text_of(client, named, "/help/", language)
    assert status in text_of(client, named, "/dashboard/", language)
    assert status in text_of(client, named, f"/campaigns/{named.campaign.slug}/ledger/", language)


@pytest.mark.parametrize(("language", "place"), [("zh-hans", 0), ("en", 1)])
def test_ledger_goes_out_under_own_names_and_comes_back_unchanged(named: World, language: str, place: int) -> None:
    content = workbooks.exported(named.campaign, language=language)

    sheet = load_workbook(BytesIO(content)).active
    statuses = {row[workbooks.column("ledger", "status") - 1].value for row in sheet.iter_rows(min_row=5)}

    assert statuses == {OWN["MeasureStatus.not_started"][place]}
    assert workbooks.nothing(workbooks.rehearsed(named, content))


def test_ledger_goes_out_whole_under_a_name_that_no_cell_can_hold(world: World) -> None:
    names.put({("MeasureStatus.not_started", "zh-hans"): "尚未\x01动手"})  # as it was taken in once

    sheet = load_workbook(BytesIO(workbooks.exported(world.campaign, language="zh-hans"))).active

    assert {row[workbooks.column("ledger", "status") - 1].value for row in sheet.iter_rows(min_row=5)} == {"尚未动手"}


@pytest.fixture
def reported(past: World) -> Callable[[], Report]:
    """What compiles the report of March 2025, in which a rule and a plain document were issued."""
    for number, kind in ((1, DocumentKind.RULE), (2, DocumentKind.DOCUMENT)):
        document.record_document(
            past.campaign, by=past.office, at=past.at(10), serves=[], title=f"Paper {number}", number=f"No. {number}",
            kind=kind, action="new", issued_on=past.day(10), department=past.a,
        )  # fmt: skip
    progress.open_periods(past.campaign, on=past.day(60))
    march = past.campaign.periods.get(code="2025-03")
    return lambda: compile_report(past.campaign, march, at=past.at(40))


def test_report_of_an_unchanged_period_is_not_revised_for_a_new_name(
    past: World, reported: Callable[[], Report]
) -> None:
    issued = paper.issue_report(reported(), by=past.office, at=past.at(41))
    assert [kind for _title, _number, kind in issued.figures["documents"]] == ["rule", "document"]

    naming.change_name("DocumentKind.rule", by=None, zh="规定", en="")

    assert reported() == issued
    assert Report.objects.count() == 1


def test_report_names_documents_by_the_words_of_its_day_and_counts_rules_by_their_code(
    reported: Callable[[], Report],
) -> None:
    naming.change_name("DocumentKind.rule", by=None, zh="规定", en="")

    with reported().word_file.open("rb") as file:
        text = "\n".join(line.text for line in Document(BytesIO(file.read())).paragraphs)

    assert ("规定" in text, "其中制度1件" in text) == (True, True)
    assert "rule" not in text


@pytest.mark.parametrize("state", [ReportState.DRAFT, ReportState.ISSUED])
@pytest.mark.parametrize("word", ["制度", "规定", "规矩"])  # the usual word, one of the past and the present one
def test_report_frozen_under_a_word_is_recognised(reported: Callable[[], Report], word: str, state: str) -> None:
    for own in ("规定", "规矩"):
        naming.change_name("DocumentKind.rule", by=None, zh=own, en="")
    found = reported().figures

    def holds(rows: list[list[str]]) -> bool:
        return paper.holds_already(Report(state=state, figures_text=json.dumps(found | {"documents": rows})), found)

    rule, plain = ["Paper 1", "No. 1"], ["Paper 2", "No. 2", "一般文件"]
    assert holds([[*rule, word], plain])
    assert not holds([[*rule, "一般文件"], plain])
    assert not holds([["Paper 3", "No. 1", word], plain])
    assert not holds([[*rule, word]])


def test_documents_of_a_report_frozen_under_words_keep_them() -> None:
    names.put({("DocumentKind.rule", "zh-hans"): "规矩"})

    rows = [["A", "1", "rule"], ["B", "2", "制度"], ["C", "3", "规定"]]

    assert documents_in_words(rows) == [("A", "1", "规矩"), ("B", "2", "制度"), ("C", "3", "规定")]


@pytest.mark.parametrize("word", ["尚未动手", "NOT yet begun", "未启动", "not started", "not_started", "未开始"])
def test_status_cell_is_read_by_own_and_usual_words(word: str) -> None:
    names.put(
        {("MeasureStatus.not_started", "zh-hans"): "尚未动手", ("MeasureStatus.not_started", "en"): "not yet begun"}
    )

    assert as_choice(word, MeasureStatus) == MeasureStatus.NOT_STARTED


def test_status_cell_of_another_word_tells_the_own_ones(english: None) -> None:
    names.put({("MeasureStatus.not_started", "en"): "not yet begun"})

    with pytest.raises(Unclear, match="Allowed: not yet begun, in progress"):
        as_choice("asleep", MeasureStatus)


def test_job_begins_with_the_words_of_the_moment(world: World) -> None:
    naming.change_name("MeasureStatus.closed", by=None, zh="已办结", en="")
    names.put({})

    task_prerun.send(sender=tasks.prune_queue, task=tasks.prune_queue)

    assert names.own_words(MeasureStatus) == [("closed", "已办结")]
