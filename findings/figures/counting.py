"""How a date was counted in working days: each day by itself, the holidays passed over, and how sure it is."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from findings import dates
from findings.models import CalendarDay, CalendarYear

# Calendar days that hold a count's working days whatever the holidays.
FAR = timedelta(days=120)


@dataclass(frozen=True)
class Table:
    """The days that differ from the plain week, by name, and the years whose notice was taken in."""

    names: dict[date, tuple[bool, str]]
    years: frozenset[int]

    @property
    def calendar(self) -> dates.Calendar:
        return {day: is_working for day, (is_working, _name) in self.names.items()}


@dataclass(frozen=True)
class Passed:
    """A holiday whose weekdays were passed over."""

    name: str
    days: list[date]


@dataclass(frozen=True)
class Counted:
    """A date in working days after ``start``, which itself does not count."""

    start: date
    days: list[date]
    passed: list[Passed]
    made_up: frozenset[date]
    is_estimate: bool

    @property
    def on(self) -> date:
        """The date that was reached."""
        return self.days[-1] if self.days else self.start


def table_of(first: date, last: date) -> Table:
    """The calendar between two days: two queries."""
    rows = CalendarDay.objects.filter(day__range=(first, last)).order_by("day")
    names = {day: (is_working, name) for day, is_working, name in rows.values_list("day", "is_working", "name")}
    return Table(names, CalendarYear.objects.known())


def counted(start: date, count: int, table: Table) -> Counted:
    """The ``count``-th working day after ``start``, and how it was reached; ``table`` holds the days between."""
    return _counted(start, dates.counted_days(start, count, table.calendar), table)


def counted_until(start: date, end: date, table: Table) -> Counted:
    """The working days after ``start`` up to and including ``end``."""
    calendar = table.calendar
    days = (start + timedelta(days=n + 1) for n in range((end - start).days))
    return _counted(start, [day for day in days if dates.is_working_day(day, calendar)], table)


def _counted(start: date, days: list[date], table: Table) -> Counted:
    last = days[-1] if days else start
    between = {day: name for day, (is_working, name) in table.names.items()
               if start < day <= last and not is_working and day.weekday() < 5}  # fmt: skip
    made_up = frozenset(day for day in days if day.weekday() >= 5)
    return Counted(start, days, _holidays(between), made_up, is_estimate(table.years, start, last))


def _holidays(off: dict[date, str]) -> list[Passed]:
    found: dict[str, list[date]] = {}
    for day, name in sorted(off.items()):
        found.setdefault(name or _("day off"), []).append(day)
    return [Passed(name, days) for name, days in found.items()]


def is_estimate(known: frozenset[int], *days: date) -> bool:
    """Whether a year from the first to the last of the days has no table: then a date counted over them is 推算."""
    return not {*range(min(days).year, max(days).year + 1)} <= known


def marked(words: str, is_estimate: bool) -> str:
    """A date in a sentence, with the mark where it is an estimate."""
    return _("%(day)s (estimated)") % {"day": words} if is_estimate else words
