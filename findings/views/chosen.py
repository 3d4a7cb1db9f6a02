"""Which campaign and which day an address means. Garbage in it never breaks the page: the default is shown."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse

from accounts.decorators import SignedRequest
from accounts.paging import note_ignored, words_of
from findings import dates
from findings.models import Campaign

KEY = "campaign"  # of the session: the slug of the campaign that an address named last


def campaigns_of(request: SignedRequest) -> list[Campaign]:
    """The campaigns in sight, newest first; read once for each request."""
    found: list[Campaign] | None = getattr(request, "_campaigns", None)
    if found is None:
        found = list(Campaign.objects.visible_to(request.user).select_related("court"))
        request.__dict__["_campaigns"] = found
    return found


def settle_campaign(request: SignedRequest, campaign: Campaign) -> None:
    """The page is about a row of this campaign: what stands around it need not ask which one is meant."""
    request.__dict__["_campaigns"] = [campaign]


def campaign_of(request: SignedRequest, slug: str | None = None) -> Campaign | None:
    """The campaign that the address names, else the one chosen last, else the newest running one; None: none in sight.

    Of the running ones those with an approved plan come first: a campaign just founded has nothing to look at yet.
    """
    campaigns, today = campaigns_of(request), dates.today()
    slug = slug or words_of(request, "campaign")
    named = next((campaign for campaign in campaigns if campaign.slug == slug), None)
    if named is not None:
        if request.session.get(KEY) != named.slug:
            request.session[KEY] = named.slug
        return named
    chosen = [campaign for campaign in campaigns if campaign.slug == request.session.get(KEY)]
    running = [campaign for campaign in campaigns if not campaign.is_closed(today)]
    approved = [campaign for campaign in running if campaign.is_approved(today)]
    return next(iter([*chosen, *approved, *running, *campaigns]), None)


def campaign_or_404(request: SignedRequest, slug: str) -> Campaign:
    """The campaign of an address below /campaigns/."""
    for campaign in campaigns_of(request):
        if campaign.slug == slug:
            return campaign
    raise Http404(slug)


def day_of(request: SignedRequest, name: str, campaign: Campaign, default: date) -> date:
    """A day of the campaign, from its feedback to today; what lies outside is moved to the nearer end."""
    words = words_of(request, name)
    try:
        day = date.fromisoformat(words)
    except ValueError:
        day = default
        if words:
            note_ignored(request, f"{name} = {words}")
    return max(campaign.feedback_on, min(day, dates.today()))


def choice_of(request: SignedRequest, name: str, known: Iterable[str]) -> str:
    """A filter of the address, "" where it is none of the known ones."""
    value = words_of(request, name)
    if value in set(known):
        return value
    if value:
        note_ignored(request, f"{name} = {value}")
    return ""


def ledger_url(campaign: Campaign, on: date | None = None, **filters: Any) -> str:
    """The address of the ledger's rows behind a number; the day is left out where it is the present one."""
    given = {name: value for name, value in filters.items() if value not in ("", None)}
    if on is not None and on < campaign.as_of(dates.today()):
        given["on"] = on.isoformat()
    query = urlencode(given)
    return reverse("ledger", args=[campaign.slug]) + (f"?{query}" if query else "")
