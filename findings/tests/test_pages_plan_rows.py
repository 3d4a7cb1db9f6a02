"""Many measures at once: the grid, the paste box, and new owners for ticked measures."""

from typing import Any

import pytest
from django.test import Client

from findings.choices import Nature, Phase
from findings.models import AssistingDepartment, Issue, Measure
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh
from findings.tests.pages import get, queries
from findings.workflow import amend, plan

pytestmark = pytest.mark.usefixtures("english")


def grid(world: World, issue: Issue | None = None) -> str:
    return f"/issues/{(issue or world.issues[0]).pk}/measures/new/"


def typed(rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """What the grid sends: each row with the usual choices."""
    sent: dict[str, Any] = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": 0, "act": "save", **more}
    for index, row in enumerate(rows):
        whole = {"nature": "dated", "phase": "concentrated", **row}
        sent |= {f"form-{index}-{name}": value for name, value in whole.items()}
    return sent


def helpers(row: Measure) -> list[str]:
    rows = AssistingDepartment.objects.filter(measure=row, is_active=True)
    return list(rows.order_by("department__code").values_list("department__code", flat=True))


# --- The grid ----------------------------------------------------------------------------------------------


def test_grid_has_as_many_rows_as_wished(world: World, client: Client) -> None:
    for query, rows in (("", 5), ("?rows=10", 10), ("?rows=0", 1), ("?rows=9999", 5), ("?rows=x", 5), ("?rows=99", 50)):
        assert len(get(client, world.office, grid(world) + query).context["formset"].forms) == rows


def test_grid_costs_the_same_for_few_rows_and_many(world: World, client: Client) -> None:
    assert queries(client, world.office, grid(world) + "?rows=1") == queries(
        client, world.office, grid(world) + "?rows=20"
    )


def test_recommendation_has_no_grid(world: World, client: Client) -> None:
    row = plan.add_recommendation(world.campaign, answers=[], title="Advice", by=world.office, at=world.at(1))
    assert get(client, world.office, grid(world, row)).status_code == 404


def test_grid_saves_the_filled_rows(world: World, client: Client) -> None:
    client.force_login(world.office)
    rows = [
        {"text": "First", "goal": "One", "lead_leader": world.leader.pk, "lead_department": world.a.pk,
         "assisting": [world.b.pk], "deadline": world.day(90).isoformat(), "is_key": "on"},
        {"text": ""},
        {"text": "Second", "nature": "standing", "phase": "sustained"},
    ]  # fmt: skip

    answer = client.post(grid(world), typed(rows))

    assert (answer.status_code, answer["Location"]) == (302, f"/campaigns/{world.campaign.slug}/plan/#issue-1")
    first, second = Measure.objects.filter(number__gt=4).order_by("number")
    assert (first.text, first.goal, first.lead_leader, first.lead_department) == (
        "First", "One", world.leader, world.a,
    )  # fmt: skip
    assert (first.deadline, first.original_deadline, first.is_key) == (world.day(90), world.day(90), True)
    assert helpers(first) == ["b"]
    assert (second.nature, second.phase, second.deadline) == (Nature.STANDING, Phase.SUSTAINED, None)
    assert broken_records() == []


def test_grid_saves_all_or_nothing_and_marks_every_row(world: World, client: Client) -> None:
    client.force_login(world.office)
    late, both = world.day(800).isoformat(), {"lead_department": world.a.pk, "assisting": [world.a.pk]}

    answer = client.post(grid(world), typed([{"text": "Good"}, {}, {"text": "Late", "deadline": late},
                                             {"text": "Both", **both}]))  # fmt: skip

    assert answer.status_code == 422
    forms = answer.context["formset"].forms
    assert [list(form.errors) for form in forms] == [[], [], ["deadline"], ["assisting"]]
    assert answer.context["form"].non_field_errors() == ["Nothing was saved: 2 rows must be looked at."]
    assert Measure.objects.count() == 4


def test_grid_tells_what_cannot_be_read(world: World, client: Client) -> None:
    client.force_login(world.office)
    answer = client.post(grid(world), typed([{"goal": "No text", "deadline": "soon", "lead_leader": 0}]))
    assert set(answer.context["formset"].forms[0].errors) == {"text", "deadline", "lead_leader"}
    answer = client.post(grid(world), typed([{}]))
    assert answer.context["form"].non_field_errors() == ["There is no row to save yet."]
    assert client.post(grid(world), {"act": "save"}).status_code == 422


def test_grid_of_an_approved_plan_needs_a_reason(world: World, client: Client) -> None:
    plan.approve_plan(world.campaign, on=world.day(3), by=world.office, at=world.at(3))
    client.force_login(world.office)
    assert "note" in client.post(grid(world), typed([{"text": "Late idea"}])).context["form"].errors
    assert client.post(grid(world), typed([{"text": "Late idea"}], note="Asked by the chief")).status_code == 302
    assert Measure.objects.get(number=5).history.get().history_change_reason == "Asked by the chief"


# --- Pasted rows -------------------------------------------------------------------------------------------


def pasted(client: Client, world: World, *lines: str) -> Any:
    client.force_login(world.office)
    return client.post(grid(world), {"act": "read", "pasted": "\n".join(lines)})


def test_pasted_rows_are_read_into_the_grid(world: World, client: Client) -> None:
    day = world.day(60)
    answer = pasted(
        client, world,
        f"First\tOne\tLeader\tDepartment a\tDepartment b、Department zy-a\t{day.year}年{day.month}月{day.day}日"
        "\t立行立改\t集中整改\t是",
        "\t\t",
        '"Second\nline"\t\t\t\t\t长期坚持',
    )  # fmt: skip

    assert answer.status_code == 200
    assert answer.context["read_rows"] == 2
    assert Measure.objects.count() == 4
    first, second = answer.context["formset"].forms
    assert first.values() == {
        "text": "First", "goal": "One", "lead_leader": world.leader, "lead_department": world.a,
        "assisting": [world.b, world.lower_a], "deadline": day, "nature": "immediate", "phase": "concentrated",
        "is_key": True,
    }  # fmt: skip
    assert (second.values()["text"], second.values()["nature"]) == ("Second\nline", "standing")

    sent = {name: value for name, value in answer.context["formset"].data.items() if value != ""}
    assert client.post(grid(world), {**sent, "act": "save"}).status_code == 302
    row = Measure.objects.get(number=5)
    assert (row.text, row.deadline, row.nature, helpers(row)) == ("First", day, Nature.IMMEDIATE, ["b", "zy-a"])
    assert broken_records() == []


def test_pasted_heading_gives_the_order(world: World, client: Client) -> None:
    answer = pasted(client, world, "责任部门\t备注\t整改措施", "Department b\tanything\tFirst")

    (form,) = answer.context["formset"].forms
    assert (form.values()["text"], form.values()["lead_department"]) == ("First", world.b)


def test_every_problem_of_pasted_rows_is_told_at_once(world: World, client: Client) -> None:
    late = world.day(900).isoformat()
    answer = pasted(
        client, world,
        "First\t\tNobody at all\tDepartment a\tDepartment a\tsoon\todd\t\tperhaps\tbeyond",
        f"\t\t\t\t\t{late}",
    )  # fmt: skip

    assert answer.status_code == 422
    found = [(problem.row, problem.column, problem.value) for problem in answer.context["problems"]]
    assert found == [
        (1, "Lead leader", "Nobody at all"), (1, "Deadline", "soon"), (1, "Nature", "odd"),
        (1, "Key task", "perhaps"), (1, "", "beyond"), (1, "Assisting departments", "Department a"),
        (2, "Measure", ""), (2, "Deadline", late),
    ]  # fmt: skip
    assert "Nobody at all" in answer.content.decode()
    assert Measure.objects.count() == 4


def test_paste_of_nothing_or_of_too_much(world: World, client: Client) -> None:
    assert "pasted" in pasted(client, world, "").context["paste"].errors
    answer = pasted(client, world, "整改措施\t整改目标")
    assert [problem.sentence for problem in answer.context["problems"]] == ["No row was found in what was pasted."]
    answer = pasted(client, world, *[f"Measure {n}" for n in range(61)])
    assert [problem.sentence for problem in answer.context["problems"]] == ["At most 60 rows at once."]


# --- Owners of many ----------------------------------------------------------------------------------------


def ticked(*rows: Measure) -> list[str]:
    return [f"{row.pk}-{row.version}" for row in rows]


def owners(world: World) -> str:
    return f"/campaigns/{world.campaign.slug}/plan/owners/"


def test_owners_of_ticked_measures(world: World, client: Client) -> None:
    first, second = world.measures[:2]
    client.force_login(world.office)
    answer = client.get(owners(world), {"measure": [*ticked(first, second), "x", "1-", "99999999999-1"]})
    assert [row.number for row in answer.context["measures"]] == [1, 2]

    sent = {"measure": ticked(first, second), "lead_leader": world.other_leader.pk, "note": "New duties"}
    answer = client.post(owners(world), sent)

    assert (answer.status_code, answer["Location"]) == (302, f"/campaigns/{world.campaign.slug}/plan/")
    assert [fresh(row).lead_leader for row in (first, second)] == [world.other_leader] * 2
    assert [fresh(row).lead_department for row in (first, second)] == [world.a] * 2
    assert helpers(second) == ["b"]
    assert broken_records() == []


def test_owners_replaces_the_assisting_departments_when_asked(world: World, client: Client) -> None:
    client.force_login(world.office)
    rows = world.measures[:2]
    client.post(owners(world), {"measure": ticked(*rows), "moves_assisting": "on", "note": "Alone"})
    assert [helpers(row) for row in rows] == [[], []]
    rows = [fresh(row) for row in rows]
    sent = {"measure": ticked(*rows), "moves_assisting": "on", "assisting": [world.b.pk], "note": "Together"}
    client.post(owners(world), sent)
    assert [helpers(row) for row in rows] == [["b"], ["b"]]


def test_owners_names_each_measure_that_was_passed_by(world: World, client: Client) -> None:
    first, second, third = world.measures[:3]
    stale = ticked(first)
    amend.amend_measure(first, text="Changed meanwhile", by=world.office, at=world.at(1))
    closed = factories.measure_at("closed", world, row=second)
    client.force_login(world.office)

    answer = client.post(owners(world), {
        "measure": [*stale, *ticked(closed, third)], "lead_department": world.a.pk, "note": "New duties",
    })  # fmt: skip

    assert [(row.number, why) for row, why in answer.context["left"]] == [
        (1, "Somebody has changed it since you opened the list."),
        (2, "Not possible while the state is “closed”."),
    ]
    assert "1 measure changed." in answer.content.decode()
    assert fresh(third).lead_department == world.a


def test_owners_asks_for_a_change_a_reason_and_a_tick(world: World, client: Client) -> None:
    client.force_login(world.office)
    answer = client.post(owners(world), {"measure": ticked(world.measures[0])})
    assert answer.status_code == 422
    assert "note" in answer.context["form"].errors
    assert answer.context["form"].non_field_errors() == ["Please choose what is to change."]
    assert "No measure is ticked." in client.get(owners(world)).content.decode()


def test_measures_out_of_sight_are_not_touched(world: World, client: Client) -> None:
    other = factories.make_campaign(world)
    client.force_login(world.office)
    answer = client.get(f"/campaigns/{other.slug}/plan/owners/", {"measure": ticked(world.measures[0])})
    assert answer.context["measures"] == []
