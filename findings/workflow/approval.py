"""Requests climb their stages: closure of a measure, extension of its deadline, conversion of its nature."""

from datetime import date, datetime
from typing import TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Membership, User
from accounts.tracked import create, locked, store
from findings import access, notify
from findings.choices import (
    DecisionVerdict,
    ExtensionKind,
    MeasureStatus,
    MessageKind,
    Nature,
    Phase,
    RequestStatus,
    Stage,
    stages_of,
)
from findings.models import ClosureRequest, Decision, Extension, Measure, Request
from findings.models.approval import signers_of
from findings.workflow.step import Act, Denied, Step, acting, by_name, demand, reason_given

Asked = TypeVar("Asked", bound=Request)


def sign_request(
    request: Asked, *, by: User, version: int | None = None, note: str = "", at: datetime | None = None
) -> Asked:
    """Agree at the present stage; the last signature closes the measure or grants the extension.

    Raises StaleRow where the request has moved on since ``version`` was read.
    """
    with acting(by, note, at) as act:
        measure = locked(request.measure)
        request = locked(request, version=version)
        demand(REQUEST["sign"], act, request)
        _decide(request, act, DecisionVerdict.APPROVED)
        _climb(request, measure, act)
        return request


def return_request(
    request: Asked, *, by: User, note: str, version: int | None = None, at: datetime | None = None
) -> Asked:
    """Send a request back with a compulsory reason; a measure that waited for closure is open again.

    StaleRow as with ``sign_request``; so with the two verbs below.
    """
    with acting(by, note, at) as act:
        measure = locked(request.measure)
        request = locked(request, version=version)
        demand(REQUEST["return"], act, request)
        reason_given(act)
        at_stage = access.stands_at(by, request.stage, measure)
        _decide(request, act, DecisionVerdict.RETURNED, stage="" if at_stage else Stage.INSPECTOR)
        _end(request, measure, act, RequestStatus.RETURNED)
        notify.request_returned(request, reason=act.note, at=act.at)
        return request


def speak(request: Asked, *, by: User, note: str, version: int | None = None, at: datetime | None = None) -> Asked:
    """Put the discipline group's opinion on record; it is no signature and holds nothing up."""
    with acting(by, note, at) as act:
        locked(request.measure)
        request = locked(request, version=version)
        demand(REQUEST["speak"], act, request)
        reason_given(act)
        _decide(request, act, DecisionVerdict.OPINION, stage=Stage.INSPECTOR)
        return request


def withdraw_request(
    request: Asked, *, by: User, version: int | None = None, note: str = "", at: datetime | None = None
) -> Asked:
    """Take a pending request back."""
    with acting(by, note, at) as act:
        measure = locked(request.measure)
        request = locked(request, version=version)
        demand(REQUEST["withdraw"], act, request)
        _end(request, measure, act, RequestStatus.WITHDRAWN)
        return request


def file_closure(measure: Measure, act: Act) -> ClosureRequest:
    """Make the request of an accepted ``request_closure`` step and let it climb; the measure is locked."""
    request = create(
        ClosureRequest,
        by=act.by,
        note=act.note,
        at=act.at,
        measure=measure,
        stages=measure.campaign.closure_stages,
        reason=act.note,
        filed_by=act.by,
        filed_on=act.on,
        deadline=measure.deadline,
    )
    _climb(request, measure, act, filing=True)
    return request


def file_extension(measure: Measure, act: Act, values: dict) -> Extension:
    """Make an extension or conversion request from the form's values and let it climb; the measure is locked."""
    _check_extension(measure, act, values)
    request = create(
        Extension,
        by=act.by,
        note=act.note,
        at=act.at,
        measure=measure,
        stages=measure.campaign.extension_stages,
        reason=act.note,
        filed_by=act.by,
        filed_on=act.on,
        old_deadline=measure.deadline,
        **values,
    )
    _climb(request, measure, act, filing=True)
    return request


def unsignable_stage(measure: Measure, stages: str, asker: User) -> str:
    """The first stage that nobody but the asker could sign, "" where every stage has its people.

    A head who asks signs thereby, but never alone: another stage must follow.
    """
    for stage in stages_of(stages):
        place = measure.lead_department_id if stage == Stage.HEAD else measure.campaign.court_id
        people = {person for role, where, person in _holders(measure) if role == stage and where == place}
        if stage == Stage.LEADER:
            people &= {measure.lead_leader_id}
        asking_signs = stage == Stage.HEAD and stages != Stage.HEAD
        if not people or (people == {asker.pk} and not asking_signs):
            return stage
    return ""


def _holders(measure: Measure) -> set[tuple[str, int, int]]:
    """(role, place, person) of all grants at the measure's court and lead department, read once for a loaded row."""
    if "_holders" not in measure.__dict__:
        places = (measure.campaign.court_id, measure.lead_department_id)
        held = Membership.objects.in_force().filter(person__is_active=True)
        grants = held.filter(department_id__in=[pk for pk in places if pk is not None])
        measure.__dict__["_holders"] = set(grants.values_list("role", "department_id", "person_id"))
    return measure.__dict__["_holders"]


def _climb(request: Request, measure: Measure, act: Act, *, filing: bool = False) -> None:
    """Move on from a signed stage, past those that need nobody, to the next that waits or to the end."""
    if not filing:
        request.stage_index += 1
    while request.stage_index < len(request.stage_list):
        stage = request.stage_list[request.stage_index]
        people = signers_of(stage, measure)
        if _asked_as_head(request, people):
            # Whoever asks as head of the department has thereby signed as such.
            _decide(request, Act(request.filed_by, request.reason, act.at), DecisionVerdict.APPROVED)
        else:
            reason = _pass_over_reason(request, measure, people)
            if not reason:
                break
            _decide(request, Act(None, reason, act.at), DecisionVerdict.PASSED_OVER)
        request.stage_index += 1
    if request.stage_index == len(request.stage_list):
        request.stage_index -= 1
        _end(request, measure, act, RequestStatus.APPROVED)
        return
    if not filing or request.stage_index:
        store(request, by=act.by, note=act.note, at=act.at)
    notify.waiting_for_signature(request, User.objects.filter(pk__in=request.waits_for()), at=act.at)


def _asked_as_head(request: Request, people: set[int]) -> bool:
    """Whether asking was the signature of this stage; where it is the only one, another head signs."""
    stages = request.stage_list
    at_head = stages[request.stage_index] == Stage.HEAD and len(stages) > 1
    return at_head and request.filed_by_id in people - request.signed_by()


def _pass_over_reason(request: Request, measure: Measure, people: set[int]) -> str:
    """Why a stage needs no signature of its own, "" where it does.

    Source: one person signs once in a chain; a stage whose only eligible person signs another stage of the
    same chain is passed over with the reason on record. The higher stage keeps the signature.
    """
    left = request.left_of(people)
    signed = request.signed_by()
    if not left and people & signed:
        return _("The only person who could sign here has signed another stage of this request.")
    if len(left) == 1:
        for later in request.stage_list[request.stage_index + 1 :]:
            if request.left_of(signers_of(later, measure)) == left:
                return _("The only person who can sign here signs this request as: %(stage)s.") % {
                    "stage": Stage(later).label
                }
    return ""


def _decide(request: Request, act: Act, verdict: str, *, stage: str = "") -> None:
    link = {"closure": request} if isinstance(request, ClosureRequest) else {"extension": request}
    Decision.objects.create(
        **link,
        stage=stage or request.stage_list[request.stage_index],
        stage_index=request.stage_index,
        verdict=verdict,
        opinion=act.note,
        by=act.by,
        at=act.at,
    )


def _end(request: Request, measure: Measure, act: Act, status: str) -> None:
    request.status = status
    request.ended_at = act.at
    store(request, by=act.by, note=act.note, at=act.at)
    if isinstance(request, ClosureRequest):
        _after_closure(request, measure, act)
    elif isinstance(request, Extension) and status == RequestStatus.APPROVED:
        _grant(request, measure, act)


def _after_closure(request: ClosureRequest, measure: Measure, act: Act) -> None:
    if request.status == RequestStatus.APPROVED:
        measure.status = MeasureStatus.CLOSED
        measure.closed_on = act.on
        measure.percent = 100
        notify.request_granted(request, kind=MessageKind.CLOSED, at=act.at)
    else:
        measure.status = MeasureStatus.IN_PROGRESS
    store(measure, by=act.by, note=act.note, at=act.at)


def _grant(request: Extension, measure: Measure, act: Act) -> None:
    measure.deadline = request.new_deadline
    if request.kind == ExtensionKind.CONVERSION:
        measure.phase = Phase.SUSTAINED
        measure.nature = request.new_nature
        measure.stage_goal = request.stage_goal
        measure.recheck_on = request.recheck_on
    store(measure, by=act.by, note=act.note, at=act.at)
    notify.request_granted(request, kind=MessageKind.EXTENDED, at=act.at)


def _check_extension(measure: Measure, act: Act, values: dict) -> None:
    """An extension names one definite later date; a conversion names stage goal and next re-check."""
    new = values.get("new_deadline")
    if values["kind"] == ExtensionKind.EXTENSION and (new is None or new <= measure.deadline):
        raise Denied(_("The new deadline must be later than the present one."), field="new_deadline")
    if new is not None and new < act.on:
        raise Denied(_("The new deadline lies in the past."), field="new_deadline")
    if new is not None and new > measure.campaign.sustained_until:
        raise Denied(_("The new deadline lies after the end of the campaign."), field="new_deadline")
    recheck = values.get("recheck_on")
    if values["kind"] == ExtensionKind.CONVERSION and (recheck is None or recheck <= act.on):
        raise Denied(_("Please name a re-check date in the future."), field="recheck_on")
    if values["kind"] == ExtensionKind.CONVERSION and values.get("new_nature") not in (
        Nature.PHASED,
        Nature.STANDING,
    ):
        raise Denied(_("Please choose whether the measure goes on in stages or stands."), field="new_nature")


# --- The table ---------------------------------------------------------------------------------------------


def _can_sign(user: User, request: Request, on: date) -> str:
    if not access.stands_at(user, request.stage, request.measure):
        return _("Now waits for: %(stage)s.") % {"stage": request.get_stage_display()}
    if user.pk == request.filed_by_id:
        return _("You asked for this yourself; somebody else must sign.")
    if user.pk in request.signed_by():
        return _("You have signed this request already; another person must sign this stage.")
    return ""


def _can_return(user: User, request: Request, on: date) -> str:
    """Who can sign can return; the discipline group can from the office's signature on."""
    is_inspector = access.is_inspector_of(user, request.measure.campaign.court_id)
    return "" if is_inspector and _is_past_office(request) else _can_sign(user, request, on)


def _can_speak(user: User, request: Request, on: date) -> str:
    """The discipline group speaks in the same time in which it may return."""
    if not access.is_inspector_of(user, request.measure.campaign.court_id):
        return _("Only the discipline group gives a supervision opinion.")
    if not _is_past_office(request):
        return _("The discipline group speaks on a closure from the rectification office's signature to the last one.")
    return ""


def _is_past_office(request: Request) -> bool:
    """A closure that the rectification office has signed, or where its stage was passed over."""
    return isinstance(request, ClosureRequest) and Stage.OFFICE in request.stage_list[: request.stage_index]


def _can_withdraw(user: User, request: Request, on: date) -> str:
    if user.pk == request.filed_by_id or access.is_head_of(user, request.measure.lead_department_id):
        return ""
    return _("Only who filed the request, or the head of the lead department, can withdraw it.")


_PENDING = frozenset({RequestStatus.PENDING})
REQUEST_STEPS = (
    Step("sign", pgettext_lazy("step", "Sign"), _PENDING, RequestStatus.APPROVED, _can_sign),
    Step("speak", gettext_lazy("Give a supervision opinion"), _PENDING, "", _can_speak, form="reason"),
    Step("return", pgettext_lazy("step", "Return"), _PENDING, RequestStatus.RETURNED, _can_return, form="reason",
         caution=True),
    Step("withdraw", gettext_lazy("Withdraw the request"), _PENDING, RequestStatus.WITHDRAWN, _can_withdraw,
         caution=True),
)  # fmt: skip
REQUEST = by_name(REQUEST_STEPS)
