"""A site in one file: every row and every stored file, readable on either database.

The archive is a zip: ``tables/<table>.jsonl`` with one row a line, ``files/<name>`` with what was uploaded or compiled,
and ``manifest.json`` with the migrations that made the tables, the counts and the digests. It is drawn from one
snapshot while the site goes on working, and read back only into an empty site. Sessions and failed sign-ins stay out.
"""

import hashlib
import json
import os
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from findings.documents import running

OURS = ("accounts", "findings")
FORMAT = 1
MANIFEST = "manifest.json"
PIECE = 1 << 20
BATCH = 500


class Unrestorable(Exception):
    """The archive or the site is not fit for a restore; the text is the sentence to show."""


@dataclass
class Kept:
    """What an archive holds: rows by table, files, and names of files that rows speak of but that are gone.

    ``ended``: runs that waited or went on when it was drawn and that its restoring has ended.
    """

    tables: dict[str, int] = field(default_factory=dict)
    files: int = 0
    ended: int = 0
    missing: list[str] = field(default_factory=list)


def backup(target: Path) -> Kept:
    """Write the archive. It appears under its name only when it is whole.

    Raises FileExistsError where the name is taken, OSError where it cannot be written.
    """
    if target.exists():
        raise FileExistsError(target)
    unfinished = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with open(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as raw:
            kept = _write(raw)
            raw.flush()
            os.fsync(raw.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return kept


def restore(source: Path) -> Kept:
    """Read an archive back into an empty site and bring its tables to the present version.

    Raises Unrestorable, with nothing changed, where the archive is damaged or foreign or the site holds people or
    campaigns; OSError where the archive cannot be read.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = _checked(archive)
            _demand_empty()
            return _read(archive, manifest)
    except (zipfile.BadZipFile, EOFError) as error:
        raise Unrestorable(_("“%(file)s” is not a backup of this program.") % {"file": source.name}) from error


def nightly(folder: Path, night: date, *, keep: int) -> list[Path]:
    """Write the archive of a night and keep the newest ``keep``; 0 writes none. Answers those that stand then."""
    if keep:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = folder / f"rectify-{night.isoformat()}.zip"
        if not target.exists():
            backup(target)
        _clear_broken_off(folder)
    standing = sorted(folder.glob("rectify-*.zip"))
    for old in standing[: max(len(standing) - keep, 0)] if keep else []:
        old.unlink(missing_ok=True)  # another worker keeps the folder as well
    return sorted(folder.glob("rectify-*.zip"))


def _clear_broken_off(folder: Path) -> None:
    """Delete what backups left that a stop of the server broke off: none takes a day."""
    limit = (timezone.now() - timedelta(days=1)).timestamp()
    for unfinished in folder.glob(".rectify-*.zip.*"):
        with suppress(FileNotFoundError):  # another worker was first
            if unfinished.stat().st_mtime < limit:
                unfinished.unlink()


# --- Writing -----------------------------------------------------------------------------------------------


def _write(raw: IO[bytes]) -> Kept:
    kept = Kept()
    manifest: dict[str, Any] = {"format": FORMAT, "made_at": timezone.now().isoformat(), "tables": {}, "files": {}}
    with _snapshot(), zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        manifest["migrations"] = _migrations()
        for model in _models():
            name = model._meta.db_table
            rows, digest = _write_table(archive, model)
            manifest["tables"][name] = {"model": model._meta.label_lower, "rows": rows, "sha256": digest}
            kept.tables[name] = rows
        for name in sorted(_file_names()):
            digest = _write_file(archive, name)
            if digest:
                manifest["files"][name] = digest
            else:
                kept.missing.append(name)
        kept.files = len(manifest["files"])
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return kept


@contextmanager
def _snapshot() -> Iterator[None]:
    """One state of the database for all that is read, without holding up who writes."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    # Django would begin with the write lock; a plain BEGIN reads the state of its first look.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _models() -> list[type[models.Model]]:
    return [model for app in OURS for model in apps.get_app_config(app).get_models()]


def _migrations() -> dict[str, list[str]]:
    applied = MigrationExecutor(connection).loader.applied_migrations
    return {app: sorted(name for label, name in applied if label == app) for app in OURS}


def _write_table(archive: zipfile.ZipFile, model: type[models.Model]) -> tuple[int, str]:
    names = [column.attname for column in model._meta.concrete_fields]
    digest, count = hashlib.sha256(), 0
    rows = model._base_manager.order_by("pk").values(*names).iterator(chunk_size=2000)
    with archive.open(f"tables/{model._meta.db_table}.jsonl", "w", force_zip64=True) as file:
        for row in rows:
            line = (json.dumps(row, ensure_ascii=False, default=_plain) + "\n").encode()
            file.write(line)
            digest.update(line)
            count += 1
    return count, digest.hexdigest()


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _file_names() -> set[str]:
    """Files that live or past rows name."""
    found: set[str] = set()
    for model in _models():
        names = [column.attname for column in model._meta.concrete_fields if isinstance(column, models.FileField)]
        for kind in filter(None, (model, getattr(getattr(model, "history", None), "model", None))):
            for name in names:
                found.update(kind._base_manager.exclude(**{name: ""}).values_list(name, flat=True).iterator())
    return found


def _write_file(archive: zipfile.ZipFile, name: str) -> str:
    if not default_storage.exists(name):
        return ""
    digest = hashlib.sha256()
    entry = zipfile.ZipInfo(f"files/{name}")  # uploads are compressed already: stored as they are
    with default_storage.open(name) as source, archive.open(entry, "w", force_zip64=True) as file:
        while piece := source.read(PIECE):
            file.write(piece)
            digest.update(piece)
    return digest.hexdigest()


# --- Reading -----------------------------------------------------------------------------------------------


def _checked(archive: zipfile.ZipFile) -> dict[str, Any]:
    """The manifest, once every part was found to be what it says."""
    try:
        manifest = json.loads(archive.read(MANIFEST))
        parts = {f"tables/{name}.jsonl": entry["sha256"] for name, entry in manifest["tables"].items()}
        parts |= {f"files/{name}": digest for name, digest in manifest["files"].items()}
        known, migrations = manifest["format"] == FORMAT, dict(manifest["migrations"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Unrestorable(_("The file is not a backup of this program: its list of contents is missing.")) from error
    on_disk = MigrationExecutor(connection).loader.disk_migrations
    if not known or any((app, name) not in on_disk for app, names in migrations.items() for name in names):
        raise Unrestorable(_("The backup was made by a newer version of this program; install that one first."))
    for part, expected in parts.items():
        if PurePosixPath(part).is_absolute() or ".." in PurePosixPath(part).parts:
            raise Unrestorable(_("The backup names a file outside its folder: %(part)s.") % {"part": part})
        if _digest_of(archive, part) != expected:
            raise Unrestorable(_("The backup is damaged: %(part)s differs from its digest.") % {"part": part})
    return manifest


def _digest_of(archive: zipfile.ZipFile, part: str) -> str:
    try:
        with archive.open(part) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # reads like a file
    except (KeyError, zipfile.BadZipFile, EOFError):
        return ""


def _demand_empty() -> None:
    there = set(connection.introspection.table_names())
    for label in ("accounts.User", "findings.Campaign"):
        model = apps.get_model(label)
        if model._meta.db_table in there and model._base_manager.exists():
            raise Unrestorable(_("This site holds people or campaigns already; a backup goes into an empty site only."))


def _read(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> Kept:
    kept = Kept()
    then = _migrated_to(manifest["migrations"])
    written: list[str] = []
    try:
        with transaction.atomic():
            loaded = [then.get_model(entry["model"]) for entry in manifest["tables"].values()]
            for model in loaded:
                model._base_manager.all()._raw_delete(connection.alias)  # the calendar that every start loads
            for model in loaded:
                kept.tables[model._meta.db_table] = _read_table(archive, model)
            _hold_back(loaded)
            kept.ended = _end_runs(loaded)
            for sql in connection.ops.sequence_reset_sql(no_style(), loaded):
                with connection.cursor() as cursor:
                    cursor.execute(sql)
            for name in manifest["files"]:
                if default_storage.exists(name):
                    raise Unrestorable(
                        _("The file %(name)s is there already; empty the folder first.") % {"name": name}
                    )
                with archive.open(f"files/{name}") as file:
                    written.append(default_storage.save(name, File(file)))
    except BaseException:
        for name in written:
            default_storage.delete(name)
        raise
    kept.files = len(written)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    return kept


def _migrated_to(migrations: dict[str, list[str]]) -> Any:
    """Bring the empty tables to the version of the archive; answers the models of that version."""
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    others = [node for node in graph.leaf_nodes() if node[0] not in OURS]
    own = [(app, name) for app, names in migrations.items() for name in names]
    targets = others + [
        node
        for node in own
        if not any(child.key in own and child.key[0] == node[0] for child in graph.node_map[node].children)
    ]
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def _hold_back(loaded: list[type[models.Model]]) -> None:
    """What waited to be sent when the archive was drawn is of the past: it shows as not delivered, for a person to
    send again or not."""
    ends = {"findings.message": "failed", "findings.delivery": "dead"}
    for model in loaded:
        if model._meta.label_lower in ends:
            waiting = model._base_manager.filter(status__in=["waiting", "sending"])
            waiting.update(status=ends[model._meta.label_lower], error="restored from a backup")


def _end_runs(loaded: list[type[models.Model]]) -> int:
    """What was asked for before the archive was drawn is not carried out now; answers how many runs that were.

    Who asked reads why, in the language of the run.
    """
    jobs = [model for model in loaded if model._meta.label_lower == "findings.job"]
    lost: list[Any] = [job for model in jobs for job in model._base_manager.filter(state__in=["waiting", "running"])]
    for job in lost:
        with translation.override(job.arguments.get(running.LANGUAGE, settings.LANGUAGE_CODE)):
            job.error = _("What was asked for before the backup was not carried out; ask for it again.")
        job.state, job.ended_at = "failed", timezone.now()
        job.save(update_fields=["state", "ended_at", "error"])
    return len(lost)


def _read_table(archive: zipfile.ZipFile, model: type[models.Model]) -> int:
    fields = {column.attname: column for column in model._meta.concrete_fields}
    count, batch = 0, []
    with archive.open(f"tables/{model._meta.db_table}.jsonl") as file:
        for line in file:
            values = {name: fields[name].to_python(value) for name, value in json.loads(line).items()}
            batch.append(model(**values))
            if len(batch) == BATCH:
                count += len(model._base_manager.bulk_create(batch))
                batch = []
    return count + len(model._base_manager.bulk_create(batch))
