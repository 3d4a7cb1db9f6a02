"""People of the small court, and browsers that they sit at."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests import factories


@pytest.fixture
def sysadmin(db: None) -> User:
    return factories.person("sysadmin", "sysadmin")


@pytest.fixture
def secadmin(db: None) -> User:
    return factories.person("secadmin", "secadmin")


@pytest.fixture
def auditor(db: None) -> User:
    return factories.person("auditor", "auditor")


@pytest.fixture
def head(db: None) -> User:
    return factories.person("lat.head", "head")


@pytest.fixture
def at_desk(db: None) -> Callable[[User], Client]:
    """A browser in which the person has signed in."""

    def sit(person: User) -> Client:
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sit
