"""Columns of the ledger's page chosen and remembered, views saved and shared, and the file of the chosen columns."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from findings.documents.export import KINDS
from findings.documents.ledger import LEDGER
from findings.documents.meanings import MEANINGS, meaning_of
from findings.models import SavedView
from findings.tests import factories, workbooks
from findings.tests.factories import World, fresh
from findings.tests.pages import filled, get, queries, sheet_of
from findings.views import ledger_columns
from findings.views.ledger_columns import CHOOSABLE, TREE, USUAL
from findings.workflow import saved

pytestmark = pytest.mark.usefixtures("english")
MOST_QUERIES = 24  # with every column: what the file's rows ask besides the page's own


def address(world: World, more: str = "") -> str:
    return f"/campaigns/{world.campaign.slug}/ledger/{more}"


def shown(answer: object) -> tuple[str, ...]:
    return answer.context["choice"].names


@pytest.fixture
def choose(world: World, client: Client) -> Callable[..., object]:
    """Choose columns as somebody, by default the office."""

    def post(*names: str, user: object = None, **more: str) -> object:
        client.force_login(user or world.office)
        return client.post(address(world, "columns/"), {"columns": names, **more})

    return post


@pytest.fixture
def save(world: World, client: Client) -> Callable[..., object]:
    """Save a view as somebody, by default the office."""

    def post(name: str = "Late ones", user: object = None, **more: str) -> object:
        client.force_login(user or world.office)
        given = {"name": name, "query": "status=closed&page=3&view=9", "columns": "goal,status"}
        return client.post(address(world, "views/"), given | more)

    return post


def test_page_offers_every_column_of_the_file() -> None:
    assert {*CHOOSABLE, *TREE} == {column.name for column in LEDGER} | {ledger_columns.RULER}
    assert tuple(name for name in CHOOSABLE if name in USUAL) == USUAL


def test_ledger_shows_the_usual_columns_until_others_are_chosen(world: World, client: Client) -> None:
    answer = get(client, world.office, address(world))

    assert (shown(answer), answer.context["choice"].is_wide) == (USUAL, False)
    assert "Export these columns" not in answer.content.decode()


def test_chosen_columns_are_drawn_for_a_past_day(world: World, client: Client, choose: Callable) -> None:
    choose("goal", "evidence")

    answer = get(client, world.office, address(world, f"?on={world.day(30)}"))

    assert (answer.status_code, shown(answer)) == (200, ("evidence", "goal"))


def test_columns_are_remembered_for_the_person(world: World, client: Client, choose: Callable) -> None:
    answer = choose("progress", "goal", "status", query="status=in_progress&view=4&format=xlsx")

    assert answer["Location"] == address(world, "?status=in_progress")
    page = get(client, world.office, address(world))
    assert shown(page) == ("status", "goal", "progress")
    assert world.measures[0].goal in page.content.decode()
    assert shown(get(client, world.chief, address(world))) == USUAL


@pytest.mark.parametrize("again", [(("goal",), {"usual": "1"}), (USUAL, {}), ((), {})])
def test_usual_columns_come_back(world: World, client: Client, choose: Callable, again: tuple) -> None:
    choose("goal")
    names, more = again
    choose(*names, **more)

    assert shown(get(client, world.office, address(world))) == USUAL
    assert SavedView.objects.get(name="").columns == []


@pytest.mark.parametrize("names", [("king",), ("\x00",), ("x" * 5000,)])
def test_unknown_columns_change_nothing(world: World, client: Client, choose: Callable, names: tuple) -> None:
    assert choose(*names).status_code == 302
    assert not SavedView.objects.exists()
    assert "These columns are not known here" in get(client, world.office, address(world)).content.decode()


def test_every_column_is_filled_and_costs_the_same_for_any_rows(world: World, client: Client, choose: Callable) -> None:
    factories.measure_at("in_progress", world, row=world.measures[0])
    choose(*CHOOSABLE)
    page = get(client, world.office, address(world))

    cells = page.context["areas"][0].issues[0].lines[0].cells
    assert [column.name for column, _value in cells] == list(CHOOSABLE)
    assert dict((column.name, value) for column, value in cells)["nature"] == "by a date"
    before = queries(client, world.office, address(world))
    factories.measures(world, 5)
    assert queries(client, world.office, address(world)) == before <= MOST_QUERIES


def test_view_opens_with_its_filters_and_columns(world: World, client: Client, save: Callable) -> None:
    factories.measure_at("closed", world, row=world.measures[0])
    to = save()["Location"]
    view = SavedView.objects.get()

    assert to == address(world, f"?status=closed&view={view.pk}")
    page = get(client, world.office, to)
    assert (shown(page), page.context["choice"].view) == (("status", "goal"), view)
    assert page.context["page"].paginator.count == 1
    assert f'name="view" value="{view.pk}"' in page.content.decode()
    assert page.context["filters"][0]["url"] == address(world, f"?view={view.pk}")
    assert shown(get(client, world.office, address(world))) == USUAL


def test_shared_view_is_open_to_the_campaign_an_own_one_is_not(world: World, client: Client, save: Callable) -> None:
    save()
    save("For all", is_shared="on")
    own, shared = SavedView.objects.order_by("pk")

    page = get(client, world.liaison_b, address(world))
    assert [view for view, _url in page.context["views"]] == [shared]
    assert f"shared by {world.office}" in page.content.decode()
    assert shown(client.get(address(world, f"?view={shared.pk}"))) == ("status", "goal")
    closed = client.get(address(world, f"?view={own.pk}"))
    assert shown(closed) == USUAL
    assert f"view = {own.pk}" in closed.content.decode()
    assert client.get(f"/views/{shared.pk}/").status_code == 404
    assert client.post(f"/views/{shared.pk}/withdraw/").status_code == 404


@pytest.mark.parametrize("view", ["x", "%00", "9" * 40, "-1"])
def test_view_in_the_address_that_is_none_is_left_out(world: World, client: Client, view: str) -> None:
    assert shown(get(client, world.office, address(world, f"?view={view}"))) == USUAL


def test_view_new_is_refused_with_a_sentence(world: World, save: Callable) -> None:
    save()

    taken, nameless = save(), save("")

    assert (taken.status_code, nameless.status_code) == (422, 422)
    assert "You have a view “Late ones” already." in taken.content.decode()
    assert 'value="status=closed' in taken.content.decode()
    assert SavedView.objects.count() == 1


def test_view_edit_renames_and_view_withdraw_takes_it_away(world: World, client: Client, save: Callable) -> None:
    save()
    view = SavedView.objects.get()
    opened = filled(get(client, world.office, f"/views/{view.pk}/"))

    assert client.post(f"/views/{view.pk}/", opened | {"name": "Closed ones", "is_shared": "on"}).status_code == 302
    stale = client.post(f"/views/{view.pk}/", opened | {"name": "Other"})
    assert (stale.status_code, "Closed ones" in stale.content.decode()) == (409, True)
    view.refresh_from_db()
    assert (view.name, view.is_shared) == ("Closed ones", True)
    assert client.post(f"/views/{view.pk}/withdraw/").status_code == 302
    assert get(client, world.office, f"/views/{view.pk}/").status_code == 404


def test_view_withdrawn_by_another_window_in_between_is_told(world: World, client: Client, save: Callable) -> None:
    save()
    view = SavedView.objects.get()
    client.force_login(world.office)

    def other_window(execute: Callable, sql: str, *rest: Any) -> Any:
        """Withdraws the view as soon as this one has read it."""
        if sql.startswith('SELECT "findings_campaign"') and fresh(view).is_active:
            saved.withdraw_view(view, by=world.office)
        return execute(sql, *rest)

    with connection.execute_wrapper(other_window):
        answer = client.post(f"/views/{view.pk}/withdraw/", follow=True)

    told = [str(line) for line in answer.context["messages"]]
    assert (answer.status_code, told[-1]) == (200, "This view has been withdrawn.")


def test_pages_of_views_are_for_who_sees_the_campaign(world: World, client: Client, save: Callable) -> None:
    assert save(user=world.stranger).status_code == 404
    assert client.post(address(world, "columns/")).status_code == 404
    client.force_login(world.office)
    for path in (address(world, "columns/"), address(world, "views/")):
        assert client.get(path).status_code == 405


def test_file_of_chosen_columns_holds_these_and_comes_back(world: World, client: Client, choose: Callable) -> None:
    choose("status", "goal", "ruler")

    narrow = get(client, world.office, address(world, "?format=xlsx&columns=chosen"))
    whole = get(client, world.office, address(world, "?format=xlsx"))

    headings = [str(column.heading) for column in LEDGER if column.name in {*TREE, "status", "goal"}]
    assert list(sheet_of(narrow)[3][: len(headings)]) == headings
    assert len(sheet_of(narrow)[3]) == len(headings) + 1  # and the hidden keys
    assert len(sheet_of(whole)[3]) == len(LEDGER) + 1
    assert workbooks.nothing(workbooks.rehearsed(world, narrow.getvalue()))
    issues = get(client, world.office, address(world, "?format=xlsx&list=issues&columns=chosen"))
    assert len(sheet_of(issues)[3]) == len(KINDS["issues"].columns) + 1


def test_edited_file_of_chosen_columns_changes_what_was_edited(world: World, client: Client, choose: Callable) -> None:
    choose("status", "goal")
    content = get(client, world.office, address(world, "?format=xlsx&columns=chosen")).getvalue()
    place = [column.name for column in LEDGER if column.name in {*TREE, "status", "goal"}].index("goal") + 1

    edited = workbooks.edited(content, lambda sheet: sheet.cell(5, place, "Another goal"))

    assert list(workbooks.changes(workbooks.rehearsed(world, edited)).values()) == [
        {"goal": (world.measures[0].goal, "Another goal")}
    ]


def test_every_column_has_a_meaning_and_no_meaning_is_left_over() -> None:
    said = {code: {column.name for column in kind.columns} for code, kind in KINDS.items()}

    assert all(meaning_of(code, name) for code, names in said.items() for name in names)
    assert {code: set(names) - said[code] for code, names in MEANINGS.items()} == {code: set() for code in MEANINGS}


def test_help_tells_every_column_of_every_list(world: World, client: Client) -> None:
    page = get(client, world.liaison_b, "/help/").content.decode()

    assert 'id="columns"' in page
    for words in ("What will be true once the measure is done.", "整改目标", "The system works this column out"):
        assert words in page
