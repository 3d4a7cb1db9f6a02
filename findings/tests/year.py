"""A campaign lived through day by day: the calendar, the people's acts, and the walk that the timetable makes.

``test_year`` says by hand what must come of it. Feedback on Monday 2023-11-13, concentrated until 2024-03-31,
sustained until 2024-09-30, closed on 2024-10-18.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import time_machine
from django.core import mail
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts import chain, people
from accounts.models import User
from findings import morning, tasks
from findings.choices import MessageKind, Nature, NoticeColour, Phase, ProgressStatus, RecheckVerdict, SourceKind
from findings.documents import compiling
from findings.models import (
    Campaign,
    ClosureRequest,
    Extension,
    Measure,
    Message,
    ProgressUpdate,
    Report,
    ReportingPeriod,
    Request,
    SupervisionNotice,
)
from findings.tests.factories import World, fresh, make_people, moment
from findings.workflow import approval, lookback, measure, plan, progress, supervision
from findings.workflow.calendar import load_calendar
from findings.workflow.progress import ProgressValues

BEGIN, LAST = date(2023, 11, 13), date(2024, 10, 25)
# The State Council's arrangement for 2024: days off that the plain week would work, weekend days that are worked.
OFF = """
2024-01-01 2024-02-12 2024-02-13 2024-02-14 2024-02-15 2024-02-16 2024-04-04 2024-04-05 2024-05-01 2024-05-02
2024-05-03 2024-06-10 2024-09-16 2024-09-17 2024-10-01 2024-10-02 2024-10-03 2024-10-04 2024-10-07
"""
WORKED = "2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 2024-09-29 2024-10-12"
CALENDAR = {date.fromisoformat(day): (False, "holiday") for day in OFF.split()}
CALENDAR |= {date.fromisoformat(day): (True, "make-up day") for day in WORKED.split()}
NIGHT, EIGHT_THIRTY, HOUR = time(0, 5), time(8, 30), timedelta(hours=1)
A, B = ["liaison_a", "head_a"], ["liaison_b", "head_b"]

# Number, lead department, lead leader, deadline, and what else is special.
MEASURES: tuple[tuple[int, str, str, str, dict[str, str]], ...] = (
    (1, "a", "leader", "2023-12-22", {"nature": Nature.IMMEDIATE}),
    (2, "a", "leader", "2024-01-21", {}),  # a Sunday
    (3, "b", "other_leader", "2024-02-14", {}),  # within the Spring Festival
    (4, "b", "other_leader", "2024-02-29", {}),
    (5, "a", "other_leader", "2024-03-29", {}),
    (6, "b", "leader", "2024-08-30", {}),
    (7, "a", "leader", "2024-03-31", {}),
    (8, "b", "other_leader", "2024-09-30", {"phase": Phase.SUSTAINED, "nature": Nature.PHASED}),
)
# Day and hour, who, what, and of which measures; a period stands before them.
SCRIPT = """
2023-11-24 10 office   approve
2023-12-04 10 head_a   report 2023-11 1 2 5 7
2023-12-04 11 liaison_b draft 2023-11 3 4
2023-12-04 16 office   accept 1 2 5 7
2023-12-05 10 head_b   report 2023-11 3 4 6 8
2023-12-05 16 office   accept 3 4 6 8
2023-12-20 10 liaison_a close 1
2023-12-21 10 head_a   sign 1
2023-12-26 10 leader   sign 1
2023-12-29 10 office   sign 1
2024-01-03 10 chief    sign 1
2024-01-03 10 head_b   report 2023-12 3 4 8
2024-01-03 16 office   accept 4 8
2024-01-04 10 office   refuse 3
2024-01-04 10 head_a   report 2023-12 2 5 7
2024-01-08 10 office   accept 2 5 7
2024-01-08 10 head_b   report 2023-12 3
2024-01-08 16 office   accept 3
2024-01-19 10 head_a   close 2
2024-01-22 10 leader   sign 2
2024-01-23 10 office   return 2
2024-01-25 10 head_a   close 2
2024-01-26 10 leader   sign 2
2024-01-29 10 office   sign 2
2024-01-29 15 chief    sign 2
2024-02-01 10 head_a   report 2024-01 5 7
2024-02-01 16 office   accept 5 7
2024-02-04 10 head_b   report 2024-01 3 4 8
2024-02-05 10 office   accept 3 4 8
2024-02-09 10 head_b   extend 3
2024-02-18 10 other_leader sign 3
2024-02-19 10 office   sign 3
2024-02-27 10 head_b   report 2024-02 6
2024-02-27 16 office   accept 6
2024-02-29 10 head_b   close 4
2024-03-01 10 other_leader sign 4
2024-03-01 10 head_a   report 2024-02 5 7
2024-03-01 16 office   accept 5 7
2024-03-04 10 office   sign 4
2024-03-04 10 head_b   report 2024-02 3 8
2024-03-04 16 office   accept 3 8
2024-03-05 10 chief    sign 4
2024-03-13 10 head_b   close 3
2024-03-14 10 other_leader sign 3
2024-03-15 10 office   sign 3
2024-03-18 10 chief    sign 3
2024-03-19 10 head_a   convert 7
2024-03-20 10 leader   sign 7
2024-03-21 10 office   sign 7
2024-04-02 10 head_a   report 2024-03 7
2024-04-02 10 head_b   report 2024-03 6 8
2024-04-02 16 office   accept 6 7 8
2024-04-22 10 office   warn 5
2024-04-23 10 liaison_a receive 5
2024-04-25 10 head_a   reply 5
2024-04-26 10 office   conclude 5
2024-04-28 10 head_a   close 5
2024-04-29 10 other_leader sign 5
2024-04-30 10 office   sign 5
2024-05-06 10 chief    sign 5
2024-05-10 10 office   relapse 1
2024-05-15 10 head_a   report 2024-Q2 1
2024-05-15 16 office   accept 1
2024-05-22 10 head_a   close 1
2024-05-23 10 leader   sign 1
2024-05-24 10 office   sign 1
2024-05-27 10 chief    sign 1
2024-06-26 10 office   held 7
2024-07-01 10 head_a   report 2024-Q2 7
2024-07-01 16 office   accept 7
2024-07-03 10 head_b   report 2024-Q2 6 8
2024-07-03 16 office   accept 6 8
2024-08-28 10 head_b   close 6
2024-08-29 10 leader   sign 6
2024-08-30 10 office   sign 6
2024-09-02 10 chief    sign 6
2024-09-14 10 office   held 7
2024-10-09 10 head_a   report 2024-Q3 7
2024-10-10 10 office   accept 7
2024-10-18 10 office   end
"""
RECHECKS = {date(2024, 6, 26): date(2024, 9, 16), date(2024, 9, 14): date(2025, 3, 14)}


@dataclass
class Year:
    """What the walk has left behind, as plain values."""

    # (day, who, section or kind of message, what it names), once for each line of a digest and each message.
    digests: list[tuple[date, str, str, str]] = field(default_factory=list)
    events: list[tuple[date, str, str, str]] = field(default_factory=list)
    # (code, opened, due, last day before the lock).
    periods: list[tuple[str, date, date, date]] = field(default_factory=list)
    # (compiled, period, what the report says).
    reports: list[tuple[date, str, dict[str, Any]]] = field(default_factory=list)
    mails: list[tuple[str, str]] = field(default_factory=list)
    due_mails: list[tuple[str, str]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    repeated: int = 0
    unsent: int = 0


# --- The world ----------------------------------------------------------------------------------------------


def make_year() -> World:
    """The court, its calendar, and the campaign of eight measures, on the morning of the feedback."""
    world = make_people(BEGIN)
    steps: dict[str, Any] = {"by": world.office, "at": moment(BEGIN, 9)}
    load_calendar(CALENDAR, by=None, at=moment(BEGIN, 8))
    for name, person in world.everybody().items():
        people.change_account(person, email=f"{name}@court.example", by=None, at=moment(BEGIN, 8))
    world.campaign = plan.create_campaign(
        slug="year", title="Inspection", source=SourceKind.XUNSHI, inspecting_body="Group 1", court=world.court,
        feedback_on=BEGIN, concentrated_until=date(2024, 3, 31), sustained_until=date(2024, 9, 30), **steps,
    )  # fmt: skip
    with chain.sealing():
        area = plan.add_area(world.campaign, number=1, title="Area", **steps)
        issues = [plan.add_issue(area, number=n, title=f"Issue {n}", text="Words", **steps) for n in (1, 2)]
        for number, department, leader, deadline, more in MEASURES:
            plan.add_measure(
                issues[department == "b"], number=number, text=f"Measure {number}", assisting=[],
                lead_department=getattr(world, department), lead_leader=getattr(world, leader),
                deadline=date.fromisoformat(deadline), **more, **steps,
            )  # fmt: skip
    return world


# --- What the people do -------------------------------------------------------------------------------------


def acts_of(on: date) -> Iterator[tuple[datetime, str, str, list[str]]]:
    """The script's lines of a day: instant, who, verb and the rest."""
    for line in SCRIPT.strip().splitlines():
        day, hour, who, verb, *rest = line.split()
        if day == on.isoformat():
            yield moment(on, int(hour)), who, verb, rest


def act(world: World, who: str, verb: str, rest: list[str], at: datetime) -> None:
    """One line of the script, through the verbs of the workflow."""
    by = fresh(getattr(world, who))
    if verb in _OF_CAMPAIGN:
        _OF_CAMPAIGN[verb](fresh(world.campaign), by, at)
        return
    code = rest.pop(0) if "-" in rest[0] else ""
    for number in rest:
        row = Measure.objects.get(number=int(number))
        if code:
            _fill(row, ReportingPeriod.objects.get(code=code), by, at, is_draft=verb == "draft")
        else:
            _OF_MEASURE[verb](row, by, at)


def _fill(row: Measure, period: ReportingPeriod, by: User, at: datetime, *, is_draft: bool) -> None:
    values = ProgressValues(done=f"Done by {at:%Y-%m-%d}", percent=50)
    verb = progress.save_progress if is_draft else progress.submit_progress
    verb(row, by=by, values=values, department=row.lead_department, period=period, at=at)


def _submitted(row: Measure) -> ProgressUpdate:
    return row.progress.get(status=ProgressStatus.SUBMITTED)


def _close(row: Measure, by: User, at: datetime) -> None:
    content = f"proof {at}".encode()
    measure.add_evidence(
        row, by=by, at=at - timedelta(hours=1), title="Minutes", own_date=at.date(), filename="minutes.txt",
        file=ContentFile(content, name="minutes.txt"), content_type="text/plain", size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    measure.request_closure(row, by=by, note="All done", at=at)


def _pending(row: Measure) -> Request:
    return next(found for model in (ClosureRequest, Extension) for found in model.objects.pending().filter(measure=row))


def _ask(row: Measure, by: User, at: datetime, kind: str, **values: Any) -> None:
    measure.request_extension(row, by=by, note="Needs longer", kind=kind, progress_so_far="Half", at=at, **values)


def _warn(row: Measure, by: User, at: datetime) -> None:
    drafted = supervision.draft_notice(
        row.campaign, department=row.lead_department, colour=NoticeColour.RED, text="Hurry", due_on=date(2024, 4, 26),
        measure=row, by=by, at=at,
    )  # fmt: skip
    supervision.issue_notice(drafted, by=by, at=at)


def _notice(row: Measure) -> SupervisionNotice:
    return row.notices.get()


def _look(row: Measure, by: User, at: datetime, verdict: str, next_on: date | None = None) -> None:
    lookback.recheck_measure(row, verdict=verdict, finding="Seen on site", next_on=next_on, by=by, at=at)


_OF_MEASURE: dict[str, Callable[[Measure, User, datetime], Any]] = {
    "accept": lambda row, by, at: progress.accept_progress(_submitted(row), by=by, at=at),
    "refuse": lambda row, by, at: progress.return_progress(_submitted(row), by=by, note="Too vague", at=at),
    "close": _close,
    "sign": lambda row, by, at: approval.sign_request(_pending(row), by=by, note="Agreed", at=at),
    "return": lambda row, by, at: approval.return_request(_pending(row), by=by, note="Proof missing", at=at),
    "extend": lambda row, by, at: _ask(row, by, at, "extension", new_deadline=date(2024, 3, 15)),
    "convert": lambda row, by, at: _ask(
        row, by, at, "conversion", new_deadline=date(2024, 9, 30), new_nature=Nature.STANDING, stage_goal="Kept",
        recheck_on=date(2024, 6, 20),
    ),
    "warn": _warn,
    "receive": lambda row, by, at: supervision.receive_notice(_notice(row), by=by, at=at),
    "reply": lambda row, by, at: supervision.reply_notice(_notice(row), reply="By May", by=by, at=at),
    "conclude": lambda row, by, at: supervision.conclude_notice(_notice(row), conclusion="Good", by=by, at=at),
    "relapse": lambda row, by, at: _look(row, by, at, RecheckVerdict.RELAPSED),
    "held": lambda row, by, at: _look(row, by, at, RecheckVerdict.HELD, RECHECKS[at.date()]),
}  # fmt: skip
_OF_CAMPAIGN: dict[str, Callable[[Campaign, User, datetime], Any]] = {
    "approve": lambda campaign, by, at: plan.approve_plan(campaign, on=at.date(), by=by, at=at),
    "end": lambda campaign, by, at: plan.close_campaign(campaign, on=at.date(), by=by, at=at),
}


# --- The walk -----------------------------------------------------------------------------------------------


def walk(world: World, first: date = BEGIN, last: date = LAST, *, is_up: Callable[[date], bool] | None = None) -> Year:
    """Live through the days in order, every job that writes something twice.

    ``is_up``: on which days the scheduler runs.
    """
    year = Year()
    for number in range((last - first).days + 1):
        on = first + timedelta(days=number)
        if is_up is None or is_up(on):
            _night(on, year)
            _morning(on, year)
        for at, who, verb, rest in acts_of(on):
            with time_machine.travel(at, tick=False):
                act(world, who, verb, rest, at)
            with time_machine.travel(at + HOUR, tick=False):
                tasks.send_messages()
    _tell(year)
    return year


def _night(on: date, year: Year) -> None:
    with time_machine.travel(timezone.make_aware(datetime.combine(on, NIGHT)), tick=False):
        tasks.open_periods()
        if compiling.compile_due(on, now=timezone.now()):
            tasks.open_periods()
            year.repeated += len(compiling.compile_due(on, now=timezone.now()))


def _morning(on: date, year: Year) -> None:
    with time_machine.travel(timezone.make_aware(datetime.combine(on, EIGHT_THIRTY)), tick=False):
        if morning.remind(on).written:
            year.repeated += morning.remind(on).written
            tasks.send_messages()


def _tell(year: Year) -> None:
    for row in Message.objects.select_related("recipient", "measure").order_by("pk"):
        on, who = timezone.localdate(row.created_at), row.recipient.username
        if row.kind == MessageKind.DIGEST:
            assert row.key.endswith(on.isoformat())
            year.digests += [(on, who, *line) for line in lines_of(row)]
        else:
            named = row.measure.number if row.measure else row.subject.split()[-2]
            year.events.append((on, who, row.kind, str(named)))
        year.unsent += row.sent_at is None
        year.due_mails.append((row.recipient.email, row.subject))
    year.mails = [(sent.to[0], sent.subject.removeprefix("[Rectify] ")) for sent in mail.outbox]
    for period in ReportingPeriod.objects.order_by("starts_on"):
        year.periods.append((period.code, timezone.localdate(period.created_at), period.due_on, period.locks_on))
    for found in Report.objects.order_by("pk"):
        assert found.period is not None
        assert found.revision == 1
        year.reports.append((timezone.localdate(found.compiled_at), found.period.code, found.figures))


# The short words of the tables, by the headings of a digest.
SECTIONS = {
    "Returned to you": "returned",
    "Overdue": "overdue",
    "Due today": "today",
    "Due tomorrow": "tomorrow",
    "Due within 3 days": "in 3",
    "Due within 7 days": "in 7",
    "Due on days off or right after them": "days off",
    "Re-check missed": "re-check missed",
    "Re-check to come": "re-check",
    "Supervision notices": "notice",
    "Period about to close": "period",
    "Waiting for your signature": "sign",
    "Progress to accept": "accept",
    "No progress reported for 40 days and more": "silent",
}
_WORDS = (
    (re.compile(r"Measure (\d+) .*"), r"\1"),
    (re.compile(r"(\S+), due \S+: (\d+) measures without progress, (\d+) drafts to submit"), r"\1 \2+\3"),
    (re.compile(r"〔2024〕(\d+) .*"), r"no. \1"),
)


def lines_of(message: Message) -> Iterator[tuple[str, str]]:
    """The lines of a digest: section and what it names, in short."""
    for part in message.paragraphs():
        for line in part.lines:
            yield (
                SECTIONS[part.text],
                next(pattern.sub(to, line.text) for pattern, to in _WORDS if pattern.match(line.text)),
            )
