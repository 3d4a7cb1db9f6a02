"""The verbs on accounts, departments and roles: the only code that changes them.

``by`` None is the system itself (the first account, the sample, an upgrade). Everybody else needs the verb of
``roles.py``: the system administrator keeps accounts and departments, the security administrator grants.
"""

import secrets
from datetime import datetime
from typing import Any

from axes.utils import reset as forget_failures
from django.contrib.auth.hashers import make_password
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from simple_history.models import HistoricalRecords

from accounts import audit, chain
from accounts.models import Department, Membership, User
from accounts.roles import ADMIN_ROLES, DEPARTMENT_ROLES, RoleCode, Verb
from accounts.tracked import StaleRow, create, locked, store

READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # without the look-alikes i l o 0 1
# The sysadmin appoints the first holder of these; an empty site would otherwise have nobody who grants.
FIRST_BY_SYSADMIN = frozenset({RoleCode.SECADMIN, RoleCode.AUDITOR})

Kind = Department.Kind


class Refused(Exception):
    """A rule speaks against the act; the text is one sentence for the person who tried it.

    ``field`` names the value at fault where it is one.
    """

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def create_account(
    username: str,
    *,
    name: str,
    by: User | None,
    post: str = "",
    email: str = "",
    language: str = "zh-hans",
    password: str = "",
    encoded: str = "",
    must_change_password: bool = True,
    note: str = "",
    at: datetime | None = None,
) -> User:
    """Open an account.

    ``encoded`` is a password that was hashed before: hashing is slow on purpose, so who opens many accounts
    does it before the transaction. With neither password nor ``encoded`` nobody can sign in until a reset.
    """
    _need(by, Verb.MANAGE_ACCOUNTS)
    person = User(
        username=User.normalize_username(username), name=name, post=post, email=email, language=language,
        must_change_password=must_change_password, date_joined=at or timezone.now(),
        password=encoded or make_password(password or None),
    )  # fmt: skip
    with chain.sealing():
        if User.objects.filter(username__iexact=person.username).exists():
            raise Refused(_("The account %(account)s exists already.") % {"account": person.username}, "username")
        _check(person)
        _save(person, by=by, note=note, at=at)
        _log(audit.Action.ACCOUNT, by, person.username, _("opened"), note)
    return person


def change_account(
    person: User,
    *,
    by: User | None,
    name: str | None = None,
    post: str | None = None,
    email: str | None = None,
    version: int | None = None,
    note: str = "",
    at: datetime | None = None,
) -> User:
    """Change what is told about a person; None leaves a field as it is. The account name never changes.

    Raises StaleRow where ``version`` is given and somebody has changed the account since.
    """
    _need(by, Verb.MANAGE_ACCOUNTS)
    with chain.sealing():
        person = _locked_person(person, version=version)
        changed = _assign(person, name=name, post=post, email=email)
        if changed:
            _check(person)
            _save(person, by=by, note=note, at=at)
            _log(audit.Action.ACCOUNT, by, person.username, _told(changed), note)
    return person


def change_language(person: User, language: str, *, by: User | None, at: datetime | None = None) -> User:
    """Set the language in which the pages speak to this person."""
    with chain.sealing():
        person = _locked_person(person)
        if _assign(person, language=language):
            _save(person, by=by, note="", at=at)
    return person


def reset_password(person: User, *, by: User | None, note: str = "", at: datetime | None = None) -> str:
    """Give a one-time password, which is told once; ends the person's sessions and any lock after failures.

    ``by`` None is the server's own command, the only one that resets an administrator.
    """
    _need(by, Verb.MANAGE_ACCOUNTS)
    password = one_time_password()
    encoded = make_password(password)
    with chain.sealing():
        person = _locked_person(person)
        if refusal := reset_refusal(person, by=by):
            raise Refused(refusal)
        person.password, person.must_change_password = encoded, True
        _save(person, by=by, note=note, at=at)
        forget_failures(username=person.username)
        _log(audit.Action.PASSWORD, by, person.username, _("reset"), note)
    return password


def reset_refusal(person: User, *, by: User | None) -> str:
    """ "" where ``by`` may give this person a one-time password, else why not."""
    if by is None:
        return ""
    if by.pk == person.pk:
        return _("Change your own password on the page for it.")
    if person.memberships.in_force().filter(role__in=ADMIN_ROLES).exists():
        return _(
            "%(person)s is one of the three administrators: who resets that password could act in that name. It is "
            "done on the server, by the command reset_password."
        ) % {"person": person}
    return ""


def change_own_password(person: User, password: str, *, by: User, note: str = "", at: datetime | None = None) -> User:
    """Set the password that its owner chose; the caller has checked the old one and the strength."""
    if by.pk != person.pk:
        raise Refused(_("Only its owner chooses a password."))
    encoded = make_password(password)
    with chain.sealing():
        person = _locked_person(person)
        person.password, person.must_change_password = encoded, False
        _save(person, by=by, note=note, at=at)
        _log(audit.Action.PASSWORD, by, person.username, _("changed by its owner"), note)
    return person


def unlock(person: User, *, by: User | None, note: str = "") -> None:
    """Lift the lock after failed sign-ins; the password stays."""
    _need(by, Verb.MANAGE_ACCOUNTS)
    with chain.sealing():
        forget_failures(username=person.username)
        _log(audit.Action.ACCOUNT, by, person.username, _("unlocked"), note)


def set_active(person: User, active: bool, *, by: User | None, note: str = "", at: datetime | None = None) -> User:
    """Close an account or open it again. A closed one is signed out at its next click; its roles rest."""
    _need(by, Verb.MANAGE_ACCOUNTS)
    if by is not None and by.pk == person.pk:
        raise Refused(_("Nobody closes the own account."))
    with chain.sealing():
        person = _locked_person(person)
        if not active:
            for grant in person.grants():
                _keep_one(grant)
        if _assign(person, is_active=active):
            _save(person, by=by, note=note, at=at)
            words = _("opened again") if active else pgettext("account", "closed")
            _log(audit.Action.ACCOUNT, by, person.username, words, note)
    return person


def create_department(
    code: str,
    *,
    name: str,
    by: User | None,
    kind: str = Kind.DEPARTMENT,
    tier: str = "",
    parent: Department | None = None,
    order: int = 0,
    note: str = "",
    at: datetime | None = None,
) -> Department:
    """Open a court, or a department below a court or another department."""
    _need(by, Verb.MANAGE_ACCOUNTS)
    with chain.sealing():
        department = Department(code=code, name=name, kind=kind, tier=tier, parent=parent, order=order)
        _check_tree(department)
        department.court_id = parent.home_court_id if parent and kind != Kind.COURT else None
        _check(department)
        store(department, by=by, note=note, at=at)
        _log(audit.Action.DEPARTMENT, by, f"{code} {name}", _("opened"), note)
    return department


def change_department(
    department: Department,
    *,
    by: User | None,
    version: int | None = None,
    note: str = "",
    at: datetime | None = None,
    **fields: Any,
) -> Department:
    """Change name, tier, parent, order or is_active; code, kind and court stay, for rows hang on them.

    Raises StaleRow where ``version`` is given and somebody has changed the department since.
    """
    _need(by, Verb.MANAGE_ACCOUNTS)
    if unknown := fields.keys() - {"name", "tier", "parent", "order", "is_active"}:
        raise TypeError(f"change_department() does not change {sorted(unknown)}")
    with chain.sealing():
        department = locked(department, version=version)
        changed = _assign(department, **fields)
        if not changed:
            return department
        _check_tree(department)
        if not department.is_active:
            _check_empty(department)
        _check(department)
        store(department, by=by, note=note, at=at)
        _log(audit.Action.DEPARTMENT, by, f"{department.code} {department.name}", _told(changed), note)
    return department


def grant_role(
    person: User, role: str, department: Department, *, by: User | None, note: str = "", at: datetime | None = None
) -> Membership:
    """Give a role at a department (liaison, head) or at a court (every other role)."""
    with chain.sealing():
        _check_grantor(person, role, by)
        person, department = _locked_person(person), locked(department)
        if not person.is_active or not department.is_active:
            raise Refused(_("The account or the department is closed."))
        _check_place(role, department)
        _check_separation(person, role)
        if person.memberships.in_force().filter(role=role, department=department).exists():
            raise Refused(_("%(person)s holds this role there already.") % {"person": person})
        grant = create(Membership, person=person, role=role, department=department, by=by, note=note, at=at)
        _log(audit.Action.GRANT, by, person.username, _("granted: %(grant)s") % {"grant": _named(grant)}, note)
    return grant


def end_role(grant: Membership, *, by: User | None, note: str = "", at: datetime | None = None) -> Membership:
    """End a grant. The row stays, with the instant of its end."""
    _need(by, Verb.GRANT_ROLES)
    with chain.sealing():
        person = _locked_person(grant.person)
        grant = locked(grant)
        if grant.ended_at is not None:
            raise Refused(_("This role has been ended already."))
        _keep_one(grant)
        grant.ended_at = at or timezone.now()
        store(grant, by=by, note=note, at=at)
        _log(audit.Action.GRANT, by, person.username, _("ended: %(grant)s") % {"grant": _named(grant)}, note)
    return grant


def grantable(user: User) -> list[RoleCode]:
    """The roles that this user may grant now."""
    if user.may(Verb.GRANT_ROLES):
        return list(RoleCode)
    return [role for role in RoleCode if role in FIRST_BY_SYSADMIN and _may_appoint_first(user, role)]


def one_time_password() -> str:
    """Make up a password that a person can read from a screen and type."""
    return "-".join("".join(secrets.choice(READABLE) for _n in range(4)) for _n in range(3))


def _need(by: User | None, verb: Verb) -> None:
    if by is not None and not by.may(verb):
        raise Refused(_("Your role does not carry this act."))


def _may_appoint_first(by: User, role: str) -> bool:
    # Ended grants count: a site that once had a security administrator keeps one (see _keep_one).
    return by.may(Verb.MANAGE_ACCOUNTS) and not Membership.objects.filter(role=role).exists()


def _check_grantor(person: User, role: str, by: User | None) -> None:
    if by is None:
        return
    if by.pk == person.pk:
        raise Refused(_("Nobody grants a role to himself or herself."))
    if by.may(Verb.GRANT_ROLES):
        return
    # Two system administrators who appoint at the same moment wait here for each other.
    list(Membership.objects.in_force().filter(role=RoleCode.SYSADMIN).order_by("pk").select_for_update())
    if role not in FIRST_BY_SYSADMIN or not _may_appoint_first(by, role):
        raise Refused(_("Roles are granted by the security administrator."))


def _check_place(role: str, department: Department) -> None:
    if role not in RoleCode.values:
        raise Refused(_("There is no such role."))
    if role in DEPARTMENT_ROLES and department.kind != Kind.DEPARTMENT:
        raise Refused(_("This role is held at a department, not at a court."))
    if role not in DEPARTMENT_ROLES and department.kind != Kind.COURT:
        raise Refused(_("This role is held at a court, not at a department."))


def _check_separation(person: User, role: str) -> None:
    held = set(person.memberships.in_force().values_list("role", flat=True))
    if role in ADMIN_ROLES and held - {role}:
        raise Refused(
            _("An administrator holds no other role: end the roles of %(person)s first.") % {"person": person}
        )
    if held & ADMIN_ROLES - {role}:
        raise Refused(_("%(person)s is one of the three administrators, who hold no other role.") % {"person": person})


def _keep_one(grant: Membership) -> None:
    """A site never loses its last administrator of a kind: nobody could then appoint the next one."""
    if not grant.is_administrative:
        return
    holders = Membership.objects.in_force().filter(role=grant.role, person__is_active=True).order_by("pk")
    if all(other.person_id == grant.person_id for other in holders.select_for_update()):
        raise Refused(
            _("%(person)s is the last %(role)s: appoint a successor first.")
            % {"person": grant.person, "role": grant.get_role_display()}
        )


def _check_tree(department: Department) -> None:
    parent = department.parent
    if department.kind == Kind.COURT:
        if parent is not None and parent.kind != Kind.COURT:
            raise Refused(_("A court belongs to another court or to none."))
        if not department.tier:
            raise Refused(_("A court has a tier."))
    elif parent is None or department.tier:
        raise Refused(_("A department belongs to a court or to another department and has no tier."))
    elif department.pk and parent.home_court_id != department.court_id:
        raise Refused(_("A department stays in its court: open a new one in the other court."))
    if parent is not None and not parent.is_active and department.is_active:
        raise Refused(_("%(department)s is closed.") % {"department": parent})
    while parent is not None and department.pk:
        if parent.pk == department.pk:
            raise Refused(_("A department cannot belong to itself or to one below it."))
        parent = parent.parent


def _check_empty(department: Department) -> None:
    if department.children.active().exists() or department.memberships.in_force().exists():
        raise Refused(_("End the roles held there and close what lies below it first."))


def _check(row: models.Model) -> None:
    try:
        row.full_clean(exclude=["password"] if isinstance(row, User) else None)
    except ValidationError as error:
        field = next(iter(error.message_dict))
        raise Refused(" ".join(error.messages), "" if field == NON_FIELD_ERRORS else field) from error


def _locked_person(person: User, *, version: int | None = None) -> User:
    person.__dict__.pop("_grants", None)  # the caller's copy must not remember the roles of before
    current = User.objects.select_for_update().get(pk=person.pk)
    if version is not None and current.version != version:
        raise StaleRow(current)
    return current


def _assign(row: models.Model, **fields: Any) -> dict[str, Any]:
    """Set what is given and new; returns it."""
    changed = {n: v for n, v in fields.items() if (v is not None or n == "parent") and getattr(row, n) != v}
    for field, value in changed.items():
        setattr(row, field, value)
    return changed


def _save(person: Any, *, by: User | None, note: str, at: datetime | None) -> None:
    person.version += 1
    person._history_user, person._change_reason, person._history_date = by, note, at or timezone.now()
    try:
        person.save()
    finally:
        # simple-history would repeat a reason and an instant that stay on the instance.
        del person._history_user, person._change_reason, person._history_date


def _log(action: str, by: User | None, subject: str, detail: str, note: str) -> None:
    request = getattr(HistoricalRecords.context, "request", None)
    detail = f"{detail}: {note}" if note else detail
    audit.record(action, by=by, subject=subject, detail=detail, request=request)


def _told(changed: dict[str, Any]) -> str:
    return "; ".join(f"{name} = {value}" for name, value in changed.items())


def _named(grant: Membership) -> str:
    return f"{grant.get_role_display()} · {grant.department}"
