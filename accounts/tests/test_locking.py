"""The pauses of signing in: for one name from any address, for one address against any names."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.test import Client

from accounts import people
from accounts.models import AuditEvent, User
from accounts.tests import factories

LOGIN = "/accounts/login/"
ELSEWHERE = "10.0.0.9"


def attempt(username: str, password: str = "wrong", address: str = "10.0.0.1", **headers: str) -> Any:
    values = {"username": username, "password": password}
    return Client().post(LOGIN, values, REMOTE_ADDR=address, headers=headers or None)


def let_pass(span: timedelta) -> None:
    for row in AccessAttempt.objects.all():
        AccessAttempt.objects.filter(pk=row.pk).update(attempt_time=row.attempt_time - span)


def spray() -> list[int]:
    return [attempt(f"name{n}").status_code for n in range(settings.FAILURES_OF_ADDRESS)]


def test_failures_from_changing_addresses_pause_the_name(head: User, at_desk: Callable) -> None:
    desk = at_desk(head)
    answers = [attempt("lat.head", address=f"127.0.0.{n}").status_code for n in range(2, 22)]
    assert answers == [200] * 4 + [429] * 16
    assert attempt("lat.head", factories.PASSWORD, ELSEWHERE).status_code == 429
    assert desk.get("/accounts/settings/").status_code == 200
    assert attempt("other", address="127.0.0.2").status_code == 200


def test_claimed_addresses_count_for_nothing(head: User) -> None:
    names = ("X-Forwarded-For", "X-Real-IP", "Forwarded")
    answers = [attempt("lat.head", **dict.fromkeys(names, f"9.9.9.{n}")).status_code for n in range(50)]
    assert answers == [200] * 4 + [429] * 46
    failed = AuditEvent.objects.filter(action=AuditEvent.Action.SIGN_IN_FAILED)
    assert (failed.count(), set(failed.values_list("address", flat=True))) == (50, {"10.0.0.1"})


def test_address_that_tries_many_names_is_paused(head: User, at_desk: Callable) -> None:
    desk = at_desk(head)
    assert spray() == [200] * settings.FAILURES_OF_ADDRESS
    refused = attempt("lat.head", factories.PASSWORD)
    assert (refused.status_code, refused.context["of_address"]) == (429, True)
    unknown = attempt("never.seen")
    assert (unknown.status_code, unknown.context["of_address"]) == (429, True)
    assert desk.get("/accounts/settings/", REMOTE_ADDR="10.0.0.1").status_code == 200
    assert attempt("lat.head", factories.PASSWORD, ELSEWHERE).status_code == 302


@pytest.fixture
def low(settings: Any) -> None:
    settings.FAILURES_OF_ADDRESS = 6


@pytest.mark.usefixtures("low")
def test_own_sign_in_does_not_clear_the_count_of_the_address(head: User) -> None:
    spray()
    AccessAttempt.objects.latest("pk").delete()
    assert attempt("lat.head", factories.PASSWORD).status_code == 302
    assert attempt("one.more").status_code == 200
    assert attempt("lat.head", factories.PASSWORD).status_code == 429


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("how", ["name", "address"])
def test_pause_ends_after_a_quarter_of_an_hour_whatever_was_tried_meanwhile(head: User, how: str) -> None:
    if how == "address":
        spray()
    else:
        for _n in range(settings.AXES_FAILURE_LIMIT):
            attempt("lat.head")
    let_pass(timedelta(minutes=14))
    refused = attempt("lat.head", factories.PASSWORD)
    assert (refused.status_code, refused.context["of_address"]) == (429, how == "address")
    let_pass(timedelta(minutes=2))
    assert attempt("lat.head", factories.PASSWORD).status_code == 302


def test_unlock_lifts_the_pause_for_every_address(head: User, sysadmin: User) -> None:
    for n in range(settings.AXES_FAILURE_LIMIT):
        attempt("lat.head", address=f"10.0.1.{n}")
    people.unlock(head, by=sysadmin)
    assert AuditEvent.objects.latest("id").subject == "lat.head"
    assert attempt("lat.head", factories.PASSWORD, ELSEWHERE).status_code == 302


def test_attempts_keep_neither_password_nor_token(db: None) -> None:
    Client().post(LOGIN, {"username": "x", "password": "my-secret", "csrfmiddlewaretoken": "my-token"})
    kept = AccessAttempt.objects.get().post_data
    assert "my-secret" not in kept
    assert "my-token" not in kept
