"""Drawing a round, answering its check sheet, concluding it, and the verdict on an issue."""

from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.tracked import Tracked
from accounts.versioned import VersionedForm
from findings.choices import IssueState, RecheckVerdict, SheetAnswer
from findings.forms.days import DayField
from findings.models import Recheck
from findings.models.lookback import Answer

# What a check sheet asks until the office writes its own.
QUESTIONS = (
    _("Do the originals of the evidence exist, and do their dates and signatures agree with the ledger?"),
    _("Do the people concerned know what was done, and do they confirm it?"),
    _("Is what the measure promised still being done today?"),
    _("Are the rules that came of it in force and in use?"),
    _("Has the same problem stayed away since?"),
)


class _Radios(forms.RadioSelect):
    """Few short answers on one line."""

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = ()) -> None:
        super().__init__({"class": "inline"} | (attrs or {}), choices)


class DrawForm(forms.Form):
    """What a round draws, and what is asked of each measure drawn."""

    title = forms.CharField(label=_("title"), max_length=120)
    size = forms.IntegerField(label=_("size of the sample"), min_value=1, max_value=9999)
    due_on = DayField(label=_("to be checked by"))
    seed = forms.CharField(
        label=_("seed of the draw"), max_length=40, required=False,
        help_text=_("made by the system; another one may be typed, such as one drawn by lot before witnesses"),
    )  # fmt: skip
    questions = forms.CharField(
        label=_("check sheet, one question a line"), max_length=4000, widget=forms.Textarea(attrs={"rows": 6}),
        initial=lambda: "\n".join(str(question) for question in QUESTIONS),
    )  # fmt: skip


class RecheckForm(forms.Form):
    """What was seen at one measure."""

    verdict = forms.ChoiceField(
        label=pgettext_lazy("look-back", "verdict"), choices=RecheckVerdict.choices, widget=_Radios,
        help_text=_("a closed measure that has relapsed or was never truly done is opened again"),
    )  # fmt: skip
    finding = forms.CharField(label=_("what was found"), max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))
    next_on = DayField(
        label=_("next re-check"), required=False, help_text=_("needed for a standing measure; a day in the future")
    )


class SheetForm(VersionedForm, RecheckForm):
    """The check sheet of a round for one measure: each question, then the verdict."""

    def __init__(self, recheck: Recheck, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = recheck.version
        self.questions = recheck.question_list
        own = {name: self.fields.pop(name) for name in ("verdict", "finding", "next_on")}
        for number, question in enumerate(self.questions, start=1):
            self.fields[f"answer_{number}"] = forms.ChoiceField(
                label=f"{number}. {question}",
                choices=SheetAnswer.choices,
                widget=_Radios,
            )
            self.fields[f"remark_{number}"] = forms.CharField(
                label=gettext("remark on question %(number)s") % {"number": number}, max_length=300, required=False
            )
        self.fields |= own

    def answers(self) -> list[Answer]:
        """What was answered, in the order of the questions."""
        data = self.cleaned_data
        numbers = range(1, len(self.questions) + 1)
        return [Answer(data[f"answer_{number}"], data[f"remark_{number}"]) for number in numbers]

    def stored(self, row: Tracked | User) -> dict[str, Any]:
        assert isinstance(row, Recheck)
        values: dict[str, Any] = {name: getattr(row, name) for name in ("verdict", "finding", "next_on")}
        for number, answer in enumerate(row.answer_list, start=1):
            values |= {f"answer_{number}": answer.choice, f"remark_{number}": answer.remark}
        return values


class CorrectionForm(SheetForm):
    """The recorded sheet to be put right, with the reason."""

    note = forms.CharField(
        label=pgettext_lazy("form", "reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("what the record said before stays in the history"),
    )  # fmt: skip

    def __init__(self, recheck: Recheck, *args: Any, **kwargs: Any) -> None:
        super().__init__(recheck, *args, initial=self.stored(recheck), **kwargs)
        self.fields["verdict"].help_text = _(
            "a closed measure that did not hold after all is opened again; one that was opened again stays open"
        )
        self.fields["note"] = self.fields.pop("note")  # after the sheet


class ConclusionForm(VersionedForm):
    """What the round has found in all."""

    conclusion = forms.CharField(
        label=pgettext_lazy("look-back", "conclusion"), max_length=5000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, row: Tracked, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = row.version


class VerdictForm(forms.Form):
    """The leading group's verdict on an issue."""

    state = forms.ChoiceField(
        label=pgettext_lazy("issue", "verdict"),
        choices=reversed(IssueState.choices),
        widget=_Radios,
    )
    decided_on = DayField(label=_("decided on"))
    reason = forms.CharField(
        label=pgettext_lazy("form", "reason"), max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )
