"""My work: what waits for me, what hurts first, with the act on the row."""

from dataclasses import replace
from itertools import groupby

from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from accounts import exporting
from accounts.decorators import SignedRequest
from accounts.exporting import Column
from accounts.models import User
from accounts.paging import page_of
from accounts.roles import DEPARTMENT_ROLES, RoleCode, Verb
from findings import dates, figures
from findings.figures import sentences
from findings.views.chosen import campaigns_of
from findings.views.work_rows import TITLES, Row, rows_of

COLUMNS = (
    Column(pgettext_lazy("my work", "what waits"), lambda row: row.title, 20),
    Column(gettext_lazy("number"), lambda row: row.name, 12),
    Column(pgettext_lazy("my work", "measure or notice"), lambda row: row.text, 60),
    Column(pgettext_lazy("my work", "day"), lambda row: row.due, 12),
    Column(pgettext_lazy("my work", "why"), lambda row: row.why, 60),
)
# Where an administrator's day begins: these roles see no measures.
ADMIN_PAGES = (
    (Verb.MANAGE_ACCOUNTS, "people_list"),
    (Verb.GRANT_ROLES, "grant_list"),
    (Verb.READ_SECURITY_LOG, "security_log"),
)


@require_safe
def my_work(request: SignedRequest) -> HttpResponseBase:
    """The first page after signing in; who only watches is sent on."""
    admin = next((page for verb, page in ADMIN_PAGES if request.user.may(verb)), None)
    if admin:
        return redirect(admin)
    work = figures.work_of(request.user, dates.today())
    if _only_watches(request.user) and not work.total:
        return redirect("dashboard")
    rows = _with_campaigns(request, rows_of(work, request.user))
    if request.GET.get("format") == "xlsx":
        return exporting.respond(request, _("My work"), COLUMNS, rows)
    page = page_of(request, rows)
    numbers = {kind: sum(row.kind == kind for row in rows) for kind in TITLES}
    groups = [(kind, TITLES[kind], numbers[kind], list(found)) for kind, found in groupby(page, lambda row: row.kind)]
    return render(request, "findings/my_work.html", {
        "work": work, "groups": groups, "page": page, "has_role": bool(request.user.roles()),
        "sentence": sentences.work_sentence(work, this_year=work.on.year),
    })  # fmt: skip


def _with_campaigns(request: SignedRequest, rows: list[Row]) -> list[Row]:
    """The rows of several campaigns each with the name of its own; those of one campaign need none."""
    if len({row.campaign_id for row in rows}) < 2:
        return rows
    names = {campaign.pk: str(campaign) for campaign in campaigns_of(request)}
    return [replace(row, campaign=names.get(row.campaign_id, "")) for row in rows]


def _only_watches(user: User) -> bool:
    """No department, no office: leaders and the discipline group, as long as nothing waits for them."""
    return user.may(Verb.VIEW_DASHBOARD) and not user.roles() & (DEPARTMENT_ROLES | {RoleCode.OFFICE})
