"""My work: who lands where, what stands there, and what it costs."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from findings import dates, figures
from findings.choices import MeasureStatus, Nature, ProgressStatus, Stage
from findings.tests import factories
from findings.tests.factories import World
from findings.tests.pages import get, queries, sheet_of
from findings.workflow import document, lookback

KINDS = re.compile(r'<section class="section" id="(\w+)">')


def kinds_on(response: Any) -> list[str]:
    return KINDS.findall(response.content.decode())


def test_my_work_asks_the_visitor_to_sign_in(client: Client, db: None) -> None:
    response = client.get("/")

    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/")


def test_my_work_refuses_other_methods(client: Client, world: World) -> None:
    client.force_login(world.head_a)

    assert client.post("/").status_code == 405


@pytest.mark.parametrize("name", ["inspector", "chief", "other_leader"])
def test_my_work_sends_who_only_watches_to_the_dashboard(client: Client, world: World, name: str) -> None:
    response = get(client, getattr(world, name), "/")

    assert (response.status_code, response["Location"]) == (302, "/dashboard/")


def test_my_work_keeps_the_leader_for_whom_something_waits(client: Client, world: World) -> None:
    factories.closure_at(Stage.LEADER, world)

    assert kinds_on(get(client, world.leader, "/")) == ["to_sign"]


@pytest.mark.parametrize(
    ("name", "address"),
    [("sysadmin", "/accounts/people/"), ("secadmin", "/accounts/grants/"), ("auditor", "/accounts/log/")],
)
def test_my_work_sends_administrators_to_their_pages(client: Client, world: World, name: str, address: str) -> None:
    assert get(client, getattr(world, name), "/")["Location"] == address


def test_my_work_of_an_account_without_a_role_says_so(client: Client, world: World) -> None:
    response = get(client, world.nobody, "/")

    assert response.status_code == 200
    assert "Your account holds no role yet" in response.content.decode()


def test_my_work_sorts_what_hurts_first(client: Client, world: World) -> None:
    factories.progress_at(ProgressStatus.RETURNED, world, row=world.measures[0])
    factories.make_measure(world, deadline=world.day(20))
    factories.closure_at(Stage.HEAD, world)

    kinds = kinds_on(get(client, world.head_a, "/"))

    assert kinds[:3] == ["returned", "overdue", "to_sign"]
    assert kinds == [kind for kind in ("returned", "overdue", "to_sign", "to_submit", "to_fill") if kind in kinds]


def test_my_work_counts_what_the_digest_counts(client: Client, world: World) -> None:
    factories.progress_at(ProgressStatus.RETURNED, world, row=world.measures[0])
    factories.returned_closure(world)

    response = get(client, world.head_a, "/")

    work = figures.work_of(factories.fresh(world.head_a), dates.today())
    assert response.context["work"].total == work.total == len(response.context["page"].object_list)


def test_my_work_offers_the_head_to_submit_and_the_liaison_to_fill_in(client: Client, world: World) -> None:
    row = factories.make_measure(world, deadline=world.day(20))

    head = get(client, world.head_a, "/").content.decode()
    liaison = get(client, world.liaison_a, "/").content.decode()

    assert f"/measures/{row.pk}/steps/submit_progress/?next=%2F" in head
    assert f"/measures/{row.pk}/steps/fill_progress/?next=%2F" in liaison


def test_my_work_leads_from_a_draft_to_its_own_form(client: Client, world: World) -> None:
    update = factories.progress_at(ProgressStatus.DRAFT, world, row=world.measures[0], day=38)

    rows = get(client, world.head_a, "/").context["page"].object_list

    acts = dict(next(row for row in rows if row.kind == "to_submit").acts)
    assert list(acts) == ["Submit", "Fill in progress"]
    form = client.get(acts["Fill in progress"]).context["form"]
    assert (form["done"].value(), form["period"].value()) == (update.done, update.period.code)


def test_my_work_opens_the_form_of_each_act(client: Client, world: World) -> None:
    factories.progress_at(ProgressStatus.RETURNED, world, row=world.measures[0])
    factories.closure_at(Stage.HEAD, world)
    factories.make_measure(world, deadline=world.day(20))
    rows = get(client, world.head_a, "/").context["page"].object_list

    addresses = {address for row in rows for _label, address in row.acts}

    assert addresses
    assert {client.get(address).status_code for address in addresses} == {200}


def test_my_work_of_the_office_lists_what_is_to_be_checked(client: Client, world: World) -> None:
    update = factories.progress_at(ProgressStatus.SUBMITTED, world, row=world.measures[0])

    response = get(client, world.office, "/")

    assert kinds_on(response) == ["to_accept"]
    assert f"/progress/{update.pk}/steps/accept/" in response.content.decode()


def test_my_work_of_the_office_lists_what_is_to_be_looked_at_again(client: Client, world: World) -> None:
    """The sample of an open round and the standing measures, what was missed first, each with the step."""
    for row in world.measures[:2]:
        factories.measure_at(MeasureStatus.CLOSED, world, row=row)
    today, facts = dates.today(), {"questions": "Done?", "seed": "seed", "by": world.office}
    missed = lookback.draw_round(
        world.campaign, title="Missed", size=1, due_on=world.day(22), at=world.at(20), **facts
    ).rechecks.get()
    coming = lookback.draw_round(
        world.campaign, title="Coming", size=1, due_on=today + timedelta(days=9), **facts
    ).rechecks.get()
    standing = {"nature": Nature.STANDING, "deadline": None}
    days = [
        factories.measure_at(MeasureStatus.IN_PROGRESS, world, recheck_on=today + timedelta(days=n), **standing)
        for n in (-2, 3)
    ]

    response = get(client, world.office, "/")

    rows = response.context["page"].object_list
    assert kinds_on(response) == ["rechecks", "to_recheck"]
    assert [row.key for row in rows] == [
        f"recheck-{missed.pk}", f"measure-{days[0].pk}", f"measure-{days[1].pk}", f"recheck-{coming.pk}"
    ]  # fmt: skip
    addresses = [address for row in rows for _label, address in row.acts]
    assert [address.partition("?")[0] for address in addresses] == [
        f"/rechecks/{missed.pk}/steps/record/", f"/measures/{days[0].pk}/steps/recheck/",
        f"/measures/{days[1].pk}/steps/recheck/", f"/rechecks/{coming.pk}/steps/record/",
    ]  # fmt: skip
    assert {client.get(address).status_code for address in addresses} == {200}


def test_my_work_of_the_office_lists_rules_whose_use_nobody_has_checked(client: Client, world: World) -> None:
    rule = document.record_document(
        world.campaign, serves=[], title="Rule of care", number="No. 1", kind="rule", action="new",
        issued_on=world.day(1), department=world.a, use_check_on=world.day(20), by=world.office, at=world.at(1),
    )  # fmt: skip

    response = get(client, world.office, "/")

    text = response.content.decode()
    assert kinds_on(response) == ["rechecks"]
    assert f'<a href="/documents/{rule.pk}/">No. 1　Rule of care</a>' in text
    assert "How it is used was to be checked; drafted by Department a" in text
    assert "1 re-check missed" in re.sub("<[^>]+>", "", text)
    assert sheet_of(get(client, world.office, "/?format=xlsx"))[1][2] == "Rule of care"
    assert "rechecks" not in kinds_on(get(client, world.head_a, "/"))


def test_my_work_tells_the_department_of_its_recheck_to_come(client: Client, world: World) -> None:
    row = factories.make_measure(
        world, nature=Nature.STANDING, recheck_on=dates.today() + timedelta(days=3), deadline=None
    )

    rows = get(client, world.head_a, "/").context["page"].object_list

    found = next(found for found in rows if found.kind == "to_recheck")
    assert (found.measure, found.days, [label for label, _address in found.acts]) == (
        row, 3, ["Submit this period's progress"],
    )  # fmt: skip
    office = get(client, world.office, "/").context["page"].object_list
    assert [found.acts for found in office] == [[]]  # nothing is looked at before it was begun


def test_my_work_is_a_list_with_pages_and_a_file(client: Client, world: World) -> None:
    factories.measures(world, 60, deadline=world.day(20))

    first = get(client, world.head_a, "/")
    second = get(client, world.head_a, "/?page=2")
    sheet = sheet_of(get(client, world.head_a, "/?format=xlsx"))

    total = first.context["work"].total
    assert len(first.context["page"].object_list) == 50
    assert len(second.context["page"].object_list) == total - 50
    assert len(sheet) == total + 1


@pytest.mark.parametrize("query", ["?page=-1", "?page=x", "?page=999999999999", "?format=pdf", "?page=%00"])
def test_my_work_stands_garbage(client: Client, world: World, query: str) -> None:
    assert get(client, world.head_a, f"/{query}").status_code == 200


def test_my_work_costs_the_same_for_few_and_many(client: Client, world: World) -> None:
    factories.measures(world, 3, deadline=world.day(20))
    few = queries(client, world.head_a, "/")
    factories.measures(world, 97, deadline=world.day(20))

    assert queries(client, world.head_a, "/") == few <= 15


def test_my_work_names_requests_in_the_reader_s_language(client: Client, world: World) -> None:
    request = factories.closure_at(Stage.OFFICE, world)
    client.force_login(world.office)
    client.post("/accounts/language/", {"language": "zh-hans"})

    text = client.get("/").content.decode()

    assert f"/closures/{request.pk}/steps/sign/" in text
    assert "closure request" not in text


def test_my_work_names_the_campaign_where_rows_come_from_several(client: Client, world: World) -> None:
    factories.closure_at(Stage.LEADER, world, row=factories.ready(world, world.measures[0]))
    alone = get(client, world.leader, "/").content.decode()
    first = world.campaign
    world.campaign = factories.make_campaign(world, slug="second", title="Second inspection")
    factories.make_plan(world)
    factories.closure_at(Stage.LEADER, world, row=factories.ready(world, world.measures[0]))

    text = get(client, world.leader, "/").content.decode()

    muted = [f'<span class="muted">{campaign} · </span>' for campaign in (first, world.campaign)]
    assert [words in alone for words in muted] == [False, False]
    assert [words in text for words in muted] == [True, True]


def test_my_work_asks_for_no_progress_that_was_sent(client: Client, world: World) -> None:
    row = factories.make_measure(world, deadline=world.day(20))
    sent = factories.make_measure(world, deadline=world.day(20))
    factories.progress_at(ProgressStatus.SUBMITTED, world, row=sent, day=38)

    found = get(client, world.head_a, "/").context["page"].object_list

    acts = {entry.measure: [label for label, _ in entry.acts] for entry in found if entry.kind == "overdue"}
    assert "Submit this period's progress" in acts[row]
    assert "Submit this period's progress" not in acts[sent]
