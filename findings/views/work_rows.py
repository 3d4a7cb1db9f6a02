"""What waits for a person as rows of one list: what it is, why it stands there, and the act on the row."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import F
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from findings import access, dates
from findings.choices import DecisionVerdict
from findings.figures import Due, Waiting
from findings.figures.mine import asked_for
from findings.models import (
    ClosureRequest,
    Measure,
    ProgressUpdate,
    Recheck,
    ReportingPeriod,
    Request,
    RuleDocument,
    SupervisionNotice,
)
from findings.workflow.approval import REQUEST
from findings.workflow.lookback import RECHECK
from findings.workflow.measure import MEASURE
from findings.workflow.outlook import request_name
from findings.workflow.progress import PROGRESS
from findings.workflow.step import Step
from findings.workflow.supervision import NOTICE_STEPS

TITLES: dict[str, Promise | str] = {
    "late_replies": gettext_lazy("Replies to supervision notices overdue"),
    "returned": gettext_lazy("Returned to you"),
    "overdue": gettext_lazy("Overdue"),
    "rechecks": gettext_lazy("Re-checks missed"),
    "to_sign": gettext_lazy("Waiting for your signature"),
    "notices": gettext_lazy("Supervision notices"),
    "to_recheck": gettext_lazy("Re-checks to come"),
    "due": gettext_lazy("Due within a week"),
    "to_submit": gettext_lazy("Drafts to submit"),
    "to_fill": gettext_lazy("To fill in for this period"),
    "to_accept": gettext_lazy("Progress to check"),
}


@dataclass(frozen=True)
class Row:
    """One thing that waits. ``mark`` is a state by word and shape; else ``due`` tells the day.

    It is about a measure, about a notice, which may be about a measure, or about a document.
    """

    kind: str
    key: str
    measure: Measure | None
    why: str
    mark: tuple[str, str] | None = None
    due: date | None = None
    days: int | None = None
    acts: list[tuple[str, str]] = field(default_factory=list)
    notice: SupervisionNotice | None = None
    document: RuleDocument | None = None
    period: ReportingPeriod | None = None  # whose working days ``due`` was counted in
    campaign: str = ""  # named where the list mixes several, whose numbers repeat

    @property
    def text(self) -> str:
        if self.document:
            return self.document.title
        about = self.notice or self.measure
        return about.text if about else ""

    @property
    def name(self) -> str:
        """What the thing is cited by: a measure's number, or that of a notice or a document."""
        if self.document:
            return self.document.number
        return self.notice.short if self.notice else str(self.measure.number if self.measure else "")

    @property
    def campaign_id(self) -> int:
        about = self.document or self.notice or self.measure
        assert about is not None
        return about.campaign_id

    @property
    def url(self) -> str:
        """The page of the thing."""
        if self.document:
            return reverse("document_detail", args=[self.document.pk])
        if self.notice:
            return reverse("notice_detail", args=[self.notice.pk])
        assert self.measure is not None
        return reverse("measure_detail", args=[self.measure.pk])

    @property
    def title(self) -> str:
        return str(TITLES[self.kind])


def rows_of(work: Waiting, user: User) -> list[Row]:
    """All rows, what hurts first."""
    told = _told(work)
    return [
        *(_notice("late_replies", row, work.on) for row in work.late_replies),
        *(_notice("returned", row, work.on) for row in work.returned_replies),
        *(_returned_progress(row, user) for row in work.returned),
        *(_returned_closure(row) for row in work.returned_closures),
        *(_dated("overdue", due, user, told) for due in work.overdue),
        *(_recheck("rechecks", row, work.on) for row in work.late_rechecks),
        *(_dated("rechecks", due, user, told) for due in work.rechecks),
        *(_use_check(row, work.on) for row in work.use_checks),
        *(_to_sign(row) for row in work.to_sign),
        *(_notice("notices", row, work.on) for row in work.notices),
        *_rechecks_to_come(work, user, told),
        *(_dated("due", due, user, told) for due in work.due),
        *(_draft(row) for row in work.to_submit),
        *(_to_fill(measure, period, work.on, user) for measure, period in work.to_fill),
        *(_to_accept(row) for row in work.to_accept),
    ]


def _returned_progress(row: ProgressUpdate, user: User) -> Row:
    why = _("Progress of %(period)s: %(reason)s") % {"period": row.period.code, "reason": row.return_reason}
    mark = (row.status, str(row.get_status_display()))
    return Row("returned", f"progress-{row.pk}", row.measure, why, mark, acts=list(_fill(row.measure, user)))


def _returned_closure(row: ClosureRequest) -> Row:
    returns = [d for d in row.decisions.all() if d.verdict == DecisionVerdict.RETURNED]
    last = returns[-1] if returns else None
    why = _("Closure returned by %(who)s: %(reason)s") % {"who": last.by, "reason": last.opinion} if last else ""
    acts = [_act("measure_step", row.measure, MEASURE[name]) for name in ("request_closure", "add_evidence")]
    return Row("returned", f"closure-{row.pk}", row.measure, why, (row.status, row.get_status_display()), acts=acts)


def _told(work: Waiting) -> set[int]:
    """Ids of the measures whose lead department has reported for the period that is asked for."""
    measures = [due.measure.pk for due in (*work.overdue, *work.rechecks, *work.due, *work.rechecks_due)]
    if not measures:
        return set()
    asked = [period.pk for period in asked_for(work.on).values()]
    rows = ProgressUpdate.objects.reported().filter(department=F("measure__lead_department"), period__in=asked)
    return set(rows.filter(measure__in=measures).values_list("measure_id", flat=True))


def _dated(kind: str, due: Due, user: User, told: set[int]) -> Row:
    measure = due.measure
    is_recheck = kind in ("rechecks", "to_recheck")
    day = measure.recheck_on if is_recheck else measure.deadline
    words = {"department": measure.lead_department, "percent": measure.percent}
    why = _("%(department)s, %(percent)s%% done") % words
    fill = [] if measure.pk in told else _fill(measure, user)
    acts = [*fill, *_own(measure, user, "request_closure")]
    if is_recheck:
        acts = acts or list(_look_again(measure, user))
    return Row(kind, f"measure-{measure.pk}", measure, why, None, day, due.days, acts)


def _rechecks_to_come(work: Waiting, user: User, told: set[int]) -> list[Row]:
    """The sample of open rounds and the standing measures, by their days."""
    rows = [_recheck("to_recheck", row, work.on) for row in work.to_recheck]
    rows += [_dated("to_recheck", due, user, told) for due in work.rechecks_due]
    return sorted(rows, key=lambda row: row.days or 0)


def _recheck(kind: str, row: Recheck, on: date) -> Row:
    """A measure of a round's sample that nobody has looked at yet."""
    assert row.round is not None
    why = _("Look-back “%(round)s”, %(department)s") % {"round": row.round, "department": row.measure.lead_department}
    acts = [_act("recheck_step", row, RECHECK["record"])]
    due = row.round.due_on
    return Row(kind, f"recheck-{row.pk}", row.measure, why, None, due, dates.days_until(due, on), acts)


def _use_check(row: RuleDocument, on: date) -> Row:
    """A document in force of which nobody has looked how it is used."""
    assert row.use_check_on is not None, "the day has gone by"
    why = _("How it is used was to be checked; drafted by %(department)s") % {"department": row.department}
    days = dates.days_until(row.use_check_on, on)
    return Row("rechecks", f"document-{row.pk}", None, why, None, row.use_check_on, days, document=row)


def _to_sign(row: Request) -> Row:
    words = {"what": capfirst(request_name(row)), "by": row.filed_by, "stage": row.get_stage_display()}
    why = _("%(what)s, asked by %(by)s; you sign as %(stage)s") % words
    sort = "closure" if isinstance(row, ClosureRequest) else "extension"
    acts = [_act(f"{sort}_step", row, REQUEST[name]) for name in ("sign", "return")]
    return Row("to_sign", f"{sort}-{row.pk}", row.measure, why, None, row.filed_on, None, acts)


def _notice(kind: str, row: SupervisionNotice, on: date) -> Row:
    """A notice with the steps that its state opens to those for whom it waits."""
    words = {"department": row.department, "state": row.get_status_display(), "reason": row.return_reason}
    acts = [_act("notice_step", row, step) for step in NOTICE_STEPS if step.sources & {row.status}]
    if kind == "returned":
        why, mark = _("Reply to the supervision notice returned: %(reason)s"), ("returned", _("reply returned"))
    else:
        why, mark = _("%(department)s, %(state)s"), None
    days = dates.days_until(row.due_on, on)
    return Row(kind, f"notice-{row.pk}", row.measure, why % words, mark, row.due_on, days, acts, row)


def _draft(row: ProgressUpdate) -> Row:
    words = {"period": row.period.code, "percent": row.percent, "done": row.done}
    why = _("%(period)s, %(percent)s%%: %(done)s") % words
    acts = [_act("progress_step", row, PROGRESS["submit"]), *_refill(row)]
    return Row("to_submit", f"progress-{row.pk}", row.measure, why, (row.status, row.get_status_display()), acts=acts)


def _refill(row: ProgressUpdate) -> Iterator[tuple[str, str]]:
    """The form of this very report: of its department and its period."""
    query = {"department": row.department_id, "period": row.period.code, "next": reverse("my_work")}
    label = str(MEASURE["fill_progress"].label)
    yield label, f"{reverse('measure_step', args=[row.measure_id, 'fill_progress'])}?{urlencode(query)}"


def _to_fill(measure: Measure, period: ReportingPeriod, on: date, user: User) -> Row:
    words = {"period": period.code, "percent": measure.percent}
    why = _("Progress of %(period)s; %(percent)s%% so far") % words
    days, acts = dates.days_until(period.due_on, on), list(_fill(measure, user))
    return Row("to_fill", f"fill-{measure.pk}", measure, why, None, period.due_on, days, acts, period=period)


def _to_accept(row: ProgressUpdate) -> Row:
    words = {"department": row.department, "period": row.period.code, "percent": row.percent, "done": row.done}
    why = _("%(department)s, %(period)s, %(percent)s%%: %(done)s") % words
    acts = [_act("progress_step", row, PROGRESS[name]) for name in ("accept", "return")]
    return Row("to_accept", f"progress-{row.pk}", row.measure, why, (row.status, row.get_status_display()), acts=acts)


def _fill(measure: Measure, user: User) -> Iterator[tuple[str, str]]:
    """The head submits at once, the liaison fills in; whoever only leads opens the measure."""
    is_head = access.is_head_of(user, measure.lead_department_id)
    return _own(measure, user, "submit_progress" if is_head else "fill_progress")


def _own(measure: Measure, user: User, name: str) -> Iterator[tuple[str, str]]:
    """A step of the lead department; what else it asks for, its form tells."""
    step = MEASURE[name]
    if access.is_member_of(user, measure.lead_department_id) and step.sources & {measure.status}:
        yield _act("measure_step", measure, step)


def _look_again(measure: Measure, user: User) -> Iterator[tuple[str, str]]:
    """The office's re-check of a standing measure; what else stands in its way, its form tells."""
    step = MEASURE["recheck"]
    if access.is_office_of(user, measure.campaign.court_id) and step.sources & {measure.status}:
        yield _act("measure_step", measure, step)


def _act(page: str, row: Any, step: Step) -> tuple[str, str]:
    """The step's label and address; its form leads back to the list."""
    query = urlencode({"next": reverse("my_work")})
    return str(step.label), f"{reverse(page, args=[row.pk, step.name])}?{query}"
