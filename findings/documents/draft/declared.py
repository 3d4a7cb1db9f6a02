"""What a text says of itself: so many areas, issues, measures and recommendations."""

import re

from findings.documents.draft.numbering import NUMERALS, number_of

_NUMBER = rf"([0-9０-９]{{1,4}}|[{NUMERALS}]{{1,5}})"
# The first that is found counts: a text repeats its numbers, and later ones are parts of the whole.
_PATTERNS: dict[str, tuple[str, ...]] = {
    "areas": (rf"{_NUMBER}个?(?:大)?方面(?:的)?(?=[^。；]{{0,12}}?(?:问题|大项|小项|[0-9０-９]))", rf"{_NUMBER}个方面"),
    "issues": (
        rf"{_NUMBER}小项",
        rf"{_NUMBER}(?:个|项|条)(?:具体|突出|主要|重点|共性)?(?:反馈)?问题",
        rf"问题{_NUMBER}(?:个|项|条)",
    ),
    "measures": (
        rf"{_NUMBER}(?:项|条|个)(?:具体|细化)?(?:的)?(?:整改)?(?:落实)?措施",
        rf"措施{_NUMBER}(?:项|条|个)",
        rf"{_NUMBER}(?:项|条|个)(?:具体)?整改任务",
        rf"整改任务{_NUMBER}(?:项|条|个)",
    ),
    "recommendations": (
        rf"{_NUMBER}(?:点|条|项|个|方面)(?:的)?(?:整改)?(?:意见)?建议",
        rf"(?:意见)?建议{_NUMBER}(?:点|条|项|个)",
    ),
}


def declared_in(text: str) -> dict[str, int]:
    """Numbers as the text states them; a key is absent where the text states none. Zero counts as stated."""
    found = {}
    for key, patterns in _PATTERNS.items():
        hit = next(filter(None, (re.search(pattern, text) for pattern in patterns)), None)
        if hit:
            found[key] = number_of(hit.group(1))
    return found
