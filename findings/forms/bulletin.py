"""Reports in words: which one is begun, a sentence in a person's words, why one is withheld."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.versioned import VersionedForm
from findings.choices import IN_WORDS, ReportKind
from findings.forms.approval import ReadForm
from findings.forms.days import DayField
from findings.models import Campaign, ReportSentence


class WordsForm(forms.Form):
    """The campaign, the kind and the day of a report in words."""

    campaign = forms.ModelChoiceField(label=_("campaign"), queryset=Campaign.objects.none(), empty_label=None)
    kind = forms.ChoiceField(
        label=_("kind"), choices=[(kind.value, kind.label) for kind in ReportKind if kind in IN_WORDS]
    )
    on = DayField(
        label=_("as of"),
        help_text=_("every figure is that of the end of this day; between the feedback and today"),
    )

    def __init__(self, campaigns: Sequence[Campaign], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["campaign"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Campaign.objects.filter(pk__in=[campaign.pk for campaign in campaigns])


class SentenceForm(VersionedForm):
    """A person's words in the place of the draft."""

    text = forms.CharField(label=_("sentence"), max_length=5000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, row: ReportSentence, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial, self.fields["text"].initial = row.version, row.text


class WithholdForm(VersionedForm):
    """Why a sentence stays inside the house."""

    why = forms.CharField(label=_("why it is withheld"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, row: ReportSentence, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial, self.fields["why"].initial = row.version, row.why


class AsReadForm(ReadForm):
    """An act on a sentence or a report as it was read, without more words."""
