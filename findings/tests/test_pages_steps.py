"""The one view of every step: form, verb, refusal, a second editor, and the way back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from findings.choices import MeasureStatus, ProgressStatus, RequestStatus, Stage
from findings.models import Evidence, Measure, ProgressUpdate
from findings.tests import factories
from findings.tests.factories import World, fresh
from findings.tests.pages import filled
from findings.workflow.progress import ProgressValues, open_periods, save_progress, submit_draft

PDF = b"%PDF-1.7\n%%EOF"


@pytest.fixture
def go(world: World, client: Client) -> Callable[..., Any]:
    """Visit (no ``data``) or send a step as somebody; ``htmx`` as the page's script does."""

    def ask(user: Any, path: str, data: dict | None = None, *, htmx: bool = False) -> Any:
        client.force_login(user)
        headers = {"HX-Request": "true"} if htmx else {}
        return client.get(path, headers=headers) if data is None else client.post(path, data, headers=headers)

    return ask


def report(world: World, measure: Measure, go: Callable, user: Any, **changes: Any) -> dict:
    """What the progress form sends when its required fields are filled in."""
    form = go(user, f"/measures/{measure.pk}/steps/fill_progress/").context["form"]
    sent = {name: form[name].value() for name in ("department", "period", "version", "percent")}
    return sent | {"done": "Checked 30 files", "act": "submit"} | changes


def step_of(row: Measure, name: str) -> str:
    return f"/measures/{row.pk}/steps/{name}/"


def test_step_page_is_whole_and_its_fragment_is_not(world: World, go: Callable) -> None:
    path = step_of(world.measures[0], "start")
    whole, part = go(world.head_a, path).content.decode(), go(world.head_a, path, htmx=True).content.decode()
    assert "<html" in whole
    assert "<html" not in part
    for text in (whole, part):
        assert f'action="{path}"' in text
        assert 'name="note"' in text


def test_step_out_of_sight_unknown_or_implied_is_404(world: World, go: Callable) -> None:
    row = world.measures[0]
    for user in (world.stranger, world.head_b, world.nobody, world.auditor):
        assert go(user, step_of(row, "start")).status_code == 404
        assert go(user, step_of(row, "start"), {}).status_code == 404
    for name in ("no-such", "close", "return_closure"):
        assert go(world.head_a, step_of(row, name)).status_code == 404
    assert not fresh(row).started_on


def test_step_other_methods_are_refused(world: World, client: Client) -> None:
    client.force_login(world.head_a)
    assert client.put(step_of(world.measures[0], "start")).status_code == 405
    assert client.delete(step_of(world.measures[0], "start")).status_code == 405


def test_step_refused_shows_the_reason_instead_of_a_form(world: World, go: Callable) -> None:
    page = go(world.leader, step_of(world.measures[0], "start")).content.decode()
    assert "Only the lead department or the rectification office can do this." in page
    assert 'name="note"' not in page


def test_start_redirects_to_the_measure(world: World, go: Callable) -> None:
    row = world.measures[0]
    answer = go(world.head_a, step_of(row, "start"), {"note": "Begun"})
    assert (answer.status_code, answer["Location"]) == (302, f"/measures/{row.pk}/")
    assert fresh(row).status == MeasureStatus.IN_PROGRESS


@pytest.mark.parametrize(
    ("wish", "place"),
    [("/inbox/?page=2", "/inbox/?page=2"), ("https://evil.example/", ""), ("//evil.example", ""), ("/a\r\nb", "")],
)
def test_step_goes_back_within_the_site_only(world: World, go: Callable, wish: str, place: str) -> None:
    row = world.measures[0]
    answer = go(world.head_a, step_of(row, "start"), {"next": wish})
    assert answer["Location"] == (place or f"/measures/{row.pk}/")


def test_step_by_htmx_answers_with_a_redirect_header(world: World, go: Callable) -> None:
    row = world.measures[0]
    answer = go(world.head_a, step_of(row, "start"), {}, htmx=True)
    assert (answer.status_code, answer["HX-Redirect"]) == (200, f"/measures/{row.pk}/")


def test_step_by_htmx_goes_back_to_the_page_that_opened_it(world: World, client: Client) -> None:
    path = step_of(world.measures[0], "start")
    client.force_login(world.head_a)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/?page=1"}
    assert 'name="next" value="/?page=1"' in client.get(path, headers=headers).content.decode()
    assert client.post(path, {}, headers=headers)["HX-Redirect"] == "/?page=1"


def test_step_sent_twice_is_refused_the_second_time(world: World, go: Callable) -> None:
    path = step_of(world.measures[0], "start")
    go(world.head_a, path, {})
    answer = go(world.head_a, path, {"note": "my words"}, htmx=True)
    assert answer.status_code == 422
    assert "Not possible while the state is" in answer.content.decode()
    assert "my words" in answer.content.decode()


def test_submit_progress_by_the_head(world: World, go: Callable) -> None:
    row = world.measures[0]
    answer = go(world.head_a, step_of(row, "submit_progress"), report(world, row, go, world.head_a))
    update = row.progress.get()
    assert answer.status_code == 302
    assert (update.status, update.done, update.submitted_by) == (
        ProgressStatus.SUBMITTED, "Checked 30 files", world.head_a,
    )  # fmt: skip
    assert fresh(row).status == MeasureStatus.IN_PROGRESS


def test_head_updates_a_measure_in_three_clicks(world: World, client: Client) -> None:
    """Signing in leads to my work; its act opens the form; the form's button submits."""
    row = world.measures[0]
    open_periods(world.campaign, on=timezone.localdate())
    client.force_login(world.head_a)
    path = step_of(row, "submit_progress")
    assert path in client.get("/").content.decode()
    form = client.get(path)
    assert 'value="submit"' in form.content.decode()
    sent = {name: form.context["form"][name].value() for name in ("department", "period", "version")}
    client.post(path, sent | {"done": "Checked", "percent": "30", "act": "submit"})
    assert row.progress.get().status == ProgressStatus.SUBMITTED


def test_liaison_keeps_a_draft_but_cannot_submit(world: World, go: Callable) -> None:
    row = world.measures[0]
    page = go(world.liaison_a, step_of(row, "fill_progress")).content.decode()
    assert 'value="submit"' not in page
    assert "The head of the department submits the progress." in page
    answer = go(world.liaison_a, step_of(row, "fill_progress"), report(world, row, go, world.liaison_a), htmx=True)
    assert answer.status_code == 422
    assert not row.progress.exists()
    go(world.liaison_a, step_of(row, "fill_progress"), report(world, row, go, world.liaison_a, act="draft"))
    assert row.progress.get().status == ProgressStatus.DRAFT


def test_progress_form_starts_from_the_draft(world: World, go: Callable) -> None:
    row = world.measures[0]
    go(
        world.liaison_a,
        step_of(row, "fill_progress"),
        report(world, row, go, world.liaison_a, act="draft", percent="45"),
    )
    form = go(world.head_a, step_of(row, "submit_progress")).context["form"]
    assert (form["done"].value(), form["percent"].value(), form["version"].value()) == ("Checked 30 files", 45, 1)


def test_progress_form_shows_the_last_period(world: World, go: Callable) -> None:
    row = world.measures[0]
    factories.progress_at(ProgressStatus.ACCEPTED, world, row=row)
    answer = go(world.head_a, step_of(row, "submit_progress"))
    assert answer.context["progress"].last.done == "Done by day 5"
    assert "Done by day 5" in answer.content.decode()
    assert answer.context["form"]["percent"].value() == 60


def test_progress_form_offers_a_correction_of_a_locked_period(world: World, go: Callable) -> None:
    row = world.measures[0]
    open_periods(world.campaign, on=timezone.localdate())
    fresh_form = go(world.head_a, step_of(row, "submit_progress")).context["form"]
    assert fresh_form["correction"].is_hidden
    old = factories.progress_at(ProgressStatus.ACCEPTED, world, row=row)
    form = go(world.head_a, step_of(row, "submit_progress")).context["form"]
    assert form["correction"].label == f"correction of what was reported for {old.period}"

    go(world.head_a, step_of(row, "submit_progress"), report(world, row, go, world.head_a, correction="30 files"))

    update = row.progress.get(corrects=old)
    assert (update.correction, update.status) == ("30 files", ProgressStatus.SUBMITTED)
    again = go(world.head_a, step_of(row, "submit_progress") + f"?period={update.period}").context["form"]
    assert again["correction"].value() == "30 files"


def test_progress_form_is_for_the_department_and_period_that_the_link_names(world: World, go: Callable) -> None:
    both = factories.grant(world.head_a, "head", world.b)
    row = world.measures[1]
    period = open_periods(world.campaign, on=timezone.localdate())[-1]
    wish = f"?department={world.b.pk}&period={period.code}"

    form = go(both, step_of(row, "fill_progress") + wish).context["form"]
    assert (form["department"].value(), form["period"].value()) == (world.b.pk, period.code)
    form = go(both, step_of(row, "fill_progress") + "?department=x&period=%00").context["form"]
    assert form["department"].value() == world.a.pk


def test_returned_progress_is_not_sent_again_unchanged(world: World, go: Callable) -> None:
    row = world.measures[0]
    open_periods(world.campaign, on=timezone.localdate())
    update = factories.progress_at(ProgressStatus.RETURNED, world, row=row, day=38)
    sent = report(world, row, go, world.head_a, done=update.done, next_step=update.next_step, period=update.period)
    sent |= {"percent": update.percent, "version": update.version}
    path = step_of(row, "submit_progress") + f"?period={update.period}"
    assert "Too vague" in go(world.head_a, path).content.decode()

    refused = go(world.head_a, path, sent, htmx=True)

    assert refused.status_code == 422
    assert "say what was corrected" in refused.content.decode()
    assert go(world.head_a, path, sent | {"done": "30 files checked"}).status_code == 302
    assert fresh(update).status == ProgressStatus.SUBMITTED


def test_progress_with_a_file(world: World, go: Callable) -> None:
    row = world.measures[0]
    file = SimpleUploadedFile("会议纪要.pdf", PDF, content_type="text/html")
    go(world.head_a, step_of(row, "submit_progress"), report(world, row, go, world.head_a, file=file, number="5"))
    evidence = Evidence.objects.get()
    assert (evidence.title, evidence.filename, evidence.number, evidence.content_type, evidence.progress) == (
        "会议纪要", "会议纪要.pdf", "5", "application/pdf", row.progress.get(),
    )  # fmt: skip


def test_progress_with_a_wrong_file_saves_nothing_and_keeps_the_text(world: World, go: Callable) -> None:
    row = world.measures[0]
    file = SimpleUploadedFile("a.pdf", b"MZ\x00")
    answer = go(
        world.head_a, step_of(row, "submit_progress"), report(world, row, go, world.head_a, file=file), htmx=True
    )
    assert answer.status_code == 422
    assert "Checked 30 files" in answer.content.decode()
    assert not ProgressUpdate.objects.exists()


def test_progress_with_a_future_document_date_saves_nothing(world: World, go: Callable) -> None:
    row = world.measures[0]
    file = SimpleUploadedFile("a.pdf", PDF)
    sent = report(world, row, go, world.head_a, file=file, own_date="2099-12-31")
    answer = go(world.head_a, step_of(row, "submit_progress"), sent)
    assert answer.context["form"].errors["own_date"] == ["The document's own date lies in the future."]
    assert not ProgressUpdate.objects.exists()


@pytest.mark.parametrize(
    "changes", [{"percent": "101"}, {"percent": "x"}, {"done": ""}, {"done": "a\x00b"}, {"department": "99"},
                {"version": "x"}, {"period": "1999-01"}, {"expected_on": "2021-13-40"}, {"expected_on": "2100-01-01"},
                {"own_date": "1989-12-31"}],
)  # fmt: skip
def test_progress_wrong_values_save_nothing(world: World, go: Callable, changes: dict) -> None:
    row = world.measures[0]
    answer = go(
        world.head_a, step_of(row, "submit_progress"), report(world, row, go, world.head_a, **changes), htmx=True
    )
    assert answer.status_code == 422
    assert not row.progress.exists()


def test_second_editor_sees_both_versions_and_loses_no_text(world: World, go: Callable) -> None:
    row = world.measures[0]
    mine = report(world, row, go, world.head_a, done="My words")
    go(
        world.liaison_a,
        step_of(row, "fill_progress"),
        report(world, row, go, world.liaison_a, done="Theirs", act="draft"),
    )
    answer = go(world.head_a, step_of(row, "submit_progress"), mine, htmx=True)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "My words" in page
    assert "Theirs" in page
    assert "Liaison A has changed this since you opened it" in page
    again = mine | {"version": answer.context["form"]["version"].value()}
    assert go(world.head_a, step_of(row, "submit_progress"), again).status_code == 302
    assert row.progress.get().done == "My words"


def test_assisting_department_reports_for_itself(world: World, go: Callable) -> None:
    row = world.measures[1]
    go(world.head_b, step_of(row, "submit_progress"), report(world, row, go, world.head_b))
    assert row.progress.get().department == world.b


def test_who_works_in_both_departments_chooses_one(world: World, go: Callable) -> None:
    both = factories.grant(world.head_a, "head", world.b)
    row = world.measures[1]
    page = go(both, step_of(row, "submit_progress")).content.decode()
    assert '<select name="department"' in page
    go(both, step_of(row, "submit_progress"), report(world, row, go, both, department=world.b.pk))
    assert row.progress.get().department == world.b


def test_office_accepts_and_returns_progress(world: World, go: Callable) -> None:
    update = factories.progress_at(ProgressStatus.SUBMITTED, world, row=world.measures[0])
    path = f"/progress/{update.pk}/steps/return/"
    answer = go(world.office, path, {"note": " ", "version": update.version}, htmx=True)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["note"])
    go(world.office, path, {"note": "Too vague", "version": update.version})
    assert fresh(update).return_reason == "Too vague"
    other = factories.progress_at(ProgressStatus.SUBMITTED, world, row=world.measures[1])
    go(world.office, f"/progress/{other.pk}/steps/accept/", {"version": other.version})
    assert fresh(other).status == ProgressStatus.ACCEPTED
    assert go(world.stranger, path).status_code == 404
    assert go(world.office, f"/progress/{update.pk}/steps/fill/").status_code == 404


def test_head_submits_a_draft(world: World, go: Callable) -> None:
    update = factories.progress_at(ProgressStatus.DRAFT, world, row=world.measures[0], day=39)
    path = f"/progress/{update.pk}/steps/submit/"
    assert go(world.head_a, path, {"version": update.version}).status_code == 302
    assert fresh(update).status == ProgressStatus.SUBMITTED


def _edited(world: World, update: ProgressUpdate, words: str) -> None:
    """The head changes a report that is submitted already."""
    values = ProgressValues(words, 60, update.difficulty, "More")
    given: dict[str, Any] = {"department": update.department, "period": update.period, "version": update.version}
    save_progress(update.measure, by=world.head_a, values=values, at=world.at(39), **given)


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("name", ["accept", "return"])
def test_office_decides_about_the_words_that_it_read(world: World, go: Callable, name: str) -> None:
    update = factories.progress_at(ProgressStatus.SUBMITTED, world, row=world.measures[0], day=38)
    path = f"/progress/{update.pk}/steps/{name}/"
    opened = filled(go(world.office, path)) | {"note": "My word on it"}
    _edited(world, update, "Other words")

    stale = go(world.office, path, opened)

    page = stale.content.decode()
    assert (stale.status_code, fresh(update).status) == (409, ProgressStatus.SUBMITTED)
    assert [(row["theirs"], row["yours"]) for row in stale.context["form"].differences] == [
        ("Other words", update.done), *([("60", str(update.percent))] if update.percent != 60 else []),
    ]  # fmt: skip
    assert ("as you read it" in page, "My word on it" in page) == (True, True)
    assert go(world.office, path, filled(stale)).status_code == 302
    assert go(world.office, path, filled(stale)).status_code == 422


@pytest.mark.usefixtures("english")
def test_head_submits_the_draft_that_was_read(world: World, go: Callable) -> None:
    update = factories.progress_at(ProgressStatus.DRAFT, world, row=world.measures[0], day=38)
    path = f"/progress/{update.pk}/steps/submit/"
    opened = filled(go(world.head_a, path))
    _edited(world, update, "Other words")

    stale = go(world.head_a, path, opened)

    assert (stale.status_code, fresh(update).status) == (409, ProgressStatus.DRAFT)
    assert "Other words" in stale.content.decode()


def test_version_of_a_draft_shows_its_words_to_nobody_else(world: World, go: Callable) -> None:
    update = factories.progress_at(ProgressStatus.DRAFT, world, row=world.measures[0], day=38)
    draft, words = update.version, "Secret words"
    _edited(world, update, words)
    path = f"/progress/{update.pk}/steps/accept/"
    assert words not in go(world.office, path, {"version": draft}).content.decode()
    _edited(world, fresh(update), "Open words")
    submit_draft(fresh(update), by=world.head_a, at=world.at(39))

    stale = go(world.office, path, {"version": draft + 1})

    assert (stale.status_code, words in stale.content.decode()) == (409, False)


@pytest.mark.parametrize("name", ["sign", "return", "withdraw"])
def test_request_is_decided_as_it_was_read(world: World, go: Callable, name: str) -> None:
    request = factories.closure_at(Stage.OFFICE, world, row=factories.ready(world, world.measures[0]))
    user = world.liaison_a if name == "withdraw" else world.office
    path = f"/closures/{request.pk}/steps/{name}/"

    stale = go(user, path, {"note": "Word", "version": request.version - 1})

    assert (stale.status_code, fresh(request).version) == (409, request.version)
    assert go(user, path, filled(stale)).status_code == 302


def test_closure_from_request_to_last_signature(world: World, go: Callable) -> None:
    row = factories.ready(world, world.measures[0])
    go(world.liaison_a, step_of(row, "request_closure"), {"note": "All done"})
    request = row.closure_requests.get()
    for user in (world.head_a, world.leader, world.office, world.chief):
        opened = go(user, f"/closures/{request.pk}/steps/sign/")
        assert "All done" in opened.content.decode()
        assert go(user, f"/closures/{request.pk}/steps/sign/", filled(opened) | {"note": "Agreed"}).status_code == 302
    assert fresh(row).status == MeasureStatus.CLOSED
    go(world.office, step_of(row, "reopen"), {"note": "It came back"})
    assert fresh(row).reopened_count == 1


def test_closure_returned_and_withdrawn(world: World, go: Callable) -> None:
    request = factories.closure_at(Stage.OFFICE, world, row=factories.ready(world, world.measures[0]))
    path = f"/closures/{request.pk}/steps"
    assert "form-errors" in go(world.office, f"{path}/return/", {"note": ""}).content.decode()
    assert go(world.chief, f"{path}/sign/", {}, htmx=True).status_code == 422
    go(world.liaison_a, f"{path}/withdraw/", {"note": "Too early", "version": request.version})
    assert fresh(request).status == RequestStatus.WITHDRAWN


def test_extension_is_asked_for_with_its_fields(world: World, go: Callable) -> None:
    row = factories.measure_at(MeasureStatus.IN_PROGRESS, world, row=world.measures[0])
    sent = {"kind": "extension", "note": "Needs longer", "progress_so_far": "Half", "new_deadline": ""}
    path = step_of(row, "request_extension")
    assert list(go(world.liaison_a, path, sent).context["form"].errors) == ["new_deadline"]
    slip = go(world.liaison_a, path, sent | {"new_deadline": "2205-07-31", "recheck_on": "0205-07-31"})
    assert slip.context["form"].errors == {
        "new_deadline": ["The day 2205-07-31 lies outside 1990-01-01 to 2099-12-31."],
        "recheck_on": ["The day 0205-07-31 lies outside 1990-01-01 to 2099-12-31."],
    }
    early = go(world.liaison_a, path, sent | {"new_deadline": row.deadline.isoformat()})
    assert list(early.context["form"].errors) == ["new_deadline"]
    assert AuditEvent.objects.filter(action=AuditEvent.Action.REFUSED).count() == 1
    day = world.day(130).isoformat()
    assert go(world.liaison_a, path, sent | {"new_deadline": day, "stage_goal": "dropped"}).status_code == 302
    request = row.extensions.get()
    assert (request.new_deadline, request.stage_goal) == (world.day(130), "")
    for user in (world.head_a, world.leader, world.office):
        go(user, f"/extensions/{request.pk}/steps/sign/", {"version": fresh(request).version})
    assert fresh(row).deadline == world.day(130)


def test_extension_form_marks_the_fields_of_a_conversion(world: World, go: Callable) -> None:
    row = factories.measure_at(MeasureStatus.IN_PROGRESS, world, row=world.measures[0])
    form = go(world.liaison_a, step_of(row, "request_extension")).context["form"]
    marked = [name for name, field in form.fields.items() if field.widget.attrs.get("data-only") == "kind=conversion"]
    assert marked == ["new_nature", "stage_goal", "recheck_on"]
    assert form.fields["new_deadline"].widget.attrs["data-label-words"] == "expected end"
    page = go(world.liaison_a, step_of(row, "request_extension")).content.decode()
    assert (page.count('class="optional"'), "<h3>" in page) == (0, False)


def test_conversion_needs_goal_nature_and_recheck(world: World, go: Callable) -> None:
    row = factories.measure_at(MeasureStatus.IN_PROGRESS, world, row=world.measures[0])
    sent = {"kind": "conversion", "note": "Lasts", "progress_so_far": "Half"}
    path = step_of(row, "request_extension")
    assert set(go(world.liaison_a, path, sent).context["form"].errors) == {"new_nature", "stage_goal", "recheck_on"}
    full = sent | {"new_nature": "standing", "stage_goal": "Kept", "recheck_on": world.day(200).isoformat()}
    assert go(world.liaison_a, path, full).status_code == 302
    assert row.extensions.get().new_nature == "standing"


def test_evidence_is_uploaded_and_withdrawn(world: World, go: Callable) -> None:
    row = factories.measure_at(MeasureStatus.IN_PROGRESS, world, row=world.measures[0])
    before = row.evidence.count()
    file = SimpleUploadedFile("../../纪要.pdf", PDF)
    assert go(world.liaison_a, step_of(row, "add_evidence"), {"file": file}).status_code == 302
    evidence = row.evidence.latest("pk")
    assert row.evidence.count() == before + 1
    assert (evidence.title, evidence.filename) == ("纪要", "纪要.pdf")
    path = f"/evidence/{evidence.pk}/steps/withdraw/"
    assert go(world.stranger, path).status_code == 404
    assert list(go(world.liaison_a, path, {}).context["form"].errors) == ["note"]
    go(world.liaison_a, path, {"note": "Wrong file"})
    assert fresh(evidence).is_withdrawn
    assert go(world.liaison_a, path).status_code == 404


def test_evidence_needs_a_file_that_is_accepted(world: World, go: Callable) -> None:
    path = step_of(world.measures[0], "add_evidence")
    assert list(go(world.head_a, path, {}).context["form"].errors) == ["file"]
    empty = SimpleUploadedFile("a.pdf", b"")
    assert go(world.head_a, path, {"file": empty}).context["form"].errors["file"] == ["The file is empty."]


@pytest.mark.parametrize("name", ["fill_progress", "submit_progress", "add_evidence", "request_extension"])
def test_who_takes_no_part_is_refused_and_nothing_is_saved(world: World, go: Callable, name: str) -> None:
    row = world.measures[0]
    for user in (world.office, world.inspector, world.chief):
        assert "form-actions" not in go(user, step_of(row, name)).content.decode()
        answer = go(user, step_of(row, name), {"done": "x", "percent": "5"}, htmx=True)
        assert answer.status_code == 422
        assert answer.context["form"].non_field_errors()
    assert not row.progress.exists()


@pytest.mark.parametrize("wish", ["foo", "measure_detail", "9" * 25, "//e.example", "/a\r\nb"])
def test_way_back_stands_garbage(world: World, go: Callable, wish: str) -> None:
    row = world.measures[0]

    answer = go(world.head_a, step_of(row, "start"), {"next": wish})

    assert (answer.status_code, answer["Location"]) == (302, f"/measures/{row.pk}/")
    assert fresh(row).status == MeasureStatus.IN_PROGRESS


def test_refused_step_stands_in_the_security_log(world: World, go: Callable) -> None:
    path = step_of(world.measures[0], "start")

    go(world.inspector, path)
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.REFUSED).exists()
    go(world.inspector, path, {})

    event = AuditEvent.objects.get(action=AuditEvent.Action.REFUSED)
    assert (event.user, event.subject, event.succeeded) == (world.inspector, f"POST {path}", False)


def test_conversion_does_not_end_in_the_past(world: World, go: Callable) -> None:
    row = factories.measure_at(MeasureStatus.IN_PROGRESS, world, row=world.measures[0])
    sent = {"kind": "conversion", "note": "Lasts", "progress_so_far": "Half", "new_nature": "phased",
            "stage_goal": "Kept", "recheck_on": world.day(200).isoformat()}  # fmt: skip

    answer = go(world.liaison_a, step_of(row, "request_extension"), sent | {"new_deadline": world.day(20).isoformat()})

    assert answer.context["form"].errors == {"new_deadline": ["The new deadline lies in the past."]}
    assert not row.extensions.exists()
