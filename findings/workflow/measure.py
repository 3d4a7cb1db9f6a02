"""The measure's life: 未启动 → 整改中 → 已完成待核 → 已销号, and the way back."""

from collections.abc import Callable
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Membership, User
from accounts.roles import RoleCode
from accounts.tracked import create, locked, store
from findings import access, dates, notify
from findings.choices import WORKING, MeasureStatus, ProgressStatus, RequestStatus, Stage
from findings.figures.sentences import day_words
from findings.models import Campaign, ClosureRequest, Evidence, Extension, Measure
from findings.workflow.approval import file_closure, file_extension, unsignable_stage
from findings.workflow.step import Denied, Step, acting, by_name, demand, only_office, reason_given


def start(measure: Measure, *, by: User, note: str = "", at: datetime | None = None) -> Measure:
    """Say that work has begun, before the first progress is due."""
    with acting(by, note, at) as act:
        measure = locked(measure)
        demand(MEASURE["start"], act, measure)
        measure.status = MeasureStatus.IN_PROGRESS
        measure.started_on = act.on
        store(measure, by=by, note=act.note, at=act.at)
        return measure


def add_evidence(
    measure: Measure, *, by: User, note: str = "", at: datetime | None = None, **fields: object
) -> Evidence:
    """Attach a checked file. ``fields`` are those of Evidence: file, filename, content_type, size, sha256, title…"""
    with acting(by, note, at) as act:
        measure = locked(measure)
        demand(MEASURE["add_evidence"], act, measure)
        own_date = fields.get("own_date")
        if isinstance(own_date, date) and own_date > act.on:
            raise Denied(_("The document's own date lies in the future."), field="own_date")
        return create(Evidence, by=by, note=act.note, at=act.at, measure=measure, uploaded_by=by, **fields)


def request_closure(measure: Measure, *, by: User, note: str = "", at: datetime | None = None) -> ClosureRequest:
    """Ask that the measure be struck off; it waits until the last stage has signed."""
    with acting(by, note, at) as act:
        measure = locked(measure)
        demand(MEASURE["request_closure"], act, measure)
        measure.status = MeasureStatus.WAITING
        store(measure, by=by, note=act.note, at=act.at)
        return file_closure(measure, act)


def request_extension(
    measure: Measure, *, by: User, note: str, at: datetime | None = None, **values: object
) -> Extension:
    """Ask for a later deadline, or for conversion to sustained rectification.

    ``values``: kind, progress_so_far, new_deadline, and for a conversion new_nature, stage_goal, recheck_on.
    """
    with acting(by, note, at) as act:
        measure = locked(measure)
        demand(MEASURE["request_extension"], act, measure)
        reason_given(act)
        return file_extension(measure, act, dict(values))


def reopen(measure: Measure, *, by: User, note: str, at: datetime | None = None) -> Measure:
    """Open a closed measure again after a relapse; counted, with its reason."""
    with acting(by, note, at) as act:
        measure = locked(measure)
        demand(MEASURE["reopen"], act, measure)
        reason_given(act)
        measure.status = MeasureStatus.IN_PROGRESS
        measure.closed_on = None
        measure.percent = 0  # what was reported before the relapse does not count any more
        measure.reopened_count += 1
        store(measure, by=by, note=act.note, at=act.at)
        notify.measure_reopened(measure, department_people(measure.lead_department_id), reason=act.note, at=act.at)
        return measure


def department_people(department_id: int | None) -> list[User]:
    """Head and liaisons of a department; of none, nobody."""
    places = [] if department_id is None else [department_id]
    grants = Membership.objects.in_force().filter(
        department_id__in=places, role__in=[RoleCode.HEAD, RoleCode.LIAISON], person__is_active=True
    )
    return list(User.objects.filter(pk__in=grants.values("person_id")))


def office_people(campaign: Campaign) -> list[User]:
    """Who holds the office of the campaign's court."""
    grants = Membership.objects.holders(RoleCode.OFFICE, campaign.court_id)
    return list(User.objects.filter(pk__in=grants.values("person_id")))


# --- The table ---------------------------------------------------------------------------------------------


def _lead_people_or_office(user: User, measure: Measure, on: date) -> str:
    if access.is_member_of(user, measure.lead_department_id) or access.is_office_of(user, measure.campaign.court_id):
        return ""
    return _("Only the lead department or the rectification office can do this.")


def lead_people(user: User, measure: Measure, on: date) -> str:
    if access.is_member_of(user, measure.lead_department_id):
        return ""
    return _("Only the lead department (%(department)s) can do this.") % {"department": measure.lead_department}


def taking_part(measure: Measure) -> set[int]:
    """Ids of the lead and the assisting departments."""
    assisting = {row.department_id for row in measure.assisting.all() if row.is_active}
    return {pk for pk in (measure.lead_department_id, *assisting) if pk is not None}


def any_people(user: User, measure: Measure, on: date) -> str:
    if access.departments_of(user) & taking_part(measure):
        return ""
    return _("Only the lead and the assisting departments fill in progress.")


def any_head(user: User, measure: Measure, on: date) -> str:
    if access.departments_of(user, {RoleCode.HEAD}) & taking_part(measure):
        return ""
    return _("The head of the department submits the progress.")


def _no_one(user: User, measure: Measure, on: date) -> str:
    return _("Follows from the request's last signature or return.")


def in_plan(user: User, measure: Measure, on: date) -> str:
    if measure.retired_on and not dates.is_in_plan(retired_on=measure.retired_on, on=on):
        day = day_words(measure.retired_on, on.year)
        return _("The measure was taken out of the plan on %(day)s.") % {"day": day}
    return ""


def may_check(user: User, measure: Measure, on: date) -> str:
    """The office looks again, but nobody at what the own department leads or what he or she had closed."""
    refusal = only_office(user, measure, on)
    if refusal:
        return refusal
    if access.is_member_of(user, measure.lead_department_id):
        return _("You belong to the lead department; somebody else of the office must check this measure.")
    closings = (row for row in measure.closure_requests.all() if row.status == RequestStatus.APPROVED)
    if any(row.filed_by_id == user.pk for row in closings):
        return _("You asked for the closure of this measure; somebody else of the office must check it.")
    return ""


def _stands_or_is_closed(user: User, measure: Measure, on: date) -> str:
    if measure.closed_on or measure.recheck_on:
        return ""
    return _("There is nothing to look at again: the measure is not closed and has no re-check date.")


def _has_accepted_progress(user: User, measure: Measure, on: date) -> str:
    accepted = [row for row in measure.progress.all() if row.status == ProgressStatus.ACCEPTED]
    if any(measure.is_after_closing(row.submitted_at) for row in accepted):
        return ""
    if accepted:
        return _(
            "No progress has been accepted since the measure was reopened; report what was done about the relapse."
        )
    return _("No progress has been accepted yet; the rectification office accepts it.")


def _has_evidence(user: User, measure: Measure, on: date) -> str:
    if any(measure.is_after_closing(row.file_came_at) for row in measure.evidence_in_force()):
        return ""
    if measure.reopened_count:
        return _("Please upload evidence of what was done since the reopening.")
    return _("Please upload evidence first.")


def no_pending_extension(user: User, measure: Measure, on: date) -> str:
    if any(row.stage for row in measure.extensions.all()):
        return _("An extension is being signed; withdraw it first or wait for its end.")
    return ""


def _stages_have_people(field: str) -> Callable[[User, Measure, date], str]:
    def check(user: User, measure: Measure, on: date) -> str:
        stage = unsignable_stage(measure, getattr(measure.campaign, field), user)
        if not stage:
            return ""
        return _("Nobody but you could sign as “%(stage)s”; the security administrator grants that role.") % {
            "stage": Stage(stage).label
        }

    return check


def _before_deadline(user: User, measure: Measure, on: date) -> str:
    if measure.deadline is None:
        return _("The measure has no deadline to extend.")
    if on > measure.deadline:
        day = day_words(measure.deadline, on.year)
        return _("An extension is asked for before the deadline, which was %(day)s.") % {"day": day}
    return ""


_S = MeasureStatus
MEASURE_STEPS = (
    Step("fill_progress", gettext_lazy("Fill in progress"), WORKING, "", any_people, (in_plan,), form="progress"),
    Step("submit_progress", gettext_lazy("Submit this period's progress"), WORKING, _S.IN_PROGRESS, any_head,
         (in_plan,), form="progress"),
    Step("start", gettext_lazy("Start the measure"), frozenset({_S.NOT_STARTED}), _S.IN_PROGRESS,
         _lead_people_or_office, (in_plan,)),
    Step("add_evidence", gettext_lazy("Upload evidence"), WORKING, "", any_people, (in_plan,), form="evidence"),
    Step("request_closure", gettext_lazy("Ask for closure"), frozenset({_S.IN_PROGRESS}), _S.WAITING, lead_people,
         (in_plan, _has_accepted_progress, _has_evidence, no_pending_extension,
          _stages_have_people("closure_stages"))),
    Step("request_extension", gettext_lazy("Ask for an extension"), WORKING, "", lead_people,
         (in_plan, _before_deadline, no_pending_extension, _stages_have_people("extension_stages")),
         form="extension"),
    Step("close", pgettext_lazy("step", "Close (last signature)"), frozenset({_S.WAITING}), _S.CLOSED, _no_one,
         implied=True),
    Step("return_closure", pgettext_lazy("step", "Return (or withdraw) the closure"), frozenset({_S.WAITING}),
         _S.IN_PROGRESS, _no_one, implied=True),
    Step("recheck", gettext_lazy("Record a re-check"), frozenset({_S.IN_PROGRESS, _S.WAITING, _S.CLOSED}), "",
         may_check, (in_plan, _stands_or_is_closed), form="recheck"),
    Step("reopen", gettext_lazy("Reopen after a relapse"), frozenset({_S.CLOSED}), _S.IN_PROGRESS, only_office,
         (in_plan,), form="reason", caution=True),
)  # fmt: skip
MEASURE = by_name(MEASURE_STEPS)
