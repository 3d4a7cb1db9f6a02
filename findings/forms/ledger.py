"""The ledger's filters as the address states them."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Department, User
from accounts.words import joined
from findings.choices import IssueState, MeasureStatus, Nature, Phase
from findings.figures import lights_of
from findings.figures.narrowing import NONE
from findings.models import Campaign

DUE = (
    ("overdue", pgettext_lazy("filter", "overdue")),
    ("soon", pgettext_lazy("filter", "due soon")),
    ("month", pgettext_lazy("filter", "due within 30 days")),
    ("recheck", pgettext_lazy("filter", "re-check missed")),
)


def _choice(label: Any, choices: Iterable[tuple[str, Any]] = ()) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[("", label), *choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )


class DayForm(forms.Form):
    """The day that the address asks for."""

    on = forms.DateField(
        label=gettext_lazy("as of"), required=False, input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"class": "form-control", "type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip

    def __init__(self, data: Any, *, campaign: Campaign, today: date) -> None:
        super().__init__(data, auto_id="filter_%s")
        self.campaign, self.today = campaign, today

    def clean_on(self) -> date | None:
        """A day of the campaign; another one says nothing about it."""
        on = self.cleaned_data["on"]
        if on is not None and not self.campaign.feedback_on <= on <= self.today:
            raise forms.ValidationError(
                _("the ledger knows the days from %(first)s to %(last)s"),
                params={"first": self.campaign.feedback_on.isoformat(), "last": self.today.isoformat()},
            )
        return on

    @property
    def day(self) -> date:
        """The day that the ledger is drawn for."""
        self.is_valid()
        return self.cleaned_data.get("on") or self.today


class LedgerFilterForm(DayForm):
    """Filters in the address. What the form does not know is left out of ``chosen`` and told by ``ignored``."""

    q = forms.CharField(
        label=gettext_lazy("number or words"), required=False, max_length=100,
        widget=forms.TextInput(attrs={"class": "form-control", "type": "search"}),
    )  # fmt: skip
    status = _choice(gettext_lazy("status"), MeasureStatus.choices)
    department = _choice(gettext_lazy("department, lead or assisting"))
    leader = _choice(gettext_lazy("lead leader"))
    light = _choice(gettext_lazy("light"))
    phase = _choice(gettext_lazy("phase"), Phase.choices)
    nature = _choice(gettext_lazy("nature"), Nature.choices)
    area = forms.IntegerField(label=gettext_lazy("area"), required=False, min_value=1, max_value=32767)
    issue = forms.IntegerField(label=gettext_lazy("issue"), required=False, min_value=1, max_value=32767)
    lead = _choice(gettext_lazy("lead department"))
    state = _choice(gettext_lazy("state of the issue"), IssueState.choices)
    due = _choice(gettext_lazy("due"), DUE)
    # Shown as controls; the others come from links and stay until they are removed.
    CONTROLS = ("q", "status", "department", "leader", "light", "phase", "nature")

    def __init__(
        self, data: Any, *, campaign: Campaign, today: date, departments: list[Department], leaders: list[User]
    ) -> None:
        super().__init__(data, campaign=campaign, today=today)
        # Rows that an import wrote; the name is a word of the language.
        self.fields["import"] = forms.IntegerField(
            label=_("import no."), required=False, min_value=1, max_value=2**31 - 1
        )
        places = [(row.code, row.name) for row in departments]
        people = [(row.username, row.name) for row in leaders]
        nobody = (NONE, _("without one"))
        lights = [(light.value, light.label) for light in lights_of(campaign)]
        for name, choices in (
            ("department", places), ("lead", [*places, nobody]), ("leader", [*people, nobody]), ("light", lights),
        ):  # fmt: skip
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", field.label), *choices]
        for name in self.CONTROLS:
            self.fields[name].widget.attrs["aria-label"] = self.fields[name].label
        self.fields["q"].widget.attrs["placeholder"] = self.fields["q"].label
        self.full_clean()

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that hold, by name; ``on`` is not among them."""
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None) and name != "on"}

    @property
    def ignored(self) -> str:
        """One sentence about what was not understood, "" where all was."""
        labels = [str(self.fields[name].label) for name in self.errors if name in self.fields]
        if not labels:
            return ""
        return _("Not understood and left out: %(names)s.") % {"names": joined(labels)}

    def in_words(self, name: str) -> str:
        """The value of a filter as a page says it."""
        value = self.cleaned_data[name]
        choices = dict(getattr(self.fields[name], "choices", ()))
        return str(choices.get(value, value))

    def controls(self) -> list[forms.BoundField]:
        return [self[name] for name in self.CONTROLS]

    def kept(self) -> list[tuple[str, Any]]:
        """Filters without a control, to be sent again with the form."""
        return [(name, value) for name, value in self.chosen.items() if name not in self.CONTROLS]
