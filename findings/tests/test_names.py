"""Own names of roles, states and stages wherever the ledger says them, and in the files that it takes in."""

from io import BytesIO

import pytest
from celery.signals import task_prerun
from django.test import Client
from openpyxl import load_workbook

from accounts import names, naming
from findings.choices import MeasureStatus
from findings.documents.importer.parsing import Unclear, as_choice
from findings.tests import factories, workbooks
from findings.tests.factories import World
from rectify import tasks

OWN = {
    "MeasureStatus.not_started": ("尚未动手", "not yet begun"),
    "Stage.leader": ("挂帅领导", "leader in charge"),
    "RoleCode.head": ("庭室主官", "director of a division"),
    "NoticeColour.blue": ("浅蓝", "pale blue"),
}


@pytest.fixture
def named(world: World) -> World:
    for code, (zh, en) in OWN.items():
        naming.change_name(code, by=None, zh=zh, en=en)
    return world


def text_of(client: Client, world: World, path: str, language: str) -> str:
    client.force_login(world.office)
    client.post("/accounts/language/", {"language": language})
    return client.get(path).content.decode()


@pytest.mark.parametrize("place", [0, 1])
def test_pages_say_own_names_in_both_languages(client: Client, named: World, place: int) -> None:
    language = ("zh-hans", "en")[place]
    request = factories.closure_at("pending", named)
    status, stage, role, _colour = (words[place] for words in OWN.values())

    assert stage in text_of(client, named, f"/measures/{request.measure_id}/", language)
    assert status in text_of(client, named, f"/measures/{named.measures[1].pk}/", language)
    assert role in text_of(client, named, "/help/", language)
    assert status in text_of(client, named, "/help/", language)
    assert status in text_of(client, named, "/dashboard/", language)
    assert status in text_of(client, named, f"/campaigns/{named.campaign.slug}/ledger/", language)


@pytest.mark.parametrize(("language", "place"), [("zh-hans", 0), ("en", 1)])
def test_ledger_goes_out_under_own_names_and_comes_back_unchanged(named: World, language: str, place: int) -> None:
    content = workbooks.exported(named.campaign, language=language)

    sheet = load_workbook(BytesIO(content)).active
    statuses = {row[workbooks.column("ledger", "status") - 1].value for row in sheet.iter_rows(min_row=5)}

    assert statuses == {OWN["MeasureStatus.not_started"][place]}
    assert workbooks.nothing(workbooks.rehearsed(named, content))


@pytest.mark.parametrize("word", ["尚未动手", "NOT yet begun", "未启动", "not started", "not_started", "未开始"])
def test_status_cell_is_read_by_own_and_usual_words(word: str) -> None:
    names.put(
        {("MeasureStatus.not_started", "zh-hans"): "尚未动手", ("MeasureStatus.not_started", "en"): "not yet begun"}
    )

    assert as_choice(word, MeasureStatus) == MeasureStatus.NOT_STARTED


def test_status_cell_of_another_word_tells_the_own_ones(english: None) -> None:
    names.put({("MeasureStatus.not_started", "en"): "not yet begun"})

    with pytest.raises(Unclear, match="Allowed: not yet begun, in progress"):
        as_choice("asleep", MeasureStatus)


def test_job_begins_with_the_words_of_the_moment(world: World) -> None:
    naming.change_name("MeasureStatus.closed", by=None, zh="已办结", en="")
    names.put({})

    task_prerun.send(sender=tasks.prune_queue, task=tasks.prune_queue)

    assert names.own_words(MeasureStatus) == [("closed", "已办结")]
