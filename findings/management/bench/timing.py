"""What one measurement tells: how many rows, how long, and the most memory that its process has held."""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Watch:
    """Wall and processor seconds of the block that ``timed`` stands around."""

    seconds: float = 0.0
    cpu: float = 0.0


@dataclass(frozen=True)
class Taken:
    """The rows that were handled and what that took."""

    rows: int
    watch: Watch


@contextmanager
def timed() -> Iterator[Watch]:
    """Time what stands inside; all that prepares for it stays outside."""
    watch = Watch()
    begun, cpu = time.perf_counter(), time.process_time()
    yield watch
    watch.seconds, watch.cpu = time.perf_counter() - begun, time.process_time() - cpu


def peak_mb() -> int:
    """The most memory that this process has held so far, in MB."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) // 1024
    except (OSError, IndexError):  # not Linux: the limit counts, in kilobytes or, on a Mac, bytes
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most // (1024 * 1024 if sys.platform == "darwin" else 1024)
