"""Compile, and if wished issue, a report of a campaign: of a month or quarter, or one in words as of a day."""

import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Verb
from accounts.words import joined
from findings import dates
from findings.choices import IN_WORDS, ReportState
from findings.documents.bulletin import compile_words
from findings.documents.report import compile_report
from findings.documents.word import TemplateFault
from findings.figures.sentences import unmet
from findings.management.base import Answer, LedgerCommand, Refusal, campaign_named, day_from, person_named
from findings.models import Campaign, Report, ReportingPeriod
from findings.workflow import bulletin
from findings.workflow.paper import issue_report
from findings.workflow.progress import open_periods
from findings.workflow.step import Denied

NOTHING: dict[str, Any] = {"report": None, "revision": None, "state": "", "files": [], "checks": []}


class Command(LedgerCommand):
    help = "Compile the report of a month or a quarter; a second run of an unchanged period makes no second report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("campaign", help="the campaign's address, such as sample-2021")
        parser.add_argument("--period", help="the month or quarter, such as 2021-07 or 2021-Q3")
        parser.add_argument("--kind", choices=sorted(IN_WORDS), help="a report in words in the place of a period's")
        parser.add_argument("--on", help="the day that a report in words speaks of (YYYY-MM-DD), default today")
        parser.add_argument("--issue", action="store_true", help="issue the report as well; needs --by")
        parser.add_argument("--by", help="the account that issues it")
        parser.add_argument("--out", help="a folder that gets a copy of the files")

    def answer(
        self, *, campaign: str, issue: bool, by: str | None, out: str | None, period: str | None = None,
        kind: str | None = None, on: str | None = None, **options: Any,
    ) -> Answer:  # fmt: skip
        try:
            row = campaign_named(campaign)
            wanted = None if kind else _period_of(row, period)
            person = _issuer(by, wanted=issue)
            report = compile_report(row, wanted, by=person) if wanted else _in_words(row, str(kind), on)
        except TemplateFault as fault:
            raise Refusal(str(fault), document=NOTHING | {"problems": [str(fault)]}) from fault
        except Refusal as refusal:
            refusal.document = NOTHING | {"problems": list(refusal.sentences)}
            raise
        problems = _failing(report)
        if issue and person and not problems and report.state != ReportState.ISSUED:
            report, problems = _issue(report, person)
        files, faults = _copies(report, out)
        return _answer(report, files, problems + faults)


def _answer(report: Report, files: list[str], problems: list[str]) -> Answer:
    document = {
        "report": report.pk,
        "revision": report.revision,
        "state": report.state,
        "files": files,
        "checks": report.figures.get("checks", []),
    }
    text = _("%(report)s: %(state)s; %(files)s") % {
        "report": report,
        "state": report.state_words,
        "files": joined(files) or _("no file yet"),
    }
    return Answer(document | ({"problems": problems} if problems else {}), [text, *_next(report)], problems)


def _next(report: Report) -> list[str]:
    """What the report needs before it is a finished paper."""
    if report.is_forecast:
        return [_("This is a forecast: its last day, %(day)s, has not gone by; compile it again after that day.")
                % {"day": report.as_of.isoformat()}]  # fmt: skip
    if report.kind in IN_WORDS and not report.word_file:
        return [_("Next: release or withhold its sentences on its page (%(page)s) and make the Word file there.")
                % {"page": reverse("report_detail", args=[report.pk])}]  # fmt: skip
    return []


def _in_words(campaign: Campaign, kind: str, on: str | None) -> Report:
    """Draft the report and put on paper what is released of it; an issued one is left as it is."""
    day = campaign.as_of(day_from(on))
    standing = Report.objects.in_force().filter(campaign=campaign, kind=kind, period=None, as_of=day).first()
    if standing is not None and standing.state == ReportState.ISSUED:
        return standing
    try:
        report = bulletin.draft_report(campaign, kind=kind, on=day, by=None)
    except Denied as denied:
        raise Refusal(str(denied)) from denied
    released = report.sentences.released().exists()
    return compile_words(report) if released else report


def _period_of(campaign: Campaign, code: str | None) -> ReportingPeriod:
    if code is None:
        raise Refusal(_("Say with --period which month or quarter, or with --kind and --on which report in words."))
    if not re.fullmatch(r"[0-9]{4}-(?:0[1-9]|1[0-2]|Q[1-4])", code):
        raise Refusal(_("“%(code)s” is no period; write a month as 2021-07 or a quarter as 2021-Q3.") % {"code": code})
    open_periods(campaign, on=dates.today())
    found = campaign.periods.begun(dates.today()).filter(code=code).first()
    if found is None:
        known = joined(campaign.periods.begun(dates.today()).order_by("starts_on").values_list("code", flat=True))
        raise Refusal(
            _("The campaign has no period %(code)s that has begun; there are: %(known)s.")
            % {"code": code, "known": known or "–"}
        )
    return found


def _issuer(username: str | None, *, wanted: bool) -> User | None:
    if username is None:
        if wanted:
            raise Refusal(_("Say with --by who issues the report."))
        return None
    person = person_named(username)
    if wanted and not person.may(Verb.ISSUE_REPORT):  # asked first, so that nothing is compiled in vain
        raise Refusal(_("Reports are issued by the rectification office or the head of the leading group."))
    return person


def _failing(report: Report) -> list[str]:
    names = unmet(report.figures.get("checks", []))
    return [_("The figures do not add up: %(checks)s.") % {"checks": names}] if names else []


def _issue(report: Report, person: User) -> tuple[Report, list[str]]:
    try:
        return issue_report(report, by=person), []
    except Denied as denied:
        return report, [str(denied)]


def _copies(report: Report, folder: str | None) -> tuple[list[str], list[str]]:
    """Names of the stored files, or of the copies in ``folder``; and what went wrong with it."""
    stored = {str(file.name): file for file in (report.word_file, report.excel_file) if file}
    if folder is None:
        return list(stored), []
    written = []
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for name, file in stored.items():
            target = Path(folder) / Path(name).name
            with file.open("rb") as source:
                target.write_bytes(source.read())
            written.append(str(target))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return written, [_("%(file)s cannot be written: %(why)s.") % {"file": folder, "why": why}]
    return written, []
