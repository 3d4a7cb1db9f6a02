"""The pages of a reporting period: the campaign's periods, a department's whole period, the office's review."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from accounts.tracked import store
from findings.choices import MeasureStatus, ProgressStatus
from findings.models import Measure, ProgressUpdate, ReportingPeriod
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.tests.pages import get, queries, sheet_of
from findings.workflow import plan, progress
from findings.workflow.progress import ProgressValues

P = ProgressStatus
TODAY = 40  # the day of the world's own present


@pytest.fixture
def period(world: World) -> ReportingPeriod:
    """The period that runs today."""
    progress.open_periods(world.campaign, on=world.day(TODAY))
    return world.campaign.periods.order_by("starts_on").last()


def base(world: World) -> str:
    return f"/campaigns/{world.campaign.slug}/periods/"


def page(world: World, period: ReportingPeriod, query: str = "") -> str:
    return f"{base(world)}{period.code}/{query}"


def draft(world: World, row: Measure, period: ReportingPeriod, *, words: str = "Done", **given: Any) -> ProgressUpdate:
    values = {"by": world.liaison_a, "department": world.a} | given
    return progress.save_progress(row, values=ProgressValues(words, 40), period=period, **values)


def sent(world: World, row: Measure, period: ReportingPeriod, **given: Any) -> ProgressUpdate:
    return progress.submit_draft(draft(world, row, period, **given), by=world.head_a)


def told(client: Client) -> list[str]:
    """What the last answer says at the head of the next page."""
    return [str(message) for message in get_messages(client.get("/help/").wsgi_request)]


def row_of(update: ProgressUpdate) -> str:
    return f"{update.pk}:{update.version}"


# --- The list ----------------------------------------------------------------------------------------------


def test_period_list_is_for_who_sees_the_campaign(client: Client, world: World, period: ReportingPeriod) -> None:
    for name in ("office", "chief", "inspector", "head_a", "liaison_b"):
        assert get(client, getattr(world, name), base(world)).status_code == 200
    for name in ("stranger", "lower_head"):
        assert get(client, getattr(world, name), base(world)).status_code == 404
    assert get(client, world.auditor, base(world)).status_code == 403
    client.force_login(world.office)
    assert client.post(base(world)).status_code == 405


def test_period_list_names_who_is_missing_to_who_sees_the_court(
    client: Client, world: World, period: ReportingPeriod
) -> None:
    draft(world, world.measures[0], period)

    office = get(client, world.office, base(world))
    line = office.context["rows"][0]["line"]
    assert (line.period, line.counts.drafts, line.counts.to_fill, line.missing) == (period, 1, 3, [world.a, world.b])
    assert "Department a, Department b" in office.content.decode()
    own = get(client, world.head_b, base(world))
    assert own.context["rows"][0]["line"].counts.to_fill == 1
    assert "Department a" not in own.content.decode()
    assert "Now waiting for Department b to report" in own.content.decode()


def test_period_list_before_the_first_period(client: Client, world: World) -> None:
    world.campaign = factories.make_campaign(world, feedback_on=world.day(TODAY + 10), concentrated_until=world.day(90))
    assert "No period has been opened yet." in get(client, world.office, base(world)).content.decode()


def test_period_list_costs_the_same_for_few_and_many(client: Client, world: World) -> None:
    few = queries(client, world.office, base(world))
    progress.open_periods(world.campaign, on=world.day(TODAY))
    factories.measures(world, 3)

    assert queries(client, world.office, base(world)) <= few + 1  # an open period also asks what a relapse overtook


# --- A department's period ---------------------------------------------------------------------------------


def test_period_detail_shows_the_department_all_its_measures(
    client: Client, world: World, period: ReportingPeriod
) -> None:
    factories.progress_at(P.ACCEPTED, world, row=world.measures[0])
    update = draft(world, world.measures[0], period, words="New words")

    response = get(client, world.liaison_a, page(world, period))

    text = response.content.decode()
    rows = response.context["rows"]
    assert [row.part.measure.number for row in rows] == [1, 2, 4]
    assert [part.measure.number for part in response.context["missing"]] == [2, 4]
    for words in ("New words", "Done by day 5", "Liaison A", "0 files", "no text yet", "The head of the department"):
        assert words in text
    assert f'value="{row_of(update)}"' not in text  # the liaison does not submit
    assert client.get(rows[0].fill_url).context["form"]["done"].value() == "New words"


def test_period_detail_offers_the_head_one_act(client: Client, world: World, period: ReportingPeriod) -> None:
    rows = [draft(world, world.measures[n], period) for n in (0, 3)]

    text = get(client, world.head_a, page(world, period)).content.decode()
    assert "Submit the period: 2 drafts" in text
    assert all(f'value="{row_of(row)}"' in text for row in rows)
    answer = client.post(page(world, period) + "submit/", {"department": "a", "row": [row_of(row) for row in rows]})

    assert (answer.status_code, answer["Location"]) == (302, page(world, period, "?department=a"))
    assert [fresh(row).status for row in rows] == [P.SUBMITTED, P.SUBMITTED]
    assert told(client) == ["2 reports of Department a are submitted."]


def test_draft_changed_meanwhile_is_shown_beside_and_not_submitted(
    client: Client, world: World, period: ReportingPeriod
) -> None:
    rows = [draft(world, world.measures[n], period, words="As read") for n in (0, 3)]
    draft(world, world.measures[3], period, words="As changed")
    client.force_login(world.head_a)

    answer = client.post(page(world, period) + "submit/", {"department": "a", "row": [row_of(row) for row in rows]})

    text = answer.content.decode()
    assert answer.status_code == 200
    assert [fresh(row).status for row in rows] == [P.SUBMITTED, P.DRAFT]
    for words in ("As read", "As changed", "It was changed after the page had been shown", "1 report of Department a"):
        assert words in text
    assert f'value="{row_of(fresh(rows[1]))}"' in text  # sending again submits what is now read


def test_period_submit_without_a_draft_says_so(client: Client, world: World, period: ReportingPeriod) -> None:
    client.force_login(world.head_a)
    for row in ("", "x:1", "1:x", "1", "-1:2", "9" * 30 + ":1"):
        assert client.post(page(world, period) + "submit/", {"department": "a", "row": row}).status_code == 302
    assert set(told(client)) == {"There is no draft to submit."}


def test_period_submit_is_the_heads_alone(client: Client, world: World, period: ReportingPeriod) -> None:
    row = draft(world, world.measures[0], period)
    address = page(world, period) + "submit/"
    for name in ("liaison_a", "office"):
        client.force_login(getattr(world, name))
        assert client.post(address, {"department": "a", "row": row_of(row)}).status_code == 302
        assert told(client) == ["The head of the department submits the progress."]
    client.force_login(world.head_b)
    assert client.post(address, {"department": "a", "row": row_of(row)}).status_code == 404
    assert client.get(address).status_code == 405
    assert fresh(row).status == P.DRAFT


def test_drafts_are_read_by_the_own_department_only(client: Client, world: World, period: ReportingPeriod) -> None:
    draft(world, world.measures[1], period, words="Secret words")

    for name in ("office", "chief", "inspector"):
        text = get(client, getattr(world, name), page(world, period, "?department=a")).content.decode()
        assert "draft, not submitted" in text
        assert "Secret words" not in text
    assert get(client, world.head_b, page(world, period, "?department=a")).status_code == 404
    assert "Secret words" in get(client, world.head_a, page(world, period, "?department=a")).content.decode()


def test_period_detail_of_the_whole_court(client: Client, world: World, period: ReportingPeriod) -> None:
    sent(world, world.measures[0], period)

    response = get(client, world.office, page(world, period))

    assert response.context["department"] is None
    assert [line.department for line in response.context["whole"].departments] == [world.a, world.b]
    assert f'href="{page(world, period)}review/?show=submitted"' in response.content.decode()
    assert get(client, world.office, page(world, period, "?department=zzz")).status_code == 404
    assert get(client, world.office, base(world) + "1999-01/").status_code == 404


def test_locked_period_is_only_read(client: Client, world: World, period: ReportingPeriod) -> None:
    first = world.campaign.periods.order_by("starts_on").first()
    factories.progress_at(P.DRAFT, world, row=world.measures[0])

    response = get(client, world.head_a, page(world, first, "?department=a"))

    assert first.is_locked(world.day(TODAY)) or not response.context["refusal"]
    if first.is_locked(world.day(TODAY)):
        assert not any(row.can_fill for row in response.context["rows"])
        assert "The period is locked" in response.content.decode()


def test_row_that_cannot_be_filled_in_says_why(client: Client, world: World, period: ReportingPeriod) -> None:
    factories.measure_at(MeasureStatus.IN_PROGRESS, world, row=world.measures[0])
    row = sent(world, world.measures[3], period)
    progress.accept_progress(row, by=world.office)

    rows = get(client, world.head_a, page(world, period)).context["rows"]

    assert {row.part.measure.number: row.can_fill for row in rows} == {1: True, 2: True, 4: False}


def test_period_detail_of_who_takes_no_part(client: Client, world: World, period: ReportingPeriod) -> None:
    person = factories.make_person("both", [("head", world.lower_a), ("chief", world.court)])
    response = get(client, person, page(world, period))
    assert "No measure of this department takes part in the period." in response.content.decode()
    assert get(client, person, page(world, period, "?department=")).context["department"] is None


def test_period_detail_without_any_measure(client: Client, world: World, period: ReportingPeriod) -> None:
    campaign = factories.make_campaign(world)
    response = get(client, world.office, f"/campaigns/{campaign.slug}/periods/{campaign.periods.get().code}/")
    assert "No measure was being worked on in this period." in response.content.decode()


def test_period_detail_costs_the_same_for_few_and_many(client: Client, world: World, period: ReportingPeriod) -> None:
    draft(world, world.measures[0], period)
    few = queries(client, world.head_a, page(world, period))
    for row in factories.measures(world, 3):
        draft(world, row, period)

    assert queries(client, world.head_a, page(world, period)) == few <= 25


# --- The office's review -----------------------------------------------------------------------------------


def review(world: World, period: ReportingPeriod, query: str = "") -> str:
    return page(world, period, "review/") + query


def test_period_review_is_for_who_sees_the_court(client: Client, world: World, period: ReportingPeriod) -> None:
    sent(world, world.measures[0], period)
    for name in ("office", "leader", "inspector"):
        assert get(client, getattr(world, name), review(world, period)).status_code == 200
    assert "Accept all that are ticked" not in get(client, world.leader, review(world, period)).content.decode()
    assert get(client, world.head_a, review(world, period)).status_code == 403
    assert get(client, world.stranger, review(world, period)).status_code == 404
    chief_elsewhere = factories.make_person("elsewhere", [("chief", world.lower), ("head", world.a)])
    assert get(client, chief_elsewhere, review(world, period)).status_code == 404
    client.force_login(world.office)
    assert client.put(review(world, period)).status_code == 405


def test_period_review_shows_each_report_with_the_last_one(
    client: Client, world: World, period: ReportingPeriod
) -> None:
    factories.progress_at(P.ACCEPTED, world, row=world.measures[0])
    update = sent(world, world.measures[0], period, words="New words")

    response = get(client, world.office, review(world, period))

    row = response.context["rows"][0]
    assert (row.update, row.change, row.files) == (update, -20, [])
    assert all(words in response.content.decode() for words in ("New words", "Done by day 5", "no file with this"))
    proof = factories.add_evidence(world, world.measures[0])
    proof.progress = update
    store(proof, by=world.liaison_a)
    response = get(client, world.office, review(world, period))
    assert response.context["rows"][0].files == [proof]
    assert f'href="/evidence/{proof.pk}/' in response.content.decode()


def test_office_accepts_what_is_ticked_and_hears_what_was_left(
    client: Client, world: World, period: ReportingPeriod
) -> None:
    rows = [sent(world, world.measures[n], period) for n in (0, 1, 3)]
    versions = [row_of(row) for row in rows[:2]]
    progress.save_progress(world.measures[1], by=world.head_a, values=ProgressValues("Other", 50), department=world.a,
                           period=period)  # fmt: skip
    client.force_login(world.office)

    answer = client.post(review(world, period), {"act": "accept", "row": versions})

    assert [fresh(row).status for row in rows] == [P.ACCEPTED, P.SUBMITTED, P.SUBMITTED]
    assert "1 report is accepted." in answer.content.decode()
    assert "It was changed after the page had been shown" in answer.content.decode()
    assert client.post(review(world, period), {"act": "accept", "row": row_of(rows[0])}).status_code == 200
    assert client.post(review(world, period), {"act": "accept"}).status_code == 302
    assert told(client) == ["No report was ticked, so nothing was accepted."]


def test_office_returns_on_the_row_with_a_reason(client: Client, world: World, period: ReportingPeriod) -> None:
    row = sent(world, world.measures[0], period)
    client.force_login(world.office)
    address = review(world, period)

    assert "Please give a reason." in client.post(address, {"act": "return", "row": row_of(row)}).content.decode()
    answer = client.post(address, {"act": "return", "row": row_of(row), "note": "Too vague"})

    assert (answer.status_code, fresh(row).return_reason) == (302, "Too vague")
    assert client.post(address, {"act": "return", "row": "999999:1", "note": "x"}).status_code == 302
    back = get(client, world.office, review(world, period, "?show=returned"))
    assert "Too vague" in back.content.decode()


def test_reason_for_a_report_that_changed_meanwhile_is_not_lost(
    client: Client, world: World, period: ReportingPeriod
) -> None:
    row = sent(world, world.measures[0], period)
    progress.save_progress(world.measures[0], by=world.head_a, values=ProgressValues("Other", 50), department=world.a,
                           period=period)  # fmt: skip
    client.force_login(world.office)

    text = client.post(review(world, period), {"act": "return", "row": row_of(row), "note": "My long reason"}).content

    assert "My long reason" in text.decode()
    assert "Your reason is kept here" in text.decode()
    assert fresh(row).status == P.SUBMITTED


def test_who_only_reads_neither_accepts_nor_returns(client: Client, world: World, period: ReportingPeriod) -> None:
    row = sent(world, world.measures[0], period)
    client.force_login(world.inspector)

    assert client.post(review(world, period), {"act": "accept", "row": row_of(row)}).status_code == 302
    answer = client.post(review(world, period), {"act": "return", "row": row_of(row), "note": "No"})

    assert "Only the rectification office" in answer.content.decode()
    assert fresh(row).status == P.SUBMITTED


def test_closed_campaign_is_only_read(client: Client, world: World, period: ReportingPeriod) -> None:
    sent(world, world.measures[0], period)
    plan.close_campaign(world.campaign, on=world.day(TODAY - 1), by=world.office)

    response = get(client, world.office, review(world, period))

    assert response.context["can_decide"] is False
    assert "The campaign was closed" in response.content.decode()


def test_period_review_says_when_there_is_nothing(client: Client, world: World, period: ReportingPeriod) -> None:
    assert "No report waits to be checked." in get(client, world.office, review(world, period)).content.decode()
    assert "There is none." in get(client, world.office, review(world, period, "?show=accepted")).content.decode()


def test_period_review_costs_the_same_for_few_and_many(client: Client, world: World, period: ReportingPeriod) -> None:
    sent(world, world.measures[0], period)
    few = queries(client, world.office, review(world, period))
    for row in factories.measures(world, 3):
        sent(world, row, period)

    assert queries(client, world.office, review(world, period)) == few <= 25


def test_period_list_as_a_file(client: Client, world: World, period: ReportingPeriod) -> None:
    path = f"/campaigns/{world.campaign.slug}/periods/?format=xlsx"

    whole, own = (sheet_of(get(client, user, path)) for user in (world.office, world.head_a))

    assert whole[0] == (
        "period", "opens", "due", "locked after", "to fill in", "drafts", "submitted", "accepted", "returned",
        "departments without a whole report",
    )  # fmt: skip
    assert [row[0] for row in whole[1:]] == [row[0] for row in own[1:]] == [period.code, f"{world.begin:%Y-%m}"]
    assert whole[1][9] == "Department a, Department b"
    assert own[0] == whole[0][:9]


def test_period_review_of_one_department(client: Client, world: World, period: ReportingPeriod) -> None:
    update = sent(world, world.measures[0], period)
    other = factories.progress_at(P.SUBMITTED, world, row=world.measures[2], day=38)
    assert other.period == period

    whole = get(client, world.office, review(world, period))
    one = client.get(review(world, period, f"?department={world.b.code}"))

    assert {row.update for row in whole.context["rows"]} == {update, other}
    assert [row.update for row in one.context["rows"]] == [other]
    assert [number for _, _, number in one.context["tabs"]] == [1, 0, 0]
    assert "All departments" in one.content.decode()
