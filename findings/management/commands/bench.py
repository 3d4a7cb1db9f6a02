"""Measure what is said to be fast, on bulk data in a folder of its own, each beside a bare loop of the same."""

import json
from argparse import SUPPRESS, ArgumentParser
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg2
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.words import joined, padded
from findings.management.base import Answer, LedgerCommand, Refusal
from findings.management.bench.frame import PARTS, Bench, Measured, Measurement, plan, taken_here
from findings.management.bench.server import lending
from findings.management.bench.sink import sink

MEASURES, PEOPLE = 10_000, 500
FULL_MEASURES, FULL_PEOPLE = 100_000, 10_000
TITLES = {
    "ledger": gettext_lazy("formatted ledger, beside XlsxWriter"),
    "flat": gettext_lazy("flat ledger, beside XlsxWriter"),
    "rehearsal": gettext_lazy("import rehearsal, beside openpyxl reading"),
    "history": gettext_lazy("verify_history, beside SHA-256 of the rows"),
    "digests": gettext_lazy("digests of a morning, beside a bulk insert"),
    "mail": gettext_lazy("delivery of mails, beside smtplib"),
}


class Command(LedgerCommand):
    requires_system_checks = ()  # they load every page
    says_names = False  # the database of the site may be missing or another one
    help = "Print what ledger, import, records, digests and mails cost at scale. The site's own data are not touched."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--measures", type=int, help=f"default {MEASURES}")
        parser.add_argument("--people", type=int, help=f"recipients of the morning, default {PEOPLE}")
        parser.add_argument("--full", action="store_true", help=f"{FULL_MEASURES} measures, {FULL_PEOPLE} people")
        parser.add_argument("--only", default="", help=f"some of {','.join(TITLES)}")
        parser.add_argument("--postgres", default="", metavar="URL", help="measure on databases made on this server")
        parser.add_argument("--part", choices=PARTS, help=SUPPRESS)

    def answer(
        self, *, measures: int | None, people: int | None, full: bool, only: str, postgres: str, part: str | None,
        **options: Any,
    ) -> Answer:  # fmt: skip
        if part:
            return Answer({}, [json.dumps(taken_here(part))])
        chosen = [name for name in only.split(",") if name]
        unknown = [name for name in chosen if name not in TITLES]
        if unknown:
            words = _("There is no measurement “%(name)s”; there are: %(known)s.")
            raise Refusal(words % {"name": unknown[0], "known": joined(TITLES)})
        measures = measures or (FULL_MEASURES if full else MEASURES)
        people = people or (FULL_PEOPLE if full else PEOPLE)
        if min(measures, people) < 1 or measures < people / 9:
            raise Refusal(_("At least one measure for every nine people, and one person."))
        wanted = [row for row in plan(measures, people) if not chosen or row.name in chosen]
        with TemporaryDirectory(prefix="rectify-bench-") as folder, sink() as mails, lending(postgres) as server:
            bench = Bench(Path(folder), mails, server)
            try:
                lines = [self._told(_line(bench, row)) for row in wanted]
            except psycopg2.Error as error:
                words = _("The server of --postgres refuses: %(reason)s")
                raise Refusal(words % {"reason": str(error).strip()}) from error
        return Answer({"measurements": lines}, [*_table(lines), *_notes(lines)])

    def _told(self, line: dict[str, Any]) -> dict[str, Any]:
        """Say each part as it ends, beside the answer: a full run takes many minutes."""
        self.stderr.write(f"{line['name']}: {line['seconds']} s / {line['bare']['seconds']} s")
        return line


def _line(bench: Bench, row: Measurement) -> dict[str, Any]:
    """Measure, the bare one right after it, so that both meet the same machine."""
    if row.name == "mail":
        bench.measured(row.site, "digests")  # none where that was measured before
    before = bench.sink.connections
    ours = bench.measured(row.site, row.part)
    connections = bench.sink.connections - before
    bare = bench.measured(row.site, row.bare)
    return {"name": row.name, "measures": row.site.measures, **asdict(ours), "bare": asdict(bare),
            "ratio": _ratio(ours, bare), "connections": connections}  # fmt: skip


def _ratio(ours: Measured, bare: Measured) -> float | None:
    return round(ours.seconds / bare.seconds, 2) if bare.seconds else None


def _table(lines: list[dict[str, Any]]) -> list[str]:
    heads = (_("rows"), _("seconds"), _("CPU"), _("peak MB"), _("bare, s"), _("ratio"))
    found = ["".join(padded(head, 10, right=True) for head in heads) + "  " + pgettext("bench", "what")]
    for line in lines:
        values = (line["rows"], line["seconds"], line["cpu"], line["peak"], line["bare"]["seconds"], line["ratio"])
        found.append("".join(f"{value!s:>10}" for value in values) + f"  {TITLES[line['name']]}")
    return found


def _notes(lines: list[dict[str, Any]]) -> list[str]:
    notes = [_("Connections to the mail server: %(n)s.") % {"n": line["connections"]}
             for line in lines if line["name"] == "mail"]  # fmt: skip
    flat = [line for line in lines if line["name"] == "flat"]
    if len(flat) == 2:
        small, large = flat
        facts = {"large": large["rows"], "small": small["rows"], "ratio": round(large["peak"] / small["peak"], 2)}
        notes.append(_("Memory of the flat list with %(large)s rows, to that with %(small)s: %(ratio)s.") % facts)
    return notes
