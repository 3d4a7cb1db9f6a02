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
from accounts.decorators import SignedRequest, form_page
from accounts.exporting import Column
from accounts.paging import own_address, page_of, words_of
from accounts.versioned import status_of
from findings.choices import MessageKind
from findings.forms.reminders import PreferenceForm
from findings.models import Message, Preference
from findings.models.message import MessageQuerySet
from findings.morning import MORNING
from findings.views.chosen import choice_of
from findings.views.verbs import done
from findings.workflow import reminders

COLUMNS = (
    Column(gettext_lazy("written"), lambda row: row.created_at, 20),
    Column(gettext_lazy("kind"), lambda row: row.get_kind_display()),
    Column(gettext_lazy("subject"), lambda row: row.subject, 40),
    Column(gettext_lazy("text"), lambda row: row.plain, 80),
    Column(gettext_lazy("why"), lambda row: row.why, 40),
    Column(gettext_lazy("read"), lambda row: row.read_at, 20),
)
_UNREAD_FIRST = Case(When(read_at__isnull=True, then=Value(0)), default=Value(1))
# Messages that one press of the button marks.
MOST_CHOSEN = 200


@require_safe
def inbox(request: SignedRequest) -> HttpResponseBase:
    """Messages of mine, unread first, then the newest."""
    rows, facts = _filtered(request)
    rows = rows.order_by(_UNREAD_FIRST, "-created_at", "-pk")
    if request.GET.get("format") == "xlsx":
        return exporting.respond(request, _("Inbox"), COLUMNS, rows.iterator())
    return render(request, "findings/inbox.html", facts | {
        "page": page_of(request, rows), "kinds": MessageKind.choices,
    })  # fmt: skip


def _filtered(request: SignedRequest) -> tuple[MessageQuerySet, dict[str, str]]:
    """My messages by the filters of the address, and these."""
    rows = Message.objects.visible_to(request.user)
    kind = choice_of(request, "kind", MessageKind.values)
    only_unread = choice_of(request, "unread", ["1"])
    words = words_of(request, "q")
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.unread() if only_unread else rows
    rows = rows.filter(body__icontains=words) | rows.filter(subject__icontains=words) if words else rows
    return rows, {"kind": kind, "only_unread": only_unread, "words": words}


@require_safe
def message_open(request: SignedRequest, pk: int) -> HttpResponse:
    """Go to what the message is about; it is read then."""
    message = get_object_or_404(Message.objects.visible_to(request.user), pk=pk)
    if request.method == "GET":  # whoever only asks for the head has read nothing
        _read(Message.objects.visible_to(request.user).filter(pk=message.pk))
    return redirect(own_address(request, message.link) or "inbox")


@require_POST
def inbox_read(request: SignedRequest) -> HttpResponse:
    """Mark the messages named (``message=``) as read, or with ``all`` those of the filters in the address."""
    chosen = [int(pk) for pk in request.POST.getlist("message") if pk.isascii() and pk.isdigit() and len(pk) < 18]
    if request.POST.get("all"):
        rows, _facts = _filtered(request)
    else:
        rows = Message.objects.visible_to(request.user).filter(pk__in=chosen[:MOST_CHOSEN])
    number = _read(rows)
    messages.success(
        request,
        ngettext("%(n)s message is marked as read.", "%(n)s messages are marked as read.", number) % {"n": number},
    )
    return redirect("inbox")


def _read(rows: MessageQuerySet) -> int:
    """Each message is read once, however many windows say so; answers how many were not yet."""
    return rows.unread().update(read_at=timezone.now())


@form_page
def inbox_settings(request: SignedRequest) -> HttpResponse:
    """Channels, names elsewhere and a pause: everybody for him- or herself."""
    row = Preference.objects.of([request.user])[request.user.pk]
    form = PreferenceForm(request.POST or None, preference=row)
    if request.method == "POST" and form.is_valid():
        version, values = form.cleaned_data["version"], form.values()
        person = request.user
        if done(request, form, lambda: reminders.save_preference(person, by=person, version=version, **values)):
            messages.success(request, _("Your settings are kept."))
            return redirect("inbox_settings")
    return render(request, "findings/inbox_settings.html", {
        "form": form, "morning": MORNING, "has_mail": bool(request.user.email),
    }, status=status_of(form))  # fmt: skip
