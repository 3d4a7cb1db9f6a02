"""The plan: only the office of the court writes it, and only while the campaign runs."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts.models import User
from findings.choices import IssueKind, MeasureStatus
from findings.models import Area, AssistingDepartment, Campaign, Issue, Measure, RecommendationLink
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh, last_entry
from findings.workflow import plan
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")


def verbs(world: World, day: int = 3) -> dict[str, Callable[[User | None], object]]:
    """Each verb of the plan, to be tried by somebody."""
    campaign, at = fresh(world.campaign), world.at(day)
    area, issue = fresh(world.areas[0]), fresh(world.issues[0])
    return {
        "area": lambda by: plan.add_area(campaign, number=9, title="New", by=by, at=at),
        "issue": lambda by: plan.add_issue(area, number=9, title="New", by=by, at=at),
        "measure": lambda by: plan.add_measure(issue, number=9, text="New", assisting=[], by=by, at=at),
        "advice": lambda by: plan.add_recommendation(campaign, number=9, title="New", answers=[], by=by, at=at),
        "approve": lambda by: plan.approve_plan(campaign, on=world.day(3), by=by, at=at),
        "close": lambda by: plan.close_campaign(campaign, on=world.day(3), by=by, at=at),
    }


def test_only_the_office_of_the_court_writes_the_plan(past: World) -> None:
    for name, verb in verbs(past).items():
        for person in [*past.everybody().values(), None]:
            if person != past.office:
                with pytest.raises(Denied, match="Only the rectification office"):
                    verb(person)
        verb(past.office)
        assert broken_records() == [], name


def test_only_the_office_opens_a_campaign(past: World) -> None:
    for person in (past.stranger, past.chief, past.sysadmin):
        with pytest.raises(Denied):
            factories.make_campaign(past, by=person)


def test_closed_campaign_refuses_every_verb(past: World) -> None:
    plan.close_campaign(past.campaign, on=past.day(2), by=past.office, at=past.at(2))

    for verb in verbs(past).values():
        with pytest.raises(Denied, match="can only be read"):
            verb(past.office)


def test_create_campaign(past: World) -> None:
    row = plan.create_campaign(
        by=past.office, note="opened", at=past.at(1), court=past.court, slug="second", title="Second",
        source="audit", inspecting_body="Auditors", feedback_on=past.day(1), concentrated_until=past.day(30),
        sustained_until=past.day(60),
    )  # fmt: skip

    assert Campaign.objects.get(slug="second") == row
    assert (row.closure_stages, row.extension_stages) == ("head,leader,office,chief", "head,leader,office")
    assert last_entry(row) == (past.office, "opened", past.at(1))


def test_areas_issues_and_measures(past: World) -> None:
    assert [(row.number, row.campaign) for row in Area.objects.all()] == [(1, past.campaign), (2, past.campaign)]
    assert [(row.number, row.area.number, row.kind) for row in Issue.objects.all()] == [
        (1, 1, IssueKind.FINDING),
        (2, 1, IssueKind.FINDING),
        (3, 2, IssueKind.FINDING),
    ]
    assert list(Measure.objects.values_list("number", "status", "issue__number")) == [
        (1, MeasureStatus.NOT_STARTED, 1),
        (2, MeasureStatus.NOT_STARTED, 1),
        (3, MeasureStatus.NOT_STARTED, 2),
        (4, MeasureStatus.NOT_STARTED, 3),
    ]
    assert last_entry(past.measures[0]) == (past.office, "", past.at(0))


def test_add_measure_keeps_the_first_deadline_as_the_original(past: World) -> None:
    row = factories.make_measure(past, assisting=[past.b])
    undated = factories.make_measure(past, deadline=None)
    moved = factories.make_measure(past, original_deadline=past.day(50))

    assert row.original_deadline == row.deadline == past.day(100)
    assert undated.original_deadline is None
    assert (moved.original_deadline, moved.deadline) == (past.day(50), past.day(100))
    assert list(AssistingDepartment.objects.filter(measure=row).values_list("department", flat=True)) == [past.b.pk]


def test_recommendation_has_links_and_no_measures(past: World) -> None:
    row = plan.add_recommendation(
        past.campaign, by=past.office, answers=past.measures[:2], number=1, title="Advice", at=past.at(1)
    )

    assert (row.kind, row.area) == (IssueKind.RECOMMENDATION, None)
    assert set(RecommendationLink.objects.values_list("measure", flat=True)) == {m.pk for m in past.measures[:2]}
    with pytest.raises(Denied, match="no measures of its own"):
        factories.make_measure(past, issue=row)
    assert broken_records() == []


def test_approve_plan_and_close_campaign(past: World) -> None:
    plan.approve_plan(past.campaign, on=past.day(10), by=past.office, note="agreed", at=past.at(11))
    assert fresh(past.campaign).plan_approved_on == past.day(10)
    assert last_entry(past.campaign) == (past.office, "agreed", past.at(11))

    plan.close_campaign(past.campaign, on=past.day(20), by=past.office, note="over", at=past.at(20))

    row = fresh(past.campaign)
    assert (row.plan_approved_on, row.closed_on) == (past.day(10), past.day(20))
    assert last_entry(row) == (past.office, "over", past.at(20))
    assert not row.is_closed(past.day(20))
    assert row.is_closed(past.day(20) + timedelta(days=1))
