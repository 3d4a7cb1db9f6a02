"""The issue's page: what the feedback said, its measures in sight, the computed state beside the verdict."""

import pytest
from django.test import Client

from findings.choices import IssueState, MeasureStatus
from findings.models import IssueVerdict
from findings.tests import factories
from findings.tests.factories import World
from findings.tests.pages import get, queries
from findings.workflow import lookback, plan

pytestmark = pytest.mark.usefixtures("english")


def path_of(world: World, number: int = 1) -> str:
    return f"/issues/{world.issues[number - 1].pk}/"


def decide(world: World, state: str = IssueState.RECTIFIED, reason: str = "Heard the report") -> IssueVerdict:
    return lookback.decide_issue(
        world.issues[0], state=state, reason=reason, decided_on=world.day(20), by=world.chief, at=world.at(21)
    )


def test_issue_detail_is_for_who_sees_the_issue(world: World, client: Client) -> None:
    for name in ("office", "chief", "leader", "inspector", "head_a", "liaison_b"):
        assert get(client, world.everybody()[name], path_of(world)).status_code == 200
    for name in ("stranger", "lower_head", "nobody", "sysadmin", "auditor"):
        assert get(client, world.everybody()[name], path_of(world)).status_code == 404
    assert get(client, world.head_b, path_of(world, 3)).status_code == 404
    assert client.put(path_of(world)).status_code == 405


def test_issue_detail_computes_over_all_measures_and_lists_those_in_sight(world: World, client: Client) -> None:
    factories.measure_at(MeasureStatus.CLOSED, world, row=world.measures[0])
    hidden = "You see the measures that your department leads or assists"

    own = get(client, world.liaison_b, path_of(world))
    whole = get(client, world.office, path_of(world))

    assert [row.number for row in own.context["rows"]] == [2]
    assert [row.number for row in whole.context["rows"]] == [1, 2]
    assert own.context["standing"] == whole.context["standing"]
    assert (own.context["words"]["state"], own.context["standing"].closed) == ("partial results", 1)
    assert "1 of 2 closed" in own.content.decode()
    assert hidden in own.content.decode()
    assert hidden not in whole.content.decode()
    assert "Words 1" in own.content.decode()
    assert "Now waiting for the closure of 1 of 2 measures" in own.content.decode()


def test_issue_detail_shows_the_verdicts_and_the_disagreement(world: World, client: Client) -> None:
    decide(world, IssueState.PARTIAL, "Half of it")
    decide(world)

    answer = get(client, world.head_a, path_of(world))
    page = answer.content.decode()

    assert [row.reason for row in answer.context["verdicts"]] == ["Heard the report", "Half of it"]
    assert "The leading group found “rectified” on" in page
    assert "by its measures the issue is “under rectification”: 0 of 2 are closed" in page
    assert "Chief" in page


def test_issue_detail_of_a_finding_without_verdict_or_measures(world: World, client: Client) -> None:
    issue = plan.add_issue(world.areas[0], number=9, title="New", by=world.office, at=world.at(1))

    page = get(client, world.office, f"/issues/{issue.pk}/").content.decode()

    assert "to plan measures, because the issue has none" in page
    assert "The leading group has given no verdict on this issue." in page
    assert "No measure is in your sight here." in page


def test_chief_gives_the_verdict(world: World, client: Client) -> None:
    form = {"state": "rectified", "reason": "Heard the report", "decided_on": world.day(30)}
    assert "Give the verdict" in get(client, world.chief, path_of(world)).content.decode()

    answer = client.post(path_of(world), form)

    assert answer["Location"] == path_of(world)
    row = IssueVerdict.objects.get()
    assert (row.state, row.reason, row.decided_on) == (IssueState.RECTIFIED, "Heard the report", world.day(30))


def test_refused_verdict_tells_why(world: World, client: Client) -> None:
    form = {"state": "rectified", "reason": "Heard the report", "decided_on": world.day(99)}
    client.force_login(world.chief)

    answer = client.post(path_of(world), form)

    assert answer.status_code == 422
    assert "The day of the verdict lies in the future." in answer.content.decode()
    assert client.post(path_of(world), form | {"reason": ""}).status_code == 422


def test_nobody_else_gives_a_verdict(world: World, client: Client) -> None:
    form = {"state": "rectified", "reason": "Heard the report", "decided_on": world.day(30)}
    for name in ("office", "inspector", "leader", "head_a"):
        assert "Give the verdict" not in get(client, world.everybody()[name], path_of(world)).content.decode()
        answer = client.post(path_of(world), form)
        assert answer.status_code == 422
        assert "is given by the head of the leading group" in answer.content.decode()
    assert not IssueVerdict.objects.exists()


def test_recommendation_shows_the_measures_that_answer_it(world: World, client: Client) -> None:
    row = plan.add_recommendation(
        world.campaign, answers=[world.measures[0], world.measures[2]], number=1, title="Advice", text="Do better",
        by=world.office, at=world.at(1),
    )  # fmt: skip

    whole, own = (get(client, user, f"/issues/{row.pk}/") for user in (world.chief, world.head_a))

    assert [m.number for m in whole.context["rows"]] == [1, 3]
    assert [m.number for m in own.context["rows"]] == [1]
    page = whole.content.decode()
    assert "Measures that answer it" in page
    assert "0 of 2 closed" in page
    assert "Do better" in page
    assert "Give the verdict" not in page
    assert get(client, world.head_b, f"/issues/{row.pk}/").status_code == 200


def test_ledger_and_measure_lead_to_the_issue(world: World, client: Client) -> None:
    link = f'href="{path_of(world)}"'

    assert link in get(client, world.office, f"/campaigns/{world.campaign.slug}/ledger/").content.decode()
    assert link in get(client, world.office, f"/measures/{world.measures[0].pk}/").content.decode()


def test_issue_detail_costs_the_same_for_one_measure_and_for_three(world: World, client: Client) -> None:
    few = queries(client, world.office, path_of(world, 2))
    factories.measures(world, 2, issue=world.issues[1])

    assert queries(client, world.office, path_of(world, 2)) == few
