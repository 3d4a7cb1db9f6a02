"""One measure from its first progress to its closing, through a real browser and everybody's own eyes."""

import io
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from accounts import people
from findings import dates
from findings.choices import MeasureStatus
from findings.models import Measure
from findings.tests.browser.acts import PASSWORD, Reader, report, take_step
from findings.tests.factories import World, fresh, make_world
from findings.workflow.progress import open_periods

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> World:
    made = make_world()
    open_periods(made.campaign, on=dates.today())
    for person in (made.head_a, made.liaison_a, made.office, made.leader, made.chief):
        people.change_own_password(person, PASSWORD, by=person)
    return made


def closed_on_dashboard(page: Page, address: str) -> int:
    """The number of closed measures as the dashboard states it."""
    page.goto(f"{address}/dashboard/")
    return int(page.locator(".figure[href*='status=closed'] .value").first.inner_text())


def test_story_from_first_progress_to_closing(world: World, reader: Reader, proof: Path) -> None:
    measure, address = world.measures[0], reader.address
    office = reader.sign_in(world.office)
    before = closed_on_dashboard(office, address)

    report(reader.sign_in(world.head_a), measure, proof)
    update = measure.progress.get()
    assert (update.percent, update.evidence.get().filename) == (100, "minutes.docx")
    take_step(office, address, f"/progress/{update.pk}/steps/accept/")

    take_step(
        reader.sign_in(world.liaison_a), address, f"/measures/{measure.pk}/steps/request_closure/", "All is done."
    )
    request = measure.closure_requests.get()
    for person in (world.head_a, world.leader, world.office, world.chief):
        assert fresh(measure).status == MeasureStatus.WAITING
        take_step(
            reader.sign_in(person), address, f"/closures/{request.pk}/steps/sign/", f"Agreed by {person.username}."
        )

    assert fresh(measure).status == MeasureStatus.CLOSED
    assert closed_on_dashboard(office, address) == before + 1
    _timeline_tells_all(office, address, measure, world)
    _ledger_file_has_the_new_status(office, address, measure, world)


def _timeline_tells_all(page: Page, address: str, measure: Measure, world: World) -> None:
    page.goto(f"{address}/measures/{measure.pk}/")
    timeline = page.locator("#timeline")
    for person in (world.head_a, world.liaison_a, world.office, world.leader, world.chief):
        expect(timeline).to_contain_text(person.name)
    for words in ("not started", "in progress", "done, waiting for closure", "closed", "Agreed by"):
        expect(timeline).to_contain_text(words)


def _ledger_file_has_the_new_status(page: Page, address: str, measure: Measure, world: World) -> None:
    page.goto(f"{address}/campaigns/{world.campaign.slug}/ledger/")
    with page.expect_download() as waiting:
        page.locator("a[href*='format=xlsx']").first.click()
    content = Path(waiting.value.path()).read_bytes()
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    row = next(row for row in sheet.iter_rows(values_only=True) if measure.text in row)
    assert "closed" in row
