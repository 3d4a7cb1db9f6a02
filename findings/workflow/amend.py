"""Changes of the plan, measure by measure: amended, split, merged or taken out, and never renumbered."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Department, User
from accounts.tracked import StaleRow, create, locked, store
from findings import notify
from findings.choices import WORKING, MeasureStatus, Nature, Phase
from findings.models import AssistingDepartment, Measure, MeasureSuccessor, RecommendationLink
from findings.workflow.measure import department_people, in_plan, no_pending_extension
from findings.workflow.plan import next_measure_number, take
from findings.workflow.sound import check_assisting, check_measure, demand_text
from findings.workflow.step import Act, Denied, Step, acting, by_name, demand, only_office, reason_given

ALWAYS = ("text", "goal", "lead_leader", "lead_department", "is_key")
UNTIL_APPROVED = ("deadline", "nature", "phase", "recheck_on")
_OWNERS = ("lead_leader", "lead_department")


def amend_measure(
    measure: Measure, *, by: User, note: str = "", at: datetime | None = None, version: int | None = None,
    assisting: list[Department] | None = None, **fields: object,
) -> Measure:  # fmt: skip
    """Change a measure of the plan; what is given as it stands already is no change.

    ``fields``: those of ``ALWAYS``, and until the plan is approved those of ``UNTIL_APPROVED`` (the original deadline
    then follows the deadline). After the approval a reason is compulsory, and changed owners are told. ``assisting``
    None leaves the assisting departments alone. Raises Denied, or StaleRow where somebody saved since ``version``.
    """
    with acting(by, note, at) as act:
        measure = locked(measure, version=version)
        demand(PLAN["amend"], act, measure)
        changed = take(measure, fields, (*ALWAYS, *UNTIL_APPROVED))
        joining = None if assisting is None else _moved(measure, assisting)
        if not changed and not joining:
            return measure
        is_approved = measure.campaign.is_approved(act.on)
        _check_change(measure, changed, act, is_approved=is_approved)
        if assisting is not None or "lead_department" in changed:
            check_assisting(measure, _helpers(measure) if assisting is None else assisting)
        if "deadline" in changed:
            measure.original_deadline = measure.deadline
        store(measure, by=by, note=act.note, at=act.at)  # its version also stands for who assists
        for row in joining or []:
            store(row, by=by, note=act.note, at=act.at)
        if is_approved:
            _tell_owners(measure, changed, act)
        return measure


def change_owners(
    measures: Iterable[Measure], *, by: User, note: str, at: datetime | None = None,
    assisting: list[Department] | None = None, versions: dict[int, int] | None = None, **owners: object,
) -> list[tuple[Measure, str]]:  # fmt: skip
    """Amend many measures in one act. Answers each with "" or the reason why it was passed by.

    ``versions``: of each measure the version that the person saw, by id.
    """
    outcome = []
    with acting(by, note, at) as act:
        for measure in measures:
            try:
                with transaction.atomic():
                    seen = (versions or {}).get(measure.pk)
                    row = amend_measure(
                        measure, by=by, note=act.note, at=act.at, version=seen, assisting=assisting, **owners
                    )  # fmt: skip
                same = row.version == measure.version
                outcome.append((measure, _("It stands so already.") if same else ""))
            except Denied as error:
                outcome.append((measure, str(error)))
            except StaleRow:
                outcome.append((measure, _("Somebody has changed it since you opened the list.")))
    return outcome


def split_measure(
    measure: Measure, *, parts: list[dict[str, Any]], by: User, note: str, at: datetime | None = None
) -> list[Measure]:
    """Let several measures go on in the place of one. ``parts``: text and goal of each, owners where they differ.

    They inherit owners, both deadlines, phase and nature, and have begun when the old one had; what was reported and
    proved stays with the old one, so that their percentage begins at 0.
    """
    with acting(by, note, at) as act:
        measure = locked(measure)
        demand(PLAN["split"], act, measure)
        reason_given(act)
        if len(parts) < 2:
            raise Denied(_("A split makes at least two measures."), field="parts")
        assert all(set(part) <= set(ALWAYS) for part in parts), "no such field of a part"
        rows = [_succeed([measure], _inherited(measure) | part, act) for part in parts]
        _retire(measure, act)
        return rows


def merge_measures(
    measures: list[Measure], *, by: User, note: str, at: datetime | None = None, **fields: object
) -> Measure:
    """Let one measure go on in the place of several of one issue. ``fields``: text, goal, owners.

    Nobody gains time by it: the earliest of the deadlines and the strictest of the natures hold. What is not given
    is taken from the first.
    """
    with acting(by, note, at) as act:
        rows = [locked(row) for row in sorted(set(measures), key=lambda row: row.pk)]
        for row in rows:
            _demand_numbered(PLAN["merge"], act, row)
        reason_given(act)
        if len(rows) < 2:
            raise Denied(_("A merger takes at least two measures."), field="others")
        if len({row.issue_id for row in rows}) > 1:
            raise Denied(_("Only measures of one issue can be merged."), field="others")
        assert set(fields) <= set(ALWAYS), "no such field of a merger"
        first = next(row for row in rows if row.pk == measures[0].pk)
        successor = _succeed(rows, _inherited(first) | _strictest(rows) | fields, act)
        for row in rows:
            _retire(row, act)
        return successor


def retire_measure(measure: Measure, *, by: User, note: str, at: datetime | None = None) -> Measure:
    """Take a measure out of the plan; it keeps its number and leaves every count from that day."""
    with acting(by, note, at) as act:
        measure = locked(measure)
        demand(PLAN["retire"], act, measure)
        reason_given(act)
        return _retire(measure, act)


# --- Amending ----------------------------------------------------------------------------------------------


def _check_change(measure: Measure, changed: Iterable[str], act: Act, *, is_approved: bool) -> None:
    for name in changed:
        if is_approved and name in UNTIL_APPROVED:
            raise Denied(_request_instead(name), field=name)
        if name in _OWNERS:
            pending = no_pending_extension(act.person, measure, act.on)
            if pending:
                raise Denied(pending, field=name)
    if is_approved:
        reason_given(act)
    check_measure(measure, changed)


def _request_instead(name: str) -> str:
    """Which request changes what the approved plan fixes."""
    if name == "deadline":
        return _("The plan is approved: the lead department asks for another deadline with “Ask for an extension”.")
    return _(
        "The plan is approved: nature, phase and re-check change with a request for conversion to sustained "
        "rectification (“Ask for an extension”)."
    )


def _helpers(measure: Measure) -> list[Department]:
    rows = AssistingDepartment.objects.filter(measure=measure, is_active=True)
    return [row.department for row in rows.select_related("department")]


def _moved(measure: Measure, assisting: Iterable[Department]) -> list[AssistingDepartment]:
    """The rows that must be stored so that exactly these departments assist."""
    known = {row.department_id: row for row in AssistingDepartment.objects.filter(measure=measure)}
    wanted = {department.pk for department in assisting}
    moved = [AssistingDepartment(measure=measure, department_id=pk) for pk in sorted(wanted - set(known))]
    for row in known.values():
        if row.is_active != (row.department_id in wanted):
            row.is_active = not row.is_active
            moved.append(row)
    return moved


def _tell_owners(measure: Measure, changed: dict[str, Any], act: Act) -> None:
    """The people of the old and the new lead department, and the new lead leader."""
    people: list[User] = []
    if "lead_department" in changed:
        old = changed["lead_department"]
        people += department_people(old.pk if old else None) + department_people(measure.lead_department_id)
    if "lead_leader" in changed and measure.lead_leader is not None:
        people.append(measure.lead_leader)
    notify.owners_changed(measure, people, reason=act.note, at=act.at)


# --- Successors --------------------------------------------------------------------------------------------


def _inherited(measure: Measure) -> dict[str, Any]:
    names = (*ALWAYS, *UNTIL_APPROVED, "original_deadline", "stage_goal", "status", "started_on")
    return {name: getattr(measure, name) for name in names}


def _strictest(rows: list[Measure]) -> dict[str, Any]:
    """What one measure must keep of several, so that a merger puts nothing off."""
    order = list(Nature.values)
    begun = [row.started_on for row in rows if row.started_on]
    return {
        "deadline": _earliest(row.deadline for row in rows),
        "original_deadline": _earliest(row.original_deadline for row in rows),
        "recheck_on": _earliest(row.recheck_on for row in rows),
        "nature": min((row.nature for row in rows), key=order.index),
        "phase": min((row.phase for row in rows), key=list(Phase.values).index),
        "is_key": any(row.is_key for row in rows),
        "status": MeasureStatus.IN_PROGRESS if begun else MeasureStatus.NOT_STARTED,
        "started_on": _earliest(begun),
    }


def _earliest(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _succeed(old: list[Measure], fields: dict[str, Any], act: Act) -> Measure:
    """A new measure with a number of its own, helped by all who assisted the old ones and answering for them."""
    first = old[0]
    demand_text(fields["text"], "text")
    campaign = locked(first.campaign)  # two who split at once would take the same number
    row = Measure(campaign=campaign, issue=first.issue, number=next_measure_number(campaign), **fields)
    check_measure(row, {name for name in _OWNERS if getattr(row, f"{name}_id") != getattr(first, f"{name}_id")})
    store(row, by=act.by, note=act.note, at=act.at)
    for department in {helper.pk: helper for measure in old for helper in _helpers(measure)}.values():
        if department.pk != row.lead_department_id:
            create(AssistingDepartment, by=act.by, note=act.note, at=act.at, measure=row, department=department)
    answered = RecommendationLink.objects.filter(measure__in=old, is_active=True)
    for pk in sorted(set(answered.values_list("recommendation_id", flat=True))):
        create(RecommendationLink, by=act.by, note=act.note, at=act.at, measure=row, recommendation_id=pk)
    for measure in old:
        create(MeasureSuccessor, by=act.by, note=act.note, at=act.at, measure=measure, successor=row)
    return row


def _retire(measure: Measure, act: Act) -> Measure:
    measure.retired_on = act.on
    store(measure, by=act.by, note=act.note, at=act.at)
    return measure


def _demand_numbered(step: Step, act: Act, measure: Measure) -> None:
    """Ask for one of several measures: the refusal says which."""
    refusal = step.refusal(act.person, measure, act.on)
    if refusal:
        words = {"number": measure.number, "refusal": refusal}
        raise Denied(_("Measure %(number)s: %(refusal)s") % words, field="others")


# --- The table ---------------------------------------------------------------------------------------------

_FREE = (in_plan, no_pending_extension)
PLAN_STEPS = (
    Step("amend", gettext_lazy("Amend the measure"), WORKING, "", only_office, (in_plan,), form="amend"),
    Step("split", gettext_lazy("Split the measure"), WORKING, "", only_office, _FREE, form="split", caution=True),
    Step("merge", gettext_lazy("Merge with other measures"), WORKING, "", only_office, _FREE, form="merge",
         caution=True),
    Step("retire", pgettext_lazy("step", "Take out of the plan"), WORKING, "", only_office, _FREE, form="reason",
         caution=True),
)  # fmt: skip
PLAN = by_name(PLAN_STEPS)
