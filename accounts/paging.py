"""Pages, words and ways back in an address. What a stranger writes there never breaks the page."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts.words import joined


def page_of(request: HttpRequest, rows: QuerySet | Sequence[Any], size: int = 50) -> Page:
    """The page that ``?page=`` names; the first or the last one where it names none that exists."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def words_of(request: HttpRequest, name: str, most: int = 100) -> str:
    """A text of the address without the characters that a database refuses."""
    return "".join(c for c in request.GET.get(name, "") if c.isprintable()).strip()[:most]


def note_ignored(request: HttpRequest, wish: str) -> None:
    """Remember a wish of the address that means nothing here; the page says once what it left out."""
    request.__dict__.setdefault("_ignored", []).append(wish)


def ignored_of(request: HttpRequest) -> str:
    """One sentence about the wishes that were left out, "" where all was understood."""
    wishes = dict.fromkeys(request.__dict__.get("_ignored", ()))
    return _("Not understood and left out: %(names)s.") % {"names": joined(wishes)} if wishes else ""


def own_address(request: HttpRequest, wish: str) -> str:
    """The address to go on to, "" where it is none of this site's pages.

    It begins with a slash: ``redirect`` takes any other text for the name of a route.
    """
    is_ours = url_has_allowed_host_and_scheme(wish, {request.get_host()}, require_https=request.is_secure())
    return wish if is_ours and wish.startswith("/") and wish.isprintable() else ""
