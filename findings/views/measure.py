"""The measure's page: what it is, where it stands, what it waits for and what happened to it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.decorators import SignedRequest
from accounts.models import User
from findings import access, dates
from findings.choices import Stage
from findings.models import (
    AssistingDepartment,
    Decision,
    Measure,
    ProgressUpdate,
    Request,
    RuleDocument,
    SupervisionNotice,
)
from findings.views.chosen import settle_campaign
from findings.views.timeline import Records
from findings.workflow.approval import REQUEST, REQUEST_STEPS
from findings.workflow.measure import MEASURE, MEASURE_STEPS
from findings.workflow.outlook import measure_outlook, request_name, waited_for
from findings.workflow.progress import PROGRESS_STEPS
from findings.workflow.step import Offer, offered


@require_safe
def measure_detail(request: SignedRequest, pk: int) -> HttpResponse:
    """Everything about one measure that is in sight."""
    measure = get_object_or_404(in_sight(request.user), pk=pk)
    settle_campaign(request, measure.campaign)
    today = dates.today()
    records = Records(measure)
    updates, requests = _updates(measure, request.user, today), _requests(measure, request.user, today)
    offers, refused = _offers(measure, request.user, today, updates, requests)
    return render(request, "findings/measure_detail.html", {
        "measure": measure, "campaign": measure.campaign, "on": measure.campaign.as_of(today),
        "outlook": measure_outlook(
            measure, today, updates=[row.update for row in updates], requests=[row.request for row in requests]
        ),
        "assisting": [row for row in measure.assisting.all() if row.is_active],
        "updates": updates, "requests": requests,
        "evidence": sorted(measure.evidence.all(), key=lambda row: (row.created_at, row.pk), reverse=True),
        "can_withdraw": not MEASURE["add_evidence"].refusal(request.user, measure, today),
        "documents": RuleDocument.objects.visible_to(request.user).filter(
            served__measure=measure, served__is_active=True
        ),
        "notices": SupervisionNotice.objects.visible_to(request.user).filter(measure=measure)
        if measure.has_notices
        else [],
        "offers": offers, "refused": refused,
        "moments": records.moments(),
    })  # fmt: skip


def in_sight(user: User) -> Any:
    """Measures as their page needs them."""
    rows = Measure.objects.visible_to(user).with_excuse()
    rows = rows.annotate(has_notices=Exists(SupervisionNotice.objects.filter(measure=OuterRef("pk"))))
    return rows.select_related("campaign__court", "issue__area", "lead_department", "lead_leader").prefetch_related(
        Prefetch("assisting", AssistingDepartment.objects.select_related("department"))
    )


@dataclass(frozen=True)
class UpdateRow:
    """One period's progress with the steps open to the reader."""

    update: ProgressUpdate
    steps: list[dict[str, Any]]
    is_own: bool


@dataclass(frozen=True)
class StageRow:
    """One stage of a request: what was decided there, or who is waited for."""

    label: str
    decisions: list[Decision]
    waits_for: str


@dataclass(frozen=True)
class RequestRow:
    """A request with its stages and the steps that the reader may or may not take."""

    request: Request
    name: str
    stages: list[StageRow]
    offers: list[dict[str, Any]]
    is_own: bool


def _updates(measure: Measure, user: User, on: date) -> list[UpdateRow]:
    found = []
    rows = sorted(measure.progress.all(), key=lambda row: (row.department.order, row.pk))
    for row in sorted(rows, key=lambda row: row.period.starts_on, reverse=True):
        offers = offered(user, row, PROGRESS_STEPS, on=on)
        is_own = access.is_member_of(user, row.department_id)
        found.append(UpdateRow(row, _links([o for o in offers if o.is_open], "progress_step", row.pk), is_own))
    return found


def _requests(measure: Measure, user: User, on: date) -> list[RequestRow]:
    found = []
    for relation, route in ((measure.closure_requests, "closure_step"), (measure.extensions, "extension_step")):
        for row in relation.all():
            offers = _links(offered(user, row, REQUEST_STEPS, on=on), route, row.pk) if row.stage else []
            is_own = access.is_member_of(user, measure.lead_department_id)
            found.append(RequestRow(row, request_name(row), _stages(row), offers, is_own))
    return sorted(found, key=lambda row: (row.request.created_at, row.request.pk), reverse=True)


def _stages(request: Request) -> list[StageRow]:
    rows = []
    for index, stage in enumerate(request.stage_list):
        decisions = [decision for decision in request.decisions.all() if decision.stage_index == index]
        is_now = bool(request.stage) and index == request.stage_index
        rows.append(StageRow(str(Stage(stage).label), decisions, waited_for(request) if is_now else ""))
    return rows


def _links(offers: list[Offer], route: str, pk: int) -> list[dict[str, Any]]:
    return [
        {
            "step": offer.step,
            "label": str(offer.step.label),
            "url": reverse(route, args=[pk, offer.step.name]),
            "refusal": offer.refusal,
            "primary": False,
        }
        for offer in offers
    ]


def _offers(
    measure: Measure, user: User, on: date, updates: list[UpdateRow], requests: list[RequestRow]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What can be done now, the first of it foremost; and what cannot, with the reason."""
    hanging = [
        offer if offer["step"] is REQUEST["withdraw"] else offer | {"label": f"{offer['label']} · {row.name}"}
        for row in requests
        for offer in row.offers
    ]  # withdrawing names the request in its own label, and no more than one is pending
    hanging += [
        step | {"label": f"{step['label']} · {row.update.period}"}
        for row in updates
        if not row.is_own
        for step in row.steps
    ]
    own = _links(offered(user, measure, MEASURE_STEPS, on=on), "measure_step", measure.pk)
    fill, submit = own[0], own[1]
    if not submit["refusal"]:
        own.remove(fill)  # the same form; who may submit may also keep a draft there
        own.sort(key=lambda offer: offer is not submit)
    open_now = [offer for offer in hanging + own if not offer["refusal"]]
    refused = [offer for offer in hanging + own if offer["refusal"]]
    return [offer | {"primary": offer is open_now[0]} for offer in open_now], refused
