"""Every number that a page, a file or a mail states comes from here: a function of (rows in sight, day)."""

from findings.figures.counts import (
    Check,
    Counts,
    Group,
    Scope,
    Summary,
    light_of,
    measure_counts,
    scope_of,
)
from findings.figures.mine import Due, Waiting, due_of, work_of
from findings.figures.reporting import PeriodReport, period_report
from findings.figures.summary import by_area, by_department, by_leader, campaign_summary, issue_states
from findings.figures.trends import Comparison, Point, closed_over_time, compare, quality

__all__ = [
    "Check",
    "Comparison",
    "Counts",
    "Due",
    "Group",
    "PeriodReport",
    "Point",
    "Scope",
    "Summary",
    "Waiting",
    "by_area",
    "by_department",
    "by_leader",
    "campaign_summary",
    "closed_over_time",
    "compare",
    "due_of",
    "issue_states",
    "light_of",
    "measure_counts",
    "period_report",
    "quality",
    "scope_of",
    "work_of",
]
