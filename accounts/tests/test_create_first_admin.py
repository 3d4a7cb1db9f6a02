import json

import pytest
from django.core.management import call_command

from accounts.management.commands import create_first_admin
from accounts.models import Department, Membership, User
from accounts.tests import factories

STRONG = "Paper-Ink-4711"


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECTIFY_ADMIN_PASSWORD", STRONG)


def refused(capsys: pytest.CaptureFixture, *arguments: str) -> str:
    with pytest.raises(SystemExit) as end:
        call_command("create_first_admin", *arguments)
    assert end.value.code == 2
    return capsys.readouterr()


def test_create_first_admin_of_an_empty_site(db: None, password: None, capsys: pytest.CaptureFixture) -> None:
    call_command("create_first_admin", "root")
    grant = Membership.objects.select_related("person", "department").get()
    assert (grant.role, grant.person.username, grant.department.name) == ("sysadmin", "root", "本院")
    assert (grant.department.code, grant.department.kind) == ("court", "court")
    assert grant.person.check_password(STRONG)
    assert not grant.person.must_change_password
    assert "root" in capsys.readouterr().out


def test_create_first_admin_json_and_named_court(db: None, password: None, capsys: pytest.CaptureFixture) -> None:
    call_command("create_first_admin", "root", "--court-name", "高院", "--court-code", "gy", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told == {"created": True, "username": "root", "court": "gy", "role": "sysadmin"}


def test_create_first_admin_takes_the_court_that_is_there(db: None, password: None) -> None:
    factories.court()
    call_command("create_first_admin", "root")
    assert Department.objects.count() == 1


def test_create_first_admin_asks_which_court(db: None, password: None, capsys: pytest.CaptureFixture) -> None:
    factories.court()
    factories.court("zy", "某中院", "intermediate")
    assert refused(capsys, "root").err
    assert refused(capsys, "root", "--court-code", "other").err
    assert User.objects.count() == 0
    call_command("create_first_admin", "root", "--court-code", "zy")


def test_create_first_admin_once(head: User, password: None, capsys: pytest.CaptureFixture) -> None:
    said = refused(capsys, "root", "--json")
    assert json.loads(said.out)["created"] is False
    assert len(said.err.splitlines()) == 1
    assert User.objects.count() == 1


@pytest.mark.parametrize(("username", "weak"), [("root", "short"), ("rootrootroot", "rootrootroot"), ("a b", STRONG)])
def test_create_first_admin_refuses_what_is_weak(
    db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, username: str, weak: str
) -> None:
    monkeypatch.setenv("RECTIFY_ADMIN_PASSWORD", weak)
    assert refused(capsys, username).err
    assert (User.objects.count(), Department.objects.count()) == (0, 0)


@pytest.mark.parametrize(("typed", "made"), [([STRONG, STRONG], 1), ([STRONG, "other"], 0), ([], 0)])
def test_create_first_admin_asks_twice(
    db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, typed: list[str], made: int
) -> None:
    monkeypatch.delenv("RECTIFY_ADMIN_PASSWORD", raising=False)

    def keyboard(prompt: str) -> str:
        if not typed:
            raise EOFError
        return typed.pop(0)

    monkeypatch.setattr(create_first_admin, "getpass", keyboard)
    if made:
        call_command("create_first_admin", "root")
    else:
        assert refused(capsys, "root").err
    assert User.objects.count() == made
