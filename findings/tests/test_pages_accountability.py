"""Accountability on the screen: there for chief, office and discipline group only."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from findings.models import Accountability
from findings.tests import factories
from findings.tests.factories import World
from findings.tests.pages import get, queries, sheet_of
from findings.workflow import plan
from findings.workflow.accountability import record_accountability

pytestmark = pytest.mark.usefixtures("english")

LIST = "/campaigns/campaign-1/accountability/"
NEW = f"{LIST}new/"


@pytest.fixture
def go(client: Client) -> Callable[..., Any]:
    def ask(user: Any, path: str, data: dict | None = None) -> Any:
        client.force_login(user)
        return client.get(path) if data is None else client.post(path, data)

    return ask


def record(world: World, **values: Any) -> Accountability:
    given = {
        "department": world.a, "measure": world.measures[0], "kind": "talk", "persons": 2, "decided_on": world.day(9),
        "reason": "False report",
    }  # fmt: skip
    return record_accountability(world.campaign, by=world.office, at=world.at(10), **(given | values))


def values(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "version": 0, "department": world.a.pk, "measure": "", "kind": "criticism", "persons": 1,
        "decided_on": world.day(9).isoformat(), "reason": "Slow",
    } | changes  # fmt: skip


def test_list_counts_and_tells(world: World, client: Client) -> None:
    record(world)
    record(world, kind="discipline", persons=3, measure=None)

    response = get(client, world.inspector, LIST)
    text = response.content.decode()

    assert (response.context["counts"].decisions, response.context["counts"].persons) == (2, 5)
    assert "False report" in text
    assert "Record a decision" not in text  # the discipline group reads
    assert "Record a decision" in get(client, world.chief, LIST).content.decode()


def test_empty_list_says_why(world: World, client: Client) -> None:
    assert "Nobody has been held to account." in get(client, world.office, LIST).content.decode()


def test_list_as_excel(world: World, client: Client) -> None:
    record(world)
    record(world, measure=None)

    rows = sheet_of(get(client, world.office, f"{LIST}?format=xlsx"))

    assert [row[1:6] for row in rows[1:]] == [
        ("Department a", None, "admonishing talk", 2, "False report"),
        ("Department a", 1, "admonishing talk", 2, "False report"),
    ]


@pytest.mark.parametrize("name", ["leader", "head_a", "liaison_a", "stranger", "nobody", "auditor"])
def test_for_all_others_it_is_not_there(world: World, go: Callable, name: str) -> None:
    row = record(world)

    for path in (LIST, NEW, f"/accountability/{row.pk}/"):
        assert go(getattr(world, name), path).status_code == 404, path
    assert go(getattr(world, name), NEW, values(world)).status_code == 404


@pytest.mark.parametrize(("name", "sees"), [("chief", True), ("office", True), ("inspector", True), ("leader", False)])
def test_tab_is_shown_to_who_sees_it(world: World, client: Client, name: str, sees: bool) -> None:
    text = get(client, getattr(world, name), "/campaigns/campaign-1/notices/").content.decode()

    assert (LIST in text) is sees


def test_record_in_the_browser(world: World, go: Callable) -> None:
    answer = go(world.chief, NEW, values(world, measure=2))

    row = Accountability.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    assert (row.kind, row.measure, row.reason) == ("criticism", world.measures[1], "Slow")
    assert "note" not in go(world.office, NEW).context["form"].fields


@pytest.mark.parametrize(
    ("changes", "name"),
    [({"persons": 0}, "persons"), ({"decided_on": "2090-01-01"}, "decided_on"), ({"measure": 99}, "measure")],
)
def test_record_with_a_slip(world: World, go: Callable, changes: dict[str, Any], name: str) -> None:
    answer = go(world.office, NEW, values(world, **changes))

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {name}


def test_correct_in_the_browser(world: World, go: Callable) -> None:
    row = record(world)
    path = f"/accountability/{row.pk}/"
    assert go(world.office, path).context["form"]["measure"].value() == 1

    assert go(world.office, path, values(world, version=row.version)).status_code == 422  # no reason
    answer = go(world.office, path, values(world, version=row.version, persons=4, note="Miscounted"))
    again = go(world.chief, path, values(world, version=row.version, persons=5, note="Again"))

    assert answer.status_code == 302
    assert again.status_code == 409
    assert [line["label"] for line in again.context["form"].differences] == ["persons"]
    assert Accountability.objects.get().persons == 4


def test_discipline_group_corrects_nothing(world: World, go: Callable) -> None:
    row = record(world)

    for path in (NEW, f"/accountability/{row.pk}/"):
        assert go(world.inspector, path).status_code == 403
        assert go(world.inspector, path, values(world, version=row.version, note="x")).status_code == 403


def test_closed_campaign_is_only_read(world: World, go: Callable) -> None:
    record(world)
    plan.close_campaign(world.campaign, on=world.day(30), by=world.office, at=world.at(30))

    text = go(world.office, LIST).content.decode()

    assert "False report" in text
    assert "Record a decision" not in text
    assert "correct</a>" not in text
    assert go(world.office, NEW).status_code == 403


def test_methods_and_price(world: World, client: Client) -> None:
    row = record(world)
    few = queries(client, world.office, LIST)
    for _n in range(2):
        record(world, measure=factories.make_measure(world))

    assert queries(client, world.office, LIST) == few <= 12
    assert client.post(LIST).status_code == 405
    assert client.put(NEW).status_code == client.put(f"/accountability/{row.pk}/").status_code == 405
