"""The two sample campaigns as a whole: the bulletin's figures, every state, the records, the pages' cost."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from docx import Document

from accounts.models import User
from findings import dates, figures
from findings.choices import DecisionVerdict, MeasureStatus, Nature, NoticeStatus, RequestStatus, RoundState
from findings.figures import scope_of
from findings.figures.stated import facts_of
from findings.models import (
    Accountability,
    Campaign,
    ClosureRequest,
    Decision,
    Evidence,
    Extension,
    LookbackRound,
    Measure,
    Meeting,
    MeetingMeasure,
    Message,
    ProgressUpdate,
    Recheck,
    Report,
    RuleDocument,
    SupervisionNotice,
)
from findings.workflow import lookback, spoken

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15
# The dashboard reads returns, extensions and closings besides: how well each department works.
MOST_ON_THE_DASHBOARD = 17
# A measure's page reads one table more for each kind of record that hangs on it, an overdue one's messages too.
MOST_ON_A_MEASURE = 20
# My work asks what was reported already and which years' holidays are known; the ledger for the columns chosen.
MOST_ON_MY_WORK, MOST_ON_THE_LEDGER = 18, 16
# A report in words is compared with the ledger while it is open.
MOST_ON_WORDS = 18
MONTH_ENDS = [date(2021, 3, 31), date(2021, 4, 30), date(2021, 5, 31), date(2021, 6, 30), date(2021, 7, 31)]


@pytest.fixture(scope="module", autouse=True)
def _sample(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Load the sample once for all tests of this file; each works in a savepoint of its own."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("seed_demo", stdout=io.StringIO())
        yield
        transaction.set_rollback(True)


def command(name: str, *args: str) -> dict:
    out = io.StringIO()
    call_command(name, *args, "--json", stdout=out)
    return json.loads(out.getvalue())


def campaign(slug: str) -> Campaign:
    return Campaign.objects.get(slug=slug)


def test_figures_of_the_closed_sample_equal_the_bulletin() -> None:
    found = command("figures", "sample-2021", "--on", "2021-07-31")
    expected = {
        "issues": 30, "issues_rectified": 22, "issues_partial": 8, "issues_open": 0,
        "measures": 83, "not_started": 0, "in_progress": 10, "waiting": 0, "closed": 73, "overdue": 0, "due_soon": 0,
        "concentrated": 73, "concentrated_closed": 73, "sustained": 10, "sustained_closed": 0,
        "documents": 58, "rules": 22, "recommendations": 5, "rechecks_missed": 0,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    meetings = {"party_group": 12, "leading_group": 5, "democratic_life": 1, "inspection": 2, "discipline_report": 1}
    assert found["meetings"] == meetings
    assert len(found["areas"]) == 5
    assert all(check["holds"] for check in found["checks"])


def test_issues_of_the_closed_sample_stand_four_nine_eight_six_three() -> None:
    areas = campaign("sample-2021").areas.order_by("number")
    assert [area.issues.count() for area in areas] == [4, 9, 8, 6, 3]


def test_figures_of_the_closed_sample_rise_month_by_month() -> None:
    scope = scope_of(campaign("sample-2021"), None)
    closed = [figures.measure_counts(scope, on).closed for on in MONTH_ENDS]
    assert closed == sorted(set(closed))
    assert (closed[0], closed[-1]) == (7, 73)


def test_figures_of_the_closed_sample_add_up_on_every_day() -> None:
    scope = scope_of(campaign("sample-2021"), None)
    for n in range(0, 232, 6):
        summary = figures.campaign_summary(scope, date(2021, 2, 27) + timedelta(days=n))
        assert [check.name for check in summary.checks if not check.holds] == []


def test_figures_after_the_last_day_are_those_of_the_last_day() -> None:
    scope = scope_of(campaign("sample-2021"), None)
    assert figures.campaign_summary(scope, date(2021, 10, 15)) == figures.campaign_summary(scope, date(2026, 1, 1))


def test_sample_says_nothing_twice() -> None:
    texts = Counter(ProgressUpdate.objects.values_list("done", flat=True))
    assert [text for text, count in texts.items() if count > 1] == []
    measures = Counter(Measure.objects.values_list("text", flat=True))
    assert [text for text, count in measures.items() if count > 1] == []


def test_live_sample_holds_every_state() -> None:
    live, today = campaign("sample-live"), dates.today()
    rows = Measure.objects.filter(campaign=live)
    assert set(rows.values_list("status", flat=True)) == set(MeasureStatus.values)
    assert [(today - row.deadline).days for row in rows.overdue(today).order_by("deadline")] == [20, 2]
    assert rows.filter(deadline=today + timedelta(days=1)).exists()
    assert {request.stage for request in ClosureRequest.objects.pending()} == {"head", "leader", "office", "chief"}
    assert ClosureRequest.objects.filter(status=RequestStatus.RETURNED, measure__campaign=live).count() == 2
    assert Extension.objects.filter(status=RequestStatus.APPROVED).count() == 2
    assert rows.filter(reopened_count__gt=0, status=MeasureStatus.IN_PROGRESS).count() == 2
    assert rows.filter(nature=Nature.STANDING, recheck_on__lt=today).exists()
    assert ProgressUpdate.objects.filter(status="returned").exists()
    notices = SupervisionNotice.objects.filter(campaign=live)
    assert set(notices.values_list("status", flat=True)) == set(NoticeStatus.values) - {NoticeStatus.WITHDRAWN}
    assert notices.filter(dates.reply_late_q(today)).count() == 1


def test_live_sample_looks_back() -> None:
    """A round that is done; one with measures that held, that opened again and that are still to be checked."""
    live, today = campaign("sample-live"), dates.today()
    done, open_round = LookbackRound.objects.filter(campaign=live).order_by("number")
    assert (done.status, open_round.status) == (RoundState.CONCLUDED, RoundState.CHECKING)
    assert all(lookback.is_as_drawn(row) for row in (done, open_round))
    results = figures.round_results(LookbackRound.objects.filter(campaign=live), today)
    assert (results[done.pk].held, results[done.pk].left) == (3, 0)
    found = results[open_round.pk]
    assert (found.held, found.relapsed, found.not_done, found.left) == (4, 2, 0, 2)
    relapsed = open_round.rechecks.filter(verdict="relapsed").values_list("measure__number", flat=True)
    reopened = figures.reopened_measures(scope_of(live, None), today)
    assert sorted(relapsed) == sorted(row.number for row in reopened)
    assert Recheck.objects.filter(round__isnull=True, verdict="held", measure__campaign=live).count() == 1


def test_live_sample_s_leading_group_differs_once() -> None:
    standings = figures.issue_standings(scope_of(campaign("sample-live"), None), dates.today())
    assert sum(bool(standing.verdict) for standing in standings.values()) == 3
    assert [(row.state, row.verdict) for row in standings.values() if row.disagrees] == [("partial", "open")]


def test_live_sample_holds_opinions_corrections_and_records() -> None:
    live, today = campaign("sample-live"), dates.today()
    opinions = Decision.objects.filter(verdict=DecisionVerdict.OPINION, closure__measure__campaign=live)
    assert set(opinions.values_list("closure__status", flat=True)) == {RequestStatus.PENDING, RequestStatus.APPROVED}
    correction = ProgressUpdate.objects.exclude(correction="").get()
    assert correction.corrects is not None
    assert correction.corrects.period.is_locked(dates.today())
    assert Accountability.objects.filter(campaign=live).count() == 1
    shared = Evidence.objects.get(shares__isnull=False)
    assert shared.shares is not None
    assert (shared.shares.replaces is not None, shared.sha256) == (True, shared.shares.sha256)
    documents = RuleDocument.objects.filter(campaign=live)
    assert documents.filter(repealed_on__lte=today).exists()
    assert documents.filter(use_checked_on__isnull=False).count() == 1
    assert documents.filter(dates.use_check_missed_q(today)).count() == 1
    assert MeetingMeasure.objects.filter(meeting__campaign=live, is_active=True).count() == 3


def test_work_of_the_live_sample_s_office_names_what_is_to_be_looked_at_again() -> None:
    work = figures.work_of(User.objects.get(username="office"), dates.today())
    assert [due.measure.number for due in work.rechecks] == [27]
    assert [due.measure.number for due in work.rechecks_due] == [3]
    assert len(work.to_recheck) == 2
    assert work.late_rechecks == []


def test_closed_measures_are_proved_after_the_feedback() -> None:
    for row in Measure.objects.filter(status=MeasureStatus.CLOSED).select_related("campaign"):
        own = list(Evidence.objects.filter(measure=row).values_list("own_date", flat=True))
        assert own
        assert all(row.campaign.feedback_on <= day <= row.closed_on for day in own)


def test_sample_leaves_whole_records() -> None:
    found = command("verify_history")
    assert found["broken"] == []
    assert found["rows"] > 4000


def test_messages_of_the_past_are_born_delivered_and_read() -> None:
    assert set(Message.objects.values_list("status", flat=True)) == {"sent"}
    assert not Message.objects.unread().exists()


def test_reports_of_the_closed_sample_stand() -> None:
    rows = Report.objects.filter(campaign__slug="sample-2021", period__isnull=False).order_by("as_of")
    assert [(row.period.code, row.state) for row in rows] == [
        ("2021-03", "issued"),
        ("2021-04", "issued"),
        ("2021-05", "issued"),
        ("2021-06", "issued"),
        ("2021-07", "issued"),
        ("2021-Q3", "draft"),
    ]


def test_issued_reports_state_what_the_records_still_say() -> None:
    for row in Report.objects.filter(state="issued", period__isnull=False).select_related("period", "campaign"):
        again = figures.period_report(scope_of(row.campaign, None), row.period).frozen()
        assert {name: again[name] for name in ("opening", "closed", "overdue", "summary")} == {
            name: row.figures[name] for name in ("opening", "closed", "overdue", "summary")
        }


def test_compile_report_twice_makes_one_report() -> None:
    first = command("compile_report", "sample-2021", "--period", "2021-07")
    second = command("compile_report", "sample-2021", "--period", "2021-07")
    assert (first["report"], first["revision"]) == (second["report"], second["revision"])
    assert Report.objects.filter(campaign__slug="sample-2021", period__code="2021-07").count() == 1


def test_remind_twice_writes_once() -> None:
    monday = dates.today() - timedelta(days=dates.today().weekday())
    first = command("remind", "--on", monday.isoformat())
    second = command("remind", "--on", monday.isoformat())
    assert second["written"] == 0
    assert second["skipped"] == first["written"] + first["skipped"]


def test_seed_demo_refuses_a_database_with_a_campaign() -> None:
    with pytest.raises(CommandError):
        call_command("seed_demo", stdout=io.StringIO())


def addresses() -> list[str]:
    live = campaign("sample-live")
    busy = Measure.objects.filter(campaign=live, number__in=[7, 18, 25, 26, 60]).order_by("number")
    reports = Report.objects.filter(campaign=live).order_by("pk")
    rounds = LookbackRound.objects.filter(campaign=live)
    notices = SupervisionNotice.objects.filter(campaign=live)
    shared = Evidence.objects.get(shares__isnull=False)
    documents = RuleDocument.objects.filter(campaign=live).exclude(use_check_on=None, repealed_on=None)
    meeting = Meeting.objects.filter(campaign=live, measures__isnull=False).latest("pk")
    base = f"/campaigns/{live.slug}"
    return [
        "/",
        "/dashboard/",
        "/dashboard/?campaign=sample-2021&on=2021-06-15&with=2021-05-15",
        f"{base}/ledger/",
        f"{base}/ledger/?on={dates.today() - timedelta(days=30)}",
        f"{base}/documents/",
        f"{base}/meetings/",
        f"{base}/lookbacks/",
        f"{base}/notices/",
        f"{base}/accountability/",
        "/reports/",
        "/inbox/",
        "/help/",
        *(f"/measures/{row.pk}/" for row in busy),
        *(f"/reports/{row.pk}/" for row in reports[:1]),
        *(f"/issues/{row.pk}/" for row in live.issues.filter(number__in=[2, 25], area__isnull=False)),
        *(f"/lookbacks/{row.pk}/" for row in rounds),
        f"/lookbacks/{rounds[0].pk}/sheet/",
        *(f"/notices/{row.pk}/" for row in notices),
        *(f"/documents/{row.pk}/" for row in documents),
        f"/meetings/{meeting.pk}/",
        f"/measures/{shared.measure_id}/",
    ]


@pytest.mark.parametrize("username", ["office", "chief", "leader4", "inspector", "zxj.head", "zxj.liaison"])
def test_no_page_of_the_live_sample_costs_more_than_its_few_queries(username: str, client: Client) -> None:
    client.force_login(User.objects.get(username=username))
    costs = {}
    for address in addresses():
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            response = client.get(address)
        assert response.status_code in (200, 302, 403, 404)
        costs[address] = len(found)
    more = {
        "/dashboard/": MOST_ON_THE_DASHBOARD, "/measures/": MOST_ON_A_MEASURE, "/ledger/": MOST_ON_THE_LEDGER,
    }  # fmt: skip

    def most(address: str) -> int:
        if address == "/":
            return MOST_ON_MY_WORK
        return next((number for part, number in more.items() if part in address), MOST_QUERIES)

    assert {address: cost for address, cost in costs.items() if cost > most(address)} == {}


# --- Reports in words --------------------------------------------------------------------------------------


def words(kind: str) -> Report:
    return Report.objects.get(campaign__slug="sample-2021", kind=kind)


def word_text(report: Report) -> str:
    """All text of the Word file but the note under it, which bears the digest of the records."""
    with report.word_file.open("rb") as file:
        document = Document(io.BytesIO(file.read()))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(line.text for line in document.paragraphs if line.style.name != "PaperNote"), *cells])


def test_reports_in_words_of_the_closed_sample_stand() -> None:
    rows = Report.objects.filter(campaign__slug="sample-2021", period=None)
    assert {row.kind: (row.as_of, row.state) for row in rows} == {
        "progress": (date(2021, 7, 31), "issued"),
        "head": (date(2021, 7, 31), "issued"),
        "bulletin": (date(2021, 7, 31), "draft"),
    }
    assert spoken.faults_of(words("bulletin")) == []


def test_bulletin_of_the_closed_sample_states_the_figures_of_the_published_one() -> None:
    text = word_text(words("bulletin"))
    for sentence in (
        "针对反馈的5个方面30个问题制定整改措施83项，其中集中整改73项、持续深入整改10项",
        "83项整改措施已全部启动，累计销号73项；集中整改阶段73项已全部销号；持续深入整改阶段10项正在推进",
        "截至2021年7月31日，反馈的5个方面30个问题，整改到位22个、取得阶段性成果8个",
        "研究出台相关文件58份，其中修订制定制度22个",
        "党组会12次、领导小组会议5次",
        "督查整改落实情况2次，党组听取驻院纪检监察组专题报告1次",
    ):
        assert sentence in text
    assert "惩戒委员会换届方案，商请有关单位推荐委员，年底前完成换届并按新章程开展调查审议，实现实体运行”" not in text


def test_month_report_of_july_states_the_same_figures() -> None:
    text = word_text(Report.objects.get(campaign__slug="sample-2021", period__code="2021-07"))
    for sentence in (
        "全部83项整改措施中，累计销号73项",
        "整改中10项，未启动0项",
        "集中整改措施73项，已销号73项；持续深入整改措施10项，已销号0项",
        "反馈的30个问题中，整改到位22个，取得阶段性成果8个，正在整改0个",
        "累计印发58件，其中制度22件。累计召开党组会12次、领导小组会5次，领导小组办公室督查2次，"
        "听取驻院纪检监察组专题报告1次",
    ):
        assert sentence in text


def numbers_in(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?", text))


@pytest.mark.parametrize("kind", ["bulletin", "progress", "head"])
def test_every_number_of_a_report_in_words_is_the_ledger_s(kind: str) -> None:
    """A sentence of statistics states figures of the day or days, every other one what its own rows say."""
    report = words(kind)
    today = facts_of(scope_of(report.campaign, None), kind, report.as_of).numbers
    days = {"2020", "10", "13", "12", "20", "2021", "3", "1", "7", "31"}  # on site, feedback, approval, the day itself
    left = {}
    for row in report.sentences.released():
        if not row.statistic.startswith("area-"):
            assert {name: today[name] for name in row.figures} == row.figures
        known = days | {str(value) for value in row.figures.values()} if row.statistic else numbers_of_rows(row)
        left[row.text] = numbers_in(row.text) - known
    assert {text: numbers for text, numbers in left.items() if numbers} == {}

    said = "".join(row.text for row in report.sentences.released())
    frame = numbers_in(word_text(report)) - numbers_in(said)
    titles = " ".join([report.campaign.title, *(str(row) for row in report.campaign.issues.all())])
    assert frame <= numbers_in(titles) | {"2021", "8", "16", "17", "18"}  # headings, and the day of the paper


def numbers_of_rows(row: Any) -> set[str]:
    """The numbers in the rows that a sentence rests on."""
    texts = []
    for kind, pk in row.sources:
        if kind == "measure":
            texts.append(Measure.objects.get(pk=pk).text)
        elif kind == "progress":
            update = ProgressUpdate.objects.get(pk=pk)
            texts += [update.done, update.next_step, update.difficulty]
        else:
            held = Meeting.objects.get(pk=pk)
            day = held.held_on
            texts += [held.title, held.decisions, f"{day.year} {day.month} {day.day}"]
    return numbers_in(" ".join(texts))


def test_every_number_of_the_month_report_is_the_ledger_s() -> None:
    """All numbers of the July report stand in the figures frozen in it, in its measures' words or on its calendar."""
    report = Report.objects.get(campaign__slug="sample-2021", period__code="2021-07")
    known = numbers_in(report.figures_text) | numbers_in(report.campaign.title)
    known |= {str(len(report.figures[name])) for name in report.figures if isinstance(report.figures[name], list)}
    known |= {str(day) for day in range(1, 32)} | {"2021"}
    groups = [report.figures["summary"], *report.figures["summary"]["areas"], *report.figures["summary"]["departments"]]
    for group in groups:
        counts = group["counts"]
        closed, total = counts["closed"], counts["measures"]
        known |= {str(total - closed), str(100 if closed == total else min((closed * 200 + total) // (total * 2), 99))}
    for line in report.figures["lines"]:
        known |= numbers_in(" ".join(str(value) for value in line.values()))
    assert numbers_in(word_text(report)) - known == set()


def test_command_makes_no_second_bulletin() -> None:
    first = command("compile_report", "sample-2021", "--kind", "bulletin", "--on", "2021-07-31")
    assert (first["report"], first["state"]) == (words("bulletin").pk, "draft")
    assert len(first["files"]) == 1
    assert all(check["holds"] for check in first["checks"])
    issued = command("compile_report", "sample-2021", "--kind", "progress", "--on", "2021-07-31")
    assert (issued["report"], issued["revision"], issued["state"]) == (words("progress").pk, 1, "issued")


def test_page_of_the_bulletin_asks_the_same_few_tables(client: Client) -> None:
    client.force_login(User.objects.get(username="office"))
    address = f"/reports/{words('bulletin').pk}/"
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    assert len(found) <= MOST_ON_WORDS
