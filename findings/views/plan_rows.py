"""Many measures at once: new rows typed or pasted for one issue, and new owners for ticked measures."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.decorators import SignedRequest, form_page
from accounts.models import Department
from accounts.versioned import REFUSED, status_of
from findings import dates
from findings.choices import IssueKind
from findings.forms.pasted import COLUMNS, ORDER, Problem, Reader
from findings.forms.plan_rows import (
    MOST_ROWS,
    BaseRowsFormSet,
    OwnersForm,
    PasteForm,
    RowsFormSet,
    RowsNoteForm,
    departments_of,
    leaders_of,
)
from findings.models import Issue, Measure
from findings.views.campaign import demand_office, office_campaign_or_404
from findings.views.chosen import settle_campaign
from findings.views.plan import plan_url
from findings.views.verbs import done
from findings.workflow import amend, plan

USUAL_ROWS = 5


@form_page
def measures_create(request: SignedRequest, pk: int) -> HttpResponse:
    """A grid of new measures of one issue; rows from a spreadsheet are pasted into it. All are saved, or none."""
    rows = Issue.objects.visible_to(request.user).filter(kind=IssueKind.FINDING).select_related("campaign", "area")
    issue = get_object_or_404(rows, pk=pk)
    settle_campaign(request, issue.campaign)
    demand_office(request, issue.campaign)
    grid = Grid(request, issue)
    if request.method == "POST":
        if request.POST.get("act") == "read":
            grid.read()
        elif grid.save():
            return redirect(plan_url(issue.campaign, f"issue-{issue.number}"))
    return render(request, "findings/plan_rows.html", grid.context(), status=grid.code)


@form_page
def plan_owners(request: SignedRequest, slug: str) -> HttpResponse:
    """New owners for the ticked measures; each that was passed by is named with the reason."""
    campaign = office_campaign_or_404(request, slug)
    ticked = _ticked(request.POST if request.method == "POST" else request.GET)
    measures = list(
        Measure.objects.visible_to(request.user).filter(campaign=campaign, pk__in=ticked)
        .select_related("lead_department", "lead_leader").order_by("number")
    )  # fmt: skip
    form = OwnersForm(campaign, *([request.POST] if request.method == "POST" else []))
    outcome: list[tuple[Measure, str]] = []
    if form.is_bound and form.is_valid() and done(request, form, lambda: outcome.extend(amend.change_owners(
        measures, by=request.user, versions=ticked, **form.values()
    ))):  # fmt: skip
        left = [(measure, why) for measure, why in outcome if why]
        moved = len([measure for measure, why in outcome if not why])
        messages.success(request, ngettext("%(n)s measure changed.", "%(n)s measures changed.", moved) % {"n": moved})
        if not left:
            return redirect("plan_detail", slug=slug)
        context = {"campaign": campaign, "left": left, "back": plan_url(campaign)}
        return render(request, "findings/plan_owners.html", context)
    context = {"campaign": campaign, "form": form, "ticked": ticked, "measures": measures, "back": plan_url(campaign)}
    return render(request, "findings/plan_owners.html", context, status=status_of(form))


def _ticked(data: QueryDict) -> dict[int, int]:
    """Measures by id with the version that the person saw; what is no such pair is passed by."""
    pairs = (value.partition("-") for value in data.getlist("measure"))
    known = [(pk, version) for pk, _dash, version in pairs if pk.isdecimal() and version.isdecimal()]
    return {int(pk): int(version) for pk, version in known if len(pk) < 10 and len(version) < 10}


@dataclass
class Grid:
    """One visit at the grid."""

    request: SignedRequest
    issue: Issue
    problems: list[Problem] = field(default_factory=list)
    read_rows: int = 0
    code: int = 200

    def __post_init__(self) -> None:
        self.paste = PasteForm()
        self.needs_reason = self.issue.campaign.is_approved(dates.today())
        self.note = RowsNoteForm(needs_reason=self.needs_reason)
        self.rows = self._rows()

    def read(self) -> None:
        """Put the pasted rows into the grid, or say everything that is wrong with them."""
        self.paste = PasteForm(self.request.POST)
        if not self.paste.is_valid():
            self.code = REFUSED
            return
        found = Reader(self.issue.campaign).read(self.paste.cleaned_data["pasted"])
        if len(found.rows) > MOST_ROWS:
            words = _("At most %(most)s rows at once.") % {"most": MOST_ROWS}
            found.problems.append(Problem(MOST_ROWS + 1, "", "", words))
        if found.problems:
            self.problems, self.code = found.problems, REFUSED
            return
        self.read_rows = len(found.rows)
        self.rows = self._rows(_as_posted(found.rows))
        self.paste = PasteForm()

    def save(self) -> bool:
        """Add all filled rows, or none."""
        self.rows = self._rows(self.request.POST)
        self.note = RowsNoteForm(self.request.POST, needs_reason=self.needs_reason)
        if all([self.rows.is_valid(), self.note.is_valid()]) and done(self.request, self.note, self._add):
            return True
        self.code = REFUSED
        return False

    def context(self) -> dict[str, Any]:
        return {
            "issue": self.issue, "campaign": self.issue.campaign, "formset": self.rows, "form": self.note,
            "paste": self.paste, "problems": self.problems, "read_rows": self.read_rows,
            "columns": [COLUMNS[name].heading for name in ORDER],
            "back": plan_url(self.issue.campaign, f"issue-{self.issue.number}"),
        }  # fmt: skip

    def _add(self) -> None:
        rows = [self.rows.forms[index].values() for index in self.rows.filled()]
        try:
            added = plan.add_measures(
                self.issue, rows=rows, by=self.request.user, note=self.note.cleaned_data["note"]
            )  # fmt: skip
        except plan.RowsDenied as error:
            self.rows.mark(error.problems)
            raise
        words = ngettext("%(n)s measure added.", "%(n)s measures added.", len(added)) % {"n": len(added)}
        messages.success(self.request, words)

    def _rows(self, data: Any = None) -> BaseRowsFormSet:
        """The grid with the rows of ``data``, or with so many empty ones as the address asks for."""
        campaign = self.issue.campaign
        choices = {
            "leaders": {str(row.pk): row for row in leaders_of(campaign)},
            "departments": {str(row.pk): row for row in departments_of(campaign, _named_in(data))},
        }
        rows = RowsFormSet(data, form_kwargs=choices)
        assert isinstance(rows, BaseRowsFormSet)
        wish = self.request.GET.get("rows", "")
        rows.extra = min(max(int(wish), 1), 50) if wish.isdecimal() and len(wish) < 4 else USUAL_ROWS
        return rows


def _as_posted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Read values as the grid's own form would send them."""
    data: dict[str, Any] = {"form-TOTAL_FORMS": str(len(rows)), "form-INITIAL_FORMS": "0"}
    for index, row in enumerate(rows):
        for name, value in row.items():
            if isinstance(value, list):
                data[f"form-{index}-{name}"] = [str(one.pk) for one in value]
            elif value is not None:
                data[f"form-{index}-{name}"] = str(getattr(value, "pk", value))
    return data


def _named_in(data: Any) -> tuple[int, ...]:
    """Departments that rows name although the usual choice leaves them out: those of courts below."""
    found: set[int] = set()
    for key in data or ():
        if key.endswith(("-lead_department", "-assisting")):
            values = data.getlist(key) if isinstance(data, QueryDict) else data[key]
            values = values if isinstance(values, list) else [values]
            found |= {int(value) for value in values if value.isdecimal() and len(value) < 10}
    return tuple(Department.objects.active().filter(pk__in=found).values_list("pk", flat=True)) if found else ()
