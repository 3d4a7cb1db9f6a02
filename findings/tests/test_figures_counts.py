"""How many: counted by hand, as of past days, for everybody in sight, and always adding up."""

from dataclasses import asdict

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tracked import store
from findings import figures
from findings.choices import ExtensionKind, IssueState, Light, MeasureStatus, MeetingKind, Nature, Stage
from findings.figures.counts import Counts, light_q
from findings.models import Measure
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.workflow import approval, document, measure, plan

S = MeasureStatus


@pytest.fixture
def scene(past: World) -> World:
    """Five measures: 1 closed, 2 in progress, 3 not started, 4 waiting for the leader, 5 converted to standing.

    1 and 2 hang on issue 1, 3 on issue 2 (area 1); 4 and 5 on issue 3 (area 2). Deadlines: day 100, 4 on day 200.
    """
    one, two, _three, four = past.measures
    factories.measure_at(S.CLOSED, past, row=one)
    factories.ready(past, two)
    factories.measure_at(S.WAITING, past, row=four, stage=Stage.LEADER)
    five = factories.make_measure(past, issue=past.issues[2], lead_leader=past.other_leader)
    factories.progress_at("submitted", past, row=five)
    request = factories.extension_at(
        Stage.HEAD, past, row=fresh(five), kind=ExtensionKind.CONVERSION, new_deadline=None
    )
    factories.climb(past, request)
    past.measures.append(fresh(five))
    return past


def counts(world: World, day: int, user: User | None = None) -> Counts:
    return figures.measure_counts(figures.scope_of(world.campaign, user), world.day(day))


def given(found: Counts) -> dict[str, int]:
    return {name: value for name, value in asdict(found).items() if value}


def test_counts_day_by_day(scene: World) -> None:
    """The same measures as they were on five days."""
    assert given(counts(scene, -1)) == {}
    assert given(counts(scene, 4)) == {"measures": 5, "not_started": 5, "concentrated": 5}
    assert given(counts(scene, 8)) == {
        "measures": 5, "not_started": 1, "in_progress": 2, "waiting": 2, "concentrated": 5,
    }  # fmt: skip
    settled = {
        "measures": 5, "not_started": 1, "in_progress": 2, "waiting": 1, "closed": 1, "concentrated": 4,
        "concentrated_closed": 1, "sustained": 1,
    }  # fmt: skip
    assert given(counts(scene, 92)) == settled
    assert given(counts(scene, 93)) == settled | {"due_soon": 2}
    assert given(counts(scene, 100)) == settled | {"due_soon": 2}
    assert given(counts(scene, 101)) == settled | {"overdue": 2}
    assert given(counts(scene, 121)) == settled | {"overdue": 2, "rechecks_missed": 1}
    # The closure of measure 4 was asked for in time and is pending: never overdue.
    assert given(counts(scene, 201)) == settled | {"overdue": 2, "rechecks_missed": 1}


def test_counts_derived(scene: World) -> None:
    found = counts(scene, 101)

    assert (found.started, found.open, found.closed_percent) == (4, 4, 20)
    assert Counts().closed_percent == 0
    assert Counts(measures=83, closed=73).closed_percent == 88
    assert Counts(measures=830, closed=829).closed_percent == 99
    assert Counts(measures=83, closed=83).closed_percent == 100


def test_counts_in_sight(scene: World) -> None:
    assert counts(scene, 101, scene.office) == counts(scene, 101)
    assert counts(scene, 101, scene.head_b).measures == 2  # leads 3, assists 2
    assert counts(scene, 101, scene.auditor).measures == 0
    assert counts(scene, 101, scene.stranger).measures == 0


def test_groups(scene: World) -> None:
    scope, on = figures.scope_of(scene.campaign, None), scene.day(101)

    def sizes(groups: list) -> list[tuple]:
        return [(group.code, group.counts.measures, group.counts.overdue) for group in groups]

    assert sizes(figures.by_area(scope, on)) == [("1", 3, 2), ("2", 2, 0)]
    assert sizes(figures.by_department(scope, on)) == [("a", 4, 1), ("b", 1, 1)]
    assert sizes(figures.by_leader(scope, on)) == [("leader", 3, 1), ("other_leader", 2, 1)]


def test_measures_without_owner_stand_last(past: World) -> None:
    factories.make_measure(past, lead_department=None, lead_leader=None)
    scope = figures.scope_of(past.campaign, None)

    for groups in (figures.by_department(scope, past.day(1)), figures.by_leader(scope, past.day(1))):
        assert (groups[-1].key, groups[-1].title, groups[-1].counts.measures) == (None, "", 1)
        assert len(groups) == 3


def test_area_without_measures_is_shown(past: World) -> None:
    plan.add_area(past.campaign, number=3, title="Empty", by=past.office, at=past.at(1))
    scope = figures.scope_of(past.campaign, None)

    assert [group.counts.measures for group in figures.by_area(scope, past.day(1))] == [3, 1, 0]
    assert len(figures.by_area(scope, past.day(0))) == 2  # added a day later


def test_summary(scene: World) -> None:
    row = plan.add_recommendation(
        scene.campaign, by=scene.office, answers=scene.measures[:1], number=1, title="Advice", at=scene.at(2)
    )
    factories.papers(scene, scene.measures[0])
    document.record_document(
        scene.campaign, by=scene.office, at=scene.at(12), serves=[], title="Plain", kind="document", action="new",
        issued_on=scene.day(12), department=scene.b,
    )  # fmt: skip
    scope = figures.scope_of(scene.campaign, None)

    found = figures.campaign_summary(scope, scene.day(95))

    assert (found.issues, found.issues_rectified, found.issues_partial, found.issues_open) == (3, 0, 1, 2)
    assert (found.recommendations, row.number) == (1, 1)
    assert (found.documents, found.rules) == (2, 1)
    assert {kind: n for kind, n in found.meetings.items() if n} == {MeetingKind.PARTY_GROUP: 1}
    assert set(found.meetings) == set(MeetingKind.values)
    assert [check.name for check in found.checks if not check.holds] == []
    assert len(found.checks) == 6
    assert figures.campaign_summary(scope, scene.day(11)).documents == 1
    assert figures.campaign_summary(scope, scene.day(9)).documents == 0


def test_rule_counts_of_a_day(past: World) -> None:
    """A rule of day 4 that one of day 10 replaces, a plain document to be checked on day 12, all on record that day."""
    given = {"by": past.office, "serves": [], "department": past.a}
    old = document.record_document(past.campaign, title="Old", kind="rule", action="new", issued_on=past.day(4),
                                   use_check_on=past.day(8), at=past.at(4), **given)  # fmt: skip
    document.record_document(past.campaign, title="New", kind="rule", action="amended", issued_on=past.day(10),
                             replaces=old, at=past.at(10), **given)  # fmt: skip
    document.record_document(past.campaign, title="Plain", kind="document", action="new", issued_on=past.day(10),
                             use_check_on=past.day(12), at=past.at(10), **given)  # fmt: skip
    document.record_document(past.campaign, title="Gone", kind="rule", action="repealed", issued_on=past.day(11),
                             at=past.at(11), **given)  # fmt: skip
    scope = figures.scope_of(past.campaign, None)

    found = {day: figures.rule_counts(scope, past.day(day)) for day in (3, 4, 9, 10, 12, 13)}

    assert {day: (counts.in_force, counts.use_checks_missed) for day, counts in found.items()} == {
        3: (0, 0), 4: (1, 0), 9: (1, 1), 10: (1, 0), 12: (1, 0), 13: (1, 1),
    }  # fmt: skip
    assert figures.campaign_summary(scope, past.day(13)).rules == 3
    nothing = figures.rule_counts(figures.scope_of(past.campaign, past.head_b), past.day(13))
    assert (nothing.in_force, nothing.use_checks_missed) == (0, 0)


# --- Issues ------------------------------------------------------------------------------------------------


def states(world: World, day: int, user: User | None = None) -> dict[int, str]:
    found = figures.issue_states(figures.scope_of(world.campaign, user), world.day(day))
    return {issue.number: found[issue.pk] for issue in world.issues if issue.pk in found}


def test_issue_states_over_time(scene: World) -> None:
    assert states(scene, 8) == {1: IssueState.OPEN, 2: IssueState.OPEN, 3: IssueState.OPEN}
    assert states(scene, 9) == {1: IssueState.PARTIAL, 2: IssueState.OPEN, 3: IssueState.OPEN}
    assert states(scene, 101) == {1: IssueState.OPEN, 2: IssueState.OPEN, 3: IssueState.OPEN}  # 2 is overdue


def test_issue_is_rectified_when_all_its_measures_are_closed(scene: World) -> None:
    factories.close(scene, fresh(scene.measures[1]))

    assert states(scene, 9)[1] == IssueState.RECTIFIED


def test_issue_without_measures_is_open(past: World) -> None:
    past.issues.append(plan.add_issue(past.areas[1], number=4, title="Bare", by=past.office, at=past.at(0)))

    assert states(past, 1)[4] == IssueState.OPEN


def test_issue_state_is_the_same_whoever_looks(scene: World) -> None:
    """Department b sees of issue 1 only the open measure 2, yet the issue has partial results."""
    for user in scene.everybody().values():
        seen = states(scene, 95, user)
        assert seen == {number: state for number, state in states(scene, 95).items() if number in seen}
    assert states(scene, 95, scene.head_b) == {1: IssueState.PARTIAL, 2: IssueState.OPEN}


# --- Past days ---------------------------------------------------------------------------------------------


def test_extension_counts_from_its_day(past: World) -> None:
    factories.climb(past, factories.extension_at(Stage.HEAD, past, row=past.measures[0]))
    rows = Measure.objects.filter(number=1)

    assert [rows.at(past.day(n)).get().deadline for n in (8, 9)] == [past.day(100), past.day(130)]
    assert [counts(past, n).overdue for n in (100, 101, 131)] == [0, 2, 3]


def test_reopening_counts_from_its_day(past: World) -> None:
    row = factories.reopened(past, day=12)

    assert [counts(past, n).closed for n in (8, 9, 11, 12)] == [0, 1, 1, 0]
    assert fresh(row).reopened_count == 1


def test_changed_owner_counts_from_its_day(past: World) -> None:
    row = past.measures[0]
    row.lead_department, row.lead_leader = past.b, past.other_leader
    store(row, by=past.office, note="handed over", at=past.at(20))
    scope = figures.scope_of(past.campaign, None)

    def sizes(day: int) -> tuple[list[int], list[int]]:
        groups = (figures.by_department(scope, past.day(day)), figures.by_leader(scope, past.day(day)))
        return tuple([group.counts.measures for group in found] for found in groups)

    assert sizes(19) == ([3, 1], [3, 1])
    assert sizes(20) == ([2, 2], [2, 2])


def test_retired_measure_leaves_every_count_from_that_day(past: World) -> None:
    row = factories.measure_at(S.CLOSED, past, row=past.measures[0])
    row.retired_on = past.day(20)
    store(row, by=past.office, note="split", at=past.at(20))

    assert [(counts(past, n).measures, counts(past, n).closed) for n in (19, 20)] == [(4, 1), (3, 0)]
    assert states(past, 19)[1] == IssueState.PARTIAL
    assert states(past, 20)[1] == IssueState.OPEN


def test_renamed_department_keeps_its_old_name_on_old_days(past: World) -> None:
    past.a.name = "Renamed"
    store(past.a, by=None, at=past.at(20))
    scope = figures.scope_of(past.campaign, None)

    assert [figures.by_department(scope, past.day(n))[0].title for n in (19, 20)] == ["Department a", "Renamed"]


def test_closed_campaign_keeps_the_figures_of_its_last_day(scene: World) -> None:
    scene.campaign = plan.close_campaign(scene.campaign, on=scene.day(95), by=scene.office, at=scene.at(95))
    scope = figures.scope_of(scene.campaign, None)

    last = figures.campaign_summary(scope, scene.day(95))

    assert last.counts.overdue == 0
    assert figures.campaign_summary(scope, scene.day(300)) == last
    assert figures.campaign_summary(scope, scene.day(8)).on == scene.day(8)
    assert counts(scene, 300) == last.counts


# --- Overdue and its excuse --------------------------------------------------------------------------------


def overdue(world: World, row: Measure, day: int) -> bool:
    return Measure.objects.filter(pk=row.pk).at(world.day(day)).overdue(world.day(day)).exists()


def test_pending_closure_filed_by_the_deadline_excuses(past: World) -> None:
    row = factories.ready(past, factories.make_measure(past, deadline=past.day(8)))
    request = factories.closure_at(Stage.OFFICE, past, row=row)
    approval.return_request(request, by=past.office, note="No", at=past.at(20))

    assert [overdue(past, row, n) for n in (8, 9, 19, 20, 21)] == [False, False, False, True, True]
    assert Measure.objects.filter(pk=row.pk).overdue(past.day(21)).exists()  # and so the live rows


def test_closure_filed_after_the_deadline_does_not_excuse(past: World) -> None:
    row = factories.ready(past, factories.make_measure(past, deadline=past.day(7)))
    factories.closure_at(Stage.OFFICE, past, row=row)

    assert [overdue(past, row, n) for n in (7, 8, 9)] == [False, True, True]


def test_pending_extension_excuses_until_it_ends(past: World) -> None:
    row = factories.make_measure(past, deadline=past.day(8))
    request = factories.extension_at(Stage.OFFICE, past, row=row)
    assert [overdue(past, row, n) for n in (9, 30)] == [False, False]

    approval.withdraw_request(request, by=past.liaison_a, at=past.at(15))

    assert [overdue(past, row, n) for n in (14, 15)] == [False, True]


def test_standing_measure_is_overdue_by_its_recheck_only(scene: World) -> None:
    row = scene.measures[4]

    assert row.nature == Nature.STANDING
    assert [overdue(scene, row, n) for n in (120, 121, 400)] == [False, False, False]


# --- Lights ------------------------------------------------------------------------------------------------


def test_light_of_and_its_filter_agree(scene: World) -> None:
    expected = {
        # day: lights of measures 1 to 5, with blue from 30 days before
        60: ["none", "none", "none", "none", "none"],
        70: ["none", "blue", "blue", "none", "none"],
        93: ["none", "yellow", "yellow", "none", "none"],
        101: ["none", "red", "red", "none", "none"],
        121: ["none", "red", "red", "none", "recheck"],
        195: ["none", "red", "red", "yellow", "recheck"],
    }
    scene.campaign.blue_days = 30
    assert set(figures.lights_of(scene.campaign)) == set(Light)
    for day, lights in expected.items():
        on = scene.day(day)
        rows = Measure.objects.at(on).with_excuse().order_by("number")
        assert [figures.light_of(row, scene.campaign, on) for row in rows] == lights, day
        for light in Light.values:
            numbers = [n for n, found in enumerate(lights, start=1) if found == light]
            assert list(rows.filter(light_q(light, scene.campaign, on)).values_list("number", flat=True)) == numbers


def test_no_blue_light_where_the_site_wants_none(scene: World) -> None:
    rows = Measure.objects.at(scene.day(70)).with_excuse()

    assert {figures.light_of(row, scene.campaign, scene.day(70)) for row in rows} == {"none"}
    assert Light.BLUE not in figures.lights_of(scene.campaign)
    assert rows.filter(light_q(Light.BLUE, scene.campaign, scene.day(70))).count() == 0


# --- Cost --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [20, 10_000])
def test_queries_do_not_grow_with_the_rows(past: World, day: int) -> None:
    """For a past day and for a coming one, which reads the live rows."""
    scope = figures.scope_of(past.campaign, past.office)

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            figures.campaign_summary(scope, past.day(day))
            figures.by_leader(scope, past.day(day))
        return len(queries)

    few = cost()
    factories.measures(past, 4)
    measure.start(past.measures[0], by=past.head_a, at=past.at(2))

    assert cost() == few


def test_excuse_is_asked_once(past: World) -> None:
    rows = Measure.objects.on_day(past.day(5)).with_excuse()

    assert rows.with_excuse() is rows
