"""The issue's page: the feedback's own words, its measures, the computed state beside the leading group's verdict."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.decorators import SignedRequest, form_page, note_refusal
from accounts.models import User
from accounts.versioned import status_of
from findings import access, dates
from findings.choices import IssueState
from findings.figures import IssueStanding, answers_standing, issue_standings, scope_of
from findings.forms.lookback import VerdictForm
from findings.models import Issue, IssueVerdict, Measure, RecommendationLink
from findings.views.chosen import settle_campaign
from findings.views.verbs import done
from findings.workflow import lookback
from findings.workflow.outlook import disagreement, issue_outlook


@form_page
def issue_detail(request: SignedRequest, pk: int) -> HttpResponse:
    """An issue in sight; the head of the leading group gives the verdict here."""
    issue = get_object_or_404(Issue.objects.visible_to(request.user).select_related("campaign__court", "area"), pk=pk)
    settle_campaign(request, issue.campaign)
    today = dates.today()
    refusal = lookback.decision_refusal(issue, request.user, today)
    form = VerdictForm(request.POST) if request.method == "POST" else VerdictForm(initial={"decided_on": today})
    if request.method == "POST":
        if refusal:
            note_refusal(request, refusal)
        if form.is_valid() and done(request, form, lambda: lookback.decide_issue(
            issue, by=request.user, **form.cleaned_data
        )):  # fmt: skip
            messages.success(request, _("The verdict is on record."))
            return redirect("issue_detail", pk=issue.pk)
    on = issue.campaign.as_of(today)
    standing = _standing(issue, request.user, on)
    return render(request, "findings/issue_detail.html", {
        "issue": issue, "campaign": issue.campaign, "on": on, "standing": standing, "words": _words(standing),
        "outlook": issue_outlook(issue, today, standing=standing), "disagreement": disagreement(standing, today),
        "rows": _measures(issue, request.user, on), "verdicts": _verdicts(issue, request.user),
        "form": form, "refusal": refusal,
        "sees_all": access.courts_of(request.user) & {issue.campaign.court_id},
    }, status=status_of(form))  # fmt: skip


def _standing(issue: Issue, user: User, on: date) -> IssueStanding:
    """Over all measures, whoever looks; those of a recommendation are the ones that answer it."""
    found = issue_standings(scope_of(issue.campaign, user), on).get(issue.pk)
    return found or answers_standing(issue, on)


def _words(standing: IssueStanding) -> dict[str, str]:
    """State and verdict as words."""
    labels = {"": "", **{state.value: str(state.label) for state in IssueState}}
    return {"state": labels[standing.state], "verdict": labels[standing.verdict]}


def _measures(issue: Issue, user: User, on: date) -> QuerySet[Measure]:
    """The measures of the issue, or those that answer the recommendation, that are in sight."""
    links = RecommendationLink.objects.filter(recommendation=issue).at(on).filter(is_active=True)
    answers = list(links.order_by().values_list("measure_id", flat=True))
    rows = Measure.objects.visible_to(user)
    rows = rows.filter(pk__in=answers) if issue.area_id is None else rows.filter(issue=issue)
    return rows.at(on).in_plan(on).with_excuse().select_related("lead_department").order_by("number")


def _verdicts(issue: Issue, user: User) -> Any:
    """All verdicts on the issue with who put them on record, the newest first."""
    seen = IssueVerdict.objects.visible_to(user).filter(issue=issue).order_by().values("pk")
    return IssueVerdict.history.filter(id__in=seen).select_related("history_user").order_by("-decided_on", "-id")
