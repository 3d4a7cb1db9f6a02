"""What a new notice says before anybody writes, and what one waits for."""

from datetime import timedelta

import pytest

from accounts.tracked import store
from findings.choices import NoticeColour, NoticeStatus, ProgressStatus
from findings.models import Measure, ProgressUpdate
from findings.tests import factories
from findings.tests.factories import World, fresh, notice_at
from findings.workflow import plan, supervision
from findings.workflow.notice_words import drafted_text, notice_outlook, suggested

pytestmark = pytest.mark.usefixtures("english")

S = NoticeStatus
OUTLOOK = {
    S.DRAFT: "Now waiting for the rectification office to issue it by 18 March, because it is a draft that Department a"
    " does not see yet.",
    S.ISSUED: "Now waiting for Department a to confirm receipt and to reply by 18 March, because Office issued it on "
    "14 March.",
    S.RECEIVED: "Now waiting for the head of Department a to reply by 18 March, because the notice was received on "
    "15 March.",
    S.REPLIED: "Now waiting for the rectification office to conclude or return it, because Head A replied on 16 March; "
    "the reply was due by 18 March.",
    S.CONCLUDED: "Concluded on 17 March; nothing is waited for.",
    S.WITHDRAWN: "The draft was given up; nothing is waited for.",
}


def with_excuse(row: Measure) -> Measure:
    return Measure.objects.with_excuse().get(pk=row.pk)


@pytest.mark.parametrize("status", list(S))
def test_outlook(past: World, status: str) -> None:
    assert notice_outlook(notice_at(status, past), past.day(14)) == OUTLOOK[status]


def test_outlook_of_a_returned_reply(past: World) -> None:
    row = supervision.return_reply(notice_at(S.REPLIED, past), by=past.office, note="Which Friday?", at=past.at(14))

    assert notice_outlook(row, past.day(14)) == (
        "Now waiting for the head of Department a to reply again by 18 March, because the reply was returned: Which "
        "Friday?."
    )


def test_outlook_in_a_closed_campaign(past: World) -> None:
    open_one, done = notice_at(S.ISSUED, past), notice_at(S.CONCLUDED, past)
    plan.close_campaign(past.campaign, on=past.day(20), by=past.office, at=past.at(20))

    assert (
        notice_outlook(fresh(open_one), past.day(21)) == "The campaign was closed on 23 March; nothing is waited for."
    )
    assert notice_outlook(fresh(done), past.day(21)) == OUTLOOK[S.CONCLUDED]


def test_suggestion_without_a_measure(past: World) -> None:
    assert suggested(None, past.day(0)) == {"colour": NoticeColour.YELLOW, "due_on": past.day(7)}  # Monday to Monday


def test_suggestion_for_an_overdue_measure(past: World) -> None:
    factories.progress_at(ProgressStatus.ACCEPTED, past, row=past.measures[0])
    on = past.day(120)

    found = suggested(with_excuse(past.measures[0]), on)

    assert (found["department"], found["colour"]) == (past.a, NoticeColour.RED)
    assert found["due_on"] == on + timedelta(days=7)
    assert found["text"] == (
        "Measure 1 “Measure 1” has come to 60%. Its deadline was 11 June; on 1 July it is 20 days overdue (working "
        "days: 14). The last progress, of 2025-03: Done by day 5. Please find out the cause, take steps and reply in "
        "writing by 8 July."
    )


def test_drafted_text_of_a_measure_in_time_and_of_one_without_a_day(past: World) -> None:
    in_time = drafted_text(with_excuse(past.measures[0]), past.day(20), past.day(10))
    standing = factories.make_measure(past, deadline=None)

    assert "Its deadline is 11 June. No progress has been reported. Please" in in_time
    assert "It has no deadline." in drafted_text(with_excuse(standing), past.day(20), past.day(10))
    assert suggested(with_excuse(standing), past.day(10))["colour"] == NoticeColour.YELLOW


def test_suggestion_cuts_long_words_visibly(past: World) -> None:
    text = "完善" * 58 + "（含执行监督）" + "机制" * 20
    row = factories.progress_at(ProgressStatus.SUBMITTED, past, row=factories.make_measure(past, text=text)).measure
    done = "已" * 190 + "“三个规定专项检查工作”" + "办" * 20
    amended = ProgressUpdate.objects.get(measure=row)
    amended.done = done
    store(amended, by=None)

    found = drafted_text(with_excuse(row), past.day(20), past.day(12))

    assert "完善（含…）”" in found
    assert "已“三个规定专项检…”" in found
