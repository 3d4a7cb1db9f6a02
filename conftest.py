"""What holds for every test: no network, no real data folder, no slow password hash."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ASKING = {"db", "transactional_db", "django_db_setup", "site"}
LOCAL = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}
_connect = socket.socket.connect


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
    app.conf.update(broker_url="memory://", broker_transport_options={})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What asks no database is the same on every one: it runs on the embedded default only."""
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return
    asking = [
        item
        for item in items
        if item.get_closest_marker("django_db") or ASKING & set(getattr(item, "fixturenames", ()))
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(asking)])
    items[:] = asking


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
