"""Every closed list of the ledger, and the groups that rules speak of."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from accounts.names import named


@named(pgettext_lazy("names", "kinds of source"))
class SourceKind(models.TextChoices):
    """Who looked: one ledger holds the findings of many sources."""

    XUNSHI = "xunshi", pgettext_lazy("source", "inspection (provincial)")
    XUNCHA = "xuncha", pgettext_lazy("source", "inspection (local)")
    JUDICIAL = "judicial", pgettext_lazy("source", "judicial inspection")
    AFFAIRS = "affairs", pgettext_lazy("source", "trial affairs supervision")
    AUDIT = "audit", pgettext_lazy("source", "audit")
    EDUCATION = "education", pgettext_lazy("source", "thematic education")
    SPECIAL = "special", pgettext_lazy("source", "special campaign")
    LOOKBACK = "lookback", pgettext_lazy("source", "look-back")


@named(pgettext_lazy("names", "kinds of entry in the feedback"))
class IssueKind(models.TextChoices):
    FINDING = "finding", pgettext_lazy("issue kind", "issue")
    RECOMMENDATION = "recommendation", pgettext_lazy("issue kind", "recommendation")


@named(pgettext_lazy("names", "phases"))
class Phase(models.TextChoices):
    CONCENTRATED = "concentrated", _("concentrated rectification")
    SUSTAINED = "sustained", _("sustained rectification")


@named(pgettext_lazy("names", "natures of a measure"))
class Nature(models.TextChoices):
    IMMEDIATE = "immediate", pgettext_lazy("nature", "at once")
    DATED = "dated", pgettext_lazy("nature", "by a date")
    PHASED = "phased", pgettext_lazy("nature", "in stages")
    STANDING = "standing", pgettext_lazy("nature", "standing")


def without_deadline(nature: str) -> str:
    """What every list and paper says where a measure has no deadline: 长期坚持 of a standing one, "" of another.

    The usual word, whatever the site calls the nature: an import reads it in a column of days.
    """
    return pgettext("nature", "standing") if nature == Nature.STANDING else ""


@named(pgettext_lazy("names", "states of a measure"))
class MeasureStatus(models.TextChoices):
    NOT_STARTED = "not_started", pgettext_lazy("measure status", "not started")
    IN_PROGRESS = "in_progress", pgettext_lazy("measure status", "in progress")
    WAITING = "waiting", pgettext_lazy("measure status", "done, waiting for closure")
    CLOSED = "closed", pgettext_lazy("measure status", "closed")


OPEN = frozenset({MeasureStatus.NOT_STARTED, MeasureStatus.IN_PROGRESS, MeasureStatus.WAITING})
WORKING = frozenset({MeasureStatus.NOT_STARTED, MeasureStatus.IN_PROGRESS})


@named(pgettext_lazy("names", "states of an issue"))
class IssueState(models.TextChoices):
    """Computed over all measures of an issue; only the leading group's verdict is ever stored."""

    OPEN = "open", pgettext_lazy("issue state", "under rectification")
    PARTIAL = "partial", pgettext_lazy("issue state", "partial results")
    RECTIFIED = "rectified", pgettext_lazy("issue state", "rectified")


@named(pgettext_lazy("names", "lights"))
class Light(models.TextChoices):
    NONE = "none", pgettext_lazy("light", "normal")
    BLUE = "blue", pgettext_lazy("light", "due later")
    YELLOW = "yellow", pgettext_lazy("light", "due soon")
    RED = "red", pgettext_lazy("light", "overdue")
    # A light of its own: a missed re-check is not a missed deadline.
    RECHECK = "recheck", pgettext_lazy("light", "re-check missed")


@named(pgettext_lazy("names", "kinds of period"))
class PeriodKind(models.TextChoices):
    MONTH = "month", pgettext_lazy("period", "month")
    QUARTER = "quarter", pgettext_lazy("period", "quarter")


@named(pgettext_lazy("names", "states of a progress report"))
class ProgressStatus(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("progress status", "draft")
    SUBMITTED = "submitted", pgettext_lazy("progress status", "submitted")
    ACCEPTED = "accepted", pgettext_lazy("progress status", "accepted")
    RETURNED = "returned", pgettext_lazy("progress status", "returned")


REPORTED = frozenset({ProgressStatus.SUBMITTED, ProgressStatus.ACCEPTED})


@named(pgettext_lazy("names", "states of a request"))
class RequestStatus(models.TextChoices):
    PENDING = "pending", pgettext_lazy("request status", "being signed")
    APPROVED = "approved", pgettext_lazy("request status", "approved")
    RETURNED = "returned", pgettext_lazy("request status", "returned")
    WITHDRAWN = "withdrawn", pgettext_lazy("request status", "withdrawn")


@named(pgettext_lazy("names", "kinds of extension"))
class ExtensionKind(models.TextChoices):
    EXTENSION = "extension", pgettext_lazy("extension kind", "later deadline")
    CONVERSION = (
        "conversion",
        pgettext_lazy("extension kind", "conversion to sustained rectification"),
    )


@named(pgettext_lazy("names", "stages of a request"))
class Stage(models.TextChoices):
    """Who signs at a stage of a request; codes are role codes."""

    HEAD = "head", pgettext_lazy("stage", "head of the lead department")
    LEADER = "leader", pgettext_lazy("stage", "lead leader")
    OFFICE = "office", pgettext_lazy("stage", "rectification office")
    CHIEF = "chief", pgettext_lazy("stage", "leading group")
    # Never a stage of a list: the discipline group may send a closure back while it waits at another stage.
    INSPECTOR = "inspector", pgettext_lazy("stage", "discipline group")


def stages_of(chain: str) -> list[str]:
    """The stages of a chain of signatures as it is stored: codes between commas."""
    return [stage.strip() for stage in chain.split(",")] if chain.strip() else []


@named(pgettext_lazy("names", "decisions of a stage"))
class DecisionVerdict(models.TextChoices):
    APPROVED = "approved", pgettext_lazy("decision", "agreed")
    RETURNED = "returned", pgettext_lazy("decision", "returned")
    PASSED_OVER = "passed_over", pgettext_lazy("decision", "passed over")
    # The discipline group speaks without holding the request up.
    OPINION = "opinion", pgettext_lazy("decision", "opinion")


@named(pgettext_lazy("names", "verdicts of a re-check"))
class RecheckVerdict(models.TextChoices):
    HELD = "held", pgettext_lazy("look-back verdict", "held")
    RELAPSED = "relapsed", pgettext_lazy("look-back verdict", "relapsed")
    NOT_DONE = "not_done", pgettext_lazy("look-back verdict", "never truly done")


# What a closed measure is opened again for.
UNDONE = frozenset({RecheckVerdict.RELAPSED, RecheckVerdict.NOT_DONE})


@named(pgettext_lazy("names", "colours of a supervision notice"))
class NoticeColour(models.TextChoices):
    """How urgent a supervision notice is: three colours of paper in the field."""

    BLUE = "blue", pgettext_lazy("notice colour", "blue")
    YELLOW = "yellow", pgettext_lazy("notice colour", "yellow")
    RED = "red", pgettext_lazy("notice colour", "red")


@named(pgettext_lazy("names", "states of a re-check"))
class RecheckState(models.TextChoices):
    """Follows from the verdict: without one the re-check is still to be made."""

    TO_MAKE = "to_make", pgettext_lazy("re-check state", "to be made")
    MADE = "made", pgettext_lazy("re-check state", "made")


@named(pgettext_lazy("names", "states of a look-back round"))
class RoundState(models.TextChoices):
    """Follows from the day of the conclusion."""

    CHECKING = "checking", pgettext_lazy("look-back state", "being checked")
    CONCLUDED = "concluded", pgettext_lazy("look-back state", "concluded")


@named(pgettext_lazy("names", "answers on a check sheet"))
class SheetAnswer(models.TextChoices):
    """Answers to the questions of a check sheet; the codes are stored."""

    YES = "yes", pgettext_lazy("check sheet", "yes")
    NO = "no", pgettext_lazy("check sheet", "no")
    NOT_APPLICABLE = "n/a", pgettext_lazy("check sheet", "not applicable")


@named(pgettext_lazy("names", "states of a supervision notice"))
class NoticeStatus(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("notice status", "draft")
    ISSUED = "issued", pgettext_lazy("notice status", "issued")
    RECEIVED = "received", pgettext_lazy("notice status", "received")
    REPLIED = "replied", pgettext_lazy("notice status", "replied")
    CONCLUDED = "concluded", pgettext_lazy("notice status", "concluded")
    WITHDRAWN = "withdrawn", pgettext_lazy("notice status", "withdrawn")


# Never sent: no department sees them, and they bear no number.
UNSENT = frozenset({NoticeStatus.DRAFT, NoticeStatus.WITHDRAWN})
# Sent, and the department has not answered.
UNANSWERED = frozenset({NoticeStatus.ISSUED, NoticeStatus.RECEIVED})


@named(pgettext_lazy("names", "kinds of document"))
class DocumentKind(models.TextChoices):
    RULE = "rule", pgettext_lazy("document kind", "rule")
    DOCUMENT = "document", pgettext_lazy("document kind", "plain document")


@named(pgettext_lazy("names", "what a document does"))
class DocumentAction(models.TextChoices):
    NEW = "new", pgettext_lazy("document action", "new")
    AMENDED = "amended", pgettext_lazy("document action", "amended")
    REPEALED = "repealed", pgettext_lazy("document action", "repealed")


@named(pgettext_lazy("names", "kinds of meeting"))
class MeetingKind(models.TextChoices):
    PARTY_GROUP = "party_group", pgettext_lazy("meeting kind", "party group meeting")
    LEADING_GROUP = (
        "leading_group",
        pgettext_lazy("meeting kind", "leading group meeting"),
    )
    DEMOCRATIC_LIFE = (
        "democratic_life",
        pgettext_lazy("meeting kind", "democratic life meeting"),
    )
    INSPECTION = "inspection", pgettext_lazy("meeting kind", "inspection by the office")
    DISCIPLINE_REPORT = (
        "discipline_report",
        pgettext_lazy("meeting kind", "report of the discipline group"),
    )


@named(pgettext_lazy("names", "kinds of report"))
class ReportKind(models.TextChoices):
    MONTH = "month", pgettext_lazy("report kind", "monthly report")
    QUARTER = "quarter", pgettext_lazy("report kind", "quarterly report")
    PROGRESS = "progress", pgettext_lazy("report kind", "report on the rectification")
    HEAD = "head", pgettext_lazy("report kind", "report of the party group's head")
    BULLETIN = "bulletin", pgettext_lazy("report kind", "public bulletin")


# Written sentence by sentence; the others are compiled out of a period's figures.
IN_WORDS = frozenset({ReportKind.PROGRESS, ReportKind.HEAD, ReportKind.BULLETIN})


@named(pgettext_lazy("names", "states of a report"))
class ReportState(models.TextChoices):
    DRAFTING = "drafting", pgettext_lazy("report state", "being compiled")
    DRAFT = "draft", pgettext_lazy("report state", "draft")
    ISSUED = "issued", pgettext_lazy("report state", "issued")
    SUPERSEDED = "superseded", pgettext_lazy("report state", "superseded")


@named(pgettext_lazy("names", "states of a message"))
class MessageStatus(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("message status", "waiting")
    SENDING = "sending", pgettext_lazy("message status", "being sent")
    SENT = "sent", pgettext_lazy("message status", "sent")
    FAILED = "failed", pgettext_lazy("message status", "failed")


@named(pgettext_lazy("names", "kinds of message"))
class MessageKind(models.TextChoices):
    DIGEST = "digest", pgettext_lazy("message kind", "morning digest")
    SIGN = "sign", pgettext_lazy("message kind", "waiting for your signature")
    RETURNED = "returned", pgettext_lazy("message kind", "returned")
    SUBMITTED = "submitted", pgettext_lazy("message kind", "progress submitted")
    CLOSED = "closed", pgettext_lazy("message kind", "measure closed")
    REOPENED = "reopened", pgettext_lazy("message kind", "measure reopened")
    EXTENDED = "extended", pgettext_lazy("message kind", "extension granted")
    ESCALATED = "escalated", pgettext_lazy("message kind", "escalated delay")
    REPORT = "report", pgettext_lazy("message kind", "report")
    NOTICE = "notice", pgettext_lazy("message kind", "supervision notice")
    PLAN = "plan", pgettext_lazy("message kind", "change of the plan")
    FILE = "file", pgettext_lazy("message kind", "file ready")


@named(pgettext_lazy("names", "channels"))
class Channel(models.TextChoices):
    """Ways out of the house; the inbox is the message itself."""

    MAIL = "mail", pgettext_lazy("channel", "mail")
    WECOM = "wecom", pgettext_lazy("channel", "WeCom")
    DINGTALK = "dingtalk", pgettext_lazy("channel", "DingTalk")
    FEISHU = "feishu", pgettext_lazy("channel", "Feishu")
    WEBHOOK = "webhook", pgettext_lazy("channel", "web hook")


@named(pgettext_lazy("names", "states of a delivery"))
class DeliveryStatus(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("delivery status", "waiting")
    SENDING = "sending", pgettext_lazy("delivery status", "being sent")
    SENT = "sent", pgettext_lazy("delivery status", "sent")
    DROPPED = "dropped", pgettext_lazy("delivery status", "not sent any more")
    DEAD = "dead", pgettext_lazy("delivery status", "undeliverable")


# Nothing more happens to these by themselves.
DELIVERED = frozenset({DeliveryStatus.SENT, DeliveryStatus.DROPPED, DeliveryStatus.DEAD})


@named(pgettext_lazy("names", "what a reminder looks for"))
class RuleCondition(models.TextChoices):
    """What a reminder rule looks for; the offset of the rule says how long before or after."""

    RETURNED = "returned", pgettext_lazy("reminder", "returned to the department")
    OVERDUE = "overdue", pgettext_lazy("reminder", "overdue")
    DUE = "due", pgettext_lazy("reminder", "deadline near")
    RECHECK_MISSED = "recheck_missed", pgettext_lazy("reminder", "re-check missed")
    RECHECK_DUE = "recheck_due", pgettext_lazy("reminder", "re-check near")
    NOTICE_DUE = "notice_due", pgettext_lazy("reminder", "reply to a supervision notice")
    PERIOD = "period", pgettext_lazy("reminder", "reporting period about to close")
    SIGNATURE = "signature", pgettext_lazy("reminder", "waiting for a signature")
    ACCEPTANCE = "acceptance", pgettext_lazy("reminder", "progress to accept")
    SILENT = "silent", pgettext_lazy("reminder", "no progress reported for long")
    ESCALATION = "escalation", pgettext_lazy("reminder", "delay told to those above")


@named(pgettext_lazy("names", "units of days"))
class DayUnit(models.TextChoices):
    CALENDAR = "calendar", pgettext_lazy("unit", "calendar days")
    WORKING = "working", pgettext_lazy("unit", "working days")


@named(pgettext_lazy("names", "states of a job"))
class JobState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("job state", "waiting")
    RUNNING = "running", pgettext_lazy("job state", "running")
    DONE = "done", pgettext_lazy("job state", "done")
    FAILED = "failed", pgettext_lazy("job state", "failed")


@named(pgettext_lazy("names", "states of an import"))
class ImportState(models.TextChoices):
    """Life of an uploaded ledger."""

    REHEARSED = "rehearsed", pgettext_lazy("import state", "rehearsed")
    APPLIED = "applied", pgettext_lazy("import state", "applied")
    DROPPED = "dropped", pgettext_lazy("import state", "dropped")


@named(pgettext_lazy("names", "kinds of accountability"))
class AccountabilityKind(models.TextChoices):
    TALK = "talk", pgettext_lazy("accountability", "admonishing talk")
    CRITICISM = "criticism", pgettext_lazy("accountability", "criticism")
    ORGANISATION = (
        "organisation",
        pgettext_lazy("accountability", "organisational measure"),
    )
    DISCIPLINE = "discipline", pgettext_lazy("accountability", "disciplinary sanction")
