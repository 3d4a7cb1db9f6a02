"""People and departments from a workbook: rehearse, see every problem at once, then apply all or nothing.

A sheet is known by its headings. Departments and accounts belong to the system administrator, roles to the
security administrator: the same file serves both, and each carries out the own part.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import chain, people
from accounts.models import Department, Membership, User
from accounts.names import own_words, usual_words
from accounts.roles import DEPARTMENT_ROLES, RoleCode, Verb
from accounts.spreadsheets import Row, Unreadable, opened, rows_of
from accounts.words import joined

MOST_NEW_ACCOUNTS = 300  # each costs a password hash
IMPORT_NOTE = "import"

PEOPLE_HEADINGS = {
    "name": ("姓名", "name"),
    "username": ("账号", "帐号", "用户名", "账户", "登录名", "account", "accountname", "username"),
    "department": ("部门", "所在部门", "责任部门", "department"),
    "roles": ("角色", "roles", "role"),
    "email": ("邮箱", "电子邮箱", "邮件", "email", "e-mail", "emailaddress"),
    "post": ("职务", "岗位", "post"),
}
DEPARTMENT_HEADINGS = {
    "code": ("代码", "部门代码", "编码", "code"),
    "name": ("名称", "部门名称", "部门", "name"),
    "parent": ("上级", "上级部门", "上级单位", "所属法院", "parent"),
    "kind": ("类别", "类型", "kind"),
    "tier": ("层级", "级别", "tier"),
    "order": ("排序", "序号", "order"),
}
KINDS = {"法院": "court", "court": "court", "部门": "department", "department": "department"}
TIERS = {
    "高级": "high", "高级法院": "high", "高院": "high", "high": "high",
    "中级": "intermediate", "中级法院": "intermediate", "中院": "intermediate", "intermediate": "intermediate",
    "基层": "basic", "基层法院": "basic", "basic": "basic",
}  # fmt: skip
ROLE_WORDS = {
    "部门联络员": "liaison", "联络员": "liaison", "责任部门负责人": "head", "部门负责人": "head",
    "牵头院领导": "leader", "牵头领导": "leader", "整改办": "office", "领导小组组长": "chief",
    "领导小组(组长)": "chief", "组长": "chief", "驻院纪检监察组": "inspector", "纪检监察组": "inspector",
    "系统管理员": "sysadmin", "安全管理员": "secadmin", "安全保密管理员": "secadmin", "安全审计员": "auditor",
    "审计员": "auditor", **{code: code for code in RoleCode.values},
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell and what is allowed there."""

    sheet: str
    row: int
    column: str
    value: str
    message: str


@dataclass
class Entry:
    """One row of the file with its texts by field; ``headings`` are the words of the file for them."""

    sheet: str
    number: int
    values: dict[str, str]
    headings: dict[str, str]

    def problem(self, name: str, message: str) -> Problem:
        return Problem(self.sheet, self.number, self.headings.get(name, ""), self.values.get(name, ""), message)


@dataclass
class Outcome:
    """What a rehearsal would do, or what was done."""

    creates: list[str] = field(default_factory=list)
    updates: list[str] = field(default_factory=list)
    unchanged: int = 0
    left: int = 0  # entries that the other administrator carries out
    problems: list[Problem] = field(default_factory=list)
    passwords: list[tuple[str, str]] = field(default_factory=list)
    applied: bool = False


class _Undo(Exception):
    """Takes a rehearsal, or an import with problems, back."""


def rehearse(name: str, content: bytes, *, by: User | None) -> Outcome:
    """Carry the file out and take everything back: the same verbs find the same problems. Raises Unreadable."""
    return _run(_read(name, content), by=by, passwords={}, keep=False)


def apply(name: str, content: bytes, *, by: User | None) -> Outcome:
    """Carry the file out, or nothing of it where one problem stands. Raises Unreadable."""
    sheets = _read(name, content)
    fresh = _run(sheets, by=by, passwords={}, keep=False)
    if fresh.problems:
        return fresh
    # Hashing is slow on purpose: it is done before the one transaction that locks out other writers.
    plain = {username: people.one_time_password() for username, _none in fresh.passwords}
    return _run(sheets, by=by, passwords={u: (p, make_password(p)) for u, p in plain.items()}, keep=True)


def _read(name: str, content: bytes) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {"departments": [], "people": []}
    known = False
    for sheet in opened(name, content).worksheets:
        rows = list(rows_of(sheet))
        for at, row in enumerate(rows[:10]):
            kind, columns = _headings(row)
            if kind:
                found[kind] += [_entry(sheet.title, below, columns, row) for below in rows[at + 1 :]]
                known = True
                break
    if not known:
        raise Unreadable(_("No sheet has the headings 姓名 and 账号, or 代码 and 名称."))
    return found


def _headings(row: Row) -> tuple[str, dict[int, str]]:
    for kind, names, needed in (
        ("people", PEOPLE_HEADINGS, {"name", "username"}),
        ("departments", DEPARTMENT_HEADINGS, {"code", "name"}),
    ):
        columns: dict[int, str] = {}
        for column, text in row.texts.items():
            word = _folded(text).replace(" ", "")
            for field_name, words in names.items():
                if word in words and field_name not in columns.values():
                    columns[column] = field_name
                    break
        if needed <= set(columns.values()):
            return kind, columns
    return "", {}


def _entry(sheet: str, row: Row, columns: dict[int, str], heading: Row) -> Entry:
    return Entry(
        sheet, row.number,
        {name: row.texts.get(column, "") for column, name in columns.items()},
        {name: heading.texts[column] for column, name in columns.items()},
    )  # fmt: skip


def _folded(text: str) -> str:
    """Full-width letters, digits and brackets as plain ones, in small letters."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def _run(
    sheets: dict[str, list[Entry]], *, by: User | None, passwords: dict[str, tuple[str, str]], keep: bool
) -> Outcome:
    outcome = Outcome()
    keeps = by is None or by.may(Verb.MANAGE_ACCOUNTS)
    grants = by is None or by.may(Verb.GRANT_ROLES)
    try:
        with chain.sealing():
            if keeps:
                _departments(sheets["departments"], outcome, by)
            else:
                outcome.left += len(sheets["departments"])
            _people(sheets["people"], outcome, by, passwords, keeps=keeps, grants=grants)
            if not keep or outcome.problems:
                raise _Undo
            outcome.applied = True
    except _Undo:
        pass
    return outcome


def _carry(outcome: Outcome, entry: Entry, name: str, act: Callable[[], Any]) -> Any:
    try:
        with transaction.atomic():  # the savepoint to which a refused row goes back
            return act()
    except people.Refused as refusal:
        outcome.problems.append(entry.problem(refusal.field if refusal.field in entry.headings else name, str(refusal)))
        return None


def _departments(entries: list[Entry], outcome: Outcome, by: User | None) -> None:
    entries, seen = _once(entries, "code", outcome), {_folded(entry.values["code"]) for entry in entries}
    waiting = entries
    while waiting:
        later = []
        for entry in waiting:
            parent, is_missing = _department(entry.values.get("parent", ""))
            if is_missing and _folded(entry.values["parent"]) in seen | {_folded(e.values["name"]) for e in entries}:
                later.append(entry)
            elif is_missing:
                outcome.problems.append(entry.problem("parent", _("There is no such department; write its code.")))
            else:
                _one_department(entry, parent, outcome, by)
        if len(later) == len(waiting):  # the ones above have problems themselves, or the rows form a ring
            outcome.problems += [e.problem("parent", _("What it belongs to could not be read.")) for e in later]
            return
        waiting = later


def _one_department(entry: Entry, parent: Department | None, outcome: Outcome, by: User | None) -> None:
    values = entry.values
    kind = KINDS.get(_folded(values.get("kind", "")), "")
    tier = TIERS.get(_folded(values.get("tier", "")), "")
    order = _folded(values.get("order", ""))
    bad = len(outcome.problems)
    if values.get("kind") and not kind:
        outcome.problems.append(entry.problem("kind", _("Allowed: 法院, 部门.")))
    if values.get("tier") and not tier:
        outcome.problems.append(entry.problem("tier", _("Allowed: 高级, 中级, 基层.")))
    if order and not re.fullmatch(r"[0-9]{1,6}", order):
        outcome.problems.append(entry.problem("order", _("A whole number is expected.")))
    if len(outcome.problems) > bad:
        return
    fields: dict[str, Any] = {"name": values["name"], "tier": tier, "parent": parent}
    fields = {name: value for name, value in fields.items() if value} | ({"order": int(order)} if order else {})
    code = _folded(values["code"])
    old = Department.objects.filter(code=code).first()
    if old is None:
        kind = kind or ("court" if tier else "department")
        _carry(outcome, entry, "code", lambda: people.create_department(
            code, kind=kind, by=by, note=IMPORT_NOTE, **fields))  # fmt: skip
        outcome.creates.append(f"{code} {values['name']}")
    elif kind and kind != old.kind:
        outcome.problems.append(entry.problem("kind", _("A court stays a court and a department a department.")))
    else:
        changed = {name: value for name, value in fields.items() if getattr(old, name) != value}
        _change(outcome, entry, changed, f"{code} {values['name']}", lambda: people.change_department(
            old, by=by, note=IMPORT_NOTE, **changed))  # fmt: skip


def _change(outcome: Outcome, entry: Entry, changed: dict, label: str, act: Callable[[], Any]) -> None:
    if not changed:
        outcome.unchanged += 1
        return
    _carry(outcome, entry, next(iter(changed)), act)
    outcome.updates.append(f"{label}: {joined(entry.headings.get(name, name) for name in changed)}")


def _people(
    entries: list[Entry], outcome: Outcome, by: User | None, passwords: dict[str, tuple[str, str]],
    *, keeps: bool, grants: bool,
) -> None:  # fmt: skip
    for entry in _once(entries, "username", outcome):
        if keeps:
            person = _one_account(entry, outcome, by, passwords)
        else:
            person = User.objects.filter(username__iexact=_account(entry)).first()
            if person is None:
                message = _("There is no such account yet: the system administrator opens it first.")
                outcome.problems.append(entry.problem("username", message))
        wanted = _wanted(entry, outcome)
        if not grants:
            outcome.left += bool(wanted)
        elif person is not None:
            _grant(entry, person, wanted, outcome, by)
    if len(outcome.passwords) > MOST_NEW_ACCOUNTS:
        raise Unreadable(_("The file opens more than 300 accounts: split it."))


def _one_account(entry: Entry, outcome: Outcome, by: User | None, passwords: dict[str, tuple[str, str]]) -> User | None:
    username = _account(entry)
    fields: dict[str, Any] = {n: entry.values[n] for n in ("name", "post", "email") if entry.values.get(n)}
    person = User.objects.filter(username__iexact=username).first()
    if person is not None:
        changed = {name: value for name, value in fields.items() if getattr(person, name) != value}
        _change(outcome, entry, changed, f"{username} {entry.values['name']}", lambda: people.change_account(
            person, by=by, note=IMPORT_NOTE, **changed))  # fmt: skip
        return person
    plain, encoded = passwords.get(username, ("", "!"))
    outcome.passwords.append((username, plain))
    outcome.creates.append(f"{username} {entry.values['name']}")
    return _carry(outcome, entry, "username", lambda: people.create_account(
        username, by=by, note=IMPORT_NOTE, encoded=encoded, **fields))  # fmt: skip


def _wanted(entry: Entry, outcome: Outcome) -> list[tuple[str, Department]]:
    """The roles of an entry and where they are held."""
    if not entry.values.get("roles"):
        return []
    wanted: list[tuple[str, Department]] = []
    for word in filter(None, re.split(r"\s*[、，,;；/]\s*", entry.values["roles"])):
        place, role = _placed(word)
        column = "roles" if place else "department"
        department, _is_missing = _department(place or entry.values.get("department", ""))
        if role is None:
            message = _("Allowed: %(roles)s.") % {"roles": joined(RoleCode.labels)}
            outcome.problems.append(entry.problem("roles", message))
        elif department is None:
            problem = entry.problem(column, _("There is no such department; write its code."))
            outcome.problems += [problem] if problem not in outcome.problems else []
        else:
            # A court-wide role of a person who sits in a department is held at the court of that department.
            court = None if role in DEPARTMENT_ROLES else department.court
            wanted.append((role, court or department))
    return wanted


def _grant(entry: Entry, person: User, wanted: list[tuple[str, Department]], outcome: Outcome, by: User | None) -> None:
    for role, place in wanted:
        if Membership.objects.in_force().filter(person=person, role=role, department=place).exists():
            outcome.unchanged += 1
            continue
        act = partial(people.grant_role, person, role, place, by=by, note=IMPORT_NOTE)
        made = _carry(outcome, entry, "roles", act)
        if made:
            outcome.creates.append(f"{person.username} {made.get_role_display()} · {place}")


def _role(word: str) -> str | None:
    own = {_folded(text): code for code, text in own_words(RoleCode)}
    usual = {_folded(text): code for code, text in usual_words(RoleCode)}
    return own.get(_folded(word)) or ROLE_WORDS.get(_folded(word)) or usual.get(_folded(word))


def _placed(word: str) -> tuple[str, str | None]:
    """Where a role is held and which it is; the exported list writes both into one cell, people only the role."""
    for gap in (None, *re.finditer(r"\s+", word)):
        role = _role(word[gap.end() :] if gap else word)
        if role:
            return (word[: gap.start()] if gap else ""), role
    return "", None


def _account(entry: Entry) -> str:
    return User.normalize_username(entry.values["username"])


def _department(text: str) -> tuple[Department | None, bool]:
    """The department that a code or a name means, and whether a text was there that means none or several."""
    if not text:
        return None, False
    found = list(Department.objects.select_related("court").filter(code=_folded(text))[:1])
    found = found or list(Department.objects.select_related("court").filter(name=text)[:2])
    return (found[0], False) if len(found) == 1 else (None, True)


def _once(entries: list[Entry], key: str, outcome: Outcome) -> list[Entry]:
    """The entries whose key and name are given and whose key stands in the file once."""
    good: list[Entry] = []
    seen: dict[str, int] = {}
    for entry in entries:
        word = _folded(entry.values[key])
        missing = [name for name in (key, "name") if not entry.values[name]]
        outcome.problems += [entry.problem(name, _("This cell must not be empty.")) for name in missing]
        if word and word in seen:
            message = _("It stands in row %(row)s already.") % {"row": seen[word]}
            outcome.problems.append(entry.problem(key, message))
        elif not missing:
            good.append(entry)
        seen.setdefault(word, entry.number)
    return good
