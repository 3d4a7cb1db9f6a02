"""The command that compiles and issues the report of a period."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from docx import Document
from openpyxl import load_workbook

from findings import dates
from findings.choices import ReportState
from findings.models import Report
from findings.tests import factories
from findings.tests.factories import World
from findings.workflow import bulletin

pytestmark = pytest.mark.usefixtures("english")
NOTHING = {"report": None, "revision": None, "state": "", "files": [], "checks": []}


def run(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("compile_report", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def refused(*arguments: str) -> tuple[str, dict[str, Any]]:
    """The sentence on standard error and the document on standard output."""
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("compile_report", *arguments, "--json", stdout=out)
    assert caught.value.returncode == 2
    return str(caught.value), json.loads(out.getvalue())


def test_compile_report_writes_both_files(past: World, tmp_path: Path) -> None:
    answer = run(past.campaign.slug, "--period", "2025-03", "--out", str(tmp_path / "new"))
    row = Report.objects.get()
    assert {name: answer[name] for name in ("report", "revision", "state")} == {
        "report": row.pk,
        "revision": 1,
        "state": ReportState.DRAFT,
    }
    word, excel = answer["files"]
    assert "2025-03" in Path(word).name
    assert Document(word).paragraphs[0].text == "Department gy"
    assert load_workbook(excel).active.max_row == 8
    assert all(check["holds"] for check in answer["checks"])


def test_compile_report_names_the_stored_files(past: World) -> None:
    answer = run(past.campaign.slug, "--period", "2025-03")
    assert [Path(settings.MEDIA_ROOT, name).is_file() for name in answer["files"]] == [True, True]


def test_compile_report_twice_makes_one_report(past: World, tmp_path: Path) -> None:
    first = run(past.campaign.slug, "--period", "2025-03", "--out", str(tmp_path))
    assert run(past.campaign.slug, "--period", "2025-03", "--out", str(tmp_path)) == first
    assert Report.objects.count() == 1


def test_compile_report_tells_people_in_a_sentence(past: World) -> None:
    out = StringIO()
    call_command("compile_report", past.campaign.slug, "--period", "2025-03", stdout=out)
    assert out.getvalue().startswith("monthly report 2025-03 r1: draft; reports/")


def test_compile_report_in_words_tells_what_to_do_next(past: World) -> None:
    out = StringIO()
    call_command("compile_report", past.campaign.slug, "--kind", "bulletin", "--on", "2025-04-02", stdout=out)
    assert out.getvalue().splitlines() == [
        "public bulletin 2025-04-02 r1: being drafted; no file yet",
        "Next: release or withhold its sentences on its page "
        f"(/reports/{Report.objects.get().pk}/) and make the Word file there.",
    ]


def test_compile_report_issues_by_who_may(past: World) -> None:
    answer = run(past.campaign.slug, "--period", "2025-03", "--issue", "--by", past.chief.username)
    row = Report.objects.get()
    assert (answer["state"], row.issued_by) == (ReportState.ISSUED, past.chief)
    again = run(past.campaign.slug, "--period", "2025-03", "--issue", "--by", past.office.username)
    assert (again["report"], again["state"]) == (row.pk, ReportState.ISSUED)
    assert Report.objects.get().issued_by == past.chief


def test_compile_report_is_not_issued_by_the_office_of_another_court(past: World) -> None:
    sentence, document = refused(past.campaign.slug, "--period", "2025-03", "--issue", "--by", past.stranger.username)
    assert sentence == "Reports are issued by the rectification office or the head of the leading group."
    assert document["state"] == ReportState.DRAFT


def test_compile_report_of_a_quarter_has_the_days_of_its_campaign(past: World) -> None:
    assert run(past.campaign.slug, "--period", "2025-Q3")["revision"] == 1
    assert Report.objects.get().period.starts_on == past.day(151)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "--period", "2025-03"], "There is no campaign “nowhere”; there are: {slug}."),
        (["{slug}", "--period", "March"],
         "“March” is no period; write a month as 2021-07 or a quarter as 2021-Q3."),
        (["{slug}", "--period", "2025-13"],
         "“2025-13” is no period; write a month as 2021-07 or a quarter as 2021-Q3."),
        (["{slug}", "--period", "2025-03", "--issue"], "Say with --by who issues the report."),
        (["{slug}", "--period", "2025-03", "--issue", "--by", "ghost"], "There is no active account “ghost”."),
        (["{slug}", "--period", "2025-03", "--issue", "--by", "inspector"],
         "Reports are issued by the rectification office or the head of the leading group."),
    ],
)  # fmt: skip
def test_compile_report_refuses_wrong_input(past: World, arguments: list[str], sentence: str) -> None:
    given = [argument.format(slug=past.campaign.slug) for argument in arguments]
    wanted = sentence.format(slug=past.campaign.slug)
    assert refused(*given) == (wanted, NOTHING | {"problems": [wanted]})
    assert not Report.objects.exists()


@pytest.mark.parametrize("code", ["2025-02", "2025-Q1", "2099-07"])
def test_compile_report_refuses_a_period_unknown_or_not_begun(past: World, code: str) -> None:
    sentence, document = refused(past.campaign.slug, "--period", code)
    assert sentence.startswith(f"The campaign has no period {code} that has begun; there are: 2025-03, 2025-04")
    assert document["report"] is None


def test_compile_report_takes_the_running_period(world: World) -> None:
    code = list(dates.reporting_spans(world.begin, world.day(150), dates.today()))[-1].code
    assert run(world.campaign.slug, "--period", code)["state"] == ReportState.DRAFT


def test_compile_report_says_which_check_fails(past: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("findings.figures.counts._total", lambda groups: -1)
    sentence, document = refused(past.campaign.slug, "--period", "2025-03", "--issue", "--by", past.office.username)
    assert sentence == (
        "The figures do not add up: measures over the areas = all measures, "
        "measures over the lead departments = all measures."
    )
    assert document["state"] == ReportState.DRAFT
    assert [check["name"] for check in document["checks"] if not check["holds"]] == [
        "areas = measures", "departments = measures",
    ]  # fmt: skip


def test_compile_report_refuses_a_template_that_cannot_be_filled(past: World) -> None:
    own = settings.RECTIFY_DATA / "templates" / "period_report.docx"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_bytes(b"not a Word file")
    try:
        sentence, document = refused(past.campaign.slug, "--period", "2025-03")
    finally:
        own.unlink()
    assert sentence == f"{own} is not a usable Word template."
    assert document["report"] is None


def test_compile_report_refuses_a_folder_that_cannot_be_written(past: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    sentence, document = refused(past.campaign.slug, "--period", "2025-03", "--out", str(tmp_path / "file"))
    assert sentence == f"{tmp_path}/file cannot be written: File exists."
    assert (document["files"], document["state"]) == ([], ReportState.DRAFT)


def test_compile_report_after_changes_revises_what_was_issued(past: World) -> None:
    run(past.campaign.slug, "--period", "2025-03", "--issue", "--by", past.chief.username)
    factories.close(past, factories.ready(past, past.measures[0]))
    answer = run(past.campaign.slug, "--period", "2025-03", "--issue", "--by", past.chief.username)
    assert (answer["revision"], answer["state"]) == (2, ReportState.ISSUED)
    assert list(Report.objects.order_by("revision").values_list("state", flat=True)) == ["superseded", "issued"]


# --- Reports in words --------------------------------------------------------------------------------------


def test_compile_report_in_words_drafts_and_puts_on_paper_what_is_released(past: World, tmp_path: Path) -> None:
    arguments = (past.campaign.slug, "--kind", "bulletin", "--on", "2025-04-02")
    first = run(*arguments)
    row = Report.objects.get()
    assert first == {"report": row.pk, "revision": 1, "state": ReportState.DRAFTING, "files": [], "checks": []}

    bulletin.edit_sentence(row.sentences.get(statistic="contact"), text="电话：000。", by=past.office)
    versions = {sentence.pk: sentence.version for sentence in row.sentences.all()}
    bulletin.release_sentences(row, versions, by=past.office)
    answer = run(*arguments, "--out", str(tmp_path))
    assert (answer["report"], answer["state"], len(answer["files"])) == (row.pk, ReportState.DRAFT, 1)
    assert Document(answer["files"][0]).paragraphs[0].text == "中共Department gy党组"
    assert all(check["holds"] for check in answer["checks"])

    issued = run(*arguments, "--issue", "--by", past.chief.username)
    again = run(*arguments, "--issue", "--by", past.chief.username)
    assert (issued["state"], again) == (ReportState.ISSUED, issued)
    assert Report.objects.count() == 1


def test_compile_report_in_words_refuses_in_a_sentence(past: World) -> None:
    early, document = refused(past.campaign.slug, "--kind", "head", "--on", "2025-01-01")
    assert (early, document["report"]) == ("The day lies between the feedback and today.", None)
    neither, _document = refused(past.campaign.slug)
    assert neither.startswith("Say with --period which month or quarter")
    left, document = refused(
        past.campaign.slug, "--kind", "head", "--on", "2025-04-02", "--issue", "--by", past.chief.username
    )
    assert left == "Not possible while the state is “being drafted”."
    assert document["state"] == ReportState.DRAFTING
