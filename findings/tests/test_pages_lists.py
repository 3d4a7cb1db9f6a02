"""Lists in filter as files: which rows, with which figures, at once and by a job alike; addresses not understood."""

from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from findings import tasks
from findings.choices import NoticeStatus
from findings.documents.export import KINDS
from findings.documents.keys import MARK
from findings.models import Job
from findings.tests import factories
from findings.tests.factories import World, notice_at
from findings.tests.pages import get
from findings.tests.workbooks import nothing, rehearsed
from findings.workflow import document, plan

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def full(world: World) -> World:
    """Measure 1 waits for its closure and has one of everything; a rule, a notice and a recommendation besides."""
    first, second, third, fourth = world.measures
    plan.add_recommendation(
        world.campaign, number=1, title="Do more", answers=[first, fourth], by=world.office, at=world.at(1)
    )
    factories.hang_all(world, first)
    old = document.record_document(
        world.campaign, serves=[first], title="Old rule", kind="rule", action="new", issued_on=world.day(8),
        department=world.a, by=world.office, at=world.at(10),
    )  # fmt: skip
    document.record_document(
        world.campaign, serves=[second, third, fourth], title="New rule", kind="rule", action="amended", replaces=old,
        issued_on=world.day(11), department=world.b, by=world.office, at=world.at(11),
    )  # fmt: skip
    notice_at(NoticeStatus.ISSUED, world, department=world.b, measure=third, text="About measure 3")
    notice_at(NoticeStatus.ISSUED, world, measure=None, text="About the whole department")
    return world


def file_of(client: Client, world: World, query: str, user: Any = None) -> bytes:
    """The list as a file that is answered at once."""
    answer = get(client, user or world.office, f"/campaigns/{world.campaign.slug}/ledger/?format=xlsx&{query}")
    assert answer["Content-Type"].endswith("spreadsheetml.sheet"), query
    return answer.getvalue()


def cells_of(content: bytes) -> list[tuple]:
    """All rows of the file, without the moment at which it was made and the hidden column's heading."""
    rows = [list(row) for row in load_workbook(BytesIO(content)).active.iter_rows(values_only=True)]
    kept = [[None if str(cell).startswith(MARK) else cell for cell in row] for row in rows]
    return [tuple(row) for number, row in enumerate(kept) if number != 1]


def listed(content: bytes, *names: str) -> list[tuple]:
    """The columns of these headings, for the rows below them."""
    rows = cells_of(content)
    head = next(number for number, row in enumerate(rows) if set(names) <= set(row))
    places = [rows[head].index(name) for name in names]
    return [tuple(row[place] for place in places) for row in rows[head + 1 :] if row[0] != "No rows."]


FIGURES = ("Kind", "Issue no.", "Measures", "Closed", "Measures no.")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=not_started", [
            ("issue", 1, 2, 0, "1, 2"), ("issue", 2, 1, 0, "3"), ("issue", 3, 1, 0, "4"),
            ("recommendation", 1, 2, 0, "1, 4"),
        ]),
        ("status=waiting", [("issue", 1, 2, 0, "1, 2"), ("recommendation", 1, 2, 0, "1, 4")]),
        ("lead=b", [("issue", 2, 1, 0, "3")]),
        ("status=closed", []),
    ],
)  # fmt: skip
def test_issues_in_filter_have_their_whole_figures(client: Client, full: World, query: str, expected: list) -> None:
    assert listed(file_of(client, full, f"list=issues&{query}"), *FIGURES) == expected


def test_issues_in_filter_count_what_the_reader_sees(client: Client, full: World) -> None:
    content = file_of(client, full, "list=issues&lead=a", full.liaison_b)
    assert listed(content, *FIGURES) == [("issue", 1, 1, 0, "2")]


def test_sums_above_the_issues_in_filter_are_those_of_their_measures(client: Client, full: World) -> None:
    sums = cells_of(file_of(client, full, "list=issues&lead=b"))[2][0]
    assert sums.startswith("Measures 1: not started 1,")
    assert cells_of(file_of(client, full, "list=issues&status=not_started"))[2][0].startswith("Measures 4:")


def test_rules_in_filter_serve_all_their_measures_and_name_what_they_amend(client: Client, full: World) -> None:
    names = ("Title", "Measures no.", "Amends or repeals")
    assert listed(file_of(client, full, "list=rules&lead=b"), *names) == [("New rule", "2, 3, 4", "Old rule")]
    assert listed(file_of(client, full, "list=rules&status=closed"), *names) == []


def test_notices_in_filter_are_about_measures_in_filter(client: Client, full: World) -> None:
    names = ("What is asked", "Measure no.")
    assert listed(file_of(client, full, "list=notices&lead=b"), *names) == [("About measure 3", 3)]
    assert listed(file_of(client, full, "list=notices&status=closed"), *names) == []
    assert len(listed(file_of(client, full, "list=notices"), *names)) == 3


@pytest.mark.parametrize("kind", [kind.code for kind in KINDS.values() if kind.comes_back])
@pytest.mark.parametrize("query", ["lead=b", "status=not_started", "q=Measure+4"])
def test_list_in_filter_comes_back_and_plans_nothing(client: Client, full: World, kind: str, query: str) -> None:
    found = rehearsed(full, file_of(client, full, f"list={kind}&{query}"))
    assert nothing(found)
    assert found.kind == kind


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("query", ["lead=b", "status=closed", "department=b&layout=flat", "on={day}&lead=b"])
def test_list_in_filter_is_the_same_at_once_and_by_a_job(
    client: Client, full: World, settings: Any, monkeypatch: pytest.MonkeyPatch, kind: str, query: str
) -> None:
    monkeypatch.setattr(tasks.run_job, "delay_on_commit", lambda pk: None)
    wish = f"list={kind}&{query.format(day=full.day(20).isoformat())}"
    at_once = file_of(client, full, wish)

    settings.EXPORT_AT_ONCE = -1
    get(client, full.office, f"/campaigns/{full.campaign.slug}/ledger/?format=xlsx&{wish}")
    tasks.run_job(Job.objects.get().pk)

    with Job.objects.get().file.open("rb") as file:
        assert cells_of(file.read()) == cells_of(at_once)


def test_list_in_filter_says_so_above_its_sums(client: Client, full: World) -> None:
    rows = cells_of(file_of(client, full, "q=Measure&lead=b"))
    assert [row[0] for row in rows[1:4]] == [
        "Filter: number or words=Measure; lead department=Department b",
        "Measures 1: not started 1, in progress 0, waiting for closure 0, closed 0 (0%); overdue 0, "
        "re-checks missed 0, due soon 0",
        "Area no.",
    ]  # fmt: skip
    assert [row[0] for row in cells_of(file_of(client, full, "columns=chosen"))[2:3]] == ["Area no."]


def test_list_in_filter_prints_its_headings_on_every_page(client: Client, full: World) -> None:
    sheet = load_workbook(BytesIO(file_of(client, full, "lead=b"))).active
    assert (sheet.print_title_rows, sheet.freeze_panes) == ("$5:$5", "F6")
    assert sheet.print_area.endswith("$A$1:$X$6")
    flat = load_workbook(BytesIO(file_of(client, full, "lead=b&layout=flat"))).active
    assert str(flat.auto_filter.ref).startswith("A5:")


def test_supervision_ledger_in_filter_says_so(client: Client, full: World) -> None:
    address = f"/campaigns/{full.campaign.slug}/notices/?format=xlsx&department=b&colour=red"
    rows = cells_of(get(client, full.office, address).getvalue())
    assert rows[1][0] == "Filter: colour=red; addressed to=Department b"
    assert [row[4] for row in rows[4:]] == ["About measure 3"]


@pytest.mark.parametrize(
    "wish",
    [
        "ledger/?status=purple", "ledger/?on=2021-13-45", "ledger/?view=999&columns=chosen", "ledger/?columns=x",
        "ledger/?layout=x&list=issues", "notices/?status=purple",
    ],
)  # fmt: skip
def test_file_that_was_not_understood_is_not_drawn(client: Client, full: World, wish: str) -> None:
    answer = get(client, full.office, f"/campaigns/{full.campaign.slug}/{wish}&format=xlsx")
    assert answer["Content-Type"].startswith("text/html")
    assert answer.content.decode().count("Not understood and left out: ") == 1


@pytest.mark.parametrize("code", ["rubbish", "%00", "LEDGER"])
def test_list_that_there_is_not_is_404(client: Client, full: World, code: str) -> None:
    address = f"/campaigns/{full.campaign.slug}/ledger/?format=xlsx&list={code}"
    assert get(client, full.office, address).status_code == 404
