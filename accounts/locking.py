"""When signing in pauses: after a few failures against one name, and after many from one address.

The library counts failures by any combination of name and address, but against one limit. A limit that is
right for a name is far too low for an address behind which a whole court may sit, so the second is ours.
"""

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class Handler(AxesDatabaseHandler):
    """The library's count for each name, with a pause for an address that tries many of them."""

    def is_locked(self, request: HttpRequest, credentials: dict | None = None) -> bool:
        return super().is_locked(request, credentials) or too_many_from(request)


def too_many_from(request: HttpRequest) -> bool:
    """Whether so many sign-ins failed lately from the caller's address that it may try no name at all."""
    since, address = get_cool_off_threshold(request), request.META.get("REMOTE_ADDR")
    recent = AccessAttempt.objects.filter(ip_address=address, attempt_time__gte=since)
    failures = recent.aggregate(failures=Sum("failures_since_start"))["failures"] or 0
    return failures >= settings.FAILURES_OF_ADDRESS


def paused(request: HttpRequest, original: HttpResponse | None, credentials: dict | None) -> HttpResponse:
    """Answer an attempt during a pause. Known and unknown names are told the same."""
    context = {"of_address": too_many_from(request)}
    return render(request, "accounts/locked_out.html", context, status=settings.AXES_HTTP_RESPONSE_CODE)
