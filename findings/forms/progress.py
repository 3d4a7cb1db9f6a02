"""What a department reports for a period, with an optional file."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from accounts.tracked import Tracked
from accounts.versioned import VersionedForm
from findings.forms.days import DayField
from findings.forms.evidence import EvidenceFields, file_field
from findings.models import ProgressUpdate
from findings.workflow.progress import ProgressValues

REPORT_FIELDS = ("done", "percent", "difficulty", "next_step", "expected_on", "correction")
FILE_FIELDS = ("file", "title", "own_date", "number")


class ProgressForm(VersionedForm, EvidenceFields):
    """One period's progress."""

    done = forms.CharField(label=_("what was done"), widget=forms.Textarea(attrs={"rows": 6}), max_length=5000)
    percent = forms.IntegerField(label=_("progress, %"), min_value=0, max_value=100)
    difficulty = forms.CharField(
        label=_("difficulty"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    next_step = forms.CharField(
        label=_("next step"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    expected_on = DayField(label=_("expected completion"), required=False)
    correction = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("left empty: nothing is corrected; the locked report stays as it is, the correction stands here"),
    )  # fmt: skip
    file = file_field(required=False)
    department = forms.ModelChoiceField(label=_("department"), queryset=Department.objects.none())
    period = forms.CharField(widget=forms.HiddenInput, max_length=8)

    field_order = (
        "department", "done", "percent", "difficulty", "next_step", "expected_on", "correction", "file",
        "title", "own_date", "number",
    )  # fmt: skip

    def __init__(
        self, *args: Any, departments: list[Department], corrects: ProgressUpdate | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["correction"].label = gettext("correction of what was reported for %(period)s") % {
            "period": corrects.period if corrects else ""
        }
        if corrects is None:
            self.fields["correction"].widget = forms.HiddenInput()
        self.fields["title"].label = _("title of the file")
        self.departments = departments
        field = self.fields["department"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Department.objects.filter(pk__in=[row.pk for row in departments])
        if len(departments) == 1:
            field.widget = forms.HiddenInput()

    def report_fields(self) -> list[forms.BoundField]:
        """What is said; the file that may go with it stands apart."""
        return [field for field in self.visible_fields() if field.name not in FILE_FIELDS]

    def file_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in FILE_FIELDS]

    def has_file_errors(self) -> bool:
        return any(name in self.errors for name in FILE_FIELDS)

    def values(self) -> ProgressValues:
        """What was reported, as the verbs take it."""
        return ProgressValues(**{name: self.cleaned_data[name] for name in REPORT_FIELDS})

    def stored(self, row: Tracked | User) -> dict[str, Any]:
        return {name: getattr(row, name) for name in REPORT_FIELDS}
