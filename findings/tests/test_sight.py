"""Who sees what: every model with ``visible_to``, for every person, in the own and other departments and courts."""

from typing import Any

import pytest
from django.apps import apps

from accounts import people
from accounts.roles import RoleCode
from accounts.tracked import create, store
from findings.choices import DocumentAction, DocumentKind, IssueKind, NoticeStatus
from findings.models import AssistingDepartment, Issue, Measure, Message, RuleDocument, SupervisionNotice
from findings.tests import factories
from findings.tests.factories import World
from findings.workflow import paper, plan

# Three places where a thing can be: department a or b of the high court, or the other court.
BOTH, A, B, LOWER, NONE = {"a", "b"}, {"a"}, {"b"}, {"lower"}, set()
WHOLE_COURT = dict.fromkeys(["office", "chief", "leader", "other_leader", "inspector"], BOTH) | {"stranger": LOWER}
OWN = {"head_a": A, "liaison_a": A, "head_b": B, "liaison_b": B, "lower_head": LOWER}
# One campaign and one period serve both departments: whoever works on it sees it.
OWN_CAMPAIGN = dict.fromkeys(["head_a", "liaison_a", "head_b", "liaison_b"], BOTH) | {"lower_head": LOWER}
SIGHT = {
    "Campaign": WHOLE_COURT | OWN_CAMPAIGN,
    "ReportingPeriod": WHOLE_COURT | OWN_CAMPAIGN,
    "Area": WHOLE_COURT | OWN,
    "Issue": WHOLE_COURT | OWN,
    "Measure": WHOLE_COURT | OWN,
    "ProgressUpdate": WHOLE_COURT | OWN,
    "Evidence": WHOLE_COURT | OWN,
    "ClosureRequest": WHOLE_COURT | OWN,
    "Extension": WHOLE_COURT | OWN,
    "Decision": WHOLE_COURT | OWN,
    "Recheck": WHOLE_COURT | OWN,
    "SupervisionNotice": WHOLE_COURT | OWN,
    "RuleDocument": WHOLE_COURT | OWN,
    "Meeting": WHOLE_COURT,
    "Report": WHOLE_COURT,
    "Accountability": {"office": BOTH, "chief": BOTH, "inspector": BOTH, "stranger": LOWER},
}


@pytest.fixture
def things(past: World) -> dict[str, dict[str, Any]]:
    """One thing of each model in each place."""
    lower = factories.lower_world(past)
    steps = {"by": past.office, "at": past.at(0)}
    area = plan.add_area(past.campaign, number=3, title="Area of b", **steps)
    issue = plan.add_issue(area, number=4, title="Issue of b", **steps)
    for_b = factories.make_measure(past, issue=issue, lead_department=past.b, lead_leader=past.other_leader)
    return {
        "a": factories.hang_all(past, past.measures[3]),
        "b": factories.hang_all(past, for_b),
        "lower": factories.hang_all(lower, lower.measures[0]),
    }


def test_table_names_every_model() -> None:
    found = {
        model.__name__
        for model in apps.get_app_config("findings").get_models()
        if hasattr(model._default_manager.all(), "visible_to")
    }

    assert found == {*SIGHT, "Message"}


def test_everybody_sees_the_own_things_only(past: World, things: dict[str, dict[str, Any]]) -> None:
    wrong = {}
    for name, user in past.everybody().items():
        for model, expected in SIGHT.items():
            kind = type(things["a"][model])
            seen = set(kind.objects.visible_to(user).values_list("pk", flat=True))
            places = {place for place, rows in things.items() if rows[model].pk in seen}
            if places != expected.get(name, NONE):
                wrong[name, model] = places
    assert wrong == {}


def test_no_row_is_seen_twice(past: World, things: dict[str, dict[str, Any]]) -> None:
    person = factories.grant(past.head_a, RoleCode.OFFICE, past.court)
    person = factories.grant(person, RoleCode.HEAD, past.b)

    for model in SIGHT:
        seen = list(type(things["a"][model]).objects.visible_to(person).values_list("pk", flat=True))
        assert len(seen) == len(set(seen)), model


def test_area_and_issue_of_another_department_stay_out_of_sight(past: World) -> None:
    assert set(Measure.objects.visible_to(past.liaison_b)) == {past.measures[1], past.measures[2]}
    assert set(Issue.objects.visible_to(past.liaison_b)) == {past.issues[0], past.issues[1]}


def test_assisting_department_sees_until_it_is_taken_off(past: World) -> None:
    row = past.measures[1]  # led by a, assisted by b
    assert row in Measure.objects.visible_to(past.liaison_b)

    link = AssistingDepartment.objects.get(measure=row)
    link.is_active = False
    store(link, by=past.office)

    assert row not in Measure.objects.visible_to(past.liaison_b)


def test_recommendation_is_seen_through_the_measure_that_answers(past: World) -> None:
    row = plan.add_recommendation(
        past.campaign, by=past.office, answers=[past.measures[0]], number=1, title="Advice", at=past.at(1)
    )

    assert row.kind == IssueKind.RECOMMENDATION
    assert row in Issue.objects.visible_to(past.head_a)
    assert row not in Issue.objects.visible_to(past.head_b)
    assert row in Issue.objects.visible_to(past.inspector)


def test_document_is_seen_through_the_measure_that_it_serves(past: World) -> None:
    row = paper.record_document(
        past.campaign, by=past.office, at=past.at(3), serves=[past.measures[0]], title="Rule", kind=DocumentKind.RULE,
        action=DocumentAction.NEW, issued_on=past.day(2), department=past.b,
    )  # fmt: skip

    assert row in RuleDocument.objects.visible_to(past.head_a)
    assert row in RuleDocument.objects.visible_to(past.head_b)


def test_draft_notice_is_not_seen_by_its_department(past: World) -> None:
    row = create(
        SupervisionNotice, by=past.office, campaign=past.campaign, department=past.a, year=2025, number=1, text="Hurry",
        due_on=past.day(20), status=NoticeStatus.DRAFT,
    )  # fmt: skip

    assert row not in SupervisionNotice.objects.visible_to(past.head_a)
    assert row in SupervisionNotice.objects.visible_to(past.office)


def test_message_is_seen_by_its_recipient_only(past: World) -> None:
    factories.closure_at("head", past, row=factories.ready(past, past.measures[0]))
    message = Message.objects.get(kind="sign")

    seers = [name for name, user in past.everybody().items() if message in Message.objects.visible_to(user)]

    assert seers == ["head_a"]


def test_ended_role_ends_the_sight_at_once(past: World) -> None:
    people.end_role(past.office.memberships.get(), by=None)

    assert not Measure.objects.visible_to(factories.fresh(past.office)).exists()


def test_sight_of_a_past_day_is_todays(past: World) -> None:
    """Rights are today's, values are the day's: who sees a measure now sees what it was."""
    row = past.measures[0]
    factories.ready(past, row)

    then = Measure.objects.visible_to(past.head_a).at(past.day(4)).get(id=row.pk)

    assert (then.status, then.percent) == ("not_started", 0)
    assert not Measure.objects.visible_to(past.head_b).at(past.day(4)).filter(id=row.pk).exists()
