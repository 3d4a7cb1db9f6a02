"""A whole site out of one file."""

from argparse import ArgumentParser
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
            return _answer_of(backup.restore(Path(file)))
        except backup.Unrestorable as error:
            raise Refusal(str(error)) from None
        except OSError as error:
            why = error.strerror or str(error)
            raise Refusal(_("“%(file)s” cannot be read: %(why)s.") % {"file": file, "why": why}) from None


def _answer_of(kept: backup.Kept) -> Answer:
    """What was read, and how many runs of the past will not go on."""
    answer = answer_of(kept)
    if not kept.ended:
        return answer
    words = ngettext(
        "%(n)s run that waited or went on when the backup was drawn is ended; who asked for it may ask again.",
        "%(n)s runs that waited or went on when the backup was drawn are ended; who asked for them may ask again.",
        kept.ended,
    )
    return Answer(answer.document | {"ended": kept.ended}, [words % {"n": kept.ended}, *answer.lines])
