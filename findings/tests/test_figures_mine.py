"""What waits for one person."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import RoleCode
from findings import figures
from findings.choices import ExtensionKind, MeasureStatus, Nature, Stage
from findings.figures.mine import to_sign
from findings.models import LookbackRound
from findings.models.lookback import Answer
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.workflow import approval, lookback, measure, plan, progress
from findings.workflow.progress import ProgressValues

S = MeasureStatus


def due(world: World, day: int, name: str = "head_a") -> list[tuple[str, int, int]]:
    found = figures.due_of(getattr(world, name), world.day(day))
    return [(row.kind, row.measure.number, row.days) for row in found]


def test_deadlines_of_the_own_department(past: World) -> None:
    past.measures += [factories.make_measure(past, deadline=past.day(n)) for n in (90, 97)]  # 5 and 6

    assert due(past, 82) == []
    assert due(past, 83) == [("due_soon", 5, 7)]
    assert due(past, 90) == [("due_today", 5, 0), ("due_soon", 6, 7)]
    assert due(past, 97) == [("overdue", 5, -7), ("due_today", 6, 0), ("due_soon", 1, 3), ("due_soon", 2, 3)]
    assert due(past, 97, "leader") == due(past, 97)  # under own lead
    assert due(past, 97, "head_b") == [("due_soon", 3, 3)]  # 2 is only assisted
    assert due(past, 97, "other_leader") == [("due_soon", 3, 3)]
    assert due(past, 97, "office") == due(past, 97, "auditor") == []


def test_what_waits_for_closure_is_not_called_due(past: World) -> None:
    factories.measure_at(S.WAITING, past, row=past.measures[0])

    assert due(past, 99) == [("due_soon", 2, 1)]
    assert due(past, 101) == [("overdue", 2, -1)]


def test_recheck_to_come_and_missed(past: World) -> None:
    row = factories.make_measure(past, nature=Nature.STANDING, recheck_on=past.day(20), deadline=None)

    assert due(past, 12) == []
    assert due(past, 20) == [("recheck_soon", row.number, 0)]
    assert due(past, 22) == [("recheck_missed", row.number, -2)]


def rechecks(world: World, name: str, day: int) -> list[tuple[str, int, int]]:
    work = figures.work_of(fresh(getattr(world, name)), world.day(day))
    return [(due.kind, due.measure.number, due.days) for due in [*work.rechecks, *work.rechecks_due]]


def test_recheck_of_a_standing_measure_waits_for_who_answers_and_for_the_office(past: World) -> None:
    number = factories.make_measure(past, nature=Nature.STANDING, recheck_on=past.day(20), deadline=None).number

    for name in ("head_a", "liaison_a", "leader", "office"):
        assert rechecks(past, name, 12) == []
        assert rechecks(past, name, 13) == [("recheck_soon", number, 7)]
        assert rechecks(past, name, 20) == [("recheck_soon", number, 0)]
        assert rechecks(past, name, 21) == [("recheck_missed", number, -1)]
    for name in ("head_b", "other_leader", "chief", "inspector", "stranger"):
        assert rechecks(past, name, 20) == rechecks(past, name, 21) == []


def test_recheck_stands_once_before_who_answers_and_is_of_the_office(past: World) -> None:
    factories.make_measure(past, nature=Nature.STANDING, recheck_on=past.day(20), deadline=None)
    past.office = factories.grant(past.office, RoleCode.HEAD, past.a)

    assert len(rechecks(past, "office", 20)) == len(rechecks(past, "office", 21)) == 1


def draw(world: World, *, due: int, size: int = 3) -> LookbackRound:
    return lookback.draw_round(
        world.campaign, title="Round", size=size, questions="Done?", due_on=world.day(due), seed="seed",
        by=world.office, at=world.at(20),
    )  # fmt: skip


def test_sample_of_an_open_round_waits_for_the_office_the_missed_first(past: World) -> None:
    for row in past.measures[:3]:
        factories.measure_at(S.CLOSED, past, row=row)
    late, later = draw(past, due=40), draw(past, due=60, size=1)

    work = figures.work_of(fresh(past.office), past.day(41))

    assert [(row.round, row.measure.number) for row in work.late_rechecks] == [(late, n) for n in (1, 2, 3)]
    assert [row.round for row in work.to_recheck] == [later]
    assert work.total == 4 + len(work.to_accept)
    assert [row.round for row in figures.work_of(fresh(past.office), past.day(40)).to_recheck] == [late] * 3 + [later]
    for name in ("head_a", "leader", "chief", "inspector", "stranger"):
        other = figures.work_of(fresh(getattr(past, name)), past.day(41))
        assert other.late_rechecks == other.to_recheck == []


def test_a_sample_that_is_checked_waits_no_more(past: World) -> None:
    factories.measure_at(S.CLOSED, past, row=past.measures[0])
    row = draw(past, due=40, size=1)
    assert len(figures.work_of(fresh(past.office), past.day(30)).to_recheck) == 1

    lookback.record_recheck(
        row.rechecks.get(), verdict="held", answers=[Answer("yes")], finding="Seen", by=past.office, at=past.at(30)
    )

    assert figures.work_of(fresh(past.office), past.day(41)).late_rechecks == []


def test_no_sample_is_checked_in_a_closed_campaign(past: World) -> None:
    factories.measure_at(S.CLOSED, past, row=past.measures[0])
    draw(past, due=40, size=1)
    plan.close_campaign(past.campaign, on=past.day(25), by=past.office, at=past.at(25))

    assert figures.work_of(fresh(past.office), past.day(41)).total == 0


@pytest.mark.parametrize("file", [factories.closure_at, factories.extension_at])
def test_to_sign_is_for_whom_the_request_waits(past: World, file: Callable) -> None:
    for stage in (Stage.HEAD, Stage.LEADER, Stage.OFFICE, Stage.CHIEF)[: 4 if file is factories.closure_at else 3]:
        request = file(stage, past)
        able = {user.pk for user in past.everybody().values() if request in to_sign(user, past.day(10))}
        assert able == request.waits_for() != set()


def test_who_asked_or_signed_has_nothing_to_sign(past: World) -> None:
    person = factories.grant(past.leader, RoleCode.OFFICE, past.court)
    asker = factories.grant(past.liaison_a, RoleCode.OFFICE, past.court)
    request = factories.closure_at(Stage.OFFICE, past)

    assert to_sign(person, past.day(10)) == to_sign(asker, past.day(10)) == []
    assert to_sign(past.office, past.day(10)) == [request]


def test_to_sign_the_oldest_first(past: World) -> None:
    rows = [factories.ready(past, row) for row in past.measures[:2]]
    second = measure.request_closure(rows[0], by=past.liaison_a, at=past.at(9))
    first = measure.request_extension(
        rows[1], by=past.liaison_a, note="Longer", at=past.at(8), **factories.extension_values(past, rows[1])
    )

    assert to_sign(past.head_a, past.day(10)) == [first, second]


def test_nothing_is_signed_in_a_closed_campaign(past: World) -> None:
    factories.closure_at(Stage.HEAD, past)
    plan.close_campaign(past.campaign, on=past.day(20), by=past.office, at=past.at(20))

    assert len(to_sign(past.head_a, past.day(20))) == 1
    assert to_sign(past.head_a, past.day(21)) == []
    assert figures.work_of(past.head_a, past.day(21)).total == 0


def test_returned_progress_until_a_later_period_corrects_it(past: World) -> None:
    update = factories.progress_at("returned", past, row=past.measures[0])
    assert figures.work_of(past.liaison_a, past.day(10)).returned == [update]
    assert figures.work_of(past.liaison_b, past.day(10)).returned == []

    april = progress.open_periods(past.campaign, on=date(2025, 4, 12), at=past.at(38))[-1]
    progress.submit_progress(
        past.measures[0], by=past.head_a, values=ProgressValues("Corrected", 70), department=past.a, period=april,
        at=past.at(40),
    )  # fmt: skip

    assert figures.work_of(past.liaison_a, past.day(40)).returned == []


def test_returned_closure_until_it_is_asked_for_again(past: World) -> None:
    row = factories.ready(past, past.measures[0])
    request = factories.returned_closure(past, row=row)
    work = figures.work_of(past.liaison_a, past.day(10))
    assert work.returned_closures == [request]
    assert figures.work_of(past.office, past.day(10)).returned_closures == []

    again = measure.request_closure(fresh(row), by=past.liaison_a, at=past.at(11))
    assert figures.work_of(past.liaison_a, past.day(11)).returned_closures == []
    approval.withdraw_request(again, by=past.liaison_a, at=past.at(12))
    assert figures.work_of(past.liaison_a, past.day(12)).returned_closures == []


def numbers_to_fill(world: World, name: str, day: int) -> list[int]:
    return [row.number for row, _period in figures.work_of(getattr(world, name), world.day(day)).to_fill]


def test_what_is_to_be_filled_in(past: World) -> None:
    march = past.campaign.periods.get()
    assert numbers_to_fill(past, "liaison_a", -1) == []

    assert numbers_to_fill(past, "liaison_a", 5) == [1, 2, 4]  # by deadline
    assert numbers_to_fill(past, "liaison_b", 5) == [3]
    assert numbers_to_fill(past, "office", 5) == []
    assert {period for _row, period in figures.work_of(past.head_a, past.day(5)).to_fill} == {march}

    factories.progress_at("draft", past, row=past.measures[0])
    assert numbers_to_fill(past, "liaison_a", 5) == [2, 4]


def test_report_of_the_assisting_department_does_not_stand_for_the_lead(past: World) -> None:
    person = factories.grant(past.liaison_b, RoleCode.LIAISON, past.a)
    row = past.measures[1]  # led by a, assisted by b
    period = progress.period_to_report(row, past.b.pk, on=past.day(5))
    progress.save_progress(
        row, by=person, values=ProgressValues("Helped", 10), department=past.b, period=period, at=past.at(5)
    )

    found = figures.work_of(fresh(person), past.day(5)).to_fill

    assert [row.number for row, _period in found] == [1, 2, 3, 4]


def test_drafts_to_submit(past: World) -> None:
    update = factories.progress_at("draft", past, row=past.measures[0])

    assert figures.work_of(past.head_a, past.day(6)).to_submit == [update]
    assert figures.work_of(past.liaison_a, past.day(6)).to_submit == []
    assert figures.work_of(past.head_a, date(2025, 4, 10)).to_submit == []  # locked


def test_draft_that_cannot_be_submitted_any_more_does_not_wait(past: World) -> None:
    """Neither while the closure is being signed nor after the campaign was closed."""
    row = factories.ready(past, past.measures[0])
    april = progress.open_periods(past.campaign, on=past.day(30), at=past.at(30))[-1]
    progress.save_progress(row, by=past.liaison_a, values=ProgressValues("More", 70), department=past.a, period=april,
                           at=past.at(30))  # fmt: skip
    day = date(2025, 4, 15)
    assert len(figures.work_of(past.head_a, day).to_submit) == 1

    factories.closure_at(Stage.HEAD, past, row=row)
    assert figures.work_of(past.head_a, day).to_submit == []


def test_progress_to_accept(past: World) -> None:
    first = factories.progress_at("submitted", past)
    factories.progress_at("accepted", past)

    assert figures.work_of(past.office, past.day(10)).to_accept == [first]
    assert [figures.work_of(user, past.day(10)).to_accept for user in (past.stranger, past.chief, past.head_a)] == [
        [], [], [],
    ]  # fmt: skip


def test_total_is_the_number_of_rows(past: World) -> None:
    factories.closure_at(Stage.HEAD, past)
    factories.progress_at("returned", past)
    factories.progress_at("draft", past)

    work = figures.work_of(past.head_a, past.day(101))
    assert work.total == 1 + 1 + len(work.overdue)
    assert len(work.overdue) == 4
    work = figures.work_of(past.head_a, past.day(10))
    assert (work.on, work.total) == (past.day(10), 3 + len(work.to_fill))
    assert replace(work, to_sign=[]).total == work.total - 1


@pytest.mark.parametrize("name", ["head_a", "leader", "office", "chief"])
def test_queries_do_not_grow_with_the_rows(past: World, name: str) -> None:
    def add() -> None:
        factories.closure_at({"head_a": Stage.HEAD, "leader": Stage.LEADER}.get(name, Stage.OFFICE), past)
        factories.extension_at(Stage.LEADER, past, kind=ExtensionKind.CONVERSION)
        for status in ("draft", "submitted", "returned"):
            factories.progress_at(status, past)
        factories.returned_closure(past)
        factories.measure_at(S.CLOSED, past)
        draw(past, due=30, size=1)
        for day in (105, 8):
            factories.make_measure(past, nature=Nature.STANDING, recheck_on=past.day(day), deadline=None)

    def cost() -> int:
        person = fresh(getattr(past, name))
        with CaptureQueriesContext(connection) as queries:
            figures.work_of(person, past.day(101))
            figures.work_of(person, past.day(10))
        return len(queries)

    add()
    few = cost()
    add()
    add()

    assert cost() == few
