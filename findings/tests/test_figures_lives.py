"""Random lives: on every past day the figures are those of that day, and they add up."""

from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.tracked import store
from findings import dates, figures
from findings.choices import ExtensionKind, Light, MeasureStatus, Phase
from findings.figures.counts import Counts, light_q
from findings.models import Campaign, ClosureRequest, Extension, Measure
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh
from findings.workflow import approval, measure, progress
from findings.workflow.progress import ProgressValues
from findings.workflow.step import Denied

LAST = 20  # lives run from day 1 to this day
ACTS = ("report", "accept", "prove", "ask", "extend", "convert", "sign", "sign", "sign", "return", "withdraw",
        "reopen", "hand_over", "retire")  # fmt: skip
lives = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 3), st.integers(0, 3)), min_size=5, max_size=20)


class Life:
    """The world's measures with deadlines that fall within the story, and what may happen to them."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.campaign = factories.make_campaign(world)
        factories.make_plan(world)
        for row, day in zip(world.measures, (5, 9, 13, 19), strict=True):
            row.deadline = row.original_deadline = world.day(day)
            store(row, by=world.office, at=world.at(0))

    def act(self, name: str, number: int, day: int) -> None:
        """Try it; what is not open to the person just does not happen."""
        row = fresh(self.world.measures[number])
        liaison, head = factories.people_of(self.world, row)
        try:
            getattr(self, name)(row, {"at": self.world.at(day)}, liaison, head)
        except Denied:
            return

    def report(self, row: Measure, at: dict, liaison: Any, head: Any) -> None:
        department = row.lead_department
        period = progress.period_to_report(row, department.pk, on=at["at"].date())
        values = ProgressValues("Done", 50)
        progress.submit_progress(row, by=head, values=values, department=department, period=period, **at)

    def accept(self, row: Measure, at: dict, liaison: Any, head: Any) -> None:
        for update in row.progress.submitted():
            progress.accept_progress(update, by=self.world.office, **at)

    def prove(self, row: Measure, at: dict, liaison: Any, head: Any) -> None:
        measure.add_evidence(row, by=liaison, title="Proof", file="none", filename="none", content_type="text/plain",
                             size=1, sha256="0" * 64, **at)  # fmt: skip

    def ask(self, row: Measure, at: dict, liaison: Any, head: Any) -> None:
        measure.request_closure(row, by=liaison, **at)

    def extend(self, row: Measure, at: dict, liaison: Any, head: Any) -> None:
        if row.deadline:
            measure.request_extension(row, by=head, note="Longer", **factories.extension_values(self.world, row), **at)

    def convert(self, row: Measure, at: dict, liaison: Any, head: Any) -> None:
        if row.deadline:
            values = factories.extension_values(self.world, row, ExtensionKind.CONVERSION, new_deadline=None,
                                                recheck_on=self.world.day(LAST + 2))  # fmt: skip
            measure.request_extension(row, by=liaison, note="Stands", **values, **at)

    def sign(self, row: Measure, at: dict, liaison: Any, head: Any) -> None:
        for request in pending(row):
            approval.sign_request(request, by=factories.signer(self.world, request), **at)

    def return_(self, row: Measure, at: dict, liaison: Any, head: Any) -> None:
        for request in pending(row):
            approval.return_request(request, by=factories.signer(self.world, request), note="No", **at)

    def withdraw(self, row: Measure, at: dict, liaison: Any, head: Any) -> None:
        for request in pending(row):
            approval.withdraw_request(request, by=head, **at)

    def reopen(self, row: Measure, at: dict, liaison: Any, head: Any) -> None:
        measure.reopen(row, by=self.world.office, note="Back", **at)

    def hand_over(self, row: Measure, at: dict, liaison: Any, head: Any) -> None:
        row.lead_department = self.world.b if row.lead_department == self.world.a else self.world.a
        store(row, by=self.world.office, **at)

    def retire(self, row: Measure, at: dict, liaison: Any, head: Any) -> None:
        if row.retired_on is None:
            row.retired_on = at["at"].date()
            store(row, by=self.world.office, **at)


def pending(row: Measure) -> list:
    return [*row.closure_requests.pending(), *row.extensions.pending()]


def excused(row: Measure) -> bool:
    """A request filed by the present deadline is being signed now."""
    return row.deadline is not None and any(request.filed_on <= row.deadline for request in pending(row))


def facts(row: Measure, campaign: Campaign, on: date) -> dict[str, Any]:
    """What is true of a live row at the end of the day, by the plain predicates."""
    due = {"deadline": row.deadline, "status": row.status, "nature": row.nature, "on": on}
    return {
        "number": row.number, "status": row.status, "percent": row.percent, "deadline": row.deadline,
        "phase": row.phase, "department": row.lead_department_id, "excused": excused(row),
        "overdue": dates.is_overdue(excused=excused(row), **due),
        "due_soon": dates.is_due_soon(within=campaign.due_soon_days, **due),
        "missed": dates.is_recheck_missed(recheck_on=row.recheck_on, nature=row.nature, on=on),
    }  # fmt: skip


def tally(rows: list[dict]) -> Counts:
    """Counted one by one."""
    by_status = {status: sum(row["status"] == status for row in rows) for status in MeasureStatus.values}
    by_phase = {phase: sum(row["phase"] == phase for row in rows) for phase in Phase.values}
    closed_by_phase = {
        phase: sum(row["phase"] == phase and row["status"] == MeasureStatus.CLOSED for row in rows)
        for phase in Phase.values
    }
    return Counts(
        measures=len(rows), **by_status, overdue=sum(row["overdue"] for row in rows),
        due_soon=sum(row["due_soon"] for row in rows), concentrated=by_phase[Phase.CONCENTRATED],
        concentrated_closed=closed_by_phase[Phase.CONCENTRATED], sustained=by_phase[Phase.SUSTAINED],
        sustained_closed=closed_by_phase[Phase.SUSTAINED], rechecks_missed=sum(row["missed"] for row in rows),
    )  # fmt: skip


def live(life: Life, story: list[tuple[str, int, int]]) -> dict[date, list[dict]]:
    """Play the story and write down what each day ends with."""
    world, day, diary = life.world, 1, {}
    for name, number, wait in [*story, ("", 0, LAST)]:
        for passed in range(day, min(day + wait, LAST + 1)):
            on = world.day(passed)
            rows = Measure.objects.filter(campaign=world.campaign).in_plan(on).order_by("number")
            diary[on] = [facts(row, world.campaign, on) for row in rows]
        day = min(day + wait, LAST)
        if name:
            life.act(name.replace("return", "return_"), number, day)
    return diary


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=lives)
def test_past_days_come_out_as_they_were(past: World, story: list[tuple[str, int, int]]) -> None:
    life = Life(past)
    diary = live(life, story)
    scope = figures.scope_of(past.campaign, None)
    curve = {point.on: point.closed for point in figures.closed_over_time(scope, past.day(LAST), step=1)}

    for on, rows in diary.items():
        summary = figures.campaign_summary(scope, on)
        assert summary.counts == tally(rows), on
        assert [check.name for check in summary.checks if not check.holds] == []
        assert curve[on] == summary.counts.closed
        then = scope.measures_on(on).with_excuse().order_by("number")
        assert [(row.number, row.excused, row.lead_department_id) for row in then] == [
            (row["number"], row["excused"], row["department"]) for row in rows
        ]
        lights = {row.number: figures.light_of(row, past.campaign, on) for row in then}
        for light in Light.values:
            found = then.filter(light_q(light, past.campaign, on)).values_list("number", flat=True)
            assert list(found) == [number for number, shown in lights.items() if shown == light]
    assert broken_records() == []


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=lives)
def test_flows_of_every_period_add_up(past: World, story: list[tuple[str, int, int]]) -> None:
    life = Life(past)
    live(life, story)
    scope = figures.scope_of(past.campaign, None)
    progress.open_periods(past.campaign, on=past.day(LAST), at=past.at(LAST))

    for period in past.campaign.periods.all():
        report = figures.period_report(scope, period)
        eve = period.starts_on - past.begin.resolution
        before = {row.number: row.status for row in scope.measures_on(eve)}
        retired_open = [n for n in report.retired if before[n] != MeasureStatus.CLOSED]
        still_open = report.opening + len(report.added) + len(report.reopened) - len(report.closed) - len(retired_open)
        assert still_open == report.summary.counts.open
        assert [check for check in report.frozen()["checks"] if not check["holds"]] == []


def test_requests_of_the_lives_are_of_both_kinds(past: World) -> None:
    """The stories above reach what they are told for: a closing and a conversion among them."""
    life = Life(past)
    story = [("report", 0, 1), ("accept", 0, 1), ("prove", 0, 1), ("ask", 0, 1), *[("sign", 0, 1)] * 4,
             ("convert", 3, 0), *[("sign", 3, 1)] * 3]  # fmt: skip

    live(life, story)

    assert ClosureRequest.objects.get().status == Extension.objects.get().status == "approved"
    assert fresh(past.measures[0]).status == MeasureStatus.CLOSED
