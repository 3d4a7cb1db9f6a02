"""What each column of the lists means, in one sentence, by list and column; a list that is not named here reads the
ledger's sentence for a column of the same name."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_LEADER = _("The leader who answers for the measure and signs its requests.")
_DEPARTMENT = _("The department that leads the measure; only its percentage counts.")
_NUMBER = _("The measure's own number, which it keeps for ever.")
_TEXT = _("What is to be done.")
_DEADLINE = _("The deadline in force; extensions that were granted are in it.")
_STATUS = _("How far the measure is: not started, in progress, done and waiting, closed.")
_ORDER = _("The place of the row in this list.")
_PAPER_NUMBER = _("The number that the document bears itself.")

MEANINGS: dict[str, dict[str, Promise]] = {
    "ledger": {
        "area_number": _("The number of the area in the feedback."),
        "area": _("The group under which the feedback names the issue."),
        "issue_number": _("The number of the issue in the feedback."),
        "issue": _("What the feedback found, in a short title."),
        "number": _NUMBER,
        "text": _TEXT,
        "goal": _("What will be true once the measure is done."),
        "lead_leader": _LEADER,
        "lead_department": _DEPARTMENT,
        "assisting": _("The departments that help the lead department."),
        "original_deadline": _("The deadline of the approved plan, whatever was granted since."),
        "deadline": _DEADLINE,
        "phase": _("Concentrated or sustained rectification; the phase decides between month and quarter reports."),
        "nature": _(
            "At once, by a date, in stages, or standing; a standing measure has re-checks and is never overdue."
        ),
        "is_key": _("Whether the plan marks the measure as a key task."),
        "status": _STATUS,
        "light": _("Overdue, re-check missed, due soon or none of these, worked out for the day of the list."),
        "percent": _("How much is done by the lead department's newest report that was accepted."),
        "progress": _("What the newest accepted report says was done."),
        "difficulty": _("What stands in the way, by the same report."),
        "next_step": _("What comes next, by the same report."),
        "evidence": _("How many files prove the measure's progress on the day."),
        "recheck_on": _("When a standing measure is looked at again."),
        "closed_on": _("The day of the last signature of the closure."),
    },
    "issues": {
        "kind": _("An issue of the feedback, or one of its recommendations."),
        "number": _("The number of the issue in the feedback."),
        "title": _("What the feedback found, in a short title."),
        "text": _("The feedback's wording, unchanged."),
        "is_common": _("Whether the issue was found at several courts or departments."),
        "state": _("Computed over all measures of the issue, whoever looks."),
        "verdict": _("What the leading group has decided about the issue; it stands beside the state."),
        "decided_on": _("The day of that verdict."),
        "disagrees": _("Whether verdict and computed state differ."),
        "measures": _("How many measures answer the issue."),
        "closed": _("How many of them are closed."),
        "numbers": _("The numbers of these measures."),
        "departments": _("The departments that lead them."),
    },
    "responsibility": {
        "leader": _LEADER,
        "post": _("The leader's post."),
        "department": _DEPARTMENT,
        "heads": _("Who heads the lead department on the day."),
        "liaisons": _("Who fills in progress for the lead department on the day."),
    },
    "rules": {
        "order": _ORDER,
        "title": _("The name of the rule or document."),
        "number": _PAPER_NUMBER,
        "kind": _("A rule, or a plain document; rules are counted within documents."),
        "action": _("Whether the document is new, amends or repeals another one."),
        "issued_on": _("The day on which it was issued."),
        "department": _("The department that drafted it."),
        "measures": _("The numbers of the measures that it serves."),
        "in_force": _("Whether it holds on the day of the list."),
        "repealed_on": _("The day from which it holds no more."),
        "replaces": _("The older document whose place it takes."),
        "use_check_on": _("When somebody looks at how the rule is used."),
        "use_checked_on": _("When somebody last did."),
        "use_finding": _("What was found then."),
    },
    "notices": {
        "number": _("The year and the number in the series of supervision notices."),
        "colour": _("How urgent the notice is."),
        "department": _("The department that has to reply."),
        "measure": _("The measure that the notice is about, where it is about one."),
        "text": _("What the notice demands."),
        "issued_on": _("The day on which it was issued."),
        "due_on": _("The last day for the reply."),
        "status": _("How far the notice is, from draft to concluded."),
        "received_on": _("When the department confirmed receipt."),
        "reply": _("The department's answer."),
        "replied_on": _("The day of the answer."),
        "conclusion": _("What the office concluded from it."),
    },
    "evidence": {
        "order": _ORDER,
        "measure": _("The measure that the file proves."),
        "title": _("What the file is called here."),
        "number": _PAPER_NUMBER,
        "own_date": _("The date that the document bears itself."),
        "filename": _("The name of the file as it was uploaded."),
        "size": _("How large the file is."),
        "sha256": _("The digest by which a changed file is found out."),
        "uploaded_by": _("Who uploaded the file."),
        "uploaded_on": _("The day of the upload."),
    },
}


def meaning_of(code: str, name: str) -> str:
    """What a column of a list means; every column has a sentence."""
    return str(MEANINGS.get(code, {}).get(name) or MEANINGS["ledger"][name])
