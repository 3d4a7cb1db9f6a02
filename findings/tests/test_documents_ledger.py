"""The Excel lists, reopened: what stands in the cells, what is merged, how it prints."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import translation
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from accounts.models import User
from accounts.tracked import names_on, store
from findings import figures
from findings.choices import Light, MeasureStatus, Nature
from findings.documents.columns import Column
from findings.documents.export import KINDS, MOST_MERGED, draw, export
from findings.documents.importer.sheets import LIMITS
from findings.documents.keys import MARK
from findings.documents.ledger import LEDGER, LedgerRow, Meta, ledger_rows, list_workbook
from findings.documents.workbook import ACROSS, HEAD_ROWS, LINE, TALLEST, broken, spread, text_width
from findings.models import Measure
from findings.tests import factories
from findings.tests.factories import World
from findings.workflow import document, evidence
from findings.workflow.progress import ProgressValues, accept_progress, period_to_report, submit_progress

pytestmark = pytest.mark.usefixtures("english")


def at(heading: str) -> int:
    """The number of a ledger column."""
    return 1 + [str(column.heading) for column in LEDGER].index(heading)


def opened(content: bytes) -> Worksheet:
    book = load_workbook(BytesIO(content))
    assert len(book.sheetnames) == 1
    return book.active


def ledger(world: World, on: date, **options: Any) -> Worksheet:
    return opened(export("ledger", figures.scope_of(world.campaign, None), on, **options).content)


def table(sheet: Worksheet) -> list[dict[str, Any]]:
    """The rows under the headings, by heading."""
    names = headings(sheet)
    rows = sheet.iter_rows(min_row=5, max_col=len(names))
    return [dict(zip(names, (cell.value for cell in row), strict=True)) for row in rows]


def headings(sheet: Worksheet) -> list[str]:
    """Without that of the hidden column by which the rows are known when the file comes back."""
    return [str(cell.value) for cell in sheet[4] if not str(cell.value).startswith(MARK)]


def row_of(**values: Any) -> LedgerRow:
    blank = LedgerRow(
        measure_id=1, area_number=1, area="Area", issue_number=1, issue="Issue", number=1, text="Text", goal="",
        lead_leader="", lead_department="", assisting="", original_deadline=None, deadline=None, phase="concentrated",
        nature="dated", is_key=False, status="in_progress", light="none", percent=0, progress="", difficulty="",
        next_step="", evidence=0, recheck_on=None, closed_on=None,
    )  # fmt: skip
    return replace(blank, **values)


def drawn(world: World, *rows: LedgerRow) -> Worksheet:
    meta = Meta("ledger", "Rectification ledger", world.campaign, world.day(20), "Measures 4")
    file = BytesIO()
    assert list_workbook(file, LEDGER, rows, meta) == len(rows)
    return opened(file.getvalue())


def test_ledger_rows_tell_each_measure_as_of_the_day(past: World) -> None:
    first = factories.close(past, factories.ready(past, past.measures[1]))
    rows = list(ledger_rows(Measure.objects.filter(campaign=past.campaign), past.campaign, past.day(20)))
    assert [row.number for row in rows] == [1, 2, 3, 4]
    assert rows[1] == row_of(
        measure_id=first.pk, area="Area 1", issue="Issue 1", number=2, text="Measure 2", goal="All of it",
        lead_leader="Leader", lead_department="Department a", assisting="Department b",
        original_deadline=past.day(100), deadline=past.day(100), status=MeasureStatus.CLOSED, percent=100,
        progress="Done by day 5", next_step="More", evidence=1, closed_on=past.day(9),
    )  # fmt: skip


def test_ledger_rows_of_a_past_day_know_nothing_of_what_came_later(past: World) -> None:
    factories.close(past, factories.ready(past, past.measures[0]))
    before = list(ledger_rows(Measure.objects.filter(campaign=past.campaign), past.campaign, past.day(4)))
    assert (before[0].status, before[0].progress, before[0].evidence, before[0].percent) == ("not_started", "", 0, 0)


def test_ledger_rows_after_the_deadline_are_red(past: World) -> None:
    rows = ledger_rows(Measure.objects.filter(campaign=past.campaign), past.campaign, past.day(101))
    assert [row.light for row in rows] == [Light.RED, Light.RED, Light.RED, Light.NONE]


def test_ledger_rows_take_rows_of_the_day_that_a_page_has_filtered(past: World) -> None:
    rows = Measure.objects.at(past.day(1)).filter(lead_department_id=past.b.pk)
    assert [row.number for row in ledger_rows(rows, past.campaign, past.day(1))] == [3]


def test_ledger_rows_cost_the_same_queries_for_few_and_many(past: World, django_assert_num_queries: Any) -> None:
    measures = Measure.objects.filter(campaign=past.campaign)
    with django_assert_num_queries(14):
        assert len(list(ledger_rows(measures, past.campaign, past.day(20)))) == 4
    factories.measures(past, 10)
    with django_assert_num_queries(14):
        assert len(list(ledger_rows(measures, past.campaign, past.day(20)))) == 14


def test_names_on_a_day_are_those_of_that_day(past: World) -> None:
    past.a.name = "Renamed"
    store(past.a, by=None, at=past.at(10))
    assert names_on(type(past.a), [past.a.pk, None], past.day(9)) == {past.a.pk: "Department a"}
    assert names_on(type(past.a), [past.a.pk], past.day(10)) == {past.a.pk: "Renamed"}
    assert names_on(User, [past.leader.pk], date(2020, 1, 1)) == {past.leader.pk: "Leader"}


def test_ledger_file_says_whose_it_is_and_of_which_day(past: World) -> None:
    sheet = ledger(past, past.day(20))
    assert sheet["A1"].value == "Inspection – Rectification ledger"
    assert sheet["A2"].value == "Unit: Department gy"
    assert str(sheet["M2"].value).startswith("As of March 23, 2025")
    assert sheet["A3"].value == (
        "Measures 4: not started 4, in progress 0, waiting for closure 0, closed 0 (0%); overdue 0, "
        "re-checks missed 0, due soon 0"
    )
    assert headings(sheet) == [str(column.heading) for column in LEDGER]


def test_ledger_file_carries_its_kind_for_the_way_back(past: World) -> None:
    content = export("ledger", figures.scope_of(past.campaign, None), past.day(20)).content
    properties = load_workbook(BytesIO(content)).custom_doc_props
    assert {p.name: p.value for p in properties.props if p.name != "rectify-made-at"} == {
        "rectify-kind": "ledger",
        "rectify-campaign": past.campaign.slug,
        "rectify-on": "2025-03-23",
    }
    assert datetime.fromisoformat(properties["rectify-made-at"].value).tzinfo is not None


def test_ledger_file_merges_areas_and_issues(past: World) -> None:
    sheet = ledger(past, past.day(20))
    body = sorted(str(area) for area in sheet.merged_cells.ranges if area.min_row > 4)
    assert body == ["A5:A7", "B5:B7", "C5:C6", "D5:D6"]
    assert [(row["Area"], row["Issue no."], row["Measure no."]) for row in table(sheet)] == [
        ("Area 1", 1, 1),
        (None, None, 2),
        (None, 2, 3),
        ("Area 2", 3, 4),
    ]


def test_ledger_file_prints_on_a3_with_its_headings_on_every_page(past: World) -> None:
    sheet = ledger(past, past.day(20))
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (8, "landscape")
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$4:$4"
    assert sheet.print_area == "'Rectification ledger'!$A$1:$X$8"
    assert sheet.oddFooter.center.text == "Page &P of &N"
    assert sheet.freeze_panes == "F5"
    assert [row for row in sheet.row_dimensions.values() if row.hidden] == []
    assert [name for name, column in sheet.column_dimensions.items() if column.hidden] == ["Y"]  # the keys


def test_ledger_file_holds_real_dates_and_numbers(past: World) -> None:
    sheet = ledger(past, past.day(20))
    deadline = sheet.cell(5, at("Deadline"))
    percent = sheet.cell(5, at("Progress, %"))
    assert (deadline.value, deadline.number_format) == (datetime(2025, 6, 11), "yyyy-mm-dd")
    assert (percent.value, percent.data_type, percent.alignment.horizontal) == (0, "n", "right")
    assert sheet.cell(5, at("Measure")).alignment.wrap_text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("x")'])
def test_ledger_file_makes_no_formula_of_text(past: World, text: str) -> None:
    cell = drawn(past, row_of(text=text)).cell(5, at("Measure"))
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


def test_ledger_file_drops_control_characters_and_what_no_cell_can_hold(past: World) -> None:
    sheet = drawn(past, row_of(text="a\x00b\x0bc\r\nd", goal="x" * 40_000))
    assert table(sheet)[0]["Measure"] == "abc\nd"
    assert len(table(sheet)[0]["Goal"]) == 32_767


def test_ledger_file_makes_room_for_long_texts(past: World) -> None:
    long, longest = "整改" * 60, "改" * 3000
    sheet = drawn(past, row_of(), row_of(number=2, text=long), row_of(issue_number=2, number=3, text=longest))
    heights = [sheet.row_dimensions[number].height for number in (5, 6, 7)]
    assert heights[0] < 80
    assert 100 < heights[1] < 200
    assert heights[2] == TALLEST


def test_ledger_file_makes_room_for_a_long_issue_beside_short_measures(past: World) -> None:
    sheet = drawn(past, row_of(issue="问题" * 60), row_of(number=2, issue="问题" * 60))
    assert sheet.row_dimensions[5].height + sheet.row_dimensions[6].height > 200


def test_ledger_file_of_few_columns_fills_its_page_with_lower_rows(past: World) -> None:
    def height(columns: Sequence[Column]) -> float:
        meta, file = Meta("ledger", "Rectification ledger", past.campaign, past.day(20)), BytesIO()
        list_workbook(file, columns, [row_of(text="整改" * 60)], meta)
        return float(opened(file.getvalue()).row_dimensions[5].height)

    few = [column for column in LEDGER if column.name in ("number", "text", "status")]
    assert (height(LEDGER), height(few)) == (LINE * 9 + 6, LINE * 2 + 6)
    assert sum(column.width for column in spread(few)) == pytest.approx(ACROSS)
    assert spread(few[:1]) == few[:1]  # no long text, nothing to widen
    assert spread(LEDGER) == list(LEDGER)


def test_ledger_file_keeps_numbers_off_the_text_beside_them(past: World) -> None:
    sheet = opened(export("issues", figures.scope_of(past.campaign, None), past.day(20)).content)
    closed = sheet.cell(5, 1 + headings(sheet).index("Closed"))
    assert (closed.value, closed.alignment.horizontal, closed.number_format) == (0, "right", "0_0")


def test_ledger_file_makes_room_for_many_filters(past: World) -> None:
    only = {"only": ["number", "percent"], "filters": "状态=整改中；编号或关键词=执行"}
    sheet = ledger(past, past.day(20), **only)
    assert sheet["A3"].value == "Filter: 状态=整改中；编号或关键词=执行"
    assert sheet["A3"].alignment.wrap_text
    assert sheet.row_dimensions[3].height > 3 * LINE


def test_text_width_counts_chinese_twice() -> None:
    assert text_width("整改ab（1）") == 4 + 2 + 2 + 1 + 2


def test_ledger_file_without_rows_says_so(past: World) -> None:
    sheet = drawn(past)
    assert sheet["A5"].value == "No rows."
    assert sheet.print_area.endswith("$A$1:$X$5")


def test_ledger_file_in_chinese_and_in_english(past: World) -> None:
    factories.measure_at(MeasureStatus.IN_PROGRESS, past, row=past.measures[0])
    assert table(ledger(past, past.day(20)))[0]["Status"] == "in progress"
    with translation.override("zh-hans"):
        chinese = table(ledger(past, past.day(20)))[0]
        assert chinese[str(LEDGER[15].heading)] == str(MeasureStatus.IN_PROGRESS.label)


def test_export_shows_what_the_user_sees(past: World) -> None:
    def numbers(user: User) -> list[int]:
        sheet = opened(export("ledger", figures.scope_of(past.campaign, user), past.day(20)).content)
        return [row["Measure no."] for row in table(sheet) if row["Measure no."]]

    assert numbers(past.office) == [1, 2, 3, 4]
    assert numbers(past.liaison_b) == [2, 3]
    assert numbers(past.auditor) == []


def test_export_of_a_narrower_choice_counts_only_that(past: World) -> None:
    scope = figures.scope_of(past.campaign, None)
    narrow = replace(scope, measures=scope.measures.filter(number__gt=2))
    exported = export("ledger", narrow, past.day(20))
    assert exported.rows == 2
    assert str(opened(exported.content)["A3"].value).startswith("Measures 2:")


@pytest.mark.parametrize(
    ("options", "end"),
    [
        ({}, ""),
        ({"is_flat": True}, "_flat"),
        ({"is_flat": True, "only": ["number", "text"], "filters": "status=closed"}, "_flat_some columns_filtered"),
    ],
)
def test_name_of_a_file_tells_it_from_the_whole_list(past: World, options: dict[str, Any], end: str) -> None:
    exported = export("ledger", figures.scope_of(past.campaign, None), past.day(20), **options)
    assert exported.filename == f"Rectification ledger_{past.campaign.slug}_{past.day(20)}{end}.xlsx"


def test_several_numbers_are_broken_after_a_divider() -> None:
    assert broken("7、8、9、10、118", 8) == "7、8、\n9、10、\n118"
    assert broken("7, 8, 118", 6) == "7, 8,\n118"
    assert broken("", 6) == ""


def test_export_after_the_campaign_was_closed_is_that_of_its_last_day(past: World) -> None:
    past.campaign.closed_on = past.day(30)
    exported = export("ledger", figures.scope_of(past.campaign, None), past.day(90))
    assert exported.filename == f"Rectification ledger_{past.campaign.slug}_2025-04-02.xlsx"


@pytest.fixture
def full(past: World) -> World:
    """A campaign with one of everything."""
    factories.hang_all(past, past.measures[0])
    return past


@pytest.mark.parametrize(
    ("kind", "first", "count"),
    [
        ("issues", {"Kind": "issue", "Issue no.": 1, "Area": "Area 1", "Issue": "Issue 1", "Measures": 2, "Closed": 0,
                    "State": "under rectification", "Measures no.": "1, 2", "Lead departments": "Department a",
                    "The feedback's own words": "Words 1"}, 3),
        ("tasks", {"Measure no.": 1, "Measure": "Measure 1", "Issue no.": 1, "Goal": "All of it"}, 4),
        ("responsibility", {"Lead leader": "Leader", "Lead department": "Department a", "Heads": "Head A",
                            "Liaisons": "Liaison A", "Measure no.": 1}, 4),
        ("rules", {"No.": 1, "Title": "Rule 1", "Document number": "No. 1", "Kind": "rule", "Measures no.": "1",
                   "New or amended": "new", "Drafted by": "Department a", "In force": "yes",
                   "Out of force from": None, "Amends or repeals": None, "Use checked on": None}, 1),
        ("notices", {"Number": "〔2025〕1", "Addressed to": "Department a", "Measure no.": 1, "What is asked": "Hurry",
                     "Status": "issued", "Colour": "yellow"}, 1),
        ("evidence", {"No.": 1, "Measure no.": 1, "Title": "Minutes", "File name": "minutes.txt", "Size, bytes": 5,
                      "Uploaded by": "Liaison A"}, 1),
    ],
)  # fmt: skip
def test_export_of_every_other_kind(full: World, kind: str, first: dict[str, Any], count: int) -> None:
    exported = export(kind, figures.scope_of(full.campaign, None), full.day(20))
    sheet = opened(exported.content)
    rows = table(sheet)
    assert (exported.rows, len(rows)) == (count, count)
    assert {name: rows[0][name] for name in first} == first
    assert sheet.auto_filter.ref == f"A4:{get_column_letter(sheet.max_column)}{sheet.max_row}"
    assert [str(area) for area in sheet.merged_cells.ranges if area.min_row > 4] == []


def test_recommendations_stand_after_the_issues_with_the_measures_that_answer_them(past: World) -> None:
    factories.plan.add_recommendation(
        past.campaign, number=1, title="Do more", answers=[past.measures[3]], by=past.office, at=past.at(1)
    )
    last = table(opened(export("issues", figures.scope_of(past.campaign, None), past.day(20)).content))[-1]
    assert (last["Kind"], last["Measures no."], last["State"]) == ("recommendation", "4", None)


def test_notices_are_those_that_the_user_sees(full: World) -> None:
    scope = figures.scope_of(full.campaign, full.head_a)
    assert export("notices", scope, full.day(20)).rows == 1
    assert export("notices", figures.scope_of(full.campaign, full.head_b), full.day(20)).rows == 0


@pytest.mark.parametrize("kind", KINDS)
def test_synonyms_name_one_column_of_a_list_only(kind: str) -> None:
    names = [name for column in KINDS[kind].columns for name in column.synonyms]
    assert sorted(names) == sorted(set(names))


def test_rules_say_what_they_replace_and_how_they_are_used(past: World) -> None:
    given = {"by": past.office, "kind": "rule", "serves": [], "department": past.a}
    old = document.record_document(past.campaign, title="Old", action="new", issued_on=past.day(4), at=past.at(4),
                                   **given)  # fmt: skip
    new = document.record_document(past.campaign, title="New", action="amended", issued_on=past.day(10), replaces=old,
                                   at=past.at(10), **given)  # fmt: skip
    document.check_use(new, on=past.day(11), finding="Used", next_on=past.day(40), by=past.office, at=past.at(12))
    names = ("Title", "In force", "Out of force from", "Amends or repeals", "Use checked on", "How the rule is used")

    def listed(day: int) -> list[tuple]:
        exported = export("rules", figures.scope_of(past.campaign, None), past.day(day))
        rows = [[row[name] for name in names] for row in table(opened(exported.content))]
        return [tuple(cell.date() if isinstance(cell, datetime) else cell for cell in row) for row in rows]

    assert listed(9) == [("Old", "yes", None, None, None, None)]
    assert listed(12) == [
        ("Old", None, past.day(10), None, None, None), ("New", "yes", None, "Old", past.day(11), "Used"),
    ]  # fmt: skip


def test_superseded_evidence_is_left_out_from_the_day_of_its_revision(past: World) -> None:
    proof = factories.ready(past, past.measures[0]).evidence.get()
    evidence.replace_evidence(
        proof, by=past.liaison_a, at=past.at(12), title="Signed", filename="s.txt", content_type="text/plain", size=1,
        sha256="0", file=ContentFile(b"s", name="s.txt"),
    )  # fmt: skip
    scope = figures.scope_of(past.campaign, None)

    def listed(day: int) -> list[str]:
        return [row["Title"] for row in table(opened(export("evidence", scope, past.day(day)).content))]

    assert (listed(11), listed(12)) == (["Minutes"], ["Signed"])
    for day in (11, 12):
        assert [row.evidence for row in ledger_rows(scope.measures, scope.campaign, past.day(day))] == [1, 0, 0, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_columns_know_their_own_chinese_heading(kind: str) -> None:
    with translation.override("zh-hans"):
        unknown = [c.name for c in KINDS[kind].columns if str(c.heading) not in c.synonyms]
    assert unknown == []


def test_column_turns_codes_and_flags_into_words() -> None:
    nature = Column("nature", "Nature", choices=Nature).reader()
    key = next(column for column in LEDGER if column.name == "is_key").reader()
    assert nature(row_of(nature="standing")) == "standing"
    assert nature(row_of(nature="")) == ""
    assert (key(row_of(is_key=True)), key(row_of())) == ("yes", "")


def test_long_list_is_flat_and_does_not_come_back(past: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("findings.documents.export.MOST_MERGED", 3)
    told: list[tuple[int, int]] = []
    file = BytesIO()
    scope = figures.scope_of(past.campaign, None)
    drawn = draw(file, "ledger", scope, past.day(20), progress=lambda done, total: told.append((done, total)))
    sheet = opened(file.getvalue())
    assert (drawn.rows, told) == (4, [(4, 4)])
    assert [row["Area"] for row in table(sheet)] == ["Area 1", "Area 1", "Area 1", "Area 2"]
    assert sheet.max_column == len(LEDGER)
    assert str(sheet["A3"].value).endswith(
        "Flat list: nothing is merged, each row names its area and its issue.　"
        "It has more than 3 rows and cannot be imported again."
    )


def test_longest_formatted_list_is_what_an_import_reads() -> None:
    assert LIMITS.rows == MOST_MERGED + HEAD_ROWS + 1  # the line of the filters


def test_rows_are_read_in_pieces_in_their_order(past: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("findings.documents.ledger.BATCH", 3)
    monkeypatch.setattr("findings.documents.workbook.GROUP", 3)
    exported = export("tasks", figures.scope_of(past.campaign, None), past.day(20))
    assert [row["Measure no."] for row in table(opened(exported.content))] == [1, 2, 3, 4]


def test_ledger_file_that_cannot_be_finished_is_told(past: World) -> None:
    def broken() -> Iterator[LedgerRow]:
        yield row_of()
        raise ValueError("broken")

    meta = Meta("ledger", "Rectification ledger", past.campaign, past.day(20))
    with pytest.raises(ValueError, match="broken"):
        list_workbook(BytesIO(), LEDGER, broken(), meta)


def test_progress_is_that_of_the_lead_since_the_last_closing(past: World) -> None:
    """What the report in words tells as done, and nothing else."""
    relapsed, helped = past.measures[0], past.measures[1]  # the second is led by a and assisted by b
    factories.reopened(past, row=factories.measure_at(MeasureStatus.CLOSED, past, row=relapsed), day=12)
    period = period_to_report(helped, past.b.pk, on=past.day(5))
    assert period is not None
    values = ProgressValues("Helped", 10)
    update = submit_progress(
        helped, by=past.head_b, values=values, department=past.b, period=period, at=past.at(5)
    )  # fmt: skip
    accept_progress(update, by=past.office, at=past.at(6))

    def told(day: int) -> list[str]:
        rows = ledger_rows(Measure.objects.filter(campaign=past.campaign), past.campaign, past.day(day))
        return [row.progress for row in rows][:2]

    assert told(11) == ["Done by day 5", ""]
    assert told(20) == ["", ""]
    factories.mended(past, relapsed, day=32)
    assert told(40) == ["Done by day 32", ""]
