"""The plan as a tree in the browser, and the forms of its areas, issues and recommendations."""

from typing import Any

import pytest
from django.test import Client

from findings.models import Area, Issue, RecommendationLink
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh
from findings.tests.pages import get, queries
from findings.workflow import amend, plan

pytestmark = pytest.mark.usefixtures("english")


def page(world: World, anchor: str = "") -> str:
    return f"/campaigns/{world.campaign.slug}/plan/{anchor}"


def approve(world: World) -> None:
    world.campaign = plan.approve_plan(world.campaign, on=world.day(3), by=world.office, at=world.at(3))


def tree(answer: Any) -> list[tuple[int, list[tuple[int, list[int]]]]]:
    """The numbers of areas, issues and measures as the page shows them."""
    return [
        (branch.area.number, [(part.issue.number, [row.number for row in part.measures]) for part in branch.issues])
        for branch in answer.context["areas"]
    ]


# --- The tree ----------------------------------------------------------------------------------------------


def test_tree_shows_what_is_in_sight(world: World, client: Client) -> None:
    whole = [(1, [(1, [1, 2]), (2, [3])]), (2, [(3, [4])])]
    for name in ("office", "chief", "inspector"):
        assert tree(get(client, world.everybody()[name], page(world))) == whole
    assert tree(get(client, world.head_b, page(world))) == [(1, [(1, [2]), (2, [3])])]
    for name in ("stranger", "nobody", "auditor"):
        assert get(client, world.everybody()[name], page(world)).status_code == 404
    assert client.post(page(world)).status_code == 405


def test_tree_offers_changes_to_the_office_alone(world: World, client: Client) -> None:
    office, chief = (get(client, person, page(world)).content.decode() for person in (world.office, world.chief))
    for words in ("Add an area", "Add measures", "Amend", 'type="checkbox"', "Change the owners"):
        assert words in office
        assert words not in chief


def test_tree_links_an_amendment_only_where_it_is_open(world: World, client: Client) -> None:
    closed = factories.measure_at("closed", world, row=world.measures[0])
    text = get(client, world.office, page(world)).content.decode()
    assert f"/measures/{closed.pk}/steps/amend/" not in text
    assert f"/measures/{world.measures[1].pk}/steps/amend/?next={page(world)}%23measure-2" in text


def test_tree_costs_the_same_for_few_rows_and_many(world: World, client: Client) -> None:
    few = queries(client, world.office, page(world))
    factories.measures(world, 2, assisting=[world.b])
    plan.add_area(world.campaign, title="Third", by=world.office, at=world.at(1))
    assert queries(client, world.office, page(world)) == few


def test_tree_shows_recommendations_and_what_was_taken_out(world: World, client: Client) -> None:
    plan.add_recommendation(
        world.campaign, answers=world.measures[:2], title="Advice", by=world.office, at=world.at(1)
    )  # fmt: skip
    amend.split_measure(
        world.measures[1], parts=[{"text": "A"}, {"text": "B"}], note="Two", by=world.office, at=world.at(2)
    )
    answer = get(client, world.office, page(world))
    advice = answer.context["recommendations"]
    assert [[row.number for row in one.answers] for one in advice] == [[1, 5, 6]]
    assert [row.number for row in answer.context["retired"]] == [2]
    assert "Taken out of the plan" in answer.content.decode()


def test_empty_plans_say_what_comes_next(world: World, client: Client) -> None:
    plan.add_area(world.campaign, title="Third", by=world.office, at=world.at(1))
    plan.add_issue(world.areas[1], title="Fourth", by=world.office, at=world.at(1))
    text = get(client, world.office, page(world)).content.decode()
    assert "No issue stands in this area yet." in text
    assert "No measure answers this issue yet." in text
    world.campaign = factories.make_campaign(world)
    assert "The plan has no area yet." in get(client, world.office, page(world)).content.decode()
    assert "No measure of this plan is in your sight." in get(client, world.chief, page(world)).content.decode()


# --- Areas -------------------------------------------------------------------------------------------------


def test_add_an_area(world: World, client: Client) -> None:
    client.force_login(world.office)
    answer = client.post(page(world, "areas/new/"), {"version": 0, "title": "Third"})
    assert (answer.status_code, answer["Location"]) == (302, page(world))
    assert Area.objects.get(number=3).title == "Third"
    answer = client.post(page(world, "areas/new/"), {"version": 0, "title": "Again", "number": 3})
    assert "is taken" in str(answer.context["form"].errors["number"])
    assert broken_records() == []


def test_change_an_area(world: World, client: Client) -> None:
    area = world.areas[0]
    path = f"/areas/{area.pk}/edit/"
    assert 'name="number"' not in get(client, world.office, path).content.decode()
    answer = client.post(path, {"version": area.version, "title": "Other"})
    assert answer["Location"] == page(world, "#area-1")
    answer = client.post(path, {"version": area.version, "title": "Third"})
    assert answer.status_code == 409
    assert answer.context["form"].differences == [{"label": "title", "theirs": "Other", "yours": "Third"}]


@pytest.mark.parametrize("name", ["area", "issue", "new issue", "measures"])
def test_forms_are_the_offices(world: World, client: Client, name: str) -> None:
    path = {
        "area": f"/areas/{world.areas[0].pk}/edit/",
        "issue": f"/issues/{world.issues[0].pk}/edit/",
        "new issue": f"/areas/{world.areas[0].pk}/issues/new/",
        "measures": f"/issues/{world.issues[0].pk}/measures/new/",
    }[name]
    assert get(client, world.office, path).status_code == 200
    assert client.put(path).status_code == 405
    for person in (world.chief, world.head_a):
        assert get(client, person, path).status_code == 403
        assert client.post(path, {}).status_code == 403
    for person in (world.stranger, world.nobody, world.lower_head):
        assert get(client, person, path).status_code == 404


# --- Issues ------------------------------------------------------------------------------------------------


def test_add_an_issue(world: World, client: Client) -> None:
    path = f"/areas/{world.areas[1].pk}/issues/new/"
    assert get(client, world.office, path).context["form"]["area"].value() == world.areas[1].pk
    answer = client.post(path, {"version": 0, "area": world.areas[1].pk, "title": "New", "is_common": "on"})
    assert answer["Location"] == page(world, "#area-2")
    row = Issue.objects.get(number=4)
    assert (row.area, row.title, row.is_common) == (world.areas[1], "New", True)


def test_change_an_issue(world: World, client: Client) -> None:
    issue = world.issues[0]
    path = f"/issues/{issue.pk}/edit/"
    sent = {"version": issue.version, "area": world.areas[1].pk, "title": "Other", "text": "Own words"}
    assert get(client, world.office, path).context["form"]["text"].value() == "Words 1"
    assert client.post(path, sent)["Location"] == page(world, "#issue-1")
    assert (fresh(issue).area, fresh(issue).text) == (world.areas[1], "Own words")
    answer = client.post(path, sent | {"title": "Third"})
    assert answer.status_code == 409
    assert [row["label"] for row in answer.context["form"].differences] == ["title"]


def test_area_of_another_campaign_is_no_choice(world: World, client: Client) -> None:
    other = factories.make_campaign(world)
    area = plan.add_area(other, title="Elsewhere", by=world.office, at=world.at(1))
    client.force_login(world.office)
    answer = client.post(f"/issues/{world.issues[0].pk}/edit/", {"version": 1, "area": area.pk, "title": "Other"})
    assert "area" in answer.context["form"].errors


def test_change_of_an_approved_plan_needs_a_reason(world: World, client: Client) -> None:
    approve(world)
    issue = world.issues[0]
    client.force_login(world.office)
    sent = {"version": issue.version, "area": world.areas[0].pk, "title": "Other", "text": "Words 1"}
    assert "note" in client.post(f"/issues/{issue.pk}/edit/", sent).context["form"].errors
    assert client.post(f"/issues/{issue.pk}/edit/", sent | {"note": "Typo"}).status_code == 302
    assert fresh(issue).history.latest().history_change_reason == "Typo"


# --- Recommendations ---------------------------------------------------------------------------------------


def answers(row: Issue) -> list[int]:
    links = RecommendationLink.objects.filter(recommendation=row, is_active=True)
    return list(links.order_by("measure__number").values_list("measure__number", flat=True))


def test_recommendations(world: World, client: Client) -> None:
    client.force_login(world.office)
    one, two, three, _four = (row.pk for row in world.measures)
    path = page(world, "recommendations/new/")
    assert client.get(path).status_code == 200
    answer = client.post(path, {"version": 0, "title": "Advice", "answers": [one, two]})
    assert answer["Location"] == page(world, "#recommendations")
    row = Issue.objects.get(title="Advice")
    assert answers(row) == [1, 2]

    path = f"/issues/{row.pk}/edit/"
    assert sorted(client.get(path).context["form"]["answers"].value()) == sorted([one, two])
    assert client.post(path, {"version": row.version, "title": "Advice", "answers": [three]}).status_code == 302
    assert answers(row) == [3]
    stale = client.post(path, {"version": row.version, "title": "Advice", "answers": [one]})
    assert stale.context["form"].differences == [
        {"label": "answered by", "theirs": "3. Measure 3", "yours": "1. Measure 1"}
    ]
    assert broken_records() == []


def test_recommendation_keeps_an_answer_that_was_taken_out_of_the_plan(world: World, client: Client) -> None:
    row = plan.add_recommendation(
        world.campaign, answers=world.measures[:2], title="Advice", by=world.office, at=world.at(1)
    )  # fmt: skip
    amend.retire_measure(world.measures[0], note="Done elsewhere", by=world.office, at=world.at(2))
    offered = get(client, world.office, f"/issues/{row.pk}/edit/").context["form"].fields["answers"].queryset
    assert [measure.number for measure in offered] == [1, 2, 3, 4]
    offered = get(client, world.office, page(world, "recommendations/new/")).context["form"].fields["answers"].queryset
    assert [measure.number for measure in offered] == [2, 3, 4]
