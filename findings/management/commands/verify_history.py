"""Walk the records: the hash chain, each row against its history, each file against its digest."""

import hashlib
import re
from argparse import ArgumentParser
from collections.abc import Iterator

from django.apps import apps
from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import chain, tracked
from accounts.models import AuditEvent, User
from findings.management.base import Answer, LedgerCommand, Refusal
from findings.models import Decision, Evidence, LedgerImport, Report

# Rows that are written once and never changed: linked themselves, without a history.
CHAINED = (Decision, AuditEvent)
MISSING, UNREADABLE = "missing", "cannot be read"
# Stored files with the field of their digest.
FILES: tuple[tuple[type[tracked.Tracked], str, str], ...] = (
    (Evidence, "file", "sha256"),
    (Report, "word_file", "word_sha256"),
    (Report, "excel_file", "excel_sha256"),
    (LedgerImport, "file", "sha256"),
)


class Command(LedgerCommand):
    help = "Compare every record with the hash chain, its history and its file; exit status 2 names what differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--head", metavar="DIGEST", help="a digest printed on an issued report")

    def answer(self, *, head: str | None, **options: object) -> Answer:
        if head is not None and not re.fullmatch(r"[0-9a-f]{64}", head.strip().lower()):
            raise Refusal(_("A digest has 64 characters, 0 to 9 and a to f."))
        kept = tracked_models()
        verdict = chain.verify([*kept.values(), *CHAINED])
        broken = [*verdict.broken, *(row for model in kept for row in tracked.drifted(model)), *altered_files()]
        if head is not None and not chain.is_on_chain(head.strip().lower()):
            broken.append(f"chain:{head.strip().lower()} printed digest is not on the chain")
        facts = {"rows": verdict.rows, "head": verdict.head}
        lines = [*broken, *_place_of(head), _("%(rows)s links walked, newest digest %(head)s") % facts]
        if verdict.upgraded:
            lines.append(_("%(n)s links stand for rows as they were before an upgrade") % {"n": verdict.upgraded})
        document = {"rows": verdict.rows, "broken": broken, "head": verdict.head, "upgraded": verdict.upgraded}
        number = len(broken)
        sentence = ngettext("%(n)s record does not hold.", "%(n)s records do not hold.", number) % {"n": number}
        return Answer(document, lines, problems=[sentence] if broken else [])


def _place_of(head: str | None) -> list[str]:
    """Where the chain bears the digest that was given, and when that record was written; [] where it does not."""
    link = chain.link_of(head.strip().lower()) if head else None
    if link is None:
        return []
    watched: list[type[models.Model]] = [*tracked_models().values(), *CHAINED]
    model = next((model for model in watched if model._meta.db_table == link.shape.table), None)
    row = model._default_manager.filter(pk=link.row).first() if model and link.row.isdecimal() else None
    at = getattr(row, "history_date", None) or getattr(row, "at", None)
    day = timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else "–"
    return [_("The digest stands on the chain: link %(n)s, written %(at)s.") % {"n": link.sequence, "at": day}]


def tracked_models() -> dict[type[tracked.Tracked] | type[User], type[models.Model]]:
    """Every model whose changes are on record, with the model of its history."""
    return {
        model: model.history.model
        for model in apps.get_models()
        if issubclass(model, tracked.Tracked) or issubclass(model, User)
    }


def altered_files() -> Iterator[str]:
    """Stored files that are gone or differ from the digest on record; a file of several rows is read once."""
    for model, name, digest in FILES:
        known: tuple[str, str] = ("", "")
        rows = model.objects.order_by(name, "pk").values_list("pk", name, digest)
        for pk, path, expected in rows.iterator():
            if path != known[0]:
                known = (path, digest_of(path))
            if known[1] != expected:
                fault = known[1] if known[1] in (MISSING, UNREADABLE) else "altered"
                yield f"{model._meta.db_table}:{pk} {name} {fault}"


def digest_of(name: str) -> str:
    """SHA-256 of a stored file, read piece by piece; a word where there is none or it cannot be read."""
    try:
        with default_storage.open(name) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return MISSING
    except (OSError, SuspiciousOperation):
        return UNREADABLE
