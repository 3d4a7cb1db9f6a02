"""Forms of what a person keeps of a list: its columns, and filters and columns under a name."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.versioned import VersionedForm
from findings.forms.ledger import DayForm, LedgerFilterForm
from findings.workflow.saved import LONGEST_QUERY

# What may stand in the address of a view; pages, formats and other views do not.
_FILTERS = {*LedgerFilterForm.base_fields, *DayForm.base_fields, "import"}


class QueryField(forms.CharField):
    """Filters as an address states them; whatever is no filter of the ledger is left out."""

    def __init__(self) -> None:
        super().__init__(required=False, max_length=LONGEST_QUERY, widget=forms.HiddenInput)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        return urlencode([(name, words) for name, words in parse_qsl(text) if name in _FILTERS])


class ColumnsForm(forms.Form):
    """Which columns the page shows; ``usual`` is the button that brings the usual ones back."""

    columns = forms.MultipleChoiceField(label=_("columns"), required=False, widget=forms.CheckboxSelectMultiple)
    query = QueryField()

    def __init__(self, data: Any = None, *, choices: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(data, auto_id="column_%s", **options)
        field: Any = self.fields["columns"]
        field.choices = choices

    @property
    def chosen(self) -> list[str]:
        """The names of the columns; none: the usual ones."""
        return [] if "usual" in self.data else self.cleaned_data["columns"]


class _ViewFields(forms.Form):
    name = forms.CharField(
        label=_("name of the view"), max_length=40, widget=forms.TextInput(attrs={"class": "form-control"})
    )
    is_shared = forms.BooleanField(label=_("shared with all who see this campaign"), required=False)


class NewViewForm(_ViewFields):
    """Keep the filters and columns of the page under a name."""

    query = QueryField()
    columns = forms.CharField(required=False, max_length=400, widget=forms.HiddenInput)

    def clean_columns(self) -> list[str]:
        return [name for name in self.cleaned_data["columns"].split(",") if name]


class ViewForm(VersionedForm, _ViewFields):
    """Rename an own view, share it or keep it for oneself."""
