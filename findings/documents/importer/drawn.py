"""What a cell said when its file was drawn: the hidden key holds its digest only, the records hold the words."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Department, User
from accounts.tracked import end_of, names_on
from accounts.words import joined
from findings.documents.columns import PERSON, PLACE, Column
from findings.documents.importer.facts import MODELS
from findings.documents.importer.values import words_of
from findings.documents.keys import Key, KeyHead
from findings.models import Area, AssistingDepartment, Measure, RecommendationLink, RuleDocumentMeasure

# Fields that are rows of their own: their table, what they hang on, what they name, and by which field of it.
_LINKS: dict[str, tuple[Any, str, str, Any, str]] = {
    "assisting": (AssistingDepartment, "measure_id", "department_id", Department, "name"),
    "answers": (RecommendationLink, "recommendation_id", "measure_id", Measure, "number"),
    "serves": (RuleDocumentMeasure, "document_id", "measure_id", Measure, "number"),
}


def drawn_words(head: KeyHead, key: Key, column: Column) -> str | None:
    """The cell as the file was drawn with it, in words; None where the records tell it no longer.

    What the records say is believed only where it has the digest that the key kept.
    """
    record, _dot, field = column.writes.partition(".")
    ref = key.refs.get(record)
    entry = MODELS[record].history.filter(id=ref.pk, version=ref.version).order_by("history_id").last() if ref else None
    if entry is None:
        return None
    values = _linked(head, entry.id, field) if field in _LINKS else [_value(head, entry, column, field)]
    return next((words_of(column, value) for value in values if key.drew(column, column.plain(value))), None)


def _value(head: KeyHead, entry: Any, column: Column, field: str) -> Any:
    if column.reads in (PERSON, PLACE):
        pk = getattr(entry, f"{field}_id")
        return names_on(User if column.reads == PERSON else Department, [pk], head.on).get(pk, "")
    if field == "area":
        return names_on(Area, [entry.area_id], head.on, "title").get(entry.area_id, "")
    return getattr(entry, field)


def _linked(head: KeyHead, owner: int, field: str) -> Iterator[str]:
    """The linked names as they stood when the file was made, then back in time, since it names its second only."""
    model, hangs_on, names, named, by = _LINKS[field]
    entries = model.history.filter(**{hangs_on: owner}, history_date__lt=_end_of(head))
    known = list(entries.order_by("history_date", "history_id"))
    for count in range(len(known), -1, -1):
        newest = {entry.id: entry for entry in known[:count]}
        wanted = [getattr(entry, names) for entry in newest.values() if entry.is_active]
        yield joined(sorted(names_on(named, wanted, head.on, by).values()))


def _end_of(head: KeyHead) -> datetime:
    """The first instant that the file does not know; the heading names its making to the second."""
    return min(end_of(head.on), head.made_at + timedelta(seconds=1))
