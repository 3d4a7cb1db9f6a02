"""One sentence per reporting period: what it now waits for, until when and why."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from findings.figures.counting import is_estimate, marked
from findings.figures.periods import PeriodCounts
from findings.figures.sentences import day_words
from findings.models import ReportingPeriod


def period_outlook(
    period: ReportingPeriod, department: object, on: date, *, counts: PeriodCounts,
    known: frozenset[int] | None = None,
) -> str:  # fmt: skip
    """“Now waiting for X until D because S”, of one department or (``department`` None) of all.

    ``counts`` are those of the period on the day, ``known`` the years with a table: a date counted over another one
    bears its mark. Without them no date is marked.
    """

    def said(day: date) -> str:
        is_guess = known is not None and is_estimate(known, period.ends_on, day)
        return marked(day_words(day, on.year), is_guess)

    campaign = period.campaign
    if campaign.closed_on and campaign.is_closed(on):
        return _("The campaign was closed on %(day)s; nothing is waited for.") % {
            "day": day_words(campaign.closed_on, on.year)
        }
    words: dict[str, Any] = {
        "department": department or _("the departments"),
        "period": period.code,
        "due": said(period.due_on if on <= period.due_on else period.locks_on),
        "locks": said(period.locks_on),
    }
    if not period.is_locked(on):
        if counts.to_fill or counts.drafts:
            return _unreported(words, counts)
        if counts.returned:
            return _to_correct(words | {"n": counts.returned})
    elif counts.missing and not counts.submitted:
        return _locked_without(words | {"n": counts.missing})
    if counts.submitted:
        return _to_check(words | {"n": counts.submitted})
    if not counts.parts:
        return (
            _("Nothing is waited for in %(period)s, because no measure of %(department)s was being worked on.") % words
        )
    return _("Nothing is waited for in %(period)s: what %(department)s reported has been checked.") % words


def _unreported(words: dict[str, Any], counts: PeriodCounts) -> str:
    """Nothing is said yet, or it is said in drafts only."""
    words = words | {"n": counts.to_fill or counts.drafts, "drafts": counts.drafts}
    if not counts.to_fill:
        sentence = ngettext(
            "Now waiting for the head of %(department)s to submit %(period)s until %(due)s, because %(n)s report is "
            "only a draft.",
            "Now waiting for the head of %(department)s to submit %(period)s until %(due)s, because %(n)s reports are "
            "only drafts.",
            counts.drafts,
        )
        return sentence % words
    sentence = ngettext(
        "Now waiting for %(department)s to report %(period)s until %(due)s, because %(n)s measure has no text yet "
        "(drafts: %(drafts)s).",
        "Now waiting for %(department)s to report %(period)s until %(due)s, because %(n)s measures have no text yet "
        "(drafts: %(drafts)s).",
        counts.to_fill,
    )
    return sentence % words


def _to_correct(words: dict[str, Any]) -> str:
    sentence = ngettext(
        "Now waiting for %(department)s to correct %(period)s until %(locks)s, because %(n)s report was returned.",
        "Now waiting for %(department)s to correct %(period)s until %(locks)s, because %(n)s reports were returned.",
        words["n"],
    )
    return sentence % words


def _to_check(words: dict[str, Any]) -> str:
    sentence = ngettext(
        "Now waiting for the rectification office to check %(n)s report of %(period)s until %(locks)s, because "
        "%(department)s submitted it; what comes back later is corrected in the next period.",
        "Now waiting for the rectification office to check %(n)s reports of %(period)s until %(locks)s, because "
        "%(department)s submitted them; what comes back later is corrected in the next period.",
        words["n"],
    )
    return sentence % words


def _locked_without(words: dict[str, Any]) -> str:
    sentence = ngettext(
        "%(period)s was locked after %(locks)s; %(department)s did not report on %(n)s measure. What is to be said "
        "about it goes into the next period.",
        "%(period)s was locked after %(locks)s; %(department)s did not report on %(n)s measures. What is to be said "
        "about them goes into the next period.",
        words["n"],
    )
    return sentence % words
