"""One door to every Excel list: the page, the command and the report ask here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from accounts.models import User
from findings import figures
from findings.documents import lists
from findings.documents.columns import Column
from findings.documents.ledger import LEDGER, Meta, counts_line, ledger_rows, list_workbook

Rows = Callable[[figures.Scope, date, User | None], Sequence[Any]]


@dataclass(frozen=True)
class Kind:
    """A list that can be taken out: its name, its columns, and where its rows come from."""

    code: str
    title: Promise | str
    columns: tuple[Column, ...]
    rows: Rows
    has_counts: bool = False
    comes_back: bool = False


@dataclass(frozen=True)
class Exported:
    """A finished file."""

    filename: str
    content: bytes
    rows: int
    sheets: list[str]


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("ledger", pgettext_lazy("list", "Rectification ledger"), LEDGER,
             lambda scope, on, user: ledger_rows(scope.measures, scope.campaign, on), has_counts=True,
             comes_back=True),
        Kind("issues", pgettext_lazy("list", "List of issues"), lists.ISSUES,
             lambda scope, on, user: lists.issue_rows(scope, on), has_counts=True, comes_back=True),
        Kind("tasks", pgettext_lazy("list", "List of tasks"), lists.TASKS,
             lambda scope, on, user: lists.task_rows(scope, on), has_counts=True, comes_back=True),
        Kind("responsibility", pgettext_lazy("list", "List of responsibility"), lists.RESPONSIBILITY,
             lambda scope, on, user: lists.responsibility_rows(scope, on), has_counts=True, comes_back=True),
        Kind("rules", pgettext_lazy("list", "List of rules"), lists.RULES,
             lambda scope, on, user: lists.rule_rows(scope, on), comes_back=True),
        Kind("notices", pgettext_lazy("list", "Supervision ledger"), lists.NOTICES,
             lambda scope, on, user: lists.notice_rows(scope.notices, on)),
        Kind("evidence", pgettext_lazy("list", "List of evidence"), lists.EVIDENCE,
             lambda scope, on, user: lists.evidence_rows(scope, on)),
    )
}  # fmt: skip


def export(code: str, scope: figures.Scope, on: date, *, user: User | None = None) -> Exported:
    """A list as a file, in the active language, of the rows in ``scope`` as of the day.

    ``user`` is who takes it (None: the system); a narrower choice of rows comes as ``replace(scope, measures=…)``.
    """
    kind = KINDS[code]
    day = scope.campaign.as_of(on)
    rows = kind.rows(scope, day, user)
    counts = counts_line(scope, day) if kind.has_counts else ""
    meta = Meta(code, str(kind.title), scope.campaign, day, counts, has_keys=kind.comes_back)
    return Exported(meta.filename, list_workbook(kind.columns, rows, meta), len(rows), [meta.title])
