"""What every request passes through, beside what Django brings."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers

Handler = Callable[[HttpRequest], HttpResponse]
SEEN = "seen"
SINCE = "since"  # when its owner signed in
SEEN_EVERY = 60  # seconds; a session row is written once a minute at most, not with every click


def client_address(get_response: Handler) -> Handler:
    """Put the reader's address into REMOTE_ADDR when proxies stand before us.

    Only as many entries as there are proxies of our own are believed; the rest is what anybody may send.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if settings.PROXIES and len(hops) >= settings.PROXIES:
            request.META["REMOTE_ADDR"] = hops[-settings.PROXIES]
        return get_response(request)

    return middleware


def private_answers(get_response: Handler) -> Handler:
    """Leave no copy of what a signed-in reader sees in a browser or a proxy that others use after them."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        user = getattr(request, "user", None)  # a request that was refused earlier has none
        if user is not None and user.is_authenticated:
            patch_cache_control(response, no_store=True, private=True)
        return response

    return middleware


def sliding_session(get_response: Handler) -> Handler:
    """Move the end of the session on while its owner is at work, up to the longest time that one may last."""

    def middleware(request: HttpRequest) -> HttpResponse:
        now, session = int(time.time()), request.session
        if request.user.is_authenticated and now - session.get(SINCE, now) >= settings.SESSION_LONGEST:
            logout(request)
        if request.user.is_authenticated and now - session.get(SEEN, 0) > SEEN_EVERY:
            session[SEEN] = now
        response = get_response(request)
        if request.user.is_authenticated:
            session.setdefault(SINCE, now)  # the answer to signing in is the first that finds a user here
        return response

    return middleware


def chosen_language(get_response: Handler) -> Handler:
    """Speak the language of the account, else of the cookie, else Chinese.

    The browser's own wish is not asked: the terms are Chinese law, and many desktops claim English.
    """
    known = {code for code, _ in settings.LANGUAGES}

    def middleware(request: HttpRequest) -> HttpResponse:
        wishes = (getattr(request.user, "language", ""), request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""))
        language = next((wish for wish in wishes if wish in known), settings.LANGUAGE_CODE)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Cookie",))
        return response

    return middleware
