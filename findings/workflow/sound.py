"""What makes a campaign and its plan sound. Each check raises Denied with the field that is wrong."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Department, Membership, User
from accounts.roles import RoleCode
from findings import dates
from findings.choices import Nature, Phase, Stage, stages_of
from findings.figures.sentences import day_words
from findings.models import Campaign, Measure
from findings.workflow.step import Denied

# Who may stand in a stage list; the discipline group speaks without holding a request up.
SIGNING = (Stage.HEAD, Stage.LEADER, Stage.OFFICE, Stage.CHIEF)
# More days than a threshold needs, and no more than the calendar of a period reaches.
MOST_DAYS, MOST_WORKING_DAYS = 365, 20
DECLARED = ("declared_areas", "declared_issues", "declared_measures")


def check_campaign(campaign: Campaign) -> None:
    """Texts, days, stage lists and thresholds of a campaign that is about to be stored."""
    for name in ("slug", "title", "inspecting_body"):
        demand_text(getattr(campaign, name), name)
    _check_days(campaign)
    check_stages(campaign.closure_stages, "closure_stages")
    check_stages(campaign.extension_stages, "extension_stages")
    _between(campaign.due_soon_days, 0, MOST_DAYS, "due_soon_days")
    _between(campaign.blue_days, campaign.due_soon_days + 1, MOST_DAYS, "blue_days")
    _between(campaign.progress_due_days, 1, MOST_WORKING_DAYS, "progress_due_days")
    _between(campaign.lock_days, 0, MOST_WORKING_DAYS, "lock_days")
    for name in DECLARED:
        _between(getattr(campaign, name), 0, 32767, name)


def check_stages(stages: str, field: str) -> None:
    """A chain of signatures is any list of who may sign, not empty and without repeats."""
    names = stages_of(stages)
    if not names:
        raise Denied(_("Please choose at least one stage."), field=field)
    if len(set(names)) < len(names):
        raise Denied(_("A stage stands only once in a chain."), field=field)
    if not set(names) <= set(SIGNING):
        raise Denied(_("Nobody signs at a stage of that name."), field=field)


def check_measure(measure: Measure, changed: Iterable[str]) -> None:
    """Those fields of a measure that are new or about to change; what stood there before is not asked again."""
    campaign = measure.campaign
    for name in set(changed) & set(_MEASURE_CHECKS):
        _MEASURE_CHECKS[name](measure, campaign)


def check_assisting(measure: Measure, assisting: Iterable[Department]) -> None:
    """Who assists works in the campaign's court or below it, and does not lead the same measure."""
    for department in assisting:
        if department.pk == measure.lead_department_id:
            words = _("%(department)s leads the measure and cannot assist as well.")
            raise Denied(words % {"department": department}, field="assisting")
        _demand_reach(department, measure.campaign, "assisting")


def unsound(campaign: Campaign, fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Everything that the plan would refuse of a new measure, each by its field; nothing is stored.

    ``fields`` are those of the measure, and ``assisting``.
    """
    plain = {name: value for name, value in fields.items() if name != "assisting"}
    measure = Measure(campaign=campaign, **plain)
    for name in {"text": "", **plain}:
        try:
            check_measure(measure, {name})
        except Denied as error:
            yield name, str(error)
    try:
        check_assisting(measure, fields.get("assisting", ()))
    except Denied as error:
        yield "assisting", str(error)


def next_number(rows: Any) -> int:
    """One above the highest number of the rows; the row above them is locked, or two would take the same."""
    return (rows.aggregate(last=Max("number"))["last"] or 0) + 1


def demand_text(text: object, field: str) -> None:
    """Raise Denied where a compulsory text is empty."""
    if not str(text or "").strip():
        raise Denied(_("This must not be empty."), field=field)


def demand_free(taken: bool, number: object, field: str = "number") -> None:
    """Raise Denied where a number stands in the plan already: numbers are never used again."""
    if taken:
        raise Denied(_("The number %(number)s is taken; numbers are never used again.") % {"number": number}, field)


def _check_days(campaign: Campaign) -> None:
    last = None
    for name in ("onsite_from", "onsite_until", "feedback_on", "concentrated_until", "sustained_until"):
        day = getattr(campaign, name)
        if day is None:
            continue
        _demand_known(day, name)
        if last is not None and day < last:
            raise Denied(_EARLIER[name]() % {"day": day_words(last, day.year)}, field=name)
        last = day
    if (campaign.onsite_from is None) != (campaign.onsite_until is None):
        missing = "onsite_from" if campaign.onsite_from is None else "onsite_until"
        raise Denied(_("Please give both days of the stay on site, or none."), field=missing)


def _demand_known(day: date, field: str) -> None:
    problem = dates.out_of_range(day)
    if problem:
        raise Denied(problem, field=field)


_EARLIER = {
    "onsite_until": lambda: _("The stay on site ends before it begins (%(day)s)."),
    "feedback_on": lambda: _("The feedback lies before the end of the stay on site (%(day)s)."),
    "concentrated_until": lambda: _("The concentrated phase ends before the feedback (%(day)s)."),
    "sustained_until": lambda: _("The sustained phase ends before the concentrated one (%(day)s)."),
}


def _between(number: int | None, least: int, most: int, field: str) -> None:
    if number is not None and not least <= number <= most:
        raise Denied(_("This lies between %(least)s and %(most)s.") % {"least": least, "most": most}, field=field)


# --- One measure -------------------------------------------------------------------------------------------


def _check_text(measure: Measure, campaign: Campaign) -> None:
    demand_text(measure.text, "text")


def _check_leader(measure: Measure, campaign: Campaign) -> None:
    leaders = Membership.objects.holders(RoleCode.LEADER, campaign.court_id)
    person: User | None = measure.lead_leader
    if person is not None and not leaders.filter(person=person).exists():
        raise Denied(_("%(person)s is no lead leader of this court.") % {"person": person}, field="lead_leader")


def _check_department(measure: Measure, campaign: Campaign) -> None:
    if measure.lead_department is not None:
        _demand_reach(measure.lead_department, campaign, "lead_department")


def _demand_reach(department: Department, campaign: Campaign, field: str) -> None:
    """A measure is carried out in the campaign's court or in a court below it."""
    if not department.is_active:
        raise Denied(_("%(department)s is no longer in use.") % {"department": department}, field=field)
    court = department.court or department
    while court.pk != campaign.court_id:
        if court.parent is None:
            words = _("%(department)s does not belong to the campaign's court.")
            raise Denied(words % {"department": department}, field=field)
        court = court.parent


def _check_deadline(measure: Measure, campaign: Campaign) -> None:
    day = measure.deadline
    if day is not None and not campaign.feedback_on <= day <= campaign.sustained_until:
        words = {"first": campaign.feedback_on.isoformat(), "last": campaign.sustained_until.isoformat()}
        raise Denied(_("The deadline lies between %(first)s and %(last)s.") % words, field="deadline")


def _check_recheck(measure: Measure, campaign: Campaign) -> None:
    day = measure.recheck_on
    if day is not None:
        _demand_known(day, "recheck_on")
        if day < campaign.feedback_on:
            raise Denied(_("The re-check lies before the feedback."), field="recheck_on")


def _check_nature(measure: Measure, campaign: Campaign) -> None:
    if measure.nature not in Nature.values:
        raise Denied(_("Please choose one of the natures."), field="nature")


def _check_phase(measure: Measure, campaign: Campaign) -> None:
    if measure.phase not in Phase.values:
        raise Denied(_("Please choose one of the phases."), field="phase")


_MEASURE_CHECKS = {
    "text": _check_text,
    "lead_leader": _check_leader,
    "lead_department": _check_department,
    "deadline": _check_deadline,
    "recheck_on": _check_recheck,
    "nature": _check_nature,
    "phase": _check_phase,
}
