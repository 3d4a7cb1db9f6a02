"""The words of a supervision notice: what a new one says before anybody writes, and what one now waits for."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from findings import dates
from findings.choices import NoticeColour, NoticeStatus
from findings.figures.counting import FAR, Counted, counted_until, table_of
from findings.figures.counts import is_overdue
from findings.figures.ladder import ladder_of
from findings.figures.sentences import day_words
from findings.models import CalendarDay, Measure, ProgressUpdate, SupervisionNotice
from findings.notify import cut

# Working days that a drafted notice gives for the reply.
REPLY_DAYS = 5


def suggested(measure: Measure | None, on: date) -> dict[str, Any]:
    """The values of a new notice, out of the facts of a measure from ``with_excuse()`` where there is one."""
    calendar = CalendarDay.objects.table(on, on + timedelta(days=30))
    due_on = dates.working_day_after(on, REPLY_DAYS, calendar)
    if measure is None:
        return {"colour": NoticeColour.YELLOW, "due_on": due_on}
    colour = NoticeColour.RED if is_overdue(measure, on) else NoticeColour.YELLOW
    return {
        "measure": measure, "department": measure.lead_department, "colour": colour, "due_on": due_on,
        "text": drafted_text(measure, due_on, on),
    }  # fmt: skip


def counted_from(notice: SupervisionNotice) -> date:
    """The day from which the time for a reply runs: that of the issue, before it that of the draft."""
    return notice.issued_on or timezone.localdate(notice.created_at)


def notice_counted(notice: SupervisionNotice) -> Counted | None:
    """The working days that a notice gives for the reply; None where it gives none, or more than are worth listing."""
    start = counted_from(notice)
    if not start < notice.due_on <= start + FAR:
        return None
    return counted_until(start, notice.due_on, table_of(start, notice.due_on))


def drafted_text(measure: Measure, due_on: date, on: date) -> str:
    """The facts of a delay in sentences: progress, deadline, days overdue, last report, and what is asked."""
    words: dict[str, Any] = {
        "number": measure.number, "text": cut(measure.text, 120).rstrip("。."),
        "percent": measure.percent, "due": day_words(due_on, on.year),
    }  # fmt: skip
    return _("%(facts)s %(deadline)s %(progress)s %(asked)s") % {
        "facts": _("Measure %(number)s “%(text)s” has come to %(percent)s%%.") % words,
        "deadline": _deadline(measure, on),
        "progress": _last_progress(measure, on),
        "asked": _("Please find out the cause, take steps and reply in writing by %(due)s.") % words,
    }


def _deadline(measure: Measure, on: date) -> str:
    if measure.deadline is None:
        return _("It has no deadline.")
    words: dict[str, Any] = {"deadline": day_words(measure.deadline, on.year), "day": day_words(on, on.year)}
    ladder = ladder_of(measure, on)
    if ladder is None:
        return _("Its deadline is %(deadline)s.") % words
    words |= {"days": (on - measure.deadline).days, "working": ladder.days}
    sentence = ngettext(
        "Its deadline was %(deadline)s; on %(day)s it is %(days)s day overdue (working days: %(working)s).",
        "Its deadline was %(deadline)s; on %(day)s it is %(days)s days overdue (working days: %(working)s).",
        words["days"],
    )
    return sentence % words


def _last_progress(measure: Measure, on: date) -> str:
    rows = ProgressUpdate.objects.reported().filter(measure=measure, department=measure.lead_department_id)
    last = rows.filter(period__starts_on__lte=on).select_related("period").order_by("-period__starts_on").first()
    if last is None:
        return _("No progress has been reported.")
    done = cut(last.done, 200).rstrip("。.")
    return _("The last progress, of %(period)s: %(done)s.") % {"period": last.period.code, "done": done}


def notice_outlook(notice: SupervisionNotice, on: date) -> str:
    """“Now waiting for X until D because S”."""
    campaign = notice.campaign
    if notice.concluded_at is None and campaign.closed_on and campaign.is_closed(on):
        return _("The campaign was closed on %(day)s; nothing is waited for.") % {
            "day": day_words(campaign.closed_on, on.year)
        }
    words = {
        "department": notice.department, "due": day_words(notice.due_on, on.year),
        "reason": notice.return_reason.rstrip("。."),
        "by": notice.replied_by or notice.issued_by or "", "issued": _day(notice.issued_on, on),
        "received": _day(notice.received_at, on), "replied": _day(notice.replied_at, on),
        "concluded": _day(notice.concluded_at, on),
    }  # fmt: skip
    return str(_OUTLOOK["returned" if _is_back(notice) else notice.status]) % words


def _day(moment: date | datetime | None, on: date) -> str:
    """A day on record as a sentence says it."""
    if moment is None:
        return ""
    return day_words(timezone.localdate(moment) if isinstance(moment, datetime) else moment, on.year)


def _is_back(notice: SupervisionNotice) -> bool:
    return notice.status == NoticeStatus.RECEIVED and notice.returned_count > 0


_OUTLOOK: dict[str, Promise] = {
    NoticeStatus.DRAFT: gettext_lazy(
        "Now waiting for the rectification office to issue it by %(due)s, because it is a draft that %(department)s "
        "does not see yet."
    ),
    NoticeStatus.ISSUED: gettext_lazy(
        "Now waiting for %(department)s to confirm receipt and to reply by %(due)s, because %(by)s issued it on "
        "%(issued)s."
    ),
    NoticeStatus.RECEIVED: gettext_lazy(
        "Now waiting for the head of %(department)s to reply by %(due)s, because the notice was received on "
        "%(received)s."
    ),
    "returned": gettext_lazy(
        "Now waiting for the head of %(department)s to reply again by %(due)s, because the reply was returned: "
        "%(reason)s."
    ),
    NoticeStatus.REPLIED: gettext_lazy(
        "Now waiting for the rectification office to conclude or return it, because %(by)s replied on %(replied)s; the "
        "reply was due by %(due)s."
    ),
    NoticeStatus.CONCLUDED: gettext_lazy("Concluded on %(concluded)s; nothing is waited for."),
    NoticeStatus.WITHDRAWN: gettext_lazy("The draft was given up; nothing is waited for."),
}  # fmt: skip
