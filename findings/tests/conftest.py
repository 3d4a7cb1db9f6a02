"""The cast that most tests share; see factories.py."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from findings.tests import factories
from findings.tests.factories import World


@pytest.fixture
def world(db: None) -> World:
    """The cast and a campaign that began 40 days ago: for pages and jobs, which ask for the present day."""
    return factories.make_world()


@pytest.fixture
def past(db: None) -> World:
    """The same with fixed days: the feedback is on Monday 2025-03-03."""
    return factories.make_world(begin=factories.BEGIN)


@pytest.fixture
def english() -> Iterator[None]:
    """Refusals in the language of the source, so that a test can compare the sentence."""
    with translation.override("en"):
        yield
