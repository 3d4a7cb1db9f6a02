"""Papers: reports and their revisions, the calendar."""

from dataclasses import replace

import pytest

from findings.choices import ReportKind, ReportState
from findings.models import Report
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh, last_entry, messages_to
from findings.workflow import paper
from findings.workflow.paper import Compiled
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")

GOOD = Compiled({"measures": 4, "checks": [{"name": "sums", "holds": True}]}, b"word 1", b"excel 1", "2025-03")


@pytest.fixture
def draft(past: World) -> Report:
    """The monthly report of March, compiled once."""
    period = past.campaign.periods.get()
    report = Report(campaign=past.campaign, kind=ReportKind.MONTH, period=period, as_of=period.ends_on)
    return paper.keep_report(report, GOOD, by=None, at=past.at(30))


def test_keep_report_makes_a_draft_with_its_files(past: World, draft: Report) -> None:
    row = fresh(draft)

    assert (row.state, row.revision, row.figures) == (ReportState.DRAFT, 1, GOOD.figures)
    assert row.compiled_at == past.at(30)
    assert read(row) == (b"word 1", b"excel 1")
    assert row.word_file.name.endswith(".docx")
    assert row.excel_file.name.endswith(".xlsx")
    assert last_entry(row) == (None, "compiled", past.at(30))
    assert messages_to(past.office) == ["report"]
    assert broken_records() == []


def read(report: Report) -> tuple[bytes, bytes]:
    with report.word_file.open() as word, report.excel_file.open() as excel:
        return word.read(), excel.read()


def test_same_figures_write_nothing(past: World, draft: Report) -> None:
    again = paper.keep_report(fresh(draft), GOOD, by=None, at=past.at(31))

    assert (again.pk, again.version, Report.objects.count()) == (draft.pk, draft.version, 1)


def test_new_figures_change_a_draft_in_place(past: World, draft: Report) -> None:
    newer = replace(GOOD, figures=GOOD.figures | {"measures": 5}, word=b"word 2")

    again = paper.keep_report(fresh(draft), newer, by=past.office, at=past.at(31))

    assert (again.pk, again.revision, again.figures["measures"]) == (draft.pk, 1, 5)
    assert read(fresh(again))[0] == b"word 2"


def test_issue_report(past: World, draft: Report) -> None:
    row = paper.issue_report(draft, by=past.chief, note="sent", at=past.at(32))

    assert (row.state, row.issued_by, row.issued_at) == (ReportState.ISSUED, past.chief, past.at(32))
    assert len(row.chain_head) == 64
    assert set(row.chain_head) != {"0"}
    assert last_entry(row) == (past.chief, "sent", past.at(32))
    assert broken_records() == []


def test_issued_report_is_revised_beside_and_superseded_when_that_is_issued(past: World, draft: Report) -> None:
    issued = paper.issue_report(draft, by=past.office, at=past.at(32))
    assert paper.keep_report(fresh(issued), GOOD, by=None, at=past.at(33)).pk == issued.pk

    newer = replace(GOOD, figures=GOOD.figures | {"measures": 5})
    revision = paper.keep_report(fresh(issued), newer, by=None, at=past.at(33))
    assert (revision.revision, revision.state, fresh(issued).state) == (2, ReportState.DRAFT, ReportState.ISSUED)
    assert fresh(issued).figures == GOOD.figures

    revision = paper.issue_report(revision, by=past.office, at=past.at(34))
    assert (fresh(issued).state, fresh(issued).figures) == (ReportState.SUPERSEDED, GOOD.figures)
    assert paper.newest_report(past.campaign, kind=ReportKind.MONTH, period_id=draft.period_id) == revision
    assert broken_records() == []


def test_newest_report_of_a_period_without_one(past: World) -> None:
    assert paper.newest_report(past.campaign, kind=ReportKind.MONTH, period_id=None) is None


def test_reports_are_issued_by_office_or_chief(past: World, draft: Report) -> None:
    able = {name for name, user in past.everybody().items() if not paper.issue_refusal(draft, user)}

    assert able == {"office", "chief"}
    with pytest.raises(Denied, match="Reports are issued by"):
        paper.issue_report(draft, by=past.inspector, at=past.at(32))


def test_issued_report_is_not_issued_again(past: World, draft: Report) -> None:
    issued = paper.issue_report(draft, by=past.office, at=past.at(32))

    assert paper.issue_refusal(issued, past.office) == "Not possible while the state is “issued”."


def test_report_compiled_before_its_last_day_has_gone_by_is_not_issued(
    past: World, draft: Report, english: None
) -> None:
    early = paper.keep_report(fresh(draft), replace(GOOD, figures={"early": 1}), by=None, at=past.at(28))
    assert early.as_of == past.day(28)
    with pytest.raises(Denied, match="had not gone by"):
        paper.issue_report(early, by=past.office, at=past.at(40))

    final = paper.keep_report(early, replace(GOOD, figures={"early": 1}), by=None, at=past.at(29))
    assert final.is_final
    assert paper.issue_report(final, by=past.office, at=past.at(40)).state == ReportState.ISSUED


def test_report_whose_figures_do_not_add_up_is_not_issued(past: World, draft: Report) -> None:
    bad = replace(GOOD, figures={"checks": [{"name": "sums", "holds": False}, {"name": "rest", "holds": True}]})
    draft = paper.keep_report(fresh(draft), bad, by=None, at=past.at(31))

    with pytest.raises(Denied, match=r"The figures do not add up: sums\."):
        paper.issue_report(draft, by=past.office, at=past.at(32))


def test_factories_reach_every_state(past: World) -> None:
    assert set(factories.hang_all(past, past.measures[0])) >= {"Report", "Meeting", "RuleDocument"}


def test_report_outlook_tells_what_is_waited_for(past: World, draft: Report) -> None:
    on = past.day(33)
    assert "issued by the rectification office or the head" in paper.report_outlook(fresh(draft), on)
    early = paper.keep_report(fresh(draft), replace(GOOD, figures={"early": 1}), by=None, at=past.at(28))
    assert "compiled again after 31 March" in paper.report_outlook(early, on)
    bad = replace(GOOD, figures={"checks": [{"name": "sums", "holds": False}]})
    wrong = paper.keep_report(fresh(draft), bad, by=None, at=past.at(31))
    assert "figures do not add up: sums" in paper.report_outlook(wrong, on)


def test_report_outlook_of_reports_that_wait_for_nothing(past: World, draft: Report) -> None:
    on = past.day(33)
    issued = paper.issue_report(draft, by=past.office, at=past.at(32))

    assert paper.report_outlook(issued, on).startswith(f"Issued by {past.office} on 4 April")
    assert paper.report_outlook(Report(state=ReportState.DRAFTING), on).startswith("Now being compiled")
    assert paper.report_outlook(Report(state=ReportState.SUPERSEDED), on).startswith("Superseded")
