"""A year's notice of holidays read: the State Council's sentences, or a table of days; nothing is stored here.

A notice says which days are off and which weekend days are worked instead. What it says besides can be checked: the
weekday beside a day, and how many days a holiday has. What cannot be understood is handed back and never guessed.
"""

import csv
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from io import StringIO

from django.utils.translation import gettext as _

from accounts.spreadsheets import Unreadable, opened, plain, rows_of
from findings.dates import FIRST_DAY, LAST_DAY, notice_year

WEEK = "一二三四五六日"
# The statutory holidays that every notice names; what else one is called stands behind it.
STATUTORY = (("元旦", "新年"), ("春节",), ("清明",), ("劳动", "五一"), ("端午",), ("中秋",), ("国庆",))
# What stands for a make-up day that the notice gives no name.
MAKE_UP = "调休上班"
LONGEST_NAME = 60
MOST_DAYS = 40  # of one span: the longest holiday is a fortnight

_NUMBERED = re.compile(r"^\s*(?:[一二三四五六七八九十]{1,3}|\d{1,3})\s*[、.]\s*")
_NAMED = re.compile(r"^([^:,。;()\d]{1,40}):")
_DAY = r"(?:(?P<%(side)sy>\d{4})年)?(?:(?P<%(side)sm>\d{1,2})月)?(?P<%(side)sd>\d{1,2})日(?:\((?P<%(side)sw>[^()]*)\))?"
_SPAN = re.compile(r"(?:自|从)?" + _DAY % {"side": "a"} + r"(?:\s*(?:至|到|[-—–~]+)\s*" + _DAY % {"side": "b"} + r")?")
_CLAUSE = re.compile(r",\s*(?=(?:\d{4}年)?\d{1,2}月\d)")
_BETWEEN = re.compile(r"^\s*(?:[、,和及与]|以及)\s*")
_OFF = re.compile(r"^\s*(?:期间)?(?:放假|补休|调休)(?:\s*(?P<n>\d{1,3})\s*天)?(?P<rest>.*)$")
_ON = re.compile(r"^\s*(?:照常|正常)?上班$")
_REST = re.compile(r"^(?:[,、(]?(?:放假|不?调休|补休|与周末连休|共\d{1,3}天|\d{1,3}天|\)))*$")
_TOTAL = re.compile(r"共(\d{1,3})天")
_WEEKDAY = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])")
_HAS_DAY = re.compile(r"\d日")
_MEANS_DAYS = re.compile(r"放假|上班|休")
_YEAR_NAMED = re.compile(r"(\d{4})年(?:部分)?(?:法定)?节假日")

_FULL_WIDTH = str.maketrans("(),:;", "（），：；")  # how a Chinese sentence is shown again

HEADS = {"day": ("日期", "date", "day"), "works": ("是否上班", "上班", "working"), "name": ("名称", "节日", "name")}
YES, NO = {"是", "上班", "班", "1", "true", "yes", "y"}, {"否", "不上班", "放假", "休", "休息", "0", "false", "no", "n"}
_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")


@dataclass(frozen=True)
class Unread:
    """A sentence that was not understood; ``matters`` where it speaks of days and of work or rest."""

    text: str
    matters: bool


@dataclass
class Read:
    """What a notice says: every day that it names, and whether it is worked, by name.

    ``problems`` are contradictions that keep it from being taken in, ``unread`` what nobody has understood.
    """

    year: int
    named: dict[date, tuple[bool, str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    @property
    def days(self) -> dict[date, tuple[bool, str]]:
        """The days that differ from the plain week, in order: weekdays off, and weekend days worked."""
        differ = {day: fact for day, fact in self.named.items() if fact[0] != (day.weekday() < 5)}
        return dict(sorted(differ.items()))

    @property
    def matters(self) -> list[Unread]:
        """What was not understood and may be about days."""
        return [row for row in self.unread if row.matters]

    @property
    def missing(self) -> list[str]:
        """The statutory holidays of which no day off was read, by name, in the order of the year."""
        names = {name for is_working, name in self.named.values() if not is_working}
        return [words[0] for words in STATUTORY if not any(word in name for word in words for name in names)]

    @property
    def needs_word(self) -> bool:
        """Whether a person must say that what was not read has been looked at."""
        return bool(self.matters or self.missing)


def read_notice(text: str, year: int) -> Read:
    """Read what was pasted: the notice's sentences, or rows of a table with the headings 日期, 是否上班, 名称."""
    text = text.replace("\x00", "").replace("\r", "")
    found = Read(year)
    try:
        rows = _rows_of_text(text)
    except csv.Error:  # a cell beyond csv.field_size_limit()
        found.problems.append(_("A cell of the table is too long to be read; keep 日期, 是否上班 and 名称 short."))
        return found
    if rows is not None:
        _read_rows(rows, found)
    else:
        _read_sentences(_half_width(text), found)
    if not found.days and not found.problems:
        found.problems.append(_("No day was found that is off or made up; is this the notice of %(year)s?")
                              % {"year": year})  # fmt: skip
    return found


def text_of_file(name: str, content: bytes) -> str:
    """A table that was uploaded, .xlsx or .csv, as the text that ``read_notice`` takes. Raises Unreadable."""
    if not name.lower().endswith((".csv", ".txt")):
        sheets = opened(name, content).worksheets  # none where all the workbook holds is a chart
        if not sheets:
            raise Unreadable(_("The workbook has no sheet with rows."))
        rows = [[row.texts.get(column, "") for column in range(1, max(row.texts) + 1)] for row in rows_of(sheets[0])]
        return "\n".join("\t".join(_plain_day(cell) for cell in cells) for cells in rows)
    for spelling in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(spelling)
        except UnicodeDecodeError:
            continue
    raise Unreadable(_("The text of the file cannot be read; save it as UTF-8."))


# --- Sentences ---------------------------------------------------------------------------------------------


def _read_sentences(text: str, found: Read) -> None:
    stated = _YEAR_NAMED.search(text)
    if stated and int(stated[1]) != found.year:
        found.problems.append(
            _("The text is about %(stated)s, and %(year)s is wanted.") % {"stated": stated[1], "year": found.year}
        )
        return
    for line in text.split("\n"):
        name, rest = _heading(line)
        for sentence in re.split(r"[。;!]", rest):
            if sentence.strip() and not _take(sentence.strip(" ,"), name, found):
                for clause in _CLAUSE.split(sentence):
                    _take_clause(clause.strip(" ,"), name, found)


def _take_clause(clause: str, name: str, found: Read) -> None:
    """A part of a sentence that was not understood as one: taken in, or handed back."""
    if not _take(clause, name, found):
        matters = bool(_HAS_DAY.search(clause) and _MEANS_DAYS.search(clause))
        found.unread.append(Unread(clause.translate(_FULL_WIDTH), matters))


def _heading(line: str) -> tuple[str, str]:
    """The holiday's name before the colon, "" without one, and the sentences behind it."""
    line = _NUMBERED.sub("", line)
    named = _NAMED.match(line)
    return (named[1].strip()[:LONGEST_NAME], line[named.end() :]) if named else ("", line)


def _take(sentence: str, name: str, found: Read) -> bool:
    """Take the days of one sentence in; False where it was not understood, and then nothing of it is taken."""
    taken = Read(found.year)
    spans, rest = _spans(sentence, taken)
    if not spans:
        return False
    off = _OFF.match(rest)
    if off and _REST.match(off["rest"].replace(" ", "")):
        days = [day for span in spans for day in span]
        _check_total(sentence, off["n"], days, name, taken)
    elif not _ON.match(rest):
        return False
    for span in spans:
        for day in span:
            _keep(day, (off is None, name if off else MAKE_UP), taken, found)
    found.problems += taken.problems
    return True


def _spans(sentence: str, taken: Read) -> tuple[list[list[date]], str]:
    """The days at the beginning of a sentence, span by span, and what follows them."""
    spans: list[list[date]] = []
    rest, before = sentence, None
    while match := _SPAN.match(rest):
        first = _day(match, "a", before, taken)
        last = _day(match, "b", first, taken) if first and match["bd"] else first
        if first is None or last is None or not timedelta(0) <= last - first < timedelta(days=MOST_DAYS):
            taken.problems.append(_("“%(words)s” is no span of days.") % {"words": match[0]})
            return [], rest
        spans.append([first + timedelta(days=n) for n in range((last - first).days + 1)])
        before, rest = last, rest[match.end() :]
        if not (between := _BETWEEN.match(rest)):
            break
        if not _SPAN.match(rest[between.end() :]):
            break
        rest = rest[between.end() :]
    return spans, rest


def _day(match: re.Match[str], side: str, before: date | None, taken: Read) -> date | None:
    """A day as it is written: what it leaves out is that of the day before it in the sentence."""
    year = int(match[f"{side}y"] or (before.year if before else 0))
    month = int(match[f"{side}m"] or (before.month if before else 0))
    try:
        day = date(year or taken.year, month, int(match[f"{side}d"]))
        if not year and notice_year(day) > taken.year:  # the New Year of a notice begins in the December before
            day = day.replace(year=day.year - 1)
        if before and not match[f"{side}y"] and day < before:  # 12月30日至1月1日
            day = day.replace(year=day.year + 1)
    except ValueError:
        return None
    _check_weekday(day, match[f"{side}w"] or "", taken)
    return day


def _check_weekday(day: date, aside: str, taken: Read) -> None:
    stated = _WEEKDAY.search(aside)
    if stated and WEEK.index(stated[1].replace("天", "日")) != day.weekday():
        taken.problems.append(
            _("%(day)s is a 周%(true)s, and the text says 周%(stated)s.")
            % {"day": day.isoformat(), "true": WEEK[day.weekday()], "stated": stated[1]}
        )


def _check_total(sentence: str, number: str | None, days: list[date], name: str, taken: Read) -> None:
    total = _TOTAL.search(sentence)
    stated = total[1] if total else number
    if stated and int(stated) != len(set(days)):
        taken.problems.append(
            _("%(name)s: the text says %(stated)s days, and its days are %(found)s.")
            % {"name": name or sentence[:20], "stated": stated, "found": len(set(days))}
        )


# --- Tables ------------------------------------------------------------------------------------------------


def _rows_of_text(text: str) -> list[tuple[int, list[str]]] | None:
    """Numbered rows where the text is a table: its first line with words names the columns; else None."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip(" \t,")]
    if not lines or not {"日期", "date", "day"} & {cell.strip().lower() for cell in re.split(r"[\t,]", lines[0][1])}:
        return None
    mark = "\t" if "\t" in lines[0][1] else ","
    return [(number, [cell.strip() for cell in next(csv.reader(StringIO(line), delimiter=mark))])
            for number, line in lines]  # fmt: skip


def _read_rows(rows: list[tuple[int, list[str]]], found: Read) -> None:
    places = _places(rows[0][1])
    if not {"day", "works"} <= set(places):
        found.problems.append(_("A table needs the headings 日期 and 是否上班."))
        return
    for number, cells in rows[1:]:
        values = {name: cells[place] if place < len(cells) else "" for name, place in places.items()}
        day, works = _written_day(_half_width(values["day"])), _half_width(values["works"]).strip().lower()
        if day is None:
            found.problems.append(
                _("Row %(row)s: “%(text)s” is not a day; write it as 2027-01-01.")
                % {"row": number, "text": values["day"]}
            )
        elif works not in YES | NO:
            found.problems.append(_("Row %(row)s: 是否上班 must be 是 or 否.") % {"row": number})
        else:
            name = values.get("name", "")[:LONGEST_NAME] or (MAKE_UP if works in YES else "")
            _keep(day, (works in YES, name), found, found)


def _half_width(text: str) -> str:
    """Full-width digits, letters and marks as the half-width ones; the text itself is shown as it was written."""
    return unicodedata.normalize("NFKC", text)


def _places(heads: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, head in enumerate(heads):
        for name, words in HEADS.items():
            if _half_width(head).strip().lower() in words:
                found.setdefault(name, place)
    return found


def _written_day(text: str) -> date | None:
    for spelling in _DATES:
        try:
            return datetime.strptime(text.strip(), spelling).date()
        except ValueError:
            continue
    return None


def _plain_day(cell: str) -> str:
    """A cell without the clock that a spreadsheet gives to a day, and without what divides columns."""
    return re.sub(r"^(\d{4}-\d\d-\d\d) 00:00:00$", r"\1", plain(cell).replace("\t", " "))


def _keep(day: date, fact: tuple[bool, str], told: Read, found: Read) -> None:
    """Keep what is said of a day, unless it is another year's or was said otherwise before."""
    if not FIRST_DAY <= day <= LAST_DAY or notice_year(day) != found.year:
        told.problems.append(
            _("%(day)s does not belong to the notice of %(year)s.") % {"day": day.isoformat(), "year": found.year}
        )
    elif found.named.get(day, fact)[0] != fact[0]:
        told.problems.append(_("%(day)s is said to be off and to be worked.") % {"day": day.isoformat()})
    else:
        found.named.setdefault(day, fact)
