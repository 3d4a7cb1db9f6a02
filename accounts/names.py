"""What a site calls its roles, states and stages: its own word where it has one, else the usual one.

The labels of every closed list look their word up when they are printed, so that pages, files and mails follow by
themselves. The own words are kept in the process; ``naming.py`` reads them from the database.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

from django.db.models import TextChoices
from django.utils.functional import Promise, lazy
from django.utils.translation import get_language, override

ZH, EN = "zh-hans", "en"
List = TypeVar("List", bound=type[TextChoices])


@dataclass(frozen=True)
class ClosedList:
    """A closed list whose words a site may change: what it is a list of, and the usual word of each code."""

    title: Promise | str
    choices: type[TextChoices]
    usual: Mapping[str, Promise | str]

    def usual_in(self, language: str, value: str) -> str:
        """The usual word of a code in a language."""
        with override(language):
            return str(self.usual[value])


LISTS: dict[str, ClosedList] = {}


class _Kept:
    """The own words by code and language, and when they were read, in seconds of the process's clock."""

    def __init__(self) -> None:
        self.words: Mapping[tuple[str, str], str] = {}
        self.read_at: float | None = None


_kept = _Kept()


def named(title: Promise | str) -> Callable[[List], List]:
    """Let the members of a closed list be called by the site's own words."""

    def decorate(choices: List) -> List:
        LISTS[choices.__name__] = ClosedList(title, choices, {member.value: member.label for member in choices})
        for member in choices:
            member._label_ = called(code_of(member), member.label)
        return choices

    return decorate


def code_of(member: TextChoices) -> str:
    """Under which code the own words of a member are stored: "RoleCode.head"."""
    return f"{type(member).__name__}.{member.value}"


def put(words: Mapping[tuple[str, str], str]) -> None:
    """Take over the own words, by code and language, as they are now."""
    _kept.words, _kept.read_at = dict(words), monotonic()


def usual_words(choices: type[TextChoices]) -> list[tuple[str, str]]:
    """The usual words of a list in every language, each with its value."""
    closed = LISTS[choices.__name__]
    return [(value, closed.usual_in(language, value)) for language in (EN, ZH) for value in choices.values]


def own_words(choices: type[TextChoices]) -> list[tuple[str, str]]:
    """The site's own words for the members of a list in every language, each with its value."""
    start = f"{choices.__name__}."
    return [(code.removeprefix(start), word) for (code, _in), word in _kept.words.items() if code.startswith(start)]


def are_older_than(seconds: float) -> bool:
    """Whether the words were read longer ago, or never."""
    return _kept.read_at is None or monotonic() - _kept.read_at >= seconds


def _word_of(code: str, usual: Promise | str) -> str:
    # Without a language (a migration is being written) only the usual word is the same on every site.
    return _kept.words.get((code, get_language() or "")) or str(usual)


_lazy_word = lazy(_word_of, str)


def called(code: str, usual: Promise | str) -> str:
    """The site's own word for a code where it has one, else the usual word of the place that asks; looked up late."""
    return _lazy_word(code, usual)
