"""Whether every text of the interface has its Chinese, and the compiled catalogue is the present one."""

import gettext
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

LOCALE = "zh_Hans"
SOURCES = ("accounts", "findings", "rectify", "templates", "locale")
CATALOGUE = Path("locale") / LOCALE / "LC_MESSAGES" / "django.po"
FAULTS = {
    "without Chinese": ["--untranslated", "--no-obsolete"],
    "fuzzy": ["--only-fuzzy", "--no-obsolete"],
    "no longer used": ["--only-obsolete"],
}


class Command(BaseCommand):
    help = "Fails when a text has no Chinese, is fuzzy, is no longer used, or is not compiled."

    def handle(self, *args: Any, **options: Any) -> None:
        if not shutil.which("msgfmt"):
            raise CommandError("This check needs gettext: apt-get install gettext.")
        root = Path(settings.BASE_DIR)
        if not (root / CATALOGUE).exists():
            raise CommandError(f"{CATALOGUE} is missing: run make messages.")
        with tempfile.TemporaryDirectory(prefix="rectify-messages-") as folder:
            problems = [*faults(root, Path(folder)), *stale(root / CATALOGUE, Path(folder))]
        if problems:
            raise CommandError("\n".join([*problems, "Run make messages, and translate what is named above."]))
        self.stdout.write("All texts are translated and compiled.")


def faults(root: Path, folder: Path) -> list[str]:
    """Collect the texts anew in a copy; return those whose entry is not in order."""
    for name in SOURCES:
        shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "tests", "*.mo"))
    extract = [sys.executable, "-m", "django", "makemessages", "-l", LOCALE, "--no-wrap", "-v", "0"]
    subprocess.run(extract, cwd=folder, check=True, env={"PATH": os.environ["PATH"]})
    return [
        f"{fault}: {text}"
        for fault, options in FAULTS.items()
        for text in entries(["msgattrib", "--no-wrap", *options, str(folder / CATALOGUE)])
    ]


def entries(command: list[str]) -> list[str]:
    """Return the msgids that a gettext tool lists."""
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line.removeprefix("#~ ") for line in listing.splitlines()]
    return [line.removeprefix("msgid ") for line in lines if line.startswith("msgid ") and line != 'msgid ""']


def stale(catalogue: Path, folder: Path) -> list[str]:
    """Say so when the compiled catalogue holds something else than the text one."""
    fresh, kept = folder / "fresh.mo", catalogue.with_suffix(".mo")
    subprocess.run(["msgfmt", "-o", str(fresh), str(catalogue)], check=True)
    if not kept.exists():
        return [f"{kept.name} is missing"]
    return [] if texts(fresh) == texts(kept) else [f"{kept.name} is older than {catalogue.name}"]


def texts(compiled: Path) -> dict[Any, str]:
    with compiled.open("rb") as file:
        found = dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
    found.pop("", None)  # the header carries dates
    return found
