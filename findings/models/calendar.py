"""Days that differ from the plain week: holidays and make-up working days (调休)."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tracked import Tracked, TrackedQuerySet, history


class CalendarQuerySet(TrackedQuerySet):
    def table(self, first: date, last: date) -> dict[date, bool]:
        """The exceptions between two days, as the functions of ``dates`` take them."""
        return dict(self.filter(day__range=(first, last)).values_list("day", "is_working"))

    def knows(self, year: int) -> bool:
        """Whether the year's table was loaded; without one, counted dates are estimates."""
        return self.filter(day__year=year).exists()


class CalendarDay(Tracked):
    """One exception: a weekday off, or a weekend day that is worked."""

    day = models.DateField(_("day"), unique=True)
    is_working = models.BooleanField(_("working day"))
    name = models.CharField(_("name"), max_length=60, blank=True)

    objects: ClassVar = CalendarQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("day",)

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
