"""What a text of progress is worth: whether it says the same as an earlier one, and whether it names any fact."""

import re
import unicodedata
from collections.abc import Iterable

# Phrases that any report could hold. One of them in a text without a fact makes it empty talk.
EMPTY_PHRASES = (
    "高度重视", "扎实推进", "稳步推进", "有序推进", "积极推进", "持续推进", "深入推进", "持续加强", "进一步加强",
    "不断加强", "切实加强", "不断强化", "持续强化", "进一步强化", "切实提高", "不断提高", "进一步提高", "持续深化",
    "认真落实", "全面落实", "严格落实", "狠抓落实", "深入开展", "认真开展", "统一思想", "提高认识", "提高站位",
    "提高政治站位", "加强领导", "压实责任", "精心组织", "周密部署", "常抓不懈", "抓紧抓实", "抓细抓实", "取得实效",
    "取得明显成效", "取得阶段性成效", "举一反三", "建立长效机制", "加大力度", "正在推进", "按计划推进", "正在整改",
    "持续整改",
)  # fmt: skip
# A fact: a digit; a Chinese numeral before a counter (but not 一个, 一些, 一定, which count nothing); a title or words
# in quotes; a word in Latin letters.
FACT = re.compile(
    r"\d|《[^》]+》|“[^”]+”|「[^」]+」|[A-Za-z]{2,}"
    r"|(?:[二两三四五六七八九十百千万]|一(?![个些定]))[〇零一二两三四五六七八九十百千万余多]*"
    r"(?:次|名|人|件|项|个|场|份|条|起|期|篇|家|户|处|月|日|年|天|周|轮|批|号|成|倍|元|页|类)"
)
ALIKE = 90  # percent, from which on two texts are nearly the same
SHORTEST = 12  # characters; below that only equal texts are the same


def empty_phrases(text: str, names: Iterable[str] = ()) -> list[str]:
    """The empty phrases of a text that names no fact; [] where it names one or holds no such phrase.

    ``names`` are things of the ledger, such as departments and documents, whose name is a fact as well.
    """
    found = [phrase for phrase in EMPTY_PHRASES if phrase in text]
    if not found or FACT.search(text) or any(name in text for name in names):
        return []
    return found


def plain(text: str) -> str:
    """Letters and digits only, of one width and case: what is left when blanks and marks do not count."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def likeness(text: str, other: str) -> int:
    """How much two texts are the same, in percent: the pairs of neighbouring characters that they share.

    100 only for texts that are equal but for blanks and marks. Texts whose lengths differ too much to be alike are 0.
    """
    one, two = plain(text), plain(other)
    if one == two:
        return 100 if one else 0
    shorter, longer = sorted((len(one), len(two)))
    if shorter < SHORTEST or shorter * (200 - ALIKE) < longer * ALIKE:
        return 0
    pairs, others = ({word[n : n + 2] for n in range(len(word) - 1)} for word in (one, two))
    return min(200 * len(pairs & others) // (len(pairs) + len(others)), 99)
