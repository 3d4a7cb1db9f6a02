"""Papers: reports compiled and issued."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import chain, naming
from accounts.models import User
from accounts.roles import RoleCode
from accounts.tracked import locked, store
from findings import access, notify
from findings.choices import IN_WORDS, DocumentKind, ReportState
from findings.figures.sentences import day_words, unmet
from findings.models import Campaign, Job, Report, ReportingPeriod
from findings.workflow.measure import office_people
from findings.workflow.spoken import faults_of
from findings.workflow.step import Denied, acting


@dataclass(frozen=True)
class Compiled:
    """A compiled report: frozen figures and the files, as bytes; a report in words has no ``excel``."""

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
        if report.pk is None and report.period_id is not None:
            locked(report.campaign)  # of two who compile the first report of a period one finds the other's
            known = newest_report(report.campaign, kind=report.kind, period_id=report.period_id)
            report = known or report
        if report.pk is not None:
            report = locked(report)
            if holds_already(report, compiled.figures) and report.stands(act.on):
                return report
            if report.state == ReportState.ISSUED:
                report = Report(
                    campaign_id=report.campaign_id, kind=report.kind, period_id=report.period_id,
                    as_of=report.as_of, revision=report.revision + 1,
                )  # fmt: skip
        report.state = ReportState.DRAFT
        report.figures_text = json.dumps(compiled.figures, ensure_ascii=False, sort_keys=True)
        report.compiled_at = act.at
        report.word_file.save(f"{compiled.filename}.docx", ContentFile(compiled.word), save=False)
        report.word_sha256 = hashlib.sha256(compiled.word).hexdigest()
        if compiled.excel:
            report.excel_file.save(f"{compiled.filename}.xlsx", ContentFile(compiled.excel), save=False)
            report.excel_sha256 = hashlib.sha256(compiled.excel).hexdigest()
        store(report, by=by, note=act.note, at=act.at)
        notify.report_compiled(report, office_people(report.campaign), at=act.at)
        return report


def holds_already(report: Report, figures: dict[str, Any]) -> bool:
    """Whether the report says these figures. An issued one is judged by what it says: a later version of this
    program may state more, which is no reason to revise a paper that was sent.
    An earlier version froze the word for a document's kind: that says its code, however it is called now."""
    found = json.loads(json.dumps(figures))
    held = _with_codes(report.figures, found)
    return _is_within(held, found) if report.state == ReportState.ISSUED else bool(held == found)


def tell_asker(report: Report, *, job: Job, is_changed: bool, at: datetime) -> None:
    """Tell who asked for it what became of a report that stood there already; a new one is told to the whole office."""
    if job.person is not None:
        notify.report_asked_again(report, job.person, job=job, is_changed=is_changed, at=at)


def tell_failure(period: ReportingPeriod, *, job: Job, at: datetime) -> None:
    """Tell the office, once for each run on record, that a report could not be compiled, and why."""
    notify.report_failed(period, office_people(period.campaign), job=job, at=at)


def issue_report(
    report: Report, *, by: User, version: int | None = None, note: str = "", at: datetime | None = None
) -> Report:
    """Issue a draft; the report that it revises is superseded. Refused while a check of its figures fails.

    Raises StaleRow where the draft was compiled anew since ``version`` was read.
    """
    with acting(by, note, at) as act:
        report = locked(report, version=version)
        refusal = issue_refusal(report, by)
        if refusal:
            raise Denied(refusal)
        earlier = Report.objects.filter(
            campaign=report.campaign, kind=report.kind, period=report.period, state=ReportState.ISSUED
        )
        if report.period_id is None:  # a report in words about another day stands beside this one
            earlier = earlier.filter(as_of=report.as_of)
        for row in earlier:
            row.state = ReportState.SUPERSEDED
            store(row, by=by, note=act.note, at=act.at)
        report.state = ReportState.ISSUED
        report.issued_by, report.issued_at = by, act.at
        report.chain_head = chain.head()
        store(report, by=by, note=act.note, at=act.at)
        return report


def issue_refusal(report: Report, user: User, *, faults: list[str] | None = None) -> str:
    """ "" where the user can issue the report now, else the sentence that says why not.

    ``faults``: those of a report in words, where they are known already.
    """
    if not access.courts_of(user, {RoleCode.OFFICE, RoleCode.CHIEF}) & {report.campaign.court_id}:
        return _("Reports are issued by the rectification office or the head of the leading group.")
    if report.state != ReportState.DRAFT:
        return _("Not possible while the state is “%(status)s”.") % {"status": report.state_words}
    if not report.is_final:
        return _("Its last day, %(day)s, had not gone by when it was compiled; compile it again after that day.") % {
            "day": day_words(report.as_of, report.as_of.year)
        }
    failing = unmet(report.figures.get("checks", []))
    if failing:
        return _("The figures do not add up: %(checks)s.") % {"checks": failing}
    if report.kind in IN_WORDS:
        return next(iter(faults_of(report) if faults is None else faults), "")
    return ""


def report_outlook(report: Report, on: date, *, faults: Sequence[str] = ()) -> str:
    """“Now waiting for X until D because S”, of a report; ``faults`` are those of one in words."""
    if report.state == ReportState.DRAFTING and report.kind in IN_WORDS:
        return _(
            "Now waiting for the rectification office to release or withhold its sentences and to make the Word file, "
            "because a report in words is issued sentence by sentence."
        )
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
    if faults:
        return _("Now waiting for the rectification office to mend its sentences, because: %(fault)s") % {
            "fault": faults[0]
        }
    words = _(
        "Now waiting to be issued by the rectification office or the head of the leading group, because its figures as "
        "of %(day)s are compiled and add up."
    )
    return words % {"day": day}


def _with_codes(held: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Frozen figures with the codes of ``found`` in place of the words that the same documents bear in them."""
    before, now = held.get("documents", []), found.get("documents", [])
    if before == now or len(before) != len(now):
        return held
    words = {kind.value: naming.words_ever(kind) for kind in DocumentKind}
    pairs = zip(before, now, strict=True)
    return held | {"documents": [[*old[:2], new[2]] if old[2] in words[new[2]] else old for old, new in pairs]}


def _is_within(old: Any, new: Any) -> bool:
    """Whether all that ``old`` says stands in ``new`` as well."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and _is_within(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(_is_within(one, other) for one, other in zip(old, new, strict=True))
    return bool(old == new)
