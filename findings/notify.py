"""One function per message kind. They write rows with the change that causes them and send nothing."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from findings.choices import MessageKind, MessageStatus
from findings.models import Message

if TYPE_CHECKING:
    from findings.models import Measure, ProgressUpdate, Report, Request


def write(
    recipient: User,
    *,
    kind: str,
    key: str,
    words: "tuple[str, str]",
    link: str,
    at: datetime,
    measure: "Measure | None" = None,
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
            "not_before": at,
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
                % {
                    "number": request.measure.number,
                    "text": request.measure.text[:60],
                    "stage": request.get_stage_display(),
                },
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
            % {"number": request.measure.number, "text": request.measure.text[:60], "reason": reason},
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
            _("All have signed your request on measure %(number)s “%(text)s”.")
            % {"number": request.measure.number, "text": request.measure.text[:60]},
        )
    key = f"{kind}/{request._meta.model_name}-{request.pk}/user-{person.pk}"
    write(person, kind=kind, key=key, words=words, link=page_of(request.measure), at=at, measure=request.measure)


def progress_returned(update: "ProgressUpdate", *, reason: str, at: datetime) -> None:
    """Tell who filled in and who submitted that the progress came back, and why."""
    for person in {update.filled_by, update.submitted_by} - {None}:
        with translation.override(person.language or "zh-hans"):
            words = (
                _("Progress returned: measure %(number)s") % {"number": update.measure.number},
                _("The progress of %(period)s on measure %(number)s was returned: %(reason)s")
                % {"period": update.period.code, "number": update.measure.number, "reason": reason},
            )
        key = f"returned/progress-{update.pk}/{update.returned_count}/user-{person.pk}"
        write(person, kind=MessageKind.RETURNED, key=key, words=words, link=page_of(update.measure), at=at,
              measure=update.measure)  # fmt: skip


def measure_reopened(measure: "Measure", people: Iterable[User], *, reason: str, at: datetime) -> None:
    """Tell the lead department that a closed measure is open again."""
    for person in people:
        with translation.override(person.language or "zh-hans"):
            words = (
                _("Reopened: measure %(number)s") % {"number": measure.number},
                _("Measure %(number)s “%(text)s” was reopened: %(reason)s")
                % {"number": measure.number, "text": measure.text[:60], "reason": reason},
            )
        key = f"reopened/measure-{measure.pk}/{measure.reopened_count}/user-{person.pk}"
        write(
            person,
            kind=MessageKind.REOPENED,
            key=key,
            words=words,
            link=page_of(measure),
            at=at,
            measure=measure,
        )


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


def page_of(measure: "Measure") -> str:
    """The address of the measure's page; part of the stable outside, so that old messages keep working."""
    return f"/measures/{measure.pk}/"
