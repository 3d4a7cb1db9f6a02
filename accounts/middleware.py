"""What the account itself asks of a request, after Django has found out whose it is."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import resolve, reverse
from django.urls.exceptions import Resolver404

from accounts import naming

Handler = Callable[[HttpRequest], HttpResponse]
OPEN_MEANWHILE = frozenset({"password_change", "logout", "set_language"})


def password_first(get_response: Handler) -> Handler:
    """Send every page of an account with a one-time password to the page where it chooses its own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.must_change_password and _name(request) not in OPEN_MEANWHILE:
            return redirect("password_change")
        return get_response(request)

    return middleware


def own_names(get_response: Handler) -> Handler:
    """Know the site's own words for roles and states before a page is printed."""

    def middleware(request: HttpRequest) -> HttpResponse:
        naming.refresh()
        return get_response(request)

    return middleware


def whole_page_sign_in(get_response: Handler) -> Handler:
    """Let a fragment's answer that leads to signing in load the whole page, not put the form into the fragment."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not request.headers.get("HX-Request") or response.status_code not in (301, 302):
            return response
        target = response.headers["Location"]
        if not target.startswith((settings.LOGIN_URL, reverse("password_change"))):
            return response
        return HttpResponse(status=401, headers={"HX-Redirect": target.split("?")[0]})

    return middleware


def _name(request: HttpRequest) -> str | None:
    try:
        return resolve(request.path_info).url_name
    except Resolver404:
        return None
