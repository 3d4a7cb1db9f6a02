"""The measure's page: everything about one measure for who sees it, and its evidence as downloads."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.tracked import create
from findings.choices import ExtensionKind, MeasureStatus, ProgressStatus, Stage
from findings.models import Evidence, Measure
from findings.tests import factories
from findings.tests.factories import World
from findings.workflow import approval, progress
from findings.workflow.outlook import measure_outlook
from findings.workflow.progress import ProgressValues

# Five tables of history, five of what hangs on the measure, and the rules of nine steps.
MOST_QUERIES = 25


@pytest.fixture
def get(world: World, client: Client) -> Callable[..., object]:
    def ask(path: str, user: object = None) -> object:
        client.force_login(user or world.office)
        return client.get(path)

    return ask


def page_of(measure: Measure) -> str:
    return f"/measures/{measure.pk}/"


def test_measure_detail_is_for_who_sees_the_measure(world: World, get: Callable, client: Client) -> None:
    path = page_of(world.measures[1])
    for name in ("office", "chief", "leader", "inspector", "head_a", "liaison_b"):
        assert get(path, world.everybody()[name]).status_code == 200
    for name in ("stranger", "lower_head", "nobody", "sysadmin", "auditor"):
        assert get(path, world.everybody()[name]).status_code == 404
    assert get(page_of(world.measures[0]), world.head_b).status_code == 404
    assert client.post(path).status_code == 405
    assert get("/measures/99999999999999999999/").status_code == 404


def test_measure_detail_shows_all_that_hangs_on_it(world: World, get: Callable) -> None:
    found = factories.hang_all(world, world.measures[1])
    page = get(page_of(world.measures[1])).content.decode()
    for words in (
        "Measure 2", "All of it", "Department a", "Department b", "Done by day 5", "Minutes", "Needs longer", "Hurry",
        str(found["RuleDocument"]), "Liaison A", "Head A", "Leader", f"/evidence/{found['Evidence'].pk}/",
    ):  # fmt: skip
        assert words in page


def test_measure_detail_offers_steps_and_tells_why_not(world: World, get: Callable) -> None:
    row = world.measures[0]
    answer = get(page_of(row), world.liaison_a)
    refused = {offer["label"]: offer["refusal"] for offer in answer.context["refused"]}
    assert answer.context["offers"][0]["label"] == "Fill in progress"
    assert refused["Submit this period's progress"] == "The head of the department submits the progress."
    assert f'hx-get="/measures/{row.pk}/steps/fill_progress/"' in answer.content.decode()
    assert "The head of the department submits the progress." in answer.content.decode()
    assert get(page_of(row), world.head_a).context["offers"][0]["label"] == "Submit this period's progress"


def test_measure_detail_offers_a_signature_to_who_is_waited_for(world: World, get: Callable) -> None:
    request = factories.closure_at(Stage.LEADER, world, row=factories.ready(world, world.measures[0]))
    answer = get(page_of(world.measures[0]), world.leader)
    assert answer.context["offers"][0]["url"] == f"/closures/{request.pk}/steps/sign/"
    assert "now waits for" in answer.content.decode()
    assert get(page_of(world.measures[0]), world.chief).context["offers"] == []


def test_measure_detail_timeline_tells_who_when_why_and_old_to_new(world: World, get: Callable) -> None:
    row = factories.measure_at(MeasureStatus.CLOSED, world, row=world.measures[0])
    factories.reopened(world, row=row)
    moments = get(page_of(row)).context["moments"]
    assert moments[0].who == "Office"
    assert moments[0].sentence == "reopened the measure"
    assert moments[0].note == "It came back"
    assert ("status", "closed", "in progress") in [(c.label, c.old, c.new) for c in moments[0].changes]
    sentences = [moment.sentence for moment in moments]
    period = row.progress.get().period
    for words in (
        "put the measure into the plan", f"submitted the progress of {period} (Department a)",
        f"accepted the progress of {period} (Department a)", "uploaded the evidence “Minutes”",
        "filed the closure request", "signed the closure request as leading group",
    ):  # fmt: skip
        assert sentences.count(words) == 1


def test_measure_detail_timeline_of_returns_passed_over_stages_and_withdrawals(world: World, get: Callable) -> None:
    row = factories.ready(world, world.measures[0])
    factories.returned_closure(world, row=row)
    again = factories.closure_at(Stage.HEAD, world, row=factories.fresh(row))
    approval.withdraw_request(again, by=world.liaison_a, note="Too early", at=world.at(11))
    page = get(page_of(row)).content.decode()
    for words in ("Proof missing", "Too early", "withdrew the closure request", "returned the closure request as"):
        assert words in page


def test_measure_detail_shows_a_conversion(world: World, get: Callable) -> None:
    row = factories.measure_at(MeasureStatus.IN_PROGRESS, world, row=world.measures[0])
    factories.extension_at(Stage.OFFICE, world, row=row, kind=ExtensionKind.CONVERSION)
    answer = get(page_of(row))
    assert "Rule kept" in answer.content.decode()
    name = "request for conversion to sustained rectification"
    assert [asked.name for asked in answer.context["requests"]] == [name]
    told = [moment.sentence for moment in answer.context["moments"]]
    assert f"filed the {name}" in told
    assert any(words.startswith(f"signed the {name} as ") for words in told)


def test_draft_is_read_by_its_own_department_only(world: World, get: Callable) -> None:
    """Of a draft others read that it is there; what is sent later is compared with nothing that they did not see."""
    row = world.measures[1]
    update = factories.progress_at(ProgressStatus.DRAFT, world, row=row)
    secret = update.done
    for name in ("office", "chief", "leader", "inspector", "head_b"):
        page = get(page_of(row), getattr(world, name)).content.decode()
        assert "draft, not submitted" in page
        assert secret not in page
    assert secret in get(page_of(row), world.liaison_a).content.decode()

    values = ProgressValues("Secret words", 70)
    given = {"department": world.a, "period": update.period}
    progress.save_progress(row, by=world.liaison_a, values=values, at=world.at(6), **given)
    answer = get(page_of(row))
    assert [moment.changes for moment in answer.context["moments"] if "the progress of" in moment.sentence] == [[], []]
    assert "Secret words" not in answer.content.decode()
    progress.submit_progress(row, by=world.head_a, values=ProgressValues("Open words", 70), at=world.at(7), **given)
    page = get(page_of(row)).content.decode()
    assert "Open words" in page
    assert "Secret words" not in page


def test_step_of_a_draft_never_shows_its_words_to_others(world: World, get: Callable, client: Client) -> None:
    update = factories.progress_at(ProgressStatus.DRAFT, world, row=world.measures[0])
    path = f"/progress/{update.pk}/steps/accept/"
    assert update.done not in get(path).content.decode()
    assert update.done not in client.post(path, {"note": ""}).content.decode()


def test_correction_is_shown_as_one(world: World, get: Callable) -> None:
    row = world.measures[0]
    old = factories.progress_at(ProgressStatus.ACCEPTED, world, row=row)
    new = progress.open_periods(world.campaign, on=timezone.localdate())[-1]
    values = ProgressValues("More", 70, correction="It was 30 files")
    progress.submit_progress(row, by=world.head_a, values=values, department=world.a, period=new)

    answer = get(page_of(row))

    page = answer.content.decode()
    assert f"Correction of {old.period}:" in page
    assert "It was 30 files" in page
    assert f"Corrected in {new}." in page
    assert answer.context["moments"][0].sentence.endswith(f"with a correction of what was reported for {old.period}")


def test_all_that_is_missing_is_listed_before_one_can_ask(world: World, get: Callable) -> None:
    row = world.measures[0]
    factories.progress_at(ProgressStatus.SUBMITTED, world, row=row)
    sentences = ["No progress has been accepted yet; the rectification office accepts it.",
                 "Please upload evidence first."]  # fmt: skip

    answer = get(page_of(row), world.liaison_a)
    offer = next(offer for offer in answer.context["refused"] if offer["label"] == "Ask for closure")
    form = get(f"/measures/{row.pk}/steps/request_closure/", world.liaison_a).content.decode()

    assert offer["refusals"] == sentences
    for page in (answer.content.decode(), form):
        assert all(sentence in page for sentence in sentences)


def test_opinion_of_the_discipline_group_stands_among_the_stages(world: World, get: Callable, client: Client) -> None:
    request = factories.closure_at(Stage.CHIEF, world, row=factories.ready(world, world.measures[0]))
    answer = get(page_of(request.measure), world.inspector)
    assert "Give a supervision opinion · closure request" in [offer["label"] for offer in answer.context["offers"]]

    assert (
        client.post(
            f"/closures/{request.pk}/steps/speak/", {"note": "Proof is thin", "version": request.version}
        ).status_code
        == 302
    )

    answer = get(page_of(request.measure))
    assert answer.context["moments"][0].sentence == "gave an opinion on the closure request as discipline group"
    assert "<b>opinion</b> discipline group Inspector" in answer.content.decode()
    assert get(page_of(request.measure), world.chief).context["offers"][0]["label"] == "Sign · closure request"


@pytest.mark.usefixtures("english")
class TestOutlook:
    def said(self, world: World, row: Measure, day: int = 10) -> str:
        row = Measure.objects.with_excuse().get(pk=row.pk)
        requests = [*row.closure_requests.all(), *row.extensions.all()]
        return measure_outlook(row, world.day(day), updates=row.progress.all(), requests=requests)

    def test_nothing_reported(self, past: World) -> None:
        assert self.said(past, past.measures[0]) == (
            "Now waiting for the progress of Department a until 7 April, because nothing has been reported for 2025-03."
        )

    @pytest.mark.parametrize(
        ("status", "words"),
        [
            (ProgressStatus.DRAFT, "the head of Department a to submit"),
            (ProgressStatus.SUBMITTED, "the rectification office to check the progress"),
            (ProgressStatus.RETURNED, "because it was returned: Too vague"),
            (ProgressStatus.ACCEPTED, "Department a to finish and ask for closure until 11 June, because 60% is done."),
        ],
    )
    def test_progress(self, past: World, status: str, words: str) -> None:
        factories.progress_at(status, past, row=past.measures[0])
        assert words in self.said(past, past.measures[0])

    def test_signature(self, past: World) -> None:
        factories.closure_at(Stage.OFFICE, past, row=factories.ready(past, past.measures[0]))
        assert self.said(past, past.measures[0]) == (
            "Now waiting for the signature of Office (rectification office) since 12 March, deadline 11 June, because "
            "of the closure request that Liaison A filed."
        )

    def test_closed_and_reopened(self, past: World) -> None:
        row = factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[0])
        assert self.said(past, row) == "Closed on 12 March; nothing is waited for."

    def test_no_department(self, past: World) -> None:
        row = factories.make_measure(past, lead_department=None)
        assert "to name a lead department" in self.said(past, row)

    def test_standing_without_a_deadline(self, past: World) -> None:
        row = factories.make_measure(past, deadline=None, nature="standing", recheck_on=past.day(60))
        factories.progress_at(ProgressStatus.ACCEPTED, past, row=row)
        assert "Now waiting for the re-check until 2 May" in self.said(past, row)


def test_withdrawing_names_the_request_once(world: World, get: Callable) -> None:
    row = factories.ready(world, world.measures[0])
    factories.closure_at(Stage.HEAD, world, row=row)

    def labels(user: object) -> list[str]:
        return [offer["label"] for offer in get(page_of(row), user).context["offers"]]

    assert labels(world.liaison_a) == ["Withdraw the request"]
    assert "Sign · closure request" in labels(world.head_a)


def test_measure_detail_queries_do_not_grow(world: World, get: Callable, client: Client) -> None:
    row = factories.ready(world, world.measures[1])
    counted = []
    for more in (0, 30):
        for number in range(more):
            factories.add_evidence(world, row, content=f"proof {number}".encode())
        get(page_of(row), world.leader)
        with CaptureQueriesContext(connection) as queries:
            client.get(page_of(row))
        counted.append(len(queries))
    assert counted[0] == counted[1]
    assert counted[0] <= MOST_QUERIES


def test_evidence_download_is_an_attachment_and_on_record(world: World, get: Callable) -> None:
    evidence = factories.add_evidence(world, world.measures[0])
    answer = get(f"/evidence/{evidence.pk}/", world.inspector)
    assert b"".join(answer.streaming_content) == b"proof"
    assert answer["Content-Disposition"] == 'attachment; filename="minutes.txt"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    event = AuditEvent.objects.get(action="download")
    assert (event.user, evidence.sha256 in event.detail) == (world.inspector, True)


def test_evidence_download_keeps_a_chinese_name(world: World, get: Callable) -> None:
    evidence = create(
        Evidence, by=world.head_a, measure=world.measures[0], uploaded_by=world.head_a, title="纪要", size=1,
        sha256="0",
        filename="会议 纪要.pdf", content_type="application/pdf",
        file=ContentFile(b"x", name="会议 纪要.pdf"),
    )  # fmt: skip
    answer = get(f"/evidence/{evidence.pk}/")
    assert "filename*=utf-8''%E4%BC%9A%E8%AE%AE%20%E7%BA%AA%E8%A6%81.pdf" in answer["Content-Disposition"]
    assert Path(evidence.file.name).name.isalnum()
    answer.close()


def test_evidence_download_out_of_sight_or_lost_is_404(world: World, get: Callable, client: Client) -> None:
    evidence = factories.add_evidence(world, world.measures[0])
    for name in ("head_b", "stranger", "auditor"):
        assert get(f"/evidence/{evidence.pk}/", world.everybody()[name]).status_code == 404
    assert client.post(f"/evidence/{evidence.pk}/").status_code == 405
    Path(evidence.file.path).unlink()
    assert get(f"/evidence/{evidence.pk}/").status_code == 404
    assert not AuditEvent.objects.filter(action="download").exists()


def test_measure_detail_overdue_is_told(world: World, get: Callable) -> None:
    row = factories.make_measure(world, deadline=timezone.localdate() - timedelta(days=4))
    page = get(page_of(row)).content.decode()
    assert "4 days overdue" in page
    assert "is-alarm" in page


def test_measure_detail_timeline_tells_its_notices_to_who_sees_them(world: World, get: Callable) -> None:
    issued = factories.notice_at("replied", world)
    factories.notice_at("draft", world)
    path = page_of(issued.measure)

    def told(user: object) -> list[str]:
        sentences = [moment.sentence for moment in get(path, user).context["moments"]]
        return [words for words in sentences if words.startswith("supervision notice")]

    own = f"supervision notice {issued.short}, Department a: "
    assert told(world.head_a) == [own + "replied", own + "confirmed receipt", own + "issued the notice"]
    assert len(told(world.office)) == 5
    assert told(world.office)[-1].endswith("drafted the notice")
