"""The supervision notice: its steps, its numbers, who is told, and what no draft may say."""

from dataclasses import replace
from typing import Any

import pytest

from accounts import people
from accounts.models import Department
from accounts.roles import RoleCode
from accounts.tracked import StaleRow
from findings.choices import MessageKind, NoticeColour, NoticeStatus
from findings.models import Message, SupervisionNotice
from findings.tests import factories
from findings.tests.factories import (
    World,
    broken_records,
    fresh,
    last_entry,
    messages_to,
    moment,
    notice_at,
    open_steps,
)
from findings.workflow import plan, supervision
from findings.workflow.step import Denied
from findings.workflow.supervision import NOTICE, NOTICE_STEPS

pytestmark = pytest.mark.usefixtures("english")

S = NoticeStatus
OFFICE, HEAD, PEOPLE = {"office"}, {"head_a"}, {"head_a", "liaison_a"}
STEPS: dict[str, dict[str, set[str]]] = {
    S.DRAFT: {"issue": OFFICE, "edit": OFFICE, "withdraw": OFFICE},
    S.ISSUED: {"receive": PEOPLE},
    S.RECEIVED: {"reply": HEAD},
    S.REPLIED: {"conclude": OFFICE, "return_reply": OFFICE},
    S.CONCLUDED: {},
    S.WITHDRAWN: {},
}


@pytest.mark.parametrize("status", list(S))
def test_steps_by_status_and_person(past: World, status: str) -> None:
    row = notice_at(status, past)

    assert row.status == status
    assert open_steps(NOTICE_STEPS, past, row, past.day(14)) == STEPS[status]


def test_every_step_stands_in_the_matrix() -> None:
    assert {name for steps in STEPS.values() for name in steps} == set(NOTICE)


@pytest.mark.parametrize("status", list(S))
def test_closed_campaign_refuses_every_step(past: World, status: str) -> None:
    row = notice_at(status, past)
    plan.close_campaign(past.campaign, on=past.day(20), by=past.office, at=past.at(20))

    assert open_steps(NOTICE_STEPS, past, fresh(row), past.day(21)) == {}


# --- The way -------------------------------------------------------------------------------------------------


def test_draft_is_told_to_nobody(past: World) -> None:
    row = notice_at(S.DRAFT, past)

    assert (row.status, row.number, row.year, row.issued_on) == (S.DRAFT, None, 2025, None)
    assert str(row) == "draft of a notice"
    assert last_entry(row) == (past.office, "", past.at(10))
    assert not Message.objects.filter(kind=MessageKind.NOTICE).exists()
    assert broken_records() == []


def test_whole_life(past: World) -> None:
    row = notice_at(S.CONCLUDED, past)

    assert (row.number, row.year, row.issued_by, row.issued_on) == (1, 2025, past.office, past.day(11))
    assert str(row) == "notice 〔2025〕 no. 1"
    assert (row.received_by, row.received_at) == (past.liaison_a, past.at(12))
    assert (row.reply, row.replied_by, row.replied_at) == ("Done by Friday", past.head_a, past.at(13))
    assert (row.conclusion, row.concluded_by, row.concluded_at) == ("Good", past.office, past.at(14))
    assert last_entry(row) == (past.office, "", past.at(14))
    told = {name: messages_to(getattr(past, name)) for name in ("head_a", "liaison_a", "leader", "office", "head_b")}
    assert told == {
        "head_a": ["notice"] * 2, "liaison_a": ["notice"] * 2, "leader": ["notice"], "office": ["notice"], "head_b": [],
    }  # fmt: skip
    assert broken_records() == []


def test_messages_lead_to_the_notice(past: World) -> None:
    row = notice_at(S.REPLIED, past)

    first = Message.objects.get(recipient=past.leader)
    assert (first.kind, first.link, first.measure) == (MessageKind.NOTICE, f"/notices/{row.pk}/", past.measures[0])
    assert first.subject == "Supervision notice 〔2025〕1 for Department a, reply due 2025-03-18"
    assert first.body == "Please confirm receipt and reply by 2025-03-18: Hurry"
    assert Message.objects.get(recipient=past.office).body.endswith("return the reply: Done by Friday")


def test_notice_without_a_measure_is_told_to_the_department_alone(past: World) -> None:
    notice_at(S.ISSUED, past, measure=None)

    assert messages_to(past.leader) == []
    assert messages_to(past.head_a) == ["notice"]


def test_closed_account_of_the_lead_leader_is_not_told(past: World) -> None:
    people.set_active(past.leader, False, by=None)
    past.measures[0] = fresh(past.measures[0])

    notice_at(S.ISSUED, past)

    assert messages_to(past.leader) == []


def test_head_who_leads_the_measure_is_told_once(past: World) -> None:
    head = factories.grant(past.head_a, RoleCode.LEADER, past.court)
    row = factories.make_measure(past, lead_leader=head)

    notice_at(S.ISSUED, past, measure=row)

    assert messages_to(past.head_a) == ["notice"]


def test_withdrawn_draft_never_had_a_number(past: World) -> None:
    notice_at(S.WITHDRAWN, past)
    later = notice_at(S.ISSUED, past)

    assert later.number == 1
    assert sorted(SupervisionNotice.objects.values_list("number", flat=True), key=str) == [1, None]


def test_numbers_follow_each_other_by_campaign_and_year(past: World) -> None:
    numbers = [notice_at(S.ISSUED, past, day=day).number for day in (10, 20, 30)]
    other = factories.make_campaign(past)
    abroad = supervision.draft_notice(
        other, department=past.a, colour=NoticeColour.RED, text="Hurry", due_on=past.day(20), by=past.office,
        at=past.at(10),
    )  # fmt: skip
    next_year = moment(past.begin.replace(year=2026, month=1, day=5))
    late = notice_at(S.DRAFT, past, due_on=past.day(400))
    late = supervision.issue_notice(late, by=past.office, at=next_year)

    assert numbers == [1, 2, 3]
    assert supervision.issue_notice(abroad, by=past.office, at=past.at(11)).number == 1
    assert (late.year, late.number) == (2026, 1)


def test_returned_reply_is_answered_again(past: World) -> None:
    row = notice_at(S.REPLIED, past)
    with pytest.raises(Denied, match="give a reason") as caught:
        supervision.return_reply(row, by=past.office, note=" ", at=past.at(14))
    assert caught.value.field == "note"

    row = supervision.return_reply(row, by=past.office, note="Which Friday?", at=past.at(14))

    assert (row.status, row.return_reason, row.returned_count) == (S.RECEIVED, "Which Friday?", 1)
    assert (row.reply, row.replied_by, row.replied_at, row.due_on) == ("Done by Friday", None, None, past.day(15))
    assert last_entry(row) == (past.office, "Which Friday?", past.at(14))
    assert Message.objects.filter(subject__startswith="Returned", recipient=past.head_a).count() == 1
    row = supervision.reply_notice(row, reply="28 March", by=past.head_a, at=past.at(15))
    row = supervision.return_reply(row, by=past.office, note="Proof?", due_on=past.day(30), at=past.at(16))
    assert (row.returned_count, row.due_on) == (2, past.day(30))
    assert Message.objects.filter(subject__startswith="Returned", recipient=past.head_a).count() == 2
    assert broken_records() == []


def test_new_day_of_a_returned_reply_lies_ahead(past: World) -> None:
    row = notice_at(S.REPLIED, past)

    with pytest.raises(Denied, match="has gone by") as caught:
        supervision.return_reply(row, by=past.office, note="Which?", due_on=past.day(13), at=past.at(14))
    assert caught.value.field == "due_on"


@pytest.mark.parametrize(("status", "verb", "name"), [
    (S.RECEIVED, supervision.reply_notice, "reply"), (S.REPLIED, supervision.conclude_notice, "conclusion"),
])  # fmt: skip
def test_reply_and_conclusion_are_compulsory(past: World, status: str, verb: Any, name: str) -> None:
    row = notice_at(status, past)

    with pytest.raises(Denied, match="write what is to be said") as caught:
        verb(row, by=past.head_a if name == "reply" else past.office, at=past.at(14), **{name: " \x00"})
    assert caught.value.field == name
    assert fresh(row).status == status


# --- The draft -----------------------------------------------------------------------------------------------


def changed(world: World, row: SupervisionNotice, **values: Any) -> SupervisionNotice:
    given = {name: getattr(row, name) for name in ("department", "measure", "colour", "text", "due_on")}
    return supervision.edit_notice(row, version=row.version, by=world.office, at=world.at(11), **(given | values))


def test_draft_is_changed(past: World) -> None:
    row = changed(past, notice_at(S.DRAFT, past), department=past.b, measure=None, text=" At once ")

    assert (row.department, row.measure, row.text) == (past.b, None, "At once")


def test_second_editor_is_told(past: World) -> None:
    row = notice_at(S.DRAFT, past)
    changed(past, row, text="First")

    with pytest.raises(StaleRow):
        changed(past, row, text="Second")
    with pytest.raises(StaleRow):
        supervision.issue_notice(row, by=past.office, version=row.version, at=past.at(11))
    assert fresh(row).text == "First"


def test_sent_notice_is_not_changed(past: World) -> None:
    row = notice_at(S.ISSUED, past)

    with pytest.raises(Denied, match="Not possible while the state is “issued”"):
        changed(past, row, text="Other")


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"text": "  "}, "text", "write what is to be said"),
        ({"colour": "blue"}, "colour", "colour is not used here"),
        ({"colour": "none"}, "colour", "colour is not used here"),
        ({"due_on": 9}, "due_on", "has gone by"),
        ({"department": "lower_a"}, "department", "has no part in this campaign"),
    ],
)
def test_what_no_draft_may_say(past: World, values: dict[str, Any], field: str, words: str) -> None:
    values = {name: past.day(value) if isinstance(value, int) else value for name, value in values.items()}
    if "department" in values:
        values["department"] = getattr(past, values["department"])

    with pytest.raises(Denied, match=words) as caught:
        notice_at(S.DRAFT, past, **values)
    assert caught.value.field == field
    assert not SupervisionNotice.objects.exists()


def test_measure_of_another_campaign_is_refused(past: World) -> None:
    other = replace(past, campaign=factories.make_campaign(past))
    factories.make_plan(other)

    with pytest.raises(Denied, match="another campaign"):
        notice_at(S.DRAFT, past, measure=other.measures[0])


def test_department_of_another_court_that_takes_part_is_chased(past: World) -> None:
    row = factories.make_measure(past, assisting=[past.lower_a])

    assert notice_at(S.ISSUED, past, measure=row, department=past.lower_a).number == 1


def test_blue_notice_where_the_site_wants_it(past: World) -> None:
    past.campaign.blue_days = 30

    assert supervision.colours_of(past.campaign) == [NoticeColour.RED, NoticeColour.YELLOW, NoticeColour.BLUE]
    assert notice_at(S.DRAFT, past, colour="blue").colour == NoticeColour.BLUE


@pytest.mark.parametrize("name", ["chief", "leader", "inspector", "head_a", "stranger", "auditor"])
def test_only_the_office_drafts(past: World, name: str) -> None:
    past.office = getattr(past, name)

    with pytest.raises(Denied, match="issued by the rectification office"):
        notice_at(S.DRAFT, past)


def test_nothing_is_drafted_in_a_closed_campaign(past: World) -> None:
    past.campaign = plan.close_campaign(past.campaign, on=past.day(5), by=past.office, at=past.at(5))

    with pytest.raises(Denied, match="can only be read"):
        notice_at(S.DRAFT, past)


# --- Refusals ------------------------------------------------------------------------------------------------


def test_draft_whose_day_has_gone_by_is_not_issued(past: World) -> None:
    row = notice_at(S.DRAFT, past)

    with pytest.raises(Denied, match="The reply was to be due on 18 March; change the draft first"):
        supervision.issue_notice(row, by=past.office, at=past.at(16))


def test_department_without_a_head_is_not_chased(past: World) -> None:
    row = notice_at(S.DRAFT, past, department=make_headless(past), measure=None)

    with pytest.raises(Denied, match="Department c has no head who could reply"):
        supervision.issue_notice(row, by=past.office, at=past.at(11))


def make_headless(world: World) -> Department:
    return factories.make_department("c", world.at(0), parent=world.court)


def test_refusals_name_who_can_help(past: World) -> None:
    issued, received = notice_at(S.ISSUED, past), notice_at(S.RECEIVED, past)

    assert NOTICE["receive"].refusal(past.office, issued, past.day(14)) == (
        "Only Department a, to which the notice is addressed, can do this."
    )
    assert NOTICE["reply"].refusal(past.liaison_a, received, past.day(14)) == "The head of Department a replies."
