"""Reports in words in the browser: begun, worked on sentence by sentence, read as they will appear."""

from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from docx import Document

from accounts.models import AuditEvent
from accounts.tracked import store
from findings.choices import MeasureStatus, MeetingKind, ReportKind, ReportState
from findings.documents.bulletin import compile_words
from findings.models import Report, ReportSentence
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.tests.pages import get, queries
from findings.tests.test_figures_drafting import meet
from findings.tests.test_workflow_bulletin import name_contact, one, rows_of
from findings.workflow import bulletin


@pytest.fixture
def report(world: World) -> Report:
    """A bulletin as of day 30: one measure closed, one meeting; nothing settled yet."""
    factories.measure_at(MeasureStatus.CLOSED, world, row=world.measures[0])
    meet(world, MeetingKind.PARTY_GROUP)
    return bulletin.draft_report(
        world.campaign, kind=ReportKind.BULLETIN, on=world.day(30), by=world.office, at=world.at(31)
    )


def release_all(report: Report, world: World) -> Report:
    name_contact(report, world)
    versions = {row.pk: row.version for row in rows_of(report) if not row.is_settled}
    bulletin.release_sentences(report, versions, by=world.office)
    return compile_words(fresh(report), by=world.office)


def step(client: Client, row: ReportSentence, name: str, **data: Any) -> Any:
    return client.post(f"/sentences/{row.pk}/steps/{name}/", {"version": row.version, **data}, follow=True)


# --- Beginning ---------------------------------------------------------------------------------------------


def test_report_list_leads_the_office_to_a_report_in_words(client: Client, world: World, report: Report) -> None:
    page = get(client, world.office, "/reports/").content.decode()
    assert "/reports/words/" in page
    assert f"/reports/{report.pk}/" in page
    assert "/reports/words/" not in get(client, world.chief, "/reports/").content.decode()


def test_words_new_drafts_a_report(client: Client, world: World) -> None:
    form = get(client, world.office, "/reports/words/")
    assert form.context["form"].initial["campaign"] == world.campaign
    data = {"campaign": world.campaign.pk, "kind": "head", "on": world.day(30).isoformat()}
    response = client.post("/reports/words/", data)
    made = Report.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/reports/{made.pk}/")
    assert (made.kind, made.as_of) == (ReportKind.HEAD, world.day(30))


def test_words_new_refuses_what_cannot_be(client: Client, world: World) -> None:
    client.force_login(world.office)
    future = {"campaign": world.campaign.pk, "kind": "head", "on": world.day(90).isoformat()}
    response = client.post("/reports/words/", future)
    assert (response.status_code, Report.objects.count()) == (422, 0)
    assert "The day lies between the feedback and today." in response.content.decode()
    assert client.post("/reports/words/", future | {"kind": "month"}).status_code == 422


def test_words_new_is_the_office_s(client: Client, world: World) -> None:
    for person in (world.chief, world.inspector, world.head_a, world.sysadmin):
        assert get(client, person, "/reports/words/").status_code == 403
    assert get(client, world.stranger, "/reports/words/").context["form"].initial == {}
    data = {"campaign": world.campaign.pk, "kind": "head", "on": world.day(30).isoformat()}
    assert client.post("/reports/words/", data).status_code == 422


# --- The page ----------------------------------------------------------------------------------------------


def test_words_page_shows_each_sentence_with_its_rows(client: Client, world: World, report: Report) -> None:
    response = get(client, world.office, f"/reports/{report.pk}/")
    page = response.content.decode()
    lines = {line.row.statistic: line for group in response.context["groups"] for line in group.lines}
    result = next(
        line for group in response.context["groups"] for line in group.lines if line.row.sources and line.row.issue
    )
    ledger = f"/campaigns/{world.campaign.slug}/ledger/?"
    assert ("1", f"{ledger}status=closed&on={world.day(30)}") in lines["measures"].links
    assert lines["meetings"].links == [("1", f"/campaigns/{world.campaign.slug}/meetings/")]
    assert result.links == [("Measure 1", f"/measures/{world.measures[0].pk}/")]
    assert lines["no_result"].links == [("issue", f"/issues/{world.issues[2].pk}/")]
    assert "neither released nor withheld" in page
    assert "Issues 2, 3 have no accepted result." in page
    assert "names no telephone" in page
    assert "No sentence is released yet." in page


def test_head_s_report_links_its_meetings(client: Client, world: World, report: Report) -> None:
    head = bulletin.draft_report(world.campaign, kind=ReportKind.HEAD, on=world.day(30), by=world.office)
    page = get(client, world.office, f"/reports/{head.pk}/").content.decode()
    assert f"/meetings/{world.campaign.meetings.get().pk}/" in page


def test_who_only_reads_gets_the_released_text_alone(client: Client, world: World, report: Report) -> None:
    bulletin.withhold_sentence(one(report, "meetings"), why="Secret reason", by=world.office)
    release_all(report, world)
    for person in (world.inspector, world.leader):
        page = get(client, person, f"/reports/{report.pk}/").content.decode()
        assert "4项整改措施" in page
        for hidden in ("党组会", "Secret reason", "words-lines"):
            assert hidden not in page
    assert "Secret reason" in get(client, world.chief, f"/reports/{report.pk}/").content.decode()
    assert get(client, world.stranger, f"/reports/{report.pk}/").status_code == 404
    assert get(client, world.head_a, f"/reports/{report.pk}/").status_code == 403


def test_who_only_reads_is_told_that_the_sentences_are_mended(client: Client, world: World, report: Report) -> None:
    release_all(report, world)
    outlook = get(client, world.inspector, f"/reports/{report.pk}/").context["outlook"]
    assert outlook.startswith("Now waiting to be issued")
    factories.make_measure(world, day=30)
    seen = {name: get(client, getattr(world, name), f"/reports/{report.pk}/").context["outlook"]
            for name in ("inspector", "office")}  # fmt: skip
    because = "Now waiting for the rectification office to mend its sentences, because: "
    assert seen["inspector"] == because + "a sentence is not settled, or its figures have moved on."
    assert seen["office"].startswith(because)
    assert "3个问题" in seen["office"]


def test_marks_tell_what_moved_and_what_is_nobody_s(client: Client, world: World, report: Report) -> None:
    moved, ghost, mine = one(report, "plan"), one(report, "meetings"), one(report, "measures")
    moved.drafted, moved.figures = "Older", {}
    store(moved, by=None)
    ghost.statistic = "gone"
    store(ghost, by=None)
    bulletin.edit_sentence(mine, text="4项措施，完成率77%。", by=world.office)
    page = get(client, world.office, f"/reports/{report.pk}/").content.decode()
    assert "The ledger has moved on; it now says:" in page
    assert "nobody has settled it, so it is left out" in page
    assert "No figure of the ledger: 77%" in page
    bulletin.edit_sentence(ghost, text="Mine", by=world.office)
    assert "The ledger does not say this any more." in get(
        client, world.office, f"/reports/{report.pk}/"
    ).content.decode()  # fmt: skip


def test_words_page_costs_the_same_for_few_and_many_sentences(client: Client, world: World, report: Report) -> None:
    few = queries(client, world.office, f"/reports/{report.pk}/")
    factories.measures(world, 3)
    bulletin.draft_report(world.campaign, kind=ReportKind.BULLETIN, on=world.day(30), by=world.office)
    assert queries(client, world.office, f"/reports/{report.pk}/") == few


# --- Sentences ---------------------------------------------------------------------------------------------


def test_sentence_is_edited_released_withheld_and_moved_on_its_row(
    client: Client, world: World, report: Report
) -> None:
    client.force_login(world.office)
    response = step(client, one(report, "plan"), "edit", text="4项措施。")
    assert response.redirect_chain == [(f"/reports/{report.pk}/#s-{one(report, 'plan').pk}", 302)]
    assert "针对反馈的2个方面" in response.content.decode()  # the draft stands beside it
    step(client, one(report, "plan"), "release")
    step(client, one(report, "meetings"), "withhold", why="Inside")
    second = one(report, "measures")
    step(client, second, "up")
    step(client, one(report, "issues"), "renew")
    assert (one(report, "plan").is_released, one(report, "meetings").why) == (True, "Inside")
    assert one(report, "measures").order < second.order


@pytest.mark.parametrize("name", ["edit", "withhold", "release", "renew", "up"])
def test_step_has_a_page_of_its_own(client: Client, world: World, report: Report, name: str) -> None:
    row = one(report, "plan")
    assert row.text in get(client, world.office, f"/sentences/{row.pk}/steps/{name}/").content.decode()
    for person, status in ((world.chief, 403), (world.stranger, 404), (world.head_a, 403)):
        assert get(client, person, f"/sentences/{row.pk}/steps/{name}/").status_code == status


def test_step_that_is_refused_says_why(client: Client, world: World, report: Report) -> None:
    client.force_login(world.office)
    row = one(report, "plan")
    assert step(client, row, "edit", text=" ").status_code == 422
    assert step(client, row, "withhold", why="").status_code == 422
    assert "It stands first already." in step(client, row, "up").content.decode()
    assert step(client, row, "sing").status_code == 404
    bulletin.edit_sentence(row, text="4项。", by=world.office)
    stale = step(client, row, "release")
    assert (stale.status_code, "somebody has changed it" in stale.content.decode()) == (422, True)
    assert step(client, row, "renew").status_code == 409
    release_all(report, world)
    client.post(f"/reports/{report.pk}/issue/", {"version": fresh(report).version})
    issued = fresh(row)
    assert "Not possible while the state is" in step(client, issued, "edit", text="x").content.decode()


# --- The whole report --------------------------------------------------------------------------------------


def test_ticked_sentences_are_released_together(client: Client, world: World, report: Report) -> None:
    client.force_login(world.office)
    path = f"/reports/{report.pk}/release/"
    plan, meetings = one(report, "plan"), one(report, "meetings")
    bulletin.edit_sentence(meetings, text="会议1次。", by=world.office)
    picks = [f"{plan.pk}-{plan.version}", f"{meetings.pk}-{meetings.version}", "x", "1-", "9" * 20 + "-1"]
    page = client.post(path, {"pick": picks}, follow=True).content.decode()
    assert "Not released: “会议1次。”: somebody has changed it since you read it." in page
    assert (one(report, "plan").is_released, one(report, "meetings").is_released) == (True, False)
    assert "Nothing was ticked" in client.post(path, follow=True).content.decode()


def test_report_in_words_from_the_draft_to_its_revision(client: Client, world: World, report: Report) -> None:
    client.force_login(world.office)
    base = f"/reports/{report.pk}"
    assert "No sentence is released yet" in client.post(f"{base}/compile/", follow=True).content.decode()
    name_contact(report, world)
    picks = [f"{row.pk}-{row.version}" for row in rows_of(report)]
    client.post(f"{base}/release/", {"pick": picks})
    assert "The Word file is made." in client.post(f"{base}/compile/", follow=True).content.decode()
    answer = client.get(f"{base}/word/")
    assert "4项整改措施" in "".join(line.text for line in Document(BytesIO(answer.getvalue())).paragraphs)
    client.post(f"{base}/issue/", {"version": fresh(report).version})
    assert fresh(report).state == ReportState.ISSUED
    assert "Not possible while the state is" in client.post(f"{base}/compile/", follow=True).content.decode()
    response = client.post(f"{base}/draft/", follow=True)
    revision = Report.objects.get(revision=2)
    assert response.redirect_chain == [(f"/reports/{revision.pk}/", 302)]
    assert "Begin a revision" in client.get(f"{base}/").content.decode()


def test_issue_is_refused_on_the_page_with_what_is_wrong(client: Client, world: World, report: Report) -> None:
    bulletin.edit_sentence(one(report, "measures"), text="4项措施，完成率77%。", by=world.office)
    release_all(report, world)
    client.force_login(world.chief)
    page = client.post(f"/reports/{report.pk}/issue/", {"version": fresh(report).version}).content.decode()
    assert "states 77%, which is no figure of the ledger" in page
    assert fresh(report).state == ReportState.DRAFT


def test_acts_on_the_report_are_the_own_office_s(client: Client, world: World, report: Report) -> None:
    for name in ("draft", "compile", "release"):
        for person, status in ((world.chief, 403), (world.stranger, 404), (world.liaison_a, 403)):
            client.force_login(person)
            assert client.post(f"/reports/{report.pk}/{name}/").status_code == status
        client.force_login(world.office)
        assert client.get(f"/reports/{report.pk}/{name}/").status_code == 405
    assert AuditEvent.objects.filter(action=AuditEvent.Action.REFUSED).exists()


def test_template_that_cannot_be_filled_is_told(client: Client, world: World, report: Report) -> None:
    folder = settings.RECTIFY_DATA / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "public_bulletin.docx"
    path.write_bytes(b"no Word file")
    try:
        row = one(report, "plan")
        bulletin.release_sentences(report, {row.pk: row.version}, by=world.office)
        client.force_login(world.office)
        page = client.post(f"/reports/{report.pk}/compile/", follow=True).content.decode()
    finally:
        path.unlink()
    assert "is not a usable Word template" in page
