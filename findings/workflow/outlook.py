"""One sentence per measure: what it now waits for, until when and why."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from accounts.words import joined
from findings import dates
from findings.choices import DecisionVerdict, ExtensionKind, IssueKind, IssueState, Nature, ProgressStatus
from findings.figures import IssueStanding, RoundResult
from findings.figures.sentences import day_words
from findings.models import Campaign, Decision, Issue, LookbackRound, Measure, ProgressUpdate, Request
from findings.workflow.progress import period_to_report

_REQUEST_NAMES: dict[str, Promise] = {
    "": gettext_lazy("closure request"),
    ExtensionKind.EXTENSION: gettext_lazy("extension request"),
    ExtensionKind.CONVERSION: gettext_lazy("request for conversion to sustained rectification"),
}


def measure_outlook(
    measure: Measure, on: date, *, updates: Iterable[ProgressUpdate], requests: Iterable[Request]
) -> str:
    """“Now waiting for X until D because S”. ``updates`` and ``requests`` are those of the measure."""
    ended = _ended(measure, on)
    if ended:
        return ended
    pending = next((request for request in requests if request.stage), None)
    if pending:
        return _signature(pending, on)
    if measure.closed_on:  # there while the measure is closed, and only then
        return _after_closing(measure, measure.closed_on, on)
    return _progress(measure, on, [row for row in updates if row.department_id == measure.lead_department_id])


def issue_outlook(issue: Issue, on: date, *, standing: IssueStanding) -> str:
    """What an issue waits for: its measures first, then the leading group. ``standing`` is that of the day."""
    ended = _campaign_ended(issue.campaign, on)
    if ended:
        return ended
    if issue.kind == IssueKind.RECOMMENDATION:
        return _answers(standing)
    if not standing.measures:
        return _("Now waiting for the rectification office to plan measures, because the issue has none.")
    if standing.open:
        return _open_measures(issue, on, standing)
    return _verdict(standing, on)


def round_outlook(row: LookbackRound, on: date, *, result: RoundResult) -> str:
    """What a look-back round waits for. ``result`` is that of the day."""
    if row.concluded_on:
        return _("Concluded on %(day)s; nothing is waited for.") % {"day": day_words(row.concluded_on, on.year)}
    ended = _campaign_ended(row.campaign, on)
    if ended:
        return ended
    words = {"due": day_words(row.due_on, on.year), "drawn": day_words(row.drawn_on, on.year), "n": result.left}
    if not result.left:
        return _("Now waiting for the rectification office to conclude the round, because every re-check is made.")
    if row.due_on < on:
        sentence = ngettext(
            "%(n)s re-check of the sample drawn on %(drawn)s was to be made by %(due)s and has not been made.",
            "%(n)s re-checks of the sample drawn on %(drawn)s were to be made by %(due)s and have not been made.",
            result.left,
        )
        return sentence % words
    sentence = ngettext(
        "Now waiting for the rectification office to make %(n)s re-check until %(due)s, because the sample was drawn "
        "on %(drawn)s.",
        "Now waiting for the rectification office to make %(n)s re-checks until %(due)s, because the sample was drawn "
        "on %(drawn)s.",
        result.left,
    )
    return sentence % words


def disagreement(standing: IssueStanding, on: date) -> str:
    """What the leading group said against what the measures say, "" where the two agree or it has not spoken."""
    if not standing.disagrees or standing.decided_on is None:
        return ""
    return _(
        "The leading group found “%(verdict)s” on %(day)s; by its measures the issue is “%(state)s”: %(closed)s of "
        "%(measures)s are closed and %(overdue)s overdue."
    ) % {
        "verdict": IssueState(standing.verdict).label,
        "day": day_words(standing.decided_on, on.year),
        "state": IssueState(standing.state).label,
        "closed": standing.closed,
        "measures": standing.measures,
        "overdue": standing.overdue,
    }


def request_name(request: Any) -> str:
    """What a request, or a history row of one, is called in a sentence."""
    return str(_REQUEST_NAMES[getattr(request, "kind", "")])


def waited_for(request: Request) -> str:
    """Names of those whose signature a pending request waits for, read once for each loaded request."""
    if "_waited_for" not in request.__dict__:
        people = User.objects.filter(pk__in=request.waits_for()).order_by("username")
        request.__dict__["_waited_for"] = joined(people) or _("nobody in office")
    return request.__dict__["_waited_for"]


def _ended(measure: Measure, on: date) -> str:
    if measure.retired_on and measure.retired_on <= on:
        return _("Taken out of the plan on %(day)s; nothing is waited for.") % {
            "day": day_words(measure.retired_on, on.year)
        }
    return _campaign_ended(measure.campaign, on)


def _campaign_ended(campaign: Campaign, on: date) -> str:
    if campaign.closed_on and campaign.is_closed(on):
        return _("The campaign was closed on %(day)s; nothing is waited for.") % {
            "day": day_words(campaign.closed_on, on.year)
        }
    return ""


def _signature(request: Request, on: date) -> str:
    words = {
        "people": waited_for(request),
        "stage": request.get_stage_display(),
        "since": day_words(_since(request), on.year),
        "by": request.filed_by,
        "what": request_name(request),
    }
    if request.measure.deadline:
        words["deadline"] = day_words(request.measure.deadline, on.year)
        return (
            _(
                "Now waiting for the signature of %(people)s (%(stage)s) since %(since)s, deadline %(deadline)s, "
                "because of the %(what)s that %(by)s filed."
            )
            % words
        )
    return (
        _(
            "Now waiting for the signature of %(people)s (%(stage)s) since %(since)s, because of the %(what)s that "
            "%(by)s filed."
        )
        % words
    )


def _since(request: Request) -> date:
    """Since when the present stage is waited for; an opinion of the discipline group moves nothing on."""
    moves: list[Decision] = [row for row in request.decisions.all() if row.verdict != DecisionVerdict.OPINION]
    return timezone.localdate(moves[-1].at) if moves else request.filed_on


def _after_closing(measure: Measure, closed_on: date, on: date) -> str:
    words = {"closed": day_words(closed_on, on.year), "recheck": day_words(measure.recheck_on or on, on.year)}
    if measure.recheck_on is None:
        return _("Closed on %(closed)s; nothing is waited for.") % words
    if dates.is_recheck_missed(recheck_on=measure.recheck_on, nature=measure.nature, on=on):
        return _("Closed on %(closed)s; the re-check was due on %(recheck)s and has not been made.") % words
    return _("Closed on %(closed)s; now waiting for the re-check until %(recheck)s, because it is to last.") % words


def _progress(measure: Measure, on: date, updates: list[ProgressUpdate]) -> str:
    department = measure.lead_department
    if department is None:
        return _("Now waiting for the rectification office to name a lead department, because there is none.")
    period = period_to_report(measure, department.pk, on=on)
    newest = max(updates, key=lambda row: row.period.starts_on, default=None)
    if period is not None:
        same = next((row for row in updates if row.period_id == period.pk), None)
        words = {"department": department, "period": period.code, "due": day_words(period.due_on, on.year)}
        if same is None:
            return (
                _(
                    "Now waiting for the progress of %(department)s until %(due)s, because nothing has been reported "
                    "for %(period)s."
                )
                % words
            )
        if same.status in _UNSENT:
            return _UNSENT[same.status](words | {"reason": same.return_reason})
    if newest is not None and newest.status == ProgressStatus.SUBMITTED:
        words = {
            "department": department,
            "period": newest.period.code,
            "due": day_words(newest.period.locks_on, on.year),
        }
        return (
            _(
                "Now waiting for the rectification office to check the progress until %(due)s, because %(department)s "
                "submitted it for %(period)s."
            )
            % words
        )
    return _work(measure, on)


def _work(measure: Measure, on: date) -> str:
    if measure.nature == Nature.STANDING and measure.recheck_on:
        return _standing(measure.recheck_on, on)
    words: dict[str, object] = {"department": measure.lead_department, "percent": measure.percent}
    day = measure.deadline or measure.recheck_on
    if day is None:
        return _("Now waiting for %(department)s to go on, because %(percent)s%% is done; no date is set.") % words
    words["day"] = day_words(day, on.year)
    if measure.deadline is None:
        return _("Now waiting for the re-check until %(day)s, because the measure stands without a deadline.") % words
    return (
        _("Now waiting for %(department)s to finish and ask for closure until %(day)s, because %(percent)s%% is done.")
        % words
    )


def _standing(recheck_on: date, on: date) -> str:
    """A standing measure is never overdue; it waits from one re-check to the next."""
    words = {"day": day_words(recheck_on, on.year)}
    if recheck_on < on:
        return _("The re-check was due on %(day)s and has not been made; the rectification office makes it.") % words
    return _("Now waiting for the re-check until %(day)s, because the measure stands.") % words


def _draft(words: dict) -> str:
    return (
        _(
            "Now waiting for the head of %(department)s to submit until %(due)s, because the progress of %(period)s is "
            "a draft."
        )
        % words
    )


def _returned(words: dict) -> str:
    return (
        _(
            "Now waiting for %(department)s to correct the progress of %(period)s until %(due)s, because it was "
            "returned: %(reason)s"
        )
        % words
    )


_UNSENT: dict[str, Callable[[dict], str]] = {ProgressStatus.DRAFT: _draft, ProgressStatus.RETURNED: _returned}


def _answers(standing: IssueStanding) -> str:
    """A recommendation waits for the measures that answer it."""
    if not standing.measures:
        return _("Now waiting for the rectification office to name the measures that answer it, because there is none.")
    words = {"n": standing.open, "measures": standing.measures}
    if not standing.open:
        return _("All %(measures)s measures that answer it are closed; nothing is waited for.") % words
    sentence = ngettext(
        "Now waiting for the closure of %(n)s measure, because %(measures)s answer the recommendation.",
        "Now waiting for the closure of %(n)s measures, because %(measures)s answer the recommendation.",
        standing.open,
    )
    return sentence % words


def _open_measures(issue: Issue, on: date, standing: IssueStanding) -> str:
    """The open ones of all measures, and the last of their deadlines."""
    rows = Measure.objects.filter(issue=issue).in_plan(on).open()
    last = rows.order_by().aggregate(last=Max("deadline"))["last"]
    words: dict[str, object] = {"n": standing.open, "measures": standing.measures, "overdue": standing.overdue}
    if last is None:
        return (
            _(
                "Now waiting for the closure of %(n)s of %(measures)s measures, because the issue is rectified once "
                "all are closed; no date is set."
            )
            % words
        )
    words["day"] = day_words(last, on.year)
    if standing.overdue:
        return (
            _(
                "Now waiting for the closure of %(n)s of %(measures)s measures, the last one until %(day)s; "
                "%(overdue)s overdue."
            )
            % words
        )
    return (
        _(
            "Now waiting for the closure of %(n)s of %(measures)s measures, the last one until %(day)s, because the "
            "issue is rectified once all are closed."
        )
        % words
    )


def _verdict(standing: IssueStanding, on: date) -> str:
    if standing.decided_on is None:
        return _("Now waiting for the verdict of the leading group, because all %(measures)s measures are closed.") % {
            "measures": standing.measures
        }
    if standing.disagrees:
        return _("Now waiting for the leading group, because its verdict and the closed measures disagree.")
    return _("Found rectified by the leading group on %(day)s; nothing is waited for.") % {
        "day": day_words(standing.decided_on, on.year)
    }
