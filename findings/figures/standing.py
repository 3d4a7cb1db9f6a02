"""Whether the sentences of a report still say what the ledger says: figures that moved on, figures of nobody."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from findings.figures.told import Drafted, key_of
from findings.models import ReportSentence

_COUNTERS = "项个条份次件类名人家期场篇起处轮倍元天周月日年号%％"
# Digits, or Chinese numerals before a counter.
_FIGURE = re.compile(
    rf"\d+(?:[.．]\d+)*(?:\s*[万亿])?\s*[{_COUNTERS}]?|[〇零一二两三四五六七八九十百千万亿]+\s*[{_COUNTERS}]"
)
# Written by people about the office itself: telephone numbers are no figures of the ledger.
_UNCOUNTED = frozenset({"contact"})


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
    known = set(figures_in(now.text))
    return tuple(dict.fromkeys(figure for figure in figures_in(sentence.text) if figure not in known))


def figures_in(text: str) -> list[str]:
    """Every figure of a text as one spelling: in digits, with its counter, or in Chinese numerals before one."""
    return [_spelled(match[0]) for match in _FIGURE.finditer(text)]


def _spelled(figure: str) -> str:
    return "".join(unicodedata.normalize("NFKC", figure).split())
