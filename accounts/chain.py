"""The hash chain under every recorded change.

One link per written row names the row, the fields that were hashed and a digest that does not depend on
the database. Links are written once, at the end of the outermost write: locking the chain's head for every
row would deadlock two writers that touch the same rows in another order.

The module knows no other model; callers hand it rows.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from asgiref.local import Local
from django.apps import apps
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Cast

GENESIS = "0" * 64
UPGRADE = "upgrade"  # the reason of links that a migration writes anew
PIECE = 5000
_state = Local()


class LinkShape(models.Model):
    """The table and the field names that a link's digest covers; new fields make a new shape."""

    table = models.CharField(max_length=100)
    fields = models.TextField()

    def __str__(self) -> str:
        return self.table


class Link(models.Model):
    """One written row: where it is, what it held, and the digest of all that came before."""

    sequence = models.BigIntegerField(unique=True)
    shape = models.ForeignKey(LinkShape, on_delete=models.PROTECT, related_name="+")
    row = models.CharField(max_length=40)
    content = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes = (models.Index(fields=["shape", "row"], name="link_row"),)

    def __str__(self) -> str:
        return f"{self.sequence} {self.digest[:12]}"


class ChainHead(models.Model):
    """The chain's last digest: one row, apart from the links, so that a cut tail is found."""

    sequence = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default=GENESIS)

    def __str__(self) -> str:
        return self.digest


@dataclass
class Verdict:
    """What a walk over the chain found."""

    rows: int = 0
    head: str = GENESIS
    broken: list[str] = field(default_factory=list)
    upgraded: int = 0  # links that stand for a row as it was before an upgrade


@contextmanager
def sealing(reason: str = "") -> Iterator[None]:
    """Run a write in a transaction and link its rows at the end of the outermost one.

    Raises whatever the body raises; then neither rows nor links remain.
    """
    if getattr(_state, "pending", None) is not None:
        # No savepoint: what fails inside a write fails the whole of it.
        with transaction.atomic(savepoint=False):
            yield
        return
    with transaction.atomic():
        _state.pending = {}
        try:
            yield
            _seal(list(_state.pending), reason)
        finally:
            _state.pending = None


def note(row: models.Model) -> None:
    """Remember a freshly written row for the link that the running write will make."""
    if getattr(_state, "pending", None) is None:
        with sealing():
            note(row)
        return
    _state.pending[(type(row), row.pk)] = None


def head() -> str:
    """The digest of the newest link; printed on every issued report."""
    row = ChainHead.objects.filter(pk=1).first()
    return row.digest if row else GENESIS


def verify(watched: Iterable[type[models.Model]]) -> Verdict:
    """Walk the chain and compare each link with its row; rows of ``watched`` without a link are named too.

    A broken entry reads ``table:pk what is wrong``. Links and rows are read piece by piece, so that a long chain needs
    no more memory than a short one; writers may go on meanwhile.
    """
    shapes = {shape.pk: shape for shape in LinkShape.objects.order_by("pk")}
    tables = {model._meta.db_table: model for model in apps.get_models()}
    verdict = Verdict()
    verdict.broken += [f"{shape.table}: table is gone" for shape in shapes.values() if shape.table not in tables]
    last = _walk(verdict, 0, shapes, tables)
    top = ChainHead.objects.filter(pk=1).first() or ChainHead()
    while last < top.sequence:  # somebody wrote meanwhile, or the tail is cut
        reached = _walk(verdict, last, shapes, tables)
        if reached == last:
            break
        last, top = reached, ChainHead.objects.get(pk=1)
    if (top.digest, top.sequence) != (verdict.head, last):
        verdict.broken.append("chain:head does not match the last link")
    verdict.head = top.digest
    for model in watched:
        verdict.broken += _unlinked(model, [pk for pk, shape in shapes.items() if shape.table == model._meta.db_table])
    return verdict


def is_on_chain(digest: str) -> bool:
    """Whether a digest printed on paper still stands in the chain."""
    return link_of(digest) is not None or (digest == GENESIS and not Link.objects.exists())


def link_of(digest: str) -> Link | None:
    """The link that bears a digest printed on paper; None where there is none."""
    return Link.objects.select_related("shape").filter(digest=digest).first()


def _seal(rows: list[tuple[type[models.Model], Any]], reason: str) -> None:
    if not rows:
        return
    by_model: dict[type[models.Model], list[Any]] = defaultdict(list)
    for model, pk in rows:
        by_model[model].append(pk)
    contents: dict[tuple[type[models.Model], Any], tuple[LinkShape, str]] = {}
    shapes = _shapes_of(list(by_model))
    for model, pks in by_model.items():
        shape = shapes[model]
        for pk, content in _contents(model, shape.fields.split(","), pks).items():
            contents[(model, pk)] = (shape, content)
    top = ChainHead.objects.select_for_update().filter(pk=1).first()
    if top is None:
        ChainHead.objects.get_or_create(pk=1)
        top = ChainHead.objects.select_for_update().get(pk=1)
    links = []
    for key in rows:
        if key not in contents:  # written within a savepoint that was rolled back
            continue
        shape, content = contents[key]
        top.sequence += 1
        top.digest = _link_digest(top.digest, shape, str(key[1]), content)
        links.append(
            Link(sequence=top.sequence, shape=shape, row=str(key[1]), content=content, digest=top.digest,
                 reason=reason)
        )  # fmt: skip
    Link.objects.bulk_create(links, batch_size=100)
    top.save()


def _shapes_of(wanted: list[type[models.Model]]) -> dict[type[models.Model], LinkShape]:
    """The present shape of each table, made where a table has new fields."""
    known = LinkShape.objects.filter(table__in=[model._meta.db_table for model in wanted])
    by_text = {(shape.table, shape.fields): shape for shape in known}
    found = {}
    for model in wanted:
        table, names = model._meta.db_table, ",".join(sorted(f.attname for f in model._meta.concrete_fields))
        found[model] = by_text.get((table, names)) or LinkShape.objects.create(table=table, fields=names)
    return found


def _contents(model: type[models.Model], names: list[str], pks: list[Any]) -> dict[Any, str]:
    """Digest by primary key, read back from the database so that it covers what was really stored."""
    found = {}
    key = model._meta.pk.attname
    for start in range(0, len(pks), 500):
        rows = model._base_manager.filter(pk__in=pks[start : start + 500]).values(*{*names, key})
        for row in rows:
            found[row[key]] = content_digest({name: row[name] for name in names})
    return found


def content_digest(values: dict[str, Any]) -> str:
    """SHA-256 over the values in one spelling for every database (UTC instants, plain decimals)."""
    return hashlib.sha256(_SPELLING.encode(values).encode()).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)


_SPELLING = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=_plain)


def _link_digest(previous: str, shape: LinkShape, row: str, content: str) -> str:
    return hashlib.sha256("\n".join([previous, shape.table, shape.fields, row, content]).encode()).hexdigest()


def _walk(verdict: Verdict, start: int, shapes: dict[int, LinkShape], tables: dict[str, type[models.Model]]) -> int:
    """Follow the links after ``start`` and compare their rows; answers the sequence of the last one."""
    fields = ("sequence", "shape_id", "row", "content", "digest")
    links = Link.objects.filter(sequence__gt=start).order_by("sequence").values_list(*fields, named=True)
    for piece in batched(links.iterator(chunk_size=PIECE), PIECE):
        sound: dict[int, list[Any]] = defaultdict(list)
        for link in piece:
            if link.sequence != start + 1:
                verdict.broken.append(f"chain:{start + 1} link missing")
            if link.shape_id not in shapes:  # made meanwhile, or taken away
                shapes[link.shape_id] = LinkShape.objects.filter(pk=link.shape_id).first() or LinkShape(table="?")
            shape = shapes[link.shape_id]
            if link.digest == _link_digest(verdict.head, shape, link.row, link.content):
                sound[link.shape_id].append(link)
            else:
                verdict.broken.append(f"chain:{link.sequence} link altered ({shape.table}:{link.row})")
            verdict.head, start = link.digest, link.sequence
        verdict.rows += len(piece)
        for shape_id, found in sound.items():
            shape = shapes[shape_id]
            if shape.table in tables:
                verdict.broken += _altered(found, shape, tables[shape.table], verdict)
    return start


def _altered(links: list[Any], shape: LinkShape, model: type[models.Model], verdict: Verdict) -> list[str]:
    """Rows that are not what their link says, and that no upgrade has linked anew."""
    names, key = shape.fields.split(","), model._meta.pk.to_python
    known = {field.attname for field in model._meta.concrete_fields}
    now = _contents(model, [name for name in names if name in known], [key(link.row) for link in links])
    differing = {link.row: link for link in links if now.get(key(link.row)) != link.content}
    for row in _upgraded(differing, shape.table):
        del differing[row]
        verdict.upgraded += 1
    return [f"{shape.table}:{row} {'row altered' if key(row) in now else 'row missing'}" for row in differing]


def _upgraded(links: dict[str, Any], table: str) -> set[str]:
    """Of some links those whose row an upgrade has linked again later."""
    found: set[str] = set()
    for rows in batched(links, 500):
        later = Link.objects.filter(shape__table=table, row__in=rows, reason=UPGRADE).values_list("row", "sequence")
        found |= {row for row, sequence in later if sequence > links[row].sequence}
    return found


def _unlinked(model: type[models.Model], shapes: list[int]) -> list[str]:
    links = Link.objects.filter(shape_id__in=shapes, row=OuterRef("as_text"))
    rows = model._base_manager.annotate(as_text=Cast("pk", models.CharField())).filter(~Exists(links)).order_by("pk")
    return [f"{model._meta.db_table}:{pk} row without a link" for pk in rows.values_list("pk", flat=True).iterator()]


def batched(things: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """The things in lists of at most ``size``."""
    rest = iter(things)
    while piece := list(islice(rest, size)):
        yield piece
