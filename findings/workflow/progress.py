"""Progress by period: filled in by the departments, submitted by their heads, accepted or returned by the office."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Department, User
from accounts.tracked import locked, store
from findings import access, dates, notify
from findings.choices import MeasureStatus, ProgressStatus
from findings.models import CalendarDay, Campaign, Measure, ProgressUpdate, ReportingPeriod
from findings.workflow.measure import MEASURE, taking_part
from findings.workflow.step import Act, Denied, Step, acting, by_name, demand, only_office, reason_given


@dataclass(frozen=True)
class ProgressValues:
    """What a department reports on a measure; ``percent`` is 0 to 100.

    ``correction`` says what was wrong in the last locked period.
    """

    done: str
    percent: int
    difficulty: str = ""
    next_step: str = ""
    expected_on: date | None = None
    correction: str = ""


def save_progress(
    measure: Measure, *, by: User, values: ProgressValues, department: Department, period: ReportingPeriod,
    version: int | None = None, note: str = "", at: datetime | None = None,
) -> ProgressUpdate:  # fmt: skip
    """Keep a draft. Raises Denied, or StaleRow where somebody saved since ``version`` was read (0: no row yet)."""
    with acting(by, note, at) as act:
        measure = locked(measure)
        demand(MEASURE["fill_progress"], act, measure)
        return _write(measure, act, values, department, period, version)


def submit_progress(
    measure: Measure, *, by: User, values: ProgressValues, department: Department, period: ReportingPeriod,
    version: int | None = None, note: str = "", at: datetime | None = None,
) -> ProgressUpdate:  # fmt: skip
    """Save and submit in one act; the first submission starts the measure."""
    with acting(by, note, at) as act:
        measure = locked(measure)
        demand(MEASURE["submit_progress"], act, measure)
        update = _write(measure, act, values, department, period, version)
        if update.status != ProgressStatus.SUBMITTED:  # who heads one department may be only the liaison of another
            demand(PROGRESS["submit"], act, update)
        return submit_locked(update, measure, act)


def submit_draft(
    update: ProgressUpdate, *, by: User, version: int | None = None, note: str = "", at: datetime | None = None
) -> ProgressUpdate:
    """Submit what the liaison filled in. Raises StaleRow where it was changed since ``version`` was read."""
    with acting(by, note, at) as act:
        measure = locked(update.measure)
        update = locked(update, version=version)
        demand(PROGRESS["submit"], act, update)
        demand(MEASURE["submit_progress"], act, measure)
        return submit_locked(update, measure, act)


def accept_progress(
    update: ProgressUpdate, *, by: User, version: int | None = None, note: str = "", at: datetime | None = None
) -> ProgressUpdate:
    """Take the reported progress as true; the lead department's percentage becomes the measure's.

    Raises StaleRow where the report was changed since ``version`` was read.
    """
    with acting(by, note, at) as act:
        measure = locked(update.measure)
        update = locked(update, version=version)
        demand(PROGRESS["accept"], act, update)
        return accept_locked(update, measure, act)


def return_progress(
    update: ProgressUpdate, *, by: User, note: str, version: int | None = None, at: datetime | None = None
) -> ProgressUpdate:
    """Send the report back with a compulsory reason; returns are counted. StaleRow as with ``accept_progress``."""
    with acting(by, note, at) as act:
        locked(update.measure)
        update = locked(update, version=version)
        demand(PROGRESS["return"], act, update)
        reason_given(act)
        update.status = ProgressStatus.RETURNED
        update.decided_by, update.decided_at = by, act.at
        update.return_reason = act.note
        update.returned_count += 1
        store(update, by=by, note=act.note, at=act.at)
        notify.progress_returned(update, reason=act.note, at=act.at)
        return update


def accept_locked(update: ProgressUpdate, measure: Measure, act: Act) -> ProgressUpdate:
    """Accept a report that the steps allow; report and measure are locked."""
    update.status = ProgressStatus.ACCEPTED
    update.decided_by, update.decided_at = act.by, act.at
    store(update, by=act.by, note=act.note, at=act.at)
    if _sets_percent(update, measure):
        measure.percent = update.percent
        store(measure, by=act.by, note=act.note, at=act.at)
    return update


def _sets_percent(update: ProgressUpdate, measure: Measure) -> bool:
    """Whether the accepted report moves the measure's percentage: the lead's newest one does, until the closing."""
    newer = measure.progress.accepted().filter(
        department_id=update.department_id, period__starts_on__gt=update.period.starts_on
    )
    return (
        update.department_id == measure.lead_department_id
        and measure.percent != update.percent
        and measure.status != MeasureStatus.CLOSED
        and not newer.exists()
    )


def open_periods(campaign: Campaign, *, on: date, at: datetime | None = None) -> list[ReportingPeriod]:
    """Make the periods that the campaign's dates call for up to ``on``; those made before stay as they are."""
    made: list[ReportingPeriod] = []
    if not _unopened(campaign, on):
        return made
    with acting(None, _("opened by the campaign's dates"), at) as act:
        locked(campaign)  # two who report on the first day of a period would both open it
        for period in _unopened(campaign, on):
            store(period, by=None, note=act.note, at=act.at)
            made.append(period)
    return made


def _unopened(campaign: Campaign, on: date) -> list[ReportingPeriod]:
    """Periods, unsaved, that have begun and that nobody has opened yet."""
    known = set(campaign.periods.values_list("code", flat=True))
    last = min(campaign.as_of(on), campaign.sustained_until)
    spans = dates.reporting_spans(campaign.feedback_on, campaign.concentrated_until, last)
    return [_period(campaign, span) for span in spans if span.code not in known]


def refit_periods(campaign: Campaign, act: Act, *, field: str) -> None:
    """Give the periods that are open already the days that the campaign's changed phases call for.

    Raises Denied for ``field`` where a period would fall away, or has been reported on, or is locked.
    """
    spans = {
        span.code: span
        for span in dates.reporting_spans(campaign.feedback_on, campaign.concentrated_until, campaign.sustained_until)
    }
    for period in campaign.periods.order_by("starts_on"):
        span = spans.get(period.code)
        if span is not None and (span.starts_on, span.ends_on) == (period.starts_on, period.ends_on):
            continue
        if span is None or period.is_locked(act.on) or period.progress.exists():
            raise Denied(
                _("The period %(period)s is open already and would get other days.") % {"period": period.code},
                field=field,
            )
        planned = _period(campaign, span)
        for name in ("starts_on", "ends_on", "due_on", "locks_on"):
            setattr(period, name, getattr(planned, name))
        store(period, by=act.by, note=act.note, at=act.at)


def period_to_report(measure: Measure, department_id: int, *, on: date) -> ReportingPeriod | None:
    """The period that the department should report on now: the oldest one still open that it has not submitted.

    A period that nobody has opened yet is answered unsaved. None: nothing is to be reported.
    """
    campaign = measure.campaign
    if campaign.is_closed(on) or on < campaign.feedback_on:
        return None
    rows = [row for row in measure.progress.all() if row.department_id == department_id]
    settled = {row.period_id for row in rows if row.is_reported and not row.is_overtaken}
    known = {period.code: period for period in campaign.periods.all()}
    last = None
    until = min(on, campaign.sustained_until)
    for span in dates.reporting_spans(campaign.feedback_on, campaign.concentrated_until, until):
        period = known.get(span.code) or _period(campaign, span)
        if not period.is_locked(on):
            last = period
            if period.pk not in settled:
                return period
    return last


def correctable(measure: Measure, department_id: int, period: ReportingPeriod, *, on: date) -> ProgressUpdate | None:
    """The department's last report before ``period`` that is locked: what this period's report may correct."""
    reported = measure.progress.filter(
        department_id=department_id, period__starts_on__lt=period.starts_on, period__locks_on__lt=on
    ).exclude(status=ProgressStatus.DRAFT)
    return reported.select_related("period").order_by("-period__starts_on").first()


def collecting_days(campaign: Campaign, ends_on: date, calendar: dates.Calendar) -> tuple[date, date]:
    """When the progress of a period that ends on a day is due, and its last day before the lock."""
    due = dates.working_day_after(ends_on, campaign.progress_due_days, calendar)
    return due, dates.working_day_after(due, campaign.lock_days, calendar) if campaign.lock_days else due


def _period(campaign: Campaign, span: dates.Span) -> ReportingPeriod:
    calendar = CalendarDay.objects.table(span.ends_on, span.ends_on + timedelta(days=60))
    due, locks = collecting_days(campaign, span.ends_on, calendar)
    return ReportingPeriod(
        campaign=campaign, kind=span.kind, code=span.code, starts_on=span.starts_on, ends_on=span.ends_on,
        due_on=due, locks_on=locks,
    )  # fmt: skip


def _write(
    measure: Measure, act: Act, values: ProgressValues, department: Department, period: ReportingPeriod,
    version: int | None,
) -> ProgressUpdate:  # fmt: skip
    if department.pk not in taking_part(measure) or not access.is_member_of(act.person, department.pk):
        raise Denied(_("You do not fill in progress for this department."))
    if period.pk is None:
        open_periods(measure.campaign, on=act.on, at=act.at)
        period = measure.campaign.periods.get(code=period.code)
    _check_values(values)
    if period.campaign_id != measure.campaign_id or period.starts_on > act.on or period.is_locked(act.on):
        raise Denied(_("The period %(period)s is not open; correct it in the next one.") % {"period": period.code})
    update = ProgressUpdate.objects.filter(measure=measure, period=period, department=department).first()
    if update is None:
        update = ProgressUpdate(measure=measure, period=period, department=department)
    else:
        update = locked(update, version=version)
        demand(PROGRESS[_FILLING[ProgressStatus(update.status)]], act, update)
    for name, value in asdict(values).items():
        setattr(update, name, value)
    update.corrects = _corrected_by(update, act.on)
    update.status = _state_of_words(update)
    update.filled_by = act.person
    store(update, by=act.by, note=act.note, at=act.at)
    return update


def filling_refusal(user: User, update: ProgressUpdate, on: date) -> str:
    """ "" where this person can fill in the report again on that day, else the reason."""
    return PROGRESS[_FILLING[ProgressStatus(update.status)]].refusal(user, update, on)


def _corrected_by(update: ProgressUpdate, on: date) -> ProgressUpdate | None:
    """The locked report that a correction is about; the one that was named first stays."""
    update.correction = update.correction.strip()
    if not update.correction:
        return None
    found = update.corrects or correctable(update.measure, update.department_id, update.period, on=on)
    if found is None:
        raise Denied(_("Nothing was reported in a locked period that could be corrected."), field="correction")
    return found


def _state_of_words(update: ProgressUpdate) -> ProgressStatus:
    """What filling in makes of a report: a returned one is a draft from its first changed word on."""
    if update.status == ProgressStatus.SUBMITTED:
        return ProgressStatus.SUBMITTED
    if update.returned_count:
        decided = update.history.filter(status__in=[ProgressStatus.RETURNED, ProgressStatus.ACCEPTED])
        last = decided.order_by("-history_date", "-history_id").first()
        if last.status == ProgressStatus.RETURNED and _words(last) == _words(update):
            return ProgressStatus.RETURNED
    return ProgressStatus.DRAFT


def _words(row: Any) -> list[object]:
    """All that a report or a history row of it says, whatever the white space."""
    texts = (row.done, row.difficulty, row.next_step, row.correction)
    return [" ".join(text.split()) for text in texts] + [row.percent, row.expected_on]


def _check_values(values: ProgressValues) -> None:
    if not values.done.strip():
        raise Denied(_("Please say what was done."), field="done")
    if not 0 <= values.percent <= 100:
        raise Denied(_("The percentage lies between 0 and 100."), field="percent")


def submit_locked(update: ProgressUpdate, measure: Measure, act: Act) -> ProgressUpdate:
    """Submit a report that the steps allow; report and measure are locked."""
    update.status = ProgressStatus.SUBMITTED
    update.submitted_by, update.submitted_at = act.by, act.at
    store(update, by=act.by, note=act.note, at=act.at)
    if measure.status == MeasureStatus.NOT_STARTED:
        measure.status = MeasureStatus.IN_PROGRESS
        measure.started_on = act.on
        store(measure, by=act.by, note=act.note, at=act.at)
    return update


# --- The table ---------------------------------------------------------------------------------------------


def _own_people(user: User, update: ProgressUpdate, on: date) -> str:
    if access.is_member_of(user, update.department_id):
        return ""
    return _("Only %(department)s fills in its own progress.") % {"department": update.department}


def _own_head(user: User, update: ProgressUpdate, on: date) -> str:
    if access.is_head_of(user, update.department_id):
        return ""
    return _("The head of the department submits the progress.")


def _period_open(user: User, update: ProgressUpdate, on: date) -> str:
    if update.period.is_locked(on):
        return _("The period %(period)s is not open; correct it in the next one.") % {"period": update.period.code}
    return ""


def _not_answered_for(user: User, update: ProgressUpdate, on: date) -> str:
    """What the head has submitted only the head corrects."""
    if update.status == ProgressStatus.SUBMITTED and not access.is_head_of(user, update.department_id):
        return _("The head of the department has submitted it; only the head corrects it.")
    return ""


def _overtaken(user: User, update: ProgressUpdate, on: date) -> str:
    """What was accepted before a closed measure was reopened may be reported again."""
    if update.is_overtaken:
        return ""
    return _("The rectification office has accepted it; a correction stands in the next period.")


def _changed_since(user: User, update: ProgressUpdate, on: date) -> str:
    """What came back is not sent again as it was; its first changed word makes it a draft."""
    if update.status != ProgressStatus.RETURNED:
        return ""
    words = _("It was returned with the reason “%(reason)s” and has not been changed since: say what was corrected.")
    return words % {"reason": update.return_reason}


_P = ProgressStatus
_FILLING = {_P.DRAFT: "fill", _P.SUBMITTED: "fill", _P.RETURNED: "correct", _P.ACCEPTED: "redo"}
PROGRESS_STEPS = (
    Step("fill", gettext_lazy("Fill in progress"), frozenset({_P.DRAFT, _P.SUBMITTED}), "", _own_people,
         (_period_open, _not_answered_for), implied=True),
    Step("correct", gettext_lazy("Correct what was returned"), frozenset({_P.RETURNED}), _P.DRAFT, _own_people,
         (_period_open,), implied=True),
    Step("redo", gettext_lazy("Report again after a reopening"), frozenset({_P.ACCEPTED}), _P.DRAFT, _own_people,
         (_period_open, _overtaken), implied=True),
    Step("submit", pgettext_lazy("step", "Submit"), frozenset({_P.DRAFT, _P.RETURNED}), _P.SUBMITTED, _own_head,
         (_period_open, _changed_since)),
    Step("accept", pgettext_lazy("step", "Accept"), frozenset({_P.SUBMITTED}), _P.ACCEPTED, only_office),
    Step("return", pgettext_lazy("step", "Return"), frozenset({_P.SUBMITTED}), _P.RETURNED, only_office, form="reason",
         caution=True),
)  # fmt: skip
PROGRESS = by_name(PROGRESS_STEPS)
