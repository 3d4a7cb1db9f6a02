"""Load the two sample campaigns and their people into an empty database."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management import call_command
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.words import joined
from findings import dates
from findings.management.base import Answer, LedgerCommand, Refusal, day_from
from findings.management.sample import closed, live
from findings.management.sample.people import build_court, moment
from findings.models import Campaign
from rectify.secrets import demo_password

FIRST_DAY = date(2022, 6, 1)  # before it the live sample would run into the closed one


class Command(LedgerCommand):
    help = "Load the sample campaigns sample-2021 and sample-live, and their people, into an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", help="the day that the live sample is dated from (YYYY-MM-DD), default today")

    def answer(self, *, on: str | None, **options: Any) -> Answer:
        day = day_from(on)
        if not FIRST_DAY <= day <= dates.today():
            raise Refusal(_("The sample can be dated from %(first)s to today.") % {"first": FIRST_DAY.isoformat()})
        if Campaign.objects.exists():
            raise Refusal(_("The database holds a campaign already; the sample is only loaded into an empty one."))
        # The sample's own words are Chinese: the reasons that verbs add stand beside them in the same language.
        with translation.override("zh-hans"), transaction.atomic():
            call_command("load_calendar", verbosity=0, stdout=_Silence())
            cast = build_court(demo_password(), moment(date(2021, 1, 4), 9))
            campaigns = [closed.build(cast), live.build(cast, day)]
        slugs = [campaign.slug for campaign in campaigns]
        users = User.objects.count()
        text = _("Loaded: %(campaigns)s; %(users)s people.") % {"campaigns": joined(slugs), "users": users}
        return Answer({"campaigns": slugs, "users": users}, [text])


class _Silence:
    """Standard output of a command inside a command."""

    def write(self, text: str) -> None:
        return None
