"""Lists that are drawn by the queue: a large one is put on record, drawn with progress, and kept some days as a file.

The page draws what takes about two seconds itself; the row of a run names the list, the day and the filters, never
the rows: what its asker may see is found out when it is drawn.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from tempfile import TemporaryFile
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts import audit
from accounts.models import User
from findings import access, figures, notify
from findings.choices import JobState
from findings.documents import running
from findings.documents.export import KINDS, Drawn, count_of, draw
from findings.figures.narrowing import NOTICE_FILTERS, names_of, narrowed, narrowed_notices
from findings.models import Campaign, Job
from findings.workflow.step import Denied

EXPORT = "export_list"
KEPT_DAYS = 7
SIGHT, WHOLE, DEPARTMENTS = "sight", "whole", "departments"


@dataclass(frozen=True)
class Wish:
    """Which list is wanted: its code, its day, its columns ("only", all where none is named) and the filters.

    ``words`` are the filters as the asker's page names them, in one line.
    """

    code: str
    on: date
    is_flat: bool = False
    only: tuple[str, ...] = ()
    chosen: dict[str, Any] = field(default_factory=dict)
    words: str = ""

    def told(self) -> dict[str, Any]:
        """The wish as a row keeps it."""
        return {**asdict(self), "on": self.on.isoformat(), "only": list(self.only)}

    @classmethod
    def of(cls, job: Job) -> "Wish":
        """The wish that a row keeps."""
        told = job.arguments["wish"]
        return cls(**{**told, "on": date.fromisoformat(told["on"]), "only": tuple(told["only"])})


@dataclass(frozen=True)
class Standing:
    """A job as its pages tell it to a reader.

    ``until`` is the last day on which its file, of ``size`` bytes, is there to take, None where there is none;
    ``refusal`` is the sentence why a file that was drawn is not handed out, "" where it is.
    """

    job: Job
    title: str
    wish: Wish
    until: date | None
    size: int | None
    refusal: str

    @property
    def is_waiting(self) -> bool:
        return self.job.state == JobState.WAITING

    @property
    def is_going(self) -> bool:
        return self.job.state in running.GOING

    @property
    def is_past(self) -> bool:
        """Drawn, and its file deleted since."""
        return self.job.state == JobState.DONE and not self.job.file


def filters_line(filters: Iterable[tuple[Any, Any]]) -> str:
    """Labels and values of the filters in force as one line of the head of a list."""
    return pgettext("between filters", "; ").join(f"{label}={value}" for label, value in filters)


def in_filter(scope: figures.Scope, wish: Wish) -> figures.Scope:
    """The scope with the rows of the list that the filters of the wish leave, each with its whole figures."""
    if not wish.chosen:
        return scope
    on = scope.campaign.as_of(wish.on)
    left = replace(scope, notices=narrowed_notices(scope, on, wish.chosen), whole=scope)
    if wish.chosen.keys() <= NOTICE_FILTERS:
        return left
    rows = narrowed(scope, on, wish.chosen, names_of(scope, on), figures.issue_states(scope, on))
    found = scope.measures.filter(pk__in=rows.order_by().values("id")).order_by()
    return KINDS[wish.code].within(left, found, on)


def is_large(scope: figures.Scope, wish: Wish) -> bool:
    """Whether nobody should wait for the list with an open page. ``scope`` is narrowed already."""
    return count_of(wish.code, scope, wish.on) > settings.EXPORT_AT_ONCE


def ask(campaign: Campaign, wish: Wish, *, by: User) -> Job:
    """Put the drawing of a list on record; asked for twice within a minute, with one sight, it is one and the same."""
    told = wish.told()
    asked = json.dumps([told, _sight(by, campaign)], sort_keys=True)
    mark = hashlib.sha256(asked.encode()).hexdigest()[:16]
    key = f"export/{by.pk}/{campaign.pk}/{mark}/{timezone.now():%Y%m%d%H%M}"
    return running.ask(EXPORT, by=by, campaign=campaign, key=key, wish=told)


def taken(drawn: Drawn, campaign: Campaign, wish: Wish) -> tuple[str, str]:
    """Which rows were taken out, as the security log says it: subject and detail."""
    filters = " ".join(f"{name}={value}" for name, value in wish.chosen.items())
    return f"{wish.code} {campaign.slug}", f"{drawn.rows} rows, {wish.on.isoformat()}, {filters}"


def standing(job: Job, reader: User) -> Standing:
    """How far a job has come, and whether its file is the reader's to take now."""
    wish, size = Wish.of(job), _size(job)
    refusal = _refusal(job, reader, size) if job.file else ""
    is_there = job.file and job.ended_at and not refusal
    until = timezone.localdate(job.ended_at) + timedelta(days=KEPT_DAYS) if is_there else None
    return Standing(job, str(KINDS[wish.code].title), wish, until, size, refusal)


def expire(now: datetime) -> int:
    """Let go of the files that are older than ``KEPT_DAYS``; the nightly sweep deletes what no row names."""
    limit = now - timedelta(days=KEPT_DAYS + 1)
    old = Job.objects.filter(name=EXPORT, state=JobState.DONE, ended_at__lt=limit).exclude(file="")
    return old.update(file="")


def _run(job: Job) -> dict[str, Any]:
    """Draw the list of the job, with what its asker may see now, and tell him or her."""
    person, wish = job.person, Wish.of(job)
    seen = Campaign.objects.visible_to(person) if person and person.is_active else Campaign.objects.none()
    campaign = seen.filter(pk=job.campaign_id or 0).select_related("court").first()
    if person is None or campaign is None:
        raise Denied(_("This campaign is not in your sight any more."))
    scope = in_filter(figures.scope_of(campaign, person), wish)
    with TemporaryFile() as file:
        drawn = draw(
            file, wish.code, scope, wish.on, is_flat=wish.is_flat, only=wish.only, filters=wish.words,
            progress=running.beats(job),
        )  # fmt: skip
        file.seek(0)
        job.file.save("list.xlsx", File(file), save=False)
    subject, detail = taken(drawn, campaign, wish)
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(file=job.file.name, filename=drawn.filename)
        audit.record(audit.Action.EXPORT, by=person, subject=subject, detail=detail)
        notify.file_ready(job, person, title=drawn.filename, rows=drawn.rows, days=KEPT_DAYS, at=timezone.now())
    return {"rows": drawn.rows, SIGHT: _sight(person, campaign)}


def _size(job: Job) -> int | None:
    """The bytes of the file; None where there is none on record or it is gone from the store."""
    try:
        return int(job.file.size) if job.file else None
    except FileNotFoundError:
        return None


def _refusal(job: Job, reader: User, size: int | None) -> str:
    """ "" where the file is handed out, else the sentence why not."""
    if size is None:
        return _("The file is gone from the store; draw it again.")
    # Drawn before the sight was kept: only who sees every row may have it.
    then = job.result.get(SIGHT, {WHOLE: True})
    now = _sight(reader, job.campaign)
    if now[WHOLE] or (not then[WHOLE] and set(then[DEPARTMENTS]) <= set(now[DEPARTMENTS])):
        return ""
    return _("You see less of this campaign now than when the list was drawn; draw it again.")


def _sight(person: User, campaign: Campaign | None) -> dict[str, Any]:
    """Whose rows of a campaign the person sees: those of the whole court, or of departments; as ``visible_to``."""
    is_whole = campaign is not None and campaign.court_id in access.courts_of(person)
    return {WHOLE: is_whole, DEPARTMENTS: sorted(access.departments_of(person))}


RUNS: dict[str, running.Run] = {EXPORT: _run}
