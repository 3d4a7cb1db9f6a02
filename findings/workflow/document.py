"""Documents and meetings: put on record, corrected, taken out of force, and looked at again for their use."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.tracked import create, locked, store
from findings import access, dates
from findings.choices import DocumentAction
from findings.figures.sentences import day_words
from findings.models import Campaign, Measure, Meeting, MeetingMeasure, RuleDocument, RuleDocumentMeasure
from findings.workflow.step import Act, Denied, acting, closed_refusal, reason_given


def record_document(
    campaign: Campaign,
    *,
    by: User,
    serves: Iterable[Measure],
    note: str = "",
    at: datetime | None = None,
    **fields: object,
) -> RuleDocument:
    """Put a rule or document on record with the measures that it serves.

    ``fields`` are those of RuleDocument. What it amends or repeals (``replaces``) is out of force from its day of
    issue. Raises Denied.
    """
    with acting(by, note, at) as act:
        campaign = locked(campaign)  # of two documents with one number the second is refused
        _demand_recorder(act, campaign)
        row = RuleDocument(campaign=campaign, **fields)
        _check_document(row, act)
        _outdate_older(row, act)
        store(row, by=by, note=act.note, at=act.at)
        _serve(row, serves, act)
        return row


def edit_document(
    document: RuleDocument,
    *,
    by: User,
    note: str = "",
    at: datetime | None = None,
    version: int | None = None,
    serves: Iterable[Measure] | None = None,
    **fields: object,
) -> RuleDocument:
    """Correct what is on record; ``serves`` None leaves the measures as they are.

    An older document that this one no longer replaces is in force again. Raises Denied, StaleRow.
    """
    with acting(by, note, at) as act:
        _demand_recorder(act, locked(document.campaign))
        row = locked(document, version=version)
        before = (row.replaces_id, row.issued_on)
        for name, value in fields.items():
            setattr(row, name, value)
        _check_document(row, act)
        if (row.replaces_id, row.issued_on) != before:
            _restore_older(*before, act)
            _outdate_older(row, act)
        store(row, by=by, note=act.note, at=act.at)
        if serves is not None:
            _serve(row, serves, act)
        return row


def repeal_document(
    document: RuleDocument,
    *,
    on: date | None,
    by: User,
    note: str,
    at: datetime | None = None,
    version: int | None = None,
) -> RuleDocument:
    """Take a document out of force from a day on, without a newer one in its place; ``on`` None: in force again.

    The reason is compulsory. Raises Denied, StaleRow.
    """
    with acting(by, note, at) as act:
        _demand_recorder(act, document.campaign)
        row = locked(document, version=version)
        reason_given(act)
        _check_repeal(row, on)
        row.repealed_on = on
        store(row, by=by, note=act.note, at=act.at)
        return row


def check_use(
    document: RuleDocument,
    *,
    on: date,
    finding: str,
    next_on: date | None = None,
    by: User,
    note: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> RuleDocument:
    """Say how a document in force is used, as seen on a day; ``next_on`` is the day to look again. Raises Denied,
    StaleRow."""
    with acting(by, note, at) as act:
        _demand_recorder(act, document.campaign)
        row = locked(document, version=version)
        _check_use_check(row, on, finding, next_on, act)
        row.use_checked_on, row.use_finding, row.use_check_on = on, finding.strip(), next_on
        store(row, by=by, note=act.note, at=act.at)
        return row


def record_meeting(
    campaign: Campaign,
    *,
    by: User,
    decided: Mapping[Measure, str] | None = None,
    note: str = "",
    at: datetime | None = None,
    **fields: object,
) -> Meeting:
    """Put a meeting on record with what it decided, in all and on single measures. Raises Denied."""
    with acting(by, note, at) as act:
        _demand_recorder(act, campaign)
        row = Meeting(campaign=campaign, **fields)
        _check_meeting(row, act)
        store(row, by=by, note=act.note, at=act.at)
        _decide(row, decided or {}, act)
        return row


def edit_meeting(
    meeting: Meeting,
    *,
    by: User,
    decided: Mapping[Measure, str] | None = None,
    note: str = "",
    at: datetime | None = None,
    version: int | None = None,
    **fields: object,
) -> Meeting:
    """Correct what is on record; ``decided`` None leaves the decisions on single measures as they are.

    Raises Denied, StaleRow.
    """
    with acting(by, note, at) as act:
        _demand_recorder(act, meeting.campaign)
        row = locked(meeting, version=version)
        for name, value in fields.items():
            setattr(row, name, value)
        _check_meeting(row, act)
        store(row, by=by, note=act.note, at=act.at)
        if decided is not None:
            _decide(row, decided, act)
        return row


def recording_refusal(user: User | None, campaign: Campaign, on: date) -> str:
    """ "" where the user records the campaign's documents and meetings, else the sentence that says why not."""
    if user is None or not access.is_office_of(user, campaign.court_id):
        return _("Only the rectification office records documents and meetings; please send them to it.")
    return closed_refusal(campaign, on)


def document_outlook(document: RuleDocument, on: date) -> str:
    """Whether the document is in force on the day, and what is waited for, until when."""
    if document.action == DocumentAction.REPEALED:
        return _("Repealed; nothing is waited for.")
    if document.repealed_on and document.repealed_on <= on:
        return _("Out of force since %(day)s; nothing is waited for.") % {
            "day": day_words(document.repealed_on, on.year)
        }
    if document.use_check_on is None:
        return _("In force; no day is set for checking how it is used.")
    facts = {"day": day_words(document.use_check_on, on.year)}
    if document.use_check_on < on:
        return _("In force; still waiting for the rectification office, which was to check its use by %(day)s.") % facts
    return _("In force; now waiting for the rectification office to check its use until %(day)s.") % facts


def _demand_recorder(act: Act, campaign: Campaign) -> None:
    refusal = recording_refusal(act.by, campaign, act.on)
    if refusal:
        raise Denied(refusal)


def _check_document(row: RuleDocument, act: Act) -> None:
    """Raise Denied where the facts of a document contradict each other or the records."""
    if row.issued_on > act.on:
        raise Denied(_("The day of issue lies in the future."), field="issued_on")
    if row.repealed_on is not None and row.repealed_on < row.issued_on:
        raise Denied(_("The document was out of force before that day."), field="issued_on")
    if row.use_check_on is not None and row.use_check_on <= row.issued_on:
        raise Denied(_("The check of use comes after the day of issue."), field="use_check_on")
    twin = RuleDocument.objects.filter(campaign=row.campaign, number=row.number).exclude(pk=row.pk).first()
    if row.number and twin is not None:
        raise Denied(_("“%(title)s” bears this number already.") % {"title": twin}, field="number")
    if row.replaces is not None:
        _check_older(row, row.replaces)


def _check_older(row: RuleDocument, older: RuleDocument) -> None:
    if row.action == DocumentAction.NEW:
        raise Denied(_("A new document takes no other's place: say that it amends or repeals."), field="action")
    if older.campaign_id != row.campaign_id:
        raise Denied(_("“%(title)s” belongs to another campaign.") % {"title": older}, field="replaces")
    if older.issued_on > row.issued_on:
        raise Denied(_("“%(title)s” was issued later.") % {"title": older}, field="replaces")
    step: RuleDocument | None = older
    while step is not None:
        if step.pk == row.pk:
            raise Denied(_("A document cannot take its own place."), field="replaces")
        step = step.replaces


def _outdate_older(row: RuleDocument, act: Act) -> None:
    """What this one amends or repeals is out of force from its day of issue."""
    if row.replaces is None:
        return
    older = locked(row.replaces)
    if older.repealed_on is not None:
        facts = {"title": older, "day": day_words(older.repealed_on, act.on.year)}
        raise Denied(_("“%(title)s” has been out of force since %(day)s.") % facts, field="replaces")
    older.repealed_on = row.issued_on
    store(older, by=act.by, note=act.note, at=act.at)


def _restore_older(older_id: int | None, day: date, act: Act) -> None:
    """Undo what ``_outdate_older`` did for a document that was issued on ``day``."""
    if older_id is None:
        return
    older = locked(RuleDocument.objects.get(pk=older_id))
    if older.repealed_on == day:
        older.repealed_on = None
        store(older, by=act.by, note=act.note, at=act.at)


def _check_repeal(row: RuleDocument, on: date | None) -> None:
    if row.action == DocumentAction.REPEALED:
        raise Denied(_("It is on record as repealed already."))
    newer = row.replaced_by.first()
    if newer is not None:
        raise Denied(_("“%(title)s” has taken its place; correct that one.") % {"title": newer})
    if on is not None and on < row.issued_on:
        raise Denied(_("The document was issued later."), field="on")


def _check_use_check(row: RuleDocument, on: date, finding: str, next_on: date | None, act: Act) -> None:
    if not dates.is_in_force(action=row.action, issued_on=row.issued_on, repealed_on=row.repealed_on, on=act.on):
        raise Denied(_("The document is not in force; its use is not checked any more."))
    if not finding.strip():
        raise Denied(_("Please say how it is used."), field="finding")
    if on > act.on:
        raise Denied(_("The day of the check lies in the future."), field="on")
    last = max(row.issued_on, row.use_checked_on or row.issued_on)
    if on < last:
        facts = {"day": day_words(last, act.on.year)}
        raise Denied(_("The check comes after %(day)s, when it was issued or last checked.") % facts, field="on")
    if next_on is not None and next_on <= on:
        raise Denied(_("The next check comes after this one."), field="next_on")


def _check_meeting(row: Meeting, act: Act) -> None:
    if row.held_on > act.on:
        raise Denied(_("The meeting has not been held yet."), field="held_on")


def _serve(row: RuleDocument, serves: Iterable[Measure], act: Act) -> None:
    """Make the document serve these measures and no others."""
    wanted = {measure.pk: measure for measure in serves}
    _demand_own(row.campaign, wanted.values(), "serves")
    known = {link.measure_id: link for link in row.served.all()}
    for pk, measure in wanted.items():
        if pk not in known:
            create(RuleDocumentMeasure, by=act.by, note=act.note, at=act.at, document=row, measure=measure)
    for pk, link in known.items():
        if link.is_active != (pk in wanted):
            link.is_active = pk in wanted
            store(link, by=act.by, note=act.note, at=act.at)


def _decide(row: Meeting, decided: Mapping[Measure, str], act: Act) -> None:
    """Make these the meeting's decisions on single measures; those left out are taken off."""
    _demand_own(row.campaign, decided, "")
    if not all(text.strip() for text in decided.values()):
        raise Denied(_("Please say what was decided about each measure."))
    known = {link.measure_id: link for link in row.measures.all()}
    for measure, text in decided.items():
        link = known.pop(measure.pk, None) or MeetingMeasure(meeting=row, measure=measure)
        _keep_decision(link, text.strip(), True, act)
    for link in known.values():
        _keep_decision(link, link.decision, False, act)


def _keep_decision(link: MeetingMeasure, text: str, is_active: bool, act: Act) -> None:
    if link.pk is None or (link.decision, link.is_active) != (text, is_active):
        link.decision, link.is_active = text, is_active
        store(link, by=act.by, note=act.note, at=act.at)


def _demand_own(campaign: Campaign, measures: Iterable[Measure], field: str) -> None:
    if any(measure.campaign_id != campaign.pk for measure in measures):
        raise Denied(_("A measure belongs to another campaign."), field=field)
