"""Supervision notices on the screen: the list, the draft out of a measure, the page, its steps, and my work."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent
from findings import morning
from findings.choices import NoticeColour, NoticeStatus
from findings.figures.sentences import day_words
from findings.models import SupervisionNotice
from findings.tests import factories
from findings.tests.factories import World, fresh, notice_at
from findings.tests.pages import get, queries, sheet_of
from findings.workflow import plan

pytestmark = pytest.mark.usefixtures("english")

S = NoticeStatus
LIST = "/campaigns/campaign-1/notices/"
NEW = f"{LIST}new/"
# The words of the paper: those that a notice goes by in practice, and on its page.
LABELS = ["督办对象", "颜色", "下发日期", "反馈期限", "轮次", "整改问题", "整改措施", "牵头领导", "整改时限",
          "督办内容", "签发人", "签收人", "反馈情况", "办结意见"]  # fmt: skip


@pytest.fixture
def go(world: World, client: Client) -> Callable[..., Any]:
    """Visit (no ``data``) or send something as somebody."""

    def ask(user: Any, path: str, data: dict | None = None) -> Any:
        client.force_login(user)
        return client.get(path) if data is None else client.post(path, data)

    return ask


def page_of(row: SupervisionNotice) -> str:
    return f"/notices/{row.pk}/"


def step_of(row: SupervisionNotice, name: str) -> str:
    return f"/notices/{row.pk}/steps/{name}/"


def numbers(response: Any) -> list[str]:
    return [row.short for row in response.context["page"]]


# --- The list ------------------------------------------------------------------------------------------------


def test_list_shows_who_asked_what_of_whom(world: World, client: Client) -> None:
    notice_at(S.ISSUED, world)
    notice_at(S.REPLIED, world, day=20, text="Speed up")

    response = get(client, world.office, LIST)
    text = response.content.decode()

    year = world.day(11).year
    assert numbers(response) == [f"〔{world.day(21).year}〕2", f"〔{year}〕1"]
    for words in ("Speed up", "Department a", "Draft a notice", "replied", "days overdue", "/campaigns/campaign-1/acc"):
        assert words in text
    assert [row["value"] for row in response.context["figures"]] == [1, 0, 1, 1, 0]


def test_list_by_filter(world: World, client: Client) -> None:
    for status, colour in ((S.DRAFT, "red"), (S.ISSUED, "red"), (S.RECEIVED, "yellow"), (S.WITHDRAWN, "red")):
        notice_at(status, world, colour=colour)

    def found(query: str) -> list[str]:
        return sorted(row.status for row in get(client, world.office, f"{LIST}?{query}").context["page"])

    assert found("") == ["draft", "issued", "received"]
    assert found("status=withdrawn") == ["withdrawn"]
    assert found("colour=yellow") == ["received"]
    assert found("colour=blue") == ["draft", "issued", "received"]  # no such light here: not understood
    assert found("department=a&status=issued") == ["issued"]
    assert found("late=1") == ["issued", "received"]
    assert "No notice fits these filters." in get(client, world.office, f"{LIST}?status=replied").content.decode()


def test_empty_list_says_why(world: World, client: Client) -> None:
    assert "No supervision notice has been issued." in get(client, world.office, LIST).content.decode()


def test_list_is_each_persons_own(world: World, client: Client) -> None:
    notice_at(S.ISSUED, world)
    notice_at(S.DRAFT, world)

    seen = {name: len(numbers(get(client, getattr(world, name), LIST))) for name in ("chief", "head_a", "head_b")}

    assert seen == {"chief": 2, "head_a": 1, "head_b": 0}
    assert "Draft a notice" not in get(client, world.head_a, LIST).content.decode()
    assert "/accountability/" not in get(client, world.head_a, LIST).content.decode()


@pytest.mark.parametrize(("name", "status"), [("stranger", 404), ("nobody", 403), ("auditor", 403)])
def test_list_of_another_court_is_not_there(world: World, client: Client, name: str, status: int) -> None:
    assert get(client, getattr(world, name), LIST).status_code == status
    assert client.post(LIST).status_code == 405


def test_list_as_the_supervision_ledger(world: World, client: Client) -> None:
    notice_at(S.CONCLUDED, world)
    notice_at(S.ISSUED, world)
    notice_at(S.DRAFT, world)

    response = get(client, world.office, f"{LIST}?format=xlsx&status=concluded")
    rows = sheet_of(response)

    head = next(n for n, row in enumerate(rows) if row[0] == "Number")
    assert [row[:5] for row in rows[head + 1 :] if row[4]] == [
        (f"〔{world.day(11).year}〕1", "red", "Department a", 1, "Hurry")
    ]
    assert AuditEvent.objects.filter(action="export", subject="notices campaign-1").count() == 1


def test_list_costs_the_same_for_few_and_many(world: World, client: Client) -> None:
    notice_at(S.ISSUED, world)
    few = queries(client, world.office, LIST)
    for status in (S.CONCLUDED, S.DRAFT):
        notice_at(status, world)

    assert queries(client, world.office, LIST) == few <= 15


# --- A new one -----------------------------------------------------------------------------------------------


def sent(response: Any, **changes: Any) -> dict[str, Any]:
    """What the form sends as it was opened."""
    form = response.context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value is not None} | changes


def late_measure(world: World) -> Any:
    return factories.make_measure(world, deadline=world.day(10))


def test_draft_is_filled_in_from_the_measure(world: World, go: Callable) -> None:
    row = late_measure(world)

    response = go(world.office, f"{NEW}?measure={row.pk}")
    form = response.context["form"]

    assert (form["measure"].value(), form["colour"].value()) == (row.number, NoticeColour.RED)
    assert form["department"].value() == world.a.pk
    assert "30 days overdue" in form["text"].value()
    answer = go(world.office, NEW, sent(response, department=world.a.pk))
    made = SupervisionNotice.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, page_of(made))
    assert (made.measure, made.department, made.status, made.number) == (row, world.a, S.DRAFT, None)


@pytest.mark.parametrize(
    "query", ["", "?measure=", "?measure=x", "?measure=99999", "?measure=9999999999999999999", "?measure=²"]
)
def test_draft_without_a_measure(world: World, go: Callable, query: str) -> None:
    response = go(world.office, NEW + query)

    assert (response.status_code, response.context["form"]["measure"].value()) == (200, None)


def test_draft_tells_of_an_open_notice_about_the_measure(world: World, go: Callable) -> None:
    notice_at(S.ISSUED, world)
    notice_at(S.CONCLUDED, world)

    response = go(world.office, f"{NEW}?measure={world.measures[0].pk}")

    assert [row.status for row in response.context["earlier"]] == [S.ISSUED]
    assert "About this measure there is already" in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"measure": 99}, "measure"), ({"text": " "}, "text"), ({"colour": "blue"}, "colour"),
        ({"due_on": "2020-01-01"}, "due_on"), ({"department": "x"}, "department"),
    ],
)  # fmt: skip
def test_draft_with_a_slip_keeps_what_was_typed(world: World, go: Callable, changes: dict, name: str) -> None:
    opened = go(world.office, NEW)

    answer = go(world.office, NEW, sent(opened, department=world.a.pk, text="My words") | changes)

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {name}
    assert not SupervisionNotice.objects.exists()


def test_draft_is_offered_departments_of_the_court(world: World, go: Callable) -> None:
    offered = go(world.office, NEW).context["form"].fields["department"].queryset

    assert list(offered) == [world.a, world.b]


@pytest.mark.parametrize(("name", "status"), [("chief", 403), ("head_a", 403), ("inspector", 403), ("stranger", 404)])
def test_only_the_office_opens_a_draft(world: World, go: Callable, name: str, status: int) -> None:
    assert go(getattr(world, name), NEW).status_code == status
    assert go(getattr(world, name), NEW, {}).status_code == status
    assert not SupervisionNotice.objects.exists()


def test_other_methods_are_refused(world: World, client: Client) -> None:
    client.force_login(world.office)
    assert [client.put(path).status_code for path in (NEW, page_of(notice_at(S.ISSUED, world)))] == [405, 405]


# --- The page ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(S))
def test_page_tells_what_it_waits_for_and_what_happened(world: World, go: Callable, status: str) -> None:
    row = notice_at(status, world)
    response = go(world.office, page_of(row))

    assert response.context["outlook"] in response.content.decode()
    assert "Hurry" in response.content.decode()
    assert [moment.sentence for moment in response.context["moments"]] == {
        S.DRAFT: ["drafted the notice"],
        S.WITHDRAWN: ["gave the draft up", "drafted the notice"],
    }.get(status, [
        "concluded the notice", "replied", "confirmed receipt", "issued the notice", "drafted the notice",
    ][{S.CONCLUDED: 0, S.REPLIED: 1, S.RECEIVED: 2, S.ISSUED: 3}.get(status, 0):])  # fmt: skip


def test_department_reads_from_the_issue_on(world: World, go: Callable) -> None:
    """What the draft said before is the office's own."""
    row = notice_at(S.DRAFT, world, text="Harsh words")
    go(world.office, step_of(row, "edit"), sent(go(world.office, step_of(row, "edit")), department=world.a.pk,
       text="Kind words", due_on=world.day(60).isoformat()))  # fmt: skip
    go(world.office, step_of(row, "issue"), {"version": fresh(row).version})

    page, office = go(world.head_a, page_of(row)), go(world.office, page_of(row))

    assert [moment.sentence for moment in page.context["moments"]] == ["issued the notice"]
    assert "Harsh words" not in page.content.decode()
    assert "Harsh words" in office.content.decode()


@pytest.mark.parametrize("name", ["stranger", "head_b", "nobody", "auditor"])
def test_notice_out_of_sight_is_not_there(world: World, go: Callable, name: str) -> None:
    row = notice_at(S.ISSUED, world)

    for path in (page_of(row), step_of(row, "receive")):
        assert go(getattr(world, name), path).status_code == 404
    assert go(getattr(world, name), step_of(row, "receive"), {}).status_code == 404


def test_draft_is_not_there_for_its_department(world: World, go: Callable) -> None:
    assert go(world.head_a, page_of(notice_at(S.DRAFT, world))).status_code == 404


def test_page_is_red_only_where_the_reply_is_late(world: World, go: Callable) -> None:
    late, done = notice_at(S.ISSUED, world), notice_at(S.CONCLUDED, world)

    assert "Reply late:" in go(world.head_a, page_of(late)).content.decode()
    assert "is-alarm" not in go(world.head_a, page_of(done)).content.decode()


def test_page_leads_to_the_one_paper_form(world: World, go: Callable) -> None:
    row = notice_at(S.CONCLUDED, world)

    text = go(world.office, page_of(row)).content.decode()
    paper = go(world.office, f"/notices/{row.pk}/word/?format=page").content.decode()

    for address in (f"/notices/{row.pk}/word/", f"/notices/{row.pk}/word/?format=page"):
        assert f'href="{address}"' in text
    assert [word for word in ("data-print", "印发人", "notice-sheet") if word in text] == []
    assert [label for label in LABELS if f">{label}</p>" not in paper] == []
    assert [word for word in (str(world.campaign), str(row.measure.issue), "Done by Friday", "Good", str(world.office))
            if word not in paper] == []  # fmt: skip


def test_notice_without_a_measure_has_a_page(world: World, go: Callable) -> None:
    row = notice_at(S.ISSUED, world, measure=None)

    assert go(world.head_a, page_of(row)).status_code == 200
    assert row.text in go(world.head_a, step_of(row, "receive")).content.decode()


def test_page_costs_the_same_whatever_else_there_is(world: World, client: Client) -> None:
    row = notice_at(S.CONCLUDED, world)
    few = queries(client, world.office, page_of(row))
    for _n in range(3):
        notice_at(S.ISSUED, world)

    assert queries(client, world.office, page_of(row)) == few <= 12


# --- Steps ---------------------------------------------------------------------------------------------------


def test_notice_goes_its_way_in_the_browser(world: World, go: Callable) -> None:
    row = notice_at(S.DRAFT, world, due_on=world.day(60))
    for user, name, data in (
        (world.office, "issue", {"note": "Third delay"}),
        (world.liaison_a, "receive", {}),
        (world.head_a, "reply", {"reply": "By Friday"}),
        (world.office, "return_reply", {"note": "Which?", "due_on": world.day(70).isoformat()}),
        (world.head_a, "reply", {"reply": "5 December"}),
        (world.office, "conclude", {"conclusion": "Good"}),
    ):
        form = go(user, step_of(row, name)).context["form"]
        version = {"version": form["version"].value()} if "version" in form.fields else {}
        answer = go(user, step_of(row, name), data | version)
        assert (answer.status_code, answer["Location"]) == (302, page_of(row)), name

    row = fresh(row)
    assert (row.status, row.reply, row.conclusion, row.due_on) == (S.CONCLUDED, "5 December", "Good", world.day(70))
    sentences = [moment.sentence for moment in go(world.office, page_of(row)).context["moments"]]
    assert sentences[1:4] == ["replied", "returned the reply", "replied"]


def test_reply_form_shows_what_came_back(world: World, go: Callable) -> None:
    row = notice_at(S.REPLIED, world)
    go(world.office, step_of(row, "return_reply"), {"note": "Which Friday?"})

    text = go(world.head_a, step_of(row, "reply")).content.decode()

    assert "Which Friday?" in text
    assert text.count("Done by Friday") == 2  # above the form, and in it to be improved


def test_second_editor_of_a_draft_sees_both_texts(world: World, go: Callable) -> None:
    row = notice_at(S.DRAFT, world, due_on=world.day(60))
    opened = sent(go(world.office, step_of(row, "edit")), department=world.a.pk, due_on=world.day(60).isoformat())
    go(world.office, step_of(row, "edit"), opened | {"text": "Theirs"})

    answer = go(world.office, step_of(row, "edit"), opened | {"text": "Mine"})

    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs" in text
    assert "Mine" in text
    assert [row["label"] for row in answer.context["form"].differences] == ["what is asked"]


def test_step_refused_says_why(world: World, go: Callable) -> None:
    row = notice_at(S.ISSUED, world)

    assert "to which the notice is addressed" in go(world.office, step_of(row, "receive")).content.decode()
    assert go(world.office, step_of(row, "no-such")).status_code == 404


def test_closed_campaign_offers_no_draft(world: World, go: Callable) -> None:
    plan.close_campaign(world.campaign, on=world.day(30), by=world.office, at=world.at(30))

    assert "Draft a notice" not in go(world.office, LIST).content.decode()
    assert go(world.office, NEW).status_code == 403


# --- Elsewhere -----------------------------------------------------------------------------------------------


def test_measure_shows_its_notices_and_the_ladder(world: World, go: Callable) -> None:
    row = late_measure(world)
    notice = notice_at(S.ISSUED, world, measure=row)

    text = go(world.office, f"/measures/{row.pk}/").content.decode()

    assert page_of(notice) in text
    assert f"/campaigns/campaign-1/notices/new/?measure={row.pk}" in text
    assert 'id="ladder"' in text
    assert "lead leader was to be told on" in text
    assert " told on " not in text.replace("to be told on", "")
    assert "/notices/new/" not in go(world.head_a, f"/measures/{row.pk}/").content.decode()
    assert 'id="ladder"' not in go(world.office, f"/measures/{world.measures[0].pk}/").content.decode()


def test_measure_says_who_was_told_once_the_message_is_written(world: World, go: Callable) -> None:
    row, on = late_measure(world), world.day(40)
    while on.weekday() > 4:
        on -= timedelta(days=1)
    morning.remind(on)

    text = go(world.office, f"/measures/{row.pk}/").content.decode()

    assert f"lead leader told on {day_words(on, on.year)}" in text
    assert "not told yet" not in text


def test_dashboard_counts_notices(world: World, go: Callable) -> None:
    notice_at(S.ISSUED, world)

    text = go(world.office, "/dashboard/").content.decode()
    past = go(world.office, f"/dashboard/?on={world.day(12)}").content.decode()

    assert f'class="alarm" href="{LIST}?late=1">1</a>' in text
    assert f"{LIST}?late=1" not in past


def work_of(world: World, go: Callable, name: str) -> list[tuple[str, str]]:
    """What waits for somebody: the heading and the first act of each row about a notice."""
    groups = go(getattr(world, name), "/").context["groups"]
    return [(kind, row.acts[0][0]) for kind, _title, _n, rows in groups for row in rows if row.notice]


def test_my_work_asks_each_for_the_own_part(world: World, go: Callable) -> None:
    ahead = world.day(60)
    for status in (S.DRAFT, S.ISSUED, S.RECEIVED, S.REPLIED, S.CONCLUDED):
        notice_at(status, world, due_on=ahead)
    late = notice_at(S.ISSUED, world)

    assert work_of(world, go, "head_a") == [
        ("late_replies", "Confirm receipt"), ("notices", "Confirm receipt"), ("notices", "Reply to the notice"),
    ]  # fmt: skip
    assert work_of(world, go, "liaison_a") == [("late_replies", "Confirm receipt"), ("notices", "Confirm receipt")]
    assert work_of(world, go, "office") == [("notices", "Conclude")]
    assert work_of(world, go, "head_b") == []
    text = go(world.head_a, "/").content.decode()
    assert page_of(late) in text
    assert "</a> reply late" in text


def test_my_work_shows_a_returned_reply_as_returned(world: World, go: Callable) -> None:
    row = notice_at(S.REPLIED, world, measure=None)
    go(world.office, step_of(row, "return_reply"), {"note": "Which Friday?"})

    assert work_of(world, go, "head_a") == [("returned", "Reply to the notice")]
    assert "Which Friday?" in go(world.head_a, "/").content.decode()
    assert row.text in [cell for line in sheet_of(go(world.head_a, "/?format=xlsx")) for cell in line]


def test_file_holds_the_drafts_that_the_list_shows(world: World, client: Client) -> None:
    issued, draft = notice_at(S.ISSUED, world), notice_at(S.DRAFT, world)
    notice_at(S.WITHDRAWN, world)

    def rows(user: object) -> list[tuple]:
        found = sheet_of(get(client, user, f"{LIST}?format=xlsx"))
        head = next(n for n, row in enumerate(found) if row[0] == "Number")
        return [(row[0], row[7]) for row in found[head + 1 :]]

    assert rows(world.office) == [(issued.short, "issued"), (draft.short, "draft")]
    assert rows(world.head_a) == [(issued.short, "issued")]
    assert "format=xlsx" not in get(client, world.office, f"{LIST}?status=withdrawn").content.decode()
