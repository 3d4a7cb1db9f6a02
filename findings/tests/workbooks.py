"""Workbooks for the tests of the import: lists exported here and edited, and sheets that others have made."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.utils import translation
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from findings import dates, figures
from findings.documents.export import KINDS, export
from findings.documents.importer import rehearse
from findings.documents.importer.plan import Plan
from findings.models import Campaign
from findings.tests.factories import World

HEADING_ROW = 4
FIRST = 5

# The headings of a ledger that another office made.
HEADINGS = ("序号", "反馈问题", "整改目标", "整改措施", "责任领导", "责任部门", "完成时限")


def exported(campaign: Campaign, kind: str = "ledger", language: str = "en", on: Any = None) -> bytes:
    """A list as the page gives it out."""
    with translation.override(language):
        return export(kind, figures.scope_of(campaign, None), on or dates.today()).content


def edited(content: bytes, edit: Callable[[Worksheet], object]) -> bytes:
    """The file after somebody has worked on its first sheet and saved it."""
    book = load_workbook(BytesIO(content))
    edit(book.worksheets[0])
    return saved(book)


def saved(book: Workbook) -> bytes:
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def column(kind: str, name: str) -> int:
    """Where our export has a column."""
    return 1 + [column.name for column in KINDS[kind].columns].index(name)


def put(content: bytes, kind: str = "ledger", row: int = FIRST, /, **cells: Any) -> bytes:
    """The exported file with other values in the cells of a row."""

    def edit(sheet: Worksheet) -> None:
        for name, value in cells.items():
            sheet.cell(row, column(kind, name)).value = value

    return edited(content, edit)


def sheet_of(rows: Iterable[Iterable[Any]], title: str = "Sheet1") -> bytes:
    """A plain workbook of one sheet."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    return saved(book)


def rehearsed(world: World, content: bytes, name: str = "ledger.xlsx") -> Plan:
    assert world.campaign is not None
    return rehearse(world.campaign, name, content, on=dates.today())


def messages(plan: Plan) -> list[tuple[str, str]]:
    """Place and sentence of every problem."""
    return [(problem.at, problem.message) for problem in plan.problems]


def changes(plan: Plan) -> dict[str, dict[str, tuple[str, str]]]:
    """Row → column → (old, new) of all that would be changed."""
    return {draft.label: {diff.column: (diff.old, diff.new) for diff in draft.diffs} for draft in plan.updates}


def nothing(plan: Plan) -> bool:
    """Whether the file agrees with the ledger."""
    return not (plan.creates or plan.updates or plan.problems)


def letter(place: int) -> str:
    return chr(ord("A") + place - 1)
