"""The messages of events: who gets which, in which words, once."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError
from django.utils import timezone

from findings import notify
from findings.choices import MeasureStatus, MessageKind, MessageStatus, ProgressStatus
from findings.models import Message
from findings.notify import Draft
from findings.tests import factories
from findings.tests.factories import World


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("修订流程管理办法。", "修订流程管理办法。"),
        ("一二三四五六七八九十", "一二三四五六七八九十"),
        ("一二三四五六七八九十百", "一二三四五六七八九…"),
        ("一二三四五六七（八九十）百", "一二三四五六七…"),  # no bracket is left open without a word in it
        ("一二三四五（六七八九）十百", "一二三四五（六七…）"),
        ("落实“三个规定”填报、抽查制度", "落实“三个规定”填…"),
        ("对照“三重一大（含大额资金）”清单", "对照“三重一大…”"),
        ("一二三\n四五六七八，九十百", "一二三 四五六七八…"),
        ("一《二《三《四《五《六《七《八", "一《二《三…》》"),
    ],
)
def test_cut_says_that_a_text_goes_on_and_leaves_nothing_open(text: str, said: str) -> None:
    assert notify.cut(text, 10) == said


def test_short_is_one_line_of_at_most_sixty_characters() -> None:
    assert notify.short("整" * 60) == "整" * 60
    assert notify.short("整" * 61) == "整" * 59 + "…"


def test_write_keeps_the_first_of_a_key(world: World) -> None:
    now = timezone.now()
    facts = {"kind": MessageKind.REPORT, "key": "one", "link": "/", "at": now}

    assert notify.write(world.office, words=("First", "text"), **facts) is True
    assert notify.write(world.office, words=("Second", "text"), **facts) is False
    row = Message.objects.get()
    assert (row.subject, row.status, row.not_before, row.read_at) == ("First", MessageStatus.WAITING, now, None)


def test_write_of_a_past_day_is_born_delivered_and_read(world: World) -> None:
    at = timezone.now() - timedelta(days=2)

    notify.write(world.office, kind=MessageKind.REPORT, key="one", words=("a", "b"), link="/", at=at)

    row = Message.objects.get()
    assert (row.status, row.sent_at, row.read_at) == (MessageStatus.SENT, at, at)


def test_write_of_what_was_begun_before_midnight_is_sent(world: World) -> None:
    midnight = world.at(30, 0)
    with time_machine.travel(midnight, tick=False):
        facts = {"kind": MessageKind.REPORT, "words": ("a", "b"), "link": "/", "at": midnight - timedelta(minutes=1)}
        notify.write(world.office, key="one", **facts)

    assert Message.objects.get().status == MessageStatus.WAITING


def test_verbs_write_their_messages(past: World) -> None:
    factories.returned_closure(past, row=factories.ready(past, past.measures[0]))
    factories.climb(past, factories.extension_at("", past, row=factories.ready(past, past.measures[3])))
    factories.progress_at(ProgressStatus.RETURNED, past, row=past.measures[1])
    factories.reopened(past, row=factories.measure_at(MeasureStatus.CLOSED, past, row=past.measures[2]))

    found = Counter(Message.objects.values_list("recipient__username", "kind"))

    assert found == Counter({
        ("head_a", "sign"): 2, ("leader", "sign"): 2, ("office", "sign"): 3,
        ("head_b", "sign"): 1, ("other_leader", "sign"): 1, ("chief", "sign"): 1,
        ("liaison_a", "returned"): 2, ("head_a", "returned"): 1, ("liaison_a", "extended"): 1,
        ("liaison_b", "closed"): 1, ("liaison_b", "reopened"): 1, ("head_b", "reopened"): 1,
    })  # fmt: skip


# --- Many at once ------------------------------------------------------------------------------------------


def draft(world: World, key: str, **facts: object) -> Draft:
    return Draft(world.office, MessageKind.REPORT, key, "Subject", "Text", "/", **facts)


def test_write_all_writes_each_key_once(world: World) -> None:
    now = timezone.now()
    notify.write_all([draft(world, "one")], at=now)

    assert notify.write_all([draft(world, "one"), draft(world, "two", reason="r", channels="mail")], at=now) == 1
    assert notify.write_all([draft(world, "one"), draft(world, "two")], at=now) == 0
    assert notify.write_all([], at=now) == 0
    row = Message.objects.get(key="two")
    assert (row.reason, row.channels, row.not_before, row.status) == ("r", "mail", now, MessageStatus.WAITING)


def test_write_all_passes_on_another_fault(world: World) -> None:
    with pytest.raises(IntegrityError):
        notify.write_all([draft(world, "one"), Draft(world.office, None, "two", "", "", "/")], at=timezone.now())  # type: ignore[arg-type]
    assert Message.objects.count() == 0
