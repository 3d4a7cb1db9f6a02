"""The progress form at work: which department and period it is for, what stood there, and what is done with it."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from django.utils.translation import gettext as _

from accounts.decorators import SignedRequest
from accounts.models import Department, User
from findings import access
from findings.forms.progress import REPORT_FIELDS, ProgressForm
from findings.models import Measure, ProgressUpdate, ReportingPeriod
from findings.workflow.measure import MEASURE, add_evidence, taking_part
from findings.workflow.progress import correctable, period_to_report, save_progress, submit_progress
from findings.workflow.step import Denied


@dataclass
class ProgressDesk:
    """A measure's progress form for one person."""

    request: SignedRequest
    measure: Measure
    on: date
    form: ProgressForm
    period: ReportingPeriod | None
    last: ProgressUpdate | None
    draft: ProgressUpdate | None
    submit_refusal: str

    @classmethod
    def of(cls, request: SignedRequest, measure: Measure, on: date) -> Self:
        """The form for the period that is asked for (by default the one to be reported now), filled with its draft."""
        departments = _wanted_first(request, own_departments(request.user, measure))
        period = _period_of(request, measure, departments[0], on) if departments else None
        reported = measure.progress.filter(department__in=departments[:1]).select_related("period", "corrects__period")
        rows = list(reported.order_by("period__starts_on")) if period else []
        draft = next((row for row in rows if period and row.period.code == period.code), None)
        last = next((row for row in reversed(rows) if period and row.period.starts_on < period.starts_on), None)
        data = (request.POST, request.FILES) if request.method == "POST" else ()
        form = ProgressForm(
            *data, departments=departments, corrects=_corrected(measure, departments, period, draft, on),
            initial=_initial(measure, departments, period, draft, last),
        )  # fmt: skip
        refusal = MEASURE["submit_progress"].refusal(request.user, measure, on)
        return cls(request, measure, on, form, period, last, draft, refusal)

    def keep(self, user: User) -> ProgressUpdate:
        """Submit, or keep as a draft, as the pressed button says; the file goes with it."""
        values = self.form.cleaned_data
        verb = submit_progress if self.request.POST.get("act") == "submit" else save_progress
        update = verb(
            self.measure, by=user, values=self.form.values(), department=values["department"],
            period=self._posted_period(), version=values["version"],
        )  # fmt: skip
        evidence = self.form.evidence()
        if evidence is not None:
            add_evidence(self.measure, by=user, progress=update, **evidence)
        return update

    def _posted_period(self) -> ReportingPeriod:
        code = self.form.cleaned_data["period"]
        if self.period is not None and self.period.code == code:
            return self.period
        stored = self.measure.campaign.periods.filter(code=code).first()
        if stored is None:
            raise Denied(_("The period %(period)s is not open; correct it in the next one.") % {"period": code})
        return stored


def own_departments(user: User, measure: Measure) -> list[Department]:
    """The departments for which the person fills in this measure, the lead department first."""
    rows = Department.objects.filter(pk__in=access.departments_of(user) & taking_part(measure))
    return sorted(rows, key=lambda row: (row.pk != measure.lead_department_id, row.order, row.pk))


def _wanted_first(request: SignedRequest, departments: list[Department]) -> list[Department]:
    """For which of several departments: the form names it, or the link that led here."""
    wish = request.POST.get("department") or request.GET.get("department")
    return sorted(departments, key=lambda row: str(row.pk) != wish)


def _period_of(request: SignedRequest, measure: Measure, department: Department, on: date) -> ReportingPeriod | None:
    """For which of two open periods: the form names it, or the link that led here."""
    wish = request.POST.get("period") or request.GET.get("period") or ""
    collecting = ReportingPeriod.objects.collecting(on).filter(campaign=measure.campaign)
    wanted = next((row for row in collecting if row.code == wish), None)
    return wanted or period_to_report(measure, department.pk, on=on)


def _corrected(
    measure: Measure, departments: list[Department], period: ReportingPeriod | None, draft: ProgressUpdate | None,
    on: date,
) -> ProgressUpdate | None:  # fmt: skip
    """The locked report that this one may correct."""
    if period is None or (draft and draft.corrects):
        return draft.corrects if draft else None
    return correctable(measure, departments[0].pk, period, on=on)


def _initial(
    measure: Measure, departments: list[Department], period: ReportingPeriod | None, draft: ProgressUpdate | None,
    last: ProgressUpdate | None,
) -> dict[str, Any]:  # fmt: skip
    values = (
        {name: getattr(draft, name) for name in REPORT_FIELDS} if draft else {"percent": last.percent if last else 0}
    )
    return values | {
        "department": departments[0].pk if departments else None,
        "period": period.code if period else "",
        "version": draft.version if draft else 0,
    }
