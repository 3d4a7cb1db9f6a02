"""What a report says anew beside the last one, in words: from its frozen figures, so that old reports tell it too."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from accounts.words import joined
from findings.figures.sentences import day_words

# The flows of a period by the names of their figures; each lists the numbers of measures.
_LABELS: dict[str, Promise] = {
    "added": pgettext_lazy("since the last report", "New in the plan"),
    "closed": pgettext_lazy("since the last report", "Closed"),
    "converted": pgettext_lazy("since the last report", "Turned into sustained rectification"),
    "extended": pgettext_lazy("since the last report", "Extended"),
    "reopened": pgettext_lazy("since the last report", "Reopened after a relapse"),
    "retired": pgettext_lazy("since the last report", "Taken out of the plan"),
    "newly_overdue": pgettext_lazy("since the last report", "Newly overdue"),
    "no_longer_overdue": pgettext_lazy("since the last report", "No longer overdue"),
}


@dataclass(frozen=True)
class Change:
    """One kind of change with the measures that it befell."""

    name: str
    label: str
    numbers: list[int]

    def __str__(self) -> str:
        facts = {"change": self.label, "n": len(self.numbers), "numbers": joined(self.numbers)}
        return _("%(change)s: %(n)s (measures %(numbers)s).") % facts


def changes_of(figures: Mapping[str, Any]) -> list[Change]:
    """What has changed since the last report, in the order of a paper; what has not is left out."""
    return [Change(name, str(label), figures[name]) for name, label in _LABELS.items() if figures.get(name)]


def changes_heading(figures: Mapping[str, Any]) -> str:
    """Since when: the last report by its period and its day, or the campaign's beginning."""
    if not figures.get("since"):
        return _("Changes in the period")
    day = date.fromisoformat(figures["since_on"])
    return _("Changes since the report of %(period)s (as of %(day)s)") % {
        "period": figures["since"], "day": day_words(day, date.fromisoformat(figures["ends_on"]).year),
    }  # fmt: skip


def silent_sentence(figures: Mapping[str, Any]) -> str:
    """The departments that did not report in time, by name."""
    if not figures["missing"]:
        return _("Every department has reported in time.")
    return _("Did not report in time: %(names)s.") % {"names": joined(figures["missing"])}
