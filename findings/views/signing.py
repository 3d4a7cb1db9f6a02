"""All requests that wait for one person, to be opened one by one and signed together."""

from typing import Any

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from accounts import exporting
from accounts.decorators import SignedRequest, form_page, requires
from accounts.exporting import Column
from accounts.roles import Verb
from accounts.tracked import StaleRow
from findings import dates
from findings.figures.mine import to_sign
from findings.figures.periods import file_counts
from findings.models import ClosureRequest, Extension, Request
from findings.views.opened import key_of, mark_opened, was_opened
from findings.views.request_facts import facts_of
from findings.views.verbs import refused
from findings.workflow.approval import REQUEST, sign_request
from findings.workflow.outlook import request_name

_COLUMNS = (
    Column(gettext_lazy("campaign"), lambda row: str(row.measure.campaign), 30),
    Column(gettext_lazy("no."), lambda row: row.measure.number, 6),
    Column(gettext_lazy("measure"), lambda row: row.measure.text, 50),
    Column(gettext_lazy("request"), lambda row: capfirst(request_name(row)), 16),
    Column(gettext_lazy("reason"), lambda row: row.reason, 40),
    Column(gettext_lazy("filed by"), lambda row: str(row.filed_by), 14),
    Column(gettext_lazy("filed on"), lambda row: row.filed_on, 12),
    Column(gettext_lazy("stage"), lambda row: row.get_stage_display(), 14),
)
_KINDS: dict[str, Any] = {"closure": ClosureRequest, "extension": Extension}


@form_page
@requires(Verb.VIEW_DASHBOARD)
def signing(request: SignedRequest) -> HttpResponseBase:
    """What waits for my signature, or its file; the ticked ones are signed, each in a transaction of its own."""
    rows = to_sign(request.user, dates.today())
    if request.method == "POST":
        _sign_ticked(request, rows)
        return redirect("signing")
    if request.GET.get("format") == "xlsx":
        return exporting.respond(request, _("Waiting for your signature"), _COLUMNS, rows)
    _load(rows)
    files = file_counts({row.measure.pk for row in rows})
    return render(request, "findings/signing.html", {
        "rows": [_row(request, row, sum(files[row.measure.pk].values())) for row in rows], "on": dates.today(),
    })  # fmt: skip


@require_safe
@requires(Verb.VIEW_DASHBOARD)
def signing_open(request: SignedRequest, kind: str, pk: int) -> HttpResponse:
    """What a signature is about: reason, progress, evidence, earlier decisions. From here on it may be ticked."""
    if kind not in _KINDS:
        raise Http404(kind)
    found = _KINDS[kind].objects.visible_to(request.user).select_related("measure__campaign", "filed_by")
    row = get_object_or_404(found, pk=pk)
    _load([row])
    refusal = REQUEST["sign"].refusal(request.user, row, dates.today())
    if not refusal:
        mark_opened(request, [row])
    facts = facts_of(row)
    return render(request, "findings/_signing_open.html", {
        **_row(request, row, len(facts["files"])), "refusal": refusal, "facts": facts,
    })  # fmt: skip


def _row(request: SignedRequest, row: Request, files: int) -> dict[str, Any]:
    return {
        "key": key_of(row), "kind": key_of(row).split("-")[0], "request_row": row, "measure": row.measure,
        "name": capfirst(request_name(row)), "files": files, "is_opened": was_opened(request, row),
    }  # fmt: skip


def _load(rows: list[Request]) -> None:
    """The decisions with their people, once for each kind of request."""
    for model in _KINDS.values():
        prefetch_related_objects([row for row in rows if isinstance(row, model)], "decisions__by")


def _sign_ticked(request: SignedRequest, rows: list[Request]) -> None:
    """Sign what was ticked and opened; each that is skipped is told with its reason."""
    ticked = set(request.POST.getlist("pick"))
    if not ticked:
        messages.warning(request, _("Nothing was ticked, so nothing was signed."))
    signed = 0
    for row in rows:
        if key_of(row) in ticked:
            ticked.remove(key_of(row))
            sentence = _sign(request, row)
            signed += not sentence
            if sentence:
                _tell(request, row, sentence)
    if ticked:
        words = ngettext(
            "%(n)s ticked request does not wait for you any more.",
            "%(n)s ticked requests do not wait for you any more.", len(ticked),
        )  # fmt: skip
        messages.warning(request, words % {"n": len(ticked)})
    if signed:
        words = ngettext("%(n)s request is signed.", "%(n)s requests are signed.", signed)
        messages.success(request, words % {"n": signed})


def _sign(request: SignedRequest, row: Request) -> str:
    """Sign one request as it was opened; "" or why it was skipped."""
    if not was_opened(request, row):
        return _("you have not opened it as it stands now; please open it first.")
    note = request.POST.get(f"note-{key_of(row)}", "").strip() or request.POST.get("note", "")
    try:
        return refused(request, lambda: sign_request(row, by=request.user, version=row.version, note=note[:2000]))
    except StaleRow:
        return _("it was changed a moment ago; please open it again.")


def _tell(request: SignedRequest, row: Request, sentence: str) -> None:
    words = _("Skipped: measure %(number)s, %(what)s: %(sentence)s")
    facts = {"number": row.measure.number, "what": request_name(row), "sentence": sentence}
    messages.warning(request, words % facts)
