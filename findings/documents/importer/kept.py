"""Imports between upload and application: each rehearsal and each application of a kept file is a job with progress.

A small file is rehearsed at once, a large one by the queue; the page reads the same row either way.
"""

import hashlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from django.core.files.base import ContentFile
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.spreadsheets import Unreadable, weigh
from findings import dates
from findings.choices import ImportState, JobState
from findings.documents.importer.marking import marked
from findings.documents.importer.plan import Plan
from findings.documents.importer.rehearsal import apply, rehearse
from findings.documents.importer.sheets import LIMITS
from findings.documents.uploads import safe_name
from findings.models import Campaign, Job, LedgerImport
from findings.workflow.importing import drop_import, keep_import
from findings.workflow.step import Denied

logger = logging.getLogger(__name__)
REHEARSE, APPLY = "rehearse_import", "apply_import"
MOST_AT_ONCE = 1500  # rows that a page rehearses while its reader waits
STEP = 250  # rows between two signs of life
_ROW = re.compile(rb"<(?:\w+:)?row[\s>]")


@dataclass(frozen=True)
class Standing:
    """How far an import has come: ``told`` is what the newest rehearsal found, {} before it has ended."""

    row: LedgerImport
    job: Job | None
    rehearsal: Job | None
    told: dict[str, Any]

    @property
    def is_running(self) -> bool:
        return self.job is not None and self.job.state in (JobState.WAITING, JobState.RUNNING)

    @property
    def is_applying(self) -> bool:
        return self.is_running and self.job is not None and self.job.name == APPLY

    @property
    def is_open(self) -> bool:
        """Neither applied nor dropped."""
        return self.row.state == ImportState.REHEARSED

    @property
    def is_applied(self) -> bool:
        return self.row.state == ImportState.APPLIED

    @property
    def error(self) -> str:
        """Why the newest run failed, "" where it did not."""
        return self.job.error if self.job is not None and self.job.state == JobState.FAILED else ""

    @property
    def has_marked_copy(self) -> bool:
        return bool(self.told and self.rehearsal and self.rehearsal.file)


def upload(campaign: Campaign, name: str, content: bytes, *, by: User) -> tuple[LedgerImport, Job]:
    """Keep a workbook and ask for its rehearsal. Raises Unreadable where it cannot be opened, Denied."""
    row = _keep(campaign, name, content, by=by)
    return row, ask(row, REHEARSE, by=by)


def apply_upload(campaign: Campaign, name: str, content: bytes, *, by: User, note: str) -> LedgerImport:
    """Keep a workbook and apply it at once, where nothing is left to decide. Raises Unreadable, Denied."""
    row = _keep(campaign, name, content, by=by)
    try:
        return apply(row, by=by, note=note)
    except (Denied, Unreadable) as refusal:
        drop_import(row, by=by, note=str(refusal))
        raise


def ask(row: LedgerImport, name: str, *, by: User, **arguments: Any) -> Job:
    """Put a run of the import on record; ``run`` carries it out."""
    count = Job.objects.filter(key__startswith=_key(row)).count()
    language = translation.get_language() or "zh-hans"
    return Job.objects.create(
        name=name, key=f"{_key(row)}{count + 1}", person=by, campaign=row.campaign, asked_at=timezone.now(),
        arguments={"import": row.pk, "language": language, **arguments},
    )  # fmt: skip


def is_small(content: bytes) -> bool:
    """Whether a page may rehearse the file while its reader waits. It was weighed before."""
    with ZipFile(BytesIO(content)) as archive:
        parts = [part for part in archive.namelist() if "/worksheets/" in part]
        rows = sum(len(_ROW.findall(archive.read(part))) for part in parts)
    return rows <= MOST_AT_ONCE


def run(job_id: int) -> None:
    """Carry out a waiting run; one that somebody else has begun is left alone."""
    now = timezone.now()
    begun = Job.objects.filter(pk=job_id, state=JobState.WAITING)
    if not begun.update(state=JobState.RUNNING, started_at=now, beat_at=now):
        return
    job = Job.objects.select_related("person").get(pk=job_id)
    row = LedgerImport.objects.select_related("campaign").get(pk=job.arguments["import"])
    with translation.override(job.arguments["language"]):
        try:
            _RUNS[job.name](row, job)
        except (Unreadable, Denied) as refusal:
            _end(job, state=JobState.FAILED, error=str(refusal)[:300])
        except Exception:
            logger.exception("import %s: run %s failed", row.pk, job.pk)
            _end(job, state=JobState.FAILED, error=_("The run has failed; the site's log says why."))
        else:
            _end(job, state=JobState.DONE)


def give_up(job: Job, why: str) -> None:
    """A run that nobody will carry out."""
    _end(job, state=JobState.FAILED, error=why)


def standing(row: LedgerImport) -> Standing:
    """How far an import has come."""
    jobs = list(Job.objects.filter(key__startswith=_key(row)).order_by("-asked_at", "-pk"))
    rehearsal = next((job for job in jobs if job.name == REHEARSE), None)
    told = rehearsal.result if rehearsal and rehearsal.state == JobState.DONE else {}
    return Standing(row, jobs[0] if jobs else None, rehearsal, told)


def _keep(campaign: Campaign, name: str, content: bytes, *, by: User) -> LedgerImport:
    weigh(name, content, LIMITS)
    digest = hashlib.sha256(content).hexdigest()
    return keep_import(campaign, content=content, filename=safe_name(name), sha256=digest, by=by)


def demand_ready(standing: Standing) -> None:
    """Raise Denied where there is nothing rehearsed to apply."""
    if standing.is_running:
        raise Denied(_("A run of this import has not ended yet."))
    if not standing.is_open:
        raise Denied(_("This import was applied or dropped already."))
    if not standing.told:
        raise Denied(_("The file has not been rehearsed."))


def _rehearse(row: LedgerImport, job: Job) -> None:
    with row.file.open("rb") as file:
        content = file.read()
    try:
        plan = rehearse(row.campaign, row.filename, content, on=dates.today(), progress=_beats(job))
    except Unreadable:
        drop_import(row, by=_asker(job), note=_("cannot be read"))
        raise
    Job.objects.filter(pk=job.pk).update(result=plan.told())
    _keep_marked(job, row, content, plan)


def _apply(row: LedgerImport, job: Job) -> None:
    arguments = job.arguments
    apply(
        row, by=_asker(job), note=arguments["note"], decisions=arguments["decisions"],
        fingerprint=arguments["fingerprint"], progress=_beats(job),
    )  # fmt: skip


def _keep_marked(job: Job, row: LedgerImport, content: bytes, plan: Plan) -> None:
    if plan.problems:
        job.file.save("marked.xlsx", ContentFile(marked(row.filename, content, plan.problems)), save=False)
        Job.objects.filter(pk=job.pk).update(file=job.file.name, filename=row.filename)


def _beats(job: Job) -> Callable[[int, int], None]:
    """Tells the page how far the run has come. Inside a transaction nobody sees it before its end."""

    def beat(done: int, total: int) -> None:
        if done % STEP == 0:
            Job.objects.filter(pk=job.pk).update(done=done, total=total, beat_at=timezone.now())

    return beat


def _end(job: Job, **values: Any) -> None:
    Job.objects.filter(pk=job.pk).update(ended_at=timezone.now(), **values)


def _asker(job: Job) -> User:
    assert job.person is not None, "an import is asked for by a person"
    return job.person


def _key(row: LedgerImport) -> str:
    return f"import/{row.pk}/"


_RUNS = {REHEARSE: _rehearse, APPLY: _apply}
