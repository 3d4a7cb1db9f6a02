"""Lists that are drawn by the queue: a large one is put on record, drawn with progress, and kept some days as a file.

The page draws what takes about two seconds itself; the row of a run names the list, the day and the filters, never
the rows: what its asker may see is found out when it is drawn.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from tempfile import TemporaryFile
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from findings import figures, notify
from findings.choices import JobState
from findings.documents import running
from findings.documents.export import KINDS, Drawn, count_of, draw
from findings.figures.narrowing import names_of, narrowed, narrowed_notices
from findings.models import Campaign, Job
from findings.workflow.step import Denied

EXPORT = "export_list"
KEPT_DAYS = 7


@dataclass(frozen=True)
class Wish:
    """Which list is wanted: its code, its day, its columns ("only", all where none is named) and the filters."""

    code: str
    on: date
    is_flat: bool = False
    only: tuple[str, ...] = ()
    chosen: dict[str, Any] = field(default_factory=dict)

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
    """A job as its pages tell it. ``until`` is the last day on which its file is there, None where there is none."""

    job: Job
    title: str
    wish: Wish
    until: date | None

    @property
    def is_waiting(self) -> bool:
        return self.job.state == JobState.WAITING

    @property
    def is_going(self) -> bool:
        return self.job.state in running.GOING

    @property
    def is_past(self) -> bool:
        """Drawn, and its file deleted since."""
        return self.job.state == JobState.DONE and self.until is None


def in_filter(scope: figures.Scope, wish: Wish) -> figures.Scope:
    """The scope with the measures and the notices that the filters of the wish leave."""
    if not wish.chosen:
        return scope
    names, states = names_of(scope, wish.on), figures.issue_states(scope, wish.on)
    rows = narrowed(scope, wish.on, wish.chosen, names, states)
    return replace(
        scope, measures=scope.measures.filter(pk__in=rows.order_by().values("id")),
        notices=narrowed_notices(scope, scope.campaign.as_of(wish.on), wish.chosen),
    )  # fmt: skip


def is_large(scope: figures.Scope, wish: Wish) -> bool:
    """Whether nobody should wait for the list with an open page. ``scope`` is narrowed already."""
    return count_of(wish.code, scope, wish.on) > settings.EXPORT_AT_ONCE


def ask(campaign: Campaign, wish: Wish, *, by: User) -> Job:
    """Put the drawing of a list on record; asked for twice within a minute it is one and the same."""
    told = wish.told()
    mark = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
    key = f"export/{by.pk}/{campaign.pk}/{mark}/{timezone.now():%Y%m%d%H%M}"
    return running.ask(EXPORT, by=by, campaign=campaign, key=key, wish=told)


def record(drawn: Drawn, campaign: Campaign, wish: Wish, *, by: User, request: Any = None) -> None:
    """Note in the security log who took which rows out."""
    filters = " ".join(f"{name}={value}" for name, value in wish.chosen.items())
    audit.record(
        audit.Action.EXPORT, by=by, request=request, subject=f"{wish.code} {campaign.slug}",
        detail=f"{drawn.rows} rows, {wish.on.isoformat()}, {filters}",
    )  # fmt: skip


def standing(job: Job) -> Standing:
    """How far a job has come."""
    wish = Wish.of(job)
    until = timezone.localdate(job.ended_at) + timedelta(days=KEPT_DAYS) if job.file and job.ended_at else None
    return Standing(job, str(KINDS[wish.code].title), wish, until)


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
            file, wish.code, scope, wish.on, is_flat=wish.is_flat, only=wish.only, is_part=bool(wish.chosen),
            progress=running.beats(job),
        )  # fmt: skip
        file.seek(0)
        job.file.save("list.xlsx", File(file), save=False)
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(file=job.file.name, filename=drawn.filename)
        record(drawn, campaign, wish, by=person)
        notify.file_ready(job, person, title=drawn.filename, rows=drawn.rows, days=KEPT_DAYS, at=timezone.now())
    return {"rows": drawn.rows}


RUNS: dict[str, running.Run] = {EXPORT: _run}
