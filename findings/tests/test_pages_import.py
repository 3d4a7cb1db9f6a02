"""The pages of an import: upload, rehearsal, decision, application, and the ledger on the imported rows."""

import re
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError
from openpyxl import load_workbook

from accounts.models import AuditEvent
from accounts.spreadsheets import Limits
from accounts.tracked import store
from findings import tasks
from findings.choices import ImportState, JobState
from findings.documents import running
from findings.documents.importer import kept
from findings.models import Job, LedgerImport
from findings.tests import factories
from findings.tests.factories import World, fresh, last_entry
from findings.tests.pages import get, queries
from findings.tests.workbooks import FIRST, exported, put, sheet_of
from findings.workflow import amend, plan


@pytest.fixture
def client(client: Client, world: World) -> Client:
    client.force_login(world.office)
    return client


def upload(client: Client, world: World, content: bytes, name: str = "台账.xlsx") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("ledger_import", args=[world.campaign.slug]), {"file": file})


def page(world: World, number: int = 1, name: str = "ledger_import_detail", *more: Any) -> str:
    return reverse(name, args=[world.campaign.slug, number, *more])


def text_of(answer: Any) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def test_upload_is_rehearsed_and_applied_and_the_ledger_opens_on_its_rows(client: Client, world: World) -> None:
    answer = upload(client, world, put(exported(world.campaign), text="Better words"))
    assert answer["Location"] == page(world)
    shown = text_of(client.get(answer["Location"]))
    assert "0 new, 1 changed, 3 unchanged, 0 conflicts, 0 problems." in shown
    assert "Better words" in shown
    assert fresh(world.measures[0]).text == "Measure 1"

    answer = client.post(page(world), {"note": "As the meeting decided"})
    ledger = f"/campaigns/{world.campaign.slug}/ledger/?import=1"
    assert answer["Location"] == ledger
    first = fresh(world.measures[0])
    assert (first.text, last_entry(first)[1]) == ("Better words", "As the meeting decided (import no. 1)")
    listed = client.get(ledger).context["page"].object_list
    assert [row.number for row in listed] == [1]
    assert "To the imported rows" in text_of(client.get(page(world)))


def test_ledger_of_an_import_that_there_is_not_is_empty(client: Client, world: World) -> None:
    answer = client.get(f"/campaigns/{world.campaign.slug}/ledger/?import=7")
    assert list(answer.context["page"].object_list) == []


def test_problems_are_all_shown_and_marked_in_a_copy(client: Client, world: World) -> None:
    content = put(exported(world.campaign), lead_department="Nowhere", is_key="maybe")
    upload(client, world, put(content, "ledger", FIRST + 3, text=None))
    answer = client.get(page(world))
    assert [problem["at"] for problem in answer.context["problems"]] == ["I5", "O5", "F8"]
    assert "Import now" not in text_of(answer)

    marked = client.get(page(world, 1, "ledger_import_file", "marked"))
    book = load_workbook(BytesIO(b"".join(marked.streaming_content)))
    assert book.sheetnames[0] == "Problems of the import"
    assert "Nowhere" in book.worksheets[1]["I5"].comment.text
    assert client.post(page(world), {"note": "Because"}).status_code == 200
    assert fresh(world.measures[3]).text == "Measure 4"


def test_more_problems_than_a_page_holds_are_counted(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("findings.views.ledger_import.MOST_SHOWN", 1)
    upload(client, world, put(exported(world.campaign), lead_department="Nowhere", is_key="maybe"))
    assert "1 more stands in the marked workbook." in text_of(client.get(page(world)))


def test_conflicts_are_decided_cell_by_cell(client: Client, world: World) -> None:
    content = put(exported(world.campaign), text="Of the file", goal="File's goal")
    amend.amend_measure(world.measures[0], text="Of the ledger", goal="Ledger's goal", by=world.office)
    upload(client, world, content)
    answer = client.post(page(world), {"note": "Because", "cell-0": "file"})
    assert answer.status_code == 422
    assert "Please choose a side." in text_of(answer)
    assert client.post(page(world), {"note": "Because", "cell-0": "file", "cell-1": "ledger"}).status_code == 302
    first = fresh(world.measures[0])
    assert (first.text, first.goal) == ("Of the file", "Ledger's goal")


def test_conflicts_are_decided_all_at_once(client: Client, world: World) -> None:
    content = put(exported(world.campaign), text="Of the file", goal="File's goal")
    amend.amend_measure(world.measures[0], text="Of the ledger", goal="Ledger's goal", by=world.office)
    upload(client, world, content)
    assert client.post(page(world), {"note": "Because", "all_conflicts": "file"}).status_code == 302
    assert fresh(world.measures[0]).text == "Of the file"


def test_ledger_that_changed_since_the_rehearsal_is_rehearsed_again(client: Client, world: World) -> None:
    upload(client, world, put(exported(world.campaign), text="Of the file"))
    amend.amend_measure(world.measures[0], text="Of the ledger", by=world.office)
    answer = client.post(page(world), {"note": "Because"})
    assert "The ledger has changed since the rehearsal; look at the new one and decide again." in text_of(answer)
    assert fresh(world.measures[0]).text == "Of the ledger"
    assert (answer.context["conflicts"], answer.context["form"]["note"].value()) == (1, "Because")
    assert "Of the ledger" in text_of(answer)
    assert "cell-0" in text_of(answer)
    assert client.get(page(world)).context["conflicts"] == 1


def row_of(answer: Any, word: str) -> str:
    """The words of the table row in which a word stands."""
    rows = [" ".join(unescape(re.sub(r"<[^>]+>", " ", part)).split()) for part in answer.content.decode().split("<tr>")]
    return next(row for row in rows if word in row)


def test_decided_conflicts_stay_on_record_with_what_was_taken_and_by_whom(client: Client, world: World) -> None:
    content = put(exported(world.campaign), text="文件措施", goal="文件目标")
    content = put(content, "ledger", FIRST + 2, text="只改文件")
    amend.amend_measure(world.measures[0], text="台账措施", goal="台账目标", by=world.office)
    upload(client, world, content)
    asked = row_of(client.get(page(world)), "文件措施")
    assert asked.index("Measure 1") < asked.index("台账措施")
    client.post(page(world), {"note": "Because", "cell-0": "file", "cell-1": "ledger"})
    amend.amend_measure(fresh(world.measures[0]), text="Later words", by=world.office)
    Job.objects.all().delete()  # what stands for good stands on the import's own record
    answer = client.get(page(world))
    assert "Decided by Office on " in text_of(answer)
    first, second = row_of(answer, "文件措施"), row_of(answer, "文件目标")
    assert first.startswith("Measure 1 row 5 Measure Measure 1 台账措施 文件措施 as in the file")
    assert second.startswith("Measure 1 row 5 Goal All of it 台账目标 文件目标 as in the ledger")
    assert LedgerImport.objects.get().history.latest("history_id").decisions == LedgerImport.objects.get().decisions


def test_applied_page_lists_decided_conflicts_beside_plain_changes(client: Client, world: World) -> None:
    content = put(put(exported(world.campaign), text="文件措施"), "ledger", FIRST + 2, text="只改文件")
    amend.amend_measure(world.measures[0], text="台账措施", by=world.office)
    upload(client, world, content)
    client.post(page(world), {"note": "Because", "cell-0": "file"})
    answer = client.get(page(world))
    assert "0 new, 2 changed, 2 unchanged, 1 conflict, 0 problems." in text_of(answer)
    assert [draft["label"] for draft in answer.context["changes"]] == ["Measure 3"]
    assert "before the import" in text_of(answer)
    assert [(row["label"], row["taken"]) for row in answer.context["decided"]] == [("Measure 1", "file")]


def test_import_whose_conflicts_were_all_decided_for_the_ledger_is_on_record(client: Client, world: World) -> None:
    content = put(exported(world.campaign), text="文件措施")
    amend.amend_measure(world.measures[0], text="台账措施", by=world.office)
    upload(client, world, content)
    assert client.post(page(world), {"note": "Because", "cell-0": "ledger"})["Location"] == page(world)
    assert fresh(world.measures[0]).text == "台账措施"
    assert "台账措施 文件措施 as in the ledger" in row_of(client.get(page(world)), "文件措施")


def test_import_from_before_the_words_were_kept_shows_those_of_its_rehearsal(client: Client, world: World) -> None:
    content = put(exported(world.campaign), text="文件措施")
    amend.amend_measure(world.measures[0], text="台账措施", by=world.office)
    upload(client, world, content)
    client.post(page(world), {"note": "Because", "cell-0": "file"})
    row = LedgerImport.objects.get()
    row.decisions = dict.fromkeys(row.decisions, "file")
    store(row, by=world.office)
    assert "台账措施 文件措施 as in the file" in row_of(client.get(page(world)), "文件措施")


def test_reopened_rehearsal_says_that_the_ledger_has_moved(client: Client, world: World) -> None:
    upload(client, world, put(exported(world.campaign), text="文件措施"))
    moved = "The ledger has changed since this rehearsal"
    assert moved not in text_of(client.get(page(world)))
    amend.amend_measure(world.measures[0], text="台账措施", by=world.office)
    assert moved in text_of(client.get(page(world)))
    again = page(world, 1, "ledger_import_rehearse")
    assert client.post(again)["Location"] == page(world)
    answer = client.get(page(world))
    assert moved not in text_of(answer)
    assert (answer.context["conflicts"], answer.context["form"].conflicts[0]["cell"]["old"]) == (1, "台账措施")
    assert "1 conflict, 0 problems." in text_of(answer)
    assert client.get(again).status_code == 405


def test_only_an_open_import_is_rehearsed_again(client: Client, world: World) -> None:
    upload(client, world, put(exported(world.campaign), text="Better"))
    client.post(page(world), {"note": "Because"})
    assert "has changed since this rehearsal" not in text_of(client.get(page(world)))
    assert "Rehearse again" not in text_of(client.get(page(world)))
    client.post(page(world, 1, "ledger_import_rehearse"))
    assert Job.objects.filter(name=kept.REHEARSE).count() == 1
    assert "applied or dropped already" in text_of(client.get(page(world)))


def test_counts_are_told_in_plain_numbers(client: Client, world: World) -> None:
    upload(client, world, put(exported(world.campaign), lead_department="Nowhere"))
    assert "0 new, 0 changed, 3 unchanged, 0 conflicts, 1 problem." in text_of(client.get(page(world)))


def test_import_needs_a_reason(client: Client, world: World) -> None:
    upload(client, world, put(exported(world.campaign), text="Better"))
    assert client.post(page(world), {"note": " "}).status_code == 422
    assert LedgerImport.objects.get().state == ImportState.REHEARSED


def test_import_can_be_dropped_once(client: Client, world: World) -> None:
    upload(client, world, put(exported(world.campaign), text="Better"))
    drop = page(world, 1, "ledger_import_drop")
    assert client.get(drop).status_code == 405
    assert client.post(drop)["Location"] == reverse("ledger_import", args=[world.campaign.slug])
    assert LedgerImport.objects.get().state == ImportState.DROPPED
    client.post(drop)
    assert AuditEvent.objects.filter(action=AuditEvent.Action.REFUSED).count() == 1
    assert client.post(page(world), {"note": "Because"}).status_code == 422
    assert "applied or dropped already" in text_of(client.post(page(world), {"note": "Because"}))


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"no workbook", "x.xlsx", "The file is not an Excel workbook."),
        (b"no workbook", "x.csv", "Only .xlsx workbooks are read"),
        (sheet_of([["a"]]), "x.xlsx", "No row with the headings of a list was found."),
    ],
    ids=["text", "csv", "no-list"],
)
def test_file_that_cannot_be_read_is_told_on_the_form(
    client: Client, world: World, content: bytes, name: str, sentence: str
) -> None:
    answer = upload(client, world, content, name)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not LedgerImport.objects.filter(state=ImportState.REHEARSED).exists()


def test_file_that_cannot_be_read_does_not_stand_as_given_up(client: Client, world: World) -> None:
    answer = upload(client, world, sheet_of([["a"]]))
    assert [(row.is_refused, row.reason[:22]) for row in answer.context["page"]] == [(True, "No row with the headin")]
    assert "not taken in" in text_of(answer)


def test_file_that_is_too_large_is_told_on_the_form(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "LIMITS", Limits(file=10))
    assert upload(client, world, b"PK\x03\x04 and more").status_code == 422


def test_original_file_comes_back_under_its_name(client: Client, world: World) -> None:
    content = put(exported(world.campaign), text="Better")
    upload(client, world, content)
    answer = client.get(page(world, 1, "ledger_import_file", "original"))
    assert b"".join(answer.streaming_content) == content
    assert AuditEvent.objects.filter(action=AuditEvent.Action.DOWNLOAD, subject="台账.xlsx").exists()
    for name in ("marked", "other"):
        assert client.get(page(world, 1, "ledger_import_file", name)).status_code == 404


def test_import_of_rules_leads_to_the_documents(client: Client, world: World) -> None:
    factories.papers(world, world.measures[0])
    upload(client, world, put(exported(world.campaign, "rules"), "rules", title="Renamed rule"))
    answer = client.post(page(world), {"note": "Because"})
    assert answer["Location"] == reverse("document_list", args=[world.campaign.slug])


# --- Large files -------------------------------------------------------------------------------------------


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every file is large; what the queue was asked for."""
    asked: list[int] = []
    monkeypatch.setattr(kept, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(tasks.run_job, "delay_on_commit", asked.append)
    return asked


def test_large_file_is_rehearsed_and_applied_by_the_queue(client: Client, world: World, large: list[int]) -> None:
    upload(client, world, put(exported(world.campaign), text="Better"))
    assert "The file is being rehearsed." in text_of(client.get(page(world)))
    part = client.get(page(world), headers={"HX-Request": "true"})
    assert text_of(part).startswith('<div id="progress"')
    assert client.post(page(world), {"note": "Too early"}).status_code == 422

    tasks.run_job(large.pop())
    assert client.get(page(world), headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert client.post(page(world), {"note": "Because"})["Location"] == page(world)
    assert "The import is being applied." in text_of(client.get(page(world)))
    tasks.run_job(large[0])
    tasks.run_job(large[0])  # a message that comes twice changes nothing
    assert fresh(world.measures[0]).text == "Better"
    assert "Applied on" in text_of(client.get(page(world)))


def test_large_import_that_the_queue_refuses_is_rehearsed_again(client: Client, world: World, large: list[int]) -> None:
    upload(client, world, put(exported(world.campaign), text="文件措施"))
    tasks.run_job(large.pop())
    client.post(page(world), {"note": "Because"})
    amend.amend_measure(world.measures[0], text="台账措施", by=world.office)
    tasks.run_job(large.pop())
    shown = text_of(client.get(page(world)))
    assert "The ledger has changed since the rehearsal; look at the new one and decide again." in shown
    assert page(world, 1, "ledger_import_rehearse") in shown
    client.post(page(world, 1, "ledger_import_rehearse"))
    assert "The file is being rehearsed." in text_of(client.get(page(world)))
    client.post(page(world, 1, "ledger_import_rehearse"))
    tasks.run_job(large.pop())
    answer = client.get(page(world))
    assert (answer.context["standing"].error, answer.context["conflicts"], answer.context["has_moved"]) == (
        "", 1, False)  # fmt: skip


def test_large_file_that_cannot_be_read_says_why(client: Client, world: World, large: list[int]) -> None:
    upload(client, world, sheet_of([["a"]]))
    tasks.run_job(large.pop())
    shown = client.get(page(world))
    assert "No row with the headings of a list was found." in text_of(shown)
    assert shown.context["standing"].row.state == ImportState.DROPPED


def test_queue_that_does_not_answer_is_told(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pk: int) -> None:
        raise OperationalError

    upload(client, world, put(exported(world.campaign), text="Better"))
    monkeypatch.setattr(kept, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(tasks.run_job, "delay_on_commit", refuse)
    sentence = "The queue does not answer, so nothing was asked for. Please try again later."
    assert sentence in text_of(upload(client, world, exported(world.campaign)))
    assert sentence in text_of(client.post(page(world), {"note": "Because"}))
    assert fresh(world.measures[0]).text == "Measure 1"
    monkeypatch.undo()
    assert client.post(page(world), {"note": "Because"}).status_code == 302


def test_run_that_breaks_down_says_so(
    client: Client, world: World, large: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(client, world, exported(world.campaign))
    LedgerImport.objects.get().file.storage.delete(LedgerImport.objects.get().file.name)
    tasks.run_job(large.pop())
    assert Job.objects.get().state == JobState.FAILED
    assert "The run has failed; the site's log says why." in text_of(client.get(page(world)))


def test_file_that_was_swapped_is_not_applied(client: Client, world: World) -> None:
    upload(client, world, put(exported(world.campaign), text="Better"))
    row = LedgerImport.objects.get()
    with open(row.file.path, "wb") as file:
        file.write(put(exported(world.campaign), text="Swapped"))
    assert "not the one that was uploaded" in text_of(client.post(page(world), {"note": "Because"}))
    assert fresh(world.measures[0]).text == "Measure 1"


def test_rows_are_counted_while_a_run_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "STEP", 2)
    row, job = kept.upload(world.campaign, "x.xlsx", exported(world.campaign), by=world.office)
    running.carry_out(job.pk, kept.RUNS)
    job.refresh_from_db()
    assert (job.done, job.total, job.state) == (2, 4, JobState.DONE)
    assert kept.standing(row).told["unchanged"] == 4


# --- Who ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "status"),
    [("office", 200), ("head_a", 403), ("leader", 403), ("inspector", 403), ("stranger", 404), ("sysadmin", 404)],
)
def test_imports_are_the_offices_own(client: Client, world: World, person: str, status: int) -> None:
    upload(client, world, exported(world.campaign))
    user = getattr(world, person)
    paths = [reverse("ledger_import", args=[world.campaign.slug]), page(world)]
    paths.append(page(world, 1, "ledger_import_file", "original"))
    answers = [get(client, user, path) for path in paths]
    assert [answer.status_code for answer in answers] == [status] * 3
    assert status != 200 or answers[2].getvalue()
    again = client.post(page(world, 1, "ledger_import_rehearse")).status_code
    assert again == (302 if status == 200 else status)
    dropped = client.post(page(world, 1, "ledger_import_drop")).status_code
    assert dropped == (302 if status == 200 else status)


def test_import_of_another_campaign_is_not_found(client: Client, world: World) -> None:
    upload(client, world, exported(world.campaign))
    other = factories.make_campaign(world, slug="other")
    assert client.get(reverse("ledger_import_detail", args=[other.slug, 1])).status_code == 404


@pytest.mark.parametrize("name", ["ledger_import", "ledger_import_detail"])
def test_import_pages_take_no_other_method(client: Client, world: World, name: str) -> None:
    upload(client, world, exported(world.campaign))
    path = page(world) if name.endswith("detail") else reverse(name, args=[world.campaign.slug])
    assert client.put(path).status_code == 405


def test_list_of_imports_costs_the_same_for_one_and_three(client: Client, world: World) -> None:
    path = reverse("ledger_import", args=[world.campaign.slug])
    upload(client, world, exported(world.campaign))
    first = queries(client, world.office, path)
    for _n in range(2):
        upload(client, world, exported(world.campaign))
    assert queries(client, world.office, path) == first


def test_ledger_offers_the_import_to_the_office_only(client: Client, world: World) -> None:
    ledger = f"/campaigns/{world.campaign.slug}/ledger/"
    path = reverse("ledger_import", args=[world.campaign.slug])
    assert path in text_of(get(client, world.office, ledger))
    assert path not in text_of(get(client, world.leader, ledger))


def test_approved_plan_answers_a_deadline_with_the_request(client: Client, world: World) -> None:
    plan.approve_plan(world.campaign, on=world.day(1), by=world.office)
    upload(client, world, put(exported(world.campaign), deadline="2099-01-01"))
    assert "“Ask for an extension”" in text_of(client.get(page(world)))


def test_workbook_that_is_gone_from_the_disk_is_not_found(client: Client, world: World) -> None:
    upload(client, world, put(exported(world.campaign), text="Better words"))
    Path(LedgerImport.objects.get().file.path).unlink()

    assert client.get(page(world, 1, "ledger_import_file", "original")).status_code == 404
    assert not AuditEvent.objects.filter(action="download").exists()


def test_a_run_asked_for_twice_at_once_is_one(client: Client, world: World) -> None:
    upload(client, world, put(exported(world.campaign), text="Better words"))
    row = LedgerImport.objects.get()

    first, second = (kept.ask(row, kept.APPLY, by=world.office, note="twice") for _ in range(2))

    assert (second, Job.objects.count()) == (first, 2)
