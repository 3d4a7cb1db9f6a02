"""A year's notice read: sentences as they are published, tables, and what contradicts itself."""

from datetime import date, timedelta
from io import BytesIO
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.chart import BarChart

from accounts.spreadsheets import Unreadable
from findings.dates import notice_days
from findings.documents.holidays import MAKE_UP, Read, read_notice, text_of_file

pytestmark = pytest.mark.usefixtures("english")

NOTICE_2026 = """国务院办公厅关于2026年部分节假日安排的通知
国办发明电〔2025〕7号
经国务院批准，现将2026年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫等工作。
国务院办公厅
2025年11月4日
"""


def off(found: Read) -> list[str]:
    return [f"{day:%m-%d}" for day, fact in found.days.items() if not fact[0]]


def worked(found: Read) -> list[str]:
    return [f"{day:%m-%d}" for day, fact in found.days.items() if fact[0]]


def test_a_whole_notice_as_it_was_published() -> None:
    found = read_notice(NOTICE_2026, 2026)

    assert off(found) == [
        "01-01", "01-02", "02-16", "02-17", "02-18", "02-19", "02-20", "02-23", "04-06", "05-01", "05-04", "05-05",
        "06-19", "09-25", "10-01", "10-02", "10-05", "10-06", "10-07",
    ]  # fmt: skip
    assert worked(found) == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]
    assert (found.missing, found.needs_word) == ([], False)
    assert found.days[date(2026, 2, 16)] == (False, "春节")
    assert found.days[date(2026, 2, 28)] == (True, MAKE_UP)
    assert found.problems == []
    assert found.matters == []
    assert [row.text for row in found.unread][-2:] == ["国务院办公厅", "2025年11月4日"]


@pytest.mark.parametrize(
    ("year", "text", "rest", "work"),
    [
        (2025, "元旦：1月1日（周三）放假1天，不调休。", ["01-01"], []),
        (2024, "一、元旦：1月1日放假，与周末连休。", ["01-01"], []),
        (2023, "元旦：2022年12月31日至2023年1月2日放假调休，共3天。", ["01-02"], []),
        (2023, "元旦：12月31日至1月2日放假调休，共3天。", ["01-02"], []),
        (2019, "元旦：2018年12月30日至2019年1月1日放假调休，共3天。2018年12月29日（星期六）上班。",
         ["12-31", "01-01"], ["12-29"]),
        (2020, "春节：1月24日至30日放假调休，共7天。1月19日（星期日）、2月1日（星期六）上班。",
         ["01-24", "01-27", "01-28", "01-29", "01-30"], ["01-19", "02-01"]),
        (2023, "劳动节：4月29日至5月3日放假调休，共5天。4月23日（星期日）、5月6日（星期六）正常上班。",
         ["05-01", "05-02", "05-03"], ["04-23", "05-06"]),
        (2014, "清明节：4月5日放假，4月7日（星期一）补休。", ["04-07"], []),
        (2025, "3. 国庆节、中秋节: 10月1日(周三)—8日(周三)放假(共8天)；9月28日、10月11日照常上班！",
         ["10-01", "10-02", "10-03", "10-06", "10-07", "10-08"], ["09-28", "10-11"]),
        (2026, "自2026年5月1日（星期五）起放假", [], []),
        (2026, "５月１日放假", ["05-01"], []),
        (2026, "12月3日放假。12月31日放假", ["12-31", "12-03"], []),
    ],
)  # fmt: skip
def test_usual_wordings(year: int, text: str, rest: list[str], work: list[str]) -> None:
    found = read_notice(text, year)

    assert (off(found), worked(found)) == (rest, work)
    assert found.problems == ([] if rest else ["No day was found that is off or made up; is this the notice of 2026?"])


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("元旦：1月1日（周五）至3日（周六）放假，共3天。", ["2026-01-01 is a 周四, and the text says 周五."]),
        ("元旦：1月1日至3日放假，共4天。", ["元旦: the text says 4 days, and its days are 3."]),
        ("1月1日放假2天。", ["1月1日放假2天: the text says 2 days, and its days are 1."]),
        ("元旦：1月1日至3日放假。1月2日上班。", ["2026-01-02 is said to be off and to be worked."]),
        ("元旦：2027年1月1日放假。", ["2027-01-01 does not belong to the notice of 2026."]),
        ("2027年部分节假日安排。元旦：1月1日放假。", ["The text is about 2027, and 2026 is wanted."]),
        ("日期,名称\n2026-01-01,元旦", ["A table needs the headings 日期 and 是否上班."]),
        ("日期,是否上班\n一月一日,否\n2026-01-02,也许",
         ["Row 2: “一月一日” is not a day; write it as 2027-01-01.", "Row 3: 是否上班 must be 是 or 否."]),
        ("今天天气不错", ["No day was found that is off or made up; is this the notice of 2026?"]),
    ],
)  # fmt: skip
def test_contradictions_are_named(text: str, problems: list[str]) -> None:
    assert read_notice(text, 2026).problems == problems


@pytest.mark.parametrize(
    "text",
    [
        "元旦：1月3日至1日放假。",
        "元旦：13月1日放假。",
        "元旦：2月30日放假。",
        "元旦：1日放假。",
        "1月1日至6月1日放假。",
    ],
)
def test_what_is_no_span_of_days_is_named(text: str) -> None:
    found = read_notice(text, 2026)

    assert found.days == {}
    assert found.matters != []


def test_sentences_that_are_not_understood_are_handed_back() -> None:
    found = read_notice(
        "元旦：1月1日放假1天。鼓励安排职工在除夕（2月9日）休息。请遵照执行。1月4日上班或者休息。5日、放假。1月5日、放假",
        2026,
    )

    assert off(found) == ["01-01"]
    assert worked(found) == []
    assert [(row.text, row.matters) for row in found.unread] == [
        ("鼓励安排职工在除夕（2月9日）休息", True), ("请遵照执行", False), ("1月4日上班或者休息", True),
        ("5日、放假", True), ("1月5日、放假", True),
    ]  # fmt: skip


# --- Tables ------------------------------------------------------------------------------------------------

ROWS = [
    ("日期", "是否上班", "名称"),
    ("2027-01-01", "否", "元旦"),
    ("2027/1/2", "休", "元旦"),
    ("2027年1月3日", "是", ""),
]


def test_a_table_of_days() -> None:
    expected = {date(2027, 1, 1): (False, "元旦"), date(2027, 1, 3): (True, MAKE_UP)}

    for mark in "\t,":
        text = "\r\n".join(["", *(mark.join(row) for row in ROWS), mark * 2])
        assert read_notice(text, 2027).days == expected
    book, stream = Workbook(), BytesIO()
    for row in ROWS:
        book.active.append([date(2027, 1, 1) if cell == "2027-01-01" else cell for cell in row])
    book.save(stream)
    assert read_notice(text_of_file("days.xlsx", stream.getvalue()), 2027).days == expected


@pytest.mark.parametrize("spelling", ["utf-8-sig", "gb18030"])
def test_a_csv_file_in_either_spelling(spelling: str) -> None:
    text = "\n".join(",".join(row) for row in ROWS)

    assert text_of_file("days.CSV", text.encode(spelling)) == text


def test_files_that_cannot_be_read() -> None:
    with pytest.raises(Unreadable, match="The text of the file cannot be read"):
        text_of_file("days.csv", b"\xff\xff\xff")
    with pytest.raises(Unreadable, match=r"Only .xlsx workbooks are read"):
        text_of_file("days.pdf", b"%PDF")
    book, stream = Workbook(), BytesIO()
    book.create_chartsheet().add_chart(BarChart())
    book.remove(book.worksheets[0])
    book.save(stream)
    with pytest.raises(Unreadable, match="The workbook has no sheet with rows"):
        text_of_file("days.xlsx", stream.getvalue())


# --- Every notice that can be written is read back ---------------------------------------------------------

WEEK = "一二三四五六日"
NAMES = ["元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"]


def written(day: date, before: date | None, form: dict[str, bool]) -> str:
    """A day as a notice writes it, leaving out what the day before it in the sentence says."""
    year = f"{day.year}年" if form["year"] or (before and before.year != day.year) else ""
    month = f"{day.month}月" if year or before is None or before.month != day.month or form["month"] else ""
    aside = (
        f"（{'农历正月初七、' if form['lunar'] else ''}{form['week']}{WEEK[day.weekday()]}）" if form["week"] else ""
    )
    return f"{year}{month}{day.day}日{aside}"


@st.composite
def notices(draw: Any) -> tuple[str, int, dict[date, bool]]:
    """(text, year, days that differ from the plain week): holidays apart from each other, with their make-up days."""
    year = draw(st.integers(2000, 2098))
    day, last = notice_days(year)
    lines, expected = [], {}
    for number, name in enumerate(NAMES, start=1):
        first = day + timedelta(days=draw(st.integers(3, 45)))
        length = draw(st.integers(1, 9))
        end = first + timedelta(days=length - 1)
        if end + timedelta(days=15) > last:
            break
        form = {key: draw(st.booleans()) for key in ("year", "month", "lunar")} | {
            "week": draw(st.sampled_from(["", "周", "星期"]))
        }
        form["lunar"] = form["lunar"] and bool(form["week"])
        span = [first + timedelta(days=n) for n in range(length)]
        expected |= {one: False for one in span if one.weekday() < 5}
        words = written(first, None, form) + (f"至{written(end, first, form)}" if length > 1 else "")
        total = draw(
            st.sampled_from([f"放假，共{length}天", f"放假{length}天", "放假调休", f"放假调休，共{length}天", "放假"])
        )
        line = f"{number}、{name}：{words}{total}。"
        weekends = [one for n in range(1, 14) if (one := end + timedelta(days=n)).weekday() >= 5]
        made_up = sorted(draw(st.sets(st.sampled_from(weekends), max_size=2)))
        if made_up:
            line += "、".join(written(one, None, form) for one in made_up) + "上班。"
        expected |= dict.fromkeys(made_up, True)
        lines.append(line)
        day = end + timedelta(days=14)
    return "\n".join(lines), year, expected


@settings(max_examples=200, deadline=None)
@given(notices())
def test_every_notice_is_read_back(case: tuple[str, int, dict[date, bool]]) -> None:
    text, year, expected = case

    found = read_notice(text, year)

    assert found.unread == []
    assert {day: fact[0] for day, fact in found.days.items()} == expected
    assert found.problems == (
        [] if expected else [f"No day was found that is off or made up; is this the notice of {year}?"]
    )


# --- Nothing that is sent breaks the reading -----------------------------------------------------------------

MOST_SECONDS = 2  # of the processor; a search that grows with the square of a text takes ten times as long
LONG = "9" * 80_000


def harmless(text: str) -> Read:
    """The notice of 2026 read within the time, with days of that year or with a problem."""
    start = process_time()
    found = read_notice(text, 2026)
    assert process_time() - start < MOST_SECONDS
    first, last = notice_days(2026)
    assert all(first <= day <= last for day in found.named)
    assert found.days or found.problems
    return found


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789年月日至、，。（）周一放假上班调休共天：\n,日期是否", max_size=120))
def test_nothing_that_is_pasted_breaks_the_reading(text: str) -> None:
    harmless(text)


PIECES = [
    "1月1日", "至3日", "放假", "共", "天", "上班", "日期,是否上班\n", "2026-01-01,否", *"。，（）、年月日：\n",
    *(sign * 5000 for sign in "9９一 （-"),
]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_nothing_long_that_is_pasted_breaks_the_reading(text: str) -> None:
    harmless(text)


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        (f"元旦：1月1日放假，共{'9' * 5000}天。", f"1月1日放假，共{'9' * 5000}天"),
        (f"元旦：1月1日放假{'9' * 5000}天。", f"1月1日放假{'9' * 5000}天"),
        (f"元旦：1月1日放假，共1天。{LONG}日休息。", f"{LONG}日休息"),
        (f"元旦：1月1日放假，共1天。休息{LONG}。", f"休息{LONG}"),
        (f"{'一' * 80_000}放假", f"{'一' * 80_000}放假"),
    ],
    ids=["total", "days off", "day", "digits", "numerals"],
)
def test_long_run_of_digits_is_handed_back(text: str, unread: str) -> None:
    assert [row.text for row in harmless(text).unread] == [unread]


def test_cell_that_is_too_long_for_a_table_is_told() -> None:
    assert harmless(f"日期,是否上班,名称\n2026-01-01,否,{'x' * 131_073}").problems == [
        "A cell of the table is too long to be read; keep 日期, 是否上班 and 名称 short."
    ]


def test_name_in_a_table_is_kept_as_it_is_written() -> None:
    found = read_notice("日期,是否上班,名称\n２０２７－０１－０１,否,元旦（由１月４日调休，补休）", 2027)
    assert found.problems == []
    assert found.days == {date(2027, 1, 1): (False, "元旦（由１月４日调休，补休）")}
