"""Measuring in processes of their own, each on a site that is made for it in a folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from findings.management.bench import digests, history, ledger, mail, rehearsal
from findings.management.bench.server import Server
from findings.management.bench.sink import Sink
from findings.management.bench.timing import Taken, peak_mb

BASE = 10_000  # measures of the yardstick: the formatted ledger and the rehearsal are never larger
PEOPLE_OF_A_COURT = 95
PARTS: dict[str, Callable[[], Taken]] = {
    "ledger": ledger.formatted, "flat": ledger.flat, "cells": ledger.bare,
    "rehearsal": rehearsal.rehearsal, "reading": rehearsal.bare,
    "history": history.walk, "hashing": history.bare,
    "digests": digests.digests, "inserting": digests.bare,
    "mail": mail.mails, "sending": mail.bare,
}  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A site with so many measures in so many courts."""

    name: str
    courts: int
    measures: int
    history: int


@dataclass(frozen=True)
class Measurement:
    """One line of the table: which part runs on which site, beside which bare one."""

    name: str
    part: str
    bare: str
    site: Site


@dataclass(frozen=True)
class Measured:
    """What one process told."""

    rows: int
    seconds: float
    cpu: float
    peak: int


def plan(measures: int, people: int) -> list[Measurement]:
    """What is measured with so many measures and people; the morning needs many courts, the ledger one."""
    base = Site("base", 1, min(measures, BASE), 1)
    large = base if measures <= BASE else Site("large", 1, measures, 1)
    morning = Site("morning", max(1, round(people / PEOPLE_OF_A_COURT)), measures, 0)
    found = [Measurement("ledger", "ledger", "cells", base), Measurement("flat", "flat", "cells", base)]
    if large is not base:
        found.append(Measurement("flat", "flat", "cells", large))
    return [
        *found,
        Measurement("rehearsal", "rehearsal", "reading", base),
        Measurement("history", "history", "hashing", large),
        Measurement("digests", "digests", "inserting", morning),
        Measurement("mail", "mail", "sending", morning),
    ]


def taken_here(part: str) -> dict[str, Any]:
    """Run one part in this process: what it took, as a line of JSON tells it."""
    taken = PARTS[part]()
    seconds, cpu = round(taken.watch.seconds, 2), round(taken.watch.cpu, 2)
    return {"rows": taken.rows, "seconds": seconds, "cpu": cpu, "peak": peak_mb()}


class Bench:
    """The sites of one run, below a folder that its caller removes."""

    def __init__(self, folder: Path, sink: Sink, server: Server | None = None) -> None:
        self.folder, self.sink, self.server = folder, sink, server
        self.databases: dict[str, str] = {}

    def lay_down(self, site: Site) -> None:
        """Make the site where it does not stand yet."""
        if (self.folder / site.name).exists():
            return
        if self.server:
            self.databases[site.name] = self.server.lend(site.name)
        self._manage(site, "migrate", "-v0")
        options = {"courts": site.courts, "measures": site.measures, "history": site.history}
        self._manage(site, "seed_scale", *(f"--{name}={value}" for name, value in options.items()))
        if self.server:
            self.server.analyse()

    def measured(self, site: Site, part: str) -> Measured:
        """Run one part in a process of its own."""
        self.lay_down(site)
        return Measured(**json.loads(self._manage(site, "bench", f"--part={part}").splitlines()[-1]))

    def _manage(self, site: Site, *arguments: str) -> str:
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
        done = subprocess.run(command, env=self._environment(site), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def _environment(self, site: Site) -> dict[str, str]:
        """The defaults of a fresh site: no setting of the site that the bench is started from reaches the processes."""
        own = ("RECTIFY_", "DATABASE_URL", "REDIS_URL", "EMAIL_", "SECRET_KEY", "ALLOWED_HOSTS")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        found = {**kept, "RECTIFY_DATA": str(self.folder / site.name), "EMAIL_URL": self.sink.url}
        return found | {"DATABASE_URL": self.databases[site.name]} if site.name in self.databases else found
