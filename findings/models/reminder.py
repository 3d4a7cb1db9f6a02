"""The rules of the morning: who hears of what, how long before or after, and by which channels."""

from collections.abc import Iterable
from typing import Any, ClassVar, Self, cast

from django.db import models
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from accounts.roles import RoleCode
from accounts.tracked import Tracked, TrackedQuerySet, history
from findings import access
from findings.choices import DayUnit, RuleCondition

C, R, U = RuleCondition, RoleCode, DayUnit
_DEPARTMENT = (R.LIAISON, R.HEAD)
_OWN = (R.LIAISON, R.HEAD, R.LEADER)
_ANY = (R.LIAISON, R.HEAD, R.LEADER, R.OFFICE, R.CHIEF, R.INSPECTOR)
# Whom a rule of each condition may tell.
POSSIBLE_ROLES: dict[str, tuple[str, ...]] = {
    C.RETURNED: _DEPARTMENT,
    C.OVERDUE: _ANY,
    C.DUE: _ANY,
    C.RECHECK_MISSED: _ANY,
    C.RECHECK_DUE: _ANY,
    C.NOTICE_DUE: (R.LIAISON, R.HEAD, R.OFFICE),
    C.PERIOD: _DEPARTMENT,
    C.SIGNATURE: (R.HEAD, R.LEADER, R.OFFICE, R.CHIEF),
    C.ACCEPTANCE: (R.OFFICE,),
    C.SILENT: _ANY,
    C.ESCALATION: _ANY,
}
# Conditions whose offset counts to a day that comes; all others count from a day that has gone by.
AHEAD = frozenset({C.DUE, C.RECHECK_DUE, C.NOTICE_DUE, C.PERIOD})
# The rules of a site that has written none: code, condition, offset, unit, roles.
DEFAULTS: tuple[tuple[str, str, int, str, tuple[str, ...]], ...] = (
    ("returned", C.RETURNED, 0, U.CALENDAR, _DEPARTMENT),
    ("overdue", C.OVERDUE, 1, U.CALENDAR, _OWN),
    ("recheck-missed", C.RECHECK_MISSED, 1, U.CALENDAR, (*_OWN, R.OFFICE)),
    ("due-0", C.DUE, 0, U.CALENDAR, _OWN),
    ("due-1", C.DUE, 1, U.CALENDAR, _OWN),
    ("due-3", C.DUE, 3, U.CALENDAR, _OWN),
    ("due-7", C.DUE, 7, U.CALENDAR, _OWN),
    ("recheck-7", C.RECHECK_DUE, 7, U.CALENDAR, (*_OWN, R.OFFICE)),
    ("notice-7", C.NOTICE_DUE, 7, U.CALENDAR, (R.LIAISON, R.HEAD, R.OFFICE)),
    ("period-3", C.PERIOD, 3, U.CALENDAR, _DEPARTMENT),
    ("signature", C.SIGNATURE, 0, U.CALENDAR, (R.HEAD, R.LEADER, R.OFFICE, R.CHIEF)),
    ("acceptance", C.ACCEPTANCE, 0, U.CALENDAR, (R.OFFICE,)),
    ("silent-40", C.SILENT, 40, U.CALENDAR, (R.LIAISON, R.HEAD, R.OFFICE)),
    ("delay-head", C.ESCALATION, 3, U.WORKING, (R.HEAD,)),
    ("delay-leader", C.ESCALATION, 7, U.WORKING, (R.LEADER,)),
    ("delay-office", C.ESCALATION, 15, U.WORKING, (R.OFFICE,)),
)


class RuleQuerySet(TrackedQuerySet):
    def visible_to(self, user: User) -> Self:
        """Those of the courts whose office the user is of."""
        return self.filter(court__in=access.courts_of(user, {RoleCode.OFFICE}))

    def of_courts(self, courts: Iterable[int]) -> dict[int, list["ReminderRule"]]:
        """All rules of each court in order: the default ones, replaced by the court's own of the same code."""
        found: dict[int, dict[str, ReminderRule]] = {court: default_rules(court) for court in courts}
        own = cast("list[ReminderRule]", list(self.filter(court__in=found)))
        for row in own:
            found[row.court_id][row.code] = row
        return {court: sorted(rules.values(), key=lambda row: (row.order, row.code)) for court, rules in found.items()}

    def in_force(self, courts: Iterable[int]) -> dict[int, list["ReminderRule"]]:
        """The rules of each court that are not switched off, in order."""
        return {court: [row for row in rules if row.is_active] for court, rules in self.of_courts(courts).items()}


class ReminderRule(Tracked):
    """One rule of a court. A court without rows follows the defaults; a row replaces the default of its code."""

    court = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", verbose_name=_("court"))
    code = models.SlugField(_("code"), max_length=40)
    condition = models.CharField(_("when"), max_length=16, choices=RuleCondition)
    offset = models.PositiveSmallIntegerField(_("days"), default=0)
    unit = models.CharField(_("counted in"), max_length=8, choices=DayUnit, default=DayUnit.CALENDAR)
    roles = models.CharField(_("who is told"), max_length=100)
    # "*" every channel that the person has chosen, else codes by commas; "" the inbox only.
    channels = models.CharField(_("channels"), max_length=100, default="*", blank=True)
    wording_zh = models.CharField(_("own words, Chinese"), max_length=100, blank=True)
    wording_en = models.CharField(_("own words, English"), max_length=100, blank=True)
    is_active = models.BooleanField(_("in force"), default=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    objects: ClassVar = RuleQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("court", "order", "code")
        constraints = (
            models.UniqueConstraint(name="reminderrule_code", fields=("court", "code")),
            models.CheckConstraint(name="reminderrule_condition", condition=Q(condition__in=RuleCondition.values)),
            models.CheckConstraint(name="reminderrule_unit", condition=Q(unit__in=DayUnit.values)),
            models.CheckConstraint(name="reminderrule_roles", condition=~Q(roles="")),
        )

    def __str__(self) -> str:
        return f"{self.get_condition_display()} {self.offset}"

    @property
    def role_set(self) -> frozenset[str]:
        return frozenset(self.roles.split(","))

    @property
    def is_working(self) -> bool:
        """Whether its days are working days."""
        return self.unit == DayUnit.WORKING

    @property
    def counts_ahead(self) -> bool:
        return self.condition in AHEAD

    @property
    def wording(self) -> str:
        """The court's own words in the active language, "" for the usual ones."""
        own = (self.wording_zh, self.wording_en)
        first, second = own if (translation.get_language() or "").startswith("zh") else own[::-1]
        return first or second


def default_rules(court_id: int) -> dict[str, ReminderRule]:
    """The rules of a court that has written none of its own, not stored, by code."""
    found: dict[str, ReminderRule] = {}
    for order, (code, condition, offset, unit, roles) in enumerate(DEFAULTS, 1):
        values: dict[str, Any] = {"condition": condition, "offset": offset, "unit": unit, "roles": ",".join(roles)}
        found[code] = ReminderRule(court_id=court_id, code=code, order=order * 10, **values)
    return found
