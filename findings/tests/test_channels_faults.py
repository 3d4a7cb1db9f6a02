"""What the errors of deliveries mean in words."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from findings import channels
from findings.channels import Fault, fault_of
from findings.models import Outage
from findings.tests.factories import World
from findings.tests.test_channels import delivery, mails

pytestmark = pytest.mark.usefixtures("english")

WORDS = {
    "settings": "The channel is not set up rightly; the system administrator must look at its settings.",
    "sign-in": "The server refuses the site's account or password; the system administrator must look at the settings.",
    "line": "The server could not be reached, or the connection broke off.",
    "busy": "The server is too busy or has failed.",
    "address": "The recipient's address was refused; please check it.",
    "refused": "The server refused the message.",
    "file": "A file on this server could not be read or written; please check the disk's space and the folder's "
    "rights.",
    "program": "The sending stopped at a fault of the program; the system administrator finds it in the log.",
}


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        ("ImproperlyConfigured", "settings"),
        ("ModuleNotFoundError: No module named 'smtp'", "settings"),
        ("gw.example:443 is not among the allowed hosts", "settings"),
        ("the application's agent is no number", "settings"),
        ("SMTPAuthenticationError: (535, b'no')", "sign-in"),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "line"),
        ("TimeoutError: timed out", "line"),
        ("gaierror: [Errno -2] Name or service not known", "line"),
        ("SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED]", "line"),
        ("SMTPServerDisconnected: Connection unexpectedly closed", "line"),
        ("OSError: [Errno 113] No route to host", "line"),
        ("RemoteDisconnected: Remote end closed connection", "line"),
        ("HTTP 502", "busy"),
        ("HTTP 429", "busy"),
        ("HTTP 404", "refused"),
        ("40014: invalid token", "refused"),
        ("None: no answer that is understood", "refused"),
        ("SMTPDataError: (554, b'spam')", "refused"),
        ("SMTPRecipientsRefused: {'a@b.example': (550, b'no such mailbox')}", "address"),
        ("unknown there: zhangsan", "address"),
        ("PermissionError: [Errno 13] Permission denied: '/mail'", "file"),
        ("FileNotFoundError: [Errno 2] No such file or directory", "file"),
        ("OSError: [Errno 28] No space left on device", "file"),
        ("TemplateDoesNotExist", "file"),
        ("KeyError", "program"),
        ("RuntimeError: x", "program"),
    ],
)
def test_an_error_is_said_in_words_with_its_class_as_detail(error: str, meaning: str) -> None:
    assert fault_of(error) == Fault(WORDS[meaning], error)


@pytest.mark.parametrize("error", ["The recipient has paused messages.", "收件人已暂停接收。", "no such mailbox"])
def test_a_sentence_stands_as_it_is(error: str) -> None:
    assert fault_of(error) == Fault(error)


def test_what_may_have_arrived_keeps_its_warning() -> None:
    found = fault_of("可能已经送达。 ConnectionResetError: [Errno 104] reset")

    assert found == Fault(f"可能已经送达。 {WORDS['line']}", "ConnectionResetError: [Errno 104] reset")
    assert str(found).endswith("(ConnectionResetError: [Errno 104] reset)")


def test_without_an_error_nothing_is_said() -> None:
    assert fault_of("") is None


@pytest.mark.parametrize("backend", ["findings.tests.nowhere.Backend", "findings.tests.test_channels_faults.Unset"])
def test_a_mail_backend_that_is_not_set_up_charges_no_mail(world: World, settings: Any, backend: str) -> None:
    row = mails(world, 1)[0]
    settings.EMAIL_BACKEND = backend

    channels.send_messages()

    assert (delivery(row).status, delivery(row).attempts) == ("waiting", 0)
    found = fault_of(Outage.objects.get(channel="mail").error)
    assert found is not None
    assert found.words == WORDS["settings"]


def Unset(**options: Any) -> None:
    """A mail backend whose settings are missing."""
    raise ImproperlyConfigured("no folder")
