import os
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from openpyxl import load_workbook

from accounts import chain, exporting, importing, lists, people, spreadsheets
from accounts.models import AuditEvent, Department, Membership, User
from accounts.spreadsheets import Unreadable
from accounts.tests import factories

DEPARTMENTS = [
    ["代码", "名称", "上级", "类别", "层级", "排序"],
    ["ls", "立案一组", "lat2", "", "", ""],
    ["lat2", "立案二庭", "gy", "部门", None, 2.0],
]
PEOPLE = [
    ["人员名单"],
    ["姓名", "账号", "部门", "角色", "邮箱", "职务"],
    ["张某", "zhang", "立案二庭", "联络员、部门负责人", "zhang@court.example", "庭长"],
    ["李某", "ｌｉ", "gy", "整改办", None, "主任"],
]


def good() -> bytes:
    return factories.workbook(部门=DEPARTMENTS, 人员=PEOPLE)


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (User, Department, Membership, AuditEvent))


def test_rehearse_writes_nothing(sysadmin: User) -> None:
    before = counts()
    outcome = importing.rehearse("a.xlsx", good(), by=None)
    assert outcome.problems == []
    assert [len(outcome.creates), outcome.applied, counts()] == [7, False, before]


def test_apply_makes_all(sysadmin: User) -> None:
    outcome = importing.apply("a.xlsx", good(), by=None)
    assert (outcome.applied, outcome.problems) == (True, [])
    zhang, li = User.objects.get(username="zhang"), User.objects.get(username="li")
    assert (zhang.roles(), li.roles()) == ({"liaison", "head"}, {"office"})
    assert Department.objects.get(code="ls").parent.code == "lat2"
    assert Department.objects.get(code="lat2").order == 2
    assert [zhang.check_password(password) for username, password in outcome.passwords if username == "zhang"] == [True]
    assert zhang.must_change_password
    assert chain.verify([AuditEvent]).broken == []


def test_apply_twice_changes_nothing(sysadmin: User) -> None:
    importing.apply("a.xlsx", good(), by=None)
    before = counts()
    outcome = importing.apply("a.xlsx", good(), by=None)
    assert (outcome.creates, outcome.updates, outcome.passwords, outcome.unchanged) == ([], [], [], 7)
    assert counts() == before


def test_apply_updates_what_differs(sysadmin: User) -> None:
    importing.apply("a.xlsx", good(), by=None)
    people = [PEOPLE[1], ["张某某", "zhang", "", "", "", ""]]
    departments = [DEPARTMENTS[0], ["lat2", "立案庭", "", "", "", "9"]]
    outcome = importing.apply("a.xlsx", factories.workbook(a=departments, b=people), by=sysadmin)
    assert len(outcome.updates) == 2
    assert User.objects.get(username="zhang").name == "张某某"
    assert (Department.objects.get(code="lat2").name, Department.objects.get(code="lat2").order) == ("立案庭", 9)


def test_apply_each_administrator_does_the_own_part(sysadmin: User, secadmin: User) -> None:
    early = importing.rehearse("a.xlsx", good(), by=secadmin)
    assert {problem.column for problem in early.problems} == {"账号", "部门"}
    ours = importing.apply("a.xlsx", good(), by=sysadmin)
    assert (len(ours.creates), ours.left) == (4, 2)
    assert Membership.objects.filter(person__username="zhang").count() == 0
    theirs = importing.apply("a.xlsx", good(), by=secadmin)
    assert (len(theirs.creates), theirs.left, theirs.applied) == (3, 2, True)


def test_every_problem_at_once_with_row_and_column(sysadmin: User) -> None:
    departments = [
        DEPARTMENTS[0],
        ["a1", "甲", "nowhere", "", "", ""],
        ["a2", "乙", "a3", "", "", ""],
        ["a3", "丙", "a2", "", "", ""],
        ["a4", "丁", "gy", "公司", "", "x"],
        ["a5", "", "gy", "", "最高", ""],
        ["gy", "院", "", "部门", "", ""],
        ["a6", "戊", "gy", "", "最高", ""],
        ["a6", "戊", "gy", "", "", ""],
        ["立案", "己", "gy", "", "", ""],
    ]
    people = [
        PEOPLE[1],
        ["张某", "a b", "gy", "", "", ""],
        ["李某", "li", "nowhere", "整改办", "", ""],
        ["王某", "wang", "gy", "厨师", "nowhere", ""],
        ["赵某", "zhao", "gy", "系统管理员、整改办", "", ""],
        ["", "qian", "gy", "", "", ""],
        ["孙某", "zhao", "gy", "", "", ""],
    ]
    before = counts()
    outcome = importing.apply("a.xlsx", factories.workbook(部门=departments, 人员=people), by=None)
    found = {(problem.sheet, problem.row, problem.column) for problem in outcome.problems}
    assert found == {
        ("部门", 2, "上级"), ("部门", 3, "上级"), ("部门", 4, "上级"), ("部门", 5, "类别"), ("部门", 5, "排序"),
        ("部门", 6, "名称"), ("部门", 7, "类别"), ("部门", 8, "层级"), ("部门", 9, "代码"), ("部门", 10, "代码"),
        ("人员", 2, "账号"), ("人员", 3, "部门"), ("人员", 4, "邮箱"), ("人员", 4, "角色"), ("人员", 5, "角色"),
        ("人员", 6, "姓名"), ("人员", 7, "账号"),
    }  # fmt: skip
    assert not outcome.applied
    assert counts() == before


def test_too_many_new_accounts_are_refused(sysadmin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST_NEW_ACCOUNTS", 1)
    before = counts()
    with pytest.raises(Unreadable):
        importing.rehearse("a.xlsx", good(), by=None)
    assert counts() == before


def test_merged_cells_count_in_every_row(sysadmin: User) -> None:
    book = load_workbook(BytesIO(good()))
    book["人员"].merge_cells("C3:C4")
    file = BytesIO()
    book.save(file)
    importing.apply("a.xlsx", file.getvalue(), by=None)
    assert Membership.objects.get(person__username="li").department == factories.court()


def repacked(change: Callable[[str, bytes], bytes], **more: bytes) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(good())) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, change(part.filename, old.read(part)))
        for name, content in more.items():
            new.writestr(name, content)
    return file.getvalue()


def in_sheet(old: bytes, new: bytes) -> bytes:
    return repacked(lambda name, xml: xml.replace(old, new) if name == "xl/worksheets/sheet1.xml" else xml)


BAD_FILES: dict[str, Callable[[], bytes]] = {
    "text": lambda: b"name,account",
    "empty": lambda: b"",
    "ole": lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 100,
    "broken zip": lambda: b"PK\x03\x04" + b"\0" * 100,
    "other zip": lambda: zipped({"a.txt": b"a"}),
    "macros": lambda: repacked(lambda name, xml: xml, **{"xl/vbaProject.bin": b"x"}),
    "bomb": lambda: repacked(lambda name, xml: xml, **{"xl/media/a.bin": b"\0" * (51 * 1024 * 1024)}),
    "entities": lambda: in_sheet(b"<worksheet", b"<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet"),
    "merged plane": lambda: in_sheet(
        b"</sheetData>", b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    ),
    "linked plane": lambda: in_sheet(
        b"</sheetData>", b'</sheetData><hyperlinks><hyperlink ref="A1:XFD1048576" location="x"/></hyperlinks>'
    ),
    "far cell": lambda: in_sheet(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
    "many cells": lambda: in_sheet(b"</sheetData>", b"<row>" + b"<c/>" * 100_001 + b"</row></sheetData>"),
    "not xml": lambda: in_sheet(b"<sheetData>", b"<sheetData"),
    "no headings": lambda: factories.workbook(a=[["x", "y"]]),
    "too large": lambda: b"PK\x03\x04" + b"\0" * spreadsheets.MOST_BYTES,
}


def zipped(parts: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_gets_one_sentence(sysadmin: User, at_desk: Callable, name: str) -> None:
    content = BAD_FILES[name]()
    with pytest.raises(Unreadable) as refusal:
        importing.rehearse("a.xlsx", content, by=None)
    assert len(str(refusal.value).splitlines()) == 1
    answer = upload(at_desk(sysadmin), content)
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]


@pytest.mark.parametrize("name", ["a.xls", "a.xlsm", "a.csv", "a"])
def test_other_kinds_of_files_are_refused(name: str) -> None:
    with pytest.raises(Unreadable):
        spreadsheets.opened(name, good())


def upload(desk: object, content: bytes) -> object:
    return desk.post("/accounts/import/", {"file": SimpleUploadedFile("名单.xlsx", content)})


def test_people_import_page_rehearses_then_applies(
    sysadmin: User, at_desk: Callable, settings: object, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    desk = at_desk(sysadmin)
    rehearsed = upload(desk, good())
    assert len(rehearsed.context["outcome"].creates) == 4
    assert User.objects.count() == 1
    applied = desk.post("/accounts/import/", {"apply": "1"})
    assert sorted(username for username, password in applied.context["passwords"]) == ["li", "zhang"]
    assert User.objects.count() == 3
    assert desk.post("/accounts/import/", {"apply": "1"}).context["form"].errors
    assert list((tmp_path / "rehearsed").iterdir()) == []


def test_people_import_page_sweeps_what_others_left(
    sysadmin: User, at_desk: Callable, settings: object, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "rehearsed").mkdir()
    for name, age in (("old", 2), ("new", 0)):
        (tmp_path / "rehearsed" / name).write_bytes(b"x")
        os.utime(tmp_path / "rehearsed" / name, (time.time() - age * 86400,) * 2)
    upload(at_desk(sysadmin), good())
    left = {path.name for path in (tmp_path / "rehearsed").iterdir()}
    assert len(left) == 2
    assert "new" in left


def test_people_import_page_of_the_security_administrator(sysadmin: User, secadmin: User, at_desk: Callable) -> None:
    importing.apply("a.xlsx", good(), by=sysadmin)
    desk = at_desk(secadmin)
    upload(desk, good())
    assert desk.post("/accounts/import/", {"apply": "1"}).context["outcome"].applied
    assert User.objects.get(username="zhang").roles() == {"liaison", "head"}


def test_people_import_page_shows_problems(sysadmin: User, at_desk: Callable) -> None:
    people = [PEOPLE[1], ["张某", "a b", "gy", "", "", "<b>"]]
    desk = at_desk(sysadmin)
    page = upload(desk, factories.workbook(人员=people))
    assert [problem.row for problem in page.context["outcome"].problems] == [2]
    assert b'<b>"' not in page.content
    assert desk.post("/accounts/import/", {"apply": "1"}).context["outcome"].problems
    assert User.objects.count() == 1


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_exported_list_of_people_can_be_read_in_again(sysadmin: User, language: str) -> None:
    importing.apply("a.xlsx", good(), by=None)
    before = counts()
    with translation.override(language):
        content, rows = exporting.workbook("people", list(lists.PEOPLE), lists.people())
        outcome = importing.apply("people.xlsx", content, by=None)
    assert (rows, outcome.problems, outcome.creates, outcome.updates) == (User.objects.count(), [], [], [])
    assert (outcome.applied, counts()) == (True, before)


def test_a_role_with_its_place_needs_no_department_column(sysadmin: User) -> None:
    rows = [["姓名", "账号", "角色"], ["王某", "wang", "某中院 整改办；没有的庭 部门负责人"]]
    people.change_department(Department.objects.get(code="gy"), name="某中院", by=None)
    outcome = importing.rehearse("a.xlsx", factories.workbook(人员=rows), by=None)
    assert [(problem.column, problem.value) for problem in outcome.problems] == [("角色", rows[1][2])]
    assert any(line.startswith("wang ") and line.endswith("某中院") for line in outcome.creates)
