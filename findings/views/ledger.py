"""The ledger: area › issue › measure as one table, filtered by its address, on any day of the campaign."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.paging import page_of
from findings import dates
from findings.documents.export import KINDS, export
from findings.documents.uploads import CONTENT_TYPES
from findings.figures import Counts, Scope, issue_states, measure_counts, scope_of
from findings.forms.ledger import DayForm, LedgerFilterForm
from findings.views.chosen import campaign_or_404, campaigns_of
from findings.views.ledger_rows import Names, names_of, narrowed, tree_of

PAGE = 100


@require_safe
def ledger(request: HttpRequest, slug: str) -> HttpResponse:
    """The measures in sight, or their Excel file with ``?format=xlsx``."""
    campaign = campaign_or_404(request, slug)
    scope, today = scope_of(campaign, request.user), campaign.as_of(dates.today())
    day = DayForm(request.GET, campaign=campaign, today=today).day
    names, states = names_of(scope, day), issue_states(scope, day)
    form = LedgerFilterForm(
        request.GET, campaign=campaign, today=today,
        departments=list(names.departments.values()), leaders=list(names.leaders.values()),
    )  # fmt: skip
    rows = narrowed(scope, day, form.chosen, names, states)
    if request.GET.get("format") == "xlsx":
        return _exported(
            request, replace(scope, measures=scope.measures.filter(pk__in=rows.order_by().values("id"))), form
        )
    page = page_of(request, rows, PAGE)
    return render(request, "findings/ledger.html", {
        "campaign": campaign, "campaigns": campaigns_of(request), "form": form, "on": day, "is_past": day < today,
        "page": page, "areas": tree_of(list(page.object_list), scope, day, names, states),
        "filters": _in_force(request, form), "summary": _summary(scope, day, names),
        "lists": [kind for kind in KINDS.values() if kind.code != "ledger"],
    })  # fmt: skip


def _exported(request: HttpRequest, scope: Scope, form: LedgerFilterForm) -> HttpResponse:
    """The list as a file, of the rows in filter on the day; on record in the security log."""
    code = request.GET.get("list") if request.GET.get("list") in KINDS else "ledger"
    exported = export(code, scope, form.day, user=request.user)
    audit.record(
        audit.Action.EXPORT, by=request.user, request=request, subject=f"{code} {scope.campaign.slug}",
        detail=f"{exported.rows} rows, {form.day.isoformat()}, {urlencode(form.chosen)}",
    )  # fmt: skip
    answer = HttpResponse(exported.content, content_type=CONTENT_TYPES["xlsx"])
    answer["Content-Disposition"] = content_disposition_header(True, exported.filename)
    return answer


@dataclass(frozen=True)
class LedgerSummary:
    """The figures of the sentence above the table: all measures in sight, whatever the filters."""

    counts: Counts
    longest: int
    department: str


def _summary(scope: Scope, on: date, names: Names) -> LedgerSummary:
    counts = measure_counts(scope, on)
    first = scope.measures_on(on).overdue(on).order_by("deadline", "number").first() if counts.overdue else None
    if first is None:
        return LedgerSummary(counts, 0, "")
    department = names.departments.get(first.lead_department_id)
    return LedgerSummary(counts, (on - first.deadline).days, department.name if department else "")


def _in_force(request: HttpRequest, form: LedgerFilterForm) -> list[dict[str, Any]]:
    """The filters in force in words, each with the address without it."""
    kept = form.chosen | ({"on": form.day.isoformat()} if form.day != form.today else {})
    found = []
    for name in kept:
        rest = urlencode({key: value for key, value in kept.items() if key != name})
        value = form.day.isoformat() if name == "on" else form.in_words(name)
        found.append({"label": form.fields[name].label, "value": value, "url": f"{request.path}?{rest}"})
    return found
