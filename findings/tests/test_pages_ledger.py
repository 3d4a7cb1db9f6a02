"""The ledger's page: who sees which rows, its filters, days and export."""

import io
from collections.abc import Callable
from datetime import timedelta

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import people
from accounts.models import AuditEvent
from findings.choices import MeasureStatus
from findings.figures.sentences import text_of
from findings.tests import factories
from findings.tests.factories import World

MOST_QUERIES = 16


def address(world: World) -> str:
    return f"/campaigns/{world.campaign.slug}/ledger/"


def numbers(answer: object) -> list[int]:
    """The measures shown, in order."""
    return [line.measure.number for area in answer.context["areas"] for part in area.issues for line in part.lines]


@pytest.fixture
def get(world: World, client: Client) -> Callable[..., object]:
    """Ask for the ledger as somebody, by default the office."""

    def ask(user: object = None, path: str = "", **query: object) -> object:
        client.force_login(user or world.office)
        return client.get(path or address(world), query)

    return ask


def test_ledger_shows_the_tree_to_the_court(world: World, get: Callable) -> None:
    answer = get()
    assert answer.status_code == 200
    assert [(area.number, [part.issue.number for part in area.issues]) for area in answer.context["areas"]] == [
        (1, [1, 2]), (2, [3]),
    ]  # fmt: skip
    assert numbers(answer) == [1, 2, 3, 4]
    for row in world.measures:
        assert f"/measures/{row.pk}/" in answer.content.decode()


def test_ledger_of_a_department_holds_what_it_leads_or_assists(world: World, get: Callable) -> None:
    assert numbers(get(world.liaison_b)) == [2, 3]


def test_ledger_out_of_sight_is_404(world: World, get: Callable) -> None:
    for name in ("stranger", "nobody", "sysadmin", "secadmin", "auditor", "lower_head"):
        assert get(world.everybody()[name]).status_code == 404
    assert get(path="/campaigns/no-such/ledger/").status_code == 404


def test_ledger_asks_for_a_sign_in_and_refuses_other_methods(world: World, client: Client) -> None:
    assert client.get(address(world)).status_code == 302
    client.force_login(world.office)
    assert client.post(address(world)).status_code == 405


def test_ledger_sentence_counts_and_links(world: World, get: Callable) -> None:
    factories.measure_at(MeasureStatus.CLOSED, world, row=world.measures[0])
    answer = get()
    assert f'<a href="{address(world)}?status=closed">1</a>' in answer.content.decode()
    assert "; none is overdue; " in text_of(answer.context["sentence"])


def test_ledger_overdue_is_told_with_days_and_department(world: World, get: Callable) -> None:
    late = factories.make_measure(world, deadline=timezone.localdate() - timedelta(days=3))
    text = text_of(get().context["sentence"])
    assert "; 1 overdue, the longest by 3 days (Department a); " in text
    assert numbers(get(due="overdue")) == [late.number]
    assert numbers(get(light="red")) == [late.number]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "not_started"}, [2, 3, 4]),
        ({"status": "in_progress"}, [1]),
        ({"department": "b"}, [2, 3]),
        ({"lead": "b"}, [3]),
        ({"lead": "none"}, []),
        ({"leader": "other_leader"}, [3]),
        ({"phase": "sustained"}, []),
        ({"nature": "dated", "area": "2"}, [4]),
        ({"issue": "2"}, [3]),
        ({"state": "open"}, [1, 2, 3, 4]),
        ({"state": "rectified"}, []),
        ({"light": "none"}, [1, 2, 3, 4]),
        ({"q": "Measure 2"}, [2, 3]),  # the words of the issue count too
        ({"q": "nothing such"}, []),
        ({"due": "soon"}, []),
        ({"due": "recheck"}, []),
    ],
)
def test_ledger_filters(world: World, get: Callable, query: dict, expected: list[int]) -> None:
    factories.measure_at(MeasureStatus.IN_PROGRESS, world, row=world.measures[0])
    answer = get(**query)
    assert numbers(answer) == expected
    assert len(answer.context["filters"]) == len(query)
    assert not answer.context["form"].ignored


@pytest.mark.parametrize(
    "query",
    [
        {"status": "purple"}, {"department": "\x00"}, {"department": "no-such"}, {"leader": "'; drop"}, {"light": "x"},
        {"phase": "x"}, {"nature": "x"}, {"area": "x"}, {"area": "-1"}, {"area": "9" * 40}, {"issue": "1e9"},
        {"on": "2021-13-40"}, {"on": "0001-01-01"}, {"on": "9999-12-31"}, {"on": "x"}, {"q": "a\x00b"},
        {"q": "x" * 5000}, {"state": "x"}, {"due": "x"},
    ],
)  # fmt: skip
def test_ledger_leaves_out_what_it_does_not_know(get: Callable, query: dict) -> None:
    answer = get(**query)
    assert answer.status_code == 200
    assert numbers(answer) == [1, 2, 3, 4]
    assert "Not understood and left out" in answer.content.decode()


@pytest.mark.parametrize("page", ["x", "-1", "0", "9" * 30, "\x00", ""])
def test_ledger_page_out_of_range(get: Callable, page: str) -> None:
    assert numbers(get(page=page)) == [1, 2, 3, 4]


def test_ledger_pages_by_a_hundred(world: World, get: Callable) -> None:
    factories.measures(world, 100)
    assert len(numbers(get())) == 100
    assert len(numbers(get(page=2))) == 4
    assert 'rel="next"' in get(department="a").content.decode()


def test_ledger_of_a_past_day_with_the_names_of_that_day(world: World, get: Callable) -> None:
    factories.measure_at(MeasureStatus.CLOSED, world, row=world.measures[0])
    people.change_department(
        world.a, by=None, name="Renamed", tier="", parent=world.court, order=0, is_active=True, version=None
    )
    now, then = get(), get(on=world.day(3).isoformat())
    assert then.context["counts"].closed == 0
    assert now.context["counts"].closed == 1
    assert "Department a" in then.content.decode()
    assert [line.department for line in now.context["areas"][0].issues[0].lines] == ["Renamed", "Renamed"]
    assert f"on={world.day(3).isoformat()}" in then.content.decode()


def test_ledger_empty_says_why(world: World, get: Callable) -> None:
    assert "answers all of these filters" in get(q="nothing such").content.decode()
    campaign = factories.make_campaign(world)
    page = get(path=f"/campaigns/{campaign.slug}/ledger/").content.decode()
    assert "No measure of this campaign is in your sight" in page


def test_ledger_export_holds_the_rows_in_filter_and_is_on_record(world: World, get: Callable) -> None:
    answer = get(format="xlsx", lead="b")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    cells = [cell for row in book.active.iter_rows(values_only=True) for cell in row]
    assert "Measure 3" in cells
    assert "Measure 1" not in cells
    assert answer["Content-Disposition"].startswith("attachment")
    assert AuditEvent.objects.filter(action="export", user=world.office).count() == 1


def test_ledger_export_of_a_past_day_and_of_another_list(world: World, get: Callable) -> None:
    assert get(format="xlsx", on=world.day(3).isoformat(), status="not_started").status_code == 200
    assert get(format="xlsx", list="issues").status_code == 200
    assert get(format="xlsx", list="\x00").status_code == 404


@pytest.mark.parametrize("name", ["office", "head_a"])
@pytest.mark.parametrize("past", [False, True])
def test_ledger_queries_do_not_grow(world: World, get: Callable, client: Client, name: str, past: bool) -> None:
    query = {"on": world.day(5).isoformat()} if past else {}
    factories.make_measure(world, deadline=timezone.localdate() - timedelta(days=3))
    get(world.everybody()[name], **query)
    with CaptureQueriesContext(connection) as few:
        client.get(address(world), query)
    factories.measures(world, 90, assisting=[world.b])
    with CaptureQueriesContext(connection) as many:
        assert len(numbers(client.get(address(world), query))) > 90
    assert len(many) == len(few)
    assert len(many) <= MOST_QUERIES
