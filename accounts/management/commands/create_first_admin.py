"""The first account of an empty site."""

import json
import os
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from accounts import chain, people
from accounts.models import Department, Membership, User
from accounts.roles import RoleCode


class Command(BaseCommand):
    help = "Opens the first account of an empty site, as system administrator of a court."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="系统管理员", help="how pages name the person")
        parser.add_argument("--court-name", default="本院", help="name of the court where none exists yet")
        parser.add_argument("--court-code", default="", help="code of the court; where none exists yet: court")
        parser.add_argument("--court-tier", default="basic", choices=Department.Tier.values)
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, **options: Any) -> None:
        try:
            grant = self._open(**options)
        except (people.Refused, ValidationError) as refusal:
            problems = refusal.messages if isinstance(refusal, ValidationError) else [str(refusal)]
            if options["json"]:
                self.stdout.write(json.dumps({"created": False, "problems": problems}, ensure_ascii=False))
            for problem in problems:
                self.stderr.write(problem)
            raise SystemExit(2) from refusal
        told = {"created": True, "username": grant.person.username, "court": grant.department.code, "role": grant.role}
        sentence = _("The account %(username)s is the system administrator of %(court)s.")
        self.stdout.write(json.dumps(told, ensure_ascii=False) if options["json"] else sentence % told)

    def _open(self, username: str, name: str, **options: Any) -> Membership:
        if Membership.objects.exists():
            raise people.Refused(_("An account with a role exists already: nothing was created."))
        password = os.environ.get("RECTIFY_ADMIN_PASSWORD") or self._asked()
        validate_password(password, User(username=username, name=name))
        with chain.sealing():
            person = people.create_account(username, name=name, password=password, must_change_password=False, by=None)
            return people.grant_role(person, RoleCode.SYSADMIN, self._court(**options), by=None)

    def _asked(self) -> str:
        try:
            password = getpass(_("Password: "))
            again = getpass(_("Once more: "))
        except (EOFError, KeyboardInterrupt) as error:
            raise people.Refused(_("No password was given: set RECTIFY_ADMIN_PASSWORD or type one.")) from error
        if password != again:
            raise people.Refused(_("The two passwords differ."))
        return password

    def _court(self, court_name: str, court_code: str, court_tier: str, **options: Any) -> Department:
        courts = list(Department.objects.courts().active().filter(**({"code": court_code} if court_code else {}))[:2])
        if len(courts) == 1:
            return courts[0]
        if courts:
            raise people.Refused(_("There are several courts: name one with --court-code."))
        if court_code and Department.objects.courts().exists():
            raise people.Refused(_("There is no court with the code %(code)s.") % {"code": court_code})
        return people.create_department(
            court_code or "court", name=court_name, kind=Department.Kind.COURT, tier=court_tier, by=None
        )
