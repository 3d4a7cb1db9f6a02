"""The things of the ledger, one noun family per file."""

from findings.models.approval import (
    ClosureRequest,
    Decision,
    Extension,
    IssueVerdict,
    Recheck,
    Request,
)
from findings.models.calendar import CalendarDay
from findings.models.campaign import Campaign, ReportingPeriod
from findings.models.issue import (
    Area,
    AssistingDepartment,
    Issue,
    Measure,
    MeasureSuccessor,
    RecommendationLink,
)
from findings.models.message import Message
from findings.models.paper import (
    Accountability,
    Meeting,
    Report,
    RuleDocument,
    RuleDocumentMeasure,
    SupervisionNotice,
)
from findings.models.progress import Evidence, ProgressUpdate

__all__ = [
    "Accountability",
    "Area",
    "AssistingDepartment",
    "CalendarDay",
    "Campaign",
    "ClosureRequest",
    "Decision",
    "Evidence",
    "Extension",
    "Issue",
    "IssueVerdict",
    "Measure",
    "MeasureSuccessor",
    "Meeting",
    "Message",
    "ProgressUpdate",
    "Recheck",
    "RecommendationLink",
    "Report",
    "ReportingPeriod",
    "Request",
    "RuleDocument",
    "RuleDocumentMeasure",
    "SupervisionNotice",
]
