"""Evidence leaves only through here: to who sees its measure, as a download, on record."""

from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.decorators import SignedRequest
from findings.models import Evidence


@require_safe
@never_cache
def evidence_download(request: SignedRequest, pk: int) -> FileResponse:
    """The file under its own name; the browser neither guesses its type nor opens it in place."""
    evidence = get_object_or_404(Evidence.objects.visible_to(request.user).select_related("measure"), pk=pk)
    try:
        content = evidence.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    audit.record(
        audit.Action.DOWNLOAD, by=request.user, request=request,
        subject=f"evidence {evidence.pk} / measure {evidence.measure.number}",
        detail=f"{evidence.filename} sha256:{evidence.sha256}",
    )  # fmt: skip
    answer = FileResponse(content, as_attachment=True, filename=evidence.filename, content_type=evidence.content_type)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
