"""A small court, made through the verbs."""

from datetime import datetime
from io import BytesIO

from django.contrib.auth.hashers import make_password
from openpyxl import Workbook

from accounts import people
from accounts.models import Department, Membership, User
from accounts.roles import RoleCode

PASSWORD = "Paper-Ink-4711"
NAMES = iter(range(1, 1_000_000))


def court(code: str = "gy", name: str = "临江省高级人民法院", tier: str = "high") -> Department:
    """The court with this code, made where it does not exist."""
    found = Department.objects.filter(code=code).first()
    return found or people.create_department(code, name=name, kind="court", tier=tier, by=None)


def department(code: str = "lat", name: str = "立案庭", *, parent: Department | None = None) -> Department:
    """The department with this code, made below ``parent`` or the court where it does not exist."""
    found = Department.objects.filter(code=code).first()
    return found or people.create_department(code, name=name, parent=parent or court(), by=None)


def person(username: str = "", *roles: str, at: Department | None = None, **fields: object) -> User:
    """An account that can sign in with PASSWORD and holds the roles at ``at`` (default: lat or the court)."""
    username = username or f"person{next(NAMES)}"
    made = people.create_account(
        username, by=None, must_change_password=False, encoded=make_password(PASSWORD), **{"name": username} | fields
    )
    for role in roles:
        grant(made, role, at)
    return made


def grant(holder: User, role: str, at: Department | None = None, on: datetime | None = None) -> Membership:
    """A role, at the place where it belongs unless ``at`` says so."""
    place = at or (department() if role in (RoleCode.LIAISON, RoleCode.HEAD) else court())
    return people.grant_role(holder, role, place, by=None, at=on)


def workbook(**sheets: list[list]) -> bytes:
    """An .xlsx of these sheets."""
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue()
