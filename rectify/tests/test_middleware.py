"""Address, session end and language of a request."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
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


@pytest.mark.parametrize(("seconds", "stays"), [(-5, True), (5, False)])
def test_session_ends_twelve_hours_after_signing_in(
    client: Client, django_user_model: Any, monkeypatch: pytest.MonkeyPatch, seconds: int, stays: bool
) -> None:
    django_user_model.objects.create_user("somebody", password="Paper-Ink-4711", name="x")
    client.post("/accounts/login/", {"username": "somebody", "password": "Paper-Ink-4711"})
    start = client.session[middleware.SINCE]
    assert start > time.time() - 60
    clock = SimpleNamespace(time=lambda: clock.now, now=start)
    monkeypatch.setattr(middleware, "time", clock)
    for hour in range(1, 12):
        clock.now = start + hour * 3600
        assert client.get("/accounts/settings/").status_code == 200
    assert client.session[middleware.SINCE] == start
    clock.now = start + 12 * 3600 + seconds
    copy = Client()
    copy.cookies["sessionid"] = client.cookies["sessionid"].value
    assert client.get("/accounts/settings/").status_code == (200 if stays else 302)
    assert copy.get("/accounts/settings/").status_code == (200 if stays else 302)


def test_fragment_of_an_ended_session_loads_the_sign_in_page(admin_client: Client) -> None:
    admin_client.get("/accounts/settings/")
    session = admin_client.session
    session[middleware.SINCE] -= 12 * 3600
    session.save()
    answer = admin_client.get("/accounts/settings/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/accounts/login/")


@pytest.mark.parametrize("address", ["/accounts/settings/", "/accounts/login/", "/nowhere/", "/accounts/people/",
                                     "/accounts/log", "/inbox/"])  # fmt: skip
def test_answers_to_a_signed_in_reader_are_kept_nowhere(admin_client: Client, address: str) -> None:
    for answer in (admin_client.get(address), admin_client.post(address), admin_client.head(address)):
        assert {"no-store", "private"} <= set(answer.headers["Cache-Control"].split(", ")), answer.status_code


def test_answers_to_signing_in_and_out_are_kept_nowhere(client: Client, django_user_model: Any) -> None:
    django_user_model.objects.create_user("somebody", password="Paper-Ink-4711", name="x")
    answer = client.post("/accounts/login/", {"username": "somebody", "password": "Paper-Ink-4711"})
    assert (answer.status_code, "no-store" in answer.headers["Cache-Control"]) == (302, True)
    assert "no-store" in client.post("/accounts/logout/").headers["Cache-Control"]


def test_static_files_may_be_kept(admin_client: Client) -> None:
    answer = admin_client.head("/static/app.css")
    assert answer.status_code == 200
    assert "no-store" not in answer.headers["Cache-Control"]


def test_answer_that_no_reader_stands_behind_stays_as_it_is() -> None:
    answer = middleware.private_answers(lambda request: HttpResponse())(RequestFactory().get("/"))
    assert "Cache-Control" not in answer.headers


@pytest.mark.parametrize("address", ["/accounts/settings/", "/nowhere/", "/accounts/people/", "/static/app.css"])
def test_every_answer_carries_the_security_headers(admin_client: Client, address: str) -> None:
    headers = admin_client.head(address).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("address", ["/accounts/settings/", "/nowhere/", "/accounts/people/"])
def test_every_page_carries_a_policy_without_inline_code(admin_client: Client, address: str) -> None:
    headers = admin_client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'",
                 "form-action 'self'"):  # fmt: skip
        assert rule in policy
    assert headers["X-Frame-Options"] == "DENY"


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
