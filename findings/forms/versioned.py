"""Forms about a stored row: who sends one that is out of date sees both texts and loses none."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from accounts.tracked import Tracked


class VersionedForm(forms.Form):
    """``version`` is that of the row that the person saw, 0 before the row was made."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def stored(self, row: Tracked) -> dict[str, Any]:
        """The row's present values by field name; a form whose fields are not the row's own says how they are read."""
        names = (name for name in self.fields if name != "version" and hasattr(row, name))
        return {name: getattr(row, name) for name in names}

    def beside(self, present: Tracked) -> None:
        """Keep what was typed, show what somebody else saved meanwhile, and let sending it again replace that."""
        self.differences = [
            {"label": self.fields[name].label, "theirs": value, "yours": self.cleaned_data.get(name)}
            for name, value in self.stored(present).items()
            if (value or "") != (self.cleaned_data.get(name) or "")
        ]
        self.data = self.data.copy()
        self.data[self.add_prefix("version")] = str(present.version)
        entry = present.history.select_related("history_user").order_by("-history_date", "-history_id").first()
        person = entry.history_user if entry else None
        self.add_error(None, _(
            "%(person)s has changed this since you opened it. Your text is kept here; sending it again replaces the "
            "other one."
        ) % {"person": person or _("The system")})  # fmt: skip
