"""What a site calls things: the labels of the closed lists, the verb that changes them, and their page."""

from collections.abc import Callable
from io import BytesIO

import pytest
from django.db.models import TextChoices
from django.utils.translation import override
from openpyxl import load_workbook

from accounts import names, naming
from accounts.importing import _role
from accounts.models import AuditEvent, SiteName, User
from accounts.people import Refused
from accounts.roles import RoleCode
from accounts.tests import factories
from accounts.tracked import StaleRow
from findings import choices

HEAD = "RoleCode.head"


def said(member: TextChoices, language: str) -> str:
    with override(language):
        return str(member.label)


@pytest.fixture
def english() -> object:
    with override("en"):
        yield


def test_every_closed_list_that_people_read_can_be_named() -> None:
    found = {
        name for name, value in vars(choices).items()
        if isinstance(value, type) and issubclass(value, TextChoices)
    }  # fmt: skip
    assert set(names.LISTS) == found | {"RoleCode"}
    assert [closed.choices.__name__ for closed in names.LISTS.values()] == list(names.LISTS)


def test_label_is_the_own_word_of_its_language_else_the_usual_one() -> None:
    usual = said(RoleCode.HEAD, "zh-hans"), said(RoleCode.HEAD, "en")

    names.put({(HEAD, "zh-hans"): "部门一把手"})

    assert (said(RoleCode.HEAD, "zh-hans"), said(RoleCode.HEAD, "en")) == ("部门一把手", usual[1])
    assert usual == ("部门负责人", "head of department")
    with override(None):  # a migration is being written
        assert str(RoleCode.HEAD.label) == "head of department"


def test_change_name_is_told_at_once_on_record_and_taken_back_by_an_empty_word(sysadmin: User, english: None) -> None:
    naming.change_name(HEAD, by=sysadmin, zh=" 部门  主任 ", en="director", version=0, note="as the statute says")

    assert (said(RoleCode.HEAD, "zh-hans"), said(RoleCode.HEAD, "en")) == ("部门 主任", "director")
    event = AuditEvent.objects.get(subject=HEAD)
    assert (event.user, event.detail) == (sysadmin, "部门 主任 / director: as the statute says")
    row = naming.change_name(HEAD, by=sysadmin, zh="", en="director", version=1)
    assert (row.version, said(RoleCode.HEAD, "zh-hans")) == (2, "部门负责人")
    assert list(row.history.values_list("zh", "history_user__username", "history_change_reason")) == [
        ("", "sysadmin", ""), ("部门 主任", "sysadmin", "as the statute says"),
    ]  # fmt: skip


def test_change_name_without_a_change_writes_nothing(sysadmin: User) -> None:
    naming.change_name(HEAD, by=sysadmin, zh="", en="")

    assert not SiteName.objects.exists()


TAKEN = "“%s” already stands for “%s” in this list; choose another word."


@pytest.mark.parametrize(
    ("code", "words", "field", "sentence"),
    [
        (HEAD, ("牵头院领导", ""), "zh", TAKEN % ("牵头院领导", "牵头院领导")),
        (HEAD, ("", " Lead  Leader"), "en", TAKEN % ("Lead Leader", "lead leader")),
        (HEAD, ("庭长", ""), "zh", TAKEN % ("庭长", "部门联络员")),
        (
            HEAD, ("主任、庭长", ""), "zh",
            "The name of a role holds none of the signs 、 ， ； / that divide roles in a cell.",
        ),
        ("RoleCode.king", ("国王", ""), "", "There is no such name."),
        ("King.head", ("国王", ""), "", "There is no such name."),
    ],
)  # fmt: skip
def test_change_name_is_refused(
    sysadmin: User, english: None, code: str, words: tuple[str, str], field: str, sentence: str
) -> None:
    naming.change_name("RoleCode.liaison", by=None, zh="庭长", en="")

    with pytest.raises(Refused) as refusal:
        naming.change_name(code, by=sysadmin, zh=words[0], en=words[1])

    assert (str(refusal.value), refusal.value.field) == (sentence, field)
    assert SiteName.objects.count() == 1


@pytest.mark.parametrize("sign", ["\x00", "\x01", "\x0b", "\x1f", "\x7f", "\x85", "\ud83d", "\ufffe", "\uffff"])
@pytest.mark.parametrize("field", ["zh", "en"])
def test_change_name_refuses_a_sign_that_no_file_can_hold(sysadmin: User, english: None, field: str, sign: str) -> None:
    with pytest.raises(Refused) as refusal:
        naming.change_name(HEAD, by=sysadmin, **({"zh": "", "en": ""} | {field: f"a{sign}b"}))

    told = f"The word holds U+{ord(sign):04X}, a sign that no page and no file can show; please type the word again."
    assert (str(refusal.value), refusal.value.field) == (told, field)
    assert not SiteName.objects.exists()


def test_name_edit_tells_at_its_field_that_a_sign_cannot_be_shown(sysadmin: User, at_desk: Callable) -> None:
    answer = at_desk(sysadmin).post(f"/accounts/names/{HEAD}/", {"zh": "庭\x01长", "version": "0"})

    assert answer.status_code == 422
    assert "U+0001" in answer.context["form"].errors["zh"][0]


def test_words_ever_are_the_usual_ones_and_all_that_the_site_has_used(sysadmin: User) -> None:
    usual = {"部门负责人", "head of department"}
    assert naming.words_ever(RoleCode.HEAD) == usual

    naming.change_name(HEAD, by=sysadmin, zh="庭长", en="")
    naming.change_name(HEAD, by=sysadmin, zh="主任", en="director")
    naming.change_name("RoleCode.chief", by=sysadmin, zh="组长大人", en="")

    assert naming.words_ever(RoleCode.HEAD) == usual | {"庭长", "主任", "director"}


def test_change_name_is_the_system_administrators(secadmin: User, english: None) -> None:
    with pytest.raises(Refused, match="Your role does not carry this act"):
        naming.change_name(HEAD, by=secadmin, zh="庭长", en="")


def test_change_name_of_an_older_version_is_stale(sysadmin: User) -> None:
    naming.change_name(HEAD, by=None, zh="庭长", en="")

    with pytest.raises(StaleRow):
        naming.change_name(HEAD, by=sysadmin, zh="主任", en="", version=0)


def test_refresh_reads_what_another_process_has_saved_once_the_words_are_old(
    db: None, settings: object, django_assert_num_queries: Callable
) -> None:
    naming.change_name(HEAD, by=None, zh="庭长", en="")
    names.put({})  # as a process that has not read them

    with django_assert_num_queries(0):
        naming.refresh()
    assert said(RoleCode.HEAD, "zh-hans") == "部门负责人"
    settings.NAMES_EVERY = 0
    with django_assert_num_queries(1):
        naming.refresh()
    assert said(RoleCode.HEAD, "zh-hans") == "庭长"


def test_import_of_people_knows_own_and_usual_words() -> None:
    names.put({(HEAD, "zh-hans"): "庭长", (HEAD, "en"): "director"})

    assert [_role(word) for word in ("庭长", "Director", "部门负责人", "head of department")] == ["head"] * 4


def test_name_list_shows_usual_and_own_words_and_is_a_file_too(sysadmin: User, at_desk: Callable) -> None:
    naming.change_name(HEAD, by=None, zh="庭长", en="")
    desk = at_desk(sysadmin)

    page = desk.get("/accounts/names/").content.decode()
    rows = list(load_workbook(BytesIO(desk.get("/accounts/names/?format=xlsx").getvalue())).active.values)

    assert "部门负责人" in page
    assert "<b>庭长</b>" in page
    assert "head of department" in page
    assert (HEAD, "部门负责人", "庭长", "head of department", None) in [row[1:] for row in rows]
    assert len(rows) == 1 + sum(len(closed.choices) for closed in names.LISTS.values())
    assert AuditEvent.objects.filter(action="export", user=sysadmin).count() == 1


def test_name_edit_changes_refuses_and_shows_both_sides_of_a_conflict(sysadmin: User, at_desk: Callable) -> None:
    desk, page = at_desk(sysadmin), f"/accounts/names/{HEAD}/"
    assert desk.post(page, {"zh": "庭长", "en": "director", "version": "0"}).status_code == 302
    assert "庭长" in desk.get(page).content.decode()

    taken = desk.post(page, {"zh": "部门联络员", "version": "1"})
    stale = desk.post(page, {"zh": "主任", "en": "", "version": "0"})

    assert (taken.status_code, stale.status_code) == (422, 409)
    assert ("庭长" in stale.content.decode(), "主任" in stale.content.decode()) == (True, True)
    assert SiteName.objects.get().zh == "庭长"
    assert desk.post(page, {"zh": "主任", "en": "", "version": "1"}).status_code == 302
    assert said(RoleCode.HEAD, "zh-hans") == "主任"


@pytest.mark.parametrize("version", ["", "x", "7", "9" * 40])
def test_name_edit_survives_any_version(sysadmin: User, at_desk: Callable, version: str) -> None:
    answer = at_desk(sysadmin).post(f"/accounts/names/{HEAD}/", {"zh": "庭长", "version": version})

    assert answer.status_code in {409, 422}
    assert not SiteName.objects.exists()


def test_role_is_shown_under_its_own_name_in_both_languages(sysadmin: User, at_desk: Callable) -> None:
    factories.person("lat.head", "head")
    naming.change_name(HEAD, by=None, zh="庭室主官", en="director of a division")
    desk = at_desk(sysadmin)

    assert "庭室主官" in desk.get("/accounts/grants/").content.decode()
    desk.post("/accounts/language/", {"language": "en"})
    assert "director of a division" in desk.get("/accounts/grants/").content.decode()
