"""The command that gives a one-time password on the server, and the words about a password that is too short."""

import json
from io import StringIO

import pytest
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import translation

from accounts.models import AuditEvent, User


def told(*arguments: str) -> str:
    out = StringIO()
    with translation.override("en"):
        call_command("reset_password", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_command_resets_an_administrator_and_is_on_record(auditor: User, secadmin: User) -> None:
    password = told("auditor").split()[-1]
    again = json.loads(told("secadmin", "--json"))

    auditor = User.objects.get(pk=auditor.pk)
    assert auditor.check_password(password)
    assert auditor.must_change_password
    assert again["username"] == "secadmin"
    assert User.objects.get(pk=secadmin.pk).check_password(again["password"])
    event = AuditEvent.objects.filter(action="password").earliest("pk")
    assert (event.user, event.subject) == (None, "auditor")
    assert "on the server by" in event.detail
    assert password not in event.detail


@pytest.mark.parametrize("arguments", [("nobody",), ("nobody", "--json")])
def test_command_refuses_an_account_that_is_none(db: None, arguments: tuple[str, ...]) -> None:
    out, err = StringIO(), StringIO()
    with translation.override("en"), pytest.raises(SystemExit) as end:
        call_command("reset_password", *arguments, stdout=out, stderr=err)

    assert end.value.code == 2
    assert err.getvalue() == "There is no active account “nobody”.\n"
    assert bool(out.getvalue()) == ("--json" in arguments)


def test_short_password_is_refused_in_our_own_words(db: None) -> None:
    with translation.override("en"):
        with pytest.raises(ValidationError) as refused:
            validate_password("a4X")
        assert refused.value.messages == ["This password is too short: it needs at least 10 characters."]
        assert "At least 10 characters." in password_validators_help_texts()
