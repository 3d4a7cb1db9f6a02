"""A whole site in real processes, and the ways to disturb one: what test_faults.py is told with.

The worker is killed "in the middle" without any hook in the product: the mail server of the test does not answer, or a
trigger in the database holds one statement up for as long as the test wants.
"""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as project
from django.core.management import call_command
from django.db import connection, connections
from django.db.models import F
from django.test import override_settings
from django.utils import timezone
from kombu import Connection
from redis import Redis

from accounts import people
from accounts.tracked import create
from findings.choices import MessageStatus
from findings.models import CalendarDay, Delivery, Job, Message, Outage, Report, ReportingPeriod
from findings.tests import factories
from rectify import broker
from rectify.celery import app
from rectify.tests.conftest import KEPT, create_or_drop, server_url

PATIENCE = 180.0  # seconds; how slow the machine may be, not how long anything takes
ALIAS = "site"
QUEUE = 13  # the number of a Redis database that no other test reads
HOLD = 4711
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
State = dict[str, Any]
# It is noon at the site: the morning's messages may leave, and no test runs past midnight.
ZONE = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"


def wait_until(condition: Callable[[], Any], what: str, log: Callable[[], str] = str) -> None:
    """Look again every 50 ms until the condition holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"{what}: in vain for {PATIENCE:.0f} s\n{log()}")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# --- The mail server ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    number: str  # its Message-ID
    content: bytes = field(repr=False)


def taking(mail: Mail) -> str:
    """What a server in good order answers to every mail."""
    return "250 taken"


class Sink:
    """A mail server that keeps what it takes. ``answer`` says what it replies to a mail, "" to hang up without a word.

    Before ``open`` it refuses connections; while it is ``silent`` it takes them and says nothing.
    """

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.offered = 0
        self.connections = 0
        self.silent = False
        self.greeting = "220 sink"
        self.answer: Callable[[Mail], str] = taking
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._ending = threading.Event()

    def open(self) -> "Sink":
        self._socket.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def close(self) -> None:
        self._ending.set()
        with closing(self._socket):
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:  # never opened
                return

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rwb") as line:
            try:
                if self.silent:
                    self._ending.wait(PATIENCE)
                else:
                    self._talk(line)
            except OSError:  # the other side is gone
                return

    def _talk(self, line: Any) -> None:
        def say(words: str) -> None:
            line.write(words.encode() + b"\r\n")
            line.flush()

        say(self.greeting)
        to = ""
        while command := line.readline().decode().strip():
            verb = command[:4].upper()
            if verb == "RCPT":
                to = command[command.index("<") + 1 : command.index(">")]
            if verb == "DATA":
                say("354 go on")
                words = self._taken(to, b"".join(iter(line.readline, b".\r\n")))
                if not words:
                    return
                say(words)
            elif verb == "QUIT":
                return say("221 bye")
            else:
                say("250 yes")

    def _taken(self, to: str, content: bytes) -> str:
        head = message_from_bytes(content)
        mail = Mail(to, str(make_header(decode_header(head["Subject"]))), head["Message-ID"], content)
        self.offered += 1
        words = self.answer(mail)
        if words.startswith("250"):
            self.mails.append(mail)
        return words

    def hold(self, number: int, words: str = "250 taken") -> tuple[threading.Event, threading.Event]:
        """Say nothing to the ``number``-th mail until told: two events, "it is there" and "go on" with those words."""
        there, go_on = threading.Event(), threading.Event()

        def answer(mail: Mail) -> str:
            if self.offered != number:
                return "250 taken"
            there.set()
            go_on.wait(PATIENCE)
            return words

        self.answer = answer
        return there, go_on


# --- The database ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Template:
    """A database with the world of the tests, to be copied; ``name`` of a PostgreSQL database or of a file."""

    name: str

    def copy(self, data: Path) -> dict[str, Any]:
        """The connection of a fresh copy."""
        known = dict(connections.databases["default"])
        if connection.vendor == "sqlite":
            shutil.copy(self.name, data / "db.sqlite3")
            return known | {"NAME": str(data / "db.sqlite3")}
        name = f"rectify_site_{uuid.uuid4().hex[:8]}"
        create_or_drop(f"CREATE DATABASE {connection.ops.quote_name(name)} TEMPLATE", self.name)
        return known | {"NAME": name}


def fill() -> None:
    """A campaign that began 130 days ago, with measures long overdue; everybody has an address; today is no holiday."""
    today = timezone.localdate(timezone=ZoneInfo(ZONE))
    world = factories.make_world(begin=today - timedelta(days=130))
    for person in world.everybody().values():
        people.change_account(person, email=f"{person.username}@court.example", by=None)
    for day in (today, today + timedelta(days=1)):
        create(CalendarDay, by=None, day=day, is_working=True, name="made up")


@contextmanager
def template(folder: Path) -> Iterator[Template]:
    """Fill the database of this run, copy it, and leave it empty again."""
    fill()
    made = Template(str(folder / "template.sqlite3"))
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(made.name)) as target:
            connection.connection.backup(target)
    else:
        made = Template(f"rectify_template_{uuid.uuid4().hex[:8]}")
        ours = connection.settings_dict["NAME"]
        connection.close()  # nobody may be in a database that is copied
        create_or_drop(f"CREATE DATABASE {connection.ops.quote_name(made.name)} TEMPLATE", ours)
    call_command("flush", verbosity=0, interactive=False)
    yield made
    if connection.vendor != "sqlite":
        create_or_drop("DROP DATABASE", made.name)


def url_of(place: dict[str, Any]) -> str:
    if connection.vendor == "sqlite":
        return f"sqlite:///{place['NAME']}"
    return f"{server_url(place)}/{place['NAME']}"


# --- The processes -----------------------------------------------------------------------------------------


class Process:
    """A process of the site with its log."""

    def __init__(self, site: "Site", name: str, *command: str) -> None:
        self.path = site.data / f"{name}.log"
        with self.path.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command], env=site.environment, cwd=project.BASE_DIR, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    @property
    def log(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def kill(self) -> None:
        """SIGKILL to it and all that it has started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=PATIENCE)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        if not self.has_ended:
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()


CELERY = ("-m", "celery", "--quiet", "-A", "rectify")
# The same with a clock that goes an hour late.
LATE = (
    "import sys, time_machine, datetime as d; "
    "time_machine.travel(d.datetime.now(d.UTC) - d.timedelta(hours=1), tick=True).start(); "
    "sys.argv[0] = 'celery'; from celery.__main__ import main; main()"
)


@dataclass
class Site:
    """A site of its own: folder, database, queue, mail server and the processes that a test has started."""

    data: Path
    sink: Sink
    place: dict[str, Any]
    redis: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        own = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
        own |= {"RECTIFY_DATA": str(self.data), "DATABASE_URL": url_of(self.place), "TIME_ZONE": ZONE,
                "EMAIL_URL": f"smtp://127.0.0.1:{self.sink.port}", "RECTIFY_BACKUPS": "1"}  # fmt: skip
        self.environment = own | ({"REDIS_URL": self.redis} if self.redis else {})
        connections[ALIAS] = type(connections["default"])(self.place, ALIAS)

    def end(self) -> None:
        for process in self.processes:
            process.stop()
        self.sink.close()
        connections[ALIAS].close()
        del connections[ALIAS]

    # The queue

    def worker(self, *, late: bool = False) -> Process:
        """Start a worker as production does (with Redis), or as ``make run`` does; it is listening then."""
        name = f"worker{len(self.processes)}"
        pool = "prefork" if self.redis else "threads"
        command = ("-c", LATE, *CELERY[2:]) if late else CELERY
        options = ("worker", "-P", pool, "-c", "2", "-l", "INFO", "-n", f"{name}@%h", "--without-gossip",
                   "--without-mingle")  # fmt: skip
        process = Process(self, name, *command, *options)
        self.processes.append(process)
        wait_until(lambda: " ready." in process.log or process.has_ended, f"{name} is ready", lambda: process.log)
        assert not process.has_ended, process.log
        return process

    def beat(self, schedule: Path) -> Process:
        process = Process(self, f"beat-{schedule.name}", *CELERY, "beat", "-l", "INFO", "-s", str(schedule))
        self.processes.append(process)
        return process

    def send(self, name: str, *arguments: Any) -> str:
        """Put a job into the queue, as the scheduler does; answers its number."""
        broker.Transport.global_state.clear()
        with override_settings(QUEUE_DIR=self.data / "queue", REDIS_URL=self.redis):
            config = broker.config()
        with Connection(config["broker_url"], transport_options=config["broker_transport_options"]) as queue:
            return app.send_task(task_name(name), arguments, connection=queue).id

    def call(self, name: str, *arguments: Any) -> None:
        """Put a job into the queue and wait until a worker has done it."""
        self.done(self.send(name, *arguments))

    def done(self, number: str) -> None:
        wait_until(lambda: f"[{number}] succeeded" in self.logs or f"[{number}] raised" in self.logs,
                   f"job {number} is done", lambda: self.logs)  # fmt: skip
        assert f"[{number}] raised" not in self.logs, self.logs

    def settle(self) -> None:
        """Wait until the queue is empty and the workers have ended what they began."""

        def is_quiet() -> bool:
            begun = re.findall(r"Task \S+\[(\S+)\] received", self.living)
            return not self.waiting() and all(re.search(rf"\[{row}\] (succeeded|raised)", self.living) for row in begun)

        wait_until(lambda: is_quiet() and not time.sleep(0.2) and is_quiet(), "all is quiet", lambda: self.logs)

    def waiting(self) -> int:
        """Jobs that no worker has taken."""
        if not self.redis:
            return len(list((self.data / "queue" / "waiting").glob("*.msg")))
        with closing(Redis.from_url(self.redis)) as queue:
            return int(queue.llen("celery"))  # type: ignore[arg-type]

    @property
    def logs(self) -> str:
        return "".join(process.log for process in self.processes)

    @property
    def living(self) -> str:
        return "".join(process.log for process in self.processes if not process.has_ended)

    # The rows

    def sql(self, statement: str) -> None:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(statement)

    def count(self, **filters: Any) -> int:
        return Message.objects.using(ALIAS).filter(**filters).count()

    def later(self, **past: float) -> None:
        """So much time goes by: every stamp that the senders and takers wait for lies so much further back."""
        for model, *names in ((Delivery, "claimed_at", "not_before"), (Outage, "not_before"),
                              (Job, "asked_at", "started_at", "beat_at")):  # fmt: skip
            # One by one: SQLite's dates are texts, and only Django can count with them.
            model.objects.using(ALIAS).update(**{name: F(name) - timedelta(**past) for name in names})

    @contextmanager
    def stalled(self, event: str, table: str, when: str) -> Iterator[None]:
        """Hold each statement up that does this to a row of that kind, until the block ends."""
        if connections[ALIAS].vendor == "sqlite":
            self.sql(f"CREATE TRIGGER stall BEFORE {event} ON {table} WHEN {when} BEGIN SELECT ({ENDLESS}); END")
            yield
            self.sql("DROP TRIGGER stall")
            return
        self.sql(f"SELECT pg_advisory_lock({HOLD})")
        self.sql("CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS "
                 f"$$ BEGIN PERFORM pg_advisory_xact_lock({HOLD}); RETURN NEW; END $$")  # fmt: skip
        self.sql(f"CREATE TRIGGER stall BEFORE {event} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION stall()")
        yield
        # The server would end a statement whose client is dead, and then commit it.
        self.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        self.sql(f"SELECT pg_advisory_unlock({HOLD})")
        self.sql("DROP FUNCTION stall CASCADE")


def task_name(entry: str) -> str:
    """The task of an entry of the timetable, or of its own name."""
    known = app.conf.beat_schedule.get(entry)
    return known["task"] if known else f"findings.tasks.{entry}"


# --- What stands in the end --------------------------------------------------------------------------------


def state(site: Site) -> State:
    """All that the jobs have made, without what differs from run to run (ids of reports, instants, tries)."""
    return {
        "messages": sorted(
            (_plain(row.key), row.recipient.username, row.subject, row.body, _plain(row.link), row.status)
            for row in Message.objects.using(ALIAS).select_related("recipient")
        ),
        "deliveries": sorted(
            (_plain(row.message.key), row.channel, row.status)
            for row in Delivery.objects.using(ALIAS).select_related("message")
        ),
        "periods": sorted(ReportingPeriod.objects.using(ALIAS).values_list("campaign__slug", "code")),
        "reports": sorted(
            (row.period.code, row.kind, row.revision, row.state, row.figures_text, has_files(site, row))
            for row in Report.objects.using(ALIAS).select_related("period")
        ),
        "open": Message.objects.using(ALIAS).filter(status__in=[MessageStatus.WAITING, MessageStatus.SENDING]).count(),
        "mails": Counter((mail.to, mail.subject) for mail in site.sink.mails),
    }


def _plain(text: str) -> str:
    return re.sub(r"report(-|s/)\d+", "report", text)


def has_files(site: Site, report: Report) -> bool:
    """Whether both files of a report stand in the folder."""
    return all((site.data / "media" / str(name)).is_file() for name in (report.word_file, report.excel_file))


def numbers_given_twice(site: Site) -> list[str]:
    """The numbers that came with more than one mail."""
    counts = Counter(mail.number for mail in site.sink.mails)
    return [number for number, count in counts.items() if count > 1]


def empty(redis: str) -> None:
    """Forget all jobs of a queue that is ours alone."""
    with closing(Redis.from_url(redis)) as queue:
        queue.flushdb()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
