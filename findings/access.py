"""Who a user is to a court, a department or a measure. Imports no models: it reads the grants in force."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from accounts.roles import COURT_ROLES, DEPARTMENT_ROLES, RoleCode

if TYPE_CHECKING:
    from accounts.models import User
    from findings.models import Measure


def departments_of(user: "User", roles: Iterable[str] = DEPARTMENT_ROLES) -> set[int]:
    """Ids of the departments where the user holds one of the roles."""
    wanted = set(roles)
    return {grant.department_id for grant in _grants(user) if grant.role in wanted}


def courts_of(user: "User", roles: Iterable[str] = COURT_ROLES) -> set[int]:
    """Ids of the courts where the user holds one of the court-wide roles."""
    wanted = set(roles)
    return {grant.department.home_court_id for grant in _grants(user) if grant.role in wanted}


def has_role_at(user: "User", role: str, court_id: int) -> bool:
    """Whether the user holds the court-wide role at that court."""
    return court_id in courts_of(user, {role})


def is_head_of(user: "User", department_id: int | None) -> bool:
    """Nobody is head of no department."""
    return department_id in departments_of(user, {RoleCode.HEAD})


def is_member_of(user: "User", department_id: int | None) -> bool:
    """Liaison or head of the department: who may fill in for it; nobody may where there is none."""
    return department_id in departments_of(user)


def is_lead_of(user: "User", measure: "Measure") -> bool:
    """Whether the user is the measure's lead leader, in office as one."""
    return measure.lead_leader_id == user.pk and has_role_at(user, RoleCode.LEADER, measure.campaign.court_id)


def is_office_of(user: "User", court_id: int) -> bool:
    return has_role_at(user, RoleCode.OFFICE, court_id)


def stands_at(user: "User", stage: str, measure: "Measure") -> bool:
    """Whether the user is one of those who may sign at a stage for this measure; asks the database nothing."""
    if stage == RoleCode.LEADER:
        return is_lead_of(user, measure)
    if stage == RoleCode.HEAD:
        return is_head_of(user, measure.lead_department_id)
    return has_role_at(user, stage, measure.campaign.court_id)


def is_inspector_of(user: "User", court_id: int) -> bool:
    return has_role_at(user, RoleCode.INSPECTOR, court_id)


def _grants(user: "User") -> list:
    return user.grants() if user.is_authenticated and user.is_active else []
