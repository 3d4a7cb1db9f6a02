"""Evidence after its upload: newer revisions of a document, and one file that proves several measures."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.tracked import create, locked, store
from findings import access
from findings.choices import WORKING, MeasureStatus
from findings.models import Evidence, Measure
from findings.workflow.measure import MEASURE, any_people, in_plan
from findings.workflow.step import Act, Check, Denied, Step, acting, by_name, demand, reason_given


def replace_evidence(
    evidence: Evidence, *, by: User, note: str = "", at: datetime | None = None, **fields: object
) -> Evidence:
    """Put a newer revision in the place of a document; the old one stays on record and proves nothing any more.

    ``fields`` as for ``add_evidence``. Raises Denied.
    """
    with acting(by, note, at) as act:
        measure = locked(evidence.measure)
        evidence = locked(evidence)
        evidence.measure = measure
        demand(EVIDENCE["replace"], act, evidence)
        if fields.get("sha256") == evidence.sha256:
            raise Denied(_("The file is the same as before."), field="file")
        own_date = fields.get("own_date")
        if isinstance(own_date, date) and own_date > act.on:
            raise Denied(_("The document's own date lies in the future."), field="own_date")
        return create(
            Evidence, by=by, note=act.note, at=act.at, measure=measure, progress_id=evidence.progress_id,
            uploaded_by=by, replaces=evidence, **fields,
        )  # fmt: skip


def withdraw_evidence(evidence: Evidence, *, by: User, note: str, at: datetime | None = None) -> Evidence:
    """Take a wrong file out of the proof; the row and the file stay on record."""
    with acting(by, note, at) as act:
        measure = locked(evidence.measure)
        evidence = locked(evidence)
        evidence.measure = measure
        demand(EVIDENCE["withdraw"], act, evidence)
        reason_given(act)
        evidence.is_withdrawn = True
        store(evidence, by=by, note=act.note, at=act.at)
        return evidence


def share_evidence(
    evidence: Evidence, measures: Iterable[Measure], *, by: User, note: str = "", at: datetime | None = None
) -> list[Evidence]:
    """Let the same stored file prove other measures too: one new row for each of them. Raises Denied."""
    with acting(by, note, at) as act:
        evidence = locked(evidence)
        demand(EVIDENCE["share"], act, evidence)
        others = sorted(measures, key=lambda measure: measure.pk)  # always locked in the same order
        if not others:
            raise Denied(_("Please name the measures that the file proves too."), field="measures")
        return [_shared(evidence, measure, act) for measure in others]


def _shared(evidence: Evidence, measure: Measure, act: Act) -> Evidence:
    measure = locked(measure)
    number = {"number": measure.number}
    refusal = TAKE.refusal(act.person, measure, act.on)
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


# --- The table: the state of a file is that of the measure that it proves ----------------------------------


def _of_measure(check: Check) -> Check:
    """A check of the measure, asked of a file that proves it."""
    return lambda user, evidence, on: check(user, evidence.measure, on)


def _people_or_office(user: User, measure: Measure, on: date) -> str:
    if access.is_office_of(user, measure.campaign.court_id) or not any_people(user, measure, on):
        return ""
    return _("Only the departments that take part and the rectification office can do this.")


def _in_force(user: User, evidence: Evidence, on: date) -> str:
    if evidence in evidence.measure.evidence_in_force():
        return ""
    return _("The file is withdrawn or has been superseded by a newer revision.")


def _not_signed_on(user: User, evidence: Evidence, on: date) -> str:
    if evidence.measure.is_after_closing(evidence.created_at):
        return ""
    return _("A closure was signed on this evidence; it stays where it is.")


def _changing(name: str, label: Promise, **options: Any) -> Step:
    """Who may add evidence may change it, and under the same conditions."""
    adding = MEASURE["add_evidence"]
    blockers = (*(_of_measure(check) for check in adding.blockers), _in_force, _not_signed_on)
    return Step(name, label, adding.sources, "", _of_measure(adding.who), blockers, **options)


EVIDENCE_STEPS = (
    _changing("replace", gettext_lazy("Upload a newer revision"), form="revision"),
    Step("share", gettext_lazy("Let the file prove other measures too"), frozenset(MeasureStatus), "",
         _of_measure(_people_or_office), (_in_force,), form="share"),
    _changing("withdraw", gettext_lazy("Withdraw the evidence"), form="reason", caution=True),
)  # fmt: skip
EVIDENCE = by_name(EVIDENCE_STEPS)
# About the other measure, which the file is to prove as well.
TAKE = Step("take", gettext_lazy("Take a file that proves another measure"), WORKING, "", _people_or_office,
            (in_plan,), implied=True)  # fmt: skip
