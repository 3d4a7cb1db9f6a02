"""The reports in words of the closed sample: drafted, read and released by the office, put on paper."""

from datetime import date, datetime, timedelta
from functools import partial

from findings.choices import ReportKind
from findings.documents.bulletin import compile_words
from findings.management.sample.people import moment
from findings.management.sample.script import Script
from findings.models import Report
from findings.workflow import bulletin, paper
from findings.workflow.spoken import sentences_of

CONTACT = (
    "欢迎广大干部群众对整改落实情况进行监督。如有意见建议，请及时反映。邮政信箱：临江省高级人民法院整改工作领导小组办公室；"
    "电子邮箱：zgb@lingao.example。"
)
# A task of the next months is told inside the house first.
WITHHELD, WHY = "惩戒委员会", "换届人选尚未公布"


def add_reports_in_words(script: Script, on: date, drafted: date) -> None:
    """双报告 are issued, then the bulletin; all speak of the end of the concentrated phase."""
    for days, kind in enumerate((ReportKind.PROGRESS, ReportKind.HEAD, ReportKind.BULLETIN)):
        at = moment(drafted + timedelta(days=days), 10)
        script.add(at, partial(_written, script, kind, on))


def _written(script: Script, kind: str, on: date, at: datetime) -> None:
    office, chief = script.cast.users["office"], script.cast.users["chief"]
    report = bulletin.draft_report(script.campaign, kind=kind, on=on, by=office, at=at)
    if kind == ReportKind.BULLETIN:
        _put_right(report, script, at)
    rows = sentences_of(report)
    bulletin.release_sentences(
        report, {row.pk: row.version for row in rows if not row.is_settled}, by=office, at=at + timedelta(hours=5)
    )
    report = compile_words(report, by=office, at=at + timedelta(hours=6))
    if kind != ReportKind.BULLETIN:
        paper.issue_report(report, by=chief, at=at + timedelta(hours=7))


def _put_right(report: Report, script: Script, at: datetime) -> None:
    """The office writes the contact details and keeps one sentence inside."""
    office = script.cast.users["office"]
    for row in sentences_of(report):
        if row.statistic == "contact":
            bulletin.edit_sentence(row, text=CONTACT, by=office, at=at + timedelta(hours=1))
        elif row.section == "next" and WITHHELD in row.text:
            bulletin.withhold_sentence(row, why=WHY, by=office, at=at + timedelta(hours=2))
