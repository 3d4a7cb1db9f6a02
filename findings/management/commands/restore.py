"""A whole site out of one file."""

from argparse import ArgumentParser
from pathlib import Path

from django.utils.translation import gettext as _

from findings.management.base import Answer, LedgerCommand, Refusal
from findings.management.commands.backup import answer_of
from rectify import backup


class Command(LedgerCommand):
    help = "Read an archive of the backup command into an empty site; what waited to be sent is not sent."
    says_names = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="an archive written by the backup command")

    def answer(self, *, file: str, **options: object) -> Answer:
        try:
            return answer_of(backup.restore(Path(file)))
        except backup.Unrestorable as error:
            raise Refusal(str(error)) from None
        except OSError as error:
            why = error.strerror or str(error)
            raise Refusal(_("“%(file)s” cannot be read: %(why)s.") % {"file": file, "why": why}) from None
