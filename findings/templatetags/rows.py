"""The way from a number to its rows: ``{% rows_url campaign on status="closed" %}``."""

from datetime import date
from typing import Any

from django import template
from django.urls import reverse

from findings.figures.sentences import Part
from findings.models import Campaign
from findings.views.chosen import ledger_url

register = template.Library()


@register.simple_tag
def rows_url(campaign: Campaign, on: date, by: str = "", value: Any = None, **filters: Any) -> str:
    """Address of the rows; ``by`` and ``value`` give one more filter, whose name only the page knows."""
    return ledger_url(campaign, on, **({by: value or "none"} if by else {}), **filters)


@register.simple_tag
def part_url(campaign: Campaign | None, on: date | None, part: Part) -> str:
    """Address of what a number of a sentence counts: a section of the page, a measure, or rows of the ledger."""
    if part.anchor or not campaign:
        return f"#{part.anchor}"
    if part.measure:
        return reverse("measure_detail", args=[part.measure])
    return ledger_url(campaign, on, **part.rows)
