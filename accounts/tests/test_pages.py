"""Every account page: who sees it, who does not, which methods it knows, what bad input does, how many queries."""

from collections.abc import Callable
from io import BytesIO

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts import people
from accounts.models import AuditEvent, Department, User
from accounts.tests import factories
from accounts.urls import urlpatterns

KEEPERS = {"sysadmin", "secadmin"}
PAGES = {
    "people_list": KEEPERS,
    "person_detail": KEEPERS,
    "account_create": {"sysadmin"},
    "account_edit": {"sysadmin"},
    "account_reset": {"sysadmin"},
    "account_active": {"sysadmin"},
    "account_unlock": {"sysadmin"},
    "department_list": KEEPERS,
    "department_create": {"sysadmin"},
    "department_edit": {"sysadmin"},
    "grant_list": KEEPERS,
    "grant_create": {"secadmin"},
    "grant_end": {"secadmin"},
    "people_import": KEEPERS,
    "security_log": {"auditor"},
    "name_list": {"sysadmin"},
    "name_edit": {"sysadmin"},
    "password_change": {"sysadmin", "secadmin", "auditor", "head"},
    "own_settings": {"sysadmin", "secadmin", "auditor", "head"},
}
LISTS = ["people_list", "department_list", "grant_list", "security_log"]
READ_ONLY = {"people_list", "person_detail", "department_list", "grant_list", "security_log", "name_list"}
POST_ONLY = {"account_unlock"}
BY_KEY = {
    "person_detail", "account_edit", "account_reset", "account_active", "account_unlock", "department_edit",
    "grant_create", "grant_end", "name_edit",
}  # fmt: skip


@pytest.fixture
def staff(sysadmin: User, secadmin: User, auditor: User, head: User) -> dict[str, User]:
    return {"sysadmin": sysadmin, "secadmin": secadmin, "auditor": auditor, "head": head}


def address(name: str, key: int | None = None) -> str:
    if name not in BY_KEY:
        return reverse(name)
    if key is None:
        head = User.objects.get(username="lat.head")
        keys = {
            "grant_end": head.memberships.first().pk, "department_edit": factories.department().pk,
            "name_edit": "RoleCode.head",
        }  # fmt: skip
        key = keys.get(name, head.pk)
    return reverse(name, args=[key])


def test_pages_table_names_every_route() -> None:
    assert set(PAGES) | {"login", "logout", "set_language"} == {route.name for route in urlpatterns}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_open_to_whom_it_belongs(staff: dict[str, User], at_desk: Callable, name: str) -> None:
    for role, person in staff.items():
        send = at_desk(person).post if name in POST_ONLY else at_desk(person).get
        expected = 403 if role not in PAGES[name] else 302 if name in POST_ONLY else 200
        before = AuditEvent.objects.filter(action="refused").count()
        assert send(address(name)).status_code == expected, role
        assert AuditEvent.objects.filter(action="refused").count() - before == (expected == 403)


@pytest.mark.parametrize("name", PAGES)
def test_page_is_private(client: Client, staff: dict[str, User], name: str) -> None:
    answer = client.post(address(name)) if name in POST_ONLY else client.get(address(name))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("name", [*PAGES, "logout", "set_language"])
def test_page_refuses_the_wrong_method(staff: dict[str, User], at_desk: Callable, name: str) -> None:
    person = staff[next(iter(PAGES.get(name, {"head"})))]
    wrong = "POST" if name in READ_ONLY else "GET" if name in POST_ONLY | {"logout", "set_language"} else "PUT"
    for method in (wrong, "DELETE"):
        assert at_desk(person).generic(method, address(name)).status_code == 405


@pytest.mark.parametrize("name", sorted(BY_KEY))
@pytest.mark.parametrize("key", [987654, 10**30])
def test_page_of_nothing_is_404(staff: dict[str, User], at_desk: Callable, name: str, key: int) -> None:
    desk = at_desk(staff[next(iter(PAGES[name]))])
    assert (desk.post if name in POST_ONLY else desk.get)(address(name, key)).status_code == 404


BAD = ["page=%00", "page=9999999999999999999999", "page=-1", "page=x", "page=" + "9" * 5000, "q=%00a", "q=%ff%fe",
       "department=%00", "department=" + "9" * 40, "department=x", "role=king", "state=%00", "kind=x", "action=x",
       "since=0001-01-01", "until=9999-12-31", "since=x", "since=%00", "format=%00", "outcome=2",
       "ended=x"]  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_list_survives_any_address(staff: dict[str, User], at_desk: Callable, name: str) -> None:
    desk = at_desk(staff[next(iter(PAGES[name]))])
    for query in BAD:
        assert desk.get(f"{address(name)}?{query}").status_code == 200, query


@pytest.mark.parametrize("name", ["account_create", "account_edit", "department_create", "department_edit",
                                  "grant_create", "grant_end", "account_reset", "people_import", "password_change",
                                  "own_settings"])  # fmt: skip
def test_form_survives_any_body(staff: dict[str, User], at_desk: Callable, name: str) -> None:
    desk = at_desk(staff[next(iter(PAGES[name]))])
    fields = ("username", "name", "email", "post", "note", "code", "kind", "tier", "parent", "order", "version", "role",
              "department", "language", "old_password", "new_password1", "new_password2", "apply")  # fmt: skip
    for value in ("\x00", "9" * 40, "-1", "x" * 3000, "<script>"):
        answer = desk.post(address(name), dict.fromkeys(fields, value))
        assert answer.status_code in {200, 302, 422}
        assert b'<script>"' not in answer.content


@pytest.mark.parametrize("name", LISTS)
def test_list_costs_the_same_for_any_number_of_rows(
    staff: dict[str, User], at_desk: Callable, name: str, django_assert_max_num_queries: Callable
) -> None:
    desk = at_desk(staff[next(iter(PAGES[name]))])
    desk.get(address(name))  # the first page of a session also writes the session
    costs = []
    for more in (0, 2, 97):
        for _n in range(more):
            factories.person("", "liaison")
        with django_assert_max_num_queries(15) as spent:
            assert desk.get(address(name)).status_code == 200
        costs.append(len(spent))
    assert len(set(costs)) == 1


def test_person_detail_costs_the_same_for_any_history(
    staff: dict[str, User], at_desk: Callable, django_assert_max_num_queries: Callable
) -> None:
    desk, costs = at_desk(staff["secadmin"]), []
    desk.get(address("person_detail"))
    for more in (0, 2, 20):
        for n in range(more):
            people.change_account(staff["head"], name=f"第{more}{n}", by=staff["sysadmin"])
            people.end_role(staff["head"].memberships.in_force().get(), by=staff["secadmin"])
            people.grant_role(staff["head"], "head", factories.department(), by=staff["secadmin"])
        with django_assert_max_num_queries(15) as spent:
            desk.get(address("person_detail"))
        costs.append(len(spent))
    assert len(set(costs)) == 1


@pytest.mark.parametrize("name", LISTS)
def test_list_leaves_as_excel(staff: dict[str, User], at_desk: Callable, name: str) -> None:
    people.change_account(staff["head"], name="=1+1", post="@SUM(A1)", by=staff["sysadmin"])
    desk = at_desk(staff[next(iter(PAGES[name]))])
    answer = desk.get(f"{address(name)}?format=xlsx")
    assert "attachment" in answer.headers["Content-Disposition"]
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    assert sheet.max_row > 1
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.user, event.subject.endswith(".xlsx")) == ("export", desk_owner(desk), True)


def desk_owner(desk: Client) -> User:
    return User.objects.get(pk=desk.session["_auth_user_id"])


def test_list_excel_holds_the_filtered_rows(staff: dict[str, User], at_desk: Callable) -> None:
    answer = at_desk(staff["sysadmin"]).get("/accounts/people/?q=lat.&format=xlsx")
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["lat.head"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=lat", ["lat.head"]),
        ("role=auditor", ["auditor"]),
        ("state=closed", []),
        ("state=open&q=admin", ["secadmin", "sysadmin"]),
    ],
)
def test_people_list_filters(staff: dict[str, User], at_desk: Callable, query: str, found: list[str]) -> None:
    page = at_desk(staff["sysadmin"]).get(f"/accounts/people/?{query}").context["page"]
    assert [person.username for person in page] == found


def test_people_list_filters_by_department(staff: dict[str, User], at_desk: Callable) -> None:
    query = f"?department={factories.department().pk}"
    assert list(at_desk(staff["sysadmin"]).get(f"/accounts/people/{query}").context["page"]) == [staff["head"]]


def test_security_log_filters(staff: dict[str, User], at_desk: Callable) -> None:
    desk = at_desk(staff["auditor"])
    found = desk.get("/accounts/log/?action=grant&q=lat.head&outcome=1&since=2020-01-01&until=2099-01-01").context
    assert [event.subject for event in found["page"]] == ["lat.head"]
    assert list(desk.get("/accounts/log/?until=2020-01-01").context["page"]) == []


def test_grant_list_shows_ended_ones_on_wish(staff: dict[str, User], at_desk: Callable) -> None:
    people.end_role(staff["head"].memberships.get(), by=staff["secadmin"])
    desk = at_desk(staff["secadmin"])
    assert desk.get("/accounts/grants/?q=lat").context["page"].paginator.count == 0
    assert desk.get("/accounts/grants/?q=lat&ended=on").context["page"].paginator.count == 1


def test_department_list_counts_open_accounts(staff: dict[str, User], at_desk: Callable) -> None:
    factories.grant(staff["head"], "liaison")
    page = at_desk(staff["sysadmin"]).get("/accounts/departments/?q=lat&kind=department").context["page"]
    assert [(row.code, row.people) for row in page] == [("lat", 1)]


def test_account_create_tells_the_password_once(staff: dict[str, User], at_desk: Callable, client: Client) -> None:
    answer = at_desk(staff["sysadmin"]).post("/accounts/people/new/", {"username": "new", "name": "某人"})
    [(username, password)] = answer.context["passwords"]
    assert username == "new"
    assert password in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert User.objects.get(username="new").check_password(password)


def test_account_reset_ends_the_sessions(staff: dict[str, User], at_desk: Callable) -> None:
    theirs = at_desk(staff["head"])
    assert theirs.get("/accounts/settings/").status_code == 200
    answer = at_desk(staff["sysadmin"]).post(address("account_reset"), {"note": "遗忘"})
    assert answer.context["passwords"][0][0] == "lat.head"
    assert theirs.get("/accounts/settings/").status_code == 302


def test_account_active_closes_and_opens(staff: dict[str, User], at_desk: Callable) -> None:
    theirs, ours = at_desk(staff["head"]), at_desk(staff["sysadmin"])
    close = ours.get(address("account_active")).context["form"]["is_active"].value()
    assert ours.post(address("account_active"), {"is_active": close}).status_code == 302
    assert theirs.get("/accounts/settings/").status_code == 302
    again = ours.get(address("account_active")).context["form"]["is_active"].value()
    assert ours.post(address("account_active"), {"is_active": close}).status_code == 302
    assert not User.objects.get(username="lat.head").is_active
    assert ours.post(address("account_active"), {"is_active": again}).status_code == 302
    assert User.objects.get(username="lat.head").is_active


@pytest.mark.parametrize("sent", [{}, {"is_active": ""}, {"is_active": "x"}])
def test_account_active_without_a_wish_changes_nothing(
    staff: dict[str, User], at_desk: Callable, sent: dict[str, str]
) -> None:
    assert at_desk(staff["sysadmin"]).post(address("account_active"), sent).status_code == 422
    assert User.objects.get(username="lat.head").is_active


def test_account_edit_shows_what_somebody_else_saved(staff: dict[str, User], at_desk: Callable) -> None:
    desk, head = at_desk(staff["sysadmin"]), staff["head"]
    typed = {"name": "旧名", "post": "旧职", "email": "old@court.example", "note": "更正"}
    typed |= {"version": desk.get(address("account_edit")).context["form"]["version"].value()}
    people.change_account(head, name="新名", post="庭长", by=staff["sysadmin"])
    stale = desk.post(address("account_edit"), typed)
    head.refresh_from_db()
    assert (stale.status_code, stale.context["form"].differences[0]["theirs"], head.name) == (409, "新名", "新名")
    for text in ("旧名", "旧职", "old@court.example", "更正"):
        assert f'value="{text}"' in stale.content.decode()
    assert "庭长" in stale.content.decode()
    again = {field.name: field.value() for field in stale.context["form"]}
    assert desk.post(address("account_edit"), again).status_code == 302
    head.refresh_from_db()
    assert (head.name, head.post, head.version) == ("旧名", "旧职", 3)


def test_department_create_and_edit(staff: dict[str, User], at_desk: Callable) -> None:
    desk, court = at_desk(staff["sysadmin"]), factories.court()
    fields = {"name": "刑庭", "tier": "", "parent": court.pk, "order": 3}
    assert desk.post("/accounts/departments/new/", fields | {"code": "xst", "kind": "department"}).status_code == 302
    made = Department.objects.get(code="xst")
    fields |= {"name": "刑事审判庭", "is_active": "on", "version": made.version}
    assert desk.post(f"/accounts/departments/{made.pk}/", fields).status_code == 302
    stale = desk.post(f"/accounts/departments/{made.pk}/", fields | {"name": "旧名"})
    assert stale.status_code == 409
    assert [row["theirs"] for row in stale.context["form"].differences] == ["刑事审判庭"]
    assert 'value="旧名"' in stale.content.decode()
    again = fields | {"name": "旧名", "version": stale.context["form"]["version"].value()}
    assert desk.post(f"/accounts/departments/{made.pk}/", again).status_code == 302
    assert Department.objects.get(code="xst").name == "旧名"


def test_grant_create_and_end(staff: dict[str, User], at_desk: Callable) -> None:
    desk = at_desk(staff["secadmin"])
    values = {"role": "liaison", "department": factories.department().pk, "note": "增补"}
    assert desk.post(address("grant_create"), values).status_code == 302
    grant = staff["head"].memberships.get(role="liaison")
    assert desk.post(f"/accounts/grants/{grant.pk}/end/", {"note": "调任"}).status_code == 302
    grant.refresh_from_db()
    assert grant.ended_at


def test_grant_create_refusal_is_told_and_logged(staff: dict[str, User], at_desk: Callable) -> None:
    values = {"role": "auditor", "department": factories.court().pk}
    answer = at_desk(staff["secadmin"]).post(address("grant_create"), values)
    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors()
    assert AuditEvent.objects.latest("id").action == "refused"
    assert staff["head"].memberships.count() == 1


def test_grant_create_sysadmin_appoints_the_first(sysadmin: User, head: User, at_desk: Callable) -> None:
    person, desk = factories.person("new"), at_desk(sysadmin)
    url = reverse("grant_create", args=[person.pk])
    assert desk.get(url).status_code == 200
    answer = desk.post(url, {"role": "office", "department": factories.court().pk})
    assert answer.context["form"].errors["role"]
    assert desk.post(url, {"role": "secadmin", "department": factories.court().pk}).status_code == 302
    assert desk.post(url, {"role": "secadmin", "department": factories.court().pk}).status_code == 422
    factories.person("third", "auditor")
    assert desk.get(url).status_code == 403


def test_account_pages_show_the_account_and_its_record(staff: dict[str, User], at_desk: Callable) -> None:
    people.change_account(staff["head"], name="新名", by=staff["sysadmin"], note="更正")
    page = at_desk(staff["secadmin"]).get(address("person_detail"))
    newest = page.context["entries"][0]
    assert (newest.who, newest.note) == ("sysadmin", "更正")
    assert "更正" in page.content.decode()


def test_settings_of_the_site_know_the_middleware() -> None:
    assert "accounts.middleware.password_first" in settings.MIDDLEWARE


def test_account_reset_of_an_administrator_is_told_and_refused(staff: dict[str, User], at_desk: Callable) -> None:
    desk, other = at_desk(staff["sysadmin"]), staff["auditor"]
    page = desk.get(f"/accounts/people/{other.pk}/").content.decode()
    assert reverse("account_reset", args=[other.pk]) not in page
    assert "reset_password" in page
    answer = desk.post(reverse("account_reset", args=[other.pk]), {"note": "x"})
    assert answer.status_code == 422
    assert "reset_password" in answer.content.decode()
    assert AuditEvent.objects.latest("id").action == "refused"


def test_list_says_which_filter_it_left_out(staff: dict[str, User], at_desk: Callable) -> None:
    people.change_language(staff["auditor"], "en", by=None)
    desk = at_desk(staff["auditor"])
    assert "left out" not in desk.get("/accounts/log/?action=grant&outcome=").content.decode()
    page = desk.get("/accounts/log/?action=zzz&until=2020-13-40").content.decode()
    assert "Not understood and left out: action, until." in page
