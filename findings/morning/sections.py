"""The words of a digest: its sections, their lines and the addresses of the rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from findings.choices import DecisionVerdict, ExtensionKind, RuleCondition
from findings.models import ClosureRequest, Extension, Measure, ReminderRule
from findings.models.message import Line
from findings.notify import facts_of, page_of, short

if TYPE_CHECKING:
    from findings.models import ProgressUpdate, Recheck, ReportingPeriod, Request, RuleDocument, SupervisionNotice

_TITLES: dict[str, Promise | str] = {
    RuleCondition.RETURNED: gettext_lazy("Returned to you"),
    RuleCondition.OVERDUE: gettext_lazy("Overdue"),
    RuleCondition.RECHECK_MISSED: gettext_lazy("Re-check missed"),
    RuleCondition.RECHECK_DUE: gettext_lazy("Re-check to come"),
    RuleCondition.NOTICE_DUE: gettext_lazy("Supervision notices"),
    RuleCondition.PERIOD: gettext_lazy("Period about to close"),
    RuleCondition.SIGNATURE: gettext_lazy("Waiting for your signature"),
    RuleCondition.ACCEPTANCE: gettext_lazy("Progress to accept"),
}
# Lines of one section; what hurts most stands first, and how many more there are is said.
MOST_LINES = 20


@dataclass
class Section:
    """A heading of the digest with its lines; ``more`` lines found no place."""

    title: str
    lines: list[Line] = field(default_factory=list)
    more: int = 0
    rule: ReminderRule | None = field(default=None, compare=False)

    @property
    def total(self) -> int:
        return len(self.lines) + self.more

    def add(self, write: Callable[[], Line]) -> None:
        """Take one more line; its words are made only where there is room for it."""
        if len(self.lines) < MOST_LINES:
            self.lines.append(write())
        else:
            self.more += 1


def body_of(sections: Iterable[Section]) -> str:
    """The text of a digest as its message keeps it: a tab parts the words of a line from its address."""
    blocks = []
    for section in sections:
        lines = [f"- {line.text}\t{line.link}" for line in section.lines]
        if section.more:
            lines.append("- " + _("and %(more)s more") % {"more": section.more} + "\t/")
        blocks.append("\n".join([section.title, *lines]))
    return "\n\n".join(blocks)


def title_of(rule: ReminderRule, *, days: int | None = None) -> str:
    """The heading of a rule's section; ``days`` to a deadline, which may lie beyond days off."""
    if rule.wording:
        return rule.wording
    if rule.condition == RuleCondition.DUE:
        return _due_title(rule, days)
    if rule.condition == RuleCondition.SILENT:
        return _("No progress reported for %(days)s days and more") % {"days": rule.offset}
    return str(_TITLES[rule.condition])


def _due_title(rule: ReminderRule, days: int | None) -> str:
    if rule.is_working:
        return ngettext(
            "Due within %(days)s working day", "Due within %(days)s working days", rule.offset
        ) % {"days": rule.offset}  # fmt: skip
    if days is not None and days > rule.offset:
        return _("Due on days off or right after them")
    names = {0: _("Due today"), 1: _("Due tomorrow")}
    return names.get(rule.offset) or _("Due within %(days)s days") % {"days": rule.offset}


# --- Lines -------------------------------------------------------------------------------------------------


def late_line(measure: Measure, on: date) -> Line:
    """An overdue measure."""
    days = (on - (measure.deadline or on)).days
    facts = {"measure": _named(measure), "days": days, "day": measure.deadline}
    words = ngettext(
        "%(measure)s: %(days)s day overdue, deadline %(day)s", "%(measure)s: %(days)s days overdue, deadline %(day)s",
        days,
    ) % facts  # fmt: skip
    return Line(words, page_of(measure))


def dated_line(measure: Measure, day: date | None) -> Line:
    return Line(_("%(measure)s: %(day)s") % {"measure": _named(measure), "day": day}, page_of(measure))


def sample_line(row: "Recheck") -> Line:
    """A measure of a look-back round's sample that is still to be checked."""
    facts = {"round": row.round, "measure": _named(row.measure), "day": row.round.due_on if row.round else ""}
    return Line(_("Look-back “%(round)s”, %(measure)s: %(day)s") % facts, page_of(row.measure))


def use_check_line(row: "RuleDocument") -> Line:
    """A rule in force of which nobody has looked how it is used, though the day for it has gone by."""
    words = _("Rule “%(title)s”: how it is used was to be checked by %(day)s")
    return Line(words % {"title": short(row.title), "day": row.use_check_on}, f"/documents/{row.pk}/")


def silent_line(measure: Measure, heard_on: date, on: date) -> Line:
    facts = {"measure": _named(measure), "days": (on - heard_on).days, "department": measure.lead_department or "—"}
    return Line(_("%(measure)s of %(department)s: nothing for %(days)s days") % facts, page_of(measure))


def returned_line(row: "ProgressUpdate") -> Line:
    facts = {"measure": _named(row.measure), "period": row.period.code, "reason": short(row.return_reason)}
    return Line(_("%(measure)s, progress of %(period)s: %(reason)s") % facts, page_of(row.measure))


def returned_closure_line(row: ClosureRequest) -> Line:
    facts = {"measure": _named(row.measure), "reason": short(_opinion(row))}
    return Line(_("%(measure)s, closure: %(reason)s") % facts, page_of(row.measure))


def returned_reply_line(row: "SupervisionNotice") -> Line:
    facts = {"number": row.short, "reason": short(row.return_reason)}
    return Line(_("Supervision notice %(number)s: %(reason)s") % facts, f"/notices/{row.pk}/")


def notice_line(row: "SupervisionNotice") -> Line:
    facts = {"number": row.short, "text": short(row.text), "due": row.due_on, "department": row.department}
    return Line(_("%(number)s %(department)s, reply due %(due)s: %(text)s") % facts, f"/notices/{row.pk}/")


def period_line(period: "ReportingPeriod", missing: int, drafts: int) -> Line:
    facts = {"period": period.code, "missing": missing, "drafts": drafts, "due": period.due_on}
    words = _("%(period)s, due %(due)s: %(missing)s measures without progress, %(drafts)s drafts to submit")
    return Line(words % facts, "/")


def request_line(request: "Request") -> Line:
    facts = {"measure": _named(request.measure), "stage": request.get_stage_display(), "person": request.filed_by}
    facts["day"] = request.filed_on.isoformat()
    words = _("%(measure)s, extension, as %(stage)s; asked by %(person)s on %(day)s")
    if isinstance(request, ClosureRequest):
        words = _("%(measure)s, closure, as %(stage)s; asked by %(person)s on %(day)s")
    elif isinstance(request, Extension) and request.kind == ExtensionKind.CONVERSION:
        words = _("%(measure)s, conversion, as %(stage)s; asked by %(person)s on %(day)s")
    return Line(words % facts, page_of(request.measure))


def progress_line(update: "ProgressUpdate") -> Line:
    facts = {"measure": _named(update.measure), "period": update.period.code, "department": update.department}
    return Line(_("%(measure)s, progress of %(period)s by %(department)s") % facts, page_of(update.measure))


def _opinion(request: "Request") -> str:
    """Why a request came back."""
    returns = [row for row in request.decisions.all() if row.verdict == DecisionVerdict.RETURNED]
    return returns[-1].opinion if returns else ""


def _named(measure: Measure) -> str:
    return _("Measure %(number)s “%(text)s”") % facts_of(measure)
