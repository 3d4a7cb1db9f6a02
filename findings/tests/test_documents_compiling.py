"""Reports by the queue: due once, in the order of the periods, tried again after a failure, and caught up."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath

import pytest
from django.conf import settings
from django.utils import timezone

from accounts import names
from accounts.tracked import create
from findings.choices import JobState, MessageKind, PeriodKind, ReportKind, ReportState
from findings.documents import compiling, running
from findings.documents.report import STEPS, compile_report
from findings.models import Campaign, Job, Message, Report, ReportingPeriod
from findings.tests import factories
from findings.tests.factories import World
from findings.workflow import paper, plan, progress

JULY = date(2025, 7, 1)  # March, April and May are locked
FAULT = "{}/templates/period_report.docx is not a usable Word template."


@pytest.fixture
def broken() -> Iterator[str]:
    """The office's own template is damaged; the sentence that says so. ``mend()`` takes it away."""
    own = settings.RECTIFY_DATA / "templates" / "period_report.docx"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_bytes(b"not a Word file")
    yield FAULT.format(settings.RECTIFY_DATA)
    mend()


def mend() -> None:
    (settings.RECTIFY_DATA / "templates" / "period_report.docx").unlink(missing_ok=True)


def period(world: World, code: str) -> ReportingPeriod:
    progress.open_periods(world.campaign, on=JULY)
    return world.campaign.periods.select_related("campaign").get(code=code)


def due(on: date = JULY, *, hours: float = 0) -> list[str]:
    """Ask as the scheduler does, so many hours from now; the keys of the runs to begin with."""
    return [job.key for job in compiling.demand_due(on, now=timezone.now() + timedelta(hours=hours))]


def run(job: Job) -> Job:
    ended = running.carry_out(job.pk, compiling.RUNS)
    assert ended is not None
    return ended


def run_all() -> list[str]:
    """Carry the waiting runs out as the queue would, each followed by the next; the periods compiled."""
    job = Job.objects.filter(state=JobState.WAITING).order_by("pk").first()
    found = []
    while job is not None:
        found.append(job.key.split("/")[2])
        job = compiling.following(run(job))
    return found


def told(world: World) -> str:
    """What the newest message about a report to the office begins with."""
    world.office.refresh_from_db()
    row = Message.objects.filter(recipient=world.office, kind=MessageKind.REPORT).latest("pk")
    return row.subject.partition(":")[0]


def compiled() -> list[str]:
    rows = Report.objects.order_by("pk").select_related("period")
    return [f"{row.period} r{row.revision} {row.state}" for row in rows]


# --- What is due -------------------------------------------------------------------------------------------


def test_missed_periods_are_opened_and_compiled_in_order_once(past: World) -> None:
    assert past.campaign.periods.count() == 1

    assert due() == [f"report/{past.campaign.pk}/2025-03/2025-04-09"]
    assert due() == []  # the second scheduler finds them on record
    assert run_all() == ["2025-03", "2025-04", "2025-05"]
    assert due(hours=1) == []

    assert compiled() == ["2025-03 r1 draft", "2025-04 r1 draft", "2025-05 r1 draft"]
    assert [row.figures["since"] for row in Report.objects.order_by("pk")] == ["", "2025-03", "2025-04"]


def test_two_schedulers_at_once_put_one_row_on_record(past: World) -> None:
    march = period(past, "2025-03")
    first, second = (compiling._ask(march, compiling._key(march), by=None, on=JULY) for _n in range(2))

    assert first == second
    assert run(first).state == JobState.DONE
    assert running.carry_out(first.pk, compiling.RUNS) is None
    assert compiled() == ["2025-03 r1 draft"]


def test_outage_of_six_months_over_the_change_of_phases(past: World) -> None:
    december = date(2025, 12, 1)

    due(december)
    assert run_all() == ["2025-03", "2025-04", "2025-05", "2025-06", "2025-07", "2025-Q3"]

    kinds = Report.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [ReportKind.MONTH] * 5 + [ReportKind.QUARTER]
    assert due(december) == []


def test_nothing_is_due_before_the_lock(past: World) -> None:
    march = period(past, "2025-03")

    assert compiling.due_periods(march.locks_on) == []
    assert compiling.due_periods(march.locks_on + timedelta(days=1)) == [march]


def test_campaign_closed_before_the_lock_is_left_alone(past: World) -> None:
    april = period(past, "2025-04")
    plan.close_campaign(past.campaign, on=april.ends_on, by=past.office, at=past.at(60))

    assert [row.code for row in compiling.due_periods(JULY)] == ["2025-03"]


def test_periods_missed_by_a_campaign_that_is_closed_now_are_made_up_for(past: World) -> None:
    plan.close_campaign(past.campaign, on=date(2025, 5, 20), by=past.office, at=past.at(80))

    due()

    assert run_all() == ["2025-03", "2025-04"]
    assert [row.code for row in past.campaign.periods.all()] == ["2025-03", "2025-04", "2025-05"]


def test_draft_from_before_the_lock_is_looked_at_once_more(past: World) -> None:
    march = period(past, "2025-03")
    early = compile_report(past.campaign, march, at=datetime(2025, 4, 2, tzinfo=timezone.get_current_timezone()))

    assert due(date(2025, 4, 11)) == [f"report/{past.campaign.pk}/2025-03/2025-04-09"]
    assert run_all() == ["2025-03"]

    assert due(date(2025, 4, 11)) == []
    assert Report.objects.get() == early


def test_report_that_was_never_finished_is_due(past: World) -> None:
    march = period(past, "2025-03")
    create(Report, by=None, campaign=past.campaign, kind=PeriodKind.MONTH, period=march, as_of=march.ends_on)

    due(date(2025, 4, 11))
    run_all()

    assert compiled() == ["2025-03 r1 draft"]


def test_each_campaign_begins_with_its_own_first_period(past: World) -> None:
    other = factories.make_campaign(past, slug="other")

    assert sorted(key.split("/")[1] for key in due()) == sorted([str(past.campaign.pk), str(other.pk)])


# --- Order -------------------------------------------------------------------------------------------------


def test_later_period_waits_for_the_earlier_one(past: World, english: None) -> None:
    due()
    march, april, _may = Job.objects.order_by("pk")

    waits = run(april)
    assert (waits.state, waits.error) == (JobState.WAITING, "Waits until the report of 2025-03 is compiled.")
    assert run_all() == ["2025-03", "2025-04", "2025-05"]
    april.refresh_from_db()
    assert (march.pk < april.pk, april.state, april.error) == (True, JobState.DONE, "")


def test_only_a_compilation_that_ended_well_is_followed(past: World, broken: str) -> None:
    due()
    assert run_all() == ["2025-03"]  # it failed
    assert compiling.following(None) is None
    assert compiling.following(Job(name="rehearse_import", state=JobState.DONE)) is None


# --- Failure -----------------------------------------------------------------------------------------------


def test_failure_keeps_its_sentence_and_is_tried_again_with_growing_gaps(
    past: World, english: None, broken: str
) -> None:
    april = date(2025, 4, 11)
    due(april)
    job = run(Job.objects.get())
    assert (job.state, job.error) == (JobState.FAILED, broken)
    assert job.ended_at is not None

    for attempt, minutes in enumerate((10, 20, 40), start=2):
        now = job.ended_at + timedelta(minutes=minutes)
        assert compiling.demand_due(april, now=now - timedelta(seconds=1)) == []
        assert compiling.demand_due(april, now=now) == [job]
        job = run(job)
        assert (job.state, job.arguments["attempt"]) == (JobState.FAILED, attempt)
    Job.objects.update(arguments=job.arguments | {"attempt": 500})
    job.refresh_from_db()
    assert compiling._rested_at(job) - job.ended_at == timedelta(days=1)

    mend()
    assert compiling.demand_due(april, now=job.ended_at + timedelta(days=2)) == [job]
    job = run(job)
    assert (job.state, job.error, compiled()) == (JobState.DONE, "", ["2025-03 r1 draft"])


def test_office_is_told_of_a_failure_once(past: World, broken: str) -> None:
    due(date(2025, 4, 11))
    run(Job.objects.get())
    for hours in (0, 1, 1):
        due(date(2025, 4, 11), hours=hours)
    run(Job.objects.get())
    due(date(2025, 4, 11))

    message = Message.objects.get(kind=MessageKind.REPORT)
    assert message.recipient == past.office
    assert broken in message.body or "period_report.docx" in message.body


# --- Asked for by a person ---------------------------------------------------------------------------------


def test_wish_uses_the_run_that_is_due_waits_or_failed(past: World, broken: str) -> None:
    march = period(past, "2025-03")
    job = compiling.demand(march, by=past.office, on=JULY)
    assert job.key == f"report/{past.campaign.pk}/2025-03/2025-04-09"
    assert compiling.demand(march, by=past.office, on=JULY) == job
    run(job)

    again = compiling.demand(march, by=past.office, on=JULY)
    assert (again.pk, again.state) == (job.pk, JobState.WAITING)
    mend()
    assert run(again).person == past.office

    assert compiling.demand(march, by=past.office, on=JULY).key.endswith("/asked-2")


def test_wish_before_the_lock_leaves_the_run_after_it(past: World) -> None:
    march = period(past, "2025-03")
    job = compiling.demand(march, by=past.office, on=date(2025, 4, 2))
    assert (job.key.split("/")[-1], run(job).state) == ("asked-1", JobState.DONE)
    Report.objects.get()
    assert [row.code for row in compiling.due_periods(date(2025, 4, 11))] == []  # compiled today, after the lock


def test_wish_for_an_issued_report_revises_it_only_where_its_figures_changed(past: World, english: None) -> None:
    march = period(past, "2025-03")
    paper.issue_report(compile_report(past.campaign, march), by=past.chief)

    run(compiling.demand(march, by=past.office, on=JULY))
    assert compiled() == ["2025-03 r1 issued"]
    assert told(past) == "Report unchanged"

    factories.close(past, factories.ready(past, past.measures[0]))
    run(compiling.demand(march, by=past.office, on=JULY))
    assert compiled() == ["2025-03 r1 issued", "2025-03 r2 draft"]
    assert told(past) == "Report compiled"

    factories.close(past, factories.ready(past, past.measures[1]))
    run(compiling.demand(march, by=past.office, on=JULY))
    assert compiled() == ["2025-03 r1 issued", "2025-03 r2 draft"]
    assert told(past) == "Report compiled again"


def test_run_that_a_dead_worker_left_is_done_by_the_next(past: World) -> None:
    march = period(past, "2025-03")
    job = compiling.demand(march, by=past.office, on=JULY)
    long_ago = timezone.now() - timedelta(minutes=11)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, started_at=long_ago, beat_at=long_ago)

    assert running.take_up_lost(timezone.now()) == [job]
    assert run(job).result == {"report": Report.objects.get().pk, "revision": 1}


# --- Here and now ------------------------------------------------------------------------------------------


def test_compile_due_does_in_order_what_the_queue_would(past: World, broken: str) -> None:
    first = compiling.compile_due(JULY, now=timezone.now())
    assert [job.state for job in first] == [JobState.FAILED, JobState.WAITING, JobState.WAITING]
    mend()

    again = compiling.compile_due(JULY, now=timezone.now())

    assert [(job.key.split("/")[2], job.state) for job in again] == [
        ("2025-03", JobState.DONE), ("2025-04", JobState.DONE), ("2025-05", JobState.DONE)
    ]  # fmt: skip
    assert compiling.compile_due(JULY, now=timezone.now()) == []


# --- Where each period stands ------------------------------------------------------------------------------


def standing(world: World, code: str, on: date) -> compiling.Standing:
    return compiling.standings([period(world, code)], on)[0]


def test_standing_without_a_report_says_why(past: World, english: None) -> None:
    open_until = "No report yet, because progress is collected until 9 April; it is compiled after that day."
    assert standing(past, "2025-03", date(2025, 4, 1)).outlook == open_until
    assert standing(past, "2025-03", JULY).outlook == (
        "No report yet, although the period is locked; the scheduler compiles it within ten minutes."
    )
    past.campaign = plan.close_campaign(past.campaign, on=date(2025, 4, 2), by=past.office, at=past.at(31))
    assert standing(past, "2025-03", JULY).outlook == (
        "No report, because the campaign was closed on 2 April, before the period locked."
    )


def test_standing_of_a_run_and_a_report(past: World, english: None) -> None:
    march = period(past, "2025-03")
    job = compiling.demand(march, by=past.office, on=JULY)
    waits = standing(past, "2025-03", JULY)
    assert (waits.doing, waits.is_running, waits.is_failed, waits.retried_at) == (
        "Waits for its turn to be compiled.", True, False, None)  # fmt: skip

    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, started_at=timezone.now(), done=2, total=STEPS)
    assert standing(past, "2025-03", JULY).doing == "Being compiled, step 3 of 5: the Word file is being written."

    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, ended_at=timezone.now(), error="No.")
    failed = standing(past, "2025-03", JULY)
    assert (failed.doing, failed.is_running, failed.is_failed, failed.is_ended) == ("", False, True, True)
    assert failed.retried_at is not None

    report = run(compiling.demand(march, by=past.office, on=JULY)) and Report.objects.get()
    done = standing(past, "2025-03", JULY)
    assert (done.report, done.outlook) == (report, paper.report_outlook(report, JULY))


def test_own_name_of_a_kind_makes_no_folder(past: World) -> None:
    names.put({("ReportKind.month", "zh-hans"): "月报/快报"})
    report = compile_report(past.campaign, period(past, "2025-03"))
    folders = [PurePosixPath(file.name).parent.as_posix() for file in (report.word_file, report.excel_file)]
    assert folders == ["reports", "reports"]
    assert report.word_file.name.startswith(f"reports/月报快报_{past.campaign.slug}_2025-03_第1版")


def test_progress_is_told_step_by_step(past: World) -> None:
    told: list[tuple[int, int]] = []

    compile_report(past.campaign, period(past, "2025-03"), progress=lambda done, total: told.append((done, total)))
    assert told == [(step, STEPS) for step in range(STEPS + 1)]

    told.clear()
    compile_report(past.campaign, period(past, "2025-03"), progress=lambda done, total: told.append((done, total)))
    assert told == [(0, STEPS)]  # nothing has changed


def test_keeping_finds_the_report_that_another_run_has_made_meanwhile(past: World) -> None:
    march = period(past, "2025-03")
    unsaved = paper.report_for(past.campaign, march)
    made = compile_report(past.campaign, march)

    kept = paper.keep_report(unsaved, paper.Compiled(made.figures, b"w", b"e", "x"), by=None)

    assert (kept, Report.objects.count(), Campaign.objects.count()) == (made, 1, 1)


def test_report_issued_by_an_older_version_is_not_revised_for_what_is_told_since(past: World) -> None:
    march = period(past, "2025-03")
    found = compile_report(past.campaign, march).figures
    older = {name: value for name, value in found.items() if name != "since"}
    older["summary"] = {name: value for name, value in found["summary"].items() if name != "rules"}
    issued = Report(state=ReportState.ISSUED, figures_text=json.dumps(older))

    assert paper.holds_already(issued, found)
    assert not paper.holds_already(Report(state=ReportState.DRAFT, figures_text=json.dumps(older)), found)
    assert not paper.holds_already(issued, found | {"closed": [1]})
    assert not paper.holds_already(issued, {"period": "2025-03"})
