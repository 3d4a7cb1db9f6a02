"""Which requests a person has opened in this session: only what was opened is signed together with others."""

from collections.abc import Iterable
from typing import Any

from accounts.decorators import SignedRequest
from findings.models import ClosureRequest, Request

KEY = "opened_requests"
MOST = 500  # marks kept; the oldest fall out first


def key_of(row: Request) -> str:
    """The request's name in the session and in a form, such as closure-12."""
    return f"{'closure' if isinstance(row, ClosureRequest) else 'extension'}-{row.pk}"


def mark_opened(request: SignedRequest, rows: Iterable[Request]) -> None:
    """Remember that the person has seen these requests as they stand now; who only asks for the head has not."""
    marks: dict[str, Any] = request.session.get(KEY, {})
    found = {key_of(row): _mark(row) for row in rows}
    if request.method == "HEAD" or found.items() <= marks.items():
        return
    kept = {key: mark for key, mark in marks.items() if key not in found} | found
    request.session[KEY] = dict(list(kept.items())[-MOST:])


def was_opened(request: SignedRequest, row: Request) -> bool:
    """Whether it was opened at its present stage and has not changed since."""
    return request.session.get(KEY, {}).get(key_of(row)) == _mark(row)


def _mark(row: Request) -> list[int]:
    return [row.stage_index, row.version]
