"""Accountability: who was held to account. For all but chief, office and discipline group it is not there."""

from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from accounts import exporting
from accounts.decorators import SignedRequest, form_page, refuse
from accounts.exporting import Column
from accounts.paging import page_of
from accounts.roles import RoleCode
from accounts.versioned import status_of
from findings import access, dates
from findings.figures.supervision import accountability_counts
from findings.forms.accountability import AccountabilityForm
from findings.models import Accountability, Campaign
from findings.views.chosen import campaign_or_404, settle_campaign
from findings.views.verbs import done
from findings.workflow.accountability import accountability_refusal, amend_accountability, record_accountability

COLUMNS = (
    Column(gettext_lazy("decided on"), lambda row: row.decided_on, 12),
    Column(gettext_lazy("department"), lambda row: row.department.name, 24),
    Column(gettext_lazy("measure number"), lambda row: row.measure.number if row.measure else None, 8),
    Column(gettext_lazy("kind"), lambda row: row.get_kind_display(), 18),
    Column(gettext_lazy("persons"), lambda row: row.persons, 8),
    Column(gettext_lazy("reason"), lambda row: row.reason, 60),
)


def sees_accountability(request: SignedRequest, campaign: Campaign) -> bool:
    """Whether the page is there for this person."""
    roles = {RoleCode.CHIEF, RoleCode.OFFICE, RoleCode.INSPECTOR}
    return campaign.court_id in access.courts_of(request.user, roles)


@require_safe
def accountability_list(request: SignedRequest, slug: str) -> HttpResponseBase:
    """The decisions of a campaign, the newest first."""
    campaign = _own_campaign(request, slug)
    on = campaign.as_of(dates.today())
    seen = Accountability.objects.visible_to(request.user).filter(campaign=campaign)
    rows = seen.select_related("department", "measure")
    if request.GET.get("format") == "xlsx":
        return exporting.respond(request, pgettext("page", "Accountability"), COLUMNS, rows, about=campaign)
    return render(request, "findings/accountability_list.html", {
        "campaign": campaign, "on": on, "page": page_of(request, rows), "counts": accountability_counts(seen, on),
        "refusal": accountability_refusal(request.user, campaign, dates.today()),
    })  # fmt: skip


@form_page
def accountability_new(request: SignedRequest, slug: str) -> HttpResponse:
    """Put a decision on record."""
    campaign = _own_campaign(request, slug)
    _demand(request, campaign)
    data = [request.POST] if request.method == "POST" else []
    form = AccountabilityForm(*data, campaign=campaign, is_new=True, initial={"version": 0, "persons": 1})
    if form.is_valid() and done(request, form, lambda: record_accountability(
        campaign, by=request.user, **form.values()
    )):  # fmt: skip
        return redirect("accountability_list", campaign.slug)
    return _page(request, campaign, form)


@form_page
def accountability_edit(request: SignedRequest, pk: int) -> HttpResponse:
    """Correct a record, with a reason."""
    rows = Accountability.objects.visible_to(request.user).select_related("campaign", "department", "measure")
    row = get_object_or_404(rows, pk=pk)
    settle_campaign(request, row.campaign)
    _demand(request, row.campaign)
    form = AccountabilityForm.of(row, *([request.POST] if request.method == "POST" else []))
    if form.is_valid() and done(request, form, lambda: _amend(row, form, request)):
        return redirect("accountability_list", row.campaign.slug)
    return _page(request, row.campaign, form)


def _page(request: SignedRequest, campaign: Campaign, form: AccountabilityForm) -> HttpResponse:
    context: dict[str, Any] = {"campaign": campaign, "form": form}
    return render(request, "findings/accountability_form.html", context, status=status_of(form))


def _own_campaign(request: SignedRequest, slug: str) -> Campaign:
    campaign = campaign_or_404(request, slug)
    if not sees_accountability(request, campaign):
        raise Http404(slug)
    return campaign


def _demand(request: SignedRequest, campaign: Campaign) -> None:
    refusal = accountability_refusal(request.user, campaign, dates.today())
    if refusal:
        refuse(request, refusal)


def _amend(row: Accountability, form: AccountabilityForm, request: SignedRequest) -> Accountability:
    sent = form.cleaned_data
    return amend_accountability(row, by=request.user, version=sent["version"], note=sent["note"], **form.values())
