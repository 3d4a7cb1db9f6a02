"""Plan out of a text: the page that proposes, what a person keeps of it, and the command that only reads."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.tracked import store
from findings.choices import IssueKind, Nature
from findings.models import Area, Issue, Measure
from findings.tests.factories import World, broken_records
from findings.tests.test_commands import answer, refusal
from findings.tests.test_documents_draft import BULLETIN
from findings.workflow import plan

PLAN = """某某法院整改落实方案
巡视反馈意见整改。
一、思想建设方面
反馈问题一: 学习制度不健全。
整改措施:一是修订制度。二是抓好轮训。
牵头领导：Leader
责任部门：Department a、Department b
整改时限：%s
反馈问题二: 责任不落实。
整改措施：制定清单。
整改时限：尽快
"""


def address(world: World) -> str:
    return f"/campaigns/{world.campaign.slug}/draft/"


def everything(client: Client, world: World, text: str) -> dict[str, Any]:
    """The proposal of a text with all its ticks, as the page posts it."""
    tree = client.post(address(world), {"text": text}).context["tree"]
    names = [node.name for area in tree for node in [area, *area.below, *(m for i in area.below for m in i.below)]]
    return {"text": text, "take": "1", "keep": [name for name in names if name]}


@pytest.fixture
def office(client: Client, world: World) -> Client:
    client.force_login(world.office)
    return client


def test_plan_draft_shows_declared_beside_found(office: Client, world: World) -> None:
    page = office.post(address(world), {"text": BULLETIN})

    assert page.status_code == 200
    assert [(row["declared"], row["found"], row["differs"]) for row in page.context["compared"]] == [
        (2, 2, False), (3, 3, False), (5, 5, False), (2, 2, False),
    ]  # fmt: skip
    assert "首页 &gt; 公开" in page.content.decode()
    assert Area.objects.filter(campaign=world.campaign).count() == len({row.area_id for row in world.issues})


def test_plan_draft_takes_what_is_ticked(office: Client, world: World) -> None:
    sent = everything(office, world, BULLETIN)
    sent["keep"] = [name for name in sent["keep"] if name not in {"i2", "m1", "r2"}]
    sent["t-m2"] = "轮训 每人两次"
    sent["t-a1"] = "学习方面"

    page = office.post(address(world), sent)

    assert page.status_code == 302, page.context["keep"].errors
    area = Area.objects.get(title="学习方面")
    assert list(area.issues.values_list("title", flat=True)) == ["学习制度落实不严"]
    assert list(Measure.objects.filter(issue__area=area).values_list("text", flat=True)) == ["轮训 每人两次"]
    advice = Issue.objects.filter(kind=IssueKind.RECOMMENDATION, campaign=world.campaign)
    assert [(row.title, row.text) for row in advice] == [("坚持学习", "坚持学习。长期抓下去。")]
    assert broken_records() == []


def test_plan_draft_takes_an_issue_whose_measures_were_left_out(office: Client, world: World) -> None:
    before = Measure.objects.count()
    sent = everything(office, world, BULLETIN) | {"keep": ["a1", "i2"]}

    assert office.post(address(world), sent).status_code == 302
    assert Issue.objects.get(title="思想工作有差距").area.title == "学习贯彻方面"
    assert Measure.objects.count() == before


def test_plan_draft_reads_owners_and_deadlines_where_they_are_clear(office: Client, world: World) -> None:
    day = world.campaign.concentrated_until
    words = f"{day.year}年{day.month}月{day.day}日"
    leader = str(world.leader)
    text = (PLAN % words).replace("Leader", leader).replace("Department a", world.a.name)
    text = text.replace("Department b", world.b.name)

    office.post(address(world), everything(office, world, text))

    first, second, third = Measure.objects.filter(issue__area__title="思想建设方面").order_by("number")
    assert (first.lead_leader, first.lead_department, first.deadline) == (world.leader, world.a, day)
    assert [row.department for row in first.assisting.all()] == [world.b]
    assert (second.text, second.original_deadline) == ("抓好轮训。", day)
    assert (third.lead_department, third.deadline) == (None, None)


def test_plan_draft_goes_on_in_an_area_of_the_same_title(office: Client, world: World) -> None:
    known = plan.add_area(world.campaign, title="执行工作方面", by=world.office)

    office.post(address(world), everything(office, world, BULLETIN))

    assert Area.objects.filter(title="执行工作方面").get() == known
    assert known.issues.count() == 1


def test_plan_draft_saves_nothing_where_one_row_is_wrong(office: Client, world: World) -> None:
    before = Issue.objects.count()
    sent = everything(office, world, BULLETIN) | {"t-m5": " "}

    page = office.post(address(world), sent)

    assert page.status_code == 422
    assert Issue.objects.count() == before
    assert 'value="m5" ' in page.content.decode()


def test_plan_draft_wants_a_tick_and_after_approval_a_reason(office: Client, world: World) -> None:
    sent = everything(office, world, BULLETIN)
    nothing = office.post(address(world), sent | {"keep": []})
    assert (nothing.status_code, len(nothing.context["keep"].errors)) == (422, 1)

    plan.approve_plan(world.campaign, on=world.day(20), by=world.office, note="Approved")
    unexplained = office.post(address(world), sent)
    assert list(unexplained.context["keep"].errors) == ["note"]
    assert office.post(address(world), sent | {"note": "Late findings"}).status_code == 302


def test_plan_draft_says_when_a_text_is_none(office: Client, world: World) -> None:
    page = office.post(address(world), {"text": "今天天气不错。"})

    assert page.context["draft"].kind == "none"
    assert "今天天气不错。" in page.content.decode()


def test_plan_draft_reads_a_file_or_says_why_not(office: Client, world: World) -> None:
    read = office.post(address(world), {"file": SimpleUploadedFile("a.txt", BULLETIN.encode("gb18030"))})
    assert read.context["draft"].found["issues"] == 3
    broken = office.post(address(world), {"file": SimpleUploadedFile("a.docx", b"no archive")})
    assert (broken.status_code, list(broken.context["form"].errors)) == (422, ["file"])
    empty = office.post(address(world), {"text": " "})
    assert (empty.status_code, len(empty.context["form"].errors)) == (422, 1)


def test_plan_draft_is_the_offices(client: Client, world: World) -> None:
    for person, status in ((world.stranger, 404), (world.head_a, 403), (world.inspector, 403)):
        client.force_login(person)
        assert client.get(address(world)).status_code == status
    client.force_login(world.office)
    assert client.get(address(world)).status_code == 200
    assert client.put(address(world)).status_code == 405


# --- Values that are not understood ------------------------------------------------------------------------

UNCLEAR = """某某法院整改落实方案
一、队伍建设方面
（一）装备管理不规范
整改措施：
1.清点装备。
2.修订制度。
牵头领导：%(leader)s
牵头部门：%(place)s
整改时限：三个月内
（二）学习制度不健全
整改措施：
1.抓好轮训。
整改时限：长期坚持
（三）案件督办不力
整改措施：
1.逐案督办。
整改时限：立整立改
（四）档案管理不严
整改措施：
1.清理档案。
责任人：张三
整改时限：2027年1月
"""


@pytest.fixture
def unclear(world: World) -> str:
    """A plan whose lead department and leader are nearly those of the court."""
    world.a.name = "司法行政装备管理处"
    store(world.a, by=world.office)
    world.leader.name = "李建国"
    world.leader.save()
    return UNCLEAR % {"leader": "李建", "place": "司法行政装备处"}


def gaps_of(page: Any) -> list[list[str]]:
    return [[gap.words for gap in issue.gaps] for area in page.context["tree"] for issue in area.below]


@pytest.mark.usefixtures("english")
def test_plan_draft_marks_what_will_stay_empty(office: Client, world: World, unclear: str) -> None:
    page = office.post(address(world), {"text": unclear})

    assert gaps_of(page) == [["司法行政装备处", "李建", "三个月内"], [], [], ["2027年1月", "张三"]]
    body = page.content.decode()
    assert "<b>三个月内</b> will stay empty. A day is expected" in body
    assert 'name="n-department-司法行政装备处"' in body
    assert '<option value="司法行政装备管理处">' in body
    assert '<option value="李建国">' in body


@pytest.mark.usefixtures("english")
def test_plan_draft_says_how_many_values_were_left_empty(office: Client, world: World, unclear: str) -> None:
    page = office.post(address(world), everything(office, world, unclear), follow=True)

    rows = Measure.objects.filter(issue__area__title="队伍建设方面").order_by("number")
    assert [(row.lead_department, row.lead_leader, row.deadline, row.nature) for row in rows] == [
        (None, None, None, Nature.DATED), (None, None, None, Nature.DATED), (None, None, None, Nature.STANDING),
        (None, None, None, Nature.IMMEDIATE), (None, None, None, Nature.DATED),
    ]  # fmt: skip
    assert [str(message) for message in page.context["messages"]] == [
        "5 measures were added to the plan.",
        "5 values of the text could not be taken over and were left empty: "
        "司法行政装备处, 李建, 三个月内, 2027年1月, 张三",
    ]


def test_plan_draft_takes_the_known_name_that_was_chosen(office: Client, world: World, unclear: str) -> None:
    chosen = {"n-department-司法行政装备处": "司法行政装备管理处", "n-leader-李建": "李建国"}

    office.post(address(world), everything(office, world, unclear) | chosen)

    first = Measure.objects.get(text="清点装备。")
    assert (first.lead_department, first.lead_leader) == (world.a, world.leader)


def test_plan_draft_takes_no_other_name_than_those_proposed(office: Client, world: World, unclear: str) -> None:
    chosen = {"n-department-司法行政装备处": world.b.name, "n-leader-李建": "李建国", "t-m1": " "}

    page = office.post(address(world), everything(office, world, unclear) | chosen)

    assert page.status_code == 422
    assert gaps_of(page)[0] == ["司法行政装备处", "三个月内"]
    assert '<option value="李建国" selected>' in page.content.decode()


def test_plan_draft_takes_no_name_that_several_bear(office: Client, world: World, unclear: str) -> None:
    world.other_leader.name = "李建国"
    world.other_leader.save()

    page = office.post(address(world), everything(office, world, unclear) | {"n-leader-李建": "李建国", "t-m1": " "})

    assert gaps_of(page)[0] == ["司法行政装备处", "李建", "三个月内"]


def test_plan_draft_keeps_the_place_of_an_unknown_lead(office: Client, world: World) -> None:
    text = PLAN.replace("Department a", "不存在的部门").replace("Department b", world.b.name) % "2025年6月底"

    office.post(address(world), everything(office, world, text))

    first = Measure.objects.filter(issue__area__title="思想建设方面").order_by("number")[0]
    assert (first.lead_department, [row.department for row in first.assisting.all()]) == (None, [world.b])


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ("整改时限：立行立改，长期坚持", ["立行立改，长期坚持"]),
        ("整改时限：1999年12月31日", ["1999年12月31日"]),
        ("整改类型：长期坚持", []),
        ("整改类型：不明", ["不明"]),
        ("牵头领导：Leader、王五", ["王五"]),
    ],
)
def test_plan_draft_tells_each_value_that_an_import_would_refuse(
    office: Client, world: World, facts: str, words: list[str]
) -> None:
    facts = facts.replace("Leader", world.leader.name)
    text = f"巡视整改方案\n一、思想方面\n（一）制度不健全\n措施：修订。\n{facts}\n（二）责任不落实\n措施：制定。"

    page = office.post(address(world), {"text": text})

    assert gaps_of(page) == [words, []]


def test_plan_draft_tells_facts_that_no_measure_can_bear(office: Client, world: World) -> None:
    text = "巡视反馈意见\n一、思想方面\n（一）学习制度不健全\n责任部门：办公室\n（二）责任不落实\n个别人员推诿。"

    page = office.post(address(world), {"text": text})

    assert gaps_of(page) == [["办公室"], []]


# --- The command -------------------------------------------------------------------------------------------


def test_draft_plan_prints_the_tree(tmp_path: Path, db: None) -> None:
    file = tmp_path / "bulletin.txt"
    file.write_text(BULLETIN, encoding="utf-8")

    found = answer("draft_plan", str(file))

    assert (found["kind"], found["declared"], found["found"]) == (
        "plan", {"areas": 2, "issues": 3, "measures": 5, "recommendations": 2},
        {"areas": 2, "issues": 3, "measures": 5, "recommendations": 2},
    )  # fmt: skip
    assert found["tree"][0]["issues"][0]["measures"][0] == {"number": 1, "text": "修订学习制度。每季度检查一次。"}
    assert not Area.objects.exists()


def test_draft_plan_ends_well_on_a_text_that_is_none(tmp_path: Path, db: None) -> None:
    file = tmp_path / "weather.txt"
    file.write_text("今天天气不错。", encoding="utf-8")

    assert answer("draft_plan", str(file)) == {
        "kind": "none", "declared": {}, "found": {"areas": 0, "issues": 0, "measures": 0, "recommendations": 0},
        "tree": [], "recommendations": [], "unplaced": ["今天天气不错。"],
    }  # fmt: skip


@pytest.mark.usefixtures("english", "db")
def test_draft_plan_refuses_files_that_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    assert "Only .docx and .txt" in refusal("draft_plan", str(tmp_path / "a.pdf"))[1]
    assert "cannot be read" in refusal("draft_plan", str(tmp_path / "gone.txt"))[1]
