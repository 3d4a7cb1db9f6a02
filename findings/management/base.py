"""What every command of the ledger shares: ``--json``, the exit status, and clear refusals of wrong input."""

import json
import re
import sys
from abc import abstractmethod
from argparse import ArgumentParser
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _

from accounts import naming
from accounts.models import User
from accounts.words import joined
from findings import dates
from findings.models import Campaign

REFUSED = 2


class Refusal(Exception):
    """The input is wrong; one sentence per problem. ``document`` is what ``--json`` prints all the same."""

    def __init__(self, *sentences: str, document: dict[str, Any] | None = None) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences
        self.document = document


@dataclass(frozen=True)
class Answer:
    """What a command found or did: the document for ``--json``, the lines for people.

    With ``problems`` the command ends with status 2 after printing the document, with a ``fault`` with 1.
    """

    document: dict[str, Any]
    lines: Iterable[str] = ()
    problems: list[str] = field(default_factory=list)
    fault: str = ""


class LedgerCommand(BaseCommand):
    """A command that answers once: status 0 done, 2 the input was refused, 1 a fault.

    Subclasses write ``answer(**options)``; they print nothing themselves, since with ``--json`` one document
    and nothing else stands on standard output.
    """

    requires_migrations_checks = False
    # Whether the site's own words for roles and states may stand in the answer.
    says_names = True

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        parser: ArgumentParser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")
        return parser

    def handle(self, *args: Any, json: bool, **options: Any) -> None:
        try:
            if self.says_names:
                with suppress(DatabaseError):  # what is wrong with the database is said by the command itself
                    naming.load()
            answer = self.answer(**options)
        except Refusal as refusal:
            document = {"problems": list(refusal.sentences)} if refusal.document is None else refusal.document
            answer = Answer(document, problems=list(refusal.sentences))
        except DatabaseError as error:
            why = str(error).strip().splitlines()[0]
            raise CommandError(_("The database cannot be used: %(why)s.") % {"why": why}) from error
        if json:
            self.stdout.write(in_json(answer.document))
        else:
            for line in answer.lines:
                self.stdout.write(line)
        if answer.problems:
            self.refuse(answer.problems)
        if answer.fault:
            raise CommandError(answer.fault)

    @abstractmethod
    def answer(self, *args: Any, **options: Any) -> Answer:
        """Do the work. Raises Refusal for wrong input."""

    def refuse(self, sentences: list[str]) -> None:
        """End with status 2; a caller inside the program gets a CommandError instead of a stop."""
        if not getattr(self, "_called_from_command_line", False):
            raise CommandError("\n".join(sentences), returncode=REFUSED)
        for sentence in sentences:
            self.stderr.write(sentence)
        sys.exit(REFUSED)


def in_json(document: dict[str, Any]) -> str:
    """The document as text; days are written as ISO dates."""
    return json.dumps(document, ensure_ascii=False, indent=2, default=str)


def campaign_named(slug: str) -> Campaign:
    """The campaign with this address. Raises Refusal, naming those that there are."""
    found = Campaign.objects.filter(slug=slug).select_related("court").first()
    if found is None:
        known = joined(Campaign.objects.order_by("slug").values_list("slug", flat=True)[:20])
        raise Refusal(
            _("There is no campaign “%(slug)s”; there are: %(known)s.") % {"slug": slug, "known": known}
            if known
            else _("There is no campaign “%(slug)s”; there is none at all yet.") % {"slug": slug}
        )
    return found


def person_named(username: str) -> User:
    """The active account of this name. Raises Refusal."""
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise Refusal(_("There is no active account “%(name)s”.") % {"name": username})
    return found


def day_from(text: str | None) -> date:
    """The day written as YYYY-MM-DD; None is today. Raises Refusal."""
    if text is None:
        return dates.today()
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        day = date.fromisoformat(text)
    except ValueError:
        raise Refusal(
            _("“%(text)s” is not a day; write it as YYYY-MM-DD, such as 2021-07-31.") % {"text": text}
        ) from None
    problem = dates.out_of_range(day)
    if problem:
        raise Refusal(problem)
    return day
