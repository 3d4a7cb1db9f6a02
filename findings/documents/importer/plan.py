"""What an import would do, row by row and cell by cell: compared three ways, decided by nobody yet."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.words import joined
from findings.documents.importer.reading import Problem
from findings.workflow.importing import RowChange

FILE, LEDGER = "file", "ledger"


def counts_told(*, new: int, changed: int, same: int, conflicts: int, problems: int) -> str:
    """What a rehearsal found, in one line: rows, and cells in conflict or with a problem."""
    return joined([
        _("%(count)s new") % {"count": new},
        _("%(count)s changed") % {"count": changed},
        _("%(count)s unchanged") % {"count": same},
        ngettext("%(count)s conflict", "%(count)s conflicts", conflicts) % {"count": conflicts},
        ngettext("%(count)s problem", "%(count)s problems", problems) % {"count": problems},
    ])  # fmt: skip


@dataclass(frozen=True)
class Diff:
    """One cell that the import sets: its heading, what the ledger says now and what it would say."""

    column: str
    heading: str
    old: str
    new: str


@dataclass(frozen=True)
class Conflict:
    """One cell that changed on both sides since the file was drawn; ``fields`` are set where the file is preferred.

    ``drawn`` is what it said then, None where that is not on record any more.
    """

    key: str
    diff: Diff
    fields: dict[str, Any]
    drawn: str | None = None


@dataclass
class Draft:
    """One record that the import would make or change."""

    record: str
    label: str
    sheet: str
    row: int
    pk: int | None = None
    version: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    diffs: list[Diff] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    changed_by: str = ""  # who changed the ledger's row last, where there are conflicts

    def change(self, decisions: dict[str, str]) -> RowChange:
        """The change to carry out, with the conflicts decided: those without a decision stay as in the ledger."""
        values = dict(self.values)
        for conflict in self.conflicts:
            if decisions.get(conflict.key) == FILE:
                values |= conflict.fields
        return RowChange(self.record, self.label, self.pk, self.version, values)


@dataclass
class Plan:
    """The whole rehearsal. ``is_ours``: the file was exported here and knows what it was drawn from."""

    kind: str
    is_ours: bool
    creates: list[Draft] = field(default_factory=list)
    updates: list[Draft] = field(default_factory=list)
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def drafts(self) -> list[Draft]:
        """What is made before what is changed: areas, issues under them, measures under those."""
        order = ("area", "issue", "measure", "document")
        return sorted(self.creates, key=lambda draft: order.index(draft.record)) + self.updates

    def conflicts(self) -> Iterator[tuple[Draft, Conflict]]:
        for draft in self.updates:
            for conflict in draft.conflicts:
                yield draft, conflict

    def undecided(self, decisions: dict[str, str]) -> int:
        return sum(decisions.get(conflict.key) not in (FILE, LEDGER) for _draft, conflict in self.conflicts())

    def decided(self, decisions: dict[str, str]) -> dict[str, dict[str, Any]]:
        """The conflicts with what each side says and which was taken, as the import keeps them for good."""
        return {
            conflict.key: {"label": draft.label, "row": draft.row, "taken": decisions.get(conflict.key),
                           **_said(conflict)}
            for draft, conflict in self.conflicts()
        }  # fmt: skip

    def changes(self, decisions: dict[str, str]) -> list[RowChange]:
        """What is left to carry out once the conflicts are decided."""
        found = (draft.change(decisions) for draft in self.drafts)
        return [change for change in found if change.values]

    def fingerprint(self) -> str:
        """Changes as soon as anything that the import would do or must ask does."""
        parts = [(d.record, d.pk, d.version, sorted(d.values.items(), key=lambda item: item[0]),
                  [(c.key, c.diff) for c in d.conflicts]) for d in self.drafts]  # fmt: skip
        return hashlib.sha256(repr((self.kind, parts, len(self.problems))).encode()).hexdigest()

    def told(self) -> dict[str, Any]:
        """The rehearsal as it is kept for the page: words only."""
        return {
            "kind": self.kind,
            "is_ours": self.is_ours,
            "fingerprint": self.fingerprint(),
            "unchanged": self.unchanged,
            "creates": [_told(draft) for draft in self.creates],
            "updates": [_told(draft) for draft in self.updates],
            "problems": [asdict(problem) for problem in self.problems],
            "notes": self.notes,
        }


def _said(conflict: Conflict) -> dict[str, Any]:
    return {**asdict(conflict.diff), "drawn": conflict.drawn}


def _told(draft: Draft) -> dict[str, Any]:
    return {
        "label": draft.label,
        "sheet": draft.sheet,
        "row": draft.row,
        "pk": draft.pk if draft.record == "measure" else None,
        "diffs": [asdict(diff) for diff in draft.diffs],
        "conflicts": [{"key": conflict.key, **_said(conflict)} for conflict in draft.conflicts],
        "changed_by": draft.changed_by,
    }
