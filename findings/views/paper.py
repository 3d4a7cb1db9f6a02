"""Documents and meetings of a campaign: plain lists."""

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts import exporting
from accounts.decorators import SignedRequest, requires
from accounts.exporting import Column
from accounts.paging import page_of
from accounts.roles import Verb
from findings import dates
from findings.choices import DocumentKind, MeetingKind
from findings.models import Meeting, RuleDocument
from findings.views.chosen import campaign_or_404, choice_of, day_of

DOCUMENTS = (
    Column(gettext_lazy("issued on"), lambda row: row.issued_on, 12),
    Column(gettext_lazy("title"), lambda row: row.title, 60),
    Column(gettext_lazy("document number"), lambda row: row.number, 28),
    Column(gettext_lazy("kind"), lambda row: row.get_kind_display()),
    Column(gettext_lazy("new, amended or repealed"), lambda row: row.get_action_display()),
    Column(gettext_lazy("drafted by"), lambda row: row.department.name, 24),
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
    campaign = campaign_or_404(request, slug)
    on = campaign.as_of(day_of(request, "on", campaign, dates.today()))
    rows = RuleDocument.objects.visible_to(request.user).filter(campaign=campaign).at(on).filter(issued_on__lte=on)
    rows = rows.select_related("department").order_by("-issued_on", "-id")
    return _listed(request, "document", rows, DocumentKind.choices, {"campaign": campaign, "on": on})


@require_safe
@requires(Verb.VIEW_DASHBOARD)
def meeting_list(request: SignedRequest, slug: str) -> HttpResponseBase:
    """Meetings and inspections of the rectification by a day, newest first."""
    campaign = campaign_or_404(request, slug)
    on = campaign.as_of(day_of(request, "on", campaign, dates.today()))
    rows = Meeting.objects.visible_to(request.user).filter(campaign=campaign).at(on).filter(held_on__lte=on)
    return _listed(request, "meeting", rows.order_by("-held_on", "-id"), MeetingKind.choices,
                   {"campaign": campaign, "on": on})  # fmt: skip


def _listed(request: SignedRequest, sort: str, rows: QuerySet, kinds: list, context: dict) -> HttpResponseBase:
    kind = choice_of(request, "kind", [value for value, _label in kinds])
    rows = rows.filter(kind=kind) if kind else rows
    if request.GET.get("format") == "xlsx":
        name, columns = (_("Documents"), DOCUMENTS) if sort == "document" else (_("Meetings"), MEETINGS)
        return exporting.respond(request, name, columns, rows.iterator())
    context |= {
        "shown": sort,
        "page": page_of(request, rows),
        "kinds": kinds,
        "kind": kind,
        "is_past": context["on"] < context["campaign"].as_of(dates.today()),
    }
    return render(request, f"findings/{sort}_list.html", context)
