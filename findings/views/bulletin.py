"""Reports in words (通报, 双报告): begun, read sentence by sentence, released, put on paper."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.decorators import SignedRequest, form_page, refuse, requires
from accounts.models import User
from accounts.roles import RoleCode, Verb
from accounts.versioned import VersionedForm, status_of
from findings import access, dates
from findings.choices import IN_WORDS
from findings.documents.bulletin import compile_words
from findings.forms.bulletin import AsReadForm, SentenceForm, WithholdForm, WordsForm
from findings.models import Campaign, Report, ReportSentence
from findings.views.chosen import campaigns_of, settle_campaign
from findings.views.verbs import done, told
from findings.workflow import bulletin
from findings.workflow.spoken import short
from findings.workflow.step import Denied


@form_page
@requires(Verb.COMPILE_REPORT)
def words_new(request: SignedRequest) -> HttpResponse:
    """Begin a report in words, or open the one that stands."""
    courts = access.courts_of(request.user, {RoleCode.OFFICE})
    campaigns = [campaign for campaign in campaigns_of(request) if campaign.court_id in courts]
    form = WordsForm(campaigns, request.POST) if request.method == "POST" else WordsForm(
        campaigns, initial=_usual(campaigns)
    )  # fmt: skip
    made: list[Report] = []
    if form.is_valid() and done(request, form, lambda: made.append(_begin(form, request.user))):
        messages.success(request, _("The sentences are drafted; each is to be released or withheld."))
        return redirect("report_detail", pk=made[0].pk)
    return render(request, "findings/words_form.html", {"form": form}, status=status_of(form))


@require_POST
@requires(Verb.COMPILE_REPORT)
def words_draft(request: SignedRequest, pk: int) -> HttpResponse:
    """Draft again: new sentences are added, untouched ones follow the ledger. Of an issued report: its revision."""
    report = _own_report(request, pk)

    def act() -> Report:
        return bulletin.draft_report(report.campaign, kind=report.kind, on=report.as_of, by=request.user)

    return _acted(request, report, act, _("Drafted again; what was edited or settled is kept."))


@require_POST
@requires(Verb.COMPILE_REPORT)
def words_compile(request: SignedRequest, pk: int) -> HttpResponse:
    """Make the Word file out of the released sentences."""
    report = _own_report(request, pk)
    return _acted(request, report, lambda: compile_words(report, by=request.user), _("The Word file is made."))


@require_POST
@requires(Verb.COMPILE_REPORT)
def words_release(request: SignedRequest, pk: int) -> HttpResponse:
    """Release the ticked sentences; each that is passed by is named with the reason."""
    report = _own_report(request, pk)
    ticked = _ticked(request.POST.getlist("pick"))
    passed: list[bulletin.Passed] = []

    def act() -> Report:
        passed.extend(bulletin.release_sentences(report, ticked, by=request.user))
        return report

    if not ticked:
        messages.warning(request, _("Nothing was ticked, so nothing was released."))
        return redirect("report_detail", pk=pk)
    answer = _acted(request, report, act, _("The ticked sentences are released."))
    for row in passed:
        facts = {"text": short(row.sentence), "why": row.why}
        messages.warning(request, _("Not released: “%(text)s”: %(why)s") % facts)
    return answer


@form_page
@requires(Verb.COMPILE_REPORT)
def sentence_step(request: SignedRequest, pk: int, name: str) -> HttpResponse:
    """Edit, release, withhold, renew or move one sentence."""
    act = _STEPS.get(name)
    if act is None:
        raise Http404(name)
    rows = ReportSentence.objects.visible_to(request.user).select_related("report__campaign__court", "issue")
    row: ReportSentence = get_object_or_404(rows, pk=pk)
    settle_campaign(request, row.report.campaign)
    _demand_office(request, row.report)
    form = act.form(row, *([request.POST] if request.method == "POST" else []))
    if form.is_valid() and done(request, form, lambda: act.verb(row, form, request.user)):
        return redirect(f"{reverse('report_detail', args=[row.report_id])}#s-{row.pk}")
    return render(request, "findings/sentence_form.html", {
        "row": row, "report": row.report, "campaign": row.report.campaign, "form": form, "title": act.label,
        "url": reverse("sentence_step", args=[pk, name]),
    }, status=status_of(form))  # fmt: skip


@dataclass(frozen=True)
class _Act:
    """What can be done with a sentence: its form and its verb."""

    label: str | Promise
    form: Callable[..., VersionedForm]
    verb: Callable[[ReportSentence, VersionedForm, User], object]


def _release(row: ReportSentence, form: VersionedForm, user: User) -> object:
    passed = bulletin.release_sentences(row.report, {row.pk: form.cleaned_data["version"]}, by=user)
    if passed:
        raise Denied(_("Not released: “%(text)s”: %(why)s") % {"text": short(row), "why": passed[0].why})
    return row


_STEPS = {
    "edit": _Act(gettext_lazy("Edit the sentence"), SentenceForm,
                 lambda row, form, user: bulletin.edit_sentence(row, by=user, **form.cleaned_data)),
    "withhold": _Act(gettext_lazy("Withhold the sentence"), WithholdForm,
                     lambda row, form, user: bulletin.withhold_sentence(row, by=user, **form.cleaned_data)),
    "release": _Act(gettext_lazy("Release the sentence"), AsReadForm, _release),
    "renew": _Act(gettext_lazy("Take the present draft"), AsReadForm,
                  lambda row, form, user: bulletin.renew_sentence(row, by=user, **form.cleaned_data)),
    "up": _Act(gettext_lazy("Move up"), AsReadForm,
               lambda row, form, user: bulletin.move_up(row, by=user, **form.cleaned_data)),
}  # fmt: skip


def _begin(form: WordsForm, user: User) -> Report:
    data = form.cleaned_data
    return bulletin.draft_report(data["campaign"], kind=data["kind"], on=data["on"], by=user)


def _usual(campaigns: list[Campaign]) -> dict[str, Any]:
    """The newest campaign, as of the end of its concentrated phase or of today before it."""
    if not campaigns:
        return {}
    return {"campaign": campaigns[0], "on": min(campaigns[0].concentrated_until, dates.today())}


def _own_report(request: SignedRequest, pk: int) -> Report:
    """A report in words of a court whose office the user is."""
    rows = Report.objects.visible_to(request.user).filter(kind__in=IN_WORDS).select_related("campaign__court")
    report: Report = get_object_or_404(rows, pk=pk)
    _demand_office(request, report)
    return report


def _demand_office(request: SignedRequest, report: Report) -> None:
    if not access.is_office_of(request.user, report.campaign.court_id):
        refuse(request, "report in words")


def _acted(request: SignedRequest, report: Report, act: Callable[[], Report], words: str) -> HttpResponse:
    """Call a verb of the report; what it refuses is told on the report's page."""
    made: list[Report] = []
    if told(request, lambda: made.append(act())):
        messages.success(request, words)
    return redirect("report_detail", pk=made[0].pk if made else report.pk)


def _ticked(values: list[str]) -> dict[int, int]:
    """Sentences by id with the version that was read; what is no such pair is passed by."""
    pairs = (value.partition("-") for value in values)
    known = [(pk, version) for pk, _dash, version in pairs if pk.isdecimal() and version.isdecimal()]
    return {int(pk): int(version) for pk, version in known if len(pk) < 10 and len(version) < 10}
