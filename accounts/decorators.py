"""Pages that hang on no single row ask for a verb."""

from collections.abc import Callable
from functools import wraps
from typing import NoReturn

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods
from django_htmx.middleware import HtmxDetails

from accounts import audit
from accounts.models import User
from accounts.roles import Verb

View = Callable[..., HttpResponseBase]
form_page = require_http_methods(["GET", "HEAD", "POST"])  # a page that shows a form and takes it


class SignedRequest(HttpRequest):
    """The request of a private page: somebody has signed in (a type only; Django makes the requests)."""

    user: User
    htmx: HtmxDetails


def requires(*verbs: Verb) -> Callable[[View], View]:
    """Open a view to those whose roles carry one of the verbs; everybody else gets 403 and a line in the log."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: SignedRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not any(request.user.may(verb) for verb in verbs):
                refuse(request, " ".join(verbs))
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def refuse(request: SignedRequest, detail: str) -> NoReturn:
    """Answer 403 and write down who tried what."""
    note_refusal(request, detail)
    raise PermissionDenied(detail)


def note_refusal(request: SignedRequest, detail: str) -> None:
    """Write down an act that a rule has refused."""
    audit.record(
        audit.Action.REFUSED, by=request.user, subject=f"{request.method} {request.path}", detail=detail,
        request=request, succeeded=False,
    )  # fmt: skip
