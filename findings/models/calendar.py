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


class YearQuerySet(TrackedQuerySet):
    def known(self) -> frozenset[int]:
        """The years whose table stands; dates counted in another one are estimates."""
        return frozenset(self.order_by().values_list("year", flat=True))


class CalendarYear(Tracked):
    """A year whose notice of holidays was taken in; every other year is computed from weekends (推算)."""

    year = models.PositiveSmallIntegerField(_("year"), unique=True)
    # The notice's title or number, as its reader finds it again; "" where the program brought the table.
    notice = models.CharField(_("notice"), max_length=120, blank=True)

    objects: ClassVar = YearQuerySet.as_manager()
    history = history()

    class Meta:
        ordering = ("year",)

    def __str__(self) -> str:
        return str(self.year)
