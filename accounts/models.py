"""People, the departments they work in and the roles they hold there."""

from collections.abc import Iterable
from typing import ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.chain import ChainHead, Link, LinkShape
from accounts.roles import ADMIN_ROLES, ROLES, RoleCode, Verb
from accounts.tracked import Tracked, TrackedQuerySet, history

__all__ = [
    "AuditEvent",
    "ChainHead",
    "Department",
    "Link",
    "LinkShape",
    "Membership",
    "User",
]


class DepartmentQuerySet(TrackedQuerySet):
    def courts(self) -> Self:
        return self.filter(kind=Department.Kind.COURT)

    def active(self) -> Self:
        return self.filter(is_active=True)

    def visible_to(self, user: "User") -> Self:
        """The departments of the courts in which the user holds a role; all for who keeps accounts or grants."""
        if user.may(Verb.MANAGE_ACCOUNTS) or user.may(Verb.GRANT_ROLES) or user.may(Verb.READ_SECURITY_LOG):
            return self
        homes = {grant.department.home_court_id for grant in user.grants()}
        return self.filter(Q(pk__in=homes) | Q(court__in=homes))


class Department(Tracked):
    """A court of one of three tiers, or a department below a court."""

    class Kind(models.TextChoices):
        COURT = "court", pgettext_lazy("department kind", "court")
        DEPARTMENT = "department", pgettext_lazy("department kind", "department")

    class Tier(models.TextChoices):
        HIGH = "high", _("high court")
        INTERMEDIATE = "intermediate", _("intermediate court")
        BASIC = "basic", _("basic court")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    tier = models.CharField(_("tier"), max_length=12, choices=Tier, blank=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("belongs to"),
    )
    court = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="departments",
        verbose_name=_("court"),
    )
    order = models.PositiveIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    objects: ClassVar = DepartmentQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("order", "code")
        constraints = (
            models.CheckConstraint(
                name="department_tier",
                condition=Q(kind="court") & ~Q(tier="") | Q(kind="department", tier="", parent__isnull=False),
            ),
            models.CheckConstraint(
                name="department_parent",
                condition=~Q(parent=F("id")) | Q(parent__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def home_court_id(self) -> int:
        """The court that this node is or belongs to; a court has none above it in ``court``."""
        return self.court_id or self.pk


class User(AbstractUser):
    """An account. People are named by post where a site wishes so; the name is what every page prints."""

    # Django removes an inherited field that is set to None; its stubs do not know.
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    last_login = None  # sign-ins stand in the security log; a stored one would add a history row for each
    name = models.CharField(pgettext_lazy("person", "name"), max_length=60)
    post = models.CharField(_("post"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=10, default="zh-hans", blank=True)
    must_change_password = models.BooleanField(_("must change the password"), default=False)
    version = models.PositiveIntegerField(default=0, editable=False)  # raised by people.py, not by signing in

    objects: ClassVar = UserManager()
    history = history(excluded_fields=["password"])
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("username",)

    def __str__(self) -> str:
        return self.name or self.username

    def grants(self) -> list["Membership"]:
        """The roles in force, read once for each loaded account (one request, one job)."""
        if not hasattr(self, "_grants"):
            self._grants = list(
                Membership.objects.in_force().filter(person_id=self.pk).select_related("department").order_by("pk")
            )
        return self._grants

    @classmethod
    def with_grants(cls, people: Iterable["User"]) -> list["User"]:
        """The same accounts, the roles in force of all of them read at once."""
        found = {person.pk: person for person in people}
        for person in found.values():
            person._grants = []
        grants = Membership.objects.in_force().filter(person__in=found).select_related("department").order_by("pk")
        for grant in grants:
            found[grant.person_id]._grants.append(grant)
        return list(found.values())

    def roles(self) -> set[str]:
        return {grant.role for grant in self.grants()} if self.is_active else set()

    def may(self, verb: Verb | str) -> bool:
        """Whether any role of this account carries the verb."""
        return any(Verb(verb) in ROLES[role].verbs for role in self.roles())


class MembershipQuerySet(TrackedQuerySet):
    def in_force(self) -> Self:
        return self.filter(ended_at__isnull=True)

    def holders(self, role: str, department_id: int) -> Self:
        """The grants in force of active accounts for one role at one department or court."""
        return self.in_force().filter(role=role, department_id=department_id, person__is_active=True)


class Membership(Tracked):
    """A role that a person holds at a department (liaison, head) or at a court (all other roles)."""

    person = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="memberships",
        verbose_name=_("person"),
    )
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        related_name="memberships",
        verbose_name=_("department"),
    )
    role = models.CharField(_("role"), max_length=12, choices=RoleCode)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects: ClassVar = MembershipQuerySet.as_manager()
    history = history()

    class Meta:
        constraints = (
            models.CheckConstraint(name="membership_role", condition=Q(role__in=RoleCode.values)),
            models.UniqueConstraint(
                name="membership_once",
                fields=("person", "department", "role"),
                condition=Q(ended_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} {self.get_role_display()} {self.department}"

    @property
    def is_administrative(self) -> bool:
        return self.role in ADMIN_ROLES


class SiteName(Tracked):
    """What a site calls a role, a state or a stage, in place of the usual word."""

    # "RoleCode.head", "MeasureStatus.closed": the closed list and the code in it.
    code = models.CharField(_("what"), max_length=60, unique=True)
    zh = models.CharField(_("in Chinese"), max_length=40, blank=True)
    en = models.CharField(_("in English"), max_length=60, blank=True)

    history = history()

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class AuditQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self if user.may(Verb.READ_SECURITY_LOG) else self.none()


class AuditEvent(models.Model):
    """One line of the security log: who did what to which object, from where, with which outcome."""

    class Action(models.TextChoices):
        SIGN_IN = "sign_in", pgettext_lazy("audit", "signed in")
        SIGN_IN_FAILED = "sign_in_failed", pgettext_lazy("audit", "sign-in failed")
        SIGN_OUT = "sign_out", pgettext_lazy("audit", "signed out")
        PASSWORD = "password", pgettext_lazy("audit", "password changed")
        ACCOUNT = "account", pgettext_lazy("audit", "account changed")
        DEPARTMENT = "department", pgettext_lazy("audit", "department changed")
        GRANT = "grant", pgettext_lazy("audit", "role granted or ended")
        EXPORT = "export", pgettext_lazy("audit", "exported")
        DOWNLOAD = "download", pgettext_lazy("audit", "downloaded")
        REFUSED = "refused", pgettext_lazy("audit", "access refused")
        MESSAGE = "message", pgettext_lazy("audit", "message sent again")
        NAME = "name", pgettext_lazy("audit", "name changed")

    at = models.DateTimeField(_("time"), db_index=True)
    action = models.CharField(_("action"), max_length=20, choices=Action)
    user = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("account"),
    )
    username = models.CharField(_("account name"), max_length=150, blank=True)
    subject = models.CharField(_("object"), max_length=200, blank=True)
    detail = models.TextField(_("detail"), blank=True)
    address = models.CharField(_("address"), max_length=45, blank=True)
    succeeded = models.BooleanField(_("succeeded"), default=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.username} {self.action}"
