"""The night's archive; the queue's own job does the same."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from findings.management.base import Answer, LedgerCommand, day_from
from rectify import backup


class Command(LedgerCommand):
    help = "Write the archive of a night and delete those that are too old; a second run of a night writes none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", metavar="YYYY-MM-DD", help="the night, default today")

    def answer(self, *, on: str | None, **options: Any) -> Answer:
        try:
            kept = backup.nightly(settings.BACKUP_DIR, day_from(on), keep=settings.BACKUPS)
        except OSError as error:
            fault = _("The archive cannot be written: %(why)s.") % {"why": error.strerror or error}
            return Answer({"archives": []}, fault=fault)
        names = [path.name for path in kept]
        words = _("%(count)s archives in %(folder)s.") % {"count": len(names), "folder": settings.BACKUP_DIR}
        return Answer({"archives": names}, [words])
