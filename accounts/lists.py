"""The lists of the account pages: their rows for a filter, and their columns for the file."""

from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from accounts.exporting import Column
from accounts.models import AuditEvent, Department, Membership, User
from accounts.tracked import end_of

IN_FORCE = Membership.objects.in_force().select_related("department").order_by("pk")


def people(q: str = "", department: Department | None = None, role: str = "", state: str = "") -> QuerySet[User]:
    """Accounts with their roles in force in ``held``."""
    rows = User.objects.prefetch_related(Prefetch("memberships", queryset=IN_FORCE, to_attr="held"))
    if q:
        rows = rows.filter(Q(username__icontains=q) | Q(name__icontains=q) | Q(post__icontains=q))
    if department or role:
        wanted = Membership.objects.in_force()
        wanted = wanted.filter(department=department) if department else wanted
        wanted = wanted.filter(role=role) if role else wanted
        rows = rows.filter(pk__in=wanted.values("person"))
    return rows.filter(is_active=state == "open") if state else rows


def departments(q: str = "", kind: str = "") -> QuerySet[Department]:
    """Departments with the number of open accounts that hold a role there in ``people``."""
    held = Q(memberships__ended_at__isnull=True, memberships__person__is_active=True)
    rows = Department.objects.select_related("parent", "court").order_by("order", "code")
    rows = rows.annotate(people=Count("memberships__person", filter=held, distinct=True))
    if q:
        rows = rows.filter(Q(code__icontains=q) | Q(name__icontains=q))
    return rows.filter(kind=kind) if kind else rows


def grants(
    q: str = "", department: Department | None = None, role: str = "", ended: bool = False
) -> QuerySet[Membership]:
    """Grants, newest first; the ended ones too where ``ended``."""
    rows = Membership.objects.all() if ended else Membership.objects.in_force()
    rows = rows.select_related("person", "department").order_by("-created_at", "-pk")
    if q:
        rows = rows.filter(Q(person__username__icontains=q) | Q(person__name__icontains=q))
    rows = rows.filter(department=department) if department else rows
    return rows.filter(role=role) if role else rows


def events(
    user: User, q: str = "", action: str = "", outcome: str = "", since: date | None = None, until: date | None = None
) -> QuerySet[AuditEvent]:
    """Lines of the security log, newest first."""
    rows = AuditEvent.objects.visible_to(user)
    if q:
        rows = rows.filter(
            Q(username__icontains=q) | Q(subject__icontains=q) | Q(detail__icontains=q) | Q(address__icontains=q)
        )
    rows = rows.filter(action=action) if action else rows
    rows = rows.filter(succeeded=outcome == "1") if outcome else rows
    rows = rows.filter(at__gte=timezone.make_aware(datetime.combine(since, time.min))) if since else rows
    return rows.filter(at__lt=end_of(until)) if until else rows


def _yes(value: bool) -> str:
    return str(_("yes") if value else _("no"))


def _held(person: Any) -> str:
    held = (f"{grant.department} {grant.get_role_display()}" for grant in person.held)
    return pgettext("between roles", "; ").join(held)


PEOPLE = (
    Column(_("account name"), lambda row: row.username),
    Column(pgettext_lazy("person", "name"), lambda row: row.name),
    Column(_("post"), lambda row: row.post, 24),
    Column(_("email address"), lambda row: row.email, 28),
    Column(_("roles"), _held, 48),
    Column(pgettext_lazy("account", "open"), lambda row: _yes(row.is_active), 8),
)
DEPARTMENTS = (
    Column(_("code"), lambda row: row.code),
    Column(_("name"), lambda row: row.name, 32),
    Column(_("kind"), lambda row: row.get_kind_display()),
    Column(_("tier"), lambda row: row.get_tier_display()),
    Column(_("belongs to"), lambda row: row.parent or "", 32),
    Column(_("order"), lambda row: row.order, 8),
    Column(_("people"), lambda row: row.people, 8),
    Column(_("active"), lambda row: _yes(row.is_active), 8),
)
GRANTS = (
    Column(_("account name"), lambda row: row.person.username),
    Column(pgettext_lazy("person", "name"), lambda row: row.person.name),
    Column(_("role"), lambda row: row.get_role_display(), 24),
    Column(_("department or court"), lambda row: row.department.name, 32),
    Column(_("granted at"), lambda row: row.created_at, 20),
    Column(_("ended at"), lambda row: row.ended_at, 20),
)
EVENTS = (
    Column(_("time"), lambda row: row.at, 20),
    Column(_("action"), lambda row: row.get_action_display()),
    Column(_("account name"), lambda row: row.username),
    Column(_("object"), lambda row: row.subject, 40),
    Column(_("detail"), lambda row: row.detail, 60),
    Column(_("address"), lambda row: row.address, 18),
    Column(_("succeeded"), lambda row: _yes(row.succeeded), 8),
)
