"""Look-back rounds (回头看): the list with the draw, a round with its sample, and its check sheet for the site."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_safe

from accounts import exporting
from accounts.decorators import SignedRequest, form_page, refuse, requires
from accounts.exporting import Column
from accounts.models import User
from accounts.roles import Verb
from accounts.versioned import status_of
from findings import access, dates
from findings.choices import RecheckVerdict, SheetAnswer
from findings.figures import (
    IssueStanding,
    RoundResult,
    Scope,
    disagreements,
    issue_standings,
    measure_counts,
    reopened_measures,
    round_results,
    scope_of,
)
from findings.figures.sentences import lookback_sentence
from findings.forms.lookback import DrawForm
from findings.models import Evidence, Issue, LookbackRound, Recheck
from findings.views.chosen import campaign_or_404, day_of, settle_campaign
from findings.views.verbs import done
from findings.workflow import lookback
from findings.workflow.outlook import disagreement, round_outlook
from findings.workflow.step import Offer, offered

_COLUMNS = (
    Column(gettext_lazy("no."), lambda row: row.round.number, 6),
    Column(gettext_lazy("round"), lambda row: row.round.title, 30),
    Column(gettext_lazy("drawn on"), lambda row: row.round.drawn_on, 12),
    Column(gettext_lazy("to be checked by"), lambda row: row.round.due_on, 12),
    Column(pgettext_lazy("look-back", "drawn"), lambda row: row.result.drawn, 8),
    Column(pgettext_lazy("look-back", "checked"), lambda row: row.result.made, 8),
    Column(pgettext_lazy("look-back verdict", "held"), lambda row: row.result.held, 8),
    Column(pgettext_lazy("look-back verdict", "relapsed"), lambda row: row.result.relapsed, 8),
    Column(pgettext_lazy("look-back verdict", "never truly done"), lambda row: row.result.not_done, 10),
    Column(gettext_lazy("concluded on"), lambda row: row.round.concluded_on, 12),
)


@form_page
@requires(Verb.VIEW_DASHBOARD)
def lookback_list(request: SignedRequest, slug: str) -> HttpResponseBase:
    """The rounds of a campaign and what they found by a day, or their file; the office draws the next one here."""
    campaign, today = campaign_or_404(request, slug), dates.today()
    on = campaign.as_of(day_of(request, "on", campaign, today))
    found = _found(request.user, scope_of(campaign, request.user), on)
    if request.GET.get("format") == "xlsx":
        return exporting.respond(request, pgettext("page", "Look-back"), _COLUMNS, found["rows"], about=campaign)
    is_past, may_draw = on < campaign.as_of(today), access.is_office_of(request.user, campaign.court_id)
    if request.method == "POST" and not may_draw:
        refuse(request, "draw_round")
    form = DrawForm(request.POST) if request.method == "POST" else DrawForm(initial={"seed": lookback.new_seed()})
    if request.method == "POST" and form.is_valid():
        kept: list[LookbackRound] = []
        if done(request, form, lambda: kept.append(
            lookback.draw_round(campaign, by=request.user, **form.cleaned_data)
        )):  # fmt: skip
            messages.success(request, _("The round is drawn."))
            return redirect("lookback_detail", pk=kept[0].pk)
    context = found | {
        "campaign": campaign, "on": on, "is_past": is_past, "form": form,
        "may_draw": may_draw and not is_past and not campaign.is_closed(today),
    }  # fmt: skip
    return render(request, "findings/lookback_list.html", context, status=status_of(form))


@require_safe
def lookback_detail(request: SignedRequest, pk: int) -> HttpResponse:
    """One round: its draw and how to redo it, its sample and what was found."""
    row, on = _round(request, pk), dates.today()
    rechecks = _rechecks(row, request.user)
    result = round_results(LookbackRound.objects.filter(pk=row.pk), row.campaign.as_of(on)).get(row.pk, RoundResult())
    return render(request, "findings/lookback_detail.html", {
        "round": row, "campaign": row.campaign, "on": row.campaign.as_of(on), "result": result,
        "outlook": round_outlook(row, on, result=result), "is_as_drawn": lookback.is_as_drawn(row),
        "rows": [RecheckRow(recheck, _offer(request.user, recheck, on)) for recheck in rechecks],
        "keys": _keys(row),
        "offers": [_link(offer, "round_step", row.pk) for offer in offered(request.user, row, lookback.ROUND_STEPS,
                                                                          on=on)],
    })  # fmt: skip


@require_safe
def lookback_sheet(request: SignedRequest, pk: int) -> HttpResponse:
    """The check sheet to take along: one block a measure, with its evidence and room for the answers."""
    row = _round(request, pk)
    evidence = Evidence.objects.visible_to(request.user).in_force().order_by("created_at", "pk")
    rechecks = _rechecks(row, request.user).prefetch_related(Prefetch("measure__evidence", evidence))
    return render(request, "findings/lookback_sheet.html", {
        "round": row, "campaign": row.campaign, "rows": rechecks,
        "choices": SheetAnswer.choices, "verdicts": RecheckVerdict.choices,
    })  # fmt: skip


@dataclass(frozen=True)
class RoundRow:
    """One round of the list with what it has found."""

    round: LookbackRound
    result: RoundResult


@dataclass(frozen=True)
class RecheckRow:
    """One measure of the sample with the step that the reader may take."""

    recheck: Recheck
    offer: dict[str, Any]


@dataclass(frozen=True)
class DifferingRow:
    """An issue that the leading group judges otherwise than its measures do."""

    issue: Issue
    standing: IssueStanding
    words: str


def _found(user: User, scope: Scope, on: date) -> dict[str, Any]:
    """Rounds, reopened measures and differing verdicts of a day, and the sentence above them."""
    rounds = LookbackRound.objects.visible_to(user).filter(campaign=scope.campaign)
    results = round_results(rounds, on)
    rows = [RoundRow(row, results[row.id]) for row in rounds.at(on).filter(drawn_on__lte=on).order_by("-number")]
    standings, reopened = issue_standings(scope, on), reopened_measures(scope, on)
    differing = {pk: standing for pk, standing in standings.items() if standing.disagrees}
    issues = scope.issues.at(on).filter(id__in=list(differing)).order_by("number")
    return {
        "rows": rows, "reopened": reopened, "closed": measure_counts(scope, on).closed,
        "differing": [DifferingRow(row, differing[row.id], disagreement(differing[row.id], on)) for row in issues],
        "sentence": lookback_sentence(
            [row.result for row in rows], reopened=len(reopened), differing=disagreements(standings), on=on,
            this_year=dates.today().year,
        ),
    }  # fmt: skip


def _round(request: SignedRequest, pk: int) -> LookbackRound:
    rows = LookbackRound.objects.visible_to(request.user).select_related("campaign__court")
    row: LookbackRound = get_object_or_404(rows, pk=pk)
    settle_campaign(request, row.campaign)
    return row


def _rechecks(row: LookbackRound, user: User) -> QuerySet[Recheck]:
    rows = Recheck.objects.visible_to(user).filter(round=row).order_by("measure__number")
    related = ("round", "checked_by", "measure__campaign", "measure__issue", "measure__lead_department",
               "measure__lead_leader")  # fmt: skip
    return rows.select_related(*related).prefetch_related("measure__closure_requests")


def _keys(row: LookbackRound) -> list[tuple[int, str, bool]]:
    """Each number that could be drawn with its key, in the order of the draw, and whether it was drawn."""
    order = lookback.drawn(row.seed, row.drawn_from, len(row.drawn_from))
    return [(number, lookback.draw_key(row.seed, number), place < row.size) for place, number in enumerate(order)]


def _offer(user: User, recheck: Recheck, on: date) -> dict[str, Any]:
    """The step of a re-check that is still to be made, or the correction of one that is made; {} where none is open."""
    step = lookback.RECHECK["correct" if recheck.verdict else "record"]
    offer = Offer(step, step.refusals(user, recheck, on))
    return {} if recheck.verdict and not offer.is_open else _link(offer, "recheck_step", recheck.pk)


def _link(offer: Offer, route: str, pk: int) -> dict[str, Any]:
    return {
        "label": str(offer.step.label),
        "url": reverse(route, args=[pk, offer.step.name]),
        "refusal": offer.refusal,
        "primary": True,
    }
