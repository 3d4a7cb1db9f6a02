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
from findings.choices import MeasureStatus, NoticeStatus, ProgressStatus, RecheckState, RequestStatus, RoundState
from findings.documents.export import KINDS, Kind
from findings.documents.meanings import meaning_of
from findings.workflow.approval import REQUEST_STEPS
from findings.workflow.lookback import RECHECK_STEPS, ROUND_STEPS
from findings.workflow.measure import MEASURE_STEPS
from findings.workflow.progress import PROGRESS_STEPS
from findings.workflow.step import Step
from findings.workflow.supervision import NOTICE_STEPS

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
    (
        _("lights"),
        _(
            "Red, a full triangle: overdue. Red, a hollow triangle: re-check missed. Yellow, a diamond: due soon. "
            "Blue, a disc, where the site wants it: due later, within more days that the campaign sets. A dash: none "
            "of these."
        ),
    ),
    (
        _("supervision notices"),
        _("Notices issued by the day: waiting for receipt + waiting for a reply + to be concluded + concluded."),
    ),
    (_("replies late"), _("Notices issued whose day for the reply has gone by, and no reply stands.")),
    (
        _("escalation of a delay"),
        _(
            "Those above hear of a delay by the court's rules; without own ones the head after 3 working days overdue, "
            "the lead leader after 7, the office after 15, with a supervision notice ready to be checked and issued."
        ),
    ),
    (_("persons held to account"), _("Persons in the decisions on record by the day, by kind; seen only by few.")),
    (_("issues rectified"), _("Issues all of whose measures are closed, whoever looks.")),
    (_("issues with partial results"), _("Some measures of the issue are closed and none is overdue.")),
    (_("issues under rectification"), _("All other issues, those without a measure included.")),
    (
        _("verdicts that differ"),
        _(
            "Issues whose newest verdict of the leading group, on record by the day, says something else than the "
            "state computed from their measures."
        ),
    ),
    (
        pgettext_lazy("figure", "look-back"),
        _(
            "Drawn: measures in the sample. Checked = held + relapsed + never truly done; checked + to be checked = "
            "drawn. The seed and the measures closed that day decide the sample."
        ),
    ),
    (_("measures reopened"), _("Measures in the plan that were closed and opened again at least once by the day.")),
    (_("closed on time"), _("The successful closure was asked for by the deadline then in force.")),
    (_("days to close"), _("From the plan's approval to the last signature, in the mean.")),
    (_("documents, rules"), _("Papers issued by the day; rules are counted within documents.")),
    (
        _("rules in force"),
        _("Rules issued by the day that were not repealed by then and whose place no newer one had taken."),
    ),
    (_("checks of use missed"), _("Documents in force whose day for checking how they are used has gone by.")),
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
    "correct": _("own department, until the period locks"),
    "redo": _("own department, where the measure was reopened after the report, until the period locks"),
    "submit": _("head of the department"),
    "accept": _("rectification office"),
    "return": _("rectification office"),
}
REQUEST_WHO = {
    "sign": _("each stage in its order: head of the lead department, lead leader, office, leading group"),
    "return": _("whoever is to sign; for a closure also the discipline group once the office has signed"),
    "withdraw": _("who asked, or the head of the lead department"),
}
NOTICE_WHO = {
    "issue": _("rectification office"),
    "withdraw": _("rectification office"),
    "receive": _("head or liaison of the department addressed"),
    "reply": _("head of the department addressed"),
    "conclude": _("rectification office"),
    "return_reply": _("rectification office"),
}
RECHECK_WHO = {
    "record": _(
        "rectification office; not who asked for the closure, nor who belongs to the lead department of the measure"
    ),
}
ROUND_WHO = {"conclude": _("rectification office, once every re-check is made")}
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
        (_("A supervision notice"), _moves(NOTICE_STEPS, NoticeStatus, NOTICE_WHO)),
        (_("A re-check of a look-back round"), _moves(RECHECK_STEPS, RecheckState, RECHECK_WHO)),
        (_("A look-back round"), _moves(ROUND_STEPS, RoundState, ROUND_WHO)),
    )
    return render(request, "findings/help.html", {
        "roles": ROLES.values(), "mine": request.user.roles(), "numbers": NUMBERS, "lives": lives,
        "keys": KEYS, "display": DISPLAY, "lists": [(kind.title, _columns(kind)) for kind in KINDS.values()],
    })  # fmt: skip


def _columns(kind: Kind) -> list[dict[str, Any]]:
    """The columns of a list in words; a list that only goes out takes none of them in."""
    goes_out = _("This list only goes out.")
    return [
        {"heading": column.heading, "meaning": meaning_of(kind.code, column.name), "synonyms": column.synonyms,
         "help": column.help() if kind.comes_back else goes_out}
        for column in kind.columns
    ]  # fmt: skip


def _moves(steps: Iterable[Step], statuses: Any, who: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a step table in words; a step that moves nothing is no move."""
    return [
        {"sources": [status.label for status in statuses if status in step.sources], "label": step.label,
         "target": statuses(step.target).label, "who": who[step.name]}
        for step in steps if step.target
    ]  # fmt: skip
