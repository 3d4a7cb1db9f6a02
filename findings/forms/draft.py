"""A text to be read as a draft plan, and what a person keeps of the draft."""

from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from findings.documents.draft import Draft, DraftIssue, Unreadable, text_of
from findings.documents.draft.facts import OTHER, FactReader, Gap
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


class KeepForm(forms.Form):
    """The nodes of a draft that a person keeps, with their titles as corrected.

    Fields are named by the node: ``t-a1`` an area's title, ``t-i3`` an issue's, ``t-m5`` a measure's text, ``t-r2`` a
    recommendation's; ``keep`` lists the nodes that are ticked. ``n-department-…`` and ``n-leader-…`` are known names
    in place of the text's own, which are not known.
    """

    note = forms.CharField(
        label=_("reason"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("needed once the plan is approved"),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, draft: Draft, campaign: Campaign) -> None:
        super().__init__(data)
        self.draft = draft
        self.kept = set(data.getlist("keep")) if data is not None else None
        chosen = {name[2:]: value for name, value in (data or {}).items() if name.startswith("n-")}
        self.reader = FactReader.of(campaign, chosen)

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
        measures = [
            {"text": self.words(f"m{row.number}", row.text), **self.reader.read(issue.facts | row.facts)[0]}
            for row in issue.measures if self.is_kept(f"m{row.number}")
        ]  # fmt: skip
        return ProposedIssue(self.words(f"i{issue.number}", issue.title), "".join(issue.source), measures)

    def gaps(self, issue: DraftIssue) -> list[Gap]:
        """The words of an issue's facts that will leave a value empty; all of them where it has no measure."""
        if not issue.measures:
            why = gettext("There is no measure that could bear it.")
            return [Gap(OTHER, words, why) for words in issue.facts.values()]
        found = [gap for row in issue.measures for gap in self.reader.read(issue.facts | row.facts)[1]]
        return list(dict.fromkeys(found))

    def left_empty(self) -> list[str]:
        """The words that leave a value empty in what is kept, once for each issue."""
        kept = (
            issue for area in self.draft.areas if self.is_kept(f"a{area.number}")
            for issue in area.issues if self.is_kept(f"i{issue.number}")
        )  # fmt: skip
        return [gap.words for issue in kept for gap in self.gaps(issue)]

    def unknown(self) -> list["Unknown"]:
        """The names of the text that are not known and have known ones near them, each with the issues it stands in."""
        found: dict[str, Unknown] = {}
        reader = replace(self.reader, chosen={}, known={})
        for issue in self.draft.issues:
            for gap in dict.fromkeys(gap for row in issue.measures for gap in reader.read(issue.facts | row.facts)[1]):
                if gap.nearest:
                    chosen = self.reader.chosen.get(gap.key, "")
                    found.setdefault(gap.key, Unknown(gap, chosen, [])).issues.append(issue.number)
        return list(found.values())


@dataclass(frozen=True)
class Unknown:
    """A name that is not known: what was chosen for it, and the numbers of the issues of the draft."""

    gap: Gap
    chosen: str
    issues: list[int]


def _advice(text: str) -> ProposedIssue:
    """A recommendation's title is its first sentence; the whole stays as its text."""
    title = text.split("。")[0]
    return ProposedIssue(title[:200], text)
