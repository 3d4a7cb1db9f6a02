"""One digest for each person for whom something waits, by the rules of the courts; written for many at a time."""

from collections.abc import Iterable, Iterator
from datetime import date

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Membership, User
from accounts.roles import COURT_ROLES, DEPARTMENT_ROLES
from findings.choices import MessageKind, RuleCondition
from findings.figures import watch, works_of
from findings.figures.mine import owned_by, with_places
from findings.figures.team import Team
from findings.models import Measure, Message
from findings.morning import sections as words
from findings.morning.desk import Extra, Morning, digest_of
from findings.morning.sections import Section
from findings.notify import Draft

# So many people are read and written at a time; memory is that of one such handful.
CHUNK = 400
C = RuleCondition


def digest_key(person: User, on: date) -> str:
    """One digest per person and day, whatever runs twice."""
    return f"digest/user-{person.pk}/{on.isoformat()}"


def digests(morning: Morning, people: Iterable[int]) -> Iterator[tuple[list[Draft], int]]:
    """The digests not written yet of a handful of people at a time, and how many of them stand there already."""
    ids, on = list(people), morning.almanac.on
    periods = morning.periods()
    for start in range(0, len(ids), CHUNK):
        rows = User.objects.filter(pk__in=ids[start : start + CHUNK], is_active=True).order_by("pk")
        crowd = {digest_key(person, on): person for person in rows}
        told = Message.objects.known(crowd)
        rest = User.with_grants(person for key, person in crowd.items() if key not in told)
        found = sections_of(morning, rest, periods)
        yield [_draft(person, sections, on) for person, sections in found if sections], len(told)


def recipients(court_id: int | None = None) -> list[int]:
    """Ids of all who may have something to hear, the people of a department together."""
    grants = Membership.objects.in_force().filter(role__in=[*DEPARTMENT_ROLES, *COURT_ROLES], person__is_active=True)
    leads = Measure.objects.filter(lead_leader__isnull=False)
    if court_id:
        grants = grants.filter(Q(department=court_id) | Q(department__court=court_id))
        leads = leads.filter(campaign__court=court_id)
    people = list(grants.order_by("department_id", "person_id").values_list("person_id", flat=True))
    return list(dict.fromkeys([*people, *leads.order_by().values_list("lead_leader_id", flat=True).distinct()]))


def sections_of(morning: Morning, people: list[User], periods: set[int]) -> Iterator[tuple[User, list[Section]]]:
    """What the digest of each of the people says; his or her language is active while it is handed over."""
    if not people:
        return
    almanac = morning.almanac
    ahead = max((morning.book.horizon(almanac, name) - almanac.on).days for name in (C.DUE, C.RECHECK_DUE))
    works = works_of(people, almanac.on, ahead=ahead, periods=periods)
    extra = _extra(morning, Team.of(people))
    for person in people:
        with translation.override(person.language or "zh-hans"):
            yield person, digest_of(person, works[person.pk], morning, extra)


def _draft(person: User, found: list[Section], on: date) -> Draft:
    facts = {"day": on.isoformat(), "total": sum(section.total for section in found), "first": found[0].title}
    rules = [section.rule for section in found if section.rule]
    # Not get_condition_display(), which looks all conditions up for each word.
    names = dict.fromkeys(str(RuleCondition(rule.condition).label) for rule in rules)
    return Draft(
        recipient=person,
        kind=MessageKind.DIGEST,
        key=digest_key(person, on),
        subject=_("%(day)s: %(total)s waiting, first: %(first)s") % facts,
        body=words.body_of(found),
        link="/",
        reason=_("Reminder rules: %(rules)s") % {"rules": " · ".join(names)},
        channels=_together(rule.channels for rule in rules),
    )


def _together(channels: Iterable[str]) -> str:
    """All channels that one of the rules allows."""
    codes = {code for text in channels for code in text.split(",") if code}
    return "*" if "*" in codes else ",".join(sorted(codes))


def _extra(morning: Morning, team: Team) -> Extra:
    """Silent measures of all the people: one query."""
    extra, almanac, on = Extra(), morning.almanac, morning.almanac.on
    silence = morning.book.all(C.SILENT)
    if silence:
        limits = max(map(almanac.limit, silence)), max(map(almanac.quiet_limit, silence))
        _share(with_places(watch.silent_since(owned_by(team, on), *limits, on=on), team), team, extra.silent)
    return extra


def _share(rows: Iterable[Measure], team: Team, found: dict[int, list[Measure]]) -> None:
    for row in rows:
        for person in team.owners(row):
            found[person.pk].append(row)
