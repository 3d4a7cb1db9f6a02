from datetime import UTC, datetime

import pytest

from accounts import people
from accounts.models import AuditEvent, Department, Membership, User
from accounts.people import Refused
from accounts.tests import factories
from accounts.tracked import StaleRow

THEN = datetime(2021, 3, 1, 1, 2, 3, tzinfo=UTC)


def last_event() -> tuple:
    return AuditEvent.objects.order_by("-id").values_list("action", "username", "subject").first()


def test_create_account_writes_history_and_log(sysadmin: User) -> None:
    made = people.create_account("new", name="某人", by=sysadmin, note="到任", at=THEN)
    row = made.history.get()
    assert (row.history_user, row.history_change_reason, row.history_date) == (sysadmin, "到任", THEN)
    assert made.date_joined == THEN
    assert made.must_change_password
    assert not made.has_usable_password()
    assert last_event() == ("account", "sysadmin", "new")


@pytest.mark.parametrize("username", ["SYSADMIN", "sysadmin", "", "a b", "x" * 151])
def test_create_account_refuses_a_bad_or_taken_name(sysadmin: User, username: str) -> None:
    with pytest.raises(Refused):
        people.create_account(username, name="某人", by=sysadmin)
    assert User.objects.count() == 1


def test_create_account_is_for_the_system_administrator(secadmin: User, head: User) -> None:
    for actor in (secadmin, head):
        with pytest.raises(Refused):
            people.create_account("new", name="某人", by=actor)


def test_change_account_records_what_changed(sysadmin: User, head: User) -> None:
    people.change_account(head, name="立案庭负责人", by=sysadmin, note="更正")
    newest = head.history.first()
    assert (newest.name, newest.history_user, newest.history_change_reason) == ("立案庭负责人", sysadmin, "更正")
    assert AuditEvent.objects.order_by("-id").first().detail == "name = 立案庭负责人: 更正"


def test_change_account_without_change_writes_nothing(sysadmin: User, head: User) -> None:
    before = head.history.count(), AuditEvent.objects.count()
    people.change_account(head, name=head.name, by=sysadmin)
    assert (head.history.count(), AuditEvent.objects.count()) == before


def test_change_account_refuses_a_stale_version(sysadmin: User, head: User) -> None:
    people.change_account(head, name="立案庭负责人", by=sysadmin, version=head.version)
    with pytest.raises(StaleRow) as stale:
        people.change_account(head, name="立案庭庭长", by=sysadmin, version=head.version)
    head.refresh_from_db()
    assert stale.value.row == head
    assert (head.name, head.version, head.history.first().version) == ("立案庭负责人", 2, 2)


def test_every_verb_on_an_account_raises_its_version(sysadmin: User, head: User) -> None:
    versions = []
    for act in (
        lambda: people.change_language(head, "en", by=head),
        lambda: people.reset_password(head, by=sysadmin),
        lambda: people.change_own_password(head, "Other-Paper-1", by=head),
        lambda: people.set_active(head, False, by=sysadmin),
        lambda: people.unlock(head, by=sysadmin),
    ):
        act()
        head.refresh_from_db()
        versions.append(head.version)
    assert versions == [2, 3, 4, 5, 5]


def test_change_account_refuses_a_bad_address(sysadmin: User, head: User) -> None:
    with pytest.raises(Refused):
        people.change_account(head, email="nowhere", by=sysadmin)


def test_reset_password_tells_it_once_and_asks_for_another(sysadmin: User, head: User) -> None:
    password = people.reset_password(head, by=sysadmin, note="遗忘")
    head.refresh_from_db()
    assert head.check_password(password)
    assert head.must_change_password
    assert last_event() == ("password", "sysadmin", "lat.head")
    assert password not in "".join(AuditEvent.objects.values_list("detail", flat=True))


def test_reset_password_is_not_for_oneself(sysadmin: User) -> None:
    with pytest.raises(Refused):
        people.reset_password(sysadmin, by=sysadmin)


def test_change_own_password_is_for_its_owner(sysadmin: User, head: User) -> None:
    with pytest.raises(Refused):
        people.change_own_password(head, "Other-Paper-1", by=sysadmin)
    people.reset_password(head, by=sysadmin)
    head = people.change_own_password(head, "Other-Paper-1", by=head)
    assert head.check_password("Other-Paper-1")
    assert not head.must_change_password


def test_change_language_is_on_record(head: User) -> None:
    assert people.change_language(head, "en", by=head).language == "en"
    assert head.history.first().history_user == head


def test_set_active_closes_and_opens(sysadmin: User, head: User) -> None:
    head = people.set_active(head, False, by=sysadmin)
    assert head.roles() == set()
    assert head.memberships.in_force().count() == 1
    assert people.set_active(head, True, by=sysadmin).roles() == {"head"}


def test_set_active_refuses_oneself_and_the_last_administrator(sysadmin: User, secadmin: User) -> None:
    for person in (sysadmin, secadmin):
        with pytest.raises(Refused):
            people.set_active(person, False, by=sysadmin)
    factories.person("second", "secadmin")
    assert not people.set_active(secadmin, False, by=sysadmin).is_active


def test_create_department_finds_its_court(sysadmin: User) -> None:
    lat = people.create_department("lat", name="立案庭", parent=factories.court(), by=sysadmin)
    group = people.create_department("lat1", name="一组", parent=lat, by=sysadmin)
    assert (lat.court, group.court, group.home_court_id) == (factories.court(), factories.court(), lat.court_id)
    assert lat.history.get().history_user == sysadmin
    assert last_event() == ("department", "sysadmin", "lat1 一组")


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "court"},
        {"kind": "court", "tier": "nowhere"},
        {"kind": "department"},
        {"kind": "department", "tier": "high", "parent": True},
        {"kind": "other", "parent": True},
        {"kind": "department", "parent": True, "code": "立案"},
        {"kind": "department", "parent": True, "code": "gy"},
    ],
)
def test_create_department_refuses_what_does_not_fit(sysadmin: User, fields: dict) -> None:
    fields = {"code": "new", "parent": None} | fields
    fields["parent"] = factories.court() if fields["parent"] else None
    with pytest.raises(Refused):
        people.create_department(fields.pop("code"), name="某部", by=sysadmin, **fields)
    assert Department.objects.count() == 1


def test_create_department_court_below_department_refused(sysadmin: User) -> None:
    with pytest.raises(Refused):
        people.create_department("zj", name="中院", kind="court", tier="basic", parent=factories.department(), by=None)


def test_change_department_keeps_tree_and_version(sysadmin: User) -> None:
    lat = factories.department()
    group = factories.department("lat1", "一组", parent=lat)
    people.change_department(lat, name="立案一庭", by=sysadmin, version=1)
    lat.refresh_from_db()
    assert (lat.name, lat.version) == ("立案一庭", 2)
    with pytest.raises(StaleRow) as stale:
        people.change_department(lat, name="立案二庭", by=sysadmin, version=1)
    assert stale.value.row.name == "立案一庭"
    with pytest.raises(Refused):
        people.change_department(lat, parent=group, by=sysadmin)
    with pytest.raises(Refused):
        people.change_department(lat, parent=factories.court("zy", "某中院", "intermediate"), by=sysadmin)
    with pytest.raises(TypeError):
        people.change_department(lat, code="other", by=sysadmin)


def test_change_department_without_change_writes_nothing(sysadmin: User) -> None:
    lat = factories.department()
    assert people.change_department(lat, name=lat.name, by=sysadmin).version == 1


def test_change_department_closes_only_an_empty_one(sysadmin: User, secadmin: User, head: User) -> None:
    lat = factories.department()
    with pytest.raises(Refused):
        people.change_department(lat, is_active=False, by=sysadmin)
    people.end_role(head.memberships.get(), by=secadmin)
    assert not people.change_department(lat, is_active=False, by=sysadmin).is_active
    with pytest.raises(Refused):
        people.create_department("lat1", name="一组", parent=Department.objects.get(code="lat"), by=sysadmin)
    with pytest.raises(Refused):
        people.grant_role(head, "head", lat, by=secadmin)


def test_grant_role_is_recorded(secadmin: User) -> None:
    person = factories.person("new")
    assert person.roles() == set()
    grant = people.grant_role(person, "liaison", factories.department(), by=secadmin, note="院发〔2021〕3号", at=THEN)
    assert person.roles() == {"liaison"}
    assert grant.created_at == THEN
    assert (grant.history.get().history_user, grant.history.get().history_change_reason) == (
        secadmin, "院发〔2021〕3号",
    )  # fmt: skip
    assert last_event() == ("grant", "secadmin", "new")


def test_grant_role_is_for_the_security_administrator(sysadmin: User, secadmin: User, head: User) -> None:
    person = factories.person("new")
    for actor in (sysadmin, head):
        with pytest.raises(Refused):
            people.grant_role(person, "liaison", factories.department(), by=actor)


def test_grant_role_nobody_grants_to_himself(secadmin: User, sysadmin: User) -> None:
    for actor in (secadmin, sysadmin):
        for role in ("office", "auditor", "secadmin"):
            with pytest.raises(Refused):
                people.grant_role(actor, role, factories.court(), by=actor)


@pytest.mark.parametrize("role", ["liaison", "head"])
def test_grant_role_departmental_only_at_a_department(secadmin: User, role: str) -> None:
    with pytest.raises(Refused):
        people.grant_role(factories.person("new"), role, factories.court(), by=secadmin)


@pytest.mark.parametrize("role", ["leader", "office", "chief", "inspector", "sysadmin", "secadmin", "auditor", "king"])
def test_grant_role_others_only_at_a_court(secadmin: User, role: str) -> None:
    with pytest.raises(Refused):
        people.grant_role(factories.person("new"), role, factories.department(), by=secadmin)


@pytest.mark.parametrize("first", ["sysadmin", "secadmin", "auditor", "office", "head"])
@pytest.mark.parametrize("second", ["sysadmin", "secadmin", "auditor"])
def test_grant_role_administrators_are_separate(db: None, first: str, second: str) -> None:
    if first == second:
        return
    person = factories.person("new", first)
    with pytest.raises(Refused):
        factories.grant(person, second)
    other = factories.person("other", second)
    with pytest.raises(Refused):
        factories.grant(other, first)


def test_grant_role_same_administrator_of_two_courts(sysadmin: User) -> None:
    factories.grant(sysadmin, "sysadmin", factories.court("zy", "某中院", "intermediate"))
    assert sysadmin.memberships.count() == 2


def test_grant_role_several_business_roles(db: None) -> None:
    assert factories.person("new", "leader", "chief").roles() == {"leader", "chief"}


def test_grant_role_twice_refused(head: User, secadmin: User) -> None:
    with pytest.raises(Refused):
        people.grant_role(head, "head", factories.department(), by=secadmin)


def test_grant_role_closed_account_refused(head: User, sysadmin: User, secadmin: User) -> None:
    people.set_active(head, False, by=sysadmin)
    with pytest.raises(Refused):
        people.grant_role(head, "liaison", factories.department(), by=secadmin)


@pytest.mark.parametrize("role", ["secadmin", "auditor"])
def test_grant_role_sysadmin_appoints_exactly_the_first(sysadmin: User, role: str) -> None:
    assert role in people.grantable(sysadmin)
    people.grant_role(factories.person("one"), role, factories.court(), by=sysadmin)
    assert role not in people.grantable(sysadmin)
    with pytest.raises(Refused):
        people.grant_role(factories.person("two"), role, factories.court(), by=sysadmin)


def test_grant_role_sysadmin_appoints_no_other(sysadmin: User) -> None:
    assert people.grantable(sysadmin) == ["secadmin", "auditor"]
    for role in ("office", "sysadmin"):
        with pytest.raises(Refused):
            people.grant_role(factories.person(), role, factories.court(), by=sysadmin)


def test_grantable_of_others_is_nothing(head: User, auditor: User) -> None:
    assert people.grantable(head) == people.grantable(auditor) == []


def test_end_role_keeps_the_row(secadmin: User, head: User) -> None:
    grant = head.memberships.get()
    people.end_role(grant, by=secadmin, note="调任", at=THEN)
    ended = Membership.objects.get(pk=grant.pk)
    assert ended.ended_at == THEN
    assert ended.history.count() == 2
    assert User.objects.get(pk=head.pk).roles() == set()
    with pytest.raises(Refused):
        people.end_role(grant, by=secadmin)
    people.grant_role(head, "head", factories.department(), by=secadmin)
    assert head.memberships.count() == 2


def test_end_role_is_for_the_security_administrator(sysadmin: User, head: User) -> None:
    with pytest.raises(Refused):
        people.end_role(head.memberships.get(), by=sysadmin)


def test_end_role_keeps_the_last_administrator(secadmin: User, auditor: User) -> None:
    for person in (secadmin, auditor):
        with pytest.raises(Refused):
            people.end_role(person.memberships.get(), by=secadmin)
    factories.person("second", "auditor")
    assert people.end_role(auditor.memberships.get(), by=secadmin).ended_at


def test_refused_verb_leaves_nothing(secadmin: User, head: User) -> None:
    before = AuditEvent.objects.count(), Membership.history.count()
    with pytest.raises(Refused):
        people.grant_role(head, "auditor", factories.court(), by=secadmin)
    assert (AuditEvent.objects.count(), Membership.history.count()) == before


@pytest.mark.parametrize("role", ["sysadmin", "secadmin", "auditor"])
def test_reset_password_of_an_administrator_is_for_no_other_one(sysadmin: User, role: str) -> None:
    other = factories.person("other", role)
    before = User.objects.get(pk=other.pk).password

    with pytest.raises(people.Refused, match="reset_password"):
        people.reset_password(other, by=sysadmin)

    assert User.objects.get(pk=other.pk).password == before
    assert people.reset_refusal(other, by=None) == ""
    password = people.reset_password(other, by=None)
    assert User.objects.get(pk=other.pk).check_password(password)


def test_reset_password_of_who_was_an_administrator_is_as_of_anybody(sysadmin: User) -> None:
    first, second = factories.person("first", "auditor"), factories.person("second", "auditor")
    people.end_role(first.memberships.get(), by=None)

    assert people.reset_password(first, by=sysadmin)
    assert people.reset_refusal(second, by=sysadmin)
