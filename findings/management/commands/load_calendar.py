"""Take the holidays and make-up working days of the published years into the calendar."""

from argparse import ArgumentParser
from datetime import date

import holidays
from django.utils.translation import gettext as _

from findings import dates
from findings.management.base import Answer, LedgerCommand, Refusal
from findings.workflow import paper


class Command(LedgerCommand):
    help = "Load the Chinese working calendar of the years whose arrangement has been published; can be repeated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--first", type=int, default=2019, metavar="YEAR", help="default 2019")
        parser.add_argument("--last", type=int, metavar="YEAR", help="default next year")

    def answer(self, *, first: int, last: int | None, **options: object) -> Answer:
        last = last or dates.today().year + 1
        if not dates.FIRST_DAY.year <= first <= last <= dates.LAST_DAY.year:
            raise Refusal(_("The years must run from %(first)s to %(last)s.")
                          % {"first": dates.FIRST_DAY.year, "last": dates.LAST_DAY.year})  # fmt: skip
        known = [year for year in range(first, last + 1) if is_published(year)]
        unknown = sorted({*range(first, last + 1)} - {*known})
        written = paper.load_calendar({day: fact for year in known for day, fact in days_of(year).items()}, by=None)
        lines = [_("%(written)s days written for %(years)s years.") % {"written": written, "years": len(known)}]
        for year in unknown:
            lines.append(_("%(year)s is not published yet: its days follow the plain week.") % {"year": year})
        return Answer({"written": written, "years": known, "unknown": unknown}, lines)


def is_published(year: int) -> bool:
    """Whether the library has the year's arrangement, and not the statutory days alone."""
    return year in holidays.country_holidays("CN").special_public_holidays


def days_of(year: int) -> dict[date, tuple[bool, str]]:
    """The days that differ from the plain week: weekdays off, and weekend days worked."""
    table = holidays.country_holidays("CN", years=year, language="zh_CN")
    found = {day: (False, name[:60]) for day, name in table.items() if day.weekday() < 5}
    made_up = {day for day in table.weekend_workdays if day.year == year and day.weekday() >= 5}
    return dict(sorted((found | dict.fromkeys(made_up, (True, _("make-up working day")))).items()))
