"""What every channel is, and the two ways in which it may fail."""

import hashlib
from typing import ClassVar, Protocol
from urllib.parse import urlsplit

from django.conf import settings

from findings.models import Message


class Refused(Exception):
    """This one message cannot be delivered so; others may."""


class Down(Exception):
    """The channel does not answer: no message is at fault."""


class Failing(Down):
    """The gateway answered that it failed: it may have done what it was asked before."""


class Broken(Down):
    """The line broke while a message was being sent: whether it has arrived nobody knows."""


class Way(Protocol):
    """One channel of the site for the length of a run."""

    # Whether who receives recognises a repeat, so that a delivery broken off in the middle may be tried again.
    knows_repeats: ClassVar[bool]

    def send(self, message: Message, address: str) -> None:
        """Hand the message over. Raises Refused or Down."""

    def close(self) -> None:
        """Hang up."""


def message_id(key: str) -> str:
    """The same for every try, so that mail programs and gateways recognise a repeat."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"<{digest_of(key)}@{host}>"


def digest_of(key: str) -> str:
    """A message's key as 40 characters that tell nothing of people."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


def address_of(message: Message) -> str:
    """The absolute address of what the message is about."""
    return settings.SITE_URL + message.link


def sentence(error: BaseException) -> str:
    """An error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
