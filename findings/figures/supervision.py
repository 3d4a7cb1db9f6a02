"""Supervision notices and accountability in numbers, for the rows in sight on a day."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Sum

from findings.choices import AccountabilityKind, NoticeColour, NoticeStatus
from findings.figures.counts import Scope
from findings.figures.summary import Papers, papers


@dataclass(frozen=True)
class NoticeCounts:
    """Supervision notices by state. ``sent`` are those issued by the day: issued + received + replied + concluded.

    ``late``: sent, no reply, and the day of the reply has gone by. ``colours``: drafts and those sent, by colour.
    """

    drafts: int = 0
    issued: int = 0
    received: int = 0
    replied: int = 0
    concluded: int = 0
    late: int = 0
    colours: dict[str, int] = field(default_factory=dict)

    @property
    def sent(self) -> int:
        return self.issued + self.received + self.replied + self.concluded


@dataclass(frozen=True)
class AccountabilityCounts:
    """Decisions and persons by kind, for who sees them."""

    decisions: int
    persons: int
    kinds: list[tuple[AccountabilityKind, int, int]]


def notice_counts(scope: Scope, on: date) -> NoticeCounts:
    """One query over the notices in sight as they stood on the day; after a campaign's last day those of that day."""
    on = scope.campaign.as_of(on)
    return notices_of(papers(scope, {on})[on])


def notices_of(found: Papers) -> NoticeCounts:
    """The same out of the day's papers."""
    return NoticeCounts(
        drafts=found.get(("notice", NoticeStatus.DRAFT), 0),
        issued=found.get(("notice", NoticeStatus.ISSUED), 0),
        received=found.get(("notice", NoticeStatus.RECEIVED), 0),
        replied=found.get(("notice", NoticeStatus.REPLIED), 0),
        concluded=found.get(("notice", NoticeStatus.CONCLUDED), 0),
        late=sum(number for (sort, _status), number in found.items() if sort == "late reply"),
        colours={colour.value: found.get(("notice colour", colour), 0) for colour in NoticeColour},
    )


def accountability_counts(rows: Any, on: date) -> AccountabilityCounts:
    """``rows`` are the records in sight; those decided by the day count, as they stood on it."""
    found = rows.at(on).filter(decided_on__lte=on).order_by().values("kind")
    tally = {row["kind"]: (row["n"], row["people"]) for row in found.annotate(n=Count("id"), people=Sum("persons"))}
    kinds = [(kind, *tally.get(kind.value, (0, 0))) for kind in AccountabilityKind]
    return AccountabilityCounts(sum(n for _k, n, _p in kinds), sum(people for _k, _n, people in kinds), kinds)
