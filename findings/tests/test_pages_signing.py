"""Signing several requests together: only what was opened, each for itself, each skipped one explained."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client, RequestFactory

from findings.choices import Stage
from findings.models import Request
from findings.tests import factories
from findings.tests.factories import World, fresh, verdicts
from findings.tests.pages import get, queries
from findings.views import signing
from findings.views.opened import KEY, MOST, mark_opened
from findings.workflow import approval, plan

PAGE = "/signing/"


@pytest.fixture
def waiting(world: World) -> list[Request]:
    """Two closures and an extension that wait for the lead leader."""
    rows = [factories.ready(world, world.measures[n]) for n in (0, 1)]
    return [
        *(factories.closure_at(Stage.LEADER, world, row=row) for row in rows),
        factories.extension_at(Stage.LEADER, world, row=factories.measure_at("in_progress", world)),
    ]


def key(row: Request) -> str:
    return f"{'closure' if row._meta.model_name == 'closurerequest' else 'extension'}-{row.pk}"


def opened(row: Request) -> str:
    return f"{PAGE}{key(row).replace('-', '/')}/"


def told(client: Client) -> list[str]:
    return [str(message) for message in get_messages(client.get("/help/").wsgi_request)]


def ticks(client: Client) -> dict[str, bool]:
    return {row["key"]: row["is_opened"] for row in client.get(PAGE).context["rows"]}


def test_signing_lists_what_waits_for_me(client: Client, world: World, waiting: list[Request]) -> None:
    response = get(client, world.leader, PAGE)

    assert {row["key"]: row["is_opened"] for row in response.context["rows"]} == {key(row): False for row in waiting}
    assert response.content.decode().count("disabled") == 3
    assert "3 requests wait for your signature" in response.content.decode()
    assert "Nothing waits for your signature." in get(client, world.chief, PAGE).content.decode()
    assert get(client, world.auditor, PAGE).status_code == 403
    client.force_login(world.leader)
    assert client.put(PAGE).status_code == 405


def test_opening_shows_what_is_signed_and_enables_the_tick(
    client: Client, world: World, waiting: list[Request]
) -> None:
    client.force_login(world.leader)

    client.head(opened(waiting[0]))
    assert ticks(client)[key(waiting[0])] is False
    text = client.get(opened(waiting[0])).content.decode()
    extension = client.get(opened(waiting[2])).content.decode()

    for words in ("All done", "Done by day 5", "Minutes", "head of the lead department", "hx-swap-oob"):
        assert words in text
    assert "Half" in extension
    assert ticks(client) == {key(waiting[0]): True, key(waiting[1]): False, key(waiting[2]): True}


def test_visiting_the_measure_opens_its_request(client: Client, world: World, waiting: list[Request]) -> None:
    get(client, world.leader, f"/measures/{waiting[1].measure_id}/")

    assert ticks(client) == {key(waiting[0]): False, key(waiting[1]): True, key(waiting[2]): False}


def test_ticked_requests_are_signed_with_their_opinions(client: Client, world: World, waiting: list[Request]) -> None:
    client.force_login(world.leader)
    for row in waiting:
        client.get(opened(row))

    sent = {"pick": [key(row) for row in waiting], "note": "Agreed", f"note-{key(waiting[1])}": "Seen on site"}
    answer = client.post(PAGE, sent)

    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert {fresh(row).stage for row in waiting} == {Stage.OFFICE}
    assert [fresh(row).decisions.last().opinion for row in waiting] == ["Agreed", "Seen on site", "Agreed"]
    assert told(client) == ["3 requests are signed."]


def test_what_was_not_opened_or_has_changed_is_skipped_and_explained(
    client: Client, world: World, waiting: list[Request]
) -> None:
    client.force_login(world.leader)
    one, two, three = waiting
    client.get(opened(one))
    client.get(opened(three))
    # The extension comes back to the leader as another request: what was opened is gone.
    approval.withdraw_request(three, by=world.liaison_a)
    again = factories.extension_at(Stage.LEADER, world, row=fresh(three.measure), new_deadline=world.day(140))

    client.post(PAGE, {"pick": [key(one), key(two), key(three), key(again), "closure-999", "x"]})

    said = told(client)
    assert fresh(one).stage == Stage.OFFICE
    assert (fresh(two).stage, fresh(again).stage) == (Stage.LEADER, Stage.LEADER)
    assert sum("you have not opened it as it stands now" in words for words in said) == 2
    assert "3 ticked requests do not wait for you any more." in said
    assert "1 request is signed." in said


def test_request_is_opened_anew_at_each_stage(client: Client, world: World) -> None:
    """Who signs at one stage has not opened it for another: the mark names stage and version."""
    request = factories.closure_at(Stage.OFFICE, world, row=factories.ready(world, world.measures[0]))
    get(client, world.office, opened(request))
    assert ticks(client) == {key(request): True}
    session = client.session
    session[KEY] = {key(request): [1, request.version]}
    session.save()

    assert ticks(client) == {key(request): False}


def test_nothing_ticked_signs_nothing(client: Client, world: World, waiting: list[Request]) -> None:
    client.force_login(world.leader)
    client.post(PAGE, {"note": "Agreed"})

    assert told(client) == ["Nothing was ticked, so nothing was signed."]
    assert {len(verdicts(row)) for row in waiting} == {1}


@pytest.mark.usefixtures("english")
def test_what_somebody_else_did_between_list_and_signature_is_explained(
    rf: RequestFactory, world: World, waiting: list[Request]
) -> None:
    """The list was read, then the request was withdrawn, and then the campaign closed."""
    request: Any = rf.post(PAGE)
    request.user, request.session = world.leader, {}
    mark_opened(request, waiting)
    approval.withdraw_request(fresh(waiting[0]), by=world.liaison_a)

    assert signing._sign(request, waiting[0]) == "it was changed a moment ago; please open it again."
    plan.close_campaign(world.campaign, on=world.day(20), by=world.office)
    assert signing._sign(request, fresh(waiting[1])) == "The campaign is closed; its ledger can only be read."
    assert fresh(waiting[1]).stage == Stage.LEADER


def test_signing_open_is_for_who_sees_the_measure(client: Client, world: World, waiting: list[Request]) -> None:
    assert get(client, world.stranger, opened(waiting[0])).status_code == 404
    text = get(client, world.chief, opened(waiting[0])).content.decode()
    assert "Now waits for: lead leader." in text
    assert KEY not in client.session
    assert client.get("/signing/other/1/").status_code == 404
    assert client.post(opened(waiting[0])).status_code == 405


def test_marks_of_opened_requests_do_not_pile_up(client: Client, world: World, waiting: list[Request]) -> None:
    client.force_login(world.leader)
    session = client.session
    session[KEY] = {f"closure-{n}": [0, 1] for n in range(10_000, 10_000 + MOST)}
    session.save()

    client.get(opened(waiting[0]))

    marks = client.session[KEY]
    assert (len(marks), list(marks)[-1]) == (MOST, key(waiting[0]))


def test_signing_costs_the_same_for_few_and_many(client: Client, world: World) -> None:
    factories.closure_at(Stage.LEADER, world, row=factories.ready(world, world.measures[0]))
    factories.extension_at(Stage.LEADER, world, row=factories.measure_at("in_progress", world))
    few = queries(client, world.leader, PAGE)
    for row in factories.measures(world, 3):
        factories.closure_at(Stage.LEADER, world, row=factories.ready(world, row))
        factories.extension_at(Stage.LEADER, world, row=factories.measure_at("in_progress", world))

    assert queries(client, world.leader, PAGE) == few <= 20


def test_my_work_leads_to_signing_together(client: Client, world: World, waiting: list[Request]) -> None:
    assert f'href="{PAGE}"' in get(client, world.leader, "/").content.decode()


@pytest.mark.parametrize("name", ["sign", "return"])
def test_step_of_a_request_shows_what_it_is_about(
    client: Client, world: World, waiting: list[Request], name: str
) -> None:
    page = f"/closures/{waiting[0].pk}/steps/{name}/"
    own = f"http://testserver/measures/{waiting[0].measure_id}/"

    text = get(client, world.leader, page).content.decode()
    beside = client.get(page, headers={"HX-Request": "true", "HX-Current-URL": own}).content.decode()

    for words in ("All done", "Done by day 5", "Minutes", "head of the lead department"):
        assert words in text
    assert ("Done by day 5" in beside, "All done" in beside) == (False, True)


def test_step_of_a_request_costs_the_same_after_many_decisions(client: Client, world: World) -> None:
    rows = [factories.ready(world, world.measures[n]) for n in (0, 1)]
    stages = (Stage.LEADER, Stage.CHIEF)
    early, late = (factories.closure_at(stage, world, row=row) for stage, row in zip(stages, rows, strict=True))

    counts = [queries(client, world.liaison_a, f"/closures/{row.pk}/steps/withdraw/") for row in (early, late)]

    assert counts[0] == counts[1]
