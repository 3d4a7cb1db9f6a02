"""Delays told to those above: each rung of the ladder once for each delay."""

from collections import defaultdict
from collections.abc import Iterator

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Membership, User
from accounts.roles import DEPARTMENT_ROLES, RoleCode
from findings.choices import MessageKind, RuleCondition
from findings.figures.sentences import day_words
from findings.models import Campaign, Measure, Message, ReminderRule
from findings.morning.almanac import Almanac, Rulebook
from findings.notify import Draft, facts_of, page_of

# So many measures are read and written at a time.
CHUNK = 1000
Holders = dict[tuple[str, int | None], list[User]]
# Words by measure, rule, role and language.
_Said = dict[tuple[int, str, str, str], tuple[str, str, str]]


def delays(
    almanac: Almanac, book: Rulebook, *, court_id: int | None = None, told_by: Almanac | None = None
) -> Iterator[tuple[list[Draft], int]]:
    """The messages not written yet about a handful of overdue measures at a time, and how many stand there already.

    ``told_by`` (previews): a morning that will have been by then; what it tells is left out.
    """
    running = Campaign.objects.running(almanac.on)
    running = running.filter(court=court_id) if court_id else running
    late = Measure.objects.filter(campaign__in=running.values("pk")).in_plan(almanac.on).overdue(almanac.on)
    late = late.select_related("campaign", "lead_department", "lead_leader").order_by("pk")
    holders, last = _holders(book), 0
    while rows := list(late.filter(pk__gt=last)[:CHUNK]):
        last = rows[-1].pk
        reached = {key: what for row in rows for key, what in _reached(row, almanac, book, holders, told_by)}
        told = Message.objects.known(reached)
        said: _Said = {}
        yield [_draft(key, *what, almanac, said) for key, what in reached.items() if key not in told], len(told)


def _reached(
    measure: Measure, almanac: Almanac, book: Rulebook, holders: Holders, told_by: Almanac | None
) -> Iterator[tuple[str, tuple[Measure, ReminderRule, str, User]]]:
    """The key of each message that a delay asks for, with its rule, its role and its recipient.

    A new deadline or a reopening begins another delay.
    """
    deadline = measure.deadline
    assert deadline is not None, "what has no deadline is never overdue"
    for rule in book.at(measure.campaign.court_id, RuleCondition.ESCALATION):
        if almanac.speaks(rule, deadline) and not (told_by and told_by.speaks(rule, deadline)):
            for role in sorted(rule.role_set):
                for person in _people_above(measure, role, holders):
                    delay = f"measure-{measure.pk}/{deadline}/{measure.reopened_count}"
                    yield f"escalated/{delay}/{rule.code}/user-{person.pk}", (measure, rule, role, person)


def _holders(book: Rulebook) -> Holders:
    """Who holds the roles that the rules name, at departments and courts."""
    roles = {role for rule in book.all(RuleCondition.ESCALATION) for role in rule.role_set} - {RoleCode.LEADER}
    holders: Holders = defaultdict(list)
    grants = Membership.objects.in_force().filter(role__in=roles, person__is_active=True)
    for grant in grants.select_related("person").order_by("pk"):
        holders[(grant.role, grant.department_id)].append(grant.person)
    return holders


def _people_above(measure: Measure, role: str, holders: Holders) -> list[User]:
    if role == RoleCode.LEADER:
        leader = measure.lead_leader
        return [leader] if leader and leader.is_active else []
    return holders[(role, measure.lead_department_id if role in DEPARTMENT_ROLES else measure.campaign.court_id)]


def _draft(
    key: str, measure: Measure, rule: ReminderRule, role: str, person: User, almanac: Almanac, said: _Said
) -> Draft:
    """One message; what was worded for somebody in the same role and language is taken from ``said``."""
    language = person.language or "zh-hans"
    place = (measure.pk, rule.code, role, language)
    if place not in said:
        with translation.override(language):
            said[place] = _words(measure, rule, role, almanac)
    subject, body, reason = said[place]
    return Draft(
        recipient=person, kind=MessageKind.ESCALATED, key=key, subject=subject, body=body, link=_link(measure, role),
        measure=measure, reason=reason, channels=rule.channels,
    )  # fmt: skip


def _link(measure: Measure, role: str) -> str:
    """The office is led to the notice that is ready to be drafted; everybody else to the measure."""
    if role != RoleCode.OFFICE:
        return page_of(measure)
    return f"/campaigns/{measure.campaign.slug}/notices/new/?measure={measure.pk}"


def _words(measure: Measure, rule: ReminderRule, role: str, almanac: Almanac) -> tuple[str, str, str]:
    """Subject, text and reason in the active language."""
    deadline, on = measure.deadline or almanac.on, almanac.on
    named = _("Measure %(number)s “%(text)s”") % facts_of(measure)
    facts = {"measure": named, "days": almanac.delay(deadline), "deadline": day_words(deadline, on.year)}
    facts |= {"number": measure.number, "department": measure.lead_department or "—"}
    subject = _("%(days)s working days overdue: measure %(number)s") % facts
    body = _("%(measure)s of %(department)s was due on %(deadline)s: %(days)s working days ago.")
    if role == RoleCode.OFFICE:
        body = _(
            "%(measure)s of %(department)s was due on %(deadline)s: %(days)s working days ago. A supervision notice is "
            "ready to be checked and issued."
        )
    reason = _("Rule: a delay of %(days)s %(unit)s is told to the %(role)s.") % {
        "days": rule.offset, "unit": rule.get_unit_display(), "role": RoleCode(role).label}  # fmt: skip
    own = f"{rule.wording}\n\n" if rule.wording else ""
    return subject, own + body % facts, reason
