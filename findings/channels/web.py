"""Calls to gateways outside: only to hosts that the configuration names, and never back into the own network.

The address is resolved once, checked, and the connection goes to that very address, so that a name which answers
differently a moment later gains nothing. Redirects are answers like any other: nobody follows them.
"""

import http.client
import ipaddress
import json
import socket
import ssl
import time
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from findings.channels.base import Broken, Down, Failing, Refused, sentence

TIMEOUT = 5  # seconds
LARGEST_ANSWER = 64 * 1024
ERRORS = (OSError, http.client.HTTPException, ValueError)
TOO_MANY = 429


class Forbidden(Refused):
    """The configuration does not allow this address."""


def post(url: str, document: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Send one JSON document; answers the JSON that came back ({} where it was none).

    Raises Refused where the gateway says no, Down where it does not answer or is overburdened.
    """
    body = json.dumps(document, ensure_ascii=False).encode()
    return call("POST", url, body, {"Content-Type": "application/json; charset=utf-8"} | (headers or {}))


def get(url: str) -> dict[str, Any]:
    """Ask for one JSON document; errors as ``post``."""
    return call("GET", url, None, {})


def call(method: str, url: str, body: bytes | None, headers: dict[str, str]) -> dict[str, Any]:
    parts = urlsplit(url)
    connection = _connection(parts)
    try:
        connection.connect()
    except ERRORS as error:
        raise Down(sentence(error)) from error
    try:
        target = parts.path or "/"
        connection.request(method, f"{target}?{parts.query}" if parts.query else target, body, headers)
        with connection.getresponse() as answer:
            text = _read(answer)
    except ERRORS as error:
        raise Broken(sentence(error)) from error
    finally:
        connection.close()
    if answer.status >= 500:
        raise Failing(f"HTTP {answer.status}")
    if answer.status == TOO_MANY:
        raise Down(f"HTTP {answer.status}")
    if answer.status >= 300:
        raise Refused(f"HTTP {answer.status}")
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _read(answer: http.client.HTTPResponse) -> bytes:
    """The answer as far as it comes in time and is not too large."""
    end, found = time.monotonic() + TIMEOUT, b""
    while len(found) < LARGEST_ANSWER and (piece := answer.read1(LARGEST_ANSWER - len(found))):
        found += piece
        if time.monotonic() > end:
            raise TimeoutError("the answer takes too long")
    return found


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    """A connection to the checked address of an allowed host. Raises Forbidden or Down."""
    host, port = _place(parts)
    is_private_host = f"{host}:{port}" in settings.PRIVATE_HOSTS
    if parts.scheme != "https" and not (parts.scheme == "http" and is_private_host):
        raise Forbidden("only https is allowed")
    if not is_private_host and (host not in settings.CHANNEL_HOSTS or port != 443):
        raise Forbidden(f"{host}:{port} is not among the allowed hosts")
    address = _resolved(host, port, is_private_host)
    if parts.scheme == "http":
        return _Pinned(host, port, address)
    return _PinnedTLS(host, port, address)


def _place(parts: SplitResult) -> tuple[str, int]:
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Forbidden("the port is none") from error
    if parts.username is not None or not parts.hostname:
        raise Forbidden("the address names no plain host")
    return parts.hostname, port


def _resolved(host: str, port: int, may_be_private: bool) -> str:
    """The host's first address, when all of them are public or the host may be private."""
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as error:
        raise Down(sentence(error)) from error
    if not may_be_private and not all(_is_public(text) for text in found):
        raise Forbidden(f"{host} leads into a private network")
    return found[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.split("%", 1)[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_global) and not address.is_multicast


class _Pinned(http.client.HTTPConnection):
    """Talks to one address under the name of its host."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=TIMEOUT)
        self.address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), self.timeout)


class _PinnedTLS(_Pinned):
    """The same over TLS; the certificate is that of the name."""

    def connect(self) -> None:
        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
