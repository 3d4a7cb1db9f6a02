"""Every form about a stored row: the second of two editors is answered 409 with both texts, and nothing is lost.

The forms are found, not listed: one that is in neither table here fails the first test.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.forms.forms import BaseForm
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.tracked import Tracked
from accounts.versioned import VersionedForm
from findings.choices import MeasureStatus
from findings.models import Accountability
from findings.tests import factories
from findings.tests.factories import World
from findings.tests.pages import filled, get
from findings.tests.test_pages_lookback import draw, record
from findings.workflow import bulletin, plan, saved

pytestmark = pytest.mark.usefixtures("english")


@dataclass(frozen=True)
class Case:
    """Somebody's form: its address, and the field in which two editors differ.

    ``more`` is what the form does not offer filled in; ``ends``: the first editor's act ends the step.
    """

    who: str
    path: Callable[[World], str]
    name: str
    theirs: str = "Words of theirs"
    mine: str = "Words of mine"
    more: dict[str, str] = field(default_factory=dict)
    ends: bool = False


def _step(kind: str, row: Any, name: str) -> str:
    return f"/{kind}/{row.pk}/steps/{name}/"


def _rule(world: World, name: str) -> str:
    return _step("documents", factories.papers(world, world.measures[0])["RuleDocument"], name)


def _accountability(world: World) -> str:
    row = factories.hang_all(world, world.measures[0])["Accountability"]
    assert isinstance(row, Accountability)
    return reverse("accountability_edit", args=[row.pk])


def _round(world: World, *, made: bool = False) -> Any:
    for row in world.measures[:2]:
        factories.measure_at(MeasureStatus.CLOSED, world, row=row)
    found = draw(world)
    for recheck in found.rechecks.all() if made else ():
        record(recheck, world)
    return found


def _sheet(world: World) -> str:
    return _step("rechecks", _round(world).rechecks.order_by("pk")[0], "record")


def _sentence(world: World, name: str) -> str:
    report = bulletin.draft_report(world.campaign, kind="bulletin", on=world.day(30), by=world.office, at=world.at(31))
    return _step("sentences", report.sentences.order_by("order")[0], name)


def _made(world: World) -> str:
    return _step("rechecks", _round(world, made=True).rechecks.order_by("pk")[0], "correct")


def _recommendation(world: World) -> str:
    row = plan.add_recommendation(world.campaign, by=world.office, answers=[], number=1, title="Advice", at=world.at(1))
    return reverse("issue_edit", args=[row.pk])


def _view(world: World) -> str:
    row = saved.save_view(world.campaign, "ledger", by=world.office, name="Late ones", query="", columns=[])
    return reverse("view_edit", args=[row.pk])


CASES: dict[str, Case] = {
    "accounts.forms.AccountForm": Case("sysadmin", lambda w: reverse("account_edit", args=[w.head_a.pk]), "name"),
    "accounts.forms.DepartmentForm": Case("sysadmin", lambda w: reverse("department_edit", args=[w.a.pk]), "name"),
    "accounts.forms.NameForm": Case("sysadmin", lambda w: reverse("name_edit", args=["RoleCode.head"]), "zh"),
    "findings.forms.accountability.AccountabilityForm": Case(
        "office", _accountability, "reason", more={"note": "A slip of the pen"}
    ),
    "findings.forms.bulletin.SentenceForm": Case("office", lambda w: _sentence(w, "edit"), "text"),
    "findings.forms.bulletin.WithholdForm": Case("office", lambda w: _sentence(w, "withhold"), "why"),
    "findings.forms.lookback.ConclusionForm": Case(
        "office", lambda w: _step("lookbacks", _round(w, made=True), "conclude"), "conclusion", ends=True
    ),
    "findings.forms.lookback.SheetForm": Case(
        "office", _sheet, "finding", more={"answer_1": "yes", "answer_2": "no", "verdict": "held"}, ends=True
    ),
    "findings.forms.lookback.CorrectionForm": Case("office", _made, "finding", more={"note": "Wrong sheet"}),
    "findings.forms.notice.NoticeForm": Case(
        "office", lambda w: _step("notices", factories.notice_at("draft", w, day=39), "edit"), "text"
    ),
    "findings.forms.notice.ReplyForm": Case(
        "head_a", lambda w: _step("notices", factories.notice_at("received", w), "reply"), "reply", ends=True
    ),
    "findings.forms.notice.ConclusionForm": Case(
        "office", lambda w: _step("notices", factories.notice_at("replied", w), "conclude"), "conclusion", ends=True
    ),
    "findings.forms.paper.DocumentForm": Case("office", lambda w: _rule(w, "edit"), "title", more={"note": "Slip"}),
    "findings.forms.paper.RepealForm": Case(
        "office", lambda w: _rule(w, "repeal"), "on", "2099-01-01", "2099-02-02", more={"note": "Replaced"}
    ),
    "findings.forms.paper.UseCheckForm": Case("office", lambda w: _rule(w, "check"), "finding"),
    "findings.forms.paper.MeetingForm": Case(
        "office", lambda w: reverse("meeting_edit", args=[factories.papers(w, w.measures[0])["Meeting"].pk]), "title",
        more={"note": "Slip"},
    ),
    "findings.forms.plan.CampaignForm": Case(
        "office", lambda w: reverse("campaign_edit", args=[w.campaign.slug]), "title"
    ),
    "findings.forms.plan.AreaForm": Case("office", lambda w: reverse("area_edit", args=[w.areas[0].pk]), "title"),
    "findings.forms.plan.IssueForm": Case("office", lambda w: reverse("issue_edit", args=[w.issues[0].pk]), "title"),
    "findings.forms.plan.RecommendationForm": Case("office", _recommendation, "title"),
    "findings.forms.plan_rows.AmendForm": Case("office", lambda w: _step("measures", w.measures[0], "amend"), "text"),
    "findings.forms.progress.ProgressForm": Case(
        "head_a", lambda w: _step("measures", w.measures[0], "fill_progress"), "done",
        more={"percent": "30", "act": "draft"},
    ),
    "findings.forms.saved.ViewForm": Case("office", _view, "name"),
}  # fmt: skip
# Forms with a version whose second editor is shown where the form is tested.
SHOWN_ELSEWHERE = {
    "findings.forms.approval.ReadNoteForm",  # about the words that were read: test_pages_steps
    "findings.forms.approval.ReadReasonForm",
    "findings.forms.calendar.NoticeOfYearForm",  # a year as a whole: test_pages_calendar
    "findings.forms.bulletin.AsReadForm",  # holds no words of its own: test_pages_bulletin
    "findings.forms.notice.IssueForm",  # issues the draft that was read: test_pages_notice
    "findings.forms.reminders.PreferenceForm",  # everybody's own
    "findings.forms.reminders.RuleForm",  # made and ended, see the tests of the reminders
}
# Forms that overwrite nothing: they make a new row, filter a list, or do an act that its step refuses the second time.
NEW_ROW = {
    "accounts.forms.GrantForm", "accounts.forms.ImportForm", "accounts.forms.NewAccountForm",
    "accounts.forms.NewDepartmentForm", "findings.forms.approval.ExtensionForm", "findings.forms.draft.KeepForm",
    "findings.forms.draft.TextForm", "findings.forms.evidence.EvidenceForm", "findings.forms.evidence.RevisionForm",
    "findings.forms.evidence.ShareForm", "findings.forms.ledger_import.UploadForm", "findings.forms.lookback.DrawForm",
    "findings.forms.bulletin.WordsForm",
    "findings.forms.lookback.RecheckForm", "findings.forms.lookback.VerdictForm", "findings.forms.paper.DecisionForm",
    "findings.forms.plan_rows.PasteForm", "findings.forms.plan_rows.RowForm",
    "findings.forms.saved.NewViewForm",
}  # fmt: skip
FILTERS = {
    "accounts.forms.DepartmentFilter", "accounts.forms.GrantFilter", "accounts.forms.LogFilter",
    "accounts.forms.PeopleFilter", "findings.forms.ledger.DayForm", "findings.forms.ledger.LedgerFilterForm",
    "findings.forms.reminders.MessageFilterForm", "findings.forms.reminders.PreviewForm",
}  # fmt: skip
ACTS = {
    "accounts.forms.ActiveForm", "accounts.forms.LanguageForm", "accounts.forms.NoteForm",
    "accounts.forms.OwnPasswordForm", "accounts.forms.SignInForm",
    "findings.forms.approval.NoteForm", "findings.forms.approval.ReasonForm",
    "findings.forms.notice.ReturnReplyForm", "findings.forms.plan.DayForm", "findings.forms.plan_rows.MergeForm",
    "findings.forms.plan_rows.SplitForm",
    "findings.forms.saved.ColumnsForm",  # everybody's own
    # Each ticked row carries its own version.
    "findings.forms.plan_rows.OwnersForm", "findings.forms.plan_rows.RowsNoteForm",
    # Each row of the file carries the version that it was exported with.
    "findings.forms.ledger_import.ApplyForm",
}  # fmt: skip
# What others are made of.
PARTS = {
    "accounts.forms._AccountFields", "accounts.forms._DepartmentFields", "findings.forms.approval.ReadForm",
    "findings.forms.evidence.EvidenceFields",
    "findings.forms.notice.OwnMeasureForm", "findings.forms.plan.PlanForm", "findings.forms.plan_rows.OwnersMixin",
    "findings.forms.saved._ViewFields",
}  # fmt: skip


def forms_of(base: type) -> Iterator[str]:
    for form in base.__subclasses__():
        if form.__module__.startswith(("accounts.forms", "findings.forms")) and form.__module__ != __name__:
            yield f"{form.__module__}.{form.__qualname__}"
        yield from forms_of(form)


def test_every_form_is_known() -> None:
    assert get_resolver().url_patterns  # all views, and with them all forms, are loaded
    versioned, found = set(forms_of(VersionedForm)), set(forms_of(BaseForm))

    assert versioned - PARTS == {*CASES} | SHOWN_ELSEWHERE
    assert found - versioned - PARTS == NEW_ROW | FILTERS | ACTS


@pytest.mark.parametrize("form", CASES)
def test_second_editor_sees_both_texts_and_overwrites_nothing(world: World, client: Client, form: str) -> None:
    case = CASES[form]
    path, user = case.path(world), getattr(world, case.who)
    opened = filled(get(client, user, path))
    assert client.post(path, opened | case.more | {case.name: case.theirs}).status_code == 302
    before = counted()

    stale = client.post(path, opened | case.more | {case.name: case.mine})

    page = stale.content.decode()
    assert stale.status_code == 409
    assert (case.theirs in page, case.mine in page) == (True, True)
    assert 'class="beside"' in page
    assert counted() == before
    fragment = client.post(path, opened | case.more | {case.name: case.mine}, headers={"HX-Request": "true"})
    assert fragment.status_code == 409

    again = client.post(path, filled(stale) | case.more | {case.name: case.mine})
    assert again.status_code == (422 if case.ends else 302)
    assert counted() == before + (not case.ends)


def counted() -> int:
    """How many versions of rows are on record."""
    kinds = [kind for kind in Tracked.__subclasses__() if not kind._meta.abstract]
    return sum(kind.history.count() for kind in kinds) + factories.User.history.count()


@pytest.mark.parametrize("form", CASES)
def test_form_without_a_version_saves_nothing(world: World, client: Client, form: str) -> None:
    """Leaving the version out is no way around."""
    case = CASES[form]
    path, user = case.path(world), getattr(world, case.who)
    opened = filled(get(client, user, path)) | case.more | {case.name: case.mine}
    del opened["version"]
    before = counted()

    assert client.post(path, opened).status_code == 422
    assert counted() == before
