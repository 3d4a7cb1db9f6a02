"""The ledger of messages: what was sent to whom, when, why and by which channel; and sending again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import OuterRef, Prefetch, Q, Subquery
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts import exporting
from accounts.decorators import SignedRequest, form_page, requires
from accounts.exporting import Column
from accounts.models import User
from accounts.paging import page_of
from accounts.roles import Verb
from accounts.versioned import status_of
from findings.channels import Fault, fault_of
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


@dataclass(frozen=True)
class Trip:
    """A message's way out by one channel: where it stands, what failed, and when it is tried again."""

    delivery: Delivery
    fault: Fault | None
    next_try: datetime | None


def trips_of(row: Message) -> list[Trip]:
    """The trips of a message from ``rows_of``; a failed one waits for its own time and for that of its channel."""
    found = []
    for delivery in row.deliveries.all():
        times = [delivery.not_before, *filter(None, [delivery.rests_until])]  # type: ignore[attr-defined]
        found.append(Trip(delivery, fault_of(delivery.error), max(times) if delivery.is_failing else None))
    return found


def _channel_words(row: Message) -> Iterator[str]:
    yield _("inbox")
    for trip in trips_of(row):
        words = [trip.delivery.get_channel_display(), trip.delivery.get_status_display(), str(trip.fault or "")]
        if trip.next_try:
            words.append(_("Next try: %(at)s") % {"at": timezone.localtime(trip.next_try).strftime("%Y-%m-%d %H:%M")})
        yield " ".join(filter(None, words))


def rows_of(user: User) -> MessageQuerySet:
    """What went to the people of the own courts; to everybody for the system administrator, who reads no texts."""
    rows = Message.objects.all() if user.may(Verb.MANAGE_ACCOUNTS) else Message.objects.kept_by(user)
    rests = Outage.objects.filter(channel=OuterRef("channel")).values("not_before")[:1]
    deliveries = Prefetch("deliveries", Delivery.objects.order_by("channel").annotate(rests_until=Subquery(rests)))
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
    page = page_of(request, rows)
    return render(request, "findings/message_list.html", {
        "form": form, "page": page, "rows": [(row, trips_of(row)) for row in page], "reads": reads,
        "outages": [(row, fault_of(row.error)) for row in Outage.objects.order_by("channel")],
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


@form_page
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
        "message": row, "trips": trips_of(row), "form": form, "reads": not request.user.may(Verb.MANAGE_ACCOUNTS),
        "refusal": reminders.send_again_refusal(row, request.user),
    }, status=status_of(form))  # fmt: skip
