"""A workbook between its rehearsal and its import: kept for the session that sent it, under a made-up name."""

import time
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.spreadsheets import MB, MOST_BYTES, Unreadable

KEY = "import"
KEPT_SECONDS = 24 * 3600


def kept(request: HttpRequest, file: UploadedFile) -> tuple[str, bytes]:
    """Keep the file in place of the one before; returns its name and content. Raises Unreadable."""
    _forget(request)
    if (file.size or 0) > MOST_BYTES:
        raise Unreadable(_("The file is larger than %(size)s MB: split it.") % {"size": MOST_BYTES // MB})
    content, token = file.read(), uuid4().hex
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sweep(folder)
    (folder / token).write_bytes(content)
    request.session[KEY] = {"token": token, "name": file.name}
    return str(file.name), content


def taken(request: HttpRequest) -> tuple[str, bytes]:
    """The kept file, which is then forgotten. Raises Unreadable where there is none."""
    note: dict[str, str] = request.session.get(KEY) or {"token": "none"}
    try:
        content = (_folder() / note["token"]).read_bytes()
    except FileNotFoundError as error:
        raise Unreadable(_("Choose the file once more.")) from error
    _forget(request)
    return note["name"], content


def _forget(request: HttpRequest) -> None:
    if note := request.session.pop(KEY, None):
        (_folder() / note["token"]).unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Drop what sessions that ended have left behind."""
    for file in folder.iterdir():
        if time.time() - file.stat().st_mtime > KEPT_SECONDS:
            file.unlink(missing_ok=True)


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "rehearsed"
