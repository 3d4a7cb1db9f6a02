"""The page of a meeting: its decisions on single measures, who sees what, and two who correct it at once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from findings.models import Meeting
from findings.tests.factories import World, fresh, last_entry
from findings.tests.pages import queries
from findings.workflow.document import edit_meeting, record_meeting

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def go(world: World, client: Client) -> Callable[..., Any]:
    def ask(user: Any, path: str, data: dict | None = None) -> Any:
        client.force_login(user)
        return client.get(path) if data is None else client.post(path, data)

    return ask


def hold(world: World, **fields: Any) -> Meeting:
    given = {"kind": "party_group", "title": "Meeting", "held_on": world.day(4), "decisions": "Press on",
             "decided": {world.measures[0]: "By May"}, "by": world.office, "at": world.at(5)}  # fmt: skip
    return record_meeting(world.campaign, **(given | fields))


def filled(world: World, *rows: tuple[str, str], **changes: Any) -> dict[str, Any]:
    """What the form of a meeting sends; each row as (measures, decision)."""
    sent = {"kind": "inspection", "held_on": world.day(6).isoformat(), "title": "Visit", "decisions": "Seen",
            "note": "", "version": "0", "rows-TOTAL_FORMS": len(rows), "rows-INITIAL_FORMS": "0"}  # fmt: skip
    for number, (measures, decision) in enumerate(rows):
        sent |= {f"rows-{number}-measures": measures, f"rows-{number}-decision": decision}
    return sent | changes


def decided(row: Meeting) -> dict[int, str]:
    return dict(row.measures.filter(is_active=True).values_list("measure__number", "decision"))


def test_meeting_detail_is_for_who_sees_the_whole_court(world: World, go: Callable, client: Client) -> None:
    row = hold(world)
    path = f"/meetings/{row.pk}/"
    for name in ("office", "chief", "leader", "inspector"):
        answer = go(world.everybody()[name], path)
        assert (answer.status_code, "/edit/" in answer.content.decode()) == (200, name == "office")
        for words in ("Press on", "By May", "Measure 1", "put the meeting on record"):
            assert words in answer.content.decode()
    for name in ("head_a", "stranger", "lower_head", "nobody", "auditor"):
        assert go(world.everybody()[name], path).status_code == 404
        assert go(world.everybody()[name], f"{path}edit/").status_code == 404
    assert client.post(path).status_code == 405
    empty = hold(world, decided={}, decisions="")
    page = go(world.office, f"/meetings/{empty.pk}/").content.decode()
    assert "No decision of the meeting as a whole is on record." in page
    assert "No decision on a single measure is on record" in page


def test_department_sees_the_decision_on_its_own_measure_and_not_the_meeting(world: World, go: Callable) -> None:
    row = hold(world, decided={world.measures[0]: "By May", world.measures[2]: "Not for a"})
    path = f"/measures/{world.measures[0].pk}/"
    page = go(world.head_a, path).content.decode()
    assert "By May" in page
    assert "Not for a" not in page
    assert f"/meetings/{row.pk}/" not in page
    assert f"/meetings/{row.pk}/" in go(world.leader, path).content.decode()
    edit_meeting(row, by=world.office, decided={})
    assert "By May" not in go(world.head_a, path).content.decode()


def test_meeting_new(world: World, go: Callable) -> None:
    path = f"/campaigns/{world.campaign.slug}/meetings/new/"
    assert go(world.office, path).context["rows"].total_form_count() == 5

    answer = go(world.office, path, filled(world, ("1、3", "Go on"), ("", ""), ("4", "Wait for law")))

    row = Meeting.objects.get()
    assert answer.url == f"/meetings/{row.pk}/"
    assert decided(row) == {1: "Go on", 3: "Go on", 4: "Wait for law"}
    assert (row.title, last_entry(row)[0]) == ("Visit", world.office)


@pytest.mark.parametrize(
    ("rows", "changes", "words"),
    [
        ([("1", "")], {}, "Please say what was decided about each measure."),
        ([("", "Go")], {}, "Please name the measure."),
        ([("x", "Go")], {}, "Write the numbers of measures"),
        ([("1-2", "Go"), ("2", "Wait")], {}, "Measure 2 stands in two rows."),
        ([("77", "Go")], {}, "There is no measure 77 that you see."),
        ([], {"held_on": "2099-01-01"}, "The meeting has not been held yet."),
        ([], {"kind": "party"}, "Select a valid choice"),
        ([], {"rows-TOTAL_FORMS": "x"}, "ManagementForm data is missing"),
        ([], {"rows-TOTAL_FORMS": "9999"}, "at most 100 forms"),
    ],
)
def test_meeting_new_tells_what_is_wrong(world: World, go: Callable, rows: list, changes: dict, words: str) -> None:
    sent = filled(world, *rows, **changes)
    answer = go(world.office, f"/campaigns/{world.campaign.slug}/meetings/new/", sent)
    assert answer.status_code == 422
    assert words in answer.content.decode().replace("&#x27;", "'")
    assert not Meeting.objects.exists()


def test_meeting_is_corrected(world: World, go: Callable) -> None:
    row = hold(world, decided={world.measures[0]: "By May", world.measures[1]: "Wait"})
    path = f"/meetings/{row.pk}/edit/"
    page = go(world.office, path).content.decode()
    assert 'name="rows-1-measures" value="2"' in page
    sent = filled(world, ("1", "By June"), ("", ""), ("3", "Start"), version=row.version, note="Misread",
                  **{"rows-INITIAL_FORMS": "2"})  # fmt: skip

    assert go(world.office, path, sent).url == f"/meetings/{row.pk}/"

    assert (fresh(row).title, decided(row)) == ("Visit", {1: "By June", 3: "Start"})
    page = go(world.office, f"/meetings/{row.pk}/").content.decode()
    for words in ("corrected the meeting", "Misread", "Measure 1 <del>By May</del> → <ins>By June</ins>",
                  "Measure 2 <del>Wait</del> → <ins>—</ins>", "Measure 3 <ins>Start</ins>"):  # fmt: skip
        assert words in page


def test_second_editor_sees_both_texts_and_loses_none(world: World, go: Callable) -> None:
    row = hold(world)
    edit_meeting(row, by=world.office, decided={world.measures[0]: "Theirs"}, title="Theirs")
    path = f"/meetings/{row.pk}/edit/"
    mine = filled(world, ("1", "Mine"), kind="party_group", held_on=world.day(4).isoformat(), decisions="Press on",
                  title="Mine", version=row.version)  # fmt: skip

    answer = go(world.office, path, mine)

    assert answer.status_code == 409
    assert [(found["theirs"], found["yours"]) for found in answer.context["form"].differences] == [
        ("Theirs", "Mine"), ("1: Theirs", "1: Mine"),
    ]  # fmt: skip
    assert ">\nMine</textarea>" in answer.content.decode()
    assert decided(row) == {1: "Theirs"}
    again = mine | {"version": answer.context["form"]["version"].value()}
    assert go(world.office, path, again).status_code == 302
    assert (fresh(row).title, decided(row)) == ("Mine", {1: "Mine"})


def test_stale_meeting_with_the_same_decisions_shows_only_what_differs(world: World, go: Callable) -> None:
    row = hold(world)
    edit_meeting(row, by=world.office, title="Theirs")
    mine = filled(world, ("1", "By May"), kind="party_group", held_on=world.day(4).isoformat(), decisions="Press on",
                  title="Mine", version=row.version)  # fmt: skip
    answer = go(world.office, f"/meetings/{row.pk}/edit/", mine)
    assert [found["theirs"] for found in answer.context["form"].differences] == ["Theirs"]


def test_only_the_office_records_and_corrects(world: World, go: Callable, client: Client) -> None:
    row, new = hold(world), f"/campaigns/{world.campaign.slug}/meetings/new/"
    path = f"/meetings/{row.pk}/edit/"
    for user in (world.chief, world.inspector):
        assert go(user, new).status_code == 403
        assert go(user, path).status_code == 403
        refused = go(user, path, filled(world, version=row.version))
        assert "Only the rectification office records documents" in refused.context["form"].non_field_errors()[0]
    assert go(world.head_a, new).status_code == 403
    assert go(world.stranger, new).status_code == 404
    assert client.delete(new).status_code == 405
    assert (Meeting.objects.count(), fresh(row).version) == (1, row.version)


def test_meeting_page_costs_the_same_for_one_and_for_three_decisions(world: World, client: Client) -> None:
    row = hold(world)
    few = queries(client, world.office, f"/meetings/{row.pk}/")
    edit_meeting(row, by=world.office, decided=dict.fromkeys(world.measures, "Go"), title="Other")
    assert queries(client, world.office, f"/meetings/{row.pk}/") == few
