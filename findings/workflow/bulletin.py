"""Reports in words (通报, 双报告): drafted out of the ledger, edited, released or withheld sentence by sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.tracked import bulk_create_tracked, create, locked, store
from findings.choices import IN_WORDS, ReportState
from findings.figures import scope_of
from findings.figures.drafting import draft
from findings.figures.standing import standings
from findings.figures.told import Drafted, key_of
from findings.models import Campaign, Report, ReportSentence
from findings.workflow.spoken import present_draft, sentences_of
from findings.workflow.step import Act, Denied, acting, demand_office

_OPEN = frozenset({ReportState.DRAFTING, ReportState.DRAFT})


def draft_report(
    campaign: Campaign, *, kind: str, on: date, by: User | None, note: str = "", at: datetime | None = None
) -> Report:
    """Draft the sentences of a report in words as of a day, or draft them again.

    Sentences that somebody edited or settled are kept as they are, untouched ones follow the ledger, new ones are
    added. Of an issued report this makes the revision, with its sentences as they were settled.
    """
    with acting(by, note or _("drafted"), at) as act:
        if by is not None:
            demand_office(act, campaign.court_id)
        if kind not in IN_WORDS:
            raise Denied(_("Please choose one of the reports in words."), field="kind")
        if not campaign.feedback_on <= on <= act.on:
            raise Denied(_("The day lies between the feedback and today."), field="on")
        campaign = locked(campaign)
        on = campaign.as_of(on)
        newest = Report.objects.in_force().filter(campaign=campaign, kind=kind, period=None, as_of=on).first()
        report = _opened(newest, act) or _begun(campaign, act, kind=kind, as_of=on)
        _follow(report, draft(scope_of(campaign, None), kind, on), act)
        return report


def edit_sentence(
    sentence: ReportSentence, *, text: str, by: User, note: str = "", at: datetime | None = None,
    version: int | None = None,
) -> ReportSentence:  # fmt: skip
    """Put a person's words in the place of the draft. It is to be released anew; the draft stays on record beside it.

    Raises StaleRow where somebody else has changed it since ``version``.
    """
    with acting(by, note or _("edited"), at) as act:
        row = _held(sentence, act, version)
        words = " ".join(text.replace("\x00", "").split())
        if not words:
            raise Denied(_("Please write the sentence, or withhold it."), field="text")
        _rest_on(row, _now(row))
        row.text = words
        return _unsettled(row, act)


def renew_sentence(
    sentence: ReportSentence, *, by: User, note: str = "", at: datetime | None = None, version: int | None = None
) -> ReportSentence:
    """Take what the ledger says now in the place of the stored text. It is to be released anew."""
    with acting(by, note or _("drafted anew"), at) as act:
        row = _held(sentence, act, version)
        now = _now(row)
        if now is None:
            raise Denied(_("The ledger does not say this any more; please withhold it."))
        _rest_on(row, now)
        row.text = now.text
        return _unsettled(row, act)


def withhold_sentence(
    sentence: ReportSentence, *, why: str, by: User, at: datetime | None = None, version: int | None = None
) -> ReportSentence:
    """Keep a sentence inside the house: it reaches no file and no public page."""
    with acting(by, why, at) as act:
        row = _held(sentence, act, version)
        if not act.note:
            raise Denied(_("Please give a reason."), field="why")
        row.is_released, row.why, row.settled_by, row.settled_at = False, act.note[:200], by, act.at
        store(row, by=by, note=act.note, at=act.at)
        _take_back(row.report, act)
        return row


@dataclass(frozen=True)
class Passed:
    """A sentence that was to be released and was not, with the reason."""

    sentence: ReportSentence
    why: str


def release_sentences(
    report: Report, versions: Mapping[int, int], *, by: User, note: str = "", at: datetime | None = None
) -> list[Passed]:
    """Release the sentences that were read, by id, each at the version that was read; answers those passed by."""
    with acting(by, note or _("released"), at) as act:
        report = _demand_open(report, act)
        passed = []
        rows = ReportSentence.objects.select_for_update().filter(report=report, pk__in=list(versions)).order_by("pk")
        for row in rows:
            why = _("somebody has changed it since you read it.") if row.version != versions[row.pk] else ""
            if why:
                passed.append(Passed(row, why))
            elif not row.is_released:
                row.is_released, row.why, row.settled_by, row.settled_at = True, "", by, act.at
                store(row, by=by, note=act.note, at=act.at)
        return passed


def move_up(
    sentence: ReportSentence, *, by: User, note: str = "", at: datetime | None = None, version: int | None = None
) -> ReportSentence:
    """Let a sentence change places with the one before it, within its section and its issue."""
    with acting(by, note or _("moved"), at) as act:
        row = _held(sentence, act, version)
        rows = [other for other in sentences_of(row.report) if _place(other) == _place(row)]
        place = [other.pk for other in rows].index(row.pk)
        if place == 0:
            raise Denied(_("It stands first already."))
        other = locked(rows[place - 1])
        own, others = row.order, other.order
        row.order = _last(row.report) + 1  # one place bears one sentence at any instant
        store(row, by=by, note=act.note, at=act.at)
        other.order = own
        store(other, by=by, note=act.note, at=act.at)
        row.order = others
        store(row, by=by, note=act.note, at=act.at)
        return row


def is_open(report: Report) -> bool:
    """Whether its sentences may still change; an issued one is frozen."""
    return report.state in _OPEN


def change_refusal(report: Report, user: User) -> str:
    """ "" where the user may change the sentences of the report now, else the sentence that says why not."""
    try:
        _check_open(report)
        demand_office(Act(user, "", report.created_at), report.campaign.court_id)
    except Denied as denied:
        return str(denied)
    return ""


def _opened(report: Report | None, act: Act) -> Report | None:
    """The report to draft in; of an issued one its revision, whose sentences stand as they were issued."""
    if report is None:
        return None
    report = locked(report)
    if report.state != ReportState.ISSUED:
        return report
    revision = _begun(report.campaign, act, kind=report.kind, as_of=report.as_of, revision=report.revision + 1)
    _add(revision, [_copied(row) for row in sentences_of(report)], act)
    return revision


def _begun(campaign: Campaign, act: Act, **fields: Any) -> Report:
    return create(Report, by=act.by, note=act.note, at=act.at, campaign=campaign, state=ReportState.DRAFTING, **fields)


def _copied(row: ReportSentence) -> ReportSentence:
    fields = (
        "section", "issue_id", "text", "drafted", "statistic", "figures", "sources", "is_released", "why",
        "settled_by_id", "settled_at",
    )  # fmt: skip
    return ReportSentence(**{name: getattr(row, name) for name in fields})


def _follow(report: Report, drafted: list[Drafted], act: Act) -> None:
    """Bring the stored sentences up to the ledger: untouched ones follow it, new ones are added at the end."""
    rows = sentences_of(report)
    found = standings(rows, drafted)
    for row in rows:
        now = found[row.pk].now
        if now is not None and found[row.pk].has_moved and not row.is_settled and row.text == row.drafted:
            _rest_on(row, now)
            row.text = now.text
            store(row, by=act.by, note=act.note, at=act.at)
    known = {key_of(row) for row in rows}
    new = [
        ReportSentence(
            section=sentence.section, issue_id=sentence.issue_id, text=sentence.text, drafted=sentence.text,
            statistic=sentence.statistic, figures=sentence.figures, sources=sentence.sources,
        )
        for sentence in drafted if sentence.key not in known
    ]  # fmt: skip
    _add(report, new, act)


def _add(report: Report, rows: list[ReportSentence], act: Act) -> None:
    last = _last(report)
    for order, row in enumerate(rows, start=last + 1):
        row.report, row.order = report, order
    if rows:
        bulk_create_tracked(ReportSentence, rows, by=act.by, note=act.note, at=act.at)


def _last(report: Report) -> int:
    return ReportSentence.objects.filter(report=report).aggregate(last=Max("order"))["last"] or 0


def _held(sentence: ReportSentence, act: Act, version: int | None) -> ReportSentence:
    """The sentence locked, its report open to who acts. Raises Denied or StaleRow."""
    report = _demand_open(sentence.report, act)
    row = locked(sentence, version=version)
    row.report = report
    return row


def _demand_open(report: Report, act: Act) -> Report:
    report = locked(report)
    demand_office(act, report.campaign.court_id)
    _check_open(report)
    return report


def _check_open(report: Report) -> None:
    if not is_open(report):
        raise Denied(_("Not possible while the state is “%(status)s”.") % {"status": report.state_words})


def _now(row: ReportSentence) -> Drafted | None:
    """What the ledger says of the same thing now."""
    return next((sentence for sentence in present_draft(row.report) if sentence.key == key_of(row)), None)


def _rest_on(row: ReportSentence, now: Drafted | None) -> None:
    """Let a sentence rest on the present draft, where there is one."""
    if now is not None:
        row.drafted, row.figures, row.sources = now.text, now.figures, now.sources


def _unsettled(row: ReportSentence, act: Act) -> ReportSentence:
    row.is_released, row.why, row.settled_by, row.settled_at = False, "", None, None
    store(row, by=act.by, note=act.note, at=act.at)
    _take_back(row.report, act)
    return row


def _take_back(report: Report, act: Act) -> None:
    """A sentence that is not released any more must not be read in a Word file that was made before."""
    if report.state == ReportState.DRAFT:
        report.state, report.figures_text, report.compiled_at = ReportState.DRAFTING, "", None
        report.word_file, report.word_sha256 = "", ""
        store(report, by=act.by, note=act.note, at=act.at)


def _place(row: ReportSentence) -> tuple[str, int | None, bool]:
    """What a sentence stays within: statistics run on in one paragraph before the rest of their section."""
    return (row.section, row.issue_id, bool(row.statistic))
