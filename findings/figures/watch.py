"""Lists that only the morning's messages draw: re-checks that come near, and measures that nobody speaks of."""

from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, TruncDate

from accounts.tracked import end_of
from findings import dates
from findings.choices import WORKING, MeasureStatus, Phase
from findings.models import Campaign, Measure, ProgressUpdate
from findings.models.issue import MeasureQuerySet

# In the sustained phase progress is reported by quarters: silence there counts three times as long.
SUSTAINED_FACTOR = 3


def measures_of_court(court_id: int, on: date) -> MeasureQuerySet:
    """All measures of a court's running campaigns that are in the plan on the day."""
    running = Campaign.objects.running(on).filter(court=court_id).values("pk")
    rows = Measure.objects.filter(campaign__in=running).on_day(on).in_plan(on)
    return rows.select_related("campaign", "lead_department")


def overdue_since(rows: MeasureQuerySet, on: date, day: date) -> MeasureQuerySet:
    """Overdue on ``on``, the deadline not later than ``day``; the longest overdue first."""
    return rows.overdue(on).filter(deadline__lte=day).order_by("deadline", "number")


def due_until(rows: MeasureQuerySet, on: date, day: date) -> MeasureQuerySet:
    """Deadlines from ``on`` to ``day`` of measures that do not wait for their closure."""
    near = rows.filter(dates.due_soon_q(on, (day - on).days)).exclude(status=MeasureStatus.WAITING)
    return near.order_by("deadline", "number")


def missed_rechecks(rows: MeasureQuerySet, on: date, day: date) -> MeasureQuerySet:
    """Re-checks missed on ``on`` that were due by ``day``."""
    return rows.filter(dates.recheck_missed_q(on), recheck_on__lte=day).order_by("recheck_on", "number")


def near_rechecks(rows: MeasureQuerySet, on: date, day: date) -> MeasureQuerySet:
    """Re-checks of standing measures from ``on`` to ``day``."""
    return rows.filter(dates.recheck_due_q(on, day)).order_by("recheck_on", "number")


def silent_since(rows: MeasureQuerySet, day: date, sustained: date, *, on: date | None = None) -> MeasureQuerySet:
    """Measures at work of which nothing was reported since ``day``, in the sustained phase since ``sustained``.

    They bear ``heard_on``, the day of the last submitted progress; before the first one that of the start, of the
    approved plan or of the feedback. ``on``: as it stood at the end of that day, for rows of that day.
    """
    told = ProgressUpdate.objects.filter(
        Q(submitted_at__isnull=False) if on is None else Q(submitted_at__lt=end_of(on)), measure=OuterRef("id")
    )

    def quiet(limit: date) -> Any:
        """``heard_on`` by the limit, said without it: no database works out the day of every row then."""
        return Q(~Exists(told.filter(submitted_at__gte=end_of(limit)))) & (Q(began__lte=limit) | Exists(told))

    began = Coalesce(F("started_on"), F("campaign__plan_approved_on"), F("campaign__feedback_on"))
    last = Subquery(told.order_by("-submitted_at").values(day=TruncDate("submitted_at"))[:1])
    silent = Q(phase=Phase.CONCENTRATED) & quiet(day) | Q(phase=Phase.SUSTAINED) & quiet(sustained)
    rows = rows.alias(began=began).filter(silent, status__in=WORKING)
    return rows.annotate(heard_on=Coalesce(last, began)).order_by("heard_on", "number")
