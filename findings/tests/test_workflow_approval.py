"""Requests climb their stages: who signs, who returns, who is passed over, and that nobody signs twice."""

from datetime import timedelta

import pytest

from accounts import people
from accounts.models import User
from accounts.roles import RoleCode
from accounts.tracked import StaleRow, store
from findings.choices import DecisionVerdict, ExtensionKind, MeasureStatus, MessageKind, RequestStatus, Stage
from findings.models import Decision, Measure, Request
from findings.tests import factories
from findings.tests.factories import (
    AGREED,
    PASSED,
    World,
    broken_records,
    fresh,
    last_entry,
    messages_to,
    open_steps,
    verdicts,
)
from findings.workflow import approval, measure, plan
from findings.workflow.approval import REQUEST_STEPS, return_request, sign_request, speak, withdraw_request
from findings.workflow.measure import MEASURE
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")

FILERS = {"head_a", "liaison_a"}  # the liaison filed it; the head may withdraw it as well
SIGNERS = {Stage.HEAD: "head_a", Stage.LEADER: "leader", Stage.OFFICE: "office", Stage.CHIEF: "chief"}


def open_to(signer: str, *others: str) -> dict[str, set[str]]:
    return {"sign": {signer}, "return": {signer, *others}, "withdraw": FILERS}


CLOSURE = {
    Stage.HEAD: open_to("head_a"),
    Stage.LEADER: open_to("leader"),
    Stage.OFFICE: open_to("office"),
    # The discipline group, once the office has signed.
    Stage.CHIEF: open_to("chief", "inspector") | {"speak": {"inspector"}},
}
EXTENSION = {stage: open_to(SIGNERS[stage]) for stage in (Stage.HEAD, Stage.LEADER, Stage.OFFICE)}


def ended(world: World, status: str) -> Request:
    request = factories.closure_at(Stage.LEADER, world)
    if status == RequestStatus.RETURNED:
        return return_request(request, by=world.leader, note="No", at=world.at(10))
    if status == RequestStatus.WITHDRAWN:
        return withdraw_request(request, by=world.liaison_a, at=world.at(10))
    return factories.climb(world, request, day=10)


def test_steps_of_a_closure_by_stage_and_person(past: World) -> None:
    found = {
        stage: open_steps(REQUEST_STEPS, past, factories.closure_at(stage, past), past.day(10)) for stage in CLOSURE
    }

    assert found == CLOSURE


def test_steps_of_an_extension_by_stage_and_person(past: World) -> None:
    found = {
        stage: open_steps(REQUEST_STEPS, past, factories.extension_at(stage, past), past.day(10)) for stage in EXTENSION
    }

    assert found == EXTENSION


@pytest.mark.parametrize("status", [s for s in RequestStatus if s != RequestStatus.PENDING])
def test_ended_request_offers_nothing(past: World, status: str) -> None:
    request = ended(past, status)

    assert (request.status, request.stage, request.waits_for()) == (status, "", set())
    assert open_steps(REQUEST_STEPS, past, request, past.day(11)) == {}
    with pytest.raises(Denied, match="Not possible while the state is"):
        sign_request(request, by=past.chief, at=past.at(11))


def test_closed_campaign_refuses_every_step(past: World) -> None:
    requests = [factories.closure_at(stage, past) for stage in CLOSURE]
    plan.close_campaign(past.campaign, on=past.day(20), by=past.office, at=past.at(20))

    for request in requests:
        assert open_steps(REQUEST_STEPS, past, fresh(request), past.day(21)) == {}


def test_refusals_say_who_is_waited_for(past: World) -> None:
    request = factories.closure_at(Stage.LEADER, past)

    def sentence(user: User, step: str = "sign") -> str:
        return approval.REQUEST[step].refusal(user, request, past.day(10))

    assert sentence(past.chief) == "Now waits for: lead leader."
    assert sentence(past.inspector, "return") == "Now waits for: lead leader."
    assert sentence(past.office, "withdraw").startswith("Only who filed the request")


# --- The way up --------------------------------------------------------------------------------------------


def test_last_signature_closes_the_measure(past: World) -> None:
    request = factories.climb(past, factories.closure_at(Stage.HEAD, past))

    row = fresh(request.measure)
    assert (row.status, row.closed_on, row.percent) == (MeasureStatus.CLOSED, past.day(9), 100)
    assert (request.status, request.ended_at) == (RequestStatus.APPROVED, past.at(9, 12))
    assert verdicts(request) == [
        ("head", AGREED, past.head_a.pk),
        ("leader", AGREED, past.leader.pk),
        ("office", AGREED, past.office.pk),
        ("chief", AGREED, past.chief.pk),
    ]
    assert list(request.decisions.values_list("stage_index", flat=True)) == [0, 1, 2, 3]
    assert last_entry(row) == last_entry(request) == (past.chief, "Agreed", past.at(9, 12))
    assert [messages_to(past.head_a), messages_to(past.leader), messages_to(past.office), messages_to(past.chief)] == [
        ["sign"],
        ["sign"],
        ["sign"],
        ["sign"],
    ]
    assert messages_to(past.liaison_a) == [MessageKind.CLOSED]
    assert broken_records() == []


def test_signature_keeps_opinion_and_instant(past: World) -> None:
    request = factories.closure_at(Stage.HEAD, past)

    sign_request(request, by=past.head_a, note="Checked on site", at=past.at(9))

    decision = Decision.objects.get()
    assert (decision.opinion, decision.at, decision.verdict) == ("Checked on site", past.at(9), AGREED)
    assert fresh(request).stage == Stage.LEADER
    assert last_entry(request) == (past.head_a, "Checked on site", past.at(9))


def test_signing_a_request_read_before_another_signed_it(past: World) -> None:
    request = factories.closure_at(Stage.HEAD, past)
    sign_request(request, by=past.head_a, at=past.at(9))

    with pytest.raises(Denied, match="Now waits for: lead leader"):
        sign_request(request, by=past.head_a, at=past.at(9, 10))


def test_two_stages_run_the_same_code(past: World) -> None:
    campaign = factories.make_campaign(past, closure_stages="leader,chief")
    other = World(**{**vars(past), "campaign": campaign, "measures": []})
    factories.make_plan(other)
    request = factories.closure_at(Stage.LEADER, other, row=factories.ready(other, other.measures[0]))

    request = factories.climb(other, request)

    assert verdicts(request) == [("leader", AGREED, past.leader.pk), ("chief", AGREED, past.chief.pk)]
    assert fresh(request.measure).status == MeasureStatus.CLOSED


def test_request_keeps_the_stages_that_it_was_filed_with(past: World) -> None:
    request = factories.closure_at(Stage.HEAD, past)

    assert request.stages == past.campaign.closure_stages == "head,leader,office,chief"


# --- The way back ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stage", "who"), [*SIGNERS.items(), (Stage.CHIEF, "inspector")])
def test_return_needs_a_reason_and_opens_the_measure(past: World, stage: str, who: str) -> None:
    request, person = factories.closure_at(stage, past), getattr(past, who)

    with pytest.raises(Denied, match="give a reason") as caught:
        return_request(request, by=person, note=" ", at=past.at(10))
    assert caught.value.field == "note"
    return_request(request, by=person, note="Proof missing", at=past.at(10))

    request, row = fresh(request), fresh(request.measure)
    assert (request.status, request.ended_at) == (RequestStatus.RETURNED, past.at(10))
    assert (row.status, row.percent) == (MeasureStatus.IN_PROGRESS, 60)
    stood_at = "inspector" if who == "inspector" else stage
    assert verdicts(request)[-1] == (stood_at, DecisionVerdict.RETURNED, person.pk)
    assert request.decisions.last().opinion == "Proof missing"
    assert last_entry(row) == last_entry(request) == (person, "Proof missing", past.at(10))
    assert messages_to(past.liaison_a) == ["returned"]
    assert MEASURE["request_closure"].refusal(past.liaison_a, row, past.day(10)) == ""
    assert broken_records() == []


def test_inspector_never_signs(past: World) -> None:
    request = factories.closure_at(Stage.CHIEF, past)

    with pytest.raises(Denied):
        sign_request(request, by=past.inspector, at=past.at(10))


def test_opinion_is_no_signature_and_moves_nothing(past: World) -> None:
    request = factories.closure_at(Stage.CHIEF, past)
    version = request.version
    with pytest.raises(Denied, match="give a reason"):
        speak(request, by=past.inspector, note=" ", at=past.at(10))

    for opinion in ("Proof is thin", "Still thin"):
        request = speak(request, by=past.inspector, note=opinion, at=past.at(10))

    assert (request.version, request.stage, request.waits_for()) == (version, Stage.CHIEF, {past.chief.pk})
    assert verdicts(request)[-2:] == [("inspector", DecisionVerdict.OPINION, past.inspector.pk)] * 2
    assert past.inspector.pk not in request.signed_by()
    assert fresh(request.measure).status == MeasureStatus.WAITING
    sign_request(request, by=past.chief, at=past.at(10, 20))
    assert fresh(request.measure).status == MeasureStatus.CLOSED
    assert broken_records() == []


def test_who_spoke_may_sign_as_another(past: World) -> None:
    """An opinion takes no signature away: one person in two posts speaks and signs once."""
    person = factories.grant(past.chief, RoleCode.INSPECTOR, past.court)
    request = speak(factories.closure_at(Stage.CHIEF, past), by=person, note="Seen", at=past.at(10))

    assert sign_request(request, by=person, at=past.at(11)).status == RequestStatus.APPROVED


def test_discipline_group_speaks_from_the_offices_signature_to_the_last(past: World) -> None:
    def sentence(request: Request, name: str = "inspector") -> str:
        return approval.REQUEST["speak"].refusal(getattr(past, name), request, past.day(10))

    early, extension = factories.closure_at(Stage.OFFICE, past), factories.extension_at(Stage.OFFICE, past)
    assert sentence(early).startswith("The discipline group speaks on a closure from")
    assert sentence(extension).startswith("The discipline group speaks on a closure from")
    assert sentence(early, "office") == "Only the discipline group gives a supervision opinion."


def test_signing_what_has_moved_on_since_it_was_read(past: World) -> None:
    request = factories.closure_at(Stage.HEAD, past)
    read = request.version
    sign_request(request, by=past.head_a, version=read, at=past.at(9))

    with pytest.raises(StaleRow):
        sign_request(request, by=past.leader, version=read, at=past.at(9, 10))


def test_withdrawn_closure_opens_the_measure(past: World) -> None:
    request = factories.closure_at(Stage.OFFICE, past)

    withdraw_request(request, by=past.head_a, note="Too early", at=past.at(10))

    assert fresh(request.measure).status == MeasureStatus.IN_PROGRESS
    assert last_entry(request) == (past.head_a, "Too early", past.at(10))
    assert len(verdicts(request)) == 2  # what was signed stays on record
    assert broken_records() == []


def test_withdrawn_extension_leaves_the_measure_alone(past: World) -> None:
    request = factories.extension_at(Stage.OFFICE, past, kind=ExtensionKind.CONVERSION)
    version = fresh(request.measure).version

    withdraw_request(request, by=past.liaison_a, at=past.at(10))

    assert fresh(request).status == RequestStatus.WITHDRAWN
    assert fresh(request.measure).version == version


# --- Separation of duties ----------------------------------------------------------------------------------


def file(world: World, by: User, row: Measure | None = None) -> Request:
    row = row or factories.ready(world, world.measures[0])
    return measure.request_closure(row, by=by, note="Done", at=world.at(8))


def test_head_who_asks_has_signed_first(past: World) -> None:
    request = file(past, past.head_a)

    assert verdicts(request) == [("head", AGREED, past.head_a.pk)]
    assert request.decisions.get().opinion == "Done"
    assert request.stage == Stage.LEADER
    assert messages_to(past.head_a) == []
    assert messages_to(past.leader) == ["sign"]
    assert broken_records() == []


def test_chief_who_leads_the_measure_signs_once_as_chief(past: World) -> None:
    factories.grant(past.chief, RoleCode.LEADER, past.court)
    row = factories.ready(past, factories.make_measure(past, lead_leader=past.chief))
    request = factories.climb(past, file(past, past.liaison_a, row))

    assert verdicts(request) == [
        ("head", AGREED, past.head_a.pk),
        ("leader", PASSED, None),
        ("office", AGREED, past.office.pk),
        ("chief", AGREED, past.chief.pk),
    ]
    assert request.decisions.get(stage="leader").opinion == (
        "The only person who can sign here signs this request as: leading group."
    )
    assert fresh(row).status == MeasureStatus.CLOSED


def test_leader_whose_role_has_ended_is_not_waited_for(past: World) -> None:
    request = factories.closure_at(Stage.LEADER, past)
    assert request.waits_for() == {past.leader.pk}
    people.end_role(past.leader.memberships.get(role=RoleCode.LEADER), by=None)
    assert fresh(request).waits_for() == set()


def test_head_alone_never_closes_a_measure(past: World, english: None) -> None:
    """With the head's stage as the only one, the head who asks is not the one who signs."""
    campaign = past.campaign
    campaign.closure_stages = Stage.HEAD.value
    store(campaign, by=past.office)
    row = factories.ready(past, past.measures[0])
    with pytest.raises(Denied):
        file(past, past.head_a, row)
    request = file(past, past.liaison_a, row)
    assert request.waits_for() == {past.head_a.pk}


def test_stage_after_the_only_persons_signature_is_passed_over(past: World) -> None:
    """Both leader and office could be signed by the leader: who signed the first is passed over at the second."""
    people.end_role(past.office.memberships.get(), by=None)
    helper = factories.make_person("helper", [(RoleCode.OFFICE, past.court)])
    row = factories.ready(World(**{**vars(past), "office": helper}), past.measures[0])
    factories.grant(past.leader, RoleCode.OFFICE, past.court)
    request = file(past, past.liaison_a, row)
    sign_request(request, by=past.head_a, at=past.at(9))
    sign_request(request, by=fresh(past.leader), at=past.at(9, 10))
    assert fresh(request).stage == Stage.OFFICE
    return_request(request, by=helper, note="Again", at=past.at(9, 11))

    people.end_role(helper.memberships.get(), by=None)
    request = file(past, past.liaison_a, fresh(row))
    sign_request(request, by=past.head_a, at=past.at(10))

    assert verdicts(request) == [("head", AGREED, past.head_a.pk), ("leader", PASSED, None)]
    assert fresh(request).stage == Stage.OFFICE


def test_last_stage_whose_only_person_has_signed_is_passed_over(past: World) -> None:
    """The chief becomes the office's only person while the request climbs and has signed there."""
    factories.grant(past.office, RoleCode.CHIEF, past.court)
    request = factories.climb(past, file(past, past.liaison_a), Stage.CHIEF)
    assert request.waits_for() == {past.chief.pk}  # the office signed its own stage already
    assert approval.REQUEST["sign"].refusal(fresh(past.office), request, past.day(10)) == (
        "You have signed this request already; another person must sign this stage."
    )

    again = factories.climb(past, factories.closure_at(Stage.HEAD, past), Stage.OFFICE)
    people.end_role(past.chief.memberships.get(), by=None)
    # Now the office's person is also the only one of the last stage: the higher stage would keep the signature.
    sign_request(again, by=fresh(past.office), note="Both", at=past.at(10))

    assert verdicts(again)[-2:] == [("office", AGREED, past.office.pk), ("chief", PASSED, None)]
    assert again.decisions.last().opinion == (
        "The only person who could sign here has signed another stage of this request."
    )
    assert fresh(again.measure).status == MeasureStatus.CLOSED
    assert broken_records() == []


def test_who_asked_does_not_sign_a_later_stage(past: World) -> None:
    person = factories.grant(past.liaison_a, RoleCode.OFFICE, past.court)
    request = factories.climb(past, file(past, person), Stage.OFFICE)

    assert request.waits_for() == {past.office.pk}
    assert approval.REQUEST["sign"].refusal(person, request, past.day(10)) == (
        "You asked for this yourself; somebody else must sign."
    )


def test_who_is_alone_at_a_later_stage_cannot_ask(past: World) -> None:
    person = factories.grant(past.head_a, RoleCode.CHIEF, past.court)
    people.end_role(past.chief.memberships.get(), by=None)
    row = factories.ready(past, past.measures[0])

    assert "Nobody but you could sign as “leading group”" in (
        MEASURE["request_closure"].refusal(person, row, past.day(8))
    )
    assert MEASURE["request_closure"].refusal(past.liaison_a, row, past.day(8)) == ""


def test_closed_account_of_the_lead_leader_signs_nothing(past: World) -> None:
    people.set_active(past.leader, False, by=None)
    row = factories.ready(past, past.measures[0])

    assert "“lead leader”" in MEASURE["request_closure"].refusal(past.head_a, fresh(row), past.day(8))


def test_measure_without_lead_department_has_no_head(past: World) -> None:
    row = factories.make_measure(past, lead_department=None)

    assert approval.unsignable_stage(row, "leader,head", past.office) == Stage.HEAD


def test_deadline_of_the_request_is_the_one_then_in_force(past: World) -> None:
    extension = factories.climb(past, factories.extension_at(Stage.HEAD, past))
    row = fresh(extension.measure)

    request = measure.request_closure(row, by=past.head_a, note="Done", at=past.at(12))

    assert request.deadline == row.original_deadline + timedelta(days=30)
