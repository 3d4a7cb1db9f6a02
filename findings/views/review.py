"""The office reads what was submitted for a period: accept or return on the row, or accept all that was read."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.decorators import SignedRequest, form_page, requires
from accounts.models import Department
from accounts.paging import page_of
from accounts.roles import Verb
from accounts.tracked import StaleRow
from findings import access, dates
from findings.figures import scope_of
from findings.figures.periods import change_between, last_reports, period_lines, with_changed_at
from findings.models import CalendarYear, Campaign, Evidence, ProgressUpdate, ReportingPeriod
from findings.views.chosen import campaign_or_404, choice_of
from findings.views.period import period_or_404, versions_of
from findings.views.verbs import refused, told
from findings.workflow.period import Outcome, accept_read
from findings.workflow.period_outlook import period_outlook
from findings.workflow.progress import PROGRESS, return_progress

SHOWN = ("submitted", "returned", "accepted")


@dataclass(frozen=True)
class ReviewRow:
    """A report with what it is read against. ``refusal``: why the reader cannot decide about it, or ""."""

    update: ProgressUpdate
    last: ProgressUpdate | None
    files: list[Evidence]
    refusal: str

    @property
    def change(self) -> int | None:
        """Percentage points since the last report."""
        return change_between(self.last, self.update)


@dataclass(frozen=True)
class Problem:
    """A report that was left alone: why, and the reason of a return that was typed for it."""

    update: ProgressUpdate
    sentence: str
    typed: str = ""


@form_page
@requires(Verb.VIEW_REPORTS)
def period_review(request: SignedRequest, slug: str, code: str) -> HttpResponse:
    """The reports of a period: the office decides, who sees the whole court reads."""
    campaign = campaign_or_404(request, slug)
    if campaign.court_id not in access.courts_of(request.user):
        raise Http404(code)
    period = period_or_404(request.user, campaign, code)
    problems: list[Problem] = []
    if request.method == "POST":
        problems = _return(request, period) if request.POST.get("act") == "return" else _accept(request, period)
        if not problems:
            return redirect(request.get_full_path())
    return _page(request, campaign, period, problems)


def _page(request: SignedRequest, campaign: Campaign, period: ReportingPeriod, problems: list[Problem]) -> HttpResponse:
    today = dates.today()
    line = period_lines(scope_of(campaign, request.user), [period], today)[0]
    shown = choice_of(request, "show", SHOWN) or SHOWN[0]
    departments = [row.department for row in line.departments]
    code = choice_of(request, "department", [row.code for row in departments])
    department = next((row for row in departments if row.code == code), None)
    counts = line.counts if department is None else line.counts_of(department)
    page = page_of(request, _updates(request, period, shown, department))
    return render(request, "findings/period_review.html", {
        "campaign": campaign, "period": period, "on": today, "line": line, "page": page, "shown": shown,
        "tabs": _tabs(counts), "department": department,
        "rows": _rows(request, period, list(page.object_list)), "problems": problems,
        "outlook": period_outlook(period, None, today, counts=line.counts, known=CalendarYear.objects.known()),
        "can_decide": access.is_office_of(request.user, campaign.court_id) and not campaign.is_closed(today),
    })  # fmt: skip


def _accept(request: SignedRequest, period: ReportingPeriod) -> list[Problem]:
    """Accept the ticked rows, each in the version that was shown; answers those that were left alone."""
    versions = versions_of(request)
    if not versions:
        messages.warning(request, _("No report was ticked, so nothing was accepted."))
        return []
    outcomes: list[Outcome] = []
    if not told(request, lambda: outcomes.append(accept_read(period, by=request.user, versions=versions))):
        return []
    done, skipped = outcomes[0].done, outcomes[0].skipped
    if done:
        words = ngettext("%(n)s report is accepted.", "%(n)s reports are accepted.", len(done))
        messages.success(request, words % {"n": len(done)})
    return [Problem(row.update, row.sentence) for row in skipped]


def _return(request: SignedRequest, period: ReportingPeriod) -> list[Problem]:
    """Send one row back with its reason."""
    note = request.POST.get("note", "")[:2000]
    for pk, version in versions_of(request).items():
        update = ProgressUpdate.objects.visible_to(request.user).filter(period=period, pk=pk).first()
        if update is None:
            continue
        sentence = _returned(request, update, version, note)
        if sentence:
            return [Problem(update, sentence, note)]
        messages.success(request, _("Returned: measure %(number)s.") % {"number": update.measure.number})
    return []


def _returned(request: SignedRequest, update: ProgressUpdate, version: int, note: str) -> str:
    """Return one report as it was read; "" or why it was left alone."""
    try:
        return refused(request, lambda: return_progress(update, by=request.user, note=note, version=version))
    except StaleRow:
        return _("It was changed after the page had been shown; please read it again. Your reason is kept here.")


def _updates(request: SignedRequest, period: ReportingPeriod, shown: str, department: Department | None) -> Any:
    rows = ProgressUpdate.objects.visible_to(request.user).filter(period=period, status=shown)
    if department is not None:
        rows = rows.filter(department=department)
    rows = rows.select_related(
        "measure__campaign", "measure__lead_department", "period", "department", "filled_by", "submitted_by",
        "decided_by", "corrects__period",
    )  # fmt: skip
    return with_changed_at(rows).order_by("department__order", "department__code", "measure__number", "pk")


def _rows(request: SignedRequest, period: ReportingPeriod, updates: list[ProgressUpdate]) -> list[ReviewRow]:
    today = dates.today()
    last = last_reports(period, [row.measure_id for row in updates], [row.department_id for row in updates])
    files: dict[int, list[Evidence]] = {row.pk: [] for row in updates}
    for evidence in Evidence.objects.in_force().filter(progress__in=updates).order_by("created_at", "pk"):
        files[evidence.progress_id or 0].append(evidence)
    return [
        ReviewRow(
            row, last.get((row.measure_id, row.department_id)), files[row.pk],
            PROGRESS["accept"].refusal(request.user, row, today),
        )
        for row in updates
    ]  # fmt: skip


def _tabs(counts: Any) -> list[tuple[str, Any, int]]:
    labels = dict(ProgressUpdate._meta.get_field("status").flatchoices)
    return [(name, labels[name], getattr(counts, name)) for name in SHOWN]
