"""Look-back rounds: the list with the draw, a round and its check sheets, recording a re-check, its trace on the
measure's page."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.tracked import store
from findings.choices import MeasureStatus, RecheckVerdict
from findings.models import LookbackRound, Measure, Recheck
from findings.models.lookback import Answer
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.tests.pages import filled, get, queries
from findings.workflow import lookback

pytestmark = pytest.mark.usefixtures("english")

COURT = ("office", "chief", "leader", "inspector")


@pytest.fixture
def closed(world: World) -> list[Measure]:
    return [factories.measure_at(MeasureStatus.CLOSED, world, row=row) for row in world.measures[:3]]


def draw(world: World, size: int = 2, **values: Any) -> LookbackRound:
    given = {"title": "Autumn", "questions": "Done?\nKnown?", "due_on": world.day(60), "seed": "seed"}
    given |= {"by": world.office, "at": world.at(20)}
    return lookback.draw_round(world.campaign, size=size, **(given | values))


def record(recheck: Recheck, world: World, verdict: str = RecheckVerdict.HELD) -> Recheck:
    return lookback.record_recheck(
        recheck, verdict=verdict, answers=[Answer("yes", "in order"), Answer("no")], finding="Seen on site",
        by=world.office, at=world.at(30),
    )  # fmt: skip


def list_path(world: World) -> str:
    return f"/campaigns/{world.campaign.slug}/lookbacks/"


def sheet(row: Recheck, **values: Any) -> dict[str, Any]:
    """A filled-in check sheet as the form sends it."""
    filled = {"version": row.version, "answer_1": "yes", "answer_2": "n/a", "remark_1": "in order"}
    return filled | {"verdict": "held", "finding": "Seen on site"} | values


# --- The list and the draw ---------------------------------------------------------------------------------


def test_lookback_list_is_empty_and_says_why(world: World, client: Client) -> None:
    page = get(client, world.office, list_path(world)).content.decode()

    assert "no look-back round has been drawn" in page
    assert "No look-back round is in your sight" in page
    assert "No measure is closed, so there is nothing to draw from." in page
    assert "size of the sample" not in page


def test_lookback_list_shows_rounds_to_the_court_and_the_draw_to_the_office(
    world: World, client: Client, closed: list[Measure]
) -> None:
    draw(world)
    for name in COURT:
        page = get(client, world.everybody()[name], list_path(world)).content.decode()
        assert "Autumn" in page
        assert ("size of the sample" in page) == (name == "office")
    page = get(client, world.head_a, list_path(world)).content.decode()
    assert "No look-back round is in your sight" in page
    assert "Look-back</a>" not in page
    for name, status in (("stranger", 404), ("sysadmin", 403), ("nobody", 403)):
        assert get(client, world.everybody()[name], list_path(world)).status_code == status
    client.force_login(world.office)
    assert client.delete(list_path(world)).status_code == 405


def test_lookback_list_of_a_past_day(world: World, client: Client, closed: list[Measure]) -> None:
    row = draw(world)
    record(row.rechecks.order_by("pk")[0], world, RecheckVerdict.RELAPSED)

    then = get(client, world.office, f"{list_path(world)}?on={world.day(25)}").context
    now = get(client, world.office, list_path(world)).context

    assert ([r.result.made for r in then["rows"]], then["reopened"], then["may_draw"]) == ([0], [], False)
    assert ([r.result.undone for r in now["rows"]], len(now["reopened"]), now["may_draw"]) == ([1], 1, True)
    assert get(client, world.office, f"{list_path(world)}?on={world.day(19)}").context["rows"] == []


def test_lookback_list_names_verdicts_that_differ(world: World, client: Client, closed: list[Measure]) -> None:
    lookback.decide_issue(world.issues[0], state="open", reason="Not yet", decided_on=world.day(20), by=world.chief)

    page = get(client, world.office, list_path(world)).content.decode()

    assert "The leading group found “under rectification” on" in page
    assert f'href="/issues/{world.issues[0].pk}/"' in page


def test_office_draws_a_round(world: World, client: Client, closed: list[Measure]) -> None:
    form = {"title": "First", "size": 2, "due_on": world.day(60), "seed": "typed", "questions": "Done?"}
    client.force_login(world.office)

    answer = client.post(list_path(world), form)

    row = LookbackRound.objects.get()
    assert answer["Location"] == f"/lookbacks/{row.pk}/"
    assert (row.seed, row.size, row.population, row.rechecks.count()) == ("typed", 2, "1,2,3", 2)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"size": 9}, "between 1 and 3"), ({"size": "x"}, "whole number"), ({"due_on": "1999-01-01"}, "in the past")],
)
def test_refused_draw_tells_why(world: World, client: Client, closed: list[Measure], change: dict, words: str) -> None:
    form = {"title": "First", "size": 2, "due_on": world.day(60), "questions": "Done?"} | change
    client.force_login(world.office)

    answer = client.post(list_path(world), form)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not LookbackRound.objects.exists()


def test_nobody_else_draws(world: World, client: Client, closed: list[Measure]) -> None:
    form = {"title": "First", "size": 2, "due_on": world.day(60), "questions": "Done?"}
    for name in ("chief", "inspector", "head_a"):
        client.force_login(world.everybody()[name])
        assert client.post(list_path(world), form).status_code == 403
    assert not LookbackRound.objects.exists()


# --- One round ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rest", ["", "sheet/"])
def test_round_is_for_the_court(world: World, client: Client, closed: list[Measure], rest: str) -> None:
    path = f"/lookbacks/{draw(world).pk}/{rest}"

    for name, user in world.everybody().items():
        expected = 200 if name in (*COURT, "other_leader") else 404
        assert get(client, user, path).status_code == expected, name
    assert client.post(path).status_code == 405


def test_lookback_detail_shows_the_draw_and_how_to_redo_it(world: World, client: Client, closed: list[Measure]) -> None:
    row = draw(world)
    answer = get(client, world.office, f"/lookbacks/{row.pk}/")
    page = answer.content.decode()

    assert [number for number, _key, is_drawn in answer.context["keys"] if is_drawn] == lookback.drawn(
        "seed", [1, 2, 3], 2
    )
    assert "printf '%s' 'seed/12' | sha256sum" in unescape(page)
    assert "Now waiting for the rectification office to make 2 re-checks" in page
    assert "2 re-checks of the round are still to be made." in page
    assert "behind the records" not in page
    assert page.count("Record the re-check") == 2
    assert "Record the re-check" not in get(client, world.chief, f"/lookbacks/{row.pk}/").content.decode()


def test_lookback_detail_tells_a_sample_that_the_seed_does_not_draw(
    world: World, client: Client, closed: list[Measure]
) -> None:
    row = draw(world)
    row.seed = "other"
    store(row, by=None)

    assert "behind the records" in get(client, world.office, f"/lookbacks/{row.pk}/").content.decode()


def test_lookback_sheet_is_one_block_a_measure_with_room_or_answers(
    world: World, client: Client, closed: list[Measure]
) -> None:
    row = draw(world)
    record(row.rechecks.order_by("pk")[0], world)

    page = get(client, world.office, f"/lookbacks/{row.pk}/sheet/").content.decode()

    assert page.count('class="check-sheet"') == 2
    assert page.count("□ held") == 1
    assert page.count("□ yes") == 2
    for words in ("Minutes", "in order", "Seen on site", "with the seed seed: 2 of 3 closed measures."):
        assert words in page


# --- Recording ---------------------------------------------------------------------------------------------


def test_office_records_a_recheck(world: World, client: Client, closed: list[Measure]) -> None:
    row = draw(world)
    recheck = row.rechecks.order_by("pk")[0]
    path, back = f"/rechecks/{recheck.pk}/steps/record/", f"/lookbacks/{row.pk}/"

    page = get(client, world.office, f"{path}?next={back}").content.decode()
    answer = client.post(path, sheet(recheck, verdict="relapsed", next=back))

    assert "1. Done?" in page
    assert "remark on question 2" in page
    assert "Autumn" in page
    assert answer["Location"] == back
    assert fresh(recheck).answer_list == [Answer("yes", "in order"), Answer("n/a")]
    assert fresh(recheck.measure).reopened_count == 1
    shown = client.get(back).content.decode()
    assert "Seen on site" in shown
    assert "not applicable" in shown


def test_check_sheet_is_kept_when_something_is_missing(world: World, client: Client, closed: list[Measure]) -> None:
    recheck = draw(world).rechecks.order_by("pk")[0]
    client.force_login(world.office)

    answer = client.post(f"/rechecks/{recheck.pk}/steps/record/", sheet(recheck, answer_2=""))

    assert answer.status_code == 422
    assert "Seen on site" in answer.content.decode()
    assert fresh(recheck).verdict == ""


def test_second_checker_sees_both_sheets(world: World, client: Client, closed: list[Measure]) -> None:
    recheck = draw(world).rechecks.order_by("pk")[0]
    record(recheck, world)
    client.force_login(world.office)
    form = sheet(recheck, finding="Mine", verdict="not_done")  # of the version before the other one's

    answer = client.post(f"/rechecks/{recheck.pk}/steps/record/", form)

    assert answer.status_code == 409
    assert "Not possible while the state is “made”." in answer.content.decode()
    shown = {row["label"]: (row["theirs"], row["yours"]) for row in answer.context["form"].differences}
    assert shown["what was found"] == ("Seen on site", "Mine")
    assert shown["2. Known?"] == ("no", "not applicable")
    assert fresh(recheck).finding == "Seen on site"


def test_recheck_form_is_refused_to_others(world: World, client: Client, closed: list[Measure]) -> None:
    recheck = draw(world, 3).rechecks.get(measure=closed[0])
    path = f"/rechecks/{recheck.pk}/steps/record/"
    for name in ("chief", "inspector", "head_a"):
        page = get(client, world.everybody()[name], path)
        assert "Only the rectification office can do this." in page.content.decode()
    for name in ("head_b", "stranger", "nobody"):
        assert get(client, world.everybody()[name], path).status_code == 404
    client.force_login(world.office)
    assert client.get(f"/rechecks/{recheck.pk}/steps/nonsense/").status_code == 404
    assert client.put(path).status_code == 405


def test_office_concludes_the_round(world: World, client: Client, closed: list[Measure]) -> None:
    row = draw(world)
    for recheck in row.rechecks.all():
        record(recheck, world)
    path = f"/lookbacks/{row.pk}/steps/conclude/"

    page = get(client, world.office, path).content.decode()
    stale = client.post(path, {"conclusion": "Mine", "version": row.version + 1})
    answer = client.post(path, {"conclusion": "All held", "version": row.version})

    assert "Autumn" in page
    assert stale.status_code == 409
    assert answer["Location"] == f"/lookbacks/{row.pk}/"
    assert "All held" in client.get(f"/lookbacks/{row.pk}/").content.decode()
    assert "concluded" in client.get(list_path(world)).content.decode()
    assert get(client, world.head_a, path).status_code == 404


# --- On the measure's page ---------------------------------------------------------------------------------


def test_measure_page_shows_the_rechecks_and_leads_to_the_reopening(
    world: World, client: Client, closed: list[Measure]
) -> None:
    row = draw(world, 3)
    recheck = record(row.rechecks.get(measure=closed[0]), world, RecheckVerdict.RELAPSED)

    answer = get(client, world.head_a, f"/measures/{closed[0].pk}/")
    page = answer.content.decode()

    assert answer.context["rechecks"] == [(recheck, "reopened-1")]
    assert 'href="#reopened-1"' in page
    assert '<li id="reopened-1">' in page
    assert f"/lookbacks/{row.pk}/" not in page
    told = [(moment.sentence, moment.note) for moment in answer.context["moments"]]
    assert told[:3] == [
        ("reopened the measure", "Look-back “Autumn”: relapsed. Seen on site"),
        ("looked again at the measure in “Autumn”: relapsed", ""),
        ("drew the measure for the look-back “Autumn”", ""),
    ]
    assert (
        f"/lookbacks/{row.pk}/#recheck-{recheck.pk}"
        in get(client, world.office, f"/measures/{closed[0].pk}/").content.decode()
    )


def test_office_rechecks_one_measure(world: World, client: Client, closed: list[Measure]) -> None:
    page, path = f"/measures/{closed[0].pk}/", f"/measures/{closed[0].pk}/steps/recheck/"
    day = world.day(40) + timedelta(days=30)
    assert path in get(client, world.office, page).content.decode()

    answer = client.post(path, {"verdict": "held", "finding": "Holds", "next_on": day})

    assert answer["Location"] == page
    assert fresh(closed[0]).recheck_on == day
    told = client.get(page)
    assert "looked again at the measure: held" in [moment.sentence for moment in told.context["moments"]]
    assert told.context["rechecks"] == [(Recheck.objects.get(), "")]


# --- Price -------------------------------------------------------------------------------------------------


def test_price_is_the_same_for_one_row_and_for_three(world: World, client: Client, closed: list[Measure]) -> None:
    one = draw(world, 1)
    paths = (list_path(world), f"/lookbacks/{one.pk}/", f"/lookbacks/{one.pk}/sheet/")
    few = [queries(client, world.office, path) for path in paths]

    three = draw(world, 3)
    draw(world, 3)
    many = [queries(client, world.office, path.replace(f"/{one.pk}/", f"/{three.pk}/")) for path in paths]

    assert many == few


def test_correction_opens_filled_in_asks_for_a_reason_and_is_marked(world: World, client: Client, closed: list) -> None:
    row = draw(world)
    recheck = record(row.rechecks.order_by("pk")[0], world)
    path, back = f"/rechecks/{recheck.pk}/steps/correct/", f"/lookbacks/{row.pk}/"
    assert "Correct the re-check" in get(client, world.office, back).content.decode()
    assert "Correct the re-check" not in get(client, world.chief, back).content.decode()
    opened = filled(get(client, world.office, path))
    assert (opened["finding"], opened["answer_1"], opened["remark_1"]) == (["Seen on site"], ["yes"], ["in order"])

    assert client.post(path, opened).status_code == 422
    assert client.post(path, opened | {"finding": "Seen twice", "note": "Wrong sheet"}).status_code == 302

    assert fresh(recheck).finding == "Seen twice"
    assert "corrected" in client.get(back).content.decode()
    page = client.get(f"/measures/{recheck.measure_id}/").content.decode()
    assert "corrected what was seen in “Autumn”: held" in page
    assert "Wrong sheet" in page
