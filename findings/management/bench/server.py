"""A PostgreSQL server that lends each measured site a database of its own."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from psycopg2 import sql


class Server:
    """``url`` names the server and who signs in, without a database: postgres://user@host:5432."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._lent: list[str] = []

    def lend(self, name: str) -> str:
        """Make an empty database for a site; answers its address. Raises psycopg2.Error."""
        database = f"rectify_bench_{os.getpid()}_{name}"
        self._tell("postgres", sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        self._lent.append(database)
        return f"{self.url}/{database}"

    def analyse(self) -> None:
        """Let the planner know what was seeded, as autovacuum does on a site some minutes later."""
        self._tell(self._lent[-1], sql.SQL("ANALYZE"))

    def take_back(self) -> None:
        """Drop all that was lent."""
        while self._lent:
            self._tell("postgres", sql.SQL("DROP DATABASE {}").format(sql.Identifier(self._lent.pop())))

    def _tell(self, database: str, statement: Any) -> None:
        with closing(psycopg2.connect(f"{self.url}/{database}")) as connection:
            connection.autocommit = True  # a database is made outside of transactions
            with connection.cursor() as cursor:
                cursor.execute(statement)


@contextmanager
def lending(url: str) -> Iterator[Server | None]:
    """The server for the time of one run; None without an address."""
    server = Server(url) if url else None
    try:
        yield server
    finally:
        if server:
            server.take_back()
