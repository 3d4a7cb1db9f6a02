"""Documents and meetings of a campaign: the lists, with their filters, also as Excel files."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_safe

from accounts import exporting
from accounts.decorators import SignedRequest, requires
from accounts.exporting import Column
from accounts.models import User
from accounts.paging import page_of
from accounts.roles import Verb
from findings import access, dates, figures
from findings.choices import DocumentKind, MeetingKind
from findings.models import Campaign, Meeting, MeetingMeasure, RuleDocument
from findings.views.chosen import campaign_or_404, choice_of, day_of
from findings.workflow.document import recording_refusal

# Which documents a list shows, and the filter of the rows of a day that does it.
STATES = {
    "in_force": (pgettext_lazy("document", "in force"), RuleDocument.objects.in_force),
    "repealed": (pgettext_lazy("document", "out of force"), RuleDocument.objects.out_of_force),
    "check_missed": (gettext_lazy("check of use missed"), RuleDocument.objects.use_check_missed),
}


@dataclass(frozen=True)
class DocumentRow:
    """A document, or its history row, with what the day makes of it."""

    document: RuleDocument
    in_force: bool
    is_missed: bool


def row_of(document: RuleDocument, on: date) -> DocumentRow:
    return DocumentRow(document, figures.is_in_force(document, on), figures.is_use_check_missed(document, on))


def document_rows(documents: Iterable[RuleDocument], on: date) -> list[DocumentRow]:
    return [row_of(document, on) for document in documents]


def papers_of(measure: Any, user: User, on: date) -> dict[str, Any]:
    """The documents that serve a measure and what meetings decided about it; ``measure`` knows whether there are any.

    It comes from ``measure.in_sight``, with ``has_documents`` and ``has_decisions``.
    """
    served = RuleDocument.objects.visible_to(user).filter(served__measure=measure, served__is_active=True)
    decided = MeetingMeasure.objects.visible_to(user).filter(measure=measure, is_active=True)
    return {
        "documents": document_rows(served, on) if measure.has_documents else [],
        "decided": decided.select_related("meeting").order_by("meeting__held_on", "pk")
        if measure.has_decisions
        else [],
        "sees_meetings": measure.campaign.court_id in access.courts_of(user),
    }


def _force(row: DocumentRow) -> str:
    return pgettext("document", "in force") if row.in_force else pgettext("document", "out of force")


DOCUMENTS = (
    Column(gettext_lazy("issued on"), lambda row: row.document.issued_on, 12),
    Column(gettext_lazy("title"), lambda row: row.document.title, 60),
    Column(gettext_lazy("document number"), lambda row: row.document.number, 28),
    Column(gettext_lazy("kind"), lambda row: row.document.get_kind_display()),
    Column(gettext_lazy("new, amended or repealed"), lambda row: row.document.get_action_display()),
    Column(gettext_lazy("drafted by"), lambda row: row.document.department.name, 24),
    Column(pgettext_lazy("document", "in force"), _force),
    Column(gettext_lazy("out of force from"), lambda row: row.document.repealed_on, 12),
    Column(gettext_lazy("check of use"), lambda row: row.document.use_check_on, 12),
)
MEETINGS = (
    Column(gettext_lazy("held on"), lambda row: row.held_on, 12),
    Column(gettext_lazy("kind"), lambda row: row.get_kind_display(), 24),
    Column(gettext_lazy("title"), lambda row: row.title, 60),
    Column(gettext_lazy("decisions"), lambda row: row.decisions, 80),
)


@require_safe
@requires(Verb.VIEW_DASHBOARD)
def document_list(request: SignedRequest, slug: str) -> HttpResponseBase:
    """Documents and rules that the rectification has produced by a day, newest first."""
    campaign, on, is_past = _asked(request, slug)
    rows = RuleDocument.objects.visible_to(request.user).filter(campaign=campaign).at(on).filter(issued_on__lte=on)
    state = choice_of(request, "state", STATES)
    if state:
        rows = rows.filter(id__in=STATES[state][1](on).order_by().values("id"))
    kind = choice_of(request, "kind", DocumentKind.values)
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.select_related("department").order_by("-issued_on", "-id")
    if request.GET.get("format") == "xlsx":
        lines = (row_of(row, on) for row in rows.iterator())
        return exporting.respond(request, _("Documents"), DOCUMENTS, lines, about=campaign)
    page = page_of(request, rows)
    return render(request, "findings/document_list.html", _common(request, campaign, on, is_past) | {
        "shown": "document", "page": page, "rows": document_rows(page, on), "kinds": DocumentKind.choices,
        "kind": kind, "states": [(name, label) for name, (label, _rows) in STATES.items()], "state": state,
    })  # fmt: skip


@require_safe
@requires(Verb.VIEW_DASHBOARD)
def meeting_list(request: SignedRequest, slug: str) -> HttpResponseBase:
    """Meetings and inspections of the rectification by a day, newest first."""
    campaign, on, is_past = _asked(request, slug)
    rows = Meeting.objects.visible_to(request.user).filter(campaign=campaign).at(on).filter(held_on__lte=on)
    kind = choice_of(request, "kind", MeetingKind.values)
    rows = (rows.filter(kind=kind) if kind else rows).order_by("-held_on", "-id")
    if request.GET.get("format") == "xlsx":
        return exporting.respond(request, _("Meetings"), MEETINGS, rows.iterator(), about=campaign)
    return render(request, "findings/meeting_list.html", _common(request, campaign, on, is_past) | {
        "shown": "meeting", "page": page_of(request, rows), "kinds": MeetingKind.choices, "kind": kind,
    })  # fmt: skip


def _asked(request: SignedRequest, slug: str) -> tuple[Campaign, date, bool]:
    """The campaign and the day of the address, and whether that day lies back."""
    campaign, today = campaign_or_404(request, slug), dates.today()
    on = campaign.as_of(day_of(request, "on", campaign, today))
    return campaign, on, on < campaign.as_of(today)


def _common(request: SignedRequest, campaign: Campaign, on: date, is_past: bool) -> dict[str, Any]:
    can_record = not is_past and not recording_refusal(request.user, campaign, dates.today())
    return {"campaign": campaign, "on": on, "is_past": is_past, "can_record": can_record}
