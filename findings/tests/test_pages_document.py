"""The page of a document: who sees it, what the office does there, and two who correct it at once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from findings.forms.numbers import NumbersField
from findings.models import RuleDocument
from findings.tests.factories import World, fresh, last_entry
from findings.tests.pages import queries
from findings.workflow import document as documents
from findings.workflow import plan

pytestmark = pytest.mark.usefixtures("english")

ONLY_OFFICE = "Only the rectification office records documents and meetings; please send them to it."


@pytest.fixture
def go(world: World, client: Client) -> Callable[..., Any]:
    def ask(user: Any, path: str, data: dict | None = None) -> Any:
        client.force_login(user)
        return client.get(path) if data is None else client.post(path, data)

    return ask


def record(world: World, day: int = 4, **fields: Any) -> RuleDocument:
    given = {"title": f"Rule of day {day}", "kind": "rule", "action": "new", "department": world.b, "serves": [],
             "issued_on": world.day(day), "by": world.office, "at": world.at(day)}  # fmt: skip
    return documents.record_document(world.campaign, **(given | fields))


def filled(world: World, **changes: Any) -> dict[str, Any]:
    """What the form of a document sends."""
    return {
        "title": "Filing rule", "number": "No. 9", "kind": "rule", "action": "new", "replaces": "", "version": "0",
        "issued_on": world.day(5).isoformat(), "department": world.a.pk, "serves": "2、 4", "use_check_on": "",
        "note": "",
    } | changes  # fmt: skip


def resent(go: Callable, user: Any, path: str, **changes: Any) -> dict[str, Any]:
    """What an opened form sends back."""
    form = go(user, path).context["form"]
    return {field.html_name: "" if field.value() is None else field.value() for field in form} | changes


def of(row: RuleDocument, name: str = "") -> str:
    return f"/documents/{row.pk}/steps/{name}/" if name else f"/documents/{row.pk}/"


def test_document_detail_shows_what_it_serves_replaces_and_waits_for(world: World, go: Callable) -> None:
    old = record(world, 4, serves=[world.measures[0]], number="No. 1", use_check_on=world.day(20))
    new = record(world, 10, action="amended", replaces=old, title="Newer rule", use_check_on=world.day(20))

    page = go(world.office, of(new)).content.decode()
    for words in ("Newer rule", "Rule of day 4", of(old), "check of use missed", "still waiting for the rectification",
                  of(new, "check"), of(new, "edit"), of(new, "repeal"), "put the document on record"):  # fmt: skip
        assert words in page
    page = go(world.office, of(old)).content.decode()
    for words in ("Out of force since", of(new), "its place was taken by", "Measure 1", "measures that it serves"):
        assert words in page
    assert "check of use missed" not in page


def test_document_detail_is_for_who_sees_the_document(world: World, go: Callable, client: Client) -> None:
    row = record(world, serves=[world.measures[0]], department=world.b)
    for name in ("office", "chief", "leader", "inspector", "head_a", "liaison_b"):
        answer = go(world.everybody()[name], of(row))
        assert (answer.status_code, bool(answer.context["offers"])) == (200, name == "office")
        assert (ONLY_OFFICE in answer.content.decode()) == (name != "office")
    for name in ("stranger", "lower_head", "nobody", "sysadmin", "auditor"):
        assert go(world.everybody()[name], of(row)).status_code == 404
        assert go(world.everybody()[name], of(row, "edit")).status_code == 404
    assert client.post(of(row)).status_code == 405
    assert go(world.office, of(row, "burn")).status_code == 404
    # Department b drafted it, and does not see the measure of department a that it serves.
    page = go(world.head_b, of(row)).content.decode()
    assert "None that you see." in page
    assert "measures that it serves" not in page


def test_other_document_out_of_sight_is_not_named(world: World, go: Callable) -> None:
    old = record(world, 4, title="Secret rule")
    new = record(world, 6, action="amended", replaces=old, department=world.a)
    documents.edit_document(new, by=world.office, replaces=None, action="new")
    documents.edit_document(fresh(new), by=world.office, replaces=old, action="amended")
    assert "Secret rule" in go(world.office, of(new)).content.decode()
    assert "Secret rule" not in go(world.head_a, of(new)).content.decode()


def test_document_new(world: World, go: Callable) -> None:
    path = f"/campaigns/{world.campaign.slug}/documents/new/"
    old = record(world, 4)

    answer = go(world.office, path, filled(world, action="amended", replaces=old.pk))

    row = RuleDocument.objects.get(number="No. 9")
    assert answer.url == of(row)
    assert set(row.served.values_list("measure__number", flat=True)) == {2, 4}
    assert (row.replaces, fresh(old).repealed_on, last_entry(row)[0]) == (old, world.day(5), world.office)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"), ({"serves": "99"}, "serves"), ({"serves": "x"}, "serves"),
        ({"action": "x"}, "action"),
        ({"issued_on": "2099-01-01"}, "issued_on"), ({"issued_on": "9999-99-99"}, "issued_on"),
        ({"department": "77777"}, "department"), ({"replaces": "77777"}, "replaces"), ({"number": "No. 1"}, "number"),
        ({"title": "a\x00b"}, "title"),
    ],
)  # fmt: skip
def test_document_new_marks_what_is_wrong(world: World, go: Callable, changes: dict, field: str) -> None:
    record(world, number="No. 1")
    answer = go(world.office, f"/campaigns/{world.campaign.slug}/documents/new/", filled(world, **changes))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert RuleDocument.objects.count() == 1


def test_only_the_office_records_and_corrects(world: World, go: Callable, client: Client) -> None:
    row, new = record(world), f"/campaigns/{world.campaign.slug}/documents/new/"
    for user in (world.head_b, world.chief, world.inspector):
        assert go(user, new).status_code == 403
        assert go(user, new, filled(world)).status_code == 403
        assert go(user, of(row, "edit")).status_code == 403
        refused = go(user, of(row, "repeal"), {"on": "", "note": "x", "version": row.version})
        assert refused.context["form"].non_field_errors() == [ONLY_OFFICE]
    assert go(world.stranger, new).status_code == 404
    assert client.put(new).status_code == 405
    plan.close_campaign(world.campaign, on=world.day(10), by=world.office, at=world.at(10))
    assert go(world.office, new).status_code == 403
    assert (RuleDocument.objects.count(), fresh(row).version) == (1, row.version)


def test_document_is_corrected(world: World, go: Callable) -> None:
    row = record(world, serves=world.measures[:2])
    sent = resent(go, world.office, of(row, "edit"), title="Better", serves="1, 3-4", note="Slip")
    assert sent["department"] == world.b.pk

    assert go(world.office, of(row, "edit"), sent).url == of(row)

    active = row.served.filter(is_active=True).values_list("measure__number", flat=True)
    assert (fresh(row).title, set(active), last_entry(row)[1]) == ("Better", {1, 3, 4}, "Slip")
    page = go(world.office, of(row)).content.decode()
    for words in ("corrected the document", "Slip", "measures that it serves <del>1, 2</del> → <ins>1, 3, 4</ins>"):
        assert words in page


def test_second_editor_sees_both_texts_and_loses_none(world: World, go: Callable) -> None:
    row = record(world, serves=world.measures[:1])
    mine = resent(go, world.office, of(row, "edit"), title="Mine", serves="1, 2")
    documents.edit_document(row, by=world.office, title="Theirs", serves=world.measures[3:])

    answer = go(world.office, of(row, "edit"), mine)

    assert answer.status_code == 409
    assert [(found["theirs"], found["yours"]) for found in answer.context["form"].differences] == [
        ("Theirs", "Mine"), ("4", "1, 2"),
    ]  # fmt: skip
    page = answer.content.decode()
    for words in ("has changed this since you opened it", "Theirs", 'value="Mine"'):
        assert words in page
    assert fresh(row).title == "Theirs"
    again = resent_of(answer) | {"title": "Mine", "serves": "1, 2"}
    assert go(world.office, of(row, "edit"), again).status_code == 302
    assert fresh(row).title == "Mine"


def resent_of(answer: Any) -> dict[str, Any]:
    return {field.html_name: field.value() or "" for field in answer.context["form"]}


def test_document_is_taken_out_of_force_and_its_use_is_checked(world: World, go: Callable) -> None:
    row = record(world, use_check_on=world.day(20))
    sent = resent(go, world.office, of(row, "check"), finding="30 files read", next_on=world.day(300).isoformat())
    assert go(world.office, of(row, "check"), sent | {"finding": ""}).context["form"].errors.keys() == {"finding"}
    assert go(world.office, of(row, "check"), sent).url == of(row)
    row = fresh(row)
    assert (row.use_finding, row.use_check_on) == ("30 files read", world.day(300))
    page = go(world.office, of(row)).content.decode()
    for words in ("checked how the rule is used", "30 files read", "now waiting for the rectification office"):
        assert words in page

    sent = resent(go, world.office, of(row, "repeal"), on=world.day(30).isoformat(), note="Law changed")
    early = go(world.office, of(row, "repeal"), sent | {"on": world.day(3).isoformat()})
    assert early.context["form"].errors.keys() == {"on"}
    assert go(world.office, of(row, "repeal"), sent).url == of(row)
    stale = go(world.office, of(row, "repeal"), sent)
    assert (stale.status_code, fresh(row).repealed_on) == (409, world.day(30))
    assert go(world.office, of(row, "check"), resent(go, world.office, of(row, "check"), finding="x")).context[
        "form"].non_field_errors() == ["The document is not in force; its use is not checked any more."]  # fmt: skip
    sent = resent(go, world.office, of(row, "repeal"), on="", note="Wrong paper")
    assert go(world.office, of(row, "repeal"), sent).url == of(row)
    page = go(world.office, of(row)).content.decode()
    for words in ("took the document out of force", "Law changed", "put the document in force again"):
        assert words in page


def test_use_check_of_an_old_version_shows_both(world: World, go: Callable) -> None:
    row = record(world)
    sent = resent(go, world.office, of(row, "check"), finding="Mine")
    documents.check_use(row, on=world.day(39), finding="Theirs", by=world.office)
    answer = go(world.office, of(row, "check"), sent)
    assert answer.status_code == 409
    assert ("Theirs", "Mine") in [(found["theirs"], found["yours"]) for found in answer.context["form"].differences]


def test_document_page_costs_the_same_for_one_and_for_three_measures(world: World, client: Client) -> None:
    row = record(world, serves=world.measures[:1])
    few = queries(client, world.office, of(row))
    documents.edit_document(row, by=world.office, serves=world.measures, title="Other")
    assert queries(client, world.office, of(row)) == few


def test_measure_page_lists_documents_with_their_state(world: World, go: Callable) -> None:
    measure = world.measures[0]
    old = record(world, 4, serves=[measure])
    record(world, 10, action="amended", replaces=old, serves=[measure])
    rows = go(world.head_a, f"/measures/{measure.pk}/").context["documents"]
    assert [(row.document.title, row.in_force) for row in rows] == [("Rule of day 4", False), ("Rule of day 10", True)]
    page = go(world.head_a, f"/measures/{measure.pk}/").content.decode()
    assert of(old) in page
    assert "out of force since" in page


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("3、5，8-10", [3, 5, 8, 9, 10]), (" 3 ; 3,4 ", [3, 4]), ("1 至 3", [1, 2, 3]), ("", []), ("2—3。5", [2, 3, 5]),
        ("１２", [12]),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text: str, numbers: list[int]) -> None:
    assert NumbersField(required=False).clean(text) == numbers


@pytest.mark.parametrize("text", ["a", "0", "3-1", "1-300", "1,,x", "-", "1--2", "99999999", "1;" * 400])
def test_numbers_that_are_none(text: str) -> None:
    field = NumbersField(required=False)
    if text.startswith("1;"):
        assert field.clean(text) == [1]
    else:
        with pytest.raises(Exception, match="Write the numbers"):
            field.clean(text)
