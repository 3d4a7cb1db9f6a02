"""The ledger: area › issue › measure as one table, filtered by its address, on any day of the campaign."""

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.decorators import SignedRequest
from accounts.paging import page_of
from findings import access, dates
from findings.documents.export import KINDS, export
from findings.documents.uploads import CONTENT_TYPES
from findings.figures import Counts, Scope, issue_states, measure_counts, scope_of
from findings.figures.sentences import Part, ledger_sentence
from findings.forms.ledger import DayForm, LedgerFilterForm
from findings.views.chosen import campaign_or_404, campaigns_of
from findings.views.ledger_rows import Names, names_of, narrowed, tree_of

PAGE = 100


@require_safe
def ledger(request: SignedRequest, slug: str) -> HttpResponse:
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
    page, counts = page_of(request, rows, PAGE), measure_counts(scope, day)
    return render(request, "findings/ledger.html", {
        "campaign": campaign, "campaigns": campaigns_of(request), "form": form, "on": day, "is_past": day < today,
        "page": page, "areas": tree_of(list(page.object_list), scope, day, names, states),
        "filters": _in_force(request, form), "counts": counts,
        "sentence": _sentence(scope, counts, day, names),
        "may_import": access.is_office_of(request.user, campaign.court_id),
        "lists": [kind for kind in KINDS.values() if kind.code != "ledger"],
    })  # fmt: skip


def _exported(request: SignedRequest, scope: Scope, form: LedgerFilterForm) -> HttpResponse:
    """The list as a file, of the rows in filter on the day; on record in the security log."""
    wanted = request.GET.get("list", "")
    code = wanted if wanted in KINDS else "ledger"
    exported = export(code, scope, form.day, user=request.user)
    audit.record(
        audit.Action.EXPORT, by=request.user, request=request, subject=f"{code} {scope.campaign.slug}",
        detail=f"{exported.rows} rows, {form.day.isoformat()}, {urlencode(form.chosen)}",
    )  # fmt: skip
    answer = HttpResponse(exported.content, content_type=CONTENT_TYPES["xlsx"])
    answer["Content-Disposition"] = content_disposition_header(True, exported.filename)
    return answer


def _sentence(scope: Scope, counts: Counts, on: date, names: Names) -> list[Part]:
    """The line above the table: all measures in sight, whatever the filters, with the names of that day."""
    longest = scope.measures_on(on).overdue(on).order_by("deadline", "number").first() if counts.overdue else None
    department = names.departments.get(longest.lead_department_id) if longest else None
    return ledger_sentence(
        counts, longest, department.name if department else "",
        on=on, soon_days=scope.campaign.due_soon_days, this_year=dates.today().year,
    )  # fmt: skip


def _in_force(request: SignedRequest, form: LedgerFilterForm) -> list[dict[str, Any]]:
    """The filters in force in words, each with the address without it."""
    kept = form.chosen | ({"on": form.day.isoformat()} if form.day != form.today else {})
    found = []
    for name in kept:
        rest = urlencode({key: value for key, value in kept.items() if key != name})
        value = form.day.isoformat() if name == "on" else form.in_words(name)
        found.append({"label": form.fields[name].label, "value": value, "url": f"{request.path}?{rest}"})
    return found
