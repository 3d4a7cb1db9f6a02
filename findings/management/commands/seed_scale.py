"""Bulk data for measuring, into an empty database."""

import time
from argparse import ArgumentParser
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from findings import dates
from findings.management.base import Answer, LedgerCommand, Refusal, day_from
from findings.management.sample.scale import lay_down
from findings.models import Campaign
from rectify.secrets import demo_password

MOST_COURTS, MOST_MEASURES, MOST_HISTORY = 9999, 5_000_000, 12


class Command(LedgerCommand):
    help = "Fill an empty database with courts, people and measures for measuring speed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--courts", type=int, required=True)
        parser.add_argument("--measures", type=int, required=True, help="in all, spread evenly over the courts")
        parser.add_argument("--history", type=int, default=0, help="monthly reports of each measure, default 0")
        parser.add_argument("--on", help="the day that the campaigns are dated from (YYYY-MM-DD), default today")

    def answer(self, *, courts: int, measures: int, history: int, on: str | None, **options: Any) -> Answer:
        day = day_from(on)
        for name, value, least, most in (
            ("--courts", courts, 1, MOST_COURTS), ("--measures", measures, courts, MOST_MEASURES),
            ("--history", history, 0, MOST_HISTORY),
        ):  # fmt: skip
            if not least <= value <= most:
                words = _("%(name)s takes a number from %(least)s to %(most)s.")
                raise Refusal(words % {"name": name, "least": least, "most": most})
        if day > dates.today():
            raise Refusal(_("The campaigns cannot begin in the future."))
        if Campaign.objects.exists():
            raise Refusal(_("The database holds a campaign already; bulk data go into an empty one."))
        begun = time.perf_counter()
        with transaction.atomic():
            laid = lay_down(courts=courts, measures=measures, history=history, on=day, password=demo_password())
        seconds = round(time.perf_counter() - begun, 1)
        facts = {"courts": laid.courts, "users": laid.users, "measures": laid.measures, "progress": laid.progress}
        words = _("Laid down: %(courts)s courts, %(users)s people, %(measures)s measures, %(progress)s reports.")
        return Answer(facts | {"seconds": seconds}, [words % facts])
