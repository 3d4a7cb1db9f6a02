"""The page of a report in words: its sentences with their rows, what is missing, the text as it will appear."""

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.decorators import SignedRequest
from accounts.roles import RoleCode, Verb
from accounts.versioned import status_of
from findings import access, dates
from findings.documents.bulletin import addressee, area_of, blocks_of, signature, text_lines
from findings.figures.drafting import SECTIONS, gaps
from findings.figures.standing import Standing, sentence_counts, standings
from findings.figures.told import Drafted, said
from findings.forms.bulletin import AsReadForm
from findings.models import Campaign, Measure, Report, ReportSentence
from findings.views.chosen import ledger_url, settle_campaign
from findings.workflow import bulletin, paper, spoken

MOST_FAULTS = 30
# The rows of the ledger that a figure counts, by its name.
_FILTERS: dict[str, dict[str, str]] = {
    "measures": {}, "closed": {"status": "closed"}, "waiting": {"status": "waiting"}, "overdue": {"due": "overdue"},
    "not_started": {"status": "not_started"}, "concentrated": {"phase": "concentrated"},
    "concentrated_closed": {"phase": "concentrated", "status": "closed"}, "sustained": {"phase": "sustained"},
    "sustained_closed": {"phase": "sustained", "status": "closed"}, "issues_rectified": {"state": "rectified"},
    "issues_partial": {"state": "partial"}, "issues_open": {"state": "open"}, "issues": {}, "areas": {},
}  # fmt: skip
_PAGES = {
    "documents": "document_list", "rules": "document_list", "party_group": "meeting_list",
    "leading_group": "meeting_list", "democratic_life": "meeting_list", "inspection": "meeting_list",
    "discipline_report": "meeting_list",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One sentence on the page: its rows as links, how it stands to the ledger, whether it may be ticked."""

    row: ReportSentence
    standing: Standing | None
    links: list[tuple[str, str]]
    is_dropped: bool
    is_first: bool

    @property
    def is_edited(self) -> bool:
        return self.row.text != self.row.drafted


@dataclass
class Group:
    """Sentences under one heading."""

    heads: list[tuple[int, str]]
    lines: list[Line] = field(default_factory=list)
    left: list[ReportSentence] = field(default_factory=list)  # those that may be ticked


def words_page(request: SignedRequest, report: Report, form: AsReadForm) -> HttpResponse:
    """The workshop for office and head of the leading group; to others the text alone. ``form`` issues the report."""
    settle_campaign(request, report.campaign)
    rows = spoken.sentences_of(report)
    context: dict[str, Any] = {
        "report": report, "campaign": report.campaign, "on": report.as_of,
        "files": {"word": bool(report.word_file)}, "title_lines": text_lines(report),
        "blocks": blocks_of(report, rows), "signature": signature(report), "addressee": addressee(report),
        "signed_on": said(timezone.localdate(report.compiled_at) if report.compiled_at else dates.today()),
        "can_issue": request.user.may(Verb.ISSUE_REPORT),
        "is_office": access.is_office_of(request.user, report.campaign.court_id), "form": form,
    }  # fmt: skip
    is_inside = report.campaign.court_id in access.courts_of(request.user, {RoleCode.OFFICE, RoleCode.CHIEF})
    context |= _workshop(request, report, rows) if is_inside else {}
    faults = context["faults"] if is_inside else _veiled(report)
    context["outlook"] = paper.report_outlook(report, dates.today(), faults=faults)
    context["refusal"] = paper.issue_refusal(report, request.user, faults=faults)
    return render(request, "findings/words_detail.html", context, status=status_of(form))


def _veiled(report: Report) -> list[str]:
    """That something is wrong, for those who only read: a fault quotes what has not been released."""
    is_faulty = bulletin.is_open(report) and bool(spoken.faults_of(report))
    return [_("a sentence is not settled, or its figures have moved on.")] if is_faulty else []


def _workshop(request: SignedRequest, report: Report, rows: list[ReportSentence]) -> dict[str, Any]:
    """What those who work on the report see: marks and faults while it is open, its sentences in any case."""
    is_open = bulletin.is_open(report)
    drafted: list[Drafted] = spoken.present_draft(report) if is_open else []
    found = standings(rows, drafted) if is_open else {}
    faults = spoken.faults(report, rows, found) if is_open else []
    left = spoken.left(rows, found)
    return {
        "is_inside": True, "faults": faults[:MOST_FAULTS], "more_faults": max(len(faults) - MOST_FAULTS, 0),
        "gaps": gaps(report.kind, drafted) if is_open else [],
        "groups": _groups(report, rows, found, left), "numbers": sentence_counts(rows, left),
        "refusal_to_change": bulletin.change_refusal(report, request.user),
    }  # fmt: skip


def _groups(
    report: Report, rows: list[ReportSentence], found: dict[int, Standing], left: list[ReportSentence]
) -> list[Group]:
    """The sentences under the headings that they bear on paper."""
    numbers = _numbers(rows)
    titles, groups = dict(SECTIONS[report.kind]), []
    told: set[tuple[int, str]] = set()
    areas = dict(report.campaign.areas.values_list("number", "title"))
    for (section, _pk, area), of_issue in groupby(rows, key=lambda row: (row.section, row.issue_id, area_of(row))):
        lines = list(of_issue)
        issue = lines[0].issue
        heads = [(2, titles.get(section) or _("without a heading"))]
        if issue is not None and issue.area is not None:
            heads += [(3, issue.area.title), (4, str(issue))]
        # The figures of all areas stand before the issues here, so each says of which one it is.
        own = [(3, areas.get(area, ""))] if issue is None and area else []
        shown = [*(head for head in heads if head not in told), *own]
        group = Group(shown, left=[row for row in lines if row in left])
        told.update(heads)
        for place, row in enumerate(lines):
            standing = found.get(row.pk)
            dropped = standing is not None and spoken.is_dropped(row, standing)
            links = _links(report.campaign, report, row, numbers)
            group.lines.append(Line(row, standing, links, dropped, place == 0))
        groups.append(group)
    return groups


def _links(campaign: Campaign, report: Report, row: ReportSentence, numbers: dict[int, int]) -> list[tuple[str, str]]:
    """The rows behind a sentence: of its figures, or those that it tells of."""
    links = []
    for name, value in row.figures.items():
        if name in _FILTERS:
            links.append((str(value), ledger_url(campaign, report.as_of, **_FILTERS[name])))
        elif name in _PAGES:
            links.append((str(value), reverse(_PAGES[name], args=[campaign.slug])))
    for kind, pk in row.sources:
        if kind == "measure" and pk in numbers:
            words = _("Measure %(number)s") % {"number": numbers[pk]}
            links.append((words, reverse("measure_detail", args=[pk])))
        elif kind == "meeting":
            links.append((_("meeting"), reverse("meeting_detail", args=[pk])))
    if row.statistic == "no_result" and row.issue_id:
        links.append((_("issue"), reverse("issue_detail", args=[row.issue_id])))
    return links


def _numbers(rows: list[ReportSentence]) -> dict[int, int]:
    """The numbers of the measures that the sentences tell of, by id."""
    wanted = {pk for row in rows for kind, pk in row.sources if kind == "measure"}
    return dict(Measure.objects.filter(pk__in=wanted).values_list("pk", "number"))
