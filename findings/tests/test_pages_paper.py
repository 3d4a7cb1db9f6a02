"""The lists of documents and meetings: their rows, the other list beside them, and why there is none."""

from collections.abc import Callable

import pytest
from django.test import Client

from findings.tests import factories
from findings.tests.factories import World
from findings.tests.pages import get, queries, sheet_of
from findings.workflow.document import record_document

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def read(world: World, client: Client) -> Callable[[str], str]:
    client.force_login(world.office)
    return lambda rest: client.get(f"/campaigns/{world.campaign.slug}/{rest}").content.decode()


@pytest.mark.parametrize(
    ("path", "kind", "other", "words"),
    [
        ("documents/", "rule", "document", ("Rule 1", "No. 1", "Department a", "drafted by")),
        ("meetings/", "party_group", "leading_group", ("Meeting", "held on", "decisions")),
    ],
)
def test_papers_by_kind_and_day(
    world: World, read: Callable[[str], str], path: str, kind: str, other: str, words: tuple[str, ...]
) -> None:
    empty = read(path)
    assert 'class="empty' in empty
    factories.papers(world, world.measures[0])

    for found in (read(path), read(f"{path}?kind={kind}")):
        assert [word for word in words if word not in found] == []
        assert f'{path}" aria-current="page"' in found
        assert found.count("aria-current") == empty.count("aria-current")
    assert "of this kind" in read(f"{path}?kind={other}")
    assert f"{path}new/" in read(path)
    assert f"{path}new/" not in read(f"{path}?on={world.day(12)}")
    assert 'class="empty' in read(f"{path}?on={world.day(9)}")


def test_documents_by_state(world: World, client: Client) -> None:
    given = {"by": world.office, "kind": "rule", "serves": [], "department": world.a}
    old = record_document(world.campaign, title="Old", action="new", issued_on=world.day(4), at=world.at(4), **given)
    record_document(world.campaign, title="New", action="amended", replaces=old, issued_on=world.day(10),
                    use_check_on=world.day(20), at=world.at(10), **given)  # fmt: skip
    record_document(world.campaign, title="Gone", action="repealed", issued_on=world.day(12), at=world.at(12), **given)

    def titles(query: str) -> list[str]:
        rows = get(client, world.leader, f"/campaigns/{world.campaign.slug}/documents/?{query}").context["rows"]
        return [row.document.title for row in rows]

    assert titles("") == ["Gone", "New", "Old"]
    assert titles("state=in_force") == ["New"]
    assert titles("state=repealed") == ["Gone", "Old"]
    assert titles("state=check_missed") == ["New"]
    assert titles(f"state=in_force&on={world.day(9)}") == ["Old"]
    assert titles(f"state=check_missed&on={world.day(20)}") == []
    assert titles("state=lost") == ["Gone", "New", "Old"]
    sheet = sheet_of(
        get(client, world.leader, f"/campaigns/{world.campaign.slug}/documents/?state=repealed&format=xlsx")
    )
    assert [(row[1], row[6]) for row in sheet[1:]] == [("Gone", "out of force"), ("Old", "out of force")]
    meetings = get(client, world.leader, f"/campaigns/{world.campaign.slug}/meetings/?format=xlsx")
    assert sheet_of(meetings)[0][:2] == ("held on", "kind")


def test_document_list_costs_the_same_for_few_and_for_many(world: World, client: Client) -> None:
    path = f"/campaigns/{world.campaign.slug}/documents/"
    given = {"by": world.office, "kind": "rule", "serves": [], "action": "new", "issued_on": world.day(4)}
    record_document(world.campaign, title="0", department=world.a, **given)
    few = queries(client, world.office, path)
    for number in range(3):
        record_document(world.campaign, title=str(number), department=world.b, **given)
    assert queries(client, world.office, path) == few
