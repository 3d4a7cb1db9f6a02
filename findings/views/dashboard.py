"""The dashboard: where a campaign stands on a day, each number with the way to its rows."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_safe

from accounts.decorators import SignedRequest, requires
from accounts.names import called
from accounts.roles import Verb
from findings import access, dates, figures
from findings.choices import DocumentKind, IssueState, Light, MeasureStatus, MeetingKind
from findings.figures import board as boards
from findings.figures import sentences
from findings.figures.board import Board
from findings.figures.counts import Group
from findings.figures.mine import Due
from findings.models import Campaign
from findings.views.chosen import campaign_of, campaigns_of, day_of, ledger_url

SHOWN = 10  # rows of the ranked lists; the ledger has them all
STATES = (MeasureStatus.CLOSED, MeasureStatus.WAITING, MeasureStatus.IN_PROGRESS, MeasureStatus.NOT_STARTED)
COMPARED: tuple[tuple[str, Any, dict[str, str] | None], ...] = (
    ("measures", gettext_lazy("measures"), {}),
    ("closed", called("MeasureStatus.closed", pgettext_lazy("figure", "closed")), {"status": "closed"}),
    ("waiting", called("MeasureStatus.waiting", pgettext_lazy("figure", "waiting for closure")), {"status": "waiting"}),
    (
        "in_progress",
        called("MeasureStatus.in_progress", pgettext_lazy("figure", "in progress")),
        {"status": "in_progress"},
    ),
    (
        "not_started",
        called("MeasureStatus.not_started", pgettext_lazy("figure", "not started")),
        {"status": "not_started"},
    ),
    ("overdue", pgettext_lazy("figure", "overdue"), {"due": "overdue"}),
    ("rechecks_missed", gettext_lazy("re-checks missed"), {"due": "recheck"}),
    ("concentrated_closed", gettext_lazy("concentrated, closed"), {"phase": "concentrated", "status": "closed"}),
    ("sustained_closed", gettext_lazy("sustained, closed"), {"phase": "sustained", "status": "closed"}),
    ("issues_rectified", gettext_lazy("issues rectified"), {"state": "rectified"}),
    ("issues_partial", gettext_lazy("issues with partial results"), {"state": "partial"}),
    ("issues_open", gettext_lazy("issues under rectification"), {"state": "open"}),
    ("documents", gettext_lazy("documents"), None),
    ("rules", gettext_lazy("rules among them"), None),
)
ALARMS = ("overdue", "rechecks_missed")


@require_safe
@requires(Verb.VIEW_DASHBOARD)
def dashboard(request: SignedRequest) -> HttpResponse:
    campaign = campaign_of(request)
    if campaign is None:
        return render(request, "findings/dashboard_empty.html")
    today = dates.today()
    on = campaign.as_of(day_of(request, "on", campaign, today))
    earlier = day_of(request, "with", campaign, boards.month_before(on))
    earlier = earlier if earlier < on else max(campaign.feedback_on, boards.month_before(on))
    board = boards.board_of(figures.scope_of(campaign, request.user), on, earlier)
    is_big = request.GET.get("screen") == "1"
    return render(request, f"findings/dashboard{'_screen' if is_big else ''}.html", {
        "campaign": campaign, "campaigns": campaigns_of(request), "board": board, "on": on, "today": today,
        "sentence": sentences.campaign_sentence(board, this_year=today.year),
        "is_past": on < campaign.as_of(today),
        "is_own_share": campaign.court_id not in access.courts_of(request.user),
        **_shown(board, campaign),
    })  # fmt: skip


def _shown(board: Board, campaign: Campaign) -> dict[str, Any]:
    """The board as the page draws it."""
    on = board.summary.on
    return {
        "late": _ranked(board.late), "due": _ranked(board.due), "rechecks": _ranked(board.rechecks),
        "checks": [(sentences.CHECKS[check.name], check.holds) for check in board.summary.checks],
        "lights": [(light.value, light.label, board.lights[light]) for light in figures.lights_of(campaign)],
        "alarms": (Light.RED, Light.RECHECK),
        "issue_states": _issue_states(board),
        "meetings": [(kind, MeetingKind(kind).label, number) for kind, number in board.summary.meetings.items()],
        "curve": _curve(board),
        "departments": _stacked(board.summary.departments, "lead", campaign, on),
        "areas": _stacked(board.summary.areas, "area", campaign, on),
        "comparison": _comparison(board, campaign),
    }  # fmt: skip


def _ranked(dues: list[Due]) -> list[dict[str, Any]]:
    return [{"measure": due.measure, "days": abs(due.days)} for due in dues[:SHOWN]]


def _issue_states(board: Board) -> list[tuple[str, Any, int]]:
    numbers = {
        IssueState.RECTIFIED: board.summary.issues_rectified,
        IssueState.PARTIAL: board.summary.issues_partial,
        IssueState.OPEN: board.summary.issues_open,
    }
    return [(state.value, state.label, number) for state, number in numbers.items()]


def _curve(board: Board) -> dict[str, Any]:
    """Closed against plan for the chart; what lies after the day is not known yet."""
    points = board.curve
    on = board.summary.on
    return {
        "dates": [point.on.isoformat() for point in points],
        "closed": [point.closed if point.on <= on else None for point in points],
        "plan": [point.planned for point in points],
        "today": on.isoformat(),
        "labels": {
            "closed": str(called("MeasureStatus.closed", pgettext("figure", "closed"))),
            "plan": _("to be closed by the plan"),
            "today": on.strftime("%m-%d"),
        },
    }


def _stacked(groups: list[Group], by: str, campaign: Campaign, on: date) -> dict[str, Any]:
    """Groups by state for the chart."""
    rows = [
        {"name": group.title or _("without one"), "url": ledger_url(campaign, on, **{by: group.code or "none"}),
         "overdue": group.counts.overdue, **{state: getattr(group.counts, state) for state in STATES}}
        for group in groups
    ]  # fmt: skip
    labels = {state.value: str(state.label) for state in STATES} | {"overdue": pgettext("figure", "overdue")}
    return {"rows": rows, "labels": labels}


def _comparison(board: Board, campaign: Campaign) -> list[dict[str, Any]]:
    """Two days beside each other, each figure with the rows of its own day."""
    days = (board.comparison.earlier, board.comparison.later)
    found = []
    for name, label, rows in COMPARED:
        urls = [_rows_url(campaign, name, rows, day) for day in days]
        before, after = board.comparison.figures[name]
        found.append({
            "label": label, "before": before, "after": after, "change": f"{board.comparison.change(name):+d}",
            "before_url": urls[0], "after_url": urls[1], "is_alarm": name in ALARMS,
        })  # fmt: skip
    return found


def _rows_url(campaign: Campaign, name: str, rows: dict[str, str] | None, day: date) -> str:
    if rows is not None:
        return ledger_url(campaign, day, **rows)
    query = urlencode({"on": day.isoformat()} | ({"kind": DocumentKind.RULE} if name == "rules" else {}))
    return f"{reverse('document_list', args=[campaign.slug])}?{query}"
