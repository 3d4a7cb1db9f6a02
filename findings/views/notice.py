"""Supervision notices: the list with its filters, a new one out of a measure's facts, and the page of one."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from accounts.decorators import SignedRequest, form_page, refuse, requires
from accounts.models import Department, User
from accounts.paging import ignored_of, page_of
from accounts.roles import Verb
from accounts.timeline import Moment
from accounts.versioned import status_of
from findings import access, dates, figures
from findings.choices import NoticeColour, NoticeStatus
from findings.documents.exporting import Wish, filters_line
from findings.figures.narrowing import narrowed_notices
from findings.figures.supervision import NoticeCounts, notice_counts
from findings.forms.notice import NoticeForm
from findings.models import Campaign, Measure, SupervisionNotice
from findings.views.accountability import sees_accountability
from findings.views.chosen import campaign_or_404, choice_of, settle_campaign
from findings.views.jobs import take_list
from findings.views.timeline import read_history, told
from findings.views.verbs import done
from findings.workflow.notice_words import notice_counted, notice_outlook, suggested
from findings.workflow.step import offered
from findings.workflow.supervision import NOTICE_STEPS, colours_of, draft_notice, drafting_refusal

_FIELDS = ("department", "measure", "colour", "text", "due_on", "reply", "conclusion")
_ACTS = {
    NoticeStatus.ISSUED: gettext_lazy("issued the notice"),
    NoticeStatus.REPLIED: gettext_lazy("replied"),
    NoticeStatus.CONCLUDED: gettext_lazy("concluded the notice"),
    NoticeStatus.WITHDRAWN: gettext_lazy("gave the draft up"),
}


@require_safe
@requires(Verb.VIEW_DASHBOARD)
def notice_list(request: SignedRequest, slug: str) -> HttpResponse:
    """The notices in sight, the newest first, or the supervision ledger with ``?format=xlsx``."""
    campaign = campaign_or_404(request, slug)
    scope, on = figures.scope_of(campaign, request.user), campaign.as_of(dates.today())
    departments = list(Department.objects.filter(pk__in=scope.notices.order_by().values("department")))
    chosen = _chosen(request, campaign, departments)
    filters = {f"notice_{name}": value for name, value in chosen.items() if value}
    if request.GET.get("format") == "xlsx" and not ignored_of(request):
        return take_list(request, scope, Wish("notices", on, chosen=filters, words=_in_words(chosen, departments)))
    rows, counts = narrowed_notices(scope, on, filters), notice_counts(scope, on)
    rows = rows.select_related("department", "measure")
    return render(request, "findings/notice_list.html", {
        "campaign": campaign, "on": on, "page": page_of(request, rows), "chosen": chosen,
        "figures": _figures(counts), "statuses": NoticeStatus.choices,
        "colours": [(colour.value, colour.label, counts.colours[colour]) for colour in colours_of(campaign)],
        "departments": [(row.code, row.name) for row in departments],
        "can_draft": not drafting_refusal(request.user, campaign, dates.today()),
        "sees_accountability": sees_accountability(request, campaign),
        # Drafts that were given up stand in no list that goes out.
        "has_file": chosen["status"] != NoticeStatus.WITHDRAWN,
    })  # fmt: skip


@form_page
def notice_new(request: SignedRequest, slug: str) -> HttpResponse:
    """A draft, filled in from the facts of the measure that ``?measure=`` names; nothing is sent by it."""
    campaign = campaign_or_404(request, slug)
    today = dates.today()
    refusal = drafting_refusal(request.user, campaign, today)
    if refusal:
        refuse(request, refusal)
    measure = _measure_named(request, campaign)
    form = NoticeForm(
        *([request.POST] if request.method == "POST" else []), campaign=campaign, initial=_initial(measure, today)
    )
    made: list[SupervisionNotice] = []
    if form.is_valid() and done(request, form, lambda: made.append(_draft(form, campaign, request.user))):
        return redirect("notice_detail", made[0].pk)
    return render(request, "findings/notice_form.html", {
        "campaign": campaign, "form": form, "measure": measure, "earlier": _earlier(measure, request.user),
    }, status=status_of(form))  # fmt: skip


@require_safe
def notice_detail(request: SignedRequest, pk: int) -> HttpResponse:
    """One notice: what it now waits for, its words, its reply, what can be done, what happened."""
    notice = get_object_or_404(notice_rows(request.user), pk=pk)
    settle_campaign(request, notice.campaign)
    today = dates.today()
    offers = [
        {"label": offer.step.label, "url": reverse("notice_step", args=[pk, offer.step.name]),
         "refusal": offer.refusal, "primary": False}
        for offer in offered(request.user, notice, NOTICE_STEPS, on=today) if offer.step.sources & {notice.status}
    ]  # fmt: skip
    first = next((offer for offer in offers if not offer["refusal"]), None)
    return render(request, "findings/notice_detail.html", {
        "notice": notice, "campaign": notice.campaign, "on": notice.campaign.as_of(today), "measure": notice.measure,
        "outlook": notice_outlook(notice, today), "due_counted": notice_counted(notice),
        "moments": _moments(notice, request.user),
        "offers": [offer | {"primary": offer is first} for offer in offers if not offer["refusal"]],
        "refused": [offer for offer in offers if offer["refusal"]],
    })  # fmt: skip


def notice_rows(user: User) -> QuerySet[SupervisionNotice]:
    """Notices as their page and their steps need them."""
    return SupervisionNotice.objects.visible_to(user).select_related(
        "campaign__court", "department", "measure__lead_leader", "measure__lead_department", "measure__issue",
        "issued_by", "received_by", "replied_by", "concluded_by",
    )  # fmt: skip


def _chosen(request: SignedRequest, campaign: Campaign, departments: list[Department]) -> dict[str, str]:
    """The filters of the address that are understood."""
    known = {
        "status": NoticeStatus.values,
        "colour": [colour.value for colour in colours_of(campaign)],
        "department": [row.code for row in departments],
        "late": ["1"],
    }
    return {name: choice_of(request, name, values) for name, values in known.items()}


def _in_words(chosen: dict[str, str], departments: list[Department]) -> str:
    """The filters in force as the page names them."""
    words: dict[str, tuple[str, dict[Any, Any]]] = {
        "status": (_("status"), dict(NoticeStatus.choices)),
        "colour": (_("colour"), dict(NoticeColour.choices)),
        "department": (_("addressed to"), {row.code: row.name for row in departments}),
        "late": (_("replies late"), {"1": _("yes")}),
    }
    return filters_line((words[name][0], words[name][1][value]) for name, value in chosen.items() if value)


def _figures(counts: NoticeCounts) -> list[dict[str, Any]]:
    """The numbers above the list, each with the filter that shows its rows."""
    shown: list[tuple[str, int, dict[str, str], bool]] = [
        (pgettext("notices", "waiting for receipt"), counts.issued, {"status": NoticeStatus.ISSUED}, False),
        (pgettext("notices", "waiting for a reply"), counts.received, {"status": NoticeStatus.RECEIVED}, False),
        (_("replies late"), counts.late, {"late": "1"}, True),
        (pgettext("notices", "to be concluded"), counts.replied, {"status": NoticeStatus.REPLIED}, False),
        (pgettext("notices", "concluded"), counts.concluded, {"status": NoticeStatus.CONCLUDED}, False),
    ]
    return [
        {"label": label, "value": number, "url": f"?{urlencode(query)}", "alarm": alarm}
        for label, number, query, alarm in shown
    ]


def _measure_named(request: SignedRequest, campaign: Campaign) -> Measure | None:
    """The measure that the address names, where it is one of the campaign in sight."""
    pk = request.GET.get("measure", "")
    rows = Measure.objects.visible_to(request.user).filter(campaign=campaign).with_excuse()
    return rows.filter(pk=int(pk)).first() if pk.isascii() and pk.isdigit() and len(pk) < 16 else None


def _initial(measure: Measure | None, on: date) -> dict[str, Any]:
    values = suggested(measure, on)
    return values | {"version": 0, "measure": measure.number if measure else None}


def _draft(form: NoticeForm, campaign: Campaign, user: User) -> SupervisionNotice:
    return draft_notice(campaign, by=user, **form.values())


def _earlier(measure: Measure | None, user: User) -> list[SupervisionNotice]:
    """Notices about the measure that are still open: who drafts another one should know."""
    if measure is None:
        return []
    return [row for row in SupervisionNotice.objects.visible_to(user).filter(measure=measure) if not row.is_over]


def _moments(notice: SupervisionNotice, user: User) -> list[Moment]:
    """What happened to the notice, newest first; who saw no draft is told from its issue on."""
    rows = read_history(notice.history.all(), ("department", "measure"))
    if notice.campaign.court_id not in access.courts_of(user):
        rows = [row for row in rows if row.number is not None]
    return sorted(told(rows, _FIELDS, _sentence), key=lambda moment: moment.when, reverse=True)


def moments_about(measure: Measure, user: User) -> list[Moment]:
    """What happened to the notices about a measure, as far as the person sees them."""
    rows = read_history(SupervisionNotice.history.filter(measure_id=measure.pk), ("department", "measure"))
    if measure.campaign.court_id not in access.courts_of(user):
        own = access.departments_of(user)
        rows = [row for row in rows if row.number is not None and row.department_id in own]
    return told(rows, ("reply", "conclusion"), _named_sentence)


def _named_sentence(before: Any, row: Any) -> str:
    words = {"number": row.instance.short, "department": row.department, "act": _sentence(before, row)}
    return _("supervision notice %(number)s, %(department)s: %(act)s") % words


def _sentence(before: Any, row: Any) -> str:
    if before is None:
        return str(_ACTS[row.status]) if row.number else _("drafted the notice")
    if row.returned_count > before.returned_count:
        return _("returned the reply")
    if row.received_at != before.received_at:
        return _("confirmed receipt")
    has_moved = row.get_status_display() != before.get_status_display()
    return str(_ACTS[row.status]) if has_moved else _("changed the draft")
