"""One cell to one value: days, numbers, choices and names in all the ways in which clerks write them. All is pure.

What can be read in two ways is Unclear, with a sentence that says what to write; nothing is guessed.
"""

import calendar
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from openpyxl.utils.datetime import WINDOWS_EPOCH, from_excel

from accounts import names
from accounts.words import joined
from findings import dates
from findings.choices import DocumentAction, DocumentKind, MeasureStatus, Nature, Phase
from findings.documents.columns import DATE, FLAG, NUMBER, NUMBERS, PLACES, TEXT, Column, split_names
from findings.documents.importer.headings import folded

MOST_NUMBER = 32_767
LONGEST_DAY = 40  # characters; longer texts would keep the patterns busy


class Unclear(Exception):
    """The cell cannot be read; the text says what may stand there."""


@dataclass(frozen=True)
class Span:
    """The days between which a day without a year must lie."""

    first: date
    last: date


@dataclass(frozen=True)
class Read:
    """A cell as read: the value, and the nature that words in a column of days have meant."""

    value: Any
    nature: str = ""


def parse(column: Column, raw: Any, span: Span, epoch: datetime = WINDOWS_EPOCH) -> Read:
    """The value of a cell of this column. Raises Unclear."""
    is_text = column.kind == TEXT and column.choices is None and not column.reads
    if raw is None or (isinstance(raw, str) and raw in _NOTHING and not is_text):
        return Read(None)
    if column.kind == DATE:
        return as_day(raw, span, epoch)
    if column.kind == FLAG:
        return Read(as_flag(raw))
    if column.kind == NUMBER:
        return Read(as_number(raw))
    if column.choices is not None:
        return Read(as_choice(raw, column.choices))
    if column.reads == NUMBERS and isinstance(raw, int | float) and not isinstance(raw, bool):
        return Read(str(as_number(raw)))
    if column.reads == NUMBERS:
        return Read("、".join(str(as_number(part)) for part in split_names(as_text(raw))))
    return Read(as_text(raw))


def as_text(raw: Any) -> str:
    """Text; a number without the .0 that a spreadsheet gives it."""
    if isinstance(raw, datetime | date | time | timedelta):
        raise Unclear(_("The spreadsheet made a date of this text: format the cell as text and write it anew."))
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return str(raw)


def as_number(raw: Any) -> int:
    """A whole number, also as “第12项”, “(12)”, “１２” or “十二”."""
    if isinstance(raw, bool | datetime | date | time | timedelta):
        raise Unclear(_("A whole number is expected."))
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    text = unicodedata.normalize("NFKC", str(raw)[:LONGEST_DAY]).strip()
    text = re.sub(r"^[第(\[【]+|[)\]】.、项个条号%]+$", "", re.sub(r"\.0+$", "", text)).strip()
    number = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else _chinese_number(text)
    if number is None or number > MOST_NUMBER:
        raise Unclear(_("A whole number is expected."))
    return number


def as_flag(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    word = folded(as_text(raw))
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Unclear(_("Allowed: %(words)s.") % {"words": joined(["是", "否"])})


def as_choice(raw: Any, choices: type[TextChoices]) -> str:
    """The code that a word means: the site's own word, the usual one in any language, or what the field says."""
    word = folded(as_text(raw))
    own = {folded(text): code for code, text in names.own_words(choices)}
    code = own.get(word) or _words_of(choices).get(word)
    if code is None:
        raise Unclear(_("Allowed: %(words)s.") % {"words": joined(choices.labels)})
    return code


def as_day(raw: Any, span: Span, epoch: datetime = WINDOWS_EPOCH) -> Read:
    """A day; words such as 长期坚持 beside or in place of it give a nature."""
    if isinstance(raw, datetime):
        return Read(_known(raw.date()))
    if isinstance(raw, date):
        return Read(_known(raw))
    if isinstance(raw, bool | time | timedelta) or (isinstance(raw, str) and len(raw) > LONGEST_DAY):
        raise _no_day()
    if isinstance(raw, int | float):
        return Read(_known(_from_serial(raw, epoch)))
    text, nature = _without_nature(re.sub(r"\s+", " ", unicodedata.normalize("NFKC", raw)).strip())
    if not text:
        return Read(None, nature)
    return Read(_known(_from_words(text, span)), nature)


# --- Days --------------------------------------------------------------------------------------------------

_NATURES = (
    (Nature.STANDING, re.compile(r"(并|且)?(需要?)?(长期坚持|长期整改|持续坚持|长期|standing)")),
    (Nature.IMMEDIATE, re.compile(r"(立行立改|立整立改|即知即改|立知立改|即行即改)")),
)
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_AFTER = r"(?:之?前|以前|止|为止|完成|前完成|内)*"
_MONTH_ENDS = r"(?:底|末|月底|月末)"


def _known(day: date) -> date:
    problem = dates.out_of_range(day)
    if problem:
        raise Unclear(problem)
    return day


def _no_day() -> Unclear:
    return Unclear(_("A day is expected, such as 2021-07-31, 2021年7月31日 or 2021年7月底."))


def _from_serial(raw: float, epoch: datetime) -> date:
    """A day's number in a spreadsheet, or a day written without any marks (20210731)."""
    if 19_000_000 < raw < 21_000_000 and int(raw) == raw:
        return _built(int(raw) // 10_000, int(raw) // 100 % 100, int(raw) % 100)
    if isinstance(raw, float) and not raw.is_integer() and raw < 10_000:
        raise Unclear(_("This may be a month or a number: write the day in full, such as 2021-07-31."))
    if not 30_000 < raw < 80_000:
        raise _no_day()
    found = from_excel(raw, epoch)
    assert isinstance(found, datetime)
    return found.date()


def _without_nature(text: str) -> tuple[str, str]:
    """The text without the words that mean a nature, and that nature. Two different ones are unclear."""
    found = []
    for nature, words in _NATURES:
        if words.search(text):
            found.append(nature)
            text = words.sub("", text)
    if len(found) > 1:
        raise Unclear(_("Two natures stand here: write one in the column of the nature and the day alone here."))
    return text.strip(" ,，、;；。.并且和"), found[0] if found else ""


def _from_words(text: str, span: Span) -> date:
    text = re.sub(r"^(?:公元|截至|截止|至|到|于)+", "", text)
    text = re.sub(r"[ T]0{1,2}:00(:00)?(\.0+)?$", "", text)
    text = _arabic(text)
    for pattern, build in _PATTERNS:
        match = re.fullmatch(pattern + _AFTER, text)
        if match:
            return build(match, span)
    if re.fullmatch(r"\d{1,2}\D\d{1,2}\D\d{2,4}", text) or re.fullmatch(r"\d{2}\D\d{1,2}\D\d{1,2}日?", text):
        raise Unclear(_("It is not clear which number is the year: write the day in full, such as 2021-07-31."))
    if re.fullmatch(r"\d{4}\D\d{1,2}月?" + _AFTER, text):
        raise Unclear(_("A month is no day: write the day, or 底 for the end of the month."))
    raise _no_day()


def _built(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Unclear(_("There is no such day in the calendar.")) from None


def _end(year: int, month: int) -> date:
    if not (1 <= month <= 12 and 1 <= year <= 9998):
        raise Unclear(_("There is no such day in the calendar."))
    return date(year, month, calendar.monthrange(year, month)[1])


def _in_span(build: Callable[[int], date], span: Span) -> date:
    """A day without a year: the one that lies within the campaign, where there is exactly one."""
    found = []
    for year in range(span.first.year, span.last.year + 1):
        try:
            day = build(year)
        except Unclear:
            continue
        if span.first <= day <= span.last:
            found.append(day)
    if len(found) != 1:
        raise Unclear(_("The year is missing: write the day in full, such as 2021-07-31."))
    return found[0]


_PATTERNS: tuple[tuple[str, Callable[[re.Match[str], Span], date]], ...] = (
    (r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})\s?[日号]?",
     lambda m, span: _built(int(m[1]), int(m[2]), int(m[3]))),
    (r"(\d{4}) (\d{1,2}) (\d{1,2})", lambda m, span: _built(int(m[1]), int(m[2]), int(m[3]))),
    (r"(\d{4})(\d{2})(\d{2})", lambda m, span: _built(int(m[1]), int(m[2]), int(m[3]))),
    (r"(\d{4})年\s?(\d{1,2})\s?月份?" + _MONTH_ENDS, lambda m, span: _end(int(m[1]), int(m[2]))),
    (r"(\d{4})[-/.](\d{1,2})月?" + _MONTH_ENDS, lambda m, span: _end(int(m[1]), int(m[2]))),
    (r"(\d{4})年?(?:年底|年末|底|末)", lambda m, span: _end(int(m[1]), 12)),
    (r"(\d{4})年?第?(\d)季度(?:底|末)", lambda m, span: _end(int(m[1]), int(m[2]) * 3)),
    (r"(\d{1,2})月(\d{1,2})[日号]", lambda m, span: _in_span(lambda year: _built(year, int(m[1]), int(m[2])), span)),
    (r"(\d{1,2})月份?" + _MONTH_ENDS, lambda m, span: _in_span(lambda year: _end(year, int(m[1])), span)),
    (r"年(?:底|末)", lambda m, span: _in_span(lambda year: _end(year, 12), span)),
)  # fmt: skip


def _arabic(text: str) -> str:
    """Chinese numerals as digits: 二〇二一年三月十一日 → 2021年3月11日."""
    text = re.sub(r"[零〇○一二三四五六七八九]{4}(?=年)", lambda m: "".join(str(_DIGITS[c]) for c in m[0]), text)
    return re.sub(r"[一二三四五六七八九十]{1,3}(?=[月日号季])", lambda m: str(_chinese_number(m[0]) or m[0]), text)


def _chinese_number(text: str) -> int | None:
    """1 to 99 in Chinese numerals; None for anything else."""
    match = re.fullmatch(r"([一二三四五六七八九])?(十)?([一二三四五六七八九])?", text)
    if not text or not match or (match[1] and match[3] and not match[2]):
        return None
    tens, ones = match[1] if match[2] else "", match[3] or ("" if match[2] else match[1])
    return (_DIGITS[tens] if tens else bool(match[2])) * 10 + (_DIGITS[ones] if ones else 0)


# --- Words -------------------------------------------------------------------------------------------------

_NOTHING = {"-", "--", "—", "——", "/", "／", "无", "N/A", "n/a"}
_YES = {"是", "yes", "y", "true", "1", "√", "✓", "✔", "重点", "共性", "对"}
_NO = {"否", "no", "n", "false", "0", "×", "x", "✗", "一般", "非重点", "不是"}
_FIELD_WORDS: dict[str, dict[str, str]] = {
    "Nature": {
        "立行立改": Nature.IMMEDIATE, "立整立改": Nature.IMMEDIATE, "即知即改": Nature.IMMEDIATE,
        "限期": Nature.DATED, "限期整改": Nature.DATED,
        "限时整改": Nature.DATED, "分阶段": Nature.PHASED, "分阶段整改": Nature.PHASED, "长期": Nature.STANDING,
        "长期坚持": Nature.STANDING, "长期整改": Nature.STANDING, "持续整改": Nature.STANDING,
    },
    "Phase": {
        "集中": Phase.CONCENTRATED, "集中整改": Phase.CONCENTRATED, "集中整改阶段": Phase.CONCENTRATED,
        "持续": Phase.SUSTAINED, "持续整改": Phase.SUSTAINED, "持续深入整改": Phase.SUSTAINED,
    },
    "MeasureStatus": {
        "未启动": MeasureStatus.NOT_STARTED, "未开始": MeasureStatus.NOT_STARTED, "进行中": MeasureStatus.IN_PROGRESS,
        "整改中": MeasureStatus.IN_PROGRESS, "正在整改": MeasureStatus.IN_PROGRESS,
        "已完成待核": MeasureStatus.WAITING, "待验收": MeasureStatus.WAITING, "已销号": MeasureStatus.CLOSED,
        "已完成": MeasureStatus.CLOSED, "已整改": MeasureStatus.CLOSED,
    },
    "DocumentKind": {"制度": DocumentKind.RULE, "文件": DocumentKind.DOCUMENT, "一般文件": DocumentKind.DOCUMENT},
    "DocumentAction": {
        "新建": DocumentAction.NEW, "新订": DocumentAction.NEW, "制定": DocumentAction.NEW, "新增": DocumentAction.NEW,
        "修订": DocumentAction.AMENDED, "修改": DocumentAction.AMENDED, "完善": DocumentAction.AMENDED,
        "废止": DocumentAction.REPEALED,
    },
}  # fmt: skip


@cache
def _words_of(choices: type[TextChoices]) -> dict[str, str]:
    found = {folded(word): code for word, code in _FIELD_WORDS.get(choices.__name__, {}).items()}
    found |= {folded(word): code for code, word in names.usual_words(choices)}
    return found | {folded(code): code for code in choices.values}


def names_in(column: Column, raw: Any) -> list[str]:
    """The names of a cell, one after the other; the labels 牵头 and 配合 are no names."""
    text = re.sub(r"(牵头|配合|责任|协助)(部门|单位|领导)?[:：]", "、", as_text(raw))
    return list(dict.fromkeys(split_names(text))) if column.reads == PLACES else split_names(text)
