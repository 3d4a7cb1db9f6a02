"""A browser for each person, and a file to prove something with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from playwright.sync_api import Browser

from findings.tests.browser.acts import Reader


@pytest.fixture
def reader(browser: Browser, live_server: Any) -> Iterator[Reader]:
    reader = Reader(browser, live_server.url)
    yield reader
    for page in reader.pages:
        page.context.close()


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    path = tmp_path / "minutes.docx"
    document = Document()
    document.add_paragraph("What the meeting decided.")
    document.save(path)
    return path
