"""Reports in words: what the ledger supports as of a day, and whether stored sentences still say it."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from django.utils import timezone

from accounts.roles import RoleCode
from accounts.tracked import create, store
from findings.choices import (
    DocumentAction,
    DocumentKind,
    MeasureStatus,
    MeetingKind,
    Nature,
    Phase,
    ProgressStatus,
    ReportKind,
    SourceKind,
    Stage,
)
from findings.figures import scope_of
from findings.figures.drafting import SECTIONS, draft, gaps
from findings.figures.standing import SentenceCounts, Standing, figures_in, sentence_counts, standing, standings
from findings.figures.told import Drafted, key_of
from findings.models import Issue, Meeting, RecommendationLink, ReportSentence
from findings.tests import factories
from findings.tests.factories import World
from findings.workflow import amend, document, plan, progress
from findings.workflow.progress import ProgressValues

pytestmark = pytest.mark.usefixtures("english")
ON = 30
DAY = "2025年4月2日"


def drafted(world: World, kind: str = ReportKind.BULLETIN, day: int = ON) -> list[Drafted]:
    return draft(scope_of(world.campaign, None), kind, world.day(day))


def told(world: World, kind: str = ReportKind.BULLETIN, day: int = ON) -> dict[str, list[str]]:
    """The sentences by section."""
    found: dict[str, list[str]] = {}
    for sentence in drafted(world, kind, day):
        found.setdefault(sentence.section, []).append(sentence.text)
    return found


def stated(world: World, name: str, kind: str = ReportKind.BULLETIN, day: int = ON) -> Drafted | None:
    return next((row for row in drafted(world, kind, day) if row.statistic == name), None)


def text_of(world: World, name: str, kind: str = ReportKind.BULLETIN, day: int = ON) -> str:
    found = stated(world, name, kind, day)
    return found.text if found else ""


def meet(world: World, kind: str, day: int = 10) -> Meeting:
    return document.record_meeting(
        world.campaign, kind=kind, held_on=world.day(day), title="Meeting", decided={}, by=world.office,
        at=world.at(day), decisions="Go on。",
    )  # fmt: skip


@pytest.fixture
def busy(past: World) -> World:
    """Measure 1 closed; 2 not started; 3 with accepted progress; 4 reported and not accepted. A rule and a meeting."""
    rows = past.measures
    factories.measure_at(MeasureStatus.CLOSED, past, row=rows[0])
    factories.ready(past, rows[2])
    factories.progress_at(ProgressStatus.SUBMITTED, past, row=rows[3])
    document.record_document(
        past.campaign, serves=[rows[0]], title="Rule", number="No. 1", kind=DocumentKind.RULE,
        action=DocumentAction.NEW, issued_on=past.day(10), department=past.a, by=past.office, at=past.at(10),
    )  # fmt: skip
    meet(past, MeetingKind.PARTY_GROUP)
    return past


def test_bulletin_tells_what_the_ledger_holds(busy: World) -> None:
    assert told(busy) == {
        "opening": [
            "2025年3月3日，Inspection group 1向Department gy党组反馈了巡视意见。"
            f"现将整改进展情况通报如下，文中数据截至{DAY}。"
        ],
        "organisation": [
            "针对反馈的2个方面3个问题制定整改措施4项，均列入集中整改。",
            "先后组织召开党组会1次，研究部署整改工作。",
            f"截至{DAY}，4项整改措施已启动3项，累计销号1项；集中整改阶段4项中已销号1项。",
            f"截至{DAY}，研究出台相关文件1份，其中修订制定制度1个。",
        ],
        "issues": [
            f"截至{DAY}，反馈的2个方面3个问题，取得阶段性成果1个、正在整改2个。",
            "Measure 1。Done by day 5。",
            "Measure 3。Done by day 5。",
            f"该问题正在整改，截至{DAY}尚无经审核认可的整改结果。",
        ],
        "next": [
            f"截至{DAY}，尚有3项整改措施未销号，将按照整改时限和阶段目标继续推进。",
            "继续落实“Measure 2”。",
            "继续落实“Measure 3”，下一步：More。",
            "继续落实“Measure 4”。",
        ],
        "contact": [
            "欢迎广大干部群众对整改落实情况进行监督。如有意见建议，请向Department gy整改工作领导小组办公室反映。"
        ],
    }


def test_sentences_know_their_figures_and_their_rows(busy: World) -> None:
    rows = drafted(busy)
    measure = busy.measures[0]
    update = measure.progress.get()
    measures = next(row for row in rows if row.statistic == "measures")
    result = next(row for row in rows if row.issue_id == busy.issues[0].pk)
    assert measures.figures == {
        "measures": 4, "started": 3, "closed": 1, "concentrated": 4, "concentrated_closed": 1,
    }  # fmt: skip
    assert (result.sources, result.issue_number) == ([["measure", measure.pk], ["progress", update.pk]], 1)
    assert result.key == key_of(result) == ("issues", "", busy.issues[0].pk, ("measure", measure.pk))
    assert len({row.key for row in rows}) == len(rows)


def test_draft_of_an_earlier_day_says_what_was_known_then(busy: World) -> None:
    assert text_of(busy, "measures", day=4) == (
        "截至2025年3月7日，4项整改措施已启动0项，累计销号0项；集中整改阶段4项尚未销号。"
    )
    assert [row.text for row in drafted(busy, day=4) if row.statistic == "no_result"] != []
    assert [row for row in drafted(busy, day=4) if row.section == "issues" and row.sources] == []


def test_gaps_name_what_the_ledger_does_not_hold(past: World, busy: World) -> None:
    assert gaps(ReportKind.BULLETIN, drafted(busy)) == ["Issue 3 has no accepted result."]
    assert gaps(ReportKind.BULLETIN, drafted(past, day=1)) == [
        "No meeting is on record by that day.",
        "No document is on record by that day.",
        "Issues 1, 2, 3 have no accepted result.",
    ]
    assert gaps(ReportKind.HEAD, drafted(past, ReportKind.HEAD, day=1)) == [
        "No meeting is on record by that day.",
        "No measure is marked as a key task.",
        "The leading group has signed no closure by that day.",
    ]


def test_empty_campaign_has_little_to_say(past: World) -> None:
    past.campaign = factories.make_campaign(past)
    assert [row.statistic for row in drafted(past)] == ["lead", "contact"]
    assert [row.statistic for row in drafted(past, ReportKind.PROGRESS)] == ["lead", "no_difficulty"]
    assert [row.statistic for row in drafted(past, ReportKind.HEAD)] == ["lead"]
    assert gaps(ReportKind.BULLETIN, drafted(past))[0] == "The plan holds no measure by that day."


def test_progress_report_counts_by_area_and_tells_difficulties(busy: World) -> None:
    found = told(busy, ReportKind.PROGRESS)
    assert found["issues"][:2] == ["本方面整改措施3项，已销号1项。", "本方面整改措施1项，已销号0项。"]
    assert found["difficulties"] == [f"截至{DAY}，未销号措施经审核认可的进展中没有报告困难。"]
    assert list(found) == [code for code, _title in SECTIONS[ReportKind.PROGRESS]]


def test_difficulty_of_an_open_measure_is_told(past: World) -> None:
    row = past.measures[0]
    _liaison, head = factories.people_of(past, row)
    period = progress.period_to_report(row, row.lead_department_id, on=past.day(5))
    values = ProgressValues(done="Half", percent=50, difficulty="No money")
    update = progress.submit_progress(
        row, by=head, values=values, department=row.lead_department, period=period, at=past.at(5)
    )
    progress.accept_progress(update, by=past.office, at=past.at(6))
    factories.ready(past, past.measures[2])  # accepted, without a difficulty
    assert told(past, ReportKind.PROGRESS)["difficulties"] == ["“Measure 1”遇到的困难：No money。"]


def test_head_s_report_speaks_of_meetings_key_tasks_and_signatures(past: World) -> None:
    past.chief = factories.grant(past.chief, RoleCode.LEADER, past.court)
    own = factories.make_measure(past, is_key=True, lead_leader=past.chief)
    other = factories.make_measure(past, is_key=True)
    factories.ready(past, own)
    factories.measure_at(MeasureStatus.CLOSED, past, row=other)
    meet(past, MeetingKind.LEADING_GROUP)
    meet(past, MeetingKind.INSPECTION)
    found = told(past, ReportKind.HEAD)
    assert found["duty"] == [
        "先后组织召开领导小组会议1次，研究部署整改工作。",
        "2025年3月13日，Meeting。Go on。",
    ]
    assert found["tasks"] == [
        "列为重点任务的整改措施2项，已销号1项。",
        "由领导小组组长牵头的整改措施1项，已销号0项。",
        "Measure 5。Done by day 5。",
    ]
    assert found["signing"] == [f"截至{DAY}，领导小组组长审签销号申请1次，均签署同意。"]


def test_head_s_report_counts_what_was_sent_back(past: World) -> None:
    request = factories.closure_at(Stage.CHIEF, past)
    factories.approval.return_request(request, by=past.chief, note="No proof", at=past.at(10))
    assert text_of(past, "signatures", ReportKind.HEAD) == (
        f"截至{DAY}，领导小组组长审签销号申请1次，其中同意0次、退回1次。"
    )


def test_result_before_a_relapse_is_not_told(past: World) -> None:
    row = past.measures[0]
    factories.reopened(past, row=factories.measure_at(MeasureStatus.CLOSED, past, row=row), day=12)
    assert [s for s in drafted(past) if s.sources[:1] == [["measure", row.pk]] and s.section == "issues"] == []

    factories.mended(past, row, day=32)
    texts = [s.text for s in drafted(past, day=40) if s.sources[:1] == [["measure", row.pk]] and s.section == "issues"]
    assert texts == ["Measure 1。Done by day 32。"]


def test_result_of_an_assisting_department_does_not_speak_for_the_lead(past: World) -> None:
    row = past.measures[1]  # led by a, assisted by b
    period = progress.period_to_report(row, past.b.pk, on=past.day(5))
    update = progress.submit_progress(
        row, by=past.head_b, values=ProgressValues(done="Helped", percent=10), department=past.b, period=period,
        at=past.at(5),
    )  # fmt: skip
    progress.accept_progress(update, by=past.office, at=past.at(6))
    assert "Helped" not in str(drafted(past))


def test_phases_are_told_apart(past: World) -> None:
    factories.make_measure(past, phase=Phase.SUSTAINED, nature=Nature.STANDING, deadline=None, recheck_on=past.day(90))
    for row in past.campaign.measures.all():
        factories.ready(past, row)
    for row in past.measures:
        factories.close(past, row)
    assert text_of(past, "plan") == "针对反馈的2个方面3个问题制定整改措施5项，其中集中整改4项、持续深入整改1项。"
    assert text_of(past, "measures") == (
        f"截至{DAY}，5项整改措施已全部启动，累计销号4项；集中整改阶段4项已全部销号；持续深入整改阶段1项正在推进。"
    )
    assert text_of(past, "issues") == f"截至{DAY}，反馈的2个方面3个问题，整改到位2个、取得阶段性成果1个。"


def test_all_closed_is_said_so(past: World) -> None:
    for row in past.measures:
        factories.measure_at(MeasureStatus.CLOSED, past, row=row)
    assert text_of(past, "left") == f"截至{DAY}，4项整改措施已全部销号，将适时开展“回头看”。"
    assert [row for row in drafted(past) if row.section == "next" and row.sources] == []


def test_overdue_measures_are_owned_up_to(past: World) -> None:
    assert text_of(past, "overdue", ReportKind.PROGRESS, day=110) == (
        "截至2025年6月21日，有3项整改措施超过整改时限，将逐项督办。"
    )
    assert stated(past, "overdue", ReportKind.PROGRESS) is None


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([MeetingKind.INSPECTION], "领导小组办公室督查整改落实情况1次。"),
        (
            [MeetingKind.INSPECTION, MeetingKind.DISCIPLINE_REPORT],
            "领导小组办公室督查整改落实情况1次，党组听取驻院纪检监察组专题报告1次。",
        ),
        ([MeetingKind.PARTY_GROUP], ""),
    ],
)
def test_supervision_names_what_took_place(past: World, kinds: list[str], expected: str) -> None:
    for kind in kinds:
        meet(past, kind)
    assert text_of(past, "supervision") == expected


def test_documents_without_a_rule(past: World) -> None:
    document.record_document(
        past.campaign, serves=[], title="Letter", kind=DocumentKind.DOCUMENT, action=DocumentAction.NEW,
        issued_on=past.day(10), department=past.a, by=past.office, at=past.at(10),
    )  # fmt: skip
    assert text_of(past, "documents") == f"截至{DAY}，研究出台相关文件1份。"


def test_recommendations_and_their_answers(past: World) -> None:
    steps = {"by": past.office, "at": past.at(1)}
    plan.add_recommendation(past.campaign, answers=[], number=1, title="Advice", **steps)
    assert stated(past, "recommendations") is None
    plan.add_recommendation(past.campaign, answers=past.measures[:2], number=2, title="Advice", **steps)
    assert text_of(past, "recommendations") == "反馈提出的2条意见建议，其中1条有对应的整改措施。"
    first = Issue.objects.get(campaign=past.campaign, kind="recommendation", number=1)
    create(RecommendationLink, recommendation=first, measure=past.measures[0], **steps)
    assert text_of(past, "recommendations") == "反馈提出的2条意见建议，均有对应的整改措施。"


def test_recommendation_whose_measure_was_retired_has_no_answer(past: World) -> None:
    for number, measure in enumerate(past.measures[:2], start=1):
        plan.add_recommendation(
            past.campaign, answers=[measure], number=number, title="Advice", by=past.office, at=past.at(1)
        )
    amend.retire_measure(past.measures[0], by=past.office, note="Done elsewhere", at=past.at(10))
    assert text_of(past, "recommendations", day=9) == "反馈提出的2条意见建议，均有对应的整改措施。"
    assert text_of(past, "recommendations") == "反馈提出的2条意见建议，其中1条有对应的整改措施。"

    amend.retire_measure(past.measures[1], by=past.office, note="Done elsewhere", at=past.at(11))
    assert stated(past, "recommendations") is None


def test_lead_names_the_days_on_site_and_the_plan_its_approval(past: World) -> None:
    plan.approve_plan(past.campaign, on=past.day(2), by=past.office, at=past.at(2))
    campaign = factories.fresh(past.campaign)
    campaign.onsite_from, campaign.onsite_until = past.day(-60), past.day(-30)
    campaign.source, campaign.inspecting_body = SourceKind.AUDIT, "Group $1"
    store(campaign, by=past.office, at=past.at(3))
    past.campaign = campaign
    assert text_of(past, "lead") == (
        "2025年1月2日至2025年2月1日，Group $1对Department gy党组开展了审计，2025年3月3日反馈了意见。"
        f"现将整改进展情况通报如下，文中数据截至{DAY}。"
    )
    assert text_of(past, "plan").startswith("2025年3月5日审定整改方案，针对")
    assert text_of(past, "plan", day=1).startswith("针对")


def test_sentence_ends_once(past: World) -> None:
    factories.make_measure(past, text="Really? Yes!")
    assert "继续落实“Really? Yes!”。" in told(past)["next"]
    row = Meeting.objects.get(pk=meet(past, MeetingKind.LEADING_GROUP).pk)
    row.decisions = "Go on!"
    store(row, by=past.office, at=past.at(11))
    assert told(past, ReportKind.HEAD)["duty"][1].endswith("Meeting。Go on!")


# --- Against the ledger ------------------------------------------------------------------------------------


NOW = Drafted("截至2025年4月2日，83项措施销号73项。", "organisation", "measures", {"measures": 83, "closed": 73})


def sentence(**values: Any) -> ReportSentence:
    given: dict[str, Any] = {
        "pk": 1, "section": NOW.section, "statistic": NOW.statistic, "text": NOW.text, "drafted": NOW.text,
        "figures": NOW.figures,
    }  # fmt: skip
    return ReportSentence(**(given | values))


def test_untouched_sentence_is_sound() -> None:
    found = standings([sentence(), sentence(pk=2, statistic="plan")], [NOW])
    assert found == {1: Standing(NOW, False, ()), 2: Standing(None, True, ())}


def test_figure_that_moved_on_is_seen() -> None:
    moved = replace(NOW, text=NOW.text.replace("73", "74"), figures={"measures": 83, "closed": 74})
    assert standing(sentence(), moved).has_moved
    assert standing(sentence(), replace(NOW, figures={})).has_moved


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("83项措施中73项已销号。", ()),
        ("销号８３项中的７３ 项。", ()),
        ("73项措施销号83项，完成率88%。", ("88%",)),
        ("83项措施销号73个。", ("73个",)),
        ("措施八十三项，截至二〇二五年四月二日。", ()),
        ("措施八十四项。", ("八十四项",)),
        ("全部措施已销号。", ()),
        ("83项，83.5项，1.2万件，12000件", ("83.5项", "1.2万件", "12000件")),
        ("完成率达到百分之九十五", ("百分之九十五",)),
        ("先后检查七十余次，印发８３ 余项", ("七十余次", "83余项")),
        ("九成以上，三分之二已完成", ("九成", "三分之二")),
        ("约两千余件", ("两千余件",)),
    ],
)
def test_figures_of_nobody_are_named(text: str, foreign: tuple[str, ...]) -> None:
    assert standing(sentence(text=text), NOW).foreign == foreign


def test_telephone_number_is_no_figure() -> None:
    now = replace(NOW, statistic="contact", figures={})
    row = sentence(statistic="contact", figures={}, text="电话：000-0000000")
    assert standing(row, now) == Standing(now, False, ())


def test_sentences_are_counted_by_what_was_decided() -> None:
    settled = {"settled_at": timezone.now()}
    rows = [sentence(), sentence(is_released=True, **settled), sentence(**settled)]

    assert sentence_counts(rows, rows[:1]) == SentenceCounts(all=3, released=1, withheld=1, left=1)


def words_of(text: str) -> list[str]:
    return [figure.words for figure in figures_in(text)]


def test_figures_are_found_in_their_order() -> None:
    assert words_of("第三次会议 12 项、二十条，2025年") == ["三次", "12项", "二十条", "2025年"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("接通率只有六成，占近 ８ 成、8.5成，七成多", ["六成", "8成", "8.5成", "七成多"]),
        ("九成都已完成，三成立案，七成立行立改，三成案件", ["九成", "三成", "七成", "三成"]),
        ("由四成八升至七成六，五成二审案件", ["四成八", "七成六", "五成"]),
        ("百分之９５、百分之 百、百分百，万分之一，3分之2", ["百分之95", "百分之百", "百分百", "万分之一", "3分之2"]),
        ("七十多次，七十来次，七十几次，1.2万余件", ["七十多次", "七十来次", "七十几次", "1.2万余件"]),
        ("提高五个百分点", ["五个百分点"]),
    ],
)
def test_figures_in_the_words_of_a_paper(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "一部分，一分为二，十分重要，组成部分之一", "整改成果，成立专班，三成立，七成功，第三成员单位",
        "统一成册，一成不变，之一成为，三五成群", "统一多项标准，统一几项要求", "全部完成，成绩分明，成都",
    ],
)  # fmt: skip
def test_ordinary_words_are_no_figures(text: str) -> None:
    assert words_of(text) == []


@pytest.mark.parametrize(
    "same",
    [
        ["百分之九十五", "百分之９５", "95%", "95％", "950‰", "九成五", "9.5成", "二十分之十九"],
        ["百分之百", "百分百", "100%", "十成"],
        ["二〇二五年", "两千零二十五年", "2025年", "２０２５ 年"],
        ["一百零三项", "一〇三项", "103项"],
        ["一百一十项", "一百十项", "110项"],
        ["三点五万件", "三万五千件", "3.5万件", "35000件"],
        ["一万零五十件", "10050件"],
        ["一亿零五万元", "10005万元", "1.0005亿元"],
        ["5千万元", "五千万元", "0.5亿元"],
        ["七十余次", "70余次", "７０ 余次"],
    ],
)
def test_figures_are_the_same_by_their_value(same: list[str]) -> None:
    assert len({figure.value for words in same for figure in figures_in(words)}) == 1
    assert [len(figures_in(words)) for words in same] == [1] * len(same)


@pytest.mark.parametrize(
    "words",
    ["七八十次", "三四个", "一百五项", "一万五件", "亿万元", "5亿万元", "七八点五万件", "2025.4.2", "零分之三",
     f"{'9' * 5000}项", f"{'亿' * 5000}项"],
)  # fmt: skip
def test_figure_without_a_plain_value_is_its_words(words: str) -> None:
    assert [figure.value for figure in figures_in(words)] == [(words, "")]


def test_figure_has_a_value_and_a_counter() -> None:
    assert [figure.value for figure in figures_in("八十三项，九成，七十余次，百分之九十多")] == [
        (Fraction(83), "项"), (Fraction(9, 10), "%"), (Fraction(70), "余次"), (Fraction(9, 10), "%多"),
    ]  # fmt: skip


def test_share_that_the_ledger_has_counts_as_had_in_words() -> None:
    now = replace(NOW, text="接通率95%，合格率四成，检查70余次。")
    row = sentence(text="接通率百分之九十五，合格率40%，检查七十余次，超过九成。")
    assert standing(row, now).foreign == ("九成",)


@pytest.mark.parametrize("kind", [ReportKind.BULLETIN, ReportKind.PROGRESS, ReportKind.HEAD])
def test_drafted_sentences_state_their_own_figures_alone(busy: World, kind: str) -> None:
    """A person who adds words without a figure to a draft states nothing of nobody's."""
    for now in drafted(busy, kind):
        row = sentence(statistic=now.statistic, sources=now.sources, text=f"{now.text}特此说明。", drafted=now.text)
        assert standing(row, now).foreign == ()
        if now.figures:
            own = {Fraction(value) for value in now.figures.values()} | {Fraction(n) for n in (2025, 4, 2)}
            assert {figure.value[0] for figure in figures_in(now.text)} <= own


def test_key_of_rows(past: World) -> None:
    assert key_of(sentence(statistic="", sources=[["meeting", 3], ["x", 1]], figures={})) == (
        "organisation", "", None, ("meeting", 3),
    )  # fmt: skip
