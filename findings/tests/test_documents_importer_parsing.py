"""How one cell is read: every way in which clerks write it, and every way that could mean two things."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from findings.choices import DocumentAction, MeasureStatus, Nature, Phase
from findings.documents.columns import DATE, FLAG, NUMBER, NUMBERS, PLACES, Column, cleaned, split_names
from findings.documents.importer.headings import find_heads, folded
from findings.documents.importer.parsing import (
    Read,
    Span,
    Unclear,
    as_choice,
    as_day,
    as_flag,
    as_number,
    as_text,
    names_in,
    parse,
)

pytestmark = pytest.mark.usefixtures("english")
SPAN = Span(date(2021, 3, 1), date(2022, 2, 15))


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        (datetime(2021, 3, 1), date(2021, 3, 1)),
        (datetime(2021, 3, 1, 17, 30), date(2021, 3, 1)),
        (date(2021, 3, 1), date(2021, 3, 1)),
        ("2021-03-01", date(2021, 3, 1)),
        ("2021-3-1", date(2021, 3, 1)),
        ("2021/3/1", date(2021, 3, 1)),
        ("2021.3.1", date(2021, 3, 1)),
        ("2021 3 1", date(2021, 3, 1)),
        ("20210301", date(2021, 3, 1)),
        (20210301, date(2021, 3, 1)),
        (20210301.0, date(2021, 3, 1)),
        (44256, date(2021, 3, 1)),
        ("2021年3月1日", date(2021, 3, 1)),
        ("2021年03月01号", date(2021, 3, 1)),
        ("２０２１年３月１日", date(2021, 3, 1)),
        ("2021 年 3 月 1 日", date(2021, 3, 1)),
        ("二〇二一年三月一日", date(2021, 3, 1)),
        ("二○二一年十二月三十一日", date(2021, 12, 31)),
        ("2021年3月1日前", date(2021, 3, 1)),
        ("截至2021年3月1日止", date(2021, 3, 1)),
        ("2021-03-01 00:00:00", date(2021, 3, 1)),
        ("2021-03-01T00:00:00", date(2021, 3, 1)),
        ("2021年2月底", date(2021, 2, 28)),
        ("2021年3月底前", date(2021, 3, 31)),
        ("2021.12月底", date(2021, 12, 31)),
        ("2021年底", date(2021, 12, 31)),
        ("2021年末前", date(2021, 12, 31)),
        ("2021年第三季度末", date(2021, 9, 30)),
        ("2021年3季度底", date(2021, 9, 30)),
        ("7月31日", date(2021, 7, 31)),
        ("7月底", date(2021, 7, 31)),
        ("七月底前", date(2021, 7, 31)),
        ("1月15日", date(2022, 1, 15)),
        ("年底", date(2021, 12, 31)),
    ],
)
def test_day_as_clerks_write_it(raw: Any, day: date) -> None:
    assert as_day(raw, SPAN) == Read(day)


@pytest.mark.parametrize(
    ("raw", "day", "nature"),
    [
        ("长期坚持", None, Nature.STANDING),
        ("长期", None, Nature.STANDING),
        ("持续坚持。", None, Nature.STANDING),
        ("立行立改", None, Nature.IMMEDIATE),
        ("即知即改", None, Nature.IMMEDIATE),
        ("2021年底前，并长期坚持", date(2021, 12, 31), Nature.STANDING),
        ("2021年6月30日前完成,长期坚持", date(2021, 6, 30), Nature.STANDING),
        ("立行立改，2021年4月1日前完成", date(2021, 4, 1), Nature.IMMEDIATE),
    ],
)
def test_day_with_words_that_mean_a_nature(raw: str, day: date | None, nature: str) -> None:
    assert as_day(raw, SPAN) == Read(day, nature)


YEAR = "It is not clear which number is the year: write the day in full, such as 2021-07-31."
MONTH = "A month is no day: write the day, or 底 for the end of the month."
NO_DAY = "A day is expected, such as 2021-07-31, 2021年7月31日 or 2021年7月底."
NONE = "There is no such day in the calendar."


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ("3/1/2021", YEAR),
        ("21.3.1", YEAR),
        ("21年3月1日", YEAR),
        ("2021年3月", MONTH),
        ("2021.3", MONTH),
        ("2021-03", MONTH),
        (2021.3, "This may be a month or a number: write the day in full, such as 2021-07-31."),
        ("2月20日", "The year is missing: write the day in full, such as 2021-07-31."),
        ("12月31日x", NO_DAY),
        ("2021年2月30日", NONE),
        ("20211301", NONE),
        (20211301, NONE),
        ("2021年13月底", NONE),
        ("2021年第5季度末", NONE),
        ("1899-12-31", "The day 1899-12-31 lies outside 1990-01-01 to 2099-12-31."),
        ("9999-12-31", "The day 9999-12-31 lies outside 1990-01-01 to 2099-12-31."),
        (datetime(1900, 1, 1), "The day 1900-01-01 lies outside 1990-01-01 to 2099-12-31."),
        ("soon", NO_DAY),
        ("尽快", NO_DAY),
        (60, NO_DAY),
        (0, NO_DAY),
        (-1, NO_DAY),
        (10**400, NO_DAY),
        (float("inf"), NO_DAY),
        (float("nan"), NO_DAY),
        (True, NO_DAY),
        (time(8, 30), NO_DAY),
        (timedelta(days=3), NO_DAY),
        ("立行立改，长期坚持", "Two natures stand here: write one in the column of the nature and the day alone here."),
    ],
)
def test_day_that_is_none_or_could_be_two(raw: Any, sentence: str) -> None:
    with pytest.raises(Unclear) as caught:
        as_day(raw, SPAN)
    assert str(caught.value) == sentence


def test_day_of_a_workbook_that_counts_from_1904() -> None:
    assert as_day(44256 - 1462, SPAN, MAC_EPOCH) == as_day(44256, SPAN, WINDOWS_EPOCH)


@pytest.mark.parametrize(
    ("raw", "number"),
    [(12, 12), (12.0, 12), ("12", 12), ("１２", 12), ("12.0", 12), ("第12项", 12), ("（12）", 12), ("12.", 12),
     ("12、", 12), ("十二", 12), ("十", 10), ("二十", 20), ("三", 3), ("80%", 80), ("①", 1), (" 7 ", 7)],
)  # fmt: skip
def test_number_as_clerks_write_it(raw: Any, number: int) -> None:
    assert as_number(raw) == number


@pytest.mark.parametrize("raw", ["", "x", "1-2", "一二", 1.5, "1.5", 99_999, "-3", -3, True, datetime(2021, 1, 1),
                                 10**400,
                                 float("nan"), float("inf"), "1e3", "٣"])  # fmt: skip
def test_number_that_is_none(raw: Any) -> None:
    with pytest.raises(Unclear, match="A whole number is expected"):
        as_number(raw)


@pytest.mark.parametrize(
    ("raw", "flag"), [("是", True), ("√", True), (1, True), (True, True), ("YES", True), ("否", False), (0, False)]
)
def test_flag(raw: Any, flag: bool) -> None:
    assert as_flag(raw) is flag


@pytest.mark.parametrize(
    ("raw", "choices", "code"),
    [
        ("长期坚持", Nature, "standing"),
        ("Standing", Nature, "standing"),
        ("standing", Nature, "standing"),
        ("限期", Nature, "dated"),
        ("集中整改", Phase, "concentrated"),
        ("持续深入整改", Phase, "sustained"),
        ("整改中", MeasureStatus, "in_progress"),
        (" 已 销 号 ", MeasureStatus, "closed"),
        ("新订", DocumentAction, "new"),
    ],
)
def test_choice_in_any_words(raw: str, choices: Any, code: str) -> None:
    assert as_choice(raw, choices) == code


def test_choice_that_is_none_says_what_is_allowed() -> None:
    with pytest.raises(Unclear, match="Allowed: at once, by a date, in stages, standing"):
        as_choice("soon", Nature)


def test_text_of_numbers_and_of_days() -> None:
    assert [as_text(raw) for raw in (12.0, 12, 1.5, "a", True)] == ["12", "12", "1.5", "a", "True"]
    with pytest.raises(Unclear):
        as_text(time(8))


@pytest.mark.parametrize(
    ("column", "raw", "value"),
    [
        (Column("x", "X"), "无", "无"),
        (Column("x", "X", reads=PLACES), "无", None),
        (Column("x", "X", kind=DATE), "—", None),
        (Column("x", "X", kind=NUMBER), "/", None),
        (Column("x", "X", kind=FLAG), None, None),
        (Column("x", "X", reads=NUMBERS), "1、 ２,3", "1、2、3"),
        (Column("x", "X", reads=NUMBERS), 12.0, "12"),
    ],
)
def test_cell_by_its_column(column: Column, raw: Any, value: Any) -> None:
    assert parse(column, raw, SPAN).value == value


def test_several_names_in_one_cell() -> None:
    assert split_names("立案庭、 审管办，执行局,办公室；x;y/z\n") == [
        "立案庭",
        "审管办",
        "执行局",
        "办公室",
        "x",
        "y",
        "z",
    ]
    places = Column("x", "X", reads=PLACES)
    assert names_in(places, "牵头部门：立案庭；配合单位：审管办、立案庭") == ["立案庭", "审管办"]


def test_cleaned_text() -> None:
    assert cleaned(" a\r\nb\x00\x0b\rc ") == "a\nb\nc"


def test_headings_are_found_in_whatever_words() -> None:
    assert folded(" 整改 措施：\n*") == "整改措施"
    row = {
        1: "序号",
        2: "整改措施（1.2.）",
        3: "责任单位",
        4: "完成时限\n(年月日)",
        5: "备注",
        6: "措施序号",
        7: "反馈问题",
    }
    heads = find_heads([(1, {1: "某某台账"}), (3, row)], "ledger")
    assert heads is not None
    assert heads.row == 3
    assert heads.places == {"number": 6, "text": 2, "lead_department": 3, "deadline": 4, "issue": 7}
    assert heads.extra == {1: "序号", 5: "备注"}
    assert find_heads([(1, {1: "x"})], "ledger") is None
