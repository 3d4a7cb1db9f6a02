from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import people
from accounts.models import Department, Membership, User
from accounts.tests import factories
from accounts.tracked import GuardedWrite, StaleRow, create, end_of, locked, store

DAYS = [date(2021, 3, 1), date(2021, 3, 2), date(2021, 3, 3)]


def noon(on: date) -> datetime:
    return timezone.make_aware(datetime(on.year, on.month, on.day, 12))


@pytest.fixture
def lat(db: None) -> Department:
    court = people.create_department("gy", name="院", kind="court", tier="high", by=None, at=noon(DAYS[0]))
    lat = people.create_department("lat", name="立案庭", parent=court, by=None, at=noon(DAYS[0]))
    return people.change_department(lat, name="立案一庭", by=None, at=noon(DAYS[2]))


@pytest.mark.parametrize("model", [Department, Membership])
@pytest.mark.parametrize("method", ["update", "delete", "bulk_create", "bulk_update"])
def test_guarded_queryset_refuses(db: None, model: type, method: str) -> None:
    arguments = [[]] if method.startswith("bulk") else []
    with pytest.raises(GuardedWrite):
        getattr(model.objects.all(), method)(*arguments)


def test_guarded_row_refuses_save_create_and_delete(lat: Department) -> None:
    with pytest.raises(GuardedWrite):
        lat.save()
    with pytest.raises(GuardedWrite):
        lat.delete()
    with pytest.raises(GuardedWrite):
        Department.objects.create(code="x", name="x", kind="court", tier="high")


def test_at_gives_the_rows_of_a_past_day(lat: Department) -> None:
    names = [list(Department.objects.at(on).filter(code="lat").values_list("name", flat=True)) for on in DAYS]
    assert names == [["立案庭"], ["立案庭"], ["立案一庭"]]
    assert list(Department.objects.at(DAYS[0] - timedelta(days=1))) == []
    assert Department.objects.at(timezone.localdate()).get(code="lat") == lat


def test_at_counts_a_row_once_when_two_changes_share_an_instant(lat: Department) -> None:
    people.change_department(lat, name="再改", by=None, at=noon(DAYS[2]))
    assert list(Department.objects.at(DAYS[2]).filter(code="lat").values_list("name", flat=True)) == ["再改"]


def test_at_of_history_rows_is_themselves(lat: Department) -> None:
    rows = Department.objects.at(DAYS[1])
    assert list(rows.at(DAYS[1])) == list(rows)


def test_end_of_is_midnight_in_the_zone_of_the_site() -> None:
    assert end_of(date(2021, 7, 31)) == datetime(2021, 7, 31, 16, tzinfo=UTC)


def test_store_leaves_no_reason_behind(lat: Department, sysadmin: User) -> None:
    lat.name = "某庭"
    store(lat, by=sysadmin, note="缘由", at=noon(DAYS[2]))
    lat.name = "另庭"
    store(lat, by=None)
    newest = lat.history.first()
    assert (newest.history_user, newest.history_change_reason) == (None, "")
    assert newest.history_date > noon(DAYS[2])


def test_store_failed_leaves_the_guard_up(lat: Department) -> None:
    lat.kind = "nothing"
    with pytest.raises(IntegrityError), transaction.atomic():
        store(lat, by=None)
    with pytest.raises(GuardedWrite):
        lat.save()


def test_create_gives_version_and_instant(db: None) -> None:
    court = create(Department, code="x", name="x", kind="court", tier="high", by=None, at=noon(DAYS[0]))
    assert (court.version, court.created_at) == (1, noon(DAYS[0]))


def test_locked_refuses_a_stale_version(lat: Department) -> None:
    assert locked(lat, version=2) == lat
    with pytest.raises(StaleRow) as stale:
        locked(lat, version=1)
    assert stale.value.row.version == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "court", "tier": ""},
        {"kind": "department", "tier": "high"},
        {"kind": "department", "tier": ""},
        {"kind": "other", "tier": "high"},
    ],
)
def test_department_tier_is_constrained(db: None, fields: dict) -> None:
    with pytest.raises(IntegrityError, match="department_tier"), transaction.atomic():
        create(Department, code="x", name="x", by=None, **fields)


def test_department_parent_is_constrained(lat: Department) -> None:
    lat.parent = lat
    with pytest.raises(IntegrityError, match="department_parent"), transaction.atomic():
        store(lat, by=None)


def test_membership_once_is_constrained(head: User) -> None:
    grant = head.memberships.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        create(Membership, person=head, department=grant.department, role="head", by=None)


def test_membership_role_is_constrained(head: User) -> None:
    with pytest.raises(IntegrityError, match="membership_role"), transaction.atomic():
        create(Membership, person=head, department=factories.court(), role="king", by=None)


def test_history_of_accounts_holds_no_password(head: User) -> None:
    with connection.cursor() as cursor:
        columns = {c.name for c in connection.introspection.get_table_description(cursor, "accounts_historicaluser")}
    assert "password" not in columns
