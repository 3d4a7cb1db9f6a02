"""What a measure's lead department has reported last and the office has accepted: one meaning for every paper."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from accounts.tracked import end_of
from findings.choices import MeasureStatus, ProgressStatus, RequestStatus
from findings.models import ClosureRequest, ProgressUpdate


class Accepted(NamedTuple):
    """An accepted report: its id and its words."""

    id: int
    done: str
    difficulty: str
    next_step: str


def newest_accepted(measures: Iterable[Any], on: date) -> dict[int, Accepted]:
    """By measure the newest report of its lead department that was accepted by the day.

    What was reported before a measure was closed says nothing once it was opened again. ``measures``: rows of that
    day with id, lead_department_id, status and reopened_count. Two queries for however many.
    """
    rows = list(measures)
    leads = {row.id: row.lead_department_id for row in rows}
    closings = _closings([row.id for row in rows if row.reopened_count and row.status != MeasureStatus.CLOSED], on)
    updates = ProgressUpdate.objects.filter(measure_id__in=leads).at(on).filter(status=ProgressStatus.ACCEPTED)
    found: dict[int, Accepted] = {}
    told = updates.order_by("period__starts_on", "id").values_list(
        "measure_id", "department_id", "submitted_at", "id", "done", "difficulty", "next_step"
    )
    for pk, department_id, submitted_at, *row in told.iterator():
        is_after = pk not in closings or (submitted_at is not None and submitted_at > closings[pk])
        if is_after and department_id == leads[pk]:
            found[pk] = Accepted._make(row)
    return found


def _closings(measure_ids: list[int], on: date) -> dict[int, datetime]:
    """When measures that are open again were closed last."""
    rows = ClosureRequest.objects.filter(
        measure_id__in=measure_ids, status=RequestStatus.APPROVED, ended_at__lt=end_of(on)
    )
    return {row.measure_id: row.ended_at for row in rows.order_by("ended_at") if row.ended_at}
