"""Words between words, which every language sets in its own way, and the room that words take on a terminal."""

import re
import unicodedata
from collections.abc import Iterable

from django.utils.translation import pgettext

# Control characters but tabs and line ends, halves of a character and the two code points that are none: XML 1.0,
# of which Excel and Word files are made, forbids nearly all of them, and no page shows one.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def joined(names: Iterable[object]) -> str:
    """Names one after the other, as a sentence or a cell lists them."""
    return pgettext("between names", ", ").join(str(name) for name in names)


def width(text: str) -> int:
    """Return how many columns a text takes on a terminal; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """The text filled up with blanks to so many columns; ``right`` puts them before it."""
    blanks = " " * (columns - width(text))
    return blanks + text if right else text + blanks
