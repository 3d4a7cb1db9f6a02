"""Accountability 追责问责: who was held to account for a failed or false rectification. Office and chief keep it."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import RoleCode
from accounts.tracked import create, locked, store
from findings import access
from findings.models import Accountability, Campaign
from findings.workflow.step import Act, Denied, acting, closed_refusal, reason_given
from findings.workflow.supervision import demand_own, said


def record_accountability(
    campaign: Campaign, *, by: User, note: str = "", at: datetime | None = None, **values: Any
) -> Accountability:
    """Put on record that somebody was held to account.

    ``values``: department, kind, persons, decided_on, reason, and measure where it was about one.
    """
    with acting(by, note, at) as act:
        _demand_keeper(act, campaign)
        _check_accountability(campaign, act, values)
        return create(Accountability, by=by, note=act.note, at=act.at, campaign=campaign, **values)


def amend_accountability(
    row: Accountability, *, version: int, by: User, note: str, at: datetime | None = None, **values: Any
) -> Accountability:
    """Correct a record, with a compulsory reason; what stood there stays in its history. Raises StaleRow."""
    with acting(by, note, at) as act:
        row = locked(row, version=version)
        _demand_keeper(act, row.campaign)
        reason_given(act)
        _check_accountability(row.campaign, act, values)
        for name, value in values.items():
            setattr(row, name, value)
        store(row, by=by, note=act.note, at=act.at)
        return row


def accountability_refusal(user: User, campaign: Campaign, on: date) -> str:
    """ "" where the user may record and correct, else the sentence that says why not."""
    if closed := closed_refusal(campaign, on):
        return closed
    if campaign.court_id in access.courts_of(user, {RoleCode.OFFICE, RoleCode.CHIEF}):
        return ""
    return _("Accountability is recorded by the rectification office or the head of the leading group.")


def _check_accountability(campaign: Campaign, act: Act, values: dict[str, Any]) -> None:
    values["reason"] = said(values["reason"], "reason")
    if values["persons"] < 1:
        raise Denied(_("At least one person is held to account."), field="persons")
    if values["decided_on"] > act.on:
        raise Denied(_("The day of the decision lies in the future."), field="decided_on")
    demand_own(campaign, values.get("measure"), values["department"])


def _demand_keeper(act: Act, campaign: Campaign) -> None:
    refusal = accountability_refusal(act.person, campaign, act.on)
    if refusal:
        raise Denied(refusal)
