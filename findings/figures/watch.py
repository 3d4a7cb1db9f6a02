"""Lists that only the morning's messages draw: re-checks that come near, and measures that nobody speaks of."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import Case, DateField, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce, Greatest, TruncDate

from accounts.tracked import end_of
from findings import dates
from findings.choices import WORKING, MeasureStatus, Phase
from findings.models import Campaign, Measure, ProgressUpdate, RuleDocument
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


def missed_use_checks(courts: Collection[int], on: date) -> Any:
    """Documents in force of the courts' running campaigns whose day for checking their use has gone by, by that day."""
    running = Campaign.objects.running(on).filter(court__in=courts).values("pk")
    rows = RuleDocument.objects.filter(dates.use_check_missed_q(on), campaign__in=running)
    return rows.select_related("campaign", "department").order_by("use_check_on", "pk")


def silent_since(rows: MeasureQuerySet, day: date, sustained: date, *, on: date) -> MeasureQuerySet:
    """Measures at work of which nothing was reported since ``day``, in the sustained phase since ``sustained``.

    They bear ``heard_on``, the day of the last submitted progress or of the reopening; before the first one that of
    the start, of the approved plan or of the feedback, but never a day before a measure came into the approved plan.
    All as it stood at the end of ``on``.
    """
    told = ProgressUpdate.objects.filter(submitted_at__lt=end_of(on), measure=OuterRef("id"))
    # One row for each measure out of its index: without the limit every list would read all progress of the site.
    last_at = Subquery(told.order_by("-submitted_at").values("submitted_at")[:1])
    opened = Measure.history.filter(id=OuterRef("id"), reopened_count=OuterRef("reopened_count"))
    began = Coalesce(F("started_on"), F("campaign__plan_approved_on"), F("campaign__feedback_on"))
    came_later = _came_later()

    def quiet(limit: date) -> Any:
        """``heard_on`` by the limit, said without it: no database works out the day of every row then."""
        known = Q(reopened_count=0) | Exists(opened.filter(history_date__lt=end_of(limit)))
        there = Q(created_at__lt=end_of(limit)) | ~Q(came_later)
        return (Q(last_at__lt=end_of(limit)) | Q(last_at=None, began__lte=limit) & there) & known

    first = opened.order_by("history_date", "history_id").values(day=TruncDate("history_date"))[:1]
    again = Case(When(reopened_count__gt=0, then=Subquery(first)), default=began, output_field=DateField())
    quarterly = Q(phase=Phase.SUSTAINED) | Q(campaign__concentrated_until__lt=on)
    silent = ~quarterly & quiet(day) | quarterly & quiet(sustained)
    rows = rows.alias(began=began, last_at=last_at).filter(silent, status__in=WORKING)
    entered = Case(When(came_later, then=Greatest(began, TruncDate("created_at"))), default=began)
    heard = Greatest(Coalesce(TruncDate("last_at"), entered), again)
    return rows.annotate(heard_on=heard).order_by("heard_on", "number")


def _came_later() -> Exists:
    """Whether a measure was added when the plan's approval stood on record already, by a split or a merger too.

    Told by the instants of the records: a plan entered years later, approval and all, is no addition.
    """
    approved = Campaign.history.filter(id=OuterRef("campaign_id"), plan_approved_on__isnull=False)
    return Exists(approved.filter(history_date__lt=OuterRef("created_at")))


def is_quarterly(measure: Measure, on: date) -> bool:
    """Whether silence about a measure is counted by the sustained phase: its own, or that of its campaign."""
    return measure.phase == Phase.SUSTAINED or measure.campaign.concentrated_until < on
