"""Every address is private unless it stands in the short list here, and garbage in one never breaks a page."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.exporting import CONTENT_TYPE
from findings.choices import MeasureStatus
from findings.tests import factories
from findings.tests.factories import World

PUBLIC = {"login", "logout", "set_language"}
SAMPLES = {"int": "1", "slug": "sample"}
GARBAGE = [
    "page=-1",
    "page=99999999999999999999",
    "on=2021-13-40",
    "q=%00",
    "status=zzz&light=x",
    "format=xml",
    "kind=%00",
]


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(name, address) of every route, with plain values for what an address holds."""
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, path)
        elif isinstance(entry, URLPattern):
            for name, converter in entry.pattern.converters.items():
                kind = "int" if "Int" in type(converter).__name__ else "slug"
                path = path.replace(f"<{kind}:{name}>", SAMPLES[kind])
            yield entry.name, f"/{path}"


ROUTES = sorted(patterns(get_resolver()))


def test_routes_are_found() -> None:
    assert {"my_work", "ledger", "measure_detail", "people_list", "security_log"} <= {name for name, _path in ROUTES}


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "path"), [row for row in ROUTES if row[0] not in PUBLIC])
def test_route_asks_the_stranger_to_sign_in(name: str, path: str, client: Client) -> None:
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("person", "queries"),
    [("office", GARBAGE), ("head_a", ["&".join(GARBAGE)]), ("sysadmin", ["&".join(GARBAGE)])],
)
def test_no_address_breaks_a_page(person: str, queries: list[str], world: World, client: Client) -> None:
    client.force_login(getattr(world, person))
    paths = [path.replace("/sample/", f"/{world.campaign.slug}/") for name, path in ROUTES if name != "logout"]
    broken = {
        f"{path}?{query}" for path in paths for query in queries if client.get(f"{path}?{query}").status_code >= 500
    }
    assert broken == set()


LISTS = {name for name, _path in ROUTES if name.endswith("_list")}
LISTS |= {"ledger", "my_work", "inbox", "signing", "data_checks", "ledger_import", "security_log"}


def test_every_list_is_a_file_at_the_same_address(world: World, client: Client) -> None:
    factories.measure_at(MeasureStatus.WAITING, world)
    found = set()
    for person in (world.office, world.sysadmin, world.secadmin, world.auditor):
        client.force_login(person)
        for name, path in ROUTES:
            address = path.replace("/sample/", f"/{world.campaign.slug}/")
            if name in LISTS and client.get(address).status_code == 200:
                answer = client.get(address, {"format": "xlsx", "page": "7"})
                assert answer.headers["Content-Type"] == CONTENT_TYPE, address
                found.add(name)
    assert found == LISTS
