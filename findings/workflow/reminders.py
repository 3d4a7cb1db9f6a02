"""Rules of the morning, what each person wants of messages, and sending again what could not be delivered."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Department, User
from accounts.roles import Verb
from accounts.tracked import StaleRow, locked, store
from findings.choices import Channel, DeliveryStatus, MessageStatus
from findings.models import Delivery, Message, Preference, ReminderRule
from findings.models.reminder import POSSIBLE_ROLES, default_rules
from findings.workflow.step import Act, Denied, acting, demand_office, lock_person, reason_given

# Days; a rule that looks further than a year is a slip.
LONGEST_OFFSET = 366
LONGEST_PAUSE = 366


def change_rule(
    court: Department,
    code: str,
    *,
    by: User,
    values: dict[str, Any],
    version: int | None = None,
    note: str = "",
    at: datetime | None = None,
) -> ReminderRule:
    """Change a rule of the court; the first change of a default rule makes it the court's own.

    ``values``: offset, unit, roles, channels, wording_zh, wording_en, is_active, order. ``version`` 0 stands for the
    default. Raises Denied, StaleRow.
    """
    with acting(by, note, at) as act:
        demand_office(act, court.pk)
        locked(court)  # of two who make a default rule the court's own, one finds the other's
        row = ReminderRule.objects.filter(court=court, code=code).first()
        row = locked(row, version=version) if row else default_rules(court.pk).get(code)
        if row is None:
            raise Denied(_("There is no such rule."))
        return _keep_rule(row, values, act)


def add_rule(
    court: Department, *, by: User, condition: str, values: dict[str, Any], note: str = "", at: datetime | None = None
) -> ReminderRule:
    """Give the court one more rule. Raises Denied."""
    with acting(by, note, at) as act:
        demand_office(act, court.pk)
        locked(court)  # two who add a rule at once would take the same code
        number = 1 + ReminderRule.objects.filter(court=court, code__startswith="own-").count()
        row = ReminderRule(court=court, code=f"own-{number}", condition=condition)
        return _keep_rule(row, values, act)


def _keep_rule(row: ReminderRule, values: dict[str, Any], act: Act) -> ReminderRule:
    for name, value in values.items():
        setattr(row, name, value)
    possible = set(POSSIBLE_ROLES.get(row.condition, ()))
    if not row.roles or row.role_set - possible:
        raise Denied(_("Choose who is told, of those whom such a rule can tell."), field="roles")
    if not 0 <= row.offset <= LONGEST_OFFSET:
        raise Denied(_("Days from 0 to %(most)s.") % {"most": LONGEST_OFFSET}, field="offset")
    store(row, by=act.by, note=act.note, at=act.at)
    return row


def save_preference(
    person: User,
    *,
    by: User,
    channels: list[str],
    handles: dict[str, str],
    paused_from: date | None = None,
    paused_until: date | None = None,
    version: int | None = None,
    note: str = "",
    at: datetime | None = None,
) -> Preference:
    """Keep what a person wants of messages outside the inbox; everybody decides for him- or herself.

    ``version`` 0 stands for the defaults. Raises Denied, StaleRow.
    """
    with acting(by, note, at) as act:
        if by.pk != person.pk:
            raise Denied(_("Everybody chooses the own channels."))
        lock_person(person)
        row = Preference.objects.filter(person=person).first() or Preference(person=person)
        if version is not None and row.version != version:
            raise StaleRow(row)
        _demand_pause(paused_from, paused_until)
        row.channels = ",".join(code for code in Channel.values if code in channels)
        row.handles = {code: handle for code in Channel.values if (handle := handles.get(code, "").strip())}
        row.paused_from, row.paused_until = paused_from, paused_until
        store(row, by=by, note=act.note, at=act.at)
        return row


def _demand_pause(first: date | None, last: date | None) -> None:
    if (first is None) != (last is None):
        raise Denied(_("A pause has a first and a last day."), field="paused_until" if first else "paused_from")
    if first and last and not 0 <= (last - first).days <= LONGEST_PAUSE:
        raise Denied(_("The pause ends on or after its first day, within a year."), field="paused_until")


def send_again(message: Message, *, by: User, note: str, at: datetime | None = None) -> None:
    """Let a message that could not be delivered leave once more; the security log keeps who asked and why.

    Raises Denied.
    """
    with acting(by, note, at) as act:
        refusal = send_again_refusal(message, by)
        if refusal:
            raise Denied(refusal)
        reason_given(act)
        again = Delivery.objects.filter(message=message, status=DeliveryStatus.DEAD).update(
            status=DeliveryStatus.WAITING, attempts=0, not_before=act.at, claimed_at=None
        )
        target = MessageStatus.SENDING if again else MessageStatus.WAITING
        moved = Message.objects.filter(pk=message.pk, status=MessageStatus.FAILED).update(status=target, error="")
        if not moved:
            raise Denied(_("It is on its way already."))
        audit.record(audit.Action.MESSAGE, by=by, subject=f"message {message.pk}", detail=act.note)


def send_again_refusal(message: Message, user: User) -> str:
    """ "" where the user may have a message sent again now, else the sentence that says why not."""
    if not (user.may(Verb.READ_DELIVERIES) or user.may(Verb.MANAGE_ACCOUNTS)):
        return _("Only the rectification office and the system administrator send messages again.")
    if not may_see_delivery(message, user):
        return _("It went to somebody of another court.")
    if message.status != MessageStatus.FAILED:
        return _("Only what could not be delivered is sent again.")
    return ""


def may_see_delivery(message: Message, user: User) -> bool:
    """The system administrator sees every delivery, without its text; the office those to its own people."""
    return user.may(Verb.MANAGE_ACCOUNTS) or Message.objects.kept_by(user).filter(pk=message.pk).exists()
