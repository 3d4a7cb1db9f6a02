"""Take the holidays and make-up working days of the published years into the calendar."""

from argparse import ArgumentParser
from collections import defaultdict
from datetime import date

import holidays
from django.utils.translation import gettext as _

from findings import dates
from findings.management.base import Answer, LedgerCommand, Refusal
from findings.models import CalendarYear
from findings.workflow import calendar
from findings.workflow.calendar import Days, Outlook


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
        taken = dict(CalendarYear.objects.exclude(notice="").values_list("year", "notice"))
        told = loaded({year: days for year, days in tables_of(known).items() if year not in taken})
        unknown = sorted({*range(first, last + 1)} - {*known, *taken})
        moved = [str(row) for outlook in told for row in outlook.moved]
        written = sum(outlook.written for outlook in told)
        lines = [_("%(written)s days written for %(years)s years.") % {"written": written, "years": len(known)}]
        for year, notice in sorted(taken.items()):
            if first <= year <= last:
                lines.append(_("%(year)s stands as it was taken in: %(notice)s.") % {"year": year, "notice": notice})
        for year in unknown:
            lines.append(_("%(year)s is not published yet: its days follow the plain week.") % {"year": year})
        document = {"written": written, "years": known, "unknown": unknown, "moved": moved}
        return Answer(document, [*lines, *moved])


def loaded(tables: dict[int, Days]) -> list[Outlook]:
    """Take the tables in that are new or other than what stands, the program itself being who does it."""
    standing, found = CalendarYear.objects.known(), []
    for year, days in tables.items():
        outlook = calendar.rehearse_year(year, days, on=dates.today())
        if year not in standing or outlook.changed:
            found.append(calendar.keep_year(year, days, notice="", by=None, note=_("calendar loaded")))
    return found


def is_published(year: int) -> bool:
    """Whether the library has the year's arrangement, and not the statutory days alone."""
    return year in holidays.country_holidays("CN").special_public_holidays


def tables_of(years: list[int]) -> dict[int, Days]:
    """The table of each year's notice: its New Year may begin in the December before."""
    found: dict[int, Days] = defaultdict(dict)
    for year in sorted({*years, *(year - 1 for year in years)}):
        for day, fact in days_of(year).items():
            found[dates.notice_year(day)][day] = fact
    return {year: found[year] for year in years}


def days_of(year: int) -> dict[date, tuple[bool, str]]:
    """The days that differ from the plain week: weekdays off, and weekend days worked."""
    table = holidays.country_holidays("CN", years=year, language="zh_CN")
    found = {day: (False, name[:60]) for day, name in table.items() if day.weekday() < 5}
    made_up = {day for day in table.weekend_workdays if day.year == year and day.weekday() >= 5}
    return dict(sorted((found | dict.fromkeys(made_up, (True, _("make-up working day")))).items()))
