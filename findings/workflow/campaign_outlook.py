"""One sentence per campaign: what it now waits for, until when and why."""

from collections.abc import Callable
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from findings.figures.counting import FAR, Counted, counted, marked, table_of
from findings.figures.counts import Counts
from findings.figures.sentences import day_words
from findings.models import Campaign

# The plan is approved and reported within so many working days of the feedback (field practice: 15个工作日).
PLAN_DAYS = 15


def campaign_outlook(campaign: Campaign, on: date, *, counts: Counts) -> str:
    """“Now waiting for X until D because S”. ``counts`` are those of all measures on the day."""

    def said(day: date) -> str:
        return day_words(day, on.year)

    if campaign.closed_on and campaign.is_closed(on):
        return _("The campaign was closed on %(day)s; nothing is waited for.") % {"day": said(campaign.closed_on)}
    if on < campaign.feedback_on:
        return _("Now waiting for the feedback on %(day)s.") % {"day": said(campaign.feedback_on)}
    if not campaign.is_approved(on):
        return _plan(campaign, counts, said)
    if not counts.open:
        return _("Now waiting for the rectification office to close the campaign, because every measure is closed.")
    left = counts.concentrated - counts.concentrated_closed
    if on <= campaign.concentrated_until and left:
        words = {"n": left, "day": said(campaign.concentrated_until)}
        return ngettext(
            "Now waiting for %(n)s measure of the concentrated phase until %(day)s, because it is not closed yet.",
            "Now waiting for %(n)s measures of the concentrated phase until %(day)s, because they are not closed yet.",
            left,
        ) % words  # fmt: skip
    words = {"n": counts.open, "day": said(campaign.sustained_until)}
    return ngettext(
        "Now waiting for %(n)s measure until the sustained phase ends on %(day)s, because it is not closed yet.",
        "Now waiting for %(n)s measures until the sustained phase ends on %(day)s, because they are not closed yet.",
        counts.open,
    ) % words  # fmt: skip


def plan_counted(campaign: Campaign) -> Counted:
    """How the day is counted by which the plan is to be approved: in working days after the feedback."""
    return counted(campaign.feedback_on, PLAN_DAYS, table_of(campaign.feedback_on, campaign.feedback_on + FAR))


def _plan(campaign: Campaign, counts: Counts, said: Callable[[date], str]) -> str:
    due = plan_counted(campaign)
    words = {"due": marked(said(due.on), due.is_estimate), "n": counts.measures, "feedback": said(campaign.feedback_on)}
    if not counts.measures:
        return _(
            "Now waiting for the rectification office to enter the plan until %(due)s, because the feedback of "
            "%(feedback)s has no measure yet."
        ) % words  # fmt: skip
    return ngettext(
        "Now waiting for the approval of the plan until %(due)s, because its %(n)s measure is a draft so far.",
        "Now waiting for the approval of the plan until %(due)s, because its %(n)s measures are a draft so far.",
        counts.measures,
    ) % words  # fmt: skip
