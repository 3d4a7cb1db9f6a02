"""The one view of every step: GET shows its form, POST calls its verb."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts.decorators import SignedRequest, note_refusal
from accounts.models import User
from accounts.paging import own_address
from findings import dates
from findings.figures.sentences import day_words
from findings.forms.approval import ExtensionForm, NoteForm, ReasonForm
from findings.forms.evidence import EvidenceForm
from findings.models import ClosureRequest, Evidence, Extension, Measure, ProgressUpdate
from findings.views.measure import in_sight
from findings.views.progress_form import ProgressDesk
from findings.views.verbs import done
from findings.workflow import approval, measure, progress
from findings.workflow.outlook import request_name
from findings.workflow.step import Step

form_page = require_http_methods(["GET", "HEAD", "POST"])
Act = Callable[["Desk"], object]


@form_page
def measure_step(request: SignedRequest, pk: int, name: str) -> HttpResponse:
    return _answer(request, _MEASURES, pk, name)


@form_page
def progress_step(request: SignedRequest, pk: int, name: str) -> HttpResponse:
    return _answer(request, _PROGRESS, pk, name)


@form_page
def closure_step(request: SignedRequest, pk: int, name: str) -> HttpResponse:
    return _answer(request, _CLOSURES, pk, name)


@form_page
def extension_step(request: SignedRequest, pk: int, name: str) -> HttpResponse:
    return _answer(request, _EXTENSIONS, pk, name)


@form_page
def evidence_step(request: SignedRequest, pk: int, name: str) -> HttpResponse:
    return _answer(request, _EVIDENCE, pk, name)


@dataclass(frozen=True)
class Kind:
    """A thing with steps: its rows in sight, its table, and the verb of each step."""

    rows: Callable[[User], QuerySet]
    steps: dict[str, Step]
    acts: dict[str, Act]
    measure_of: Callable[[Any], Measure]
    # The row that the step's rule is about, where it is another one.
    about: Callable[[Any], Any] = lambda row: row


@dataclass
class Desk:
    """One visit at a step: the row, its form, and what came of it."""

    request: SignedRequest
    kind: Kind
    row: Any
    step: Step
    form: Form
    refusal: str
    progress: ProgressDesk | None = None

    @property
    def measure(self) -> Measure:
        return self.kind.measure_of(self.row)

    @property
    def way_back(self) -> str:
        """Where the person came from, within the site; else the measure."""
        sent = self.request.POST.get("next") or self.request.GET.get("next")
        wish = sent or self.request.htmx.current_url_abs_path or ""
        return own_address(self.request, wish) or reverse("measure_detail", args=[self.measure.pk])


def _answer(request: SignedRequest, kind: Kind, pk: int, name: str) -> HttpResponse:
    row = get_object_or_404(kind.rows(request.user), pk=pk)
    step = kind.steps.get(name)
    if step is None or step.implied:
        raise Http404
    desk = _desk(request, kind, row, step)
    if request.method != "POST":
        return _page(desk)
    if desk.refusal:
        note_refusal(request, desk.refusal)
        desk.form.add_error(None, desk.refusal)
    if desk.form.is_valid() and done(desk.form, lambda: desk.kind.acts[desk.step.name](desk)):
        messages.success(request, _("Done: %(step)s · measure %(number)s") % {
            "step": step.label, "number": desk.measure.number})  # fmt: skip
        way_back = desk.way_back
        return HttpResponseClientRedirect(way_back) if request.htmx else redirect(way_back)
    return _page(desk, status=422 if request.htmx else 200)


def _desk(request: SignedRequest, kind: Kind, row: Any, step: Step) -> Desk:
    refusal = step.refusal(request.user, kind.about(row), dates.today())
    if step.form == "progress":
        progress_desk = ProgressDesk.of(request, row, dates.today())
        return Desk(request, kind, row, step, progress_desk.form, refusal, progress_desk)
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    return Desk(request, kind, row, step, _FORMS[step.form](*data), refusal)


def _page(desk: Desk, status: int = 200) -> HttpResponse:
    request = desk.request
    template = "findings/step_form.html" + ("#form" if request.htmx else "")
    answer = render(request, template, {
        "desk": desk, "step": desk.step, "form": desk.form, "measure": desk.measure, "campaign": desk.measure.campaign,
        "refusal": desk.refusal if request.method != "POST" else "", "progress": desk.progress,
        "subject": _subject(desk.row), "on": dates.today(),
    }, status=status)  # fmt: skip
    patch_vary_headers(answer, ("HX-Request",))
    return answer


def _subject(row: Any) -> str:
    """What the step is about, where it is not the measure itself."""
    if isinstance(row, ProgressUpdate):
        return _("Progress of %(department)s, %(period)s") % {"department": row.department, "period": row.period}
    if isinstance(row, ClosureRequest | Extension):
        return _("%(what)s of %(by)s, filed on %(day)s") % {
            "what": capfirst(request_name(row)), "by": row.filed_by,
            "day": day_words(row.filed_on, dates.today().year)}  # fmt: skip
    return _("Evidence “%(title)s”") % {"title": row.title} if isinstance(row, Evidence) else ""


def _noted(verb: Callable[..., object]) -> Act:
    """The act of a verb that takes a note and nothing else."""
    return lambda desk: verb(desk.row, by=desk.request.user, note=desk.form.cleaned_data["note"])


def _keep_progress(desk: Desk) -> object:
    assert desk.progress is not None
    return desk.progress.keep(desk.request.user)


def _add_evidence(desk: Desk) -> object:
    assert isinstance(desk.form, EvidenceForm)
    fields = desk.form.evidence()
    assert fields is not None, "the form demands a file"
    return measure.add_evidence(desk.row, by=desk.request.user, **fields)


def _request_extension(desk: Desk) -> object:
    return measure.request_extension(desk.row, by=desk.request.user, **desk.form.cleaned_data)


def _requests(model: type[ClosureRequest] | type[Extension]) -> Kind:
    related = (
        "filed_by",
        "measure__campaign",
        "measure__lead_department",
        "measure__lead_leader",
        "measure__issue__area",
    )
    return Kind(
        rows=lambda user: model.objects.visible_to(user).select_related(*related).prefetch_related("decisions"),
        steps=approval.REQUEST,
        acts={
            "sign": _noted(approval.sign_request),
            "return": _noted(approval.return_request),
            "withdraw": _noted(approval.withdraw_request),
        },
        measure_of=lambda row: row.measure,
    )


_FORMS: dict[str, type[Form]] = {
    "note": NoteForm, "reason": ReasonForm, "evidence": EvidenceForm, "extension": ExtensionForm,
}  # fmt: skip
_MEASURES = Kind(
    rows=in_sight,
    steps=measure.MEASURE,
    acts={
        "start": _noted(measure.start),
        "fill_progress": _keep_progress,
        "submit_progress": _keep_progress,
        "add_evidence": _add_evidence,
        "request_closure": _noted(measure.request_closure),
        "request_extension": _request_extension,
        "reopen": _noted(measure.reopen),
    },
    measure_of=lambda row: row,
)
_PROGRESS = Kind(
    rows=lambda user: ProgressUpdate.objects.visible_to(user).select_related(
        "measure__campaign", "measure__issue__area", "measure__lead_department", "period", "department"
    ),
    steps=progress.PROGRESS,
    acts={
        "submit": _noted(progress.submit_draft),
        "accept": _noted(progress.accept_progress),
        "return": _noted(progress.return_progress),
    },
    measure_of=lambda row: row.measure,
)
_CLOSURES, _EXTENSIONS = _requests(ClosureRequest), _requests(Extension)
_EVIDENCE = Kind(
    rows=lambda user: Evidence.objects.visible_to(user).in_force().select_related(
        "measure__campaign", "measure__issue__area", "measure__lead_department"
    ),
    # Who may add evidence may take it back, and under the same conditions.
    steps={"withdraw": replace(
        measure.MEASURE["add_evidence"], name="withdraw", label=gettext_lazy("Withdraw the evidence"), form="reason",
        caution=True,
    )},
    acts={"withdraw": _noted(measure.withdraw_evidence)},
    measure_of=lambda row: row.measure,
    about=lambda row: row.measure,
)  # fmt: skip
