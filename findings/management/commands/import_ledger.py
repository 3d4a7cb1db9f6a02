"""Take a list in from an Excel file: rehearse it, or apply it as one request."""

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from accounts.spreadsheets import Unreadable
from findings import dates
from findings.documents.importer import rehearse
from findings.documents.importer.compare import sentence
from findings.documents.importer.kept import apply_upload
from findings.documents.importer.plan import Plan
from findings.documents.importer.reading import Problem
from findings.management.base import Answer, LedgerCommand, Refusal, campaign_named, person_named
from findings.models import Campaign
from findings.workflow.step import Denied

EMPTY: dict[str, Any] = {"creates": 0, "updates": 0, "unchanged": 0, "conflicts": 0, "problems": [], "applied": False}


class Command(LedgerCommand):
    help = "Rehearse the import of an Excel list into a campaign; with --apply carry it out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("campaign", help="the campaign's address, such as sample-2021")
        parser.add_argument("file", help="the .xlsx file")
        parser.add_argument("--apply", action="store_true", help="carry it out, all or nothing")
        parser.add_argument("--by", help="with --apply: the account of the office in whose name it is done")
        parser.add_argument("--reason", default="", help="with --apply: the reason on record; default: the file's name")

    def answer(self, *, campaign: str, file: str, apply: bool, by: str | None, reason: str, **options: Any) -> Answer:
        try:
            return _answer(campaign_named(campaign), Path(file), by if apply else None, reason, apply=apply)
        except Refusal as refusal:
            refusal.document = EMPTY | {"problems": [_problem(sentence) for sentence in refusal.sentences]}
            raise


def _answer(campaign: Campaign, path: Path, by: str | None, reason: str, *, apply: bool) -> Answer:
    if apply and not by:
        raise Refusal(_("Say in whose name it is applied: --by USERNAME."))
    person = person_named(by) if by else None
    content = _content(path)
    try:
        plan = rehearse(campaign, path.name, content, on=dates.today())
    except Unreadable as error:
        raise Refusal(str(error)) from error
    document = _document(plan)
    lines = [sentence(plan), *plan.notes, *(_line(problem) for problem in plan.problems)]
    if person is None:
        return Answer(document, lines)
    if plan.problems or document["conflicts"]:
        open_ends = [_("Conflicts are decided on the page of the import.")] if document["conflicts"] else []
        return Answer(document, problems=[*(_line(problem) for problem in plan.problems), *open_ends])
    if not plan.drafts:
        return Answer(document, lines)
    try:
        apply_upload(campaign, path.name, content, by=person, note=reason or path.name)
    except (Denied, Unreadable) as error:
        return Answer(document, problems=[str(error)])
    return Answer(document | {"applied": True}, [*lines, _("Imported.")])


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Refusal(_("%(file)s cannot be read: %(why)s.") % {"file": path, "why": why}) from error


def _document(plan: Plan) -> dict[str, Any]:
    return {
        "kind": plan.kind,
        "creates": len(plan.creates),
        "updates": len(plan.updates),
        "unchanged": plan.unchanged,
        "conflicts": sum(1 for _pair in plan.conflicts()),
        "problems": [asdict(problem) for problem in plan.problems],
        "notes": plan.notes,
        "applied": False,
    }


def _problem(text: str) -> dict[str, Any]:
    return {"sheet": "", "row": 0, "column": "", "value": "", "message": text}


def _line(problem: Problem) -> str:
    place = _("%(sheet)s, row %(row)s, %(column)s") % {
        "sheet": problem.sheet, "row": problem.row, "column": problem.column or "—"}  # fmt: skip
    return f"{place}: {problem.message} [{problem.value}]" if problem.value else f"{place}: {problem.message}"
