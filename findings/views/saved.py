"""What a person keeps of the ledger: choosing columns, saving a view under a name, changing and withdrawing it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.decorators import SignedRequest, form_page, note_refusal
from accounts.versioned import status_of
from findings.forms.saved import ColumnsForm, NewViewForm, ViewForm
from findings.models import Campaign, SavedView
from findings.views.chosen import campaign_or_404, settle_campaign
from findings.views.ledger_columns import KIND, USUAL, choosable, in_order
from findings.views.verbs import done
from findings.workflow import saved
from findings.workflow.step import Denied


@require_POST
def ledger_columns(request: SignedRequest, slug: str) -> HttpResponse:
    """Remember the columns of the ledger for this person, in every campaign."""
    campaign = campaign_or_404(request, slug)
    form = ColumnsForm(request.POST, choices=choosable())
    if form.is_valid():
        chosen = [] if in_order(form.chosen) == USUAL else form.chosen
        saved.choose_columns(KIND, chosen, by=request.user)
        return _to_ledger(campaign, form.cleaned_data["query"])
    messages.error(request, _("These columns are not known here; nothing was changed."))
    return _to_ledger(campaign, "")


@require_POST
def view_new(request: SignedRequest, slug: str) -> HttpResponse:
    """Keep the filters and columns of the page under a name."""
    campaign = campaign_or_404(request, slug)
    form = NewViewForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data | {"columns": list(in_order(form.cleaned_data["columns"]))}
        made: list[SavedView] = []
        if done(request, form, lambda: made.append(saved.save_view(campaign, KIND, by=request.user, **values))):
            messages.success(request, _("The view is saved; it stands under “Views”."))
            return _to_ledger(campaign, address_of(made[0]))
    return render(request, "findings/view_form.html", {"form": form, "campaign": campaign}, status=status_of(form))


@form_page
def view_edit(request: SignedRequest, pk: int) -> HttpResponse:
    """Rename an own view, share it or keep it for oneself."""
    view, campaign = _own_view(request, pk)
    initial = {"name": view.name, "is_shared": view.is_shared, "version": view.version}
    form = ViewForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and done(request, form, lambda: saved.change_view(
        view, by=request.user, **form.cleaned_data)):  # fmt: skip
        return _to_ledger(campaign, address_of(view))
    context = {"form": form, "campaign": campaign, "view": view}
    return render(request, "findings/view_form.html", context, status=status_of(form))


@require_POST
def view_withdraw(request: SignedRequest, pk: int) -> HttpResponse:
    """Take an own view out of the lists."""
    view, campaign = _own_view(request, pk)
    try:
        saved.withdraw_view(view, by=request.user)
        messages.success(request, _("The view “%(name)s” is withdrawn.") % {"name": view.name})
    except Denied as denied:  # in another window it was withdrawn a moment ago
        note_refusal(request, str(denied))
        messages.error(request, str(denied))
    return _to_ledger(campaign, "")


def address_of(view: SavedView) -> str:
    """The query of the ledger that opens a view."""
    return "&".join(filter(None, (view.query, f"view={view.pk}")))


def _own_view(request: SignedRequest, pk: int) -> tuple[SavedView, Campaign]:
    """An own view that still stands, of a campaign in sight, else 404."""
    rows = SavedView.objects.visible_to(request.user).filter(person=request.user)
    campaigns = Campaign.objects.visible_to(request.user)
    view = get_object_or_404(rows.filter(campaign__in=campaigns.values("pk")), pk=pk)
    campaign = get_object_or_404(campaigns.select_related("court"), pk=view.campaign_id)
    settle_campaign(request, campaign)
    return view, campaign


def _to_ledger(campaign: Campaign, query: str) -> HttpResponse:
    address = reverse("ledger", args=[campaign.slug])
    return redirect(f"{address}?{query}" if query else address)
