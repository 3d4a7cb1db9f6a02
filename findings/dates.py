"""Days, periods and what they make of a deadline. Every question takes its day; only pages and jobs ask today()."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from findings.choices import UNANSWERED, DocumentAction, MeasureStatus, Nature, PeriodKind

# Days that differ from the plain week: True is a working day (make-up day), False a day off.
Calendar = Mapping[date, bool]
# What a day that somebody enters lies between; beyond it, it is a slip.
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)


def today() -> date:
    """The present day in the site's time zone."""
    return timezone.localdate()


def out_of_range(day: date) -> str:
    """ "" where the day lies between ``FIRST_DAY`` and ``LAST_DAY``, else the sentence that says so."""
    if FIRST_DAY <= day <= LAST_DAY:
        return ""
    facts = {"day": day.isoformat(), "first": FIRST_DAY.isoformat(), "last": LAST_DAY.isoformat()}
    return _("The day %(day)s lies outside %(first)s to %(last)s.") % facts


def days_until(day: date, on: date) -> int:
    """Calendar days from ``on`` to ``day``; negative where it has gone by."""
    return (day - on).days


def is_working_day(day: date, calendar: Calendar) -> bool:
    """Whether offices work on ``day``; days that the calendar does not name follow the week."""
    return calendar.get(day, day.weekday() < 5)


def working_day_after(day: date, count: int, calendar: Calendar) -> date:
    """The ``count``-th working day after ``day`` (which itself does not count). ``count`` is at least 1."""
    return counted_days(day, count, calendar)[-1]


def counted_days(day: date, count: int, calendar: Calendar) -> list[date]:
    """The working days that were counted to reach a date, in order: the proof shown beside it."""
    days: list[date] = []
    while len(days) < count:
        day += timedelta(days=1)
        if is_working_day(day, calendar):
            days.append(day)
    return days


def working_days_between(start: date, end: date, calendar: Calendar) -> int:
    """How many working days lie after ``start`` up to and including ``end``; 0 where ``end`` is not later."""
    return sum(is_working_day(start + timedelta(days=n + 1), calendar) for n in range((end - start).days))


def working_day_from(day: date, calendar: Calendar) -> date:
    """The first working day that is not before ``day``."""
    while not is_working_day(day, calendar):
        day += timedelta(days=1)
    return day


def notice_year(day: date) -> int:
    """The year whose notice of holidays speaks of a day: New Year may begin in the last week of December."""
    return day.year + (day >= date(day.year, 12, 25))


def notice_days(year: int) -> tuple[date, date]:
    """The first and the last day of which the notice of a year speaks."""
    return date(year - 1, 12, 25), date(year, 12, 24)


def last_announced(on: date, count: int, calendar: Calendar, *, working: bool) -> date:
    """The latest day of which a notice ``count`` days ahead has come by the working day ``on``.

    A notice that falls on a day off comes the working day before it, and so does that of a day that is itself off:
    on the last working day before a holiday all that the holiday holds is announced.
    """
    if working:
        day = counted_days(on, count, calendar)[-1] if count else on
        return working_day_from(day + timedelta(days=1), calendar) - timedelta(days=1)
    return working_day_from(on + timedelta(days=1), calendar) + timedelta(days=count - 1)


def last_elapsed(on: date, count: int, calendar: Calendar, *, working: bool) -> date:
    """The latest day since which ``count`` days have gone by at ``on``."""
    if not working:
        return on - timedelta(days=count)
    while count:
        count -= is_working_day(on, calendar)
        on -= timedelta(days=1)
    return on


@dataclass(frozen=True)
class Span:
    """A reporting period by its days: ``code`` is 2021-07 for a month, 2021-Q3 for a quarter."""

    kind: str
    code: str
    starts_on: date
    ends_on: date


def month_end(day: date) -> date:
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return following - timedelta(days=1)


def quarter_of(day: date) -> int:
    return (day.month - 1) // 3 + 1


def quarter_end(day: date) -> date:
    return month_end(date(day.year, quarter_of(day) * 3, 1))


def reporting_spans(feedback_on: date, concentrated_until: date, last: date) -> Iterator[Span]:
    """The campaign's periods that begin by ``last``: months to the end of the concentrated phase, then quarters.

    The first month begins with the feedback, the last one ends with the phase, and the first quarter begins
    the day after it, so that each day lies in exactly one period.
    """
    start = feedback_on
    while start <= min(last, concentrated_until):
        end = min(month_end(start), concentrated_until)
        yield Span(PeriodKind.MONTH, f"{start:%Y-%m}", start, end)
        start = end + timedelta(days=1)
    while start <= last:
        end = quarter_end(start)
        yield Span(PeriodKind.QUARTER, f"{start:%Y}-Q{quarter_of(start)}", start, end)
        start = end + timedelta(days=1)


def is_overdue(*, deadline: date | None, status: str, nature: str, excused: bool, on: date) -> bool:
    """Deadline before the day, not closed, not standing, and no pending request filed by the deadline."""
    return (
        deadline is not None
        and deadline < on
        and status != MeasureStatus.CLOSED
        and nature != Nature.STANDING
        and not excused
    )


def overdue_q(on: date) -> Q:
    """``is_overdue`` for rows annotated with ``excused``."""
    late = Q(deadline__lt=on) & ~Q(status=MeasureStatus.CLOSED) & ~Q(nature=Nature.STANDING)
    return late & Q(excused=False)


def is_due_soon(*, deadline: date | None, status: str, nature: str, on: date, within: int) -> bool:
    """Deadline in 0 to ``within`` calendar days, not closed, not standing."""
    return (
        deadline is not None
        and on <= deadline <= on + timedelta(days=within)
        and status != MeasureStatus.CLOSED
        and nature != Nature.STANDING
    )


def due_soon_q(on: date, within: int) -> Q:
    """``is_due_soon`` as a row filter."""
    near = Q(deadline__gte=on, deadline__lte=on + timedelta(days=within))
    return near & ~Q(status=MeasureStatus.CLOSED) & ~Q(nature=Nature.STANDING)


def is_due_later(*, deadline: date | None, status: str, nature: str, on: date, within: int, ahead: int | None) -> bool:
    """Beyond ``within`` calendar days, but in no more than ``ahead``; never where ``ahead`` is None: the blue light."""
    if ahead is None or is_due_soon(deadline=deadline, status=status, nature=nature, on=on, within=within):
        return False
    return is_due_soon(deadline=deadline, status=status, nature=nature, on=on, within=ahead)


def due_later_q(on: date, within: int, ahead: int | None) -> Q:
    """``is_due_later`` as a row filter."""
    return Q(pk__in=[]) if ahead is None else due_soon_q(on, ahead) & Q(deadline__gt=on + timedelta(days=within))


def is_recheck_missed(*, recheck_on: date | None, nature: str, on: date) -> bool:
    """A standing measure, open or closed, whose re-check date has gone by."""
    return nature == Nature.STANDING and recheck_on is not None and recheck_on < on


def recheck_missed_q(on: date) -> Q:
    """``is_recheck_missed`` as a row filter."""
    return Q(nature=Nature.STANDING, recheck_on__lt=on)


def is_reply_late(*, due_on: date, status: str, on: date) -> bool:
    """A supervision notice that was sent, whose day has gone by without a reply."""
    return due_on < on and status in UNANSWERED


def reply_late_q(on: date) -> Q:
    """``is_reply_late`` as a row filter."""
    return Q(due_on__lt=on, status__in=UNANSWERED)


def is_in_force(*, action: str, issued_on: date, repealed_on: date | None, on: date) -> bool:
    """A document issued by the day, not out of force by then, and not on record as a repeal."""
    is_out = repealed_on is not None and repealed_on <= on
    return issued_on <= on and not is_out and action != DocumentAction.REPEALED


def in_force_q(on: date) -> Q:
    """``is_in_force`` as a row filter."""
    standing = Q(repealed_on__isnull=True) | Q(repealed_on__gt=on)
    return Q(issued_on__lte=on) & standing & ~Q(action=DocumentAction.REPEALED)


def is_use_check_missed(
    *, use_check_on: date | None, action: str, issued_on: date, repealed_on: date | None, on: date
) -> bool:
    """A document in force whose day for checking how it is used has gone by."""
    is_due = use_check_on is not None and use_check_on < on
    return is_due and is_in_force(action=action, issued_on=issued_on, repealed_on=repealed_on, on=on)


def use_check_missed_q(on: date) -> Q:
    """``is_use_check_missed`` as a row filter."""
    return in_force_q(on) & Q(use_check_on__lt=on)


def is_recheck_due(*, recheck_on: date | None, nature: str, on: date, until: date) -> bool:
    """A standing measure whose re-check comes on a day from ``on`` to ``until``."""
    return nature == Nature.STANDING and recheck_on is not None and on <= recheck_on <= until


def recheck_due_q(on: date, until: date) -> Q:
    """``is_recheck_due`` as a row filter."""
    return Q(nature=Nature.STANDING, recheck_on__gte=on, recheck_on__lte=until)


def is_in_plan(*, retired_on: date | None, on: date) -> bool:
    """Not split, merged or taken away by ``on``."""
    return retired_on is None or retired_on > on


def in_plan_q(on: date) -> Q:
    """``is_in_plan`` as a row filter."""
    return Q(retired_on__isnull=True) | Q(retired_on__gt=on)
