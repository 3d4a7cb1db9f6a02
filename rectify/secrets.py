"""Secrets that a site without configuration makes up on its first start and keeps in its data folder.

No password and no key is ever known from this repository.
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # without the look-alikes i l o 0 1


def kept(path: Path, make: Callable[[], str]) -> str:
    """Return the secret stored in ``path``; make and store it first where there is none."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(make() + "\n")
    try:
        os.link(draft, path)  # fails where another process was first: its secret is then the one that counts
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="utf-8").strip()


def new_key() -> str:
    """Make a key for signing."""
    return secrets.token_urlsafe(50)


def new_password() -> str:
    """Make a password that a person can read from a screen and type."""
    return "-".join("".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(3))


def demo_password() -> str:
    """Return the common password of the sample people.

    ``RECTIFY_DEMO_PASSWORD`` where it is set; otherwise one is made up and kept for the next start.
    """
    from django.conf import settings  # noqa: PLC0415 - the settings themselves import this module

    return settings.DEMO_PASSWORD or kept(settings.RECTIFY_DATA / "demo-password", new_password)
