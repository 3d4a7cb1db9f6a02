"""What a person keeps of a list: the columns chosen last, and views saved and shared by name."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.tracked import Tracked, TrackedQuerySet, history
from findings.models.campaign import Campaign


class SavedViewQuerySet(TrackedQuerySet):
    def visible_to(self, user: User) -> Self:
        """The own ones, and those shared in a campaign in sight."""
        campaigns = Campaign.objects.visible_to(user).order_by().values("pk")
        return self.filter(Q(person=user) | Q(is_shared=True, campaign__in=campaigns), is_active=True)


class SavedView(Tracked):
    """Filters and columns of a list under a name; without a name the columns that the person chose last."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="views", verbose_name=_("person"))
    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("campaign")
    )
    # Code of the list whose columns these are ("ledger", "issues").
    kind = models.CharField(_("list"), max_length=16)
    name = models.CharField(_("name"), max_length=40, blank=True)
    query = models.CharField(_("filters"), max_length=1000, blank=True)
    # Names of the columns, in the order of the list.
    columns = models.JSONField(_("columns"), default=list, blank=True)
    is_shared = models.BooleanField(_("shared"), default=False)
    is_active = models.BooleanField(default=True)

    objects: ClassVar = SavedViewQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                name="savedview_name", fields=("person", "campaign", "kind", "name"), condition=Q(is_active=True)
            ),
            models.UniqueConstraint(name="savedview_columns", fields=("person", "kind"), condition=Q(name="")),
            models.CheckConstraint(
                name="savedview_named",
                condition=Q(name="", campaign__isnull=True, is_shared=False) | ~Q(name="") & Q(campaign__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.name or self.kind
