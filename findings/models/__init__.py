"""The things of the ledger, one noun family per file."""

from findings.models.approval import (
    ClosureRequest,
    Decision,
    Extension,
    Request,
)
from findings.models.calendar import CalendarDay, CalendarYear
from findings.models.campaign import Campaign, ReportingPeriod
from findings.models.issue import (
    Area,
    AssistingDepartment,
    Issue,
    Measure,
    MeasureSuccessor,
    RecommendationLink,
)
from findings.models.job import Job, LedgerImport, ScheduledJob
from findings.models.lookback import IssueVerdict, LookbackRound, Recheck
from findings.models.message import Delivery, Message, Outage, Preference
from findings.models.paper import Meeting, MeetingMeasure, Report, RuleDocument, RuleDocumentMeasure
from findings.models.progress import Evidence, ProgressUpdate
from findings.models.reminder import ReminderRule
from findings.models.saved import SavedView
from findings.models.sentence import ReportSentence
from findings.models.supervision import Accountability, SupervisionNotice

__all__ = [
    "Accountability",
    "Area",
    "AssistingDepartment",
    "CalendarDay",
    "CalendarYear",
    "Campaign",
    "ClosureRequest",
    "Decision",
    "Delivery",
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
    "Outage",
    "Preference",
    "ProgressUpdate",
    "Recheck",
    "RecommendationLink",
    "ReminderRule",
    "Report",
    "ReportSentence",
    "ReportingPeriod",
    "Request",
    "RuleDocument",
    "RuleDocumentMeasure",
    "SavedView",
    "ScheduledJob",
    "SupervisionNotice",
]
