"""The ledger: area › issue › measure as one table, filtered by its address, on any day of the campaign."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.decorators import SignedRequest
from accounts.paging import ignored_of, page_of
from findings import access, dates
from findings.documents.export import KINDS
from findings.documents.exporting import Wish, filters_line
from findings.figures import Counts, Scope, issue_states, longest_overdue, measure_counts, scope_of
from findings.figures.narrowing import Names, names_of, narrowed
from findings.figures.sentences import Part, ledger_sentence
from findings.forms.ledger import DayForm, LedgerFilterForm
from findings.models import Campaign
from findings.views.chosen import campaign_or_404, campaigns_of, ledger_url
from findings.views.chosen import choice_of as known_word
from findings.views.jobs import take_list
from findings.views.ledger_columns import KIND, Choice, choice_of, choosable, meanings
from findings.views.ledger_rows import tree_of
from findings.views.saved import address_of

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
    rows, choice = narrowed(scope, day, form.chosen, names, states), choice_of(request, campaign)
    if request.GET.get("format") == "xlsx" and (wish := _wish(request, form, choice)):
        return take_list(request, scope, wish)
    page, counts = page_of(request, rows, PAGE), measure_counts(scope, day)
    return render(request, "findings/ledger.html", {
        "campaign": campaign, "campaigns": campaigns_of(request), "form": form, "on": day, "is_past": day < today,
        "page": page, "areas": tree_of(list(page.object_list), scope, day, names, states, choice),
        "filters": _in_force(request, form, choice), "counts": counts, **_tools(campaign, form, choice),
        "sentence": _sentence(scope, counts, day, names),
        "may_import": access.is_office_of(request.user, campaign.court_id),
        "lists": [kind for kind in KINDS.values() if kind.code != "ledger"],
    })  # fmt: skip


def _wish(request: SignedRequest, form: LedgerFilterForm, choice: Choice) -> Wish | None:
    """The list that the address asks for as a file, of the rows in filter on the day.

    With ``?columns=chosen`` the ledger goes out with the columns that the page shows, and no others; with
    ``?layout=flat`` nothing in it is merged. None where the address was not understood as a whole: nobody shall get
    another file than the one asked for. Raises Http404 for a list that there is not.
    """
    code = request.GET.get("list") or KIND
    if code not in KINDS:
        raise Http404(code)
    is_flat, is_chosen = known_word(request, "layout", ["flat"]), known_word(request, "columns", ["chosen"])
    if form.ignored or ignored_of(request):
        return None
    only = choice.in_file if code == KIND and is_chosen else ()
    said = filters_line((form.fields[name].label, form.in_words(name)) for name in form.chosen)
    return Wish(code, form.day, bool(is_flat), tuple(only), form.chosen, said)


def _sentence(scope: Scope, counts: Counts, on: date, names: Names) -> list[Part]:
    """The line above the table: all measures in sight, whatever the filters, with the names of that day."""
    longest = longest_overdue(scope, on) if counts.overdue else None
    department = names.departments.get(longest.lead_department_id) if longest else None
    return ledger_sentence(
        counts, longest, department.name if department else "",
        on=on, soon_days=scope.campaign.due_soon_days, this_year=dates.today().year,
    )  # fmt: skip


def _tools(campaign: Campaign, form: LedgerFilterForm, choice: Choice) -> dict[str, Any]:
    """What the chooser of columns and the list of views show."""
    meant, address = meanings(), ledger_url(campaign)
    return {
        "choice": choice,
        "columns": [(name, heading, meant[name], name in choice.names) for name, heading in choosable()],
        "views": [(view, f"{address}?{address_of(view)}") for view in choice.views],
        "query": urlencode(_kept(form)),
    }


def _kept(form: LedgerFilterForm) -> dict[str, Any]:
    """The filters in force as an address states them, the day where it is not the present one."""
    return form.chosen | ({"on": form.day.isoformat()} if form.day != form.today else {})


def _in_force(request: SignedRequest, form: LedgerFilterForm, choice: Choice) -> list[dict[str, Any]]:
    """The filters in force in words, each with the address without it."""
    kept, view = _kept(form), {"view": choice.view.pk} if choice.view else {}
    found = []
    for name in kept:
        rest = urlencode({key: value for key, value in (kept | view).items() if key != name})
        value = form.day.isoformat() if name == "on" else form.in_words(name)
        found.append({"label": form.fields[name].label, "value": value, "url": f"{request.path}?{rest}"})
    return found
