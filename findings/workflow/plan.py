"""The plan: campaign, areas, issues, measures, recommendations, and the days of approval and closing."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Department, User
from accounts.tracked import Tracked, create, locked, store
from accounts.words import joined
from findings.choices import IssueKind, stages_of
from findings.figures.sentences import day_words
from findings.models import Area, AssistingDepartment, Campaign, Issue, Measure, RecommendationLink
from findings.workflow.progress import open_periods, refit_periods
from findings.workflow.sound import (
    check_assisting,
    check_campaign,
    check_measure,
    demand_free,
    demand_text,
    next_number,
)
from findings.workflow.step import Act, Denied, acting, demand_office, demand_running, reason_given

Row = TypeVar("Row", bound=Tracked)

CAMPAIGN_FIELDS = (
    "title", "source", "inspecting_body", "onsite_from", "onsite_until", "feedback_on", "concentrated_until",
    "sustained_until", "closure_stages", "extension_stages", "due_soon_days", "blue_days", "progress_due_days",
    "lock_days", "declared_areas", "declared_issues", "declared_measures",
)  # fmt: skip
# An address that the pages need for themselves.
RESERVED = frozenset({"new"})
_PHASES = ("feedback_on", "concentrated_until", "sustained_until")


class RowsDenied(Denied):
    """Several rows were given and some are wrong: ``problems`` are (index, field, sentence), and none was stored."""

    def __init__(self, problems: list[tuple[int, str, str]]) -> None:
        super().__init__(_("Nothing was saved: %(count)s rows must be looked at.") % {
            "count": len({index for index, _field, _sentence in problems})})  # fmt: skip
        self.problems = problems


# --- The campaign ------------------------------------------------------------------------------------------


def create_campaign(*, by: User, note: str = "", at: datetime | None = None, **fields: object) -> Campaign:
    """Open the ledger of an inspection. ``fields`` are those of Campaign."""
    with acting(by, note, at) as act:
        campaign = Campaign(**_settled(fields))
        demand_office(act, campaign.court_id)
        check_campaign(campaign)
        if campaign.slug in RESERVED or Campaign.objects.filter(slug=campaign.slug).exists():
            raise Denied(_("The address %(slug)s is taken.") % {"slug": campaign.slug}, field="slug")
        store(campaign, by=by, note=act.note, at=act.at)
        open_periods(campaign, on=act.on, at=act.at)
        return campaign


def edit_campaign(
    campaign: Campaign, *, by: User, note: str = "", at: datetime | None = None, version: int | None = None,
    **fields: object,
) -> Campaign:  # fmt: skip
    """Change a campaign; address and court stay. ``fields``: those of ``CAMPAIGN_FIELDS``.

    Stage lists hold for the requests filed from now on. Days of periods that were reported on stay: Denied.
    """
    with acting(by, note, at) as act:
        campaign = _demand_plan(act, campaign, version=version)
        changed = take(campaign, _settled(fields), CAMPAIGN_FIELDS)
        if changed:
            _reason_if_approved(act, campaign)
            check_campaign(campaign)
            _check_against_plan(campaign)
            store(campaign, by=by, note=act.note, at=act.at)
        moved = next((name for name in _PHASES if name in changed), "")
        if moved:
            refit_periods(campaign, act, field=moved)
            open_periods(campaign, on=act.on, at=act.at)
        return campaign


def _settled(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a campaign with its chains of signatures as they are read: without white space."""
    chains = {name: ",".join(stages_of(fields[name])) for name in ("closure_stages", "extension_stages")
              if name in fields}  # fmt: skip
    return fields | chains


def approve_plan(campaign: Campaign, *, on: date, by: User, note: str = "", at: datetime | None = None) -> Campaign:
    """Put the day of the plan's approval on record; every measure must have its owners by then."""
    with acting(by, note, at) as act:
        campaign = _demand_plan(act, campaign)
        _reason_if_approved(act, campaign)
        _check_day(on, act, [(campaign.feedback_on, _("The plan is approved after the feedback (%(day)s)."))])
        _check_complete(campaign, act.on)
        campaign.plan_approved_on = on
        store(campaign, by=by, note=act.note, at=act.at)
        return campaign


def close_campaign(campaign: Campaign, *, on: date, by: User, note: str = "", at: datetime | None = None) -> Campaign:
    """End a campaign: after that day it can only be read."""
    with acting(by, note, at) as act:
        campaign = _demand_plan(act, campaign)
        _check_day(on, act, [
            (campaign.feedback_on, _("A campaign is closed after the feedback (%(day)s).")),
            (campaign.plan_approved_on, _("A campaign is closed after the plan's approval (%(day)s).")),
        ])  # fmt: skip
        campaign.closed_on = on
        store(campaign, by=by, note=act.note, at=act.at)
        return campaign


# --- Areas, issues, recommendations ------------------------------------------------------------------------


def add_area(
    campaign: Campaign, *, title: str, by: User, number: int | None = None, note: str = "", at: datetime | None = None
) -> Area:
    """Add an area of the feedback; without a number it takes the next one."""
    with acting(by, note, at) as act:
        campaign = _demand_addition(act, campaign)
        demand_text(title, "title")
        number = _free_number(number, campaign.areas.all())
        return create(Area, by=by, note=act.note, at=act.at, campaign=campaign, number=number, title=title)


def edit_area(
    area: Area, *, by: User, title: str, note: str = "", at: datetime | None = None, version: int | None = None
) -> Area:
    """Change an area's title; its number is stable."""
    with acting(by, note, at) as act:
        campaign = _demand_plan(act, area.campaign)
        area = locked(area, version=version)
        return _edited(area, {"title": title}, ("title",), act, campaign)


def add_issue(
    area: Area, *, by: User, number: int | None = None, note: str = "", at: datetime | None = None, **fields: object
) -> Issue:
    """Add an issue to an area; without a number it takes the next one. ``fields``: title, text, is_common."""
    with acting(by, note, at) as act:
        campaign = _demand_addition(act, area.campaign)
        demand_text(fields.get("title"), "title")
        number = _free_number(number, campaign.issues.filter(kind=IssueKind.FINDING))
        return create(Issue, by=by, note=act.note, at=act.at, campaign=campaign, area=area, number=number, **fields)


def edit_issue(
    issue: Issue, *, by: User, note: str = "", at: datetime | None = None, version: int | None = None, **fields: object
) -> Issue:
    """Change an issue; its number is stable. ``fields``: title, text, is_common, area."""
    with acting(by, note, at) as act:
        campaign = _demand_plan(act, issue.campaign)
        issue = locked(issue, version=version)
        area = fields.get("area", issue.area)
        if issue.kind != IssueKind.FINDING or not isinstance(area, Area) or area.campaign_id != campaign.pk:
            raise Denied(_("An issue belongs to an area of its own campaign."), field="area")
        return _edited(issue, fields, ("title", "text", "is_common", "area"), act, campaign)


def add_recommendation(
    campaign: Campaign, *, by: User, answers: list[Measure], number: int | None = None, note: str = "",
    at: datetime | None = None, **fields: object,
) -> Issue:  # fmt: skip
    """Add a recommendation of the feedback and the measures that answer it. ``fields``: title, text."""
    with acting(by, note, at) as act:
        campaign = _demand_addition(act, campaign)
        demand_text(fields.get("title"), "title")
        kind = IssueKind.RECOMMENDATION
        number = _free_number(number, campaign.issues.filter(kind=kind))
        row = create(Issue, by=by, note=act.note, at=act.at, campaign=campaign, kind=kind, number=number, **fields)
        _answer(row, answers, act)
        return row


def edit_recommendation(
    recommendation: Issue, *, by: User, note: str = "", at: datetime | None = None, version: int | None = None,
    answers: list[Measure] | None = None, **fields: object,
) -> Issue:  # fmt: skip
    """Change a recommendation; ``answers`` None leaves its measures alone. ``fields``: title, text."""
    with acting(by, note, at) as act:
        campaign = _demand_plan(act, recommendation.campaign)
        row = locked(recommendation, version=version)
        if row.kind != IssueKind.RECOMMENDATION:
            raise Denied(_("Only a recommendation is answered by measures of other issues."))
        moved = answers is not None and _answer(row, answers, act)
        return _edited(row, fields, ("title", "text"), act, campaign, anyway=moved)


# --- Measures ----------------------------------------------------------------------------------------------


def add_measure(
    issue: Issue, *, by: User, assisting: list[Department], number: int | None = None, note: str = "",
    at: datetime | None = None, **fields: object,
) -> Measure:  # fmt: skip
    """Add a measure to an issue; its first deadline is kept as the original one for ever."""
    with acting(by, note, at) as act:
        campaign = _demand_addition(act, issue.campaign)
        if issue.kind != IssueKind.FINDING:
            raise Denied(_("A recommendation has no measures of its own; link those that answer it."))
        number = next_measure_number(campaign) if number is None else number
        demand_free(campaign.measures.filter(number=number).exists(), number)
        fields.setdefault("original_deadline", fields.get("deadline"))
        measure = Measure(campaign=campaign, issue=issue, number=number, **fields)
        check_measure(measure, {*fields, "text"})
        check_assisting(measure, assisting)
        store(measure, by=by, note=act.note, at=act.at)
        for department in assisting:
            create(AssistingDepartment, by=by, note=act.note, at=act.at, measure=measure, department=department)
        return measure


def add_measures(
    issue: Issue, *, rows: list[dict[str, Any]], by: User, note: str = "", at: datetime | None = None
) -> list[Measure]:
    """Add many measures, all or none. ``rows`` are what ``add_measure`` takes; raises RowsDenied with every problem."""
    added, problems = [], []
    with acting(by, note, at) as act:
        _demand_addition(act, issue.campaign)
        if not rows:
            raise Denied(_("There is no row to save yet."))
        for index, row in enumerate(rows):
            try:
                with transaction.atomic():
                    added.append(add_measure(issue, by=by, note=act.note, at=act.at, **row))
            except Denied as error:
                problems.append((index, error.field, str(error)))
        if problems:
            raise RowsDenied(problems)
    return added


def next_measure_number(campaign: Campaign) -> int:
    """One above all numbers that were ever given: those of retired measures are never used again."""
    return next_number(campaign.measures.all())


def take(row: Row, fields: dict[str, Any], allowed: Iterable[str]) -> dict[str, Any]:
    """Put new values on a row; answers the old ones by name, of those that differ."""
    assert set(fields) <= set(allowed), "no such field of the plan"
    old = {}
    for name, value in fields.items():
        if getattr(row, name) != value:
            old[name] = getattr(row, name)
            setattr(row, name, value)
    return old


# --- What stands in the way --------------------------------------------------------------------------------


def _demand_plan(act: Act, campaign: Campaign, *, version: int | None = None) -> Campaign:
    campaign = locked(campaign, version=version)
    demand_office(act, campaign.court_id)
    demand_running(campaign, act.on)
    return campaign


def _demand_addition(act: Act, campaign: Campaign) -> Campaign:
    """What comes into an approved plan comes with a reason."""
    campaign = _demand_plan(act, campaign)
    _reason_if_approved(act, campaign)
    return campaign


def _reason_if_approved(act: Act, campaign: Campaign) -> None:
    if campaign.is_approved(act.on):
        reason_given(act)


def _edited(
    row: Row, fields: dict[str, Any], allowed: tuple[str, ...], act: Act, campaign: Campaign, *, anyway: bool = False
) -> Row:
    """Store what was changed; ``anyway``: something that hangs on the row was, and its version stands for that too."""
    if take(row, fields, allowed) or anyway:
        _reason_if_approved(act, campaign)
        demand_text(fields.get("title", "title"), "title")
        store(row, by=act.by, note=act.note, at=act.at)
    return row


def _answer(recommendation: Issue, answers: Iterable[Measure], act: Act) -> bool:
    """Let exactly these measures answer a recommendation; whether anything moved."""
    known = {row.measure_id: row for row in RecommendationLink.objects.filter(recommendation=recommendation)}
    wanted = {measure.pk for measure in answers}
    if any(measure.campaign_id != recommendation.campaign_id for measure in answers):
        raise Denied(_("Only measures of the same campaign answer a recommendation."), field="answers")
    moved = [RecommendationLink(recommendation=recommendation, measure_id=pk) for pk in sorted(wanted - set(known))]
    for row in known.values():
        if row.is_active != (row.measure_id in wanted):
            row.is_active = not row.is_active
            moved.append(row)
    for row in moved:
        store(row, by=act.by, note=act.note, at=act.at)
    return bool(moved)


def _free_number(number: int | None, rows: Any) -> int:
    number = next_number(rows) if number is None else number
    demand_free(rows.filter(number=number).exists(), number)
    return number


def _check_day(on: date, act: Act, earliest: list[tuple[date | None, str]]) -> None:
    """A day that is put on record has come, and does not lie before what it follows."""
    if on > act.on:
        raise Denied(_("The day lies in the future."), field="on")
    for day, sentence in earliest:
        if day is not None and on < day:
            raise Denied(sentence % {"day": day_words(day, on.year)}, field="on")


def _check_complete(campaign: Campaign, on: date) -> None:
    """A plan that is approved has measures, and each of them its owners."""
    measures = campaign.measures.in_plan(on)
    if not measures.exists():
        raise Denied(_("The plan has no measure yet."))
    for name, sentence in (
        ("lead_department", _("These measures have no lead department: %(numbers)s.")),
        ("lead_leader", _("These measures have no lead leader: %(numbers)s.")),
    ):
        lacking = measures.filter(**{name: None}).order_by("number").values_list("number", flat=True)
        if lacking:
            raise Denied(sentence % {"numbers": joined(lacking)})


def _check_against_plan(campaign: Campaign) -> None:
    """The days of a campaign hold what hangs on them already."""
    approved = campaign.plan_approved_on
    if approved is not None and approved < campaign.feedback_on:
        words = _("The plan was approved on %(day)s already.")
        raise Denied(words % {"day": day_words(approved, campaign.feedback_on.year)}, field="feedback_on")
    beyond = campaign.measures.filter(deadline__gt=campaign.sustained_until, retired_on__isnull=True)
    last = beyond.order_by("deadline").last()
    if last is not None:
        words = _("Measure %(number)s is due on %(day)s, after that day.")
        raise Denied(words % {"number": last.number, "day": last.deadline}, field="sustained_until")
