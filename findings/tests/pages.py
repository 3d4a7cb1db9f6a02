"""What the tests of the pages share."""

from html.parser import HTMLParser
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


TICKED = ("checkbox", "radio")


class _Filled(HTMLParser):
    """What a browser would send of the form that carries a version, as it stands on the page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, list[str]]] = []
        self.area = self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, kind = given.get("name") or "", given.get("type")
        value = given.get("value") or ("on" if kind == "checkbox" else "")
        if tag == "form":
            self.found.append({})
        elif not self.found:
            return
        elif tag == "textarea":
            self.area = name
            self.found[-1][name] = [""]
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in given:
            self.found[-1].setdefault(self.select, []).append(value)
        elif tag == "input" and kind not in ("file", "submit") and (kind not in TICKED or "checked" in given):
            self.found[-1].setdefault(name, []).append(value)

    def handle_endtag(self, tag: str) -> None:
        self.area = "" if tag == "textarea" else self.area

    def handle_data(self, data: str) -> None:
        if self.area:
            self.found[-1][self.area][0] += data.removeprefix("\n")


def filled(response: Any) -> dict[str, list[str]]:
    """The values of the page's form about a stored row, its version among them."""
    parser = _Filled()
    parser.feed(response.content.decode())
    return next(form for form in parser.found if "version" in form)
