"""Evidence on the measure's page: revisions, one file for several measures, and its preview in the browser."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from docx import Document
from openpyxl import Workbook
from PIL import Image

from accounts.models import AuditEvent
from findings.choices import MeasureStatus
from findings.documents.uploads import CONTENT_TYPES
from findings.models import Evidence, Measure
from findings.tests import factories
from findings.tests.factories import World
from findings.tests.pages import queries
from findings.workflow import measure as measures
from findings.workflow.evidence import replace_evidence, share_evidence, withdraw_evidence

pytestmark = pytest.mark.usefixtures("english")

PDF = b"%PDF-1.7\n%%EOF"


@pytest.fixture
def go(world: World, client: Client) -> Callable[..., Any]:
    def ask(user: Any, path: str, data: dict | None = None, *, htmx: bool = False) -> Any:
        client.force_login(user)
        headers = {"HX-Request": "true"} if htmx else {}
        return client.get(path, headers=headers) if data is None else client.post(path, data, headers=headers)

    return ask


def upload(world: World, row: Measure, content: bytes, kind: str) -> Evidence:
    """Evidence of a type, as the upload form stores it."""
    return measures.add_evidence(
        row, by=world.head_a, title="Paper", filename=f"paper.{kind}", content_type=CONTENT_TYPES[kind],
        size=len(content), sha256=hashlib.sha256(content).hexdigest(), file=ContentFile(content, name="x"),
    )  # fmt: skip


def saved(thing: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    thing.save(out, **options)
    return out.getvalue()


def word() -> bytes:
    document = Document()
    document.add_heading("Minutes", 1)
    document.add_paragraph("<script>alert(1)</script> & more")
    document.add_table(1, 2).cell(0, 0).text = "in a cell"
    return saved(document)


def book() -> bytes:
    workbook = Workbook()
    workbook.active.append(["<img src=x onerror=alert(1)>", "=1+1"])
    return saved(workbook)


# --- Revisions and sharing ---------------------------------------------------------------------------------


def test_newer_revision_is_uploaded_and_the_older_one_stays(world: World, go: Callable) -> None:
    row = factories.ready(world, world.measures[0])
    old = row.evidence.get()
    path = f"/evidence/{old.pk}/steps/replace/"
    assert go(world.liaison_a, path).context["form"]["title"].value() == "Minutes"
    sent = {"file": SimpleUploadedFile("signed.pdf", PDF), "title": "Signed", "number": "No. 7", "note": "Signed now"}

    assert go(world.liaison_a, path, sent).status_code == 302

    new = Evidence.objects.get(replaces=old)
    assert (new.title, new.filename) == ("Signed", "signed.pdf")
    answer = go(world.inspector, f"/measures/{row.pk}/")
    rows = answer.context["evidence"]
    assert [(found.evidence, found.revision, found.newest, found.links) for found in rows] == [
        (new, 2, None, []), (old, 1, new, []),
    ]  # fmt: skip
    page = answer.content.decode()
    for words in ("superseded", "revision 2", "No. 7", new.sha256[:8], f"/evidence/{old.pk}/preview/"):
        assert words in page
    told = [moment.sentence for moment in answer.context["moments"]]
    assert "uploaded a newer revision: the evidence “Signed”" in told
    assert go(world.liaison_a, path).status_code == 404


def test_links_of_evidence_are_those_that_are_open(world: World, go: Callable) -> None:
    row = factories.ready(world, world.measures[0])

    def labels(user: Any) -> list[str]:
        [found] = go(user, f"/measures/{row.pk}/").context["evidence"]
        return [str(link["label"]) for link in found.links]

    share = "Let the file prove other measures too"
    assert labels(world.head_a) == ["Upload a newer revision", share, "Withdraw the evidence"]
    assert labels(world.office) == [share]
    assert labels(world.inspector) == []
    closed = factories.reopened(world, row=factories.close(world, row))
    assert closed.status == MeasureStatus.IN_PROGRESS
    assert labels(world.head_a) == [share]


def test_one_file_proves_several_measures(world: World, go: Callable) -> None:
    row = factories.ready(world, world.measures[0])
    path = f"/evidence/{row.evidence.get().pk}/steps/share/"
    for wrong in ("", "x", "0", "2-1", "1-999", "77", "3", "1"):
        answer = go(world.liaison_a, path, {"measures": wrong})
        assert list(answer.context["form"].errors) == ["measures"], wrong
    assert not Evidence.objects.filter(shares__isnull=False).exists()

    assert go(world.liaison_a, path, {"measures": "2、 4"}).status_code == 302

    rows = {found.evidence.measure.number: found for found in go(world.office, f"/measures/{row.pk}/").context[
        "evidence"]}  # fmt: skip
    assert [other.number for other in rows[1].others] == [2, 4]
    [found] = go(world.head_b, f"/measures/{world.measures[1].pk}/").context["evidence"]
    assert found.others == []  # measures 1 and 4 are out of sight of department b
    answer = go(world.leader, f"/measures/{world.measures[3].pk}/")
    assert [other.number for other in answer.context["evidence"][0].others] == [1, 2]
    assert any("a file that proves another measure too" in moment.sentence for moment in answer.context["moments"])
    assert 'proves also measure <a href="' in answer.content.decode()


def test_measure_page_costs_the_same_for_one_and_for_many_revisions(world: World, client: Client) -> None:
    row = factories.ready(world, world.measures[1])
    proof = row.evidence.get()
    share_evidence(proof, [world.measures[2]], by=world.office)
    few = queries(client, world.office, f"/measures/{row.pk}/")
    for number in range(4):
        content = f"revision {number}".encode()
        proof = replace_evidence(
            proof, by=world.head_a, title="Minutes", filename="m.txt", content_type="text/plain", size=len(content),
            sha256=hashlib.sha256(content).hexdigest(), file=ContentFile(content, name="m.txt"),
        )  # fmt: skip
    share_evidence(proof, [world.measures[0], world.measures[3]], by=world.head_a)
    assert queries(client, world.office, f"/measures/{row.pk}/") == few


# --- Preview -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "make", "words", "never"),
    [
        ("docx", word, ("Minutes", "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more", "in a cell"), "<script>alert"),
        ("xlsx", book, ("&lt;img src=x onerror=alert(1)&gt;", "<h3>Sheet</h3>"), "<img src=x"),
        ("txt", lambda: b"plain <b>", ("plain &lt;b&gt;",), "plain <b>"),
    ],
    ids=["docx", "xlsx", "txt"],
)  # fmt: skip
def test_evidence_preview_shows_words_and_tables(
    world: World, go: Callable, kind: str, make: Callable[[], bytes], words: tuple[str, ...], never: str
) -> None:
    evidence = upload(world, world.measures[0], make(), kind)
    path = f"/evidence/{evidence.pk}/preview/"
    whole, part = (go(world.inspector, path, htmx=htmx).content.decode() for htmx in (False, True))
    assert "<html" in whole
    assert "<html" not in part
    for text in (whole, part):
        assert [found for found in words if found not in text] == []
        assert never not in text
    event = AuditEvent.objects.filter(action="download").latest("pk")
    assert (event.user, event.detail.startswith("preview paper."), evidence.sha256 in event.detail) == (
        world.inspector, True, True,
    )  # fmt: skip
    assert AuditEvent.objects.filter(action="download").count() == 2


@pytest.mark.parametrize(
    ("kind", "make", "element", "sandboxed"),
    [
        ("pdf", lambda: PDF, "<iframe", False),
        ("png", lambda: saved(Image.new("RGB", (9, 9)), format="PNG"), "<img", True),
    ],
    ids=["pdf", "png"],
)
def test_evidence_preview_leaves_pdf_and_pictures_to_the_browser(
    world: World, go: Callable, kind: str, make: Callable[[], bytes], element: str, sandboxed: bool
) -> None:
    content = make()
    evidence = upload(world, world.measures[0], content, kind)
    inline = f"/evidence/{evidence.pk}/inline/"
    page = go(world.leader, f"/evidence/{evidence.pk}/preview/").content.decode()
    assert f'src="{inline}"' in page
    assert element in page
    assert not AuditEvent.objects.filter(action="download").exists()

    answer = go(world.leader, inline)

    assert b"".join(answer.streaming_content) == content
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'self'" in policy
    assert ("sandbox" in policy) == sandboxed
    assert "script-src" not in policy
    assert {name: answer[name] for name in (
        "Content-Type", "X-Content-Type-Options", "X-Frame-Options", "Cross-Origin-Resource-Policy",
    )} == {
        "Content-Type": CONTENT_TYPES[kind], "X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN",
        "Cross-Origin-Resource-Policy": "same-origin",
    }  # fmt: skip
    assert answer["Content-Disposition"] == f'inline; filename="paper.{kind}"'
    assert "no-store" in answer["Cache-Control"]
    assert AuditEvent.objects.get(action="download").detail.startswith("preview ")


def test_only_what_the_browser_draws_safely_leaves_inline(world: World, go: Callable) -> None:
    for kind in ("docx", "txt", "ole"):
        evidence = upload(world, world.measures[0], kind.encode(), kind)
        assert go(world.office, f"/evidence/{evidence.pk}/inline/").status_code == 404


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pdf", "png", "jpg", "ofd", "ole"])
def test_evidence_preview_of_a_broken_file_is_one_sentence(world: World, go: Callable, kind: str) -> None:
    evidence = upload(world, world.measures[0], b"PK\x03\x04 broken", kind)
    answer = go(world.office, f"/evidence/{evidence.pk}/preview/")
    assert answer.status_code == 200
    assert answer.context["refusal"].endswith(("download it to look further.", "download it to open it."))
    assert "/inline/" not in answer.content.decode()
    assert not AuditEvent.objects.filter(action="download").exists()


def test_evidence_preview_of_an_empty_sheet_and_of_a_withdrawn_file(world: World, go: Callable) -> None:
    evidence = upload(world, world.measures[0], saved(Workbook()), "xlsx")
    withdraw_evidence(evidence, by=world.head_a, note="Wrong")
    page = go(world.office, f"/evidence/{evidence.pk}/preview/").content.decode()
    assert "The sheet is empty." in page
    assert "was withdrawn and proves nothing any more" in page


@pytest.mark.parametrize("name", ["preview", "inline"])
def test_evidence_preview_is_for_who_may_download(world: World, go: Callable, client: Client, name: str) -> None:
    evidence = upload(world, world.measures[0], PDF, "pdf")
    path = f"/evidence/{evidence.pk}/{name}/"
    for user in ("office", "chief", "leader", "inspector", "head_a", "liaison_a"):
        answer = go(world.everybody()[user], path)
        assert answer.status_code == 200
        assert answer.getvalue()
    for user in ("head_b", "stranger", "lower_head", "nobody", "sysadmin", "auditor"):
        assert go(world.everybody()[user], path).status_code == 404
    assert client.post(path).status_code == 405
    Path(evidence.file.path).unlink()
    assert go(world.office, path).status_code == 404
    client.logout()
    assert client.get(path).status_code == 302
