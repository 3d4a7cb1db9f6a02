"""The inbox: what was told to me. The record is here; mail and chat only remind."""

from django.contrib import messages
from django.db.models import Case, Value, When
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts import exporting
from accounts.decorators import SignedRequest
from accounts.exporting import Column
from accounts.paging import own_address, page_of
from findings.choices import MessageKind
from findings.models import Message
from findings.views.chosen import choice_of

COLUMNS = (
    Column(gettext_lazy("written"), lambda row: row.created_at, 20),
    Column(gettext_lazy("kind"), lambda row: row.get_kind_display()),
    Column(gettext_lazy("subject"), lambda row: row.subject, 40),
    Column(gettext_lazy("text"), lambda row: row.body, 80),
    Column(gettext_lazy("read"), lambda row: row.read_at, 20),
)
_UNREAD_FIRST = Case(When(read_at__isnull=True, then=Value(0)), default=Value(1))


@require_safe
def inbox(request: SignedRequest) -> HttpResponseBase:
    """Messages of mine, unread first, then the newest."""
    rows = Message.objects.visible_to(request.user).order_by(_UNREAD_FIRST, "-created_at", "-pk")
    kind = choice_of(request, "kind", MessageKind.values)
    only_unread = choice_of(request, "unread", ["1"])
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.unread() if only_unread else rows
    if request.GET.get("format") == "xlsx":
        return exporting.respond(request, _("Inbox"), COLUMNS, rows.iterator())
    return render(request, "findings/inbox.html", {
        "page": page_of(request, rows), "kinds": MessageKind.choices, "kind": kind, "only_unread": only_unread,
    })  # fmt: skip


@require_safe
def message_open(request: SignedRequest, pk: int) -> HttpResponse:
    """Go to what the message is about; it is read then."""
    message = get_object_or_404(Message.objects.visible_to(request.user), pk=pk)
    if request.method == "GET":  # whoever only asks for the head has read nothing
        _read(request, pk=message.pk)
    return redirect(own_address(request, message.link) or "inbox")


@require_POST
def inbox_read(request: SignedRequest) -> HttpResponse:
    """Mark one message (``message=``) or all as read."""
    pk = request.POST.get("message", "")
    if pk and not (pk.isascii() and pk.isdigit() and len(pk) < 18):
        return redirect("inbox")
    number = _read(request, pk=int(pk)) if pk else _read(request)
    messages.success(
        request,
        ngettext("%(n)s message is marked as read.", "%(n)s messages are marked as read.", number) % {"n": number},
    )
    return redirect("inbox")


def _read(request: SignedRequest, **which: int) -> int:
    return Message.objects.visible_to(request.user).unread().filter(**which).update(read_at=timezone.now())
