"""The jobs of the frame: keep the embedded queue's folder small, and a copy of the whole site for each night."""

import logging
from datetime import date

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from rectify import backup, broker, sweep

logger = logging.getLogger(__name__)


@shared_task
def prune_queue() -> None:
    """Delete old messages that are done with."""
    logger.info("queue: %s old messages deleted", broker.prune())


@shared_task
def nightly_backup(on: str | None = None) -> None:
    """Write the night's archive and delete those that are too old. A second run of a night writes none."""
    night = date.fromisoformat(on) if on else timezone.localdate()
    for path in backup.nightly(settings.BACKUP_DIR, night, keep=settings.BACKUPS):
        logger.info("backup: %s", path.name)


@shared_task
def sweep_files() -> None:
    """Delete stored files older than a day that no row speaks of."""
    for orphan in sweep.orphans():
        sweep.remove(orphan)
        logger.info("stored files: %s removed, no row speaks of it", orphan.name)
