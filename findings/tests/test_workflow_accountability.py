"""Accountability: who records and corrects it, and what no record may say."""

from dataclasses import replace
from typing import Any

import pytest

from accounts.models import User
from accounts.tracked import StaleRow
from findings.choices import AccountabilityKind
from findings.models import Accountability
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh, last_entry
from findings.workflow import plan
from findings.workflow.accountability import accountability_refusal, amend_accountability, record_accountability
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")


def record(world: World, by: User | None = None, day: int = 10, **values: Any) -> Accountability:
    given = {
        "department": world.a, "measure": world.measures[0], "kind": AccountabilityKind.TALK, "persons": 2,
        "decided_on": world.day(9), "reason": " False report ",
    }  # fmt: skip
    return record_accountability(world.campaign, by=by or world.office, at=world.at(day), **(given | values))


def amend(world: World, row: Accountability, note: str = "Miscounted", **values: Any) -> Accountability:
    given = {name: getattr(row, name) for name in ("department", "measure", "kind", "persons", "decided_on", "reason")}
    return amend_accountability(
        row, version=row.version, by=world.chief, note=note, at=world.at(11), **(given | values)
    )  # fmt: skip


def test_record(past: World) -> None:
    row = record(past)

    assert (row.reason, row.persons, row.campaign) == ("False report", 2, past.campaign)
    assert last_entry(row) == (past.office, "", past.at(10))
    assert broken_records() == []


def test_record_without_a_measure(past: World) -> None:
    assert record(past, by=past.chief, measure=None).measure is None


def test_office_and_chief_keep_the_records(past: World) -> None:
    able = {
        name for name, user in past.everybody().items() if not accountability_refusal(user, past.campaign, past.day(10))
    }

    assert able == {"office", "chief"}
    with pytest.raises(Denied, match="recorded by the rectification office or the head of the leading group"):
        record(past, by=past.inspector)


def test_closed_campaign_is_only_read(past: World) -> None:
    past.campaign = plan.close_campaign(past.campaign, on=past.day(9), by=past.office, at=past.at(9))

    with pytest.raises(Denied, match="can only be read"):
        record(past)


def test_amend_keeps_what_stood_there(past: World) -> None:
    row = amend(past, record(past), persons=3)

    assert (row.persons, [past.persons for past in row.history.order_by("history_id")]) == (3, [2, 3])
    assert last_entry(row) == (past.chief, "Miscounted", past.at(11))
    assert broken_records() == []


def test_amend_needs_a_reason_and_the_newest_version(past: World) -> None:
    row = record(past)
    with pytest.raises(Denied, match="give a reason"):
        amend(past, row, note="")
    amend(past, row, persons=3)

    with pytest.raises(StaleRow):
        amend(past, row, persons=4)
    assert fresh(row).persons == 3


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"reason": " "}, "reason", "write what is to be said"),
        ({"persons": 0}, "persons", "At least one person"),
        ({"decided_on": 11}, "decided_on", "lies in the future"),
        ({"department": "lower_a"}, "department", "has no part in this campaign"),
    ],
)
def test_what_no_record_may_say(past: World, values: dict[str, Any], field: str, words: str) -> None:
    if "decided_on" in values:
        values = {"decided_on": past.day(values["decided_on"])}
    if "department" in values:
        values = {"department": getattr(past, values["department"])}

    with pytest.raises(Denied, match=words) as caught:
        record(past, **values)
    assert caught.value.field == field


def test_measure_of_another_campaign_is_refused(past: World) -> None:
    other = replace(past, campaign=factories.make_campaign(past))
    factories.make_plan(other)

    with pytest.raises(Denied, match="another campaign"):
        record(past, measure=other.measures[0])
