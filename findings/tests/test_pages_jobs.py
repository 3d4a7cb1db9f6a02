"""Large lists as jobs: asked for on the page, drawn by the queue with the asker's sight, kept and handed out."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError
from openpyxl import load_workbook

from accounts import people
from accounts.models import AuditEvent, Membership
from accounts.roles import RoleCode
from findings import tasks
from findings.choices import JobState, MessageKind, NoticeStatus
from findings.documents import exporting
from findings.documents.export import KINDS
from findings.models import Job, Message
from findings.tests import factories
from findings.tests.factories import World, fresh, notice_at
from findings.tests.pages import get, queries
from rectify import sweep

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture(autouse=True)
def queue(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every list is large; what the queue would carry out."""
    settings.EXPORT_AT_ONCE = 0
    asked: list[int] = []
    monkeypatch.setattr(tasks.run_job, "delay_on_commit", asked.append)
    return asked


def ask(client: Client, world: World, user: Any = None, query: str = "") -> str:
    """Ask for a list as somebody, by default the office; the address of the job's page."""
    answer = get(client, user or world.office, f"/campaigns/{world.campaign.slug}/ledger/?format=xlsx&{query}")
    assert answer.status_code == 302
    return str(answer["Location"])


def drawn(client: Client, world: World, user: Any = None, query: str = "") -> Job:
    """A list asked for and drawn."""
    ask(client, world, user, query)
    job = Job.objects.first()
    tasks.run_job(job.pk)
    job.refresh_from_db()
    return job


def numbers(client: Client, job: Job) -> list[Any]:
    """The measures in the file, as its asker gets it."""
    answer = client.get(f"/jobs/{job.pk}/file/")
    sheet = sheet_of(answer)
    return [row[4] for row in sheet.iter_rows(min_row=5, values_only=True) if isinstance(row[4], int)]


def sheet_of(answer: Any) -> Any:
    return load_workbook(BytesIO(answer.getvalue())).active


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_large_list_is_drawn_by_a_job(client: Client, world: World, queue: list[int]) -> None:
    path = ask(client, world)
    job = Job.objects.get()
    assert (path, queue, job.person, job.campaign) == (f"/jobs/{job.pk}/", [job.pk], world.office, world.campaign)
    assert "The list waits for its turn." in text(client.get(path))

    tasks.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.result["rows"]) == (JobState.DONE, 4, 4, 4)
    page = text(client.get(path))
    assert f'href="/jobs/{job.pk}/file/"' in page
    assert f"kept until {(timezone.localdate() + timedelta(days=7)).isoformat()}" in page
    assert numbers(client, job) == [1, 2, 3, 4]
    answer = client.get(f"/jobs/{job.pk}/file/")
    assert answer.getvalue()
    assert answer["Content-Disposition"] == f'attachment; filename="{job.filename}"'


def test_message_in_the_inbox_leads_to_the_file(client: Client, world: World) -> None:
    job = drawn(client, world)
    message = Message.objects.get()
    assert (message.recipient, message.kind, message.link) == (world.office, MessageKind.FILE, f"/jobs/{job.pk}/")
    assert job.filename in message.subject
    assert client.get(f"/inbox/{message.pk}/")["Location"] == f"/jobs/{job.pk}/"


def test_export_and_download_are_on_record(client: Client, world: World) -> None:
    job = drawn(client, world, query="lead=b")
    client.get(f"/jobs/{job.pk}/file/").getvalue()
    events = AuditEvent.objects.filter(user=world.office, action__in=("export", "download")).order_by("pk")
    assert [(row.action, row.subject) for row in events] == [
        ("export", f"ledger {world.campaign.slug}"), ("download", job.filename),
    ]  # fmt: skip
    assert events[0].detail == f"1 rows, {timezone.localdate().isoformat()}, lead=b"


@pytest.mark.parametrize(
    ("query", "expected"), [("lead=b", [3]), ("department=b", [2, 3]), ("status=not_started", [1, 2, 3, 4])]
)
def test_job_draws_the_rows_in_filter(client: Client, world: World, query: str, expected: list[int]) -> None:
    assert numbers(client, drawn(client, world, query=query)) == expected


@pytest.mark.parametrize("kind", [code for code in KINDS if code in ("ledger", "issues", "tasks", "responsibility")])
def test_every_kind_is_drawn_by_a_job(client: Client, world: World, kind: str) -> None:
    job = drawn(client, world, query=f"list={kind}")
    assert (job.state, exporting.standing(job, world.office).title) == (JobState.DONE, str(KINDS[kind].title))
    assert job.result["rows"] == {"issues": 3}.get(kind, 4)


def test_flat_list_merges_nothing(client: Client, world: World) -> None:
    job = drawn(client, world, query="layout=flat")
    sheet = sheet_of(client.get(f"/jobs/{job.pk}/file/"))
    assert [str(area) for area in sheet.merged_cells.ranges if area.min_row > 4] == []
    assert [row[1] for row in sheet.iter_rows(min_row=5, values_only=True)] == ["Area 1", "Area 1", "Area 1", "Area 2"]
    assert sheet.auto_filter.ref
    assert "nothing is merged" in sheet["A3"].value
    assert "flat, without merged cells" in text(client.get(f"/jobs/{job.pk}/"))


def test_job_draws_what_its_asker_sees_when_it_runs(client: Client, world: World) -> None:
    ask(client, world, world.liaison_b)
    grant = Membership.objects.get(person=world.liaison_b)
    people.end_role(grant, by=None)
    job = Job.objects.get()
    tasks.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "This campaign is not in your sight any more.")
    assert "This campaign is not in your sight any more." in text(client.get(f"/jobs/{job.pk}/"))
    assert not Message.objects.exists()


def test_file_is_handed_to_who_asked_alone(client: Client, world: World) -> None:
    job = drawn(client, world, world.liaison_b)
    assert numbers(client, job) == [2, 3]
    for path in (f"/jobs/{job.pk}/", f"/jobs/{job.pk}/file/"):
        assert get(client, world.office, path).status_code == 404
        assert client.post(path).status_code == 405
    people.end_role(Membership.objects.get(person=world.liaison_b), by=None)
    assert get(client, world.liaison_b, f"/jobs/{job.pk}/file/").status_code == 404


def test_asked_for_twice_within_a_minute_it_is_one_job(client: Client, world: World) -> None:
    paths = {ask(client, world), ask(client, world), ask(client, world, query="lead=b")}
    assert len(paths) == Job.objects.count() == 2


def test_queue_that_does_not_answer_is_told(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(pk: int) -> None:
        raise OperationalError

    monkeypatch.setattr(tasks.run_job, "delay_on_commit", down)
    page = text(client.get(ask(client, world)))
    assert "The queue does not answer" in page
    assert Job.objects.get().state == JobState.FAILED


def test_page_of_a_running_job_asks_for_its_progress_alone(client: Client, world: World) -> None:
    path = ask(client, world)
    Job.objects.update(state=JobState.RUNNING, started_at=timezone.now(), done=500, total=3500)
    answer = client.get(path, headers={"HX-Request": "true"})
    assert "500 of 3500 rows" in text(answer)
    assert "<html" not in answer.content.decode()
    Job.objects.update(state=JobState.DONE, ended_at=timezone.now())
    assert client.get(path, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_old_file_is_let_go_and_swept(client: Client, world: World, settings: Any) -> None:
    job = drawn(client, world)
    now = timezone.now()
    assert exporting.expire(now + timedelta(days=7, hours=1)) == 0
    assert exporting.expire(now + timedelta(days=8, hours=1)) == 1
    assert "The file was deleted after 7 days" in text(client.get(f"/jobs/{job.pk}/"))
    assert client.get(f"/jobs/{job.pk}/file/").status_code == 404
    assert job.file.name in {found.name for found in sweep.orphans(now=now.timestamp() + 9 * 86400)}


def test_file_that_is_gone_is_404_and_its_page_says_so(client: Client, world: World) -> None:
    job = drawn(client, world)
    job.file.storage.delete(job.file.name)
    assert client.get(f"/jobs/{job.pk}/file/").status_code == 404
    assert "The file is gone from the store; draw it again." in text(client.get(f"/jobs/{job.pk}/"))
    assert f"/jobs/{job.pk}/file/" not in text(client.get("/jobs/"))


def test_file_is_kept_back_from_who_sees_less_now(client: Client, world: World) -> None:
    job = drawn(client, world)
    factories.grant(world.office, RoleCode.LIAISON, world.b)
    people.end_role(Membership.objects.get(person=world.office, role=RoleCode.OFFICE), by=None)

    for result in (job.result, {"rows": 4}):  # the second as before the sight was kept
        Job.objects.update(result=result)
        assert get(client, fresh(world.office), f"/jobs/{job.pk}/file/").status_code == 404
        page = text(client.get(f"/jobs/{job.pk}/"))
        assert "You see less of this campaign now than when the list was drawn; draw it again." in page
        assert f"/jobs/{job.pk}/file/" not in page + text(client.get("/jobs/"))

    assert numbers(client, drawn(client, world, fresh(world.office))) == [2, 3]


def test_file_is_handed_to_who_sees_as_much_or_more_now(client: Client, world: World) -> None:
    job = drawn(client, world, world.liaison_b)
    factories.grant(world.liaison_b, RoleCode.HEAD, world.b)
    people.end_role(Membership.objects.get(person=world.liaison_b, role=RoleCode.LIAISON), by=None)
    client.force_login(fresh(world.liaison_b))
    assert numbers(client, job) == [2, 3]

    factories.grant(world.liaison_b, RoleCode.CHIEF, world.court)
    people.end_role(Membership.objects.get(person=world.liaison_b, role=RoleCode.HEAD, ended_at=None), by=None)
    client.force_login(fresh(world.liaison_b))
    assert numbers(client, job) == [2, 3]


def test_file_of_one_department_is_kept_back_from_another(client: Client, world: World) -> None:
    job = drawn(client, world, world.liaison_b)
    factories.grant(world.liaison_b, RoleCode.LIAISON, world.a)
    people.end_role(Membership.objects.get(person=world.liaison_b, department=world.b), by=None)
    assert get(client, fresh(world.liaison_b), f"/jobs/{job.pk}/file/").status_code == 404


def test_list_of_files_is_ones_own(client: Client, world: World) -> None:
    assert "No list has been drawn by a job yet." in text(get(client, world.office, "/jobs/"))
    drawn(client, world)
    page = text(get(client, world.office, "/jobs/"))
    assert "Rectification ledger" in page
    assert "No list has been drawn" in text(get(client, world.liaison_b, "/jobs/"))
    few = queries(client, world.office, "/jobs/")
    drawn(client, world, query="lead=b")
    drawn(client, world, query="lead=a")
    assert queries(client, world.office, "/jobs/") == few


def test_short_list_is_answered_at_once(client: Client, world: World, settings: Any) -> None:
    settings.EXPORT_AT_ONCE = 4
    answer = get(client, world.office, f"/campaigns/{world.campaign.slug}/ledger/?format=xlsx")
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert not Job.objects.exists()


def test_supervision_ledger_is_drawn_with_the_filters_of_its_page(client: Client, world: World) -> None:
    notice_at(NoticeStatus.CONCLUDED, world)
    late = notice_at(NoticeStatus.ISSUED, world, due_on=world.day(12))
    notice_at(NoticeStatus.ISSUED, world, due_on=world.day(9000), department=world.b)
    address = f"/campaigns/{world.campaign.slug}/notices/?format=xlsx&status=issued&late=1&department=a"

    assert get(client, world.office, address)["Location"] == f"/jobs/{Job.objects.get().pk}/"
    tasks.run_job(Job.objects.get().pk)
    job = Job.objects.get()

    with job.file.open("rb") as file:
        sheet = load_workbook(file).active
    rows = [row[0] for row in sheet.iter_rows(values_only=True) if str(row[0]).startswith("〔")]
    assert (job.state, job.result["rows"], rows) == (JobState.DONE, 1, [late.short])
