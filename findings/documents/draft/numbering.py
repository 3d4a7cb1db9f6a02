"""Lines and their numbering: 一、 （一） 1. （1） 反馈问题一： and 一是, full-width or half-width, one line or many."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

NUMERALS = "一二三四五六七八九十百零〇两"
_DIGITS = {word: value for value, word in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_ARABIC = "0-9０-９"
# Ranks of headings, from the section down.
SECTION, PART, ITEM, SUBITEM = 1, 2, 3, 4
_MARKS = (
    (SECTION, re.compile(rf"([{NUMERALS}]+)、")),
    (PART, re.compile(rf"[(（]([{NUMERALS}]+)[)）][、.．]?")),
    (ITEM, re.compile(rf"(?:反馈)?问题([{NUMERALS}]+|[{_ARABIC}]{{1,3}})[:：]")),
    (ITEM, re.compile(rf"([{_ARABIC}]{{1,3}})\s*[.．、](?![{_ARABIC}])")),
    (SUBITEM, re.compile(rf"[(（]([{_ARABIC}]{{1,3}})[)）]")),
)
# A heading may stand inside one long line: after the end of a sentence.
_INSIDE = re.compile(
    rf"(?<=[。；;！!？?])\s*(?=[{NUMERALS}]{{1,3}}、|[(（][{NUMERALS}]{{1,3}}[)）]|[{_ARABIC}]{{1,3}}\s*[.．、](?![{_ARABIC}])"
    rf"|(?:反馈)?问题(?:[{NUMERALS}]+|[{_ARABIC}]{{1,3}})[:：])"
)
_STEP = re.compile(rf"(?:(?<=[。；;:：])|^)\s*([{NUMERALS}]{{1,3}})是(?=[^否非])")
_ITEM = re.compile(
    rf"(?:(?<=[。；;:：])|^)\s*(?:(?P<n>[{_ARABIC}]{{1,3}})\s*[.．、](?![{_ARABIC}])|[(（](?P<b>[{_ARABIC}]{{1,3}})[)）])"
)
_QUOTES = {"“": "”", "「": "」", "《": "》", "『": "』", "（": "）", "(": ")"}
# Pinyin that a web page left behind a character: 環(huán)境.
_PINYIN = re.compile(r"(?<=[\u4e00-\u9fff])\([a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü]{1,6}\)")
LONG_LINE = 600
LONGEST_TITLE = 90


@dataclass(frozen=True)
class Line:
    """One paragraph: its rank (0 where it bears no number), its number, and the text behind the number."""

    rank: int
    number: int
    text: str
    whole: str


def lines_of(text: str) -> Iterator[Line]:
    """The paragraphs of a text; one long line is cut where headings stand inside it."""
    clean = _PINYIN.sub("", text.replace("\r", "\n").replace("\u3000", " ").replace("\xa0", " "))
    for raw in clean.split("\n"):
        whole = " ".join(raw.split())
        pieces = _INSIDE.split(whole) if len(whole) > LONG_LINE else [whole]
        for piece in filter(None, map(str.strip, pieces)):
            yield line_of(piece)


def line_of(whole: str) -> Line:
    for rank, mark in _MARKS:
        found = mark.match(whole)
        if found:
            return Line(rank, number_of(found.group(1)), whole[found.end() :].strip(), whole)
    return Line(0, 0, whole, whole)


def number_of(word: str) -> int:
    """The value of an Arabic or Chinese numeral below a thousand: ２３, 二十三, 一百零三."""
    if word.isdecimal():
        return int(word)
    total, digit = 0, 0
    for sign in word:
        if sign == "百":
            total, digit = total + (digit or 1) * 100, 0
        elif sign == "十":
            total, digit = total + (digit or 1) * 10, 0
        else:
            digit = _DIGITS[sign]
    return total + digit


def cut_title(text: str) -> tuple[str, str]:
    """A heading and what runs on behind its full stop; ("", text) where the text is too long for a heading.

    A stop inside a quotation or a title belongs to it.
    """
    end = _end_of_sentence(text)
    title = text[:end].rstrip("。；;：: ")
    return (title, text[end:].strip()) if title and len(title) <= LONGEST_TITLE else ("", text)


def steps_in(text: str, first: int = 1) -> tuple[str, list[str]]:
    """What stands before 一是, and the steps 一是…二是… in order; ("text", []) where there are none.

    Only a run that begins at ``first`` and counts on is a list: 三是 alone is part of a sentence.
    """
    marks: list[re.Match[str]] = []
    for mark in _STEP.finditer(text):
        if number_of(mark.group(1)) == first + len(marks):
            marks.append(mark)
    if not marks:
        return text, []
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    return text[: marks[0].start()].strip(), [text[m.end() : end].strip() for m, end in zip(marks, ends, strict=True)]


def items_in(text: str) -> tuple[str, list[Line]]:
    """What stands before 1. in a paragraph, and the items 1.…2.… in order, (1)…(2)… likewise; ("text", []) where
    there are none. They count from 1 as ``steps_in`` does."""
    marks: list[re.Match[str]] = []
    for mark in _ITEM.finditer(text):
        if number_of(mark["n"] or mark["b"]) == 1 + len(marks) and (not marks or marks[0].lastgroup == mark.lastgroup):
            marks.append(mark)
    if not marks:
        return text, []
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    items = [text[mark.start() : end].strip() for mark, end in zip(marks, ends, strict=True)]
    return text[: marks[0].start()].strip(), [line_of(item) for item in items]


def sentences_of(text: str) -> list[str]:
    """The sentences of a paragraph, stops inside quotations left alone."""
    found = []
    while text:
        end = _end_of_sentence(text)
        found.append(text[:end].strip())
        text = text[end:].strip()
    return [sentence for sentence in found if sentence]


def _end_of_sentence(text: str) -> int:
    closing: list[str] = []
    for place, sign in enumerate(text):
        if closing and sign == closing[-1]:
            closing.pop()
        elif sign in _QUOTES and _QUOTES[sign] in text[place:]:
            closing.append(_QUOTES[sign])
        elif not closing and sign in "。！？!?":
            return place + 1
    return len(text)
