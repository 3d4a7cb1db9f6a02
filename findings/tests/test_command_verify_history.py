"""What raw SQL and a hand on the disk do to the records, each named; nothing is said of records left alone."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.utils import timezone

from accounts import chain
from accounts.models import AuditEvent, Department, Link, User
from accounts.tracked import Tracked, bulk_create_tracked, create
from findings.choices import Stage
from findings.management.commands.verify_history import CHAINED, FILES, altered_files, tracked_models
from findings.models import ClosureRequest, Decision, Evidence, LedgerImport, Measure, Report, RuleDocumentMeasure
from findings.tests import factories, snapshots
from findings.tests.factories import World, fresh
from findings.tests.test_commands import answer, refusal

# Rows that change without being on record: outbox and jobs are claimed by conditional update, the chain itself,
# and what a person sets for the own pages.
NOT_ON_RECORD = {"ScheduledJob", "Message", "Delivery", "Outage", "Job", "Link", "LinkShape", "ChainHead", "Preference"}
NO_HEAD = "chain:head does not match the last link"
Attack = Callable[["Base"], str]


class Base:
    """A closed measure with all that can hang on one, and the tools of who goes behind the application's back."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.things = factories.hang_all(world, world.measures[0])
        factories.climb(world, self.things["ClosureRequest"], day=11)
        self.measure = fresh(self.things["Measure"])
        self.event = AuditEvent.objects.latest("pk")

    def sql(self, statement: str, *values: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)

    def set(self, row: models.Model, column: str, value: object) -> str:
        """Change one cell; answers ``table:pk``."""
        self.sql(f"UPDATE {row._meta.db_table} SET {column} = %s WHERE {row._meta.pk.column} = %s", value, row.pk)
        return _name(row)

    def drop(self, row: models.Model) -> str:
        self.sql(f"DELETE FROM {row._meta.db_table} WHERE {row._meta.pk.column} = %s", row.pk)
        return _name(row)

    def copy(self, row: models.Model, **changes: object) -> str:
        """Insert the row once more under another key."""
        kind = type(row)
        twin = kind(**{field.attname: getattr(row, field.attname) for field in kind._meta.concrete_fields} | changes)
        twin.pk = None
        [made] = models.QuerySet(kind).bulk_create([twin])
        return _name(made)

    def file(self, row: Any, name: str = "file") -> Path:
        return Path(default_storage.path(getattr(row, name).name))


def _name(row: models.Model) -> str:
    return f"{row._meta.db_table}:{row.pk}"


def _history(row: Any) -> Any:
    return row.history.order_by("-history_date", "-history_id").first()


def _swapped(base: Base) -> str:
    """File, row and history row all tell the forged digest."""
    row = base.things["Evidence"]
    base.file(row).write_bytes(b"forged")
    digest = "28c83abd0b53b8f8e01f16d1b0d45c4b86a02ed6a3c8b0b9cf7b5ba6b4e7b8a1"
    base.set(row, "sha256", digest)
    return base.set(_history(row), "sha256", digest) + " row altered"


def _wiped(base: Base) -> str:
    base.sql("DELETE FROM findings_historicalmeasure WHERE id = %s", base.measure.pk)
    return f"{_name(base.measure)} row without history"


def _overwritten(base: Base, row: Any, name: str) -> str:
    base.file(row, name).write_bytes(b"forged")
    return f"{_name(row)} {name} altered"


def _cut(base: Base) -> str:
    """The newest row and its link are gone, as if they had never been written."""
    link = Link.objects.select_related("shape").latest("sequence")
    base.sql(f"DELETE FROM {link.shape.table} WHERE {_key(link.shape.table)} = %s", int(link.row))
    base.drop(link)
    return NO_HEAD


def _key(table: str) -> str:
    return "history_id" if "historical" in table else "id"


def _link(base: Base, sequence: int, then: str) -> str:
    base.sql("DELETE FROM accounts_link WHERE sequence = %s", sequence)
    return then


EARLY = "2020-01-01"
ATTACKS: dict[str, Attack] = {
    "closed measure: day of closing": lambda b: f"{b.set(b.measure, 'closed_on', EARLY)} row differs from its history",
    "closed measure: text": lambda b: f"{b.set(b.measure, 'text', 'x')} row differs from its history",
    "closed measure: its history row": lambda b: f"{b.set(_history(b.measure), 'closed_on', EARLY)} row altered",
    "closed measure: who closed it": lambda b: (
        f"{b.set(_history(b.measure), 'history_user_id', b.world.nobody.pk)} row altered"
    ),
    "closed measure: a newer history row": lambda b: (
        f"{b.copy(_history(b.measure), text='x', history_date=timezone.now())} row without a link"
    ),
    "history row deleted": lambda b: f"{b.drop(_history(b.measure))} row missing",
    "first history row deleted": lambda b: f"{b.drop(b.measure.history.earliest('history_id'))} row missing",
    "all history of a row deleted": _wiped,
    "history row back-dated": lambda b: f"{b.set(_history(b.measure), 'history_date', '2020-01-01')} row altered",
    "row deleted": lambda b: f"{b.drop(b.things['RuleDocumentMeasure'])} row missing",
    "row inserted": lambda b: f"{b.copy(b.measure, number=99)} row without history",
    "evidence: digest of the row": lambda b: (
        f"{b.set(b.things['Evidence'], 'sha256', 'f' * 64)} row differs from its history"
    ),
    "evidence: file": lambda b: _overwritten(b, b.things["Evidence"], "file"),
    "evidence: file, row and history": _swapped,
    "evidence: other file": lambda b: (
        f"{b.set(b.things['Evidence'], 'file', 'evidence/other')} row differs from its history"
    ),
    "report: Word file": lambda b: _overwritten(b, b.things["Report"], "word_file"),
    "report: Excel file": lambda b: _overwritten(b, b.things["Report"], "excel_file"),
    "decision back-dated": lambda b: f"{b.set(b.things['Decision'], 'at', '2020-01-01')} row altered",
    "decision: another signer": lambda b: f"{b.set(b.things['Decision'], 'by_id', b.world.nobody.pk)} row altered",
    "decision deleted": lambda b: f"{b.drop(b.things['Decision'])} row missing",
    "decision inserted": lambda b: (
        f"{b.copy(b.things['Decision'], by_id=None, verdict='passed_over', opinion='x')} row without a link"
    ),
    "log: line changed": lambda b: f"{b.set(b.event, 'subject', 'x')} row altered",
    "log: line deleted": lambda b: f"{b.drop(b.event)} row missing",
    "log: line inserted": lambda b: f"{b.copy(b.event)} row without a link",
    "grant: role changed": lambda b: (
        f"{b.set(b.world.head_a.memberships.get(), 'role', 'liaison')} row differs from its history"
    ),
    "account: closed": lambda b: f"{b.set(b.world.head_a, 'is_active', False)} row differs from its history",
    "chain: first link deleted": lambda b: _link(b, 1, "chain:1 link missing"),
    "chain: link deleted": lambda b: _link(b, 5, "chain:5 link missing"),
    "chain: last link deleted": lambda b: _link(b, Link.objects.count(), NO_HEAD),
    "chain: tail cut with its row": _cut,
    "chain: head deleted": lambda b: b.sql("DELETE FROM accounts_chainhead") or NO_HEAD,
    "chain: head moved": lambda b: b.sql("UPDATE accounts_chainhead SET digest = %s", "0" * 64) or NO_HEAD,
}  # fmt: skip


@pytest.fixture
def base(db: None) -> Base:
    """Built once in a run; what an earlier attack did to the files is made good."""
    found = snapshots.kept("attacked", lambda: Base(factories.make_world(begin=factories.BEGIN)))
    contents = {"Evidence": [("file", b"proof")], "Report": [("word_file", b"word"), ("excel_file", b"excel")]}
    for kind, files in contents.items():
        for name, content in files:
            found.file(found.things[kind], name).write_bytes(content)
    return found


@pytest.mark.parametrize("name", ATTACKS)
def test_what_was_done_behind_the_back_is_named(base: Base, name: str) -> None:
    named = ATTACKS[name](base)

    assert named in refusal("verify_history")[0]["broken"]


def test_nothing_is_said_of_records_left_alone(base: Base) -> None:
    assert answer("verify_history")["broken"] == []


def test_printed_digest_is_told_with_its_link_and_its_time(base: Base, english: None) -> None:
    out, link = StringIO(), Link.objects.latest("sequence")
    call_command("verify_history", "--head", link.digest, stdout=out)
    told = out.getvalue().splitlines()[0]
    assert told.startswith(f"The digest stands on the chain: link {link.sequence}, written 20")


def test_week_old_database_is_found_by_the_printed_digest(base: Base, english: None) -> None:
    printed = chain.head()
    last = Link.objects.latest("sequence")
    base.sql(f"DELETE FROM {last.shape.table} WHERE {_key(last.shape.table)} = %s", int(last.row))
    base.drop(last)
    earlier = Link.objects.latest("sequence")
    base.sql("UPDATE accounts_chainhead SET digest = %s, sequence = %s", earlier.digest, earlier.sequence)

    document, _sentence = refusal("verify_history", "--head", printed)

    assert f"chain:{printed} printed digest is not on the chain" in document["broken"]


def test_every_model_is_on_record_or_named_here() -> None:
    kept = tracked_models()
    known = {*kept, *kept.values(), *CHAINED}
    ours = [model for label in ("accounts", "findings") for model in apps.get_app_config(label).get_models()]

    assert {model.__name__ for model in ours if model not in known} <= NOT_ON_RECORD
    assert {"LookbackRound", "LedgerImport", "MeetingMeasure", "Measure", "User"} <= {model.__name__ for model in kept}
    assert all(issubclass(model, Tracked) or model is User for model in kept)


def test_every_stored_file_is_compared() -> None:
    """A file of a row on record has its digest beside it."""
    found = {
        (model, field.name)
        for model in tracked_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.FileField)
    }

    assert found == {(model, name) for model, name, _digest in FILES}


def test_each_kind_of_row_is_compared_with_its_history(base: Base) -> None:
    rows = [row for model in tracked_models() if (row := model._base_manager.first()) is not None]
    for row in rows:
        base.set(row, "version", 77)

    found = refusal("verify_history")[0]["broken"]

    assert len(rows) > 18
    assert {f"{_name(row)} row differs from its history" for row in rows} <= set(found)


def test_file_that_cannot_be_read_is_named_beside_the_others(base: Base) -> None:
    row = base.things["Evidence"]
    path = base.file(row)
    path.unlink()
    assert list(altered_files()) == [f"{_name(row)} file missing"]
    path.mkdir()
    assert list(altered_files()) == [f"{_name(row)} file cannot be read"]
    path.rmdir()
    base.set(row, "file", "../../outside")
    assert f"{_name(row)} file cannot be read" in altered_files()


def test_uploaded_ledger_is_compared_too(past: World) -> None:
    row = create(LedgerImport, by=past.office, campaign=past.campaign, number=1, kind="ledger", filename="a.xlsx",
                 file=ContentFile(b"x", name="a.xlsx"), sha256="0" * 64, uploaded_by=past.office)  # fmt: skip

    assert list(altered_files()) == [f"findings_ledgerimport:{row.pk} file altered"]


def test_one_file_of_several_rows_is_read_once(past: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = factories.add_evidence(past, factories.ready(past, past.measures[0]))
    fields = {field.attname: getattr(first, field.attname) for field in Evidence._meta.concrete_fields}
    twin = Evidence(**fields | {"id": None, "version": 0, "measure_id": past.measures[1].pk, "shares_id": first.pk})
    bulk_create_tracked(Evidence, [twin], by=past.office)
    opened: list[str] = []
    real = default_storage.open
    monkeypatch.setattr(default_storage._wrapped, "open", lambda name, *rest: opened.append(name) or real(name, *rest))

    assert list(altered_files()) == []
    assert opened.count(first.file.name) == 1


def test_rows_written_in_bulk_verify_clean(past: World) -> None:
    before = Link.objects.count()
    rows = [
        Measure(campaign=past.campaign, issue=past.issues[0], number=100 + n, text=f"措施{n}", lead_department=past.a)
        for n in range(700)
    ]

    made = bulk_create_tracked(Measure, rows, by=past.office, note="sample", at=past.at(3))

    assert (len(made), Link.objects.count()) == (700, before + 700)
    assert factories.last_entry(made[699]) == (past.office, "sample", past.at(3))
    assert (fresh(made[5]).version, fresh(made[5]).created_at) == (1, past.at(3))
    assert answer("verify_history")["broken"] == []


def test_people_are_told_of_rows_that_an_upgrade_linked_anew(past: World, english: None) -> None:
    entry = Department.history.first()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_historicaldepartment SET name = 'x' WHERE history_id = %s", [entry.pk])
        cursor.execute("UPDATE accounts_department SET name = 'x' WHERE id = %s", [entry.id])
    with chain.sealing(chain.UPGRADE):
        chain.note(entry)
    out = StringIO()

    call_command("verify_history", stdout=out)

    assert "1 links stand for rows as they were before an upgrade" in out.getvalue()
    with chain.sealing():  # any other write does not make a changed row good
        cursor = connection.cursor()
        cursor.execute("UPDATE accounts_historicaldepartment SET name = 'y' WHERE history_id = %s", [entry.pk])
        cursor.execute("UPDATE accounts_department SET name = 'y' WHERE id = %s", [entry.id])
        chain.note(entry)
    with pytest.raises(CommandError):
        call_command("verify_history", stdout=StringIO())


def test_world_of_the_attacks_is_closed_and_reported(base: Base) -> None:
    """The attacks hit what they say."""
    assert base.measure.get_status_display() == fresh(base.measure).get_status_display()
    assert base.measure.closed_on is not None
    assert isinstance(base.things["Report"], Report)
    assert isinstance(base.things["RuleDocumentMeasure"], RuleDocumentMeasure)
    assert Decision.objects.filter(closure__in=ClosureRequest.objects.all(), stage=Stage.CHIEF).exists()
