"""The rehearsal of an exported ledger, beside openpyxl reading its cells."""

from io import BytesIO

from openpyxl import load_workbook

from findings import dates
from findings.documents.export import export
from findings.documents.importer import rehearse
from findings.management.bench.ledger import scope_of_bench
from findings.management.bench.timing import Taken, timed


def rehearsal() -> Taken:
    """What the import of an unchanged ledger would do."""
    scope = scope_of_bench()
    exported = export("ledger", scope, dates.today())
    with timed() as watch:
        rehearse(scope.campaign, exported.filename, exported.content, on=dates.today())
    return Taken(exported.rows, watch)


def bare() -> Taken:
    """The cells of the same file as values."""
    exported = export("ledger", scope_of_bench(), dates.today())
    with timed() as watch:
        book = load_workbook(BytesIO(exported.content), read_only=True)
        for _row in book.worksheets[0].iter_rows(values_only=True):
            pass
        book.close()
    return Taken(exported.rows, watch)
