"""Rows that were built once through the verbs, laid down again for each test that wants the same."""

from collections.abc import Callable, Hashable
from copy import deepcopy
from typing import TypeVar

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection
from django.db.models import Model

from accounts.models import User

Thing = TypeVar("Thing")
Rows = dict[str, tuple[list[str], list[tuple]]]  # table → columns, rows

_kept: dict[Hashable, tuple[object, Rows]] = {}


def kept(key: Hashable, build: Callable[[], Thing]) -> Thing:
    """What ``build`` makes in an empty database. Where something stands there already it is built anew."""
    if User.objects.exists():
        return build()
    if key not in _kept:
        thing = build()
        _kept[key] = (deepcopy(thing), _rows_of_all_tables())
        return thing
    thing, rows = _kept[key]
    _lay_down(rows)
    return deepcopy(thing)


def _own_models() -> list[type[Model]]:
    return [model for label in ("accounts", "findings") for model in apps.get_app_config(label).get_models()]


def _rows_of_all_tables() -> Rows:
    found: Rows = {}
    with connection.cursor() as cursor:
        for model in _own_models():
            table, columns = model._meta.db_table, [field.column for field in model._meta.concrete_fields]
            cursor.execute(f"SELECT {_names(columns)} FROM {connection.ops.quote_name(table)}")
            if rows := cursor.fetchall():
                found[table] = (columns, rows)
    return found


def _lay_down(found: Rows) -> None:
    with connection.cursor() as cursor:
        for table, (columns, rows) in found.items():
            holes = ", ".join(["%s"] * len(columns))
            into = f"{connection.ops.quote_name(table)} ({_names(columns)})"
            cursor.executemany(f"INSERT INTO {into} VALUES ({holes})", rows)
        for sql in connection.ops.sequence_reset_sql(no_style(), _own_models()):
            cursor.execute(sql)


def _names(columns: list[str]) -> str:
    return ", ".join(connection.ops.quote_name(column) for column in columns)
