"""The measures and notices that the filters of a list leave, for its page and for the file that a job draws."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Department, User
from findings import dates
from findings.figures.board import AHEAD
from findings.figures.counts import Scope, light_q
from findings.models import AssistingDepartment, LedgerImport, Measure
from findings.models.supervision import NoticeQuerySet

NONE = "none"  # the value of a filter for measures that lack what it asks for
ORDER = ("issue__area__number", "issue__number", "number")
_FIELDS = {
    "status": "status",
    "phase": "phase",
    "nature": "nature",
    "leader": "lead_leader__username",
    "lead": "lead_department__code",
    "area": "issue__area__number",
    "issue": "issue__number",
}
# The ledger has filters of the same names, which speak of measures.
_NOTICE_FIELDS = {"notice_status": "status", "notice_colour": "colour", "notice_department": "department__code"}
NOTICE_FILTERS = frozenset({*_NOTICE_FIELDS, "notice_late"})
_MAY_LACK = {"leader", "lead"}


@dataclass(frozen=True)
class Names:
    """Departments and people by id, named as on the day; a measure without one asks for None, which nobody has."""

    departments: dict[int | None, Department]
    leaders: dict[int | None, User]


def names_of(scope: Scope, on: date) -> Names:
    """Everybody who leads or assists a measure in sight; their own court's departments besides."""
    ids = scope.measures.order_by()
    assisting = AssistingDepartment.objects.filter(measure__in=ids.values("pk"))
    departments = Department.objects.filter(
        Q(court_id=scope.campaign.court_id)
        | Q(pk__in=ids.values("lead_department_id"))
        | Q(pk__in=assisting.values("department_id"))
    ).at(on)
    people = User.objects.filter(pk__in=Measure.history.filter(id__in=ids.values("pk")).values("lead_leader_id"))
    if on < dates.today():
        people = User.history.in_force(on).filter(id__in=people.values("pk"))
    return Names(
        {row.id: row for row in departments.order_by("order", "code")},
        {row.id: row for row in people.order_by("username")},
    )


def narrowed(scope: Scope, on: date, chosen: dict[str, Any], names: Names, states: dict[int, str]) -> QuerySet:
    """The measures of the day that the filters leave."""
    rows = scope.measures_on(on).with_excuse()
    for name, path in _FIELDS.items():
        if name in chosen:
            is_lacking = name in _MAY_LACK and chosen[name] == NONE
            rows = rows.filter(**({f"{path}__isnull": True} if is_lacking else {path: chosen[name]}))
    if "department" in chosen:
        found = [row.id for row in names.departments.values() if row.code == chosen["department"]]
        rows = rows.for_department(found[0] if found else 0)  # gone out of sight since the filter was set
    if "light" in chosen:
        rows = rows.filter(light_q(chosen["light"], scope.campaign, on))
    if "due" in chosen:
        rows = rows.filter(_due_q(chosen["due"], scope, on))
    if "import" in chosen:
        written = LedgerImport.objects.filter(campaign=scope.campaign, number=chosen["import"])
        rows = rows.filter(id__in=next(iter(written.values_list("rows", flat=True)), []))
    if "state" in chosen:
        rows = rows.filter(issue_id__in=[pk for pk, state in states.items() if state == chosen["state"]])
    return rows.words(chosen.get("q", "")).order_by(*ORDER)


def narrowed_notices(scope: Scope, on: date, chosen: dict[str, Any]) -> NoticeQuerySet:
    """The notices that the filters leave; drafts that were given up only where their status is asked for."""
    rows = scope.notices.filter(**{path: chosen[name] for name, path in _NOTICE_FIELDS.items() if name in chosen})
    rows = rows.filter(dates.reply_late_q(on)) if "notice_late" in chosen else rows
    return rows if "notice_status" in chosen else rows.kept()


def _due_q(due: str, scope: Scope, on: date) -> Q:
    return {
        "overdue": dates.overdue_q(on),
        "soon": dates.due_soon_q(on, scope.campaign.due_soon_days),
        "month": dates.due_soon_q(on, AHEAD),
        "recheck": dates.recheck_missed_q(on),
    }[due]
