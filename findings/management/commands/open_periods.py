"""Make the reporting periods that the campaigns' dates call for."""

from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext as _

from findings.management.base import Answer, LedgerCommand, day_from
from findings.models import Campaign
from findings.workflow import progress


class Command(LedgerCommand):
    help = "Make the reporting periods that have begun; those that stand stay as they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", help="day (YYYY-MM-DD), default today")

    def answer(self, *, on: str | None, **options: Any) -> Answer:
        day = day_from(on)
        made = [p.code for campaign in Campaign.objects.begun(day) for p in progress.open_periods(campaign, on=day)]
        return Answer({"periods": made}, [_("%(count)s periods opened.") % {"count": len(made)}])
