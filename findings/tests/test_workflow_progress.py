"""Progress by period: who fills in, submits, accepts and returns; which period is asked for."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from accounts.roles import RoleCode
from accounts.tracked import StaleRow
from findings.choices import MeasureStatus, PeriodKind, ProgressStatus
from findings.models import CalendarDay, Measure, ProgressUpdate, ReportingPeriod
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh, last_entry, messages_to, open_steps
from findings.workflow import plan, progress
from findings.workflow.calendar import load_calendar
from findings.workflow.progress import PROGRESS, PROGRESS_STEPS, ProgressValues
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")

P = ProgressStatus
VALUES = ProgressValues(done="Rule drafted", percent=40, difficulty="Time", next_step="Adopt it")
OWN = {"head_a", "liaison_a"}
OPEN_TO = {
    P.DRAFT: {"fill": OWN, "submit": {"head_a"}},
    P.SUBMITTED: {"fill": {"head_a"}, "accept": {"office"}, "return": {"office"}},
    P.ACCEPTED: {},
    P.RETURNED: {"correct": OWN},  # it is submitted again only once a word of it was changed
}


def fill(world: World, row: Measure, **changes: object) -> ProgressUpdate:
    """The liaison's draft on day 5, with some arguments changed."""
    given = {"by": world.liaison_a, "values": VALUES, "department": world.a, "at": world.at(5)} | changes
    period = given.pop("period", None) or progress.period_to_report(row, world.a.pk, on=world.day(5))
    return progress.save_progress(row, period=period, **given)


def test_steps_by_status_and_person(past: World) -> None:
    found = {
        status: open_steps(PROGRESS_STEPS, past, factories.progress_at(status, past), past.day(10)) for status in P
    }

    assert found == OPEN_TO


def test_steps_once_the_period_is_locked(past: World) -> None:
    after = date(2025, 4, 10)
    rows = {status: factories.progress_at(status, past) for status in P}

    assert {status: open_steps(PROGRESS_STEPS, past, row, after) for status, row in rows.items()} == {
        P.DRAFT: {}, P.SUBMITTED: {"accept": {"office"}, "return": {"office"}}, P.ACCEPTED: {}, P.RETURNED: {},
    }  # fmt: skip
    assert PROGRESS["submit"].refusal(past.head_a, rows[P.DRAFT], after) == (
        "The period 2025-03 is not open; correct it in the next one."
    )


def test_closed_campaign_refuses_every_step(past: World) -> None:
    rows = [factories.progress_at(status, past) for status in P]
    plan.close_campaign(past.campaign, on=past.day(20), by=past.office, at=past.at(20))

    assert [open_steps(PROGRESS_STEPS, past, fresh(row), past.day(21)) for row in rows] == [{}, {}, {}, {}]


# --- Filling in --------------------------------------------------------------------------------------------


def test_save_progress_keeps_a_draft(past: World) -> None:
    update = fill(past, past.measures[0], note="half")

    assert (update.status, update.done, update.percent) == (P.DRAFT, "Rule drafted", 40)
    assert (update.period.code, update.department, update.filled_by) == ("2025-03", past.a, past.liaison_a)
    assert fresh(past.measures[0]).status == MeasureStatus.NOT_STARTED
    assert last_entry(update) == (past.liaison_a, "half", past.at(5))
    assert broken_records() == []


def test_period_that_nobody_has_opened_yet_is_opened_by_the_first_draft(past: World) -> None:
    row, day = past.measures[0], 38  # 2025-04-10: March is locked, April was not opened
    april = progress.period_to_report(row, past.a.pk, on=past.day(day))
    assert (april.pk, april.code) == (None, "2025-04")

    update = fill(past, row, period=april, at=past.at(day))

    assert update.period == ReportingPeriod.objects.get(code="2025-04")
    assert last_entry(update.period) == (None, "opened by the campaign's dates", past.at(day))
    assert broken_records() == []


def test_save_progress_again_changes_the_same_row(past: World) -> None:
    first = fill(past, past.measures[0])

    second = fill(past, past.measures[0], by=past.head_a, values=replace(VALUES, percent=50), at=past.at(6))

    assert (second.pk, second.percent, second.filled_by) == (first.pk, 50, past.head_a)
    assert second.version == 2


def test_assisting_department_reports_beside_the_lead(past: World) -> None:
    row = past.measures[1]
    fill(past, row)
    other = fill(past, row, by=past.liaison_b, department=past.b, values=replace(VALUES, percent=90))
    other = progress.submit_draft(other, by=past.head_b, at=past.at(5))
    progress.accept_progress(other, by=past.office, at=past.at(6))

    assert row.progress.count() == 2
    assert fresh(row).percent == 0  # only the lead's percentage counts


def test_stale_version_is_told(past: World) -> None:
    row = past.measures[0]
    update = fill(past, row, version=0)

    with pytest.raises(StaleRow) as caught:
        fill(past, row, version=0, values=replace(VALUES, done="Other words"))
    assert caught.value.row == update
    assert fresh(update).done == "Rule drafted"
    assert fill(past, row, version=1).version == 2


WRONG = [
    ({"values": replace(VALUES, done=" \n")}, "done", "say what was done"),
    ({"values": replace(VALUES, percent=101)}, "percent", "between 0 and 100"),
    ({"values": replace(VALUES, percent=-1)}, "percent", "between 0 and 100"),
]


def test_wrong_values_name_their_field(past: World) -> None:
    for changes, field, sentence in WRONG:
        with pytest.raises(Denied, match=sentence) as caught:
            fill(past, past.measures[0], **changes)
        assert caught.value.field == field
    assert not ProgressUpdate.objects.exists()


def test_progress_of_another_department_is_denied(past: World) -> None:
    row = past.measures[1]  # led by a, assisted by b
    with pytest.raises(Denied, match="fill in progress for this department"):
        fill(past, row, department=past.b)
    person = factories.grant(past.liaison_a, RoleCode.LIAISON, past.lower_a)
    with pytest.raises(Denied, match="fill in progress for this department"):
        fill(past, row, by=person, department=past.lower_a)


def test_period_must_be_open_and_of_the_campaign(past: World) -> None:
    row = past.measures[0]
    march, april = past.campaign.periods.get(), progress.open_periods(past.campaign, on=past.day(30), at=past.at(0))[0]
    foreign = factories.make_campaign(past).periods.get()

    for period, day in ((march, 38), (april, 5), (foreign, 5)):
        with pytest.raises(Denied, match="is not open"):
            fill(past, row, period=period, at=past.at(day))
    assert fill(past, row, period=march, at=past.at(37)).period == march


def test_accepted_progress_is_not_filled_again(past: World) -> None:
    update = factories.progress_at(P.ACCEPTED, past, row=past.measures[0])

    with pytest.raises(Denied, match="accepted"):
        fill(past, past.measures[0], period=update.period, at=past.at(8))


# --- Submitting --------------------------------------------------------------------------------------------


def test_submit_progress_starts_the_measure(past: World) -> None:
    row = past.measures[0]
    period = progress.period_to_report(row, past.a.pk, on=past.day(5))

    update = progress.submit_progress(
        row, by=past.head_a, values=VALUES, department=past.a, period=period, note="ok", at=past.at(5)
    )

    assert (update.status, update.submitted_by, update.submitted_at) == (P.SUBMITTED, past.head_a, past.at(5))
    row = fresh(row)
    assert (row.status, row.started_on, row.percent) == (MeasureStatus.IN_PROGRESS, past.day(5), 0)
    assert last_entry(row) == last_entry(update) == (past.head_a, "ok", past.at(5))
    assert broken_records() == []


def test_liaison_does_not_submit(past: World) -> None:
    row = past.measures[0]
    period = progress.period_to_report(row, past.a.pk, on=past.day(5))

    with pytest.raises(Denied, match="head of the department submits"):
        progress.submit_progress(row, by=past.liaison_a, values=VALUES, department=past.a, period=period, at=past.at(5))
    assert not ProgressUpdate.objects.exists()


def test_submit_draft(past: World) -> None:
    update = fill(past, past.measures[0])

    with pytest.raises(Denied):
        progress.submit_draft(update, by=past.liaison_a, at=past.at(6))
    progress.submit_draft(update, by=past.head_a, at=past.at(6))

    assert fresh(update).status == P.SUBMITTED
    assert fresh(update).filled_by == past.liaison_a
    assert fresh(past.measures[0]).started_on == past.day(6)
    assert broken_records() == []


def test_draft_of_a_measure_that_waits_for_closure_is_not_submitted(past: World) -> None:
    row = factories.ready(past, past.measures[0])
    april = progress.open_periods(past.campaign, on=past.day(30), at=past.at(30))[-1]
    update = fill(past, row, period=april, at=past.at(30))
    factories.closure_at("head", past, row=row)

    with pytest.raises(Denied, match="waiting for closure"):
        progress.submit_draft(update, by=past.head_a, at=past.at(31))


def test_head_corrects_what_was_submitted_in_the_same_form(past: World) -> None:
    update = factories.progress_at(P.SUBMITTED, past, row=past.measures[0])
    given = {"department": past.a, "period": update.period, "at": past.at(6)}

    again = progress.submit_progress(past.measures[0], by=past.head_a, values=VALUES, **given)

    assert (again.pk, again.status, again.done, again.submitted_at) == (
        update.pk, P.SUBMITTED, "Rule drafted", past.at(6),
    )  # fmt: skip


def test_second_report_does_not_start_again(past: World) -> None:
    row = factories.ready(past, past.measures[0])

    factories.progress_at(P.SUBMITTED, past, row=row, day=30)

    assert fresh(row).started_on == past.day(5)


# --- Deciding ----------------------------------------------------------------------------------------------


def test_accept_progress(past: World) -> None:
    update = factories.progress_at(P.SUBMITTED, past, row=past.measures[0])

    progress.accept_progress(update, by=past.office, note="fine", at=past.at(6))

    update = fresh(update)
    assert (update.status, update.decided_by, update.decided_at) == (P.ACCEPTED, past.office, past.at(6))
    assert fresh(past.measures[0]).percent == 60
    assert last_entry(update) == last_entry(past.measures[0]) == (past.office, "fine", past.at(6))
    assert broken_records() == []


def test_percentage_follows_the_newest_period(past: World) -> None:
    row = past.measures[0]
    march = factories.progress_at(P.SUBMITTED, past, row=row)
    april = progress.open_periods(past.campaign, on=past.day(30), at=past.at(30))[-1]
    newer = fill(past, row, period=april, values=replace(VALUES, percent=80), at=past.at(30))
    newer = progress.submit_draft(newer, by=past.head_a, at=past.at(30))

    progress.accept_progress(newer, by=past.office, at=past.at(31))
    progress.accept_progress(march, by=past.office, at=past.at(32))

    assert fresh(row).percent == 80


def test_late_acceptance_leaves_a_closed_measure_at_all(past: World) -> None:
    row = factories.ready(past, past.measures[0])
    late = fill(past, row, period=progress.open_periods(past.campaign, on=past.day(30), at=past.at(30))[-1],
                at=past.at(30))  # fmt: skip
    progress.submit_draft(late, by=past.head_a, at=past.at(30))
    row = factories.close(past, fresh(row))

    progress.accept_progress(fresh(late), by=past.office, at=past.at(31))

    assert (fresh(row).status, fresh(row).percent) == (MeasureStatus.CLOSED, 100)


def test_accepting_the_same_percentage_writes_the_measure_once(past: World) -> None:
    row = factories.ready(past, past.measures[0])
    update = factories.progress_at(P.SUBMITTED, past, row=row, day=30)
    version = fresh(row).version

    progress.accept_progress(update, by=past.office, at=past.at(31))

    assert fresh(row).version == version


def test_return_progress(past: World) -> None:
    update = factories.progress_at(P.SUBMITTED, past)

    with pytest.raises(Denied, match="give a reason"):
        progress.return_progress(update, by=past.office, note="", at=past.at(6))
    progress.return_progress(update, by=past.office, note="Too vague", at=past.at(6))

    update = fresh(update)
    assert (update.status, update.return_reason, update.returned_count) == (P.RETURNED, "Too vague", 1)
    assert last_entry(update) == (past.office, "Too vague", past.at(6))
    assert messages_to(past.liaison_a) == messages_to(past.head_a) == ["returned"]
    assert broken_records() == []


def test_returned_progress_is_corrected_and_returned_again(past: World) -> None:
    update = factories.progress_at(P.RETURNED, past, row=past.measures[0])
    fill(past, past.measures[0], period=update.period, values=replace(VALUES, done="Clearer"), at=past.at(7))
    progress.submit_draft(update, by=past.head_a, at=past.at(7))
    update = progress.return_progress(update, by=past.office, note="Still vague", at=past.at(8))

    assert (update.done, update.returned_count, update.status) == ("Clearer", 2, P.RETURNED)
    assert messages_to(past.liaison_a) == ["returned", "returned"]


UNCHANGED = "has not been changed since: say what was corrected"


def test_returned_progress_is_not_submitted_again_unchanged(past: World) -> None:
    update = factories.progress_at(P.RETURNED, past, row=past.measures[0])
    same = ProgressValues(done=f"{update.done} \n", percent=update.percent, next_step=update.next_step)
    given = {"by": past.head_a, "department": past.a, "period": update.period, "at": past.at(7)}

    with pytest.raises(Denied, match=UNCHANGED):
        progress.submit_draft(update, by=past.head_a, at=past.at(7))
    with pytest.raises(Denied, match=UNCHANGED):
        progress.submit_progress(past.measures[0], values=same, **given)
    assert progress.save_progress(past.measures[0], values=same, **given).status == P.RETURNED
    changed = progress.save_progress(past.measures[0], values=replace(same, percent=61), **given)
    assert changed.status == P.DRAFT
    back = progress.save_progress(past.measures[0], values=same, **given)
    assert back.status == P.RETURNED  # the old words are the returned ones again
    assert progress.submit_progress(past.measures[0], values=replace(same, done="Clearer"), **given).is_reported
    assert broken_records() == []


def test_stale_report_is_neither_accepted_nor_returned(past: World) -> None:
    update = factories.progress_at(P.SUBMITTED, past, row=past.measures[0])
    fill(past, past.measures[0], by=past.head_a, period=update.period, values=replace(VALUES, done="Other words"))

    for verb in (progress.accept_progress, progress.return_progress):
        with pytest.raises(StaleRow):
            verb(update, by=past.office, note="Read", version=update.version, at=past.at(6))
    assert progress.accept_progress(update, by=past.office, version=update.version + 1, at=past.at(6)).is_reported


# --- Corrections and relapses ------------------------------------------------------------------------------


def april_of(world: World) -> ReportingPeriod:
    return progress.open_periods(world.campaign, on=date(2025, 4, 12), at=world.at(38))[-1]


@pytest.mark.parametrize("status", [P.SUBMITTED, P.ACCEPTED, P.RETURNED])
def test_correction_of_a_locked_period_stands_in_the_next_one(past: World, status: str) -> None:
    march = factories.progress_at(status, past, row=past.measures[0])
    april = april_of(past)
    assert progress.correctable(past.measures[0], past.a.pk, april, on=date(2025, 4, 9)) is None  # not locked yet
    assert progress.correctable(past.measures[0], past.a.pk, april, on=past.day(40)) == march

    values = replace(VALUES, correction=" It was 30 files, not 40. ")
    update = fill(past, past.measures[0], period=april, values=values, at=past.at(40))

    assert (update.corrects, update.correction) == (march, "It was 30 files, not 40.")
    assert fresh(march).done == "Done by day 5"
    again = fill(past, past.measures[0], period=april, values=VALUES, at=past.at(41))
    assert (again.corrects, again.correction) == (None, "")
    assert broken_records() == []


def test_correction_stays_with_the_report_that_it_was_made_for(past: World) -> None:
    march = factories.progress_at(P.ACCEPTED, past, row=past.measures[0])
    values = replace(VALUES, correction="30 files")
    fill(past, past.measures[0], period=april_of(past), values=values, at=past.at(40))

    again = fill(past, past.measures[0], period=april_of_now(past), values=replace(values, percent=70), at=past.at(41))

    assert again.corrects == march


def april_of_now(world: World) -> ReportingPeriod:
    return world.campaign.periods.get(code="2025-04")


@pytest.mark.parametrize("status", [None, P.DRAFT])
def test_nothing_reported_means_nothing_to_correct(past: World, status: str | None) -> None:
    if status:
        factories.progress_at(status, past, row=past.measures[0])
    with pytest.raises(Denied, match="Nothing was reported in a locked period") as caught:
        fill(past, past.measures[0], period=april_of(past), values=replace(VALUES, correction="x"), at=past.at(40))
    assert caught.value.field == "correction"


def test_reopened_measure_is_reported_again_in_the_same_period(past: World) -> None:
    """What was accepted before the relapse is filled in again until the lock, and is a draft then."""
    row = factories.reopened(past, row=factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[0]))
    old = row.progress.get()
    assert old.is_overtaken
    assert progress.period_to_report(row, past.a.pk, on=past.day(13)) == old.period
    assert open_steps(PROGRESS_STEPS, past, old, past.day(13)) == {"redo": OWN}
    assert open_steps(PROGRESS_STEPS, past, old, date(2025, 4, 10)) == {}

    update = fill(past, row, period=old.period, at=past.at(13))

    assert (update.pk, update.status, update.is_overtaken) == (old.pk, P.DRAFT, False)
    update = progress.submit_draft(update, by=past.head_a, at=past.at(14))
    assert not update.is_overtaken
    progress.accept_progress(update, by=past.office, at=past.at(15))
    with pytest.raises(Denied, match="has accepted it"):
        fill(past, row, period=old.period, at=past.at(16))
    assert broken_records() == []


def test_report_again_after_a_return_and_a_relapse_is_a_draft_whatever_it_says(past: World) -> None:
    row = past.measures[0]
    update = factories.progress_at(P.RETURNED, past, row=row)
    progress.submit_progress(row, by=past.head_a, values=VALUES, department=past.a, period=update.period, at=past.at(7))
    progress.accept_progress(update, by=past.office, at=past.at(7, 20))
    factories.add_evidence(past, row)
    request = factories.climb(past, factories.closure_at("head", past, row=fresh(row)))
    factories.reopened(past, row=fresh(request.measure))

    old = ProgressValues(done="Done by day 5", percent=60, next_step="More")
    assert fill(past, fresh(row), period=update.period, values=old, at=past.at(13)).status == P.DRAFT


def test_report_of_a_measure_closed_again_is_not_overtaken(past: World) -> None:
    row = factories.reopened(past, row=factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[0]))
    mended = factories.mended(past, row)
    request = factories.closure_at("head", past, row=mended, day=34)
    factories.climb(past, request, day=35)

    assert [update.is_overtaken for update in fresh(row).progress.all()] == [False]


# --- Periods -----------------------------------------------------------------------------------------------


def test_open_periods_makes_what_the_dates_call_for(past: World) -> None:
    first = list(past.campaign.periods.all())  # made with the campaign
    made = first + progress.open_periods(past.campaign, on=date(2025, 10, 1), at=past.at(0))

    # Concentrated to 2025-07-31 (day 150), then calendar quarters.
    assert [(row.kind, row.code) for row in made] == [
        (PeriodKind.MONTH, "2025-03"),
        (PeriodKind.MONTH, "2025-04"),
        (PeriodKind.MONTH, "2025-05"),
        (PeriodKind.MONTH, "2025-06"),
        (PeriodKind.MONTH, "2025-07"),
        (PeriodKind.QUARTER, "2025-Q3"),
        (PeriodKind.QUARTER, "2025-Q4"),
    ]
    assert progress.open_periods(past.campaign, on=date(2025, 10, 1), at=past.at(0)) == []
    assert ReportingPeriod.objects.count() == 7
    assert broken_records() == []


def test_open_periods_ends_with_the_campaign(past: World) -> None:
    campaign = factories.make_campaign(past, closed_on=past.day(40))
    assert [row.code for row in progress.open_periods(campaign, on=past.day(90), at=past.at(0))] == ["2025-04"]
    short = factories.make_campaign(past, concentrated_until=past.day(20), sustained_until=past.day(20))
    assert progress.open_periods(short, on=past.day(90), at=past.at(0)) == []
    assert [row.code for row in short.periods.all()] == ["2025-03"]


def test_period_is_due_on_the_fifth_working_day(past: World) -> None:
    # Tomb-sweeping Day: Friday 4 April 2025 is off.
    load_calendar({date(2025, 4, 4): (False, "Qingming")}, by=None, at=past.at(0))

    march = factories.make_campaign(past).periods.get()

    assert (march.ends_on, march.due_on, march.locks_on) == (date(2025, 3, 31), date(2025, 4, 8), date(2025, 4, 10))
    assert CalendarDay.objects.count() == 1


def test_period_without_lock_days_locks_when_due(past: World) -> None:
    march = factories.make_campaign(past, lock_days=0, progress_due_days=1).periods.get()

    assert march.due_on == march.locks_on == date(2025, 4, 1)


def period_code(world: World, row: Measure, on: date) -> str:
    period = progress.period_to_report(row, world.a.pk, on=on)
    return period.code if period else ""


def test_period_to_report_is_the_oldest_not_submitted(past: World) -> None:
    row = past.measures[0]
    assert period_code(past, row, past.day(-1)) == ""
    assert period_code(past, row, past.day(0)) == "2025-03"
    assert period_code(past, row, date(2025, 4, 9)) == "2025-03"  # until it locks
    assert period_code(past, row, date(2025, 4, 10)) == "2025-04"

    factories.progress_at(P.SUBMITTED, past, row=row)

    assert period_code(past, row, date(2025, 3, 31)) == "2025-03"  # all is submitted: the newest one
    assert period_code(past, row, date(2025, 4, 1)) == "2025-04"
    assert progress.period_to_report(row, past.b.pk, on=date(2025, 4, 1)).code == "2025-03"


def test_no_period_after_the_campaign(past: World) -> None:
    row = past.measures[0]
    end = past.campaign.sustained_until
    last = period_code(past, row, end)

    assert period_code(past, row, end + timedelta(days=5)) == last  # still collecting
    assert period_code(past, row, end + timedelta(days=200)) == ""
    plan.close_campaign(past.campaign, on=past.day(20), by=past.office, at=past.at(20))
    assert period_code(past, fresh(row), past.day(20)) == "2025-03"
    assert period_code(past, fresh(row), past.day(21)) == ""


def test_head_of_one_department_does_not_submit_for_another_as_its_liaison(past: World) -> None:
    person, row = factories.grant(past.head_a, RoleCode.LIAISON, past.b), past.measures[1]
    period = progress.period_to_report(row, past.b.pk, on=past.day(5))
    sent = {"by": person, "values": VALUES, "department": past.b, "period": period, "at": past.at(5)}

    with pytest.raises(Denied, match="head of the department submits"):
        progress.submit_progress(row, **sent)

    assert progress.save_progress(row, **sent).status == P.DRAFT
