"""What a rehearsal finds: round trips, edits, both sides changed, new rows, and files that others have made."""

import random
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from accounts.spreadsheets import Unreadable
from accounts.tracked import store
from findings.choices import MeasureStatus, Nature, Stage
from findings.documents.importer.marking import marked
from findings.documents.importer.plan import FILE, LEDGER
from findings.documents.keys import MARK
from findings.tests import factories
from findings.tests.factories import World
from findings.tests.workbooks import (
    FIRST,
    HEADING_ROW,
    changes,
    column,
    edited,
    exported,
    letter,
    messages,
    nothing,
    put,
    rehearsed,
    saved,
    sheet_of,
)
from findings.workflow import amend, plan

pytestmark = pytest.mark.usefixtures("english")
RETURNING = ("ledger", "issues", "tasks", "responsibility", "rules")


@pytest.fixture
def full(past: World) -> World:
    """A campaign with one of everything, its plan not approved."""
    factories.hang_all(past, past.measures[0])
    plan.add_recommendation(
        past.campaign, number=1, title="Do more", answers=[past.measures[3]], by=past.office, at=past.at(1)
    )
    return past


@pytest.fixture
def approved(past: World) -> World:
    plan.approve_plan(past.campaign, on=past.day(1), by=past.office, at=past.at(1))
    past.campaign = factories.fresh(past.campaign)
    return past


# --- Round trips -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", RETURNING)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_untouched_file_plans_nothing(full: World, kind: str, language: str) -> None:
    found = rehearsed(full, exported(full.campaign, kind, language))
    assert nothing(found)
    assert found.unchanged > 0
    assert (found.kind, found.is_ours, found.notes) == (kind, True, [])


@pytest.mark.parametrize("kind", RETURNING)
def test_file_of_a_past_day_plans_nothing(full: World, kind: str) -> None:
    found = rehearsed(full, exported(full.campaign, kind, on=full.day(9)))
    assert nothing(found)


@pytest.mark.parametrize("kind", RETURNING)
def test_file_sorted_outside_plans_nothing_with_its_keys_or_without_them(full: World, kind: str) -> None:
    def shuffle(sheet: Worksheet) -> None:
        for area in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(area))
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=FIRST)]
        keys = [row.pop() for row in rows]
        order = list(reversed(range(len(rows))))
        for number, at in enumerate(order):
            # The visible cells are sorted, the hidden one stays where it was.
            for place, value in enumerate([*rows[at], keys[number if kind != "rules" else at]], start=1):
                sheet.cell(FIRST + number, place).value = value

    assert nothing(rehearsed(full, edited(exported(full.campaign, kind), shuffle)))


WORDS = (
    "整改", "=1+1", "-", "无", "/", "_x000D_", "_x0041_", "  two  blanks  ", "a\nb", "a\r\nb", "\t", "𠮷",
    "<b>&amp;</b>",
    "2021年3月1日", "1.0", "0012", "TRUE", "#REF!", "’“”", "、，；", "；;/",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_random_ledger_comes_back_as_it_went_out(past: World, seed: int) -> None:
    """Property: whatever the ledger says, export and import of an untouched file plan nothing."""
    chance = random.Random(seed)

    def words() -> str:
        return "".join(chance.choice(WORDS) for _n in range(chance.randint(0, 6)))

    for number in range(chance.randint(1, 12)):
        row = factories.make_measure(
            past, issue=chance.choice(past.issues), text=f"{number} {words()}", goal=words(),
            assisting=chance.sample([past.b, past.lower_a], chance.randint(0, 2)),
            lead_department=chance.choice([past.a, None]), lead_leader=chance.choice([past.leader, None]),
            deadline=chance.choice([None, past.day(chance.randint(0, 600))]), nature=chance.choice(Nature.values),
            is_key=chance.random() < 0.5,
        )  # fmt: skip
        if chance.random() < 0.3 and row.lead_department and row.lead_leader:
            factories.measure_at(chance.choice(MeasureStatus.values), past, row=row, stage=Stage.HEAD)
    for issue in past.issues:
        plan.edit_issue(issue, title=words().strip()[:200] or "Title", text=words(), by=past.office, at=past.at(2))
    for kind in RETURNING:
        language = chance.choice(["en", "zh-hans"])
        found = rehearsed(past, exported(past.campaign, kind, language))
        assert nothing(found), (kind, messages(found), changes(found))


def test_file_saved_again_by_a_program_plans_nothing(full: World) -> None:
    content = exported(full.campaign)
    assert nothing(rehearsed(full, saved(load_workbook(BytesIO(content)))))


# --- Edits -------------------------------------------------------------------------------------------------


def test_edited_cells_come_back(past: World) -> None:
    content = put(exported(past.campaign), text="Better words", goal="More", lead_department="Department b",
                  lead_leader="Other Leader", is_key="yes", assisting="Department a")  # fmt: skip
    found = rehearsed(past, content)
    assert messages(found) == []
    assert changes(found) == {
        "Measure 1": {
            "text": ("Measure 1", "Better words"),
            "goal": ("All of it", "More"),
            "lead_leader": ("Leader", "Other Leader"),
            "lead_department": ("Department a", "Department b"),
            "assisting": ("", "Department a"),
            "is_key": ("", "yes"),
        }
    }
    assert found.unchanged == 3
    assert found.updates[0].values == {
        "text": "Better words", "goal": "More", "lead_leader": past.other_leader.pk, "lead_department": past.b.pk,
        "assisting": [past.a.pk], "is_key": True,
    }  # fmt: skip


def test_deadline_of_a_plan_in_the_making_comes_back(past: World) -> None:
    found = rehearsed(
        past, put(exported(past.campaign), deadline="2025年7月底前", nature="长期坚持", phase="持续深入整改")
    )
    assert found.updates[0].values == {"deadline": date(2025, 7, 31), "nature": "standing", "phase": "sustained"}


def test_standing_written_for_a_deadline_is_the_nature(past: World) -> None:
    found = rehearsed(past, put(exported(past.campaign), deadline="长期坚持"))
    assert found.updates[0].values == {"deadline": None, "nature": "standing"}


@pytest.mark.parametrize(
    ("cells", "name", "sentence"),
    [
        ({"deadline": datetime(2025, 7, 1)}, "deadline",
         "The plan is approved: the lead department asks for another deadline with “Ask for an extension”."),
        ({"nature": "standing"}, "nature",
         "The plan is approved: nature, phase and re-check change with a request for conversion to sustained "
         "rectification (“Ask for an extension”)."),
        ({"status": "closed"}, "status",
         "The status follows from progress and signatures: “Ask for closure” leads to the closing, “Reopen after a "
         "relapse” leads back."),
        ({"percent": 80}, "percent",
         "Progress is filled in on the measure's page and accepted there; it cannot be imported."),
        ({"light": "due soon"}, "light", "The system works this column out; it cannot be imported."),
        ({"issue_number": 2}, "issue_number",
         "A measure stays under its issue; split or merge it on its page."),
        ({"number": 77}, "number",
         "Numbers are never changed: a row keeps its number for ever. By its hidden mark this row is Measure 1."),
        ({"lead_department": "Department aa"}, "lead_department",
         "“Department aa” is not known here. Nearest: Department a, Department b, Department zy-a."),
        ({"lead_leader": "Nobody At All"}, "lead_leader", None),
        ({"lead_leader": None}, "lead_leader", "This must not be empty."),
        ({"lead_department": "Department a、Department b"}, "lead_department",
         "One department leads; write the others into the column of those that assist."),
        ({"assisting": "Department a"}, "assisting", "Department a leads the measure and cannot assist as well."),
        ({"text": None}, "text", "This must not be empty."),
        ({"text": "x" * 20_001}, "text", "At most 20000 characters; these are 20001."),
        ({"text": datetime(2025, 1, 1)}, "text",
         "The spreadsheet made a date of this text: format the cell as text and write it anew."),
        ({"is_key": "maybe"}, "is_key", "Allowed: 是, 否."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)  # fmt: skip
def test_cell_that_cannot_be_taken_in_says_what_to_do(
    approved: World, cells: dict[str, Any], name: str, sentence: str | None
) -> None:
    found = rehearsed(approved, put(exported(approved.campaign), **cells))
    assert found.problems[0].at == f"{letter(column('ledger', name))}{FIRST}"
    assert sentence is None or found.problems[0].message == sentence


@pytest.mark.parametrize("status", [MeasureStatus.WAITING, MeasureStatus.CLOSED])
def test_row_of_a_measure_that_waits_or_is_closed_is_frozen(past: World, status: str) -> None:
    factories.measure_at(status, past, row=past.measures[0])
    found = rehearsed(past, put(exported(past.campaign), text="Other"))
    label = MeasureStatus(status).label
    assert [message for _at, message in messages(found)] == [
        f"The row is frozen: the measure is “{label}”. A return or a reopening opens it again."
    ]


def test_owner_stays_while_an_extension_is_being_signed(past: World) -> None:
    factories.extension_at(Stage.LEADER, past, row=past.measures[0])
    found = rehearsed(past, put(exported(past.campaign), lead_department="Department b"))
    assert messages(found) == [("I5", "An extension is being signed; withdraw it first or wait for its end.")]


def test_every_problem_is_told_at_once(approved: World) -> None:
    content = put(exported(approved.campaign), lead_department="?", deadline="soon", is_key="maybe")
    content = put(content, "ledger", FIRST + 2, text=None, lead_leader="?")
    found = rehearsed(approved, content)
    assert [problem.row for problem in found.problems] == [5, 5, 5, 7, 7]


def test_issue_and_area_are_renamed_once_for_all_their_rows(past: World) -> None:
    found = rehearsed(past, put(exported(past.campaign), issue="New issue", area="New area"))
    assert changes(found) == {
        "Area 1": {"area": ("Area 1", "New area")},
        "Issue 1": {"issue": ("Issue 1", "New issue")},
    }


def test_issue_that_reads_in_two_ways_is_a_problem(past: World) -> None:
    def edit(sheet: Worksheet) -> None:
        sheet.unmerge_cells("D5:D6")
        sheet["D5"], sheet["D6"] = "One way", "Another way"

    found = rehearsed(past, edited(exported(past.campaign), edit))
    assert messages(found) == [("D6", "Issue 1 reads otherwise in row 5.")]


def test_issues_come_back(full: World) -> None:
    content = put(exported(full.campaign, "issues"), "issues", title="Renamed", text="Their words", is_common="是",
                  area="Area 2")  # fmt: skip
    content = put(content, "issues", FIRST + 3, title="Do much more", numbers="1、2")
    found = rehearsed(full, content)
    assert messages(found) == []
    assert [draft.values for draft in found.updates] == [
        {"area": 2, "title": "Renamed", "text": "Their words", "is_common": True},
        {"title": "Do much more", "answers": [full.measures[0].pk, full.measures[1].pk]},
    ]


def test_rules_come_back(full: World) -> None:
    content = put(exported(full.campaign, "rules"), "rules", title="Rule one", kind="文件", action="修订",
                  measures="1、2", use_check_on="2025.12.31", department="Department b")  # fmt: skip
    found = rehearsed(full, content)
    assert messages(found) == []
    assert found.updates[0].values == {
        "title": "Rule one", "kind": "document", "action": "amended", "department": full.b.pk,
        "serves": [full.measures[0].pk, full.measures[1].pk], "use_check_on": date(2025, 12, 31),
    }  # fmt: skip


# --- Both sides --------------------------------------------------------------------------------------------


def test_cell_changed_on_both_sides_is_a_conflict(past: World) -> None:
    content = put(exported(past.campaign), text="Of the file", goal="File's goal")
    amend.amend_measure(past.measures[0], text="Of the ledger", by=past.office, at=past.at(3))
    found = rehearsed(past, content)
    [(draft, conflict)] = found.conflicts()
    assert (conflict.diff.old, conflict.diff.new) == ("Of the ledger", "Of the file")
    assert draft.values == {"goal": "File's goal"}
    assert draft.changed_by == "Office 2025-03-06"
    assert [found.undecided({}), found.undecided({conflict.key: LEDGER})] == [1, 0]
    assert draft.change({conflict.key: LEDGER}).values == {"goal": "File's goal"}
    assert draft.change({conflict.key: FILE}).values == {"goal": "File's goal", "text": "Of the file"}


def test_stale_file_merges_where_only_one_side_changed(past: World) -> None:
    content = put(exported(past.campaign), goal="File's goal")
    amend.amend_measure(past.measures[0], text="Of the ledger", by=past.office, at=past.at(3))
    found = rehearsed(past, content)
    assert list(found.conflicts()) == []
    assert changes(found) == {"Measure 1": {"goal": ("All of it", "File's goal")}}
    assert found.notes[0].startswith("Since the file was drawn on ")


def test_cell_changed_to_the_same_on_both_sides_is_no_change(past: World) -> None:
    content = put(exported(past.campaign), text="Same words")
    amend.amend_measure(past.measures[0], text="Same words", by=past.office, at=past.at(3))
    assert nothing(rehearsed(past, content))


def test_copies_of_two_departments_merge(past: World) -> None:
    whole = exported(past.campaign)
    first, second = put(whole, text="By a"), put(whole, "ledger", FIRST + 2, text="By b")
    amend.amend_measure(past.measures[0], text="By a", by=past.office, at=past.at(3))  # the first copy was imported
    assert nothing(rehearsed(past, first))
    assert changes(rehearsed(past, second)) == {"Measure 3": {"text": ("Measure 3", "By b")}}


def test_measure_that_left_the_plan_may_stand_in_a_stale_file_untouched(past: World) -> None:
    content = exported(past.campaign)
    amend.retire_measure(past.measures[3], note="Gone", by=past.office, at=past.at(3))
    assert nothing(rehearsed(past, content))
    found = rehearsed(past, put(content, "ledger", FIRST + 3, text="Still here"))
    assert messages(found) == [("E8", "Measure 4 was taken out of the plan; its number is never used again.")]


def test_rows_that_are_left_out_stay(past: World) -> None:
    found = rehearsed(past, edited(exported(past.campaign), lambda sheet: sheet.delete_rows(FIRST + 3)))
    assert nothing(found)
    assert found.notes == ["1 row of the ledger is not in the file and stays as it is."]


def test_file_of_another_campaign_is_recognised(past: World) -> None:
    other = factories.make_campaign(past, slug="another")
    with pytest.raises(Unreadable, match=r"exported from the campaign “another”"):
        rehearsed(past, exported(other))


def test_file_of_another_site_is_recognised(past: World) -> None:
    def forge(sheet: Worksheet) -> None:
        cell = sheet.cell(HEADING_ROW, sheet.max_column)
        parts = str(cell.value).split()
        assert parts[0] == MARK
        parts[3] = "0" * 10
        cell.value = " ".join(parts)

    with pytest.raises(Unreadable, match="on another site"):
        rehearsed(past, edited(exported(past.campaign), forge))


@pytest.mark.parametrize("kind", ["notices", "evidence"])
def test_other_kinds_are_refused_in_one_sentence(full: World, kind: str) -> None:
    with pytest.raises(Unreadable, match="cannot be imported; these lists can: Rectification ledger"):
        rehearsed(full, exported(full.campaign, kind))


def test_closed_campaign_takes_nothing_in(past: World) -> None:
    content = exported(past.campaign)
    past.campaign.closed_on = past.day(30)
    store(past.campaign, by=None)
    with pytest.raises(Unreadable, match="can only be read"):
        rehearsed(past, content)


# --- New rows ----------------------------------------------------------------------------------------------


def append(content: bytes, kind: str = "ledger", /, **cells: Any) -> bytes:
    """The exported file with one more row."""
    return edited(content, lambda sheet: [
        sheet.cell(sheet.max_row + (0 if n else 1), column(kind, name), value)
        for n, (name, value) in enumerate(cells.items())
    ])  # fmt: skip


def test_new_measure_takes_its_number_or_the_next(past: World) -> None:
    content = append(exported(past.campaign), issue_number=1, number=9, text="Ninth", lead_department="Department a")
    content = append(content, issue_number=3, text="Without a number", deadline="2025-06-30")
    found = rehearsed(past, content)
    assert messages(found) == []
    assert [draft.values for draft in found.creates] == [
        {"issue": 1, "number": 9, "text": "Ninth", "lead_department": past.a.pk},
        {"issue": 3, "number": 10, "text": "Without a number", "deadline": date(2025, 6, 30)},
    ]


def test_new_measure_under_a_new_issue_of_a_new_area(past: World) -> None:
    found = rehearsed(past, append(exported(past.campaign), area="Third area", issue="Fourth issue", text="New"))
    assert messages(found) == []
    assert [(draft.record, draft.values) for draft in found.drafts] == [
        ("area", {"number": 3, "title": "Third area"}),
        ("issue", {"number": 4, "title": "Fourth issue", "area": 3}),
        ("measure", {"issue": 4, "number": 5, "text": "New"}),
    ]


def test_copied_row_with_a_new_number_is_a_new_measure(past: World) -> None:
    """Who copies a row to write a new one below it copies its hidden key as well."""

    def copy(sheet: Worksheet) -> None:
        for place in range(1, sheet.max_column + 1):
            sheet.cell(9, place, sheet.cell(8, place).value)
        sheet.cell(9, column("ledger", "number"), 5)
        sheet.cell(9, column("ledger", "text"), "Copied and rewritten")

    found = rehearsed(past, edited(exported(past.campaign), copy))
    assert messages(found) == []
    assert [draft.values["text"] for draft in found.creates] == ["Copied and rewritten"]
    assert found.updates == []


def test_new_number_may_be_the_id_of_another_row(past: World) -> None:
    """The number of a new measure and the id of one that stands elsewhere in the file are different things."""
    number = factories.make_measure(past, number=999, text="Far off").pk
    assert number not in {measure.number for measure in past.measures}
    found = rehearsed(past, append(exported(past.campaign), issue_number=1, number=number, text="New"))
    assert messages(found) == []
    assert [draft.values["number"] for draft in found.creates] == [number]


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"issue_number": 1, "number": 1, "text": "Twice"},
         "It stands in row 5 of sheet “Rectification ledger” already."),
        ({"issue_number": 9, "text": "X"}, "The campaign has no issue 9; write its title to add it."),
        ({"issue": "Unheard", "text": "X", "status": "closed", "area": "Area 1"},
         "A new measure begins as “not started”; progress and signatures lead it on."),
        ({"issue_number": 1, "number": 50}, "This must not be empty."),
        ({"issue_number": 1, "text": "X", "lead_department": "Department a", "assisting": "Department a"},
         "Department a leads the measure and cannot assist as well."),
        ({"issue_number": 1, "text": "X", "deadline": "2031-01-01"},
         "The deadline lies between 2025-03-03 and 2027-02-01."),
    ],
    ids=["twice", "no-issue", "status", "no-text", "assists-itself", "deadline"],
)  # fmt: skip
def test_new_row_with_a_problem(past: World, cells: dict[str, Any], sentence: str) -> None:
    found = rehearsed(past, append(exported(past.campaign), **cells))
    assert [message for _at, message in messages(found)] == [sentence]
    assert [draft for draft in found.creates if draft.record == "measure"] == []


def test_new_issue_recommendation_and_rule(full: World) -> None:
    content = append(exported(full.campaign, "issues"), "issues", title="Another", area="Area 2", is_common="是")
    content = append(content, "issues", kind="意见建议", title="Advice", numbers="1")
    found = rehearsed(full, content)
    assert messages(found) == []
    assert [draft.values for draft in found.creates] == [
        {"number": 4, "area": 2, "title": "Another", "is_common": True},
        {"kind": "recommendation", "number": 2, "title": "Advice", "answers": [full.measures[0].pk]},
    ]
    rules = append(exported(full.campaign, "rules"), "rules", title="New rule", number="Z 2", kind="制度",
                   action="新建",
                   issued_on="2025年4月1日", department="Department a", measures=2)  # fmt: skip
    found = rehearsed(full, rules)
    assert messages(found) == []
    assert found.creates[0].values["serves"] == [full.measures[1].pk]


def test_new_measure_needs_a_list_that_knows_its_issue(past: World) -> None:
    found = rehearsed(past, append(exported(past.campaign, "responsibility"), "responsibility", number=9, text="X"))
    assert [message for _at, message in messages(found)] == [
        "A new measure comes in with the ledger or the list of tasks, which know its issue."
    ]


# --- Less usual --------------------------------------------------------------------------------------------


def unnumbered(sheet: Worksheet) -> None:
    """A file whose column of numbers was taken out."""
    sheet.cell(HEADING_ROW, column("ledger", "number"), "x")


def test_rows_without_numbers_are_known_by_their_keys(past: World) -> None:
    assert nothing(rehearsed(past, edited(exported(past.campaign, "tasks"), lambda sheet: sheet.delete_cols(1))))
    found = rehearsed(past, edited(exported(past.campaign), unnumbered))
    assert (messages(found), found.unchanged) == ([], 4)


def test_rows_without_numbers_and_keys_are_known_by_their_words(past: World) -> None:
    heads = ("整改措施", "问题序号", "整改目标")
    found = rehearsed(past, sheet_of([heads, ("Measure 1", 1, "Other"), ("Unheard", 1, None)]))
    assert changes(found) == {"Measure 1": {"goal": ("All of it", "Other")}}
    assert [draft.values["number"] for draft in found.creates] == [5]
    factories.make_measure(past, text="Measure 1")
    assert [message for _at, message in messages(rehearsed(past, sheet_of([heads, ("Measure 1", 1, "Other")])))] == [
        "Several rows of the ledger read so: write the number as well."
    ]


def test_damaged_keys_are_no_keys(past: World) -> None:
    def damage(sheet: Worksheet) -> None:
        for number, text in enumerate(("", "x y", "z1.1 " + "A" * 150, None), start=FIRST):
            sheet.cell(number, sheet.max_column).value = text

    assert nothing(rehearsed(past, edited(exported(past.campaign), damage)))

    def spoil(sheet: Worksheet) -> None:
        parts = str(sheet.cell(HEADING_ROW, sheet.max_column).value).split()
        sheet.cell(HEADING_ROW, sheet.max_column).value = " ".join([*parts[:4], "no-day", *parts[5:]])

    assert not rehearsed(past, edited(exported(past.campaign), spoil)).is_ours


def test_two_columns_that_say_different_natures(past: World) -> None:
    content = sheet_of(
        [("序号", "问题序号", "整改措施", "整改时限", "整改类型"), (1, 1, "Measure 1", "长期坚持", "限期")]
    )
    assert messages(rehearsed(past, content)) == [("D2", "The column of the nature says something else.")]


def test_nature_has_no_place_in_the_list_of_responsibility(past: World) -> None:
    found = rehearsed(past, put(exported(past.campaign, "responsibility"), "responsibility", deadline="长期坚持"))
    assert [message for _at, message in messages(found)] == ["Only a day can be written here."]


def test_several_departments_in_one_cell_lead_and_assist(past: World) -> None:
    heads = ("序号", "问题序号", "整改措施", "责任部门")
    content = sheet_of(
        [
            heads,
            (1, 1, "Measure 1", "牵头：Department b；配合：Department a"),
            (9, 1, "New", "Department a、Department b"),
        ]
    )
    found = rehearsed(past, content)
    assert found.updates[0].values == {"assisting": [past.a.pk], "lead_department": past.b.pk}
    assert found.creates[0].values["assisting"] == [past.b.pk]


def test_who_leads_now_cannot_have_assisted(past: World) -> None:
    found = rehearsed(past, put(exported(past.campaign), "ledger", FIRST + 1, lead_department="Department b"))
    assert [message for _at, message in messages(found)] == [
        "Department b leads the measure and cannot assist as well."
    ]


@pytest.mark.parametrize(
    ("row", "cells", "sentence"),
    [
        (FIRST, {"numbers": "3"}, "The system works this column out; it cannot be imported."),
        (FIRST, {"area": "Nowhere"}, "The campaign has no such area; there are: “Area 1”, “Area 2”."),
        (FIRST + 3, {"is_common": "是"}, "A recommendation stands beside the areas; it has no such mark."),
        (FIRST + 3, {"numbers": "77"}, "The plan has no measure 77."),
        (FIRST, {"kind": "advice"}, "Allowed: issue, recommendation."),
    ],
    ids=["answers", "area", "mark", "unknown-measure", "kind"],
)
def test_cell_of_an_issue_that_cannot_be_taken_in(full: World, row: int, cells: dict[str, Any], sentence: str) -> None:
    found = rehearsed(full, put(exported(full.campaign, "issues"), "issues", row, **cells))
    assert [message for _at, message in messages(found)] == [sentence]


def test_rules_are_known_by_their_numbers_and_titles_too(full: World) -> None:
    heads = ("制度名称", "文号", "印发日期")
    content = sheet_of([heads, ("Other title", "No. 1", None), ("rule 1", None, None)])
    assert changes(rehearsed(full, content)) == {"No. 1": {"title": ("Rule 1", "Other title")}}
    future = sheet_of([heads, ("Rule 1", "No. 1", "2099-01-01")])
    assert [message for _at, message in messages(rehearsed(full, future))] == ["The day of issue lies in the future."]
    renumbered = put(exported(full.campaign, "rules"), "rules", number="No. 2")
    assert changes(rehearsed(full, renumbered)) == {"No. 1": {"number": ("No. 1", "No. 2")}}


def test_new_rule_whose_days_do_not_fit(full: World) -> None:
    heads = ("制度名称", "类型", "制定方式", "印发日期", "起草部门", "执行检查日期")
    content = sheet_of([heads, ("New", "制度", "新建", "2025-04-01", "Department a", "2025-03-01")])
    assert [message for _at, message in messages(rehearsed(full, content))] == [
        "The check of use comes after the day of issue."
    ]


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ((None, None, None, "X"), "Write the number of the issue that the measure answers."),
        (("Area 1", None, "长" * 201, "X"), "At most 200 characters; these are 201."),
        ((None, None, "Unheard", "X"), "Write the area that the issue belongs to."),
    ],
    ids=["no-issue", "long-title", "no-area"],
)
def test_new_measure_without_a_home(past: World, cells: tuple[Any, ...], sentence: str) -> None:
    content = sheet_of([("方面", "问题序号", "反馈问题", "整改措施"), cells])
    assert [message for _at, message in messages(rehearsed(past, content))] == [sentence]


def test_names_that_several_bear_and_names_without_end(past: World) -> None:
    factories.make_person("leader2", [("leader", past.court)])
    other = factories.fresh(factories.User.objects.get(username="leader2"))
    factories.people.change_account(other, by=None, note="x", name="Leader")
    found = rehearsed(past, put(exported(past.campaign), "ledger", FIRST + 2, lead_leader="Leader"))
    assert [message for _at, message in messages(found)] == [
        "Several bear the name “Leader”: write the account or the code."
    ]
    endless = rehearsed(past, put(exported(past.campaign), lead_department="长" * 5000))
    assert [message for _at, message in messages(endless)] == [f"“{'长' * 60}” is not known here."]


def test_texts_without_end_keep_no_pattern_busy(past: World) -> None:
    long = "前完成" * 10_000
    found = rehearsed(past, put(exported(past.campaign), deadline=f"2025年7月1日{long}", number=long))
    assert len(found.problems) == 1
    heads = ("措施序号", "问题序号", "整改措施", "(" * 30_000)
    assert nothing(rehearsed(past, sheet_of([heads, (1, 1, "Measure 1", "x")])))


def test_problem_in_a_merged_cell_is_marked_at_its_first_cell(past: World) -> None:
    content = put(exported(past.campaign), issue_number=2)
    plan_ = rehearsed(past, content)
    book = load_workbook(BytesIO(marked("ledger.xlsx", content, plan_.problems)))
    assert [problem.at for problem in plan_.problems] == ["C5", "C6"]
    assert book.worksheets[1]["C5"].comment is not None
