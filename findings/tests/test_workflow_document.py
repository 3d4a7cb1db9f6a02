"""Documents and meetings: recorded, corrected, taken out of force, looked at again for their use."""

from dataclasses import replace
from typing import Any

import pytest

from accounts.tracked import StaleRow
from findings.choices import DocumentAction, DocumentKind, MeetingKind
from findings.models import Meeting, RuleDocument
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh, last_entry
from findings.workflow import document, plan
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")

NEW, AMENDED, REPEALED = DocumentAction.NEW, DocumentAction.AMENDED, DocumentAction.REPEALED


def record(world: World, day: int = 4, **fields: Any) -> RuleDocument:
    """A rule that department a drafted, issued on the day and recorded on the next."""
    given = {"title": f"Rule of day {day}", "kind": DocumentKind.RULE, "action": NEW, "department": world.a,
             "issued_on": world.day(day), "serves": [], "by": world.office, "at": world.at(day + 1)}  # fmt: skip
    return document.record_document(world.campaign, **(given | fields))


def hold(world: World, **fields: Any) -> Meeting:
    given = {"kind": MeetingKind.PARTY_GROUP, "title": "Meeting", "held_on": world.day(4), "by": world.office,
             "at": world.at(5)}  # fmt: skip
    return document.record_meeting(world.campaign, **(given | fields))


def served(row: RuleDocument) -> set[int]:
    return set(row.served.filter(is_active=True).values_list("measure__number", flat=True))


def decided(row: Meeting) -> dict[int, str]:
    return dict(row.measures.filter(is_active=True).values_list("measure__number", "decision"))


def ids(rows: Any) -> list[int]:
    """Live rows and history rows alike."""
    return [row.id for row in rows]


def elsewhere(world: World) -> World:
    """Another campaign of the same court, with a plan of its own."""
    other = replace(world, campaign=factories.make_campaign(world))
    factories.make_plan(other)
    return other


def edit(world: World, row: RuleDocument, day: int = 20, **fields: Any) -> RuleDocument:
    return document.edit_document(row, **({"by": world.office, "at": world.at(day)} | fields))


# --- Documents ---------------------------------------------------------------------------------------------


def test_record_document(past: World) -> None:
    row = record(past, serves=past.measures[:2], note="filed")

    assert RuleDocument.objects.get() == row
    assert served(row) == {1, 2}
    assert last_entry(row) == (past.office, "filed", past.at(5))
    assert broken_records() == []


def test_edit_document_changes_facts_and_the_measures_that_it_serves(past: World) -> None:
    row = record(past, serves=past.measures[:2])

    row = edit(past, row, title="New title", serves=past.measures[1:3], note="slip", version=row.version)
    assert (fresh(row).title, served(row), last_entry(row)[1]) == ("New title", {2, 3}, "slip")

    edit(past, row, title="Third title")
    assert served(row) == {2, 3}
    edit(past, row, serves=past.measures[:1])
    assert (served(row), row.served.count()) == ({1}, 3)
    assert broken_records() == []


def test_edit_document_of_an_old_version_is_refused(past: World) -> None:
    row = record(past)
    edit(past, row, title="Other")

    with pytest.raises(StaleRow):
        edit(past, row, title="Mine", version=row.version)
    assert fresh(row).title == "Other"


@pytest.mark.parametrize(
    ("fields", "wrong", "words"),
    [
        ({"issued": 9, "day": 4}, "issued_on", "lies in the future"),
        ({"number": "No. 1"}, "number", "“Rule of day 2” bears this number already"),
        ({"check": 4}, "use_check_on", "comes after the day of issue"),
        ({"older": True}, "action", "takes no other's place"),
        ({"older": True, "action": AMENDED, "day": 1}, "replaces", "was issued later"),
        ({"other": True, "action": AMENDED}, "replaces", "another campaign"),
        ({"foreign": True}, "serves", "A measure belongs to another campaign"),
    ],
)  # fmt: skip
def test_document_that_contradicts_the_records_is_refused(past: World, fields: dict, wrong: str, words: str) -> None:
    older = record(past, 2, number="No. 1")
    other = elsewhere(past)
    given = {name: fields[name] for name in ("number", "action", "day") if name in fields}
    if "issued" in fields:
        given["issued_on"] = past.day(fields["issued"])
    if "check" in fields:
        given["use_check_on"] = past.day(fields["check"])
    if "older" in fields:
        given["replaces"] = older
    if "other" in fields:
        given["replaces"] = record(other, 2)
    if "foreign" in fields:
        given["serves"] = [other.measures[0]]

    with pytest.raises(Denied, match=words) as error:
        record(past, **given)
    assert error.value.field == wrong
    assert RuleDocument.objects.filter(campaign=past.campaign).get() == older


@pytest.mark.parametrize("action", [AMENDED, REPEALED])
def test_what_is_amended_or_repealed_is_out_of_force_from_the_day_of_issue(past: World, action: str) -> None:
    older = record(past, 2)
    newer = record(past, 10, action=action, replaces=older)

    assert fresh(older).repealed_on == past.day(10)
    assert last_entry(older) == (past.office, "", past.at(11))
    standing = {day: ids(RuleDocument.objects.in_force(past.day(day))) for day in (1, 9, 12)}
    assert standing == {1: [], 9: [older.pk], 12: [newer.pk] if action == AMENDED else []}
    gone = [older.pk] if action == AMENDED else [older.pk, newer.pk]
    assert sorted(ids(RuleDocument.objects.out_of_force(past.day(12)))) == gone
    with pytest.raises(Denied, match="has been out of force since 13 March"):
        record(past, 11, action=AMENDED, replaces=older)
    assert broken_records() == []


def test_correcting_what_is_replaced_puts_the_other_one_in_force_again(past: World) -> None:
    first, second = record(past, 2), record(past, 3)
    newer = edit(past, record(past, 10), action=AMENDED, replaces=first)
    assert fresh(first).repealed_on == past.day(10)

    newer = edit(past, newer, replaces=second)
    assert (fresh(first).repealed_on, fresh(second).repealed_on) == (None, past.day(10))
    newer = edit(past, newer, issued_on=past.day(9))
    assert fresh(second).repealed_on == past.day(9)
    edit(past, newer, replaces=None, action=NEW)
    assert fresh(second).repealed_on is None
    assert broken_records() == []


def test_a_day_of_repeal_of_its_own_outlives_the_correction(past: World) -> None:
    older = record(past, 2)
    newer = record(past, 10, action=AMENDED, replaces=older)
    edit(past, fresh(older), repealed_on=past.day(12))

    edit(past, newer, replaces=None)

    assert fresh(older).repealed_on == past.day(12)


def test_document_does_not_take_its_own_place(past: World) -> None:
    first = record(past, 4)
    second = record(past, 4, title="Other", action=AMENDED, replaces=first)
    with pytest.raises(Denied, match="cannot take its own place"):
        edit(past, first, action=AMENDED, replaces=second)
    with pytest.raises(Denied, match="was out of force before that day"):
        edit(past, fresh(first), issued_on=past.day(6))


def test_repeal_document(past: World) -> None:
    row = record(past)

    row = document.repeal_document(row, on=past.day(30), by=past.office, note="Law changed", at=past.at(20),
                                   version=row.version)  # fmt: skip
    assert row.repealed_on == past.day(30)
    assert last_entry(row)[1] == "Law changed"
    assert [RuleDocument.objects.in_force(past.day(day)).exists() for day in (29, 30)] == [True, False]

    row = document.repeal_document(row, on=None, by=past.office, note="Wrong paper", at=past.at(21))
    assert row.repealed_on is None


def test_repeal_is_refused(past: World) -> None:
    older = record(past, 2)
    newer = record(past, 10, action=REPEALED, replaces=older)

    def refusal(row: RuleDocument, **fields: Any) -> str:
        given = {"on": past.day(30), "by": past.office, "note": "Law", "at": past.at(20)}
        with pytest.raises(Denied) as error:
            document.repeal_document(row, **(given | fields))
        return str(error.value)

    assert refusal(newer) == "It is on record as repealed already."
    assert refusal(older) == "“Rule of day 10” has taken its place; correct that one."
    assert refusal(record(past, 12), note=" ") == "Please give a reason."
    assert refusal(record(past, 12), on=past.day(11)) == "The document was issued later."


def test_check_use(past: World) -> None:
    row = record(past, use_check_on=past.day(15))
    assert [RuleDocument.objects.use_check_missed(past.day(day)).exists() for day in (15, 16)] == [False, True]

    row = document.check_use(row, on=past.day(18), finding=" Used ", next_on=past.day(60), by=past.office,
                             at=past.at(20), version=row.version)  # fmt: skip
    assert (row.use_checked_on, row.use_finding, row.use_check_on) == (past.day(18), "Used", past.day(60))
    assert not RuleDocument.objects.use_check_missed(past.day(20)).exists()
    assert ids(RuleDocument.objects.use_check_missed(past.day(19))) == [row.pk]
    assert ids(RuleDocument.objects.use_check_missed(past.day(61))) == [row.pk]

    row = document.check_use(row, on=past.day(20), finding="Still", by=past.office, at=past.at(20))
    assert row.use_check_on is None
    assert broken_records() == []


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"finding": " "}, "finding", "say how it is used"),
        ({"on": 21}, "on", "lies in the future"),
        ({"on": 3}, "on", "comes after 7 March"),
        ({"next_on": 18}, "next_on", "comes after this one"),
        ({"repealed": True}, "", "is not in force"),
    ],
)  # fmt: skip
def test_check_use_is_refused(past: World, fields: dict, field: str, words: str) -> None:
    row = record(past)
    if "repealed" in fields:
        document.repeal_document(row, on=past.day(10), by=past.office, note="Law", at=past.at(10))
    days = {name: past.day(fields.get(name, 18)) for name in ("on", "next_on") if name in fields or name == "on"}

    with pytest.raises(Denied, match=words) as error:
        document.check_use(row, **{"finding": fields.get("finding", "Used")} | days, by=past.office, at=past.at(20))
    assert error.value.field == field


@pytest.mark.parametrize(
    ("action", "repealed", "check", "sentence"),
    [
        (REPEALED, None, None, "Repealed; nothing is waited for."),
        (NEW, 10, 9, "Out of force since 13 March; nothing is waited for."),
        (NEW, None, None, "In force; no day is set for checking how it is used."),
        (NEW, 40, 30, "In force; now waiting for the rectification office to check its use until 2 April."),
        (NEW, None, 19, "In force; still waiting for the rectification office, which was to check its use by "
                        "22 March."),
    ],
)  # fmt: skip
def test_document_outlook(past: World, action: str, repealed: int | None, check: int | None, sentence: str) -> None:
    days = {"repealed_on": repealed, "use_check_on": check}
    row = record(past, action=action, **{name: day and past.day(day) for name, day in days.items()})

    assert document.document_outlook(row, past.day(20)) == sentence


# --- Meetings ----------------------------------------------------------------------------------------------


def test_record_meeting(past: World) -> None:
    row = hold(past, decided={past.measures[0]: " Press on ", past.measures[2]: "Wait"})

    assert Meeting.objects.get() == row
    assert decided(row) == {1: "Press on", 3: "Wait"}
    assert last_entry(row) == (past.office, "", past.at(5))
    assert decided(hold(past)) == {}
    assert broken_records() == []


def test_edit_meeting(past: World) -> None:
    row = hold(past, decided={past.measures[0]: "Press on", past.measures[1]: "Wait"})
    steps = {"by": past.office, "at": past.at(6)}

    row = document.edit_meeting(row, title="Other", version=row.version, note="slip", **steps)
    assert (row.title, decided(row), last_entry(row)[1]) == ("Other", {1: "Press on", 2: "Wait"}, "slip")

    document.edit_meeting(row, decided={past.measures[0]: "Press on", past.measures[2]: "Start"}, **steps)
    assert decided(row) == {1: "Press on", 3: "Start"}
    assert [link.version for link in row.measures.order_by("measure__number")] == [1, 2, 1]
    document.edit_meeting(row, decided={past.measures[1]: "Go"}, **steps)
    assert decided(row) == {2: "Go"}
    with pytest.raises(StaleRow):
        document.edit_meeting(row, title="Mine", version=row.version, **steps)
    assert broken_records() == []


def test_meeting_is_refused(past: World) -> None:
    other = elsewhere(past)
    with pytest.raises(Denied, match="has not been held yet") as error:
        hold(past, held_on=past.day(6))
    assert error.value.field == "held_on"
    with pytest.raises(Denied, match="say what was decided"):
        hold(past, decided={past.measures[0]: " "})
    with pytest.raises(Denied, match="another campaign"):
        hold(past, decided={other.measures[0]: "Go"})
    assert not Meeting.objects.exists()


# --- Who ---------------------------------------------------------------------------------------------------


def test_only_the_office_records_and_only_while_the_campaign_runs(past: World) -> None:
    rule, meeting = record(past), hold(past)

    def verbs(by: object, day: int) -> list:
        steps = {"by": by, "at": past.at(day)}
        return [
            lambda: record(past, 4, **steps),
            lambda: edit(past, rule, **steps),
            lambda: document.repeal_document(rule, on=past.day(9), note="Law", **steps),
            lambda: document.check_use(rule, on=past.day(5), finding="Used", **steps),
            lambda: hold(past, **steps),
            lambda: document.edit_meeting(meeting, **steps),
        ]

    for person in (past.stranger, past.chief, past.inspector, past.head_a, None):
        for verb in verbs(person, 5):
            with pytest.raises(Denied, match="Only the rectification office records documents"):
                verb()
    past.campaign = plan.close_campaign(past.campaign, on=past.day(5), by=past.office, at=past.at(5))
    rule, meeting = fresh(rule), fresh(meeting)
    for verb in verbs(past.office, 6):
        with pytest.raises(Denied, match="can only be read"):
            verb()
