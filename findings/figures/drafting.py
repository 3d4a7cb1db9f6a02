"""Reports in words (通报, 双报告): their plans, and the sentences that the ledger supports as of a day.

The words stand here in Chinese, because the paper is Chinese whatever the screen's language.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from django.utils.translation import gettext_lazy, ngettext

from accounts.words import joined
from findings.choices import MeetingKind, ReportKind
from findings.figures.counts import Scope
from findings.figures.stated import STATED, Drafted, Facts, facts_of, no_difficulty, no_result, of_area
from findings.figures.told import Ledger, difficulty, led_by_chief, ledger_of, meetings, next_step, result

# The sections of each kind in their order, with the heading of each; "" where it bears none.
SECTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    ReportKind.BULLETIN: (
        ("opening", ""),
        ("organisation", "落实整改责任，组织推进整改"),
        ("issues", "对照反馈意见，逐项整改问题"),
        ("next", "坚持持续整改，巩固整改成果"),
        ("contact", ""),
    ),
    ReportKind.PROGRESS: (
        ("opening", ""),
        ("overall", "整改工作总体情况"),
        ("issues", "各方面问题整改情况"),
        ("difficulties", "存在的困难"),
        ("next", "下一步工作安排"),
    ),
    ReportKind.HEAD: (
        ("opening", ""),
        ("duty", "履行第一责任人责任情况"),
        ("tasks", "推进重点任务情况"),
        ("signing", "审核把关情况"),
        ("next", "下一步打算"),
    ),
}
# The sentences of statistics of each section.
_STATISTICS: dict[tuple[str, str], tuple[str, ...]] = {
    (ReportKind.BULLETIN, "opening"): ("lead",),
    (ReportKind.BULLETIN, "organisation"): ("plan", "meetings", "supervision", "measures", "documents"),
    (ReportKind.BULLETIN, "issues"): ("issues",),
    (ReportKind.BULLETIN, "next"): ("left", "recommendations"),
    (ReportKind.BULLETIN, "contact"): ("contact",),
    (ReportKind.PROGRESS, "opening"): ("lead",),
    (ReportKind.PROGRESS, "overall"): ("plan", "measures", "issues", "documents", "meetings", "supervision"),
    (ReportKind.PROGRESS, "next"): ("left", "overdue", "recommendations"),
    (ReportKind.HEAD, "opening"): ("lead",),
    (ReportKind.HEAD, "duty"): ("meetings",),
    (ReportKind.HEAD, "tasks"): ("key", "led"),
    (ReportKind.HEAD, "signing"): ("signatures",),
    (ReportKind.HEAD, "next"): ("left", "overdue"),
}
# Sentences that a report should hold: what is missing where the ledger has nothing for them.
_MISSING = {
    "plan": gettext_lazy("The plan holds no measure by that day."),
    "meetings": gettext_lazy("No meeting is on record by that day."),
    "documents": gettext_lazy("No document is on record by that day."),
    "key": gettext_lazy("No measure is marked as a key task."),
    "signatures": gettext_lazy("The leading group has signed no closure by that day."),
}


def draft(scope: Scope, kind: str, on: date) -> list[Drafted]:
    """All that the ledger supports as of the day, in the order of the report's plan.

    A sentence of statistics keeps the figures that it states, every other one the rows that it tells of. Nothing is
    said where the ledger has nothing; ``gaps`` names that.
    """
    on = scope.campaign.as_of(on)
    facts, ledger = facts_of(scope, kind, on), ledger_of(scope, on)
    found: list[Drafted] = []
    for section, _title in SECTIONS[kind]:
        made = (STATED[name](facts) for name in _STATISTICS.get((kind, section), ()))
        found += [sentence.of(section) for sentence in made if sentence is not None]
        found += [sentence.of(section) for sentence in _rows(kind, section)(facts, ledger)]
    return found


def gaps(kind: str, drafted: Sequence[Drafted]) -> list[str]:
    """What a report of the kind should tell and the ledger does not hold, in sentences for the office."""
    codes = {sentence.statistic for sentence in drafted}
    wanted = {name for (of_kind, _section), names in _STATISTICS.items() if of_kind == kind for name in names}
    found = [str(words) for name, words in _MISSING.items() if name in wanted - codes]
    bare = [sentence.issue_number for sentence in drafted if sentence.statistic == "no_result"]
    if bare:
        words = ngettext(
            "Issue %(numbers)s has no accepted result.", "Issues %(numbers)s have no accepted result.", len(bare)
        )
        found.append(words % {"numbers": joined(bare)})
    return found


def _rows(kind: str, section: str) -> Callable[[Facts, Ledger], Iterable[Drafted]]:
    return _TOLD.get((kind, section), _nothing)


def _nothing(facts: Facts, ledger: Ledger) -> Iterable[Drafted]:
    return ()


def _results(facts: Facts, ledger: Ledger) -> Iterable[Drafted]:
    """Issue by issue, one sentence for each measure with an accepted result."""
    for issue, measures in ledger.issues:
        told = [sentence for measure in measures if (sentence := result(measure, ledger, issue))]
        yield from told or [no_result(facts, issue)]


def _areas_and_results(facts: Facts, ledger: Ledger) -> Iterable[Drafted]:
    yield from (of_area(facts, group) for group in facts.summary.areas if group.counts.measures)
    yield from _results(facts, ledger)


def _next(facts: Facts, ledger: Ledger) -> Iterable[Drafted]:
    return (next_step(measure, ledger) for measure in ledger.left)


def _difficulties(facts: Facts, ledger: Ledger) -> Iterable[Drafted]:
    told = [sentence for measure in ledger.left if (sentence := difficulty(measure, ledger))]
    return told or [no_difficulty(facts)]


def _meetings(facts: Facts, ledger: Ledger) -> Iterable[Drafted]:
    return meetings(facts.scope, facts.on, (MeetingKind.PARTY_GROUP, MeetingKind.LEADING_GROUP))


def _key_tasks(facts: Facts, ledger: Ledger) -> Iterable[Drafted]:
    leading = led_by_chief(facts.scope, facts.on)
    rows = [row for _issue, measures in ledger.issues for row in measures if row.is_key]
    return (told for row in rows if row.lead_leader_id in leading and (told := result(row, ledger, None)))


_TOLD: dict[tuple[str, str], Callable[[Facts, Ledger], Iterable[Drafted]]] = {
    (ReportKind.BULLETIN, "issues"): _results,
    (ReportKind.BULLETIN, "next"): _next,
    (ReportKind.PROGRESS, "issues"): _areas_and_results,
    (ReportKind.PROGRESS, "difficulties"): _difficulties,
    (ReportKind.PROGRESS, "next"): _next,
    (ReportKind.HEAD, "duty"): _meetings,
    (ReportKind.HEAD, "tasks"): _key_tasks,
}
