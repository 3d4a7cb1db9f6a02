"""What a report in words says, and what stands in the way of issuing it."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.words import joined
from findings import figures
from findings.figures.drafting import SECTIONS, draft
from findings.figures.sentences import day_words
from findings.figures.standing import Standing, standings
from findings.figures.told import Drafted
from findings.models import Report, ReportSentence

SHORT = 24  # characters of a sentence that name it in another one


def sentences_of(report: Report) -> list[ReportSentence]:
    """All sentences in the order of the report's plan: by section, then issue by issue."""
    places = {code: place for place, (code, _title) in enumerate(SECTIONS[report.kind])}
    rows = ReportSentence.objects.filter(report=report).select_related("issue__area", "settled_by").order_by("order")

    def place(row: ReportSentence) -> tuple[int, int, int, int]:
        area, number = (row.issue.area.number, row.issue.number) if row.issue and row.issue.area else (0, 0)
        return places.get(row.section, len(places)), area, number, row.order

    return sorted(rows, key=place)


def present_draft(report: Report) -> list[Drafted]:
    """What the ledger supports as of the report's day, drafted anew."""
    return draft(figures.scope_of(report.campaign, None), report.kind, report.as_of)


def is_dropped(row: ReportSentence, standing: Standing) -> bool:
    """Nobody has touched it and the ledger does not say it any more: it needs no decision."""
    return standing.now is None and not row.is_settled and row.text == row.drafted


def left(rows: Iterable[ReportSentence], found: Mapping[int, Standing]) -> list[ReportSentence]:
    """Sentences that still need a decision; a closed report has no standings."""
    return [row for row in rows if not row.is_settled and not (row.pk in found and is_dropped(row, found[row.pk]))]


def said_by(rows: Iterable[ReportSentence]) -> list[list[Any]]:
    """The released sentences as they are frozen: section, issue, text."""
    return [[row.section, row.issue_id, row.text] for row in rows if row.is_released]


def faults_of(report: Report) -> list[str]:
    """Why a report in words cannot be issued as it stands; [] where it can."""
    rows = sentences_of(report)
    return faults(report, rows, standings(rows, present_draft(report)))


def faults(report: Report, rows: list[ReportSentence], found: dict[int, Standing]) -> list[str]:
    """The same out of sentences and standings that are read already."""
    released = [row for row in rows if row.is_released]
    open_rows = left(rows, found)
    said = []
    if open_rows:
        words = ngettext(
            "%(n)s sentence is neither released nor withheld, first “%(text)s”.",
            "%(n)s sentences are neither released nor withheld, first “%(text)s”.",
            len(open_rows),
        )
        said.append(words % {"n": len(open_rows), "text": short(open_rows[0])})
    if not released:
        said.append(_("No sentence is released."))
    for row in released:
        said += _faults_of_one(row, found[row.pk], report.as_of)
    if any(_is_bare_contact(row) for row in rows):
        said.append(_("The contact sentence names no telephone, mail or post yet; please write them into it."))
    if "text" in report.figures and report.figures["text"] != said_by(rows):
        said.append(_("Sentences were changed after the Word file was made; make it again."))
    return said


def short(row: ReportSentence) -> str:
    """The beginning of a sentence, to name it by."""
    return row.text if len(row.text) <= SHORT else f"{row.text[:SHORT]}…"


def _is_bare_contact(row: ReportSentence) -> bool:
    """The ledger holds no telephone and no address: the office writes them in, or withholds the sentence."""
    is_withheld = row.is_settled and not row.is_released
    return row.statistic == "contact" and row.text == row.drafted and not is_withheld


def _faults_of_one(row: ReportSentence, standing: Standing, on: date) -> list[str]:
    facts = {"text": short(row), "day": day_words(on, 0), "figures": joined(standing.foreign)}
    if standing.now is None:
        return [_("The ledger as of %(day)s does not say “%(text)s” any more.") % facts]
    if standing.has_moved:
        return [_("“%(text)s” no longer agrees with the ledger as of %(day)s.") % facts]
    if standing.foreign:
        return [_("“%(text)s” states %(figures)s, which is no figure of the ledger as of %(day)s.") % facts]
    return []
