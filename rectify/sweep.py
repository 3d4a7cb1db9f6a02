"""Files that no row speaks of: an upload whose request broke off, a draft of a report that was compiled anew."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import models

SPARED_SECONDS = 24 * 3600  # a younger file may belong to a request that still runs


@dataclass(frozen=True)
class Orphan:
    """``name`` is the path below the folder of the stored files."""

    name: str
    size: int


def orphans(*, now: float | None = None) -> Iterator[Orphan]:
    """Stored files older than a day that no live row and no history row names, in the order of their names."""
    known, folder = named_files(), Path(settings.MEDIA_ROOT)
    latest = (time.time() if now is None else now) - SPARED_SECONDS
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.is_file() or name in known:
            continue
        facts = path.stat()
        if facts.st_mtime < latest:
            yield Orphan(name, facts.st_size)


def remove(found: Orphan) -> None:
    """Delete one of the ``orphans``; one that is gone already is no fault."""
    (Path(settings.MEDIA_ROOT) / found.name).unlink(missing_ok=True)


def named_files() -> set[str]:
    """The names of all files that rows speak of now or spoke of in their history."""
    known: set[str] = set()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField):
                past = getattr(model, "history", None)
                for rows in (model._base_manager, *([past] if past is not None else [])):
                    known.update(rows.order_by().values_list(field.attname, flat=True).distinct().iterator())
    return known
