"""The ledger of messages: what was sent to whom, when, why and by which channel; and sending again."""

from collections.abc import Iterator

from django.contrib import messages
from django.db.models import Prefetch, Q
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts import exporting
from accounts.decorators import SignedRequest, requires
from accounts.exporting import Column
from accounts.models import User
from accounts.paging import page_of
from accounts.roles import Verb
from accounts.versioned import status_of
from findings.forms.approval import ReasonForm
from findings.forms.reminders import MessageFilterForm
from findings.models import Delivery, Message, Outage
from findings.models.message import MessageQuerySet
from findings.views.verbs import done
from findings.workflow import reminders

FACTS = (
    Column(gettext_lazy("written"), lambda row: row.created_at, 20),
    Column(gettext_lazy("recipient"), lambda row: row.recipient.name, 20),
    Column(gettext_lazy("kind"), lambda row: row.get_kind_display()),
    Column(gettext_lazy("status"), lambda row: row.get_status_display()),
    Column(gettext_lazy("channels"), lambda row: "; ".join(_channel_words(row)), 40),
    Column(gettext_lazy("read"), lambda row: row.read_at, 20),
)
WORDS = (
    Column(gettext_lazy("subject"), lambda row: row.subject, 40),
    Column(gettext_lazy("why"), lambda row: row.why, 40),
    Column(gettext_lazy("text"), lambda row: row.plain, 80),
)


def _channel_words(row: Message) -> Iterator[str]:
    yield _("inbox")
    for delivery in row.deliveries.all():
        yield f"{delivery.get_channel_display()} {delivery.get_status_display()} {delivery.error}".strip()


def rows_of(user: User) -> MessageQuerySet:
    """What went to the people of the own courts; to everybody for the system administrator, who reads no texts."""
    rows = Message.objects.all() if user.may(Verb.MANAGE_ACCOUNTS) else Message.objects.kept_by(user)
    deliveries = Prefetch("deliveries", Delivery.objects.order_by("channel"))
    return rows.select_related("recipient").prefetch_related(deliveries)


@require_safe
@requires(Verb.READ_DELIVERIES, Verb.MANAGE_ACCOUNTS)
def message_list(request: SignedRequest) -> HttpResponseBase:
    """The newest first, by filters."""
    form = MessageFilterForm(request.GET)
    reads = not request.user.may(Verb.MANAGE_ACCOUNTS)
    rows = _filtered(rows_of(request.user), form, reads=reads)
    if request.GET.get("format") == "xlsx":
        columns = FACTS + WORDS if reads else FACTS
        return exporting.respond(request, _("Messages sent"), columns, rows.iterator(chunk_size=500))
    return render(request, "findings/message_list.html", {
        "form": form, "page": page_of(request, rows), "reads": reads, "outages": Outage.objects.order_by("channel"),
    })  # fmt: skip


def _filtered(rows: MessageQuerySet, form: MessageFilterForm, *, reads: bool) -> MessageQuerySet:
    chosen = form.chosen
    for name in ("kind", "status"):
        rows = rows.filter(**{name: chosen[name]}) if name in chosen else rows
    if "channel" in chosen:
        rows = rows.filter(pk__in=Delivery.objects.filter(channel=chosen["channel"]).values("message_id"))
    if "since" in chosen:
        rows = rows.filter(created_at__date__gte=chosen["since"])
    if "until" in chosen:
        rows = rows.filter(created_at__date__lte=chosen["until"])
    if words := chosen.get("q", "").replace("\x00", ""):
        hit = Q(recipient__name__icontains=words) | Q(recipient__username__icontains=words)
        rows = rows.filter(hit | Q(subject__icontains=words) | Q(body__icontains=words) if reads else hit)
    return rows


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Verb.READ_DELIVERIES, Verb.MANAGE_ACCOUNTS)
def message_again(request: SignedRequest, pk: int) -> HttpResponse:
    """Let a message that could not be delivered leave once more."""
    row = get_object_or_404(rows_of(request.user), pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        note = form.cleaned_data["note"]
        if done(request, form, lambda: reminders.send_again(row, by=request.user, note=note)):
            messages.success(request, _("The message leaves with the next sending."))
            return redirect("message_list")
    return render(request, "findings/message_again.html", {
        "message": row, "form": form, "reads": not request.user.may(Verb.MANAGE_ACCOUNTS),
        "refusal": reminders.send_again_refusal(row, request.user),
    }, status=status_of(form))  # fmt: skip
