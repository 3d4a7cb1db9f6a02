"""The timed jobs: whether each was asked for, how it ended, when it comes next, and what is wrong."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.decorators import SignedRequest, requires
from accounts.roles import Verb
from findings.figures.timetable import Line, site_alarms, site_lines


@require_safe
@requires(Verb.WATCH_JOBS)
def scheduler(request: SignedRequest) -> HttpResponse:
    """The timetable, what is wrong with it first."""
    now = timezone.now()
    lines = site_lines(now)
    return render(request, "findings/scheduler.html", {
        "alarms": site_alarms(now, lines), "rows": [_shown(line) for line in lines], "now": now,
        "by_cron": settings.BY_CRON,
    })  # fmt: skip


def duration_words(seconds: float) -> str:
    """How long something took: under ten seconds with a tenth, from a minute on in minutes."""
    if seconds < 60:
        return _("%(seconds)s s") % {"seconds": f"{seconds:.1f}" if seconds < 10 else round(seconds)}
    minutes = round(seconds / 60)
    return ngettext("%(minutes)s minute", "%(minutes)s minutes", minutes) % {"minutes": minutes}


def _shown(line: Line) -> dict[str, Any]:
    return {"line": line, "took": "" if line.seconds is None else duration_words(line.seconds)}
