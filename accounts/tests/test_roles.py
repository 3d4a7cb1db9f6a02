import pytest

from accounts.models import Department, User
from accounts.roles import ADMIN_ROLES, COURT_ROLES, DEPARTMENT_ROLES, ROLES, RoleCode, Verb
from accounts.tests import factories

BUSINESS = {Verb.VIEW_DASHBOARD, Verb.VIEW_REPORTS, Verb.COMPILE_REPORT, Verb.ISSUE_REPORT, Verb.CHECK_DATA,
            Verb.KEEP_REMINDERS, Verb.READ_DELIVERIES}  # fmt: skip


def test_roles_every_code_is_described_and_placed_once() -> None:
    assert set(ROLES) == set(RoleCode)
    assert set(RoleCode) == DEPARTMENT_ROLES | COURT_ROLES | ADMIN_ROLES
    assert len(DEPARTMENT_ROLES) + len(COURT_ROLES) + len(ADMIN_ROLES) == len(RoleCode)
    assert all(str(role.sees) and str(role.does) for role in ROLES.values())


def test_roles_every_verb_has_a_holder() -> None:
    assert set().union(*(role.verbs for role in ROLES.values())) == set(Verb)


@pytest.mark.parametrize(
    ("role", "verbs"),
    [
        ("sysadmin", {"manage_accounts", "keep_names"}),
        ("secadmin", {"grant_roles"}),
        ("auditor", {"read_security_log"}),
    ],
)
def test_roles_administrators_hold_verbs_that_nobody_else_does(role: str, verbs: set[str]) -> None:
    assert ROLES[role].verbs - {"watch_jobs"} == verbs  # the office watches the timed jobs as well
    assert {code for code in RoleCode if verbs & ROLES[code].verbs} == {role}


@pytest.mark.parametrize("role", sorted(RoleCode))
def test_may_follows_the_table(db: None, role: str) -> None:
    person = factories.person("someone", role)
    assert {verb for verb in Verb if person.may(verb)} == ROLES[role].verbs
    assert bool(BUSINESS & ROLES[role].verbs) == (role not in ADMIN_ROLES)


def test_may_of_a_closed_or_superuser_account_is_nothing(head: User) -> None:
    head.is_active = False
    assert not any(head.may(verb) for verb in Verb)
    root = User(username="root", is_superuser=True, is_staff=True)
    root.save()
    assert not any(root.may(verb) for verb in Verb)


def test_may_reads_the_grants_once(head: User, django_assert_num_queries: object) -> None:
    head = User.objects.get(pk=head.pk)
    with django_assert_num_queries(1):
        assert head.may(Verb.VIEW_DASHBOARD)
        assert not head.may(Verb.MANAGE_ACCOUNTS)


def test_department_visible_to(sysadmin: User, secadmin: User, auditor: User, head: User) -> None:
    other = factories.court("zy", "某中院", "intermediate")
    own = set(Department.objects.filter(court=factories.court()))
    for person in (sysadmin, secadmin, auditor):
        assert set(Department.objects.visible_to(person)) == set(Department.objects.all())
    assert other not in Department.objects.visible_to(head)
    assert own <= set(Department.objects.visible_to(head))
