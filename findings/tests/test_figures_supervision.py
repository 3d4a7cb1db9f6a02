"""Notices and accountability in numbers, and the ladder of escalation."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import people
from accounts.roles import RoleCode
from accounts.tracked import create, store
from findings import figures, morning
from findings.choices import AccountabilityKind, NoticeStatus, RuleCondition
from findings.figures.ladder import ladder_of
from findings.figures.supervision import NoticeCounts, accountability_counts, notice_counts
from findings.models import Accountability, Measure, ReminderRule
from findings.tests import factories
from findings.tests.factories import World, notice_at
from findings.workflow import amend, plan
from findings.workflow.accountability import record_accountability

S = NoticeStatus
NO_COLOUR = {"blue": 0, "yellow": 0, "red": 0}


def counted(world: World, day: int, name: str = "office") -> NoticeCounts:
    return notice_counts(figures.scope_of(world.campaign, getattr(world, name)), world.day(day))


def test_notices_by_state_and_colour(past: World) -> None:
    for status in S:
        notice_at(status, past, colour="yellow" if status == S.ISSUED else "red")

    found = counted(past, 14)
    assert found == NoticeCounts(
        drafts=1, issued=1, received=1, replied=1, concluded=1, late=0, colours={"blue": 0, "yellow": 1, "red": 4}
    )
    assert found.sent == 4


def test_notices_of_a_past_day_stand_as_they_did(past: World) -> None:
    notice_at(S.CONCLUDED, past)

    assert counted(past, 9) == NoticeCounts(colours=NO_COLOUR)
    assert counted(past, 10) == NoticeCounts(drafts=1, colours=NO_COLOUR | {"red": 1})
    assert [counted(past, day).received for day in (11, 12, 13)] == [0, 1, 0]
    assert counted(past, 14).concluded == 1


def test_late_replies_count_from_the_day_after(past: World) -> None:
    notice_at(S.ISSUED, past)
    notice_at(S.RECEIVED, past)
    notice_at(S.REPLIED, past)

    assert [counted(past, day).late for day in (15, 16)] == [0, 2]


def test_department_counts_its_own_notices_once_sent(past: World) -> None:
    notice_at(S.DRAFT, past)
    notice_at(S.ISSUED, past)

    assert (counted(past, 20, "head_a").drafts, counted(past, 20, "head_a").sent) == (0, 1)
    assert counted(past, 20, "head_b") == NoticeCounts(colours=NO_COLOUR)


def test_counts_stop_with_the_campaign(past: World) -> None:
    notice_at(S.ISSUED, past)
    past.campaign = plan.close_campaign(past.campaign, on=past.day(15), by=past.office, at=past.at(15))

    assert counted(past, 100).late == 0


def test_accountability_by_kind(past: World) -> None:
    for kind, persons, day in (("talk", 2, 5), ("talk", 1, 6), ("discipline", 4, 12)):
        record_accountability(
            past.campaign, by=past.office, at=past.at(12), department=past.a, kind=kind, persons=persons,
            decided_on=past.day(day), reason="False report",
        )  # fmt: skip
    rows = Accountability.objects.visible_to(past.inspector)

    found = accountability_counts(rows, past.day(20))

    assert (found.decisions, found.persons) == (3, 7)
    assert found.kinds == [
        (AccountabilityKind.TALK, 2, 3), (AccountabilityKind.CRITICISM, 0, 0), (AccountabilityKind.ORGANISATION, 0, 0),
        (AccountabilityKind.DISCIPLINE, 1, 4),
    ]  # fmt: skip
    assert accountability_counts(rows, past.day(11)).decisions == 0  # on record a day later
    assert accountability_counts(Accountability.objects.visible_to(past.head_a), past.day(20)).decisions == 0


# --- The ladder ----------------------------------------------------------------------------------------------


def ladder(world: World, day: int) -> tuple[int, list[tuple[str, int, bool]]] | None:
    row = Measure.objects.select_related("campaign").with_excuse().get(pk=world.measures[0].pk)
    found = ladder_of(row, world.day(day))
    return found and (found.days, [(r.role, (r.on - world.begin).days, r.is_reached) for r in found.rungs])


@pytest.mark.parametrize(("day", "days", "reached"), [(101, 1, 0), (105, 3, 1), (107, 5, 1), (109, 7, 2), (121, 15, 3)])
def test_ladder_of_a_delay(past: World, day: int, days: int, reached: int) -> None:
    """Due on day 100, a Wednesday."""
    assert ladder(past, day) == (days, [
        (RoleCode.HEAD, 105, reached > 0), (RoleCode.LEADER, 109, reached > 1), (RoleCode.OFFICE, 121, reached > 2),
    ])  # fmt: skip


def test_ladder_of_a_relapse_after_the_deadline(past: World) -> None:
    """Closed on day 9, opened again on day 140, a Monday: the rungs are counted from there."""
    factories.reopened(past, row=factories.measure_at("closed", past, row=past.measures[0]), day=140)

    assert ladder(past, 143) == (31, [
        (RoleCode.HEAD, 143, True), (RoleCode.LEADER, 149, False), (RoleCode.OFFICE, 161, False),
    ])  # fmt: skip


def told(world: World, day: int) -> list[int | None]:
    """The day of the world on which each level was told of the delay of measure 1."""
    row = Measure.objects.select_related("campaign").with_excuse().get(pk=world.measures[0].pk)
    found = ladder_of(row, world.day(day))
    assert found is not None
    return [rung.told_on and (rung.told_on - world.begin).days for rung in found.rungs]


def test_ladder_says_told_only_where_a_message_was_written(past: World) -> None:
    """Nobody ran the mornings before day 121, a Wednesday: all levels are due by then."""
    assert told(past, 121) == [None, None, None]

    morning.remind(past.day(121))

    assert told(past, 120) == [None, None, None]
    assert told(past, 121) == told(past, 130) == [121, 121, 121]


def test_ladder_tells_who_answers_for_the_measure_now(past: World) -> None:
    for day in (105, 109, 121):
        morning.remind(past.day(day))
    people.end_role(past.head_a.memberships.get(), by=None)
    assert told(past, 121) == [105, 109, 121]

    note = {"by": past.office, "note": "New owners", "at": past.at(121)}
    amend.amend_measure(past.measures[0], lead_leader=past.other_leader, lead_department=past.b, **note)
    assert told(past, 121) == [None, None, 121]


def test_ladder_of_another_deadline_is_another_delay(past: World) -> None:
    row = factories.ready(past, past.measures[0])
    morning.remind(past.day(105))
    factories.climb(past, factories.extension_at("", past, row=row))

    assert told(past, 140) == [None, None, None]


def test_ladder_with_two_roles_in_a_rule_knows_whom_it_told(past: World) -> None:
    own = {"court": past.court, "condition": RuleCondition.ESCALATION, "unit": "calendar"}
    create(ReminderRule, by=None, code="delay-head", offset=2, roles="head,chief", **own)
    people.set_active(past.head_a, False, by=None)

    morning.remind(past.day(105))

    assert told(past, 105)[:2] == [None, 105]


def test_no_ladder_without_a_delay(past: World) -> None:
    assert ladder(past, 100) is None
    past.measures[0] = factories.make_measure(past, deadline=None)
    assert ladder(past, 200) is None


def test_ladder_follows_the_courts_rules(past: World) -> None:
    own = {"court": past.court, "condition": RuleCondition.ESCALATION, "unit": "calendar"}
    create(ReminderRule, by=None, code="delay-head", offset=2, roles="head,liaison", **own)
    off = create(ReminderRule, by=None, code="delay-leader", offset=3, roles="leader", **own)
    off.is_active = False
    store(off, by=None)

    assert ladder(past, 101) == (1, [("head", 102, False), ("liaison", 102, False), ("office", 121, False)])


def test_notice_figures_cost_one_query(past: World) -> None:
    notice_at(S.CONCLUDED, past)
    scope = figures.scope_of(past.campaign, past.office)

    with CaptureQueriesContext(connection) as found:
        notice_counts(scope, past.day(12))

    assert len(found) == 1
