"""The jobs of the frame: keep the embedded queue's folder small, and a copy of the whole site for each night."""

import logging
from datetime import date

from celery import shared_task
from celery.signals import task_prerun
from django.conf import settings
from django.utils import timezone

from accounts import naming
from findings.documents import exporting
from rectify import backup, broker, sweep, timekeeping

logger = logging.getLogger(__name__)
# Read with the jobs by whoever runs them: from here on each run of the timetable is on record.
timekeeping.watch()


@task_prerun.connect
def read_names(**signal: object) -> None:
    """Every job prints the site's own words for roles and states, as they are now."""
    naming.load()


@shared_task
def prune_queue() -> dict[str, int]:
    """Delete old messages that are done with."""
    pruned = broker.prune()
    logger.info("queue: %s old messages deleted", pruned)
    return {"removed": pruned}


@shared_task
def nightly_backup(on: str | None = None) -> dict[str, int]:
    """Write the night's archive and delete those that are too old. A second run of a night writes none."""
    night = date.fromisoformat(on) if on else timezone.localdate()
    kept = backup.nightly(settings.BACKUP_DIR, night, keep=settings.BACKUPS)
    for path in kept:
        logger.info("backup: %s", path.name)
    return {"kept": len(kept)}


@shared_task
def sweep_files() -> dict[str, int]:
    """Delete stored files older than a day that no row speaks of; those of exports are let go first."""
    exporting.expire(timezone.now())
    found = list(sweep.orphans())
    for orphan in found:
        sweep.remove(orphan)
        logger.info("stored files: %s removed, no row speaks of it", orphan.name)
    return {"removed": len(found)}
