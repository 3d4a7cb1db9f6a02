"""Rules of a court, what a person wants, and sending again: who may, what is refused, what stands on record."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.tracked import StaleRow
from findings import notify
from findings.choices import DeliveryStatus, MessageKind, MessageStatus
from findings.models import Delivery, Message, Preference, ReminderRule
from findings.models.reminder import POSSIBLE_ROLES, default_rules
from findings.tests import factories
from findings.tests.factories import World, fresh, last_entry
from findings.workflow import reminders
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")


def change(world: World, code: str = "due-1", *, by: Any = None, version: int | None = None, **values: Any) -> Any:
    return reminders.change_rule(world.court, code, by=by or world.office, values=values, version=version)


def test_changing_a_default_makes_it_the_courts_own(past: World) -> None:
    row = change(past, offset=2, roles="head", version=0)

    assert (row.code, row.condition, row.offset, row.roles, row.order) == ("due-1", "due", 2, "head", 50)
    assert last_entry(row)[0] == past.office
    again = change(past, is_active=False, version=row.version)
    assert (again.pk, again.offset, again.is_active) == (row.pk, 2, False)
    assert factories.broken_records() == []


def test_a_rule_that_somebody_else_changed_is_stale(past: World) -> None:
    change(past, offset=2)

    with pytest.raises(StaleRow):
        change(past, offset=3, version=0)


@pytest.mark.parametrize("name", ["stranger", "chief", "leader", "head_a", "sysadmin", "nobody"])
def test_only_the_courts_office_changes_rules(past: World, name: str) -> None:
    person = getattr(past, name)

    with pytest.raises(Denied, match="Only the rectification office"):
        change(past, by=person, offset=2)
    with pytest.raises(Denied, match="Only the rectification office"):
        reminders.add_rule(past.court, by=person, condition="due", values={"roles": "head"})
    assert ReminderRule.objects.count() == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"roles": ""}, "roles"),
        ({"roles": "auditor"}, "roles"),
        ({"offset": 367}, "offset"),
        ({"offset": -1}, "offset"),
    ],
)
def test_rules_that_cannot_be(past: World, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Denied) as caught:
        change(past, **values)
    assert caught.value.field == field


def test_a_rule_that_there_is_not(past: World) -> None:
    with pytest.raises(Denied, match="no such rule"):
        change(past, "nothing", offset=1)


def test_more_rules_get_codes_of_their_own(past: World) -> None:
    rows = [
        reminders.add_rule(past.court, by=past.office, condition="silent", values={"roles": "leader", "offset": days})
        for days in (20, 60)
    ]

    assert [row.code for row in rows] == ["own-1", "own-2"]
    assert {row.code for row in ReminderRule.objects.in_force([past.court.pk])[past.court.pk]} >= {"own-1", "own-2"}


def test_the_defaults_are_possible() -> None:
    rules = default_rules(1).values()

    assert all(row.role_set <= set(POSSIBLE_ROLES[row.condition]) for row in rules)
    assert all(str(row) for row in rules)


# --- Preferences -------------------------------------------------------------------------------------------


def keep(world: World, **values: Any) -> Preference:
    values = {"channels": ["mail"], "handles": {}} | values
    by = values.pop("by", world.office)
    return reminders.save_preference(world.office, by=by, **values)


def test_preferences_are_kept_on_record(past: World) -> None:
    day = past.day(5)
    row = keep(past, channels=["wecom", "mail", "lost"], handles={"wecom": " zhang ", "feishu": "", "lost": "x"},
               paused_from=day, paused_until=day, version=0)  # fmt: skip

    assert (row.channels, row.handles, row.chosen) == ("mail,wecom", {"wecom": "zhang"}, ["mail", "wecom"])
    assert [row.is_paused(past.day(n)) for n in (4, 5, 6)] == [False, True, False]
    assert [row.address(code) for code in ("mail", "wecom", "feishu", "webhook")] == ["", "zhang", "", "office"]
    assert (row.reaches("wecom"), row.reaches("mail"), row.reaches("webhook")) == (True, False, False)
    assert last_entry(row)[0] == past.office
    assert keep(past, version=row.version).pk == row.pk


def test_preferences_are_everybodys_own(past: World) -> None:
    with pytest.raises(Denied, match="Everybody chooses"):
        keep(past, by=past.chief)


def test_preferences_changed_in_another_window_are_stale(past: World) -> None:
    keep(past)

    with pytest.raises(StaleRow):
        keep(past, version=0)


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [(5, None, "paused_until"), (None, 5, "paused_from"), (5, 4, "paused_until"), (5, 400, "paused_until")],
)
def test_pauses_that_cannot_be(past: World, first: int | None, last: int | None, field: str) -> None:
    days = [None if n is None else past.day(n) for n in (first, last)]

    with pytest.raises(Denied) as caught:
        keep(past, paused_from=days[0], paused_until=days[1])
    assert caught.value.field == field


# --- Sending again -----------------------------------------------------------------------------------------


@pytest.fixture
def dead(past: World) -> Message:
    """A message to a liaison of the court that could not be delivered by mail."""
    now = timezone.now()
    notify.write(past.liaison_a, kind=MessageKind.RETURNED, key="one", words=("a", "b"), link="/", at=now)
    row = Message.objects.get()
    Message.objects.update(status=MessageStatus.FAILED)
    Delivery.objects.create(message=row, channel="mail", status=DeliveryStatus.DEAD, attempts=6, not_before=now)
    Delivery.objects.create(message=row, channel="wecom", status=DeliveryStatus.SENT, sent_at=now, not_before=now)
    return fresh(row)


@pytest.mark.parametrize("name", ["office", "sysadmin"])
def test_what_is_dead_is_sent_again(past: World, dead: Message, name: str) -> None:
    person = getattr(past, name)

    reminders.send_again(dead, by=person, note="address mended", at=timezone.now() + timedelta(minutes=1))

    assert fresh(dead).status == MessageStatus.SENDING
    assert list(dead.deliveries.order_by("channel").values_list("status", "attempts")) == [("waiting", 0), ("sent", 0)]
    event = AuditEvent.objects.get(action="message")
    assert (event.user, event.subject, event.detail) == (person, f"message {dead.pk}", "address mended")


def test_what_came_back_from_an_archive_starts_anew(past: World, dead: Message) -> None:
    dead.deliveries.all().delete()
    Message.objects.update(error="restored from a backup")

    reminders.send_again(dead, by=past.office, note="still needed")

    assert (fresh(dead).status, fresh(dead).error) == (MessageStatus.WAITING, "")


@pytest.mark.parametrize(
    ("name", "note", "why"),
    [
        ("office", "", "Please give a reason"),
        ("stranger", "x", "somebody of another court"),
        ("head_a", "x", "Only the rectification office and the system administrator"),
        ("liaison_a", "x", "Only the rectification office and the system administrator"),
    ],
)
def test_who_may_not_send_again(past: World, dead: Message, name: str, note: str, why: str) -> None:
    with pytest.raises(Denied, match=why):
        reminders.send_again(dead, by=getattr(past, name), note=note)
    assert fresh(dead).status == MessageStatus.FAILED


def test_what_is_under_way_is_not_sent_again(past: World, dead: Message) -> None:
    """Neither seen so, nor when another window was quicker."""
    Message.objects.update(status=MessageStatus.SENDING)

    with pytest.raises(Denied, match="It is on its way already"):
        reminders.send_again(dead, by=past.office, note="x")
    with pytest.raises(Denied, match="Only what could not be delivered"):
        reminders.send_again(fresh(dead), by=past.office, note="x")
    assert AuditEvent.objects.filter(action="message").count() == 0
