"""The way back that an address names."""

import pytest
from django.test import Client, RequestFactory

from accounts.paging import own_address


@pytest.mark.parametrize("wish", ["/", "/help/", "/campaigns/a/ledger/?q=案&page=2#x"])
def test_own_address_is_taken(wish: str) -> None:
    assert own_address(RequestFactory().get("/"), wish) == wish


@pytest.mark.parametrize(
    "wish",
    ["", "foo", "help", "measure_detail", "?x", "//e.example", "/\\e.example", "///e", "https:e", "https://e.example/",
     "javascript:x", "/a\r\nX: b", "/a\x00", " /help/"],
)  # fmt: skip
def test_other_address_is_none(wish: str) -> None:
    assert own_address(RequestFactory().get("/"), wish) == ""


@pytest.mark.parametrize("wish", ["foo", "measure_detail", "9" * 25, "//e.example"])
def test_language_change_stands_garbage(client: Client, db: None, wish: str) -> None:
    response = client.post("/accounts/language/", {"language": "en", "next": wish})

    assert (response.status_code, response["Location"]) == (302, "/")
