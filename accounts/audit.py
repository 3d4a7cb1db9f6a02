"""The only writer of the security log."""

from typing import Any

from django.contrib.auth.signals import (
    user_logged_in,
    user_logged_out,
    user_login_failed,
)
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts import chain
from accounts.models import AuditEvent, User

Action = AuditEvent.Action


def record(
    action: str,
    *,
    by: User | None,
    subject: str = "",
    detail: str = "",
    request: HttpRequest | None = None,
    succeeded: bool = True,
    username: str = "",
) -> AuditEvent:
    """Append one line to the security log, under the chain. Control characters in texts become spaces."""
    with chain.sealing():
        event = AuditEvent.objects.create(
            at=timezone.now(),
            action=action,
            user=by,
            username=_one_line(username or (by.username if by else ""))[:150],
            subject=_one_line(subject)[:200],
            detail=_one_line(detail)[:2000],
            address=address_of(request) if request else "",
            succeeded=succeeded,
        )
        chain.note(event)
    return event


def address_of(request: HttpRequest) -> str:
    """The caller's address as the server saw it; forwarded headers are the front server's business."""
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


@receiver(user_logged_in)
def _signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    record(Action.SIGN_IN, by=user, request=request)


@receiver(user_logged_out)
def _signed_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        record(Action.SIGN_OUT, by=user, request=request)


@receiver(user_login_failed)
def _sign_in_failed(sender: Any, credentials: dict, request: HttpRequest | None = None, **kwargs: Any) -> None:
    name = str(credentials.get("username", ""))
    record(Action.SIGN_IN_FAILED, by=None, username=name, request=request, succeeded=False)
