"""Forms about a stored row: who sends one that is out of date sees both texts and loses none."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import QuerySet
from django.utils.choices import flatten_choices
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.words import joined

if TYPE_CHECKING:
    from accounts.models import User
    from accounts.tracked import Tracked

STALE, REFUSED = 409, 422


class VersionedForm(forms.Form):
    """``version`` is that of the row that the person saw, 0 before the row was made."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    is_stale = False
    stale_words = gettext_lazy(
        "%(person)s has changed this since you opened it. Your text is kept here; sending it again replaces the other "
        "one."
    )

    def stored(self, row: Any) -> dict[str, Any]:
        """The row's present values by field name; a form whose fields are not the row's own says how they are read."""
        names = (name for name in self.fields if name != "version" and hasattr(row, name))
        return {name: getattr(row, name) for name in names}

    def beside(self, present: "Tracked | User") -> None:
        """Keep what was typed, show what somebody else saved meanwhile, and let sending it again replace that."""
        self.is_stale = True
        self.differences = self.compared(present)
        data: Any = self.data  # what was posted, which Django keeps unchangeable
        self.data = data = data.copy()
        data[self.add_prefix("version")] = str(present.version)
        entry = present.history.select_related("history_user").order_by("-history_date", "-history_id").first()
        person = entry.history_user if entry else None
        self.add_error(None, self.stale_words % {"person": person or _("The system")})

    def compared(self, present: Any) -> list[dict[str, Any]]:
        """What differs, by label: what somebody else saved, and what was typed."""
        return [
            {"label": self.fields[name].label, "theirs": theirs or "—", "yours": yours or "—"}
            for name, value in self.stored(present).items()
            if (theirs := self.in_words(name, value)) != (yours := self.in_words(name, self.cleaned_data.get(name)))
        ]

    def in_words(self, name: str, value: Any) -> str:
        """A value as the page says it, "" where there is none: both sides are compared and shown in this spelling."""
        field = self.fields[name]
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        if isinstance(value, list | tuple | set | QuerySet):
            return joined(self.in_words(name, one) for one in value)
        if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
            choices: Any = field.choices
            return str(dict(flatten_choices(choices)).get(value, value))
        if isinstance(value, datetime):
            return f"{localtime(value):%Y-%m-%d %H:%M}"
        return value.isoformat() if isinstance(value, date) else str(value).replace("\r\n", "\n")


def status_of(form: forms.BaseForm) -> int:
    """The HTTP status of a page that shows this form: 200 as opened, 409 out of date, 422 refused."""
    if not form.is_bound or not form.errors:
        return 200
    return STALE if getattr(form, "is_stale", False) else REFUSED
