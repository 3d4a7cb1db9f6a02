from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection, transaction

from accounts import chain, people
from accounts.models import AuditEvent, ChainHead, Department, Link, LinkShape, Membership, User
from accounts.tests import factories
from accounts.tracked import drifted

WATCHED = (AuditEvent, User.history.model, Membership.history.model, Department.history.model)


def sql(text: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def broken() -> list[str]:
    return chain.verify(WATCHED).broken


def test_verify_whole_chain(head: User) -> None:
    verdict = chain.verify(WATCHED)
    assert verdict.broken == []
    assert verdict.rows == Link.objects.count() > 5
    assert verdict.head == chain.head() == Link.objects.order_by("-sequence").first().digest
    assert chain.is_on_chain(verdict.head)
    assert not chain.is_on_chain("f" * 64)


def test_verify_empty_chain(db: None) -> None:
    assert chain.verify(WATCHED) == chain.Verdict(0, chain.GENESIS, [])
    assert chain.is_on_chain(chain.head())


TAMPERED: dict[str, tuple[Callable[[User], tuple], str]] = {
    "history altered": (
        lambda p: ("UPDATE accounts_historicaluser SET name = 'x' WHERE id = %s", p.pk),
        "accounts_historicaluser:{history} row altered",
    ),
    "history deleted": (
        lambda p: ("DELETE FROM accounts_historicaluser WHERE id = %s", p.pk),
        "accounts_historicaluser:{history} row missing",
    ),
    "log altered": (
        lambda p: ("UPDATE accounts_auditevent SET subject = 'x' WHERE id = %s", AuditEvent.objects.latest("id").pk),
        "accounts_auditevent:{event} row altered",
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_verify_names_a_touched_row(head: User, name: str) -> None:
    statement, expected = TAMPERED[name]
    expected = expected.format(history=head.history.first().history_id, event=AuditEvent.objects.latest("id").pk)
    sql(*statement(head))
    assert broken() == [expected]


def test_verify_names_a_row_without_link(head: User) -> None:
    sql("INSERT INTO accounts_auditevent (at, action, username, subject, detail, address, succeeded) "
        "VALUES (%s, 'export', 'x', '', '', '', %s)", AuditEvent.objects.latest("id").at, True)  # fmt: skip
    assert broken() == [f"accounts_auditevent:{AuditEvent.objects.latest('id').pk} row without a link"]


def test_verify_names_a_deleted_link(head: User) -> None:
    gone = Link.objects.get(sequence=2)
    sql("DELETE FROM accounts_link WHERE sequence = 2")
    found = broken()
    assert "chain:2 link missing" in found
    assert f"chain:3 link altered ({_of(3)})" in found
    assert f"{gone.shape.table}:{gone.row} row without a link" in found


def test_verify_names_an_altered_link(head: User) -> None:
    sql("UPDATE accounts_link SET content = %s WHERE sequence = 2", "0" * 64)
    assert f"chain:2 link altered ({_of(2)})" in broken()


def test_verify_names_a_cut_tail(head: User) -> None:
    last = Link.objects.order_by("-sequence").first()
    sql("DELETE FROM accounts_link WHERE sequence = %s", last.sequence)
    assert "chain:head does not match the last link" in broken()


def test_verify_names_a_moved_head(head: User) -> None:
    sql("UPDATE accounts_chainhead SET digest = %s", "0" * 64)
    assert broken() == ["chain:head does not match the last link"]


def test_verify_names_a_missing_head(head: User) -> None:
    sql("DELETE FROM accounts_chainhead")
    assert broken() == ["chain:head does not match the last link"]


def test_sealing_writes_one_link_for_each_row_at_the_end(sysadmin: User) -> None:
    before = Link.objects.count()
    with chain.sealing():
        people.create_account("one", name="一", by=sysadmin)
        people.create_account("two", name="二", by=sysadmin)
        assert Link.objects.count() == before
    assert Link.objects.count() == before + 4
    assert ChainHead.objects.get().sequence == Link.objects.count()


def test_sealing_rolled_back_inside_links_only_what_stayed(sysadmin: User) -> None:
    before = Link.objects.count()
    with chain.sealing():
        people.create_account("one", name="一", by=sysadmin)
        with pytest.raises(people.Refused), transaction.atomic():
            people.create_account("two", name="二", email="x", by=sysadmin)
    assert Link.objects.count() == before + 2
    assert broken() == []


def test_sealing_failed_leaves_neither_rows_nor_links(sysadmin: User) -> None:
    before = Link.objects.count(), User.objects.count()

    def fail() -> None:
        with chain.sealing():
            people.create_account("one", name="一", by=sysadmin)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (Link.objects.count(), User.objects.count()) == before
    people.create_account("two", name="二", by=sysadmin)
    assert broken() == []


def test_drifted_names_a_live_row_changed_by_hand(head: User) -> None:
    assert drifted(User) == drifted(Membership) == drifted(Department) == []
    sql("UPDATE accounts_user SET name = 'x' WHERE id = %s", head.pk)
    assert drifted(User) == [f"accounts_user:{head.pk} row differs from its history"]
    factories.department()
    sql("UPDATE accounts_department SET name = 'x' WHERE code = 'lat'")
    assert drifted(Department) == [
        f"accounts_department:{Department.objects.get(code='lat').pk} row differs from its history"
    ]


def _of(sequence: int) -> str:
    link = Link.objects.select_related("shape").get(sequence=sequence)
    return f"{link.shape.table}:{link.row}"


def test_rows_of_the_chain_name_themselves(db: None) -> None:
    factories.court()
    link = Link.objects.select_related("shape").first()
    assert str(link) == f"{link.sequence} {link.digest[:12]}"
    assert str(link.shape) == link.shape.table
    assert str(ChainHead.objects.get()) == chain.head()


def test_plain_decimals_have_one_digest() -> None:
    assert chain.content_digest({"a": Decimal("1.50")}) == chain.content_digest({"a": Decimal("1.5")})


def test_table_that_is_gone_is_named(db: None) -> None:
    factories.court()
    LinkShape.objects.update(table="accounts_gone")
    assert "accounts_gone: table is gone" in chain.verify([]).broken
