"""After closing: the draw that anybody can redo, who may check, what a relapse does, and verdicts on issues."""

import hashlib
from datetime import date

import pytest

from accounts.roles import RoleCode
from accounts.tracked import StaleRow, store
from findings.choices import IssueState, MeasureStatus, Nature, RecheckState, RecheckVerdict, RoundState
from findings.models import Campaign, IssueVerdict, LookbackRound, Measure, Recheck
from findings.models.lookback import Answer
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh, last_entry, messages_to, open_steps
from findings.workflow import lookback, plan
from findings.workflow.lookback import RECHECK_STEPS, ROUND_STEPS, draw_key, drawn
from findings.workflow.measure import MEASURE
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")

V = RecheckVerdict
SHEET = "Is it done?\n\n  Is it known? \n"
YES = [Answer("yes"), Answer("no", "two of\nfive  knew")]


@pytest.fixture
def closed(past: World) -> list[Measure]:
    """Measures 1 to 3, closed on day 9."""
    return [factories.measure_at(MeasureStatus.CLOSED, past, row=row) for row in past.measures[:3]]


def draw(world: World, **values: object) -> LookbackRound:
    given = {"title": "First round", "size": 2, "questions": SHEET, "due_on": world.day(50), "seed": "seed"}
    given |= {"by": world.office, "at": world.at(20)}
    return lookback.draw_round(world.campaign, **(given | values))


def record(recheck: Recheck, world: World, verdict: str = V.HELD, **values: object) -> Recheck:
    given = {"answers": YES, "finding": "Seen on site", "by": world.office, "at": world.at(30)}
    return lookback.record_recheck(recheck, verdict=verdict, **(given | values))


def recheck_one(row: Measure, world: World, verdict: str = V.HELD, **values: object) -> Recheck:
    given = {"finding": "Seen on site", "by": world.office, "at": world.at(30)}
    return lookback.recheck_measure(row, verdict=verdict, **(given | values))


# --- The draw ----------------------------------------------------------------------------------------------


def test_drawn_is_what_a_hash_tool_gives() -> None:
    """Worked by hand: printf '%s' 'a3/1' | sha256sum, and so on; the three smallest of nine."""
    keys = {number: hashlib.sha256(f"a3/{number}".encode()).hexdigest() for number in range(1, 10)}

    assert draw_key("a3", 7) == keys[7]
    assert drawn("a3", range(1, 10), 3) == sorted(keys, key=keys.__getitem__)[:3] == [1, 9, 5]


def test_drawn_depends_on_seed_and_population_only() -> None:
    whole = list(range(1, 84))

    assert drawn("x", whole, 10) == drawn("x", reversed(whole), 10)
    assert drawn("x", whole, 10) != drawn("y", whole, 10)
    assert drawn("x", whole, 4) == drawn("x", whole, 10)[:4]
    assert sorted(drawn("中", whole, 83)) == whole


def test_draw_round_keeps_what_the_draw_needs(past: World, closed: list[Measure]) -> None:
    row = draw(past, note="ordered")

    assert (row.number, row.population, row.size, row.seed) == (1, "1,2,3", 2, "seed")
    assert (row.drawn_on, row.due_on, row.status) == (past.day(20), past.day(50), RoundState.CHECKING)
    assert row.question_list == ["Is it done?", "Is it known?"]
    found = sorted(row.rechecks.values_list("measure__number", flat=True))
    assert found == sorted(drawn("seed", [1, 2, 3], 2))
    assert {(r.status, r.verdict, r.checked_on) for r in row.rechecks.all()} == {(RecheckState.TO_MAKE, "", None)}
    assert lookback.is_as_drawn(row)
    assert last_entry(row) == (past.office, "ordered", past.at(20))
    assert broken_records() == []


def test_round_without_a_seed_gets_one_that_nobody_chose(past: World, closed: list[Measure]) -> None:
    rows = [draw(past, seed=seed) for seed in (None, " ")]

    assert [row.number for row in rows] == [1, 2]
    assert {len(row.seed) for row in rows} == {16}
    assert rows[0].seed != rows[1].seed


def test_measures_out_of_the_plan_are_not_drawn_from(past: World, closed: list[Measure]) -> None:
    closed[0].retired_on = past.day(15)
    store(closed[0], by=past.office, at=past.at(15))

    assert draw(past).drawn_from == [2, 3]


def test_sample_that_was_tampered_with_is_seen(past: World, closed: list[Measure]) -> None:
    row = draw(past)
    row.seed = "another"

    assert not lookback.is_as_drawn(row)


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"size": 0}, "size", "between 1 and 3"),
        ({"size": 4}, "size", "between 1 and 3"),
        ({"questions": " \n "}, "questions", "at least one question"),
        ({"due_on": date(2025, 3, 22)}, "due_on", "lies in the past"),
    ],
)
def test_draw_is_refused(past: World, closed: list[Measure], values: dict, field: str, sentence: str) -> None:
    with pytest.raises(Denied, match=sentence) as caught:
        draw(past, **values)

    assert caught.value.field == field
    assert not LookbackRound.objects.exists()


def test_nothing_is_drawn_where_nothing_is_closed(past: World) -> None:
    with pytest.raises(Denied, match="No measure is closed"):
        draw(past, size=1)


def test_only_the_office_draws_and_only_while_the_campaign_runs(past: World, closed: list[Measure]) -> None:
    for name, person in past.everybody().items():
        if name != "office":
            with pytest.raises(Denied, match="Only the rectification office"):
                draw(past, by=person)
    plan.close_campaign(past.campaign, on=past.day(15), by=past.office, at=past.at(15))
    with pytest.raises(Denied, match="can only be read"):
        draw(past)


# --- Re-checks ---------------------------------------------------------------------------------------------


def test_steps_of_a_recheck_by_state_and_person(past: World, closed: list[Measure]) -> None:
    recheck = draw(past).rechecks.all()[0]

    found = {recheck.status: open_steps(RECHECK_STEPS, past, recheck, past.day(30))}
    recheck = record(recheck, past)
    found[recheck.status] = open_steps(RECHECK_STEPS, past, recheck, past.day(31))

    assert found == {RecheckState.TO_MAKE: {"record": {"office"}}, RecheckState.MADE: {"correct": {"office"}}}


def test_who_asked_for_the_closure_or_belongs_to_the_lead_department_does_not_check(past: World) -> None:
    """The liaison of a asks for closure; then both become members of the office."""
    by_liaison = factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[0])
    by_head = factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[2])
    for name in ("liaison_a", "head_b"):
        setattr(past, name, factories.grant(getattr(past, name), RoleCode.OFFICE, past.court))
    ask = MEASURE["recheck"].refusal

    assert ask(past.liaison_a, by_liaison, past.day(30)).startswith("You belong to the lead department")
    assert ask(past.liaison_a, by_head, past.day(30)) == ""
    assert ask(past.head_b, by_head, past.day(30)).startswith("You belong to the lead department")
    by_liaison.lead_department = past.b
    assert ask(past.liaison_a, by_liaison, past.day(30)).startswith("You asked for the closure")
    assert ask(past.office, by_liaison, past.day(30)) == ""


def test_record_recheck_that_held(past: World, closed: list[Measure]) -> None:
    row = record(draw(past).rechecks.all()[0], past, note="signed")

    assert (row.status, row.verdict, row.finding) == (RecheckState.MADE, V.HELD, "Seen on site")
    assert (row.checked_on, row.checked_by) == (past.day(30), past.office)
    assert row.answers == "yes\nno two of five knew"
    assert row.answer_list == [Answer("yes"), Answer("no", "two of five knew")]
    assert row.sheet == list(zip(["Is it done?", "Is it known?"], row.answer_list, strict=True))
    assert [answer.label for answer in row.answer_list] == ["yes", "no"]
    assert (fresh(row.measure).status, fresh(row.measure).version) == (MeasureStatus.CLOSED, closed[0].version)
    assert last_entry(row) == (past.office, "signed", past.at(30))
    assert broken_records() == []


def test_sheet_before_the_recheck_has_questions_only(past: World, closed: list[Measure]) -> None:
    assert draw(past).rechecks.all()[0].sheet == [("Is it done?", None), ("Is it known?", None)]


@pytest.mark.parametrize("verdict", [V.RELAPSED, V.NOT_DONE])
def test_what_did_not_hold_is_reopened_and_told(past: World, closed: list[Measure], verdict: str) -> None:
    row = record(draw(past).rechecks.all()[0], past, verdict)

    measure = fresh(row.measure)
    assert (measure.status, measure.closed_on, measure.reopened_count) == (MeasureStatus.IN_PROGRESS, None, 1)
    reason = f"Look-back “First round”: {row.get_verdict_display()}. Seen on site"
    assert last_entry(measure) == (past.office, reason, past.at(30))
    assert messages_to(past.head_b if measure.lead_department == past.b else past.head_a)[-1] == "reopened"
    assert broken_records() == []


def test_measure_that_is_open_again_already_is_not_reopened_twice(past: World, closed: list[Measure]) -> None:
    recheck = draw(past).rechecks.all()[0]
    factories.reopened(past, row=recheck.measure, day=25)

    record(recheck, past, V.RELAPSED)

    assert fresh(recheck.measure).reopened_count == 1


def test_answer_is_missing(past: World, closed: list[Measure]) -> None:
    with pytest.raises(Denied, match="answer every question"):
        record(draw(past).rechecks.all()[0], past, answers=YES[:1])


@pytest.mark.parametrize(
    ("values", "field"),
    [({"finding": " "}, "finding"), ({"next_on": date(2025, 4, 2)}, "next_on")],
)
def test_recheck_is_refused(past: World, closed: list[Measure], values: dict, field: str) -> None:
    recheck = draw(past).rechecks.all()[0]

    with pytest.raises(Denied) as caught:
        record(recheck, past, **values)

    assert caught.value.field == field
    assert fresh(recheck).status == RecheckState.TO_MAKE


def test_second_checker_finds_the_first_ones_text(past: World, closed: list[Measure]) -> None:
    recheck = draw(past).rechecks.all()[0]
    record(recheck, past, finding="First")

    with pytest.raises(StaleRow) as caught:
        record(recheck, past, finding="Second", version=recheck.version)
    assert caught.value.row.finding == "First"
    with pytest.raises(Denied, match="“made”"):
        record(recheck, past, finding="Second", version=recheck.version + 1)


# --- One measure outside a round ---------------------------------------------------------------------------


# --- Correcting what was recorded --------------------------------------------------------------------------


def correct(recheck: Recheck, world: World, verdict: str = V.HELD, **values: object) -> Recheck:
    given = {"answers": YES, "finding": "Seen again", "by": world.office, "note": "Wrong sheet", "at": world.at(35)}
    return lookback.correct_recheck(recheck, verdict=verdict, **(given | values))


def test_correct_recheck_keeps_who_checked_and_what_was_said_before(past: World, closed: list[Measure]) -> None:
    row = record(draw(past).rechecks.order_by("pk")[0], past, next_on=past.day(60))
    assert row.is_corrected is False

    row = correct(row, past, answers=[Answer("no"), Answer("no")], next_on=past.day(60))

    assert (row.verdict, row.finding, row.answers, row.checked_on, row.checked_by) == (
        V.HELD, "Seen again", "no\nno", past.day(30), past.office,
    )  # fmt: skip
    assert (row.is_corrected, last_entry(row)) == (True, (past.office, "Wrong sheet", past.at(35)))
    said = row.history.order_by("history_id").values_list("finding", flat=True)
    assert list(said) == ["", "Seen on site", "Seen again"]
    assert fresh(row.measure).recheck_on == past.day(60)
    assert broken_records() == []


def test_correction_to_a_relapse_opens_the_measure_again_and_once_only(past: World, closed: list[Measure]) -> None:
    row = record(draw(past).rechecks.order_by("pk")[0], past)

    correct(row, past, V.RELAPSED)
    correct(row, past, V.NOT_DONE, finding="Never done")

    measure = fresh(row.measure)
    assert (measure.status, measure.reopened_count) == (MeasureStatus.IN_PROGRESS, 1)
    assert fresh(row).verdict == V.NOT_DONE


def test_correction_to_held_leaves_an_open_measure_open(past: World, closed: list[Measure]) -> None:
    row = record(draw(past).rechecks.order_by("pk")[0], past, V.RELAPSED)

    correct(row, past)

    assert fresh(row.measure).status == MeasureStatus.IN_PROGRESS


@pytest.mark.parametrize(
    ("recorded", "corrected", "present"), [(None, 70, 70), (60, 70, 70), (60, None, None), (60, 60, 60)]
)
def test_correction_moves_the_next_recheck_that_the_record_had_set(
    past: World, closed: list[Measure], recorded: int | None, corrected: int | None, present: int | None
) -> None:
    def day(number: int | None) -> date | None:
        return past.day(number) if number else None

    row = record(draw(past).rechecks.order_by("pk")[0], past, next_on=day(recorded))

    correct(row, past, next_on=day(corrected))

    assert fresh(row.measure).recheck_on == day(present)


def test_correction_leaves_a_date_that_was_set_since(past: World, closed: list[Measure]) -> None:
    row = record(draw(past).rechecks.order_by("pk")[0], past, next_on=past.day(60))
    measure = fresh(row.measure)
    measure.recheck_on = past.day(90)
    store(measure, by=past.office)

    correct(row, past, next_on=past.day(70))

    assert fresh(row.measure).recheck_on == past.day(90)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"note": " "}, "Please give a reason."),
        ({"answers": YES[:1]}, "Please answer every question of the check sheet."),
        ({"finding": " "}, "Please write what was found."),
        ({"next_on": date(2020, 1, 1)}, "Please name a re-check date in the future."),
    ],
)
def test_correction_is_refused(past: World, closed: list[Measure], values: dict, sentence: str) -> None:
    row = record(draw(past).rechecks.order_by("pk")[0], past)

    with pytest.raises(Denied, match=sentence):
        correct(row, past, **values)
    assert fresh(row).finding == "Seen on site"


def test_nothing_is_corrected_before_the_record_after_the_round_or_outside_of_one(
    past: World, closed: list[Measure]
) -> None:
    found = draw(past)
    first, second = found.rechecks.order_by("pk")
    with pytest.raises(Denied, match="Not possible while the state is"):
        correct(first, past)
    record(first, past)
    record(second, past)
    lookback.conclude_round(found, conclusion="All held", by=past.office, at=past.at(31))
    with pytest.raises(Denied, match="The round is concluded; its re-checks stay as they are"):
        correct(first, past)
    alone = recheck_one(fresh(past.measures[2]), past)
    with pytest.raises(Denied, match="Only a re-check of a look-back round is corrected"):
        correct(alone, past)


def test_second_corrector_finds_the_first_ones_text(past: World, closed: list[Measure]) -> None:
    row = record(draw(past).rechecks.order_by("pk")[0], past)
    correct(row, past, version=row.version)

    with pytest.raises(StaleRow):
        correct(row, past, version=row.version)


def standing(world: World, row: Measure, recheck: int | None) -> Measure:
    row = fresh(row)
    row.nature, row.recheck_on = Nature.STANDING, recheck and world.day(recheck)
    store(row, by=world.office, at=world.at(10))
    return row


def test_recheck_of_a_standing_measure_sets_the_next_one(past: World) -> None:
    row = standing(past, factories.measure_at(MeasureStatus.IN_PROGRESS, past), 28)

    found = recheck_one(row, past, V.RELAPSED, next_on=past.day(120))

    assert (found.round, found.question_list, found.sheet) == (None, [], [])
    assert (fresh(row).recheck_on, fresh(row).status, fresh(row).reopened_count) == (
        past.day(120),
        MeasureStatus.IN_PROGRESS,
        0,
    )
    assert broken_records() == []


def test_standing_measure_always_has_a_next_recheck(past: World) -> None:
    row = standing(past, factories.measure_at(MeasureStatus.IN_PROGRESS, past), 28)

    with pytest.raises(Denied, match="again and again") as caught:
        recheck_one(row, past)
    assert caught.value.field == "next_on"


def test_closing_keeps_the_date_and_a_relapse_after_it_reopens(past: World) -> None:
    row = standing(past, factories.ready(past, past.measures[0]), 60)
    row = factories.close(past, row)
    assert (row.status, row.recheck_on) == (MeasureStatus.CLOSED, past.day(60))

    recheck_one(row, past, V.NOT_DONE, next_on=past.day(90))

    assert (fresh(row).status, fresh(row).recheck_on) == (MeasureStatus.IN_PROGRESS, past.day(90))
    assert last_entry(row)[1] == "Re-check: never truly done. Seen on site"


@pytest.mark.parametrize(("planned", "left"), [(None, None), (30, None), (31, 31)])
def test_recheck_of_another_measure_ends_the_date_that_has_come(
    past: World, closed: list[Measure], planned: int | None, left: int | None
) -> None:
    closed[0].recheck_on = planned and past.day(planned)
    store(closed[0], by=past.office, at=past.at(10))

    recheck_one(closed[0], past)

    assert fresh(closed[0]).recheck_on == (left and past.day(left))


def test_nothing_to_check_again(past: World) -> None:
    row = factories.measure_at(MeasureStatus.IN_PROGRESS, past)

    with pytest.raises(Denied, match="nothing to look at again"):
        recheck_one(row, past)


# --- The end of a round ------------------------------------------------------------------------------------


def test_steps_of_a_round_by_state_and_person(past: World, closed: list[Measure]) -> None:
    row = draw(past)
    found = [open_steps(ROUND_STEPS, past, row, past.day(30))]
    refusals = [lookback.ROUND["conclude"].refusal(past.office, row, past.day(30))]
    for recheck in row.rechecks.all():
        record(recheck, past)
        refusals.append(lookback.ROUND["conclude"].refusal(past.office, row, past.day(30)))
    found.append(open_steps(ROUND_STEPS, past, row, past.day(31)))
    row = lookback.conclude_round(row, conclusion=" Held ", by=past.office, at=past.at(31))
    found.append(open_steps(ROUND_STEPS, past, row, past.day(32)))

    assert found == [{}, {"conclude": {"office"}}, {}]
    assert refusals == [
        "2 re-checks of the round are still to be made.", "1 re-check of the round is still to be made.", ""
    ]  # fmt: skip
    assert (row.status, row.conclusion, row.concluded_on) == (RoundState.CONCLUDED, "Held", past.day(31))
    assert broken_records() == []


def test_round_is_concluded_with_words_and_by_who_has_seen_its_last_version(past: World, closed: list[Measure]) -> None:
    row = draw(past, size=1)
    record(row.rechecks.get(), past)

    with pytest.raises(Denied) as caught:
        lookback.conclude_round(row, conclusion=" ", by=past.office, at=past.at(31))
    assert caught.value.field == "conclusion"
    with pytest.raises(StaleRow):
        lookback.conclude_round(row, conclusion="Held", by=past.office, at=past.at(31), version=9)


def test_closed_campaign_refuses_every_step(past: World, closed: list[Measure]) -> None:
    row = draw(past)
    campaign = plan.close_campaign(past.campaign, on=past.day(25), by=past.office, at=past.at(25))
    row, recheck = fresh(row), row.rechecks.all()[0]
    assert Campaign.objects.get() == campaign

    assert open_steps(ROUND_STEPS, past, row, past.day(30)) == {}
    with pytest.raises(Denied, match="can only be read"):
        record(fresh(recheck), past)


# --- Verdicts on issues ------------------------------------------------------------------------------------


def decide(world: World, **values: object) -> IssueVerdict:
    given = {"state": IssueState.RECTIFIED, "reason": "Seen", "decided_on": world.day(40), "by": world.chief}
    return lookback.decide_issue(world.issues[0], at=world.at(41), **(given | values))


def test_decide_issue_adds_a_row_each_time(past: World) -> None:
    first = decide(past, note="meeting")
    second = decide(past, state=IssueState.PARTIAL, reason=" Not yet ")

    assert [*IssueVerdict.objects.all()] == [second, first]
    assert (second.reason, second.state, second.decided_on) == ("Not yet", IssueState.PARTIAL, past.day(40))
    assert last_entry(first) == (past.chief, "meeting", past.at(41))
    assert broken_records() == []


def test_only_the_chief_decides_only_on_findings_while_the_campaign_runs(past: World) -> None:
    advice = plan.add_recommendation(past.campaign, answers=[], number=1, title="Advice", by=past.office, at=past.at(1))
    refused = lookback.decision_refusal

    able = {name for name, who in past.everybody().items() if not refused(past.issues[0], who, past.day(41))}

    assert able == {"chief"}
    assert refused(advice, past.chief, past.day(41)).startswith("A recommendation has no state")
    with pytest.raises(Denied, match="head of the leading group"):
        decide(past, by=past.office)
    plan.close_campaign(past.campaign, on=past.day(25), by=past.office, at=past.at(25))
    with pytest.raises(Denied, match="can only be read"):
        decide(past)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"decided_on": date(2025, 4, 14)}, "decided_on"),
        ({"decided_on": date(2025, 3, 2)}, "decided_on"),
    ],
)
def test_verdict_is_refused(past: World, values: dict, field: str) -> None:
    with pytest.raises(Denied) as caught:
        decide(past, **values)

    assert caught.value.field == field
