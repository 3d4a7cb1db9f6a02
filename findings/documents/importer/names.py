"""People and departments by the names that a file gives them; who is not known is told with the nearest known names."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Department, Membership, User
from accounts.roles import RoleCode
from accounts.words import joined
from findings.documents.importer.headings import folded
from findings.documents.importer.parsing import Unclear
from findings.models import Campaign

NEAREST = 3
LONGEST = 60  # characters of a name worth looking for
MOST_ASKED = 300  # different unknown names in one file


@dataclass
class Names:
    """Names of one kind of thing: by folded name the ids that bear it."""

    ids: dict[str, set[int]] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)
    near: dict[str, list[str]] = field(default_factory=dict)  # of names that were asked for and are unknown

    def add(self, pk: int, label: str, *others: str) -> None:
        self.labels[pk] = label
        for word in (label, *others):
            self.ids.setdefault(folded(word), set()).add(pk)

    def find(self, word: str) -> int:
        """The id of a name. Raises Unclear where nobody or several bear it."""
        found = self.ids.get(folded(word), set())
        if len(found) == 1:
            return next(iter(found))
        words = {"name": word[:60]}
        if found:
            raise Unclear(_("Several bear the name “%(name)s”: write the account or the code.") % words)
        near = self.nearest(word)
        if not near:
            raise Unclear(_("“%(name)s” is not known here.") % words)
        raise Unclear(_("“%(name)s” is not known here. Nearest: %(known)s.") % (words | {"known": joined(near)}))

    def nearest(self, word: str) -> list[str]:
        """The known names most like a word."""
        if word not in self.near and len(word) <= LONGEST and len(self.near) < MOST_ASKED:
            close = get_close_matches(folded(word), self.ids, n=NEAREST, cutoff=0.4)
            self.near[word] = list(dict.fromkeys(self.labels[pk] for name in close for pk in sorted(self.ids[name])))
        return self.near.get(word, [])


def leaders_of(campaign: Campaign) -> Names:
    """Who holds office as a lead leader of the campaign's court."""
    grants = Membership.objects.holders(RoleCode.LEADER, campaign.court_id)
    return _named(User.objects.filter(pk__in=grants.values("person_id")).order_by("username"), "username")


def departments_of(campaign: Campaign) -> Names:
    """Departments in use of the campaign's court and of the courts below it."""
    rows = list(Department.objects.filter(is_active=True).select_related("court").order_by("order", "code"))
    parents = {row.pk: row.parent_id for row in rows}

    def is_below(row: Department) -> bool:
        court: int | None = row.home_court_id
        steps = 0
        while court is not None and court != campaign.court_id and steps < len(parents):
            court, steps = parents.get(court), steps + 1
        return court == campaign.court_id

    return _named((row for row in rows if is_below(row)), "code")


def _named(rows: Iterable[Any], code: str) -> Names:
    names = Names()
    for row in rows:
        names.add(row.pk, row.name, getattr(row, code))
    return names
