"""Declared totals of a plan beside those that are found in it."""

from dataclasses import dataclass
from datetime import date

from findings.choices import IssueKind
from findings.figures.counts import measure_counts, scope_of
from findings.models import Campaign


@dataclass(frozen=True)
class Total:
    """How many there are to be by the paper (``declared``, None where it does not say) and how many there are.

    ``name``: areas, issues or measures. Recommendations are no issues.
    """

    name: str
    declared: int | None
    found: int

    @property
    def difference(self) -> int:
        """Found less declared; 0 where nothing was declared."""
        return 0 if self.declared is None else self.found - self.declared

    @property
    def missing(self) -> int:
        """How many fewer there are than declared."""
        return max(-self.difference, 0)


def declared_totals(campaign: Campaign, on: date) -> list[Total]:
    """Over the whole campaign on the day, whoever looks: what is declared is the whole as well."""
    on = campaign.as_of(on)
    scope = scope_of(campaign, None)
    issues = scope.issues.at(on).filter(kind=IssueKind.FINDING)
    return [
        Total("areas", campaign.declared_areas, scope.areas.at(on).count()),
        Total("issues", campaign.declared_issues, issues.count()),
        Total("measures", campaign.declared_measures, measure_counts(scope, on).measures),
    ]
