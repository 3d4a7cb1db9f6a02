"""The plan: only the office of the court writes it, and only while the campaign runs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from accounts.tracked import StaleRow
from findings.choices import IssueKind, MeasureStatus, ProgressStatus
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
    advice = fresh(plan.add_recommendation(campaign, answers=[], title="Old", by=world.office, at=world.at(1)))
    owned = {"text": "New", "lead_leader": world.leader, "lead_department": world.a, "assisting": []}
    return {
        "campaign": lambda by: plan.edit_campaign(campaign, title="Second title", by=by, at=at),
        "area title": lambda by: plan.edit_area(area, title="Other", by=by, at=at),
        "issue title": lambda by: plan.edit_issue(issue, title="Other", by=by, at=at),
        "advice title": lambda by: plan.edit_recommendation(advice, title="Other", by=by, at=at),
        "area": lambda by: plan.add_area(campaign, number=9, title="New", by=by, at=at),
        "issue": lambda by: plan.add_issue(area, number=9, title="New", by=by, at=at),
        "measure": lambda by: plan.add_measure(issue, number=9, **owned, by=by, at=at),
        "measures": lambda by: plan.add_measures(issue, rows=[owned], by=by, at=at),
        "advice": lambda by: plan.add_recommendation(campaign, number=9, title="New", answers=[], by=by, at=at),
        "approve": lambda by: plan.approve_plan(campaign, on=world.day(3), by=by, at=at),
        "close": lambda by: plan.close_campaign(campaign, on=world.day(3), by=by, at=at),
    }  # fmt: skip


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
    tried = verbs(past)
    plan.close_campaign(past.campaign, on=past.day(2), by=past.office, at=past.at(2))

    for verb in tried.values():
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


# --- The campaign ------------------------------------------------------------------------------------------


def edited(world: World, *, day: int = 3, note: str = "", **fields: Any) -> Campaign:
    return plan.edit_campaign(world.campaign, by=world.office, note=note, at=world.at(day), **fields)


def test_edit_campaign(past: World) -> None:
    row = edited(
        past, note="from the paper", title="Second title", closure_stages="office,head", extension_stages="chief",
        blue_days=15, declared_areas=2, declared_issues=3, declared_measures=4,
    )  # fmt: skip

    row = fresh(row)
    assert (row.title, row.closure_stages, row.extension_stages) == ("Second title", "office,head", "chief")
    assert (row.blue_days, row.declared_areas, row.declared_issues, row.declared_measures) == (15, 2, 3, 4)
    assert last_entry(row) == (past.office, "from the paper", past.at(3))
    assert broken_records() == []


def test_chain_of_signatures_is_stored_as_it_is_read(past: World) -> None:
    row = plan.edit_campaign(past.campaign, closure_stages=" head, office ", note="x", by=past.office, at=past.at(1))
    assert row.closure_stages == "head,office"
    same = plan.edit_campaign(row, closure_stages="head , office", note="x", by=past.office, at=past.at(1))
    assert same.version == row.version


def test_edit_campaign_without_a_change_leaves_nothing(past: World) -> None:
    assert edited(past, title=past.campaign.title).version == past.campaign.version


def test_second_editor_of_a_campaign_is_told(past: World) -> None:
    edited(past, title="First", version=past.campaign.version)

    with pytest.raises(StaleRow):
        edited(past, title="Second", version=past.campaign.version)


WRONG = [
    ({"title": " "}, "title"),
    ({"onsite_from": -10}, "onsite_until"),
    ({"onsite_until": -10}, "onsite_from"),
    ({"onsite_from": -10, "onsite_until": -11}, "onsite_until"),
    ({"onsite_from": -10, "onsite_until": 1}, "feedback_on"),
    ({"feedback_on": 151}, "concentrated_until"),
    ({"concentrated_until": 701}, "sustained_until"),
    ({"sustained_until": 60000}, "sustained_until"),
    ({"sustained_until": 199}, "sustained_until"),
    ({"closure_stages": ""}, "closure_stages"),
    ({"closure_stages": "head,head"}, "closure_stages"),
    ({"extension_stages": "head,inspector"}, "extension_stages"),
    ({"due_soon_days": 366}, "due_soon_days"),
    ({"blue_days": 7}, "blue_days"),
    ({"progress_due_days": 0}, "progress_due_days"),
    ({"lock_days": 21}, "lock_days"),
    ({"declared_measures": 40000}, "declared_measures"),
]


def test_wrong_campaigns_name_their_field(past: World) -> None:
    for change, field in WRONG:
        days = {
            name: past.day(value) if isinstance(value, int) and name.endswith(("_on", "_from", "_until")) else value
            for name, value in change.items()
        }
        with pytest.raises(Denied) as caught:
            edited(past, **days)
        assert caught.value.field == field, change
    assert fresh(past.campaign).version == past.campaign.version


def test_addresses_of_campaigns(past: World) -> None:
    for slug in ("new", past.campaign.slug, ""):
        with pytest.raises(Denied) as caught:
            factories.make_campaign(past, slug=slug)
        assert caught.value.field == "slug"


def test_changed_phases_move_the_open_periods(past: World) -> None:
    """The feedback was on 10 March, and the concentrated phase ends on 20 April: the first month is short."""
    plan.open_periods(past.campaign, on=past.day(35), at=past.at(35))

    edited(past, day=35, feedback_on=past.day(7), concentrated_until=past.day(48))

    assert [(row.code, row.starts_on, row.ends_on) for row in past.campaign.periods.all()] == [
        ("2025-03", past.day(7), past.day(28)),
        ("2025-04", past.day(29), past.day(48)),
    ]
    assert broken_records() == []


def test_periods_that_were_reported_on_stay(past: World) -> None:
    factories.progress_at(ProgressStatus.DRAFT, past)

    with pytest.raises(Denied, match="2025-03 is open already") as caught:
        edited(past, day=6, feedback_on=past.day(2))
    assert caught.value.field == "feedback_on"
    edited(past, day=6, concentrated_until=past.day(160))


def test_periods_do_not_fall_away(past: World) -> None:
    for change in ({"feedback_on": past.day(40)}, {"feedback_on": past.day(10)}):
        with pytest.raises(Denied, match="2025-03 is open already"):
            edited(past, day=41, **change)


def test_feedback_does_not_pass_the_approval(past: World) -> None:
    plan.approve_plan(past.campaign, on=past.day(3), by=past.office, at=past.at(3))

    with pytest.raises(Denied, match="approved on 6 March already") as caught:
        edited(past, day=4, note="Typo", feedback_on=past.day(4))
    assert caught.value.field == "feedback_on"


# --- Areas, issues, recommendations ------------------------------------------------------------------------


def test_edit_area_and_issue(past: World) -> None:
    area, issue = past.areas[0], past.issues[0]
    plan.edit_area(area, title="Other area", by=past.office, note="Wording", at=past.at(2), version=area.version)
    plan.edit_issue(
        issue, title="Other issue", text="Own words", is_common=True, area=past.areas[1], by=past.office,
        at=past.at(2), version=issue.version,
    )  # fmt: skip

    area, issue = fresh(area), fresh(issue)
    assert (area.number, area.title) == (1, "Other area")
    assert (issue.number, issue.title, issue.text, issue.is_common) == (1, "Other issue", "Own words", True)
    assert issue.area == past.areas[1]
    assert last_entry(area) == (past.office, "Wording", past.at(2))
    assert broken_records() == []
    with pytest.raises(StaleRow):
        plan.edit_area(area, title="Third", by=past.office, at=past.at(3), version=1)


def test_edit_refuses_empty_titles_and_foreign_areas(past: World) -> None:
    other = factories.make_campaign(past)
    area = plan.add_area(other, title="Elsewhere", by=past.office, at=past.at(1))
    advice = plan.add_recommendation(past.campaign, answers=[], title="Advice", by=past.office, at=past.at(1))
    steps = {"by": past.office, "at": past.at(2)}

    for verb, field in (
        (lambda: plan.edit_area(past.areas[0], title=" ", **steps), "title"),
        (lambda: plan.edit_issue(past.issues[0], title="", **steps), "title"),
        (lambda: plan.edit_issue(past.issues[0], area=area, **steps), "area"),
        (lambda: plan.edit_issue(past.issues[0], area=None, **steps), "area"),
        (lambda: plan.edit_issue(advice, title="Advice", **steps), "area"),
        (lambda: plan.edit_recommendation(past.issues[0], title="Issue", **steps), ""),
        (lambda: plan.add_area(past.campaign, title="", **steps), "title"),
        (lambda: plan.add_area(past.campaign, title="New", number=1, **steps), "number"),
        (lambda: plan.add_issue(past.areas[0], title="", **steps), "title"),
        (lambda: plan.add_issue(past.areas[0], title="New", number=3, **steps), "number"),
        (lambda: plan.add_recommendation(past.campaign, title="", answers=[], **steps), "title"),
    ):
        with pytest.raises(Denied) as caught:
            verb()
        assert caught.value.field == field


def test_next_numbers(past: World) -> None:
    steps = {"by": past.office, "at": past.at(1)}
    advice = [plan.add_recommendation(past.campaign, answers=[], title="Advice", **steps) for _n in range(2)]

    assert plan.add_area(past.campaign, title="New", **steps).number == 3
    assert plan.add_issue(past.areas[0], title="New", **steps).number == 4
    assert [row.number for row in advice] == [1, 2]
    assert plan.add_measure(past.issues[0], text="New", assisting=[], **steps).number == 5


def test_edit_recommendation_moves_its_answers(past: World) -> None:
    first, second, third, _fourth = past.measures
    row = plan.add_recommendation(
        past.campaign, answers=[first, second], title="Advice", by=past.office, at=past.at(1)
    )  # fmt: skip

    def answers() -> set[int]:
        links = RecommendationLink.objects.filter(recommendation=row, is_active=True)
        return set(links.values_list("measure__number", flat=True))

    moved = plan.edit_recommendation(row, answers=[second, third], by=past.office, at=past.at(2))
    assert (answers(), moved.version) == ({2, 3}, row.version + 1)
    again = plan.edit_recommendation(row, answers=[first, second, third], by=past.office, at=past.at(3))
    assert answers() == {1, 2, 3}
    same = plan.edit_recommendation(row, answers=[first, second, third], title="Advice", by=past.office, at=past.at(4))
    assert same.version == again.version
    plan.edit_recommendation(row, text="In full", by=past.office, at=past.at(5))
    assert (answers(), fresh(row).text) == ({1, 2, 3}, "In full")
    assert broken_records() == []


def test_recommendation_is_answered_by_measures_of_its_campaign(past: World) -> None:
    other = factories.make_campaign(past)

    with pytest.raises(Denied, match="same campaign") as caught:
        plan.add_recommendation(other, answers=past.measures, title="Advice", by=past.office, at=past.at(1))
    assert caught.value.field == "answers"


# --- Approval and closing ----------------------------------------------------------------------------------


def test_what_is_changed_after_the_approval_has_a_reason(past: World) -> None:
    plan.approve_plan(past.campaign, on=past.day(2), by=past.office, at=past.at(2))
    approve = {"approve": lambda by: plan.approve_plan(past.campaign, on=past.day(3), by=by, at=past.at(3))}
    past.campaign = fresh(past.campaign)
    advice = plan.add_recommendation(past.campaign, answers=[], title="A", note="x", by=past.office, at=past.at(2))
    steps = {"at": past.at(3)}
    changes = approve | {
        "campaign": lambda by: plan.edit_campaign(past.campaign, title="Other", by=by, **steps),
        "area": lambda by: plan.add_area(past.campaign, title="New", by=by, **steps),
        "area title": lambda by: plan.edit_area(past.areas[0], title="Other", by=by, **steps),
        "issue": lambda by: plan.add_issue(past.areas[0], title="New", by=by, **steps),
        "issue title": lambda by: plan.edit_issue(past.issues[0], title="Other", by=by, **steps),
        "measure": lambda by: plan.add_measure(past.issues[0], text="New", assisting=[], by=by, **steps),
        "advice": lambda by: plan.edit_recommendation(advice, answers=past.measures, by=by, **steps),
    }
    for name, verb in changes.items():
        with pytest.raises(Denied, match="give a reason") as caught:
            verb(past.office)
        assert caught.value.field == "note", name
    again = plan.approve_plan(past.campaign, on=past.day(3), by=past.office, note="Wrong day", at=past.at(4))
    assert again.plan_approved_on == past.day(3)


def test_approval_needs_a_sound_day_and_a_whole_plan(past: World) -> None:
    empty = factories.make_campaign(past)

    def refusal(campaign: Campaign, day: int) -> tuple[str, str]:
        with pytest.raises(Denied) as caught:
            plan.approve_plan(campaign, on=past.day(day), by=past.office, at=past.at(10))
        return str(caught.value), caught.value.field

    assert refusal(past.campaign, 11) == ("The day lies in the future.", "on")
    assert refusal(past.campaign, -1) == ("The plan is approved after the feedback (3 March).", "on")
    assert refusal(empty, 10) == ("The plan has no measure yet.", "")
    factories.make_measure(past, lead_leader=None)
    factories.make_measure(past, lead_leader=None)
    assert refusal(past.campaign, 10) == ("These measures have no lead leader: 5, 6.", "")
    factories.make_measure(past, lead_department=None)
    assert refusal(past.campaign, 10) == ("These measures have no lead department: 7.", "")


def test_closing_needs_a_sound_day(past: World) -> None:
    plan.approve_plan(past.campaign, on=past.day(5), by=past.office, at=past.at(5))

    for day, sentence in ((11, "in the future"), (-1, "after the feedback"), (4, "after the plan's approval")):
        with pytest.raises(Denied, match=sentence) as caught:
            plan.close_campaign(past.campaign, on=past.day(day), by=past.office, at=past.at(10))
        assert caught.value.field == "on"


# --- Many rows ---------------------------------------------------------------------------------------------


def test_add_measures_all_or_none(past: World) -> None:
    good = {"text": "Good", "lead_department": past.a, "lead_leader": past.leader, "assisting": [past.b]}
    bad = [
        {"text": " ", "assisting": []},
        {"text": "Late", "deadline": past.day(900), "assisting": []},
        {"text": "Both", "lead_department": past.a, "assisting": [past.a]},
    ]

    with pytest.raises(plan.RowsDenied) as caught:
        plan.add_measures(past.issues[0], rows=[good, *bad, good], by=past.office, at=past.at(1))
    assert [(index, field) for index, field, _sentence in caught.value.problems] == [
        (1, "text"), (2, "deadline"), (3, "assisting"),
    ]  # fmt: skip
    assert str(caught.value) == "Nothing was saved: 3 rows must be looked at."
    assert Measure.objects.count() == 4

    with pytest.raises(Denied, match="no row to save"):
        plan.add_measures(past.issues[0], rows=[], by=past.office, at=past.at(1))
    rows = plan.add_measures(
        past.issues[0], rows=[good | {"recheck_on": None}, good], by=past.office, note="From Excel", at=past.at(1)
    )
    assert [row.number for row in rows] == [5, 6]
    assert last_entry(rows[1]) == (past.office, "From Excel", past.at(1))
    assert broken_records() == []
