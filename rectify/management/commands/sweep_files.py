"""Remove stored files that no row speaks of."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from findings.documents import exporting
from rectify import sweep


class Command(BaseCommand):
    help = "Names the stored files that no row speaks of and that are older than a day; with --apply deletes them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--apply", action="store_true", help="delete the files; without it they are only named")
        parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")

    def handle(self, *, apply: bool, **options: Any) -> None:
        if apply:
            exporting.expire(timezone.now())
        found = list(sweep.orphans())
        for orphan in found if apply else ():
            sweep.remove(orphan)
        size = sum(orphan.size for orphan in found)
        if options["json"]:
            names = [orphan.name for orphan in found]
            self.stdout.write(json.dumps({"files": names, "bytes": size, "removed": apply}, ensure_ascii=False))
            return
        for orphan in found:
            self.stdout.write(orphan.name)
        words = _("%(number)s files removed, %(size)s bytes.") if apply else _(
            "%(number)s files that no row speaks of, %(size)s bytes. Nothing was removed: say --apply.")  # fmt: skip
        self.stdout.write(words % {"number": len(found), "size": size})
