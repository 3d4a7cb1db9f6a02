"""The embedded queue: files in a folder, used where ``REDIS_URL`` is empty.

kombu's own file transport writes a message into the file that the worker already sees, so a worker
can read half a message and die. Here a message and the routing table appear whole or not at all.
"""

import fcntl
import json
import os
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

SCHEME = "rectify-files"
TRANSPORT_ALIASES[SCHEME] = "rectify.broker:Transport"
_binding = threading.Lock()


class BrokerDown(Exception):
    """The queue does not answer."""


def _write_whole(path: Path, content: str) -> None:
    """Let the file appear under its name only when all of it is on the disk."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".draft")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


class Channel(filesystem.Channel):
    """A channel whose writes are atomic."""

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]
        # Wall-clock nanoseconds keep the order across restarts of the machine; the stock clock does not.
        name = f"{time.time_ns()}_{uuid.uuid4()}.{queue}.msg"
        try:
            _write_whole(Path(self.data_folder_out) / name, json.dumps(payload))
        except OSError as error:
            raise ChannelError(f"Cannot add {name} to the queue folder") from error

    def queue_bind(self, *args: Any, **kwargs: Any) -> None:
        # kombu notes a binding as done before it is written. A second thread would believe the note,
        # find no route, and its message would vanish without a word.
        with _binding:
            super().queue_bind(*args, **kwargs)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        file = self._exchange_file(exchange)
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        try:
            with open(self.control_folder / ".lock", "w", encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                table = self.get_table(exchange)
                if binding not in table:
                    _write_whole(file, json.dumps([binding, *table]))
        except OSError as error:
            raise ChannelError(f"Cannot write {file}") from error


class Transport(filesystem.Transport):
    """The file transport with the channel above."""

    Channel = Channel


def _folders() -> dict[str, Path]:
    waiting = settings.QUEUE_DIR / "waiting"
    return {
        "data_folder_in": waiting,
        "data_folder_out": waiting,
        "processed_folder": settings.QUEUE_DIR / "done",
        "control_folder": settings.QUEUE_DIR / "control",
    }


def prepare() -> None:
    """Make the folders of the embedded queue, readable by us alone."""
    if settings.REDIS_URL:
        return
    for folder in _folders().values():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def config() -> dict[str, Any]:
    """Return the Celery settings that depend on which queue is in use."""
    if settings.REDIS_URL:
        return {
            "broker_url": settings.REDIS_URL,
            "broker_transport_options": {"socket_connect_timeout": 3, "socket_timeout": 30},
            "worker_prefetch_multiplier": 1,
        }
    prepare()
    return {
        "broker_url": f"{SCHEME}://localhost//",
        "broker_transport_options": {
            **{name: str(folder) for name, folder in _folders().items()},
            # The default moves messages through the shared temporary folder: readable by others, not atomic.
            "store_processed": True,
            "polling_interval": 1,
        },
        # Reply queues would grow the routing table for ever.
        "worker_enable_remote_control": False,
    }


def check() -> None:
    """Raise BrokerDown unless the queue takes messages now."""
    if not settings.REDIS_URL:
        for folder in _folders().values():
            if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
                raise BrokerDown(f"the queue folder {folder} cannot be written")
        return
    client = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2, retry=Retry(NoBackoff(), 0))
    try:
        client.ping()
    except RedisError as error:
        raise BrokerDown(f"Redis does not answer: {error}") from error
    finally:
        client.close()


def prune(*, days: int = 7) -> int:
    """Delete messages done with for some days, and drafts that a crash left; return how many."""
    if settings.REDIS_URL:
        return 0
    limit = time.time() - days * 86_400
    folders = _folders()
    spent = [*folders["processed_folder"].glob("*.msg"), *folders["data_folder_in"].glob(".*.draft")]
    pruned = 0
    for file in spent:
        try:
            if file.stat().st_mtime < limit:
                file.unlink()
                pruned += 1
        except FileNotFoundError:  # another worker prunes as well
            continue
    return pruned
