"""The messages of a working morning, beside the bare insertion of as many rows."""

from datetime import date, timedelta

from findings import dates, morning
from findings.management.bench.timing import Taken, timed
from findings.models import Message

BATCH = 500


def next_working_day() -> date:
    """Today or the first working day after it."""
    day = dates.today()
    while not morning.Almanac.of(day).is_working_day:
        day += timedelta(days=1)
    return day


def digests() -> Taken:
    """One digest for each person for whom something waits, and the delays."""
    on = next_working_day()
    with timed() as watch:
        found = morning.remind(on)
    return Taken(found.written, watch)


def bare() -> Taken:
    """As many messages with the same texts in one go, then taken out again. ``digests`` has run before."""
    rows = list(Message.objects.order_by("pk"))
    for row in rows:
        row.pk, row.key = None, f"bare/{row.key}"
    with timed() as watch:
        Message.objects.bulk_create(rows, batch_size=BATCH)
    Message.objects.filter(key__startswith="bare/").delete()
    return Taken(len(rows), watch)
