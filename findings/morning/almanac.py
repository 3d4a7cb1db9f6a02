"""What the rules mean on one day: each offset becomes a date that rows are compared with."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from findings import dates
from findings.choices import RuleCondition
from findings.figures.watch import SUSTAINED_FACTOR
from findings.models import CalendarDay, Campaign, ReminderRule

# Longer than any holiday that lies behind the last offset.
_FAR = timedelta(days=400)


@dataclass
class Almanac:
    """A day with its calendar. Every question about a rule's offset is answered by a date."""

    on: date
    calendar: dates.Calendar
    _limits: dict[tuple[bool, int, bool], date] = field(default_factory=dict)
    _delays: dict[date, int] = field(default_factory=dict)

    @classmethod
    def of(cls, on: date) -> "Almanac":
        return cls(on, CalendarDay.objects.table(dates.FIRST_DAY, on + _FAR))

    @property
    def is_working_day(self) -> bool:
        return dates.is_working_day(self.on, self.calendar)

    def limit(self, rule: ReminderRule, times: int = 1) -> date:
        """The latest day for which the rule speaks: a day to come, or one since which its days have gone by."""
        key = (rule.counts_ahead, rule.offset * times, rule.is_working)
        if key not in self._limits:
            count = dates.last_announced if rule.counts_ahead else dates.last_elapsed
            self._limits[key] = count(self.on, rule.offset * times, self.calendar, working=rule.is_working)
        return self._limits[key]

    def quiet_limit(self, rule: ReminderRule) -> date:
        """The limit of a rule of silence in the sustained phase."""
        return self.limit(rule, SUSTAINED_FACTOR)

    def speaks(self, rule: ReminderRule, day: date) -> bool:
        """Whether the rule has reached the day that a row turns on."""
        return day <= self.limit(rule)

    def delay(self, deadline: date) -> int:
        """Working days since a deadline."""
        if deadline not in self._delays:
            self._delays[deadline] = dates.working_days_between(deadline, self.on, self.calendar)
        return self._delays[deadline]


@dataclass
class Rulebook:
    """The rules in force of some courts, by condition."""

    rules: dict[tuple[int, str], list[ReminderRule]] = field(default_factory=dict)

    @classmethod
    def of(cls, courts: Iterable[int]) -> "Rulebook":
        book = cls()
        for court, rules in ReminderRule.objects.in_force(courts).items():
            for rule in rules:
                book.rules.setdefault((court, rule.condition), []).append(rule)
        return book

    @classmethod
    def running(cls, on: date, court_id: int | None = None) -> "Rulebook":
        """The rules of every court with a running campaign, or of one of them."""
        rows = Campaign.objects.running(on)
        rows = rows.filter(court=court_id) if court_id else rows
        return cls.of(rows.order_by().values_list("court_id", flat=True).distinct())

    def at(self, court_id: int, condition: str) -> list[ReminderRule]:
        return self.rules.get((court_id, condition), [])

    def all(self, condition: str) -> list[ReminderRule]:
        return [rule for (_court, found), rules in self.rules.items() if found == condition for rule in rules]

    def courts(self) -> set[int]:
        return {court for court, _condition in self.rules}

    def horizon(self, almanac: Almanac, condition: str) -> date:
        """The latest day for which any rule of the condition speaks; the day before where there is none."""
        limits = [almanac.limit(rule) for rule in self.all(condition)]
        return max(limits, default=almanac.on - timedelta(days=1))

    def nearest(self, almanac: Almanac, court_id: int, condition: str, day: date) -> list[ReminderRule]:
        """The rules that speak for a day, those that came closest to it first."""
        found = [rule for rule in self.at(court_id, condition) if almanac.speaks(rule, day)]
        if condition in (RuleCondition.DUE, RuleCondition.RECHECK_DUE):
            found.sort(key=lambda rule: (almanac.limit(rule), rule.order))
        return found
