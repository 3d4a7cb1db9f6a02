"""The page of data checks: who reads it, what it counts, and where each row leads."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import people
from accounts.tracked import store
from findings.choices import MeasureStatus
from findings.figures.checks import CHECKS
from findings.figures.watch import SUSTAINED_FACTOR
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.tests.pages import get, queries, sheet_of
from findings.views.checks import _DETAILS

pytestmark = pytest.mark.usefixtures("english")


def path_of(world: World, **query: str) -> str:
    return f"/campaigns/{world.campaign.slug}/checks/?" + "&".join(f"{name}={value}" for name, value in query.items())


@pytest.fixture
def read(world: World, client: Client) -> Callable[..., str]:
    return lambda user, **query: get(client, user, path_of(world, **query)).content.decode()


def disown(world: World, *numbers: int) -> None:
    for number in numbers:
        row = fresh(world.measures[number - 1])
        row.lead_leader = None
        store(row, by=None)


def test_who_reads_it(world: World, client: Client) -> None:
    path = path_of(world)
    answers = {name: get(client, user, path).status_code for name, user in world.everybody().items()}

    assert {name for name, status in answers.items() if status == 200} == {"office", "chief", "inspector"}
    assert answers["stranger"] == 404
    assert {status for name, status in answers.items() if status != 200} == {403, 404}
    assert client.post(path).status_code == 405


def test_office_here_who_is_leader_there_reads_the_own_court_only(world: World, client: Client) -> None:
    both = factories.grant(world.stranger, "leader", world.court)

    assert get(client, both, path_of(world)).status_code == 404


def test_ledger_leads_to_it_for_who_may_read_it(world: World, client: Client) -> None:
    link = f'href="/campaigns/{world.campaign.slug}/checks/"'
    assert link in get(client, world.office, f"/campaigns/{world.campaign.slug}/ledger/").content.decode()
    assert link not in get(client, world.head_a, f"/campaigns/{world.campaign.slug}/ledger/").content.decode()


def test_nothing_found_is_said(read: Callable[..., str], world: World) -> None:
    page = read(world.office)

    assert "none of the 12 checks has found anything" in page
    assert "No row is caught by this check on this day." in page


def test_number_rows_and_the_way_to_the_mend(read: Callable[..., str], world: World) -> None:
    disown(world, 1, 3)
    row = fresh(world.measures[2])
    row.lead_department = None
    store(row, by=None)
    page = read(world.office)

    assert "1 of 12 checks has found something: 2 rows" in page
    assert f'href="/measures/{world.measures[0].pk}/steps/amend/"' in page
    assert "no lead leader" in page
    assert "no lead department, no lead leader" in page
    seen = read(world.inspector)
    assert "steps/amend" not in seen
    assert f'href="/measures/{world.measures[2].pk}/"' in seen


@pytest.mark.parametrize(
    ("code", "link"),
    [
        ("late_start", "/measures/{pk}/steps/start/"),
        ("silent", "notices/new/?measure={pk}"),
        ("not_asked", "notices/new/?measure={pk}"),
        ("closed_unproved", "/measures/{pk}/steps/reopen/"),
        ("no_signer", "/measures/{pk}/steps/amend/"),
        ("no_original", "/measures/{pk}/steps/amend/"),
        ("old_evidence", "/measures/{pk}/#evidence"),
        ("same_file", "/measures/{pk}/#evidence"),
        ("copied", "/measures/{pk}/#updates"),
        ("empty_talk", "/measures/{pk}/#updates"),
        ("totals", "/edit/"),
    ],
)
def test_every_kind_of_row_is_said_and_leads_on(
    db: None, client: Client, code: str, link: str
) -> None:  # one world in which every check finds something
    world = everything_wrong()
    answer = get(client, world.office, path_of(world, check=code))
    page = answer.content.decode()

    assert answer.context["chosen"].check.code == code
    assert answer.context["lines"]
    row = next(iter(answer.context["chosen"].rows))
    owner = getattr(row, "update", row)
    assert link.format(pk=getattr(owner, "measure_id", getattr(owner, "id", 0))) in page
    sheet = sheet_of(client.get(path_of(world, check=code, format="xlsx")))
    assert len(sheet) == 1 + len(answer.context["lines"])


def everything_wrong() -> World:
    """A campaign of 200 days in which each check but that of owners catches a row."""
    world = factories.make_world(begin=factories.timezone.localdate() - factories.timedelta(days=200))
    text = "高度重视，扎实推进各项整改工作，统一思想提高认识。"
    first, second, third, fourth = world.measures
    for day in (5, 33):
        tell(world, first, text, day)
    for row in (first, second):
        factories.add_evidence(world, row)
    proof = first.evidence.get()
    proof.own_date = world.day(-3)
    store(proof, by=None, at=world.at(8))
    tell(world, second, "完成3项", 35, percent=100)
    bare = factories.measure_at(MeasureStatus.CLOSED, world, row=third)
    proof = bare.evidence.get()
    proof.is_withdrawn = True
    store(proof, by=None, at=world.at(20))
    fourth = fresh(fourth)
    fourth.deadline, fourth.original_deadline = world.day(100), None
    fourth.deadline = None
    store(fourth, by=None, at=world.at(21))
    people.end_role(world.chief.memberships.get(), by=None)
    late = factories.make_measure(world)
    assert late.deadline < factories.timezone.localdate()
    world.campaign = fresh(world.campaign)
    world.campaign.declared_measures = 83
    store(world.campaign, by=None, at=world.at(22))
    return world


def tell(world: World, row: Any, done: str, day: int, *, percent: int = 60) -> None:
    liaison, head = factories.people_of(world, row)
    period = factories.progress.period_to_report(row, row.lead_department_id, on=world.day(day))
    update = factories.progress.save_progress(
        row, by=liaison, values=factories.ProgressValues(done=done, percent=percent), department=row.lead_department,
        period=period, at=world.at(day),
    )  # fmt: skip
    update = factories.progress.submit_draft(update, by=head, at=world.at(day, 12))
    factories.progress.accept_progress(update, by=world.office, at=world.at(day, 16))


def test_every_check_has_its_words() -> None:
    assert {check.code for check in CHECKS} == {*_DETAILS, "totals"}
    silent = next(check for check in CHECKS if check.code == "silent")
    assert silent.numbers == {"days": 45, "sustained": 45 * SUSTAINED_FACTOR}
    assert str(45 * SUSTAINED_FACTOR) in silent.rule
    assert [check.code for check in CHECKS if "%(" in check.rule or "%%" in check.rule] == []


def test_a_past_day(read: Callable[..., str], world: World) -> None:
    disown(world, 1)
    page = read(world.office, on=world.day(3).isoformat())

    assert "none of the 12 checks" in page
    assert "Who may sign is read as it is today." in page


@pytest.mark.parametrize("query", ["check=zzz", "on=2021-13-40", "page=999", "check=%00", "format=xml"])
def test_garbage_in_the_address_breaks_nothing(world: World, client: Client, query: str) -> None:
    assert get(client, world.office, f"{path_of(world)}{query}").status_code == 200


def test_mends_are_not_offered_once_the_campaign_is_closed(world: World, read: Callable[..., str]) -> None:
    disown(world, 1)
    world.campaign = fresh(world.campaign)
    world.campaign.closed_on = factories.timezone.localdate() - factories.timedelta(days=1)
    store(world.campaign, by=None, at=world.at(1))
    disown(world, 2)

    assert "steps/amend" not in read(world.office)


def test_page_costs_the_same_for_any_number_of_rows(world: World, client: Client) -> None:
    disown(world, 1)
    first = queries(client, world.office, path_of(world))
    for row in factories.measures(world, 30):
        world.measures.append(row)
    disown(world, *range(2, 33))

    assert queries(client, world.office, path_of(world)) == first < 45


def test_filter_that_means_nothing_is_told_once(world: World, read: Callable[..., str]) -> None:
    page = read(world.office, check="zzz", on="2021-13-40")

    assert "Not understood and left out: on = 2021-13-40, check = zzz." in page
    assert page.count("left out") == 1
    assert "left out" not in read(world.office, check="silent")
