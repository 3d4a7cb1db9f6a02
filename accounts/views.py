"""The account pages: signing in and oneself, people, departments, roles, import, security log."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import check_for_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts import exporting, forms, importing, lists, names, naming, people, timeline, uploads
from accounts.decorators import SignedRequest, form_page, note_refusal, refuse, requires
from accounts.models import Department, Membership, SiteName, User
from accounts.paging import note_ignored, own_address, page_of
from accounts.roles import Verb
from accounts.spreadsheets import Unreadable
from accounts.tracked import StaleRow
from accounts.versioned import VersionedForm, status_of

ACCOUNT_FIELDS = ("name", "post", "email", "version")
NAME_FIELDS = ("zh", "en", "version")
DEPARTMENT_FIELDS = ("name", "tier", "parent", "order", "is_active", "version")
_TITLES = {
    "people_list": gettext_lazy("People"), "department_list": gettext_lazy("Departments"),
    "grant_list": gettext_lazy("Roles"), "security_log": gettext_lazy("Security log"),
}  # fmt: skip


class SignIn(LoginView):
    """Signing in; who has done so already goes on."""

    template_name = "accounts/login.html"
    authentication_form = forms.SignInForm
    redirect_authenticated_user = True

    def get_redirect_url(self) -> str:  # type: ignore[override]  # the stubs know a later Django's argument
        """Where the reader wanted to go: never off this site, nor back to this page, on which Django would give up."""
        wish = super().get_redirect_url()
        return wish if wish.isprintable() and wish != self.request.path else ""


@form_page
@sensitive_post_parameters()
@never_cache
def password_change(request: SignedRequest) -> HttpResponse:
    """The own password. Every other session of the account ends with it."""
    form = forms.OwnPasswordForm(request.user, _sent(request))
    if request.method == "POST" and form.is_valid():
        person = people.change_own_password(request.user, form.cleaned_data["new_password1"], by=request.user)
        update_session_auth_hash(request, person)
        messages.success(request, _("The password is changed; other sessions of this account have ended."))
        return redirect("own_settings")
    return _formed(request, "password_change", form)


@form_page
def own_settings(request: SignedRequest) -> HttpResponse:
    """What everybody sets for himself or herself."""
    form = forms.LanguageForm(_sent(request), initial={"language": request.user.language})
    if request.method == "POST" and form.is_valid():
        people.change_language(request.user, form.cleaned_data["language"], by=request.user)
        return redirect("own_settings")
    return _formed(request, "own_settings", form)


@login_not_required
@require_POST
def set_language(request: SignedRequest) -> HttpResponse:
    """Change the language: of the account where somebody is signed in, of the browser always."""
    language = request.POST.get("language", "")
    answer = redirect(own_address(request, request.POST.get("next", "")) or "/")
    if language in dict(settings.LANGUAGES) and check_for_language(language):
        if request.user.is_authenticated:
            people.change_language(request.user, language, by=request.user)
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE, httponly=True, samesite="Lax",
        )  # fmt: skip
    return answer


@require_safe
@requires(Verb.MANAGE_ACCOUNTS, Verb.GRANT_ROLES)
def people_list(request: SignedRequest) -> HttpResponseBase:
    form = forms.PeopleFilter(request.GET)
    return _listed(request, "people_list", lists.people(**forms.wishes(form)), lists.PEOPLE, form)


@require_safe
@requires(Verb.MANAGE_ACCOUNTS, Verb.GRANT_ROLES)
def person_detail(request: SignedRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    grants = person.memberships.select_related("department").order_by("ended_at", "-pk")
    context = {"person": person, "grants": grants, "entries": timeline.of_person(person)}
    is_other = person.pk != request.user.pk
    return render(request, "accounts/person_detail.html", context | {
        "can_grant": is_other and bool(people.grantable(request.user)),
        "is_other": is_other, "reset_refusal": people.reset_refusal(person, by=request.user),
    })  # fmt: skip


@form_page
@requires(Verb.MANAGE_ACCOUNTS)
@never_cache
def account_create(request: SignedRequest) -> HttpResponse:
    """Open an account; its one-time password is told on the answer and nowhere else."""
    form = forms.NewAccountForm(_sent(request))
    password = people.one_time_password()
    if request.method == "POST" and (person := _tried(request, form, lambda values: people.create_account(
        by=request.user, password=password, **values))):  # fmt: skip
        return _told_once(request, [(person.username, password)], person)
    return _formed(request, "account_form", form)


@form_page
@requires(Verb.MANAGE_ACCOUNTS)
def account_edit(request: SignedRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    form = forms.AccountForm(_sent(request), initial=forms.initial_of(person, *ACCOUNT_FIELDS))
    if request.method == "POST" and _tried(request, form, lambda values: people.change_account(
        person, by=request.user, **values)):  # fmt: skip
        return redirect("person_detail", pk)
    return _formed(request, "account_form", form, person=person)


@form_page
@requires(Verb.MANAGE_ACCOUNTS)
@never_cache
def account_reset(request: SignedRequest, pk: int) -> HttpResponse:
    """Give a one-time password after a look at whose it is."""
    person = get_object_or_404(User, pk=pk)
    form = forms.NoteForm(_sent(request))
    if request.method == "POST" and (password := _tried(request, form, lambda values: people.reset_password(
        person, by=request.user, **values))):  # fmt: skip
        return _told_once(request, [(person.username, password)], person)
    return _asked(request, form, person, _("Reset the password"), _(
        "A one-time password is made up and shown once. All sessions of this account end."))  # fmt: skip


@form_page
@requires(Verb.MANAGE_ACCOUNTS)
def account_active(request: SignedRequest, pk: int) -> HttpResponse:
    """Close an open account, open a closed one."""
    person = get_object_or_404(User, pk=pk)
    form = forms.ActiveForm(_sent(request), initial={"is_active": "0" if person.is_active else "1"})
    if request.method == "POST" and _tried(request, form, lambda values: people.set_active(
        person, values["is_active"], by=request.user, note=values["note"])):  # fmt: skip
        return redirect("person_detail", pk)
    if person.is_active:
        return _asked(request, form, person, _("Close the account"), _("The person is signed out at once."))
    return _asked(request, form, person, _("Open the account again"), _("The roles in force count again."))


@require_POST
@requires(Verb.MANAGE_ACCOUNTS)
def account_unlock(request: SignedRequest, pk: int) -> HttpResponse:
    """Lift the lock after failed sign-ins."""
    people.unlock(get_object_or_404(User, pk=pk), by=request.user)
    messages.success(request, _("The account can sign in again."))
    return redirect("person_detail", pk)


@require_safe
@requires(Verb.MANAGE_ACCOUNTS, Verb.GRANT_ROLES)
def department_list(request: SignedRequest) -> HttpResponseBase:
    form = forms.DepartmentFilter(request.GET)
    return _listed(request, "department_list", lists.departments(**forms.wishes(form)), lists.DEPARTMENTS, form)


@form_page
@requires(Verb.MANAGE_ACCOUNTS)
def department_create(request: SignedRequest) -> HttpResponse:
    form = forms.NewDepartmentForm(_sent(request))
    if request.method == "POST" and _tried(request, form, lambda values: people.create_department(
        by=request.user, **values)):  # fmt: skip
        return redirect("department_list")
    return _formed(request, "department_form", form)


@form_page
@requires(Verb.MANAGE_ACCOUNTS)
def department_edit(request: SignedRequest, pk: int) -> HttpResponse:
    department = get_object_or_404(Department, pk=pk)
    form = forms.DepartmentForm(_sent(request), initial=forms.initial_of(department, *DEPARTMENT_FIELDS))
    if request.method == "POST" and _tried(request, form, lambda values: people.change_department(
        department, by=request.user, **values)):  # fmt: skip
        return redirect("department_list")
    entries = timeline.of_department(department)
    return _formed(request, "department_form", form, department=department, entries=entries)


@require_safe
@requires(Verb.MANAGE_ACCOUNTS, Verb.GRANT_ROLES)
def grant_list(request: SignedRequest) -> HttpResponseBase:
    form = forms.GrantFilter(request.GET)
    return _listed(request, "grant_list", lists.grants(**forms.wishes(form)), lists.GRANTS, form)


@form_page
@requires(Verb.GRANT_ROLES, Verb.MANAGE_ACCOUNTS)
def grant_create(request: SignedRequest, pk: int) -> HttpResponse:
    """Give a role to the person; the system administrator only appoints the first of the two others."""
    person = get_object_or_404(User, pk=pk)
    roles = people.grantable(request.user)
    if not roles:
        refuse(request, Verb.GRANT_ROLES)
    form = forms.GrantForm(_sent(request), roles=roles)
    if request.method == "POST" and _tried(request, form, lambda values: people.grant_role(
        person, by=request.user, **values)):  # fmt: skip
        return redirect("person_detail", pk)
    return _formed(request, "grant_form", form, person=person)


@form_page
@requires(Verb.GRANT_ROLES)
def grant_end(request: SignedRequest, pk: int) -> HttpResponse:
    grant = get_object_or_404(Membership.objects.select_related("person", "department"), pk=pk)
    form = forms.NoteForm(_sent(request))
    if request.method == "POST" and _tried(request, form, lambda values: people.end_role(
        grant, by=request.user, **values)):  # fmt: skip
        return redirect("person_detail", grant.person_id)
    sentence = _("%(role)s · %(place)s ends now; the record of it stays.")
    told = sentence % {"role": grant.get_role_display(), "place": grant.department}
    return _asked(request, form, grant.person, _("End the role"), told)


@form_page
@requires(Verb.MANAGE_ACCOUNTS, Verb.GRANT_ROLES)
@never_cache
def people_import(request: SignedRequest) -> HttpResponse:
    """Rehearse a workbook, then apply the same file."""
    form = forms.ImportForm(_sent(request), request.FILES or None)
    outcome = None
    try:
        if request.POST.get("apply"):
            name, content = uploads.taken(request)
            outcome = importing.apply(name, content, by=request.user)
        elif request.method == "POST" and form.is_valid():
            name, content = uploads.kept(request, form.cleaned_data["file"])
            outcome = importing.rehearse(name, content, by=request.user)
    except Unreadable as refusal:
        form.add_error(None if request.POST.get("apply") else "file", str(refusal))
    if outcome and outcome.passwords and outcome.applied:
        return _told_once(request, outcome.passwords)
    return _formed(request, "people_import", form, outcome=outcome)


@require_safe
@requires(Verb.KEEP_NAMES)
def name_list(request: SignedRequest) -> HttpResponseBase:
    """What the site calls its roles, states and stages, beside the usual words."""
    found = naming.rows_by_list()
    if request.GET.get("format") == "xlsx":
        return exporting.respond(
            request, pgettext("page", "Names"), naming.NAMES, [row for rows in found.values() for row in rows]
        )
    lists_named = [(code, names.LISTS[code].title, rows) for code, rows in found.items()]
    return render(request, "accounts/name_list.html", {"lists": lists_named})


@form_page
@requires(Verb.KEEP_NAMES)
def name_edit(request: SignedRequest, code: str) -> HttpResponse:
    row = naming.row_of(code)
    if row is None:
        raise Http404
    own = SiteName.objects.filter(code=code).first() or SiteName(code=code)
    form = forms.NameForm(_sent(request), initial=forms.initial_of(own, *NAME_FIELDS))
    if request.method == "POST" and _tried(request, form, lambda values: naming.change_name(
        code, by=request.user, **values)):  # fmt: skip
        return redirect(f"{reverse('name_list')}#{code.partition('.')[0]}")
    return _formed(request, "name_form", form, row=row, entries=timeline.of_name(own) if own.pk else [])


@require_safe
@requires(Verb.READ_SECURITY_LOG)
def security_log(request: SignedRequest) -> HttpResponseBase:
    form = forms.LogFilter(request.GET)
    return _listed(request, "security_log", lists.events(request.user, **forms.wishes(form)), lists.EVENTS, form)


def _sent(request: SignedRequest) -> QueryDict | None:
    """What was sent; an empty body counts, for some acts need no words."""
    return request.POST if request.method == "POST" else None


def _listed(
    request: SignedRequest, name: str, rows: QuerySet, columns: tuple[exporting.Column, ...], form: Form
) -> HttpResponseBase:
    """A list as page or, for ``?format=xlsx``, as file of all its rows."""
    for field in form.errors:
        note_ignored(request, str(form.fields[field].label))
    if request.GET.get("format") == "xlsx":
        return exporting.respond(request, str(_TITLES[name]), columns, rows.iterator(chunk_size=1000))
    page = page_of(request, rows)
    return render(request, f"accounts/{name}.html", {"page": page, "form": form, "query": request.GET})


def _tried(request: SignedRequest, form: Form, verb: Callable[[dict[str, Any]], Any]) -> Any:
    """Run a verb with the form's values. A refusal becomes the form's error and a line of the log; what somebody
    else saved meanwhile stands beside what was typed."""
    if not form.is_valid():
        return None
    try:
        return verb(form.cleaned_data)
    except people.Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        note_refusal(request, str(refusal))
    except StaleRow as stale:
        if not isinstance(form, VersionedForm):
            raise
        form.beside(stale.row)
    return None


def _formed(request: SignedRequest, name: str, form: Form, **context: Any) -> HttpResponse:
    """The page of a form, with the status that says whether it was refused or is out of date."""
    return render(request, f"accounts/{name}.html", {"form": form, **context}, status=status_of(form))


def _told_once(request: SignedRequest, passwords: list[tuple[str, str]], person: User | None = None) -> HttpResponse:
    return render(request, "accounts/one_time_password.html", {"passwords": passwords, "person": person})


def _asked(request: SignedRequest, form: Form, person: User, title: str, sentence: str) -> HttpResponse:
    return _formed(request, "confirm", form, person=person, act=title, sentence=sentence)
