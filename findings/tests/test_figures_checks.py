"""Each data check over a world made for it: one row that is caught, and one that nearly is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import people
from accounts.tracked import bulk_create_tracked, create, store
from findings.choices import MeasureStatus, Stage
from findings.figures import scope_of
from findings.figures.checks import CHECKS, found_by_checks
from findings.models import Evidence, Measure, ProgressUpdate, ReportingPeriod
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.workflow import approval, document, plan, progress
from findings.workflow.progress import ProgressValues

pytestmark = pytest.mark.usefixtures("english")


def caught(world: World, code: str, day: int) -> list[Any]:
    """What the check answers on the day, as numbers of measures (of totals: their names)."""
    [found] = [entry for entry in found_by_checks(scope_of(world.campaign, world.office), world.day(day))
               if entry.check.code == code]  # fmt: skip
    rows = list(found.rows)
    assert len(rows) == found.number
    return [_name(row) for row in rows]


def _name(row: Any) -> Any:
    if hasattr(row, "difference"):
        return (row.name, row.difference)
    owner = getattr(row, "update", row)
    return owner.measure.number if hasattr(owner, "measure_id") else owner.number


def change(world: World, row: Any, day: int = 1, **fields: Any) -> Any:
    """Set fields as no page would."""
    row = fresh(row)
    for name, value in fields.items():
        setattr(row, name, value)
    store(row, by=None, at=world.at(day))
    return row


def report(
    world: World, row: Measure, done: str, day: int, *, percent: int = 50, accept: bool = True
) -> ProgressUpdate:
    """Reported on the day for the period then open, by the lead department."""
    liaison, head = factories.people_of(world, row)
    period = progress.period_to_report(row, row.lead_department_id, on=world.day(day))
    update = progress.save_progress(
        row, by=liaison, values=ProgressValues(done=done, percent=percent), department=row.lead_department,
        period=period, at=world.at(day),
    )  # fmt: skip
    update = progress.submit_draft(update, by=head, at=world.at(day, 12))
    return progress.accept_progress(update, by=world.office, at=world.at(day, 16)) if accept else update


def test_untouched_plan_is_caught_by_nothing(past: World) -> None:
    found = found_by_checks(scope_of(past.campaign, past.office), past.day(5))

    assert {entry.check.code: entry.number for entry in found if entry.number} == {}
    assert len({check.code for check in CHECKS}) == len(CHECKS) == 12


def test_no_owner(past: World) -> None:
    change(past, past.measures[0], lead_department=None)
    change(past, past.measures[1], lead_leader=None)
    change(past, past.measures[3], lead_leader=None, retired_on=past.day(1))

    assert caught(past, "no_owner", 0) == []
    assert caught(past, "no_owner", 5) == [1, 2]


def test_no_signer(past: World) -> None:
    people.end_role(past.head_b.memberships.get(), by=None)  # measure 3 is led by b
    closed = factories.measure_at(MeasureStatus.CLOSED, past)
    people.end_role(past.leader.memberships.get(), by=None)  # leads all others
    change(past, past.measures[3], day=20, lead_leader=None)

    assert caught(past, "no_signer", 30) == [1, 2, 3]
    assert closed.number == 5
    rows = CHECKS[1].find(scope_of(past.campaign, past.office), past.day(30))
    assert [(row.has_head, row.has_leader, row.has_office, row.has_chief) for row in rows] == [
        (True, False, True, True), (True, False, True, True), (False, True, True, True)
    ]  # fmt: skip


def test_no_signer_asks_for_the_stages_of_the_campaign_only(past: World) -> None:
    change(past, past.campaign, closure_stages="head,office", extension_stages="head,office")
    people.end_role(past.leader.memberships.get(), by=None)
    past.campaign = fresh(past.campaign)
    assert caught(past, "no_signer", 30) == []
    people.set_active(past.office, False, by=None)
    assert caught(past, "no_signer", 30) == [1, 2, 3, 4]


def test_no_original(past: World) -> None:
    change(past, past.measures[0], deadline=None, original_deadline=None)
    change(past, past.measures[1], deadline=None, original_deadline=None, nature="standing")

    assert caught(past, "no_original", 5) == [1]


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ({}, []),
        ({"declared_areas": 2, "declared_issues": 3, "declared_measures": 4}, []),
        ({"declared_areas": 5, "declared_measures": 3}, [("areas", -3), ("measures", 1)]),
    ],
    ids=["nothing declared", "as declared", "other"],
)
def test_totals(past: World, declared: dict, found: list) -> None:
    past.campaign = change(past, past.campaign, **declared)

    assert caught(past, "totals", 5) == found


def test_late_start(past: World) -> None:
    """Due on day 100; the second has begun, the fourth is due on day 200."""
    factories.progress_at("submitted", past, row=past.measures[1])

    assert caught(past, "late_start", 100) == []
    assert caught(past, "late_start", 101) == [1, 3]


def test_silent(past: World) -> None:
    """Nothing is heard of 1, 3, 4 since the feedback; of 2 on day 5; the fifth is closed; the sixth is sustained."""
    factories.progress_at("submitted", past, row=past.measures[1])
    factories.measure_at(MeasureStatus.CLOSED, past)
    factories.make_measure(past, phase="sustained", deadline=past.day(300))

    assert caught(past, "silent", 44) == []
    assert caught(past, "silent", 45) == [1, 3, 4]
    assert caught(past, "silent", 50) == [1, 3, 4, 2]
    assert caught(past, "silent", 134) == [1, 3, 4, 2]
    assert caught(past, "silent", 135) == [1, 3, 4, 6, 2]


def test_not_asked(past: World) -> None:
    """The first stands at 100 % since day 5; the second at 99; the fourth asked on day 20 and took it back."""
    for row, percent in zip(past.measures, (100, 99, 50, 100), strict=True):
        report(past, row, f"{row.number}", 5, percent=percent)
    last = past.measures[3]
    factories.add_evidence(past, last)
    request = factories.closure_at(Stage.HEAD, past, row=fresh(last), day=20)
    assert caught(past, "not_asked", 34) == []
    assert caught(past, "not_asked", 35) == [1]
    approval.withdraw_request(request, by=past.liaison_a, note="Too early", at=past.at(21))

    assert caught(past, "not_asked", 49) == [1]
    assert caught(past, "not_asked", 50) == [1, 4]


def test_closed_unproved(past: World) -> None:
    bare, proved = (factories.measure_at(MeasureStatus.CLOSED, past, row=row) for row in past.measures[:2])
    change(past, bare.evidence.get(), day=20, is_withdrawn=True)

    assert caught(past, "closed_unproved", 19) == []
    assert caught(past, "closed_unproved", 20) == [1]
    assert proved.evidence.exists()


def test_old_evidence(past: World) -> None:
    rows = [factories.add_evidence(past, factories.measure_at(MeasureStatus.IN_PROGRESS, past, row=row))
            for row in past.measures[:3]]  # fmt: skip
    for row, own_date in zip(rows, (past.begin - timedelta(days=1), past.begin, None), strict=True):
        change(past, row, day=8, own_date=own_date)
    withdrawn = change(past, factories.add_evidence(past, past.measures[1]), day=8, own_date=past.day(-9))
    assert caught(past, "old_evidence", 9) == [1, 2]
    change(past, withdrawn, day=10, is_withdrawn=True)

    assert caught(past, "old_evidence", 10) == [1]


def test_same_file(past: World) -> None:
    """Uploaded for 1 and 2 on their own; 3 has another file; 4 took over that of 1 as one file for both."""
    for row, content in zip(past.measures[:3], (b"same", b"same", b"other"), strict=True):
        factories.add_evidence(past, row, content=content)
    first = past.measures[0].evidence.get()
    fields = {field.attname: getattr(first, field.attname) for field in Evidence._meta.concrete_fields}
    shared = fields | {"id": None, "version": 0, "measure_id": past.measures[3].pk, "shares_id": first.pk}
    [sharer] = bulk_create_tracked(Evidence, [Evidence(**shared)], by=None, at=past.at(8))
    assert caught(past, "same_file", 9) == [1, 2, 4]
    change(past, past.measures[1].evidence.get(), day=10, is_withdrawn=True)

    assert caught(past, "same_file", 9) == [1, 2, 4]
    assert caught(past, "same_file", 10) == []
    assert sharer.shares == first


def test_same_file_of_another_campaign_is_no_matter_here(past: World) -> None:
    factories.add_evidence(past, past.measures[0])
    other = factories.make_campaign(past)
    issue = plan.add_issue(plan.add_area(other, number=1, title="A", by=past.office, at=past.at(1)),
                           number=1, title="I", by=past.office, at=past.at(1))  # fmt: skip
    factories.add_evidence(past, factories.make_measure(past, issue=issue))

    assert caught(past, "same_file", 9) == []


TEXT = "组织全院干警学习中央八项规定精神，逐人签订承诺书，建立台账并逐件核对。"


def test_copied(past: World) -> None:
    """March was reported on day 5, April on day 33: 1 the same, 2 nearly, 3 something else, 4 for the first time."""
    for row, text in zip(past.measures[:3], (TEXT, TEXT, TEXT), strict=True):
        report(past, row, text, 5)
    assert caught(past, "copied", 30) == []
    more = TEXT + "另召开会议三次，修订《工作规则》并印发全院执行。"
    told = (TEXT.replace("，", " "), TEXT.replace("逐人", "全员"), more, TEXT)
    for row, text in zip(past.measures, told, strict=True):
        report(past, row, text, 33, accept=False)

    assert caught(past, "copied", 33) == [1, 2]
    [copied] = [check for check in CHECKS if check.code == "copied"]
    rows = copied.find(scope_of(past.campaign, past.office), past.day(40))
    assert [(said.alike, said.earlier) for said in rows] == [(100, TEXT), (90, TEXT)]
    assert caught(past, "copied", 32) == []


def test_empty_talk(past: World) -> None:
    """Drafts are not read; the last names a department of the court."""
    told = ("高度重视，扎实推进。", "高度重视，召开会议3次。", "修订制度。", "高度重视，与Department b会商。")
    for row, text in zip(past.measures, told, strict=True):
        report(past, row, text, 5, accept=False)

    assert caught(past, "empty_talk", 4) == []
    assert caught(past, "empty_talk", 5) == [1]


def test_empty_talk_with_the_title_of_a_document_is_none(past: World) -> None:
    report(past, past.measures[0], "高度重视，按立案工作规定扎实推进。", 5)
    assert caught(past, "empty_talk", 12) == [1]
    document.record_document(
        past.campaign, by=past.office, at=past.at(11), serves=[], title="立案工作规定", number="1", kind="rule",
        action="new", issued_on=past.day(11), department=past.a,
    )  # fmt: skip
    assert caught(past, "empty_talk", 12) == []


def test_checks_of_a_closed_campaign_are_those_of_its_last_day(past: World) -> None:
    past.campaign = change(past, past.campaign, closed_on=past.day(50))

    assert caught(past, "late_start", 300) == []


@pytest.fixture
def cost(past: World) -> Callable[[], int]:
    def spent() -> int:
        with CaptureQueriesContext(connection) as found:
            found_by_checks(scope_of(past.campaign, fresh(past.office)), past.day(400))
        return len(found)

    return spent


def test_checks_cost_the_same_for_any_number_of_rows(past: World, cost: Callable[[], int]) -> None:
    for row in past.measures[:2]:
        report(past, row, TEXT, 5)
        report(past, row, TEXT, 33)
        factories.add_evidence(past, row)
    first = cost()
    period = ReportingPeriod.objects.get(campaign=past.campaign, code="2025-03")
    for row in factories.measures(past, 20):
        create(ProgressUpdate, by=None, at=past.at(9), measure=row, period=period, department=past.a, done=TEXT,
               filled_by=past.head_a, percent=3)  # fmt: skip
        factories.add_evidence(past, row)

    assert cost() == first < 30
