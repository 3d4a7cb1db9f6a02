"""Walk the records: the hash chain, each row against its history, each file against its digest."""

import hashlib
import re
from argparse import ArgumentParser
from collections.abc import Iterator

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import chain, tracked
from accounts.models import AuditEvent, User
from findings.management.base import Answer, LedgerCommand, Refusal
from findings.models import Decision, Evidence, Report


class Command(LedgerCommand):
    help = "Compare every record with the hash chain, its history and its file; exit status 2 names what differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--head", metavar="DIGEST", help="a digest printed on an issued report")

    def answer(self, *, head: str | None, **options: object) -> Answer:
        if head is not None and not re.fullmatch(r"[0-9a-f]{64}", head.strip().lower()):
            raise Refusal(_("A digest has 64 characters, 0 to 9 and a to f."))
        kept = tracked_models()
        verdict = chain.verify([*kept.values(), Decision, AuditEvent])
        broken = [*verdict.broken, *(row for model in kept for row in tracked.drifted(model)), *altered_files()]
        if head is not None and not chain.is_on_chain(head.strip().lower()):
            broken.append(f"chain:{head.strip().lower()} printed digest is not on the chain")
        facts = {"rows": verdict.rows, "head": verdict.head}
        lines = [*broken, _("%(rows)s links walked, newest digest %(head)s") % facts]
        document = {"rows": verdict.rows, "broken": broken, "head": verdict.head}
        number = len(broken)
        sentence = ngettext("%(n)s record does not hold.", "%(n)s records do not hold.", number) % {"n": number}
        return Answer(document, lines, problems=[sentence] if broken else [])


def tracked_models() -> dict[type[tracked.Tracked] | type[User], type[models.Model]]:
    """Every model whose changes are on record, with the model of its history."""
    return {
        model: model.history.model
        for model in apps.get_models()
        if issubclass(model, tracked.Tracked) or issubclass(model, User)
    }


def altered_files() -> Iterator[str]:
    """Evidence and report files that are gone or differ from the digest on record."""
    for model, name, digest in (
        (Evidence, "file", "sha256"), (Report, "word_file", "word_sha256"), (Report, "excel_file", "excel_sha256"),
    ):  # fmt: skip
        for pk, path, expected in model.objects.order_by("pk").values_list("pk", name, digest).iterator():
            found = digest_of(path) if path else ""
            if found != expected:
                yield f"{model._meta.db_table}:{pk} {name} {'missing' if found is None else 'altered'}"


def digest_of(name: str | None) -> str | None:
    """SHA-256 of a stored file, read piece by piece; None where there is none."""
    if not name or not default_storage.exists(name):
        return None
    with default_storage.open(name) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
