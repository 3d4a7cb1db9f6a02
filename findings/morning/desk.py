"""One person's digest: which rows stand in it by which rule, and in which order."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.roles import COURT_ROLES, DEPARTMENT_ROLES, RoleCode
from findings import access
from findings.choices import RuleCondition
from findings.figures import Due, Waiting, watch
from findings.figures.mine import asked_for
from findings.models import Campaign, Measure, ReminderRule
from findings.models.issue import MeasureQuerySet
from findings.models.message import Line
from findings.morning import sections as words
from findings.morning.almanac import Almanac, Rulebook
from findings.morning.sections import MOST_LINES, Section

C = RuleCondition
# Roles that a rule tells of a whole court; a leader hears of the measures under own lead.
WATCHING = COURT_ROLES - {RoleCode.LEADER}
# Conditions that hang on a measure alone, and so can be drawn for a whole court.
WATCHED = (C.OVERDUE, C.RECHECK_MISSED, C.DUE, C.RECHECK_DUE, C.SILENT)


@dataclass
class Morning:
    """What all digests of a day share."""

    almanac: Almanac
    book: Rulebook
    _lists: dict[tuple[int, str], tuple[list[Measure], int]] = field(default_factory=dict)

    def periods(self) -> set[int]:
        """Ids of the reporting periods that are about to close by some rule."""
        campaigns = dict(Campaign.objects.running(self.almanac.on).order_by().values_list("pk", "court_id"))
        return {
            period.pk
            for period in asked_for(self.almanac.on).values()
            if self.book.nearest(self.almanac, campaigns[period.campaign_id], C.PERIOD, period.due_on)
        }

    def is_silent(self, rule: ReminderRule, row: Measure) -> bool:
        """Whether a rule of silence speaks of a row from ``silent_since``."""
        is_quarterly = watch.is_quarterly(row, self.almanac.on)
        limit = self.almanac.quiet_limit(rule) if is_quarterly else self.almanac.limit(rule)
        return bool(row.heard_on <= limit)  # type: ignore[attr-defined]

    def watched(self, rule: ReminderRule) -> tuple[list[Measure], int]:
        """The rows of a whole court for one rule, what hurts most first, and how many there are; read once."""
        key = (rule.court_id, rule.code)
        if key not in self._lists:
            rows = self._rows(rule)
            found = list(rows[:MOST_LINES])
            self._lists[key] = (found, len(found) if len(found) < MOST_LINES else rows.count())
        return self._lists[key]

    def _rows(self, rule: ReminderRule) -> MeasureQuerySet:
        on, limit = self.almanac.on, self.almanac.limit(rule)
        rows = watch.measures_of_court(rule.court_id, on)
        if rule.condition == C.SILENT:
            return watch.silent_since(rows, limit, self.almanac.quiet_limit(rule), on=on)
        draw = {
            C.OVERDUE: watch.overdue_since, C.DUE: watch.due_until, C.RECHECK_MISSED: watch.missed_rechecks,
            C.RECHECK_DUE: watch.near_rechecks,
        }[C(rule.condition)]  # fmt: skip
        return draw(rows, on, limit).exclude(self._nearer(rule))

    def _nearer(self, rule: ReminderRule) -> Q:
        """Rows that a rule which comes closer to its day lists already."""
        column = {C.DUE: "deadline__lte", C.RECHECK_DUE: "recheck_on__lte"}.get(C(rule.condition))
        limit = self.almanac.limit(rule)
        others = [self.almanac.limit(other) for other in self.book.at(rule.court_id, rule.condition)
                  if other.role_set & rule.role_set & WATCHING and self.almanac.limit(other) < limit]  # fmt: skip
        return Q(**{column: max(others)}) if column and others else Q(pk__in=[])


@dataclass
class Extra:
    """What only the digest lists, by person."""

    silent: dict[int, list[Measure]] = field(default_factory=lambda: defaultdict(list))


def digest_of(person: User, waiting: Waiting, morning: Morning, extra: Extra | None = None) -> list[Section]:
    """A person's work by the rules, in the active language and the rules' order; empty sections are left out."""
    desk = _Desk(person, morning)
    desk.returned(waiting)
    desk.dated(waiting)
    desk.samples(waiting)
    desk.use_checks(waiting)
    desk.requests(waiting)
    desk.periods(waiting)
    desk.extra(extra or Extra())
    desk.watch()
    return [desk.found[key] for key in sorted(desk.found)]


@dataclass
class _Desk:
    """The sections of one digest while they are filled: by order of the rule, days off last, and its code."""

    person: User
    morning: Morning
    found: dict[tuple[int, bool, str], Section] = field(default_factory=dict)
    # Measures told as overdue; that they are silent too need not be said.
    late: set[int] = field(default_factory=set)

    def section(self, rule: ReminderRule, days: int | None = None) -> Section:
        is_beyond = days is not None and days > rule.offset and not rule.is_working
        key = (rule.order, is_beyond, rule.code)
        if key not in self.found:
            self.found[key] = Section(words.title_of(rule, days=days), rule=rule)
        return self.found[key]

    def put(self, court_id: int, condition: str, day: date, roles: set[str], line: Callable[[], Line]) -> None:
        """Write a line where a rule of the court speaks of the day to one of the roles."""
        for rule in self.morning.book.nearest(self.morning.almanac, court_id, condition, day):
            if rule.role_set & roles:
                if not self.watches(rule):
                    self.section(rule).add(line)
                return

    def at(self, department_id: int | None) -> set[str]:
        """Roles that the person holds at a department."""
        return {row.role for row in self.person.grants() if row.department_id == department_id} & DEPARTMENT_ROLES

    def ties(self, measure: Measure) -> set[str]:
        """Roles in which the person answers for a measure."""
        leads = {RoleCode.LEADER.value} if measure.lead_leader_id == self.person.pk else set()
        return self.at(measure.lead_department_id) | leads

    def watches(self, rule: ReminderRule) -> bool:
        """Whether the rule tells the person of the whole court."""
        roles = rule.role_set & WATCHING
        return rule.condition in WATCHED and rule.court_id in access.courts_of(self.person, roles)

    def returned(self, waiting: Waiting) -> None:
        for row in waiting.returned:
            day = timezone.localdate(row.decided_at) if row.decided_at else waiting.on
            self.put(row.measure.campaign.court_id, C.RETURNED, day, self.at(row.department_id),
                     partial(words.returned_line, row))  # fmt: skip
        for request in waiting.returned_closures:
            day = timezone.localdate(request.ended_at) if request.ended_at else waiting.on
            self.put(request.measure.campaign.court_id, C.RETURNED, day, self.ties(request.measure),
                     partial(words.returned_closure_line, request))  # fmt: skip
        for notice in waiting.returned_replies:
            self.put(notice.campaign.court_id, C.RETURNED, waiting.on, self.at(notice.department_id),
                     partial(words.returned_reply_line, notice))  # fmt: skip

    def dated(self, waiting: Waiting) -> None:
        self.late = {due.measure.pk for due in waiting.overdue}
        for due in waiting.overdue:
            self._measure(
                C.OVERDUE, due.measure, due.measure.deadline, partial(words.late_line, due.measure, waiting.on)
            )
        for due in waiting.due:
            self._due(due)
        for due in waiting.rechecks:
            self._measure(C.RECHECK_MISSED, due.measure, due.measure.recheck_on)
        for due in waiting.rechecks_due:
            self._measure(C.RECHECK_DUE, due.measure, due.measure.recheck_on)

    def samples(self, waiting: Waiting) -> None:
        """What the office is still to check of open look-back rounds, beside what it watches of the whole court."""
        for condition, rows in ((C.RECHECK_MISSED, waiting.late_rechecks), (C.RECHECK_DUE, waiting.to_recheck)):
            for row in rows:
                assert row.round is not None
                court, day = row.measure.campaign.court_id, row.round.due_on
                rules = self.morning.book.nearest(self.morning.almanac, court, condition, day)
                rule = next((rule for rule in rules if RoleCode.OFFICE in rule.role_set), None)
                if rule:
                    self.section(rule).add(partial(words.sample_line, row))

    def use_checks(self, waiting: Waiting) -> None:
        """The office hears of rules whose use nobody has checked by the rule for missed re-checks: it is one too."""
        for row in waiting.use_checks:
            assert row.use_check_on is not None, "the day has gone by"
            court = row.campaign.court_id
            rules = self.morning.book.nearest(self.morning.almanac, court, C.RECHECK_MISSED, row.use_check_on)
            rule = next((rule for rule in rules if RoleCode.OFFICE in rule.role_set), None)
            if rule:
                self.section(rule).add(partial(words.use_check_line, row))

    def _due(self, due: Due) -> None:
        """Under the closest rule whose days are true, but under the day's own where today is the last working day
        before it; where only days off bring a notice forward, under the rule that it is of."""
        measure, deadline = due.measure, due.measure.deadline
        assert deadline is not None, "a deadline is what is due"
        near = self.morning.book.nearest(self.morning.almanac, measure.campaign.court_id, C.DUE, deadline)
        rules = [rule for rule in near if rule.role_set & self.ties(measure)]
        true = [rule for rule in rules if rule.is_working or due.days <= rule.offset]
        if rules and not self.watches(rules[0]):
            is_last_chance = rules[0].offset == 0 or not true
            rule = rules[0] if is_last_chance else true[0]
            self.section(rule, due.days).add(partial(words.dated_line, measure, deadline))

    def _measure(
        self, condition: str, measure: Measure, day: date | None, line: Callable[[], Line] | None = None
    ) -> None:
        if day is not None:
            line = line or partial(words.dated_line, measure, day)
            self.put(measure.campaign.court_id, condition, day, self.ties(measure), line)

    def requests(self, waiting: Waiting) -> None:
        for notice in [*waiting.late_replies, *waiting.notices]:
            court = notice.campaign.court_id
            office = {RoleCode.OFFICE.value} if access.is_office_of(self.person, court) else set()
            self.put(court, C.NOTICE_DUE, notice.due_on, self.at(notice.department_id) | office,
                     partial(words.notice_line, notice))  # fmt: skip
        for row in waiting.to_sign:
            self.put(row.measure.campaign.court_id, C.SIGNATURE, row.filed_on, {row.stage},
                     partial(words.request_line, row))  # fmt: skip
        for update in waiting.to_accept:
            day = timezone.localdate(update.submitted_at) if update.submitted_at else waiting.on
            self.put(update.measure.campaign.court_id, C.ACCEPTANCE, day, {RoleCode.OFFICE},
                     partial(words.progress_line, update))  # fmt: skip

    def periods(self, waiting: Waiting) -> None:
        """One line for each period that is about to close, and how much of it is missing."""
        missing = Counter(period for _measure, period in waiting.to_fill)
        drafts = Counter(update.period for update in waiting.to_submit)
        courts = {period: measure.campaign.court_id for measure, period in waiting.to_fill}
        courts |= {update.period: update.measure.campaign.court_id for update in waiting.to_submit}
        roles = {grant.role for grant in self.person.grants()}
        for period in sorted(courts, key=lambda row: (row.due_on, row.pk)):
            self.put(courts[period], C.PERIOD, period.due_on, roles,
                     partial(words.period_line, period, missing[period], drafts[period]))  # fmt: skip

    def extra(self, extra: "Extra") -> None:
        for row in extra.silent.get(self.person.pk, ()):
            if row.pk in self.late:
                continue
            rules = self.morning.book.at(row.campaign.court_id, C.SILENT)
            for rule in sorted(rules, key=lambda rule: -rule.offset):
                if rule.role_set & self.ties(row) and self.morning.is_silent(rule, row) and not self.watches(rule):
                    self.section(rule).add(partial(self._silent, row))
                    break

    def _silent(self, row: Measure) -> Line:
        return words.silent_line(row, row.heard_on, self.morning.almanac.on)  # type: ignore[attr-defined]

    def watch(self) -> None:
        """What is listed for the whole court."""
        for court in access.courts_of(self.person, WATCHING):
            for condition in WATCHED:
                for rule in self.morning.book.at(court, condition):
                    if self.watches(rule):
                        self._watch(rule)

    def _watch(self, rule: ReminderRule) -> None:
        rows, total = self.morning.watched(rule)
        on = self.morning.almanac.on
        for row in rows:
            day = row.recheck_on if rule.condition in (C.RECHECK_DUE, C.RECHECK_MISSED) else row.deadline
            days = (day - on).days if day and rule.condition == C.DUE and rule.offset == 0 else None
            write = {
                C.SILENT: partial(self._silent, row),
                C.OVERDUE: partial(words.late_line, row, on),
            }.get(C(rule.condition), partial(words.dated_line, row, day))
            self.section(rule, days).add(write)
        if rows:
            self.section(rule).more += total - len(rows)
