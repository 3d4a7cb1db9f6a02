"""The working-day calendar: shown to everybody, kept by the office after a rehearsal."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.tracked import create
from findings import dates
from findings.choices import MeasureStatus
from findings.models import CalendarDay, CalendarYear
from findings.tests import factories
from findings.tests.factories import World, fresh, last_entry
from findings.tests.pages import get, queries
from findings.workflow import calendar, progress, supervision

PAGE, YEAR = "/calendar-days/", "/calendar-days/2027/"
TEXT = "一、元旦：1月1日（周五）至3日（周日）放假，共3天。1月9日（周六）上班。"
SENT = {"version": "0", "notice": "国办发明电〔2026〕7号", "text": TEXT, "is_read": "on"}


def post(client: Client, user: Any, values: dict[str, Any], path: str = YEAR) -> Any:
    client.force_login(user)
    return client.post(path, values)


def errors(response: Any) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


# --- Who and how -------------------------------------------------------------------------------------------


def test_everybody_reads_and_the_office_keeps(client: Client, world: World) -> None:
    people = world.everybody()

    assert {get(client, user, PAGE).status_code for user in people.values()} == {200}
    may = {name for name, user in people.items() if get(client, user, YEAR).status_code == 200}
    assert may == {"office", "stranger"}
    assert {post(client, user, SENT).status_code for name, user in people.items() if name not in may} == {403}


@pytest.mark.parametrize(("method", "path"), [("post", PAGE), ("put", YEAR), ("delete", YEAR)])
def test_wrong_methods(client: Client, world: World, method: str, path: str) -> None:
    client.force_login(world.office)

    assert getattr(client, method)(path).status_code == 405


@pytest.mark.parametrize("path", ["/calendar-days/1989/", "/calendar-days/2100/", "/calendar-days/99999999999/"])
def test_years_that_the_ledger_does_not_know(client: Client, world: World, path: str) -> None:
    assert get(client, world.office, path).status_code == 404


# --- The year ----------------------------------------------------------------------------------------------


def test_a_year_without_a_table_says_so(client: Client, world: World) -> None:
    page = get(client, world.liaison_a, PAGE)

    assert page.context["year"] == dates.today().year
    assert page.context["row"] is None
    assert "every date counted in it is marked as estimated" in page.content.decode()
    assert "Take in the notice" not in page.content.decode()


def test_a_year_is_shown_month_by_month(client: Client, world: World) -> None:
    post(client, world.office, SENT | {"note": "published", "keep": "1"})

    context = get(client, world.liaison_a, f"{PAGE}?year=2027").context

    january = context["months"][0]["weeks"]
    assert [[cell and cell["number"] for cell in week] for week in january[:2]] == [
        [None, None, None, None, 1, 2, 3], [4, 5, 6, 7, 8, 9, 10]
    ]  # fmt: skip
    marks = {cell["number"]: (cell["is_holiday"], cell["is_made_up"], cell["is_weekend"])
             for week in january[:2] for cell in week if cell}  # fmt: skip
    assert [marks[n] for n in (1, 2, 4, 9)] == [
        (True, False, False), (False, False, True), (False, False, False), (False, True, False)
    ]  # fmt: skip
    assert context["differing"] == [
        {"day": date(2027, 1, 1), "is_working": False, "name": "元旦"},
        {"day": date(2027, 1, 9), "is_working": True, "name": "调休上班"},
    ]
    assert context["working"] == 261
    assert context["row"].notice == SENT["notice"]


@pytest.mark.parametrize("query", ["?year=abcd", "?year=1500", "?year=20267", "?year=%00"])
def test_a_year_that_is_none_shows_the_present_one(client: Client, world: World, query: str) -> None:
    assert get(client, world.office, PAGE + query).context["year"] == dates.today().year


def test_more_years_cost_no_more_queries(client: Client, world: World) -> None:
    create(CalendarYear, year=2020, by=None)
    few = queries(client, world.office, PAGE)
    for year in range(2021, 2026):
        create(CalendarYear, year=year, by=None)

    assert queries(client, world.office, PAGE) == few


# --- Taking a notice in ------------------------------------------------------------------------------------


def test_a_rehearsal_shows_the_days_and_writes_nothing(client: Client, world: World) -> None:
    page = post(client, world.office, SENT)

    outlook = page.context["outlook"]
    assert page.status_code == 200
    assert [(row.day, row.is_working) for row in outlook.changed] == [
        (date(2027, 1, 1), False), (date(2027, 1, 9), True)
    ]  # fmt: skip
    assert 'name="keep"' in page.content.decode()
    assert not CalendarYear.objects.exists()
    assert not CalendarDay.objects.exists()


def test_what_was_rehearsed_is_taken_in_with_its_reason(client: Client, world: World) -> None:
    page = post(client, world.office, SENT | {"note": "published on 4 November", "keep": "1"})

    assert (page.status_code, page["Location"]) == (302, f"{PAGE}?year=2027")
    row = CalendarYear.objects.get()
    assert (row.year, row.notice) == (2027, SENT["notice"])
    assert last_entry(row)[:2] == (world.office, "published on 4 November")
    assert (
        "2 days are other ones than before, 0 open dates were counted again"
        in client.get(page["Location"]).content.decode()
    )


def test_holidays_that_were_not_read_are_named_and_to_be_confirmed(client: Client, world: World) -> None:
    sent = SENT | {"is_read": "", "text": f"{TEXT}\n六、国庆节、中秋节：10月1日（周五）放假。", "note": "x"}

    page = post(client, world.office, sent)
    assert page.context["form"].read.missing == ["春节", "清明", "劳动", "端午"]
    assert "春节、清明、劳动、端午" in page.content.decode()

    kept = post(client, world.office, sent | {"keep": "1"})
    assert (kept.status_code, list(errors(kept))) == (422, ["is_read"])
    assert not CalendarYear.objects.exists()


def test_moved_dates_are_told_before_and_after(client: Client, world: World, english: None) -> None:
    today = dates.today()
    progress.open_periods(world.campaign, on=today)
    period = world.campaign.periods.order_by("-starts_on").first()
    off = dates.working_day_from(period.ends_on + timedelta(days=1), {})
    rows = f"日期,是否上班,名称\n{off.isoformat()},否,假"
    path, values = f"/calendar-days/{dates.notice_year(off)}/", SENT | {"text": rows}

    before = post(client, world.office, values, path)

    moved = [str(row) for row in before.context["outlook"].moved if row.code == period.code]
    foreign = post(client, world.stranger, values, path).context
    assert (foreign["moved"], foreign["others"]) == ([], len(before.context["moved"]))
    assert moved[0] == f"{world.campaign} {period.code}: due {period.due_on} → {before.context['moved'][0].after}"
    after = post(client, world.office, values | {"note": "x", "keep": "1"}, path)
    assert fresh(period).due_on > period.due_on
    told = client.get(after["Location"]).content.decode()
    assert all(line in told for line in moved)


def test_notices_with_a_counted_day_are_told(client: Client, world: World) -> None:
    today = dates.today()
    due = dates.working_day_after(today, 5, {})
    values = {"department": world.a, "colour": "yellow", "text": "Please reply."}
    supervision.draft_notice(world.campaign, due_on=due, by=world.office, **values)
    rows = f"日期,是否上班,名称\n{due.isoformat()},否,假"

    path = f"/calendar-days/{dates.notice_year(due)}/"
    page = post(client, world.office, SENT | {"text": rows, "note": "x", "keep": "1"}, path)

    assert (
        f"is due on {due.isoformat()}, which was counted by the old table"
        in client.get(page["Location"]).content.decode()
    )


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"text": ""}, "text", "Paste the text of the notice, or choose a table."),
        ({"text": "1月1日（周一）放假"}, "text", "2027-01-01 is a 周五, and the text says 周一."),
        ({"text": "hello"}, "text", "No day was found that is off or made up; is this the notice of 2027?"),
        ({"keep": "1"}, "note", "Please give a reason."),
        ({"keep": "1", "note": "x", "text": f"{TEXT}鼓励在1月4日休息。", "is_read": ""}, "is_read",
         "Not all was understood or read; please check it and say so."),
        ({"text": "", "file": SimpleUploadedFile("a.pdf", b"%PDF")}, "file",
         "Only .xlsx workbooks are read: save the file as an Excel workbook first."),
        ({"file": SimpleUploadedFile("a.csv", b"1" * (2 * 1024 * 1024 + 1))}, "file",
         "The file is larger than 2 MB: split it."),
        ({"text": f"元旦：1月1日放假，共{'9' * 5000}天。"}, "text",
         "No day was found that is off or made up; is this the notice of 2027?"),
        ({"text": "", "file": SimpleUploadedFile("a.csv", b"date,day,name\n" + b"x" * 131_073)}, "file",
         "The file holds more than 20,000 characters: leave only the year's days in it."),
        ({"text": "", "file": SimpleUploadedFile("a.txt", b"9" * 80_000)}, "file",
         "The file holds more than 20,000 characters: leave only the year's days in it."),
    ],
)  # fmt: skip
def test_refusals(client: Client, world: World, values: dict[str, Any], field: str, sentence: str) -> None:
    page = post(client, world.office, SENT | values)

    assert page.status_code == 422
    assert errors(page)[field] == [sentence]
    assert not CalendarYear.objects.exists()


def test_sentences_that_were_read_do_not_stand_in_the_way(client: Client, world: World) -> None:
    sent = SENT | {"text": f"{TEXT}鼓励在1月4日休息。", "note": "x", "keep": "1", "is_read": "on"}

    assert post(client, world.office, sent).status_code == 302


def test_a_table_that_is_uploaded_stands_in_the_form_as_text(client: Client, world: World) -> None:
    file = SimpleUploadedFile("days.csv", "日期,是否上班,名称\n2027-01-01,否,元旦\n".encode("gb18030"))

    page = post(client, world.office, SENT | {"text": "", "file": file})

    assert page.status_code == 200
    assert list(page.context["form"].read.days) == [date(2027, 1, 1)]
    assert "2027-01-01,否,元旦" in page.content.decode()


def test_two_who_take_the_same_year_in(client: Client, world: World) -> None:
    days = {date(2027, 1, 1): (False, "元旦")}
    calendar.keep_year(2027, days, notice="the other one", by=world.stranger, note="x")
    sent = SENT | {"note": "x", "keep": "1"}

    page = post(client, world.office, sent)

    assert page.status_code == 409
    assert "the other one" in page.content.decode()
    assert CalendarYear.objects.get().notice == "the other one"
    assert post(client, world.office, sent | {"version": "1"}).status_code == 302
    again = get(client, world.office, YEAR)
    assert again.context["form"].initial == {"version": 2, "notice": SENT["notice"]}


# --- The mark and the counted days on other pages ----------------------------------------------------------


def test_counted_dates_bear_their_mark_until_the_year_has_a_table(client: Client, world: World) -> None:
    progress.open_periods(world.campaign, on=dates.today())
    period = world.campaign.periods.order_by("-starts_on").first()
    slug = world.campaign.slug
    values = {"department": world.a, "colour": "yellow", "text": "Please reply.", "due_on": dates.today()}
    values["due_on"] += timedelta(days=9)
    notice = supervision.draft_notice(world.campaign, by=world.office, **values)
    paths = [f"/campaigns/{slug}/periods/", f"/campaigns/{slug}/periods/{period.code}/", f"/campaigns/{slug}/",
             f"/notices/{notice.pk}/"]  # fmt: skip

    before = [get(client, world.office, path).content.decode().count('class="guess"') for path in paths]
    for year in range(dates.today().year - 1, dates.today().year + 2):
        create(CalendarYear, year=year, by=None)
    after = [get(client, world.office, path).content.decode() for path in paths]

    assert all(before)
    assert [text.count('class="guess"') for text in after] == [0, 0, 0, 0]
    assert [text.count('class="counted"') for text in after] == [0, 2, 1, 1]


def test_due_day_of_a_period_bears_its_mark_where_people_work_on_it(client: Client, world: World) -> None:
    progress.open_periods(world.campaign, on=dates.today())
    row = factories.measure_at(MeasureStatus.IN_PROGRESS, world, row=world.measures[0])
    paths = {"/": world.head_a, f"/measures/{row.pk}/steps/fill_progress/": world.liaison_a, "/reports/": world.office}

    before = [get(client, user, path).content.decode().count('class="guess"') for path, user in paths.items()]
    for year in range(dates.today().year - 1, dates.today().year + 2):
        create(CalendarYear, year=year, by=None)
    after = [get(client, user, path).content.decode().count('class="guess"') for path, user in paths.items()]

    assert all(before)
    assert after == [0, 0, 0]
