"""Imports between upload and application: each rehearsal and each application of a kept file is a job with progress.

A small file is rehearsed at once, a large one by the queue; the page reads the same row either way.
"""

import hashlib
import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.spreadsheets import Unreadable, weigh
from accounts.tracked import locked
from findings import dates
from findings.choices import ImportState, JobState
from findings.documents import running
from findings.documents.importer.facts import stamp_of
from findings.documents.importer.marking import marked
from findings.documents.importer.plan import Plan
from findings.documents.importer.rehearsal import apply, rehearse
from findings.documents.importer.sheets import LIMITS
from findings.documents.uploads import safe_name
from findings.models import Campaign, Job, LedgerImport
from findings.workflow.importing import drop_import, keep_import
from findings.workflow.step import Denied

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
    """Put a run of the import on record; ``RUNS`` carry it out.

    Who asks twice at once for the same is answered with the one run.
    """
    with transaction.atomic():
        locked(row)
        known = standing(row)
        if known.is_running and known.job is not None and known.job.name == name:
            return known.job
        key = f"{_key(row)}{Job.objects.filter(key__startswith=_key(row)).count() + 1}"
        return running.ask(name, by=by, campaign=row.campaign, key=key, **{"import": row.pk, **arguments})


def is_small(content: bytes) -> bool:
    """Whether a page may rehearse the file while its reader waits. It was weighed before."""
    with ZipFile(BytesIO(content)) as archive:
        parts = [part for part in archive.namelist() if "/worksheets/" in part]
        rows = sum(len(_ROW.findall(archive.read(part))) for part in parts)
    return rows <= MOST_AT_ONCE


def standing(row: LedgerImport) -> Standing:
    """How far an import has come."""
    jobs = list(Job.objects.filter(key__startswith=_key(row)).order_by("-asked_at", "-pk"))
    rehearsal = next((job for job in jobs if job.name == REHEARSE), None)
    told = rehearsal.result if rehearsal and rehearsal.state == JobState.DONE else {}
    return Standing(row, jobs[0] if jobs else None, rehearsal, told)


def has_moved(standing: Standing) -> bool:
    """Whether the ledger has changed since the rehearsal of an open import, so that what it found may not hold."""
    is_looked_at = standing.is_open and not standing.is_running and "stamp" in standing.told
    return is_looked_at and standing.told["stamp"] != stamp_of(standing.row.campaign)


def decided(standing: Standing) -> list[dict[str, Any]]:
    """The conflicts of an applied import as they were decided, each with its ``key``.

    An import from before the values were kept has its sides only; the words are those of its rehearsal.
    """
    found = {cell["key"]: cell | {"label": draft["label"], "row": draft["row"]}
             for draft in standing.told.get("updates", []) for cell in draft["conflicts"]}  # fmt: skip
    return [
        {"key": key, **(found.get(key, {"label": key}) | {"taken": side} if isinstance(side, str) else side)}
        for key, side in standing.row.decisions.items()
    ]


def applied_by(row: LedgerImport) -> User | None:
    """Who applied an import, and so decided its conflicts."""
    entries = row.history.filter(state=ImportState.APPLIED).select_related("history_user")
    entry = entries.order_by("history_id").first()
    return entry.history_user if entry else None


def _keep(campaign: Campaign, name: str, content: bytes, *, by: User) -> LedgerImport:
    weigh(name, content, LIMITS)
    digest = hashlib.sha256(content).hexdigest()
    return keep_import(campaign, content=content, filename=safe_name(name), sha256=digest, by=by)


def demand_idle(standing: Standing) -> None:
    """Raise Denied where an import runs or has come to its end."""
    if standing.is_running:
        raise Denied(_("A run of this import has not ended yet."))
    if not standing.is_open:
        raise Denied(_("This import was applied or dropped already."))


def demand_ready(standing: Standing) -> None:
    """Raise Denied where there is nothing rehearsed to apply."""
    demand_idle(standing)
    if not standing.told:
        raise Denied(_("The file has not been rehearsed."))


def _rehearse(job: Job) -> dict[str, Any]:
    row = _row(job)
    with row.file.open("rb") as file:
        content = file.read()
    stamp = stamp_of(row.campaign)  # before the ledger is read: a change meanwhile makes it an old one
    try:
        plan = rehearse(row.campaign, row.filename, content, on=dates.today(), progress=running.beats(job, every=STEP))
    except Unreadable as refusal:
        drop_import(row, by=_asker(job), note=str(refusal))
        raise
    _keep_marked(job, row, content, plan)
    return plan.told() | {"stamp": stamp}


def _apply(job: Job) -> None:
    row, arguments = _row(job), job.arguments
    if running.is_second_try(job) and row.state == ImportState.APPLIED:
        return  # its worker died after the last change
    apply(
        row, by=_asker(job), note=arguments["note"], decisions=arguments["decisions"],
        fingerprint=arguments["fingerprint"], progress=running.beats(job, every=STEP),
    )  # fmt: skip


def _keep_marked(job: Job, row: LedgerImport, content: bytes, plan: Plan) -> None:
    if plan.problems:
        job.file.save("marked.xlsx", ContentFile(marked(row.filename, content, plan.problems)), save=False)
        Job.objects.filter(pk=job.pk).update(file=job.file.name, filename=row.filename)


def _row(job: Job) -> LedgerImport:
    return LedgerImport.objects.select_related("campaign").get(pk=job.arguments["import"])


def _asker(job: Job) -> User:
    assert job.person is not None, "an import is asked for by a person"
    return job.person


def _key(row: LedgerImport) -> str:
    return f"import/{row.pk}/"


RUNS: dict[str, running.Run] = {REHEARSE: _rehearse, APPLY: _apply}
