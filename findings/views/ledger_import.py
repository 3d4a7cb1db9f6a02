"""Ledgers in from Excel: upload, look at the rehearsal, decide, apply."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts import audit, exporting
from accounts.decorators import SignedRequest, form_page, note_refusal
from accounts.exporting import Column
from accounts.paging import page_of
from accounts.spreadsheets import Unreadable
from accounts.versioned import status_of
from findings import tasks
from findings.documents import running
from findings.documents.export import KINDS
from findings.documents.importer import kept
from findings.documents.importer.kept import Standing
from findings.documents.importer.plan import counts_told
from findings.forms.ledger_import import SIDES, ApplyForm, UploadForm
from findings.models import Campaign, Job, LedgerImport
from findings.views.campaign import office_campaign_or_404
from findings.views.chosen import ledger_url
from findings.views.stored import stored_file_or_404
from findings.views.verbs import done, told
from findings.workflow.importing import MEASURE, drop_import

MOST_SHOWN = 200  # problems on the page; the marked workbook has all of them
PAGE = 50
_COLUMNS = (
    Column(gettext_lazy("no."), lambda row: row.number, 6),
    Column(gettext_lazy("file"), lambda row: row.filename, 40),
    Column(gettext_lazy("uploaded"), lambda row: row.created_at, 20),
    Column(gettext_lazy("uploaded by"), lambda row: str(row.uploaded_by), 14),
    Column(gettext_lazy("state"), lambda row: row.state_words, 14),
    Column(gettext_lazy("reason"), lambda row: row.reason, 40),
)


@form_page
def ledger_import(request: SignedRequest, slug: str) -> HttpResponseBase:
    """Upload a workbook; earlier imports below, or their file with ``?format=xlsx``."""
    campaign = office_campaign_or_404(request, slug)
    rows = _rows(request, campaign).select_related("uploaded_by")
    if request.GET.get("format") == "xlsx":
        return exporting.respond(request, _("Earlier imports"), _COLUMNS, rows, about=campaign)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_bound and form.is_valid():
        row = _uploaded(request, campaign, form)
        if row is not None:
            return redirect("ledger_import_detail", campaign.slug, row.number)
    lists = [kind for kind in KINDS.values() if kind.comes_back]
    context = {"campaign": campaign, "form": form, "page": page_of(request, rows), "lists": lists}
    return render(request, "findings/ledger_import.html", context, status=status_of(form))


@form_page
def ledger_import_detail(request: SignedRequest, slug: str, number: int) -> HttpResponse:
    """The rehearsal of a workbook; POST applies it."""
    campaign = office_campaign_or_404(request, slug)
    row = get_object_or_404(_rows(request, campaign).select_related("campaign", "uploaded_by"), number=number)
    standing = kept.standing(row)
    if request.htmx:
        template = "findings/ledger_import_detail.html#progress"
        return (
            render(request, template, {"standing": standing, "campaign": campaign})
            if standing.is_running
            else HttpResponseClientRefresh()
        )
    form = ApplyForm(request.POST if request.method == "POST" else None, told=standing.told)
    if form.is_bound and form.is_valid() and done(request, form, lambda: kept.demand_ready(standing)):
        if _applied(request, standing, form):
            return redirect(_after(campaign, row))
        standing = kept.standing(LedgerImport.objects.select_related("campaign", "uploaded_by").get(pk=row.pk))
        # What was decided belongs to the old rehearsal; only the reason still holds.
        form = ApplyForm(told=standing.told, note=form.cleaned_data["note"])
    return _page(request, campaign, standing, form)


@require_safe
def ledger_import_file(request: SignedRequest, slug: str, number: int, name: str) -> FileResponse:
    """The workbook as it was uploaded, or with every problem marked at its cell."""
    campaign = office_campaign_or_404(request, slug)
    row = get_object_or_404(_rows(request, campaign), number=number)
    standing = kept.standing(row)
    if name == "original":
        file, filename = row.file, row.filename
    elif name == "marked" and standing.has_marked_copy and standing.rehearsal:
        file = standing.rehearsal.file
        filename = _("problems_%(name)s") % {"name": row.filename}
    else:
        raise Http404(name)
    content = stored_file_or_404(file)
    audit.record(audit.Action.DOWNLOAD, by=request.user, subject=filename, detail=str(campaign), request=request)
    return FileResponse(content, as_attachment=True, filename=filename)


@require_POST
def ledger_import_drop(request: SignedRequest, slug: str, number: int) -> HttpResponse:
    """Give an import up."""
    campaign = office_campaign_or_404(request, slug)
    row = get_object_or_404(_rows(request, campaign), number=number)
    if told(request, lambda: drop_import(row, by=request.user)):
        messages.success(request, _("The import was dropped; nothing was changed."))
    return redirect("ledger_import", campaign.slug)


@require_POST
def ledger_import_rehearse(request: SignedRequest, slug: str, number: int) -> HttpResponse:
    """Rehearse a kept workbook again, since the ledger or what stands around it has changed."""
    campaign = office_campaign_or_404(request, slug)
    row = get_object_or_404(_rows(request, campaign), number=number)
    if told(request, lambda: kept.demand_idle(kept.standing(row))):
        with stored_file_or_404(row.file) as file:
            content = file.read()
        _run(request, kept.ask(row, kept.REHEARSE, by=request.user), at_once=kept.is_small(content))
    return redirect("ledger_import_detail", campaign.slug, row.number)


def _rows(request: SignedRequest, campaign: Campaign) -> QuerySet[LedgerImport]:
    rows: QuerySet[LedgerImport] = LedgerImport.objects.visible_to(request.user).filter(campaign=campaign)
    return rows


def _uploaded(request: SignedRequest, campaign: Campaign, form: UploadForm) -> LedgerImport | None:
    """Keep the file and rehearse it, at once or by the queue; what cannot be read is told on the form."""
    file = form.cleaned_data["file"]
    if file.size > kept.LIMITS.file:
        form.add_error("file", _("The file is larger than %(size)s MB: split it.") % {
            "size": kept.LIMITS.file // 1024 // 1024})  # fmt: skip
        return None
    content = file.read()
    try:
        row, job = kept.upload(campaign, file.name or "", content, by=request.user)
    except Unreadable as refusal:
        form.add_error("file", str(refusal))
        return None
    if not _run(request, job, at_once=kept.is_small(content)):
        return None
    error = kept.standing(row).error
    if error:
        form.add_error("file", error)
        return None
    return row


def _run(request: SignedRequest, job: Job, *, at_once: bool) -> bool:
    """Carry a run out now or hand it to the queue; False where the queue does not answer."""
    if at_once:
        running.carry_out(job.pk, kept.RUNS)
        return True
    refusal = tasks.hand_over(job)
    if refusal:
        messages.error(request, refusal)
    return not refusal


def _applied(request: SignedRequest, standing: Standing, form: ApplyForm) -> bool:
    """Apply as rehearsed; False where the page must be looked at again."""
    told = standing.told
    job = kept.ask(
        standing.row, kept.APPLY, by=request.user, note=form.cleaned_data["note"], decisions=form.decisions(),
        fingerprint=told["fingerprint"],
    )  # fmt: skip
    count = len(told["creates"]) + len(told["updates"])
    if not _run(request, job, at_once=count <= kept.MOST_AT_ONCE):
        return False
    job.refresh_from_db()
    if job.error:
        note_refusal(request, job.error)
        messages.error(request, job.error)
        _run(request, kept.ask(standing.row, kept.REHEARSE, by=request.user), at_once=count <= kept.MOST_AT_ONCE)
        return False
    if count <= kept.MOST_AT_ONCE:
        messages.success(request, _("Imported as request no. %(number)s.") % {"number": standing.row.number})
    return True


def _after(campaign: Campaign, row: LedgerImport) -> str:
    """Where the imported rows stand; the import itself where every conflict was decided for the ledger."""
    standing = kept.standing(LedgerImport.objects.get(pk=row.pk))
    if standing.is_running or not standing.row.rows:
        return reverse("ledger_import_detail", args=[campaign.slug, row.number])
    if standing.told.get("kind") == "rules":
        return reverse("document_list", args=[campaign.slug])
    return _ledger(campaign, row)


def _ledger(campaign: Campaign, row: LedgerImport) -> str:
    """The ledger on the rows that the import wrote."""
    return ledger_url(campaign, None, **{"import": row.number})


def _page(request: SignedRequest, campaign: Campaign, standing: Standing, form: ApplyForm) -> HttpResponse:
    told: dict[str, Any] = standing.told
    problems = told.get("problems", [])
    kind = KINDS.get(told.get("kind", ""))
    may_apply = bool(told) and standing.is_open and not standing.is_running and not problems
    has_moved = kept.has_moved(standing)
    changes = [draft for draft in (*told.get("creates", []), *told.get("updates", [])) if draft["diffs"]]
    return render(request, "findings/ledger_import_detail.html", {
        "campaign": campaign, "standing": standing, "row": standing.row, "told": told, "form": form,
        "list": kind.title if kind else "", "problems": problems[:MOST_SHOWN],
        "more_problems": max(len(problems) - MOST_SHOWN, 0),
        "changes": page_of(request, changes, PAGE), "conflicts": len(form.conflicts), "counts": _counts(told, form),
        "has_moved": has_moved, "decided": _decided(standing),
        "must_rehearse": has_moved or bool(standing.is_open and standing.error),
        "applied_by": kept.applied_by(standing.row) if standing.is_applied else None,
        "may_apply": may_apply and bool(told.get("creates") or told.get("updates")),
        "ledger": _ledger(campaign, standing.row),
    }, status=status_of(form))  # fmt: skip


def _counts(told: dict[str, Any], form: ApplyForm) -> str:
    if not told:
        return ""
    return counts_told(
        new=len(told["creates"]), changed=len(told["updates"]), same=told["unchanged"],
        conflicts=len(form.conflicts), problems=len(told["problems"]),
    )  # fmt: skip


def _decided(standing: Standing) -> list[dict[str, Any]]:
    """The decided conflicts with the side that was taken in words, and the measure of each where it has a page."""
    sides, found = dict(SIDES), []
    for row in kept.decided(standing) if standing.is_applied else []:
        record, _colon, rest = row["key"].partition(":")
        measure = rest.partition(":")[0] if record == MEASURE else None
        found.append(row | {"side": sides[row["taken"]], "measure": measure})
    return found
