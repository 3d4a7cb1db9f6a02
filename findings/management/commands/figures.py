"""The numbers of a campaign on a day: what the dashboard, the ledger and the reports state as well."""

from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from findings import figures
from findings.figures import Group, Summary
from findings.management.base import Answer, LedgerCommand, campaign_named, day_from


class Command(LedgerCommand):
    help = "Print the figures of a campaign as of a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("campaign", help="the campaign's address, such as sample-2021")
        parser.add_argument("--on", metavar="YYYY-MM-DD", help="the day, default today")

    def answer(self, *, campaign: str, on: str | None, **options: object) -> Answer:
        row, day = campaign_named(campaign), day_from(on)
        scope = figures.scope_of(row, None)
        summary, rules = figures.campaign_summary(scope, day), figures.rule_counts(scope, day)
        found = document_of(summary) | {"rules_in_force": rules.in_force, "use_checks_missed": rules.use_checks_missed}
        return Answer({"campaign": row.slug} | found, lines_of(summary))


def document_of(summary: Summary) -> dict[str, Any]:
    """All head figures as plain values; ``on`` is the day whose figures hold."""
    return {
        "on": summary.on,
        "issues": summary.issues,
        "issues_rectified": summary.issues_rectified,
        "issues_partial": summary.issues_partial,
        "issues_open": summary.issues_open,
        **asdict(summary.counts),
        "recommendations": summary.recommendations,
        "areas": [{"number": group.number, "title": group.title, **asdict(group.counts)} for group in summary.areas],
        "departments": [
            {"code": group.code, "title": group.title, **asdict(group.counts)} for group in summary.departments
        ],
        "documents": summary.documents,
        "rules": summary.rules,
        "meetings": summary.meetings,
        "checks": [asdict(check) for check in summary.checks],
    }


def lines_of(summary: Summary) -> Iterator[str]:
    """The same for people."""
    yield _("Figures as of %(day)s") % {"day": summary.on.isoformat()}
    issues = {"n": summary.issues, "rectified": summary.issues_rectified, "partial": summary.issues_partial,
              "open": summary.issues_open}  # fmt: skip
    yield _("Issues %(n)s: rectified %(rectified)s, partial results %(partial)s, open %(open)s") % issues
    yield _measures(_("Measures"), asdict(summary.counts))
    for group in [*summary.areas, *summary.departments]:
        yield "  " + _measures(_titled(group), asdict(group.counts))
    papers = {"documents": summary.documents, "rules": summary.rules, "n": summary.recommendations}
    yield _("Documents %(documents)s, of which rules %(rules)s; recommendations %(n)s") % papers
    for check in summary.checks:
        if not check.holds:
            yield _("Does not add up: %(check)s") % {"check": check.name}


def _titled(group: Group) -> str:
    return f"{group.code} {group.title}".strip() or _("nobody")


def _measures(title: str, counts: dict[str, int]) -> str:
    return _(
        "%(title)s %(measures)s: not started %(not_started)s, in progress %(in_progress)s, waiting %(waiting)s, "
        "closed %(closed)s, overdue %(overdue)s, due soon %(due_soon)s"
    ) % ({"title": title} | counts)
