"""Forms of the account pages: text becomes values here, the verbs of ``people.py`` decide."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UsernameField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import AuditEvent, Department, SiteName, User
from accounts.roles import RoleCode
from accounts.versioned import VersionedForm

# Instants far outside overflow when they change their time zone.
SOME_DAY = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2100, 12, 31)))
ANY = ("", "—")


class SignInForm(AuthenticationForm):
    """Django's form in the words of the other account pages."""

    username = UsernameField(label=_("account name"), widget=forms.TextInput(attrs={"autofocus": True}))
    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": _("This account and this password do not belong together. Capital letters count in both."),
    }


class OwnPasswordForm(PasswordChangeForm):
    """The own password; a new one must be new."""

    error_messages = PasswordChangeForm.error_messages | {
        "password_incorrect": _("This is not the present password."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = _(
            "At least 10 characters; not digits alone, no common password, nothing like the own name or account."
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        fresh = cleaned.get("new_password1")
        if fresh and fresh == cleaned.get("old_password"):
            self.add_error("new_password1", _("Choose a password other than the present one."))
        return cleaned


class LanguageForm(forms.Form):
    language = forms.ChoiceField(label=_("language"), choices=settings.LANGUAGES)


class NoteForm(forms.Form):
    """An act that needs no more than a reason."""

    note = forms.CharField(label=_("reason"), max_length=500, required=False)


class ActiveForm(NoteForm):
    """Closing an account or opening it, as the page named it: sending it twice does not undo it."""

    is_active = forms.TypedChoiceField(
        choices=[("1", "1"), ("0", "0")], coerce=lambda value: value == "1", widget=forms.HiddenInput
    )


class _AccountFields(forms.Form):
    name = forms.CharField(label=pgettext_lazy("person", "name"), max_length=60)
    post = forms.CharField(label=_("post"), max_length=100, required=False)
    email = forms.EmailField(label=_("email address"), required=False)
    note = forms.CharField(label=_("reason"), max_length=500, required=False)


class AccountForm(VersionedForm, _AccountFields):
    """Change what is told about a person."""


class NewAccountForm(_AccountFields):
    username = forms.CharField(
        label=_("account name"),
        max_length=150,
        help_text=_("For signing in; it never changes. Letters, digits and . _ - @ +"),
    )
    field_order = ("username", "name", "post", "email", "note")


class DepartmentChoice(forms.ModelChoiceField):
    """Departments with the court before the name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Department.objects.active().select_related("court"), **options)

    def label_from_instance(self, row: Department) -> str:
        return f"{row.court} · {row}" if row.court else str(row)


class _DepartmentFields(forms.Form):
    name = forms.CharField(label=_("name"), max_length=100)
    tier = forms.ChoiceField(
        label=_("tier"),
        choices=[ANY, *Department.Tier.choices],
        required=False,
        help_text=_("Courts have one, departments have none."),
    )
    parent = DepartmentChoice(label=_("belongs to"), required=False)
    order = forms.IntegerField(label=_("order"), min_value=0, max_value=999_999, initial=0)
    note = forms.CharField(label=_("reason"), max_length=500, required=False)


class DepartmentForm(VersionedForm, _DepartmentFields):
    is_active = forms.BooleanField(label=_("active"), required=False)
    field_order = ("name", "tier", "parent", "order", "is_active", "note", "version")


class NewDepartmentForm(_DepartmentFields):
    code = forms.SlugField(
        label=_("code"),
        max_length=40,
        help_text=_("A short name in Latin letters; it never changes."),
    )
    kind = forms.ChoiceField(label=_("kind"), choices=Department.Kind, initial=Department.Kind.DEPARTMENT)
    field_order = ("code", "kind", "name", "tier", "parent", "order", "note")


class NameForm(VersionedForm):
    """What the site calls a role, a state or a stage, in both languages."""

    zh = forms.CharField(label=_("own word in Chinese"), max_length=40, required=False)
    en = forms.CharField(label=_("own word in English"), max_length=60, required=False)
    note = forms.CharField(label=_("reason"), max_length=500, required=False)


class GrantForm(forms.Form):
    """A role for one person, out of those that the acting user may grant."""

    role = forms.ChoiceField(label=_("role"))
    department = DepartmentChoice(
        label=_("department or court"),
        help_text=_("Liaisons and heads belong to a department, every other role to a court."),
    )
    note = forms.CharField(label=_("reason"), max_length=500, required=False)

    def __init__(self, *args: Any, roles: list[RoleCode], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role: Any = self.fields["role"]
        role.choices = [(code.value, code.label) for code in roles]


class ImportForm(forms.Form):
    file = forms.FileField(label=_("workbook (.xlsx)"), max_length=200)


class PeopleFilter(forms.Form):
    q = forms.CharField(label=_("words"), max_length=100, required=False)
    department = DepartmentChoice(label=_("department"), required=False, empty_label="—")
    role = forms.ChoiceField(label=_("role"), choices=[ANY, *RoleCode.choices], required=False)
    state = forms.ChoiceField(
        label=_("state"),
        choices=[
            ANY,
            ("open", pgettext_lazy("account", "open")),
            ("closed", pgettext_lazy("account", "closed")),
        ],
        required=False,
    )


class DepartmentFilter(forms.Form):
    q = forms.CharField(label=_("words"), max_length=100, required=False)
    kind = forms.ChoiceField(label=_("kind"), choices=[ANY, *Department.Kind.choices], required=False)


class GrantFilter(forms.Form):
    q = forms.CharField(label=_("words"), max_length=100, required=False)
    department = DepartmentChoice(label=_("department"), required=False, empty_label="—")
    role = forms.ChoiceField(label=_("role"), choices=[ANY, *RoleCode.choices], required=False)
    ended = forms.BooleanField(label=_("with ended ones"), required=False)


class LogFilter(forms.Form):
    q = forms.CharField(label=_("words"), max_length=100, required=False)
    action = forms.ChoiceField(label=_("action"), choices=[ANY, *AuditEvent.Action.choices], required=False)
    outcome = forms.ChoiceField(
        label=_("outcome"),
        choices=[ANY, ("1", _("succeeded")), ("0", pgettext_lazy("audit", "failed"))],
        required=False,
    )
    since = forms.DateField(
        label=pgettext_lazy("filter", "from"), required=False, validators=SOME_DAY,
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip
    until = forms.DateField(
        label=pgettext_lazy("filter", "until"), required=False, validators=SOME_DAY,
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip


def wishes(form: forms.Form) -> dict[str, Any]:
    """What a filter form asks for; a wish that cannot be read is none."""
    form.is_valid()
    return {name: value for name, value in form.cleaned_data.items() if value not in (None, "", False)}


def initial_of(row: User | Department | SiteName, *names: str) -> dict[str, Any]:
    """The present values of a row for its form."""
    return {name: getattr(row, name) for name in names}
