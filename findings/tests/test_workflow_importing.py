"""Imports carried out: one reason, one request number, all rows or none."""

import hashlib
from typing import Any

import pytest

from findings.choices import ImportState, IssueKind
from findings.models import Issue, LedgerImport, Measure, RuleDocument
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh, last_entry
from findings.workflow import plan
from findings.workflow.importing import (
    AREA,
    DOCUMENT,
    ISSUE,
    MEASURE,
    RowChange,
    apply_import,
    day_refusal,
    drop_import,
    keep_import,
)
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")


def kept(world: World, content: bytes = b"book") -> LedgerImport:
    digest = hashlib.sha256(content).hexdigest()
    return keep_import(
        world.campaign, content=content, filename="台账.xlsx", sha256=digest, by=world.office, at=world.at(20)
    )


def applied(world: World, *changes: RowChange, **options: Any) -> LedgerImport:
    given = {"kind": "ledger", "by": world.office, "note": "After the meeting", "at": world.at(21)} | options
    return apply_import(kept(world), changes, **given)


def test_keep_import_numbers_the_requests_of_a_campaign(past: World) -> None:
    other = factories.make_campaign(past, slug="other")
    digest = hashlib.sha256(b"").hexdigest()
    assert [kept(past).number, kept(past).number] == [1, 2]
    assert keep_import(other, content=b"", filename="x", sha256=digest, by=past.office).number == 1
    row = LedgerImport.objects.get(campaign=past.campaign, number=1)
    assert (row.state, row.uploaded_by, row.filename) == (ImportState.REHEARSED, past.office, "台账.xlsx")
    assert row.file.name.startswith("imports/")
    with row.file.open("rb") as file:
        assert file.read() == b"book"


@pytest.mark.parametrize("person", ["head_a", "leader", "chief", "inspector", "stranger", "sysadmin"])
def test_imports_are_the_offices_own(past: World, person: str) -> None:
    user, row = getattr(past, person), kept(past)
    for act in (
        lambda: keep_import(past.campaign, content=b"", filename="x", sha256="", by=user),
        lambda: apply_import(row, [], kind="ledger", by=user, note="Because"),
        lambda: drop_import(row, by=user),
    ):
        with pytest.raises(Denied, match="Only the rectification office"):
            act()


def test_apply_import_changes_rows_under_one_reason_and_number(past: World) -> None:
    first, _second, third, fourth = past.measures
    row = applied(
        past,
        RowChange(MEASURE, "Measure 1", first.pk, first.version, {
            "text": "Better", "lead_department": past.b.pk, "lead_leader": past.other_leader.pk,
            "assisting": [past.a.pk], "deadline": past.day(90), "is_key": True,
        }),
        RowChange(MEASURE, "Measure 3", third.pk, third.version, {"goal": "More", "lead_leader": None}),
        RowChange(MEASURE, "Measure 4", fourth.pk, fourth.version, {"lead_leader": past.other_leader.pk}),
        decisions={"measure:1:text": {"taken": "file"}},
    )  # fmt: skip
    first = fresh(first)
    assert (first.text, first.lead_department, first.lead_leader) == ("Better", past.b, past.other_leader)
    assert [link.department for link in first.assisting.all()] == [past.a]
    assert (first.deadline, first.is_key) == (past.day(90), True)
    assert fresh(third).lead_leader is None
    note = "After the meeting (import no. 1)"
    assert last_entry(first) == last_entry(fresh(third)) == (past.office, note, past.at(21))
    assert (row.state, row.reason, row.rows) == (
        ImportState.APPLIED,
        "After the meeting",
        [first.pk, third.pk, fourth.pk],
    )
    assert (row.kind, row.decisions, row.applied_at) == ("ledger", {"measure:1:text": {"taken": "file"}}, past.at(21))
    assert broken_records() == []


def test_apply_import_makes_rows_under_new_homes(past: World) -> None:
    row = applied(
        past,
        RowChange(AREA, "Area 3", values={"number": 3, "title": "Third"}),
        RowChange(ISSUE, "Issue 4", values={"number": 4, "title": "Fourth", "area": 3}),
        RowChange(MEASURE, "Measure 9", values={"issue": 4, "number": 9, "text": "Ninth", "assisting": [past.b.pk]}),
        RowChange(MEASURE, "Measure 10", values={"issue": 1, "number": 10, "text": "Tenth"}),
        RowChange(ISSUE, "Advice", values={"kind": IssueKind.RECOMMENDATION, "number": 1, "title": "Do more",
                                          "answers": [past.measures[0].pk]}),
        RowChange(ISSUE, "Advice", values={"kind": IssueKind.RECOMMENDATION, "number": 2, "title": "Do most"}),
        RowChange(DOCUMENT, "Rule", values={
            "title": "Rule", "kind": "rule", "action": "new", "issued_on": past.day(5), "department": past.a.pk,
            "serves": [past.measures[1].pk],
        }),
    )  # fmt: skip
    ninth, tenth = Measure.objects.get(number=9), Measure.objects.get(number=10)
    assert (ninth.issue.title, ninth.issue.area.title) == ("Fourth", "Third")
    assert RuleDocument.objects.get().served.get().measure == past.measures[1]
    assert Issue.objects.filter(kind=IssueKind.RECOMMENDATION).count() == 2
    assert {ninth.pk, tenth.pk} <= set(row.rows)


def test_apply_import_renames_homes_and_corrects_papers(past: World) -> None:
    rule = factories.papers(past, past.measures[0])["RuleDocument"]
    advice = plan.add_recommendation(past.campaign, title="Advice", answers=[], by=past.office, at=past.at(1))
    area, issue = past.areas[0], past.issues[2]
    row = applied(
        past,
        RowChange(AREA, "Area 1", area.pk, area.version, {"title": "Renamed"}),
        RowChange(ISSUE, "Issue 3", issue.pk, issue.version, {"title": "Renamed too", "area": 1, "is_common": True}),
        RowChange(ISSUE, "Advice", advice.pk, advice.version, {"answers": [past.measures[3].pk]}),
        RowChange(DOCUMENT, "Rule", rule.pk, rule.version, {"title": "Rule renamed"}),
    )
    assert [fresh(row).title for row in (area, issue, rule)] == ["Renamed", "Renamed too", "Rule renamed"]
    assert fresh(issue).area == area
    assert advice.answers.get().measure == past.measures[3]
    assert {measure.pk for measure in past.measures} <= set(row.rows)


def test_apply_import_is_all_or_nothing(past: World) -> None:
    first, before = past.measures[0], Measure.history.count()
    with pytest.raises(Denied, match=r"Measure 1 again: The number 1 is taken"):
        applied(
            past,
            RowChange(MEASURE, "Measure 1", first.pk, first.version, {"text": "Better"}),
            RowChange(MEASURE, "Measure 1 again", values={"issue": 1, "number": 1, "text": "Twice"}),
        )
    assert (fresh(first).text, Measure.history.count()) == ("Measure 1", before)
    assert LedgerImport.objects.get().state == ImportState.REHEARSED


def test_apply_import_refuses_a_row_that_was_changed_meanwhile(past: World) -> None:
    first = past.measures[0]
    with pytest.raises(Denied, match="Measure 1 was changed meanwhile; rehearse the import again"):
        applied(past, RowChange(MEASURE, "Measure 1", first.pk, first.version - 1, {"text": "Better"}))
    assert fresh(first).text == "Measure 1"


def test_apply_import_needs_a_reason(past: World) -> None:
    with pytest.raises(Denied, match="Please give a reason"):
        applied(past, note=" ")


def test_apply_import_tells_how_far_it_has_come(past: World) -> None:
    told: list[tuple[int, int]] = []
    first = past.measures[0]
    change = RowChange(MEASURE, "Measure 1", first.pk, first.version, {"text": "Better"})
    applied(past, change, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 1)]


def test_day_of_a_measure_is_judged_as_its_verb_would(past: World) -> None:
    assert day_refusal(past.campaign, "deadline", past.day(10)) == ""
    assert day_refusal(past.campaign, "deadline", past.day(-10)).startswith("The deadline lies between")


def test_import_is_applied_or_dropped_once(past: World) -> None:
    done, dropped = applied(past), drop_import(kept(past), by=past.office, note="Wrong file")
    assert dropped.state == ImportState.DROPPED
    for row in (done, dropped):
        with pytest.raises(Denied, match="applied or dropped already"):
            drop_import(row, by=past.office)
        with pytest.raises(Denied, match="applied or dropped already"):
            apply_import(row, [], kind="ledger", by=past.office, note="Because")
