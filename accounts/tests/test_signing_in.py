from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client

from accounts import people
from accounts.models import User
from accounts.tests import factories
from accounts.tracked import drifted

LOGIN = "/accounts/login/"


def attempt(client: Client, username: str, password: str = factories.PASSWORD, **extra: str) -> object:
    return client.post(LOGIN, {"username": username, "password": password, **extra})


def test_login_changes_the_session_key(client: Client, head: User) -> None:
    client.get(LOGIN)
    before = client.session.session_key
    answer = attempt(client, "lat.head")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.session.session_key != before
    assert client.get(LOGIN).status_code == 302


def test_logout_ends_the_session_for_every_copy_of_the_cookie(client: Client, head: User) -> None:
    attempt(client, "lat.head")
    cookie = client.cookies["sessionid"].value
    client.post("/accounts/logout/")
    copy = Client()
    copy.cookies["sessionid"] = cookie
    assert copy.get("/accounts/settings/").status_code == 302


OFF_SITE = ["//evil.example/", "///evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example",
            "javascript:alert(1)", "data:text/html,x", "https:evil.example", "http:///evil.example", "/\t/evil.example",
            "\x00//evil.example", "/\x00", "\r\nLocation: //evil.example", "//testserver@evil.example",
            "https://testserver.evil.example/"]  # fmt: skip


@pytest.mark.parametrize("back", OFF_SITE)
def test_login_never_leads_off_the_site(client: Client, at_desk: Callable, head: User, back: str) -> None:
    assert client.get(LOGIN, {"next": back}).context["next"] == ""
    for answer in (attempt(client, "lat.head", next=back), at_desk(head).get(LOGIN, {"next": back})):
        assert not urlsplit(answer.headers["Location"]).netloc
        assert answer.headers["Location"].startswith("/")


def test_login_that_leads_to_itself_leads_home(at_desk: Callable, client: Client, head: User) -> None:
    assert at_desk(head).get(LOGIN, {"next": LOGIN}).headers["Location"] == "/"
    assert attempt(client, "lat.head", next=LOGIN).headers["Location"] == "/"


def test_login_with_an_outdated_hash_renews_it_and_leaves_the_version(
    client: Client, settings: Any, head: User
) -> None:
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    User.objects.filter(pk=head.pk).update(password=make_password(factories.PASSWORD, hasher="pbkdf2_sha256"))
    assert attempt(client, "lat.head").status_code == 302
    head.refresh_from_db()
    assert (head.password.split("$")[0], head.version) == ("md5", 1)
    assert list(drifted(User)) == []


@pytest.mark.parametrize("back", [*OFF_SITE, "/a\r\nX: y", ""])
def test_set_language_never_leads_off_the_site(client: Client, db: None, back: str) -> None:
    assert client.post("/accounts/language/", {"language": "en", "next": back}).headers["Location"] == "/"


def test_set_language_of_browser_and_account(at_desk: Callable, client: Client, head: User) -> None:
    client.post("/accounts/language/", {"language": "en", "next": LOGIN})
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    answer = at_desk(head).post("/accounts/language/", {"language": "en", "next": "/accounts/settings/"})
    assert answer.headers["Location"] == "/accounts/settings/"
    head.refresh_from_db()
    assert head.language == "en"
    client.post("/accounts/language/", {"language": "xx\x00"})
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"


@pytest.mark.parametrize(("username", "password"), [("lat.head", "wrong"), ("nobody", "wrong"), ("closed", None)])
def test_login_failed_says_the_same_for_every_account(
    client: Client, head: User, sysadmin: User, username: str, password: str | None
) -> None:
    people.set_active(factories.person("closed"), False, by=sysadmin)
    answer = attempt(client, username, password or factories.PASSWORD)
    expected = attempt(Client(), "never.seen", "wrong").context["form"].non_field_errors()
    assert (answer.status_code, answer.context["form"].non_field_errors()) == (200, expected)


@pytest.mark.parametrize("username", ["a\x00b", "x" * 200, ""])
def test_login_survives_any_name(client: Client, db: None, username: str) -> None:
    assert attempt(client, username).status_code == 200
    assert attempt(client, "x", "a\x00b").status_code == 200


@pytest.mark.parametrize("username", ["lat.head", "nobody"])
def test_login_pauses_after_five_failures_with_one_wording(client: Client, head: User, username: str) -> None:
    answers = [attempt(client, username, "wrong") for _n in range(settings.AXES_FAILURE_LIMIT)]
    assert answers[-1].status_code == 429
    locked = attempt(client, username)
    assert locked.status_code == 429
    assert "accounts/locked_out.html" in [template.name for template in locked.templates]
    assert username not in locked.content.decode()


def test_login_pause_leaves_an_open_session_alone(client: Client, at_desk: Callable, head: User) -> None:
    desk = at_desk(head)
    for _n in range(settings.AXES_FAILURE_LIMIT):
        attempt(client, "lat.head", "wrong")
    assert desk.get("/accounts/settings/").status_code == 200


@pytest.mark.parametrize("way", ["account_unlock", "account_reset"])
def test_login_pause_is_lifted_by_the_system_administrator(
    client: Client, at_desk: Callable, head: User, sysadmin: User, way: str
) -> None:
    for _n in range(settings.AXES_FAILURE_LIMIT):
        attempt(client, "lat.head", "wrong")
    path = way.removeprefix("account_")
    answer = at_desk(sysadmin).post(f"/accounts/people/{head.pk}/{path}/")
    password = answer.context["passwords"][0][1] if way == "account_reset" else factories.PASSWORD
    assert attempt(client, "lat.head", password).status_code == 302


def test_one_time_password_leads_to_the_password_page_only(client: Client, head: User, sysadmin: User) -> None:
    password = people.reset_password(head, by=sysadmin)
    attempt(client, "lat.head", password)
    for path in ("/", "/accounts/settings/", "/accounts/people/", "/nowhere/"):
        assert client.get(path).headers["Location"] == "/accounts/password/", path
    fragment = client.get("/accounts/settings/", HTTP_HX_REQUEST="true")
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (401, "/accounts/password/")
    answer = change(client, password, "Other-Paper-1")
    assert answer.headers["Location"] == "/accounts/settings/"
    assert client.get("/accounts/settings/").status_code == 200


def change(client: Client, old: str, new: str, again: str | None = None) -> object:
    values = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return client.post("/accounts/password/", values)


def test_password_change_ends_other_sessions(at_desk: Callable, head: User) -> None:
    here, there = at_desk(head), at_desk(head)
    assert change(here, factories.PASSWORD, "Other-Paper-1").status_code == 302
    assert here.get("/accounts/settings/").status_code == 200
    assert there.get("/accounts/settings/").status_code == 302


@pytest.mark.parametrize("new", ["short1", "password123", "4711471147", "lat.head.lat", factories.PASSWORD])
def test_password_change_refuses_a_weak_or_old_one(at_desk: Callable, head: User, new: str) -> None:
    assert change(at_desk(head), factories.PASSWORD, new).context["form"].errors
    head.refresh_from_db()
    assert head.check_password(factories.PASSWORD)


@pytest.mark.parametrize("new", ["整改台账销号申请进展填报", "a long sentence with spaces in it", "Xy1-" * 30])
def test_password_change_takes_long_ones_whole(at_desk: Callable, head: User, new: str) -> None:
    assert change(at_desk(head), factories.PASSWORD, new).status_code == 302
    head.refresh_from_db()
    assert head.check_password(new)
    assert not head.check_password(new[:-1])


def test_password_change_asks_for_the_old_one(at_desk: Callable, head: User) -> None:
    assert change(at_desk(head), "wrong", "Other-Paper-1").context["form"].errors["old_password"]


def test_fragment_of_a_stranger_loads_the_sign_in_page(client: Client, db: None) -> None:
    answer = client.get("/accounts/settings/", HTTP_HX_REQUEST="true")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, LOGIN)


def test_fragment_redirect_elsewhere_is_left_alone(at_desk: Callable, head: User) -> None:
    answer = at_desk(head).post("/accounts/settings/", {"language": "en"}, HTTP_HX_REQUEST="true")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/settings/")
