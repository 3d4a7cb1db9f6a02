"""What each role sees and may do. The help page prints this file's tables; nothing else grants a page."""

from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.names import named


@named(pgettext_lazy("names", "roles"))
class RoleCode(models.TextChoices):
    LIAISON = "liaison", pgettext_lazy("role", "department liaison")
    HEAD = "head", pgettext_lazy("role", "head of department")
    LEADER = "leader", pgettext_lazy("role", "lead leader")
    OFFICE = "office", pgettext_lazy("role", "rectification office")
    CHIEF = "chief", pgettext_lazy("role", "head of the leading group")
    INSPECTOR = "inspector", pgettext_lazy("role", "discipline group")
    SYSADMIN = "sysadmin", pgettext_lazy("role", "system administrator")
    SECADMIN = "secadmin", pgettext_lazy("role", "security administrator")
    AUDITOR = "auditor", pgettext_lazy("role", "security auditor")


class Verb(StrEnum):
    """A page or an act that hangs on no single row; row by row the steps of ``workflow`` decide."""

    VIEW_DASHBOARD = "view_dashboard"
    VIEW_REPORTS = "view_reports"
    COMPILE_REPORT = "compile_report"
    ISSUE_REPORT = "issue_report"
    CHECK_DATA = "check_data"
    MANAGE_ACCOUNTS = "manage_accounts"
    GRANT_ROLES = "grant_roles"
    READ_SECURITY_LOG = "read_security_log"
    KEEP_REMINDERS = "keep_reminders"
    READ_DELIVERIES = "read_deliveries"
    KEEP_CALENDAR = "keep_calendar"
    WATCH_JOBS = "watch_jobs"
    KEEP_NAMES = "keep_names"


@dataclass(frozen=True)
class Role:
    """A role in words for the help page, and the verbs that it carries."""

    code: RoleCode
    sees: Promise | str
    does: Promise | str
    verbs: frozenset[Verb]


_COURT_PAGES = frozenset({Verb.VIEW_DASHBOARD, Verb.VIEW_REPORTS})

ROLES: dict[str, Role] = {
    role.code: role
    for role in (
        Role(
            RoleCode.LIAISON,
            _("The measures that the own department leads or assists."),
            _("Fills in progress, uploads evidence, asks for closure or extension."),
            frozenset({Verb.VIEW_DASHBOARD}),
        ),
        Role(
            RoleCode.HEAD,
            _("The measures that the own department leads or assists."),
            _(
                "All that a liaison does; submits the period's progress, replies to supervision notices and signs "
                "requests first."
            ),
            frozenset({Verb.VIEW_DASHBOARD}),
        ),
        Role(
            RoleCode.LEADER,
            _("The whole court, the measures under own lead first."),
            _("Signs closure and extension of the measures that he or she leads."),
            _COURT_PAGES,
        ),
        Role(
            RoleCode.OFFICE,
            _("The whole court."),
            _(
                "Keeps plan and ledger, accepts or returns progress, checks closures, issues supervision notices, "
                "compiles and issues reports."
            ),
            _COURT_PAGES
            | {Verb.COMPILE_REPORT, Verb.ISSUE_REPORT, Verb.CHECK_DATA, Verb.KEEP_REMINDERS, Verb.READ_DELIVERIES}
            | {Verb.KEEP_CALENDAR, Verb.WATCH_JOBS},
        ),
        Role(
            RoleCode.CHIEF,
            _("The whole court."),
            _("Gives the last signature of a closure and issues reports."),
            _COURT_PAGES | {Verb.ISSUE_REPORT, Verb.CHECK_DATA},
        ),
        Role(
            RoleCode.INSPECTOR,
            _("The whole court, to read only."),
            _("Supervises; may return a closure after the office has signed. Never fills in anything."),
            _COURT_PAGES | {Verb.CHECK_DATA},
        ),
        Role(
            RoleCode.SYSADMIN,
            _("No measures. Accounts and departments."),
            _("Keeps accounts and departments, resets passwords."),
            frozenset({Verb.MANAGE_ACCOUNTS, Verb.WATCH_JOBS, Verb.KEEP_NAMES}),
        ),
        Role(
            RoleCode.SECADMIN,
            _("No measures. Accounts and their roles."),
            _("Grants and ends roles."),
            frozenset({Verb.GRANT_ROLES}),
        ),
        Role(
            RoleCode.AUDITOR,
            _("No measures. The security log."),
            _("Reads the security log."),
            frozenset({Verb.READ_SECURITY_LOG}),
        ),
    )
}

# Roles whose holders see every measure of their court.
COURT_ROLES = frozenset({RoleCode.LEADER, RoleCode.OFFICE, RoleCode.CHIEF, RoleCode.INSPECTOR})
# Roles that hang on one department.
DEPARTMENT_ROLES = frozenset({RoleCode.LIAISON, RoleCode.HEAD})
# The three administrators are three different people and hold no other role.
ADMIN_ROLES = frozenset({RoleCode.SYSADMIN, RoleCode.SECADMIN, RoleCode.AUDITOR})
