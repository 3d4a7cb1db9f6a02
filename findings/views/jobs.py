"""Files that a job draws: asking for one, how far it has come, and the file for who asked."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts import audit
from accounts.decorators import SignedRequest
from accounts.exporting import Column, respond
from accounts.paging import page_of
from findings import tasks
from findings.documents import exporting
from findings.documents.export import export
from findings.documents.exporting import KEPT_DAYS, Wish, standing
from findings.documents.uploads import CONTENT_TYPES
from findings.figures import Scope
from findings.models import Campaign, Job
from findings.views.stored import stored_file_or_404

PAGE = 50
_COLUMNS = (
    Column(pgettext_lazy("job", "list"), lambda line: line.title, 30),
    Column(gettext_lazy("campaign"), lambda line: str(line.job.campaign), 30),
    Column(gettext_lazy("as of"), lambda line: line.wish.on, 12),
    Column(gettext_lazy("asked for"), lambda line: line.job.asked_at, 20),
    Column(gettext_lazy("state"), lambda line: line.job.get_state_display(), 12),
    Column(gettext_lazy("rows"), lambda line: line.job.result.get("rows"), 10),
    Column(gettext_lazy("file"), lambda line: line.job.filename, 40),
)


def take_list(request: SignedRequest, scope: Scope, wish: Wish) -> HttpResponse:
    """Answer with the list as a file, or with the page of the job that draws a large one.

    ``scope`` is all that the user sees; the filters of the wish narrow it here.
    """
    scope = exporting.in_filter(scope, wish)
    if exporting.is_large(scope, wish):
        job = exporting.ask(scope.campaign, wish, by=request.user)
        refusal = tasks.hand_over(job)
        if refusal:
            messages.error(request, refusal)
        return redirect("job_detail", job.pk)
    exported = export(wish.code, scope, wish.on, is_flat=wish.is_flat, only=wish.only, filters=wish.words)
    subject, detail = exporting.taken(exported, scope.campaign, wish)
    audit.record(audit.Action.EXPORT, by=request.user, subject=subject, detail=detail, request=request)
    answer = HttpResponse(exported.content, content_type=CONTENT_TYPES["xlsx"])
    answer["Content-Disposition"] = content_disposition_header(True, exported.filename)
    return answer


@require_safe
def job_list(request: SignedRequest) -> HttpResponseBase:
    """The files that the user has asked for, the newest first, or their list with ``?format=xlsx``."""
    if request.GET.get("format") == "xlsx":
        lines = (standing(job, request.user) for job in _rows(request))
        return respond(request, _("My files"), _COLUMNS, lines)
    page = page_of(request, _rows(request), PAGE)
    shown = [standing(job, request.user) for job in page]
    return render(request, "findings/job_list.html", {"page": page, "lines": shown, "days": KEPT_DAYS})


@require_safe
def job_detail(request: SignedRequest, pk: int) -> HttpResponse:
    """How far a job has come, then its file; a browser that waits asks for the progress alone."""
    line = standing(get_object_or_404(_rows(request), pk=pk), request.user)
    if request.htmx:
        if not line.is_going:
            return HttpResponseClientRefresh()
        return render(request, "findings/job_detail.html#run", {"line": line})
    return render(request, "findings/job_detail.html", {"line": line, "days": KEPT_DAYS})


@require_safe
def job_file(request: SignedRequest, pk: int) -> FileResponse:
    """The file, for who asked for it, as long as he or she sees no less of the campaign than when it was drawn."""
    seen = Campaign.objects.visible_to(request.user).order_by()
    job = get_object_or_404(_rows(request).exclude(file="").filter(campaign__in=seen.values("pk")), pk=pk)
    if refusal := standing(job, request.user).refusal:
        raise Http404(refusal)
    content = stored_file_or_404(job.file)
    audit.record(
        audit.Action.DOWNLOAD, by=request.user, subject=job.filename, detail=str(job.campaign), request=request
    )  # fmt: skip
    return FileResponse(content, as_attachment=True, filename=job.filename, content_type=CONTENT_TYPES["xlsx"])


def _rows(request: SignedRequest) -> QuerySet[Job]:
    rows: QuerySet[Job] = Job.objects.visible_to(request.user).filter(name=exporting.EXPORT)
    return rows.select_related("campaign")
