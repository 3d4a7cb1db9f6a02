"""The ladder of escalation: who hears of a delay by the court's rules, and where one measure stands on it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Min
from django.utils import timezone

from accounts.roles import DEPARTMENT_ROLES, RoleCode
from accounts.tracked import end_of
from findings import dates
from findings.choices import MessageKind, RuleCondition
from findings.figures.counts import is_overdue
from findings.models import CalendarDay, Measure, Message, ReminderRule

# Calendar days that hold the last rung's working days whatever the holidays: no rule counts further.
_FAR = timedelta(days=200)


@dataclass(frozen=True)
class Rung:
    """One level: ``after`` days (working days where ``is_working``) from ``delayed_since``, which is the day ``on``.

    ``told_on``: the morning of the message that tells it, None as long as none was written.
    """

    role: RoleCode
    after: int
    is_working: bool
    on: date
    is_reached: bool
    told_on: date | None = None


@dataclass(frozen=True)
class Ladder:
    """Working days since the deadline of an overdue measure, and the levels below and above its delay."""

    days: int
    rungs: list[Rung]


def ladder_of(measure: Measure, on: date) -> Ladder | None:
    """Where the delay stands on the day, None where there is none; ``measure`` comes from ``with_excuse()``."""
    deadline = measure.deadline
    if deadline is None or not is_overdue(measure, on):
        return None
    court = measure.campaign.court_id
    rules = [r for r in ReminderRule.objects.in_force([court])[court] if r.condition == RuleCondition.ESCALATION]
    since = delayed_since(measure, reopenings([measure]))
    calendar = CalendarDay.objects.table(deadline, max(on, since + _FAR))
    told = _told(measure, on)
    rungs = [
        _rung(rule, RoleCode(role), since, on, calendar, told.get((rule.code, role)))
        for rule in rules
        for role in rule.roles.split(",")
    ]
    return Ladder(dates.working_days_between(deadline, on, calendar), sorted(rungs, key=lambda rung: rung.on))


def delayed_since(measure: Measure, reopened: Mapping[int, date]) -> date:
    """The day from which the rungs are counted: the deadline, or a reopening after it (``reopenings``).

    A relapse begins another delay: nobody is told of it before the rule's days have gone by.
    """
    assert measure.deadline is not None, "what has no deadline is never overdue"
    return max(measure.deadline, reopened.get(measure.pk, measure.deadline))


def reopenings(measures: Iterable[Measure]) -> dict[int, date]:
    """The day on which each measure was last opened again, by id: one query, none where there was no relapse."""
    times = {row.pk: row.reopened_count for row in measures if row.reopened_count}
    if not times:
        return {}
    rows = Measure.history.filter(id__in=times, reopened_count__gt=0).order_by()
    first = rows.values_list("id", "reopened_count").annotate(at=Min("history_date"))
    return {pk: timezone.localdate(at) for pk, count, at in first if count == times[pk]}


def delay_key(measure: Measure) -> str:
    """How the keys of all messages on the measure's present delay begin: a new deadline or a relapse is another one.

    The code of the rule and the recipient follow.
    """
    return f"escalated/measure-{measure.pk}/{measure.deadline}/{measure.reopened_count}/"


def _told(measure: Measure, on: date) -> dict[tuple[str, str], date]:
    """The morning of the first message on the present delay, by the code of its rule and the role of its recipient.

    Where the leader or the lead department was replaced since, the new one is still to be told; who has given up a
    role at the department or court was told in it all the same.
    """
    start = delay_key(measure)
    sent = Message.objects.filter(
        kind=MessageKind.ESCALATED, measure=measure, key__startswith=start, not_before__lt=end_of(on)
    ).order_by("-not_before")
    role, place = "recipient__memberships__role", "recipient__memberships__department"
    found = {}
    for key, at, person, held, where in sent.values_list("key", "not_before", "recipient", role, place):
        code, day = key.removeprefix(start).split("/")[0], timezone.localdate(at)
        home = measure.lead_department_id if held in DEPARTMENT_ROLES else measure.campaign.court_id
        if where == home and held != RoleCode.LEADER:
            found[code, held] = day
        if person == measure.lead_leader_id:
            found[code, RoleCode.LEADER.value] = day
    return found


def _rung(
    rule: ReminderRule, role: RoleCode, since: date, on: date, calendar: dates.Calendar, told_on: date | None
) -> Rung:
    if rule.is_working and rule.offset:
        day = dates.working_day_after(since, rule.offset, calendar)
    else:
        day = since + timedelta(days=rule.offset)
    return Rung(role, rule.offset, rule.is_working, day, day <= on, told_on)
