"""Every number that a page, a file or a mail states comes from here: a function of (rows in sight, day)."""

from findings.figures.counts import (
    Check,
    Counts,
    Group,
    RuleCounts,
    Scope,
    Summary,
    is_in_force,
    is_use_check_missed,
    light_of,
    lights_of,
    longest_overdue,
    measure_counts,
    scope_of,
)
from findings.figures.lookback import (
    IssueStanding,
    RoundResult,
    answers_standing,
    disagreements,
    issue_standings,
    reopened_measures,
    round_results,
)
from findings.figures.mine import Due, Waiting, due_of, work_of, works_of
from findings.figures.plan import Total, declared_totals
from findings.figures.reporting import PeriodReport, period_report
from findings.figures.summary import by_area, by_department, by_leader, campaign_summary, issue_states, rule_counts
from findings.figures.trends import Comparison, Point, closed_over_time, compare, quality

__all__ = [
    "Check",
    "Comparison",
    "Counts",
    "Due",
    "Group",
    "IssueStanding",
    "PeriodReport",
    "Point",
    "RoundResult",
    "RuleCounts",
    "Scope",
    "Summary",
    "Total",
    "Waiting",
    "answers_standing",
    "by_area",
    "by_department",
    "by_leader",
    "campaign_summary",
    "closed_over_time",
    "compare",
    "declared_totals",
    "disagreements",
    "due_of",
    "is_in_force",
    "is_use_check_missed",
    "issue_standings",
    "issue_states",
    "light_of",
    "lights_of",
    "longest_overdue",
    "measure_counts",
    "period_report",
    "quality",
    "reopened_measures",
    "round_results",
    "rule_counts",
    "scope_of",
    "work_of",
    "works_of",
]
