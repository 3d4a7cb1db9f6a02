"""One door for page, command and job: rehearse a workbook, or apply it as it was rehearsed."""

import hashlib
from collections.abc import Callable
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.spreadsheets import Unreadable
from findings import dates
from findings.documents.importer.compare import compared
from findings.documents.importer.facts import MODELS, facts_of
from findings.documents.importer.plan import Draft, Plan
from findings.documents.importer.reading import Found, read
from findings.documents.keys import campaign_mark
from findings.models import Campaign, LedgerImport
from findings.workflow.importing import apply_import
from findings.workflow.step import Denied, closed_refusal

Progress = Callable[[int, int], None]


def unheard(done: int, total: int) -> None:
    """Nobody asks how far it has come."""


def rehearse(campaign: Campaign, name: str, content: bytes, *, on: date, progress: Progress = unheard) -> Plan:
    """What the import of a workbook would do on that day. Raises Unreadable with one sentence."""
    found = read(name, content)
    _demand_own(campaign, found)
    if closed := closed_refusal(campaign, on):
        raise Unreadable(closed)
    plan = compared(found, facts_of(campaign, found.kind, on), progress)
    for draft in plan.updates:
        if draft.conflicts:
            draft.changed_by = _changed_by(draft)
    return plan


def apply(
    row: LedgerImport, *, by: User, note: str, decisions: dict[str, str] | None = None, fingerprint: str = "",
    progress: Progress = unheard,
) -> LedgerImport:  # fmt: skip
    """Apply a kept workbook, all or nothing. ``fingerprint`` is that of the rehearsal which was looked at.

    Raises Denied where problems or conflicts stand, or where the ledger has changed since that rehearsal.
    """
    with row.file.open("rb") as file:
        content = file.read()
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise Denied(_("The kept file is not the one that was uploaded; upload it again."))
    plan = rehearse(row.campaign, row.filename, content, on=dates.today())
    decided = decisions or {}
    if fingerprint and plan.fingerprint() != fingerprint:
        raise Denied(_("The ledger has changed since the rehearsal; look at the new one and decide again."))
    if plan.problems:
        raise Denied(_("The file has problems; nothing was imported."))
    if plan.undecided(decided):
        raise Denied(_("Decide every conflict first."))
    changes = plan.changes(decided)
    kept = plan.decided(decided)
    if not changes and not kept:
        raise Denied(_("There is nothing to import: the file agrees with the ledger."))
    return apply_import(row, changes, kind=plan.kind, by=by, note=note, decisions=kept, progress=progress)


def _demand_own(campaign: Campaign, found: Found) -> None:
    """A file of another ledger is no base for a comparison."""
    head = found.head
    if head is not None and (head.slug != campaign.slug or head.mark != campaign_mark(campaign)):
        words = {"slug": head.slug, "own": campaign.slug}
        if head.slug != campaign.slug:
            raise Unreadable(_("The file was exported from the campaign “%(slug)s”, not from “%(own)s”.") % words)
        raise Unreadable(_("The file was exported from a campaign “%(slug)s” on another site.") % words)


def _changed_by(draft: Draft) -> str:
    """Who changed the ledger's row last, and on which day."""
    entries = MODELS[draft.record].history.filter(id=draft.pk).select_related("history_user")
    entry = entries.order_by("-history_date", "-history_id").first()
    return "" if entry is None else f"{entry.history_user or _('The system')} {timezone.localdate(entry.history_date)}"
