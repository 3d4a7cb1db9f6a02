"""The sample court: departments, people named by post, and the working days that its deadlines count in."""

import json
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts import people
from accounts.models import Department, User
from accounts.roles import RoleCode

DATA = Path(__file__).resolve().parents[2] / "sample"


@dataclass(frozen=True)
class Cast:
    """The sample's people and departments by code; ``court`` is the inspected one."""

    court: Department
    departments: dict[str, Department]
    users: dict[str, User]

    def head(self, code: str) -> User:
        return self.users[f"{code}.head"]

    def liaison(self, code: str) -> User:
        return self.users[f"{code}.liaison"]


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant of the day in the site's time zone."""
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def read(name: str) -> dict:
    """One data file of the sample."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def build_court(password: str, at: datetime) -> Cast:
    """Make courts, departments and accounts; they all share one password and need not change it."""
    data = read("people.json")
    encoded = make_password(password)
    courts: dict[str, Department] = {}
    for order, row in enumerate(data["courts"]):
        courts[row["code"]] = people.create_department(
            row["code"], name=row["name"], kind=Department.Kind.COURT, tier=row["tier"],
            parent=courts.get(row["parent"]), order=order, by=None, at=at,
        )  # fmt: skip
    court = courts["gy"]
    departments, users = {}, {}
    for row in data["people"]:
        users[row["username"]] = _person(row["username"], row["name"], row["post"], encoded, at)
        for role in row["roles"]:
            people.grant_role(users[row["username"]], role, court, by=None, at=at)
    for order, row in enumerate(data["departments"], 1):
        code = row["code"]
        department = people.create_department(code, name=row["name"], parent=court, order=order, by=None, at=at)
        departments[code] = department
        for role, title in ((RoleCode.HEAD, "负责人"), (RoleCode.LIAISON, "联络员")):
            username = f"{code}.{role.value}"
            users[username] = _person(username, f"{row['name']}{title}", row["name"], encoded, at)
            people.grant_role(users[username], role, department, by=None, at=at)
    return Cast(court, departments, {name: User.objects.get(pk=user.pk) for name, user in users.items()})


def _person(username: str, name: str, post: str, encoded: str, at: datetime) -> User:
    return people.create_account(
        username, name=name, post=post, encoded=encoded, must_change_password=False, by=None, at=at
    )
