"""Campaigns in the browser: the list, one campaign's page, and the forms of its office."""

from typing import Any

import pytest
from django.test import Client

from findings.models import Campaign, Measure
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh
from findings.tests.pages import get, queries
from findings.workflow import plan

pytestmark = pytest.mark.usefixtures("english")

STAGES = {"closure_stages_0": "office", "closure_stages_1": "chief", "extension_stages_0": "leader"}


def page(world: World, name: str = "") -> str:
    return f"/campaigns/{world.campaign.slug}/{name}"


def typed(world: World, **changes: Any) -> dict[str, Any]:
    """What the form of a campaign sends."""
    return {
        "version": world.campaign.version, "title": "Inspection 2", "source": "xunshi", "inspecting_body": "Group 2",
        "feedback_on": world.begin.isoformat(), "concentrated_until": world.day(150).isoformat(),
        "sustained_until": world.day(700).isoformat(), "due_soon_days": 7, "progress_due_days": 5, "lock_days": 2,
        **STAGES, **changes,
    }  # fmt: skip


def test_list_shows_the_campaigns_in_sight(world: World, client: Client) -> None:
    for name in ("office", "chief", "inspector", "head_a"):
        assert [row for row, _closed in get(client, world.everybody()[name], "/campaigns/").context["rows"]] == [
            world.campaign
        ]
    assert "Open a campaign" in get(client, world.office, "/campaigns/").content.decode()
    assert "Open a campaign" not in get(client, world.chief, "/campaigns/").content.decode()
    assert "No campaign has been opened yet" in get(client, world.stranger, "/campaigns/").content.decode()
    assert "No campaign is in your sight" in get(client, world.lower_head, "/campaigns/").content.decode()
    for name in ("nobody", "sysadmin"):
        assert get(client, world.everybody()[name], "/campaigns/").status_code == 403
    assert client.post("/campaigns/").status_code in {403, 405}


def test_list_costs_the_same_for_one_campaign_and_three(world: World, client: Client) -> None:
    one = queries(client, world.office, "/campaigns/")
    for _n in range(2):
        factories.make_campaign(world)
    assert queries(client, world.office, "/campaigns/") == one


def test_detail_is_for_who_sees_the_campaign(world: World, client: Client) -> None:
    for name in ("office", "chief", "leader", "inspector", "head_a", "liaison_b"):
        answer = get(client, world.everybody()[name], page(world))
        assert answer.status_code == 200
        assert bool(answer.context["totals"]) == (name not in {"head_a", "liaison_b"})
        assert answer.context["may_edit"] == (name == "office")
    for name in ("stranger", "lower_head", "nobody", "auditor"):
        assert get(client, world.everybody()[name], page(world)).status_code == 404
    assert client.post(page(world)).status_code == 405


def test_detail_shows_outlook_rules_and_the_difference(world: World, client: Client) -> None:
    world.campaign = plan.edit_campaign(
        world.campaign, declared_areas=1, declared_issues=3, declared_measures=6, blue_days=15,
        closure_stages="head,chief", onsite_from=world.day(-20), onsite_until=world.day(-10), by=world.office,
        at=world.at(1),
    )  # fmt: skip
    text = get(client, world.office, page(world)).content.decode()
    for words in (
        "Now waiting for the approval of the plan", "head of the lead department → leading group",
        "1 more than declared", "2 fewer than declared", "15 days before the deadline", "Area 2",
        "Record the approval of the plan",
    ):  # fmt: skip
        assert words in text


def test_approval_warns_of_totals_that_differ(world: World, client: Client) -> None:
    even = get(client, world.office, page(world, "approve/")).context["warning"]
    world.campaign = plan.edit_campaign(world.campaign, declared_measures=6, by=world.office, at=world.at(1))

    text = get(client, world.office, page(world, "approve/")).content.decode()

    assert even == ""
    assert "The plan differs from the declared totals. measures: 6 declared, 4 found." in text


def test_detail_of_an_empty_campaign_says_what_comes_next(world: World, client: Client) -> None:
    world.campaign = factories.make_campaign(world)
    assert "The plan has no area yet." in get(client, world.office, page(world)).content.decode()
    assert "No area of this campaign is in your sight." in get(client, world.chief, page(world)).content.decode()


def test_detail_costs_the_same_for_few_measures_and_many(world: World, client: Client) -> None:
    few = queries(client, world.office, page(world))
    factories.measures(world, 3)
    assert queries(client, world.office, page(world)) == few


@pytest.mark.parametrize("name", ["edit/", "approve/", "close/", "plan/areas/new/", "plan/owners/"])
def test_forms_are_the_offices(world: World, client: Client, name: str) -> None:
    assert get(client, world.office, page(world, name)).status_code == 200
    for person in ("chief", "leader", "inspector", "head_a"):
        assert get(client, world.everybody()[person], page(world, name)).status_code == 403
        assert client.post(page(world, name), {}).status_code == 403
    for person in ("stranger", "nobody", "sysadmin"):
        assert get(client, world.everybody()[person], page(world, name)).status_code == 404
    client.force_login(world.office)
    assert client.put(page(world, name)).status_code == 405


def test_create(world: World, client: Client) -> None:
    for name in ("head_a", "chief", "nobody"):
        assert get(client, world.everybody()[name], "/campaigns/new/").status_code == 403
    answer = get(client, world.office, "/campaigns/new/")
    assert 'name="closure_stages_3"' in answer.content.decode()

    sent = typed(world, version=0, slug="second", court=world.court.pk, note="From the paper", declared_measures=83)
    answer = client.post("/campaigns/new/", sent)

    assert (answer.status_code, answer["Location"]) == (302, "/campaigns/second/plan/")
    row = Campaign.objects.get(slug="second")
    assert (row.closure_stages, row.extension_stages, row.declared_measures) == ("office,chief", "leader", 83)
    assert row.history.get().history_change_reason == "From the paper"
    assert broken_records() == []


def test_create_refuses_what_is_wrong_beside_the_field(world: World, client: Client) -> None:
    client.force_login(world.office)
    sent = typed(world, version=0, slug=world.campaign.slug, court=world.court.pk)
    for change, field, words in (
        ({}, "slug", "is taken"),
        ({"slug": "new"}, "slug", "is taken"),
        ({"court": world.lower.pk}, "court", "valid choice"),
        ({"closure_stages_0": "", "closure_stages_1": ""}, "closure_stages", "required"),
        ({"slug": "x", "closure_stages_1": "office"}, "closure_stages", "only once"),
        ({"slug": "x", "sustained_until": world.begin.isoformat()}, "sustained_until", "before the concentrated"),
    ):
        answer = client.post("/campaigns/new/", sent | change)
        assert answer.status_code == 422
        assert words in str(answer.context["form"].errors[field])
    assert Campaign.objects.count() == 1


def test_edit(world: World, client: Client) -> None:
    client.force_login(world.office)
    answer = client.post(page(world, "edit/"), typed(world, blue_days=20))
    assert (answer.status_code, answer["Location"]) == (302, page(world))
    row = fresh(world.campaign)
    assert (row.title, row.blue_days, row.slug, row.court) == ("Inspection 2", 20, world.campaign.slug, world.court)


def test_edit_of_an_approved_plan_needs_a_reason(world: World, client: Client) -> None:
    world.campaign = plan.approve_plan(world.campaign, on=world.day(1), by=world.office, at=world.at(1))
    client.force_login(world.office)
    assert "note" in client.post(page(world, "edit/"), typed(world)).context["form"].errors
    assert client.post(page(world, "edit/"), typed(world, note="Typo")).status_code == 302


def test_second_editor_gets_both_texts(world: World, client: Client) -> None:
    sent = typed(world)
    plan.edit_campaign(
        world.campaign, title="Theirs", closure_stages="head", by=world.office, at=world.at(1)
    )  # fmt: skip
    client.force_login(world.office)

    answer = client.post(page(world, "edit/"), sent)

    assert answer.status_code == 409
    found = {row["label"]: (row["theirs"], row["yours"]) for row in answer.context["form"].differences}
    assert found["title"] == ("Theirs", "Inspection 2")
    assert found["stages of a closure"] == ("head of the lead department", "rectification office, leading group")
    again = {**sent, "version": answer.context["form"]["version"].value()}
    assert client.post(page(world, "edit/"), again).status_code == 302
    assert fresh(world.campaign).title == "Inspection 2"


def test_approve_and_close(world: World, client: Client) -> None:
    client.force_login(world.office)
    answer = client.post(page(world, "approve/"), {"on": world.day(-1).isoformat()})
    assert "after the feedback" in str(answer.context["form"].errors["on"])

    answer = client.post(page(world, "approve/"), {"on": world.day(3).isoformat()})
    assert (answer.status_code, fresh(world.campaign).plan_approved_on) == (302, world.day(3))
    assert "note" in client.post(page(world, "approve/"), {"on": world.day(4).isoformat()}).context["form"].errors
    assert "Correct the day of approval" in get(client, world.office, page(world)).content.decode()

    assert "Of 4 measures 4 are not closed" in get(client, world.office, page(world, "close/")).content.decode()
    answer = client.post(page(world, "close/"), {"on": world.day(2).isoformat()})
    assert "after the plan" in str(answer.context["form"].errors["on"])
    assert client.post(page(world, "close/"), {"on": world.day(39).isoformat()}).status_code == 302
    assert fresh(world.campaign).closed_on == world.day(39)
    text = get(client, world.office, page(world)).content.decode()
    assert "nothing is waited for" in text
    assert "Change the campaign" not in text
    assert broken_records() == []


def test_approval_says_what_the_plan_lacks(world: World, client: Client) -> None:
    factories.make_measure(world, lead_department=None)
    client.force_login(world.office)
    answer = client.post(page(world, "approve/"), {"on": world.day(3).isoformat()})
    assert answer.status_code == 422
    assert "These measures have no lead department: 5." in answer.content.decode()


def test_navigation_leads_the_office_to_the_plan(world: World, client: Client) -> None:
    links = [
        entry["url"] for entry in get(client, world.office, page(world, "plan/")).context["nav"]() if entry["active"]
    ]
    assert links == [page(world)]
    assert page(world) not in [entry["url"] for entry in get(client, world.chief, page(world)).context["nav"]()]
    empty = [entry["url"] for entry in get(client, world.stranger, "/").context["nav"]()]
    assert "/campaigns/" in empty
    assert page(world) in get(client, world.chief, page(world, "ledger/")).content.decode()
    assert Measure.objects.count() == 4
