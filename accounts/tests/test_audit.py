from collections.abc import Callable

import pytest
from django.test import Client, RequestFactory

from accounts import audit
from accounts.models import AuditEvent, User
from accounts.tests import factories


def lines() -> list[tuple]:
    return list(AuditEvent.objects.order_by("id").values_list("action", "username", "address", "succeeded"))


def sign_in(client: Client, username: str, password: str, **headers: str) -> object:
    return client.post("/accounts/login/", {"username": username, "password": password}, **headers)


def test_sign_in_and_out_are_logged(client: Client, head: User) -> None:
    before = len(lines())
    sign_in(client, "lat.head", factories.PASSWORD)
    client.post("/accounts/logout/")
    assert lines()[before:] == [
        ("sign_in", "lat.head", "127.0.0.1", True),
        ("sign_out", "lat.head", "127.0.0.1", True),
    ]


@pytest.mark.parametrize("username", ["lat.head", "nobody"])
def test_sign_in_failed_is_logged_without_the_password(client: Client, head: User, username: str) -> None:
    before = len(lines())
    sign_in(client, username, "wrong-secret")
    assert lines()[before:] == [("sign_in_failed", username, "127.0.0.1", False)]
    assert not AuditEvent.objects.filter(detail__icontains="secret").exists()


def test_address_is_the_socket_not_a_header(client: Client, head: User) -> None:
    sign_in(client, "lat.head", "wrong", HTTP_X_FORWARDED_FOR="10.9.9.9", HTTP_X_REAL_IP="10.9.9.9")
    assert lines()[-1][2] == "127.0.0.1"


def test_record_keeps_one_line_and_the_length(head: User) -> None:
    event = audit.record("export", by=head, subject="a\nb\x00c" + "x" * 300, detail="\r\n" + "y" * 3000)
    event.refresh_from_db()
    assert event.subject.startswith("a b c")
    assert (len(event.subject), len(event.detail)) == (200, 2000)
    assert event.username == "lat.head"


def test_record_takes_the_name_of_nobody(rf: RequestFactory, db: None) -> None:
    event = audit.record("sign_in_failed", by=None, username="n" * 300, request=rf.get("/"))
    assert (len(event.username), event.user, str(event.address)) == (150, None, "127.0.0.1")


def test_audit_events_are_for_the_auditor(auditor: User, sysadmin: User, secadmin: User, head: User) -> None:
    assert AuditEvent.objects.visible_to(auditor).count() == AuditEvent.objects.count() > 0
    for person in (sysadmin, secadmin, head):
        assert not AuditEvent.objects.visible_to(person).exists()


def test_verbs_on_pages_log_the_address(at_desk: Callable, sysadmin: User, head: User) -> None:
    at_desk(sysadmin).post(
        f"/accounts/people/{head.pk}/edit/", {"name": "某人", "version": head.version}, REMOTE_ADDR="10.1.2.3"
    )
    assert lines()[-1] == ("account", "sysadmin", "10.1.2.3", True)
