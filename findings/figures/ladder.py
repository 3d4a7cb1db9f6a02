"""The ladder of escalation: who hears of a delay by the court's rules, and where one measure stands on it."""

from dataclasses import dataclass
from datetime import date, timedelta

from accounts.roles import RoleCode
from findings import dates
from findings.choices import RuleCondition
from findings.figures.counts import is_overdue
from findings.models import CalendarDay, Measure, ReminderRule

# Calendar days that hold the last rung's working days whatever the holidays: no rule counts further.
_FAR = timedelta(days=200)


@dataclass(frozen=True)
class Rung:
    """One level: ``after`` days (working days where ``is_working``) from the deadline, which is the day ``on``."""

    role: RoleCode
    after: int
    is_working: bool
    on: date
    is_reached: bool


@dataclass(frozen=True)
class Ladder:
    """The delay of an overdue measure in working days, and the levels below and above it."""

    days: int
    rungs: list[Rung]


def ladder_of(measure: Measure, on: date) -> Ladder | None:
    """Where the delay stands on the day, None where there is none; ``measure`` comes from ``with_excuse()``."""
    deadline = measure.deadline
    if deadline is None or not is_overdue(measure, on):
        return None
    court = measure.campaign.court_id
    rules = [r for r in ReminderRule.objects.in_force([court])[court] if r.condition == RuleCondition.ESCALATION]
    calendar = CalendarDay.objects.table(deadline, max(on, deadline + _FAR))
    rungs = [_rung(rule, RoleCode(role), deadline, on, calendar) for rule in rules for role in rule.roles.split(",")]
    return Ladder(dates.working_days_between(deadline, on, calendar), sorted(rungs, key=lambda rung: rung.on))


def _rung(rule: ReminderRule, role: RoleCode, deadline: date, on: date, calendar: dates.Calendar) -> Rung:
    if rule.is_working and rule.offset:
        day = dates.working_day_after(deadline, rule.offset, calendar)
    else:
        day = deadline + timedelta(days=rule.offset)
    return Rung(role, rule.offset, rule.is_working, day, day <= on)
