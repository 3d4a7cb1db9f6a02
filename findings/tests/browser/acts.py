"""What people do in a browser: sign in, take a step, report a period."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from findings.models import Measure

PASSWORD = "one-for-the-whole-story"


class Reader:
    """Opens a browser of its own for each person, and closes it again."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.pages: list[Page] = []

    def sign_in(self, person: User) -> Page:
        page = self.browser.new_context(accept_downloads=True).new_page()
        page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
        self.pages.append(page)
        page.goto(f"{self.address}/accounts/login/")
        page.fill("[name=username]", person.username)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(re.compile(r"^((?!login).)*$"))
        return page


def report(page: Page, measure: Measure, proof: Path) -> None:
    """From the first page to the submitted report: the row's button, the form, the submit button."""
    page.locator(f"a[href*='/measures/{measure.pk}/steps/submit_progress/']").first.click()
    page.fill("[name=done]", "The rule was drafted and discussed on two days.")
    page.fill("[name=percent]", "100")
    page.click("summary:has-text('Attach evidence')")
    page.set_input_files("[name=file]", str(proof))
    page.locator("button[value=submit]").click()
    expect(page.get_by_role("status")).to_contain_text(f"Measure {measure.number}")


def take_step(page: Page, address: str, step: str, note: str = "") -> None:
    """Open a step's form at its own address, give the note, and do it."""
    page.goto(f"{address}{step}")
    if note:
        page.fill("[name=note]", note)
    page.locator("form[action*='/steps/'] button.btn-primary").click()
    page.wait_for_url(lambda url: "/steps/" not in url)
