"""What drawn files are called."""

from django.utils.translation import pgettext

from findings.documents.uploads import safe_name
from findings.models import Report


def file_name(*parts: object) -> str:
    """The parts as the name of a file, without its ending.

    A site may choose the words: what makes a folder or what a file system refuses is left out of them.
    """
    words = (str(part).replace("/", "").replace("\\", "") for part in parts)
    return "_".join(safe_name(word) for word in words)


def report_name(report: Report, *, revision: int | None = None) -> str:
    """The name of a report's files: kind, campaign, period or day, revision, in the active language.

    ``revision`` is that of a report that is being compiled, the report's own where it is not given.
    """
    words = pgettext("file name", "r%(revision)s") % {"revision": revision or report.revision}
    when = report.period.code if report.period else report.as_of
    return file_name(report.get_kind_display(), report.campaign.slug, when, words)
