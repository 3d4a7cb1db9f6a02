"""The data checks: rows that cannot be right, each with its rule and a way to the mend."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_safe

from accounts import exporting
from accounts.decorators import SignedRequest, requires
from accounts.exporting import Column
from accounts.paging import page_of
from accounts.roles import RoleCode, Verb
from accounts.words import joined
from findings import access, dates
from findings.figures import scope_of
from findings.figures.checks import Found, Said, found_by_checks, missing_stages, total_of
from findings.figures.plan import Total
from findings.models import Campaign
from findings.views.chosen import campaign_or_404, campaigns_of, choice_of, day_of

READERS = frozenset({RoleCode.OFFICE, RoleCode.INSPECTOR, RoleCode.CHIEF})


@dataclass(frozen=True)
class Line:
    """A row that a check has found, as the page and the file say it. ``mends``: (label, address)."""

    name: str
    url: str
    text: str
    department: str
    detail: str
    mends: list[tuple[str, str]]


COLUMNS = (
    Column(gettext_lazy("Measure"), lambda line: line.name, 14),
    Column(pgettext_lazy("data check", "text"), lambda line: line.text, 60),
    Column(gettext_lazy("department"), lambda line: line.department, 24),
    Column(pgettext_lazy("data check", "what was found"), lambda line: line.detail, 60),
)


@require_safe
@requires(Verb.CHECK_DATA)
def data_checks(request: SignedRequest, slug: str) -> HttpResponseBase:
    """All checks with their numbers, and the rows of one of them."""
    campaign = campaign_or_404(request, slug)
    if campaign.court_id not in access.courts_of(request.user, READERS):
        raise Http404(slug)
    today = campaign.as_of(dates.today())
    on = campaign.as_of(day_of(request, "on", campaign, today))
    found = found_by_checks(scope_of(campaign, request.user), on)
    wanted = choice_of(request, "check", [entry.check.code for entry in found])
    chosen = next((entry for entry in found if entry.check.code == wanted), None)
    chosen = chosen or next((entry for entry in found if entry.number), found[0])
    may_mend = access.is_office_of(request.user, campaign.court_id) and not campaign.is_closed(today)
    if request.GET.get("format") == "xlsx":
        rows = (_line(row, chosen, campaign, on, may_mend=False) for row in _all(chosen))
        return exporting.respond(request, str(chosen.check.title), COLUMNS, rows, about=campaign)
    page = page_of(request, chosen.rows)
    return render(request, "findings/data_checks.html", {
        "campaign": campaign, "campaigns": campaigns_of(request), "on": on, "is_past": on < today, "found": found,
        "chosen": chosen, "page": page, "lines": [_line(row, chosen, campaign, on, may_mend=may_mend) for row in page],
        "sums": total_of(found),
    })  # fmt: skip


def _all(chosen: Found) -> Any:
    return chosen.rows.iterator(chunk_size=1000) if isinstance(chosen.rows, QuerySet) else chosen.rows


def _line(row: Any, found: Found, campaign: Campaign, on: date, *, may_mend: bool) -> Line:
    code, kind = found.check.code, found.check.kind
    if kind == "total":
        mends = [(_("Edit the campaign"), reverse("campaign_edit", args=[campaign.slug]))] if may_mend else []
        return Line(_total_name(row), reverse("campaign_detail", args=[campaign.slug]) if may_mend else "", "",
                    campaign.court.name, _total_words(row), mends)  # fmt: skip
    measure = row.update.measure if kind == "said" else row.measure if kind == "evidence" else row
    department = row.update.department if kind == "said" else measure.lead_department
    text = row.update.done if kind == "said" else row.title if kind == "evidence" else measure.text
    anchor = {"said": "#updates", "evidence": "#evidence"}.get(kind, "")
    address = reverse("measure_detail", args=[measure.id]) + anchor
    return Line(
        _("Measure %(number)s") % {"number": measure.number}, address, text, department.name if department else "—",
        _DETAILS[code](row, on), _mends(code, measure.id, campaign, address) if may_mend else [],
    )  # fmt: skip


def _mends(code: str, pk: int, campaign: Campaign, address: str) -> list[tuple[str, str]]:
    """What the office can do about a row: the form that mends it, or a notice to those who can."""
    notice = (_("Draft a notice"), reverse("notice_new", args=[campaign.slug]) + f"?measure={pk}")
    amend = (_("Amend the measure"), reverse("measure_step", args=[pk, "amend"]))
    look = {"old_evidence": _("See the evidence"), "same_file": _("See the evidence"), "copied": _("See the progress"),
            "empty_talk": _("See the progress")}  # fmt: skip
    if code in look:
        return [(look[code], address), notice]
    if code == "closed_unproved":
        return [(pgettext("data check", "Reopen"), reverse("measure_step", args=[pk, "reopen"]))]
    if code == "late_start":
        return [(_("Start the measure"), reverse("measure_step", args=[pk, "start"])), notice]
    return [notice] if code in ("silent", "not_asked") else [amend]


def _without(measure: Any, on: date) -> str:
    missing = []
    if measure.lead_department_id is None:
        missing.append(_("no lead department"))
    if measure.lead_leader_id is None:
        missing.append(_("no lead leader"))
    return joined(missing)


def _said_words(said: Said, on: date) -> str:
    if said.phrases:
        return joined(said.phrases)
    return _("%(percent)s%% the same as before: %(text)s") % {"percent": said.alike, "text": said.earlier}


def _total_name(total: Total) -> str:
    names = {"areas": _("Areas"), "issues": _("Issues"), "measures": pgettext("ledger", "Measures")}
    return names[total.name]


def _total_words(total: Total) -> str:
    return _("declared %(declared)s, found %(found)s") % {"declared": total.declared, "found": total.found}


_DETAILS: dict[str, Callable[[Any, date], str]] = {
    "no_owner": _without,
    "no_signer": lambda row, on: _("Nobody signs as: %(stages)s") % {"stages": joined(missing_stages(row))},
    "no_original": lambda row, on: row.get_nature_display(),
    "late_start": lambda row, on: _("due %(day)s, %(days)s days ago") % {
        "day": row.deadline.isoformat(), "days": -dates.days_until(row.deadline, on)},
    "silent": lambda row, on: _("last heard of on %(day)s, %(days)s days ago") % {
        "day": row.heard_on.isoformat(), "days": -dates.days_until(row.heard_on, on)},
    "not_asked": lambda row, on: _("%(percent)s%%, no request") % {"percent": row.percent},
    "closed_unproved": lambda row, on: _("closed on %(day)s") % {"day": row.closed_on.isoformat()},
    "old_evidence": lambda row, on: _("dated %(day)s") % {"day": row.own_date.isoformat()},
    "same_file": lambda row, on: f"{row.filename} · {row.sha256[:12]}",
    "copied": _said_words,
    "empty_talk": _said_words,
}  # fmt: skip
