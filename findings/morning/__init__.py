"""The morning of a working day: the rules of each court, and the messages that they ask for."""

from findings.morning.almanac import Almanac, Rulebook
from findings.morning.desk import Morning
from findings.morning.digests import digest_key, sections_of
from findings.morning.run import MORNING, Preview, Reminded, is_written, morning_of, preview, remind
from findings.morning.sections import MOST_LINES, Section

__all__ = [
    "MORNING",
    "MOST_LINES",
    "Almanac",
    "Morning",
    "Preview",
    "Reminded",
    "Rulebook",
    "Section",
    "digest_key",
    "is_written",
    "morning_of",
    "preview",
    "remind",
    "sections_of",
]
