"""Who sees what: every model with ``visible_to``, for every person, in the own and other departments and courts."""

from typing import Any

import pytest
from django.apps import apps

from accounts import people
from accounts.roles import RoleCode
from accounts.tracked import create, store
from findings.choices import DocumentAction, DocumentKind, IssueKind, NoticeStatus
from findings.models import (
    AssistingDepartment,
    Issue,
    Job,
    LedgerImport,
    Measure,
    Message,
    Preference,
    ReminderRule,
    RuleDocument,
    SupervisionNotice,
)
from findings.tests import factories
from findings.tests.factories import World
from findings.workflow import document, plan

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
    "IssueVerdict": WHOLE_COURT | OWN,
    "LookbackRound": WHOLE_COURT,
    "SupervisionNotice": WHOLE_COURT | OWN,
    "RuleDocument": WHOLE_COURT | OWN,
    "Meeting": WHOLE_COURT,
    "MeetingMeasure": WHOLE_COURT | OWN,
    "Report": WHOLE_COURT,
    "ReportSentence": WHOLE_COURT,
    "Accountability": {"office": BOTH, "chief": BOTH, "inspector": BOTH, "stranger": LOWER},
}

# Seen by one person, or by one office, or shared by name; the tests below and those of the verbs tell which.
ALONE = {"Message", "Preference", "ReminderRule", "Job", "LedgerImport", "SavedView"}


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

    assert found == {*SIGHT, *ALONE}


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
    row = document.record_document(
        past.campaign, by=past.office, at=past.at(3), serves=[past.measures[0]], title="Rule", kind=DocumentKind.RULE,
        action=DocumentAction.NEW, issued_on=past.day(2), department=past.b,
    )  # fmt: skip

    assert row in RuleDocument.objects.visible_to(past.head_a)
    assert row in RuleDocument.objects.visible_to(past.head_b)


@pytest.mark.parametrize("status", [NoticeStatus.DRAFT, NoticeStatus.WITHDRAWN])
def test_notice_that_was_never_sent_is_not_seen_by_its_department(past: World, status: str) -> None:
    row = factories.notice_at(status, past)

    seers = {name for name, user in past.everybody().items() if row in SupervisionNotice.objects.visible_to(user)}

    assert seers == {name for name, places in WHOLE_COURT.items() if "a" in places}


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


def test_preference_and_rules_are_seen_by_whom_they_concern(past: World) -> None:
    own = create(Preference, by=past.head_a, person=past.head_a)
    rule = create(ReminderRule, by=None, court=past.court, code="own-1", condition="due", roles="head")

    everybody = past.everybody().items()
    assert [name for name, user in everybody if own in Preference.objects.visible_to(user)] == ["head_a"]
    assert [name for name, user in everybody if rule in ReminderRule.objects.visible_to(user)] == ["office"]


def test_the_ledger_of_messages_is_the_offices_own(past: World) -> None:
    factories.closure_at("head", past, row=factories.ready(past, past.measures[0]))

    keepers = [name for name, user in past.everybody().items() if Message.objects.kept_by(user).exists()]

    assert keepers == ["office"]


def test_jobs_are_seen_by_who_asked_and_imports_by_the_office(past: World) -> None:
    job = Job.objects.create(name="export", person=past.head_a, asked_at=past.at(1))
    row = create(
        LedgerImport, by=past.office, campaign=past.campaign, number=1, kind="ledger", filename="a.xlsx",
        sha256="0" * 64, uploaded_by=past.office,
    )  # fmt: skip

    everybody = past.everybody().items()
    assert [name for name, user in everybody if job in Job.objects.visible_to(user)] == ["head_a"]
    assert [name for name, user in everybody if row in LedgerImport.objects.visible_to(user)] == ["office"]
