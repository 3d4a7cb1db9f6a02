"""Owners, deadline and nature of a draft's measures, read as an import reads its cells; what stays unclear is told."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Department, Membership, User
from accounts.roles import RoleCode
from findings.choices import Nature
from findings.documents.columns import PLACES, Column
from findings.documents.importer.headings import folded
from findings.documents.importer.names import Names, departments_of
from findings.documents.importer.parsing import Span, Unclear, as_choice, as_day, names_in
from findings.models import Campaign
from findings.workflow.importing import day_refusal

LEADER, DEPARTMENT, OTHER = "leader", "department", "other"


@dataclass(frozen=True)
class Gap:
    """Words that will leave their value empty, and why; ``nearest`` are known names that may have been meant."""

    kind: str
    words: str
    why: str
    nearest: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What names the words among all that a person may choose a known name for."""
        return f"{self.kind}-{self.words}"


@dataclass
class FactReader:
    """What the words of facts may mean in a campaign. ``chosen`` are known names in place of unknown ones, by key."""

    campaign: Campaign
    names: dict[str, Names]
    people: dict[int, User]
    places: dict[int, Department]
    chosen: dict[str, str]
    # Most measures of a text share their facts with others: what was read, by the words.
    known: dict[tuple[tuple[str, str], ...], tuple[dict[str, Any], list[Gap]]] = field(default_factory=dict)

    @classmethod
    def of(cls, campaign: Campaign, chosen: dict[str, str]) -> "FactReader":
        """A leader is known by name, account and post; a department of the court goes before its namesakes below."""
        leaders, places = Names(), departments_of(campaign)
        grants = Membership.objects.holders(RoleCode.LEADER, campaign.court_id).select_related("person")
        people = {grant.person_id: grant.person for grant in grants}
        for pk, person in people.items():
            leaders.add(pk, person.name, person.username, *([person.post] if person.post else []))
        known = Department.objects.select_related("court").in_bulk(places.labels)
        for pk, place in known.items():
            if place.court_id == campaign.court_id:
                places.ids[folded(place.name)] = {pk}
        return cls(campaign, {LEADER: leaders, DEPARTMENT: places}, people, known, chosen)

    def read(self, facts: dict[str, str]) -> tuple[dict[str, Any], list[Gap]]:
        """The fields of a measure, as ``add_measure`` takes them, and the words that leave theirs empty."""
        key = tuple(sorted(facts.items()))
        if key not in self.known:
            self.known[key] = self._read(facts)
        return self.known[key]

    def _read(self, facts: dict[str, str]) -> tuple[dict[str, Any], list[Gap]]:
        gaps: list[Gap] = []
        leads = self._places(facts.get("department", ""), gaps)
        others = [place for place in [*leads[1:], *self._places(facts.get("assisting", ""), gaps)] if place]
        lead = leads[0] if leads else None
        values: dict[str, Any] = {
            "lead_department": lead,
            "assisting": [place for place in dict.fromkeys(others) if place != lead][:50],
            "lead_leader": self._leader(facts.get("leader", ""), gaps),
            "goal": facts.get("goal", ""),
        }
        values |= self._day(facts.get("deadline", ""), gaps)
        if "nature" in facts:
            values |= self._nature(facts["nature"], gaps)
        if "person" in facts:
            gaps.append(Gap(OTHER, facts["person"], _("The plan has no place for this.")))
        return values, gaps

    def _day(self, words: str, gaps: list[Gap]) -> dict[str, Any]:
        try:
            read = as_day(words, Span(self.campaign.feedback_on, self.campaign.sustained_until))
            refusal = day_refusal(self.campaign, "deadline", read.value)
            if refusal:
                raise Unclear(refusal)
        except Unclear as error:
            gaps.append(Gap(OTHER, words, str(error)))
            return {}
        days = {"deadline": read.value} if read.value else {}
        return days | ({"nature": read.nature} if read.nature else {})

    @staticmethod
    def _nature(words: str, gaps: list[Gap]) -> dict[str, Any]:
        try:
            return {"nature": as_choice(words.rstrip("。"), Nature)}
        except Unclear as error:
            gaps.append(Gap(OTHER, words, str(error)))
            return {}

    def _places(self, words: str, gaps: list[Gap]) -> list[Department | None]:
        """The departments in the order of their names, None for one that is not known."""
        found = [self._known(DEPARTMENT, word, gaps) for word in _names(words)]
        return [None if pk is None else self.places[pk] for pk in found]

    def _leader(self, words: str, gaps: list[Gap]) -> User | None:
        first, *others = _names(words) or [""]
        gaps += [Gap(OTHER, word, _("One lead leader is named; the others have no place here.")) for word in others]
        pk = self._known(LEADER, first, gaps) if first else None
        return None if pk is None else self.people[pk]

    def _known(self, kind: str, word: str, gaps: list[Gap]) -> int | None:
        names = self.names[kind]
        try:
            return names.find(word)
        except Unclear as error:
            gap = Gap(kind, word, str(error), tuple(names.nearest(word)))
        if self.chosen.get(gap.key) in gap.nearest:
            try:
                return names.find(self.chosen[gap.key])
            except Unclear as error:
                gap = Gap(kind, word, str(error), gap.nearest)
        gaps.append(gap)
        return None


def _names(words: str) -> list[str]:
    return names_in(Column("", "", reads=PLACES), words.rstrip("。；; "))
