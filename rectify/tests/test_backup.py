"""A whole site out and in again: the same rows and files, on either database, and nothing of the past is sent."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import translation

from accounts import chain
from accounts.models import User
from findings.choices import JobState, MessageStatus
from findings.documents import running
from findings.management.base import REFUSED
from findings.management.commands import restore
from findings.models import Evidence, Job, Measure, Message
from findings.tests import factories
from rectify import backup, tasks

pytestmark = pytest.mark.django_db(transaction=True)
NOT_CARRIED_OUT = "What was asked for before the backup was not carried out; ask for it again."


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def manage(site: dict[str, str], *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=settings.BASE_DIR, env=site, capture_output=True, text=True
    )


def small_site() -> factories.World:
    world = factories.make_world()
    factories.hang_all(world, world.measures[0])
    return world


def changed(source: Path, target: Path, part: str, content: bytes | None) -> Path:
    """The archive with one part replaced, or left out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        if content is not None:
            new.writestr(part, content)
    return target


def stamped(source: Path, target: Path) -> Path:
    """The archive of a database that the tests made without migrations, as that of a site that ran them all."""
    with zipfile.ZipFile(source) as archive:
        manifest = json.loads(archive.read(backup.MANIFEST))
    files = {app: (settings.BASE_DIR / app / "migrations").glob("0*.py") for app in backup.OURS}
    manifest["migrations"] = {app: sorted(path.stem for path in paths) for app, paths in files.items()}
    return changed(source, target, backup.MANIFEST, json.dumps(manifest).encode())


def refused(path: Path) -> str:
    with pytest.raises(CommandError) as caught:
        call_command("restore", str(path), "--json", stdout=StringIO())
    assert caught.value.returncode == REFUSED
    return str(caught.value)


def test_backup_and_restore_on_a_new_site(site: dict[str, str], tmp_path: Path) -> None:
    small_site()
    Message.objects.update(status=MessageStatus.WAITING, sent_at=None)
    done, begun = (running.ask("export_list", by=None) for _n in range(2))
    running.ask("apply_import", by=None)
    Job.objects.filter(pk=done.pk).update(state=JobState.DONE, ended_at=done.asked_at)
    Job.objects.filter(pk=begun.pk).update(state=JobState.RUNNING, started_at=begun.asked_at)
    out = StringIO()
    call_command("backup", str(tmp_path / "site.zip"), "--json", stdout=out)

    answer = manage(site, "restore", str(stamped(tmp_path / "site.zip", tmp_path / "migrated.zip")), "--json")

    assert (answer.returncode, answer.stderr) == (0, "")
    assert json.loads(answer.stdout) == json.loads(out.getvalue()) | {"ended": 2}
    verdict = json.loads(manage(site, "verify_history", "--json").stdout)
    assert (verdict["broken"], verdict["head"]) == ([], chain.head())
    assert manage(site, "backup", str(tmp_path / "again.zip")).returncode == 0
    with zipfile.ZipFile(tmp_path / "site.zip") as first, zipfile.ZipFile(tmp_path / "again.zip") as second:
        assert first.namelist() == second.namelist()
        tables = [name for name in first.namelist() if name.startswith("tables/")]
        assert {name for name in tables if first.read(name) != second.read(name)} == {
            "tables/findings_message.jsonl", "tables/findings_job.jsonl",
        }  # fmt: skip
        messages, jobs = (
            [json.loads(line) for line in second.read(f"tables/findings_{name}.jsonl").splitlines()]
            for name in ("message", "job")
        )
    assert not {line["status"] for line in messages} & {MessageStatus.WAITING, MessageStatus.SENDING}
    assert [(line["state"], line["error"], bool(line["ended_at"])) for line in jobs] == [
        (JobState.DONE, "", True), (JobState.FAILED, NOT_CARRIED_OUT, True), (JobState.FAILED, NOT_CARRIED_OUT, True),
    ]  # fmt: skip
    # Numbers go on after the highest one that was restored.
    assert manage(site, "open_periods").returncode == 0


def test_restore_says_how_many_runs_it_has_ended() -> None:
    whole = "0 tables with 0 rows, and 0 files."
    assert list(restore._answer_of(backup.Kept()).lines) == [whole]
    one, two = (list(restore._answer_of(backup.Kept(ended=count)).lines) for count in (1, 2))
    assert (one[0], two[0]) == (
        "1 run that waited or went on when the backup was drawn is ended; who asked for it may ask again.",
        "2 runs that waited or went on when the backup was drawn are ended; who asked for them may ask again.",
    )
    assert one[1:] == two[1:] == [whole]


def test_restore_goes_into_an_empty_site_only(tmp_path: Path) -> None:
    small_site()
    backup.backup(tmp_path / "site.zip")
    before = User.objects.count()

    assert "empty site only" in refused(tmp_path / "site.zip")
    assert User.objects.count() == before


def test_backup_never_overwrites_and_leaves_no_half_file(tmp_path: Path) -> None:
    (tmp_path / "there.zip").write_text("mine")
    for path in (tmp_path / "there.zip", tmp_path / "no-folder" / "site.zip"):
        with pytest.raises(CommandError) as caught:
            call_command("backup", str(path), stdout=StringIO())
        assert caught.value.returncode == REFUSED
    assert [path.name for path in tmp_path.iterdir()] == ["there.zip"]
    assert (tmp_path / "there.zip").read_text() == "mine"


def test_backup_names_files_that_are_gone(tmp_path: Path) -> None:
    small_site()
    lost = Evidence.objects.get().file.name
    default_storage.delete(lost)

    assert backup.backup(tmp_path / "site.zip").missing == [lost]


@pytest.mark.parametrize("damage", ["altered", "cut", "foreign", "text", "newer", "outside", "absent"])
def test_damaged_archive_changes_nothing(tmp_path: Path, damage: str) -> None:
    backup.backup(tmp_path / "site.zip")
    whole, broken = tmp_path / "site.zip", tmp_path / "broken.zip"
    with zipfile.ZipFile(whole) as archive:
        manifest: dict[str, Any] = json.loads(archive.read(backup.MANIFEST))
    words = {
        "altered": "damaged", "cut": "damaged", "foreign": "list of contents", "text": "not a backup",
        "newer": "newer version", "outside": "outside its folder", "absent": "cannot be read",
    }[damage]  # fmt: skip
    if damage in {"altered", "cut"}:
        changed(whole, broken, "tables/findings_measure.jsonl", b"{}\n" if damage == "altered" else None)
    elif damage == "foreign":
        changed(whole, broken, backup.MANIFEST, None)
    elif damage == "text":
        broken.write_text("no archive")
    elif damage == "newer":
        manifest["migrations"]["findings"].append("9999_tomorrow")
        changed(whole, broken, backup.MANIFEST, json.dumps(manifest).encode())
    elif damage == "outside":
        manifest["files"]["../../evil"] = "0" * 64
        changed(whole, broken, backup.MANIFEST, json.dumps(manifest).encode())

    assert words in refused(broken)
    assert not Measure.objects.exists()


def test_nightly_backup_keeps_the_newest(settings: Any, tmp_path: Path) -> None:
    settings.BACKUP_DIR, settings.BACKUPS = tmp_path / "nights", 2
    for day in (1, 2, 3, 3):
        tasks.nightly_backup(date(2026, 1, day).isoformat())
    assert sorted(path.name for path in settings.BACKUP_DIR.iterdir()) == [
        "rectify-2026-01-02.zip", "rectify-2026-01-03.zip",
    ]  # fmt: skip

    settings.BACKUPS = 0
    tasks.nightly_backup("2026-01-04")
    assert len(list(settings.BACKUP_DIR.iterdir())) == 2


def test_nightly_backup_clears_what_was_broken_off_a_day_ago(settings: Any, tmp_path: Path) -> None:
    settings.BACKUP_DIR, settings.BACKUPS = tmp_path, 1
    broken_off, begun = tmp_path / ".rectify-2026-01-01.zip.a", tmp_path / ".rectify-2026-01-02.zip.b"
    for file in (broken_off, begun):
        file.touch()
    os.utime(broken_off, times=(0, 0))

    tasks.nightly_backup("2026-01-02")

    assert sorted(path.name for path in tmp_path.iterdir()) == [begun.name, "rectify-2026-01-02.zip"]
