"""What drawn files are called: the kind, the campaign, the period or number, and each once."""

from urllib.parse import unquote

import pytest
from django.test import Client
from django.utils import translation

from findings.choices import NoticeStatus
from findings.documents.filenames import report_name
from findings.documents.report import compile_report
from findings.tests.factories import World, notice_at
from findings.tests.pages import get
from findings.workflow import progress


@pytest.mark.parametrize(
    ("language", "name"),
    [("zh-hans", "月报_campaign-1_2025-03_第2版"), ("en", "monthly report_campaign-1_2025-03_r2")],
)
def test_report_is_named_after_campaign_period_and_revision(past: World, language: str, name: str) -> None:
    progress.open_periods(past.campaign, on=past.day(60))
    report = compile_report(past.campaign, past.campaign.periods.get(code="2025-03"), at=past.at(40))
    report.revision = 2

    with translation.override(language):
        assert report_name(report) == name


def test_report_s_files_and_page_bear_its_name(client: Client, past: World, english: None) -> None:
    progress.open_periods(past.campaign, on=past.day(60))
    report = compile_report(past.campaign, past.campaign.periods.get(code="2025-03"), at=past.at(40))

    for kind, end in (("word", ".docx"), ("excel", ".xlsx")):
        answer = get(client, past.office, f"/reports/{report.pk}/{kind}/")
        answer.getvalue()
        assert f'"{report_name(report)}{end}"' in answer["Content-Disposition"]
    assert report_name(report).replace("_", " ") in get(client, past.office, f"/reports/{report.pk}/page/").text


def test_notice_is_named_once_and_by_its_campaign(client: Client, world: World) -> None:
    issued, draft = notice_at(NoticeStatus.ISSUED, world), notice_at(NoticeStatus.DRAFT, world)

    names = [unquote(get(client, world.office, f"/notices/{row.pk}/word/")["Content-Disposition"])
             for row in (issued, draft)]  # fmt: skip

    assert [name.rpartition("'")[2] for name in names] == [
        f"督办单_campaign-1_〔{issued.year}〕{issued.number}号.docx", f"督办单_campaign-1_草稿{draft.pk}.docx",
    ]  # fmt: skip
