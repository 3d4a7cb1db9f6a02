"""Runs outside a request: put on record, begun by one worker only, shown as they go, taken up again if it dies."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.spreadsheets import Unreadable
from findings.choices import JobState
from findings.documents.word import TemplateFault
from findings.models import Campaign, Job
from findings.workflow.step import Denied

logger = logging.getLogger(__name__)
Run = Callable[[Job], dict[str, Any] | None]
# What may run a second time after its worker died halfway.
REPEATABLE = frozenset({"rehearse_import", "apply_import", "compile_report", "export_list"})
MOST_TAKEN_UP = 3  # a run that kills its worker every time is not tried for ever
GOING = (JobState.WAITING, JobState.RUNNING)
LANGUAGE, TAKEN_UP = "language", "taken_up"


class NotYet(Exception):
    """Raised by a run whose turn has not come: it waits on, with the sentence that says for what."""


def ask(name: str, *, by: User | None, campaign: Campaign | None = None, key: str = "", **arguments: Any) -> Job:
    """Put a run on record; ``carry_out`` does it. It speaks the language that is active now.

    Of a ``key`` there is one row: the one that waits, runs or is done is handed back, a failed one waits again. What
    waits by this very wish ``is_just_asked``.
    """
    given = {LANGUAGE: translation.get_language() or settings.LANGUAGE_CODE, **arguments}
    fresh = {"name": name, "person": by, "campaign": campaign, "arguments": given, "asked_at": timezone.now()}
    job, is_made = Job.objects.get_or_create(key=key, defaults=fresh) if key else (Job.objects.create(**fresh), True)
    job.is_just_asked = is_made
    if not is_made:
        begun_anew = {"state": JobState.WAITING, "beat_at": None, "ended_at": None, "done": 0, "total": 0}
        failed = Job.objects.filter(pk=job.pk, state=JobState.FAILED)
        job.is_just_asked = bool(failed.update(**fresh, **begun_anew))
        job.refresh_from_db()
    return job


def carry_out(job_id: int, runs: Mapping[str, Run]) -> Job | None:
    """Carry out a waiting run; answers it as it ended, None where somebody else has begun it.

    What the run answers is kept as its result. One that may not be done ends with the sentence that says why.
    """
    now = timezone.now()
    waiting = Job.objects.filter(pk=job_id, state=JobState.WAITING)
    if not waiting.update(state=JobState.RUNNING, started_at=now, beat_at=now):
        return None
    job = Job.objects.select_related("person", "campaign").get(pk=job_id)
    with translation.override(job.arguments.get(LANGUAGE, settings.LANGUAGE_CODE)):
        try:
            result = runs[job.name](job)
        except NotYet as wait:
            _put_back(job, error=str(wait)[:300])
        except (Unreadable, Denied, TemplateFault) as refusal:
            give_up(job, str(refusal))
        except Exception:
            logger.exception("job %s: %s failed", job.pk, job.name)
            give_up(job, _("The run has failed; the site's log says why."))
        else:
            _end(job, state=JobState.DONE, result=result or {}, error="")
    job.refresh_from_db()
    return job


def beats(job: Job, *, every: int = 1) -> Callable[[int, int], None]:
    """Tells the page how far the run has come, and that its worker lives; each ``every``-th step is written.

    Inside a transaction nobody sees it before its end.
    """

    def beat(done: int, total: int) -> None:
        if done % every == 0:
            _still(job).update(done=done, total=total, beat_at=timezone.now())

    return beat


def give_up(job: Job, why: str) -> None:
    """A run that nobody will carry out, or that has failed."""
    _end(job, state=JobState.FAILED, error=why[:300])


def outage(job: Job) -> str:
    """The queue does not answer: give up what was asked for just now; the sentence that says so.

    "" where the run had been asked for before: it waits on, and ``take_up_lost`` puts it into the queue.
    """
    if not job.is_just_asked:
        return ""
    sentence = _("The queue does not answer, so nothing was asked for. Please try again later.")
    give_up(job, sentence)
    return sentence


def take_up_lost(now: datetime) -> list[Job]:
    """Find the runs whose worker or whose place in the queue was lost, and have them wait again.

    Lost is what has given no sign of life for ``settings.JOB_LOST_AFTER`` seconds. A run that may not be done twice,
    or that was taken up too often, ends with a sentence. The rows handed back are to be put into the queue.
    """
    limit = now - timedelta(seconds=settings.JOB_LOST_AFTER)
    silent = Job.objects.alias(heard_at=Coalesce("beat_at", "asked_at")).filter(heard_at__lt=limit)
    with transaction.atomic():
        # A row that is held belongs to a worker that lives.
        lost = silent.filter(state__in=GOING)
        return [job for job in lost.select_for_update(skip_locked=True).order_by("asked_at", "pk") if _again(job, now)]


def is_second_try(job: Job) -> bool:
    """Whether an earlier worker had begun the run, and may have ended it without saying so."""
    return bool(job.arguments.get(TAKEN_UP))


def _again(job: Job, now: datetime) -> bool:
    """Have a lost run wait again; False where it ends instead."""
    if job.state == JobState.WAITING:
        Job.objects.filter(pk=job.pk).update(beat_at=now)
        return True
    count = job.arguments.get(TAKEN_UP, 0) + 1
    if job.name in REPEATABLE and count <= MOST_TAKEN_UP:
        _put_back(job, beat_at=now, arguments={**job.arguments, TAKEN_UP: count})
        return True
    with translation.override(job.arguments.get(LANGUAGE, settings.LANGUAGE_CODE)):
        give_up(job, _("The run was broken off by a stop of the server; ask for it again."))
    return False


def _put_back(job: Job, **values: Any) -> None:
    _still(job).update(state=JobState.WAITING, **values)


def _end(job: Job, **values: Any) -> None:
    _still(job).update(ended_at=timezone.now(), **values)


def _still(job: Job) -> Any:
    """The row as long as this beginning of the run is the one that counts."""
    return Job.objects.filter(pk=job.pk, state__in=GOING, started_at=job.started_at)
