"""The whole site into one file."""

from argparse import ArgumentParser
from pathlib import Path

from django.utils.translation import gettext as _

from findings.management.base import Answer, LedgerCommand, Refusal
from rectify import backup


class Command(LedgerCommand):
    help = "Write database and files into one archive, while the site goes on working."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the archive to write, such as rectify-2026-01-31.zip")

    def answer(self, *, file: str, **options: object) -> Answer:
        try:
            kept = backup.backup(Path(file))
        except FileExistsError:
            raise Refusal(_("“%(file)s” is there already; name a new file.") % {"file": file}) from None
        except OSError as error:
            why = error.strerror or str(error)
            raise Refusal(_("“%(file)s” cannot be written: %(why)s.") % {"file": file, "why": why}) from None
        return answer_of(kept)


def answer_of(kept: backup.Kept) -> Answer:
    """What was written or read, for people and as a document."""
    document = {"tables": kept.tables, "files": kept.files, "missing": kept.missing}
    lines = [_("File on record but not in the store: %(name)s") % {"name": name} for name in kept.missing]
    facts = {"tables": len(kept.tables), "rows": sum(kept.tables.values()), "files": kept.files}
    return Answer(document, [*lines, _("%(tables)s tables with %(rows)s rows, and %(files)s files.") % facts])
