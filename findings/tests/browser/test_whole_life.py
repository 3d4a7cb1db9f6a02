"""From the plan to the look-back, through all roles; and two editors of one row. Everything is typed in a browser."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts import people
from accounts.models import User
from findings import dates
from findings.choices import DecisionVerdict, MeasureStatus
from findings.models import Campaign, IssueVerdict, LookbackRound, Measure, Recheck
from findings.tests.browser.acts import PASSWORD, Reader, take_step
from findings.tests.factories import World, broken_records, fresh, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> World:
    made = make_world()
    for person in (made.head_a, made.liaison_a, made.office, made.leader, made.chief, made.inspector):
        people.change_own_password(person, PASSWORD, by=person)
    return made


def send(page: Page) -> None:
    """Press the main button of the page's form."""
    page.locator("main form button.btn-primary").last.click()


def day(offset: int) -> str:
    return (dates.today() + timedelta(days=offset)).isoformat()


def test_measure_from_plan_to_lookback(world: World, reader: Reader, proof: Path) -> None:
    office = reader.sign_in(world.office)
    measure = enter_plan(office, reader.address, world)
    head = reader.sign_in(world.head_a)
    report_period(head, reader.address, measure, proof)
    accept_period(office, reader.address, measure)
    close(reader, measure, world)
    assert fresh(measure).status == MeasureStatus.CLOSED

    look_back(office, reader.address, measure)

    measure = fresh(measure)
    assert (measure.status, measure.reopened_count) == (MeasureStatus.IN_PROGRESS, 1)
    give_verdict(reader.sign_in(world.chief), reader.address, measure)
    expect_told(head, reader.address, measure)
    assert broken_records() == []


def enter_plan(page: Page, address: str, world: World) -> Measure:
    """A campaign with one area, one issue and one measure, approved today."""
    page.goto(f"{address}/campaigns/new/")
    for name, value in {
        "title": "Inspection of the year", "slug": "whole-life", "inspecting_body": "Inspection group",
        "feedback_on": day(-10), "concentrated_until": day(200), "sustained_until": day(500), "declared_measures": "1",
    }.items():  # fmt: skip
        page.fill(f"[name={name}]", value)
    send(page)
    page.get_by_role("link", name="Add an area").first.click()
    page.fill("[name=title]", "Area of work")
    send(page)
    page.get_by_role("link", name="Add an issue").click()
    page.fill("[name=title]", "Rules are not kept")
    page.fill("[name=text]", "The rules of the registry are not kept.")
    send(page)
    page.get_by_role("link", name="Add measures").click()
    row = "[name=form-0-"
    page.fill(f"{row}text]", "Draw up the rules and check them each month")
    page.select_option(f"{row}lead_leader]", label=str(world.leader))
    page.select_option(f"{row}lead_department]", label=str(world.a))
    page.fill(f"{row}deadline]", day(60))
    page.locator("#grid button[value=save]").click()
    page.get_by_role("link", name="Record the approval of the plan").click()
    page.fill("[name=on]", day(0))
    send(page)
    page.wait_for_url("**/campaigns/whole-life/")
    campaign = Campaign.objects.get(slug="whole-life")
    assert campaign.plan_approved_on == dates.today()
    return campaign.measures.get()


def report_period(page: Page, address: str, measure: Measure, proof: Path) -> None:
    """A draft with a file, then the whole period in one act."""
    page.goto(f"{address}/measures/{measure.pk}/steps/fill_progress/")
    page.fill("[name=done]", "The rules were drawn up on two days and 12 files were checked.")
    page.fill("[name=percent]", "100")
    page.click("summary:has-text('Attach evidence')")
    page.set_input_files("[name=file]", str(proof))
    page.locator("button[value=draft]").click()
    page.wait_for_url(lambda url: "/steps/" not in url)
    update = measure.progress.get()
    page.goto(f"{address}/campaigns/whole-life/periods/{update.period.code}/")
    page.get_by_role("button", name="Submit the period: 1 draft").click()
    expect(page.locator("main")).to_contain_text("submitted")


def accept_period(page: Page, address: str, measure: Measure) -> None:
    update = measure.progress.get()
    page.goto(f"{address}/campaigns/whole-life/periods/{update.period.code}/review/")
    page.locator("input[form=accept-read]").check()
    page.get_by_role("button", name="Accept all that are ticked").click()
    expect(page.locator("main")).to_contain_text("No report waits to be checked.")


def close(reader: Reader, measure: Measure, world: World) -> None:
    """The liaison asks; four sign, the leader on the page of all requests; the discipline group speaks."""
    steps = f"/measures/{measure.pk}/steps/request_closure/"
    take_step(reader.sign_in(world.liaison_a), reader.address, steps, "All is done.")
    request = measure.closure_requests.get()
    sign = f"/closures/{request.pk}/steps/sign/"
    take_step(reader.sign_in(world.head_a), reader.address, sign, "Agreed by the head.")
    sign_among_all(reader.sign_in(world.leader), reader.address)
    take_step(reader.sign_in(world.office), reader.address, sign, "Agreed by the office.")
    speak = f"/closures/{request.pk}/steps/speak/"
    take_step(reader.sign_in(world.inspector), reader.address, speak, "Watch the registry.")
    take_step(reader.sign_in(world.chief), reader.address, sign, "Agreed by the group.")
    verdicts = list(request.decisions.values_list("verdict", flat=True))
    agreed = DecisionVerdict.APPROVED
    assert verdicts == [agreed, agreed, agreed, DecisionVerdict.OPINION, agreed]


def sign_among_all(page: Page, address: str) -> None:
    page.goto(f"{address}/signing/")
    expect(page.locator("input[name=pick]")).to_be_disabled()
    page.locator(".signing details summary").first.click()
    page.locator("input[name=pick]:not([disabled])").check()
    page.fill("textarea[name=note]", "Agreed by the leader.")
    page.get_by_role("button", name="Sign all that are ticked").click()
    expect(page.locator("main")).to_contain_text("Nothing waits for your signature.")


def look_back(page: Page, address: str, measure: Measure) -> None:
    """A round that draws the one closed measure, and finds that it did not hold."""
    page.goto(f"{address}/campaigns/whole-life/lookbacks/")
    page.fill("[name=title]", "First look back")
    page.fill("[name=size]", "1")
    page.fill("[name=due_on]", day(20))
    page.fill("[name=questions]", "Are the rules kept?")
    send(page)
    page.wait_for_url("**/lookbacks/*/**")
    recheck = Recheck.objects.get(round=LookbackRound.objects.get(), measure=measure)
    page.goto(f"{address}/rechecks/{recheck.pk}/steps/record/")
    page.locator("input[name=verdict][value=relapsed]").check()
    page.fill("[name=finding]", "Three files were registered late again.")
    for radio in page.locator("input[type=radio][value=no]").all():
        radio.check()
    page.locator("form[action*='/steps/'] button.btn-primary").click()
    page.wait_for_url(lambda url: "/steps/" not in url)


def give_verdict(page: Page, address: str, measure: Measure) -> None:
    page.goto(f"{address}/issues/{measure.issue_id}/")
    page.check("#verdict [name=state][value=partial]")
    page.fill("#verdict [name=reason]", "Not lasting yet.")
    page.fill("#verdict [name=decided_on]", day(0))
    page.locator("#verdict button").click()
    expect(page.locator("#verdicts")).to_contain_text("Not lasting yet.")
    assert IssueVerdict.objects.get().issue_id == measure.issue_id


def expect_told(page: Page, address: str, measure: Measure) -> None:
    """The measure's page tells its whole life."""
    page.goto(f"{address}/measures/{measure.pk}/")
    for words in (
        "Agreed by the leader.",
        "Watch the registry.",
        "First look back",
        "Three files were registered late",
    ):
        expect(page.locator("main")).to_contain_text(words)


def test_two_editors_of_one_measure_lose_nothing(world: World, reader: Reader) -> None:
    measure, second = world.measures[0], User.objects.get(pk=world.office.pk)
    address = f"{reader.address}/measures/{measure.pk}/steps/amend/"
    first, other = reader.sign_in(world.office), reader.sign_in(second)
    for page in (first, other):
        page.goto(address)
    first.fill("[name=goal]", "What the first one wants")
    first.fill("[name=note]", "First")
    first.locator("form[action*='/steps/'] button.btn-primary").click()
    first.wait_for_url(lambda url: "/steps/" not in url)
    other.fill("[name=goal]", "What the other one wants")
    other.fill("[name=note]", "Other")
    other.locator("form[action*='/steps/'] button.btn-primary").click()

    beside = other.locator(".beside")
    expect(beside).to_contain_text("What the first one wants")
    expect(beside).to_contain_text("What the other one wants")
    expect(other.locator("[name=goal]")).to_have_value("What the other one wants")
    assert fresh(measure).goal == "What the first one wants"

    other.locator("form[action*='/steps/'] button.btn-primary").click()
    other.wait_for_url(lambda url: "/steps/" not in url)
    assert fresh(measure).goal == "What the other one wants"
    assert list(Measure.history.filter(id=measure.pk).values_list("goal", flat=True)[:2]) == [
        "What the other one wants", "What the first one wants",
    ]  # fmt: skip
