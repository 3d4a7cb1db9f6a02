"""A real worker process on the queue in use: a reminder goes all the way to the mail server."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings as project

from accounts import people
from findings.models import Measure
from findings.tests import factories
from rectify.tests.conftest import site

__all__ = ["site"]

DUE = date(2025, 6, 11)
SEND = "from findings import tasks; tasks.{name}.delay({arguments})"


def fill() -> None:
    """The world of 2025 in the site's own database; one person has a mail address."""
    world = factories.make_world(begin=factories.BEGIN)
    people.change_account(world.head_b, email="head@court.example", by=None)
    assert Measure.objects.filter(deadline=DUE).count() == 3


def run(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], env=environment, cwd=project.BASE_DIR, check=True, timeout=180)


def python(environment: dict[str, str], code: str) -> None:
    run(environment, "-c", f"import django, rectify; django.setup(); {code}")


@pytest.fixture
def working(site: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """A filled site with a worker that listens; mails are files."""
    site |= {"DJANGO_SETTINGS_MODULE": "rectify.settings", "EMAIL_URL": f"filemail:///{tmp_path / 'mail'}"}
    if "REDIS_URL" in site:
        site["REDIS_URL"] = site["REDIS_URL"].rpartition("/")[0] + "/14"  # a queue that no other test reads
    run(site, "manage.py", "migrate", "--verbosity=0")
    python(site, "from findings.tests import test_worker; test_worker.fill()")
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "rectify", "worker", "-P", "threads", "-c", "2"]
    log = (tmp_path / "worker.log").open("w")
    worker = subprocess.Popen([*command, "-l", "INFO"], env=site, cwd=project.BASE_DIR, stdout=log, stderr=log)
    yield site
    worker.terminate()
    assert worker.wait(timeout=60) in {0, -15}
    log.close()


def wait_for(path: Path, text: str, *, patience: float = 120) -> str:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = path.read_text(encoding="utf-8")
        if text in found:
            return found
        time.sleep(0.2)
    pytest.fail(f"{text!r} did not come:\n{path.read_text(encoding='utf-8')}")


@pytest.mark.worker
def test_worker_carries_a_reminder_to_the_mail_server(working: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "worker.log"

    python(working, SEND.format(name="remind_due", arguments="'2025-06-12'"))
    wait_for(log, "reminders of 2025-06-12: 7 written, 0 stood there")
    python(working, SEND.format(name="send_messages", arguments=""))
    wait_for(log, "messages: 7 sent, 0 failed, 0 waiting")
    python(working, SEND.format(name="remind_due", arguments="'2025-06-12'") + "; tasks.send_messages.delay()")
    wait_for(log, "reminders of 2025-06-12: 0 written, 7 stood there")
    wait_for(log, "messages: 0 sent, 0 failed, 0 waiting")

    mails = list((tmp_path / "mail").iterdir())
    assert len(mails) == 1
    assert "To: head@court.example" in mails[0].read_text(encoding="utf-8")
