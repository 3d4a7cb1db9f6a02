"""Two addresses for those who watch the server. Both answer strangers, so both say little."""

import logging
from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from rectify import broker

logger = logging.getLogger(__name__)


def health(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer /healthz and /readyz ahead of everything else.

    Not as views: a probe comes under any host name, and must get its answer while the database,
    on which sessions and sign-in depend, is down.
    """
    answers = {"/healthz": healthz, "/readyz": readyz}

    def middleware(request: HttpRequest) -> HttpResponse:
        answer = answers.get(request.path)
        if answer is None:
            return get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        response = answer()
        response["Cache-Control"] = "no-store"
        return response

    return middleware


def healthz() -> HttpResponse:
    """Say that the process lives."""
    return JsonResponse({"status": "ok"})


def readyz() -> HttpResponse:
    """Say whether database and broker answer, and which does not."""
    failing = [name for name, check in (("database", _database), ("broker", _broker)) if not check()]
    return JsonResponse(
        {"status": "unavailable" if failing else "ok", "failing": failing}, status=503 if failing else 200
    )


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.error("database does not answer: %s", error)
        return False
    return True


def _broker() -> bool:
    try:
        broker.check()
    except broker.BrokerDown as error:
        logger.error("broker: %s", error)
        return False
    return True
