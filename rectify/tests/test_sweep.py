"""Stored files that no row speaks of, and those that one does, also in the past."""

import json
import os
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import translation

from findings.models import Report
from findings.tests import factories
from findings.workflow.paper import Compiled, keep_report
from rectify import sweep, tasks

DAY = 86400


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def put(folder: Path, name: str, *, days: float) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"1234")
    os.utime(path, (time.time() - days * DAY,) * 2)


def left(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def told(*arguments: str) -> str:
    out = StringIO()
    with translation.override("en"):
        call_command("sweep_files", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def world(db: None, folder: Path) -> factories.World:
    world = factories.make_world()
    factories.ready(world, world.measures[0])
    report = Report(campaign=world.campaign, kind="progress", as_of=world.day(9))
    report = keep_report(report, Compiled({"checks": []}, b"word", b"excel", "report"), by=world.office, at=world.at(9))
    keep_report(report, Compiled({"checks": [], "n": 1}, b"new", b"new", "report"), by=world.office, at=world.at(10))
    for name in left(folder):
        os.utime(folder / name, (time.time() - 9 * DAY,) * 2)
    return world


def test_files_of_rows_and_of_their_history_are_kept(world: factories.World, folder: Path) -> None:
    """The first draft of the report is named by its history row only."""
    before = left(folder)
    assert len(before) == 5
    assert told("--apply").startswith("0")
    assert left(folder) == before


def test_only_old_orphans_are_named_and_only_apply_removes_them(world: factories.World, folder: Path) -> None:
    kept = left(folder)
    put(folder, "evidence/2025/orphan", days=1.1)
    put(folder, "jobs/young", days=0.9)
    put(folder, "rehearsed/old", days=3)

    assert told().splitlines() == [
        "evidence/2025/orphan", "rehearsed/old",
        "2 files that no row speaks of, 8 bytes. Nothing was removed: say --apply.",
    ]  # fmt: skip
    assert len(left(folder)) == len(kept) + 3
    assert json.loads(told("--json")) == {
        "files": ["evidence/2025/orphan", "rehearsed/old"], "bytes": 8, "removed": False,
    }  # fmt: skip
    assert told("--apply").splitlines()[-1] == "2 files removed, 8 bytes."
    assert left(folder) == kept | {"jobs/young"}


def test_link_out_of_the_folder_is_left_alone(db: None, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "file"
    outside.write_bytes(b"x")
    os.utime(outside, (time.time() - 9 * DAY,) * 2)
    (folder / "link").symlink_to(outside)

    assert list(sweep.orphans()) == []


def test_nightly_job_removes_and_can_be_repeated(world: factories.World, folder: Path) -> None:
    put(folder, "evidence/2025/orphan", days=2)
    [found] = sweep.orphans()
    tasks.sweep_files()
    assert not (folder / found.name).exists()
    sweep.remove(found)
    tasks.sweep_files()


def test_empty_site_has_no_orphans(db: None, folder: Path) -> None:
    assert list(sweep.orphans(now=time.time())) == []
