"""The pictures of docs/user.md and docs/documents.md: pages as the person whose month it is sees them, papers as set.

``make pictures`` puts them into docs/pictures; the test alone only sees that each can be taken and stands there.
"""

import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Page

from accounts import people
from accounts.models import User
from findings.choices import NoticeStatus, ProgressStatus, RequestStatus, Stage
from findings.models import Campaign, ClosureRequest, Extension, ProgressUpdate, Report, SupervisionNotice
from findings.tests.browser.acts import PASSWORD, Reader
from findings.tests.browser.drawing import draw_documents, what_is_missing

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIVE = "/campaigns/sample-live/"
WIDTH, HEIGHT = 1280, 800


def review() -> str:
    waiting = ProgressUpdate.objects.filter(status=ProgressStatus.SUBMITTED, measure__campaign__slug="sample-live")
    newest = waiting.order_by("-period__starts_on").first()
    period = newest.period if newest else Campaign.objects.get(slug="sample-live").periods.last()
    assert period is not None
    return f"{LIVE}periods/{period.code}/review/"


def own_period(person: User) -> str:
    period = Campaign.objects.get(slug="sample-live").periods.order_by("-starts_on").first()
    assert period is not None
    return f"{LIVE}periods/{period.code}/"


def waiting_measure() -> str:
    request = ClosureRequest.objects.filter(status=RequestStatus.PENDING).order_by("-stage_index").first()
    assert request is not None
    return f"/measures/{request.measure_id}/"


def signer() -> str:
    """A lead leader for whose signature a request waits."""
    waiting = [*ClosureRequest.objects.pending(), *Extension.objects.pending()]
    people = [pk for request in waiting if request.stage == Stage.LEADER for pk in request.waits_for()]
    return User.objects.filter(pk__in=people).order_by("pk")[0].username


def notice() -> str:
    row = SupervisionNotice.objects.exclude(status=NoticeStatus.DRAFT).first()
    return f"/notices/{row.pk}/" if row else f"{LIVE}notices/"


# Picture, whose eyes ("" is the leader for whom a request waits), which page.
PICTURES: dict[str, tuple[str, Callable[[], str]]] = {
    "liaison-work": ("zzb.liaison", lambda: "/"),
    "head-period": ("zzb.head", lambda: own_period(User.objects.get(username="zzb.head"))),
    "leader-signing": ("", lambda: "/signing/"),
    "measure": ("leader1", waiting_measure),
    "office-review": ("office", review),
    "office-ledger": ("office", lambda: f"{LIVE}ledger/"),
    "office-notice": ("office", notice),
    "office-import": ("office", lambda: f"{LIVE}import/"),
    "chief-dashboard": ("chief", lambda: "/dashboard/"),
    "inspector-checks": ("inspector", lambda: f"{LIVE}checks/"),
}  # fmt: skip


def take(page: Page, path: Path) -> None:
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path, animations="disabled")


def papers() -> dict[str, str]:
    """Pages that are made to be printed and signed."""
    report = Report.objects.exclude(word_file="").filter(campaign__slug="sample-live")[0]
    closure = ClosureRequest.objects.pending()[0]
    return {
        "closure": f"/closures/{closure.pk}/word/?format=page", "report": f"/reports/{report.pk}/page/",
        "plan": f"{LIVE}plan/word/?format=page", "notice": f"{notice()}word/?format=page",
    }  # fmt: skip


def printed(page: Page, address: str) -> list[tuple[int, int]]:
    """The sizes of the sheets that a page prints on, in mm."""
    page.goto(address)
    found = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", page.pdf(prefer_css_page_size=True))
    return [(round(float(wide) / 72 * 25.4), round(float(high) / 72 * 25.4)) for wide, high in found]


def test_every_picture_of_the_guides(transactional_db: None, reader: Reader, tmp_path: Path) -> None:
    call_command("seed_demo", stdout=io.StringIO())
    folder = Path(os.environ.get("RECTIFY_PICTURES") or tmp_path)
    pages: dict[str, Page] = {}
    for name, (username, address) in PICTURES.items():
        username = username or signer()
        if username not in pages:
            person = User.objects.get(username=username)
            people.change_own_password(person, PASSWORD, by=person)
            pages[username] = reader.sign_in(person)
        answer = pages[username].goto(f"{reader.address}{address()}")
        assert answer is not None
        assert answer.status == 200, name
        take(pages[username], folder / f"{name}.png")

    assert pictures_of("user.md", "pictures") == set(PICTURES)

    sheets = {name: printed(pages["office"], f"{reader.address}{address}") for name, address in papers().items()}
    assert {name: set(sizes) for name, sizes in sheets.items()} == {name: {(210, 297)} for name in sheets}
    assert [len(sheets[name]) for name in ("closure", "notice")] == [1, 1]

    if what_is_missing():
        pytest.skip(what_is_missing())
    drawn = draw_documents(folder / "documents", tmp_path)
    assert pictures_of("documents.md", "pictures/documents") == set(drawn)


def pictures_of(guide: str, place: str) -> set[str]:
    """The pictures that a guide shows, which are those that stand there."""
    docs = settings.BASE_DIR / "docs"
    named = set(re.findall(rf"\({place}/([a-z-]+)\.png\)", (docs / guide).read_text(encoding="utf-8")))
    assert named == {path.stem for path in (docs / place).glob("*.png")}
    return named
