"""What may become evidence, judged by content, size and name."""

import hashlib
import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from findings.documents import uploads
from findings.documents.uploads import CONTENT_TYPES, Checked, Refused, check_upload, safe_name

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\x0dIHDR" + bytes(20)
JPG = b"\xff\xd8\xff\xe0" + bytes(20)
PDF = b"%PDF-1.7\n%%EOF"


def package(*names: str, types: str = "", stored: dict[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        for name in names:
            archive.writestr(name, "x")
        for name, content in (stored or {}).items():
            archive.writestr(name, content)
    return out.getvalue()


def sent(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/html")


def shown(value: object) -> str:
    """Contents hold the instant at which a zip was made: no part of a test's name, which two processes compare."""
    return value if isinstance(value, str) else "content"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    ids=shown,
    argvalues=[
        ("会议纪要.pdf", PDF, "pdf"),
        ("a.png", PNG, "png"),
        ("a.JPEG", JPG, "jpg"),
        ("a.docx", package("word/document.xml"), "docx"),
        ("a.xlsx", package("xl/workbook.xml"), "xlsx"),
        ("a.ofd", package("OFD.xml"), "ofd"),
        ("a.doc", OLE, "ole"),
        ("a.et", OLE, "ole"),
        ("a.wps", OLE, "ole"),
        ("a.txt", "整改完成".encode(), "txt"),
        ("a.txt", "整改完成".encode("gb18030"), "txt"),
    ],
)
def test_check_upload_accepted(name: str, content: bytes, kind: str) -> None:
    assert check_upload(sent(name, content)) == Checked(
        name, CONTENT_TYPES[kind], len(content), hashlib.sha256(content).hexdigest()
    )


@pytest.mark.parametrize(
    ("name", "content", "words"),
    ids=shown,
    argvalues=[
        ("a.pdf", b"", "empty"),
        ("a.exe", b"MZ\x90\x00", "not accepted"),
        ("a.pdf", b"MZ\x90\x00", "content"),
        ("a.docx", OLE, "content"),
        ("a.docx", package("xl/workbook.xml"), "content"),
        ("a.docx", package("word/document.xml")[:60], "damaged"),
        ("a.docx", package("word/document.xml", "word/vbaProject.bin"), "macros"),
        ("a.xlsx", package("xl/workbook.xml", types="application/vnd.ms-excel.sheet.macroEnabled.main+xml"), "macros"),
        ("a.xls", OLE + "_VBA_PROJECT".encode("utf-16-le"), "macros"),
        ("a.docx", package("word/document.xml", stored={"big": bytes(60 * 1024 * 1024)}), "unpacks"),
        ("a.zip", package("word/document.xml"), "not accepted"),
        ("a.txt", b"a\x00b", "content"),
        ("a.txt", b"\xff\xfe\x00\xd8", "content"),
        ("noending", PDF, "not accepted"),
        ("a.html", b"<script>1</script>", "not accepted"),
    ],
)
@pytest.mark.usefixtures("english")
def test_check_upload_refused(name: str, content: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        check_upload(sent(name, content))


@pytest.mark.usefixtures("english")
def test_check_upload_encrypted_package_is_refused() -> None:
    content = bytearray(package("word/document.xml"))
    at = content.rindex(b"PK\x01\x02")
    content[at + 8] |= 1
    with pytest.raises(Refused, match="encrypted"):
        check_upload(sent("a.docx", bytes(content)))


@pytest.mark.usefixtures("english")
def test_check_upload_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 10)
    with pytest.raises(Refused, match="larger"):
        check_upload(sent("a.pdf", PDF))


def test_check_upload_leaves_the_file_rewound() -> None:
    file = sent("a.pdf", PDF)
    check_upload(file)
    assert file.read() == PDF


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\temp\\a.pdf", "a.pdf"),
        ("a\x00\r\nb.pdf", "ab.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ('a"<b>.pdf', "ab.pdf"),
        ("", "-"),
        ("...", "-"),
        ("长" * 300 + ".pdf", "长" * 120 + ".pdf"),
    ],
)
def test_safe_name(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_title_is_the_name_without_its_ending() -> None:
    assert check_upload(sent("会议纪要.pdf", PDF)).title == "会议纪要"
