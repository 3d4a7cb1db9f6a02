"""Reports in the browser: list, page, files, compiling and issuing; documents and meetings beside them."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts import naming
from accounts.models import AuditEvent
from accounts.roles import RoleCode
from findings import figures, tasks
from findings.choices import JobState, MeasureStatus, Nature, ReportState
from findings.models import Job, Report, ReportingPeriod
from findings.tests import factories
from findings.tests.factories import World
from findings.tests.pages import filled, get, queries, sheet_of
from findings.workflow import document, paper, progress
from findings.workflow.paper import Compiled


@pytest.fixture
def draft(world: World) -> Report:
    """The draft of the first month's report: one measure closed, one overdue."""
    factories.measure_at(MeasureStatus.CLOSED, world, row=world.measures[0])
    factories.make_measure(world, deadline=world.day(10))
    return make_draft(world)


def make_draft(world: World, **changes: Any) -> Report:
    progress.open_periods(world.campaign, on=world.day(35), at=world.at(0))
    period = ReportingPeriod.objects.filter(campaign=world.campaign).order_by("starts_on")[0]
    found = figures.period_report(figures.scope_of(world.campaign, None), period)
    report = Report(campaign=world.campaign, kind=period.kind, period=period, as_of=found.ends_on)
    frozen = found.frozen() | changes
    return paper.keep_report(report, Compiled(frozen, b"word", b"excel", "report"), by=world.office)


def test_report_list_shows_the_court_its_reports(client: Client, world: World, draft: Report) -> None:
    response = get(client, world.inspector, "/reports/")

    assert [row.pk for row in response.context["page"]] == [draft.pk]
    assert "report_compile" not in response.content.decode()
    assert list(get(client, world.stranger, "/reports/").context["page"]) == []


@pytest.mark.parametrize("name", ["head_a", "liaison_a", "sysadmin", "nobody"])
def test_reports_are_closed_to_departments_and_administrators(
    client: Client, world: World, draft: Report, name: str
) -> None:
    person = getattr(world, name)

    for path in ("/reports/", f"/reports/{draft.pk}/", f"/reports/{draft.pk}/word/"):
        assert get(client, person, path).status_code == 403


def test_report_list_filters_and_file(client: Client, world: World, draft: Report) -> None:
    for query, count in [("kind=month", 1), ("kind=quarter", 0), ("state=draft", 1), ("campaign=campaign-1", 1),
                         ("state=x&kind=%00&campaign=%00&page=x", 1)]:  # fmt: skip
        assert get(client, world.office, f"/reports/?{query}").context["page"].paginator.count == count
    assert len(sheet_of(get(client, world.office, "/reports/?format=xlsx"))) == 2


def test_report_detail_reads_the_frozen_figures(client: Client, world: World, draft: Report) -> None:
    response = get(client, world.chief, f"/reports/{draft.pk}/")
    text = response.content.decode()

    assert response.context["figures"] == draft.figures
    assert [change.name for change in response.context["changes"]] == ["added", "closed", "newly_overdue"]
    assert ["Changes in the period" in text, "Department b" in text] == [True, True]
    assert len(response.context["page"].object_list) == 5
    assert "Department a" in text
    assert "fixed when the report is issued" in text


def test_report_detail_names_the_kinds_of_documents_as_the_site_does_now(client: Client, papers: World) -> None:
    frozen = [["Rule 1", "No. 1", "rule"], ["Rule 2", "No. 2", "规定"]]  # a code, and a word of an earlier version
    report = make_draft(papers, documents=frozen)
    naming.change_name("DocumentKind.rule", by=None, zh="规矩", en="规矩")

    response = get(client, papers.chief, f"/reports/{report.pk}/")

    assert response.context["documents"] == [("Rule 1", "No. 1", "规矩"), ("Rule 2", "No. 2", "规定")]
    assert "<td>规矩</td>" in response.content.decode()


def test_report_detail_says_why_a_standing_measure_has_no_deadline(client: Client, world: World) -> None:
    factories.make_measure(world, deadline=None, nature=Nature.STANDING)
    draft = make_draft(world)

    assert '<td class="nowrap">standing</td>' in get(client, world.office, f"/reports/{draft.pk}/").content.decode()


def test_report_detail_of_another_court_is_not_found(client: Client, world: World, draft: Report) -> None:
    assert get(client, world.stranger, f"/reports/{draft.pk}/").status_code == 404
    assert get(client, world.stranger, f"/reports/{draft.pk}/word/").status_code == 404
    assert client.post(f"/reports/{draft.pk}/issue/").status_code == 404


@pytest.mark.parametrize(("name", "content", "suffix"), [("word", b"word", ".docx"), ("excel", b"excel", ".xlsx")])
def test_report_file_is_an_attachment_on_record(
    client: Client, world: World, draft: Report, name: str, content: bytes, suffix: str
) -> None:
    response = get(client, world.inspector, f"/reports/{draft.pk}/{name}/")

    assert response.getvalue() == content
    assert response["Content-Disposition"].startswith("attachment")
    event = AuditEvent.objects.filter(action=AuditEvent.Action.DOWNLOAD).get()
    assert (event.user, event.subject.endswith(suffix)) == (world.inspector, True)


def test_report_file_of_another_name_is_not_found(client: Client, world: World, draft: Report) -> None:
    assert get(client, world.office, f"/reports/{draft.pk}/pdf/").status_code == 404


def test_issuing_freezes_the_report(client: Client, world: World, draft: Report) -> None:
    client.force_login(world.chief)

    response = client.post(f"/reports/{draft.pk}/issue/", {"version": draft.version}, follow=True)

    draft.refresh_from_db()
    assert (draft.state, draft.issued_by) == (ReportState.ISSUED, world.chief)
    assert draft.chain_head in response.content.decode()


@pytest.mark.usefixtures("english")
def test_only_the_draft_that_was_read_is_issued(client: Client, world: World, draft: Report) -> None:
    path = f"/reports/{draft.pk}/issue/"
    opened = filled(get(client, world.chief, f"/reports/{draft.pk}/"))
    make_draft(world, lines=[])

    stale = client.post(path, opened)

    draft.refresh_from_db()
    assert (stale.status_code, draft.state) == (409, ReportState.DRAFT)
    assert "Please read it as it stands now" in stale.content.decode()
    assert client.post(path, {}).status_code == 422
    assert client.post(path, filled(stale)).status_code == 302
    draft.refresh_from_db()
    assert draft.state == ReportState.ISSUED


def test_issuing_is_refused_with_the_reason_where_a_sum_fails(client: Client, world: World) -> None:
    report = make_draft(world, checks=[{"name": "areas = measures", "holds": False}])
    client.force_login(world.office)

    assert "does not hold" in client.get(f"/reports/{report.pk}/").content.decode()
    response = client.post(f"/reports/{report.pk}/issue/", {"version": report.version})

    report.refresh_from_db()
    assert report.state == ReportState.DRAFT
    assert "The figures do not add up: measures over the areas = all measures." in response.content.decode()


def test_issuing_is_closed_to_who_only_reads(client: Client, world: World, draft: Report) -> None:
    client.force_login(world.inspector)

    assert client.post(f"/reports/{draft.pk}/issue/").status_code == 403
    assert client.get(f"/reports/{draft.pk}/issue/").status_code == 405


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The runs that the queue was asked for."""
    found: list[int] = []
    monkeypatch.setattr(tasks.run_job, "delay_on_commit", found.append)
    monkeypatch.setattr(tasks.run_job, "delay", found.append)
    return found


def test_compiling_is_asked_for_once_and_shown_until_it_is_done(
    client: Client, world: World, draft: Report, asked: list[int], english: None
) -> None:
    client.force_login(world.office)
    for _n in range(2):
        assert client.post("/reports/compile/", {"period": draft.period_id})["Location"] == "/reports/"
    job = Job.objects.get()
    assert asked == [job.pk, job.pk]
    assert 'hx-trigger="every 2s"' in client.get("/reports/").content.decode()

    Job.objects.update(done=3, total=4, state=JobState.RUNNING, started_at=timezone.now())
    part = client.get("/reports/", headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<section class="section" id="periods"')
    assert "Being compiled, step 4 of 5: the Excel file is being written." in part
    assert '<progress value="3" max="4">' in part

    Job.objects.update(state=JobState.WAITING, started_at=None)
    tasks.run_job(job.pk)
    assert client.get("/reports/", headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert "Being compiled" not in client.get("/reports/").content.decode()


def test_failure_is_told_to_the_office_only(
    client: Client, world: World, draft: Report, asked: list[int], english: None
) -> None:
    client.force_login(world.office)
    client.post("/reports/compile/", {"period": draft.period_id})
    Job.objects.update(state=JobState.FAILED, ended_at=timezone.now(), error="The template is damaged.")

    assert "The template is damaged." in get(client, world.office, "/reports/").content.decode()
    assert "The template is damaged." not in get(client, world.inspector, "/reports/").content.decode()


def test_periods_say_how_far_their_reports_have_come(
    client: Client, world: World, draft: Report, english: None
) -> None:
    rows = [row for row, _is_own in get(client, world.office, "/reports/?campaign=campaign-1").context["periods"]]

    assert [(row.period, row.report) for row in rows][-1] == (draft.period, draft)
    assert [row.period.starts_on for row in rows] == sorted((row.period.starts_on for row in rows), reverse=True)
    assert "No report yet, because progress is collected until" in client.get("/reports/").content.decode()


def test_compiling_without_a_queue_says_so(
    client: Client, world: World, draft: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: int) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.run_job, "delay_on_commit", fails)
    client.force_login(world.office)

    response = client.post("/reports/compile/", {"period": draft.period_id}, follow=True)

    assert "The queue does not answer" in response.content.decode()
    assert Job.objects.get().state == JobState.FAILED


@pytest.mark.parametrize("period", ["", "x", "0", "9" * 30])
def test_compiling_garbage_is_not_found(client: Client, world: World, period: str) -> None:
    client.force_login(world.office)

    assert client.post("/reports/compile/", {"period": period}).status_code == 404


def test_compiling_belongs_to_the_office(client: Client, world: World, draft: Report) -> None:
    client.force_login(world.chief)

    assert client.post("/reports/compile/", {"period": draft.period_id}).status_code == 403


def test_report_pages_cost_the_same_for_few_and_many(client: Client, world: World, draft: Report) -> None:
    few = [queries(client, world.office, path) for path in ("/reports/", f"/reports/{draft.pk}/")]
    factories.measures(world, 97)
    many = make_draft_again(world, draft)

    assert [queries(client, world.office, path) for path in ("/reports/", f"/reports/{many.pk}/")] == few
    assert max(few) <= 15


def make_draft_again(world: World, draft: Report) -> Report:
    found = figures.period_report(figures.scope_of(world.campaign, None), draft.period)
    return paper.keep_report(draft, Compiled(found.frozen(), b"word", b"excel", "report"), by=world.office)


@pytest.fixture
def papers(world: World) -> World:
    for number in range(3):
        document.record_document(
            world.campaign, by=world.office, serves=[world.measures[0]], at=world.at(number), title=f"Rule {number}",
            number=f"No. {number}", kind="rule" if number else "document", action="new", issued_on=world.day(number),
            department=world.a,
        )  # fmt: skip
        document.record_meeting(
            world.campaign, by=world.office, at=world.at(number), kind="party_group", held_on=world.day(number),
            title=f"Meeting {number}",
        )  # fmt: skip
    return world


@pytest.mark.parametrize(("sort", "mine", "others"), [("documents", 3, 0), ("meetings", 0, 0)])
def test_papers_are_seen_by_the_court_and_those_they_serve(
    client: Client, papers: World, sort: str, mine: int, others: int
) -> None:
    path = f"/campaigns/campaign-1/{sort}/"

    assert get(client, papers.inspector, path).context["page"].paginator.count == 3
    assert get(client, papers.head_a, path).context["page"].paginator.count == mine
    assert get(client, papers.head_b, path).context["page"].paginator.count == others
    assert get(client, papers.stranger, path).status_code == 404
    assert get(client, papers.sysadmin, path).status_code == 403


def test_papers_filter_by_kind_and_day(client: Client, papers: World) -> None:
    def count(path: str) -> int:
        return get(client, papers.office, f"/campaigns/campaign-1/{path}").context["page"].paginator.count

    day = papers.day(1).isoformat()
    assert [count("documents/?kind=rule"), count(f"documents/?on={day}"), count("documents/?kind=x&on=x")] == [2, 2, 3]
    assert [count("meetings/?kind=inspection"), count(f"meetings/?on={day}"), count("meetings/?on=%00")] == [0, 2, 3]


@pytest.mark.parametrize("sort", ["documents", "meetings"])
def test_papers_come_as_a_file_and_cheaply(client: Client, papers: World, sort: str) -> None:
    path = f"/campaigns/campaign-1/{sort}/"

    assert len(sheet_of(get(client, papers.office, f"{path}?format=xlsx"))) == 4
    assert queries(client, papers.office, path) <= 15
    assert client.post(path).status_code == 405


def test_papers_of_a_past_day_are_those_that_the_dashboard_counts(client: Client, papers: World) -> None:
    values = {"by": papers.office, "at": papers.at(20)}
    document.record_document(
        papers.campaign, serves=[], title="Found late", kind="rule", action="new", issued_on=papers.day(1),
        department=papers.a, **values,
    )  # fmt: skip
    document.record_meeting(
        papers.campaign, kind="party_group", held_on=papers.day(1), title="Written down late", **values
    )
    scope, on = figures.scope_of(papers.campaign, papers.office), papers.day(5)
    summary = figures.campaign_summary(scope, on)

    for sort, number in (("documents", summary.documents), ("meetings", summary.meetings["party_group"])):
        response = get(client, papers.office, f"/campaigns/campaign-1/{sort}/?on={on.isoformat()}")
        assert response.context["page"].paginator.count == number == 3
        assert f'<input type="hidden" name="on" value="{on.isoformat()}">' in response.content.decode()
        assert len(sheet_of(client.get(f"/campaigns/campaign-1/{sort}/?on={on.isoformat()}&format=xlsx"))) == 4
        today = get(client, papers.office, f"/campaigns/campaign-1/{sort}/")
        assert today.context["page"].paginator.count == 4
        assert 'name="on"' not in today.content.decode()


def test_report_whose_file_is_gone_is_not_found(client: Client, world: World, draft: Report) -> None:
    draft.word_file.storage.delete(draft.word_file.name)

    assert get(client, world.office, f"/reports/{draft.pk}/word/").status_code == 404
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.DOWNLOAD).exists()


def test_office_of_one_court_compiles_nothing_of_the_court_where_it_only_fills_in(
    client: Client, world: World, draft: Report
) -> None:
    person = factories.grant(world.stranger, RoleCode.LIAISON, world.a)
    client.force_login(person)

    assert client.get(f"/measures/{world.measures[0].pk}/").status_code == 200
    assert not any(is_own for _row, is_own in client.get("/reports/").context["periods"])
    assert client.post("/reports/compile/", {"period": draft.period_id}).status_code == 404
