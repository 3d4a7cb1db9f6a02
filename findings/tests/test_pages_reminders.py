"""The pages about messages: rules and their preview, the ledger of what was sent, and one's own settings."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import people
from findings import channels, dates, morning, notify
from findings.choices import DeliveryStatus, MessageKind, MessageStatus
from findings.models import Delivery, Message, Outage, Preference, ReminderRule
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.tests.pages import get, queries, sheet_of

RULE = {
    "version": "0", "offset": "2", "unit": "working", "roles": ["head"], "channels": ["mail"], "wording_zh": "临近",
    "wording_en": "", "order": "40", "is_active": "on",
}  # fmt: skip


def post(client: Client, user: Any, path: str, values: dict[str, Any]) -> Any:
    client.force_login(user)
    return client.post(path, values)


# --- Who and how -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/reminders/", "/reminders/new/", "/reminders/due-1/", "/reminders/preview/"])
def test_rules_are_the_offices(client: Client, world: World, path: str) -> None:
    found = {name: get(client, user, path).status_code for name, user in world.everybody().items()}

    assert {name for name, status in found.items() if status == 200} == {"office", "stranger"}
    assert set(found.values()) == {200, 403}


def test_the_ledger_of_messages_is_the_offices_and_the_system_administrators(client: Client, world: World) -> None:
    found = {name for name, user in world.everybody().items() if get(client, user, "/messages/").status_code == 200}

    assert found == {"office", "stranger", "sysadmin"}


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/reminders/"), ("put", "/reminders/new/"), ("put", "/reminders/due-1/"), ("post", "/reminders/preview/"),
     ("post", "/messages/"), ("put", "/inbox/settings/")],
)  # fmt: skip
def test_wrong_methods(client: Client, world: World, method: str, path: str) -> None:
    client.force_login(world.office)

    assert getattr(client, method)(path).status_code == 405


# --- Rules -------------------------------------------------------------------------------------------------


def test_rules_are_listed_with_the_courts_own(client: Client, world: World) -> None:
    post(client, world.office, "/reminders/due-1/", RULE | {"channels": [], "is_active": ""})

    rows = get(client, world.office, "/reminders/").context["rules"]

    assert [(row["rule"].code, row["when"], row["outside"], row["in_force"]) for row in rows if row["rule"].pk] == [
        ("due-1", "2 working days before", "nothing", "switched off")
    ]
    words = {row["rule"].code: row["when"] for row in rows}
    assert [words[code] for code in ("returned", "overdue", "due-0", "due-3", "delay-head")] == [
        "at once", "1 day after", "on the day", "3 days before", "3 working days after"
    ]  # fmt: skip


def test_who_is_the_office_of_two_courts_chooses(client: Client, world: World) -> None:
    person = factories.grant(world.office, "office", world.lower)

    assert get(client, person, "/reminders/").context["court"] == world.court
    assert get(client, person, "/reminders/?court=zy").context["court"] == world.lower
    assert get(client, person, "/reminders/?court=%00x").context["court"] == world.court
    assert get(client, world.stranger, "/reminders/?court=gy").context["court"] == world.lower


def test_changing_a_rule(client: Client, world: World) -> None:
    response = post(client, world.office, "/reminders/due-1/?court=gy", RULE)

    assert (response.status_code, response["Location"]) == (302, "/reminders/?court=gy")
    row = ReminderRule.objects.get()
    assert (row.code, row.offset, row.unit, row.roles, row.channels, row.is_active) == (
        "due-1", 2, "working", "head", "*", True
    )  # fmt: skip
    form = get(client, world.office, "/reminders/due-1/").context["form"]
    assert (form["version"].value(), form["channels"].value(), form["roles"].value()) == (1, ["mail"], ["head"])


def test_a_stale_rule_stands_beside_what_was_typed(client: Client, world: World) -> None:
    post(client, world.office, "/reminders/due-1/", RULE)

    response = post(client, world.office, "/reminders/due-1/", RULE | {"offset": "5", "roles": ["leader"]})

    assert response.status_code == 409
    assert [(row["theirs"], row["yours"]) for row in response.context["form"].differences] == [
        ("2", "5"), ("head of department", "lead leader")
    ]  # fmt: skip
    assert ReminderRule.objects.get().offset == 2


def test_adding_a_rule_and_choosing_its_channels(client: Client, world: World, settings: Any) -> None:
    settings.CHANNELS = {"wecom": {"url": "https://qyapi.weixin.qq.com/x"}}
    values = RULE | {"condition": "silent", "roles": ["leader", "office"]}

    assert post(client, world.office, "/reminders/new/", values).status_code == 302
    row = ReminderRule.objects.get()
    assert (row.code, row.condition, row.roles, row.channels) == ("own-1", "silent", "leader,office", "mail")
    rows = get(client, world.office, "/reminders/").context["rules"]
    shown = [(row["outside"], row["in_force"]) for row in rows if row["rule"].pk]
    assert shown == [("mail", "yes, changed by the court")]


@pytest.mark.parametrize(
    "values",
    [{"condition": "lost"}, {"roles": []}, {"offset": "400"}, {"offset": "x"}, {"unit": "moons"}, {"version": "x"},
     {"channels": ["pigeon"]}, {"roles": ["auditor"]}, {"condition": "acceptance", "roles": ["head"]}],
    ids=str,
)  # fmt: skip
def test_wrong_rules_are_refused(client: Client, world: World, values: dict[str, Any]) -> None:
    response = post(client, world.office, "/reminders/new/", RULE | {"condition": "due"} | values)

    assert (response.status_code, ReminderRule.objects.count()) == (422, 0)


def test_a_rule_that_there_is_not(client: Client, world: World) -> None:
    assert get(client, world.office, "/reminders/nothing/").status_code == 404


# --- Preview -----------------------------------------------------------------------------------------------


def working_day() -> date:
    day = dates.today()
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


def test_preview_shows_each_person_and_writes_nothing(client: Client, world: World) -> None:
    on = working_day()
    factories.make_measure(world, deadline=on)

    response = get(client, world.office, f"/reminders/preview/?on={on}")

    found = {drafts[0].recipient.username for drafts in response.context["page"].object_list}
    assert {"head_a", "liaison_a", "leader"} <= found
    assert b"Due today" in response.content
    assert Message.objects.count() == 0
    factories.measures(world, 2)
    assert queries(client, world.office, f"/reminders/preview/?on={on}") > 0


def test_preview_of_a_day_off_and_of_nothing(client: Client, world: World) -> None:
    sunday = dates.today() + timedelta(days=6 - dates.today().weekday())

    assert b"is a day off" in get(client, world.office, f"/reminders/preview/?on={sunday}").content
    assert b"Nobody would be told" in get(client, world.stranger, f"/reminders/preview/?on={working_day()}").content


@pytest.mark.parametrize("query", ["on=x", "on=2001-01-01", "on=2999-01-01", "on=%00", "on=&page=9"])
def test_preview_stands_garbage(client: Client, world: World, query: str) -> None:
    response = get(client, world.office, f"/reminders/preview/?{query}")

    assert (response.status_code, response.context["found"]) == (200, None)


def test_preview_without_a_day_means_the_next_working_day(client: Client, world: World) -> None:
    assert get(client, world.office, "/reminders/preview/").context["found"].on == working_day()
    assert get(client, world.office, "/reminders/").context["preview"]["on"].value() == working_day().isoformat()


def test_preview_costs_the_same_for_few_and_many(client: Client, world: World) -> None:
    path = f"/reminders/preview/?on={working_day()}"
    factories.make_measure(world, deadline=working_day())
    few = queries(client, world.office, path)
    factories.measures(world, 5, deadline=working_day())

    assert queries(client, world.office, path) == few


# --- The ledger of messages --------------------------------------------------------------------------------


def write(world: World, name: str, number: int, **facts: Any) -> Message:
    person, at = getattr(world, name), timezone.now()
    facts = {"kind": MessageKind.SIGN, "words": (f"Subject {number}", f"Text {number}")} | facts
    notify.write(person, key=f"key-{name}-{number}", link="/help/", at=at, **facts)
    return Message.objects.get(key=f"key-{name}-{number}")


def dead(row: Message) -> Message:
    Message.objects.filter(pk=row.pk).update(status=MessageStatus.FAILED)
    Delivery.objects.create(
        message=row, channel="mail", status=DeliveryStatus.DEAD, attempts=6, error="no such mailbox",
        not_before=timezone.now(),
    )  # fmt: skip
    return row


def test_the_ledger_proves_what_was_sent(client: Client, world: World) -> None:
    people.change_account(world.liaison_a, email="a@court.example", by=None)
    row = write(world, "liaison_a", 1)
    write(world, "lower_head", 2)
    channels.send_messages()

    page = get(client, world.office, "/messages/")

    assert [found.pk for found in page.context["page"]] == [row.pk]
    text = page.content.decode()
    assert "You can sign at the stage that the request has reached." in text
    assert "mail: sent" in text
    assert [found.recipient for found in get(client, world.stranger, "/messages/").context["page"]] == [
        world.lower_head
    ]


def test_the_system_administrator_reads_no_texts(client: Client, world: World) -> None:
    write(world, "liaison_a", 1)

    page = get(client, world.sysadmin, "/messages/?q=Subject")
    assert len(page.context["page"].object_list) == 0
    page = get(client, world.sysadmin, "/messages/?q=Liaison")
    assert len(page.context["page"].object_list) == 1
    assert b"Subject 1" not in page.content
    rows = sheet_of(get(client, world.sysadmin, "/messages/?format=xlsx"))
    assert not any("Subject" in str(cell) or "Text" in str(cell) for row in rows[1:] for cell in row)


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 3), ("kind=returned", 1), ("status=failed", 1), ("channel=mail", 1), ("channel=wecom", 0), ("q=Text 2", 1),
     ("q=head_a", 1), ("since=2999-01-01", 0), ("until=2000-01-01", 0), ("since=2000-01-01&until=2999-01-01", 3),
     ("kind=x&status=y&since=z", 3), ("q=%00", 3), ("page=9", 3)],
)  # fmt: skip
def test_filters_of_the_ledger(client: Client, world: World, query: str, count: int) -> None:
    write(world, "liaison_a", 1)
    write(world, "head_a", 2, kind=MessageKind.RETURNED)
    dead(write(world, "leader", 3))

    assert get(client, world.office, f"/messages/?{query}").context["page"].paginator.count == count
    assert len(sheet_of(get(client, world.office, f"/messages/?{query}&format=xlsx"))) == count + 1


def test_the_ledger_names_a_channel_that_does_not_answer(client: Client, world: World) -> None:
    now = timezone.now()
    Outage.objects.create(channel="mail", since=now, not_before=now, error="ConnectionRefusedError: no")

    text = get(client, world.office, "/messages/").content.decode()
    at = timezone.localtime(now)
    assert (
        f"Nothing leaves by mail since {at:%Y-%m-%d %H:%M}; it is tried again at {at:%H:%M}. The server could not be "
        "reached, or the connection broke off. (ConnectionRefusedError: no)"
    ) in text


def test_the_ledger_says_in_words_why_a_mail_fails_and_when_it_is_tried_again(client: Client, world: World) -> None:
    """A mail backend without its settings: no try is charged, and the channel's rest is that of the mail."""
    row, now = write(world, "liaison_a", 1), timezone.now()
    Delivery.objects.create(message=row, channel="mail", error="ImproperlyConfigured", attempts=1, not_before=now)
    rest = Outage.objects.create(channel="mail", since=now, not_before=now + timedelta(minutes=5), error="OSError: x")
    at = f"Next try: {timezone.localtime(rest.not_before):%Y-%m-%d %H:%M}"
    words = "The channel is not set up rightly; the system administrator must look at its settings."

    text = get(client, world.office, "/messages/").content.decode()
    assert f'{words} {at} <span class="muted">ImproperlyConfigured</span>' in text
    rows = sheet_of(get(client, world.office, "/messages/?format=xlsx"))
    assert rows[1][4] == f"inbox; mail waiting {words} (ImproperlyConfigured) {at}"

    Outage.objects.all().delete()
    text = get(client, world.office, "/messages/").content.decode()
    assert f"Next try: {timezone.localtime(now):%Y-%m-%d %H:%M}" in text


def test_what_is_dead_is_sent_again_with_a_reason(client: Client, world: World) -> None:
    row = dead(write(world, "liaison_a", 1))
    path = f"/messages/{row.pk}/again/"
    assert f'href="{path}"' in get(client, world.office, "/messages/").content.decode()
    assert b"no such mailbox" in get(client, world.office, path).content

    assert post(client, world.office, path, {"note": ""}).status_code == 422
    assert post(client, world.office, path, {"note": "mended"}).status_code == 302
    assert fresh(row).status == MessageStatus.SENDING
    assert post(client, world.office, path, {"note": "mended"}).status_code == 422
    assert b"Only what could not be delivered" in get(client, world.office, path).content
    assert get(client, world.stranger, path).status_code == 404
    assert get(client, world.head_a, path).status_code == 403


def test_the_ledger_costs_the_same_for_few_and_many(client: Client, world: World) -> None:
    dead(write(world, "liaison_a", 0))
    few = queries(client, world.office, "/messages/")
    for number in range(1, 4):
        dead(write(world, "liaison_a", number))

    assert queries(client, world.office, "/messages/") == few


# --- One's own settings ------------------------------------------------------------------------------------


def test_settings_are_kept(client: Client, world: World, settings: Any) -> None:
    settings.CHANNELS = {"wecom": {"url": "https://qyapi.weixin.qq.com/x"}}
    values = {"version": "0", "channels": ["wecom"], "handle_wecom": "zhang", "paused_from": "2026-10-01",
              "paused_until": "2026-10-08"}  # fmt: skip

    assert post(client, world.head_a, "/inbox/settings/", values).status_code == 302
    row = Preference.objects.get()
    assert (row.person, row.channels, row.handles) == (world.head_a, "wecom", {"wecom": "zhang"})
    page = get(client, world.head_a, "/inbox/settings/")
    form = page.context["form"]
    assert (form["version"].value(), form["channels"].value(), form["handle_wecom"].value()) == (1, ["wecom"], "zhang")
    assert b"08:30" in page.content
    assert b"Your account has no mail address" in page.content


def test_settings_from_two_windows_stand_beside_each_other(client: Client, world: World) -> None:
    post(client, world.head_a, "/inbox/settings/", {"version": "0", "channels": ["mail"]})

    response = post(client, world.head_a, "/inbox/settings/", {"version": "0", "channels": []})

    assert response.status_code == 409
    assert [(row["theirs"], row["yours"]) for row in response.context["form"].differences] == [("mail", "—")]


@pytest.mark.parametrize(
    "values",
    [{"paused_from": "2026-10-01"}, {"paused_from": "2026-10-08", "paused_until": "2026-10-01"}, {"version": "x"},
     {"channels": ["pigeon"]}, {"paused_from": "x"}],
    ids=str,
)  # fmt: skip
def test_wrong_settings_are_refused(client: Client, world: World, values: dict[str, Any]) -> None:
    response = post(client, world.head_a, "/inbox/settings/", {"version": "0", "channels": ["mail"]} | values)

    assert (response.status_code, Preference.objects.count()) == (422, 0)


def test_a_paused_person_still_finds_the_digest(client: Client, past: World) -> None:
    morning.remind(past.day(101))

    page = get(client, past.head_b, "/inbox/")

    row = next(found for found in page.context["page"] if found.kind == MessageKind.DIGEST)
    assert f'<a href="/measures/{past.measures[2].pk}/">' in page.content.decode()
    assert row.why == "Reminder rules: overdue"
