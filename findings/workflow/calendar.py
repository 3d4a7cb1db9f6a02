"""The working-day calendar: a year's notice taken in, and what was counted by the old table counted again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Department, User
from accounts.roles import Verb
from accounts.tracked import StaleRow, locked, store
from findings import dates
from findings.choices import UNANSWERED, NoticeStatus
from findings.figures.counting import Table, table_of
from findings.models import CalendarDay, CalendarYear, Campaign, ReportingPeriod, SupervisionNotice
from findings.workflow.campaign_outlook import PLAN_DAYS
from findings.workflow.notice_words import REPLY_DAYS, counted_from
from findings.workflow.progress import collecting_days
from findings.workflow.step import Act, Denied, acting, reason_given

# Days by date: whether it is worked, and its name.
Days = dict[date, tuple[bool, str]]


@dataclass(frozen=True)
class Changed:
    """A day that the new table makes another one than before; ``name`` is the holiday's, "" where it ends."""

    day: date
    is_working: bool
    name: str


@dataclass(frozen=True)
class Moved:
    """A counted date that is still open and that the new table moves."""

    campaign: Campaign
    code: str
    what: str
    before: date
    after: date

    def __str__(self) -> str:
        label = f"{self.campaign} {self.code}".strip()
        return _("%(label)s: %(what)s %(before)s → %(after)s") % {
            "label": label, "what": self.what, "before": self.before.isoformat(), "after": self.after.isoformat(),
        }  # fmt: skip


@dataclass(frozen=True)
class Outlook:
    """What a year's table changes: days of the calendar, and dates that were counted by it."""

    year: int
    changed: list[Changed]
    moved: list[Moved]
    written: int = 0


def rehearse_year(year: int, days: Days, *, on: date) -> Outlook:
    """What taking the table in would change; nothing is written."""
    before, wanted = table_of(dates.FIRST_DAY, dates.LAST_DAY), whole_table(year, days)
    after = Table(before.names | wanted, before.years | {year})
    periods = [moved for _period, _days, found in _recounted(after, on) for moved in found]
    return Outlook(year, _changed(before, wanted), [*periods, *_plans(before, after, on)])


def keep_year(
    year: int, days: Days, *, notice: str, by: User | None, note: str, version: int | None = None,
    at: datetime | None = None,
) -> Outlook:  # fmt: skip
    """Take a year's table in, in place of what stood for it, and count the open dates again.

    ``notice`` is its title, "" for the program's own table. Raises Denied, or StaleRow where somebody has taken the
    year in since ``version`` was read (0: it had no table).
    """
    with acting(by, note, at) as act:
        if by is not None and not by.may(Verb.KEEP_CALENDAR):
            raise Denied(_("The rectification office keeps the calendar."))
        reason_given(act)
        _demand_days(year, days)
        row = _year_row(year, version)
        told = rehearse_year(year, days, on=act.on)
        written = load_calendar(whole_table(year, days), by=by, note=act.note, at=act.at)
        row.notice = notice.replace("\x00", "").strip()
        store(row, by=by, note=act.note, at=act.at)
        _recount(act)
        return Outlook(year, told.changed, told.moved, written)


def load_calendar(days: Days, *, by: User | None, note: str = "", at: datetime | None = None) -> int:
    """Take days into the calendar, worked or off, by name; answers how many rows were new or changed."""
    written = 0
    with acting(by, note or _("calendar loaded"), at) as act:
        known = {row.day: row for row in CalendarDay.objects.filter(day__in=days)}
        for day, (is_working, name) in days.items():
            row = known.get(day) or CalendarDay(day=day)
            if row.pk is None or (row.is_working, row.name) != (is_working, name):
                row.is_working, row.name = is_working, name
                store(row, by=by, note=act.note, at=act.at)
                written += 1
    return written


def whole_table(year: int, days: Days) -> Days:
    """The days of a notice, and back to the plain week those that stood for its year and are no more in it."""
    first, last = dates.notice_days(year)
    gone = {
        day: (day.weekday() < 5, "")
        for day, (is_working, name) in table_of(first, last).names.items()
        if day not in days and (is_working != (day.weekday() < 5) or name)
    }
    return gone | days


def notices_to_check(user: User, before: Table, on: date) -> list[SupervisionNotice]:
    """Open notices in sight whose day was counted by the table ``before`` and would be another one now.

    Their text names the day, so nobody but the office changes it.
    """
    wanted = [NoticeStatus.DRAFT, *UNANSWERED]
    rows = SupervisionNotice.objects.visible_to(user).filter(status__in=wanted, due_on__gte=on)
    old, new = before.calendar, table_of(dates.FIRST_DAY, dates.LAST_DAY).calendar
    return [
        row
        for row in rows.select_related("department", "campaign").order_by("due_on", "pk")
        if row.due_on == dates.working_day_after(counted_from(row), REPLY_DAYS, old)
        and row.due_on != dates.working_day_after(counted_from(row), REPLY_DAYS, new)
    ]


def _demand_days(year: int, days: Days) -> None:
    first, last = dates.notice_days(year)
    if not days:
        raise Denied(_("The table has no day."), field="text")
    if min(days) < first or max(days) > last:
        raise Denied(_("The notice of %(year)s speaks of %(first)s to %(last)s only.") % {
            "year": year, "first": first.isoformat(), "last": last.isoformat()}, field="text")  # fmt: skip


def _year_row(year: int, version: int | None) -> CalendarYear:
    """The year's row, locked, or a new one. Raises StaleRow where it is not that of ``version``."""
    # No row stands above a year: that of the first court is locked, so that of two first tables one finds the other.
    Department.objects.courts().select_for_update().order_by("pk").first()
    row = CalendarYear.objects.filter(year=year).first()
    if row is None:
        return CalendarYear(year=year)
    if version == 0:
        raise StaleRow(row)
    return locked(row, version=version)


def _changed(before: Table, wanted: Days) -> list[Changed]:
    calendar = before.calendar
    return [
        Changed(day, is_working, name)
        for day, (is_working, name) in sorted(wanted.items())
        if dates.is_working_day(day, calendar) != is_working
    ]


def _recount(act: Act) -> None:
    """Give the periods that are not locked the days that the calendar now calls for."""
    table = table_of(dates.FIRST_DAY, dates.LAST_DAY)
    for period, (due, locks), found in list(_recounted(table, act.on)):
        if found:
            period = locked(period)
            period.due_on, period.locks_on = due, locks
            store(period, by=act.by, note=act.note, at=act.at)


def _recounted(table: Table, on: date) -> Iterator[tuple[ReportingPeriod, tuple[date, date], list[Moved]]]:
    """The open periods with the days that a table gives them, and which of these are others than on record."""
    calendar = table.calendar
    periods = ReportingPeriod.objects.filter(locks_on__gte=on).select_related("campaign")
    for period in periods.order_by("campaign__slug", "starts_on"):
        if period.campaign.is_closed(on):
            continue
        due, locks = collecting_days(period.campaign, period.ends_on, calendar)
        due = _kept_from_past(period.due_on, due, on)
        locks = max(_kept_from_past(period.locks_on, locks, on), due)
        days = (
            (pgettext("moved", "due"), period.due_on, due),
            (pgettext("moved", "locked after"), period.locks_on, locks),
        )
        found = [Moved(period.campaign, period.code, what, old, new) for what, old, new in days if old != new]
        yield period, (due, locks), found


def _kept_from_past(stored: date, counted: date, on: date) -> date:
    """The counted day, unless the one on record has gone by or the counted one would have: then what was told holds."""
    return stored if stored < on or counted < on else counted


def _plans(before: Table, after: Table, on: date) -> Iterator[Moved]:
    """The days by which plans not approved yet are due: counted anew on each page, so nothing of them is stored."""
    for campaign in Campaign.objects.filter(plan_approved_on__isnull=True, closed_on__isnull=True).order_by("slug"):
        old = dates.working_day_after(campaign.feedback_on, PLAN_DAYS, before.calendar)
        new = dates.working_day_after(campaign.feedback_on, PLAN_DAYS, after.calendar)
        if old != new and min(old, new) >= on:
            yield Moved(campaign, "", pgettext("moved", "approval of the plan"), old, new)
