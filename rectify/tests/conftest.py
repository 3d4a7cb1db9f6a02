"""A whole site of its own for tests that start real processes."""

import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

KEPT = ("PATH", "HOME", "LANG")


def create_or_drop(statement: str, name: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"{statement} {connection.ops.quote_name(name)}")


def server_url(place: dict[str, Any]) -> str:
    """The PostgreSQL server that database settings name, without the database."""
    account = ":".join(filter(None, (place["USER"], place["PASSWORD"])))
    return f"postgres://{account}@{place['HOST']}:{place['PORT'] or 5432}"


@pytest.fixture
def site(tmp_path: Path, settings: Any, django_db_blocker: Any) -> Iterator[dict[str, str]]:
    """The environment of a new site: own folder, own empty database, the queue that this run is about."""
    environment = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
    environment |= {"RECTIFY_DATA": str(tmp_path / "data"), "PYTHON": sys.executable}
    if settings.REDIS_URL:
        environment["REDIS_URL"] = settings.REDIS_URL
    if connection.vendor == "sqlite":
        yield environment
        return
    name = f"rectify_site_{uuid.uuid4().hex[:8]}"
    environment["DATABASE_URL"] = f"{server_url(connection.settings_dict)}/{name}"
    with django_db_blocker.unblock():
        create_or_drop("CREATE DATABASE", name)
        yield environment
        create_or_drop("DROP DATABASE", name)
