"""The page of a document, and what the office does there: record, correct, take out of force, check its use."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.decorators import SignedRequest, form_page, note_refusal, refuse
from accounts.models import User
from accounts.timeline import Change, Moment
from accounts.versioned import VersionedForm, status_of
from accounts.words import joined
from findings import access, dates
from findings.forms.paper import DocumentForm, RepealForm, UseCheckForm
from findings.models import Measure, RuleDocument, RuleDocumentMeasure
from findings.views.chosen import campaign_or_404, settle_campaign
from findings.views.paper import row_of
from findings.views.timeline import read_history, told
from findings.views.verbs import done, measures_named
from findings.workflow import document as documents

_TOLD_TO_ALL = (
    "title", "number", "kind", "action", "issued_on", "department", "repealed_on", "use_check_on", "use_checked_on",
    "use_finding",
)  # fmt: skip
_TOLD = (*_TOLD_TO_ALL, "replaces")


@require_safe
def document_detail(request: SignedRequest, pk: int) -> HttpResponse:
    """One document: whether it is in force, what it serves and replaces, how it is used, what happened to it."""
    document = get_object_or_404(_in_sight(request.user), pk=pk)
    settle_campaign(request, document.campaign)
    today = dates.today()
    on = document.campaign.as_of(today)
    refusal = documents.recording_refusal(request.user, document.campaign, today)
    seen = RuleDocument.objects.visible_to(request.user)
    return render(request, "findings/document_detail.html", {
        "row": row_of(document, on), "document": document, "campaign": document.campaign, "on": on,
        "outlook": documents.document_outlook(document, on),
        "measures": _served(document, request.user),
        "replaces": seen.filter(pk=document.replaces_id).first() if document.replaces_id else None,
        "newer": seen.filter(replaces=document), "moments": _moments(document, request.user),
        "offers": [] if refusal else [_offer(document, name) for name in _STEPS], "refusal": refusal,
    })  # fmt: skip


@form_page
def document_new(request: SignedRequest, slug: str) -> HttpResponse:
    """Put a document on record."""
    campaign = campaign_or_404(request, slug)
    refusal = documents.recording_refusal(request.user, campaign, dates.today())
    if refusal:
        refuse(request, refusal)
    form = DocumentForm(campaign, None, *([request.POST] if request.method == "POST" else []))
    made: list[RuleDocument] = []

    def record() -> None:
        serves = measures_named(request.user, campaign, form.cleaned_data["serves"], "serves")
        made.append(documents.record_document(campaign, by=request.user, serves=serves, **form.facts()))

    if form.is_valid() and done(request, form, record):
        messages.success(request, _("The document is on record."))
        return redirect("document_detail", made[0].pk)
    return render(request, "findings/paper_form.html", {
        "campaign": campaign, "form": form, "title": _("Record a document"),
        "back": reverse("document_list", args=[slug]), "button": _("Record the document"),
    }, status=status_of(form))  # fmt: skip


@form_page
def document_step(request: SignedRequest, pk: int, name: str) -> HttpResponse:
    """Correct a document, take it out of force, or say how it is used."""
    act = _STEPS.get(name)
    if act is None:
        raise Http404
    document = get_object_or_404(_in_sight(request.user), pk=pk)
    settle_campaign(request, document.campaign)
    refusal = documents.recording_refusal(request.user, document.campaign, dates.today())
    if refusal and request.method != "POST":
        refuse(request, refusal)
    form = act.form(document, *([request.POST] if request.method == "POST" else []))
    if refusal:
        note_refusal(request, refusal)
        form.add_error(None, refusal)
    if form.is_valid() and done(request, form, lambda: act.verb(document, form, request.user)):
        messages.success(request, _("Saved: %(title)s") % {"title": document})
        return redirect("document_detail", pk)
    return render(request, "findings/paper_form.html", {
        "campaign": document.campaign, "form": form, "title": act.label, "about": document, "button": act.button,
        "back": reverse("document_detail", args=[pk]),
    }, status=status_of(form))  # fmt: skip


@dataclass(frozen=True)
class _Act:
    """What can be done with a document: its form and its verb."""

    label: str | Promise
    button: str | Promise
    form: Callable[..., VersionedForm]
    verb: Callable[[RuleDocument, Form, User], object]


def _edit(document: RuleDocument, form: Form, user: User) -> object:
    assert isinstance(form, DocumentForm)
    data = form.cleaned_data
    serves = measures_named(user, document.campaign, data["serves"], "serves")
    return documents.edit_document(
        document, by=user, note=data["note"], version=data["version"], serves=serves, **form.facts()
    )


def _repeal(document: RuleDocument, form: Form, user: User) -> object:
    return documents.repeal_document(document, by=user, **form.cleaned_data)


def _check_use(document: RuleDocument, form: Form, user: User) -> object:
    return documents.check_use(document, by=user, **form.cleaned_data)


def _repeal_form(document: RuleDocument, data: Any = None) -> VersionedForm:
    return RepealForm(data, initial={"version": document.version, "on": document.repealed_on})


def _use_form(document: RuleDocument, data: Any = None) -> VersionedForm:
    return UseCheckForm(data, initial={"version": document.version, "on": dates.today()})


_STEPS = {
    "edit": _Act(gettext_lazy("Correct the document"), gettext_lazy("Save the document"),
                 lambda document, *data: DocumentForm(document.campaign, document, *data), _edit),
    "check": _Act(gettext_lazy("Check how the rule is used"), gettext_lazy("Record the check"), _use_form, _check_use),
    "repeal": _Act(gettext_lazy("Take out of force"), gettext_lazy("Save the day"), _repeal_form, _repeal),
}  # fmt: skip


def _in_sight(user: User) -> QuerySet[RuleDocument]:
    return RuleDocument.objects.visible_to(user).select_related("campaign__court", "department")


def _served(document: RuleDocument, user: User) -> QuerySet[Measure]:
    """The measures in sight that the document serves."""
    links = RuleDocumentMeasure.objects.filter(document=document, is_active=True)
    rows = Measure.objects.visible_to(user).filter(pk__in=links.values("measure"))
    return rows.select_related("lead_department").order_by("number")


def _offer(document: RuleDocument, name: str) -> dict[str, Any]:
    url = reverse("document_step", args=[document.pk, name])
    return {"label": _STEPS[name].label, "url": url, "primary": name == "check"}


def _moments(document: RuleDocument, user: User) -> list[Moment]:
    """What happened to the document, newest first; other documents and measures only where they are in sight."""
    is_court_wide = document.campaign.court_id in access.courts_of(user)
    rows = read_history(document.history.all(), ("department", "replaces"))
    moments = told(rows, _TOLD if is_court_wide else _TOLD_TO_ALL, _sentence)
    for when, change in _served_over_time(document, user).items():
        for moment in moments:
            if moment.when == when:
                moment.changes.append(change)
    return sorted(moments, key=lambda moment: moment.when, reverse=True)


def _served_over_time(document: RuleDocument, user: User) -> dict[datetime, Change]:
    """What each act changed of the measures in sight that the document serves, by its instant."""
    seen = Measure.objects.visible_to(user).order_by().values("pk")
    links = RuleDocumentMeasure.history.filter(document_id=document.pk, measure__in=seen)
    numbers: set[int] = set()
    found = {}
    for when, rows in groupby(read_history(links, ("measure",)), key=lambda row: row.history_date):
        before = joined(sorted(numbers))
        for row in rows:
            (numbers.add if row.is_active else numbers.discard)(row.measure.number)
        found[when] = Change(_("measures that it serves"), before, joined(sorted(numbers)))
    return found


def _sentence(before: Any, row: Any) -> str:
    if before is None:
        return _("put the document on record")
    if row.use_checked_on != before.use_checked_on:
        return _("checked how the rule is used")
    if row.repealed_on != before.repealed_on:
        return _("took the document out of force") if row.repealed_on else _("put the document in force again")
    return _("corrected the document")
