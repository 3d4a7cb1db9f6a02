"""The one command, as a person starts it: in a process of its own, on an empty folder."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from django.conf import settings
from kombu import Connection

from accounts.words import padded, width
from rectify import broker
from rectify.celery import app

COMMAND = [sys.executable, "manage.py", "up"]


class Running:
    """A started site, with all that it has printed so far."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [*COMMAND, "--port", str(self.port)],
            env={**environment, "PYTHONUNBUFFERED": "1"},
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(iter(self.process.stdout.readline, ""))

    @property
    def printed(self) -> str:
        return "".join(self.lines)

    def wait_for(self, text: str, *, patience: float = 300) -> str:
        end = time.monotonic() + patience
        while time.monotonic() < end and self.process.poll() is None:
            if text in self.printed:
                return self.printed
            time.sleep(0.1)
        pytest.fail(f"{text!r} was not printed:\n{self.printed}")

    def pid(self, name: str) -> int:
        found = re.search(rf"{name} started \(pid=(\d+)\)", self.printed)
        assert found is not None, self.printed
        return int(found[1])

    def get(self, path: str) -> int:
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.status


@contextmanager
def running(environment: dict[str, str]) -> Iterator[Running]:
    site = Running(environment)
    try:
        yield site
    finally:
        if site.process.poll() is None:
            site.process.send_signal(signal.SIGTERM)
            site.process.wait(timeout=30)
        site.listener.join()
        site.process.stdout.close()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def send(environment: dict[str, str], name: str) -> None:
    """Publish a job to the queue of a running site."""
    if "REDIS_URL" in environment:
        queue = Connection(environment["REDIS_URL"])
    else:
        queue = Connection(broker.config()["broker_url"], transport_options=broker.config()["broker_transport_options"])
    with queue:
        app.send_task(name, connection=queue)


@pytest.mark.worker
def test_up_fills_an_empty_site_works_and_stops_cleanly(site: dict[str, str], settings: Any) -> None:
    settings.QUEUE_DIR = Path(site["RECTIFY_DATA"]) / "queue"
    broker.Transport.global_state.clear()
    with running(site) as started:
        printed = started.wait_for(f"http://127.0.0.1:{started.port}/")
        password = (Path(site["RECTIFY_DATA"]) / "demo-password").read_text(encoding="utf-8").strip()
        assert password in printed
        assert re.search(r"^office\b.*整改办", printed, re.MULTILINE)
        assert [started.get(path) for path in ("/healthz", "/readyz", "/accounts/login/")] == [200, 200, 200]
        send(site, "findings.tasks.send_messages")
        assert re.search(r"Task findings.tasks.send_messages\[.*\] succeeded", started.wait_for("succeeded in"))
        parts = [started.pid(name) for name in ("web", "worker", "beat")]
        os.killpg(started.process.pid, signal.SIGINT)
        assert started.process.wait(timeout=20) == 0
        assert [pid for pid in parts if is_alive(pid)] == []
    with running(site) as again:
        again.wait_for(password, patience=60)
        assert "First start" not in again.printed
        os.kill(again.pid("worker"), signal.SIGKILL)
        assert again.process.wait(timeout=30) == 1


def refusal(environment: dict[str, str], *arguments: str) -> str:
    answer = subprocess.run(
        [*COMMAND, *arguments], env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2, answer.stderr
    assert answer.stderr.count("\n") == 1
    return answer.stderr


def test_up_names_a_port_in_use(site: dict[str, str]) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        assert port in refusal(site, "--port", port)


def test_up_names_a_database_that_is_none(site: dict[str, str]) -> None:
    data = Path(site["RECTIFY_DATA"])
    data.mkdir()
    (data / "db.sqlite3").write_bytes(b"this is no database" * 300)
    site.pop("DATABASE_URL", None)
    assert str(data / "db.sqlite3") in refusal(site, "--port", "0")


def test_up_names_a_database_that_does_not_answer(site: dict[str, str]) -> None:
    site["DATABASE_URL"] = "postgres://nobody:secret@127.0.0.1:1/none"
    sentence = refusal(site, "--port", "0")
    assert "DATABASE_URL" in sentence
    assert "secret" not in sentence


def test_up_names_a_queue_that_does_not_answer(site: dict[str, str]) -> None:
    site["REDIS_URL"] = "redis://127.0.0.1:1/0"
    assert "REDIS_URL" in refusal(site, "--port", "0")


def test_table_columns_line_up_with_chinese_names() -> None:
    assert width("刘x") == 3
    assert padded("刘x", 5) + "|" == "刘x  |"
    assert padded("刘x", 5, right=True) == "  刘x"
