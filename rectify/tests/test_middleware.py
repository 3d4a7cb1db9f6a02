"""Address, session end and language of a request."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import translation

from rectify import middleware


def ask(*, user: Any = None, session: dict[str, int] | None = None, **meta: str) -> HttpRequest:
    request = RequestFactory().get("/", **meta)
    request.user = user or SimpleNamespace(is_authenticated=False)
    request.session = {} if session is None else session  # type: ignore[assignment]
    return request


def address(request: HttpRequest) -> str:
    seen = []
    middleware.client_address(lambda r: seen.append(r.META["REMOTE_ADDR"]) or HttpResponse())(request)
    return seen[0]


@pytest.mark.parametrize(
    ("proxies", "header", "expected"),
    [
        (0, "9.9.9.9", "127.0.0.1"),
        (1, "", "127.0.0.1"),
        (1, "9.9.9.9", "9.9.9.9"),
        (1, "6.6.6.6, 9.9.9.9", "9.9.9.9"),
        (2, "6.6.6.6, 9.9.9.9, 10.0.0.1", "9.9.9.9"),
        (2, "9.9.9.9", "127.0.0.1"),
    ],
)
def test_only_our_own_proxies_are_believed(settings: Any, proxies: int, header: str, expected: str) -> None:
    settings.PROXIES = proxies
    assert address(ask(HTTP_X_FORWARDED_FOR=header)) == expected


def test_session_end_moves_on_once_a_minute_for_who_is_signed_in() -> None:
    person = SimpleNamespace(is_authenticated=True)
    handler = middleware.sliding_session(lambda request: HttpResponse())
    fresh, old = {middleware.SEEN: int(time.time()) - 5}, {middleware.SEEN: int(time.time()) - 90}
    stranger: dict[str, int] = {}
    before = fresh[middleware.SEEN]
    handler(ask(user=person, session=fresh))
    handler(ask(user=person, session=old))
    handler(ask(session=stranger))
    assert fresh[middleware.SEEN] == before
    assert old[middleware.SEEN] > time.time() - 5
    assert stranger == {}


@pytest.mark.parametrize(
    ("account", "cookie", "expected"),
    [
        ("", "", "zh-hans"),
        ("", "en", "en"),
        ("en", "zh-hans", "en"),
        ("xx", "yy", "zh-hans"),
    ],
)
def test_language_of_account_then_cookie_then_chinese(account: str, cookie: str, expected: str) -> None:
    request = ask(user=SimpleNamespace(language=account, is_authenticated=True), HTTP_ACCEPT_LANGUAGE="fr")
    request.COOKIES["django_language"] = cookie
    spoken = []
    answer = middleware.chosen_language(lambda r: spoken.append(translation.get_language()) or HttpResponse())(request)
    assert spoken == [expected]
    assert (answer["Content-Language"], answer["Vary"]) == (expected, "Cookie")
