"""Measures by the hundred thousand, for measuring how the program bears them; no verb of anybody's day."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.tracked import bulk_create_tracked
from findings.models import AssistingDepartment, Campaign, Measure, ProgressUpdate


def lay_down_campaign(fields: dict[str, Any], *, at: datetime) -> Campaign:
    """Store a campaign that has begun long ago."""
    return bulk_create_tracked(Campaign, [Campaign(**fields)], by=None, at=at)[0]


def lay_down_measures(rows: Iterable[dict[str, Any]], *, at: datetime) -> list[Measure]:
    """Store measures with their history and links. Some thousand rows a call keep the memory small."""
    return bulk_create_tracked(Measure, [Measure(**row) for row in rows], by=None, at=at)


def lay_down_assisting(rows: Iterable[dict[str, Any]], *, at: datetime) -> list[AssistingDepartment]:
    """Store assisting departments with their history and links."""
    return bulk_create_tracked(AssistingDepartment, [AssistingDepartment(**row) for row in rows], by=None, at=at)


def lay_down_progress(rows: Iterable[dict[str, Any]], *, at: datetime) -> list[ProgressUpdate]:
    """Store reports of progress with their history and links."""
    return bulk_create_tracked(ProgressUpdate, [ProgressUpdate(**row) for row in rows], by=None, at=at)
