"""The bench: each measurement in small, the table, and that a run leaves nothing of the site behind."""

import json
import smtplib
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts import people
from findings.management.bench import digests, frame, history, ledger, mail, rehearsal
from findings.management.bench.sink import sink
from findings.management.commands.bench import Command, _notes, _table
from findings.models import Message
from findings.tests.factories import World
from findings.tests.test_commands import answer, refusal
from rectify.tests.conftest import server_url

pytestmark = pytest.mark.usefixtures("english")
FACTS = {"rows": 4, "seconds": 1.5, "cpu": 1.0, "peak": 80}


@pytest.mark.parametrize(
    ("part", "rows"),
    [(ledger.formatted, 4), (ledger.flat, 4), (ledger.bare, 4), (rehearsal.rehearsal, 4), (rehearsal.bare, 4)],
)
def test_parts_of_the_ledger_handle_its_rows(world: World, part: Any, rows: int) -> None:
    assert part().rows == rows


def test_walk_and_bare_hashing_meet_the_same_rows(world: World) -> None:
    assert history.walk().rows == history.bare().rows > 0


def test_morning_is_written_inserted_again_and_delivered(world: World, settings: Any) -> None:
    people.change_account(world.head_a, email="head@court.example", by=None)
    written = digests.digests().rows
    assert digests.bare().rows == written == Message.objects.count() > 0
    assert mail.mails().rows == written


def test_sink_counts_connections_and_mails() -> None:
    with sink() as server:
        port = int(server.url.rsplit(":", 1)[1])
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail("a@b.example", ["c@d.example"], "Subject: x\r\n\r\nx")
            client.sendmail("a@b.example", ["c@d.example"], "Subject: y\r\n\r\n.y")
        assert (server.connections, server.mails) == (1, 2)


def test_plan_measures_the_large_list_beside_the_small_one() -> None:
    def sites(measures: int, people: int) -> list[tuple[str, str, int]]:
        return [(row.name, row.site.name, row.site.measures) for row in frame.plan(measures, people)]

    assert sites(100_000, 10_000) == [
        ("ledger", "base", 10_000), ("flat", "base", 10_000), ("flat", "large", 100_000),
        ("rehearsal", "base", 10_000), ("history", "large", 100_000), ("digests", "morning", 100_000),
        ("mail", "morning", 100_000),
    ]  # fmt: skip
    assert [name for name, _site, _measures in sites(500, 10)] == [
        "ledger", "flat", "rehearsal", "history", "digests", "mail",
    ]  # fmt: skip


def test_part_tells_what_it_took_in_one_line(world: World) -> None:
    asked = {"measures": None, "people": None, "full": False, "only": "", "postgres": "", "part": "flat"}
    told = json.loads(next(iter(Command().answer(**asked).lines)))
    assert told.keys() == FACTS.keys()
    assert told["rows"] == 4
    assert told["peak"] > 10


def test_bench_seeds_a_site_of_its_own_and_measures_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://the-site/that/nobody/reaches")
    where = ["--postgres", server_url(connection.settings_dict)] if connection.vendor == "postgresql" else []
    [line] = answer("bench", "--measures", "9", "--people", "1", "--only", "flat", *where)["measurements"]
    assert (line["name"], line["measures"], line["rows"], line["bare"]["rows"]) == ("flat", 9, 9, 9)
    assert min(line["peak"], line["bare"]["peak"]) > 10
    if where:
        with connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'rectify\\_bench\\_%'")
            assert cursor.fetchall() == []  # what was lent was taken back


def test_server_that_does_not_answer_is_told() -> None:
    words = refusal("bench", "--only", "flat", "--postgres", "postgres://nobody@127.0.0.1:1")[1]
    assert "The server of --postgres refuses" in words


def test_table_and_notes_tell_the_ratios() -> None:
    line = {"name": "flat", "measures": 4, **FACTS, "bare": FACTS, "ratio": 1.0, "connections": 0}
    large = line | {"rows": 40, "peak": 88}
    mails = line | {"name": "mail", "connections": 1}
    assert [row.split()[:6] for row in _table([line])[1:]] == [["4", "1.5", "1.0", "80", "1.5", "1.0"]]
    assert _notes([line, large, mails]) == [
        "Connections to the mail server: 1.",
        "Memory of the flat list with 40 rows, to that with 4: 1.1.",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--only", "gossip"), "There is no measurement “gossip”"),
        (("--measures", "5", "--people", "100"), "At least one measure for every nine people"),
    ],
)
def test_bench_refuses_what_it_cannot_measure(arguments: tuple[str, ...], words: str) -> None:
    assert words in refusal("bench", *arguments)[1]


def test_process_that_fails_is_told(tmp_path: Path) -> None:
    with sink() as server, pytest.raises(RuntimeError, match="no_such_command"):
        frame.Bench(tmp_path, server)._manage(frame.Site("base", 1, 1, 0), "no_such_command")
