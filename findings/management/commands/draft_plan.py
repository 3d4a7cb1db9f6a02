"""A feedback or bulletin, read as a draft plan; nothing is written."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from findings.documents.draft import Draft, Unreadable, draft_of, text_of
from findings.management.base import Answer, LedgerCommand, Refusal


class Command(LedgerCommand):
    help = "Read a feedback or a published bulletin (.docx, .txt) as a draft of areas, issues and measures."
    says_names = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")

    def answer(self, *, file: str, **options: object) -> Answer:
        path = Path(file)
        try:
            draft = draft_of(text_of(path.name, path.read_bytes()))
        except OSError as error:
            why = error.strerror or str(error)
            raise Refusal(_("“%(file)s” cannot be read: %(why)s.") % {"file": file, "why": why}) from None
        except Unreadable as error:
            raise Refusal(str(error)) from None
        return Answer(document_of(draft), lines_of(draft))


def document_of(draft: Draft) -> dict[str, Any]:
    tree = [
        {"number": area.number, "title": area.title, "issues": [
            {"number": issue.number, "title": issue.title, "source": issue.source, "facts": issue.facts, "measures": [
                {"number": measure.number, "text": measure.text} for measure in issue.measures
            ]} for issue in area.issues
        ]} for area in draft.areas
    ]  # fmt: skip
    return {
        "kind": draft.kind, "declared": draft.declared, "found": draft.found, "tree": tree,
        "recommendations": draft.recommendations, "unplaced": draft.unplaced,
    }  # fmt: skip


def lines_of(draft: Draft) -> Iterator[str]:
    if draft.kind == "none":
        yield _("This text is neither a feedback nor an account of a rectification.")
        return
    yield _("found %(areas)s areas, %(issues)s issues, %(measures)s measures, %(recommendations)s recommendations") % (
        draft.found
    )
    for key, number in draft.declared.items():
        if number != draft.found[key]:
            yield _("the text states %(number)s %(what)s") % {"number": number, "what": key}
    for area in draft.areas:
        yield f"{area.number} {area.title}"
        for issue in area.issues:
            yield f"  {issue.number} {issue.title}"
            yield from (f"    {measure.number} {measure.text}" for measure in issue.measures)
    yield _("%(n)s sentences found no place.") % {"n": len(draft.unplaced)}
