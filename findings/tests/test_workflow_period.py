"""A whole period in one act, and the sentence that says what a period waits for."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Department, User
from findings.choices import MeasureStatus, ProgressStatus, Stage
from findings.figures.periods import PeriodCounts
from findings.models import Measure, ProgressUpdate, ReportingPeriod
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh
from findings.workflow import plan, progress
from findings.workflow.period import accept_read, submit_period
from findings.workflow.period_outlook import period_outlook
from findings.workflow.progress import ProgressValues
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")

P = ProgressStatus
LOCKED = date(2025, 4, 10)


def draft(world: World, row: Measure, *, by: User | None = None, department: Department | None = None,
          words: str = "Done", day: int = 5) -> ProgressUpdate:  # fmt: skip
    return progress.save_progress(
        row, by=by or world.liaison_a, values=ProgressValues(words, 40), department=department or world.a,
        period=march(world), at=world.at(day),
    )  # fmt: skip


def march(world: World) -> ReportingPeriod:
    return world.campaign.periods.get(code="2025-03")


def shown(*rows: ProgressUpdate) -> dict[int, int]:
    return {row.pk: row.version for row in rows}


def test_head_submits_all_drafts_of_the_department_in_one_act(past: World) -> None:
    rows = [draft(past, past.measures[n]) for n in (0, 3)]
    other = draft(past, past.measures[1], by=past.liaison_b, department=past.b)

    outcome = submit_period(march(past), past.a, by=past.head_a, versions=shown(*rows), note="Read", at=past.at(6))

    assert (outcome.done, outcome.skipped) == (rows, [])
    assert {fresh(row).status for row in rows} == {P.SUBMITTED}
    assert fresh(other).status == P.DRAFT
    assert {fresh(past.measures[n]).started_on for n in (0, 3)} == {past.day(6)}
    assert broken_records() == []


def _read_of_campaigns(verb: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as found:
        verb()
    return sum('FROM "findings_campaign"' in query["sql"] for query in found)


def test_acts_over_many_fetch_no_campaign_row_by_row(past: World) -> None:
    one, *many = [draft(past, factories.make_measure(past)) for _n in range(4)]

    def accept(*rows: ProgressUpdate) -> int:
        period, versions = march(past), shown(*(fresh(row) for row in rows))
        return _read_of_campaigns(lambda: accept_read(period, by=past.office, versions=versions, at=past.at(7)))

    submit_period(march(past), past.a, by=past.head_a, versions=shown(one, *many), at=past.at(6))

    assert accept(one) == accept(*many) == 0  # it comes with the reports
    assert {fresh(row).status for row in (one, *many)} == {P.ACCEPTED}


def test_draft_that_was_changed_or_made_meanwhile_is_left_and_explained(past: World) -> None:
    read, changed = draft(past, past.measures[0]), draft(past, past.measures[3])
    versions = shown(read, changed)
    draft(past, past.measures[3], words="Other words")
    late = draft(past, past.measures[1])

    outcome = submit_period(march(past), past.a, by=past.head_a, versions=versions, at=past.at(6))

    assert outcome.done == [read]
    assert [(row.update.pk, row.is_stale, row.sentence.split(";")[0]) for row in outcome.skipped] == [
        (late.pk, False, "It was filled in after the page had been shown"),
        (changed.pk, True, "It was changed after the page had been shown"),
    ]
    assert fresh(changed).done == "Other words"


def test_rows_that_cannot_be_submitted_say_why(past: World) -> None:
    sent = factories.progress_at(P.SUBMITTED, past, row=past.measures[0])
    row = factories.ready(past, past.measures[3])
    april = progress.open_periods(past.campaign, on=past.day(30), at=past.at(30))[-1]
    waits = progress.save_progress(row, by=past.liaison_a, values=ProgressValues("More", 70), department=past.a,
                                   period=april, at=past.at(30))  # fmt: skip
    factories.closure_at(Stage.HEAD, past, row=row, day=31)

    outcome = submit_period(march(past), past.a, by=past.head_a, versions=shown(sent), at=past.at(32))
    assert [row.sentence for row in outcome.skipped] == ["Not possible while the state is “submitted”."]
    outcome = submit_period(april, past.a, by=past.head_a, versions=shown(waits), at=past.at(32))
    assert [row.sentence for row in outcome.skipped] == ["Not possible while the state is “done, waiting for closure”."]


def test_only_the_head_submits_and_only_until_the_lock(past: World) -> None:
    row = draft(past, past.measures[0])
    given = {"versions": shown(row)}

    for user in (past.liaison_a, past.head_b, past.office):
        with pytest.raises(Denied, match="head of the department submits"):
            submit_period(march(past), past.a, by=user, at=past.at(6), **given)
    with pytest.raises(Denied, match="is not open"):
        submit_period(march(past), past.a, by=past.head_a, at=past.at(38), **given)
    plan.close_campaign(past.campaign, on=past.day(7), by=past.office, at=past.at(7))
    with pytest.raises(Denied, match="campaign is closed"):
        submit_period(fresh(march(past)), past.a, by=past.head_a, at=past.at(8), **given)
    assert fresh(row).status == P.DRAFT


def test_office_accepts_what_it_has_read(past: World) -> None:
    read = factories.progress_at(P.SUBMITTED, past, row=past.measures[0])
    changed = factories.progress_at(P.SUBMITTED, past, row=past.measures[2])
    unread = factories.progress_at(P.SUBMITTED, past, row=past.measures[3])
    back = factories.progress_at(P.RETURNED, past, row=past.measures[1])
    versions = shown(read, changed, back)
    draft(past, past.measures[2], by=past.head_b, department=past.b, words="Other words", day=6)

    outcome = accept_read(march(past), by=past.office, versions=versions, note="Fine", at=past.at(7))

    assert outcome.done == [read]
    assert [(row.update, row.is_stale) for row in outcome.skipped] == [(back, False), (changed, True)]
    assert [fresh(row).status for row in (read, changed, unread, back)] == [
        P.ACCEPTED, P.SUBMITTED, P.SUBMITTED, P.RETURNED,
    ]  # fmt: skip
    assert (fresh(past.measures[0]).percent, fresh(past.measures[0]).status) == (60, MeasureStatus.IN_PROGRESS)
    assert broken_records() == []


def test_only_the_office_accepts(past: World) -> None:
    row = factories.progress_at(P.SUBMITTED, past)
    for user in (past.head_a, past.inspector, past.stranger):
        with pytest.raises(Denied, match="rectification office"):
            accept_read(march(past), by=user, versions=shown(row), at=past.at(7))


SAID = {
    "to_fill": (PeriodCounts(to_fill=2, drafts=1, missing=3), 5,
                "Now waiting for Department a to report 2025-03 until 7 April, because 2 measures have no text yet "
                "(drafts: 1)."),
    "after_due": (PeriodCounts(to_fill=1, missing=1), 36,
                  "Now waiting for Department a to report 2025-03 until 9 April, because 1 measure has no text yet "
                  "(drafts: 0)."),
    "drafts": (PeriodCounts(drafts=1, missing=1), 5,
               "Now waiting for the head of Department a to submit 2025-03 until 7 April, because 1 report is only a "
               "draft."),
    "returned": (PeriodCounts(returned=2, submitted=1), 5,
                 "Now waiting for Department a to correct 2025-03 until 9 April, because 2 reports were returned."),
    "submitted": (PeriodCounts(submitted=1, accepted=1), 5,
                  "Now waiting for the rectification office to check 1 report of 2025-03 until 9 April, because "
                  "Department a submitted it; what comes back later is corrected in the next period."),
    "locked": (PeriodCounts(to_fill=1, missing=1, accepted=1), 40,
               "2025-03 was locked after 9 April; Department a did not report on 1 measure. What is to be said about "
               "it goes into the next period."),
    "locked_submitted": (PeriodCounts(to_fill=1, missing=1, submitted=2), 40,
                         "Now waiting for the rectification office to check 2 reports of 2025-03 until 9 April, "
                         "because Department a submitted them; what comes back later is corrected in the next "
                         "period."),
    "checked": (PeriodCounts(accepted=2), 5,
                "Nothing is waited for in 2025-03: what Department a reported has been checked."),
    "nothing": (PeriodCounts(), 5,
                "Nothing is waited for in 2025-03, because no measure of Department a was being worked on."),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_outlook_of_a_period(past: World, case: str) -> None:
    counts, day, sentence = SAID[case]

    assert period_outlook(march(past), past.a, past.day(day), counts=counts) == sentence


def test_outlook_of_all_departments_and_of_a_closed_campaign(past: World) -> None:
    period = march(past)
    assert "for the departments to report" in period_outlook(period, None, past.day(5), counts=PeriodCounts(to_fill=1))
    plan.close_campaign(past.campaign, on=past.day(20), by=past.office, at=past.at(20))
    said = period_outlook(fresh(period), None, past.day(21), counts=PeriodCounts(to_fill=1))
    assert said == "The campaign was closed on 23 March; nothing is waited for."
