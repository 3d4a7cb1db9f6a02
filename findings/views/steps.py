"""The one view of every step: GET shows its form, POST calls its verb."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
from django_htmx.http import HttpResponseClientRedirect

from accounts.decorators import SignedRequest, form_page, note_refusal
from accounts.models import User
from accounts.paging import own_address
from accounts.versioned import VersionedForm, status_of
from findings import dates
from findings.figures.sentences import day_words
from findings.forms.approval import READ_FORMS, ExtensionForm, NoteForm, ReadForm, ReasonForm
from findings.forms.evidence import EVIDENCE_FORMS, EvidenceForm
from findings.forms.lookback import ConclusionForm, CorrectionForm, RecheckForm, SheetForm
from findings.forms.notice import NOTICE_FORMS, NoticeForm
from findings.models import (
    Campaign,
    ClosureRequest,
    Evidence,
    Extension,
    LookbackRound,
    Measure,
    ProgressUpdate,
    Recheck,
)
from findings.views.measure import in_sight
from findings.views.notice import notice_rows
from findings.views.plan_steps import PLAN_ACTS, PLAN_FORMS
from findings.views.progress_form import ProgressDesk
from findings.views.request_facts import facts_of
from findings.views.verbs import done, measures_named
from findings.workflow import amend, approval, evidence, lookback, measure, progress, supervision
from findings.workflow.outlook import request_name
from findings.workflow.step import Step

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


@form_page
def recheck_step(request: SignedRequest, pk: int, name: str) -> HttpResponse:
    return _answer(request, _RECHECKS, pk, name)


@form_page
def round_step(request: SignedRequest, pk: int, name: str) -> HttpResponse:
    return _answer(request, _ROUNDS, pk, name)


@form_page
def notice_step(request: SignedRequest, pk: int, name: str) -> HttpResponse:
    return _answer(request, _NOTICES, pk, name)


@dataclass(frozen=True)
class Place:
    """The page that a thing with steps stands on: where a step leads back to, and the head line above its form."""

    url: str
    name: str
    text: str
    campaign: Campaign


@dataclass(frozen=True)
class Kind:
    """A thing with steps: its rows in sight, its table, the verb of each step, and the page that it stands on.

    ``forms`` are those that are made with the row; the others stand in ``_FORMS``.
    """

    rows: Callable[[User], QuerySet]
    steps: dict[str, Step]
    acts: dict[str, Act]
    place_of: Callable[[Any], Place]
    forms: Mapping[str, Callable[..., Form]] = field(default_factory=dict)
    # What was said before, to be read above the form.
    quoted: Callable[[Any], list[str]] = lambda row: []


@dataclass
class Desk:
    """One visit at a step: the row, its form, and what came of it."""

    request: SignedRequest
    kind: Kind
    row: Any
    step: Step
    form: Form
    refusals: list[str]
    progress: ProgressDesk | None = None
    successor: Measure | None = None  # what goes on in the place of the row that the step took out

    @property
    def refusal(self) -> str:
        return next(iter(self.refusals), "")

    @property
    def place(self) -> Place:
        return self.kind.place_of(self.row)

    @property
    def way_back(self) -> str:
        """Where the person came from, within the site; else the thing's own page."""
        sent = self.request.POST.get("next") or self.request.GET.get("next")
        wish = sent or self.request.htmx.current_url_abs_path or ""
        back = own_address(self.request, wish) or self.place.url
        is_own = back.split("#")[0] == self.place.url
        return place_of_measure(self.successor).url if self.successor and is_own else back


def _answer(request: SignedRequest, kind: Kind, pk: int, name: str) -> HttpResponse:
    row = get_object_or_404(kind.rows(request.user), pk=pk)
    step = kind.steps.get(name)
    if step is None or step.implied:
        raise Http404
    desk = _desk(request, kind, row, step)
    if request.method != "POST":
        return _page(desk)
    _set_beside(desk)
    if desk.refusal:
        note_refusal(request, desk.refusal)
        desk.form.add_error(None, desk.refusal)
    if desk.form.is_valid() and done(request, desk.form, lambda: desk.kind.acts[desk.step.name](desk)):
        messages.success(request, _("Done: %(step)s · %(what)s") % {"step": step.label, "what": desk.place.name})
        way_back = desk.way_back
        return HttpResponseClientRedirect(way_back) if request.htmx else redirect(way_back)
    return _page(desk)


def _desk(request: SignedRequest, kind: Kind, row: Any, step: Step) -> Desk:
    refusals = step.refusals(request.user, row, dates.today())
    if step.form == "progress":
        progress_desk = ProgressDesk.of(request, row, dates.today())
        return Desk(request, kind, row, step, progress_desk.form, refusals, progress_desk)
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = kind.forms[step.form](row, *data) if step.form in kind.forms else _FORMS[step.form](*data)
    return Desk(request, kind, row, step, form, refusals)


def _set_beside(desk: Desk) -> None:
    """Show what somebody else saved meanwhile, also where that has closed the step.

    A note holds nothing that is lost by a refusal, and who is refused may be nobody who reads the row's words.
    """
    form, is_of_row = desk.form, desk.step.form in desk.kind.forms
    if not is_of_row or not isinstance(form, VersionedForm) or not form.is_valid():
        return
    if desk.refusal and isinstance(form, ReadForm):
        return
    if form.cleaned_data["version"] != desk.row.version:
        form.beside(desk.row)


def _page(desk: Desk) -> HttpResponse:
    request = desk.request
    template = "findings/step_form.html" + ("#form" if request.htmx else "")
    answer = render(request, template, {
        "desk": desk, "step": desk.step, "form": desk.form, "place": desk.place, "campaign": desk.place.campaign,
        "refusal": desk.refusal if request.method != "POST" else "", "refusals": desk.refusals,
        "progress": desk.progress, "facts": _facts(desk),
        "subject": _subject(desk.row), "quoted": [words for words in desk.kind.quoted(desk.row) if words],
        "on": dates.today(),
    }, status=status_of(desk.form))  # fmt: skip
    patch_vary_headers(answer, ("HX-Request",))
    return answer


def _facts(desk: Desk) -> dict[str, Any]:
    """What a request rests on; on the measure's own page it stands beside the form already."""
    is_beside = desk.request.htmx.current_url_abs_path == desk.place.url
    return facts_of(desk.row) if isinstance(desk.row, ClosureRequest | Extension) and not is_beside else {}


def _subject(row: Any) -> str:
    """What the step is about, where it is not the measure itself."""
    if isinstance(row, ProgressUpdate):
        return _("Progress of %(department)s, %(period)s") % {"department": row.department, "period": row.period}
    if isinstance(row, Recheck):
        return str(row.round)
    if isinstance(row, ClosureRequest | Extension):
        return _("%(what)s of %(by)s, filed on %(day)s") % {
            "what": capfirst(request_name(row)), "by": row.filed_by,
            "day": day_words(row.filed_on, dates.today().year)}  # fmt: skip
    return _("Evidence “%(title)s”") % {"title": row.title} if isinstance(row, Evidence) else ""


def place_of_measure(row: Measure) -> Place:
    """The page of the measure that a thing hangs on."""
    name = _("Measure %(number)s") % {"number": row.number}
    return Place(reverse("measure_detail", args=[row.pk]), name, row.text, row.campaign)


def _noted(verb: Callable[..., object]) -> Act:
    """The act of a verb that takes a note and nothing else."""
    return lambda desk: verb(desk.row, by=desk.request.user, note=desk.form.cleaned_data["note"])


def _kept(verb: Callable[..., object]) -> Act:
    """The act of a verb that takes what its form gives."""
    return lambda desk: verb(desk.row, by=desk.request.user, **desk.form.cleaned_data)


def _edit_notice(desk: Desk) -> object:
    assert isinstance(desk.form, NoticeForm)
    return supervision.edit_notice(
        desk.row, by=desk.request.user, version=desk.form.cleaned_data["version"], **desk.form.values()
    )


def _keep_progress(desk: Desk) -> object:
    assert desk.progress is not None
    return desk.progress.keep(desk.request.user)


def _add_evidence(desk: Desk) -> object:
    assert isinstance(desk.form, EvidenceForm)
    fields = desk.form.evidence()
    assert fields is not None, "the form demands a file"
    return measure.add_evidence(desk.row, by=desk.request.user, **fields)


def _replace_evidence(desk: Desk) -> object:
    assert isinstance(desk.form, EvidenceForm)
    fields = desk.form.evidence()
    assert fields is not None, "the form demands a file"
    return evidence.replace_evidence(
        desk.row, by=desk.request.user, note=desk.form.cleaned_data["note"], **fields
    )  # fmt: skip


def _share_evidence(desk: Desk) -> object:
    data, user = desk.form.cleaned_data, desk.request.user
    measures = measures_named(user, desk.row.measure.campaign, data["measures"], "measures")
    return evidence.share_evidence(desk.row, measures, by=user, note=data["note"])


def _request_extension(desk: Desk) -> object:
    return measure.request_extension(desk.row, by=desk.request.user, **desk.form.cleaned_data)


def _record_recheck(desk: Desk) -> object:
    assert isinstance(desk.form, SheetForm)
    values = {name: desk.form.cleaned_data[name] for name in ("verdict", "finding", "next_on", "version")}
    return lookback.record_recheck(desk.row, by=desk.request.user, answers=desk.form.answers(), **values)


def _correct_recheck(desk: Desk) -> object:
    assert isinstance(desk.form, CorrectionForm)
    values = {name: desk.form.cleaned_data[name] for name in ("verdict", "finding", "next_on", "version", "note")}
    return lookback.correct_recheck(desk.row, by=desk.request.user, answers=desk.form.answers(), **values)


def _requests(model: type[ClosureRequest] | type[Extension]) -> Kind:
    related = (
        "filed_by",
        "measure__campaign",
        "measure__lead_department",
        "measure__lead_leader",
        "measure__issue__area",
    )
    return Kind(
        rows=lambda user: model.objects.visible_to(user).select_related(*related).prefetch_related("decisions__by"),
        steps=approval.REQUEST,
        acts={
            "sign": _kept(approval.sign_request),
            "return": _kept(approval.return_request),
            "speak": _kept(approval.speak),
            "withdraw": _kept(approval.withdraw_request),
        },
        place_of=lambda row: place_of_measure(row.measure),
        forms=READ_FORMS,
    )


_FORMS: dict[str, type[Form]] = {
    "note": NoteForm, "reason": ReasonForm, "evidence": EvidenceForm, "extension": ExtensionForm,
    "recheck": RecheckForm,
}  # fmt: skip
_MEASURES = Kind(
    rows=in_sight,
    steps=measure.MEASURE | amend.PLAN,
    acts={
        "start": _noted(measure.start),
        "fill_progress": _keep_progress,
        "submit_progress": _keep_progress,
        "add_evidence": _add_evidence,
        "request_closure": _noted(measure.request_closure),
        "request_extension": _request_extension,
        "recheck": _kept(lookback.recheck_measure),
        "reopen": _noted(measure.reopen),
        **PLAN_ACTS,
    },
    place_of=place_of_measure,
    forms=PLAN_FORMS,
)
_PROGRESS = Kind(
    rows=lambda user: ProgressUpdate.objects.visible_to(user).select_related(
        "measure__campaign", "measure__issue__area", "measure__lead_department", "period", "department"
    ),
    steps=progress.PROGRESS,
    acts={
        "submit": _kept(progress.submit_draft),
        "accept": _kept(progress.accept_progress),
        "return": _kept(progress.return_progress),
    },
    place_of=lambda row: place_of_measure(row.measure),
    forms=READ_FORMS,
)
_CLOSURES, _EXTENSIONS = _requests(ClosureRequest), _requests(Extension)
_NOTICES = Kind(
    rows=notice_rows,
    steps=supervision.NOTICE,
    acts={
        "issue": _kept(supervision.issue_notice),
        "edit": _edit_notice,
        "withdraw": _noted(supervision.withdraw_notice),
        "receive": _noted(supervision.receive_notice),
        "reply": _kept(supervision.reply_notice),
        "conclude": _kept(supervision.conclude_notice),
        "return_reply": _kept(supervision.return_reply),
    },
    place_of=lambda row: Place(reverse("notice_detail", args=[row.pk]), capfirst(str(row)), row.text, row.campaign),
    forms=NOTICE_FORMS,
    quoted=lambda row: [row.reply, row.return_reason and f"{_('Returned:')} {row.return_reason}"],
)
_EVIDENCE = Kind(
    rows=lambda user: Evidence.objects.visible_to(user).in_force().select_related(
        "measure__campaign", "measure__issue__area", "measure__lead_department"
    ),
    steps=evidence.EVIDENCE,
    acts={
        "replace": _replace_evidence,
        "share": _share_evidence,
        "withdraw": _noted(evidence.withdraw_evidence),
    },
    forms=EVIDENCE_FORMS,
    place_of=lambda row: place_of_measure(row.measure),
)  # fmt: skip
_RECHECKS = Kind(
    rows=lambda user: Recheck.objects.visible_to(user).filter(round__isnull=False).select_related(
        "round", "measure__campaign", "measure__issue__area", "measure__lead_department"
    ),
    steps=lookback.RECHECK,
    acts={"record": _record_recheck, "correct": _correct_recheck},
    place_of=lambda row: place_of_measure(row.measure),
    forms={"sheet": SheetForm, "correction": CorrectionForm},
)  # fmt: skip
_ROUNDS = Kind(
    rows=lambda user: LookbackRound.objects.visible_to(user).select_related("campaign"),
    steps=lookback.ROUND,
    acts={"conclude": _kept(lookback.conclude_round)},
    place_of=lambda row: Place(reverse("lookback_detail", args=[row.pk]), str(row), "", row.campaign),
    forms={"conclusion": ConclusionForm},
)
