"""Who a user is to a court, a department, a measure: every predicate for every person of the cast."""

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts import people
from accounts.models import User
from accounts.roles import RoleCode
from findings import access
from findings.tests import factories
from findings.tests.factories import World

DEPARTMENTS = {
    "head_a": {"a"}, "liaison_a": {"a"}, "head_b": {"b"}, "liaison_b": {"b"}, "lower_head": {"lower_a"},
}  # fmt: skip
COURTS = {
    "office": {"court"}, "chief": {"court"}, "leader": {"court"}, "other_leader": {"court"}, "inspector": {"court"},
    "stranger": {"lower"},
}  # fmt: skip


def ids(world: World, names: set[str]) -> set[int]:
    return {getattr(world, name).pk for name in names}


def test_places_of_everybody(past: World) -> None:
    for name, person in past.everybody().items():
        assert access.departments_of(person) == ids(past, DEPARTMENTS.get(name, set())), name
        assert access.courts_of(person) == ids(past, COURTS.get(name, set())), name


def test_places_by_role(past: World) -> None:
    assert access.departments_of(past.head_a, {RoleCode.HEAD}) == {past.a.pk}
    assert access.departments_of(past.liaison_a, {RoleCode.HEAD}) == set()
    assert access.courts_of(past.office, {RoleCode.CHIEF}) == set()
    assert access.courts_of(past.chief, {RoleCode.CHIEF}) == {past.court.pk}


def facts(user: User, world: World) -> set[str]:
    """The predicates that hold for the user at department a, its court and its measure."""
    a, court, row = world.a.pk, world.court.pk, world.measures[0]
    found = {
        "head": access.is_head_of(user, a),
        "member": access.is_member_of(user, a),
        "lead": access.is_lead_of(user, row),
        "office": access.is_office_of(user, court),
        "inspector": access.is_inspector_of(user, court),
        "chief": access.has_role_at(user, RoleCode.CHIEF, court),
    }
    return {name for name, holds in found.items() if holds}


def test_predicates_of_everybody(past: World) -> None:
    expected = {
        "office": {"office"}, "chief": {"chief"}, "leader": {"lead"}, "inspector": {"inspector"},
        "head_a": {"head", "member"}, "liaison_a": {"member"},
    }  # fmt: skip

    found = {name: facts(person, past) for name, person in past.everybody().items()}

    assert {name: held for name, held in found.items() if held} == expected


def test_several_roles_add_up(past: World) -> None:
    person = factories.grant(past.head_a, RoleCode.LIAISON, past.b)
    person = factories.grant(person, RoleCode.OFFICE, past.court)

    assert access.departments_of(person) == {past.a.pk, past.b.pk}
    assert facts(person, past) == {"head", "member", "office"}


@pytest.mark.parametrize("name", ["office", "head_a", "liaison_a", "leader", "inspector"])
def test_closed_account_is_nobody(past: World, name: str) -> None:
    person = getattr(past, name)
    people.set_active(person, False, by=None)
    person = factories.fresh(person)

    assert facts(person, past) == set()
    assert (access.departments_of(person), access.courts_of(person)) == (set(), set())


def test_ended_role_is_no_role(past: World) -> None:
    people.end_role(past.head_a.memberships.get(), by=None)

    assert facts(factories.fresh(past.head_a), past) == set()


def test_anonymous_visitor_is_nobody(past: World) -> None:
    visitor = AnonymousUser()

    assert (access.departments_of(visitor), access.courts_of(visitor)) == (set(), set())
