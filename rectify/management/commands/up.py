"""One command for a whole site: database, samples, web server, worker and scheduler."""

import os
import socket
import sys
import time
from argparse import ArgumentParser
from io import StringIO
from threading import Thread
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, connections
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from honcho.manager import Manager

from accounts.words import joined, padded, width
from rectify import broker
from rectify.secrets import demo_password

STOPPED_BY_HAND = {130, 143}  # what honcho reports after Ctrl-C or a stop from the system
MOST_PEOPLE = 80


class Site(Manager):
    """The three processes; says that the site is open once the web server answers."""

    def __init__(self, announce: Thread) -> None:
        super().__init__()
        self.announce = announce

    def _start(self) -> None:
        super()._start()
        self.announce.start()  # only now: a process with threads must not fork


class Command(BaseCommand):
    help = "Prepare the database and run web server, worker and scheduler until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on, default 127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT, help="default PORT, else 8000")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        os.umask(0o077)
        check_port(host, port)
        check_database()
        check_broker()
        self.prepare()
        connections.close_all()
        site = Site(Thread(target=self.announce, args=(host, port), daemon=True))
        for name, command in processes(host, port).items():
            site.add_process(name, command, env={**os.environ, "PYTHONUNBUFFERED": "1"}, cwd=str(settings.BASE_DIR))
        site.loop()
        if site.returncode not in STOPPED_BY_HAND:
            raise CommandError(_("A part of the site ended by itself; everything was stopped."))
        self.stdout.write(_("Stopped."))

    def prepare(self) -> None:
        """Bring tables and files up to date; fill an empty demo."""
        call_command("migrate", verbosity=0, interactive=False)
        if settings.PRODUCTION:
            call_command("collectstatic", verbosity=0, interactive=False)
        elif not apps.get_model("findings", "Campaign").objects.exists():
            self.stdout.write(_("First start: loading the samples…"))
            call_command("seed_demo", stdout=self.stdout)
        call_command("load_calendar", stdout=StringIO())
        call_command("open_periods", stdout=StringIO())

    def announce(self, host: str, port: int) -> None:
        """Wait for the web server, then print the address and the sample people."""
        address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/"
        if answers(address + "healthz"):
            lines = [] if settings.PRODUCTION else sample_people()
            connections.close_all()
            lines.append(_("Rectify is open at %(address)s (Ctrl-C stops it)") % {"address": address})
            self.stdout.write("\n" + "\n".join(lines))
            self.stdout.flush()


def processes(host: str, port: int) -> dict[str, str]:
    """Return the command line of each process."""
    python = f"exec '{sys.executable}' -m"  # exec: the shell between would hide the death of its child
    return {
        "web": f"{python} gunicorn rectify.wsgi --bind {host}:{port} --worker-class gthread --workers 2 --threads 4"
        " --log-level warning --forwarded-allow-ips ''",
        # Threads, since a stop signal reaches the whole group and would cut forked workers in mid-task.
        "worker": f"{python} celery --quiet -A rectify worker -P threads -c 8 -l INFO --without-gossip"
        " --without-mingle",
        "beat": f"{python} celery --quiet -A rectify beat -l WARNING",
    }


def check_port(host: str, port: int) -> None:
    """Refuse a port that somebody else holds."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                _("Port %(port)s cannot be used (%(why)s): stop what holds it, or start with PORT=8001 make run.")
                % {"port": port, "why": error.strerror},
                returncode=2,
            ) from error


def check_database() -> None:
    """Refuse a database that cannot be read."""
    try:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA quick_check(1)")
                verdict = cursor.fetchone()[0]
                if verdict != "ok":
                    raise DatabaseError(verdict)
            else:
                cursor.execute("SELECT 1")
    except DatabaseError as error:
        why = str(error).strip().splitlines()[0]
        if connection.vendor == "sqlite":
            message = _("The database %(name)s cannot be read (%(why)s): restore a backup, or move the file away.")
        else:
            message = _("The database %(name)s cannot be reached (%(why)s): start it, or correct DATABASE_URL.")
        raise CommandError(message % {"name": connection.settings_dict["NAME"], "why": why}, returncode=2) from error


def check_broker() -> None:
    """Refuse a queue that does not answer."""
    try:
        broker.check()
    except broker.BrokerDown as error:
        message = _("The queue does not answer (%(why)s): start it, or correct REDIS_URL.") % {"why": error}
        raise CommandError(message, returncode=2) from error


def answers(address: str, *, patience: float = 60) -> bool:
    """Wait until an address answers."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            with urlopen(address, timeout=2):
                return True
        except (URLError, OSError):
            time.sleep(0.2)
    return False


def sample_people() -> list[str]:
    """Lay out the sample people, with their roles and their common password, as lines of a table."""
    people = get_user_model().objects.filter(is_active=True).prefetch_related("memberships__department")
    rows = [(_("account"), pgettext("person", "name"), _("roles"))]
    for person in people[:MOST_PEOPLE]:
        roles = [f"{m.department} {m.get_role_display()}" for m in person.memberships.all() if m.ended_at is None]
        rows.append((person.username, str(person), joined(roles)))
    first, second = (max(width(row[column]) for row in rows) for column in (0, 1))
    table = [f"{padded(row[0], first)}  {padded(row[1], second)}  {row[2]}" for row in rows]
    return [*table, "", _("Password of all sample accounts: %(password)s") % {"password": demo_password()}]
