"""The plan on a measure's page: the forms and verbs of its steps, and the original beside the present."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Field, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from findings.forms.plan_rows import AmendForm, MergeForm, SplitForm
from findings.models import Campaign, Measure, MeasureSuccessor
from findings.views.timeline import Records, helpers_at, shown
from findings.workflow import amend

PLAN_FORMS = {"amend": AmendForm, "split": SplitForm, "merge": MergeForm}
_COMPARED = ("text", "goal", "lead_leader", "lead_department", "deadline", "nature", "phase", "is_key")


@dataclass(frozen=True)
class Beside:
    """A field of the plan as it was approved and as it is."""

    label: str
    original: str
    present: str


def beside_original(records: Records) -> list[Beside]:
    """What differs from the approved plan; the measure is one ``with_plan``.

    The plan is what stood when its approval was put on record; a measure that came later begins with its first row.
    """
    measure: Any = records.measure
    rows, at, assisting = records.rows, measure.approved_at, records.kept["assisting"]
    if at is None:
        return []
    first = [rows[0], *(row for row in rows if row.history_date <= at)][-1]
    last = rows[-1]
    fields = [field for name in _COMPARED if isinstance(field := Measure._meta.get_field(name), Field)]
    pairs = [Beside(str(field.verbose_name), shown(first, field), shown(last, field)) for field in fields]
    then = helpers_at(assisting, max(at, rows[0].history_date))
    helpers = Beside(_("assisting departments"), then, helpers_at(assisting, timezone.now()))
    return [pair for pair in [*pairs, helpers] if pair.original != pair.present]


def with_plan(measures: QuerySet[Measure]) -> Any:
    """Adds what ``beside_original`` and ``relatives`` ask for: when the approval was put on record, and an origin."""
    approvals = Campaign.history.filter(id=OuterRef("campaign_id"), plan_approved_on__isnull=False)
    first = approvals.order_by("history_date", "history_id").values("history_date")[:1]
    came_from = MeasureSuccessor.objects.filter(successor=OuterRef("pk"))
    return measures.annotate(approved_at=Subquery(first), has_predecessors=Exists(came_from))


def relatives(measure: Any, user: User) -> dict[str, list[Measure]]:
    """What a measure ``with_plan`` came from and what goes on in its place, of the rows in sight."""
    seen = Measure.objects.visible_to(user).order_by("number")
    return {
        "predecessors": list(seen.filter(successors__successor=measure)) if measure.has_predecessors else [],
        "successors": list(seen.filter(predecessors__measure=measure)) if measure.retired_on else [],
    }


def amend_from(desk: Any) -> object:
    """The act of the step "amend"."""
    assert isinstance(desk.form, AmendForm)
    return amend.amend_measure(desk.row, by=desk.request.user, **desk.form.values())


def split_from(desk: Any) -> object:
    """The act of the step "split"."""
    assert isinstance(desk.form, SplitForm)
    note = desk.form.cleaned_data["note"]
    parts = amend.split_measure(desk.row, by=desk.request.user, note=note, parts=desk.form.parts())
    desk.successor = parts[0]
    return parts


def merge_from(desk: Any) -> object:
    """The act of the step "merge"."""
    values = dict(desk.form.cleaned_data)
    measures = [desk.row, *values.pop("others")]
    desk.successor = amend.merge_measures(measures, by=desk.request.user, **values)
    return desk.successor


def retire_from(desk: Any) -> object:
    """The act of the step "retire"."""
    return amend.retire_measure(desk.row, by=desk.request.user, note=desk.form.cleaned_data["note"])


PLAN_ACTS: dict[str, Callable[[Any], object]] = {
    "amend": amend_from, "split": split_from, "merge": merge_from, "retire": retire_from,
}  # fmt: skip
