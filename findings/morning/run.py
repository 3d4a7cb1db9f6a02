"""Writing the morning's messages, and showing beforehand what a morning would write."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from findings import dates
from findings.choices import JobState, MessageKind
from findings.models import Job
from findings.morning.almanac import Almanac, Rulebook
from findings.morning.delays import delays
from findings.morning.desk import Morning
from findings.morning.digests import digests, recipients
from findings.notify import Draft, write_all

# When the morning's messages may leave: the same for everybody.
MORNING = time(8, 30)


@dataclass
class Reminded:
    """What one run wrote. ``skipped`` counts messages that stood there already, from an earlier run."""

    on: date
    is_working_day: bool = True
    skipped: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)

    @property
    def written(self) -> int:
        return self.by_kind.total()

    def take(self, kind: str, drafts: int, new: int, told: int) -> None:
        if new:
            self.by_kind[kind] += new
        self.skipped += told + drafts - new


@dataclass(frozen=True)
class Preview:
    """What a morning would write, were it that day with the rows of now."""

    on: date
    is_working_day: bool = True
    drafts: list[Draft] = field(default_factory=list)


def remind(on: date, *, at: datetime | None = None) -> Reminded:
    """Write the messages of a working morning: one digest for each person for whom something waits, and delays.

    On a day off nothing is written. A second run of a day writes what the first one missed and nothing else, and
    a run after missed days speaks of its own day only.
    """
    almanac = Almanac.of(on)
    found = Reminded(on, almanac.is_working_day)
    if found.is_working_day:
        moment = at or timezone.now()
        for kind, drafts, told in _drafted(almanac):
            new = write_all(drafts, at=moment, not_before=morning_of(on))
            found.take(kind, len(drafts), new, told)
    _note_end(on)
    return found


def is_written(on: date) -> bool:
    """Whether a run of that morning came to its end."""
    return Job.objects.filter(key=_key(on), state=JobState.DONE).exists()


def _note_end(on: date) -> None:
    now = timezone.now()
    facts = {"name": "remind", "state": JobState.DONE, "asked_at": now, "ended_at": now}
    Job.objects.get_or_create(key=_key(on), defaults=facts)


def _key(on: date) -> str:
    return f"remind/{on.isoformat()}"


def preview(on: date, court_id: int, *, today: date) -> Preview:
    """What the people of a court would get on a day; nothing is written.

    Delays that an earlier morning will have told by then are left out.
    """
    almanac = Almanac.of(on)
    if not almanac.is_working_day:
        return Preview(on, False)
    before = on - timedelta(days=1)
    while not dates.is_working_day(before, almanac.calendar):
        before -= timedelta(days=1)
    told_by = Almanac(before, almanac.calendar) if before >= today else None
    return Preview(on, True, [draft for _kind, drafts, _n in _drafted(almanac, court_id, told_by) for draft in drafts])


def morning_of(on: date) -> datetime:
    """The instant before which no message of that day's reminders leaves."""
    return timezone.make_aware(datetime.combine(on, MORNING))


def _drafted(
    almanac: Almanac, court_id: int | None = None, told_by: Almanac | None = None
) -> Iterator[tuple[str, list[Draft], int]]:
    """Kind, drafts and number of those told before, a handful at a time."""
    book = Rulebook.running(almanac.on, court_id)
    if not book.courts():
        return
    for drafts, told in digests(Morning(almanac, book), recipients(court_id)):
        yield MessageKind.DIGEST, drafts, told
    for drafts, told in delays(almanac, book, court_id=court_id, told_by=told_by):
        yield MessageKind.ESCALATED, drafts, told
