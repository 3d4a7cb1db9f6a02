"""Rows whose every change is on record: who, when, why, all fields, under the hash chain.

Tracked rows are written by ``store`` and ``create`` only. They are read as they are now through the
default manager, or as they were at the end of a past day through ``at(on)``.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.dispatch import receiver
from django.utils import timezone
from simple_history.manager import HistoricalQuerySet
from simple_history.models import HistoricalRecords
from simple_history.signals import post_create_historical_record

from accounts import chain

if TYPE_CHECKING:
    from accounts.models import User

Row = TypeVar("Row", bound="Tracked")


class GuardedWrite(RuntimeError):
    """A write that would leave no history was tried on a tracked table."""


class StaleRow(Exception):
    """Somebody else changed the row since it was read; ``row`` is the present one."""

    def __init__(self, row: "Tracked | User") -> None:
        super().__init__(f"{row._meta.label} {row.pk} is at version {row.version}")
        self.row = row


def end_of(on: date) -> datetime:
    """The first instant after the day ``on`` in the site's time zone."""
    return timezone.make_aware(datetime.combine(on + timedelta(days=1), time.min))


class TrackedQuerySet(models.QuerySet):
    """Live rows: refuses every write that history would not see."""

    def at(self, on: date) -> Self:
        """These rows as they stood at the end of ``on``: history rows for a past day, else the live ones.

        Typed as the live rows, whose fields and filters the history rows share.
        """
        if on >= timezone.localdate():
            return self
        model = cast(type[Tracked], self.model)
        return model.history.in_force(on).filter(id__in=self.order_by().values("id"))

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise GuardedWrite(f"{self.model._meta.label} keeps history: use store() or create()")

    update = delete = bulk_create = bulk_update = _refuse


class HistoryQuerySet(HistoricalQuerySet):
    """History rows, with the same row filters as the live ones where a model mixes them in."""

    def at(self, on: date) -> Self:
        return self

    def in_force(self, on: date) -> Self:
        """Of each row the newest history row at the end of ``on``."""
        end = end_of(on)
        newer = self.model._default_manager.filter(id=OuterRef("id"), history_date__lt=end).filter(
            Q(history_date__gt=OuterRef("history_date"))
            | Q(
                history_date=OuterRef("history_date"),
                history_id__gt=OuterRef("history_id"),
            )
        )
        return self.filter(~Exists(newer), history_date__lt=end).exclude(history_type="-")


def history(queryset: type[HistoryQuerySet] = HistoryQuerySet, **options: Any) -> HistoricalRecords:
    """The history of one model; ``queryset`` gives its history rows the model's own filters."""
    return HistoricalRecords(historical_queryset=queryset, **options)


class Tracked(models.Model):
    """Base of every model whose changes are on record."""

    created_at = models.DateTimeField(editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)

    objects = TrackedQuerySet.as_manager()
    history: ClassVar[Any]  # every model makes its own; simple-history brings no types
    _storing: bool
    _history_user: "User | None"
    _change_reason: str
    _history_date: datetime

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not getattr(self, "_storing", False):
            raise GuardedWrite(f"{self._meta.label} keeps history: use store() or create()")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise GuardedWrite(f"{self._meta.label}: nothing is deleted")


def store(row: Tracked, *, by: "User | None", note: str = "", at: datetime | None = None) -> None:
    """Save ``row`` with its history row and its link in the chain.

    ``by`` None is the system itself. ``at`` is the instant that goes on record, default now.
    """
    moment = at or timezone.now()
    if row.created_at is None:
        row.created_at = moment
    row.version += 1
    row._history_user, row._change_reason, row._history_date = by, note, moment
    row._storing = True
    try:
        with chain.sealing():
            row.save()
    finally:
        # simple-history would repeat a reason and an instant that stay on the instance.
        del row._history_user, row._change_reason, row._history_date, row._storing


def create(
    model: type[Row],
    *,
    by: "User | None",
    note: str = "",
    at: datetime | None = None,
    **fields: Any,
) -> Row:
    """Make and store a row."""
    row = model(**fields)
    store(row, by=by, note=note, at=at)
    return row


def bulk_create_tracked(
    model: type[Row], rows: Iterable[Row], *, by: "User | None", note: str = "", at: datetime | None = None
) -> list[Row]:
    """Store many new rows at once, each with its history row and its link: for imports and for samples at scale.

    Nothing of the database is asked first but its constraints. Some thousand rows a call keep the memory small.
    """
    moment, made = at or timezone.now(), list(rows)
    for row in made:
        row.version += 1
        if isinstance(row, Tracked):  # an account bears no such day
            row.created_at = row.created_at or moment
        row._history_user = by
    with chain.sealing():
        unguarded: Any = models.QuerySet(model)
        unguarded.bulk_create(made, batch_size=500)
        entries = model.history.bulk_history_create(
            made, batch_size=500, default_change_reason=note, default_date=moment
        )
        for row, entry in zip(made, entries, strict=True):
            del row._history_user
            chain.note(entry)
    return made


def locked(row: Row, *, version: int | None = None) -> Row:
    """The row as it is now, locked until the transaction ends.

    Raises StaleRow where ``version`` is given and somebody has changed the row since.
    """
    current = type(row)._default_manager.select_for_update().get(pk=row.pk)
    if version is not None and current.version != version:
        raise StaleRow(current)
    return cast(Row, current)


def names_on(model: Any, ids: Iterable[int | None], on: date, field: str = "name") -> dict[int | None, str]:
    """Names, or another ``field`` of theirs, by id as of a day; who came on record later bears the present one."""
    wanted = {pk for pk in ids if pk}
    names: dict[int | None, str] = dict(model._default_manager.filter(pk__in=wanted).values_list("pk", field))
    if on < timezone.localdate():
        names |= dict(model.history.in_force(on).filter(id__in=wanted).values_list("id", field))
    return names


def drifted(model: "type[Tracked] | type[User]") -> Iterator[str]:
    """Live rows that differ from their newest history row, or have none: changed behind the records."""
    names = [f.attname for f in model.history.model.tracked_fields]
    table, live = model._meta.db_table, model._base_manager.order_by("pk")
    for rows in chain.batched(live.values(*names).iterator(chunk_size=500), 500):
        past = _newest(model, [row["id"] for row in rows], names)
        for row in rows:
            if past.get(row["id"]) != row and (fault := _fault(model, row["id"], names)):
                yield f"{table}:{row['id']} {fault}"
    gone = model.history.filter(~Exists(live.order_by().filter(pk=OuterRef("id"))))
    for pk in gone.order_by("id").values_list("id", flat=True).distinct().iterator():
        yield f"{table}:{pk} row missing"


def _newest(model: "type[Tracked] | type[User]", ids: list[Any], names: list[str]) -> dict[Any, dict[str, Any]]:
    """The tracked values of the newest history row of each, by id."""
    entries = model.history.filter(id__in=ids).order_by("history_date", "history_id")
    newest = dict(entries.values_list("id", "history_id"))
    rows = model.history.filter(history_id__in=newest.values()).order_by().values(*names)
    return {row["id"]: row for row in rows}


def _fault(model: "type[Tracked] | type[User]", pk: Any, names: list[str]) -> str:
    """What is wrong with one row, read again under its lock: a writer may have stood between the two readings."""
    with transaction.atomic():
        row = model._base_manager.select_for_update().filter(pk=pk).values(*names).first()
        past = _newest(model, [pk], names)
    if not past:
        return "row without history"
    return "" if past[pk] == row else "row differs from its history"


@receiver(post_create_historical_record)
def _link_history(sender: Any, history_instance: models.Model, **kwargs: Any) -> None:
    chain.note(history_instance)
