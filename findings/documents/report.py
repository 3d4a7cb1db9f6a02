"""The month and quarter report: figures frozen, Word in the official layout, the ledger of the day annexed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import chain
from accounts.models import User
from findings import figures
from findings.choices import DocumentKind, MeasureStatus, PeriodKind, ReportState, without_deadline
from findings.documents import charts, word
from findings.documents.export import export
from findings.documents.filenames import report_name
from findings.documents.titles import subject_of
from findings.figures import PeriodReport, Scope
from findings.figures.reporting import MeasureLine, documents_in_words
from findings.models import Campaign, Report, ReportingPeriod
from findings.workflow.paper import Compiled, holds_already, keep_report, report_for

STEPS = 4  # the figures, the chart, the Word file, the Excel file
LANGUAGE = "zh-hans"  # an official paper, whoever's screen it was asked from
TEMPLATE = "period_report.docx"


def compile_report(
    campaign: Campaign, period: ReportingPeriod, *, by: User | None = None, at: datetime | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:  # fmt: skip
    """The report of a period: made, brought up to date, or left alone where nothing has changed.

    ``progress`` is told how many of the ``STEPS`` are done. Raises TemplateFault where the office's template cannot
    be filled.
    """
    made_on = timezone.localdate(at or timezone.now())
    with translation.override(LANGUAGE):
        progress(0, STEPS)
        scope = figures.scope_of(campaign, None)
        found = figures.period_report(scope, period)
        report = report_for(campaign, period)
        if report.stands(made_on) and holds_already(report, found.frozen()):
            return report  # drawing it anew is spared
        progress(1, STEPS)
        revision = report.revision + (report.state == ReportState.ISSUED)
        chart = _chart(scope, found)
        progress(2, STEPS)
        page = report_page(scope, period, found, chart=chart, revision=revision, made_on=made_on)
        paper = word.render(TEMPLATE, page, pictures={"chart": chart})
        progress(3, STEPS)
        annex = export("ledger", scope, found.ends_on).content
        progress(4, STEPS)
        filename = report_name(report, revision=revision)
        return keep_report(report, Compiled(found.frozen(), paper, annex, filename), by=by, at=at)


def report_page(
    scope: Scope, period: ReportingPeriod, found: PeriodReport, *, chart: bytes, revision: int, made_on: date
) -> word.ReportPage:
    """The figures in the shape and the words of the template, in the active language."""
    lines = [_in_words(line) for line in found.lines]
    by_number = {line.number: line for line in lines}
    is_month = period.kind == PeriodKind.MONTH
    counts = found.summary.counts
    late = {number for number, _days in found.overdue}
    return word.ReportPage(
        campaign=scope.campaign.title,
        subject=subject_of(scope.campaign.title),
        court=scope.campaign.court.name,
        kind=period.kind,
        year=period.starts_on.year,
        ordinal=period.starts_on.month if is_month else (period.starts_on.month - 1) // 3 + 1,
        is_forecast=made_on <= found.ends_on,
        starts_on=date_format(found.starts_on, "DATE_FORMAT"),
        ends_on=date_format(found.ends_on, "DATE_FORMAT"),
        made_on=date_format(made_on, "DATE_FORMAT"),
        revision=revision,
        digest=chain.head(),
        report=replace(found, documents=documents_in_words(found.documents)),
        still_open=counts.open,
        areas=_areas(found, lines),
        departments=found.summary.departments,
        overdue=[_dated(by_number[number], days=days) for number, days in found.overdue],
        due_next=[_dated(by_number[number], deadline=deadline) for number, deadline in found.due_next],
        difficulties=[line for line in lines if line.difficulty.strip()],
        next_steps=[
            line for line in lines if line.next_step.strip() and (line.difficulty.strip() or line.number in late)
        ],
        since_on=date_format(found.since_on, "DATE_FORMAT") if found.since_on else "",
        new_rules=sum(kind == DocumentKind.RULE for _title, _number, kind in found.documents),
        chart=chart,
    )


def _in_words(line: MeasureLine) -> MeasureLine:
    done = line.done
    if line.correction:
        words = _("%(done)s (correction of %(period)s: %(correction)s)")
        done = words % {"done": done, "period": line.corrects, "correction": line.correction}
    return replace(
        line,
        status=str(MeasureStatus(line.status).label),
        done=done,
        deadline=line.deadline or without_deadline(line.nature),
    )


def _areas(found: PeriodReport, lines: list[MeasureLine]) -> list[word.AreaPart]:
    """Each area with its measures that were not closed before the period began."""
    closed = str(MeasureStatus.CLOSED.label)
    just_closed = set(found.closed)
    live = [line for line in lines if line.status != closed or line.number in just_closed]
    return [
        word.AreaPart(
            number=group.number or 0,
            title=group.title,
            counts=group.counts,
            lines=[line for line in live if line.area == group.number],
        )
        for group in found.summary.areas
    ]


def _dated(line: MeasureLine, *, days: int = 0, deadline: str = "") -> word.DatedLine:
    return word.DatedLine(
        number=line.number,
        text=line.text,
        department=line.department,
        leader=line.leader,
        days=days,
        deadline=deadline or line.deadline,
    )


def _chart(scope: Scope, found: PeriodReport) -> bytes:
    until = max(found.ends_on, scope.campaign.concentrated_until)
    points = figures.closed_over_time(scope, found.ends_on, until=until)
    known = sum(point.on <= found.ends_on for point in points)
    return charts.closed_against_plan(points, known)
