"""Taking over what a person kept of a draft plan: areas, issues, measures and recommendations at once, or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from findings.models import Area, Campaign, Issue, Measure
from findings.workflow.plan import RowsDenied, add_area, add_issue, add_measures, add_recommendation
from findings.workflow.step import Denied, acting


@dataclass
class ProposedIssue:
    """An issue with its source sentences; ``measures`` are what ``add_measures`` takes."""

    title: str
    text: str = ""
    measures: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class ProposedArea:
    title: str
    issues: list[ProposedIssue] = field(default_factory=list)


@dataclass
class TakenOver:
    """What was added."""

    areas: list[Area] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    recommendations: list[Issue] = field(default_factory=list)


def take_over(
    campaign: Campaign, areas: list[ProposedArea], recommendations: list[ProposedIssue], *, by: User, note: str = "",
    at: datetime | None = None,
) -> TakenOver:  # fmt: skip
    """Add the proposed rows, all or none; numbers follow those that the campaign has. An area of the same title as
    one of the campaign's goes on in it. Raises Denied with the title of the row that is wrong."""
    taken = TakenOver()
    with acting(by, note, at) as act:
        if not (areas or recommendations):
            raise Denied(_("Nothing is ticked, so there is nothing to take over."))
        steps: dict[str, Any] = {"by": by, "note": act.note, "at": act.at}
        known = {area.title: area for area in campaign.areas.all()}
        for proposed in areas:
            with _named(proposed.title):
                area = known.get(proposed.title) or add_area(campaign, title=proposed.title, **steps)
            if area.title not in known:
                taken.areas.append(area)
            for issue in proposed.issues:
                _take_issue(taken, area, issue, steps)
        for advice in recommendations:
            with _named(advice.title):
                row = add_recommendation(campaign, answers=[], title=advice.title, text=advice.text, **steps)
            taken.recommendations.append(row)
    return taken


def _take_issue(taken: TakenOver, area: Area, proposed: ProposedIssue, steps: dict[str, Any]) -> None:
    with _named(proposed.title):
        issue = add_issue(area, title=proposed.title, text=proposed.text, **steps)
        taken.issues.append(issue)
        if proposed.measures:
            taken.measures += add_measures(issue, rows=proposed.measures, **steps)


@contextmanager
def _named(title: str) -> Iterator[None]:
    """Put the title of the row before the sentence that says what is wrong with it."""
    try:
        yield
    except RowsDenied as error:
        words = " ".join(sentence for _index, _field, sentence in error.problems)
        raise Denied(f"{title[:40]}: {words}") from error
    except Denied as error:
        raise Denied(str(error) if error.field == "note" else f"{title[:40]}: {error}", field=error.field) from error
