"""The embedded queue: whole messages, each taken once, in order."""

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection
from kombu.exceptions import ChannelError

from rectify import broker


@pytest.fixture
def connection(settings: Any, tmp_path: Path) -> Iterator[Connection]:
    settings.REDIS_URL = ""
    settings.QUEUE_DIR = tmp_path / "queue"
    broker.Transport.global_state.clear()  # a process remembers its bindings; each test has folders of its own
    config = broker.config()
    with Connection(config["broker_url"], transport_options=config["broker_transport_options"]) as opened:
        yield opened


def test_messages_arrive_once_and_in_order(connection: Connection) -> None:
    queue = connection.SimpleQueue("jobs", serializer="json")
    for number in range(5):
        queue.put({"number": number})
    arrived = []
    for _ in range(5):
        message = queue.get(timeout=5)
        arrived.append(message.payload["number"])
        message.ack()
    assert arrived == [0, 1, 2, 3, 4]
    with pytest.raises(queue.Empty):
        queue.get_nowait()


def test_a_reader_never_meets_half_a_message(connection: Connection, settings: Any) -> None:
    waiting = settings.QUEUE_DIR / "waiting"
    transport, options = connection.as_uri(), connection.transport_options
    halves: list[str] = []
    done = threading.Event()

    def publish() -> None:
        with Connection(transport, transport_options=options) as other:
            queue = other.SimpleQueue("jobs", serializer="json")
            for number in range(40):
                queue.put({"number": number, "filling": "整" * 2000})

    def look() -> None:
        while not done.is_set():
            for file in waiting.glob("*.msg"):
                try:
                    json.loads(file.read_text(encoding="utf-8"))
                except ValueError:
                    halves.append(file.name)

    reader = threading.Thread(target=look)
    publishers = [threading.Thread(target=publish) for _ in range(3)]
    reader.start()
    for thread in publishers:
        thread.start()
    for thread in publishers:
        thread.join()
    done.set()
    reader.join()
    assert halves == []
    assert len(list(waiting.glob("*.msg"))) == 120
    assert list(waiting.glob(".*")) == []


def test_the_routing_table_keeps_each_binding_once(connection: Connection, settings: Any) -> None:
    for name in ("jobs", "jobs", "reports"):
        connection.SimpleQueue(name, serializer="json")
    tables = {file.stem: json.loads(file.read_text()) for file in (settings.QUEUE_DIR / "control").glob("*.exchange")}
    assert {name: len(table) for name, table in tables.items()} == {"jobs": 1, "reports": 1}


def test_folders_are_private(connection: Connection, settings: Any) -> None:
    assert [folder.stat().st_mode & 0o077 for folder in settings.QUEUE_DIR.iterdir()] == [0, 0, 0]


def test_a_missing_folder_is_reported(connection: Connection, settings: Any) -> None:
    broker.check()
    (settings.QUEUE_DIR / "waiting").rmdir()
    with pytest.raises(broker.BrokerDown):
        broker.check()


def test_an_absent_redis_is_reported(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with pytest.raises(broker.BrokerDown):
        broker.check()


def test_redis_needs_no_folders(settings: Any, tmp_path: Path) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.QUEUE_DIR = tmp_path / "queue"
    assert broker.config()["broker_url"] == "redis://127.0.0.1:1/0"
    assert broker.prune() == 0
    assert not settings.QUEUE_DIR.exists()


def test_prune_deletes_old_messages_only(connection: Connection, settings: Any) -> None:
    old, new = (settings.QUEUE_DIR / "done" / name for name in ("1_a.celery.msg", "2_b.celery.msg"))
    draft = settings.QUEUE_DIR / "waiting" / ".x.draft"
    for file in (old, new, draft):
        file.write_text("{}")
    week_ago = time.time() - 8 * 86_400
    for file in (old, draft):
        os.utime(file, (week_ago, week_ago))
    assert broker.prune(days=7) == 2
    assert (old.exists(), new.exists(), draft.exists()) == (False, True, False)


def test_a_full_disk_is_an_error_and_leaves_nothing(
    connection: Connection, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = connection.SimpleQueue("jobs", serializer="json")

    def full(*_args: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ChannelError):
        queue.put({"number": 1})
    with pytest.raises(ChannelError):
        connection.SimpleQueue("others", serializer="json")
    assert [file.name for file in settings.QUEUE_DIR.rglob("*") if file.suffix in {".msg", ".draft"}] == []


def test_prune_leaves_to_another_worker_what_it_took(connection: Connection, settings: Any) -> None:
    (settings.QUEUE_DIR / "done" / "1_a.celery.msg").symlink_to("taken away meanwhile")
    assert broker.prune(days=0) == 0
