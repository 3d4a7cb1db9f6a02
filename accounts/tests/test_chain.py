from collections.abc import Callable
from datetime import date
from decimal import Decimal
from uuid import UUID

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
    assert [list(drifted(model)) for model in (User, Membership, Department)] == [[], [], []]
    sql("UPDATE accounts_user SET name = 'x' WHERE id = %s", head.pk)
    assert list(drifted(User)) == [f"accounts_user:{head.pk} row differs from its history"]
    factories.department()
    sql("UPDATE accounts_department SET name = 'x' WHERE code = 'lat'")
    assert list(drifted(Department)) == [
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


def test_shape_that_is_gone_is_named(head: User) -> None:
    shape = LinkShape.objects.get(table="accounts_historicaluser")
    fields = (shape.pk, shape.table, shape.fields)
    sql("DELETE FROM accounts_linkshape WHERE id = %s", shape.pk)
    found = broken()
    sql('INSERT INTO accounts_linkshape (id, "table", fields) VALUES (%s, %s, %s)', *fields)

    first = Link.objects.filter(shape=shape).earliest("sequence")
    assert f"chain:{first.sequence} link altered (?:{first.row})" in found
    assert f"accounts_historicaluser:{first.row} row without a link" in found
    assert broken() == []


def test_sealing_leaves_out_what_a_savepoint_took_back(db: None) -> None:
    before = Link.objects.count()

    def fail() -> None:
        with transaction.atomic():
            people.create_account("two", name="二", by=None)
            raise ZeroDivisionError

    with chain.sealing():
        people.create_account("one", name="一", by=None)
        with pytest.raises(ZeroDivisionError):
            fail()

    assert (Link.objects.count(), User.objects.count()) == (before + 2, 1)
    assert broken() == []


def changed_behind(head: User) -> object:
    entry = head.history.first()
    sql("UPDATE accounts_historicaluser SET name = 'x' WHERE history_id = %s", entry.pk)
    return entry


@pytest.mark.parametrize(("reason", "upgraded"), [(chain.UPGRADE, 1), ("", 0)])
def test_only_an_upgrade_links_a_changed_row_anew(head: User, reason: str, upgraded: int) -> None:
    entry = changed_behind(head)
    with chain.sealing(reason):
        chain.note(entry)

    verdict = chain.verify(WATCHED)

    assert verdict.upgraded == upgraded
    assert (verdict.broken == []) == bool(upgraded)


def test_change_after_the_upgrade_is_named(head: User) -> None:
    entry = head.history.first()
    with chain.sealing(chain.UPGRADE):
        chain.note(entry)
    assert broken() == []
    changed_behind(head)
    assert broken() == [f"accounts_historicaluser:{entry.pk} row altered"]


def test_link_over_a_column_that_is_gone_does_not_break_the_walk(head: User) -> None:
    shape = LinkShape.objects.get(table="accounts_historicaluser")
    LinkShape.objects.filter(pk=shape.pk).update(fields=f"gone,{shape.fields}")
    link = Link.objects.filter(shape=shape).earliest("sequence")
    assert f"chain:{link.sequence} link altered (accounts_historicaluser:{link.row})" in broken()


def meanwhile(table: str, write: Callable[[], object]) -> Callable:
    """Let somebody write just before the first reading of a table."""
    done: list[int] = []

    def wrapper(execute: Callable, statement: str, params: object, many: bool, context: dict) -> object:
        if f'FROM "{table}"' in statement and not done:
            done.append(1)
            write()
        return execute(statement, params, many, context)

    return wrapper


def test_verify_goes_on_with_what_was_written_meanwhile(head: User, sysadmin: User) -> None:
    wrapper = meanwhile("accounts_chainhead", lambda: people.change_account(head, name="新", by=sysadmin))
    with connection.execute_wrapper(wrapper):
        verdict = chain.verify([])

    assert (verdict.broken, verdict.rows) == ([], Link.objects.count())


def test_drifted_says_nothing_of_a_row_written_meanwhile(head: User, sysadmin: User) -> None:
    wrapper = meanwhile("accounts_historicaluser", lambda: people.change_account(head, name="新", by=sysadmin))
    with connection.execute_wrapper(wrapper):
        assert list(drifted(User)) == []


def test_drifted_names_rows_without_one_side(head: User) -> None:
    sql("DELETE FROM accounts_historicaluser WHERE id = %s", head.pk)
    assert list(drifted(User)) == [f"accounts_user:{head.pk} row without history"]
    grant = head.memberships.get()
    sql("DELETE FROM accounts_membership WHERE id = %s", grant.pk)
    assert list(drifted(Membership)) == [f"accounts_membership:{grant.pk} row missing"]


def test_note_alone_is_a_write_of_its_own(head: User) -> None:
    before = Link.objects.count()
    chain.note(head.history.first())
    with chain.sealing():
        pass
    assert Link.objects.count() == before + 1


def test_plain_days_and_other_kinds_have_one_digest() -> None:
    key = UUID(int=7)
    assert chain.content_digest({"a": key, "b": date(2025, 3, 3)}) == chain.content_digest(
        {"b": "2025-03-03", "a": str(key)}
    )


def test_sound_link_of_a_table_that_is_gone_is_told_once(head: User) -> None:
    gone = LinkShape.objects.create(table="accounts_gone", fields="id")
    top = ChainHead.objects.get()
    digest = chain._link_digest(top.digest, gone, "1", "0" * 64)
    Link.objects.create(sequence=top.sequence + 1, shape=gone, row="1", content="0" * 64, digest=digest)
    ChainHead.objects.update(sequence=top.sequence + 1, digest=digest)

    assert broken() == ["accounts_gone: table is gone"]


def test_verify_knows_a_shape_that_was_made_meanwhile(db: None) -> None:
    people.create_account("one", name="一", by=None)
    wrapper = meanwhile("accounts_chainhead", lambda: people.create_department("x", name="x", kind="court",
                                                                               tier="high", by=None))  # fmt: skip
    with connection.execute_wrapper(wrapper):
        assert broken() == []
