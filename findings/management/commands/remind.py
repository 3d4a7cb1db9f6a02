"""Write the day's reminder messages; the queue's own job does the same each morning."""

from argparse import ArgumentParser

from django.utils.translation import gettext as _

from findings import dates, morning
from findings.management.base import Answer, LedgerCommand, day_from


class Command(LedgerCommand):
    help = "Write the reminder messages of a working day; a second run of the day writes none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", metavar="YYYY-MM-DD", help="the day, default today")

    def answer(self, *, on: str | None, **options: object) -> Answer:
        found = morning.remind(day_from(on))
        document = {
            "on": found.on,
            "working_day": found.is_working_day,
            "written": found.written,
            "skipped": found.skipped,
            "by_kind": dict(sorted(found.by_kind.items())),
        }
        if not found.is_working_day:
            line = _("%(day)s is no working day: nothing was written.") % {"day": found.on.isoformat()}
        else:
            facts = {"day": found.on.isoformat(), "written": found.written, "skipped": found.skipped}
            line = _("%(day)s: %(written)s messages written, %(skipped)s stood there already.") % facts
        return Answer(document, [line, *_not_come(found)])


def _not_come(found: morning.Reminded) -> list[str]:
    """What becomes of the messages of a day to come: checks may ask for one, people seldom mean it."""
    if not found.is_working_day or found.on <= dates.today():
        return []
    facts = {"day": found.on.isoformat(), "time": f"{morning.MORNING:%H:%M}"}
    return [
        _(
            "%(day)s has not come yet: mail and chats wait until %(time)s of that day, the inbox shows the messages "
            "now, and that morning does not draw up these people's digests again."
        )
        % facts
    ]
