"""Changes of the plan, measure by measure: what the office may change when, and what each change leaves."""

from typing import Any

import pytest

from accounts.tracked import StaleRow, store
from findings import figures
from findings.choices import ExtensionKind, MeasureStatus, Nature, Phase, Stage
from findings.models import AssistingDepartment, Measure, MeasureSuccessor, Message, RecommendationLink
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh, last_entry, messages_to, open_steps
from findings.workflow import amend, plan
from findings.workflow.amend import PLAN, PLAN_STEPS
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")

S = MeasureStatus
ALL_STEPS = {step.name: {"office"} for step in PLAN_STEPS}
OPEN_TO = {S.NOT_STARTED: ALL_STEPS, S.IN_PROGRESS: ALL_STEPS, S.WAITING: {}, S.CLOSED: {}}


@pytest.fixture
def approved(past: World) -> World:
    """The world with a plan that was approved on day 3."""
    past.campaign = plan.approve_plan(past.campaign, on=past.day(3), by=past.office, at=past.at(3))
    return past


def amended(world: World, row: Measure, *, day: int = 4, note: str = "Decided", **fields: Any) -> Measure:
    return amend.amend_measure(row, by=world.office, note=note, at=world.at(day), **fields)


def helpers(row: Measure) -> list[str]:
    rows = AssistingDepartment.objects.filter(measure=row, is_active=True)
    return list(rows.order_by("department__code").values_list("department__code", flat=True))


# --- Who and when ------------------------------------------------------------------------------------------


def test_steps_by_status_and_person(past: World) -> None:
    rows = {status: factories.measure_at(status, past) for status in S}

    found = {status: open_steps(PLAN_STEPS, past, row, past.day(10)) for status, row in rows.items()}

    assert found == OPEN_TO
    assert set(PLAN) == {"amend", "split", "merge", "retire"}


def test_refusals_say_why(past: World) -> None:
    waiting = factories.measure_at(S.WAITING, past)
    extended = factories.extension_at(Stage.LEADER, past).measure
    pending = "An extension is being signed; withdraw it first or wait for its end."

    assert PLAN["amend"].refusal(past.head_a, past.measures[0], past.day(5)) == (
        "Only the rectification office can do this."
    )
    assert "done, waiting for closure" in PLAN["amend"].refusal(past.office, waiting, past.day(10))
    assert PLAN["amend"].refusal(past.office, extended, past.day(10)) == ""
    for name in ("split", "merge", "retire"):
        assert PLAN[name].refusal(past.office, extended, past.day(10)) == pending


def test_frozen_measures_are_denied(past: World) -> None:
    for row in (factories.measure_at(S.WAITING, past), factories.measure_at(S.CLOSED, past)):
        with pytest.raises(Denied, match="Not possible while"):
            amended(past, row, day=10, text="Other")


# --- Amend before the approval -----------------------------------------------------------------------------


def test_amend_before_the_approval(past: World) -> None:
    row = amended(
        past, past.measures[0], note="", text="Better", goal="More", lead_leader=past.other_leader,
        lead_department=past.b, is_key=True, deadline=past.day(120), nature=Nature.PHASED, phase=Phase.SUSTAINED,
        recheck_on=past.day(90),
    )  # fmt: skip

    row = fresh(row)
    assert (row.text, row.goal, row.is_key) == ("Better", "More", True)
    assert (row.lead_leader, row.lead_department) == (past.other_leader, past.b)
    assert (row.deadline, row.original_deadline) == (past.day(120), past.day(120))
    assert (row.nature, row.phase, row.recheck_on) == (Nature.PHASED, Phase.SUSTAINED, past.day(90))
    assert last_entry(row) == (past.office, "", past.at(4))
    assert messages_to(past.head_b) == []
    assert broken_records() == []


def test_deadline_may_be_taken_away_before_the_approval(past: World) -> None:
    row = fresh(amended(past, past.measures[0], deadline=None))

    assert (row.deadline, row.original_deadline) == (None, None)


def test_amend_without_a_change_leaves_nothing(approved: World) -> None:
    row = approved.measures[1]
    before = Measure.history.count()

    same = amended(approved, row, note="", text=row.text, deadline=row.deadline, assisting=[approved.b])

    assert (same.version, Measure.history.count()) == (row.version, before)


def test_assisting_departments_come_and_go_and_come_back(past: World) -> None:
    row = past.measures[1]

    gone = amended(past, row, day=4, assisting=[])
    assert helpers(row) == []
    assert gone.version == row.version + 1
    amended(past, row, day=5, assisting=[past.b])
    assert helpers(row) == ["b"]
    assert AssistingDepartment.objects.filter(measure=row).count() == 1

    amended(past, row, day=6, lead_department=past.b, assisting=[past.a])
    assert (fresh(row).lead_department, helpers(row)) == (past.b, ["a"])
    assert broken_records() == []


WRONG = [
    ({"text": " "}, "text", "must not be empty"),
    ({"deadline": -1}, "deadline", "lies between 2025-03-03 and"),
    ({"deadline": 701}, "deadline", "lies between"),
    ({"recheck_on": -1}, "recheck_on", "before the feedback"),
    ({"nature": "odd"}, "nature", "one of the natures"),
    ({"phase": "odd"}, "phase", "one of the phases"),
    ({"lead_leader": "chief"}, "lead_leader", "Chief is no lead leader"),
    ({"lead_department": "b"}, "assisting", "Department b leads the measure"),
]


def test_wrong_values_name_their_field(past: World) -> None:
    row = past.measures[1]
    people = {"chief": past.chief, "b": past.b}
    for change, field, sentence in WRONG:
        fields = {
            name: past.day(value) if isinstance(value, int) else people.get(value, value)
            for name, value in change.items()
        }
        with pytest.raises(Denied, match=sentence) as caught:
            amended(past, row, **fields)
        assert caught.value.field == field, change
    assert fresh(row).version == row.version


def test_departments_belong_to_the_court_or_below_it_and_are_in_use(past: World) -> None:
    row = past.measures[0]
    far = factories.make_department("far", past.at(1), kind="court", tier="high")
    old = factories.make_department("old", past.at(1), parent=past.court)
    old.is_active = False
    store(old, by=None, at=past.at(2))

    for department, words in ((far, "does not belong"), (old, "no longer in use")):
        with pytest.raises(Denied, match=words):
            amended(past, row, lead_department=department)
        with pytest.raises(Denied, match=words) as caught:
            amended(past, row, assisting=[department])
        assert caught.value.field == "assisting"

    amended(past, row, lead_department=past.lower_a)
    assert fresh(row).lead_department == past.lower_a


def test_owner_may_be_left_open_before_the_approval(past: World) -> None:
    row = fresh(amended(past, past.measures[0], lead_department=None, lead_leader=None))

    assert (row.lead_department, row.lead_leader) == (None, None)


def test_second_editor_is_told(past: World) -> None:
    row = past.measures[0]
    amended(past, row, text="First", version=row.version)

    with pytest.raises(StaleRow) as caught:
        amended(past, row, text="Second", version=row.version)

    assert caught.value.row.text == "First"


# --- Amend after the approval ------------------------------------------------------------------------------


def test_after_the_approval_a_reason_is_compulsory(approved: World) -> None:
    with pytest.raises(Denied, match="give a reason") as caught:
        amended(approved, approved.measures[0], note=" ", text="Better")
    assert caught.value.field == "note"

    row = amended(approved, approved.measures[0], note="Wording", text="Better")

    assert last_entry(row) == (approved.office, "Wording", approved.at(4))
    assert messages_to(approved.head_a) == []  # the owners are the same


@pytest.mark.parametrize(
    ("change", "request_named"),
    [
        ({"deadline": 120}, "asks for another deadline"),
        ({"deadline": None}, "asks for another deadline"),
        ({"nature": "standing"}, "conversion to sustained rectification"),
        ({"phase": "sustained"}, "conversion to sustained rectification"),
        ({"recheck_on": 80}, "conversion to sustained rectification"),
    ],
    ids=["deadline", "no deadline", "nature", "phase", "re-check"],
)
def test_after_the_approval_a_request_changes_the_rest(
    approved: World, change: dict[str, Any], request_named: str
) -> None:
    fields = {name: approved.day(value) if isinstance(value, int) else value for name, value in change.items()}

    with pytest.raises(Denied, match=request_named) as caught:
        amended(approved, approved.measures[0], **fields)

    assert [caught.value.field] == list(change)


def test_changed_owners_are_told(approved: World) -> None:
    row = amended(
        approved, approved.measures[0], note="New duties", lead_department=approved.b, lead_leader=approved.other_leader
    )

    told = [approved.head_a, approved.liaison_a, approved.head_b, approved.liaison_b, approved.other_leader]
    assert [messages_to(person) for person in told] == [["plan"]] * 5
    message = Message.objects.get(recipient=approved.head_b)
    assert message.subject == "Owner changed: measure 1"
    assert message.body == "Measure 1 “Measure 1” is now led by Department b (Other Leader): New duties"
    assert (message.measure, message.link) == (row, f"/measures/{row.pk}/")
    former = Message.objects.get(recipient=approved.head_a)  # has lost sight of it, so that no page is named
    assert (former.body, former.measure, former.link) == (message.body, None, "/inbox/")
    assert messages_to(approved.leader) == []
    assert broken_records() == []


def test_owner_taken_away_is_told_to_the_department_that_led(approved: World) -> None:
    amended(approved, approved.measures[0], lead_department=None, lead_leader=None)

    assert messages_to(approved.head_a) == ["plan"]
    assert Message.objects.get(recipient=approved.head_a).body.endswith("is now led by — (—): Decided")
    amended(approved, approved.measures[0], day=5, lead_department=approved.b)
    assert messages_to(approved.head_b) == ["plan"]


def test_owner_stays_while_an_extension_is_signed(past: World) -> None:
    row = factories.extension_at(Stage.LEADER, past).measure

    for change in ({"lead_leader": past.other_leader}, {"lead_department": past.b}):
        with pytest.raises(Denied, match="An extension is being signed") as caught:
            amended(past, row, day=10, **change)
        assert [caught.value.field] == list(change)
    assert amended(past, row, day=10, text="Wording").text == "Wording"


def test_change_owners_explains_each_that_was_passed_by(approved: World) -> None:
    closed = factories.measure_at(S.CLOSED, approved, row=approved.measures[3])
    same = approved.measures[2]

    outcome = amend.change_owners(
        [approved.measures[0], same, closed], by=approved.office, note="New duties", at=approved.at(20),
        lead_department=approved.b, lead_leader=approved.other_leader, assisting=[],
    )  # fmt: skip

    assert outcome == [
        (approved.measures[0], ""),
        (same, "It stands so already."),
        (closed, "Not possible while the state is “closed”."),
    ]
    assert fresh(approved.measures[0]).lead_department == approved.b
    assert broken_records() == []


def test_change_owners_passes_by_what_somebody_else_has_changed(past: World) -> None:
    first, second = past.measures[:2]
    amended(past, first, text="Changed meanwhile")

    outcome = amend.change_owners(
        [first, second], by=past.office, note="New duties", at=past.at(5), lead_leader=past.other_leader,
        versions={first.pk: first.version, second.pk: second.version},
    )  # fmt: skip

    assert outcome == [(first, "Somebody has changed it since you opened the list."), (second, "")]
    assert fresh(first).lead_leader == past.leader


# --- Split, merge, retire ----------------------------------------------------------------------------------


PARTS = [{"text": "First half", "goal": "One"}, {"text": "Second half", "goal": "Two"}]


def test_split(approved: World) -> None:
    old = approved.measures[1]
    advice = plan.add_recommendation(
        approved.campaign, answers=[old], title="Advice", note="Later", by=approved.office, at=approved.at(4)
    )

    rows = amend.split_measure(old, parts=PARTS, by=approved.office, note="Two things", at=approved.at(10))

    assert [(row.number, row.text, row.goal) for row in rows] == [(5, "First half", "One"), (6, "Second half", "Two")]
    for row in rows:
        assert (row.issue, row.lead_department, row.lead_leader) == (old.issue, approved.a, approved.leader)
        assert (row.deadline, row.original_deadline) == (approved.day(100), approved.day(100))
        assert (row.status, row.started_on, row.percent) == (S.NOT_STARTED, None, 0)
        assert helpers(row) == ["b"]
        assert list(row.predecessors.values_list("measure__number", flat=True)) == [2]
    assert fresh(old).retired_on == approved.day(10)
    assert last_entry(old) == (approved.office, "Two things", approved.at(10))
    assert RecommendationLink.objects.filter(recommendation=advice, is_active=True).count() == 3
    assert broken_records() == []


def test_parts_of_a_started_measure_are_in_progress_and_keep_both_deadlines(approved: World) -> None:
    request = factories.climb(approved, factories.extension_at(Stage.HEAD, approved, kind=ExtensionKind.EXTENSION))
    old = fresh(request.measure)
    started = old.started_on

    parts = [{"text": "A"}, {"text": "B", "lead_department": approved.b, "lead_leader": approved.other_leader}]
    first, second = amend.split_measure(old, parts=parts, by=approved.office, note="Two", at=approved.at(20))

    assert [(row.status, row.started_on) for row in (first, second)] == [(S.IN_PROGRESS, started)] * 2
    assert (first.deadline, first.original_deadline) == (approved.day(130), approved.day(100))
    assert (first.goal, first.lead_department, second.lead_department) == (old.goal, approved.a, approved.b)


def test_lead_of_a_part_does_not_assist_it(past: World) -> None:
    parts = [{"text": "A"}, {"text": "B", "lead_department": past.b}]

    first, second = amend.split_measure(past.measures[1], parts=parts, by=past.office, note="Two", at=past.at(5))

    assert (helpers(first), helpers(second)) == (["b"], [])


def test_split_refuses_what_is_wrong(past: World) -> None:
    row = past.measures[0]
    wrong = [
        ({"parts": PARTS[:1], "note": "x"}, "parts", "at least two"),
        ({"parts": PARTS, "note": ""}, "note", "give a reason"),
        ({"parts": [PARTS[0], {"text": ""}], "note": "x"}, "text", "must not be empty"),
        ({"parts": [PARTS[0], {"text": "B", "lead_leader": past.chief}], "note": "x"}, "lead_leader", "no lead leader"),
    ]
    for given, field, sentence in wrong:
        with pytest.raises(Denied, match=sentence) as caught:
            amend.split_measure(row, by=past.office, at=past.at(5), **given)
        assert caught.value.field == field
    assert Measure.objects.count() == 4
    assert not MeasureSuccessor.objects.exists()


def test_merge_puts_nothing_off(approved: World) -> None:
    first, second = approved.measures[:2]
    third = factories.make_measure(
        approved, deadline=approved.day(60), nature=Nature.IMMEDIATE, is_key=True, recheck_on=approved.day(50)
    )
    factories.ready(approved, second)

    row = amend.merge_measures(
        [third, first, fresh(second)], text="All of it", by=approved.office, note="One thing", at=approved.at(20)
    )

    assert (row.number, row.text, row.issue) == (6, "All of it", first.issue)
    assert (row.deadline, row.original_deadline, row.recheck_on) == (
        approved.day(60), approved.day(60), approved.day(50),
    )  # fmt: skip
    assert (row.nature, row.phase, row.is_key) == (Nature.IMMEDIATE, Phase.CONCENTRATED, True)
    assert (row.status, row.started_on) == (S.IN_PROGRESS, approved.day(5))
    assert helpers(row) == ["b"]
    assert set(row.predecessors.values_list("measure", flat=True)) == {first.pk, second.pk, third.pk}
    assert {fresh(old).retired_on for old in (first, second, third)} == {approved.day(20)}
    assert broken_records() == []


def test_merge_of_measures_that_have_not_begun(past: World) -> None:
    row = amend.merge_measures(past.measures[:2], by=past.office, note="One thing", at=past.at(5))

    assert (row.status, row.started_on, row.text) == (S.NOT_STARTED, None, "Measure 1")


def test_merge_refuses_what_is_wrong(past: World) -> None:
    closed = factories.measure_at(S.CLOSED, past)
    first, other_issue = past.measures[0], past.measures[2]
    wrong = [
        ([first], "x", "others", "at least two"),
        ([first, first], "x", "others", "at least two"),
        ([first, other_issue], "x", "others", "of one issue"),
        ([first, closed], "x", "others", "Measure 5: Not possible"),
        ([first, past.measures[1]], "", "note", "give a reason"),
    ]
    for rows, note, field, sentence in wrong:
        with pytest.raises(Denied, match=sentence) as caught:
            amend.merge_measures(rows, by=past.office, note=note, at=past.at(20))
        assert caught.value.field == field
    assert not MeasureSuccessor.objects.exists()


def test_retire(past: World) -> None:
    with pytest.raises(Denied, match="give a reason"):
        amend.retire_measure(past.measures[3], by=past.office, note="", at=past.at(5))

    row = amend.retire_measure(past.measures[3], by=past.office, note="Done elsewhere", at=past.at(5))

    assert (fresh(row).retired_on, fresh(row).number) == (past.day(5), 4)
    assert plan.next_measure_number(past.campaign) == 5
    with pytest.raises(Denied, match="taken out of the plan"):
        amended(past, row, day=6, text="Still")
    with pytest.raises(Denied, match="number 4 is taken"):
        factories.make_measure(past, number=4, day=6)
    assert broken_records() == []


def test_retired_measures_leave_the_counts_from_that_day(past: World) -> None:
    scope = figures.scope_of(past.campaign, past.office)
    before = figures.measure_counts(scope, past.day(9))
    amend.split_measure(past.measures[0], parts=PARTS, by=past.office, note="Two", at=past.at(10))
    amend.retire_measure(past.measures[3], by=past.office, note="Done elsewhere", at=past.at(10))

    assert before.measures == 4
    assert figures.measure_counts(scope, past.day(9)) == before
    assert figures.measure_counts(scope, past.day(10)).measures == 4 - 2 + 2


def test_nothing_is_late_or_asked_for_after_the_retirement(past: World) -> None:
    row = factories.make_measure(past, deadline=past.day(8), nature=Nature.DATED, recheck_on=past.day(8))
    update = factories.progress_at("draft", past, row=row)
    late = Measure.objects.filter(pk=row.pk).with_excuse()
    assert figures.counts.is_overdue(late.get(), past.day(9))
    assert [draft.pk for draft in figures.work_of(past.head_a, past.day(6)).to_submit] == [update.pk]

    amend.retire_measure(row, by=past.office, note="Done elsewhere", at=past.at(7))

    assert not figures.counts.is_overdue(late.get(), past.day(9))
    assert figures.work_of(past.head_a, past.day(7)).to_submit == []
