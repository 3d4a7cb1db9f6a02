"""A one-time password given on the server: the only way for the three administrators."""

import json
from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from accounts import people
from accounts.models import User


class Command(BaseCommand):
    help = "Gives an account a one-time password, told once; its sessions end. On record in the security log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *, username: str, json: bool, **options: Any) -> None:
        person = User.objects.filter(username=username, is_active=True).first()
        if person is None:
            raise self._refusal(_("There is no active account “%(name)s”.") % {"name": username}, json)
        note = _("on the server by %(account)s") % {"account": getuser()}
        password = people.reset_password(person, by=None, note=note)
        told = {"username": person.username, "password": password}
        sentence = _("One-time password of %(username)s: %(password)s")
        self.stdout.write(_document(told) if json else sentence % told)

    def _refusal(self, problem: str, json: bool) -> SystemExit:
        if json:
            self.stdout.write(_document({"problems": [problem]}))
        self.stderr.write(problem)
        return SystemExit(2)


def _document(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False)
