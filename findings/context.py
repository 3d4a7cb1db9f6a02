"""What every page shows around its content: the way to the other pages, and how many messages are unread."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.decorators import SignedRequest
from accounts.models import User
from accounts.roles import Verb
from findings.models import Campaign, Message
from findings.views.chosen import campaign_of, ledger_url

_PAPERS = ("document_list", "meeting_list")
_PEOPLE = ("people_list", "person_detail", "account_create", "account_edit", "people_import")


def around(request: SignedRequest) -> dict[str, Any]:
    """``nav``, ``unread`` and ``current_campaign``: functions, called once and only where a template names them."""
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
        "current_campaign": cache(lambda: campaign_of(request, slug)),
    }


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
            add(pgettext("page", "Ledger"), "ledger", "measure_detail", "measure_step", url=ledger_url(campaign))
            _add_papers(add, campaign)
    if user.may(Verb.VIEW_REPORTS):
        add(pgettext("page", "Reports"), "report_list", "report_detail")
    if user.may(Verb.MANAGE_ACCOUNTS) or user.may(Verb.GRANT_ROLES):
        add(_("People"), *_PEOPLE)
    if user.may(Verb.MANAGE_ACCOUNTS):
        add(_("Departments"), "department_list", "department_create", "department_edit")
    if user.may(Verb.GRANT_ROLES):
        add(_("Roles"), "grant_list")
    if user.may(Verb.READ_SECURITY_LOG):
        add(_("Security log"), "security_log")
    add(_("Inbox"), "inbox", count=unread)
    add(_("Help"), "help")
    return entries


def _add_papers(add: Callable[..., None], campaign: Campaign) -> None:
    name, *others = _PAPERS
    add(pgettext("page", "Documents"), name, *others, url=reverse(name, args=[campaign.slug]))
