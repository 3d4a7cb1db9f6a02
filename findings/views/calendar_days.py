"""The working-day calendar: a year month by month, and the notice of a year taken in after a rehearsal."""

from calendar import Calendar
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from accounts.decorators import SignedRequest, form_page, requires
from accounts.paging import note_ignored, words_of
from accounts.roles import Verb
from accounts.versioned import status_of
from findings import dates
from findings.figures.counting import Table, table_of
from findings.forms.calendar import NoticeOfYearForm
from findings.models import CalendarYear
from findings.views.chosen import campaigns_of
from findings.views.verbs import done
from findings.workflow import calendar
from findings.workflow.calendar import Moved, Outlook

FIRST_WEEKDAY = 0  # Monday
MOST_TOLD = 30  # dates that a message names one by one


@require_safe
def calendar_days(request: SignedRequest) -> HttpResponse:
    """The years that are known, and one of them month by month: for everybody."""
    today = dates.today()
    year = _year_of(request, today)
    known = list(CalendarYear.objects.order_by("-year"))
    row = next((row for row in known if row.year == year), None)
    table = table_of(date(year, 1, 1), date(year, 12, 31))
    return render(request, "findings/calendar_days.html", {
        "year": year, "row": row, "years": _choices(known, year, today), "known": known, "next_year": today.year + 1,
        "months": _months(year, table, today),
        "weekdays": pgettext("weekdays from Monday on", "Mo Tu We Th Fr Sa Su").split(),
        "working": _working(year, table), "is_next_known": any(row.year == today.year + 1 for row in known),
        "differing": [{"day": day, "is_working": fact[0], "name": fact[1]} for day, fact in table.names.items()
                      if fact[0] != (day.weekday() < 5)],
    })  # fmt: skip


@form_page
@requires(Verb.KEEP_CALENDAR)
def calendar_year(request: SignedRequest, year: int) -> HttpResponse:
    """Take in the notice of a year: first rehearsed, then by the second button kept."""
    if not dates.FIRST_DAY.year <= year <= dates.LAST_DAY.year:
        raise Http404(year)
    row, today = CalendarYear.objects.filter(year=year).first(), dates.today()
    is_keeping = "keep" in request.POST
    form = NoticeOfYearForm(
        *((request.POST, request.FILES) if request.method == "POST" else ()), year=year, is_keeping=is_keeping,
        initial={"version": row.version if row else 0, "notice": row.notice if row else ""},
    )  # fmt: skip
    if form.is_bound and form.is_valid() and is_keeping and (told := _kept(request, form)):
        _tell(request, told)
        return redirect(f"{reverse('calendar_days')}?year={year}")
    outlook = calendar.rehearse_year(year, form.read.days, on=today) if form.is_whole else None
    moved = _in_sight(request, outlook)
    return render(request, "findings/calendar_year.html", {
        "year": year, "row": row, "form": form, "outlook": outlook, "moved": moved,
        "others": len(outlook.moved) - len(moved) if outlook else 0,
        "fields": [form[name] for name in ("notice", "text", "file")],
    }, status=status_of(form))  # fmt: skip


def _kept(request: SignedRequest, form: NoticeOfYearForm) -> Outlook | None:
    """What the verb did; None where it refused, and the form says why."""
    found: list[Outlook] = []
    before = table_of(dates.FIRST_DAY, dates.LAST_DAY)
    data = form.cleaned_data

    def keep() -> None:
        found.append(calendar.keep_year(
            form.year, form.read.days, notice=data["notice"], by=request.user, note=data["note"],
            version=data["version"],
        ))  # fmt: skip

    if not done(request, form, keep):
        return None
    for notice in calendar.notices_to_check(request.user, before, dates.today())[:MOST_TOLD]:
        messages.warning(request, _(
            "The reply to “%(notice)s” (%(department)s) is due on %(day)s, which was counted by the old table; its "
            "text names that day, so it stays unless you change it."
        ) % {"notice": notice, "department": notice.department, "day": notice.due_on.isoformat()})  # fmt: skip
    return found[0]


def _in_sight(request: SignedRequest, told: Outlook | None) -> list[Moved]:
    """The moved dates of the campaigns that the reader sees; the calendar is every court's."""
    seen = {campaign.pk for campaign in campaigns_of(request)} if told and told.moved else set()
    return [row for row in told.moved if row.campaign.pk in seen] if told else []


def _tell(request: SignedRequest, told: Outlook) -> None:
    """What the new table has changed, date by date."""
    words = {"year": told.year, "days": len(told.changed), "dates": len(told.moved)}
    messages.success(request, _(
        "The table of %(year)s stands: %(days)s days are other ones than before, %(dates)s open dates were counted "
        "again."
    ) % words)  # fmt: skip
    for moved in _in_sight(request, told)[:MOST_TOLD]:
        messages.info(request, str(moved))


def _year_of(request: SignedRequest, today: date) -> int:
    words = words_of(request, "year")
    first, last = dates.FIRST_DAY.year, dates.LAST_DAY.year
    if words.isascii() and words.isdigit() and len(words) == 4 and first <= int(words) <= last:
        return int(words)
    if words:
        note_ignored(request, f"year = {words}")
    return today.year


def _choices(known: list[CalendarYear], year: int, today: date) -> list[int]:
    """The years to choose from: the present one and its neighbours, the known ones, and the one that is shown."""
    return sorted({row.year for row in known} | {today.year - 1, today.year, today.year + 1, year})


def _months(year: int, table: Table, today: date) -> list[dict[str, Any]]:
    """Twelve months in weeks from Monday; a cell is None where the day is another month's."""
    found = []
    for month in range(1, 13):
        weeks = Calendar(FIRST_WEEKDAY).monthdayscalendar(year, month)
        cells = [[_cell(date(year, month, day), table, today) if day else None for day in week] for week in weeks]
        found.append({"first": date(year, month, 1), "weeks": cells})
    return found


def _cell(day: date, table: Table, today: date) -> dict[str, Any]:
    is_working, name = table.names.get(day, (day.weekday() < 5, ""))
    return {
        "number": day.day, "name": name, "is_today": day == today,
        "is_holiday": not is_working and day.weekday() < 5, "is_made_up": is_working and day.weekday() >= 5,
        "is_weekend": not is_working and day.weekday() >= 5,
    }  # fmt: skip


def _working(year: int, table: Table) -> int:
    """How many working days the year has."""
    return dates.working_days_between(date(year - 1, 12, 31), date(year, 12, 31), table.calendar)
