"""History rows as entries of ``components/timeline.html``."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from accounts.models import Department, Membership, SiteName, User

MOST = 100


@dataclass(frozen=True)
class Change:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Moment:
    """One entry: when, who (nobody is the system), what happened, which fields moved, the reason as written.

    ``anchor`` is the name of its place, where something on the page leads to it.
    """

    when: datetime
    who: str
    sentence: str
    changes: list[Change] = field(default_factory=list)
    note: str = ""
    anchor: str = ""


def of_person(person: User) -> list[Moment]:
    """What was changed about the account and its roles, newest first."""
    account = person.history.select_related("history_user")[:MOST]
    grants = Membership.history.filter(person_id=person.pk).select_related("history_user", "department")[:MOST]
    moments = _told(account, User, ("name", "post", "email", "is_active"), _("Account"))
    moments += [_of_grant(row) for row in grants]
    return sorted(moments, key=lambda moment: moment.when, reverse=True)


def of_department(department: Department) -> list[Moment]:
    """What was changed about the department, newest first."""
    rows = department.history.select_related("history_user", "parent")[:MOST]
    return _told(rows, Department, ("name", "tier", "parent", "order", "is_active"), _("Department"))


def of_name(name: SiteName) -> list[Moment]:
    """How a site's own word was changed, newest first."""
    rows = list(name.history.select_related("history_user")[:MOST])
    pairs = zip(rows, [*rows[1:], SiteName()], strict=True)
    return [
        _moment(row, _("Name changed"), [
            change for field in ("zh", "en")
            if (change := _change(SiteName, field, before, row)).old != change.new
        ]) for row, before in pairs
    ]  # fmt: skip


def _told(rows: Iterable[Any], model: type[models.Model], names: tuple[str, ...], what: str) -> list[Moment]:
    moments = []
    rows = list(rows)
    for row, before in zip(rows, [*rows[1:], None], strict=True):
        changes = [_change(model, name, before, row) for name in names if before is not None]
        sentence = _("%(what)s opened") if row.history_type == "+" else _("%(what)s changed")
        told = [change for change in changes if change.old != change.new]
        moments.append(_moment(row, sentence % {"what": what}, told))
    return moments


def _of_grant(row: Any) -> Moment:
    granted, ended = _("Role granted: %(role)s · %(place)s"), _("Role ended: %(role)s · %(place)s")
    sentence = granted if row.ended_at is None else ended
    return _moment(row, sentence % {"role": row.get_role_display(), "place": row.department}, [])


def _moment(row: Any, sentence: str, changes: list[Change]) -> Moment:
    who = str(row.history_user) if row.history_user else _("System")
    return Moment(row.history_date, who, sentence, changes, row.history_change_reason or "")


def _change(model: type[models.Model], name: str, old: Any, new: Any) -> Change:
    label: Any = model._meta.get_field(name)
    return Change(str(label.verbose_name), _shown(old, name), _shown(new, name))


def _shown(row: Any, name: str) -> str:
    display = getattr(row, f"get_{name}_display", None)
    value = display() if display else getattr(row, name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "" if value is None else str(value)
