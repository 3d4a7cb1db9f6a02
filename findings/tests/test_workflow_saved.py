"""Columns and views that a person keeps."""

import pytest

from accounts.tracked import StaleRow
from findings.models import SavedView
from findings.tests import factories
from findings.tests.factories import World
from findings.workflow import saved
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")


def save(world: World, by: object = None, **values: object) -> SavedView:
    given = {"name": "Late ones", "query": "due=overdue", "columns": ["status"], "is_shared": False}
    return saved.save_view(world.campaign, "ledger", by=by or world.office, **(given | values))


def test_choose_columns_is_remembered_per_person_and_list(past: World) -> None:
    assert saved.choose_columns("ledger", [], by=past.office) is None
    saved.choose_columns("ledger", ["status", "goal"], by=past.office, at=past.at(3))
    row = saved.choose_columns("ledger", ["goal"], by=past.office, at=past.at(4))
    same = saved.choose_columns("ledger", ["goal"], by=past.office)

    assert (row.version, same.version) == (2, 2)
    assert factories.last_entry(row) == (past.office, "", past.at(4))
    assert list(SavedView.objects.values_list("person", "kind", "name", "columns")) == [
        (past.office.pk, "ledger", "", ["goal"])
    ]
    assert saved.choose_columns("ledger", [], by=past.office).columns == []


def test_save_view_keeps_filters_and_columns_under_a_name(past: World) -> None:
    row = save(past, name="  Late   ones ", is_shared=True)

    assert (row.name, row.query, row.columns, row.person, row.campaign) == (
        "Late ones", "due=overdue", ["status"], past.office, past.campaign,
    )  # fmt: skip
    assert factories.last_entry(row)[:2] == (past.office, "")


def test_shared_view_is_seen_by_who_sees_the_campaign_an_own_one_by_its_person(past: World) -> None:
    own, shared = save(past), save(past, name="For all", is_shared=True)

    def seen(name: str) -> list[SavedView]:
        return list(SavedView.objects.visible_to(past.everybody()[name]).order_by("pk"))

    assert (seen("office"), seen("liaison_b"), seen("chief")) == ([own, shared], [shared], [shared])
    assert (seen("stranger"), seen("sysadmin")) == ([], [])


@pytest.mark.parametrize(
    ("values", "sentence", "field"),
    [
        ({"name": " \n"}, "Give the view a name.", "name"),
        ({"name": "Mine"}, "You have a view “Mine” already.", "name"),
        ({"query": "q=" + "x" * 1000}, "These filters are too long to be kept.", ""),
    ],
)
def test_save_view_is_refused(past: World, values: dict, sentence: str, field: str) -> None:
    save(past, name="Mine")

    with pytest.raises(Denied) as refusal:
        save(past, **values)

    assert (str(refusal.value), refusal.value.field) == (sentence, field)


def test_save_view_needs_sight_of_the_campaign_and_ends_at_fifty(past: World) -> None:
    with pytest.raises(Denied, match="not in your sight"):
        save(past, by=past.stranger)
    for number in range(saved.MOST_VIEWS):
        save(past, name=f"View {number}")
    with pytest.raises(Denied, match="You have 50 views of this campaign"):
        save(past, name="Another")


def test_change_view_renames_and_shares_the_own_one(past: World) -> None:
    row, other = save(past), save(past, name="Other")

    changed = saved.change_view(row, by=past.office, name="Late", is_shared=True, version=1)

    assert (changed.name, changed.is_shared, changed.version) == ("Late", True, 2)
    with pytest.raises(StaleRow):
        saved.change_view(row, by=past.office, name="Later", is_shared=True, version=1)
    with pytest.raises(Denied, match="You have a view “Late” already"):
        saved.change_view(other, by=past.office, name="Late", is_shared=False)
    with pytest.raises(Denied, match="Only who saved a view changes it"):
        saved.change_view(row, by=past.chief, name="Theirs", is_shared=False)


def test_withdraw_view_takes_it_out_of_every_list_and_frees_its_name(past: World) -> None:
    row = save(past, is_shared=True)

    saved.withdraw_view(row, by=past.office)

    assert not SavedView.objects.visible_to(past.office).exists()
    with pytest.raises(Denied, match="This view has been withdrawn"):
        saved.withdraw_view(row, by=past.office)
    assert save(past).name == row.name
