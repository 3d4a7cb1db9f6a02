"""Lines without a record: new measures, issues, areas and documents, under homes that may be new as well."""

from typing import Any

from django.utils.translation import gettext as _

from findings.choices import IssueKind, MeasureStatus
from findings.documents.columns import Column
from findings.documents.importer.facts import Facts
from findings.documents.importer.headings import folded
from findings.documents.importer.identity import label_of
from findings.documents.importer.parsing import Read, Unclear
from findings.documents.importer.plan import Diff, Draft, Plan
from findings.documents.importer.reading import Found, Line
from findings.documents.importer.values import fields_of
from findings.workflow.importing import AREA, DOCUMENT, ISSUE, MEASURE

NEEDED = {
    MEASURE: ("text",),
    ISSUE: ("title",),
    DOCUMENT: ("title", "kind", "action", "issued_on", "department"),
}


class NewRows:
    """Drafts of what the file adds. ``homes`` are the new areas and issues that measures stand under."""

    def __init__(self, found: Found, facts: Facts, plan: Plan) -> None:
        self.found, self.facts, self.plan = found, facts, plan
        self.columns = {column.name: column for column in facts.kind.columns}
        self.homes: list[Draft] = []
        self.areas = {folded(area.title): number for number, area in facts.areas.items()}
        self.area_titles = {number: area.title for number, area in facts.areas.items()}
        self.issues = {folded(issue.title): number for number, issue in facts.issues.items()}
        self.issue_titles = {number: issue.title for number, issue in facts.issues.items()}
        self.last = {
            MEASURE: max([0, *facts.measures, *facts.retired, *_numbers(found)]),
            ISSUE: max([0, *facts.issues]),
            AREA: max([0, *facts.areas]),
        }
        # What stood in the row above, for cells that were merged and are blank below.
        self.above: dict[str, Any] = {}

    def take(self, line: Line, number: int | None, reads: dict[str, Read]) -> None:
        """Draft the line's record; its problems are told."""
        if self.facts.kind.code == "responsibility":
            words = _("A new measure comes in with the ledger or the list of tasks, which know its issue.")
            self._problem(line, "number", words)
            return
        by_name = {name: read.value for name, read in reads.items()}
        before = len(self.plan.problems)
        draft = Draft(self.facts.record, "", line.sheet, line.number)
        try:
            self._place(line, number, by_name, draft)
        except Unclear as error:
            place = "issue_number" if "issue_number" in line.heads.places else "issue"
            self._problem(line, place if self.facts.record == MEASURE else "area", str(error))
        for name, read in reads.items():
            self._fill(line, self.columns[name], read, draft)
        for name in NEEDED[self.facts.record]:
            if name not in draft.values and name not in line.faults and len(self.plan.problems) == before:
                self._problem(line, name, _("This must not be empty."))
        self._check(line, draft, by_name)
        if len(self.plan.problems) == before:
            self.plan.creates.append(draft)

    def _fill(self, line: Line, column: Column, read: Read, draft: Draft) -> None:
        record = column.writes.partition(".")[0]
        if record != draft.record or read.value in (None, "", False) or column.writes == "issue.area":
            return
        if column.name == "numbers" and draft.values.get("kind") != IssueKind.RECOMMENDATION:
            return
        try:
            fields, words = fields_of(self.facts, line, column, read)
        except Unclear as error:
            self._problem(line, column.name, str(error))
            return
        draft.values |= fields
        draft.diffs.append(Diff(column.name, str(column.heading), "", words))

    def _place(self, line: Line, number: int | None, cells: dict[str, Any], draft: Draft) -> None:
        """Number the record and find its home. Raises Unclear."""
        if draft.record == MEASURE:
            draft.values["issue"] = self._issue_of(line, cells)
            draft.values["number"] = number or self._next(MEASURE)
        elif draft.record == ISSUE:
            self._place_issue(number, cells, draft)
        title = str(cells.get("title") or "")
        draft.label = title if draft.record == DOCUMENT else label_of(
            self.facts, draft.values["number"], draft.values.get("kind", "")
        )  # fmt: skip

    def _place_issue(self, number: int | None, cells: dict[str, Any], draft: Draft) -> None:
        if cells.get("kind") == IssueKind.RECOMMENDATION:
            last = self.facts.last_issue.get(IssueKind.RECOMMENDATION, 0) + 1
            draft.values |= {"kind": IssueKind.RECOMMENDATION.value, "number": number or last}
            self.facts.last_issue[IssueKind.RECOMMENDATION] = draft.values["number"]
            return
        draft.values["number"] = number or self._next(ISSUE)
        self.last[ISSUE] = max(self.last[ISSUE], draft.values["number"])
        draft.values["area"] = self._area_of(None, str(cells.get("area") or ""), draft)

    def _issue_of(self, line: Line, cells: dict[str, Any]) -> int:
        """The number of the measure's issue, which may be new. Raises Unclear."""
        names = ("area_number", "area", "issue_number", "issue")
        if all(cells.get(name) in (None, "") for name in names):
            cells = {name: self.above.get(name) for name in names}
        if all(cells.get(name) in (None, "") for name in names[:2]):
            cells = cells | {name: self.above.get(name) for name in names[:2]}
        self.above = {name: cells.get(name) for name in names}
        number, title = cells.get("issue_number"), str(cells.get("issue") or "")
        if number is None and not title:
            raise Unclear(_("Write the number of the issue that the measure answers."))
        if number is None:
            number = self.issues.get(folded(title))
        if number is None:
            number = self._next(ISSUE)
        if number not in self.issue_titles:
            self._new_issue(line, number, title, cells)
        return number

    def _new_issue(self, line: Line, number: int, title: str, cells: dict[str, Any]) -> None:
        if not title:
            raise Unclear(_("The campaign has no issue %(number)s; write its title to add it.") % {"number": number})
        draft = Draft(ISSUE, _("Issue %(number)s") % {"number": number}, line.sheet, line.number)
        area = self._area_of(cells.get("area_number"), str(cells.get("area") or ""), draft)
        if len(title) > 200:
            raise Unclear(_("At most %(most)s characters; these are %(count)s.") % {"most": 200, "count": len(title)})
        draft.values = {"number": number, "title": title, "area": area}
        draft.diffs.append(Diff("issue", _("Issue"), "", title))
        self.issues[folded(title)], self.issue_titles[number] = number, title
        self.last[ISSUE] = max(self.last[ISSUE], number)
        self.homes.append(draft)

    def _area_of(self, number: int | None, title: str, draft: Draft) -> int:
        """The number of an area, which may be new. Raises Unclear."""
        if number is None:
            number = self.areas.get(folded(title)) if title else None
        if number in self.area_titles:
            return number
        if not title or len(title) > 200:
            raise Unclear(_("Write the area that the issue belongs to."))
        number = number or self._next(AREA)
        self.last[AREA] = max(self.last[AREA], number)
        home = Draft(AREA, _("Area %(number)s") % {"number": number}, draft.sheet, draft.row)
        home.values = {"number": number, "title": title}
        home.diffs.append(Diff("area", _("Area"), "", title))
        self.areas[folded(title)], self.area_titles[number] = number, title
        self.homes.append(home)
        return number

    def _check(self, line: Line, draft: Draft, cells: dict[str, Any]) -> None:
        values = draft.values
        if cells.get("status") not in (None, "", MeasureStatus.NOT_STARTED) and draft.record == MEASURE:
            words = _("A new measure begins as “%(status)s”; progress and signatures lead it on.")
            self._problem(line, "status", words % {"status": MeasureStatus.NOT_STARTED.label})
        if values.get("lead_department") in values.get("assisting", []):
            name = self.facts.departments.labels[values["lead_department"]]
            words = _("%(department)s leads the measure and cannot assist as well.")
            self._problem(line, "assisting", words % {"department": name})
        check_on, issued_on = values.get("use_check_on"), values.get("issued_on")
        if check_on and issued_on and check_on <= issued_on:
            self._problem(line, "use_check_on", _("The check of use comes after the day of issue."))

    def _next(self, record: str) -> int:
        self.last[record] += 1
        return self.last[record]

    def _problem(self, line: Line, name: str, message: str) -> None:
        self.plan.problems.append(line.problem(name, message))


def _numbers(found: Found) -> list[int]:
    """Whole numbers that the file gives to measures, so that none of them is given away."""
    values = (line.cells.get("number") for line in found.lines)
    return [int(value) for value in values if isinstance(value, int | float) and 0 < value < 32_767]
