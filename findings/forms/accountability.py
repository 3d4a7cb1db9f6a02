"""A record of accountability, and its correction."""

from typing import Any, Self

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from findings.choices import AccountabilityKind
from findings.forms.days import DayField
from findings.forms.notice import OwnMeasureForm
from findings.models import Accountability


class AccountabilityForm(OwnMeasureForm):
    """Who was held to account, how, and why; no personal names."""

    kind = forms.ChoiceField(label=_("kind"), choices=AccountabilityKind.choices)
    persons = forms.IntegerField(label=_("persons"), min_value=1, max_value=999, initial=1)
    decided_on = DayField(label=_("decided on"))
    reason = forms.CharField(label=_("reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    note = forms.CharField(
        label=pgettext_lazy("form", "why the record is corrected"), max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    field_order = ("department", "measure", "kind", "persons", "decided_on", "reason", "note")

    def __init__(self, *args: Any, is_new: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].label = _("department")
        if is_new:
            del self.fields["note"]

    @classmethod
    def of(cls, row: Accountability, data: Any = None, files: Any = None) -> Self:
        """The form of a record that is there already."""
        names = ("department", "kind", "persons", "decided_on", "reason", "version")
        initial = {name: getattr(row, name) for name in names}
        initial["measure"] = row.measure.number if row.measure else None
        return cls(data, files, campaign=row.campaign, initial=initial)
