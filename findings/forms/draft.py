"""A text to be read as a draft plan, and what a person keeps of the draft."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, Membership, User
from accounts.roles import RoleCode
from findings.documents.columns import split_names
from findings.documents.draft import Draft, DraftIssue, Unreadable, text_of
from findings.documents.importer.parsing import Span, Unclear, as_day
from findings.models import Campaign
from findings.workflow.proposal import ProposedArea, ProposedIssue


class TextForm(forms.Form):
    """The text itself, or the file that holds it."""

    file = forms.FileField(
        label=_("file"), required=False, widget=forms.FileInput(attrs={"accept": ".docx,.txt"}),
        help_text=_(".docx or .txt; at most 20 MB"),
    )  # fmt: skip
    text = forms.CharField(
        label=_("or the text itself"), required=False, max_length=1_000_000, strip=False,
        widget=forms.Textarea(attrs={"rows": 10}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        file = values.get("file")
        try:
            values["text"] = text_of(file.name, file.read()) if file else values.get("text", "").replace("\x00", "")
        except Unreadable as error:
            self.add_error("file", str(error))
        if not self.errors and not values["text"].strip():
            self.add_error(None, _("Please choose a file, or paste the text."))
        return values


@dataclass(frozen=True)
class Names:
    """Departments and lead leaders of a court by their names and posts: what a text calls them."""

    departments: dict[str, Department]
    leaders: dict[str, User]

    @classmethod
    def of(cls, campaign: Campaign) -> "Names":
        places = Department.objects.filter(court_id=campaign.court_id, is_active=True)
        people = Membership.objects.holders(RoleCode.LEADER, campaign.court_id).select_related("person")
        leaders = {name: grant.person for grant in people for name in (grant.person.name, grant.person.post) if name}
        return cls({place.name: place for place in places}, leaders)


class KeepForm(forms.Form):
    """The nodes of a draft that a person keeps, with their titles as corrected.

    Fields are named by the node: ``t-a1`` an area's title, ``t-i3`` an issue's, ``t-m5`` a measure's text, ``t-r2`` a
    recommendation's; ``keep`` lists the nodes that are ticked.
    """

    note = forms.CharField(
        label=_("reason"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("needed once the plan is approved"),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, draft: Draft, campaign: Campaign) -> None:
        super().__init__(data)
        self.draft, self.campaign, self.names = draft, campaign, Names.of(campaign)
        self.kept = set(data.getlist("keep")) if data is not None else None

    def is_kept(self, node: str) -> bool:
        return self.kept is None or node in self.kept

    def words(self, node: str, proposed: str) -> str:
        """The text of a node: as corrected, else as read."""
        return " ".join(self.data.get(f"t-{node}", proposed).split()) if self.is_bound else proposed

    def areas(self) -> list[ProposedArea]:
        """What was kept, as the verb takes it; a node without its parent is left out with it."""
        found = []
        for area in self.draft.areas:
            node = f"a{area.number}"
            issues = [self._issue(issue) for issue in area.issues if self.is_kept(f"i{issue.number}")]
            if self.is_kept(node):
                found.append(ProposedArea(self.words(node, area.title), issues))
        return found

    def recommendations(self) -> list[ProposedIssue]:
        kept = [(f"r{n}", text) for n, text in enumerate(self.draft.recommendations, 1)]
        return [_advice(self.words(node, text)) for node, text in kept if self.is_kept(node)]

    def _issue(self, issue: DraftIssue) -> ProposedIssue:
        facts = self.read_facts(issue.facts)
        kept = [(f"m{row.number}", row.text) for row in issue.measures]
        measures = [{"text": self.words(node, text), **facts} for node, text in kept if self.is_kept(node)]
        return ProposedIssue(self.words(f"i{issue.number}", issue.title), "".join(issue.source), measures)

    def read_facts(self, facts: dict[str, str]) -> dict[str, Any]:
        """Owners and deadline as far as the words of the text name them exactly; what is unclear stays empty."""
        leads = self._places(facts.get("department", ""))
        values: dict[str, Any] = {
            "lead_department": leads[0] if leads else None,
            "assisting": [place for place in [*leads[1:], *self._places(facts.get("assisting", ""))][:50]
                          if not leads or place != leads[0]],
            "lead_leader": next(filter(None, map(self.names.leaders.get, split_names(facts.get("leader", "")))), None),
            "goal": facts.get("goal", ""),
        }  # fmt: skip
        values["assisting"] = list(dict.fromkeys(values["assisting"]))
        try:
            read = as_day(facts.get("deadline", ""), Span(self.campaign.feedback_on, self.campaign.sustained_until))
        except Unclear:
            return values
        days = {"deadline": read.value} if read.value else {}
        return values | days | ({"nature": read.nature} if read.nature else {})

    def _places(self, words: str) -> list[Department]:
        found: Iterable[Department | None] = map(self.names.departments.get, split_names(words.rstrip("。")))
        return [place for place in found if place is not None]


def _advice(text: str) -> ProposedIssue:
    """A recommendation's title is its first sentence; the whole stays as its text."""
    title = text.split("。")[0]
    return ProposedIssue(title[:200], text)
