"""Marks of a measure for every page: its ruler, deadline, light and state.

Rows may be live or of a past day; ``campaign`` is given so that no row asks for it again.
"""

from datetime import date
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from findings import dates
from findings.choices import Light, MeasureStatus, Nature, NoticeStatus, Phase
from findings.figures import light_of
from findings.figures.counts import is_overdue, is_recheck_missed
from findings.figures.sentences import day_words
from findings.models import Campaign, Measure, SupervisionNotice

register = template.Library()


@register.inclusion_tag("components/ruler.html")
def measure_ruler(measure: Measure, campaign: Campaign, on: date, size: str = "") -> dict[str, Any]:
    """The measure's time; ``measure`` comes from ``with_excuse()``.

    In a table all rulers share the campaign's scale; a large one stands alone and has its own.
    """
    until = ruler_end(measure, campaign, on) if size else campaign.sustained_until
    return {"ruler": ruler_of(measure, campaign, on, until), "size": size}


@register.simple_tag
def ruler_end(measure: Measure, campaign: Campaign, on: date) -> date:
    """The last day of a large ruler: the end of the phase, unless something lies behind it."""
    days = (on, measure.deadline, measure.original_deadline, measure.closed_on)
    fits = all(day is None or day <= campaign.concentrated_until for day in days)
    return campaign.concentrated_until if fits and measure.phase == Phase.CONCENTRATED else campaign.sustained_until


@register.inclusion_tag("components/due_badge.html")
def measure_due(measure: Measure, on: date) -> dict[str, Any]:
    """The deadline and how far it is."""
    is_closed = measure.status == MeasureStatus.CLOSED
    is_standing = measure.nature == Nature.STANDING
    is_waiting = measure.status == MeasureStatus.WAITING and not is_overdue(measure, on)
    return {
        "deadline": measure.deadline,
        "original": measure.original_deadline,
        "days": (measure.deadline - on).days if measure.deadline else None,
        "overdue": is_overdue(measure, on),
        "settled": is_closed or is_waiting or not dates.is_in_plan(retired_on=measure.retired_on, on=on),
        "word": measure.get_nature_display() if is_standing and not is_closed else "",
    }


@register.inclusion_tag("components/light.html")
def measure_light(measure: Measure, campaign: Campaign, on: date) -> dict[str, Any]:
    """The light by shape and word."""
    code = light_of(measure, campaign, on)
    return {"code": code, "label": Light(code).label}


@register.inclusion_tag("components/due_badge.html")
def notice_due(notice: SupervisionNotice, on: date) -> dict[str, Any]:
    """The day of the reply and how far it is; once there is a reply, the day alone."""
    is_late = reply_late(notice, on)
    is_settled = notice.is_over or notice.replied_at is not None
    return {"deadline": notice.due_on, "days": (notice.due_on - on).days, "overdue": is_late, "settled": is_settled}


@register.inclusion_tag("components/notice_colour.html")
def notice_colour(notice: SupervisionNotice) -> dict[str, Any]:
    """How urgent the notice is, by shape and word; quiet once it is over."""
    return {"code": notice.colour, "label": notice.get_colour_display(), "quiet": notice.is_over}


@register.inclusion_tag("components/status_pill.html")
def notice_status(notice: SupervisionNotice) -> dict[str, Any]:
    """The state of a notice: sent, it is under way, where a report that is issued is at its end."""
    code = "sent" if notice.status == NoticeStatus.ISSUED else notice.status
    return {"status": code, "label": notice.get_status_display()}


@register.filter
def reply_late(notice: SupervisionNotice, on: date) -> bool:
    """Whether the day of the reply has gone by without one."""
    return dates.is_reply_late(due_on=notice.due_on, status=notice.status, on=on)


@register.inclusion_tag("components/status_pill.html")
def status(row: Any, quiet: bool = False) -> dict[str, Any]:
    """The state of a measure, progress, request or report; ``quiet`` takes the red from a return."""
    return {"status": row.status, "label": row.get_status_display(), "quiet": quiet}


@register.filter
def said(day: date) -> str:
    """A day as a sentence says it: the year only where it is another one."""
    return day_words(day, dates.today().year)


@register.filter
def late(measure: Measure, on: date) -> bool:
    """Whether the measure is overdue, or its re-check was missed, on the day."""
    return is_recheck_missed(measure, on) or is_overdue(measure, on)


def ruler_of(measure: Measure, campaign: Campaign, on: date, until: date) -> dict[str, Any]:
    """The marks of the ruler in percent of the time from the feedback to ``until``."""
    first = campaign.feedback_on
    whole = max((until - first).days, 1)

    def mark(day: date | None) -> float | None:
        return None if day is None else round(min(max((day - first).days / whole, 0), 1) * 100, 2)

    is_concentrated = measure.phase == Phase.CONCENTRATED
    return {
        "start": 0,
        "end": mark(campaign.concentrated_until if is_concentrated else campaign.sustained_until),
        "today": mark(on),
        "original": mark(measure.original_deadline),
        "deadline": mark(measure.deadline),
        "closed": mark(measure.closed_on),
        "overdue": is_overdue(measure, on),
        "title": _told(measure, campaign, on),
    }


def _told(measure: Measure, campaign: Campaign, on: date) -> str:
    if measure.closed_on:
        return _("Feedback %(first)s, closed %(closed)s") % {
            "first": campaign.feedback_on.isoformat(),
            "closed": measure.closed_on.isoformat(),
        }
    if measure.deadline is None:
        return _("Feedback %(first)s, no deadline") % {"first": campaign.feedback_on.isoformat()}
    words = {"first": campaign.feedback_on.isoformat(), "deadline": measure.deadline.isoformat()}
    if is_overdue(measure, on):
        days = (on - measure.deadline).days
        sentence = ngettext(
            "Feedback %(first)s, deadline %(deadline)s, %(days)s day overdue",
            "Feedback %(first)s, deadline %(deadline)s, %(days)s days overdue",
            days,
        )
        return sentence % (words | {"days": days})
    return _("Feedback %(first)s, deadline %(deadline)s") % words
