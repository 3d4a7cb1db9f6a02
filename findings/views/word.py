"""Things as Word files in the official layout, and each as a page to read and to print: ``?format=page``."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.decorators import SignedRequest, requires
from accounts.models import User
from accounts.roles import Verb
from findings import dates, figures
from findings.documents import pages, wordpage
from findings.documents.filenames import file_name, report_name
from findings.documents.uploads import CONTENT_TYPES
from findings.documents.word import TemplateFault
from findings.documents.wordtext import Unreadable
from findings.models import Campaign, ClosureRequest, Extension, Report, SupervisionNotice
from findings.notify import page_of
from findings.views.chosen import campaign_or_404, ledger_url, settle_campaign
from findings.views.stored import stored_file_or_404


@require_safe
def notice_word(request: SignedRequest, pk: int) -> HttpResponseBase:
    rows = SupervisionNotice.objects.visible_to(request.user).select_related(
        "campaign__court", "department", "measure__issue", "measure__lead_leader", "measure__lead_department",
        "issued_by", "received_by", "replied_by", "concluded_by",
    )  # fmt: skip
    notice = get_object_or_404(rows, pk=pk)
    number = f"{notice.short}号" if notice.number else f"草稿{notice.pk}"
    return _answer(
        request, file_name("督办单", notice.campaign.slug, number), notice.campaign,
        reverse("notice_detail", args=[pk]), lambda: pages.notice_file(notice, on=dates.today()),
    )  # fmt: skip


@require_safe
def closure_word(request: SignedRequest, pk: int) -> HttpResponseBase:
    return _request(request, get_object_or_404(_on_paper(ClosureRequest, request.user), pk=pk), "销号申请表")


@require_safe
def extension_word(request: SignedRequest, pk: int) -> HttpResponseBase:
    return _request(request, get_object_or_404(_on_paper(Extension, request.user), pk=pk), "延期申请表")


@require_safe
def plan_word(request: SignedRequest, slug: str) -> HttpResponseBase:
    """The plan with the measures in sight."""
    campaign = campaign_or_404(request, slug)
    scope, on = figures.scope_of(campaign, request.user), campaign.as_of(dates.today())
    return _answer(
        request, f"整改方案_{campaign.slug}_{on}", campaign, ledger_url(campaign), lambda: pages.plan_file(scope, on=on)
    )


@require_safe
@requires(Verb.VIEW_REPORTS)
def report_page(request: SignedRequest, pk: int) -> HttpResponseBase:
    """The stored Word file of a report as a page; the file itself leaves through ``report_file``."""
    rows = Report.objects.visible_to(request.user).select_related("campaign", "period")
    report = get_object_or_404(rows, pk=pk)
    try:
        with stored_file_or_404(report.word_file) as file:
            blocks = wordpage.page_of(file.read())
    except Unreadable as error:
        raise Http404 from error
    return _page(
        request, report_name(report), report.campaign, blocks, way_back=reverse("report_detail", args=[pk]),
        word=reverse("report_file", args=[pk, "word"]),
    )  # fmt: skip


def _on_paper(model: Any, user: User) -> Any:
    return model.objects.visible_to(user).select_related(
        "measure__campaign__court", "measure__issue", "measure__lead_leader", "measure__lead_department", "filed_by"
    )


def _request(request: SignedRequest, found: ClosureRequest | Extension, title: str) -> HttpResponseBase:
    measure = found.measure
    return _answer(
        request, f"{title}_{measure.campaign.slug}_{measure.number}", measure.campaign, page_of(measure),
        lambda: pages.request_file(found, on=dates.today()),
    )  # fmt: skip


def _answer(
    request: SignedRequest, name: str, campaign: Campaign, way_back: str, make: Callable[[], bytes]
) -> HttpResponseBase:
    """The file or its page; where the office's own template cannot be filled, the page before with the reason."""
    try:
        content = make()
    except TemplateFault as fault:
        messages.error(request, str(fault))
        return redirect(way_back)
    if request.GET.get("format") == "page":
        return _page(request, name, campaign, wordpage.page_of(content), way_back=way_back, word=request.path)
    filename = f"{name}.docx"
    audit.record(audit.Action.DOWNLOAD, by=request.user, subject=filename, detail=str(campaign), request=request)
    answer = HttpResponse(content, content_type=CONTENT_TYPES["docx"])
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename) or ""
    return answer


def _page(
    request: SignedRequest, name: str, campaign: Campaign, blocks: list[Any], *, way_back: str, word: str
) -> HttpResponse:
    """A Word file as a page, on record like the file."""
    settle_campaign(request, campaign)
    audit.record(
        audit.Action.DOWNLOAD, by=request.user, subject=f"{name}.docx", detail=f"preview {campaign}", request=request
    )
    return render(request, "findings/word_page.html", {
        "title": name.replace("_", " "), "blocks": blocks, "way_back": way_back, "word": word,
    })  # fmt: skip
