"""Whether the sentences of a report still say what the ledger says: figures that moved on, figures of nobody."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction

from findings.figures.told import Drafted, key_of
from findings.models import ReportSentence

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_SIGNS = "".join(_DIGITS)
_NUMERALS = _SIGNS + "十百千万亿"
_LONGEST = 30  # signs of a numeral whose value is told; a longer one is no figure of a ledger
# Chinese numerals are read from their first sign or not at all: a search stays linear in a text of nothing else.
_ARABIC = r"\d+(?:[.．]\d+)*(?:\s*[百千万亿]{1,3})?"
_CHINESE = rf"(?<![{_NUMERALS}])[{_NUMERALS}]++(?:点[{_SIGNS}]+[万亿]?)?"
_COUNTER = "(?:个百分点|[项个条份次件类名人家期场篇起处轮倍元天周月日年号%％‰])"
# What follows 成 where the two are a word of their own: 三成立, and not 三成立案; 统一成册 and 第三成员 count nothing.
_WORD_OF_CHENG = (
    "不变|[果功绩熟型品群]|立(?![案行即])|效(?![果率])|员(?![额工])|就(?![业地近])|本(?![月年院级])|分(?!别)|长(?!期)"
    "|交(?![由办])|年(?![轻度底])|人(?![员数民])|案(?!件)|文(?![件书])"
)
# A share: 百分之九十五; tenths: 九成, 四成八; digits, with or without a counter; Chinese numerals before a counter.
_FIGURE = re.compile(
    rf"(?P<share>(?:\d+|{_CHINESE})\s*分之\s*(?:{_ARABIC}|{_CHINESE})[余多]?|百分百)"
    rf"|(?P<tenths>(?:(?<![{_NUMERALS}第统单唯专同逐之])一|(?<![{_NUMERALS}第])[二两三四五六七八九十]{{1,2}}"
    rf"|(?<![\d.．第])\d(?:[.．]\d)?)\s*成(?!{_WORD_OF_CHENG})(?:[一二三四五六七八九](?=\W|$|[升降至到以左的]))?[余多]?)"
    rf"|{_ARABIC}(?:(?:\s*[余多来几])?\s*{_COUNTER})?"
    rf"|{_CHINESE}(?:(?<=[十百千万亿])\s*[余多来几])?\s*{_COUNTER}"
)
_OF_ARABIC = re.compile(r"(\d+(?:\.\d+)?)([百千万亿]*)")
_OF_DECIMAL = re.compile(rf"([{_NUMERALS}]+)点([{_SIGNS}]+)([万亿]?)")
_BELOW_WAN = re.compile(rf"(?:([{_SIGNS}]?)千零?)?(?:([{_SIGNS}]?)百零?)?(?:([{_SIGNS}]?)十)?((?<![百千])[{_SIGNS}])?")
# The whole that a sign of shares counts in.
_WHOLES = {"%": "百", "‰": "千"}
# Written by people about the office itself: telephone numbers are no figures of the ledger.
_UNCOUNTED = frozenset({"contact"})


@dataclass(frozen=True)
class Figure:
    """A figure in the words of a text, and what makes it the same as another one: its value and its counter.

    Shares are counted alike, whatever their words: 95%, 百分之九十五. A figure without a plain value is its words.
    """

    words: str
    value: tuple[Fraction | str, str]


@dataclass(frozen=True)
class Standing:
    """A stored sentence against the ledger as of its report's day.

    ``now``: what is drafted of the same thing now, None where the ledger says nothing of it any more. ``foreign``: the
    figures that a person's text states and the ledger's sentence does not.
    """

    now: Drafted | None
    has_moved: bool
    foreign: tuple[str, ...]


@dataclass(frozen=True)
class SentenceCounts:
    """All; released; withheld; ``left``: those that need a decision. One that the ledger has dropped needs none."""

    all: int
    released: int
    withheld: int
    left: int


def sentence_counts(rows: Collection[ReportSentence], left: Collection[ReportSentence]) -> SentenceCounts:
    """The sentences of a report by what was decided about them."""
    released = sum(row.is_released for row in rows)
    withheld = sum(row.is_settled and not row.is_released for row in rows)
    return SentenceCounts(len(rows), released, withheld, len(left))


def standings(sentences: Iterable[ReportSentence], drafted: Iterable[Drafted]) -> dict[int, Standing]:
    """Each stored sentence, by id, against what the ledger supports."""
    by_key = {sentence.key: sentence for sentence in drafted}
    return {row.pk: standing(row, by_key.get(key_of(row))) for row in sentences}


def standing(sentence: ReportSentence, now: Drafted | None) -> Standing:
    """One stored sentence against the present draft of the same thing."""
    if now is None:
        return Standing(None, has_moved=True, foreign=())
    has_moved = (now.text, now.figures) != (sentence.drafted, sentence.figures)
    return Standing(now, has_moved, foreign_figures(sentence, now))


def foreign_figures(sentence: ReportSentence, now: Drafted) -> tuple[str, ...]:
    """Figures in the text that the present draft does not state, with their counters: “73项” for “73个” is another."""
    if sentence.statistic in _UNCOUNTED or sentence.text == now.text:
        return ()
    known = {figure.value for figure in figures_in(now.text)}
    return tuple(dict.fromkeys(found.words for found in figures_in(sentence.text) if found.value not in known))


def figures_in(text: str) -> list[Figure]:
    """Every figure of a text: digits, Chinese numerals before a counter, and shares such as 百分之九十五 or 九成."""
    return [_figure(match) for match in _FIGURE.finditer(text)]


def _figure(match: re.Match[str]) -> Figure:
    words = "".join(unicodedata.normalize("NFKC", match[0]).split())
    whole, part, of = "一", words, ""
    if match["share"]:
        whole, part = words.replace("百分百", "百分之百").split("分之")
        of = "%"
    elif match["tenths"]:
        whole, part, of = "十", re.sub(rf"成(?=[{_SIGNS}])", "点", words).replace("成", ""), "%"
    unit = part.lstrip(f"0123456789.点{_NUMERALS}")
    top = _value(part.removesuffix(unit))
    if unit in _WHOLES:
        whole, unit, of = _WHOLES[unit], "", "%"
    bottom = _value(whole)
    return Figure(words, (words, "") if top is None or not bottom else (top / bottom, of + unit))


def _value(numeral: str) -> Fraction | None:
    """The value of 83, 1.2万, 八十三 or 三点五万; None where it has none that is plain, as 七八十 and 2025.4.2."""
    if len(numeral) > _LONGEST:
        return None
    if (match := _OF_DECIMAL.fullmatch(numeral)) and (whole := _whole(match[1])) is not None:
        numeral = f"{whole}.{''.join(str(_DIGITS[sign]) for sign in match[2])}{match[3]}"
    if match := _OF_ARABIC.fullmatch(numeral):
        size = _whole(match[2] or "一")
        return Fraction(match[1]) * size if size else None
    whole = _whole(numeral)
    return None if whole is None else Fraction(whole)


def _whole(numeral: str) -> int | None:
    """The value of a whole number in Chinese numerals: 两千, 一百零三, 一亿零五万, 二〇二五; None where it is none."""
    if set(numeral) <= _DIGITS.keys():
        is_number = len(numeral) == 1 or len(numeral) > 3 or bool(set(numeral) & set("〇○零"))
        return int("".join(str(_DIGITS[sign]) for sign in numeral)) if is_number else None
    for mark, size in (("亿", 10**8), ("万", 10**4)):
        if mark in numeral:
            head, _mark, tail = numeral.partition(mark)
            high, low = _whole(head or "一"), _whole(tail.lstrip("零") or "零")
            if high is None or low is None or (tail and tail[0] != "零" and low < size // 10):  # 一万五 is 15000
                return None
            return high * size + low
    match = _BELOW_WAN.fullmatch(numeral)
    if match is None:
        return None
    places = zip((1000, 100, 10, 1), match.groups(), strict=True)
    return sum(size * _DIGITS.get(sign, 1) for size, sign in places if sign is not None)
