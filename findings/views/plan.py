"""The plan as a tree, and the forms of its areas, issues and recommendations."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.decorators import SignedRequest, form_page
from accounts.models import User
from accounts.versioned import status_of
from findings import access, dates
from findings.choices import IssueKind
from findings.forms.plan import AreaForm, IssueForm, PlanForm, RecommendationForm
from findings.models import (
    Area,
    AssistingDepartment,
    Campaign,
    Issue,
    Measure,
    MeasureSuccessor,
    RecommendationLink,
)
from findings.views.campaign import demand_office, may_edit, office_campaign_or_404, sent
from findings.views.chosen import campaign_or_404, settle_campaign
from findings.views.verbs import done
from findings.workflow import plan
from findings.workflow.amend import PLAN


@require_safe
def plan_detail(request: SignedRequest, slug: str) -> HttpResponse:
    """Areas, issues, measures and recommendations in sight, as they stand today."""
    campaign, today = campaign_or_404(request, slug), dates.today()
    measures = _measures(request.user, campaign)
    in_plan: list[Measure] = []
    retired: list[Measure] = []
    for row in measures:
        (in_plan if dates.is_in_plan(retired_on=row.retired_on, on=today) else retired).append(row)
    return render(request, "findings/plan_detail.html", {
        "campaign": campaign, "on": campaign.as_of(today), "may_edit": may_edit(request.user, campaign, today),
        "sees_all": campaign.court_id in access.courts_of(request.user),
        "areas": _tree(request.user, campaign, in_plan),
        "recommendations": _recommendations(request.user, campaign, in_plan),
        "retired": retired,
        "amendable": {row.pk for row in in_plan if not PLAN["amend"].refusal(request.user, row, today)},
    })  # fmt: skip


@form_page
def area_create(request: SignedRequest, slug: str) -> HttpResponse:
    """Add an area."""
    campaign = office_campaign_or_404(request, slug)
    form = AreaForm(None, *sent(request), is_approved=_is_approved(campaign))
    return _answer(request, campaign, form, _("Add an area"),
                   lambda: plan.add_area(campaign, by=request.user, **form.values()))  # fmt: skip


@form_page
def area_edit(request: SignedRequest, pk: int) -> HttpResponse:
    """Change an area's title."""
    area = get_object_or_404(Area.objects.visible_to(request.user).select_related("campaign"), pk=pk)
    campaign = _own(request, area.campaign)
    form = AreaForm(area, *sent(request), is_approved=_is_approved(campaign))
    title = _("Change area %(number)s") % {"number": area.number}
    return _answer(request, campaign, form, title, lambda: plan.edit_area(
        area, by=request.user, version=form.cleaned_data["version"], **form.values()
    ), f"area-{area.number}")  # fmt: skip


@form_page
def issue_create(request: SignedRequest, pk: int) -> HttpResponse:
    """Add an issue to an area."""
    area = get_object_or_404(Area.objects.visible_to(request.user).select_related("campaign"), pk=pk)
    campaign = _own(request, area.campaign)
    form = IssueForm(None, *sent(request), campaign=campaign, is_approved=_is_approved(campaign),
                     initial={"area": area})  # fmt: skip

    def add() -> Issue:
        values = form.values()
        return plan.add_issue(values.pop("area"), by=request.user, **values)

    return _answer(request, campaign, form, _("Add an issue"), add, f"area-{area.number}")


@form_page
def issue_edit(request: SignedRequest, pk: int) -> HttpResponse:
    """Change an issue or a recommendation."""
    issue = get_object_or_404(Issue.objects.visible_to(request.user).select_related("campaign", "area"), pk=pk)
    campaign = _own(request, issue.campaign)
    facts = {"is_approved": _is_approved(campaign)}
    if issue.kind == IssueKind.RECOMMENDATION:
        advice = _recommendation_form(request, campaign, issue)
        title = _("Change recommendation %(number)s") % {"number": issue.number}
        return _answer(request, campaign, advice, title, lambda: plan.edit_recommendation(
            issue, by=request.user, version=advice.cleaned_data["version"], **advice.values()
        ), "recommendations")  # fmt: skip
    form = IssueForm(issue, *sent(request), campaign=campaign, **facts)
    title = _("Change issue %(number)s") % {"number": issue.number}
    return _answer(request, campaign, form, title, lambda: plan.edit_issue(
        issue, by=request.user, version=form.cleaned_data["version"], **form.values()
    ), f"issue-{issue.number}")  # fmt: skip


@form_page
def recommendation_create(request: SignedRequest, slug: str) -> HttpResponse:
    """Add a recommendation and the measures that answer it."""
    campaign = office_campaign_or_404(request, slug)
    form = _recommendation_form(request, campaign, None)
    return _answer(request, campaign, form, _("Add a recommendation"),
                   lambda: plan.add_recommendation(campaign, by=request.user, **form.values()),
                   "recommendations")  # fmt: skip


@dataclass
class IssueBranch:
    """An issue with its measures."""

    issue: Issue
    measures: list[Measure] = field(default_factory=list)


@dataclass
class AreaBranch:
    """An area with its issues."""

    area: Area
    issues: list[IssueBranch] = field(default_factory=list)


@dataclass(frozen=True)
class Advice:
    """A recommendation with the measures in sight that answer it."""

    issue: Issue
    answers: list[Measure]


def plan_url(campaign: Campaign, anchor: str = "") -> str:
    """The plan's page, at one of its rows."""
    return reverse("plan_detail", args=[campaign.slug]) + (f"#{anchor}" if anchor else "")


def _measures(user: User, campaign: Campaign) -> Any:
    """With those that were taken out, and what followed them."""
    helpers = AssistingDepartment.objects.filter(is_active=True).select_related("department")
    rows = Measure.objects.visible_to(user).filter(campaign=campaign)
    return (
        rows.select_related("campaign", "lead_department", "lead_leader")
        .order_by("number")
        .prefetch_related(
            Prefetch("assisting", helpers), Prefetch("successors", MeasureSuccessor.objects.select_related("successor"))
        )
    )


def _tree(user: User, campaign: Campaign, measures: list[Measure]) -> list[AreaBranch]:
    areas: dict[int | None, AreaBranch] = {
        row.pk: AreaBranch(row) for row in Area.objects.visible_to(user).filter(campaign=campaign)
    }
    issues: dict[int, IssueBranch] = {}
    for row in Issue.objects.visible_to(user).filter(campaign=campaign, kind=IssueKind.FINDING):
        issues[row.pk] = IssueBranch(row)
        areas[row.area_id].issues.append(issues[row.pk])
    for measure in measures:
        issues[measure.issue_id].measures.append(measure)
    return list(areas.values())


def _recommendations(user: User, campaign: Campaign, measures: list[Measure]) -> list[Advice]:
    rows = Issue.objects.visible_to(user).filter(campaign=campaign, kind=IssueKind.RECOMMENDATION)
    links = RecommendationLink.objects.filter(is_active=True)
    by_pk = {measure.pk: measure for measure in measures}
    return [
        Advice(row, [by_pk[link.measure_id] for link in row.answers.all() if link.measure_id in by_pk])
        for row in rows.prefetch_related(Prefetch("answers", links.order_by("measure__number")))
    ]


def _recommendation_form(request: SignedRequest, campaign: Campaign, row: Issue | None) -> RecommendationForm:
    measures = Measure.objects.visible_to(request.user).filter(campaign=campaign).order_by("number")
    links = RecommendationLink.objects.filter(recommendation=row, is_active=True)
    known = list(measures.filter(pk__in=links.values("measure_id"))) if row else []
    offered = measures.filter(dates.in_plan_q(dates.today()) | Q(pk__in=[measure.pk for measure in known]))
    return RecommendationForm(
        row, *sent(request), is_approved=_is_approved(campaign), answers=known, measures=offered
    )  # fmt: skip


def _own(request: SignedRequest, campaign: Campaign) -> Campaign:
    """The campaign of a row in sight, for its office."""
    settle_campaign(request, campaign)
    demand_office(request, campaign)
    return campaign


def _is_approved(campaign: Campaign) -> bool:
    return campaign.is_approved(dates.today())


def _answer(
    request: SignedRequest, campaign: Campaign, form: PlanForm, title: str, verb: Callable[[], object],
    anchor: str = "",
) -> HttpResponse:  # fmt: skip
    """The page of one form of the plan; what was saved is seen in the tree."""
    if form.is_bound and form.is_valid() and done(request, form, verb):
        messages.success(request, _("The plan is saved."))
        return redirect(plan_url(campaign, anchor))
    context = {"campaign": campaign, "form": form, "title": title, "act": _("Save"), "back": plan_url(campaign, anchor)}
    return render(request, "findings/plan_form.html", context, status=status_of(form))
