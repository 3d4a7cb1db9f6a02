"""What the tests of the pages share."""

from io import BytesIO
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook


def get(client: Client, user: Any, path: str) -> Any:
    """The page as this person gets it."""
    client.force_login(user)
    return client.get(path)


def queries(client: Client, user: Any, path: str) -> int:
    """How many queries the page costs once the session stands."""
    get(client, user, path)
    with CaptureQueriesContext(connection) as found:
        assert client.get(path).status_code == 200
    return len(found)


def sheet_of(response: Any) -> list[tuple]:
    """The rows of the file that a list answers with."""
    sheet = load_workbook(BytesIO(response.getvalue())).active
    return [tuple(cell.value for cell in row) for row in sheet.iter_rows()]
