"""Compile the reports that are due, as the scheduler and the queue would, here and now."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from findings.choices import JobState
from findings.documents import compiling
from findings.management.base import Answer, LedgerCommand, day_from
from findings.models import Job, ReportingPeriod


class Command(LedgerCommand):
    help = (
        "Open the periods that were missed, and compile the report of each locked period without one, campaign by "
        "campaign in the order of the periods; what failed before is tried again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", help="day (YYYY-MM-DD), default today")

    def answer(self, *, on: str | None, **options: Any) -> Answer:
        day = day_from(on)
        found = [_told(job) for job in compiling.compile_due(day, now=timezone.now())]
        lines = [
            _("%(campaign)s %(period)s: %(state)s %(error)s") % (row | {"state": JobState(row["state"]).label})
            for row in found
        ]
        problems = [f"{row['campaign']} {row['period']}: {row['error']}" for row in found if row["error"]]
        lines = lines or [_("No report is due.")]
        return Answer({"on": day, "reports": found, "problems": problems}, lines, problems)


def _told(job: Job) -> dict[str, Any]:
    """A run as it ended: of which period, with which report, or why not."""
    period = ReportingPeriod.objects.select_related("campaign").get(pk=job.arguments[compiling.PERIOD])
    return {
        "campaign": period.campaign.slug, "period": period.code, "state": job.state, "error": job.error,
        "report": job.result.get("report"), "revision": job.result.get("revision"),
    }  # fmt: skip
