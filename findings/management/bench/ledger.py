"""The ledger as an Excel file, formatted and flat, beside XlsxWriter writing the same cells."""

import pickle
from collections.abc import Iterator
from datetime import date
from tempfile import TemporaryFile
from typing import IO, Any

from xlsxwriter import Workbook

from findings import dates, figures
from findings.documents.columns import DATE, NUMBER
from findings.documents.export import MOST_MERGED, draw
from findings.documents.keys import key_of
from findings.documents.ledger import LEDGER, ledger_rows
from findings.documents.workbook import STYLES
from findings.management.bench.timing import Taken, timed
from findings.models import Campaign

PIECE = 500  # rows read from the store of cells at a time


def formatted() -> Taken:
    """The ledger with merged cells, row heights and keys."""
    return _drawn(is_flat=False)


def flat() -> Taken:
    """The ledger without merged cells."""
    return _drawn(is_flat=True)


def bare() -> Taken:
    """The same cells by XlsxWriter alone, one call for a cell; they wait in a file, so that nothing else is timed."""
    with TemporaryFile() as store, TemporaryFile() as file:
        count = _store(store)
        store.seek(0)
        with timed() as watch:
            book = Workbook(file, {"constant_memory": True})
            sheet = book.add_worksheet()
            text, day, number = (book.add_format(STYLES[name]) for name in ("text", DATE, NUMBER))
            for at, values in enumerate(_stored(store)):
                sheet.set_row(at, 40)
                for place, value in enumerate(values):
                    style = text if isinstance(value, str) else day if isinstance(value, date) else number
                    sheet.write(at, place, value, style)
            book.close()
    return Taken(count, watch)


def scope_of_bench() -> figures.Scope:
    """All rows of the one campaign of the site that is measured."""
    return figures.scope_of(Campaign.objects.select_related("court").order_by("pk")[0], None)


def _drawn(*, is_flat: bool) -> Taken:
    scope = scope_of_bench()
    with TemporaryFile() as file, timed() as watch:
        drawn = draw(file, "ledger", scope, dates.today(), is_flat=is_flat)
    return Taken(drawn.rows, watch)


def _store(store: IO[bytes]) -> int:
    """Put the cells of the ledger into a file; answers how many rows."""
    scope, on = scope_of_bench(), dates.today()
    readers = [column.reader() for column in LEDGER]
    has_keys = scope.measures_on(on).count() <= MOST_MERGED
    count, piece = 0, []
    for row in ledger_rows(scope.measures, scope.campaign, on):
        values = [read(row) for read in readers]
        piece.append([*values, key_of(row, LEDGER)] if has_keys else values)
        count += 1
        if len(piece) == PIECE:
            pickle.dump(piece, store)
            piece = []
    pickle.dump(piece, store)
    pickle.dump(None, store)
    return count


def _stored(store: IO[bytes]) -> Iterator[list[Any]]:
    while (piece := pickle.load(store)) is not None:
        yield from piece
