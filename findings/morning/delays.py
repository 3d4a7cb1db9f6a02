"""Delays told to those above: each rung of the ladder once for each delay."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership, User
from accounts.roles import DEPARTMENT_ROLES, RoleCode
from findings.choices import DayUnit, MessageKind, RuleCondition
from findings.figures.ladder import delay_key, delayed_since, reopenings
from findings.figures.sentences import day_words
from findings.models import Campaign, Measure, Message, ReminderRule
from findings.morning.almanac import Almanac, Rulebook
from findings.notify import Draft, facts_of, page_of

# So many measures are read and written at a time.
CHUNK = 1000
Holders = dict[tuple[str, int | None], list[User]]
# So many delays leave the house for one person on a morning as messages of their own; the rest as one, which says how
# many more stand in the inbox. A ledger that is taken over overdue must not flood its people's mail.
MOST_ALONE = 20
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
    holders, last, is_more, many = _holders(book), 0, True, _Many()
    while is_more and (rows := list(late.filter(pk__gt=last)[:CHUNK])):
        last, is_more = rows[-1].pk, len(rows) == CHUNK
        again = reopenings(rows)
        reached = {
            key: what
            for row in rows
            for key, what in _reached(row, delayed_since(row, again), almanac, book, holders, told_by)
        }
        told = Message.objects.known(reached)
        said: _Said = {}
        drafts = [_draft(key, *what, almanac, said) for key, what in reached.items() if key not in told]
        yield [many.taken(draft) for draft in drafts], len(told)
    if many.held:
        yield [many.last_of(person, almanac.on) for person in many.held], 0


@dataclass
class _Many:
    """How many delays each person is told on a morning, and the first draft of those kept to the inbox."""

    counts: Counter[int] = field(default_factory=Counter)
    held: dict[int, Draft] = field(default_factory=dict)

    def taken(self, draft: Draft) -> Draft:
        """The draft, kept to the inbox where enough have left for its recipient."""
        person = draft.recipient.pk
        self.counts[person] += 1
        if self.counts[person] <= MOST_ALONE:
            return draft
        self.held.setdefault(person, draft)
        return replace(draft, channels="")

    def last_of(self, person: int, on: date) -> Draft:
        """The one message about all that the inbox keeps."""
        first, more = self.held[person], self.counts[person] - MOST_ALONE
        with translation.override(first.recipient.language or "zh-hans"):
            subject = ngettext("%(n)s more delay stands in your inbox", "%(n)s more delays stand in your inbox", more)
            body = ngettext(
                "Beside those sent one by one, %(n)s more delay was told this morning; it stands in your inbox.",
                "Beside those sent one by one, %(n)s more delays were told this morning; they stand in your inbox.",
                more,
            )
        key = f"escalated/more/{on.isoformat()}/user-{person}"
        return replace(first, key=key, subject=subject % {"n": more}, body=body % {"n": more}, link="/inbox/",
                       measure=None, reason="")  # fmt: skip


def _reached(
    measure: Measure, since: date, almanac: Almanac, book: Rulebook, holders: Holders, told_by: Almanac | None
) -> Iterator[tuple[str, tuple[Measure, date, ReminderRule, str, User]]]:
    """The key of each message that a delay asks for, with its first day, its rule, its role and its recipient.

    A new deadline or a reopening begins another delay.
    """
    for rule in book.at(measure.campaign.court_id, RuleCondition.ESCALATION):
        if almanac.speaks(rule, since) and not (told_by and told_by.speaks(rule, since)):
            for role in sorted(rule.role_set):
                for person in _people_above(measure, role, holders):
                    yield f"{delay_key(measure)}{rule.code}/user-{person.pk}", (measure, since, rule, role, person)


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
    key: str, measure: Measure, since: date, rule: ReminderRule, role: str, person: User, almanac: Almanac, said: _Said
) -> Draft:
    """One message; what was worded for somebody in the same role and language is taken from ``said``."""
    language = person.language or "zh-hans"
    place = (measure.pk, rule.code, role, language)
    if place not in said:
        with translation.override(language):
            said[place] = _words(measure, since, rule, role, almanac)
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


def _words(measure: Measure, since: date, rule: ReminderRule, role: str, almanac: Almanac) -> tuple[str, str, str]:
    """Subject, text and reason in the active language."""
    deadline, on = measure.deadline or since, almanac.on
    named = _("Measure %(number)s “%(text)s”") % facts_of(measure)
    facts = {"measure": named, "days": almanac.delay(deadline), "deadline": day_words(deadline, on.year)}
    facts |= {"number": measure.number, "department": measure.lead_department or "—"}
    subject = _("%(days)s working days overdue: measure %(number)s") % (facts | {"days": almanac.delay(since)})
    body = _("%(measure)s of %(department)s was due on %(deadline)s: %(days)s working days ago.")
    if role == RoleCode.OFFICE:
        body = _(
            "%(measure)s of %(department)s was due on %(deadline)s: %(days)s working days ago. A supervision notice is "
            "ready to be checked and issued."
        )
    told = body % facts
    if since > deadline:
        words = _("%(told)s It was opened again on %(since)s; the delay is counted from that day.")
        told = words % {"told": told, "since": day_words(since, on.year)}
    reason = _("Rule: once a delay has reached %(days)s %(unit)s, the %(role)s is told.") % {
        "days": rule.offset, "unit": DayUnit(rule.unit).label, "role": RoleCode(role).label}  # fmt: skip
    own = f"{rule.wording}\n\n" if rule.wording else ""
    return subject, own + told, reason
