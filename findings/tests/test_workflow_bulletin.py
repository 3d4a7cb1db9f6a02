"""Reports in words: drafted, edited, released, withheld, moved; what keeps one from being issued; revisions."""

from datetime import datetime
from typing import Any

import pytest

from accounts.tracked import StaleRow, store
from findings.choices import DocumentAction, DocumentKind, MeasureStatus, MeetingKind, ReportKind, ReportState
from findings.documents.bulletin import compile_words
from findings.models import Report, ReportSentence
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh, last_entry
from findings.tests.test_figures_drafting import meet
from findings.workflow import bulletin, document, paper, spoken
from findings.workflow.bulletin import Passed
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")
ON = 30


@pytest.fixture
def busy(past: World) -> World:
    """Measure 1 is closed; nothing else has been accepted."""
    factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[0])
    return past


@pytest.fixture
def report(busy: World) -> Report:
    return draft(busy)


def draft(world: World, *, day: int = 40, **changes: Any) -> Report:
    given: dict[str, Any] = {"kind": ReportKind.BULLETIN, "on": world.day(ON), "by": world.office}
    return bulletin.draft_report(world.campaign, at=world.at(day), **(given | changes))


def rows_of(report: Report) -> list[ReportSentence]:
    return spoken.sentences_of(fresh(report))


def one(report: Report, statistic: str) -> ReportSentence:
    return next(row for row in rows_of(report) if row.statistic == statistic)


def release(report: Report, world: World, *, day: int = 41) -> list[Passed]:
    """Release all that is not settled."""
    versions = {row.pk: row.version for row in rows_of(report) if not row.is_settled}
    return bulletin.release_sentences(report, versions, by=world.office, at=world.at(day))


def name_contact(report: Report, world: World, *, day: int = 40) -> None:
    """Write a telephone into the contact sentence, without which a bulletin is not issued."""
    bulletin.edit_sentence(one(report, "contact"), text="电话：000。", by=world.office, at=world.at(day))


def ready(report: Report, world: World, *, day: int = 42) -> Report:
    """Released and put on paper, a bulletin with its contact details."""
    if any(row.statistic == "contact" and row.text == row.drafted and not row.is_settled for row in rows_of(report)):
        name_contact(report, world)
    release(report, world)
    return compile_words(fresh(report), by=world.office, at=world.at(day))


def rule(world: World, day: int, at: datetime) -> None:
    """A document that was issued on the day and came on record at the instant."""
    document.record_document(
        world.campaign, serves=[], title=f"Rule of {day}", kind=DocumentKind.RULE, action=DocumentAction.NEW,
        issued_on=world.day(day), department=world.a, by=world.office, at=at,
    )  # fmt: skip


# --- Drafting ----------------------------------------------------------------------------------------------


def test_draft_report_keeps_its_sentences(busy: World, report: Report) -> None:
    rows = rows_of(report)
    assert (report.kind, report.as_of, report.state, report.revision) == ("bulletin", busy.day(ON), "drafting", 1)
    assert [row.order for row in rows] == list(range(1, len(rows) + 1))
    assert {row.text == row.drafted and not row.is_settled for row in rows} == {True}
    assert one(report, "measures").figures["closed"] == 1
    assert last_entry(rows[0]) == (busy.office, "drafted", busy.at(40))
    assert str(rows[0]) == rows[0].text[:60]
    assert broken_records() == []


def test_draft_again_changes_nothing_where_nothing_moved(busy: World, report: Report) -> None:
    before = [(row.pk, row.version) for row in rows_of(report)]
    again = draft(busy, day=41)
    assert again.pk == report.pk
    assert [(row.pk, row.version) for row in rows_of(again)] == before


def test_draft_again_follows_the_ledger_where_nobody_has_touched_a_sentence(past: World) -> None:
    today = draft(past, day=ON)
    kept = bulletin.edit_sentence(one(today, "plan"), text="4项措施。", by=past.office, at=past.at(ON))
    bulletin.release_sentences(
        today, {one(today, "issues").pk: one(today, "issues").version}, by=past.office, at=past.at(ON)
    )
    factories.make_measure(past, day=ON)
    again = draft(past, day=ON)
    assert again.pk == today.pk
    assert one(again, "measures").text.startswith("截至2025年4月2日，5项")
    assert one(again, "plan").text == kept.text == "4项措施。"
    assert (one(again, "issues").is_released, one(again, "issues").figures["issues"]) == (True, 3)
    assert one(again, "measures").figures["measures"] == 5


def test_draft_again_adds_what_is_new(past: World) -> None:
    report = draft(past, day=ON)
    assert "documents" not in {row.statistic for row in rows_of(report)}
    rule(past, 10, past.at(ON))
    again = draft(past, day=ON)
    new = one(again, "documents")
    assert (again.pk, new.order) == (report.pk, max(row.order for row in rows_of(again)))
    assert [row.section for row in rows_of(again)][-1] == "contact"


def test_system_drafts_too_and_other_days_stand_beside(busy: World, report: Report) -> None:
    assert draft(busy, by=None).pk == report.pk
    other = draft(busy, on=busy.day(ON + 1))
    assert (other.pk != report.pk, Report.objects.count()) == (True, 2)


@pytest.mark.parametrize(
    ("changes", "sentence", "field"),
    [
        ({"kind": ReportKind.MONTH}, "Please choose one of the reports in words.", "kind"),
        ({"on": factories.BEGIN.replace(year=2024)}, "The day lies between the feedback and today.", "on"),
        ({"on": factories.BEGIN.replace(month=12)}, "The day lies between the feedback and today.", "on"),
    ],
)
def test_draft_report_refuses(busy: World, changes: dict[str, Any], sentence: str, field: str) -> None:
    with pytest.raises(Denied, match=sentence) as caught:
        draft(busy, **changes)
    assert caught.value.field == field
    assert Report.objects.count() == 0


def test_only_the_office_works_on_a_report_in_words(busy: World, report: Report) -> None:
    row = rows_of(report)[0]
    acts = (
        lambda by: draft(busy, by=by),
        lambda by: bulletin.edit_sentence(row, text="x", by=by, at=busy.at(41)),
        lambda by: bulletin.release_sentences(report, {row.pk: row.version}, by=by, at=busy.at(41)),
        lambda by: bulletin.withhold_sentence(row, why="x", by=by, at=busy.at(41)),
    )
    for act in acts:
        for person in (busy.chief, busy.inspector, busy.stranger, busy.head_a):
            with pytest.raises(Denied, match=r"Only the rectification office can do this\."):
                act(person)
    able = {name for name, user in busy.everybody().items() if not bulletin.change_refusal(report, user)}
    assert able == {"office"}


# --- Sentences ---------------------------------------------------------------------------------------------


def test_edit_keeps_the_draft_beside_and_asks_for_a_new_release(busy: World, report: Report) -> None:
    release(report, busy)
    row = bulletin.edit_sentence(one(report, "plan"), text=" 4项\x00\n措施。 ", by=busy.office, at=busy.at(42))
    assert (row.text, row.is_released, row.settled_by, row.why) == ("4项 措施。", False, None, "")
    assert row.drafted.startswith("针对反馈的2个方面")
    assert last_entry(row) == (busy.office, "edited", busy.at(42))
    with pytest.raises(Denied, match="Please write the sentence"):
        bulletin.edit_sentence(row, text="\x00 ", by=busy.office, at=busy.at(42))


def test_second_editor_is_told(busy: World, report: Report) -> None:
    row = one(report, "plan")
    bulletin.edit_sentence(row, text="4项。", by=busy.office, version=row.version, at=busy.at(41))
    for act in (
        lambda: bulletin.edit_sentence(row, text="x", by=busy.office, version=row.version, at=busy.at(41)),
        lambda: bulletin.renew_sentence(row, by=busy.office, version=row.version, at=busy.at(41)),
        lambda: bulletin.withhold_sentence(row, why="x", by=busy.office, version=row.version, at=busy.at(41)),
        lambda: bulletin.move_up(row, by=busy.office, version=row.version, at=busy.at(41)),
    ):
        with pytest.raises(StaleRow):
            act()
    passed = bulletin.release_sentences(report, {row.pk: row.version}, by=busy.office, at=busy.at(41))
    assert [(found.sentence.pk, found.why) for found in passed] == [
        (row.pk, "somebody has changed it since you read it.")
    ]
    assert not fresh(row).is_released


def test_release_many_at_once(busy: World, report: Report) -> None:
    assert release(report, busy) == []
    rows = rows_of(report)
    assert {(row.is_released, row.settled_by, row.settled_at) for row in rows} == {(True, busy.office, busy.at(41))}
    again = {row.pk: row.version for row in rows}
    assert bulletin.release_sentences(report, again, by=busy.office, at=busy.at(42)) == []
    assert fresh(rows[0]).version == rows[0].version  # nothing new to write
    assert broken_records() == []


def test_withhold_needs_a_reason_and_can_be_taken_back(busy: World, report: Report) -> None:
    with pytest.raises(Denied, match=r"Please give a reason\.") as caught:
        bulletin.withhold_sentence(one(report, "plan"), why=" ", by=busy.office, at=busy.at(41))
    assert caught.value.field == "why"
    row = bulletin.withhold_sentence(one(report, "plan"), why="Under inquiry", by=busy.office, at=busy.at(41))
    assert (row.is_released, row.why, row.is_settled) == (False, "Under inquiry", True)
    bulletin.release_sentences(report, {row.pk: row.version}, by=busy.office, at=busy.at(42))
    assert (fresh(row).is_released, fresh(row).why) == (True, "")


def test_move_up_changes_places_within_the_heading(busy: World, report: Report) -> None:
    first, second = rows_of(report)[1:3]
    moved = bulletin.move_up(second, by=busy.office, version=second.version, at=busy.at(41))
    assert [row.pk for row in rows_of(report)[1:3]] == [second.pk, first.pk]
    with pytest.raises(Denied, match=r"It stands first already\."):
        bulletin.move_up(moved, by=busy.office, at=busy.at(41))


def test_move_up_never_passes_a_statistic_of_the_same_section(busy: World) -> None:
    """On paper the statistics of a section run on before its other sentences, whatever their order."""
    meet(busy, MeetingKind.PARTY_GROUP)
    statistic, row = (row for row in rows_of(draft(busy, kind=ReportKind.HEAD)) if row.section == "duty")
    assert (statistic.statistic, row.statistic) == ("meetings", "")
    with pytest.raises(Denied, match=r"It stands first already\."):
        bulletin.move_up(row, by=busy.office, at=busy.at(41))


def test_sentence_that_moved_on_takes_the_present_draft(past: World) -> None:
    report = draft(past, day=ON)
    release(report, past, day=ON)
    factories.make_measure(past, day=ON)
    draft(past, day=ON)
    row = one(report, "measures")
    assert row.figures["measures"] == 4
    row = bulletin.renew_sentence(row, by=past.office, at=past.at(ON))
    assert (row.figures["measures"], row.is_released) == (5, False)


def test_sentence_that_no_row_supports_is_dropped_or_withheld(busy: World, report: Report) -> None:
    ghost = ReportSentence(
        report=report, section="next", order=99, text="Gone.", drafted="Gone.", sources=[["measure", 0]]
    )
    store(ghost, by=busy.office, at=busy.at(40))
    with pytest.raises(Denied, match="The ledger does not say this any more"):
        bulletin.renew_sentence(ghost, by=busy.office, at=busy.at(41))
    name_contact(report, busy)
    ready_report = ready_without(report, busy, ghost)
    assert paper.issue_refusal(ready_report, busy.office) == ""  # nobody has touched it: it is left out
    bulletin.edit_sentence(ghost, text="Mine.", by=busy.office, at=busy.at(43))
    assert fresh(ghost).drafted == "Gone."
    assert spoken.faults_of(fresh(report))[0].startswith("1 sentence is neither released nor withheld, first “Mine.”")


def ready_without(report: Report, world: World, left: ReportSentence) -> Report:
    versions = {row.pk: row.version for row in rows_of(report) if row.pk != left.pk}
    bulletin.release_sentences(report, versions, by=world.office, at=world.at(41))
    return compile_words(fresh(report), by=world.office, at=world.at(42))


# --- Issuing -----------------------------------------------------------------------------------------------


def test_report_that_is_settled_and_sound_is_issued(busy: World, report: Report) -> None:
    row = paper.issue_report(ready(report, busy), by=busy.chief, at=busy.at(43))
    assert (row.state, row.issued_by) == (ReportState.ISSUED, busy.chief)
    assert row.figures["text"] == [[s.section, s.issue_id, s.text] for s in rows_of(row)]
    assert row.figures["stated"]["measures"]["closed"] == 1
    assert broken_records() == []


def test_report_with_an_unsettled_sentence_is_not_issued(busy: World, report: Report) -> None:
    compiled = ready_without(report, busy, one(report, "contact"))
    with pytest.raises(Denied, match="1 sentence is neither released nor withheld, first “欢迎"):
        paper.issue_report(compiled, by=busy.office, at=busy.at(43))


def test_bulletin_without_contact_details_is_not_issued_unless_they_are_withheld(busy: World, report: Report) -> None:
    release(report, busy)
    compiled = compile_words(fresh(report), by=busy.office, at=busy.at(42))
    assert compiled.state_words == "draft"
    with pytest.raises(Denied, match="The contact sentence names no telephone, mail or post yet"):
        paper.issue_report(compiled, by=busy.office, at=busy.at(43))
    bulletin.withhold_sentence(one(report, "contact"), why="Told elsewhere", by=busy.office, at=busy.at(43))
    assert fresh(report).state_words == "being drafted"
    compiled = compile_words(fresh(report), by=busy.office, at=busy.at(44))
    assert paper.issue_report(compiled, by=busy.office, at=busy.at(45)).state == ReportState.ISSUED


def test_report_without_a_released_sentence_is_not_issued(busy: World, report: Report) -> None:
    with pytest.raises(Denied, match="Not possible while the state is"):
        paper.issue_report(report, by=busy.office, at=busy.at(43))
    for row in rows_of(report):
        bulletin.withhold_sentence(row, why="Inside", by=busy.office, at=busy.at(41))
    assert spoken.faults_of(fresh(report)) == ["No sentence is released."]
    with pytest.raises(Denied, match="No sentence is released yet"):
        compile_words(fresh(report), by=busy.office, at=busy.at(42))


def test_report_whose_figure_is_nobody_s_is_not_issued(busy: World, report: Report) -> None:
    text = "截至2025年4月2日，4项措施销号1项，完成率25%。"
    bulletin.edit_sentence(one(report, "measures"), text=text, by=busy.office, at=busy.at(41))
    with pytest.raises(Denied) as caught:
        paper.issue_report(ready(report, busy), by=busy.office, at=busy.at(43))
    assert str(caught.value) == (
        "“截至2025年4月2日，4项措施销号1项，完成率…” states 25%, which is no figure of the ledger as of 2 April 2025."
    )


def test_report_whose_figure_moved_on_is_not_issued(busy: World, report: Report) -> None:
    compiled = ready(report, busy)
    row = one(report, "measures")
    row.drafted, row.figures = row.drafted.replace("销号1项", "销号2项"), row.figures | {"closed": 2}
    store(row, by=None, at=busy.at(42))
    with pytest.raises(Denied, match="no longer agrees with the ledger as of 2 April 2025"):
        paper.issue_report(compiled, by=busy.office, at=busy.at(43))


def test_released_sentence_that_the_ledger_does_not_say_is_not_issued(busy: World, report: Report) -> None:
    row = one(report, "plan")
    row.statistic = "invented"
    store(row, by=None, at=busy.at(40))
    compiled = ready(report, busy)
    assert spoken.faults_of(compiled)[0].startswith("The ledger as of 2 April 2025 does not say “针对")


def test_report_whose_checks_fail_is_not_issued(busy: World, report: Report) -> None:
    compiled = ready(report, busy)
    compiled.figures_text = '{"checks": [{"name": "sums", "holds": false}]}'
    store(compiled, by=None, at=busy.at(42))
    with pytest.raises(Denied, match="The figures do not add up: sums"):
        paper.issue_report(compiled, by=busy.office, at=busy.at(43))


def test_word_file_that_is_out_of_date_is_made_again(busy: World, report: Report) -> None:
    """What is added after the file was made stands in no paper yet; what is taken back takes the file along."""
    name_contact(report, busy)
    left = one(report, "contact")
    ready_without(report, busy, left)
    bulletin.release_sentences(report, {left.pk: left.version}, by=busy.office, at=busy.at(43))
    assert spoken.faults_of(fresh(report)) == ["Sentences were changed after the Word file was made; make it again."]
    compiled = compile_words(fresh(report), by=busy.office, at=busy.at(43))
    assert spoken.faults_of(compiled) == []

    bulletin.withhold_sentence(one(report, "plan"), why="Inside", by=busy.office, at=busy.at(44))
    again = fresh(report)
    assert (again.state, bool(again.word_file), again.figures) == (ReportState.DRAFTING, False, {})
    assert broken_records() == []


def test_issued_report_is_frozen_and_revised_beside(busy: World, report: Report) -> None:
    bulletin.withhold_sentence(one(report, "plan"), why="Inside", by=busy.office, at=busy.at(40))
    issued = paper.issue_report(ready(report, busy), by=busy.office, at=busy.at(43))
    with pytest.raises(Denied, match="Not possible while the state is “issued”"):
        bulletin.edit_sentence(rows_of(issued)[0], text="x", by=busy.office, at=busy.at(44))
    with pytest.raises(Denied, match="Not possible while the state is “issued”"):
        compile_words(issued, by=busy.office, at=busy.at(44))
    assert bulletin.change_refusal(issued, busy.office) != ""

    revision = draft(busy, day=45)
    old, new = rows_of(issued), rows_of(revision)
    assert (revision.revision, revision.state, fresh(issued).state) == (2, ReportState.DRAFTING, ReportState.ISSUED)
    assert [(row.text, row.is_released, row.why) for row in new] == [(r.text, r.is_released, r.why) for r in old]
    assert {row.pk for row in new} & {row.pk for row in old} == set()
    bulletin.edit_sentence(one(revision, "contact"), text="电话：000。", by=busy.office, at=busy.at(45))
    release(revision, busy, day=46)
    paper.issue_report(compile_words(fresh(revision), by=busy.office, at=busy.at(46)), by=busy.office, at=busy.at(47))
    assert (fresh(issued).state, fresh(revision).state) == (ReportState.SUPERSEDED, ReportState.ISSUED)
    assert broken_records() == []


def test_report_of_another_day_does_not_supersede(busy: World, report: Report) -> None:
    issued = paper.issue_report(ready(report, busy), by=busy.office, at=busy.at(43))
    other = ready(draft(busy, on=busy.day(ON + 1)), busy)
    paper.issue_report(other, by=busy.office, at=busy.at(43))
    assert fresh(issued).state == ReportState.ISSUED


def test_outlook_of_a_report_in_words(busy: World, report: Report) -> None:
    on = busy.day(43)
    assert "release or withhold its sentences" in paper.report_outlook(report, on)
    compiled = ready(report, busy)
    assert paper.report_outlook(compiled, on).startswith("Now waiting to be issued")
    assert paper.report_outlook(compiled, on, faults=["No."]).endswith("mend its sentences, because: No.")


def test_compiled_report_tells_the_office_and_names_its_file(busy: World, report: Report) -> None:
    compiled = ready(report, busy)
    assert compiled.word_file.name.endswith(".docx")
    assert not compiled.excel_file
