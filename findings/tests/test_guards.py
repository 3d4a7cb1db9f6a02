"""What was written behind the application's back is found; what was written by verbs is clean."""

from collections.abc import Callable

import pytest
from django.db import connection

from accounts import chain
from accounts.tracked import GuardedWrite, StaleRow, Tracked, locked, store
from findings.models import Decision, Measure, ProgressUpdate
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh
from findings.workflow import measure


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def things(past: World) -> dict[str, object]:
    """One of each thing, under a clean chain."""
    found = factories.hang_all(past, past.measures[0])
    assert broken_records() == []
    return found


def test_tracked_rows_refuse_writes_without_history(things: dict[str, object]) -> None:
    tracked = [row for row in things.values() if isinstance(row, Tracked)]
    assert len(tracked) > 12
    for row in tracked:
        queryset = type(row).objects.filter(pk=row.pk)
        attempts: list[Callable[[], object]] = [
            lambda q=queryset: q.update(version=9),
            lambda q=queryset: q.delete(),
            lambda q=queryset, r=row: q.bulk_create([r]),
            lambda q=queryset, r=row: q.bulk_update([r], ["version"]),
            row.save,
            row.delete,
        ]
        for attempt in attempts:
            with pytest.raises(GuardedWrite):
                attempt()
    assert broken_records() == []


def test_decision_is_never_changed_nor_deleted(things: dict[str, object]) -> None:
    for attempt in (things["Decision"].save, things["Decision"].delete):
        with pytest.raises(GuardedWrite):
            attempt()


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("update findings_historicalmeasure set percent = 99 where history_id = %s", "findings_historicalmeasure"),
        ("update findings_historicalmeasure set history_change_reason = 'x' where history_id = %s",
         "findings_historicalmeasure"),
        ("delete from findings_historicalmeasure where history_id = %s", "findings_historicalmeasure"),
    ],
)  # fmt: skip
def test_altered_history_breaks_the_chain(things: dict[str, object], statement: str, table: str) -> None:
    entry = things["Measure"].history.order_by("history_id").first()

    sql(statement, entry.pk)

    broken = chain.verify([]).broken
    assert len(broken) == 1
    assert broken[0].startswith(f"{table}:{entry.pk} row ")


def test_row_changed_behind_the_records_drifts(things: dict[str, object]) -> None:
    sql("update findings_measure set deadline = '2030-01-01' where id = %s", things["Measure"].pk)

    assert broken_records() == [f"findings_measure:{things['Measure'].pk} row differs from its history"]


def test_smuggled_and_altered_decisions_are_found(things: dict[str, object]) -> None:
    row = things["Decision"]
    sql("update findings_decision set opinion = 'never said' where id = %s", row.pk)
    assert chain.verify([Decision]).broken == [f"findings_decision:{row.pk} row altered"]

    smuggled = Decision(closure=row.closure, stage="office", stage_index=2, verdict="passed_over", opinion="x")
    smuggled.at = row.at
    Decision.objects.bulk_create([smuggled])
    assert f"findings_decision:{smuggled.pk} row without a link" in chain.verify([Decision]).broken


def test_two_who_read_the_same_row(past: World) -> None:
    mine, theirs = fresh(past.measures[0]), fresh(past.measures[0])
    theirs.goal = "Theirs"
    store(theirs, by=past.office)

    with pytest.raises(StaleRow) as caught:
        locked(mine, version=mine.version)

    assert caught.value.row.goal == "Theirs"
    assert locked(mine).goal == "Theirs"


def test_instant_and_reason_do_not_stick_to_the_row(past: World) -> None:
    row = measure.start(past.measures[0], by=past.head_a, note="Begun", at=past.at(2))
    row.goal = "More"
    store(row, by=None, at=past.at(3))

    assert factories.last_entry(row) == (None, "", past.at(3))
    assert Measure.history.filter(id=row.pk).count() == 3


def test_verb_that_fails_half_way_leaves_neither_rows_nor_links(past: World) -> None:
    links = chain.Link.objects.count()

    with pytest.raises(TypeError):
        measure.add_evidence(past.measures[0], by=past.head_a, at=past.at(2), nonsense=1)

    assert chain.Link.objects.count() == links
    assert not ProgressUpdate.objects.exists()
    assert broken_records() == []
