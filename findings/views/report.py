"""Reports: compiled by period, read in the browser from their frozen figures, issued, taken as files."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts import audit, exporting
from accounts.decorators import SignedRequest, requires
from accounts.exporting import Column
from accounts.paging import page_of
from accounts.roles import RoleCode, Verb
from accounts.versioned import status_of
from findings import access, dates, tasks
from findings.choices import IN_WORDS, MeasureStatus, ReportKind, ReportState, without_deadline
from findings.documents import compiling
from findings.documents.compiling import Standing
from findings.documents.filenames import report_name
from findings.figures import sentences
from findings.figures.changes import changes_heading, changes_of
from findings.figures.reporting import documents_in_words
from findings.forms.bulletin import AsReadForm
from findings.models import Report, ReportingPeriod
from findings.views.chosen import campaigns_of, choice_of
from findings.views.stored import stored_file_or_404
from findings.views.verbs import done
from findings.views.words import words_page
from findings.workflow import paper

FILES = {"word": ("word_file", ".docx"), "excel": ("excel_file", ".xlsx")}
MOST_PERIODS = 12  # shown where no campaign is chosen
COLUMNS = (
    Column(gettext_lazy("campaign"), lambda row: row.campaign.title, 32),
    Column(gettext_lazy("kind"), lambda row: row.get_kind_display()),
    Column(gettext_lazy("period"), lambda row: row.period.code if row.period else "", 12),
    Column(gettext_lazy("as of"), lambda row: row.as_of, 12),
    Column(gettext_lazy("revision"), lambda row: row.revision, 8),
    Column(gettext_lazy("state"), lambda row: row.state_words),
    Column(gettext_lazy("issued at"), lambda row: row.issued_at, 20),
    Column(gettext_lazy("issued by"), lambda row: row.issued_by or "", 18),
    Column(gettext_lazy("digest of the records"), lambda row: row.chain_head, 68),
)


@require_safe
@requires(Verb.VIEW_REPORTS)
def report_list(request: SignedRequest) -> HttpResponseBase:
    """How far the report of each period has come, and the reports in sight, the newest first."""
    campaigns = campaigns_of(request)
    campaign = choice_of(request, "campaign", [row.slug for row in campaigns])
    kind, state = choice_of(request, "kind", ReportKind.values), choice_of(request, "state", ReportState.values)
    wanted = {"campaign__slug": campaign, "kind": kind, "state": state}
    rows = Report.objects.visible_to(request.user).filter(**{name: value for name, value in wanted.items() if value})
    rows = rows.select_related("campaign", "period", "issued_by")
    if request.GET.get("format") == "xlsx":
        return exporting.respond(request, _("Reports"), COLUMNS, rows.iterator())
    periods = _standings(request, campaign)
    context = {"periods": periods, "is_moving": any(row.is_moving for row, _is_own in periods), "campaign": campaign}
    if request.htmx:
        part = "findings/report_list.html#periods"
        return render(request, part, context) if context["is_moving"] else HttpResponseClientRefresh()
    return render(request, "findings/report_list.html", context | {
        "page": page_of(request, rows), "campaigns": campaigns, "kind": kind, "state": state,
        "kinds": ReportKind.choices, "states": ReportState.choices,
    })  # fmt: skip


@require_safe
@requires(Verb.VIEW_REPORTS)
def report_detail(request: SignedRequest, pk: int) -> HttpResponse:
    """A report in the browser, from the figures frozen in it."""
    return _page(request, pk)


def _page(request: SignedRequest, pk: int, form: AsReadForm | None = None) -> HttpResponse:
    """``form``: the issuing that was tried."""
    rows = Report.objects.visible_to(request.user).select_related("campaign__court", "period", "issued_by")
    report = get_object_or_404(rows, pk=pk)
    form = form or AsReadForm(report)
    if report.kind in IN_WORDS:
        return words_page(request, report, form)
    figures = report.figures
    return render(request, "findings/report_detail.html", {
        "report": report, "campaign": report.campaign, "figures": figures, "on": report.as_of,
        "outlook": paper.report_outlook(report, dates.today()),
        "sentence": sentences.report_sentence(figures) if "opening" in figures else [],
        "groups": _groups(figures), "changes": changes_of(figures), "heading": changes_heading(figures),
        "page": page_of(request, _lines(figures), 100), "checks": _checks(figures),
        "documents": documents_in_words(figures.get("documents", [])),
        "refusal": paper.issue_refusal(report, request.user), "can_issue": request.user.may(Verb.ISSUE_REPORT),
        "files": {name: bool(getattr(report, field)) for name, (field, _suffix) in FILES.items()}, "form": form,
    }, status=status_of(form))  # fmt: skip


@require_safe
@requires(Verb.VIEW_REPORTS)
def report_file(request: SignedRequest, pk: int, name: str) -> FileResponse:
    """The Word report or its annexed ledger; who took it is written down."""
    report = get_object_or_404(Report.objects.visible_to(request.user).select_related("campaign", "period"), pk=pk)
    field, suffix = FILES.get(name, ("", ""))
    content = stored_file_or_404(getattr(report, field, None))
    filename = report_name(report) + suffix
    audit.record(audit.Action.DOWNLOAD, by=request.user, subject=filename, detail=str(report.campaign), request=request)
    return FileResponse(content, as_attachment=True, filename=filename)


@require_POST
@requires(Verb.COMPILE_REPORT)
def report_compile(request: SignedRequest) -> HttpResponse:
    """Have the report of a period compiled now."""
    pk = request.POST.get("period", "")
    period = get_object_or_404(
        _compilable(request), pk=int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 18 else 0
    )
    refusal = tasks.hand_over(compiling.demand(period, by=request.user, on=dates.today()))
    if refusal:
        messages.error(request, refusal)
    else:
        words = _("The report of %(period)s is being compiled; a message tells when it is ready.")
        messages.success(request, words % {"period": period.code})
    return redirect("report_list")


@require_POST
@requires(Verb.ISSUE_REPORT)
def report_issue(request: SignedRequest, pk: int) -> HttpResponse:
    """Issue the draft that was read; a refusal, or that it was compiled anew meanwhile, is told on its page."""
    report = get_object_or_404(Report.objects.visible_to(request.user), pk=pk)
    form = AsReadForm(report, request.POST)
    if form.is_valid() and done(request, form, lambda: paper.issue_report(
        report, by=request.user, version=form.cleaned_data["version"]
    )):  # fmt: skip
        messages.success(request, _("The report is issued; its figures will not change any more."))
        return redirect("report_detail", pk=pk)
    return _page(request, pk, form)


def _standings(request: SignedRequest, campaign: str) -> list[tuple[Standing, bool]]:
    """The periods in sight, the newest first, each with whether the reader has its report compiled.

    All of the campaign that was chosen, else the newest ones.
    """
    own = access.courts_of(request.user, {RoleCode.OFFICE})
    rows = ReportingPeriod.objects.filter(campaign__court__in=access.courts_of(request.user)).begun(dates.today())
    rows = rows.filter(campaign__slug=campaign) if campaign else rows
    rows = rows.select_related("campaign").order_by("-starts_on", "campaign")[: None if campaign else MOST_PERIODS]
    may = request.user.may(Verb.COMPILE_REPORT)
    return [(row, may and row.period.campaign.court_id in own) for row in compiling.standings(rows, dates.today())]


def _compilable(request: SignedRequest) -> QuerySet[ReportingPeriod]:
    """Periods gone by in the courts whose office the user is; who is office here may be only liaison there."""
    courts = access.courts_of(request.user, {RoleCode.OFFICE})
    return ReportingPeriod.objects.visible_to(request.user).filter(campaign__court__in=courts).ended(dates.today())


def _groups(figures: dict[str, Any]) -> list[tuple[Any, str, list[dict[str, Any]]]]:
    """The two tables of sums: heading, the ledger's filter, rows."""
    summary = figures.get("summary", {})
    tables = (
        (_("By area"), "area", summary.get("areas", [])),
        (_("By department"), "lead", summary.get("departments", [])),
    )
    return [table for table in tables if table[2]]


def _lines(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """The measures of the report with their states in words and their deadlines as days."""
    labels = dict(MeasureStatus.choices)
    return [
        line | {
            "label": labels.get(line["status"], line["status"]),
            "deadline": date.fromisoformat(line["deadline"]) if line["deadline"] else None,
            "undated": without_deadline(line.get("nature", "")),
        }
        for line in figures.get("lines", [])
    ]  # fmt: skip


def _checks(figures: dict[str, Any]) -> list[tuple[Any, bool]]:
    found = figures.get("checks", [])
    return [(sentences.CHECKS.get(check["name"], check["name"]), check["holds"]) for check in found]
