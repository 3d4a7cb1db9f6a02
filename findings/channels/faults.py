"""What the errors of deliveries mean, in words: what failed, and who can do something about it."""

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_SETTINGS = _("The channel is not set up rightly; the system administrator must look at its settings.")
_SIGN_IN = _("The server refuses the site's account or password; the system administrator must look at the settings.")
_LINE = _("The server could not be reached, or the connection broke off.")
_BUSY = _("The server is too busy or has failed.")
_ADDRESS = _("The recipient's address was refused; please check it.")
_REFUSED = _("The server refused the message.")
_FILE = _("A file on this server could not be read or written; please check the disk's space and the folder's rights.")
_PROGRAM = _("The sending stopped at a fault of the program; the system administrator finds it in the log.")

# How the technical part of an error begins (``base.sentence``, a gateway's code, a status) and what it means; the
# first that fits holds.
_MEANINGS: tuple[tuple[str, Promise | str], ...] = (
    (r"(FileNotFound|Permission|FileExists|IsADirectory|NotADirectory)Error\b|TemplateDoesNotExist\b", _FILE),
    (r"OSError: \[Errno (5|28|30|122)\]", _FILE),  # input/output, no space, read only, quota
    (r"(ImproperlyConfigured|ImportError|ModuleNotFoundError|SMTPNotSupportedError)\b", _SETTINGS),
    (r"only https is allowed|\S+ is not among the allowed hosts|\S+ leads into a private network", _SETTINGS),
    (r"the port is none|the address names no plain host|the application's agent is no number", _SETTINGS),
    (r"SMTPAuthenticationError\b|no token that is understood", _SIGN_IN),
    (r"(SMTPRecipientsRefused|ValueError)\b|unknown there: ", _ADDRESS),
    (r"SMTP(DataError|SenderRefused|ResponseException)\b|HTTP [34]\d\d\b(?<!429)|(-?\d+|None): ", _REFUSED),
    (r"HTTP (429|5\d\d)\b", _BUSY),
    (r"(Connection\w*|BrokenPipe|Timeout|OS|SSL\w*)Error\b|timeout\b|gaierror\b|herror\b", _LINE),
    (r"SMTP\w+|(RemoteDisconnected|BadStatusLine|IncompleteRead|HTTPException)\b", _LINE),
    (r"[A-Z]\w+(:|$)", _PROGRAM),
)


@dataclass(frozen=True)
class Fault:
    """An error as people read it, and its technical part for who mends it ("" where it was said in words)."""

    words: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.words} ({self.detail})" if self.detail else self.words


def fault_of(error: str) -> Fault | None:
    """What the error of a delivery or an outage says, in the active language; None where there is none.

    Sentences of our own stand before the technical part or alone.
    """
    if not error:
        return None
    for pattern, meaning in _MEANINGS:
        if found := re.search(rf"(?:^|(?<=\s))(?:{pattern})", error):
            own = error[: found.start()].strip()
            return Fault(f"{own} {meaning}".strip(), error[found.start() :])
    return Fault(error)
