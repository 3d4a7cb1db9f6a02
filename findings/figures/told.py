"""What single rows give a report in words: accepted results, difficulties, next steps, meetings."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from typing import Any, Self

from accounts.models import Membership
from accounts.roles import RoleCode
from findings.choices import IssueKind, MeasureStatus
from findings.figures.accepted import Accepted, newest_accepted
from findings.figures.counts import Scope
from findings.models import Issue, Measure

# [["measure", 12], ["progress", 55]]: rows by kind and id, the one that the sentence is about first.
Sources = list[list[Any]]
_STOPS = "。.；;，,、 "


@dataclass(frozen=True)
class Drafted:
    """One sentence that the ledger supports: out of ``figures`` by name, or out of the rows ``sources``.

    ``statistic`` names a sentence that tells of no single row.
    """

    text: str
    section: str = ""
    statistic: str = ""
    figures: dict[str, int] = field(default_factory=dict)
    sources: Sources = field(default_factory=list)
    issue_id: int | None = None
    issue_number: int = 0

    def of(self, section: str) -> Self:
        """The same in a section of a report."""
        return replace(self, section=section)

    @property
    def key(self) -> tuple[Any, ...]:
        """What it is about; a sentence drafted on another day bears the same one."""
        return key_of(self)


def key_of(sentence: Any) -> tuple[Any, ...]:
    """The key of a drafted or of a stored sentence: its section and statistic, or the row that it is about."""
    about = () if sentence.statistic else tuple(sentence.sources[0])
    return (sentence.section, sentence.statistic, sentence.issue_id, about)


@dataclass(frozen=True)
class Ledger:
    """The rows of a day: issues with their measures in the plan's order, and the newest accepted progress of each."""

    issues: list[tuple[Issue, list[Measure]]]
    accepted: dict[int, Accepted]

    @property
    def left(self) -> list[Measure]:
        """The measures that are not closed."""
        return [row for _issue, measures in self.issues for row in measures if row.status != MeasureStatus.CLOSED]


def ledger_of(scope: Scope, on: date) -> Ledger:
    """The plan and its accepted results at the end of the day."""
    issues = scope.issues.at(on).filter(kind=IssueKind.FINDING).select_related("area")
    measures = list(scope.measures_on(on).order_by("issue__number", "number"))
    found = {pk: list(rows) for pk, rows in groupby(measures, key=lambda row: row.issue_id)}
    ordered = issues.order_by("area__number", "number")
    return Ledger([(issue, found.get(issue.id, [])) for issue in ordered], newest_accepted(measures, on))


def result(measure: Measure, ledger: Ledger, issue: Issue | None) -> Drafted | None:
    """The measure, and what its lead department's newest accepted report says was done; None where there is none.

    ``issue``: under whose heading it stands.
    """
    row = ledger.accepted.get(measure.id)
    if row is None:
        return None
    return Drafted(
        _ended(f"{_ended(measure.text)}{row.done}"), sources=_about(measure, row), issue_id=issue.id if issue else None,
        issue_number=issue.number if issue else 0,
    )  # fmt: skip


def next_step(measure: Measure, ledger: Ledger) -> Drafted:
    """How a measure that is not closed goes on, by its newest accepted report or else by the plan."""
    row = ledger.accepted.get(measure.id)
    step = row.next_step.strip(_STOPS) if row else ""
    words = f"继续落实“{measure.text.strip(_STOPS)}”"
    return Drafted(_ended(f"{words}，下一步：{step}" if step else words), sources=_about(measure, row))


def difficulty(measure: Measure, ledger: Ledger) -> Drafted | None:
    """The difficulty in the newest accepted report of a measure that is not closed."""
    row = ledger.accepted.get(measure.id)
    if row is None or not row.difficulty.strip(_STOPS):
        return None
    words = f"“{measure.text.strip(_STOPS)}”遇到的困难：{row.difficulty}"
    return Drafted(_ended(words), sources=_about(measure, row))


def meetings(scope: Scope, on: date, kinds: Iterable[str]) -> list[Drafted]:
    """The meetings of some kinds that were held by the day, each with what it decided."""
    rows = scope.meetings.at(on).filter(held_on__lte=on, kind__in=list(kinds)).order_by("held_on", "id")
    return [
        Drafted(_ended(f"{said(row.held_on)}，{_ended(row.title)}{row.decisions}"), sources=[["meeting", row.id]])
        for row in rows
    ]


def led_by_chief(scope: Scope, on: date) -> set[int]:
    """Ids of who heads the leading group on the day."""
    grants = Membership.objects.at(on).filter(role=RoleCode.CHIEF, department_id=scope.campaign.court_id)
    return set(grants.filter(ended_at__isnull=True).values_list("person_id", flat=True))


def said(day: date) -> str:
    """A day as an official paper writes it."""
    return f"{day.year}年{day.month}月{day.day}日"


def _about(measure: Measure, row: Accepted | None) -> Sources:
    return [["measure", measure.id], *([["progress", row.id]] if row else [])]


def _ended(text: str) -> str:
    """A sentence on one line that ends with a full stop."""
    line = " ".join(text.split()).rstrip(_STOPS)
    return line if line.endswith(("！", "？", "!", "?")) else f"{line}。"
