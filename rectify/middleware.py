"""What every request passes through, beside what Django brings."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

Handler = Callable[[HttpRequest], HttpResponse]
SEEN = "seen"
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


def sliding_session(get_response: Handler) -> Handler:
    """Move the end of the session on while its owner is at work."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and time.time() - request.session.get(SEEN, 0) > SEEN_EVERY:
            request.session[SEEN] = int(time.time())
        return get_response(request)

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
