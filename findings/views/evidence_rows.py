"""The evidence of a measure as its page lists it: newest revisions first, each with the older ones below it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from findings.models import Evidence, Measure
from findings.workflow.evidence import EVIDENCE_STEPS
from findings.workflow.step import offered


@dataclass(frozen=True)
class EvidenceRow:
    """``revision`` counts from 1; ``newest`` is what stands in its place now, None where it does itself.

    ``others`` are the other measures in sight that the same file proves. ``links``: the steps open to the reader.
    """

    evidence: Evidence
    revision: int
    newest: Evidence | None
    others: list[Measure]
    links: list[dict[str, Any]]


def evidence_rows(measure: Measure, user: User, on: date, *, has_shared: bool) -> list[EvidenceRow]:
    """The rows of the evidence that is loaded with the measure; ``has_shared``: some file proves others as well."""
    loaded = sorted(measure.evidence.all(), key=lambda row: (row.created_at, row.pk), reverse=True)
    by_id = {row.pk: row for row in loaded}
    superseded = {row.replaces_id for row in loaded}
    others = _others(loaded, measure, user) if has_shared else {}
    rows = []
    for newest in (row for row in loaded if row.pk not in superseded):
        chain = [newest]
        while chain[-1].replaces_id is not None:
            chain.append(by_id[chain[-1].replaces_id])
        for place, row in enumerate(chain):
            rows.append(EvidenceRow(
                row, len(chain) - place, newest if place else None, others.get(row.shares_id or row.pk, []),
                _links(row, user, on),
            ))  # fmt: skip
    return rows


def _links(row: Evidence, user: User, on: date) -> list[dict[str, Any]]:
    return [
        {"label": offer.step.label, "url": reverse("evidence_step", args=[row.pk, offer.step.name])}
        for offer in offered(user, row, EVIDENCE_STEPS, on=on)
        if offer.is_open
    ]


def _others(loaded: list[Evidence], measure: Measure, user: User) -> dict[int, list[Measure]]:
    """The other measures that a file proves now, by the id of the row that it was uploaded for."""
    roots = {row.shares_id or row.pk for row in loaded}
    same = Evidence.objects.visible_to(user).in_force().filter(Q(pk__in=roots) | Q(shares__in=roots))
    found: dict[int, list[Measure]] = {}
    for row in same.exclude(measure=measure).select_related("measure").order_by("measure__number"):
        found.setdefault(row.shares_id or row.pk, []).append(row.measure)
    return found
