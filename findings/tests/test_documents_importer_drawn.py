"""What a cell in conflict said when its file was drawn."""

from typing import Any

import pytest

from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.tests.workbooks import exported, put, rehearsed
from findings.workflow import amend, document, plan

pytestmark = pytest.mark.usefixtures("english")


def in_conflict(world: World, content: bytes) -> dict[str, tuple[str | None, str, str]]:
    """Column → drawn, ledger's, file's."""
    found = rehearsed(world, content)
    assert found.problems == []
    return {cell.diff.column: (cell.drawn, cell.diff.old, cell.diff.new) for _draft, cell in found.conflicts()}


def test_conflict_of_a_measure_tells_what_the_file_was_drawn_with(past: World) -> None:
    first = past.measures[0]
    amend.amend_measure(first, assisting=[past.b], by=past.office, at=past.at(2))
    content = put(
        exported(past.campaign), text="文件措施", goal=None, lead_leader="Other Leader", is_key="是",
        lead_department="Department b", deadline="2025-09-30", assisting="Department zy-a",
    )  # fmt: skip
    before = fresh(first)
    amend.amend_measure(
        before, text="台账措施", goal="台账目标", lead_leader=None, deadline=past.day(90), is_key=False,
        lead_department=None, assisting=[], by=past.office,
    )  # fmt: skip
    deadline = first.deadline.isoformat() if first.deadline else ""
    assert in_conflict(past, content) == {
        "text": ("Measure 1", "台账措施", "文件措施"),
        "goal": ("All of it", "台账目标", ""),
        "lead_leader": ("Leader", "", "Other Leader"),
        "lead_department": ("Department a", "", "Department b"),
        "assisting": ("Department b", "", "Department zy-a"),
        "deadline": (deadline, past.day(90).isoformat(), "2025-09-30"),
    }


def test_conflict_of_an_issue_and_of_a_rule_tells_what_the_file_was_drawn_with(past: World) -> None:
    advice = plan.add_recommendation(
        past.campaign, number=1, title="Advice", answers=past.measures[:2], by=past.office, at=past.at(1)
    )
    content = put(exported(past.campaign, "issues"), "issues", area="Area 2")
    content = put(content, "issues", 8, numbers="3")
    plan.add_area(past.campaign, number=3, title="Area 3", by=past.office)
    plan.edit_issue(past.issues[0], area=factories.Area.objects.get(number=3), by=past.office)
    plan.edit_recommendation(advice, answers=[past.measures[3]], by=past.office)
    assert in_conflict(past, content) == {
        "area": ("Area 1", "Area 3", "Area 2"),
        "numbers": ("1, 2", "4", "3"),
    }
    rule = factories.papers(past, past.measures[0])["RuleDocument"]
    content = put(exported(past.campaign, "rules"), "rules", measures="3", department="Department b")
    document.edit_document(rule, serves=[past.measures[1]], department=past.lower_a, by=past.office)
    assert in_conflict(past, content) == {
        "measures": ("1", "2", "3"),
        "department": ("Department a", str(past.lower_a), "Department b"),
    }


def test_words_that_the_records_do_not_bear_out_are_not_told(past: World, monkeypatch: pytest.MonkeyPatch) -> None:
    content = put(exported(past.campaign), text="文件措施")
    amend.amend_measure(past.measures[0], text="台账措施", by=past.office)

    def none(*args: Any, **options: Any) -> Any:
        return factories.Measure.history.none()

    assert in_conflict(past, content)["text"][0] == "Measure 1"
    with monkeypatch.context() as patch:
        patch.setattr(type(factories.Measure.history.all()), "filter", none)
        patch.setattr("findings.documents.importer.rehearsal._changed_by", lambda draft: "")
        assert in_conflict(past, content)["text"][0] is None
