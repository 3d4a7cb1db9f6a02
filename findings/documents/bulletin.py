"""Reports in words on paper and on the page: their text in numbered blocks, their Word file in the official layout."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from itertools import groupby

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts import chain
from accounts.models import User
from accounts.tracked import locked
from findings import figures
from findings.choices import IN_WORDS, ReportKind
from findings.documents import word
from findings.documents.draft.read import chinese_number
from findings.documents.filenames import report_name
from findings.documents.titles import subject_of
from findings.figures.drafting import SECTIONS
from findings.figures.told import said
from findings.models import Report, ReportSentence
from findings.workflow.bulletin import is_open
from findings.workflow.paper import Compiled, keep_report
from findings.workflow.spoken import said_by, sentences_of
from findings.workflow.step import Denied

LANGUAGE = "zh-hans"  # official papers, whoever's screen they were asked from
TEMPLATES = {
    ReportKind.BULLETIN: "public_bulletin.docx",
    ReportKind.PROGRESS: "rectification_report.docx",
    ReportKind.HEAD: "head_report.docx",
}
_ENDS = {ReportKind.BULLETIN: "进展情况的通报", ReportKind.PROGRESS: "进展情况的报告"}


@dataclass(frozen=True)
class Block:
    """A paragraph of the text: a heading of ``level`` 1 to 3, or level 0 for running text."""

    level: int
    text: str


@dataclass(frozen=True)
class WordsPage:
    """The fields of public_bulletin.docx, rectification_report.docx and head_report.docx."""

    title: list[str]
    addressee: str
    blocks: list[Block]
    signature: str
    made_on: str
    revision: int
    digest: str


@dataclass
class _Paper:
    """Blocks as they are set, with the numbers of the headings so far."""

    blocks: list[Block] = field(default_factory=list)
    sections: int = 0

    def head(self, level: int, text: str) -> None:
        self.blocks.append(Block(level, text))

    def say(self, rows: Iterable[ReportSentence]) -> None:
        """Paragraphs that begin with 一是, 二是 … where there are several; meetings begin with their day."""
        here = list(rows)
        is_counted = len(here) > 1 and not any(kind == "meeting" for row in here for kind, _pk in row.sources)
        for place, row in enumerate(here, start=1):
            self.blocks.append(Block(0, f"{chinese_number(place)}是{row.text}" if is_counted else row.text))


def blocks_of(report: Report, rows: Iterable[ReportSentence]) -> list[Block]:
    """The text of the released sentences, which stand in the order of the plan. Withheld ones are in no block."""
    paper, titles = _Paper(), dict(SECTIONS[report.kind])
    areas = {area.number: area.title for area in report.campaign.areas.all()}
    released = [row for row in rows if row.is_released]
    for section, found in groupby(released, key=lambda row: row.section):
        if titles.get(section):
            paper.sections += 1
            paper.head(1, f"{chinese_number(paper.sections)}、{titles[section]}")
        _set_section(paper, list(found), areas)
    return paper.blocks


def text_lines(report: Report) -> list[str]:
    """The heading of the paper, line by line."""
    campaign, party = report.campaign, f"中共{report.campaign.court.name}党组"
    about = f"{subject_of(campaign.title)}整改"
    if report.kind == ReportKind.HEAD:
        return [f"{party}主要负责人", f"关于组织落实{about}", "情况的报告"]
    return [party, f"关于{about}", _ENDS[ReportKind(report.kind)]]


def addressee(report: Report) -> str:
    """Who inspected is told; a bulletin speaks to everybody."""
    return "" if report.kind == ReportKind.BULLETIN else report.campaign.inspecting_body


def signature(report: Report) -> str:
    return f"中共{report.campaign.court.name}党组"


def compile_words(report: Report, *, by: User | None = None, at: datetime | None = None) -> Report:
    """Make the Word file out of the released sentences and freeze the figures beside it.

    Raises Denied where the report is issued, no sentence is released or the text was changed meanwhile, TemplateFault
    where the office's template cannot be filled.
    """
    _demand_open(report)
    rows = sentences_of(report)
    if not any(row.is_released for row in rows):
        raise Denied(_("No sentence is released yet, so there is no text to put on paper."))
    with translation.override(LANGUAGE):
        compiled = _on_paper(report, rows, timezone.localdate(at or timezone.now()))
    with transaction.atomic():
        _demand_unchanged(report, rows)
        with translation.override(LANGUAGE):
            return keep_report(report, compiled, by=by, at=at)


def _demand_open(report: Report) -> None:
    if report.kind not in IN_WORDS or not is_open(report):
        raise Denied(_("Not possible while the state is “%(status)s”.") % {"status": report.state_words})


def _demand_unchanged(report: Report, rows: list[ReportSentence]) -> None:
    """Raise Denied where the file that was drawn out of ``rows`` is not the text of the report any more.

    Until the transaction ends no sentence changes: who withholds, edits or moves one locks the report first.
    """
    _demand_open(locked(report))
    if _released(sentences_of(report)) != _released(rows):
        raise Denied(_("Sentences were changed while the Word file was being made; make it again."))


def _released(rows: Iterable[ReportSentence]) -> list[tuple[int, int]]:
    return [(row.pk, row.version) for row in rows if row.is_released]


def _on_paper(report: Report, rows: list[ReportSentence], made_on: date) -> Compiled:
    page = WordsPage(
        title=text_lines(report),
        addressee=addressee(report),
        blocks=blocks_of(report, rows),
        signature=signature(report),
        made_on=said(made_on),
        revision=report.revision,
        digest=chain.head(),
    )
    content = word.render(TEMPLATES[ReportKind(report.kind)], page)
    return Compiled(_frozen(report, rows), content, b"", report_name(report))


def _frozen(report: Report, rows: list[ReportSentence]) -> dict:
    """The figures of the day, what each sentence of statistics states of them, and the text itself."""
    summary = figures.campaign_summary(figures.scope_of(report.campaign, None), report.as_of)
    stated = {row.statistic: row.figures for row in rows if row.is_released and row.figures}
    plain = json.loads(json.dumps(asdict(summary), default=str))
    return {"summary": plain, "checks": plain["checks"], "stated": stated, "text": said_by(rows)}


def _set_section(paper: _Paper, rows: list[ReportSentence], areas: dict[int, str]) -> None:
    """Statistics run on in one paragraph; rows follow, issue by issue under the headings of area and issue."""
    of_area = [row for row in rows if area_of(row)]
    others = [row for row in rows if not area_of(row)]
    running = "".join(row.text for row in others if row.statistic)
    if running:
        paper.head(0, running)
    paper.say(row for row in others if not row.statistic)
    ordered = sorted(of_area, key=lambda row: (area_of(row), row.issue is not None))
    for place, (number, found) in enumerate(groupby(ordered, key=area_of), start=1):
        paper.head(2, f"（{chinese_number(place)}）{areas.get(number, '')}")
        for issue, of_issue in groupby(found, key=lambda row: row.issue):
            if issue is not None:
                paper.head(3, str(issue))
            paper.say(of_issue)


def area_of(row: ReportSentence) -> int:
    """The number of the area under whose heading the sentence stands; 0 for one that stands under none."""
    if row.issue and row.issue.area:
        return row.issue.area.number
    return int(row.statistic.removeprefix("area-")) if row.statistic.startswith("area-") else 0
