"""Words between words, which every language sets in its own way."""

from collections.abc import Iterable

from django.utils.translation import pgettext


def joined(names: Iterable[object]) -> str:
    """Names one after the other, as a sentence or a cell lists them."""
    return pgettext("between names", ", ").join(str(name) for name in names)
