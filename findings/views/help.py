"""Help: who does what, what each number means, how each thing moves on, and the keys."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from accounts.decorators import SignedRequest
from accounts.roles import ROLES
from findings.choices import MeasureStatus, ProgressStatus, RequestStatus
from findings.workflow.approval import REQUEST_STEPS
from findings.workflow.measure import MEASURE_STEPS
from findings.workflow.progress import PROGRESS_STEPS
from findings.workflow.step import Step

NUMBERS = (
    (_("measures"), _("All measures in the plan on the day. Not started + in progress + waiting + closed = all.")),
    (
        pgettext_lazy("figure", "closed"),
        _("The last signature of the closure is there, and no look-back has reopened the measure."),
    ),
    (
        pgettext_lazy("figure", "overdue"),
        _(
            "The deadline is before the day, the measure is not closed and not standing, and no closure or extension "
            "that was asked for by the deadline is being signed."
        ),
    ),
    (_("due soon"), _("The deadline is on the day or in the days after it that the campaign sets (7 by default).")),
    (_("re-checks missed"), _("Standing measures, open or closed, whose re-check date has gone by.")),
    (_("issues rectified"), _("Issues all of whose measures are closed, whoever looks.")),
    (_("issues with partial results"), _("Some measures of the issue are closed and none is overdue.")),
    (_("issues under rectification"), _("All other issues, those without a measure included.")),
    (_("closed on time"), _("The successful closure was asked for by the deadline then in force.")),
    (_("days to close"), _("From the plan's approval to the last signature, in the mean.")),
    (_("documents, rules"), _("Papers issued by the day; rules are counted within documents.")),
    (_("figures of a past day"), _("What was on record at the end of that day; your rights are those of today.")),
)
# Who may take each step that moves a state; a test holds the names against the step tables.
MEASURE_WHO = {
    "submit_progress": _("head of a department that takes part; the first submission starts the measure"),
    "start": _("lead department or rectification office"),
    "request_closure": _("lead department"),
    "close": _("follows from the last signature"),
    "return_closure": _("follows from the return or the withdrawal of the request"),
    "reopen": _("rectification office"),
}
PROGRESS_WHO = {
    "submit": _("head of the department"),
    "accept": _("rectification office"),
    "return": _("rectification office"),
}
REQUEST_WHO = {
    "sign": _("each stage in its order: head of the lead department, lead leader, office, leading group"),
    "return": _("whoever is to sign; for a closure also the discipline group once the office has signed"),
    "withdraw": _("who asked, or the head of the lead department"),
}
KEYS = (
    ("Tab / Shift+Tab", _("from link to link, from field to field")),
    ("Enter", _("open the link, press the button")),
    (_("Space, ← →"), _("on the big screen: hold the page, turn the pages")),
)
DISPLAY = (
    (_("Large text"), _("at the top right: everything one step larger; this browser remembers it")),
    (_("Dark"), _("at the top right: light letters on dark ground; without a choice the system's setting holds")),
    (_("Language"), _("at the top right: Chinese or English, kept with your account")),
    (_("Print"), _("every page prints in black on white, tables with their heads on each sheet")),
)


@require_safe
def help_page(request: SignedRequest) -> HttpResponse:
    """Printed from the tables that decide, so that it is never out of date."""
    lives = (
        (_("A measure"), _moves(MEASURE_STEPS, MeasureStatus, MEASURE_WHO)),
        (_("A progress report"), _moves(PROGRESS_STEPS, ProgressStatus, PROGRESS_WHO)),
        (_("A request for closure or extension"), _moves(REQUEST_STEPS, RequestStatus, REQUEST_WHO)),
    )
    return render(request, "findings/help.html", {
        "roles": ROLES.values(), "mine": request.user.roles(), "numbers": NUMBERS, "lives": lives,
        "keys": KEYS, "display": DISPLAY,
    })  # fmt: skip


def _moves(steps: Iterable[Step], statuses: Any, who: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a step table in words; a step that moves nothing is no move."""
    return [
        {"sources": [status.label for status in statuses if status in step.sources], "label": step.label,
         "target": statuses(step.target).label, "who": who[step.name]}
        for step in steps if step.target
    ]  # fmt: skip
