"""The supervision notice 督办单: drafted and issued by the office, received and answered by a department, concluded."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Department, Membership, User
from accounts.roles import RoleCode
from accounts.tracked import create, locked, store
from findings import access, notify
from findings.choices import NoticeColour, NoticeStatus
from findings.figures import lights_of
from findings.figures.sentences import day_words
from findings.models import Campaign, Measure, SupervisionNotice
from findings.workflow.measure import department_people, office_people, taking_part
from findings.workflow.sound import next_number
from findings.workflow.step import (
    Act,
    Denied,
    Step,
    acting,
    by_name,
    closed_refusal,
    demand,
    only_office,
    reason_given,
)


def draft_notice(
    campaign: Campaign, *, department: Department, colour: str, text: str, due_on: date, by: User,
    measure: Measure | None = None, note: str = "", at: datetime | None = None,
) -> SupervisionNotice:  # fmt: skip
    """Write a notice that nobody outside the court's own posts sees yet; it gets its number when it is issued."""
    with acting(by, note, at) as act:
        refusal = drafting_refusal(act.person, campaign, act.on)
        if refusal:
            raise Denied(refusal)
        values = {"department": department, "measure": measure, "colour": colour, "text": text, "due_on": due_on}
        _check(campaign, act, values)
        return create(
            SupervisionNotice, by=by, note=act.note, at=act.at, campaign=campaign, year=act.on.year, **values
        )  # fmt: skip


def edit_notice(
    notice: SupervisionNotice, *, version: int, by: User, note: str = "", at: datetime | None = None, **values: Any
) -> SupervisionNotice:
    """Change a draft. ``values``: department, measure, colour, text, due_on. Raises StaleRow."""
    with acting(by, note, at) as act:
        notice = locked(notice, version=version)
        demand(NOTICE["edit"], act, notice)
        _check(notice.campaign, act, values)
        for name, value in values.items():
            setattr(notice, name, value)
        store(notice, by=by, note=act.note, at=act.at)
        return notice


def issue_notice(
    notice: SupervisionNotice, *, by: User, version: int | None = None, note: str = "", at: datetime | None = None
) -> SupervisionNotice:
    """Send a draft under the next number of its campaign's series of the year, without a gap.

    ``version``: of the draft that was read; raises StaleRow where somebody has changed it since.
    """
    with acting(by, note, at) as act:
        campaign = locked(notice.campaign)  # one notice at a time takes a number
        notice = locked(notice, version=version)
        demand(NOTICE["issue"], act, notice)
        year = act.on.year
        notice.number = next_number(SupervisionNotice.objects.filter(campaign=campaign, year=year))
        notice.year = year
        notice.issued_by, notice.issued_on = by, act.on
        notice.status = NoticeStatus.ISSUED
        store(notice, by=by, note=act.note, at=act.at)
        notify.notice_moved(notice, "issued", _told(notice), at=act.at)
        return notice


def withdraw_notice(notice: SupervisionNotice, *, by: User, note: str = "", at: datetime | None = None) -> Any:
    """Give a draft up; the row stays on record and never had a number."""
    with acting(by, note, at) as act:
        notice = locked(notice)
        demand(NOTICE["withdraw"], act, notice)
        notice.status = NoticeStatus.WITHDRAWN
        store(notice, by=by, note=act.note, at=act.at)
        return notice


def receive_notice(notice: SupervisionNotice, *, by: User, note: str = "", at: datetime | None = None) -> Any:
    """Confirm for the department that the notice has arrived."""
    with acting(by, note, at) as act:
        notice = locked(notice)
        demand(NOTICE["receive"], act, notice)
        notice.status = NoticeStatus.RECEIVED
        notice.received_by, notice.received_at = by, act.at
        store(notice, by=by, note=act.note, at=act.at)
        return notice


def reply_notice(
    notice: SupervisionNotice, *, reply: str, by: User, version: int | None = None, note: str = "",
    at: datetime | None = None,
) -> SupervisionNotice:  # fmt: skip
    """Answer for the department, in its head's name. Raises StaleRow."""
    with acting(by, note, at) as act:
        notice = locked(notice, version=version)
        demand(NOTICE["reply"], act, notice)
        notice.reply = said(reply, "reply")
        notice.status = NoticeStatus.REPLIED
        notice.replied_by, notice.replied_at = by, act.at
        store(notice, by=by, note=act.note, at=act.at)
        notify.notice_moved(notice, "replied", office_people(notice.campaign), at=act.at)
        return notice


def return_reply(
    notice: SupervisionNotice, *, by: User, note: str, due_on: date | None = None, at: datetime | None = None
) -> SupervisionNotice:
    """Ask for a better reply, with a compulsory reason; ``due_on`` gives a new day, else the old one stays."""
    with acting(by, note, at) as act:
        notice = locked(notice)
        demand(NOTICE["return_reply"], act, notice)
        reason_given(act)
        if due_on is not None and due_on < act.on:
            raise Denied(_("The reply cannot be due on a day that has gone by."), field="due_on")
        notice.due_on = due_on or notice.due_on
        notice.status = NoticeStatus.RECEIVED
        notice.replied_by = notice.replied_at = None
        notice.return_reason = act.note
        notice.returned_count += 1
        store(notice, by=by, note=act.note, at=act.at)
        notify.notice_moved(notice, "returned", department_people(notice.department_id), at=act.at)
        return notice


def conclude_notice(
    notice: SupervisionNotice, *, conclusion: str, by: User, version: int | None = None, note: str = "",
    at: datetime | None = None,
) -> SupervisionNotice:  # fmt: skip
    """End a notice whose reply satisfies, with the office's conclusion. Raises StaleRow."""
    with acting(by, note, at) as act:
        notice = locked(notice, version=version)
        demand(NOTICE["conclude"], act, notice)
        notice.conclusion = said(conclusion, "conclusion")
        notice.status = NoticeStatus.CONCLUDED
        notice.concluded_by, notice.concluded_at = by, act.at
        store(notice, by=by, note=act.note, at=act.at)
        notify.notice_moved(notice, "concluded", department_people(notice.department_id), at=act.at)
        return notice


def drafting_refusal(user: User, campaign: Campaign, on: date) -> str:
    """ "" where the user may draft a notice, else the sentence that says why not."""
    if closed := closed_refusal(campaign, on):
        return closed
    if access.is_office_of(user, campaign.court_id):
        return ""
    return _("Supervision notices are issued by the rectification office.")


def colours_of(campaign: Campaign) -> list[NoticeColour]:
    """The colours of a site's notices, the gravest first: those of its lights."""
    return [NoticeColour(light) for light in lights_of(campaign) if light in NoticeColour.values]


# --- Checks ---------------------------------------------------------------------------------------------------


def _check(campaign: Campaign, act: Act, values: dict[str, Any]) -> None:
    """Refuse what no draft may say; the text is taken without blanks around it."""
    measure, department = values["measure"], values["department"]
    values["text"] = said(values["text"], "text")
    if values["colour"] not in colours_of(campaign):
        raise Denied(_("This colour is not used here."), field="colour")
    if values["due_on"] < act.on:
        raise Denied(_("The reply cannot be due on a day that has gone by."), field="due_on")
    demand_own(campaign, measure, department)


def demand_own(campaign: Campaign, measure: Measure | None, department: Department) -> None:
    """A measure of the campaign, and a department of its court or one that takes part in the measure."""
    if measure is not None and measure.campaign_id != campaign.pk:
        raise Denied(_("The measure belongs to another campaign."), field="measure")
    if department.home_court_id != campaign.court_id and not (measure and department.pk in taking_part(measure)):
        raise Denied(_("%(department)s has no part in this campaign.") % {"department": department}, field="department")


def said(text: str, field: str) -> str:
    """The words without blanks around them; Denied where there is none."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise Denied(_("Please write what is to be said here."), field=field)
    return text


def _told(notice: SupervisionNotice) -> list[User]:
    """Head and liaisons of the addressee, and the lead leader of the measure."""
    people = department_people(notice.department_id)
    leader = notice.measure.lead_leader if notice.measure else None
    return [*people, leader] if leader and leader.is_active and leader not in people else people


# --- The table ------------------------------------------------------------------------------------------------


def _its_people(user: User, notice: SupervisionNotice, on: date) -> str:
    if access.is_member_of(user, notice.department_id):
        return ""
    return _("Only %(department)s, to which the notice is addressed, can do this.") % {"department": notice.department}


def _its_head(user: User, notice: SupervisionNotice, on: date) -> str:
    if access.is_head_of(user, notice.department_id):
        return ""
    return _("The head of %(department)s replies.") % {"department": notice.department}


def _due_ahead(user: User, notice: SupervisionNotice, on: date) -> str:
    if notice.due_on >= on:
        return ""
    return _("The reply was to be due on %(day)s; change the draft first.") % {"day": day_words(notice.due_on, on.year)}


def _has_head(user: User, notice: SupervisionNotice, on: date) -> str:
    if Membership.objects.holders(RoleCode.HEAD, notice.department_id).exists():
        return ""
    return _("%(department)s has no head who could reply; the security administrator grants that role.") % {
        "department": notice.department
    }


_S = NoticeStatus
_DRAFT = frozenset({_S.DRAFT})
NOTICE_STEPS = (
    Step("issue", gettext_lazy("Issue the notice"), _DRAFT, _S.ISSUED, only_office, (_due_ahead, _has_head),
         form="issue"),
    Step("edit", gettext_lazy("Edit the draft"), _DRAFT, "", only_office, form="notice"),
    Step("withdraw", gettext_lazy("Give the draft up"), _DRAFT, _S.WITHDRAWN, only_office, caution=True),
    Step("receive", gettext_lazy("Confirm receipt"), frozenset({_S.ISSUED}), _S.RECEIVED, _its_people),
    Step("reply", gettext_lazy("Reply to the notice"), frozenset({_S.RECEIVED}), _S.REPLIED, _its_head, form="reply"),
    Step("conclude", pgettext_lazy("step", "Conclude"), frozenset({_S.REPLIED}), _S.CONCLUDED, only_office,
         form="conclusion"),
    Step("return_reply", gettext_lazy("Return the reply"), frozenset({_S.REPLIED}), _S.RECEIVED, only_office,
         form="return_reply", caution=True),
)  # fmt: skip
NOTICE = by_name(NOTICE_STEPS)
