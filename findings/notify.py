"""One function per message kind. They write rows with the change that causes them and send nothing.

The morning's reminders follow the rules below, which stand nowhere else.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership, User
from accounts.roles import DEPARTMENT_ROLES, RoleCode
from findings import dates
from findings.choices import DecisionVerdict, ExtensionKind, MessageKind, MessageStatus
from findings.figures import Due, Waiting, work_of
from findings.figures.sentences import day_words
from findings.models import CalendarDay, Campaign, ClosureRequest, Extension, Measure, Message

if TYPE_CHECKING:
    from findings.models import ProgressUpdate, Report, Request

# When the morning's messages may leave.
MORNING = time(8, 30)
# Days before a deadline at which it moves up in the digest; the last one is where it appears first.
AHEAD = (1, 3, 7)
# Days before progress is due from which the digest names the period, until the period locks.
PERIOD_CLOSING = 3
# Who hears of a delay after how many working days, each once.
ESCALATION = ((RoleCode.HEAD, 3), (RoleCode.LEADER, 7), (RoleCode.OFFICE, 15))
# Lines of one section of a digest; what hurts most stands first.
MOST_LINES = 20


def write(
    recipient: User,
    *,
    kind: str,
    key: str,
    words: tuple[str, str],
    link: str,
    at: datetime,
    measure: Measure | None = None,
    not_before: datetime | None = None,
) -> bool:
    """Add one message to the outbox; False where its key stands there already.

    ``words`` are subject and text. A message of a past day (seeding) is born delivered and read.
    """
    past = timezone.localdate(at) < timezone.localdate()
    _row, created = Message.objects.get_or_create(
        key=key,
        defaults={
            "recipient": recipient,
            "kind": kind,
            "measure": measure,
            "subject": words[0][:200],
            "body": words[1],
            "link": link,
            "created_at": at,
            "not_before": not_before or at,
            "status": MessageStatus.SENT if past else MessageStatus.WAITING,
            "sent_at": at if past else None,
            "read_at": at if past else None,
        },
    )
    return created


def waiting_for_signature(request: "Request", people: Iterable[User], *, at: datetime) -> None:
    """Tell who can sign that a request has reached their stage."""
    for person in people:
        with translation.override(person.language or "zh-hans"):
            words = (
                _("Please sign: measure %(number)s") % {"number": request.measure.number},
                _("A request on measure %(number)s “%(text)s” waits for your signature as %(stage)s.")
                % (_facts(request.measure) | {"stage": request.get_stage_display()}),
            )
        key = f"sign/{request._meta.model_name}-{request.pk}/{request.stage_index}/user-{person.pk}"
        write(person, kind=MessageKind.SIGN, key=key, words=words, link=page_of(request.measure), at=at,
              measure=request.measure)  # fmt: skip


def request_returned(request: "Request", *, reason: str, at: datetime) -> None:
    """Tell who filed a request that it came back, and why."""
    person = request.filed_by
    with translation.override(person.language or "zh-hans"):
        words = (
            _("Returned: measure %(number)s") % {"number": request.measure.number},
            _("Your request on measure %(number)s “%(text)s” was returned: %(reason)s")
            % (_facts(request.measure) | {"reason": reason}),
        )
    key = f"returned/{request._meta.model_name}-{request.pk}/user-{person.pk}"
    write(person, kind=MessageKind.RETURNED, key=key, words=words, link=page_of(request.measure), at=at,
          measure=request.measure)  # fmt: skip


def request_granted(request: "Request", *, kind: str, at: datetime) -> None:
    """Tell who filed a request that the last signature is there."""
    person = request.filed_by
    with translation.override(person.language or "zh-hans"):
        subject = _("Closed: measure %(number)s") if kind == MessageKind.CLOSED else _("Granted: measure %(number)s")
        words = (
            subject % {"number": request.measure.number},
            _("All have signed your request on measure %(number)s “%(text)s”.") % _facts(request.measure),
        )
    key = f"{kind}/{request._meta.model_name}-{request.pk}/user-{person.pk}"
    write(person, kind=kind, key=key, words=words, link=page_of(request.measure), at=at, measure=request.measure)


def progress_returned(update: "ProgressUpdate", *, reason: str, at: datetime) -> None:
    """Tell who filled in and who submitted that the progress came back, and why."""
    for person in filter(None, {update.filled_by, update.submitted_by}):
        with translation.override(person.language or "zh-hans"):
            words = (
                _("Progress returned: measure %(number)s") % {"number": update.measure.number},
                _("The progress of %(period)s on measure %(number)s was returned: %(reason)s")
                % {"period": update.period.code, "number": update.measure.number, "reason": reason},
            )
        key = f"returned/progress-{update.pk}/{update.returned_count}/user-{person.pk}"
        write(person, kind=MessageKind.RETURNED, key=key, words=words, link=page_of(update.measure), at=at,
              measure=update.measure)  # fmt: skip


def measure_reopened(measure: Measure, people: Iterable[User], *, reason: str, at: datetime) -> None:
    """Tell the lead department that a closed measure is open again."""
    for person in people:
        with translation.override(person.language or "zh-hans"):
            words = (
                _("Reopened: measure %(number)s") % {"number": measure.number},
                _("Measure %(number)s “%(text)s” was reopened: %(reason)s") % (_facts(measure) | {"reason": reason}),
            )
        key = f"reopened/measure-{measure.pk}/{measure.reopened_count}/user-{person.pk}"
        link = page_of(measure)
        write(person, kind=MessageKind.REOPENED, key=key, words=words, link=link, at=at, measure=measure)


def report_compiled(report: "Report", people: Iterable[User], *, at: datetime) -> None:
    """Tell the office that a report's draft is ready."""
    for person in people:
        with translation.override(person.language or "zh-hans"):
            words = (
                _("Report compiled: %(report)s") % {"report": report},
                _("The draft of %(report)s of “%(campaign)s” is ready to be checked and issued.")
                % {"report": report, "campaign": report.campaign},
            )
        key = f"report/report-{report.pk}/{report.revision}/user-{person.pk}"
        write(person, kind=MessageKind.REPORT, key=key, words=words, link=f"/reports/{report.pk}/", at=at)


def digest_key(person: User, on: date) -> str:
    """One digest per person and day, whatever runs twice."""
    return f"digest/user-{person.pk}/{on.isoformat()}"


def page_of(measure: Measure) -> str:
    """The address of the measure's page; part of the stable outside, so that old messages keep working."""
    return f"/measures/{measure.pk}/"


# --- The morning -------------------------------------------------------------------------------------------


@dataclass
class Reminded:
    """What one run wrote. ``skipped`` counts messages that stood there already, from an earlier run."""

    on: date
    is_working_day: bool = True
    skipped: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)

    @property
    def written(self) -> int:
        return self.by_kind.total()

    def count(self, kind: str, *, is_new: bool) -> None:
        if is_new:
            self.by_kind[kind] += 1
        else:
            self.skipped += 1


@dataclass(frozen=True)
class Section:
    """A heading of the digest with its lines; ``more`` lines found no place."""

    title: str
    lines: list[str]
    more: int = 0


def remind(on: date, *, at: datetime | None = None) -> Reminded:
    """Write the messages of a working morning: one digest for each person for whom something waits, and delays.

    On a day off nothing is written. A second run of a day writes what the first one missed and nothing else, and
    a run after missed days speaks of its own day only.
    """
    found = Reminded(on, dates.is_working_day(on, CalendarDay.objects.table(on, on)))
    if found.is_working_day:
        moment = at or timezone.now()
        _digests(found, moment)
        _escalate(found, moment)
    return found


def morning_of(on: date) -> datetime:
    """The instant before which no message of that day's reminders leaves."""
    return timezone.make_aware(datetime.combine(on, MORNING))


def _digests(found: Reminded, at: datetime) -> None:
    grants = Membership.objects.in_force().filter(role__in=[*DEPARTMENT_ROLES, RoleCode.OFFICE, RoleCode.CHIEF])
    leads = Measure.objects.filter(campaign__in=Campaign.objects.running(found.on).values("pk")).order_by()
    people = User.objects.filter(
        Q(pk__in=grants.values("person_id")) | Q(pk__in=leads.values("lead_leader_id")), is_active=True
    ).order_by("pk")
    told = Message.objects.known(digest_key(person, found.on) for person in people)
    for person in people:
        key = digest_key(person, found.on)
        if key in told:
            found.count(MessageKind.DIGEST, is_new=False)
            continue
        with translation.override(person.language or "zh-hans"):
            sections = digest_of(work_of(person, found.on, ahead=AHEAD[-1]))
            if not sections:
                continue
            words = _digest_words(person, sections, found.on)
        is_new = write(person, kind=MessageKind.DIGEST, key=key, words=words, link="/", at=at,
                       not_before=morning_of(found.on))  # fmt: skip
        found.count(MessageKind.DIGEST, is_new=is_new)


def _digest_words(person: User, sections: list[Section], on: date) -> tuple[str, str]:
    total = sum(len(section.lines) + section.more for section in sections)
    context = {"person": person, "on": on, "sections": sections, "total": total}
    subject = render_to_string("emails/digest.subject.txt", context)
    return " ".join(subject.split()), render_to_string("emails/digest.txt", context).strip()


def digest_of(waiting: Waiting) -> list[Section]:
    """A person's work in the digest's order, in the active language; sections without a line are left out."""
    on = waiting.on
    returned = [
        _("%(measure)s, progress of %(period)s: %(reason)s")
        % {"measure": _named(row.measure), "period": row.period.code, "reason": _short(row.return_reason)}
        for row in waiting.returned
    ]
    returned += [
        _("%(measure)s, closure: %(reason)s") % {"measure": _named(row.measure), "reason": _short(_opinion(row))}
        for row in waiting.returned_closures
    ]
    sections = [
        (_("Returned to you"), returned),
        (_("Overdue"), [_overdue_line(due) for due in waiting.overdue]),
        *_bands(waiting.due),
        (_("Re-check missed"), [_dated(due.measure, due.measure.recheck_on) for due in waiting.rechecks]),
        (_("Period about to close"), _period_lines(waiting, on)),
        (_("Waiting for your signature"), [_request_line(row) for row in waiting.to_sign]),
        (_("Progress to accept"), [_progress_line(row) for row in waiting.to_accept]),
    ]
    return [Section(title, lines[:MOST_LINES], max(0, len(lines) - MOST_LINES)) for title, lines in sections if lines]


def _bands(dues: list[Due]) -> Iterator[tuple[str, list[str]]]:
    """Deadlines to come: today, then by the steps of ``AHEAD``, each measure in the nearest that holds it."""
    lines: dict[int, list[str]] = defaultdict(list)
    for due in dues:
        band = min(days for days in (0, *AHEAD) if due.days <= days)
        lines[band].append(_dated(due.measure, due.measure.deadline))
    for band in (0, *AHEAD):
        names = {0: _("Due today"), 1: _("Due tomorrow")}
        yield names.get(band) or _("Due within %(days)s days") % {"days": band}, lines[band]


def _period_lines(waiting: Waiting, on: date) -> list[str]:
    """One line for each period that is about to close, and how much of it is missing."""
    missing = Counter(period for _measure, period in waiting.to_fill)
    drafts = Counter(update.period for update in waiting.to_submit)
    lines = []
    for period in sorted({*missing, *drafts}, key=lambda row: (row.due_on, row.pk)):
        if period.due_on - timedelta(days=PERIOD_CLOSING) <= on:
            facts = {"period": period.code, "missing": missing[period], "drafts": drafts[period], "due": period.due_on}
            lines.append(
                _("%(period)s, due %(due)s: %(missing)s measures without progress, %(drafts)s drafts to submit") % facts
            )
    return lines


def _overdue_line(due: Due) -> str:
    facts = {"measure": _named(due.measure), "days": -due.days, "day": due.measure.deadline}
    return ngettext(
        "%(measure)s: %(days)s day overdue, deadline %(day)s", "%(measure)s: %(days)s days overdue, deadline %(day)s",
        -due.days,
    ) % facts  # fmt: skip


def _dated(measure: Measure, day: date | None) -> str:
    return _("%(measure)s: %(day)s") % {"measure": _named(measure), "day": day}


def _request_line(request: "Request") -> str:
    facts = {"measure": _named(request.measure), "stage": request.get_stage_display(), "person": request.filed_by}
    facts["day"] = request.filed_on.isoformat()
    if isinstance(request, ClosureRequest):
        return _("%(measure)s, closure, as %(stage)s; asked by %(person)s on %(day)s") % facts
    if isinstance(request, Extension) and request.kind == ExtensionKind.CONVERSION:
        return _("%(measure)s, conversion, as %(stage)s; asked by %(person)s on %(day)s") % facts
    return _("%(measure)s, extension, as %(stage)s; asked by %(person)s on %(day)s") % facts


def _progress_line(update: "ProgressUpdate") -> str:
    facts = {"measure": _named(update.measure), "period": update.period.code, "department": update.department}
    return _("%(measure)s, progress of %(period)s by %(department)s") % facts


def _opinion(request: "Request") -> str:
    """Why a request came back."""
    returns = [row for row in request.decisions.all() if row.verdict == DecisionVerdict.RETURNED]
    return returns[-1].opinion if returns else ""


def _named(measure: Measure) -> str:
    return _("Measure %(number)s “%(text)s”") % _facts(measure)


def _facts(measure: Measure) -> dict[str, object]:
    """Number and text for a sentence; the text's own full stop would stand before the closing quotation mark."""
    return {"number": measure.number, "text": _short(measure.text).rstrip("。.")}


def _short(text: str) -> str:
    return " ".join(text.split())[:60]


def _escalate(found: Reminded, at: datetime) -> None:
    """Tell those above of a delay, each level once for each deadline that was missed."""
    delays = list(_delays(found.on))
    told = Message.objects.known(key for _measure, _days, _person, key in delays)
    for measure, days, person, key in delays:
        if key in told:
            found.count(MessageKind.ESCALATED, is_new=False)
            continue
        with translation.override(person.language or "zh-hans"):
            words = _delay_words(measure, days, found.on)
        is_new = write(person, kind=MessageKind.ESCALATED, key=key, words=words, link=page_of(measure), at=at,
                       measure=measure, not_before=morning_of(found.on))  # fmt: skip
        found.count(MessageKind.ESCALATED, is_new=is_new)


def _delay_words(measure: Measure, days: int, on: date) -> tuple[str, str]:
    facts = {"measure": _named(measure), "days": days, "deadline": day_words(measure.deadline or on, on.year)}
    facts |= {"number": measure.number, "department": measure.lead_department or "—"}
    return (
        _("%(days)s working days overdue: measure %(number)s") % facts,
        _("%(measure)s of %(department)s was due on %(deadline)s: %(days)s working days ago.") % facts,
    )


def _delays(on: date) -> Iterator[tuple[Measure, int, User, str]]:
    """Each overdue measure with its delay in working days, who must hear of it, and the message's key."""
    late = Measure.objects.filter(campaign__in=Campaign.objects.running(on).values("pk")).in_plan(on).overdue(on)
    late = late.select_related("campaign", "lead_department", "lead_leader").order_by("deadline", "pk")
    rows = [(measure, measure.deadline) for measure in late if measure.deadline is not None]
    if not rows:
        return
    calendar = CalendarDay.objects.table(rows[0][1], on)
    holders = _holders()
    for measure, deadline in rows:
        days = dates.working_days_between(deadline, on, calendar)
        for role, after in ESCALATION:
            if days >= after:
                for person in _people_above(measure, role, holders):
                    key = f"escalated/measure-{measure.pk}/{deadline}/{role}/user-{person.pk}"
                    yield measure, days, person, key


def _holders() -> dict[tuple[str, int | None], list[User]]:
    """Heads by department and office people by court."""
    holders: dict[tuple[str, int | None], list[User]] = defaultdict(list)
    grants = Membership.objects.in_force().filter(role__in=[RoleCode.HEAD, RoleCode.OFFICE], person__is_active=True)
    for grant in grants.select_related("person").order_by("pk"):
        holders[(grant.role, grant.department_id)].append(grant.person)
    return holders


def _people_above(measure: Measure, role: str, holders: dict[tuple[str, int | None], list[User]]) -> list[User]:
    if role == RoleCode.LEADER:
        leader = measure.lead_leader
        return [leader] if leader and leader.is_active else []
    place = measure.lead_department_id if role == RoleCode.HEAD else measure.campaign.court_id
    return holders[(role, place)]
