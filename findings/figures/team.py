"""Some people and what they hold, so that one set of queries answers for all of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Exists, F, OuterRef, Q

from accounts.models import User
from accounts.roles import DEPARTMENT_ROLES, RoleCode
from findings import access
from findings.models import AssistingDepartment, Measure


@dataclass
class Team:
    """The people by what they hold: roles at departments and at courts."""

    people: list[User]
    holders: dict[tuple[str, int], list[User]] = field(default_factory=dict)

    @classmethod
    def of(cls, people: Iterable[User]) -> "Team":
        """People with their grants read; who is inactive holds nothing."""
        team = cls([person for person in people if person.is_active])
        for person in team.people:
            for grant in person.grants():
                at_department = grant.role in DEPARTMENT_ROLES
                place = grant.department_id if at_department else grant.department.home_court_id
                team.holders.setdefault((grant.role, place), []).append(person)
        return team

    @cached_property
    def by_pk(self) -> dict[int, User]:
        return {person.pk: person for person in self.people}

    def places(self, roles: Iterable[str]) -> set[int]:
        """Departments or courts where somebody of the team holds one of the roles."""
        wanted = set(roles)
        return {place for role, place in self.holders if role in wanted}

    def at(self, place: int | None, roles: Iterable[str]) -> Iterator[User]:
        """Each who holds one of the roles at the place, once."""
        found = {user.pk: user for role in roles for user in self.holders.get((role, place or 0), ())}
        yield from found.values()

    def owners(self, measure: Measure) -> list[User]:
        """Who of the team answers for the measure: members of its lead department, and its lead leader."""
        found = {user.pk: user for user in self.at(measure.lead_department_id, DEPARTMENT_ROLES)}
        leader = self.by_pk.get(measure.lead_leader_id or 0)
        if leader is not None and self._sees(leader, measure):
            found[leader.pk] = leader
        return list(found.values())

    def _sees(self, leader: User, measure: Measure) -> bool:
        """``visible_to`` for somebody who is named as the leader of the measure."""
        own = access.departments_of(leader)
        if measure.campaign.court_id in access.courts_of(leader) or measure.lead_department_id in own:
            return True
        return any((measure.pk, department) in self._assisted for department in own)

    @cached_property
    def _assisted(self) -> set[tuple[int, int]]:
        """Measures led by somebody of the team with the team's departments that assist them."""
        departments = self.places(DEPARTMENT_ROLES)
        rows = AssistingDepartment.objects.filter(
            department__in=departments, is_active=True, measure__lead_leader__in=self.by_pk
        )
        return set(rows.values_list("measure_id", "department_id"))

    def owned(self) -> Q:
        """The measures that somebody of the team may answer for; ``owners`` says who does."""
        return Q(lead_department__in=self.places(DEPARTMENT_ROLES)) | Q(lead_leader__in=list(self.by_pk))

    def signable(self) -> Q:
        """Requests on measures at one of whose stages somebody of the team may stand."""
        return (
            Q(measure__lead_department__in=self.places({RoleCode.HEAD}))
            | Q(measure__lead_leader__in=list(self.by_pk))
            | Q(measure__campaign__court__in=self.places({RoleCode.OFFICE, RoleCode.CHIEF}))
        )


def still_concerned() -> Q:
    """Progress of a department that leads or assists its measure even now, while that is in the plan."""
    assists = AssistingDepartment.objects.filter(
        measure=OuterRef("measure"), department=OuterRef("department"), is_active=True
    )
    takes_part = Q(department=F("measure__lead_department")) | Q(Exists(assists))
    return takes_part & Q(measure__retired_on__isnull=True)
