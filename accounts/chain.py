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
from typing import Any

from asgiref.local import Local
from django.apps import apps
from django.db import models, transaction

GENESIS = "0" * 64
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

    A broken entry reads ``table:pk what is wrong``.
    """
    verdict = Verdict()
    latest: dict[tuple[str, str], Link] = {}
    previous, expected = GENESIS, 1
    for link in Link.objects.select_related("shape").order_by("sequence").iterator(chunk_size=5000):
        if link.sequence != expected:
            verdict.broken.append(f"chain:{expected} link missing")
            expected = link.sequence
        if link.digest != _link_digest(previous, link.shape, link.row, link.content):
            verdict.broken.append(f"chain:{link.sequence} link altered ({link.shape.table}:{link.row})")
        latest[(link.shape.table, link.row)] = link
        previous = link.digest
        expected += 1
        verdict.rows += 1
    verdict.head = head()
    if (verdict.head, expected - 1) != (previous, _head_sequence()):
        verdict.broken.append("chain:head does not match the last link")
    verdict.broken += _altered(latest) + _unlinked(latest, watched)
    return verdict


def is_on_chain(digest: str) -> bool:
    """Whether a digest printed on paper still stands in the chain."""
    links = Link.objects.all()
    return links.filter(digest=digest).exists() or (digest == GENESIS and not links.exists())


def _head_sequence() -> int:
    row = ChainHead.objects.filter(pk=1).first()
    return row.sequence if row else 0


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
    text = json.dumps(
        {name: _plain(value) for name, value in values.items()},
        sort_keys=True,
        ensure_ascii=False,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value if value is None or isinstance(value, bool | int | str | dict | list) else str(value)


def _link_digest(previous: str, shape: LinkShape, row: str, content: str) -> str:
    return hashlib.sha256("\n".join([previous, shape.table, shape.fields, row, content]).encode()).hexdigest()


def _altered(latest: dict[tuple[str, str], Link]) -> list[str]:
    tables = {model._meta.db_table: model for model in apps.get_models()}
    by_shape: dict[int, list[Link]] = defaultdict(list)
    for link in latest.values():
        by_shape[link.shape_id].append(link)
    broken = []
    for links in by_shape.values():
        shape = links[0].shape
        model = tables.get(shape.table)
        if model is None:
            broken.append(f"{shape.table}: table is gone")
            continue
        names = shape.fields.split(",")
        now = _contents(model, names, [model._meta.pk.to_python(link.row) for link in links])
        for link in links:
            content = now.get(model._meta.pk.to_python(link.row))
            if content != link.content:
                broken.append(f"{shape.table}:{link.row} {'row missing' if content is None else 'row altered'}")
    return broken


def _unlinked(latest: dict[tuple[str, str], Link], watched: Iterable[type[models.Model]]) -> list[str]:
    return [
        f"{model._meta.db_table}:{pk} row without a link"
        for model in watched
        for pk in model._base_manager.order_by("pk").values_list("pk", flat=True).iterator()
        if (model._meta.db_table, str(pk)) not in latest
    ]
