"""Evidence leaves only through here: to who sees its measure, on record, as a download or as a view that cannot act."""

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.decorators import SignedRequest
from findings.documents.preview import FRAMED, INLINE, NoPreview, Preview, preview_of
from findings.models import Evidence
from findings.views.chosen import settle_campaign
from findings.views.stored import stored_file_or_404

# What the browser may do with a file that it draws itself: nothing but draw it, and only within our own page.
_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
# The browser's own viewer of PDF files does not start in a sandbox; it is one, and runs apart from the page.
_POLICY = {True: f"{_NOTHING}; style-src 'unsafe-inline'; img-src 'self' data:", False: f"{_NOTHING}; sandbox"}


@require_safe
@never_cache
def evidence_download(request: SignedRequest, pk: int) -> FileResponse:
    """The file under its own name; the browser neither guesses its type nor opens it in place."""
    evidence = _in_sight(request, pk)
    answer = _sent(evidence, as_attachment=True)
    _recorded(request, evidence, "")
    return answer


@require_safe
@never_cache
def evidence_inline(request: SignedRequest, pk: int) -> FileResponse:
    """A picture or a PDF file for the preview to draw; no other type leaves in place."""
    evidence = _in_sight(request, pk)
    if evidence.content_type not in INLINE:
        raise Http404
    answer = _sent(evidence, as_attachment=False)
    answer["Content-Security-Policy"] = _POLICY[evidence.content_type in FRAMED]
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    _recorded(request, evidence, "preview ")
    return answer


@require_safe
@never_cache
def evidence_preview(request: SignedRequest, pk: int) -> HttpResponse:
    """The file without opening it: a page of its own, or for a script a panel beside the measure."""
    evidence = _in_sight(request, pk)
    settle_campaign(request, evidence.measure.campaign)
    preview, refusal = _preview(evidence)
    if preview is not None and evidence.content_type not in INLINE:  # those leave through ``evidence_inline``
        _recorded(request, evidence, "preview ")
    template = "findings/evidence_preview.html" + ("#panel" if request.htmx else "")
    answer = render(request, template, {
        "evidence": evidence, "measure": evidence.measure, "preview": preview, "refusal": refusal,
    })  # fmt: skip
    patch_vary_headers(answer, ("HX-Request",))
    return answer


def _in_sight(request: SignedRequest, pk: int) -> Evidence:
    rows = Evidence.objects.visible_to(request.user).select_related("measure__campaign", "uploaded_by")
    return get_object_or_404(rows, pk=pk)


def _preview(evidence: Evidence) -> tuple[Preview | None, str]:
    """What can be shown, or the sentence that says why nothing is."""
    try:
        with stored_file_or_404(evidence.file) as file:
            return preview_of(evidence.content_type, file), ""
    except NoPreview as error:
        return None, str(error)


def _sent(evidence: Evidence, *, as_attachment: bool) -> FileResponse:
    content = stored_file_or_404(evidence.file)
    answer = FileResponse(
        content, as_attachment=as_attachment, filename=evidence.filename, content_type=evidence.content_type
    )
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _recorded(request: SignedRequest, evidence: Evidence, how: str) -> None:
    audit.record(
        audit.Action.DOWNLOAD, by=request.user, request=request,
        subject=f"evidence {evidence.pk} / measure {evidence.measure.number}",
        detail=f"{how}{evidence.filename} sha256:{evidence.sha256}",
    )  # fmt: skip
