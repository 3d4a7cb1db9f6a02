"""Plan out of a text: the page that proposes, what a person keeps of it, and the command that only reads."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from findings.choices import IssueKind
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
