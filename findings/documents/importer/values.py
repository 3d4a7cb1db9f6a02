"""A cell as read becomes the fields that its verb takes, with the rules that the verb would ask."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from accounts.words import joined
from findings.documents.columns import NUMBERS, PERSON, PLACE, PLACES, Column
from findings.documents.importer.facts import Facts
from findings.documents.importer.headings import folded
from findings.documents.importer.parsing import Read, Unclear, names_in
from findings.documents.importer.reading import Line
from findings.workflow.importing import day_refusal

NEEDED = {"text", "title", "issued_on", "kind", "action", "department", "lead_leader", "lead_department", "nature",
          "phase"}  # fmt: skip
MOST_CHARACTERS = {"title": 200, "number": 60}
LONGEST_TEXT = 20_000


def fields_of(facts: Facts, line: Line, column: Column, read: Read) -> tuple[dict[str, Any], str]:
    """The fields that the cell sets, and the new value in words. Raises Unclear with what is allowed."""
    field, value = column.writes.partition(".")[2], read.value
    if value in (None, "") and field in NEEDED:
        raise Unclear(_("This must not be empty."))
    if column.reads == PERSON:
        return _leader(facts, field, value)
    if column.reads in (PLACE, PLACES):
        return _departments(facts, line, column, field, value)
    if column.reads == NUMBERS:
        return _measures(facts, field, value)
    if column.name == "area":
        return {field: _area(facts, str(value))} if field == "area" else {field: _text(field, value)}, str(value)
    if isinstance(value, str) and column.choices is None:
        value = _text(field, value)
    if column.writes.startswith("measure."):
        _check_measure(facts, field, value)
    if isinstance(value, date) and column.writes.startswith("document."):
        _check_day(facts, field, value)
    empty: dict[str, Any] = {"goal": "", "number": "", "is_key": False, "is_common": False, "text": ""}
    return {field: empty.get(field) if value is None else value}, words_of(column, value)


def words_of(column: Column, value: Any) -> str:
    """A value as a page shows it."""
    if value in (None, ""):
        return ""
    if column.choices is not None:
        return str(column.choices(value).label)
    if isinstance(value, bool):
        return _("yes") if value else ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _text(field: str, value: Any) -> str:
    most = MOST_CHARACTERS.get(field, LONGEST_TEXT)
    if len(str(value)) > most:
        raise Unclear(_("At most %(most)s characters; these are %(count)s.") % {"most": most, "count": len(str(value))})
    return str(value)


def _leader(facts: Facts, field: str, value: str) -> tuple[dict[str, Any], str]:
    names = [value] if folded(value) in facts.leaders.ids else _several(value)
    if len(names) > 1:
        raise Unclear(_("One lead leader is named; the others have no place here."))
    pk = facts.leaders.find(names[0])
    return {field: pk}, facts.leaders.labels[pk]


def _several(value: str) -> list[str]:
    return names_in(Column("", "", reads=PLACES), value) or [value]


def _departments(facts: Facts, line: Line, column: Column, field: str, value: str | None) -> tuple[dict[str, Any], str]:
    """Assisting departments; or the lead department, whose first name leads where no column tells who assists."""
    names = [] if value is None else _several(value)
    whole = None if value is None else folded(value)
    if whole in facts.departments.ids:
        names = [value or ""]  # a name that holds a divider
    found = [facts.departments.find(name) for name in names]
    words = joined(facts.departments.labels[pk] for pk in found)
    if field == "assisting":
        return {field: found}, words
    if len(found) > 1 and (field != "lead_department" or "assisting" in line.heads.places):
        raise Unclear(_("One department leads; write the others into the column of those that assist."))
    return {field: found[0]} | ({"assisting": found[1:]} if len(found) > 1 else {}), words


def _measures(facts: Facts, field: str, value: str | None) -> tuple[dict[str, Any], str]:
    numbers = [] if not value else [int(part) for part in value.split("、")]
    unknown = [number for number in numbers if number not in facts.measures]
    if unknown:
        raise Unclear(_("The plan has no measure %(numbers)s.") % {"numbers": joined(unknown)})
    return {field: [facts.measures[number] for number in numbers]}, joined(numbers)


def _area(facts: Facts, title: str) -> int:
    """The number of the area of this title."""
    found = [number for number, area in facts.areas.items() if folded(area.title) == folded(title)]
    if len(found) == 1:
        return found[0]
    known = joined(f"“{area.title}”" for area in facts.areas.values())
    raise Unclear(_("The campaign has no such area; there are: %(areas)s.") % {"areas": known or "—"})


def _check_measure(facts: Facts, field: str, value: Any) -> None:
    if field not in ("deadline", "recheck_on"):
        return
    refusal = day_refusal(facts.campaign, field, value)
    if refusal:
        raise Unclear(refusal)


def _check_day(facts: Facts, field: str, value: date) -> None:
    if field == "issued_on" and value > facts.on:
        raise Unclear(_("The day of issue lies in the future."))
