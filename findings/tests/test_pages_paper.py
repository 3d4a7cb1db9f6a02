"""The lists of documents and meetings: their rows, the other list beside them, and why there is none."""

from collections.abc import Callable

import pytest
from django.test import Client

from findings.tests import factories
from findings.tests.factories import World

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
    assert 'class="empty' in read(f"{path}?on={world.day(9)}")
