"""The things of the ledger, one noun family per file."""

from findings.models.approval import (
    ClosureRequest,
    Decision,
    Extension,
    IssueVerdict,
    LookbackRound,
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
from findings.models.job import Job, LedgerImport
from findings.models.message import Message
from findings.models.paper import (
    Accountability,
    Meeting,
    MeetingMeasure,
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
    "Job",
    "LedgerImport",
    "LookbackRound",
    "Measure",
    "MeasureSuccessor",
    "Meeting",
    "MeetingMeasure",
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
