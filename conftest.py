"""What holds for every test: no network, no real data folder, no slow password hash."""

import gc
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts import names

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ASKING = {"db", "transactional_db", "django_db_setup", "site"}
# Files of tests that look at pages and papers, or play a whole year. That their queries run on every database is shown
# by test_sample, and by the morning of test_faults.
DRAWN = (
    "test_pages",
    "test_documents_draft",
    "test_documents_layout",
    "test_documents_preview",
    "test_documents_word",
    "test_year",
)
LOCAL = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}
# Files that one process runs alone: they share a seeded site, or wait for workers while the others compute.
WHOLE = ("test_faults.py", "test_sample.py", "test_year.py")
# Files of few and long tests: begun first, so that no process is left alone with one of them at the end.
LONG = ("test_faults", "test_year", "test_up", "test_backup", "test_command_bench")
_connect = socket.socket.connect


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand tests to the processes one by one, but the files that are WHOLE each to one.

    The marks that xdist has for groups are lost between this pytest and this xdist.
    """
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - the suite runs without it as well

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = lambda nodeid: path if (path := nodeid.partition("::")[0]).endswith(WHOLE) else nodeid
    return scheduler


def pytest_configure(config: pytest.Config) -> None:
    """Point every file that the application writes into a folder of this run, and forget it afterwards."""
    from rectify.celery import app  # noqa: PLC0415 - the settings are complete only now

    data = Path(tempfile.mkdtemp(prefix="rectify-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(data, ignore_errors=True))
    settings.RECTIFY_DATA = data
    settings.QUEUE_DIR = data / "queue"
    settings.MEDIA_ROOT = data / "media"
    settings.DEMO_PASSWORD = "for-tests-only-4711"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        settings.DATABASES["default"]["TEST"]["NAME"] = str(data / "test.sqlite3")
    settings.NAMES_EVERY = 24 * 3600  # a test that counts queries never meets the moment of asking again
    app.conf.update(broker_url="memory://", broker_transport_options={})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests first; mark what only looks at words and layout; what asks no database runs on the default only."""
    items.sort(key=lambda item: not item.path.name.startswith(LONG))
    for item in items:
        if item.path.name.startswith(DRAWN):
            item.add_marker("drawn")
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return
    asking = [
        item
        for item in items
        if item.get_closest_marker("django_db") or ASKING & set(getattr(item, "fixturenames", ()))
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(asking)])
    items[:] = asking


def pytest_collection_finish() -> None:
    """Imported modules stay for the whole run: spare the collector from walking them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


@pytest.fixture(autouse=True)
def _usual_names() -> None:
    """Every test begins in a process that knows no own words of a site."""
    names.put({})


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in LOCAL:
            raise AssertionError(f"a test tried to reach {address[0]}")
        _connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the machine's own Chromium; nothing is downloaded."""
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if chromium is None:
        pytest.exit(
            "The browser tests need Chromium: install it (apt-get install chromium), or set CHROMIUM to its path.",
            returncode=2,
        )
    # Playwright's loop runs in the thread of the test, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": chromium, "args": sandbox}
