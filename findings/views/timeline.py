"""办理记录: all that happened to a measure, out of the history of the measure and of what hangs on it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.timeline import Change, Moment
from accounts.words import joined
from findings import access
from findings.choices import DecisionVerdict, ProgressStatus, RequestStatus
from findings.models import (
    AssistingDepartment,
    ClosureRequest,
    Decision,
    Evidence,
    Extension,
    Measure,
    ProgressUpdate,
    Recheck,
)
from findings.workflow.outlook import request_name

_MEASURE_FIELDS = (
    "status", "percent", "deadline", "phase", "nature", "text", "goal", "lead_leader", "lead_department", "is_key",
    "stage_goal", "recheck_on", "started_on", "closed_on", "retired_on",
)  # fmt: skip
_PROGRESS_FIELDS = ("done", "percent", "difficulty", "next_step", "expected_on", "correction", "status")
_PROGRESS_STEPS = {
    ProgressStatus.SUBMITTED: gettext_lazy("submitted the progress of %(period)s (%(department)s)"),
    ProgressStatus.ACCEPTED: gettext_lazy("accepted the progress of %(period)s (%(department)s)"),
    ProgressStatus.RETURNED: gettext_lazy("returned the progress of %(period)s (%(department)s)"),
}
_CORRECTING = gettext_lazy(
    "submitted the progress of %(period)s (%(department)s) with a correction of what was reported for %(corrected)s"
)
_REQUEST_ENDS = {RequestStatus.WITHDRAWN: gettext_lazy("withdrew the %(what)s")}
_VERDICTS = {
    DecisionVerdict.APPROVED: gettext_lazy("signed the %(what)s as %(stage)s"),
    DecisionVerdict.RETURNED: gettext_lazy("returned the %(what)s as %(stage)s"),
    DecisionVerdict.PASSED_OVER: gettext_lazy("passed over in the %(what)s: %(stage)s"),
    DecisionVerdict.OPINION: gettext_lazy("gave an opinion on the %(what)s as %(stage)s"),
}


class Records:
    """All on record about a measure, one query a table: the newest history row of a thing is the thing as it is.

    The live rows are put where the measure's relations find them, so that steps and page read them from here.
    """

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self.rows = read_history(Measure.history.filter(id=measure.pk), ("lead_leader", "lead_department"))
        self.kept = {
            name: read_history(model.history.filter(measure_id=measure.pk), related)
            for name, (model, related) in _HANGING.items()
        }
        for name, rows in self.kept.items():
            _put(measure, name, _live(rows, measure))
        requests = [*measure.closure_requests.all(), *measure.extensions.all()]
        self.decisions = _decisions(measure) if requests else []
        for request in requests:
            key = (type(request), request.pk)
            own = [row for row in self.decisions if row.request_key == key]
            _put(request, "decisions", own)
            for row in own:
                setattr(row, "closure" if row.closure_id else "extension", request)

    def moments(
        self, user: User, predecessors: Iterable[Measure] = (), successors: Iterable[Measure] = ()
    ) -> list[Moment]:
        """Everything that happened, newest first, as this person may read it.

        ``predecessors``, ``successors``: what the measure came from and goes on as, named where it came or went.
        """
        numbers = {"old": _numbers(predecessors), "new": _numbers(successors)}
        changes = told(self.rows, _MEASURE_FIELDS, partial(_measure_sentence, numbers=numbers))
        moments = _of_progress(self.kept["progress"], access.departments_of(user))
        moments += told(self.kept["evidence"], ("is_withdrawn",), _evidence_sentence)
        moments += told(self.kept["closure_requests"], ("status",), _request_sentence)
        moments += told(self.kept["extensions"], ("status",), _request_sentence)
        moments += _of_helpers(self.kept["assisting"], self.rows)
        moments += [_of_decision(decision) for decision in self.decisions]
        again = self._reopenings()
        joined = [replace(row, anchor=again.get(row.when, "")) for row in _joined(moments, changes)]
        # A re-check is told apart from the reopening that follows from it: each has its own words.
        joined += told(self.kept["rechecks"], ("verdict", "finding"), _recheck_sentence)
        return sorted(joined, key=lambda moment: moment.when, reverse=True)

    def rechecks(self) -> list[tuple[Recheck, str]]:
        """The re-checks, the newest first, each with the place of the reopening that followed from it, or ""."""
        again, made = self._reopenings(), {row.id: row.history_date for row in self.kept["rechecks"] if row.verdict}
        rows: list[Recheck] = list(self.measure.rechecks.all())
        return [(row, again.get(made.get(row.pk), "")) for row in reversed(rows)]

    def _reopenings(self) -> dict[Any, str]:
        """When the measure was opened again, and the name of that place in its record."""
        return {
            row.history_date: f"reopened-{row.reopened_count}"
            for before, row in pairwise(self.rows)
            if row.reopened_count > before.reopened_count
        }


_HANGING: dict[str, tuple[Any, tuple[str, ...]]] = {
    "progress": (
        ProgressUpdate,
        ("period", "department", "filled_by", "submitted_by", "decided_by", "corrects__period"),
    ),
    "evidence": (Evidence, ("uploaded_by", "shares")),
    "closure_requests": (ClosureRequest, ("filed_by",)),
    "extensions": (Extension, ("filed_by",)),
    "rechecks": (Recheck, ("round", "checked_by")),
    "assisting": (AssistingDepartment, ("department",)),
}


def read_history(rows: QuerySet, related: tuple[str, ...]) -> list[Any]:
    """History rows, the oldest first, with who wrote them."""
    return list(rows.select_related("history_user", *related).order_by("history_date", "history_id"))


def _decisions(measure: Measure) -> list[Decision]:
    mine = Q(closure__measure=measure) | Q(extension__measure=measure)
    return list(Decision.objects.filter(mine).select_related("by").order_by("at", "pk"))


def _live(history: list[Any], measure: Measure) -> list[Any]:
    """The things as they are now, with what their history rows brought along."""
    found = []
    for past in {row.id: row for row in history}.values():
        row = past.instance
        row._state.adding, row._state.db = False, past._state.db
        for name, value in past._state.fields_cache.items():
            if name != "history_user":
                setattr(row, name, value)
        row.measure = measure
        found.append(row)
    return found


def _put(owner: models.Model, name: str, rows: list[Any]) -> None:
    """Fill a relation as prefetch_related would."""
    related = getattr(owner, name).all()
    related._result_cache, related._prefetch_done = rows, True
    owner.__dict__.setdefault("_prefetched_objects_cache", {})[name] = related


def _joined(moments: list[Moment], changes: list[Moment]) -> list[Moment]:
    """What a verb changed on the measure itself is told with what it did: one act, one entry."""
    acts = {(moment.when, moment.who): moment for moment in moments}
    alone = []
    for change in changes:
        act = acts.get((change.when, change.who))
        if act is None:
            alone.append(change)
        else:
            act.changes.extend(change.changes)
    return moments + alone


def told(rows: list[Any], names: tuple[str, ...], sentence: Callable[[Any, Any], str]) -> list[Moment]:
    """History rows as entries: what one verb wrote in one instant is one entry."""
    present: dict[int, Any] = {}
    steps: dict[tuple[int, Any], tuple[Any, Any]] = {}
    for row in rows:
        key = (row.id, row.history_date)
        before = steps[key][0] if key in steps else present.get(row.id)
        steps[key] = (before, row)
        present[row.id] = row
    moments = []
    for before, row in steps.values():
        words = sentence(before, row)
        if words:
            moments.append(_moment(row, words, _changes(before, row, names)))
    return moments


def _moment(row: Any, sentence: str, changes: list[Change]) -> Moment:
    who = str(row.history_user) if row.history_user else _("System")
    return Moment(row.history_date, who, sentence, changes, row.history_change_reason or "")


def _changes(before: Any, row: Any, names: tuple[str, ...]) -> list[Change]:
    if before is None:
        return []
    fields = [row.instance_type._meta.get_field(name) for name in names]
    found = [Change(str(field.verbose_name), shown(before, field), shown(row, field)) for field in fields]
    return [change for change in found if change.old != change.new]


def shown(row: Any, field: models.Field) -> str:
    """A field's value as a page says it: labels and names, never codes."""
    display = getattr(row, f"get_{field.name}_display", None)
    value = display() if display else getattr(row, field.name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "" if value is None else str(value)


def _numbers(measures: Iterable[Measure]) -> str:
    """The numbers of measures as one list, "" where there are none."""
    return joined(str(measure.number) for measure in measures)


def _measure_sentence(before: Any, row: Any, *, numbers: dict[str, str]) -> str:
    if before is None:
        words = _("put the measure into the plan, made out of %(old)s") if numbers["old"] else ""
        return words % numbers if words else _("put the measure into the plan")
    if row.reopened_count > before.reopened_count:
        return _("reopened the measure")
    if row.retired_on and not before.retired_on:
        words = _("took the measure out of the plan; it goes on as %(new)s") if numbers["new"] else ""
        return words % numbers if words else _("took the measure out of the plan")
    return _("changed the measure") if _changes(before, row, _MEASURE_FIELDS) else ""


def _of_progress(rows: list[Any], own: set[int]) -> list[Moment]:
    """A draft is told, but its words are for its own department; what is sent is compared with what was sent before."""
    hidden = [row for row in rows if not _PROGRESS_STEPS.get(row.status) and row.department_id not in own]
    drafts = {row.history_id for row in hidden}
    open_rows = [row for row in rows if row.history_id not in drafts]
    sent = {(row.id, row.history_date) for row in open_rows}
    only_drafts = [row for row in hidden if (row.id, row.history_date) not in sent]
    return told(open_rows, _PROGRESS_FIELDS, _progress_sentence) + told(only_drafts, (), _progress_sentence)


def _progress_sentence(before: Any, row: Any) -> str:
    words = {"period": row.period, "department": row.department}
    step = _PROGRESS_STEPS.get(row.status)
    if row.corrects and step is _PROGRESS_STEPS[ProgressStatus.SUBMITTED]:
        step, words = _CORRECTING, words | {"corrected": row.corrects.period}
    if step and (before is None or _changes(before, row, ("status",))):
        return str(step) % words
    if before is None:
        return _("drafted the progress of %(period)s (%(department)s)") % words
    return _("changed the progress of %(period)s (%(department)s)") % words


def _evidence_sentence(before: Any, row: Any) -> str:
    if before is None and row.shares_id:
        return _("added the evidence “%(title)s”, a file that proves another measure too") % {"title": row.title}
    if before is None and row.replaces_id:
        return _("uploaded a newer revision: the evidence “%(title)s”") % {"title": row.title}
    if before is None:
        return _("uploaded the evidence “%(title)s”") % {"title": row.title}
    return _("withdrew the evidence “%(title)s”") % {"title": row.title}


def _request_sentence(before: Any, row: Any) -> str:
    """Only filing and withdrawal: signatures and returns are told by the decisions."""
    what = {"what": request_name(row)}
    if before is None:
        return _("filed the %(what)s") % what
    return str(_REQUEST_ENDS.get(row.status, "")) % what


def _recheck_sentence(before: Any, row: Any) -> str:
    words = {"round": row.round, "verdict": row.get_verdict_display() if row.verdict else ""}
    if not row.verdict:
        return _("drew the measure for the look-back “%(round)s”") % words
    if before is not None and before.verdict:
        return _("corrected what was seen in “%(round)s”: %(verdict)s") % words
    if row.round:
        return _("looked again at the measure in “%(round)s”: %(verdict)s") % words
    return _("looked again at the measure: %(verdict)s") % words


def helpers_at(rows: list[Any], at: datetime) -> str:
    """The departments that assisted at an instant, by name. ``rows``: their history, the oldest first."""
    newest = {row.id: row for row in rows if row.history_date <= at}
    return joined(sorted(str(row.department) for row in newest.values() if row.is_active))


def _of_helpers(rows: list[Any], measure_rows: list[Any]) -> list[Moment]:
    """Who assists from when on; those who did from the beginning are told by the measure itself."""
    moments, before = [], measure_rows[0].history_date
    for row in {row.history_date: row for row in rows if row.history_date > before}.values():
        change = Change(_("assisting departments"), helpers_at(rows, before), helpers_at(rows, row.history_date))
        moments.append(_moment(row, _("changed the assisting departments"), [change]))
        before = row.history_date
    return moments


def _of_decision(decision: Decision) -> Moment:
    words = {"what": request_name(decision.closure or decision.extension), "stage": decision.get_stage_display()}
    sentence = str(_VERDICTS[DecisionVerdict(decision.verdict)]) % words
    return Moment(decision.at, str(decision.by) if decision.by else _("System"), sentence, [], decision.opinion)
