"""Forms of the reminder rules, their preview, the ledger of messages and the personal settings."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.roles import RoleCode
from accounts.versioned import VersionedForm
from findings.channels import open_channels
from findings.choices import Channel, DayUnit, MessageKind, MessageStatus, RuleCondition
from findings.models import Preference, ReminderRule
from findings.models.reminder import POSSIBLE_ROLES
from findings.workflow.reminders import LONGEST_OFFSET

CONTROL = {"class": "form-control"}
SELECT = {"class": "form-select"}
_DAY = {"class": "form-control", "type": "date"}


def _names(codes: list[str]) -> list[tuple[str, Any]]:
    return [(code, Channel(code).label) for code in codes]


class RuleForm(VersionedForm):
    """One rule; what it looks for is chosen once, when it is made."""

    condition = forms.ChoiceField(
        label=_("when"), choices=RuleCondition.choices, widget=forms.Select(attrs=SELECT),
        help_text=_("Among re-checks missed, the office is also told of rules whose use nobody has checked."),
    )  # fmt: skip
    offset = forms.IntegerField(
        label=_("days"), min_value=0, max_value=LONGEST_OFFSET, widget=forms.NumberInput(attrs=CONTROL),
        help_text=_("So long before the day, or so long after it."),
    )  # fmt: skip
    unit = forms.ChoiceField(label=_("counted in"), choices=DayUnit.choices, widget=forms.Select(attrs=SELECT))
    roles = forms.MultipleChoiceField(label=_("who is told"), widget=forms.CheckboxSelectMultiple)
    channels = forms.MultipleChoiceField(
        label=_("channels"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("The inbox has every message. Of these channels each person gets those that he or she has chosen."),
    )  # fmt: skip
    wording_zh = forms.CharField(
        label=_("own words, Chinese"), required=False, max_length=100, widget=forms.TextInput(attrs=CONTROL),
        help_text=_("Instead of the usual heading; before the usual text of a delay."),
    )  # fmt: skip
    wording_en = forms.CharField(
        label=_("own words, English"), required=False, max_length=100, widget=forms.TextInput(attrs=CONTROL)
    )
    order = forms.IntegerField(
        label=_("order"), min_value=0, max_value=9999, widget=forms.NumberInput(attrs=CONTROL),
        help_text=_("The smallest number stands first in the digest."),
    )  # fmt: skip
    is_active = forms.BooleanField(label=_("in force"), required=False)

    def __init__(self, data: Any = None, *, rule: ReminderRule) -> None:
        self.rule = rule
        known = data is not None and data.get("condition") in RuleCondition.values
        condition = rule.condition or (data["condition"] if known else "")
        super().__init__(data, initial=self.stored(rule) | {"version": rule.version if rule.pk else 0})
        possible = POSSIBLE_ROLES.get(condition, tuple(dict.fromkeys(r for rs in POSSIBLE_ROLES.values() for r in rs)))
        self._choose("roles", [(code, RoleCode(code).label) for code in possible])
        self._choose("channels", _names(open_channels()))
        if rule.condition:
            del self.fields["condition"]

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices

    def stored(self, row: Any) -> dict[str, Any]:
        names = ("offset", "unit", "wording_zh", "wording_en", "order", "is_active")
        chosen = open_channels() if row.channels == "*" else [code for code in row.channels.split(",") if code]
        return {name: getattr(row, name) for name in names} | {
            "roles": [code for code in row.roles.split(",") if code], "channels": chosen}  # fmt: skip

    def values(self) -> dict[str, Any]:
        """What the verbs take."""
        data = self.cleaned_data
        every = set(open_channels()) <= set(data["channels"])
        names = ("offset", "unit", "wording_zh", "wording_en", "order", "is_active")
        return {name: data[name] for name in names} | {
            "roles": ",".join(data["roles"]), "channels": "*" if every else ",".join(data["channels"])}  # fmt: skip


class PreviewForm(forms.Form):
    """The morning to be shown: from today on, a year ahead; without one in the address that of ``opens_on``."""

    on = forms.DateField(label=_("morning of"), input_formats=["%Y-%m-%d"],
                         widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))  # fmt: skip

    def __init__(self, data: Any, *, today: date, opens_on: date) -> None:
        super().__init__(data if "on" in data else {"on": opens_on.isoformat()})
        self.today = today

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if not self.today <= on <= self.today + timedelta(days=LONGEST_OFFSET):
            raise forms.ValidationError(_("A morning from today on, within a year."))
        return on


class PreferenceForm(VersionedForm):
    """Channels outside the inbox, the names under which the person is known there, and a pause."""

    channels = forms.MultipleChoiceField(
        label=_("channels"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("The inbox has every message, whatever is chosen here."),
    )  # fmt: skip
    paused_from = forms.DateField(
        label=_("paused from"), required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"),
        help_text=_("In a pause nothing leaves the inbox; what the rules demand is waiting there."),
    )  # fmt: skip
    paused_until = forms.DateField(
        label=_("paused until"), required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d")
    )

    def __init__(self, data: Any = None, *, preference: Preference) -> None:
        super().__init__(data, initial=self.stored(preference) | {"version": preference.version})
        channels = self.fields["channels"]
        assert isinstance(channels, forms.MultipleChoiceField)
        channels.choices = _names(open_channels())
        for code in open_channels():
            if code != Channel.MAIL:
                label = _("name at %(channel)s") % {"channel": Channel(code).label}
                self.fields[f"handle_{code}"] = forms.CharField(
                    label=label, required=False, max_length=100, widget=forms.TextInput(attrs=CONTROL)
                )

    def stored(self, row: Any) -> dict[str, Any]:
        handles = {f"handle_{code}": row.handles.get(code, "") for code in open_channels() if code != Channel.MAIL}
        return handles | {
            "channels": [code for code in row.chosen if code in open_channels()],
            "paused_from": row.paused_from, "paused_until": row.paused_until,
        }  # fmt: skip

    def values(self) -> dict[str, Any]:
        """What the verb takes; channels that the site does not have stay as they were chosen."""
        data = self.cleaned_data
        handles = {name.removeprefix("handle_"): text for name, text in data.items() if name.startswith("handle_")}
        return {
            "channels": data["channels"], "handles": handles, "paused_from": data["paused_from"],
            "paused_until": data["paused_until"],
        }  # fmt: skip


class MessageFilterForm(forms.Form):
    """Filters of the ledger of messages, as the address states them."""

    q = forms.CharField(label=_("name or words"), required=False, max_length=100,
                        widget=forms.TextInput(attrs=CONTROL | {"type": "search"}))  # fmt: skip
    kind = forms.ChoiceField(required=False, choices=[("", _("all kinds")), *MessageKind.choices],
                             label=_("kind"), widget=forms.Select(attrs=SELECT))  # fmt: skip
    status = forms.ChoiceField(required=False, choices=[("", _("all states")), *MessageStatus.choices],
                               label=_("status"), widget=forms.Select(attrs=SELECT))  # fmt: skip
    channel = forms.ChoiceField(required=False, choices=[("", _("all channels")), *Channel.choices],
                                label=_("channel"), widget=forms.Select(attrs=SELECT))  # fmt: skip
    since = forms.DateField(label=_("since"), required=False, input_formats=["%Y-%m-%d"],
                            widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))  # fmt: skip
    until = forms.DateField(label=_("until"), required=False, input_formats=["%Y-%m-%d"],
                            widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))  # fmt: skip

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        for field in self.fields.values():
            field.widget.attrs |= {"aria-label": field.label, "title": field.label, "placeholder": field.label}
        self.full_clean()

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that hold, by name; what was not understood is left out."""
        return {name: value for name, value in self.cleaned_data.items() if value}
