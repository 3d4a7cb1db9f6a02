"""Papers: reports compiled and issued, days of the calendar."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime

from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import chain
from accounts.models import Membership, User
from accounts.roles import RoleCode
from accounts.tracked import locked, store
from findings import access, notify
from findings.choices import ReportState
from findings.figures.sentences import day_words, unmet
from findings.models import CalendarDay, Campaign, Report, ReportingPeriod
from findings.workflow.step import Denied, acting


@dataclass(frozen=True)
class Compiled:
    """A compiled report: frozen figures and the two files, as bytes."""

    figures: dict
    word: bytes
    excel: bytes
    filename: str


def newest_report(campaign: Campaign, *, kind: str, period_id: int | None) -> Report | None:
    """The report in force for a period, None before the first compilation."""
    return Report.objects.in_force().filter(campaign=campaign, kind=kind, period_id=period_id).first()


def report_for(campaign: Campaign, period: ReportingPeriod) -> Report:
    """The report in force for a period, or before the first compilation a new one that is not stored yet."""
    known = newest_report(campaign, kind=period.kind, period_id=period.pk)
    return known or Report(campaign=campaign, kind=period.kind, period=period, as_of=campaign.as_of(period.ends_on))


def keep_report(report: Report, compiled: Compiled, *, by: User | None, at: datetime | None = None) -> Report:
    """Store what was compiled: in a draft in place, beside an issued report as its revision.

    Where the figures are those of the report in force nothing is written.
    """
    with acting(by, _("compiled"), at) as act:
        text = json.dumps(compiled.figures, ensure_ascii=False, sort_keys=True)
        if report.pk is not None:
            report = locked(report)
            if report.figures_text == text and report.stands(act.on):
                return report
            if report.state == ReportState.ISSUED:
                report = Report(
                    campaign_id=report.campaign_id, kind=report.kind, period_id=report.period_id,
                    as_of=report.as_of, revision=report.revision + 1,
                )  # fmt: skip
        report.state = ReportState.DRAFT
        report.figures_text = text
        report.compiled_at = act.at
        report.word_file.save(f"{compiled.filename}.docx", ContentFile(compiled.word), save=False)
        report.excel_file.save(f"{compiled.filename}.xlsx", ContentFile(compiled.excel), save=False)
        report.word_sha256 = hashlib.sha256(compiled.word).hexdigest()
        report.excel_sha256 = hashlib.sha256(compiled.excel).hexdigest()
        store(report, by=by, note=act.note, at=act.at)
        notify.report_compiled(report, _office_people(report.campaign), at=act.at)
        return report


def issue_report(report: Report, *, by: User, note: str = "", at: datetime | None = None) -> Report:
    """Issue a draft; the report that it revises is superseded. Refused while a check of its figures fails."""
    with acting(by, note, at) as act:
        report = locked(report)
        refusal = issue_refusal(report, by)
        if refusal:
            raise Denied(refusal)
        earlier = Report.objects.filter(
            campaign=report.campaign, kind=report.kind, period=report.period, state=ReportState.ISSUED
        )
        for row in earlier:
            row.state = ReportState.SUPERSEDED
            store(row, by=by, note=act.note, at=act.at)
        report.state = ReportState.ISSUED
        report.issued_by, report.issued_at = by, act.at
        report.chain_head = chain.head()
        store(report, by=by, note=act.note, at=act.at)
        return report


def issue_refusal(report: Report, user: User) -> str:
    """ "" where the user can issue the report now, else the sentence that says why not."""
    if not access.courts_of(user, {RoleCode.OFFICE, RoleCode.CHIEF}) & {report.campaign.court_id}:
        return _("Reports are issued by the rectification office or the head of the leading group.")
    if report.state != ReportState.DRAFT:
        return _("Not possible while the state is “%(status)s”.") % {"status": report.get_state_display()}
    if not report.is_final:
        return _("Its last day, %(day)s, had not gone by when it was compiled; compile it again after that day.") % {
            "day": day_words(report.as_of, report.as_of.year)
        }
    failing = unmet(report.figures.get("checks", []))
    if failing:
        return _("The figures do not add up: %(checks)s.") % {"checks": failing}
    return ""


def report_outlook(report: Report, on: date) -> str:
    """“Now waiting for X until D because S”, of a report."""
    if report.state == ReportState.DRAFTING:
        return _("Now being compiled, because its period was locked or somebody asked for it.")
    if report.state == ReportState.SUPERSEDED:
        return _("Superseded by a later revision; nothing is waited for.")
    if report.issued_at is not None:
        facts = {"by": report.issued_by, "day": day_words(timezone.localdate(report.issued_at), on.year)}
        return _("Issued by %(by)s on %(day)s; its figures never change, and nothing is waited for.") % facts
    day = day_words(report.as_of, on.year)
    if not report.is_final:
        words = _("Now waiting to be compiled again after %(day)s, because its last day had not gone by.")
        return words % {"day": day}
    failing = unmet(report.figures.get("checks", []))
    if failing:
        words = _(
            "Now waiting for the rectification office to mend the ledger, because figures do not add up: %(checks)s."
        )
        return words % {"checks": failing}
    words = _(
        "Now waiting to be issued by the rectification office or the head of the leading group, because its figures as "
        "of %(day)s are compiled and add up."
    )
    return words % {"day": day}


def load_calendar(days: dict[date, tuple[bool, str]], *, by: User | None, at: datetime | None = None) -> int:
    """Take days that differ from the plain week into the calendar; answers how many rows were new or changed."""
    known = {row.day: row for row in CalendarDay.objects.filter(day__in=days)}
    written = 0
    with acting(by, _("calendar loaded"), at) as act:
        for day, (is_working, name) in days.items():
            row = known.get(day) or CalendarDay(day=day)
            if row.pk is None or (row.is_working, row.name) != (is_working, name):
                row.is_working, row.name = is_working, name
                store(row, by=by, note=act.note, at=act.at)
                written += 1
    return written


def _office_people(campaign: Campaign) -> list[User]:
    grants = Membership.objects.holders(RoleCode.OFFICE, campaign.court_id)
    return list(User.objects.filter(pk__in=grants.values("person_id")))
