"""Campaigns: the list, the page of one, and the forms that open, change, approve and close it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from accounts import exporting
from accounts.decorators import SignedRequest, form_page, refuse, requires
from accounts.exporting import Column
from accounts.models import Department, User
from accounts.paging import page_of
from accounts.roles import RoleCode, Verb
from accounts.versioned import VersionedForm, status_of
from accounts.words import joined
from findings import access, dates
from findings.choices import Stage, stages_of
from findings.figures import Total, by_area, declared_totals, measure_counts, scope_of
from findings.forms.plan import CampaignForm, DayForm
from findings.models import Campaign
from findings.views.chosen import campaign_or_404, campaigns_of
from findings.views.verbs import done
from findings.workflow import plan
from findings.workflow.campaign_outlook import campaign_outlook, plan_counted

TOTALS = {
    "areas": pgettext_lazy("total", "areas"),
    "issues": pgettext_lazy("total", "issues"),
    "measures": pgettext_lazy("total", "measures"),
}
_COLUMNS = (
    Column(gettext_lazy("campaign"), lambda row: row.title, 40),
    Column(gettext_lazy("court"), lambda row: str(row.court), 24),
    Column(gettext_lazy("kind of source"), lambda row: row.get_source_display(), 14),
    Column(gettext_lazy("inspecting body"), lambda row: row.inspecting_body, 30),
    Column(gettext_lazy("feedback"), lambda row: row.feedback_on, 12),
    Column(gettext_lazy("plan approved"), lambda row: row.plan_approved_on, 12),
    Column(gettext_lazy("end of the concentrated phase"), lambda row: row.concentrated_until, 14),
    Column(pgettext_lazy("campaign", "closed on"),
           lambda row: row.closed_on if row.is_closed(dates.today()) else None, 12),
)  # fmt: skip


@require_safe
@requires(Verb.VIEW_DASHBOARD)
def campaign_list(request: SignedRequest) -> HttpResponseBase:
    """The campaigns in sight, the newest first, or their file with ``?format=xlsx``."""
    today, rows = dates.today(), campaigns_of(request)
    if request.GET.get("format") == "xlsx":
        return exporting.respond(request, _("Campaigns"), _COLUMNS, rows)
    page = page_of(request, rows)
    return render(request, "findings/campaign_list.html", {
        "page": page, "rows": [(campaign, campaign.is_closed(today)) for campaign in page],
        "may_open": bool(access.courts_of(request.user, {RoleCode.OFFICE})),
    })  # fmt: skip


@require_safe
def campaign_detail(request: SignedRequest, slug: str) -> HttpResponse:
    """What a campaign is, what it waits for, and whether its plan is whole."""
    campaign, today = campaign_or_404(request, slug), dates.today()
    on = campaign.as_of(today)
    counts = measure_counts(scope_of(campaign, None), on)
    return render(request, "findings/campaign_detail.html", {
        "campaign": campaign, "on": on, "outlook": campaign_outlook(campaign, today, counts=counts),
        "closure_stages": _stages(campaign.closure_stages), "extension_stages": _stages(campaign.extension_stages),
        "totals": _totals(campaign, request.user, on), "areas": by_area(scope_of(campaign, request.user), on),
        "may_edit": may_edit(request.user, campaign, today), "plan_counted": plan_counted(campaign),
    })  # fmt: skip


@form_page
def campaign_create(request: SignedRequest) -> HttpResponse:
    """Open the ledger of another inspection."""
    own = access.courts_of(request.user, {RoleCode.OFFICE})
    if not own:
        refuse(request, "create_campaign")
    courts = Department.objects.filter(pk__in=own)
    form = CampaignForm(None, *sent(request), courts=courts)
    made: list[Campaign] = []

    def create() -> None:
        made.append(plan.create_campaign(by=request.user, **form.values()))

    if form.is_bound and form.is_valid() and done(request, form, create):
        messages.success(request, _("The campaign is open; now its plan can be entered."))
        return redirect("plan_detail", slug=made[0].slug)
    context = {"form": form, "campaign": None, "back": reverse("campaign_list")}
    return render(request, "findings/campaign_form.html", context, status=status_of(form))


@form_page
def campaign_edit(request: SignedRequest, slug: str) -> HttpResponse:
    """Change days, chains, thresholds and declared totals."""
    campaign = office_campaign_or_404(request, slug)
    form = CampaignForm(campaign, *sent(request), is_approved=campaign.is_approved(dates.today()))

    def edit() -> None:
        plan.edit_campaign(campaign, by=request.user, version=form.cleaned_data["version"], **form.values())

    if form.is_bound and form.is_valid() and done(request, form, edit):
        messages.success(request, _("The campaign is saved."))
        return redirect("campaign_detail", slug=slug)
    context = {"form": form, "campaign": campaign, "back": reverse("campaign_detail", args=[slug])}
    return render(request, "findings/campaign_form.html", context, status=status_of(form))


@form_page
def campaign_approve(request: SignedRequest, slug: str) -> HttpResponse:
    """Put the day of the plan's approval on record."""
    campaign = office_campaign_or_404(request, slug)
    needs_reason = campaign.is_approved(dates.today())
    form = DayForm(*sent(request), needs_reason=needs_reason, label=_("day of approval"))

    def act() -> None:
        plan.approve_plan(campaign, by=request.user, **form.cleaned_data)

    if form.is_bound and form.is_valid() and done(request, form, act):
        messages.success(request, _("The approval is on record. From now on a change of the plan has a reason."))
        return redirect("campaign_detail", slug=slug)
    return _day_page(request, campaign, form, _("Record the approval of the plan"), _(
        "From the approval on, texts and owners are changed with a reason, and deadlines only by a signed request."
    ), _differences(campaign))  # fmt: skip


@form_page
def campaign_close(request: SignedRequest, slug: str) -> HttpResponse:
    """End a campaign; what is still open is said first."""
    campaign = office_campaign_or_404(request, slug)
    counts = measure_counts(scope_of(campaign, None), dates.today())
    form = DayForm(*sent(request), label=_("last day"))

    def act() -> None:
        plan.close_campaign(campaign, by=request.user, **form.cleaned_data)

    if form.is_bound and form.is_valid() and done(request, form, act):
        messages.success(request, _("The campaign is closed."))
        return redirect("campaign_detail", slug=slug)
    return _day_page(request, campaign, form, _("Close the campaign"), _(
        "After its last day a campaign can only be read: no period, reminder or light any more. Of %(all)s measures "
        "%(open)s are not closed."
    ) % {"all": counts.measures, "open": counts.open})  # fmt: skip


@dataclass(frozen=True)
class TotalRow:
    """A declared total with its name."""

    label: str
    total: Total


def may_edit(user: User, campaign: Campaign, on: date) -> bool:
    """Whether the pages offer the forms of the plan."""
    return access.is_office_of(user, campaign.court_id) and not campaign.is_closed(on)


def office_campaign_or_404(request: SignedRequest, slug: str) -> Campaign:
    """A campaign in sight for its own office; others are refused."""
    campaign = campaign_or_404(request, slug)
    demand_office(request, campaign)
    return campaign


def demand_office(request: SignedRequest, campaign: Campaign) -> None:
    """Answer 403 to who is not of the campaign's office."""
    if not access.is_office_of(request.user, campaign.court_id):
        refuse(request, "edit_plan")


def sent(request: SignedRequest) -> tuple[Any, ...]:
    """What a form is bound to: nothing before it was sent."""
    return (request.POST,) if request.method == "POST" else ()


def _stages(stages: str) -> list[str]:
    return [str(Stage(stage).label) for stage in stages_of(stages)]


def _totals(campaign: Campaign, user: User, on: date) -> list[TotalRow]:
    """Only for who sees the court whole: the totals are those of the whole."""
    if campaign.court_id not in access.courts_of(user):
        return []
    return [TotalRow(str(TOTALS[total.name]), total) for total in declared_totals(campaign, on)]


def _differences(campaign: Campaign) -> str:
    """Where the plan differs from the declared totals, in one sentence; "" where it does not."""
    found = [row for row in declared_totals(campaign, dates.today()) if row.difference]
    words = [
        _("%(what)s: %(declared)s declared, %(found)s found")
        % {"what": TOTALS[row.name], "declared": row.declared, "found": row.found}
        for row in found
    ]
    return _("The plan differs from the declared totals. %(list)s.") % {"list": joined(words)} if words else ""


def _day_page(
    request: SignedRequest, campaign: Campaign, form: DayForm | VersionedForm, title: str, words: str,
    warning: str = "",
) -> HttpResponse:  # fmt: skip
    context = {"campaign": campaign, "form": form, "title": title, "words": words, "act": title, "warning": warning,
               "back": reverse("campaign_detail", args=[campaign.slug])}  # fmt: skip
    return render(request, "findings/plan_form.html", context, status=status_of(form))
