"""The measure's life: who may take which step in which state, and what each step leaves."""

from datetime import timedelta

import pytest

from accounts.tracked import store
from findings.choices import (
    DecisionVerdict,
    ExtensionKind,
    MeasureStatus,
    Nature,
    Phase,
    ProgressStatus,
    RequestStatus,
    Stage,
)
from findings.models import Evidence, Measure
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh, last_entry, messages_to, open_steps
from findings.workflow import approval, measure, plan
from findings.workflow.evidence import withdraw_evidence
from findings.workflow.measure import MEASURE, MEASURE_STEPS
from findings.workflow.step import Denied, offered

pytestmark = pytest.mark.usefixtures("english")

S = MeasureStatus
LEAD = {"head_a", "liaison_a"}
TAKING_PART = LEAD | {"head_b", "liaison_b"}
HEADS = {"head_a", "head_b"}
# Measure led by a, assisted by b; before its deadline, with accepted progress and evidence once it was started.
OPEN_TO = {
    S.NOT_STARTED: {
        "fill_progress": TAKING_PART, "submit_progress": HEADS, "start": LEAD | {"office"},
        "add_evidence": TAKING_PART, "request_extension": LEAD,
    },
    S.IN_PROGRESS: {
        "fill_progress": TAKING_PART, "submit_progress": HEADS, "add_evidence": TAKING_PART,
        "request_closure": LEAD, "request_extension": LEAD,
    },
    S.WAITING: {},
    S.CLOSED: {"recheck": {"office"}, "reopen": {"office"}},
}  # fmt: skip


def assisted(world: World, status: str) -> Measure:
    return factories.measure_at(status, world, assisting=[world.b])


def test_steps_by_status_and_person(past: World) -> None:
    found = {status: open_steps(MEASURE_STEPS, past, assisted(past, status), past.day(10)) for status in S}

    assert found == OPEN_TO


def test_table_speaks_of_every_step() -> None:
    assert {step.name for step in MEASURE_STEPS} == {
        "fill_progress", "submit_progress", "start", "add_evidence", "request_closure", "request_extension", "close",
        "return_closure", "recheck", "reopen",
    }  # fmt: skip
    assert {step.name for step in MEASURE_STEPS if step.implied} == {"close", "return_closure"}


def test_offered_leaves_out_implied_steps_and_gives_the_reason(past: World) -> None:
    offers = {offer.step.name: offer for offer in offered(past.liaison_a, past.measures[0], MEASURE_STEPS,
                                                          on=past.day(10))}  # fmt: skip

    assert set(offers) == {step.name for step in MEASURE_STEPS} - {"close", "return_closure"}
    assert offers["start"].is_open
    assert not offers["reopen"].is_open
    assert offers["reopen"].refusal == "Not possible while the state is “not started”."
    assert offers["submit_progress"].refusal == "The head of the department submits the progress."


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("start", "Only the lead department or the rectification office can do this."),
        ("fill_progress", "Only the lead and the assisting departments fill in progress."),
        ("request_extension", "Only the lead department (Department a) can do this."),
    ],
)
def test_refusal_says_who_can_help(past: World, name: str, sentence: str) -> None:
    assert MEASURE[name].refusal(past.inspector, past.measures[0], past.day(10)) == sentence


def test_implied_step_is_open_to_nobody(past: World) -> None:
    row = assisted(past, S.WAITING)

    for name in ("close", "return_closure"):
        sentence = MEASURE[name].refusal(past.chief, row, past.day(10))
        assert sentence == "Follows from the request's last signature or return."


def test_closed_campaign_refuses_every_step(past: World) -> None:
    rows = [assisted(past, status) for status in S]
    plan.close_campaign(past.campaign, on=past.day(20), by=past.office, at=past.at(20))
    rows = [fresh(row) for row in rows]

    assert [open_steps(MEASURE_STEPS, past, row, past.day(21)) for row in rows] == [{}, {}, {}, {}]
    assert open_steps(MEASURE_STEPS, past, rows[0], past.day(20)) == OPEN_TO[S.NOT_STARTED]
    with pytest.raises(Denied, match="can only be read"):
        measure.start(rows[0], by=past.head_a, at=past.at(21))


def test_retired_measure_refuses_every_step(past: World) -> None:
    for status in S:
        row = assisted(past, status)
        row.retired_on = past.day(10)
        store(row, by=past.office, at=past.at(10))
        assert open_steps(MEASURE_STEPS, past, row, past.day(10)) == {}
    assert "taken out of the plan" in MEASURE["reopen"].refusal(past.office, row, past.day(10))


# --- Start and evidence ------------------------------------------------------------------------------------


def test_start(past: World) -> None:
    row = measure.start(past.measures[0], by=past.liaison_a, note=" begun\x00 ", at=past.at(3))

    assert (fresh(row).status, fresh(row).started_on) == (S.IN_PROGRESS, past.day(3))
    assert last_entry(row) == (past.liaison_a, "begun", past.at(3))
    assert broken_records() == []


def test_step_denied_leaves_nothing(past: World) -> None:
    before = Measure.history.count()

    with pytest.raises(Denied):
        measure.start(past.measures[0], by=past.head_b, at=past.at(3))

    assert fresh(past.measures[0]).status == S.NOT_STARTED
    assert Measure.history.count() == before
    assert broken_records() == []


def test_add_evidence(past: World) -> None:
    file = factories.add_evidence(past, past.measures[0], content=b"proof")

    stored = Evidence.objects.get()
    assert (stored.uploaded_by, stored.size, stored.own_date) == (past.liaison_a, 5, past.day(6))
    with stored.file.open() as opened:
        assert opened.read() == b"proof"
    assert "minutes" not in stored.file.name
    assert last_entry(file) == (past.liaison_a, "", past.at(7))
    assert broken_records() == []


def test_evidence_of_the_future_is_refused(past: World) -> None:
    with pytest.raises(Denied, match="lies in the future") as caught:
        measure.add_evidence(past.measures[0], by=past.head_a, at=past.at(5), own_date=past.day(6))

    assert caught.value.field == "own_date"


def test_evidence_without_a_date(past: World) -> None:
    row = factories.add_evidence(past, past.measures[0])
    other = measure.add_evidence(
        past.measures[0], by=past.liaison_a, at=past.at(8), title="Photo", file=row.file.name, filename="a.png",
        content_type="image/png", size=1, sha256="a" * 64,
    )  # fmt: skip

    assert other.own_date is None


def test_withdraw_evidence(past: World) -> None:
    row = factories.add_evidence(past, past.measures[0])

    with pytest.raises(Denied, match="give a reason"):
        withdraw_evidence(row, by=past.liaison_a, note=" ", at=past.at(8))
    with pytest.raises(Denied):
        withdraw_evidence(row, by=past.office, note="Wrong", at=past.at(8))
    withdraw_evidence(row, by=past.liaison_a, note="Wrong file", at=past.at(8))

    assert fresh(row).is_withdrawn
    assert not Evidence.objects.in_force().exists()
    assert last_entry(row) == (past.liaison_a, "Wrong file", past.at(8))
    assert broken_records() == []


# --- Closure -----------------------------------------------------------------------------------------------


def test_request_closure(past: World) -> None:
    row = factories.ready(past, past.measures[0])

    request = measure.request_closure(row, by=past.liaison_a, note="All done", at=past.at(8))

    assert fresh(row).status == S.WAITING
    assert (request.stage_list, request.stage) == (["head", "leader", "office", "chief"], Stage.HEAD)
    assert (request.filed_by, request.filed_on, request.reason) == (past.liaison_a, past.day(8), "All done")
    assert request.deadline == row.deadline
    assert factories.verdicts(request) == []
    assert last_entry(row) == (past.liaison_a, "All done", past.at(8))
    assert last_entry(request) == (past.liaison_a, "All done", past.at(8))
    assert messages_to(past.head_a) == ["sign"]
    assert broken_records() == []


def test_closure_needs_accepted_progress_and_evidence(past: World) -> None:
    row, step = past.measures[0], MEASURE["request_closure"]
    update = factories.progress_at("submitted", past, row=row)
    assert "No progress has been accepted" in step.refusal(past.head_a, fresh(row), past.day(8))

    factories.progress.accept_progress(update, by=past.office, at=past.at(6))
    assert step.refusal(past.head_a, fresh(row), past.day(8)) == "Please upload evidence first."

    file = factories.add_evidence(past, row)
    assert step.refusal(past.head_a, fresh(row), past.day(8)) == ""

    withdraw_evidence(file, by=past.head_a, note="Wrong", at=past.at(8))
    assert step.refusal(past.head_a, fresh(row), past.day(8)) == "Please upload evidence first."


def test_closure_waits_for_a_pending_extension(past: World) -> None:
    row = factories.extension_at(Stage.LEADER, past).measure

    sentence = MEASURE["request_closure"].refusal(past.head_a, row, past.day(9))

    assert sentence == "An extension is being signed; withdraw it first or wait for its end."
    assert MEASURE["request_extension"].refusal(past.head_a, row, past.day(9)) == sentence


def test_closure_needs_people_at_every_stage(past: World) -> None:
    row = factories.ready(past, factories.make_measure(past, lead_leader=None))
    step = MEASURE["request_closure"]

    assert "could sign as “lead leader”" in step.refusal(past.head_a, row, past.day(8))
    assert "could sign as “lead leader”" in MEASURE["request_extension"].refusal(past.head_a, row, past.day(8))


def test_reopen(past: World) -> None:
    row = factories.measure_at(S.CLOSED, past)
    assert row.closed_on == past.day(9)

    with pytest.raises(Denied, match="give a reason") as caught:
        measure.reopen(row, by=past.office, note="", at=past.at(12))
    assert caught.value.field == "note"
    measure.reopen(row, by=past.office, note="It came back", at=past.at(12))

    row = fresh(row)
    assert (row.status, row.closed_on, row.percent, row.reopened_count) == (S.IN_PROGRESS, None, 0, 1)
    assert last_entry(row) == (past.office, "It came back", past.at(12))
    assert messages_to(past.head_a)[-1] == messages_to(past.liaison_a)[-1] == "reopened"
    assert broken_records() == []


def test_measure_can_be_closed_and_reopened_again(past: World) -> None:
    row = factories.reopened(past)
    with pytest.raises(Denied, match="since the measure was reopened"):
        measure.request_closure(row, by=past.liaison_a, note="The old proof", at=past.at(13))
    with pytest.raises(Denied, match="stays where it is"):
        withdraw_evidence(row.evidence.get(), by=past.liaison_a, note="Wrong file", at=past.at(13))
    factories.progress_at(ProgressStatus.ACCEPTED, past, row=row, day=32)
    assert "since the reopening" in MEASURE["request_closure"].refusal(past.liaison_a, fresh(row), past.day(33))
    factories.add_evidence(past, row, day=33)
    row = fresh(row)
    request = measure.request_closure(row, by=past.liaison_a, note="Done again", at=past.at(34))
    factories.climb(past, request, day=35)
    assert fresh(row).closed_on == past.day(35)

    row = factories.reopened(past, row=fresh(row), day=36)

    assert (row.status, row.reopened_count) == (S.IN_PROGRESS, 2)
    assert row.closure_requests.filter(status=RequestStatus.APPROVED).count() == 2
    assert messages_to(past.liaison_a).count("reopened") == 2


# --- Extension and conversion ------------------------------------------------------------------------------


def test_extension_is_asked_for_by_the_deadline_and_not_after(past: World) -> None:
    row, step = past.measures[0], MEASURE["request_extension"]

    assert step.refusal(past.head_a, row, row.deadline) == ""
    assert step.refusal(past.head_a, row, row.deadline + timedelta(days=1)) == (
        "An extension is asked for before the deadline, which was 11 June."
    )


def test_measure_without_deadline_has_none_to_extend(past: World) -> None:
    row = factories.make_measure(past, deadline=None)

    assert "no deadline" in MEASURE["request_extension"].refusal(past.head_a, row, past.day(8))


def test_request_extension(past: World) -> None:
    row = past.measures[0]
    values = factories.extension_values(past, row)

    with pytest.raises(Denied, match="give a reason"):
        measure.request_extension(row, by=past.liaison_a, note="", at=past.at(8), **values)
    request = measure.request_extension(row, by=past.liaison_a, note="Needs longer", at=past.at(8), **values)

    assert (request.old_deadline, request.new_deadline) == (past.day(100), past.day(130))
    assert request.stage_list == ["head", "leader", "office"]
    assert fresh(row).deadline == past.day(100)
    assert fresh(row).status == S.NOT_STARTED
    assert last_entry(request) == (past.liaison_a, "Needs longer", past.at(8))
    assert broken_records() == []


def test_extension_moves_the_deadline_and_keeps_the_original(past: World) -> None:
    request = factories.climb(past, factories.extension_at(Stage.HEAD, past))

    row = fresh(request.measure)
    assert (request.status, row.status) == (RequestStatus.APPROVED, S.IN_PROGRESS)
    assert (row.deadline, row.original_deadline) == (past.day(130), past.day(100))
    assert (row.phase, row.nature) == (Phase.CONCENTRATED, Nature.DATED)
    assert last_entry(row) == (past.office, "Agreed", past.at(9, 11))
    assert messages_to(past.liaison_a)[-1] == "extended"
    assert broken_records() == []


def test_conversion_sets_phase_nature_goal_and_recheck(past: World) -> None:
    request = factories.extension_at(Stage.HEAD, past, kind=ExtensionKind.CONVERSION, new_deadline=None)
    factories.climb(past, request)

    row = fresh(request.measure)
    assert (row.phase, row.nature, row.stage_goal) == (Phase.SUSTAINED, Nature.STANDING, "Rule kept")
    assert (row.recheck_on, row.deadline, row.original_deadline) == (past.day(120), None, past.day(100))
    assert broken_records() == []


WRONG = [
    ("extension", {"new_deadline": None}, "new_deadline"),
    ("extension", {"new_deadline": 100}, "new_deadline"),
    ("extension", {"new_deadline": 99}, "new_deadline"),
    ("extension", {"new_deadline": 701}, "new_deadline"),
    ("conversion", {"new_deadline": 701}, "new_deadline"),
    ("conversion", {"recheck_on": None}, "recheck_on"),
    ("conversion", {"recheck_on": 8}, "recheck_on"),
    ("conversion", {"new_nature": ""}, "new_nature"),
    ("conversion", {"new_nature": Nature.DATED}, "new_nature"),
]


def test_wrong_values_name_their_field(past: World) -> None:
    row = past.measures[0]
    for kind, change, field in WRONG:
        days = {name: past.day(value) if isinstance(value, int) else value for name, value in change.items()}
        values = factories.extension_values(past, row, kind) | days
        with pytest.raises(Denied) as caught:
            measure.request_extension(row, by=past.liaison_a, note="Longer", at=past.at(8), **values)
        assert caught.value.field == field, (kind, change)
    assert not row.extensions.exists()


def test_returned_extension_can_be_asked_for_again(past: World) -> None:
    request = factories.extension_at(Stage.OFFICE, past)
    approval.return_request(request, by=past.office, note="Too long", at=past.at(10))
    row = fresh(request.measure)
    assert row.deadline == past.day(100)

    again = measure.request_extension(
        row, by=past.head_a, note="Shorter", at=past.at(11), **factories.extension_values(past, row)
    )

    assert factories.verdicts(again) == [("head", DecisionVerdict.APPROVED, past.head_a.pk)]
    assert again.stage == Stage.LEADER
