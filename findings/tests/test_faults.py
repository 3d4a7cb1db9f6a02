"""Faults, with real workers: after each the rows of an undisturbed run, no message twice, none missing."""

import os
import shelve
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery.beat import PersistentScheduler
from django.conf import settings as project
from django.db import connection, connections
from django.utils import timezone

from findings.choices import DeliveryStatus, MessageKind
from findings.models import Delivery, Report
from findings.tests import faults
from findings.tests.faults import ALIAS, Sink, Site, State, Template, numbers_given_twice, state, taking, wait_until
from rectify.celery import app
from rectify.tests.conftest import create_or_drop

# The mark of the database has the run's own one made, which is then copied; no test uses it otherwise.
pytestmark = [pytest.mark.worker, pytest.mark.django_db]
MORNING = ("remind", "send")
PAPERS = ("periods", "compile")
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="module")
def template(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Template]:
    with django_db_blocker.unblock(), faults.template(tmp_path_factory.mktemp("template")) as made:
        yield made


@contextmanager
def a_site(template: Template, folder: Path, *, redis: str = "", place: dict[str, Any] | None = None) -> Iterator[Site]:
    data = folder / "data"
    data.mkdir()
    made = place or template.copy(data)
    if project.REDIS_URL and not redis:
        redis = f"{project.REDIS_URL.rpartition('/')[0]}/{faults.QUEUE}"
        faults.empty(redis)
    site = Site(data, Sink(), made, redis)
    try:
        yield site
    finally:
        site.end()
        if place is None and connection.vendor != "sqlite":
            create_or_drop("DROP DATABASE", made["NAME"])


@pytest.fixture
def site(template: Template, tmp_path: Path) -> Iterator[Site]:
    with a_site(template, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def calm(template: Template, tmp_path_factory: Any) -> dict[str, State]:
    """What stands after an undisturbed morning, and after the papers of the day as well."""
    with a_site(template, tmp_path_factory.mktemp("calm")) as site:
        site.sink.open()
        site.worker()
        morning(site)
        found = {"morning": state(site)}
        papers(site)
        return found | {"day": state(site)}


def morning(site: Site) -> None:
    for entry in MORNING:
        site.call(entry)


def papers(site: Site) -> None:
    """The periods and their reports, and the mails that tell of the reports."""
    for entry in (*PAPERS, "send"):
        site.call(entry)
        site.settle()


def test_an_undisturbed_day_tells_everybody_once(calm: dict[str, State]) -> None:
    day = calm["day"]

    kinds = Counter(key.split("/")[0] for key, *_rest in day["messages"])
    assert set(kinds) == {"digest", "escalated", "report"}
    assert min(kinds.values()) > 2
    assert {row[-1] for row in day["deliveries"]} == {DeliveryStatus.SENT}
    assert sum(day["mails"].values()) == len(day["deliveries"]) == len(day["messages"])
    assert (day["open"], [row[-1] for row in day["reports"]]) == (0, [True] * len(day["reports"]))


# --- A worker dies -----------------------------------------------------------------------------------------


def kill_in_the_middle_of_a_mail(site: Site) -> None:
    """The worker dies while the server has not answered for the third mail; then the server takes mails again."""
    there, go_on = site.sink.open().hold(3, words="")
    worker = site.worker()
    site.call("remind")
    site.send("send")
    wait_until(there.is_set, "the third mail is on its way", lambda: site.logs)
    worker.kill()
    go_on.set()
    site.sink.answer = taking


def test_a_worker_killed_in_the_middle_of_the_reminders(site: Site, calm: dict[str, State]) -> None:
    worker = site.worker()
    with site.stalled("INSERT", "findings_message", "NEW.kind = 'escalated'"):
        site.send("remind")
        wait_until(lambda: site.count(kind=MessageKind.DIGEST), "the digests are written", lambda: site.logs)
        worker.kill()
        assert site.count(kind=MessageKind.ESCALATED) == 0

    site.sink.open()
    site.worker()
    site.call("catch_up")
    site.call("send")

    assert state(site) == calm["morning"]


def test_a_worker_killed_while_it_hands_a_mail_over(site: Site, calm: dict[str, State]) -> None:
    kill_in_the_middle_of_a_mail(site)

    site.worker()
    send_again(site)

    assert state(site) == calm["morning"]
    assert numbers_given_twice(site) == []


def test_a_worker_killed_right_after_a_mail_was_taken(site: Site, calm: dict[str, State]) -> None:
    """The one case in which a mail goes out twice: both bear the same number; see docs/adr/0012."""
    site.sink.open()
    worker = site.worker()
    site.call("remind")
    with site.stalled("UPDATE", "findings_delivery", "NEW.status = 'sent' AND NEW.id = 3"):
        site.send("send")
        wait_until(lambda: len(site.sink.mails) == 3, "the third mail is taken", lambda: site.logs)
        worker.kill()

    site.worker()
    send_again(site)

    third = site.sink.mails[2]
    assert numbers_given_twice(site) == [third.number]
    found = state(site)
    assert found | {"mails": found["mails"] - Counter([(third.to, third.subject)])} == calm["morning"]


def send_again(site: Site) -> None:
    """The next minute, when the mail in doubt is left alone, and ten minutes later."""
    site.call("send")
    assert Delivery.objects.using(ALIAS).filter(status=DeliveryStatus.SENDING).count() == 1
    site.later(minutes=11)
    site.call("send")


def test_a_worker_killed_in_the_middle_of_a_report(site: Site, calm: dict[str, State]) -> None:
    site.sink.open()
    worker = site.worker()
    morning(site)
    site.call("periods")
    with site.stalled("INSERT", "findings_report", "NEW.revision = 1"):
        site.call("compile")
        files = site.data / "media" / "reports"
        wait_until(lambda: list(files.glob("*.xlsx")), "the files are written", lambda: site.logs)
        worker.kill()
        assert not Report.objects.using(ALIAS).exists()
        left = list(files.iterdir())

    site.worker()
    site.later(minutes=11)
    site.call("jobs")
    papers(site)
    for file in left:
        os.utime(file, times=(0, 0))
    site.call("sweep")

    assert state(site) == calm["day"]
    assert [file for file in left if file.exists()] == []


# --- Twice -------------------------------------------------------------------------------------------------


def test_every_job_delivered_twice(site: Site, calm: dict[str, State]) -> None:
    site.sink.open()
    site.worker()
    site.worker()
    for entry in (*MORNING, *PAPERS, "send"):
        for number in [site.send(entry), site.send(entry)]:
            site.done(number)
        site.settle()
    for entry in app.conf.beat_schedule:
        for number in [site.send(entry), site.send(entry)]:
            site.done(number)

    assert state(site) == calm["day"]
    assert "raised unexpected" not in site.logs


def test_two_schedulers_at_once(site: Site, calm: dict[str, State], tmp_path: Path) -> None:
    site.sink.open()
    site.worker()
    beats = [site.beat(overdue_schedule(tmp_path / name)) for name in ("first", "second")]
    for beat in beats:
        wait_until(lambda log=beat.path: log.read_text().count("Sending due task") >= len(app.conf.beat_schedule),
                   "every entry is asked for", lambda: site.logs)  # fmt: skip
        beat.stop()
    site.settle()
    papers(site)  # the next turn of those that came before what they wait for

    assert state(site) == calm["day"]
    assert "raised unexpected" not in site.logs


def overdue_schedule(path: Path) -> Path:
    """The note of a scheduler that stood still for two days: every entry is due."""
    scheduler = PersistentScheduler(app=app, schedule_filename=str(path))
    for entry in scheduler.schedule.values():
        entry.last_run_at = timezone.now() - timedelta(days=2)
    scheduler.close()
    with shelve.open(str(path)) as note:
        note["tz"] = faults.ZONE  # it forgets all where this is another than its own
    return path


# --- The queue and the database go away --------------------------------------------------------------------


def test_jobs_wait_while_no_worker_is_there(site: Site, calm: dict[str, State]) -> None:
    site.sink.open()
    numbers = [site.send(entry) for entry in ("remind", "remind", "send")]
    worker = site.worker()
    for number in numbers:
        site.done(number)
    worker.stop()
    site.send("send")
    site.worker()
    site.settle()
    site.call("send")

    assert state(site) == calm["morning"]


def test_the_queue_is_restarted_and_has_forgotten_all(
    template: Template, tmp_path: Path, calm: dict[str, State]
) -> None:
    if not project.REDIS_URL or not shutil.which("redis-server"):
        pytest.skip("asks for REDIS_URL and the program redis-server")
    port = faults.free_port()
    queue = redis(port)
    with a_site(template, tmp_path, redis=f"redis://127.0.0.1:{port}/0") as site:
        there, go_on = site.sink.open().hold(3)
        site.worker()
        site.call("remind")
        site.send("send")
        wait_until(there.is_set, "the third mail is on its way", lambda: site.logs)
        site.send("periods")
        queue.kill()
        queue.wait()
        queue = redis(port)
        go_on.set()
        papers(site)

        assert state(site) == calm["day"]
    queue.terminate()
    queue.wait()


def redis(port: int) -> subprocess.Popen:
    """A Redis of our own that keeps nothing; it answers then."""
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_until(lambda: faults.listens(port), "Redis listens")
    return process


@pytest.fixture
def cluster(template: Template, tmp_path: Path) -> Iterator["Cluster"]:
    if connection.vendor != "postgresql" or not POSTGRES or os.geteuid():
        pytest.skip("asks for DATABASE_URL on PostgreSQL, its programs in /usr/lib/postgresql, and root to run them")
    made = Cluster(template)
    yield made
    made.end()


def test_the_database_is_restarted(
    cluster: "Cluster", template: Template, tmp_path: Path, calm: dict[str, State]
) -> None:
    with a_site(template, tmp_path, place=cluster.place) as site:
        site.worker()
        with site.stalled("INSERT", "findings_message", "NEW.kind = 'escalated'"):
            number = site.send("remind")
            wait_until(lambda: site.count(kind=MessageKind.DIGEST), "the digests are written", lambda: site.logs)
            cluster.restart()
            connections[ALIAS].close()
            wait_until(lambda: f"[{number}] raised" in site.logs, "the job is broken off", lambda: site.logs)
        site.call("catch_up")
        there, go_on = site.sink.open().hold(3)
        number = site.send("send")
        wait_until(there.is_set, "the third mail is on its way", lambda: site.logs)
        cluster.restart()
        connections[ALIAS].close()
        go_on.set()
        site.done(number)

        assert state(site) == calm["morning"]


class Cluster:
    """A PostgreSQL server of our own with a copy of the template."""

    def __init__(self, template: Template) -> None:
        self.port = faults.free_port()
        self.folder = Path(self._run("mktemp", "-d", "/tmp/rectify-cluster-XXXXXX").strip())
        self._run(POSTGRES[-1] / "initdb", "-A", "trust", "-D", self.folder / "data", "--no-sync")
        self._control("start")
        dump = ["-h", connection.settings_dict["HOST"], "-p", str(connection.settings_dict["PORT"] or 5432), "-U",
                connection.settings_dict["USER"], template.name]  # fmt: skip
        content = subprocess.run(["pg_dump", *dump], capture_output=True, check=True).stdout
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "site")
        here = ["psql", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "site"]
        subprocess.run(here, input=content, check=True, stdout=subprocess.DEVNULL)
        self.place = dict(connections.databases["default"])
        self.place |= {"HOST": "127.0.0.1", "PORT": self.port, "USER": "postgres", "PASSWORD": "", "NAME": "site"}

    def _run(self, *command: Any) -> str:
        words = ["runuser", "-u", "postgres", "--", *map(str, command)]
        return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, cwd="/").stdout

    def _control(self, what: str) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._run(POSTGRES[-1] / "pg_ctl", "-D", self.folder / "data", "-w", "-m", "fast", "-o", options, "-l",
                  self.folder / "log", what)  # fmt: skip

    def restart(self) -> None:
        self._control("restart")

    def end(self) -> None:
        self._control("stop")
        shutil.rmtree(self.folder)


# --- The mail server ---------------------------------------------------------------------------------------


def test_a_mail_server_that_refuses_the_connection(site: Site, calm: dict[str, State]) -> None:
    site.worker()
    morning(site)
    assert "channels that do not answer" in site.logs
    assert set(Delivery.objects.using(ALIAS).values_list("status", "attempts")) == {(DeliveryStatus.WAITING, 0)}

    site.sink.open()
    site.later(minutes=2)
    site.call("send")

    assert state(site) == calm["morning"]


@pytest.mark.parametrize("words", ["451 busy", "550 no such mailbox", "421 closing"])
def test_a_mail_server_that_refuses_mails(site: Site, calm: dict[str, State], words: str) -> None:
    site.sink.open().answer = lambda mail: words
    site.worker()
    morning(site)
    assert site.sink.mails == []

    site.sink.answer = taking
    for _try in range(2):
        site.later(minutes=6)
        site.call("send")

    assert state(site) == calm["morning"]


def test_a_mail_server_that_hangs_holds_nobody_else_up(site: Site, calm: dict[str, State]) -> None:
    site.sink.open().silent = True
    site.worker()
    site.call("remind")
    hanging = site.send("send")
    wait_until(lambda: site.sink.connections, "the server is called", lambda: site.logs)
    site.call("periods")
    assert f"[{hanging}] succeeded" not in site.logs

    site.sink.silent = False
    site.done(hanging)
    site.later(minutes=2)
    papers(site)

    assert state(site) == calm["day"]


def test_a_mail_server_that_fails_after_half(site: Site, calm: dict[str, State]) -> None:
    half = sum(calm["morning"]["mails"].values()) // 2
    site.sink.open().answer = lambda mail: "250 taken" if site.sink.offered <= half else ""
    site.worker()
    morning(site)
    assert len(site.sink.mails) == half

    site.sink.answer = taking
    for _try in range(2):
        site.later(minutes=6)
        site.call("send")

    assert state(site) == calm["morning"]


# --- The clock ---------------------------------------------------------------------------------------------


def test_a_clock_set_back_an_hour(site: Site, calm: dict[str, State]) -> None:
    kill_in_the_middle_of_a_mail(site)

    site.worker(late=True)
    morning(site)
    left = list(Delivery.objects.using(ALIAS).exclude(status=DeliveryStatus.SENT).values_list("status", flat=True))
    assert left == [DeliveryStatus.SENDING]
    site.later(minutes=71)
    site.call("send")

    assert state(site) == calm["morning"]
