"""The plan's steps on a measure's page: amend, split, merge, take out; the original beside the present."""

from typing import Any

import pytest
from django.test import Client

from findings.choices import Stage
from findings.models import AssistingDepartment, Measure
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh
from findings.tests.pages import get
from findings.workflow import amend, plan

pytestmark = pytest.mark.usefixtures("english")


def step(row: Measure, name: str) -> str:
    return f"/measures/{row.pk}/steps/{name}/"


def approve(world: World) -> None:
    world.campaign = plan.approve_plan(world.campaign, on=world.day(3), by=world.office, at=world.at(3))


def typed(row: Measure, **changes: Any) -> dict[str, Any]:
    """What the form of an amendment sends where nothing was touched, and the changes."""
    return {
        "version": row.version, "text": row.text, "goal": row.goal, "lead_leader": row.lead_leader_id,
        "lead_department": row.lead_department_id, "deadline": row.deadline.isoformat(), "nature": row.nature,
        "phase": row.phase, "assisting": list(row.assisting.values_list("department_id", flat=True)), **changes,
    }  # fmt: skip


def test_steps_are_offered_to_the_office_alone(world: World, client: Client) -> None:
    path = f"/measures/{world.measures[0].pk}/"
    labels = {"Amend the measure", "Split the measure", "Merge with other measures", "Take out of the plan"}
    offers = get(client, world.office, path).context["offers"]
    assert labels <= {offer["label"] for offer in offers}
    refused = {offer["label"]: offer["refusal"] for offer in get(client, world.head_a, path).context["refused"]}
    assert {refused[label] for label in labels} == {"Only the rectification office can do this."}


# --- Amend -------------------------------------------------------------------------------------------------


def test_amend_before_the_approval(world: World, client: Client) -> None:
    row = world.measures[1]
    form = get(client, world.office, step(row, "amend")).context["form"]
    assert [value for value in form["assisting"].value()] == [world.b.pk]
    back = f"/campaigns/{world.campaign.slug}/plan/#measure-2"

    answer = client.post(step(row, "amend"), typed(row, text="Better", deadline=world.day(110).isoformat(),
                                                   assisting=[], next=back))  # fmt: skip

    assert (answer.status_code, answer["Location"]) == (302, back)
    row = fresh(row)
    assert (row.text, row.deadline, row.original_deadline) == ("Better", world.day(110), world.day(110))
    assert not AssistingDepartment.objects.filter(measure=row, is_active=True).exists()
    assert broken_records() == []


def test_amend_after_the_approval_leaves_dates_to_the_requests(world: World, client: Client) -> None:
    approve(world)
    row = world.measures[0]
    form = get(client, world.office, step(row, "amend")).context["form"]
    assert not {"deadline", "nature", "phase", "recheck_on"} & set(form.fields)

    answer = client.post(step(row, "amend"), typed(row, text="Better"))
    assert list(answer.context["form"].errors) == ["note"]
    answer = client.post(step(row, "amend"), typed(row, note="Why not"))
    assert answer.context["form"].non_field_errors() == ["Nothing was changed."]
    sent = typed(row, text="Better", deadline=world.day(200).isoformat(), note="Wording")
    assert client.post(step(row, "amend"), sent).status_code == 302
    assert (fresh(row).text, fresh(row).deadline) == ("Better", row.deadline)


def test_amend_out_of_date_shows_both_texts(world: World, client: Client) -> None:
    row = world.measures[0]
    amend.amend_measure(
        row, text="Theirs", lead_department=world.b, assisting=[world.a], by=world.office, at=world.at(1)
    )
    client.force_login(world.office)
    answer = client.post(step(row, "amend"), typed(row, text="Mine", assisting=[]))
    assert answer.status_code == 409
    found = {line["label"]: (line["theirs"], line["yours"]) for line in answer.context["form"].differences}
    assert found == {
        "measure": ("Theirs", "Mine"), "lead department": ("Department b", "Department a"),
        "assisting departments": ("Department a", "—"),
    }  # fmt: skip


def test_amend_offers_leaders_and_departments_of_the_court(world: World, client: Client) -> None:
    fields = get(client, world.office, step(world.measures[0], "amend")).context["form"].fields
    assert set(fields["lead_leader"].queryset) == {world.leader, world.other_leader}
    assert set(fields["lead_department"].queryset) == {world.a, world.b}


# --- Split, merge, take out --------------------------------------------------------------------------------


def test_split_and_its_relatives(world: World, client: Client) -> None:
    row = world.measures[0]
    form = get(client, world.office, step(row, "split")).context["form"]
    assert form["text_1"].value() == "Measure 1"
    sent = {"text_1": "A", "goal_1": "One", "text_2": "B", "text_4": "C", "note": "Three things"}

    landing = client.post(step(row, "split"), sent)["Location"]

    parts = list(Measure.objects.filter(number__gt=4).order_by("number"))
    assert landing == f"/measures/{parts[0].pk}/"
    assert [(part.text, part.goal) for part in parts] == [("A", "One"), ("B", ""), ("C", "")]
    old = get(client, world.office, f"/measures/{row.pk}/")
    assert old.context["successors"] == parts
    assert "Goes on as" in old.content.decode()
    assert "Taken out of the plan" in old.content.decode()
    assert old.context["moments"][0].sentence == "took the measure out of the plan; it goes on as 5, 6, 7"
    assert (old.context["offers"], old.context["refused"], old.context["can_draft_notice"]) == ([], [], False)
    assert "<dt>Light</dt>" not in old.content.decode()
    new = get(client, world.office, f"/measures/{parts[0].pk}/")
    assert new.context["predecessors"] == [row]
    assert new.context["moments"][-1].sentence == "put the measure into the plan, made out of 1"
    assert "Came from" in new.content.decode()
    client.force_login(world.office)
    assert (
        "text_2" in client.post(step(world.measures[1], "split"), {"text_1": "A", "note": "x"}).context["form"].errors
    )


def test_merge(world: World, client: Client) -> None:
    first, second, other = world.measures[:3]
    form = get(client, world.office, step(first, "merge")).context["form"]
    assert list(form.fields["others"].queryset) == [second]
    sent = {"others": [second.pk], "text": "Both", "goal": "All", "note": "One thing"}
    assert "others" in client.post(step(first, "merge"), {**sent, "others": [other.pk]}).context["form"].errors

    landing = client.post(step(first, "merge"), {**sent, "next": "/campaigns/"})["Location"]

    row = Measure.objects.get(number=5)
    assert landing == "/campaigns/"
    assert (row.text, row.goal) == ("Both", "All")
    assert [measure.retired_on is not None for measure in map(fresh, (first, second, other))] == [True, True, False]
    assert broken_records() == []


def test_merge_says_where_there_is_nothing_to_merge_with(world: World, client: Client) -> None:
    text = get(client, world.office, step(world.measures[3], "merge")).content.decode()
    assert "The issue has no other measure with which it could be merged." in text


def test_take_out(world: World, client: Client) -> None:
    row = world.measures[3]
    client.force_login(world.office)
    assert "note" in client.post(step(row, "retire"), {}).context["form"].errors
    assert client.post(step(row, "retire"), {"note": "Done elsewhere"}).status_code == 302
    assert fresh(row).retired_on is not None
    page = get(client, world.office, f"/measures/{row.pk}/")
    assert page.context["offers"] == []


# --- The original beside the present -----------------------------------------------------------------------


def beside(client: Client, world: World, row: Measure) -> list[tuple[str, str, str]]:
    answer = get(client, world.office, f"/measures/{row.pk}/")
    assert ("Original beside present" in answer.content.decode()) == bool(answer.context["original"])
    return [(pair.label, pair.original, pair.present) for pair in answer.context["original"]]


def test_original_stands_beside_the_present_where_they_differ(world: World, client: Client) -> None:
    row = world.measures[1]
    amend.amend_measure(row, text="Draft", by=world.office, at=world.at(1))
    assert beside(client, world, row) == []
    approve(world)
    assert beside(client, world, row) == []

    amend.amend_measure(
        row, text="Better", lead_department=world.b, lead_leader=world.other_leader, assisting=[world.a],
        note="Decided", by=world.office, at=world.at(4),
    )  # fmt: skip

    assert beside(client, world, row) == [
        ("measure", "Draft", "Better"),
        ("lead leader", "Leader", "Other Leader"),
        ("lead department", "Department a", "Department b"),
        ("assisting departments", "Department b", "Department a"),
    ]


def test_extended_deadline_stands_beside_the_approved_one(world: World, client: Client) -> None:
    approve(world)
    request = factories.climb(world, factories.extension_at(Stage.HEAD, world))
    days = (world.day(100).isoformat(), world.day(130).isoformat())
    assert ("deadline", *days) in beside(client, world, request.measure)


def test_measure_that_came_after_the_approval_begins_with_itself(world: World, client: Client) -> None:
    approve(world)
    row = plan.add_measure(
        world.issues[0], text="Late idea", assisting=[world.b], note="Asked", by=world.office, at=world.at(5)
    )
    assert beside(client, world, row) == []
    amend.amend_measure(row, text="Later idea", note="Wording", by=world.office, at=world.at(6))
    assert beside(client, world, row) == [("measure", "Late idea", "Later idea")]


def test_timeline_tells_who_assists_from_when_on(world: World, client: Client) -> None:
    row = world.measures[1]
    amend.amend_measure(row, assisting=[], note="Alone", by=world.office, at=world.at(1))
    moments = get(client, world.office, f"/measures/{row.pk}/").context["moments"]
    assert [moment.sentence for moment in moments] == [
        "changed the assisting departments", "put the measure into the plan",
    ]  # fmt: skip
    assert [(change.old, change.new) for change in moments[0].changes] == [("Department b", "")]
    assert moments[0].note == "Alone"
