"""The dashboard: the figures of the day, their rows, its choices and its price."""

from datetime import timedelta

import pytest
from django.test import Client

from findings import figures
from findings.choices import MeasureStatus, Stage
from findings.figures import sentences
from findings.figures.board import board_of, last_day, month_before
from findings.figures.counts import light_q
from findings.figures.trends import QualityLine
from findings.tests import factories
from findings.tests.factories import BEGIN, World
from findings.tests.pages import get, queries
from findings.workflow import plan


def busy(world: World) -> World:
    """Each state once or more: closed, waiting, overdue, a missed re-check, one without department and leader."""
    factories.measure_at(MeasureStatus.CLOSED, world, row=world.measures[0])
    factories.measure_at(MeasureStatus.WAITING, world, row=world.measures[2], stage=Stage.OFFICE)
    factories.measure_at(MeasureStatus.IN_PROGRESS, world, deadline=world.day(20))
    factories.make_measure(world, nature="standing", deadline=None, recheck_on=world.day(15))
    factories.make_measure(world, lead_department=None, lead_leader=None, deadline=world.day(25))
    return world


@pytest.mark.parametrize("viewer", [None, "office", "head_b"])
@pytest.mark.parametrize("number", [0, 8, 30])
def test_board_says_what_the_single_figures_say(past: World, viewer: str | None, number: int) -> None:
    user = viewer and getattr(busy(past), viewer)
    scope = figures.scope_of(past.campaign, user)
    on, earlier = past.day(number), past.day(max(number - 5, 0))

    board = board_of(scope, on, earlier)

    assert board.summary == figures.campaign_summary(scope, on)
    assert board.leaders == figures.by_leader(scope, on)
    assert board.comparison == figures.compare(scope, earlier, on)
    assert [due.measure.id for due in board.late] == list(
        scope.measures_on(on).overdue(on).order_by("deadline", "number").values_list("id", flat=True)
    )
    assert figures.longest_overdue(scope, on) == next((due.measure for due in board.late), None)
    assert len(board.rechecks) == board.summary.counts.rechecks_missed


def test_board_counts_each_light_as_the_ledger_does(past: World) -> None:
    campaign = factories.make_campaign(past, slug="blue", blue_days=30)
    past.campaign = campaign
    factories.make_plan(past)
    busy(past)
    scope = figures.scope_of(campaign, None)

    lights = board_of(scope, past.day(80), past.day(70)).lights

    rows = scope.measures_on(past.day(80)).with_excuse()
    assert lights == {
        light: rows.filter(light_q(light, campaign, past.day(80))).count() for light in figures.lights_of(campaign)
    }


def test_month_before_keeps_to_the_calendar() -> None:
    days = [BEGIN.replace(month=3, day=31), BEGIN.replace(month=1, day=15)]

    assert [str(month_before(day)) for day in days] == ["2025-02-28", "2024-12-15"]


def test_curve_ends_with_the_phase(past: World) -> None:
    assert last_day(past.campaign, past.day(10)) == past.day(150)
    assert last_day(past.campaign, past.day(151)) == past.day(700)
    assert last_day(past.campaign, past.day(900)) == past.day(900)


def test_sentence_tells_change_longest_delay_and_issues(past: World, english: None) -> None:
    board = board_of(figures.scope_of(busy(past).campaign, None), past.day(30), past.day(2))

    text = sentences.text_of(sentences.campaign_sentence(board, this_year=2025))

    assert text == (
        "As of 2 April, 1 of 7 measures are closed, 1 more than on 5 March; 2 overdue, the longest by 10 days "
        "(Department a); 1 re-check missed. Of 3 issues 0 are rectified and 0 show partial results."
    )


def test_sentence_of_a_quiet_day(past: World, english: None) -> None:
    board = board_of(figures.scope_of(past.campaign, None), past.day(31), month_before(past.day(31)))

    text = sentences.text_of(sentences.campaign_sentence(board, this_year=2026))

    assert text.startswith(
        "As of 3 April 2025, 0 of 4 measures are closed, as many as a month before; none is overdue."
    )


def test_sentence_says_fewer_after_a_relapse(past: World, english: None) -> None:
    factories.reopened(past, row=factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[0]), day=12)
    board = board_of(figures.scope_of(past.campaign, None), past.day(13), past.day(10))

    parts = sentences.campaign_sentence(board, this_year=2025)

    assert "0 of 4 measures are closed, 1 fewer than on 13 March;" in sentences.text_of(parts)
    assert next(part.anchor for part in parts if part.key == "change") == "compare"


def test_dashboard_links_every_figure_to_its_rows(client: Client, world: World) -> None:
    busy(world)
    response = get(client, world.office, "/dashboard/")
    text = response.content.decode()

    for rows in ("status=closed", "status=waiting", "due=overdue", "due=recheck", "area=1", "lead=a",
                 "leader=leader", "state=partial", "light=red"):  # fmt: skip
        assert f"/campaigns/campaign-1/ledger/?{rows}" in text


@pytest.mark.parametrize(("rows", "figure"), [
    ("status=closed", "closed"), ("status=waiting", "waiting"), ("status=in_progress", "in_progress"),
    ("status=not_started", "not_started"), ("due=overdue", "overdue"), ("due=recheck", "rechecks_missed"),
    ("due=soon", "due_soon"), ("phase=concentrated&status=closed", "concentrated_closed"), ("", "measures"),
])  # fmt: skip
def test_ledger_shows_the_rows_behind_the_figure(client: Client, world: World, rows: str, figure: str) -> None:
    busy(world)
    board = get(client, world.office, "/dashboard/").context["board"]

    ledger = client.get(f"/campaigns/campaign-1/ledger/?{rows}")

    assert ledger.context["page"].paginator.count == getattr(board.summary.counts, figure)


def test_dashboard_shows_how_well_each_department_works(client: Client, world: World) -> None:
    busy(world)
    on = world.day(20).isoformat()
    response = get(client, world.office, f"/dashboard/?on={on}")
    of_a, *_others, whole = response.context["board"].quality

    ledger = client.get(f"/campaigns/campaign-1/ledger/?lead=a&status=closed&on={on}")

    assert whole == QualityLine(None, figures.quality(figures.scope_of(world.campaign, None), world.day(20))[None])
    assert ledger.context["page"].paginator.count == of_a.quality.closed == 1
    assert f"/campaigns/campaign-1/ledger/?lead=a&amp;status=closed&amp;on={on}" in response.content.decode()


def test_dashboard_of_a_past_day_leads_to_that_day(client: Client, world: World) -> None:
    busy(world)
    on, earlier = world.day(7).isoformat(), world.day(3).isoformat()

    response = get(client, world.office, f"/dashboard/?on={on}&with={earlier}")

    assert response.context["board"].summary.on == world.day(7)
    assert response.context["board"].comparison.earlier == world.day(3)
    assert f"status=closed&amp;on={on}" in response.content.decode()


def test_dashboard_shows_the_newest_running_campaign_until_told(client: Client, world: World) -> None:
    older = factories.make_campaign(world, slug="older", feedback_on=world.begin - timedelta(days=30))

    assert get(client, world.office, "/dashboard/").context["campaign"] == world.campaign
    assert get(client, world.office, "/dashboard/?campaign=older").context["campaign"] == older
    assert get(client, world.office, "/dashboard/?campaign=nonsense").context["campaign"] == older


def test_dashboard_of_a_department_holds_its_own_rows(client: Client, world: World) -> None:
    response = get(client, world.head_b, "/dashboard/")

    assert response.context["board"].summary.counts.measures == 2
    assert response.context["is_own_share"]
    assert "your own department leads or assists" in response.content.decode()


def test_dashboard_of_a_stranger_shows_nothing_of_the_campaign(client: Client, world: World) -> None:
    response = get(client, world.stranger, "/dashboard/?campaign=campaign-1")

    assert response.status_code == 200
    assert "No campaign is in your sight yet" in response.content.decode()


@pytest.mark.parametrize("name", ["sysadmin", "secadmin", "auditor", "nobody"])
def test_dashboard_is_closed_to_who_sees_no_rows(client: Client, world: World, name: str) -> None:
    assert get(client, getattr(world, name), "/dashboard/").status_code == 403


def test_dashboard_refuses_other_methods(client: Client, world: World) -> None:
    client.force_login(world.office)

    assert client.post("/dashboard/").status_code == 405


@pytest.mark.parametrize("query", ["on=x", "on=0001-01-01", "on=9999-12-31", "with=%00", "campaign=%00", "screen=x",
                                   "on=2026-02-30&with=now&campaign=../../"])  # fmt: skip
def test_dashboard_stands_garbage(client: Client, world: World, query: str) -> None:
    assert get(client, world.office, f"/dashboard/?{query}").status_code == 200


def test_big_screen_names_no_person_and_has_pages(client: Client, world: World) -> None:
    busy(world)

    text = get(client, world.office, "/dashboard/?screen=1").content.decode()

    assert "Leader" not in text.replace("Leader group", "").split("<main")[1]
    assert text.count('class="big-page"') == 5
    assert 'data-rotate="20"' in text


def test_dashboard_costs_the_same_for_few_and_many(client: Client, world: World) -> None:
    busy(world)
    few = queries(client, world.office, "/dashboard/")
    factories.measures(world, 97, deadline=world.day(20))

    assert queries(client, world.office, "/dashboard/") == few <= 17


def test_dashboard_opens_the_campaign_chosen_last_else_one_with_an_approved_plan(client: Client, world: World) -> None:
    world.campaign = plan.approve_plan(world.campaign, on=world.day(3), by=world.office, at=world.at(3))
    new = factories.make_campaign(world, slug="newer", feedback_on=world.day(4))

    first = get(client, world.leader, "/dashboard/").context["campaign"]
    client.get(f"/dashboard/?campaign={new.slug}")
    again = client.get("/dashboard/").context["campaign"]

    assert (first, again) == (world.campaign, new)


def test_dashboard_tells_issues_at_work_from_measures(client: Client, world: World) -> None:
    text = get(client, world.leader, "/dashboard/").content.decode()

    assert '<span class="label">issues: ' in text
