"""The pictures of docs/documents.md: the first pages of every Word paper and Excel list of the sample, on paper.

LibreOffice sets the pages and pdftoppm draws them. Where a face of the standard is not installed an open one stands in.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from django.utils import translation
from PIL import Image

from findings import dates, figures
from findings.choices import ExtensionKind, NoticeStatus, ReportKind, RequestStatus
from findings.documents import pages
from findings.documents.export import KINDS, export
from findings.models import Campaign, ClosureRequest, Extension, Report, SupervisionNotice

DPI, MOST_PAGES, COLOURS = 64, 3, 40
LIVE, CLOSED = "sample-live", "sample-2021"
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>{}</fontconfig>"""
_STAND_INS = {
    "方正小标宋简体": "Noto Serif CJK SC", "仿宋_GB2312": "Noto Serif CJK SC", "楷体_GB2312": "Noto Serif CJK SC",
    "宋体": "Noto Serif CJK SC", "黑体": "Noto Sans CJK SC", "Times New Roman": "Noto Serif CJK SC",
}  # fmt: skip


def what_is_missing() -> str:
    """One sentence that says what to install, "" where everything is there."""
    missing = [tool for tool in ("soffice", "pdftoppm") if shutil.which(tool) is None]
    if not missing:
        return ""
    return (
        f"{' and '.join(missing)} not found: install LibreOffice, poppler-utils and the Noto CJK fonts "
        "(apt install libreoffice-writer libreoffice-calc poppler-utils fonts-noto-cjk) to draw the documents."
    )


def draw_documents(folder: Path, work: Path) -> list[str]:
    """Draw every document of the sample into ``folder``, by way of ``work``; answers the names of the pictures."""
    files = dict(documents())
    for name, content in files.items():
        (work / name).write_bytes(content)
    _to_pdf([work / name for name in files], work)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    for name in files:
        _picture((work / name).with_suffix(".pdf"), work).save(folder / f"{Path(name).stem}.png", optimize=True)
    return [Path(name).stem for name in files]


def documents() -> Iterator[tuple[str, bytes]]:
    """File names and contents: each kind of report, form and list that the package knows and the sample holds."""
    on, live = dates.today(), Campaign.objects.get(slug=LIVE)
    for kind in ReportKind.values:
        report = Report.objects.filter(kind=kind, campaign__slug=CLOSED).exclude(word_file="").first()
        if report:
            with report.word_file.open("rb") as file:
                yield f"report-{kind}.docx", file.read()
    yield "plan.docx", pages.plan_file(figures.scope_of(live, None), on=on)
    notice = SupervisionNotice.objects.filter(campaign=live, status=NoticeStatus.CONCLUDED)[0]
    yield "notice.docx", pages.notice_file(notice, on=on)
    closure = ClosureRequest.objects.filter(measure__campaign=live, status=RequestStatus.PENDING, stage_index=2)[0]
    yield "closure.docx", pages.request_file(closure, on=on)
    for extension in ExtensionKind.values:
        request = Extension.objects.filter(kind=extension).order_by("-stage_index").first()
        if request:
            yield f"{extension}.docx", pages.request_file(request, on=on)
    with translation.override(pages.LANGUAGE):
        for code in KINDS:
            yield f"list-{code}.xlsx", export(code, figures.scope_of(live, None), on).content


def _to_pdf(files: list[Path], work: Path) -> None:
    """All files in one run: starting the program takes longer than any of them."""
    aliases = "".join(
        f'<alias binding="same"><family>{family}</family><accept><family>{other}</family></accept></alias>'
        for family, other in _STAND_INS.items()
    )
    (work / "fonts.conf").write_text(_FONTS.format(aliases), encoding="utf-8")
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{work}/profile", "--convert-to", "pdf",
               "--outdir", str(work), *map(str, files)]  # fmt: skip
    surroundings = os.environ | {"FONTCONFIG_FILE": str(work / "fonts.conf")}
    subprocess.run(command, check=True, timeout=600, capture_output=True, env=surroundings)


def _picture(pdf: Path, work: Path) -> Image.Image:
    """The first pages side by side with a hair between them, in few colours so that the file stays small."""
    stem = work / f"{pdf.stem}-page"
    command = ["pdftoppm", "-r", str(DPI), "-l", str(MOST_PAGES), "-png", str(pdf), str(stem)]
    subprocess.run(command, check=True, timeout=120, capture_output=True)
    sheets = [Image.open(BytesIO(path.read_bytes())).convert("RGB") for path in sorted(work.glob(f"{stem.name}-*.png"))]
    if sheets[0].width > sheets[0].height:
        sheets = sheets[:1]  # a list on A3 across fills the width alone
    width, height = sum(sheet.width + 2 for sheet in sheets), max(sheet.height for sheet in sheets) + 2
    row, left = Image.new("RGB", (width, height), "#999"), 1
    for sheet in sheets:
        row.paste(sheet, (left, 1))
        left += sheet.width + 2
    return row.quantize(COLOURS, Image.Quantize.MAXCOVERAGE)  # so that the one blue line of a chart stays blue
