"""The inbox: mine only, unread first, read by opening or by a button."""

import threading
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from findings import notify
from findings.choices import MessageKind
from findings.models import Message
from findings.tests.factories import World
from findings.tests.pages import get, queries, sheet_of
from findings.views.inbox import _read as read_rows


def write(person: User, number: int, *, kind: str = MessageKind.SIGN, link: str = "/help/") -> Message:
    key = f"test-{person.pk}-{number}"
    at: datetime = timezone.now()
    notify.write(person, kind=kind, key=key, words=(f"Subject {number}", f"Text {number}"), link=link, at=at)
    return Message.objects.get(key=key)


def test_inbox_shows_mine_unread_first(client: Client, world: World) -> None:
    rows = [write(world.office, number) for number in (1, 2, 3)]
    write(world.chief, 9)
    Message.objects.filter(pk=rows[2].pk).update(read_at=timezone.now())

    response = get(client, world.office, "/inbox/")

    assert [row.subject for row in response.context["page"]] == ["Subject 2", "Subject 1", "Subject 3"]
    assert response.context["unread"]() == 2


def test_inbox_counts_the_unread_in_the_top_bar(client: Client, world: World) -> None:
    write(world.office, 1)

    entry = next(row for row in get(client, world.office, "/help/").context["nav"]() if row["url"] == "/inbox/")

    assert (entry["count"], entry["active"]) == (1, False)


def test_opening_a_message_reads_it_and_goes_to_its_link(client: Client, world: World) -> None:
    row = write(world.office, 1)

    response = get(client, world.office, f"/inbox/{row.pk}/")

    assert (response.status_code, response["Location"]) == (302, "/help/")
    row.refresh_from_db()
    assert row.read_at is not None


@pytest.mark.parametrize("link", ["", "https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_opening_a_message_never_leaves_the_site(client: Client, world: World, link: str) -> None:
    row = write(world.office, 1, link=link)

    assert get(client, world.office, f"/inbox/{row.pk}/")["Location"] == "/inbox/"


def test_a_message_of_somebody_else_is_not_found(client: Client, world: World) -> None:
    row = write(world.office, 1)

    assert get(client, world.chief, f"/inbox/{row.pk}/").status_code == 404
    client.post("/inbox/read/", {"message": row.pk})
    row.refresh_from_db()
    assert row.read_at is None


def test_one_or_all_are_marked_as_read(client: Client, world: World) -> None:
    first, second = write(world.office, 1), write(world.office, 2)
    client.force_login(world.office)

    client.post("/inbox/read/", {"message": first.pk})
    assert list(Message.objects.unread().values_list("pk", flat=True)) == [second.pk]

    client.post("/inbox/read/")
    assert Message.objects.unread().count() == 1
    client.post("/inbox/read/", {"all": "1"})
    assert Message.objects.unread().count() == 0


@pytest.mark.parametrize("value", ["x", "-1", "9" * 30, "1 or 1"])
def test_marking_garbage_marks_nothing(client: Client, world: World, value: str) -> None:
    write(world.office, 1)
    client.force_login(world.office)

    assert client.post("/inbox/read/", {"message": value}).status_code == 302
    assert Message.objects.unread().count() == 1


def test_inbox_filters_pages_and_file(client: Client, world: World) -> None:
    for number in range(60):
        write(world.office, number, kind=MessageKind.SIGN if number % 2 else MessageKind.RETURNED)

    assert get(client, world.office, "/inbox/").context["page"].paginator.num_pages == 2
    assert get(client, world.office, "/inbox/?kind=returned").context["page"].paginator.count == 30
    assert len(sheet_of(get(client, world.office, "/inbox/?kind=returned&unread=1&format=xlsx"))) == 31


@pytest.mark.parametrize("query", ["kind=x", "unread=7", "page=0", "page=%00", "kind=%00&format=x"])
def test_inbox_stands_garbage(client: Client, world: World, query: str) -> None:
    assert get(client, world.office, f"/inbox/?{query}").status_code == 200


def test_inbox_methods(client: Client, world: World) -> None:
    client.force_login(world.office)

    assert client.post("/inbox/").status_code == 405
    assert client.get("/inbox/read/").status_code == 405


def test_inbox_costs_the_same_for_few_and_many(client: Client, world: World) -> None:
    for number in range(3):
        write(world.office, number)
    few = queries(client, world.office, "/inbox/")
    for number in range(3, 100):
        write(world.office, number)

    assert queries(client, world.office, "/inbox/") == few <= 15


def test_message_is_not_read_by_who_asks_for_the_head_only(client: Client, world: World) -> None:
    message = write(world.office, 1)
    client.force_login(world.office)

    assert client.head(f"/inbox/{message.pk}/").status_code == 302
    assert Message.objects.unread().filter(pk=message.pk).exists()


def test_the_chosen_are_marked_and_all_that_fit_the_filters(client: Client, world: World) -> None:
    rows = [
        write(world.office, number, kind=kind) for number, kind in enumerate(["sign", "sign", "returned", "report"])
    ]
    client.force_login(world.office)

    client.post("/inbox/read/", {"message": [rows[0].pk, rows[3].pk]})
    assert set(Message.objects.unread().values_list("pk", flat=True)) == {rows[1].pk, rows[2].pk}
    client.post("/inbox/read/?kind=returned", {"all": "1"})
    assert list(Message.objects.unread().values_list("pk", flat=True)) == [rows[1].pk]
    client.post("/inbox/read/?q=nothing", {"all": "1"})
    assert Message.objects.unread().count() == 1


def test_words_find_messages(client: Client, world: World) -> None:
    for number in (1, 2):
        write(world.office, number)

    assert get(client, world.office, "/inbox/?q=Text 2").context["page"].paginator.count == 1
    assert b"No message fits" in get(client, world.office, "/inbox/?q=nothing").content


@pytest.mark.django_db(transaction=True)
def test_the_counter_holds_while_many_write_and_read_at_once(world: World) -> None:
    """Four windows mark everything as read while messages come in; each message is read once."""
    for number in range(20):
        write(world.office, number)
    marked: list[int] = []

    def window(number: int) -> None:
        try:
            for step in range(5):
                write(world.office, 100 + number * 10 + step)
                marked.append(read_rows(Message.objects.visible_to(world.office)))
        finally:
            connection.close()

    windows = [threading.Thread(target=window, args=(number,)) for number in range(4)]
    for thread in windows:
        thread.start()
    for thread in windows:
        thread.join()

    assert sum(marked) == 40
    assert Message.objects.visible_to(world.office).unread().count() == 0
