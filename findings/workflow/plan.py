"""The plan: campaign, areas, issues, measures, recommendations, and the days of approval and closing."""

from datetime import date, datetime

from django.utils.translation import gettext as _

from accounts.models import Department, User
from accounts.tracked import create, locked, store
from findings.choices import IssueKind
from findings.models import Area, AssistingDepartment, Campaign, Issue, Measure, RecommendationLink
from findings.workflow.progress import open_periods
from findings.workflow.step import Act, Denied, acting, demand_office


def create_campaign(*, by: User, note: str = "", at: datetime | None = None, **fields: object) -> Campaign:
    """Open the ledger of an inspection. ``fields`` are those of Campaign."""
    with acting(by, note, at) as act:
        court = fields["court"]
        assert isinstance(court, Department)
        demand_office(act, court.pk)
        campaign = create(Campaign, by=by, note=act.note, at=act.at, **fields)
        open_periods(campaign, on=act.on, at=act.at)
        return campaign


def add_area(
    campaign: Campaign, *, number: int, title: str, by: User, note: str = "", at: datetime | None = None
) -> Area:
    """Add an area of the feedback."""
    with acting(by, note, at) as act:
        _demand_plan(act, campaign)
        return create(Area, by=by, note=act.note, at=act.at, campaign=campaign, number=number, title=title)


def add_issue(area: Area, *, by: User, note: str = "", at: datetime | None = None, **fields: object) -> Issue:
    """Add an issue to an area. ``fields``: number, title, text, is_common."""
    with acting(by, note, at) as act:
        _demand_plan(act, area.campaign)
        return create(Issue, by=by, note=act.note, at=act.at, campaign=area.campaign, area=area, **fields)


def add_measure(
    issue: Issue, *, by: User, assisting: list[Department], note: str = "", at: datetime | None = None, **fields: object
) -> Measure:
    """Add a measure to an issue; its first deadline is kept as the original one for ever."""
    with acting(by, note, at) as act:
        _demand_plan(act, issue.campaign)
        if issue.kind != IssueKind.FINDING:
            raise Denied(_("A recommendation has no measures of its own; link those that answer it."))
        fields.setdefault("original_deadline", fields.get("deadline"))
        measure = create(Measure, by=by, note=act.note, at=act.at, campaign=issue.campaign, issue=issue, **fields)
        for department in assisting:
            create(AssistingDepartment, by=by, note=act.note, at=act.at, measure=measure, department=department)
        return measure


def add_recommendation(
    campaign: Campaign,
    *,
    by: User,
    answers: list[Measure],
    note: str = "",
    at: datetime | None = None,
    **fields: object,
) -> Issue:
    """Add a recommendation of the feedback and the measures that answer it."""
    with acting(by, note, at) as act:
        _demand_plan(act, campaign)
        row = create(Issue, by=by, note=act.note, at=act.at, campaign=campaign, kind=IssueKind.RECOMMENDATION, **fields)
        for measure in answers:
            create(RecommendationLink, by=by, note=act.note, at=act.at, recommendation=row, measure=measure)
        return row


def approve_plan(campaign: Campaign, *, on: date, by: User, note: str = "", at: datetime | None = None) -> Campaign:
    """Put the day of the plan's approval on record."""
    with acting(by, note, at) as act:
        campaign = _demand_plan(act, campaign)
        campaign.plan_approved_on = on
        store(campaign, by=by, note=act.note, at=act.at)
        return campaign


def close_campaign(campaign: Campaign, *, on: date, by: User, note: str = "", at: datetime | None = None) -> Campaign:
    """End a campaign: after that day it can only be read."""
    with acting(by, note, at) as act:
        campaign = _demand_plan(act, campaign)
        campaign.closed_on = on
        store(campaign, by=by, note=act.note, at=act.at)
        return campaign


def _demand_plan(act: Act, campaign: Campaign) -> Campaign:
    campaign = locked(campaign)
    demand_office(act, campaign.court_id)
    if campaign.is_closed(act.on):
        raise Denied(_("The campaign is closed; its ledger can only be read."))
    return campaign
