"""Word files out of templates that the office may edit: values go in, bytes come out."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from findings.figures import Counts, PeriodReport
from findings.figures.counts import Group
from findings.figures.reporting import MeasureLine

TEMPLATES = Path(__file__).parent / "docx"
PICTURE_WIDTH = Mm(150)


class TemplateFault(Exception):
    """A template cannot be filled. Its text is one sentence for the office, in the language of who reads it."""

    def __init__(self, path: Path, why: str = "") -> None:
        super().__init__(str(path), why)
        self.path, self.why = path, why

    def __str__(self) -> str:
        if self.why:
            return _("The template %(name)s cannot be filled: %(why)s.") % {"name": self.path, "why": self.why}
        return _("%(name)s is not a usable Word template.") % {"name": self.path}


@dataclass(frozen=True)
class AreaPart:
    """One area in the report and those of its measures that were open in the period."""

    number: int
    title: str
    counts: Counts
    lines: list[MeasureLine]


@dataclass(frozen=True)
class DatedLine:
    """A measure with the number of days that it is late, or the date that it is due."""

    number: int
    text: str
    department: str
    leader: str
    days: int
    deadline: str


@dataclass(frozen=True)
class ReportPage:
    """All that the template of the month and quarter report may ask for. Days are written out in words.

    ``subject`` is the campaign as a title names it, see ``titles.subject_of``.
    """

    campaign: str
    subject: str
    court: str
    kind: str
    year: int
    ordinal: int
    is_forecast: bool
    starts_on: str
    ends_on: str
    made_on: str
    revision: int
    digest: str
    report: PeriodReport
    still_open: int
    areas: list[AreaPart]
    departments: list[Group]
    overdue: list[DatedLine]
    due_next: list[DatedLine]
    since_on: str
    difficulties: list[MeasureLine]
    next_steps: list[MeasureLine]
    new_rules: int
    chart: bytes


def template_path(name: str) -> Path:
    """The site's own version of a template where the office has put one, else the one that we ship."""
    own: Path = settings.RECTIFY_DATA / "templates" / name
    return own if own.is_file() else TEMPLATES / name


def render(name: str, page: Any, *, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """Fill a template with the fields of a dataclass. Raises TemplateFault."""
    path = template_path(name)
    try:
        template = DocxTemplate(path)
        values = {f.name: getattr(page, f.name) for f in fields(page)}
        for key, content in (pictures or {}).items():
            values[key] = InlineImage(template, BytesIO(content), width=PICTURE_WIDTH)
        template.render(values, sandbox(), autoescape=True)
        file = BytesIO()
        template.save(file)
    except TemplateError as error:
        raise TemplateFault(path, error.message or type(error).__name__) from error
    except Exception as error:  # a damaged zip, broken XML: python-docx and lxml have many ways to say so
        raise TemplateFault(path) from error
    return file.getvalue()


def sandbox() -> ImmutableSandboxedEnvironment:
    """Where templates run: without it one that somebody uploads could run any code. Unknown fields are faults."""
    return ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined, finalize=_printable)


def _printable(value: Any) -> Any:
    """Text on one line and without the characters that no XML file may hold."""
    if not isinstance(value, str):
        return value
    kept = "".join(c if c.isprintable() or c.isspace() else "" for c in value)
    return type(value)(" ".join(kept.split()))
