"""The measure's page: what it is, where it stands, what it waits for and what happened to it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.decorators import SignedRequest
from accounts.models import User
from accounts.timeline import Moment
from findings import access, dates
from findings.choices import Stage
from findings.figures.ladder import ladder_of
from findings.models import (
    AssistingDepartment,
    Decision,
    Evidence,
    Measure,
    MeetingMeasure,
    ProgressUpdate,
    Request,
    RuleDocumentMeasure,
    SupervisionNotice,
)
from findings.views.chosen import settle_campaign
from findings.views.evidence_rows import evidence_rows
from findings.views.notice import moments_about
from findings.views.opened import mark_opened
from findings.views.paper import papers_of
from findings.views.plan_steps import beside_original, relatives, with_plan
from findings.views.timeline import Records
from findings.workflow.amend import PLAN_STEPS
from findings.workflow.approval import REQUEST, REQUEST_STEPS
from findings.workflow.measure import MEASURE_STEPS
from findings.workflow.outlook import measure_outlook, request_name, waited_for
from findings.workflow.progress import PROGRESS_STEPS
from findings.workflow.step import Offer, offered
from findings.workflow.supervision import drafting_refusal


@require_safe
def measure_detail(request: SignedRequest, pk: int) -> HttpResponse:
    """Everything about one measure that is in sight."""
    rows = with_plan(in_sight(request.user).prefetch_related(None))  # what hangs on it comes with its records
    measure = get_object_or_404(rows, pk=pk)
    settle_campaign(request, measure.campaign)
    today = dates.today()
    records, related = Records(measure), relatives(measure, request.user)
    updates, requests = _updates(measure, request.user, today), _requests(measure, request.user, today)
    offers, refused = _offers(measure, request.user, today, updates, requests)
    mine = [row.request for row in requests if any(offer["step"] is REQUEST["sign"] and not offer["refusal"]
                                                   for offer in row.offers)]  # fmt: skip
    mark_opened(request, mine)
    return render(request, "findings/measure_detail.html", {
        "measure": measure, "campaign": measure.campaign, "on": measure.campaign.as_of(today),
        "outlook": measure_outlook(
            measure, today, updates=[row.update for row in updates], requests=[row.request for row in requests]
        ),
        "assisting": _assisting(measure),
        "updates": updates, "requests": requests,
        "evidence": evidence_rows(measure, request.user, today, has_shared=measure.has_shared_files),
        **papers_of(measure, request.user, measure.campaign.as_of(today)), **_supervision(measure, request.user, today),
        "offers": offers, "refused": refused,
        "rechecks": records.rechecks(), "sees_rounds": measure.campaign.court_id in access.courts_of(request.user),
        "original": beside_original(records), **related,
        "moments": _moments(records, measure, request.user, related),
    })  # fmt: skip


def _supervision(measure: Any, user: User, today: date) -> dict[str, Any]:
    """The notices in sight, the ladder of its delay, and whether one more may be drafted."""
    notices = SupervisionNotice.objects.visible_to(user).filter(measure=measure) if measure.has_notices else []
    return {
        "notices": notices, "ladder": ladder_of(measure, measure.campaign.as_of(today)),
        "can_draft_notice": not measure.retired_on and not drafting_refusal(user, measure.campaign, today),
    }  # fmt: skip


def _moments(records: Records, measure: Any, user: User, related: dict[str, list[Measure]]) -> list[Moment]:
    """The measure's record and that of its supervision notices as one, newest first."""
    notices = moments_about(measure, user) if measure.has_notices else []
    return sorted([*records.moments(user, **related), *notices], key=lambda moment: moment.when, reverse=True)


def _assisting(measure: Measure) -> list[AssistingDepartment]:
    rows = [row for row in measure.assisting.all() if row.is_active]
    return sorted(rows, key=lambda row: row.department.order)


def in_sight(user: User) -> Any:
    """Measures as their page needs them."""
    rows = Measure.objects.visible_to(user).with_excuse()
    mine = {"measure": OuterRef("pk")}
    shared = Q(shares__isnull=False) | Q(sharers__isnull=False)
    rows = rows.annotate(
        # What most measures have none of is not asked for.
        has_notices=Exists(SupervisionNotice.objects.filter(**mine)),
        has_documents=Exists(RuleDocumentMeasure.objects.filter(**mine, is_active=True)),
        has_decisions=Exists(MeetingMeasure.objects.filter(**mine, is_active=True)),
        has_shared_files=Exists(Evidence.objects.filter(shared, **mine)),
    )
    return rows.select_related("campaign__court", "issue__area", "lead_department", "lead_leader").prefetch_related(
        Prefetch("assisting", AssistingDepartment.objects.select_related("department"))
    )


@dataclass(frozen=True)
class UpdateRow:
    """One period's progress with the steps open to the reader. ``corrected_in``: the period that corrects it, or ""."""

    update: ProgressUpdate
    steps: list[dict[str, Any]]
    is_own: bool
    corrected_in: str = ""

    @property
    def is_hidden(self) -> bool:
        """A draft's words are for its own department."""
        return self.update.is_draft and not self.is_own


@dataclass(frozen=True)
class StageRow:
    """One stage of a request: what was decided there, or who is waited for."""

    code: str
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
    corrections = {row.corrects_id: row.period.code for row in rows if row.corrects_id and not row.is_draft}
    for row in sorted(rows, key=lambda row: row.period.starts_on, reverse=True):
        offers = offered(user, row, PROGRESS_STEPS, on=on)
        is_own = access.is_member_of(user, row.department_id)
        links = _links([offer for offer in offers if offer.is_open], "progress_step", row.pk)
        found.append(UpdateRow(row, links, is_own, corrections.get(row.pk, "")))
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
        rows.append(StageRow(stage, str(Stage(stage).label), decisions, waited_for(request) if is_now else ""))
    return rows


def _links(offers: list[Offer], route: str, pk: int) -> list[dict[str, Any]]:
    return [
        {
            "step": offer.step,
            "label": str(offer.step.label),
            "url": reverse(route, args=[pk, offer.step.name]),
            "refusal": offer.refusal,
            "refusals": offer.refusals,
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
    own = _links(offered(user, measure, (*MEASURE_STEPS, *PLAN_STEPS), on=on), "measure_step", measure.pk)
    fill, submit = own[0], own[1]
    if not submit["refusal"]:
        own.remove(fill)  # the same form; who may submit may also keep a draft there
        own.sort(key=lambda offer: offer is not submit)
    open_now = [offer for offer in hanging + own if not offer["refusal"]]
    # Why nothing can be done with a measure that was taken out, its page says once.
    refused = [] if measure.retired_on else [offer for offer in hanging + own if offer["refusal"]]
    return [offer | {"primary": offer is open_now[0]} for offer in open_now], refused
