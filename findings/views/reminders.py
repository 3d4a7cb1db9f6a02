"""The office's page of reminder rules, and what a morning would bring by them."""

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_safe

from accounts import exporting
from accounts.decorators import SignedRequest, form_page, requires
from accounts.exporting import Column
from accounts.models import Department
from accounts.paging import page_of, words_of
from accounts.roles import RoleCode, Verb
from accounts.versioned import status_of
from accounts.words import joined
from findings import access, dates, morning
from findings.choices import Channel
from findings.forms.reminders import PreviewForm, RuleForm
from findings.models import ReminderRule
from findings.morning.almanac import Almanac
from findings.views.verbs import done
from findings.workflow import reminders


def courts_of(request: SignedRequest) -> list[Department]:
    """The courts whose office the person is of."""
    return list(Department.objects.filter(pk__in=access.courts_of(request.user, {RoleCode.OFFICE})).order_by("order"))


def court_of(request: SignedRequest) -> Department:
    """The court that the address names, else the first one."""
    courts, code = courts_of(request), words_of(request, "court")
    return next((row for row in courts if row.code == code), courts[0])


def _rules(court: Department) -> list[ReminderRule]:
    return ReminderRule.objects.of_courts([court.pk])[court.pk]


_COLUMNS = (
    Column(pgettext_lazy("rule", "when"), lambda row: row["rule"].get_condition_display(), 30),
    Column(gettext_lazy("how long"), lambda row: row["when"], 20),
    Column(gettext_lazy("who is told"), lambda row: joined(row["roles"]), 36),
    Column(gettext_lazy("outside the inbox"), lambda row: row["outside"], 24),
    Column(gettext_lazy("own words"), lambda row: row["rule"].wording, 40),
    Column(gettext_lazy("in force"), lambda row: row["in_force"], 16),
)


@require_safe
@requires(Verb.KEEP_REMINDERS)
def reminder_list(request: SignedRequest) -> HttpResponseBase:
    """All rules of a court, in the order of the digest, or their file with ``?format=xlsx``."""
    court = court_of(request)
    rules = [_shown(row) for row in _rules(court)]
    if request.GET.get("format") == "xlsx":
        return exporting.respond(request, _("Reminder rules"), _COLUMNS, rules, about=court)
    return render(request, "findings/reminder_list.html", {
        "court": court, "courts": courts_of(request), "rules": rules,
        "preview": _morning_asked(request, is_first=True),
    })  # fmt: skip


def _when(row: ReminderRule) -> str:
    """How long before or after its day a rule speaks."""
    if not row.offset:
        return _("on the day") if row.counts_ahead else _("at once")
    days = {"days": row.offset}
    if row.is_working:
        ahead = ngettext("%(days)s working day before", "%(days)s working days before", row.offset)
        after = ngettext("%(days)s working day after", "%(days)s working days after", row.offset)
    else:
        ahead = ngettext("%(days)s day before", "%(days)s days before", row.offset)
        after = ngettext("%(days)s day after", "%(days)s days after", row.offset)
    return (ahead if row.counts_ahead else after) % days


def _shown(row: ReminderRule) -> dict[str, Any]:
    return {
        "rule": row,
        "when": _when(row),
        "roles": [RoleCode(code).label for code in row.roles.split(",")],
        "outside": _outside(row),
        "in_force": _in_force(row),
    }


def _outside(row: ReminderRule) -> str:
    """Where a rule speaks besides the inbox."""
    if not row.channels:
        return _("nothing")
    if row.channels == "*":
        return _("as each person chose")
    return joined(Channel(code).label for code in row.channels.split(",") if code in Channel.values)


def _in_force(row: ReminderRule) -> str:
    if not row.is_active:
        return _("switched off")
    return _("yes") if row.pk is None else _("yes, changed by the court")


@form_page
@requires(Verb.KEEP_REMINDERS)
def reminder_new(request: SignedRequest) -> HttpResponse:
    """One more rule for the court."""
    court = court_of(request)
    blank = ReminderRule(court=court, order=500, channels="*")
    form = RuleForm(request.POST or None, rule=blank)
    if request.method == "POST" and form.is_valid():
        condition = form.cleaned_data["condition"]
        values = form.values()
        if done(request, form, lambda: reminders.add_rule(court, by=request.user, condition=condition, values=values)):
            return _back(request, court, _("The rule is in force from the next morning on."))
    return _form_page(request, court, form, None)


@form_page
@requires(Verb.KEEP_REMINDERS)
def reminder_edit(request: SignedRequest, code: str) -> HttpResponse:
    """Change a rule or switch it off."""
    court = court_of(request)
    row = next((row for row in _rules(court) if row.code == code), None)
    if row is None:
        raise Http404(code)
    form = RuleForm(request.POST or None, rule=row)
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        values = form.values()
        if done(request, form, lambda: reminders.change_rule(
            court, code, by=request.user, values=values, version=version
        )):  # fmt: skip
            return _back(request, court, _("The rule is changed from the next morning on."))
    return _form_page(request, court, form, row)


def _back(request: SignedRequest, court: Department, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect(f"{reverse('reminder_list')}?court={court.code}")


def _form_page(request: SignedRequest, court: Department, form: RuleForm, row: ReminderRule | None) -> HttpResponse:
    context = {"form": form, "court": court, "rule": row}
    return render(request, "findings/reminder_form.html", context, status=status_of(form))


def _morning_asked(request: SignedRequest, *, is_first: bool = False) -> PreviewForm:
    """The form of the morning to be shown, opened on the next day on which reminders are sent."""
    today = dates.today()
    opens_on = dates.working_day_from(today, Almanac.of(today).calendar)
    return PreviewForm({} if is_first else request.GET, today=today, opens_on=opens_on)


@require_safe
@requires(Verb.KEEP_REMINDERS)
def reminder_preview(request: SignedRequest) -> HttpResponse:
    """Who would get what on a morning: drafted by the same rules and functions, and thrown away."""
    court = court_of(request)
    form = _morning_asked(request)
    found = morning.preview(form.cleaned_data["on"], court.pk, today=dates.today()) if form.is_valid() else None
    people: dict[int, list] = defaultdict(list)
    for draft in found.drafts if found else []:
        people[draft.recipient.pk].append(draft)
    return render(request, "findings/reminder_preview.html", {
        "court": court, "form": form, "found": found, "number": len(found.drafts) if found else 0,
        "page": page_of(request, list(people.values()), size=20),
    })  # fmt: skip
