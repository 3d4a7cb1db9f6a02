"""The walk along the records, beside SHA-256 over the same rows."""

import hashlib
from typing import Any

from findings.management.bench.timing import Taken, timed
from findings.management.commands.verify_history import CHAINED, Command, tracked_models


def walk() -> Taken:
    """``verify_history``: the chain, the rows against their history, the files."""
    with timed() as watch:
        answer = Command().answer(head=None)
    return Taken(answer.document["rows"], watch)


def bare() -> Taken:
    """A digest of each row that the chain speaks of."""
    rows = 0
    with timed() as watch:
        models: list[Any] = [*tracked_models().values(), *CHAINED]
        for model in models:
            for values in model._default_manager.order_by("pk").values_list().iterator():
                hashlib.sha256(repr(values).encode()).hexdigest()
                rows += 1
    return Taken(rows, watch)
