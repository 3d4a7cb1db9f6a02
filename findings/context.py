"""What every page shows around its content: the way to the other pages, and how many messages are unread."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.decorators import SignedRequest
from accounts.models import User
from accounts.paging import ignored_of
from accounts.roles import RoleCode, Verb
from findings import access
from findings.figures.timetable import Alarm, site_alarms
from findings.models import Campaign, Message
from findings.views.chosen import campaign_of, ledger_url

_MESSAGES = (
    "inbox_settings", "message_list", "message_again", "reminder_list", "reminder_new", "reminder_edit",
    "reminder_preview", "job_list", "job_detail", "calendar_days", "calendar_year",
)  # fmt: skip
_PAPERS = (
    "document_list", "document_new", "document_detail", "document_step",
    "meeting_list", "meeting_new", "meeting_detail", "meeting_edit",
)  # fmt: skip
_LEDGER = (
    "measure_detail", "measure_step", "issue_detail", "data_checks", "ledger_import", "ledger_import_detail",
    "view_new", "view_edit",
)  # fmt: skip
_PLAN = (
    "campaign_detail", "campaign_list", "campaign_create", "campaign_edit", "campaign_approve", "campaign_close",
    "plan_detail", "plan_owners", "area_create", "area_edit", "issue_create", "issue_edit", "measures_create",
    "recommendation_create",
)  # fmt: skip
_PERIODS = ("period_list", "period_detail", "period_submit", "period_review")
_LOOKBACKS = ("lookback_list", "lookback_detail", "lookback_sheet", "round_step", "recheck_step")
_SUPERVISION = (
    "notice_new", "notice_detail", "notice_step", "accountability_list", "accountability_new", "accountability_edit",
)  # fmt: skip
# Where a silent scheduler is told: the pages on which a day's work begins.
_FIRST_PAGES = {"my_work", "people_list"}
_PEOPLE = ("people_list", "person_detail", "account_create", "account_edit", "people_import")


def around(request: SignedRequest) -> dict[str, Any]:
    """``nav``, ``unread``, ``ignored``, ``job_alarms``, ``current_campaign``: called only where a page names them."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": [], "unread": 0, "current_campaign": None}
    match = request.resolver_match
    slug = match.kwargs.get("slug") if match else None
    here = (match.url_name or "") if match else ""
    unread = cache(lambda: Message.objects.visible_to(user).unread().count())
    return {
        "nav": cache(lambda: _entries(user, here, campaign_of(request, slug), unread())),
        "unread": unread,
        "ignored": lambda: ignored_of(request),
        "job_alarms": cache(lambda: _alarms(user, here)),
        "current_campaign": cache(lambda: campaign_of(request, slug)),
    }


def _alarms(user: User, here: str) -> list[Alarm]:
    """What is wrong with the timed jobs, for those who can do something about it, where they begin."""
    return site_alarms(timezone.now()) if here in _FIRST_PAGES and user.may(Verb.WATCH_JOBS) else []


def _entries(user: User, here: str, campaign: Campaign | None, unread: int) -> list[dict[str, Any]]:
    """The pages that the roles open, in the order of a working day."""
    entries = []

    def add(label: str, name: str, *others: str, url: str = "", count: int = 0) -> None:
        active = here in (name, *others)
        entries.append({"url": url or reverse(name), "label": label, "active": active, "count": count})

    if user.may(Verb.VIEW_DASHBOARD):
        add(_("My work"), "my_work")
        add(_("Dashboard"), "dashboard")
        if campaign:
            add(pgettext("page", "Ledger"), "ledger", *_LEDGER, url=ledger_url(campaign))
            if access.is_office_of(user, campaign.court_id):
                name, *others = _PLAN
                add(pgettext("page", "Plan"), name, *others, url=reverse(name, args=[campaign.slug]))
            name, *others = _PERIODS
            add(pgettext("page", "Periods"), name, *others, url=reverse(name, args=[campaign.slug]))
            notices = reverse("notice_list", args=[campaign.slug])
            add(pgettext("page", "Supervision"), "notice_list", *_SUPERVISION, url=notices)
            _add_papers(add, campaign)
            if campaign.court_id in access.courts_of(user):
                name, *others = _LOOKBACKS
                add(pgettext("page", "Look-back"), name, *others, url=reverse(name, args=[campaign.slug]))
        elif access.courts_of(user, {RoleCode.OFFICE}):
            add(pgettext("page", "Plan"), "campaign_list", "campaign_create")
    if user.may(Verb.VIEW_REPORTS):
        add(pgettext("page", "Reports"), "report_list", "report_detail", "words_new", "sentence_step")
    _add_accounts(add, user)
    jobs = [] if user.may(Verb.MANAGE_ACCOUNTS) else ["scheduler"]
    add(_("Inbox"), "inbox", *_MESSAGES, *jobs, count=unread)
    add(_("Help"), "help")
    return entries


def _add_accounts(add: Callable[..., None], user: User) -> None:
    if user.may(Verb.MANAGE_ACCOUNTS) or user.may(Verb.GRANT_ROLES):
        add(_("People"), *_PEOPLE, "scheduler")
    if user.may(Verb.MANAGE_ACCOUNTS):
        add(_("Departments"), "department_list", "department_create", "department_edit")
    if user.may(Verb.KEEP_NAMES):
        add(pgettext("page", "Names"), "name_list", "name_edit")
    if user.may(Verb.GRANT_ROLES):
        add(_("Roles"), "grant_list")
    if user.may(Verb.READ_SECURITY_LOG):
        add(_("Security log"), "security_log")


def _add_papers(add: Callable[..., None], campaign: Campaign) -> None:
    name, *others = _PAPERS
    add(pgettext("page", "Documents"), name, *others, url=reverse(name, args=[campaign.slug]))
