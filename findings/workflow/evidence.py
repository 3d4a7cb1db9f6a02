"""Evidence after its upload: newer revisions of a document, and one file that proves several measures."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.tracked import create, locked
from findings import access
from findings.choices import WORKING, MeasureStatus
from findings.models import Evidence, Measure
from findings.workflow.measure import MEASURE, any_people, in_plan
from findings.workflow.step import Act, Denied, Step, acting, by_name, demand


def replace_evidence(
    evidence: Evidence, *, by: User, note: str = "", at: datetime | None = None, **fields: object
) -> Evidence:
    """Put a newer revision in the place of a document; the old one stays on record and proves nothing any more.

    ``fields`` as for ``add_evidence``. Raises Denied.
    """
    with acting(by, note, at) as act:
        measure = locked(evidence.measure)
        evidence = locked(evidence)
        demand(EVIDENCE["replace"], act, measure)
        _demand_in_force(evidence)
        if not measure.is_after_closing(evidence.created_at):
            raise Denied(_("A closure was signed on this evidence; it stays where it is."))
        if fields.get("sha256") == evidence.sha256:
            raise Denied(_("The file is the same as before."), field="file")
        own_date = fields.get("own_date")
        if isinstance(own_date, date) and own_date > act.on:
            raise Denied(_("The document's own date lies in the future."), field="own_date")
        return create(
            Evidence, by=by, note=act.note, at=act.at, measure=measure, progress_id=evidence.progress_id,
            uploaded_by=by, replaces=evidence, **fields,
        )  # fmt: skip


def share_evidence(
    evidence: Evidence, measures: Iterable[Measure], *, by: User, note: str = "", at: datetime | None = None
) -> list[Evidence]:
    """Let the same stored file prove other measures too: one new row for each of them. Raises Denied."""
    with acting(by, note, at) as act:
        evidence = locked(evidence)
        demand(EVIDENCE["share"], act, evidence.measure)
        _demand_in_force(evidence)
        others = sorted(measures, key=lambda measure: measure.pk)  # always locked in the same order
        if not others:
            raise Denied(_("Please name the measures that the file proves too."), field="measures")
        return [_shared(evidence, measure, act) for measure in others]


def _shared(evidence: Evidence, measure: Measure, act: Act) -> Evidence:
    measure = locked(measure)
    number = {"number": measure.number}
    refusal = EVIDENCE["take"].refusal(act.person, measure, act.on)
    if refusal:
        raise Denied(_("Measure %(number)s: %(why)s") % (number | {"why": refusal}), field="measures")
    if measure.evidence.in_force().filter(sha256=evidence.sha256).exists():
        raise Denied(_("The file is evidence of measure %(number)s already.") % number, field="measures")
    return create(
        Evidence, by=act.by, note=act.note, at=act.at, measure=measure, uploaded_by=act.by,
        shares=evidence.shares or evidence, file=evidence.file.name, filename=evidence.filename, title=evidence.title,
        number=evidence.number, own_date=evidence.own_date, content_type=evidence.content_type, size=evidence.size,
        sha256=evidence.sha256,
    )  # fmt: skip


def _demand_in_force(evidence: Evidence) -> None:
    if not Evidence.objects.in_force().filter(pk=evidence.pk).exists():
        raise Denied(_("The file is withdrawn or has been superseded by a newer revision."))


# --- The table: every step is about the measure that the file proves ---------------------------------------


def _people_or_office(user: User, measure: Measure, on: date) -> str:
    if access.is_office_of(user, measure.campaign.court_id) or not any_people(user, measure, on):
        return ""
    return _("Only the departments that take part and the rectification office can do this.")


EVIDENCE_STEPS = (
    replace(MEASURE["add_evidence"], name="replace", label=gettext_lazy("Upload a newer revision"), form="revision"),
    Step("share", gettext_lazy("Let the file prove other measures too"), frozenset(MeasureStatus), "",
         _people_or_office, form="share"),
    # Who may add evidence may take it back, and under the same conditions.
    replace(MEASURE["add_evidence"], name="withdraw", label=gettext_lazy("Withdraw the evidence"), form="reason",
            caution=True),
    Step("take", gettext_lazy("Take a file that proves another measure"), WORKING, "", _people_or_office, (in_plan,),
         implied=True),
)  # fmt: skip
EVIDENCE = by_name(EVIDENCE_STEPS)
