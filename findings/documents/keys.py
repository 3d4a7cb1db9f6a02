"""Which record an exported row is, and what it said when it was drawn: the hidden last column of a returning file.

The heading of that column names the list, the campaign and the day; each cell below names the records of its row with
their versions and holds a digest of every cell, so that an edit made outside is told from a change of the ledger.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from findings.documents.columns import Column
from findings.models import Campaign

MARK = "rectify-key-1"
_SIGNS = 6  # of a digest: 36 bits
_SHORT = 40  # characters; states, names and days come again and again
_RECORDS = {"m": "measure", "i": "issue", "a": "area", "d": "document"}
_LETTERS = {name: letter for letter, name in _RECORDS.items()}


class Ref(NamedTuple):
    """A record at a version."""

    record: str
    pk: int
    version: int


@dataclass(frozen=True)
class KeyHead:
    """What the key column says of the whole file."""

    kind: str
    slug: str
    mark: str
    on: date
    made_at: datetime
    names: tuple[str, ...]


@dataclass(frozen=True)
class Key:
    """What one row of a returned file was when it was drawn."""

    refs: dict[str, Ref]
    digests: dict[str, str]

    def drew(self, column: Column, text: str) -> bool:
        """Whether the cell held this text (as ``Column.plain`` writes it) when the file was drawn."""
        return self.digests.get(column.name) == digest(column.name, text)


def key_heading(kind: str, campaign: Campaign, on: date, made_at: datetime, columns: Sequence[Column]) -> str:
    """The heading of the key column."""
    names = ",".join(column.name for column in columns)
    stamp = made_at.astimezone(UTC).isoformat(timespec="seconds")
    return " ".join([MARK, kind, campaign.slug, campaign_mark(campaign), on.isoformat(), stamp, names])


def key_of(row: Any, columns: Sequence[Column]) -> str:
    """The key of one row, which has ``refs``."""
    refs = [f"{_LETTERS[ref.record]}{ref.pk}.{ref.version}" for ref in row.refs]
    digests = (digest(column.name, column.plain(getattr(row, column.name))) for column in columns)
    return " ".join([*refs, "".join(digests)])


def campaign_mark(campaign: Campaign) -> str:
    """Tells a campaign from one of the same address on another site."""
    assert campaign.created_at is not None
    born = campaign.created_at.astimezone(UTC).isoformat(timespec="seconds")
    return hashlib.sha256(f"{campaign.pk} {born}".encode()).hexdigest()[:10]


def digest(name: str, text: str) -> str:
    """A short digest of a cell."""
    return _digest(name, text) if len(text) < _SHORT else _digest.__wrapped__(name, text)


@lru_cache(maxsize=4096)
def _digest(name: str, text: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(f"{name}\n{text}".encode()).digest()[:6])[:_SIGNS].decode()


def read_heading(text: object) -> KeyHead | None:
    """What a heading says; None where it is not that of a key column, or was damaged."""
    parts = str(text).split()
    if len(parts) != 7 or parts[0] != MARK:
        return None
    try:
        on, made_at = date.fromisoformat(parts[4]), datetime.fromisoformat(parts[5])
    except ValueError:
        return None
    return KeyHead(parts[1], parts[2], parts[3], on, made_at, tuple(parts[6].split(",")))


def read_key(text: object, head: KeyHead) -> Key | None:
    """What a key says; None where the cell holds no whole one."""
    *names, digests = str(text).split() or [""]
    if not names or len(digests) != _SIGNS * len(head.names):
        return None
    refs = {}
    for name in names:
        pk, _dot, version = name[1:].partition(".")
        if name[0] not in _RECORDS or not _is_count(pk) or not _is_count(version):
            return None
        record = _RECORDS[name[0]]
        refs[record] = Ref(record, int(pk), int(version))
    parts = [digests[start : start + _SIGNS] for start in range(0, len(digests), _SIGNS)]
    return Key(refs, dict(zip(head.names, parts, strict=True)))


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
