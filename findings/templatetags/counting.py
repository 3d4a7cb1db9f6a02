"""Dates counted in working days: the mark of an estimate, and the days that were counted."""

from datetime import date
from typing import Any

from django import template
from django.utils.dates import WEEKDAYS_ABBR

from findings.figures.counting import Counted, is_estimate
from findings.models import CalendarYear

register = template.Library()


@register.inclusion_tag("components/guess.html", takes_context=True)
def guess(context: template.Context, *days: date) -> dict[str, Any]:
    """The mark 推算 beside a date that was counted over a year without a table; nothing where every year has one."""
    return {"is_estimate": is_estimate(_known(context), *days)}


@register.inclusion_tag("components/counted.html")
def counted_days(counted: Counted, day: date | None = None) -> dict[str, Any]:
    """How a date was counted. ``day`` is the date on record, which may have been fixed by an earlier table."""
    rows = [
        {"day": row, "weekday": WEEKDAYS_ABBR[row.weekday()], "is_made_up": row in counted.made_up}
        for row in counted.days
    ]
    return {"counted": counted, "rows": rows, "other": day if day and day != counted.on else None}


def _known(context: template.Context) -> frozenset[int]:
    """The years with a table, read once for each page."""
    request = context.get("request")
    if request is None:
        return CalendarYear.objects.known()
    found: frozenset[int] | None = getattr(request, "_known_years", None)
    if found is None:
        found = CalendarYear.objects.known()
        request.__dict__["_known_years"] = found
    return found
