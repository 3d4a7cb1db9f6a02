"""What the page of the timed jobs shows, for those who watch the server."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from findings.figures.timetable import Line, site_alarms, site_lines
from findings.management.base import Answer, LedgerCommand


class Command(LedgerCommand):
    help = "Show the timed jobs with their newest runs; status 2 while scheduler, worker or a job is silent or fails."

    def answer(self, **options: Any) -> Answer:
        now = timezone.now()
        lines = site_lines(now)
        alarms = site_alarms(now, lines)
        document = {
            "alarms": [{"kind": alarm.kind, "sentence": alarm.sentence, "remedy": alarm.remedy} for alarm in alarms],
            "jobs": [_facts(line) for line in lines],
        }
        return Answer(document, [_words(line) for line in lines], problems=[str(alarm) for alarm in alarms])


def _facts(line: Line) -> dict[str, Any]:
    return {
        "name": line.name, "how_often": line.often, "asked_at": line.asked_at, "started_at": line.started_at,
        "seconds": line.seconds, "state": line.row.state if line.row else None, "outcome": line.outcome,
        "next_at": line.next_at,
    }  # fmt: skip


def _words(line: Line) -> str:
    started = f"{timezone.localtime(line.started_at):%Y-%m-%d %H:%M:%S}" if line.started_at else "—"
    return _("%(name)s: %(often)s; last run %(started)s, %(outcome)s; next run %(following)s") % {
        "name": line.name, "often": line.often, "started": started, "outcome": line.outcome,
        "following": f"{line.next_at:%Y-%m-%d %H:%M}",
    }  # fmt: skip
