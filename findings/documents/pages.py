"""What the one-page Word forms and the plan say: dataclasses for their templates, read from the rows of a thing."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone, translation
from django.utils.formats import date_format

from accounts import chain
from findings.choices import ExtensionKind, IssueKind, Nature, Stage, without_deadline
from findings.documents import word
from findings.documents.draft.read import chinese_number
from findings.documents.titles import subject_of
from findings.figures import Scope
from findings.figures.counts import measure_counts
from findings.models import (
    AssistingDepartment,
    ClosureRequest,
    Extension,
    Measure,
    RecommendationLink,
    SupervisionNotice,
)

LANGUAGE = "zh-hans"  # official papers, whoever's screen they were asked from


@dataclass(frozen=True)
class MeasureFacts:
    """A measure on paper."""

    number: int
    text: str
    goal: str
    issue: str
    leader: str
    department: str
    assisting: str
    deadline: str
    original_deadline: str
    nature: str


@dataclass(frozen=True)
class EvidenceLine:
    title: str
    number: str
    own_date: str


@dataclass(frozen=True)
class DecisionLine:
    """One signature, return, opinion or passed-over stage."""

    stage: str
    verdict: str
    opinion: str
    by: str
    on: str


@dataclass(frozen=True)
class NoticePage:
    """The fields of supervision_notice.docx."""

    court: str
    campaign: str
    year: int
    number: str
    department: str
    colour: str
    issued_on: str
    due_on: str
    measure: MeasureFacts | None
    text: str
    issued_by: str
    received_by: str
    received_on: str
    reply: str
    replied_by: str
    replied_on: str
    conclusion: str
    concluded_by: str
    concluded_on: str
    made_on: str
    digest: str


@dataclass(frozen=True)
class RequestPage:
    """The fields of closure_request.docx."""

    court: str
    campaign: str
    measure: MeasureFacts
    done: str
    evidence: list[EvidenceLine]
    reason: str
    filed_by: str
    filed_on: str
    decisions: list[DecisionLine]
    made_on: str
    digest: str


@dataclass(frozen=True)
class ExtensionPage(RequestPage):
    """The fields of extension_request.docx."""

    is_conversion: bool
    old_deadline: str
    new_deadline: str
    nature: str
    recheck_on: str
    stage_goal: str
    progress_so_far: str


@dataclass(frozen=True)
class PlanIssue:
    numeral: str
    title: str
    measures: list[MeasureFacts]


@dataclass(frozen=True)
class PlanArea:
    numeral: str
    title: str
    issues: list[PlanIssue]


@dataclass(frozen=True)
class PlanAdvice:
    """A recommendation with the numbers of the measures that answer it."""

    number: int
    title: str
    answers: list[int]


@dataclass(frozen=True)
class PlanPage:
    """The fields of rectification_plan.docx."""

    court: str
    campaign: str
    subject: str
    body: str
    source: str
    feedback_on: str
    concentrated_until: str
    sustained_until: str
    issues: int
    measures: int
    concentrated: int
    sustained: int
    areas: list[PlanArea]
    recommendations: list[PlanAdvice]
    advice_numeral: str
    made_on: str


def notice_file(notice: SupervisionNotice, *, on: date) -> bytes:
    """The 督办单 as a Word file. Raises TemplateFault."""
    with translation.override(LANGUAGE):
        page = NoticePage(
            court=notice.campaign.court.name, campaign=notice.campaign.title, year=notice.year,
            number=str(notice.number or "　"), department=notice.department.name, colour=notice.get_colour_display(),
            issued_on=_day(notice.issued_on), due_on=_day(notice.due_on), text=notice.text,
            measure=facts_of(notice.measure) if notice.measure else None, issued_by=_name(notice.issued_by, ""),
            received_by=_name(notice.received_by, ""), received_on=_day(notice.received_at, ""), reply=notice.reply,
            replied_by=_name(notice.replied_by, ""), replied_on=_day(notice.replied_at, ""),
            conclusion=notice.conclusion, concluded_by=_name(notice.concluded_by, ""),
            concluded_on=_day(notice.concluded_at, ""), made_on=_day(on), digest=chain.head()[:16],
        )  # fmt: skip
        return word.render("supervision_notice.docx", page)


def request_file(request: ClosureRequest | Extension, *, on: date) -> bytes:
    """The 销号申请表 or 延期申请表 as a Word file. Raises TemplateFault."""
    with translation.override(LANGUAGE):
        values = _request_values(request, on)
        if isinstance(request, ClosureRequest):
            return word.render("closure_request.docx", RequestPage(**values))
        page = ExtensionPage(
            **values, is_conversion=request.kind == ExtensionKind.CONVERSION, old_deadline=_day(request.old_deadline),
            new_deadline=_day(request.new_deadline), nature=request.get_new_nature_display() or "—",
            recheck_on=_day(request.recheck_on), stage_goal=request.stage_goal or "—",
            progress_so_far=request.progress_so_far,
        )  # fmt: skip
        return word.render("extension_request.docx", page)


def plan_file(scope: Scope, *, on: date) -> bytes:
    """The 整改方案 of a campaign as it stands, its sums those of the day. Raises TemplateFault."""
    with translation.override(LANGUAGE):
        return word.render("rectification_plan.docx", plan_page(scope, on=on))


def plan_page(scope: Scope, *, on: date) -> PlanPage:
    """Areas, issues and measures in sight, with the sums that the plan's first paragraph states."""
    campaign, counts = scope.campaign, measure_counts(scope, on)
    areas = _plan_areas(scope, on)
    advice = _advice(scope)
    return PlanPage(
        court=campaign.court.name, campaign=campaign.title, subject=subject_of(campaign.title),
        body=campaign.inspecting_body, source=campaign.get_source_display(), feedback_on=_day(campaign.feedback_on),
        concentrated_until=_day(campaign.concentrated_until), sustained_until=_day(campaign.sustained_until),
        issues=sum(len(area.issues) for area in areas), measures=counts.measures, concentrated=counts.concentrated,
        sustained=counts.sustained, areas=areas, recommendations=advice, advice_numeral=chinese_number(len(areas) + 1),
        made_on=_day(campaign.plan_approved_on or on),
    )  # fmt: skip


def facts_of(measure: Measure) -> MeasureFacts:
    """A measure's own words and owners; its relations should be loaded with it.

    ``nature`` is "" where the deadline says enough.
    """
    assisting = [row.department.name for row in measure.assisting.all() if row.is_active]
    undated = without_deadline(measure.nature)
    is_told = measure.nature == Nature.DATED or (undated and not measure.deadline)
    return MeasureFacts(
        number=measure.number, text=measure.text, goal=measure.goal or "—", issue=str(measure.issue),
        leader=_name(measure.lead_leader), department=measure.lead_department.name if measure.lead_department else "—",
        assisting="、".join(assisting) or "—", deadline=_day(measure.deadline, undated or "—"),
        original_deadline=_day(measure.original_deadline, undated or "—"),
        nature="" if is_told else measure.get_nature_display(),
    )  # fmt: skip


def measures_on_paper() -> Prefetch:
    """Loads the assisting departments that ``facts_of`` reads."""
    return Prefetch("assisting", AssistingDepartment.objects.select_related("department"))


def _request_values(request: ClosureRequest | Extension, on: date) -> dict[str, Any]:
    measure = request.measure
    accepted = measure.progress.accepted().filter(department=measure.lead_department)
    newest = accepted.order_by("-period__starts_on").first()
    proofs = measure.evidence.in_force().order_by("created_at", "pk")
    return {
        "court": measure.campaign.court.name, "campaign": measure.campaign.title, "measure": facts_of(measure),
        "done": newest.done if newest else "—",
        "evidence": [EvidenceLine(row.title, row.number, _day(row.own_date, "")) for row in proofs],
        "reason": request.reason or "—", "filed_by": _name(request.filed_by), "filed_on": _day(request.filed_on),
        "decisions": _decisions(request), "made_on": _day(on),
        "digest": chain.head()[:16],
    }  # fmt: skip


def _decisions(request: ClosureRequest | Extension) -> list[DecisionLine]:
    """What was decided, and below it an empty line for each stage to come, so that the form can be signed by hand."""
    made = [
        DecisionLine(row.get_stage_display(), row.get_verdict_display(), row.opinion, _name(row.by), _day(row.at))
        for row in request.decisions.select_related("by")
    ]
    to_come = request.stage_list[request.stage_index :] if request.stage else []
    return made + [DecisionLine(str(Stage(stage).label), "", "", "", "") for stage in to_come]


def _plan_areas(scope: Scope, on: date) -> list[PlanArea]:
    by_issue: dict[int, list[MeasureFacts]] = {}
    wanted = scope.measures_on(on).order_by().values("id")
    rows = scope.measures.filter(pk__in=wanted).select_related("issue", "lead_leader", "lead_department")
    for row in rows.prefetch_related(measures_on_paper()).order_by("number"):
        facts = facts_of(row)
        day = row.deadline.isoformat() if row.deadline else facts.deadline
        by_issue.setdefault(row.issue_id, []).append(replace(facts, deadline=day))
    issues = scope.issues.filter(kind=IssueKind.FINDING).order_by("number")
    by_area: dict[int | None, list[PlanIssue]] = {}
    for issue in issues:
        found = by_area.setdefault(issue.area_id, [])
        found.append(PlanIssue(chinese_number(len(found) + 1), issue.title, by_issue.get(issue.pk, [])))
    return [
        PlanArea(chinese_number(place), area.title, by_area.get(area.pk, []))
        for place, area in enumerate(scope.areas.order_by("number"), 1)
    ]


def _advice(scope: Scope) -> list[PlanAdvice]:
    answers: dict[int, list[int]] = {}
    links = RecommendationLink.objects.filter(
        is_active=True, measure__in=scope.measures.order_by().values("pk"), recommendation__campaign=scope.campaign
    )
    for pk, number in links.order_by("measure__number").values_list("recommendation_id", "measure__number"):
        answers.setdefault(pk, []).append(number)
    rows = scope.issues.filter(kind=IssueKind.RECOMMENDATION).order_by("number")
    return [PlanAdvice(row.number, row.title.rstrip("。"), answers.get(row.pk, [])) for row in rows]


def _day(value: date | datetime | None, none: str = "—") -> str:
    if value is None:
        return none
    return date_format(timezone.localtime(value) if isinstance(value, datetime) else value, "DATE_FORMAT")


def _name(person: Any, none: str = "—") -> str:
    return str(person) if person else none
