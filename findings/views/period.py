"""Reporting periods: what is collected, and a department's whole period on one page, submitted in one act."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts import exporting
from accounts.decorators import SignedRequest, requires
from accounts.exporting import Column
from accounts.models import Department, User
from accounts.paging import words_of
from accounts.roles import RoleCode, Verb
from accounts.words import joined
from findings import access, dates
from findings.figures import scope_of
from findings.figures.counting import FAR, counted, table_of
from findings.figures.periods import Part, PeriodLine, parts_of, period_lines
from findings.models import CalendarYear, Campaign, ProgressUpdate, ReportingPeriod
from findings.views.chosen import campaign_or_404
from findings.views.verbs import told
from findings.workflow.measure import MEASURE
from findings.workflow.period import Outcome, Skipped, submit_period
from findings.workflow.period_outlook import period_outlook
from findings.workflow.progress import filling_refusal

_COLUMNS = (
    Column(gettext_lazy("period"), lambda line: line.period.code, 12),
    Column(pgettext_lazy("period", "opens"), lambda line: line.period.starts_on, 12),
    Column(pgettext_lazy("period", "due"), lambda line: line.period.due_on, 12),
    Column(gettext_lazy("locked after"), lambda line: line.period.locks_on, 12),
    Column(pgettext_lazy("period", "to fill in"), lambda line: line.counts.to_fill, 10),
    Column(gettext_lazy("drafts"), lambda line: line.counts.drafts, 10),
    Column(pgettext_lazy("period", "submitted"), lambda line: line.counts.submitted, 10),
    Column(pgettext_lazy("period", "accepted"), lambda line: line.counts.accepted, 10),
    Column(pgettext_lazy("period", "returned"), lambda line: line.counts.returned, 10),
)
_WHOLE = (
    *_COLUMNS, Column(gettext_lazy("departments without a whole report"), lambda line: joined(line.missing), 60)
)  # fmt: skip


@require_safe
@requires(Verb.VIEW_DASHBOARD)
def period_list(request: SignedRequest, slug: str) -> HttpResponseBase:
    """The campaign's periods, the newest first: their days, what was reported, who is late; or their file."""
    campaign, today = campaign_or_404(request, slug), dates.today()
    known = CalendarYear.objects.known()
    periods = _periods(request.user, campaign).order_by("-starts_on")
    lines = period_lines(scope_of(campaign, request.user), periods, today, departments=_sight(request.user, campaign))
    is_whole = _sees_all(request.user, campaign)
    if request.GET.get("format") == "xlsx":
        columns = _WHOLE if is_whole else _COLUMNS
        return exporting.respond(request, _("Reporting periods"), columns, lines, about=campaign)
    return render(request, "findings/period_list.html", {
        "rows": [_listed(line, request.user, campaign, today, known) for line in lines],
        "campaign": campaign, "on": today, "is_whole": is_whole,
    })  # fmt: skip


@require_safe
@requires(Verb.VIEW_DASHBOARD)
def period_detail(request: SignedRequest, slug: str, code: str) -> HttpResponse:
    """One department's period; who sees the whole court and names no department sees them all by their numbers."""
    campaign = campaign_or_404(request, slug)
    return _page(request, campaign, period_or_404(request.user, campaign, code))


@require_POST
@requires(Verb.VIEW_DASHBOARD)
def period_submit(request: SignedRequest, slug: str, code: str) -> HttpResponse:
    """Submit the whole period for a department; what was left alone stands on the page that answers."""
    campaign = campaign_or_404(request, slug)
    period = period_or_404(request.user, campaign, code)
    department = _chosen(
        request.POST.get("department", ""), _offered(request.user, _line(request.user, campaign, period))
    )
    if department is None:
        raise Http404(code)
    versions, note = versions_of(request), request.POST.get("note", "")[:2000]
    outcomes: list[Outcome] = []
    if told(request, lambda: outcomes.append(
        submit_period(period, department, by=request.user, versions=versions, note=note)
    )):  # fmt: skip
        _tell(request, outcomes[0], department)
    if not outcomes or not outcomes[0].skipped:
        return redirect(_url(period, department))
    return _page(request, campaign, period, department, outcomes[0])


def period_or_404(user: User, campaign: Campaign, code: str) -> ReportingPeriod:
    """A period of the campaign by its code, such as 2021-07 or 2021-Q3."""
    return get_object_or_404(_periods(user, campaign).select_related("campaign__court"), code=code)


def versions_of(request: SignedRequest) -> dict[int, int]:
    """The reports that a form sends, each as id:version; what is none of that is left out."""
    pairs = [word.split(":") for word in request.POST.getlist("row")[:2000]]
    return {int(pk): int(version) for pk, version in (pair for pair in pairs if _is_row(pair))}


def _is_row(pair: list[str]) -> bool:
    return len(pair) == 2 and all(word.isascii() and word.isdigit() and len(word) < 18 for word in pair)


# --- One page ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PartRow:
    """A part with what the reader may do with it. ``why_not``: why its progress cannot be filled in now, or ""."""

    part: Part
    fill_url: str
    why_not: str
    is_quiet: bool  # a return that is not the reader's
    is_open: bool
    skipped: Skipped | None
    shown: ProgressUpdate | None

    @property
    def can_fill(self) -> bool:
        return self.is_open and not self.why_not


def _page(
    request: SignedRequest, campaign: Campaign, period: ReportingPeriod, department: Department | None = None,
    outcome: Outcome | None = None,
) -> HttpResponse:  # fmt: skip
    today = dates.today()
    scope, whole = scope_of(campaign, request.user), _line(request.user, campaign, period)
    offered, wish = _offered(request.user, whole), words_of(request, "department")
    if department is None:
        is_named = bool(wish) or ("department" in request.GET and _sees_all(request.user, campaign))
        department = _chosen(wish, offered) if is_named else _first_own(request.user, offered)
    if wish and department is None:
        raise Http404(wish)
    counts = whole.counts if department is None else whole.counts_of(department)
    parts = parts_of(scope, period, department, today) if department else []
    return render(request, "findings/period_detail.html", {
        "campaign": campaign, "period": period, "on": today, "whole": whole, "counts": counts,
        "department": department, "departments": offered if len(offered) > 1 else [],
        "sees_all": _sees_all(request.user, campaign), "is_late": period.is_late(today),
        "is_own": department is not None and access.is_member_of(request.user, department.pk),
        "rows": _rows(request, period, department, parts, outcome), "outcome": outcome,
        "drafts": [part.update for part in parts if part.update and part.update.is_draft],
        "missing": [part for part in parts if part.is_lead and part.is_asked],
        "outlook": period_outlook(
            period, department, today, counts=counts, known=CalendarYear.objects.known()
        ),
        **_counted(period),
        "refusal": _submit_refusal(request.user, period, department, today),
    })  # fmt: skip


def _counted(period: ReportingPeriod) -> dict[str, Any]:
    """The working days up to the day that it is due and up to its lock, listed."""
    table = table_of(period.ends_on, period.ends_on + FAR)
    due = counted(period.ends_on, period.campaign.progress_due_days, table)
    return {"due_counted": due, "locks_counted": counted(due.on, period.campaign.lock_days, table)}


def _rows(
    request: SignedRequest, period: ReportingPeriod, department: Department | None, parts: Iterable[Part],
    outcome: Outcome | None,
) -> list[PartRow]:  # fmt: skip
    if department is None:
        return []
    skipped = {row.update.pk: row for row in outcome.skipped} if outcome else {}
    before, today = _as_shown(outcome) if outcome else {}, dates.today()
    is_own, is_locked = access.is_member_of(request.user, department.pk), period.is_locked(today)
    found = []
    for part in parts:
        update, measure = part.update, part.measure
        why_not = MEASURE["fill_progress"].refusal(request.user, measure, today)
        why_not = why_not or (filling_refusal(request.user, update, today) if update else "")
        back = f"{_url(period, department)}#part-{measure.pk}"
        query = urlencode({"department": department.pk, "period": period.code, "next": back})
        url = reverse("measure_step", args=[measure.pk, "fill_progress"])
        pk = update.pk if update else 0
        found.append(PartRow(part, f"{url}?{query}", why_not, not is_own, is_own and not is_locked,
                             skipped.get(pk), before.get(pk)))  # fmt: skip
    return found


def _as_shown(outcome: Outcome) -> dict[int, ProgressUpdate]:
    """The words of the reports that were changed meanwhile, as the page had shown them."""
    stale = {row.update.pk: row.shown for row in outcome.skipped if row.is_stale}
    entries = ProgressUpdate.history.filter(id__in=list(stale)).order_by("history_date", "history_id")
    return {row.id: row for row in entries if row.version == stale[row.id]}


def _submit_refusal(user: User, period: ReportingPeriod, department: Department | None, on: date) -> str:
    """Why the period is not submitted here, "" where it can be; the verb asks the same again."""
    if department is None or not access.is_head_of(user, department.pk):
        return _("The head of the department submits the progress.")
    return _("The period is locked; what is to be corrected goes into the next one.") if period.is_locked(on) else ""


def _tell(request: SignedRequest, outcome: Outcome, department: Department) -> None:
    number = len(outcome.done)
    if number:
        words = ngettext(
            "%(n)s report of %(department)s is submitted.", "%(n)s reports of %(department)s are submitted.", number
        )
        messages.success(request, words % {"n": number, "department": department})
    elif not outcome.skipped:
        messages.info(request, _("There is no draft to submit."))


def _listed(line: PeriodLine, user: User, campaign: Campaign, on: date, known: frozenset[int]) -> dict[str, Any]:
    own = [row.department for row in line.departments]
    place = None if _sees_all(user, campaign) or len(own) != 1 else own[0]
    return {
        "line": line, "period": line.period, "url": _url(line.period, place), "is_locked": line.period.is_locked(on),
        "is_late": line.period.is_late(on),
        "outlook": period_outlook(line.period, place, on, counts=line.counts, known=known),
    }  # fmt: skip


# --- Who sees which departments ----------------------------------------------------------------------------


def _periods(user: User, campaign: Campaign) -> Any:
    return ReportingPeriod.objects.visible_to(user).filter(campaign=campaign).select_related("campaign")


def _sees_all(user: User, campaign: Campaign) -> bool:
    return campaign.court_id in access.courts_of(user)


def _sight(user: User, campaign: Campaign) -> set[int] | None:
    """Ids of the departments whose parts a person reads; None: all of them."""
    return None if _sees_all(user, campaign) else access.departments_of(user)


def _line(user: User, campaign: Campaign, period: ReportingPeriod) -> PeriodLine:
    """The period's numbers as far as a person reads them."""
    scope = scope_of(campaign, user)
    return period_lines(scope, [period], dates.today(), departments=_sight(user, campaign))[0]


def _offered(user: User, line: PeriodLine) -> list[Department]:
    """The departments whose page of the period a person may open: those that take part, and the own ones."""
    taking_part = [row.department for row in line.departments]
    own = Department.objects.filter(pk__in=access.departments_of(user) - {row.pk for row in taking_part})
    return taking_part + list(own.order_by("order", "code"))


def _chosen(code: str, departments: Iterable[Department]) -> Department | None:
    return next((row for row in departments if row.code == code), None)


def _first_own(user: User, departments: list[Department]) -> Department | None:
    """Where somebody lands who names no department: the one that he or she heads, else where he or she works."""
    heads, own = access.departments_of(user, {RoleCode.HEAD}), access.departments_of(user)
    found = [row for row in departments if row.pk in own]
    return next(iter(sorted(found, key=lambda row: row.pk not in heads)), None)


def _url(period: ReportingPeriod, department: Department | None) -> str:
    address = reverse("period_detail", args=[period.campaign.slug, period.code])
    return f"{address}?{urlencode({'department': department.code})}" if department else address
