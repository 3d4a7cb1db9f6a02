"""What may become evidence: a file is judged by its content, its size and its name, never by what the browser says."""

import codecs
import hashlib
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from accounts.words import joined

MOST_BYTES = 50 * 1024 * 1024
MOST_UNPACKED = 500 * 1024 * 1024
MOST_RATIO = 200
MOST_ENTRIES = 5000
LONGEST_NAME = 120

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ofd": "application/ofd",
    "ole": "application/x-ole-storage",
    "txt": "text/plain; charset=utf-8",
}
# Which endings go with which content; the first one is what a sentence calls it.
ENDINGS = {
    "pdf": ("pdf",),
    "png": ("png",),
    "jpg": ("jpg", "jpeg"),
    "docx": ("docx",),
    "xlsx": ("xlsx",),
    "ofd": ("ofd",),
    "ole": ("doc", "xls", "wps", "et"),
    "txt": ("txt",),
}
ALLOWED = tuple(ending for endings in ENDINGS.values() for ending in endings)
_MARKERS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "ofd": "ofd.xml"}
_OLE_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_TEXT_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")


class Refused(ValueError):
    """The file is not accepted; the text is the one sentence for the page."""


@dataclass(frozen=True)
class Checked:
    """A file that may be stored. ``filename`` is safe to offer for download."""

    filename: str
    content_type: str
    size: int
    sha256: str

    @property
    def title(self) -> str:
        """The file's name without its ending: the title where none is given."""
        return PurePosixPath(self.filename).stem


def check_upload(file: UploadedFile) -> Checked:
    """Judge an uploaded file; the file is left rewound. Raises Refused."""
    name = safe_name(file.name or "")
    if not file.size:
        raise Refused(_("The file is empty."))
    if file.size > MOST_BYTES:
        raise Refused(_("The file is larger than %(size)s MB.") % {"size": MOST_BYTES // 1024 // 1024})
    ending = PurePosixPath(name).suffix.lower().lstrip(".")
    if ending not in ALLOWED:
        raise Refused(_("Files of this kind are not accepted; allowed are: %(kinds)s.") % {"kinds": joined(ALLOWED)})
    kind = _kind_of(file)
    if ending not in ENDINGS.get(kind, ()):
        raise Refused(_("The content of the file is not what its name says (.%(ending)s).") % {"ending": ending})
    digest = _digest(file, kind)
    file.seek(0)
    return Checked(name, CONTENT_TYPES[kind], file.size, digest)


def safe_name(name: str) -> str:
    """The last part of a name without characters that mislead a reader or a file system."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in name if c.isprintable() and unicodedata.category(c) != "Cf" and c not in '<>:"|?*%')
    path = PurePosixPath(kept.strip(" .") or "-")
    return path.stem[:LONGEST_NAME].rstrip(" .") + path.suffix[:10]


def _kind_of(file: File) -> str:
    file.seek(0)
    head = file.read(16)
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_package(file)
    return "txt" if _is_text(file) else ""


def _kind_of_package(file: File) -> str:
    """Look into the directory of a zip package; only its list of contents is unpacked, and that within bounds."""
    try:
        with zipfile.ZipFile(file) as package:
            entries = package.infolist()
            _refuse_bomb(entries)
            names = {entry.filename.lower() for entry in entries}
            types = _content_types(package, entries)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(_("The file is damaged and cannot be opened.")) from error
    if any(name.rsplit("/", 1)[-1].startswith("vbaproject") for name in names) or b"macroenabled" in types:
        raise Refused(_("The file contains macros; save it without them."))
    return next((kind for kind, marker in _MARKERS.items() if marker in names), "")


def _refuse_bomb(entries: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or (
        unpacked > 10 * 1024 * 1024 and unpacked / packed > MOST_RATIO
    ):  # fmt: skip
        raise Refused(_("The file unpacks to far more than it should; it was not opened."))
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Refused(_("The file is encrypted; save it without a password."))


def _content_types(package: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> bytes:
    for entry in entries:
        if entry.filename.lower() == "[content_types].xml":
            with package.open(entry) as stream:
                return stream.read(1024 * 1024).lower()
    return b""


def _is_text(file: File) -> bool:
    """Plain text in UTF-8 or GB 18030, without control characters."""
    for encoding in ("utf-8", "gb18030"):
        file.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            while chunk := file.read(1024 * 1024):
                if _TEXT_CONTROLS.search(chunk):
                    return False
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return True
    return False


def _digest(file: File, kind: str) -> str:
    digest, tail = hashlib.sha256(), b""
    file.seek(0)
    while chunk := file.read(1024 * 1024):
        digest.update(chunk)
        if kind == "ole" and _OLE_MACROS in tail + chunk:
            raise Refused(_("The file contains macros; save it without them."))
        tail = chunk[-len(_OLE_MACROS) :]
    return digest.hexdigest()
