"""Take a list out of a campaign as an Excel file."""

from argparse import ArgumentParser
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import audit
from accounts.words import joined
from findings import figures
from findings.documents.export import KINDS, Drawn, draw
from findings.management.base import Answer, LedgerCommand, Refusal, campaign_named, day_from


class Command(LedgerCommand):
    requires_system_checks = ()  # they load every page: as much memory as the rows
    help = "Write the ledger, or another list of a campaign, to an Excel file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("campaign", help="the campaign's address, such as sample-2021")
        parser.add_argument("--kind", default="ledger", help=f"which list: {', '.join(KINDS)}; default ledger")
        parser.add_argument("--out", required=True, help="the file to write")
        parser.add_argument("--on", help="as of this day (YYYY-MM-DD), default today")
        parser.add_argument("--flat", action="store_true", help="merge no cells: each row names its area and its issue")
        parser.add_argument("--language", default="zh-hans", help="zh-hans (default) or en")

    def answer(
        self, *, campaign: str, kind: str, out: str, on: str | None, flat: bool, language: str, **options: Any
    ) -> Answer:  # fmt: skip
        try:
            drawn = _export(campaign, kind, on, language, out=Path(out), is_flat=flat)
        except Refusal as refusal:
            refusal.document = {"rows": 0, "sheets": [], "problems": list(refusal.sentences)}
            raise
        detail = f"{drawn.rows} --kind {kind} --out {out}"
        audit.record(audit.Action.EXPORT, by=None, subject=drawn.filename, detail=detail)
        text = _("%(rows)s rows written to %(file)s.") % {"rows": drawn.rows, "file": out}
        return Answer({"rows": drawn.rows, "sheets": drawn.sheets, "file": out, "kind": kind}, [text])


def _export(slug: str, kind: str, on: str | None, language: str, *, out: Path, is_flat: bool) -> Drawn:
    campaign = campaign_named(slug)
    if kind not in KINDS:
        known = joined(KINDS)
        raise Refusal(_("There is no list “%(kind)s”; there are: %(known)s.") % {"kind": kind, "known": known})
    if language not in dict(settings.LANGUAGES):
        known = joined(dict(settings.LANGUAGES))
        raise Refusal(
            _("There is no language “%(language)s”; there are: %(known)s.") % {"language": language, "known": known}
        )
    day = day_from(on)
    with TemporaryFile() as file:
        with translation.override(language):
            drawn = draw(file, kind, figures.scope_of(campaign, None), day, is_flat=is_flat)
        _write(out, file)
    return drawn


def _write(path: Path, file: IO[bytes]) -> None:
    file.seek(0)
    try:
        with path.open("wb") as target:
            copyfileobj(file, target)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Refusal(_("%(file)s cannot be written: %(why)s.") % {"file": path, "why": why}) from error
