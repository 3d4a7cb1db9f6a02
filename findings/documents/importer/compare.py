"""The rehearsal: every line of the file against the ledger, every problem at once, nothing written."""

from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.words import joined
from findings.choices import WORKING, IssueKind
from findings.documents.columns import COMPUTED, PERSON, PLACE, Column, split_names
from findings.documents.importer.drawn import drawn_words
from findings.documents.importer.facts import Facts
from findings.documents.importer.identity import Identities, Known, Rejected, label_of
from findings.documents.importer.new_rows import NewRows
from findings.documents.importer.parsing import Read, Unclear, parse
from findings.documents.importer.plan import Conflict, Diff, Draft, Plan, counts_told
from findings.documents.importer.reading import Found, Line
from findings.documents.importer.values import fields_of, words_of
from findings.documents.keys import Key
from findings.workflow.importing import ISSUE, MEASURE

# Of a file that was not exported here only what plan and people need is compared.
_ASKED = {"area_number", "issue_number", "status", "deadline", "nature", "phase"}
_OWNERS = {"lead_leader", "lead_department"}
# The words by which a row is known beside its number: from a file without keys they may not become quite others.
_TELLING = {"measure.text", "issue.title"}
LEAST_ALIKE = 0.3
MOST_COMPARED = 200  # characters; what is alike is so from the beginning
MOST_QUOTED = 40


def compared(found: Found, facts: Facts, progress: Callable[[int, int], None]) -> Plan:
    """What the import of these lines would do; ``progress`` is told the lines done and all lines."""
    plan = Plan(found.kind, is_ours=found.head is not None, problems=list(found.problems), notes=list(found.notes))
    desk = _Desk(found, facts, plan)
    for done, line in enumerate(found.lines):
        progress(done, len(found.lines))
        desk.take(line)
    desk.finish()
    return plan


class _Desk:
    def __init__(self, found: Found, facts: Facts, plan: Plan) -> None:
        self.found, self.facts, self.plan = found, facts, plan
        self.columns = {column.name: column for column in facts.kind.columns}
        self.identities = Identities(found, facts)
        self.new_rows = NewRows(found, facts, plan)
        # Areas and issues stand in many rows of a ledger: one draft each, and where its words were first changed.
        self.homes: dict[tuple[str, int], Draft] = {}
        self.met: set[int] = set()
        self.moved_on = 0

    def take(self, line: Line) -> None:
        try:
            known = self.identities.of(line)
        except Rejected as error:
            self.plan.problems += [error.problem] if error.problem else []
            self.met |= {error.pk} if error.pk is not None else set()
            return
        if known.pk is None:
            self.new_rows.take(line, known.number, self._reads(line, None, None))
            return
        self.met.add(known.pk)
        self._compare(line, known)

    def finish(self) -> None:
        """Order the changes, and say what the file leaves alone."""
        self.plan.updates = [*self.homes.values(), *self.plan.updates]
        self.plan.creates = [*self.new_rows.homes, *self.plan.creates]
        self.plan.problems.sort(key=lambda problem: (problem.sheet, problem.row, len(problem.at), problem.at))
        absent = len(self.facts.rows) - len(self.met)
        if absent and self.met:
            words = ngettext(
                "%(count)s row of the ledger is not in the file and stays as it is.",
                "%(count)s rows of the ledger are not in the file and stay as they are.", absent,
            )  # fmt: skip
            self.plan.notes.append(words % {"count": absent})
        if self.found.head is None and self.met:
            self.plan.notes.append(
                _("The file was not exported here, or has lost its last, hidden column: what differs replaces the "
                  "ledger's text.")
            )  # fmt: skip
        if self.moved_on and self.found.head:
            words = ngettext(
                "Since the file was drawn on %(day)s, %(count)s of its rows has changed in the ledger; cells that only "
                "one side has changed are brought together.",
                "Since the file was drawn on %(day)s, %(count)s of its rows have changed in the ledger; cells that "
                "only one side has changed are brought together.", self.moved_on)  # fmt: skip
            self.plan.notes.append(words % {"count": self.moved_on, "day": self.found.head.on.isoformat()})

    def _compare(self, line: Line, known: Known) -> None:
        assert known.pk is not None
        present, key = self.facts.rows[known.pk], known.key
        number = getattr(present, "number", "") or getattr(present, "title", "")
        ref = next(ref for ref in present.refs if ref.record == self.facts.record)
        drawn = key.refs.get(ref.record) if key else None
        self.moved_on += drawn is not None and drawn.version != ref.version
        draft = Draft(ref.record, label_of(self.facts, number, getattr(present, "kind", "")), line.sheet, line.number,
                      ref.pk, ref.version)  # fmt: skip
        before = len(self.plan.problems)
        for name, read in self._reads(line, key, present).items():
            column = self.columns[name]
            if self._is_edited(line, column, read, key, present):
                self._admit(line, column, read, key, present, draft)
        self._check_departments(line, present, draft)
        if draft.diffs or draft.conflicts:
            self.plan.updates.append(draft)
        elif len(self.plan.problems) == before:
            self.plan.unchanged += 1

    def _reads(self, line: Line, key: Key | None, present: Any) -> dict[str, Read]:
        """The cells of a line by column; what cannot be read is a problem."""
        reads: dict[str, Read] = {}
        nature = ("", "")
        for name, column in self.columns.items():
            if name not in line.heads.places:
                continue
            if name in line.faults:
                self._problem(line, name, line.faults[name])
                continue
            try:
                reads[name] = parse(column, line.cells.get(name), self.facts.span, self.found.epoch)
            except Unclear as error:
                if not (key is None and self._is_left(column)):
                    self._problem(line, name, str(error))
                continue
            if reads[name].nature and not self._is_drawn_so(reads[name], column, key, present):
                nature = reads[name].nature, name
        if nature[0]:
            self._take_nature(line, reads, nature, key)
        return reads

    def _is_drawn_so(self, read: Read, column: Column, key: Key | None, present: Any) -> bool:
        """Whether 长期坚持 says nothing: our own lists write it where a standing measure has no day."""
        if present is None or read.value is not None:
            return False
        if read.nature == getattr(present, "nature", ""):
            return True
        ref = next(ref for ref in present.refs if ref.record == self.facts.record)
        drawn = key.refs.get(ref.record) if key else None
        has_moved_on = drawn is not None and drawn.version != ref.version
        return has_moved_on and key is not None and "nature" not in key.digests and key.drew(column, "")

    def _take_nature(self, line: Line, reads: dict[str, Read], nature: tuple[str, str], key: Key | None) -> None:
        """长期坚持 in a column of days is the measure's nature, unless another column says otherwise."""
        column = self.columns.get("nature")
        if column is None:
            self._problem(line, nature[1], _("Only a day can be written here."))
            return
        said = reads.get("nature")
        untouched = said is not None and key is not None and key.drew(column, column.plain(said.value))
        if said is not None and said.value not in (None, nature[0]) and not untouched:
            self._problem(line, nature[1], _("The column of the nature says something else."))
        else:
            reads["nature"] = Read(nature[0])

    def _is_left(self, column: Column) -> bool:
        """Whether a file from elsewhere may say what it likes in this column."""
        return not column.writes and column.name not in _ASKED

    def _is_edited(self, line: Line, column: Column, read: Read, key: Key | None, present: Any) -> bool:
        text, ledger = column.plain(read.value), column.plain(getattr(present, column.name))
        if text == ledger or (key is not None and key.drew(column, text)):
            return False
        if not text and (key is None or column.merge):
            return False  # not given: a cell that was merged away, or a column that another file does not fill
        return key is not None or not self._is_left(column)

    def _admit(self, line: Line, column: Column, read: Read, key: Key | None, present: Any, draft: Draft) -> None:
        """Put an edited cell on the draft, as a change or as a conflict; or say why it cannot be taken in."""
        refusal = self._refusal(column, present, draft)
        if not refusal and key is None:
            refusal = _stranger(column, read.value, getattr(present, column.name))
        if refusal:
            self._problem(line, column.name, refusal)
            return
        try:
            fields, words = fields_of(self.facts, line, column, read)
        except Unclear as error:
            self._problem(line, column.name, str(error))
            return
        if column.reads == PLACE and "assisting" in fields:
            words = self._take_helpers(fields, present, draft)
        old = words_of(column, getattr(present, column.name))
        if column.reads in (PERSON, PLACE) and old == words:
            return  # the same one, written in another way
        diff = Diff(column.name, str(column.heading), old, words)
        home = self._home(line, column, present, draft)
        if any(known.column == column.name for known in home.diffs) or any(
            known.diff.column == column.name for known in home.conflicts
        ):
            self._demand_same(line, column, home, words)
        elif key is not None and not key.drew(column, column.plain(getattr(present, column.name))):
            drawn = drawn_words(self.found.head, key, column) if self.found.head else None
            home.conflicts.append(Conflict(f"{home.record}:{home.pk}:{column.name}", diff, fields, drawn))
        else:
            home.diffs.append(diff)
            home.values |= fields

    def _take_helpers(self, fields: dict[str, Any], present: Any, draft: Draft) -> str:
        """Of several departments in the cell of the lead one, the others assist; answers the name of the first."""
        labels, helpers = self.facts.departments.labels, fields.pop("assisting")
        names = [labels[pk] for pk in helpers]
        if sorted(names) != sorted(split_names(present.assisting)):
            column = self.columns["assisting"]
            draft.diffs.append(Diff("assisting", str(column.heading), present.assisting, joined(names)))
            draft.values["assisting"] = helpers
        return labels[fields["lead_department"]]

    def _home(self, line: Line, column: Column, present: Any, draft: Draft) -> Draft:
        """The draft of the record that the column writes: the line's own, or that of its issue or area."""
        record = column.writes.partition(".")[0]
        if record == draft.record:
            return draft
        ref = next(ref for ref in present.refs if ref.record == record)
        number = present.issue_number if record == ISSUE else present.area_number
        words = _("Issue %(number)s") if record == ISSUE else _("Area %(number)s")
        label = words % {"number": number}
        return self.homes.setdefault(
            (record, ref.pk), Draft(record, label, line.sheet, line.number, ref.pk, ref.version)
        )

    def _demand_same(self, line: Line, column: Column, home: Draft, words: str) -> None:
        known = [*home.diffs, *(conflict.diff for conflict in home.conflicts)]
        if words not in {diff.new for diff in known if diff.column == column.name}:
            message = _("%(what)s reads otherwise in row %(row)s.") % {"what": home.label, "row": home.row}
            self._problem(line, column.name, message)

    def _refusal(self, column: Column, present: Any, draft: Draft) -> str:
        """ "" where an import may change the cell, else the sentence that says what to do instead."""
        if not column.writes:
            return str(column.why_not)
        if column.why_not is not COMPUTED and self.facts.is_approved:
            return str(column.why_not)
        if column.writes.startswith("measure.") and present.status not in WORKING:
            words = _("The row is frozen: the measure is “%(status)s”. A return or a reopening opens it again.")
            return words % {"status": words_of(self.columns["status"], present.status)}
        if column.writes.rpartition(".")[2] in _OWNERS and draft.pk in self.facts.pending:
            return _("An extension is being signed; withdraw it first or wait for its end.")
        if self.facts.record == ISSUE:
            is_recommendation = present.kind == IssueKind.RECOMMENDATION
            if column.name == "numbers" and not is_recommendation:
                return str(COMPUTED)
            if column.name in ("area", "is_common") and is_recommendation:
                return _("A recommendation stands beside the areas; it has no such mark.")
        return ""

    def _check_departments(self, line: Line, present: Any, draft: Draft) -> None:
        """Who leads cannot assist as well."""
        if draft.record != MEASURE or not {"lead_department", "assisting"} & set(draft.values):
            return
        labels = self.facts.departments.labels
        lead = labels.get(draft.values.get("lead_department", 0)) or getattr(
            present, "lead_department", getattr(present, "department", "")
        )
        helpers = [labels[pk] for pk in draft.values.get("assisting", [])]
        if "assisting" not in draft.values:
            helpers = split_names(present.assisting)
        if lead in helpers:
            words = _("%(department)s leads the measure and cannot assist as well.") % {"department": lead}
            self._problem(line, "assisting" if "assisting" in line.heads.places else "lead_department", words)

    def _problem(self, line: Line, name: str, message: str) -> None:
        self.plan.problems.append(line.problem(name, message))


def _stranger(column: Column, new: Any, old: Any) -> str:
    """ "" where the texts may be those of one row, else what to do: a stranger's numbers may count something else."""
    if column.writes not in _TELLING or not new or not old:
        return ""
    match = SequenceMatcher(None, str(new)[:MOST_COMPARED], str(old)[:MOST_COMPARED], autojunk=False)
    if match.quick_ratio() >= LEAST_ALIKE and match.ratio() >= LEAST_ALIKE:
        return ""
    words = _(
        "The row of this number in the ledger says something quite different: “%(text)s”. If this is a new row, leave "
        "its number empty or delete the column of numbers; to reword the old one, change it on its page or in a list "
        "that was exported here."
    )
    return words % {"text": str(old)[:MOST_QUOTED] + ("…" if len(str(old)) > MOST_QUOTED else "")}


def sentence(plan: Plan) -> str:
    """What the rehearsal found, in one sentence."""
    return counts_told(
        new=len(plan.creates), changed=len(plan.updates), same=plan.unchanged,
        conflicts=sum(1 for _pair in plan.conflicts()), problems=len(plan.problems),
    )  # fmt: skip
