"""The two addresses for probes."""

from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from rectify import broker, health


@pytest.fixture
def _queue(settings: Any, tmp_path: Any) -> None:
    settings.REDIS_URL = ""
    settings.QUEUE_DIR = tmp_path
    broker.prepare()


def test_healthz_answers_anybody_under_any_name_without_the_database(client: Client) -> None:
    answer = client.get("/healthz", headers={"host": "10.0.0.9:8000"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
@pytest.mark.usefixtures("_queue")
def test_readyz_when_all_answer(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "failing": []})


@pytest.mark.django_db
@pytest.mark.usefixtures("_queue")
def test_readyz_names_a_broker_that_does_not_answer(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["failing"]) == (503, ["broker"])


@pytest.mark.usefixtures("_queue")
def test_readyz_names_a_database_that_does_not_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dead:
        def cursor(self) -> None:
            raise DatabaseError("gone")

    monkeypatch.setattr(health, "connection", Dead())
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["failing"]) == (503, ["database"])


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_other_methods_are_refused(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405
