"""What the ledger holds that a file is compared with, read once for all its rows."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Sum

from findings import figures
from findings.choices import IssueKind
from findings.documents.export import KINDS, Kind
from findings.documents.importer.names import Names, departments_of, leaders_of
from findings.documents.importer.parsing import Span
from findings.models import (
    Area,
    AssistingDepartment,
    Campaign,
    Extension,
    Issue,
    Measure,
    RecommendationLink,
    RuleDocument,
    RuleDocumentMeasure,
)
from findings.workflow.importing import AREA, DOCUMENT, ISSUE, MEASURE

RECORDS = {"ledger": MEASURE, "tasks": MEASURE, "responsibility": MEASURE, "issues": ISSUE, "rules": DOCUMENT}
MODELS: dict[str, Any] = {AREA: Area, ISSUE: Issue, MEASURE: Measure, DOCUMENT: RuleDocument}
# What a rehearsal compares with or asks, by the way from a row to its campaign.
_STAMPED: tuple[tuple[Any, str], ...] = (
    (Campaign, "pk"), (Area, "campaign"), (Issue, "campaign"), (Measure, "campaign"), (RuleDocument, "campaign"),
    (AssistingDepartment, "measure__campaign"), (Extension, "measure__campaign"),
    (RecommendationLink, "measure__campaign"), (RuleDocumentMeasure, "measure__campaign"),
)  # fmt: skip


@dataclass
class Facts:
    """The rows of the list as they stand now, by id and by what a reader knows them by, and all that cells may name."""

    campaign: Campaign
    kind: Kind
    record: str
    on: date
    rows: dict[int, Any]
    leaders: Names
    departments: Names
    areas: dict[int, Area]
    issues: dict[int, Issue]
    measures: dict[int, int]  # ids by number
    idents: dict[Any, int] = field(default_factory=dict)
    retired: dict[int, int] = field(default_factory=dict)  # ids by number
    last_issue: dict[str, int] = field(default_factory=dict)  # highest number by kind
    pending: set[int] = field(default_factory=set)  # ids of measures whose extension is being signed

    @property
    def is_approved(self) -> bool:
        return self.campaign.is_approved(self.on)

    @property
    def span(self) -> Span:
        return Span(self.campaign.feedback_on, self.campaign.sustained_until)


def facts_of(campaign: Campaign, code: str, on: date) -> Facts:
    """The present state of a campaign's list. ``on`` is today."""
    kind, scope = KINDS[code], figures.scope_of(campaign, None)
    record = RECORDS[code]
    rows = {}
    for row in kind.rows(scope, on):
        rows[next(ref.pk for ref in row.refs if ref.record == record)] = row
    issues = list(Issue.objects.filter(campaign=campaign).order_by("number"))
    numbers = Measure.objects.filter(campaign=campaign).order_by()
    facts = Facts(
        campaign, kind, record, on, rows, leaders_of(campaign), departments_of(campaign),
        areas={area.number: area for area in Area.objects.filter(campaign=campaign)},
        issues={issue.number: issue for issue in issues if issue.kind == IssueKind.FINDING},
        measures=dict(numbers.in_plan(on).values_list("number", "pk")),
    )  # fmt: skip
    facts.retired = {number: pk for number, pk in numbers.values_list("number", "pk") if number not in facts.measures}
    facts.idents = {ident_of(facts, row): pk for pk, row in rows.items()}
    waiting = Extension.objects.filter(measure__campaign=campaign, ended_at__isnull=True)
    facts.pending = set(waiting.order_by().values_list("measure_id", flat=True))
    for issue in issues:
        facts.last_issue[issue.kind] = issue.number
    return facts


def stamp_of(campaign: Campaign) -> int:
    """Grows with every change of what a rehearsal reads of the campaign: rows are never deleted, and count versions."""
    sums = (
        model._default_manager.filter(**{way: campaign.pk}).aggregate(found=Sum("version"))["found"]
        for model, way in _STAMPED
    )
    return sum(found or 0 for found in sums)


def ident_of(facts: Facts, row: Any) -> Any:
    """What a reader knows a row by: its number; an issue's with its kind; a document's number or title."""
    if facts.record == MEASURE:
        return row.number
    if facts.record == ISSUE:
        return (row.kind, row.number)
    return row.number or row.title
