"""Ledgers that come in as workbooks: kept, carried out as one request through the verbs of the plan, or dropped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from accounts.models import Department, User
from accounts.tracked import StaleRow, create, locked, store
from findings.choices import ImportState, IssueKind
from findings.models import Area, Campaign, Issue, LedgerImport, Measure, RuleDocument
from findings.workflow import amend, document, plan
from findings.workflow.sound import check_measure, next_number
from findings.workflow.step import Act, Denied, acting, demand_office, reason_given

AREA, ISSUE, MEASURE, DOCUMENT = "area", "issue", "measure", "document"


@dataclass(frozen=True)
class RowChange:
    """One record that an import makes (``pk`` None) or changes, at the version that was compared.

    ``values`` are the fields of its verb; people, departments and measures stand by their primary keys, the area of
    a new issue and the issue of a new measure by their numbers. ``label`` names the row in a refusal.
    """

    record: str
    label: str
    pk: int | None = None
    version: int | None = None
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> int:
        """The id of a record that is there already."""
        assert self.pk is not None, "a new record has none yet"
        return self.pk


def keep_import(
    campaign: Campaign, *, content: bytes, filename: str, sha256: str, kind: str = "", by: User,
    at: datetime | None = None,
) -> LedgerImport:  # fmt: skip
    """Keep an uploaded workbook under the campaign's next request number. Raises Denied."""
    with acting(by, "", at) as act:
        campaign = locked(campaign)
        demand_office(act, campaign.court_id)
        number = next_number(campaign.imports)
        return create(
            LedgerImport, by=by, at=act.at, campaign=campaign, number=number, kind=kind, filename=filename,
            sha256=sha256, uploaded_by=by, file=ContentFile(content, name="ledger.xlsx"),
        )  # fmt: skip


def apply_import(
    row: LedgerImport, changes: Sequence[RowChange], *, kind: str, by: User, note: str,
    decisions: dict[str, dict[str, Any]] | None = None, at: datetime | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> LedgerImport:  # fmt: skip
    """Carry all the changes out, or none: one reason and one request number on the record of every row.

    ``progress`` is told how many changes were made, and of how many. Raises Denied, naming the row that a verb
    refuses or that somebody has changed since it was compared.
    """
    with acting(by, note, at) as act:
        row = locked(row)
        demand_office(act, row.campaign.court_id)
        _demand_open(row)
        reason_given(act)
        reason = _("%(reason)s (import no. %(number)s)") % {"reason": act.note, "number": row.number}
        desk = _Desk(row.campaign, Act(by=by, note=reason, at=act.at))
        for done, change in enumerate(changes, start=1):
            desk.carry(change)
            progress(done, len(changes))
        row.state, row.applied_at, row.kind = ImportState.APPLIED, act.at, kind
        row.reason, row.decisions, row.rows = act.note, decisions or {}, sorted(desk.rows)
        store(row, by=by, note=act.note, at=act.at)
        return row


def drop_import(row: LedgerImport, *, by: User, note: str = "", at: datetime | None = None) -> LedgerImport:
    """Give a rehearsed import up; the file stays on record. A note says what was wrong with it, "" nothing."""
    with acting(by, note, at) as act:
        row = locked(row)
        demand_office(act, row.campaign.court_id)
        _demand_open(row)
        row.state, row.reason = ImportState.DROPPED, act.note
        store(row, by=by, note=act.note, at=act.at)
        return row


def day_refusal(campaign: Campaign, field: str, day: date | None) -> str:
    """ "" where a measure of the campaign may bear the day, else the sentence of its verb."""
    try:
        check_measure(Measure(campaign=campaign, **{field: day}), {field})
    except Denied as error:
        return str(error)
    return ""


def _demand_open(row: LedgerImport) -> None:
    if row.state != ImportState.REHEARSED:
        raise Denied(_("This import was applied or dropped already."))


class _Desk:
    """Carries changes out one by one, with what they point at read once. ``rows`` are the ids of what was written."""

    def __init__(self, campaign: Campaign, act: Act) -> None:
        self.campaign, self.act = campaign, act
        self.rows: set[int] = set()
        self.areas = {area.number: area for area in Area.objects.filter(campaign=campaign)}
        findings = Issue.objects.filter(campaign=campaign, kind=IssueKind.FINDING)
        self.issues = {issue.number: issue for issue in findings}
        self.people: dict[int, User] = {}
        self.departments = {row.pk: row for row in Department.objects.select_related("court")}

    def carry(self, change: RowChange) -> None:
        words = {"row": change.label}
        values = {name: self._value(name, value) for name, value in change.values.items()}
        verb = _MAKE if change.pk is None else _CHANGE
        try:
            verb[change.record](self, change, values)
        except Denied as error:
            raise Denied(f"{change.label}: {error}") from error
        except StaleRow as error:
            raise Denied(_("%(row)s was changed meanwhile; rehearse the import again.") % words) from error

    def given(self, **more: Any) -> dict[str, Any]:
        return {"by": self.act.by, "note": self.act.note, "at": self.act.at, **more}

    def _value(self, name: str, value: Any) -> Any:
        if name in ("lead_department", "department"):
            return self.departments.get(value)
        if name == "assisting":
            return [self.departments[pk] for pk in value]
        if name == "lead_leader" and value is not None:
            if value not in self.people:
                self.people[value] = User.objects.get(pk=value)
            return self.people[value]
        if name in ("serves", "answers"):
            return list(Measure.objects.filter(pk__in=value))
        if name == "area":
            return self.areas[value]
        return self.issues[value] if name == "issue" else value

    def _touch_issue(self, issue_id: int) -> None:
        self.rows |= set(Measure.objects.filter(issue_id=issue_id).order_by().values_list("pk", flat=True))

    def add_area(self, change: RowChange, values: dict[str, Any]) -> None:
        area = plan.add_area(self.campaign, **self.given(**values))
        self.areas[area.number] = area

    def edit_area(self, change: RowChange, values: dict[str, Any]) -> None:
        plan.edit_area(Area.objects.get(pk=change.key), **self.given(version=change.version, **values))
        measures = Measure.objects.filter(issue__area_id=change.key).order_by()
        self.rows |= set(measures.values_list("pk", flat=True))

    def add_issue(self, change: RowChange, values: dict[str, Any]) -> None:
        if values.pop("kind", IssueKind.FINDING) == IssueKind.RECOMMENDATION:
            plan.add_recommendation(self.campaign, **self.given(answers=values.pop("answers", []), **values))
            return
        issue = plan.add_issue(values.pop("area"), **self.given(**values))
        self.issues[issue.number] = issue

    def edit_issue(self, change: RowChange, values: dict[str, Any]) -> None:
        issue = Issue.objects.get(pk=change.key)
        verb = plan.edit_issue if issue.kind == IssueKind.FINDING else plan.edit_recommendation
        verb(issue, **self.given(version=change.version, **values))
        self._touch_issue(issue.pk)

    def add_measure(self, change: RowChange, values: dict[str, Any]) -> None:
        assisting = values.pop("assisting", [])
        measure = plan.add_measure(values.pop("issue"), assisting=assisting, **self.given(**values))
        self.rows.add(measure.pk)

    def edit_measure(self, change: RowChange, values: dict[str, Any]) -> None:
        amend.amend_measure(Measure(pk=change.key), **self.given(version=change.version, **values))
        self.rows.add(change.key)

    def add_document(self, change: RowChange, values: dict[str, Any]) -> None:
        serves = values.pop("serves", [])
        self.rows.add(document.record_document(self.campaign, serves=serves, **self.given(**values)).pk)

    def edit_document(self, change: RowChange, values: dict[str, Any]) -> None:
        row = RuleDocument.objects.select_related("campaign").get(pk=change.key)
        self.rows.add(document.edit_document(row, **self.given(version=change.version, **values)).pk)


_MAKE = {AREA: _Desk.add_area, ISSUE: _Desk.add_issue, MEASURE: _Desk.add_measure, DOCUMENT: _Desk.add_document}
_CHANGE = {AREA: _Desk.edit_area, ISSUE: _Desk.edit_issue, MEASURE: _Desk.edit_measure, DOCUMENT: _Desk.edit_document}
