"""One function per message kind. They write rows with the change that causes them and send nothing.

What the rules ask for each morning is drafted in ``findings.morning``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from findings.choices import MessageKind, MessageStatus
from findings.figures.changes import changes_heading, changes_of, silent_sentence
from findings.models import Measure, Message
from findings.models.message import Paragraph, paragraphs_of

if TYPE_CHECKING:
    from findings.models import Job, ProgressUpdate, Report, ReportingPeriod, Request, SupervisionNotice

# Brackets and quotation marks with what closes them; after an opening one, or a pause, no text is cut off.
_PAIRS = dict(zip("（“‘《〈【〔「『([{", "）”’》〉】〕」』)]}", strict=True))
_NO_END = "".join(_PAIRS) + "，、；：。,;:. "

# Longer than any job or request takes.
_NIGHT_WORK = timedelta(hours=1)


@dataclass(frozen=True)
class Draft:
    """A message before it is written: what is said to whom, why, and by which channels it may leave.

    ``channels``: "*" all that the recipient has chosen, codes by commas, "" the inbox only.
    """

    recipient: User
    kind: str
    key: str
    subject: str
    body: str
    link: str
    measure: Measure | None = None
    reason: str = ""
    channels: str = "*"

    def paragraphs(self) -> list[Paragraph]:
        return paragraphs_of(self.body)


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
    draft = Draft(recipient, kind, key, words[0], words[1], link, measure)
    _row, created = Message.objects.get_or_create(key=key, defaults=_values(draft, at, not_before))
    return created


def write_all(drafts: list[Draft], *, at: datetime, not_before: datetime | None = None) -> int:
    """Add many messages, all or none; answers how many were new. Two runs side by side write each once."""
    rest = drafts
    while rest:
        rows = [Message(key=draft.key, **_values(draft, at, not_before)) for draft in rest]
        try:
            with transaction.atomic():
                return len(Message.objects.bulk_create(rows, batch_size=500))
        except IntegrityError:
            told = Message.objects.known(draft.key for draft in rest)
            if not told:
                raise
            rest = [draft for draft in rest if draft.key not in told]
    return 0


def _values(draft: Draft, at: datetime, not_before: datetime | None) -> dict[str, Any]:
    # What was begun before midnight and ends after it is none of a past day.
    past = timezone.localdate(at) < timezone.localdate() and timezone.now() - at > _NIGHT_WORK
    return {
        "recipient": draft.recipient,
        "kind": draft.kind,
        "measure": draft.measure,
        "subject": draft.subject[:200],
        "body": draft.body,
        "link": draft.link,
        "reason": draft.reason[:300],
        "channels": draft.channels,
        "created_at": at,
        "not_before": not_before or at,
        "status": MessageStatus.SENT if past else MessageStatus.WAITING,
        "sent_at": at if past else None,
        "read_at": at if past else None,
    }


def waiting_for_signature(request: "Request", people: Iterable[User], *, at: datetime) -> None:
    """Tell who can sign that a request has reached their stage."""
    for person in people:
        with translation.override(person.language or "zh-hans"):
            words = (
                _("Please sign: measure %(number)s") % {"number": request.measure.number},
                _("A request on measure %(number)s “%(text)s” waits for your signature as %(stage)s.")
                % (facts_of(request.measure) | {"stage": request.get_stage_display()}),
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
            % (facts_of(request.measure) | {"reason": reason}),
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
            _("All have signed your request on measure %(number)s “%(text)s”.") % facts_of(request.measure),
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
                _("Measure %(number)s “%(text)s” was reopened: %(reason)s") % (facts_of(measure) | {"reason": reason}),
            )
        key = f"reopened/measure-{measure.pk}/{measure.reopened_count}/user-{person.pk}"
        link = page_of(measure)
        write(person, kind=MessageKind.REOPENED, key=key, words=words, link=link, at=at, measure=measure)


def owners_changed(measure: Measure, people: Iterable[User], *, reason: str, at: datetime) -> None:
    """Tell who leads a measure of the approved plan now, and who did before, that this has changed.

    Who has lost sight of it by the change is told of it without the way to its page.
    """
    for person in people:
        in_sight = Measure.objects.visible_to(person).filter(pk=measure.pk).exists()
        with translation.override(person.language or "zh-hans"):
            facts = facts_of(measure) | {"reason": reason, "department": measure.lead_department or "—"}
            facts["leader"] = measure.lead_leader or "—"
            words = (
                _("Owner changed: measure %(number)s") % facts,
                _("Measure %(number)s “%(text)s” is now led by %(department)s (%(leader)s): %(reason)s") % facts,
            )
        key = f"plan/measure-{measure.pk}/{measure.version}/user-{person.pk}"
        write(person, kind=MessageKind.PLAN, key=key, words=words, link=page_of(measure) if in_sight else "/inbox/",
              at=at, measure=measure if in_sight else None)  # fmt: skip


# What is said of a supervision notice when it moves: subject and text.
_NOTICE_WORDS = {
    "issued": (
        gettext_lazy("Supervision notice %(number)s for %(department)s, reply due %(due)s"),
        gettext_lazy("Please confirm receipt and reply by %(due)s: %(text)s"),
    ),
    "replied": (
        gettext_lazy("Reply to supervision notice %(number)s from %(department)s"),
        gettext_lazy("Please conclude the notice or return the reply: %(reply)s"),
    ),
    "returned": (
        gettext_lazy("Returned: reply to supervision notice %(number)s"),
        gettext_lazy("The office asks for another reply by %(due)s: %(reason)s"),
    ),
    "concluded": (
        gettext_lazy("Concluded: supervision notice %(number)s for %(department)s"),
        gettext_lazy("The office concluded: %(conclusion)s"),
    ),
}


def notice_moved(notice: "SupervisionNotice", event: str, people: Iterable[User], *, at: datetime) -> None:
    """Tell people that a notice was issued, replied to, returned or concluded (``event``)."""
    for person in people:
        with translation.override(person.language or "zh-hans"):
            facts = {
                "number": notice.short, "department": notice.department, "due": notice.due_on.isoformat(),
                "text": notice.text, "reply": notice.reply, "reason": notice.return_reason,
                "conclusion": notice.conclusion,
            }  # fmt: skip
            subject, body = (str(words) % facts for words in _NOTICE_WORDS[event])
        key = f"notice/{event}-{notice.pk}/{notice.returned_count}/user-{person.pk}"
        write(person, kind=MessageKind.NOTICE, key=key, words=(subject, body), link=f"/notices/{notice.pk}/", at=at,
              measure=notice.measure)  # fmt: skip


def report_compiled(report: "Report", people: Iterable[User], *, at: datetime) -> None:
    """Tell the office that a report's draft is ready, what it says anew, and who did not report."""
    for person in people:
        with translation.override(person.language or "zh-hans"):
            ready = _("The draft of %(report)s of “%(campaign)s” is ready to be checked and issued.")
            blocks = [ready % {"report": report, "campaign": report.campaign}, *_news(report.figures)]
            words = (_("Report compiled: %(report)s") % {"report": report}, "\n\n".join(blocks))
        key = f"report/report-{report.pk}/{report.revision}/user-{person.pk}"
        write(person, kind=MessageKind.REPORT, key=key, words=words, link=f"/reports/{report.pk}/", at=at)


def report_asked_again(report: "Report", person: User, *, job: "Job", is_changed: bool, at: datetime) -> None:
    """Tell who had a report compiled again whether anything has changed."""
    with translation.override(person.language or "zh-hans"):
        facts = {"report": report, "campaign": report.campaign}
        if is_changed:
            subject = _("Report compiled again: %(report)s")
            text = _("The draft of %(report)s of “%(campaign)s” was brought up to date.")
        else:
            subject = _("Report unchanged: %(report)s")
            text = _("Nothing in the figures of “%(campaign)s” has changed since %(report)s, so no new one was made.")
        words = (subject % facts, text % facts)
    key = f"report/asked-{job.pk}/user-{person.pk}"
    write(person, kind=MessageKind.REPORT, key=key, words=words, link=f"/reports/{report.pk}/", at=at)


def _news(figures: dict[str, Any]) -> list[str]:
    """The paragraphs on what a report of a period says anew; none for a report of another kind."""
    changes = [f"- {change}" for change in changes_of(figures)]
    blocks = ["\n".join([changes_heading(figures), *changes])] if changes else []
    return [*blocks, silent_sentence(figures)] if "missing" in figures else blocks


def report_failed(period: "ReportingPeriod", people: Iterable[User], *, job: "Job", at: datetime) -> None:
    """Tell the office, once for each run on record, that the report of a period could not be compiled."""
    for person in people:
        with translation.override(person.language or "zh-hans"):
            facts = {"period": period.code, "campaign": period.campaign, "why": job.error}
            words = (
                _("Report not compiled: %(period)s") % facts,
                _(
                    "The report of %(period)s of “%(campaign)s” could not be compiled: %(why)s It is tried again by "
                    "itself; the page of the reports shows how it goes on."
                )
                % facts,
            )
        key = f"report/failed-{job.pk}/user-{person.pk}"
        write(person, kind=MessageKind.REPORT, key=key, words=words, link="/reports/", at=at)


def file_ready(job: "Job", person: User, *, title: str, rows: int, days: int, at: datetime) -> None:
    """Tell who asked for a file that it is there, and for how many days."""
    with translation.override(person.language or "zh-hans"):
        facts = {"file": title, "rows": rows, "days": days}
        words = (
            _("File ready: %(file)s") % facts,
            _("%(file)s has %(rows)s rows. It can be taken for %(days)s days on the page of the job.") % facts,
        )
    write(person, kind=MessageKind.FILE, key=f"file/job-{job.pk}", words=words, link=f"/jobs/{job.pk}/", at=at)


def page_of(measure: Measure) -> str:
    """The address of the measure's page; part of the stable outside, so that old messages keep working."""
    return f"/measures/{measure.pk}/"


def facts_of(measure: Measure) -> dict[str, object]:
    """Number and text for a sentence; the text's own full stop would stand before the closing quotation mark."""
    return {"number": measure.number, "text": short(measure.text).rstrip("。.")}


def short(text: str) -> str:
    """The beginning of a text, in one line."""
    return cut(text, 60)


def cut(text: str, most: int) -> str:
    """A text in one line of at most ``most`` characters, with … where it goes on and every bracket closed."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    begins = (line[:end].rstrip(_NO_END) for end in range(most - 1, -1, -1))
    return next(whole for begun in begins if len(whole := f"{begun}…{_closing(begun)}") <= most)


def _closing(text: str) -> str:
    """What closes the brackets and quotation marks that a text leaves open."""
    left: list[str] = []
    for mark in text:
        if mark in _PAIRS:
            left.append(_PAIRS[mark])
        elif left and mark == left[-1]:
            left.pop()
    return "".join(reversed(left))
