"""Which list a sheet is and where its columns stand, found by its headings in whatever words, order and row."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from findings.documents.columns import Column
from findings.documents.export import KINDS

# A row is a heading of the list when it names all of the first and one of the second columns.
NEEDS: dict[str, tuple[set[str], set[str]]] = {
    "ledger": ({"text"}, {"issue", "issue_number"}),
    "tasks": ({"text"}, {"number", "issue_number"}),
    "issues": ({"title"}, {"number"}),
    "responsibility": ({"number"}, {"leader", "department", "assisting"}),
    "rules": ({"title"}, {"number", "issued_on", "action"}),
}
# How deep below titles and notes a heading row may stand, in rows with text.
DEEPEST = 60
LONGEST = 100  # characters of a heading
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_DECORATION = re.compile(r"[\s*:：.。、·]+")


@dataclass(frozen=True)
class Heads:
    """A heading row: the place of each known column, and what else stands there."""

    row: int
    places: dict[str, int]
    words: dict[str, str]
    extra: dict[int, str] = field(default_factory=dict)
    twice: list[tuple[str, int]] = field(default_factory=list)


def folded(text: str) -> str:
    """A heading or a name without the differences that mean nothing: width, case, blanks, decoration."""
    return _DECORATION.sub("", unicodedata.normalize("NFKC", text).lower())


def find_heads(rows: Iterable[tuple[int, Mapping[int, str]]], code: str) -> Heads | None:
    """The row among the first ones that names most columns of the list; None where none names what it needs."""
    known, best = _known(KINDS[code].columns), None
    for depth, (number, texts) in enumerate(rows):
        if depth >= DEEPEST:
            break
        heads = _heads(number, texts, known)
        if _suffices(heads, code) and (best is None or len(heads.places) > len(best.places)):
            best = heads
    return best


def _known(columns: Iterable[Column]) -> dict[str, tuple[str, int]]:
    """Folded heading → column and rank: the fewer, the more it is our own word."""
    found: dict[str, tuple[str, int]] = {}
    for column in columns:
        for rank, heading in enumerate(column.headings()):
            found.setdefault(folded(heading), (column.name, rank))
    return found


def _heads(number: int, texts: Mapping[int, str], known: Mapping[str, tuple[str, int]]) -> Heads:
    heads = Heads(number, {}, {})
    ranks: dict[str, int] = {}
    for place, text in texts.items():
        if len(text) > LONGEST:
            heads.extra[place] = text
            continue
        name, rank = known.get(folded(text)) or known.get(folded(_BRACKETS.sub("", _narrow(text)))) or ("", 0)
        if not name:
            heads.extra[place] = text
        elif name not in heads.places or rank < ranks[name]:
            if name in heads.places:
                heads.extra[heads.places[name]] = heads.words[name]
            heads.places[name], heads.words[name], ranks[name] = place, text, rank
        elif rank == ranks[name]:
            heads.twice.append((name, place))
        else:
            heads.extra[place] = text
    return heads


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _suffices(heads: Heads, code: str) -> bool:
    needed, one_of = NEEDS[code]
    return needed <= set(heads.places) and bool(one_of & set(heads.places))
