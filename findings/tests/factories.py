"""A small world for the tests, made through the application's own verbs: two courts, their people, one campaign.

``world = make_world()`` stands around the present day, for pages; ``make_world(begin=BEGIN)`` lies in 2025, for
tests that name their days. Days are counted from the feedback: ``world.day(5)``, ``world.at(5)``. The measures of
the plan are added on day 0; what ``measure_at`` and its like do to them happens on days 5 to 12.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts import chain, people
from accounts.models import Department, User
from accounts.roles import RoleCode
from accounts.tracked import create, drifted
from findings.choices import (
    AccountabilityKind,
    DecisionVerdict,
    DocumentAction,
    DocumentKind,
    ExtensionKind,
    IssueState,
    MeasureStatus,
    MeetingKind,
    NoticeColour,
    NoticeStatus,
    ProgressStatus,
    RecheckVerdict,
    ReportKind,
    SourceKind,
    Stage,
)
from findings.models import (
    Accountability,
    Area,
    Campaign,
    ClosureRequest,
    Delivery,
    Evidence,
    Extension,
    Issue,
    IssueVerdict,
    Job,
    LookbackRound,
    Measure,
    Message,
    Outage,
    ProgressUpdate,
    Recheck,
    Report,
    ReportSentence,
    Request,
    SupervisionNotice,
)
from findings.tests import snapshots
from findings.workflow import approval, document, measure, paper, plan, progress, supervision
from findings.workflow.paper import Compiled
from findings.workflow.progress import ProgressValues
from findings.workflow.step import Step

BEGIN = date(2025, 3, 3)  # a Monday
PROGRESS_DAY, ACCEPT_DAY, EVIDENCE_DAY, REQUEST_DAY, SIGN_DAY = 5, 6, 7, 8, 9


@dataclass
class World:
    """Everything a test may want to name. People have no password: use ``client.force_login``."""

    begin: date
    court: Department  # the high court "gy" with departments a and b
    a: Department
    b: Department
    lower: Department  # another court, with one department of its own
    lower_a: Department
    office: User
    chief: User
    leader: User  # leads the world's measures
    other_leader: User
    inspector: User
    head_a: User
    liaison_a: User
    head_b: User
    liaison_b: User
    stranger: User  # office of the other court
    lower_head: User  # head of its department
    sysadmin: User
    secadmin: User
    auditor: User
    nobody: User  # an account without a role
    campaign: Campaign | None = None
    areas: list[Area] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)

    def day(self, number: int) -> date:
        """The day ``number`` days after the feedback."""
        return self.begin + timedelta(days=number)

    def at(self, number: int, hour: int = 9) -> datetime:
        """An instant on that day, by the site's clock."""
        return moment(self.day(number), hour)

    def everybody(self) -> dict[str, User]:
        """All people by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, User)}


def moment(day: date, hour: int = 12) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def fresh(row: Any) -> Any:
    """The row as the database has it; for people also with the roles that they hold now."""
    return type(row)._default_manager.get(pk=row.pk)


# --- The cast ----------------------------------------------------------------------------------------------


def make_world(begin: date | None = None, **campaign_fields: Any) -> World:
    """The cast with a campaign of 2 areas, 3 issues and 4 measures, none of them started.

    The verbs build it once in a run; in an empty database later calls lay the same rows down again.
    """
    begin = begin or timezone.localdate() - timedelta(days=40)
    return snapshots.kept((begin, repr(sorted(campaign_fields.items()))), lambda: _build(begin, campaign_fields))


def _build(begin: date, campaign_fields: dict[str, Any]) -> World:
    world = make_people(begin)
    world.campaign = make_campaign(world, **campaign_fields)
    with chain.sealing():
        make_plan(world)
    return world


def make_people(begin: date) -> World:
    """The two courts and who works there; no campaign yet."""
    early = moment(begin - timedelta(days=100))
    with chain.sealing():
        court = make_department("gy", early, kind=Department.Kind.COURT, tier=Department.Tier.HIGH)
        lower = make_department("zy", early, kind=Department.Kind.COURT, tier=Department.Tier.INTERMEDIATE,
                                parent=court)  # fmt: skip
        a, b = make_department("a", early, parent=court), make_department("b", early, parent=court)
        lower_a = make_department("zy-a", early, parent=lower)
        holders = {
            "office": (RoleCode.OFFICE, court),
            "chief": (RoleCode.CHIEF, court),
            "leader": (RoleCode.LEADER, court),
            "other_leader": (RoleCode.LEADER, court),
            "inspector": (RoleCode.INSPECTOR, court),
            "head_a": (RoleCode.HEAD, a),
            "liaison_a": (RoleCode.LIAISON, a),
            "head_b": (RoleCode.HEAD, b),
            "liaison_b": (RoleCode.LIAISON, b),
            "stranger": (RoleCode.OFFICE, lower),
            "lower_head": (RoleCode.HEAD, lower_a),
            "sysadmin": (RoleCode.SYSADMIN, court),
            "secadmin": (RoleCode.SECADMIN, court),
            "auditor": (RoleCode.AUDITOR, court),
        }
        cast = {name: make_person(name, [place], at=early) for name, place in holders.items()}
        cast["nobody"] = make_person("nobody", [], at=early)
    return World(begin, court, a, b, lower, lower_a, **cast)


def make_department(code: str, at: datetime, **fields: Any) -> Department:
    order = Department.objects.count()
    return people.create_department(code, name=f"Department {code}", order=order, by=None, at=at, **fields)


def make_person(username: str, places: list[tuple[str, Department]], *, at: datetime | None = None) -> User:
    """An account in English, holding each (role, department or court)."""
    person = people.create_account(
        username, name=username.replace("_", " ").title(), language="en", encoded="!", must_change_password=False,
        by=None, at=at,
    )  # fmt: skip
    for role, place in places:
        people.grant_role(person, role, place, by=None, at=at)
    return person


def grant(person: User, role: str, place: Department) -> User:
    """Give one more role; answers the account as it is then."""
    people.grant_role(person, role, place, by=None)
    return fresh(person)


# --- The plan ----------------------------------------------------------------------------------------------


def make_campaign(world: World, *, by: User | None = None, **fields: Any) -> Campaign:
    """A campaign of the high court: concentrated for 150 days, sustained to day 700."""
    values = {
        "slug": f"campaign-{Campaign.objects.count() + 1}",
        "title": "Inspection",
        "source": SourceKind.XUNSHI,
        "inspecting_body": "Inspection group 1",
        "court": world.court,
        "feedback_on": world.begin,
        "concentrated_until": world.day(150),
        "sustained_until": world.day(700),
    }
    return plan.create_campaign(by=by or world.office, at=world.at(0), **(values | fields))


def make_plan(world: World) -> None:
    """Areas 1 and 2, issues 1 and 2 under the first and 3 under the second, measures 1 to 4."""
    steps = {"by": world.office, "at": world.at(0)}
    world.areas = [plan.add_area(world.campaign, number=n, title=f"Area {n}", **steps) for n in (1, 2)]
    places = [(1, world.areas[0]), (2, world.areas[0]), (3, world.areas[1])]
    world.issues = [
        plan.add_issue(area, number=n, title=f"Issue {n}", text=f"Words {n}", **steps) for n, area in places
    ]
    world.measures = [
        make_measure(world),
        make_measure(world, assisting=[world.b] if world.b != world.a else []),  # nobody assists the own lead
        make_measure(world, issue=world.issues[1], lead_department=world.b, lead_leader=world.other_leader),
        make_measure(world, issue=world.issues[2], deadline=world.day(200)),
    ]


def make_measure(
    world: World, *, issue: Issue | None = None, assisting: list[Department] | None = None, day: int = 0, **fields: Any
) -> Measure:
    """One more measure, not started: led by department a and ``leader``, due on day 100."""
    issue = issue or world.issues[0]
    number = 1 + Measure.objects.filter(campaign_id=issue.campaign_id).count()
    values = {
        "number": number,
        "text": f"Measure {number}",
        "goal": "All of it",
        "lead_department": world.a,
        "lead_leader": world.leader,
        "deadline": world.day(100),
    }
    return plan.add_measure(issue, assisting=assisting or [], by=world.office, at=world.at(day), **(values | fields))


def measures(world: World, count: int, **fields: Any) -> list[Measure]:
    """So many fresh measures: for tests that compare the queries of few rows and of many."""
    return [make_measure(world, **fields) for _n in range(count)]


# --- Lives -------------------------------------------------------------------------------------------------


def measure_at(status: str, world: World, *, row: Measure | None = None, stage: str = "", **fields: Any) -> Measure:
    """A measure in that status, brought there by the people whose work it is.

    ``stage``: where a waiting one waits (default: the first stage). ``row``: use this not started measure.
    ``fields``: of a new measure (``issue``, ``deadline``, ``lead_department`` …).
    """
    row = row or make_measure(world, **fields)
    if status == MeasureStatus.NOT_STARTED:
        return row
    ready(world, row)
    if status == MeasureStatus.WAITING:
        closure_at(stage or Stage.HEAD, world, row=row)
    elif status == MeasureStatus.CLOSED:
        close(world, row)
    return fresh(row)


def ready(world: World, row: Measure) -> Measure:
    """Accepted progress of 60 % and one piece of evidence: in progress, ready to ask for closure."""
    progress_at(ProgressStatus.ACCEPTED, world, row=row)
    add_evidence(world, row)
    return fresh(row)


def progress_at(status: str, world: World, *, row: Measure | None = None, day: int = PROGRESS_DAY) -> ProgressUpdate:
    """The lead department's progress of the period of ``day``, in that status."""
    row = row or make_measure(world)
    liaison, head = people_of(world, row)
    period = progress.period_to_report(row, row.lead_department_id, on=world.day(day))
    values = ProgressValues(done=f"Done by day {day}", percent=60, next_step="More")
    update = progress.save_progress(
        row, by=liaison, values=values, department=row.lead_department, period=period, at=world.at(day)
    )
    if status == ProgressStatus.DRAFT:
        return update
    update = progress.submit_draft(update, by=head, at=world.at(day, 15))
    if status == ProgressStatus.ACCEPTED:
        return progress.accept_progress(update, by=world.office, at=world.at(day + 1))
    if status == ProgressStatus.RETURNED:
        return progress.return_progress(update, by=world.office, note="Too vague", at=world.at(day + 1))
    return update


def add_evidence(world: World, row: Measure, *, content: bytes = b"proof", day: int = EVIDENCE_DAY) -> Evidence:
    """One plain file as proof."""
    liaison, _head = people_of(world, row)
    return measure.add_evidence(
        row, by=liaison, at=world.at(day), title="Minutes", own_date=world.day(day - 1),
        file=ContentFile(content, name="minutes.txt"), filename="minutes.txt", content_type="text/plain",
        size=len(content), sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip


def closure_at(
    stage: str, world: World, *, row: Measure | None = None, day: int = REQUEST_DAY, **fields: Any
) -> ClosureRequest:
    """A closure request, filed by the liaison, that waits at the stage; its signatures are of the next day."""
    row = row or ready(world, make_measure(world, **fields))
    liaison, _head = people_of(world, row)
    request = measure.request_closure(row, by=liaison, note="All done", at=world.at(day))
    return climb(world, request, stage, day=day + SIGN_DAY - REQUEST_DAY)


def extension_at(
    stage: str, world: World, *, row: Measure | None = None, kind: str = ExtensionKind.EXTENSION, **values: Any
) -> Extension:
    """An extension (30 days more) or conversion request, filed by the liaison, that waits at the stage."""
    row = row or measure_at(MeasureStatus.IN_PROGRESS, world)
    liaison, _head = people_of(world, row)
    request = measure.request_extension(
        row, by=liaison, note="Needs longer", at=world.at(REQUEST_DAY), **extension_values(world, row, kind, **values)
    )
    return climb(world, request, stage)


def extension_values(world: World, row: Measure, kind: str = ExtensionKind.EXTENSION, **values: Any) -> dict:
    """What the form of an extension or a conversion gives."""
    given = {"kind": kind, "progress_so_far": "Half", "new_deadline": row.deadline + timedelta(days=30)}
    if kind == ExtensionKind.CONVERSION:
        given |= {"new_nature": "standing", "stage_goal": "Rule kept", "recheck_on": world.day(120)}
    return given | values


def climb(world: World, request: Request, stage: str = "", *, day: int = SIGN_DAY) -> Any:
    """Let the right people sign until the request waits at ``stage``; "" to its end. One signature an hour."""
    hour = 9
    while request.stage and request.stage != stage:
        request = approval.sign_request(request, by=signer(world, request), note="Agreed", at=world.at(day, hour))
        hour += 1
    return request


def close(world: World, row: Measure) -> Measure:
    """Ask for closure and sign at every stage; the measure is ready for it."""
    climb(world, closure_at(Stage.HEAD, world, row=row))
    return fresh(row)


def reopened(world: World, *, row: Measure | None = None, day: int = 12) -> Measure:
    """A measure that was closed on day 9 and reopened."""
    row = row or measure_at(MeasureStatus.CLOSED, world)
    return measure.reopen(row, by=world.office, note="It came back", at=world.at(day))


def mended(world: World, row: Measure, *, day: int = 32) -> Measure:
    """New accepted progress and new evidence, as a reopened measure needs before it can be closed again."""
    progress_at(ProgressStatus.ACCEPTED, world, row=row, day=day)
    add_evidence(world, row, day=day + 1)
    return fresh(row)


def returned_closure(world: World, *, row: Measure | None = None) -> ClosureRequest:
    """A closure request that the office sent back."""
    request = closure_at(Stage.OFFICE, world, row=row)
    return approval.return_request(request, by=world.office, note="Proof missing", at=world.at(SIGN_DAY, 20))


def notice_at(status: str, world: World, *, day: int = 10, **values: Any) -> SupervisionNotice:
    """A supervision notice to department a about measure 1 in that status, drafted on ``day``, a step a day."""
    given: dict[str, Any] = {
        "department": world.a, "measure": world.measures[0], "colour": NoticeColour.RED, "text": "Hurry",
        "due_on": world.day(day + 5),
    }  # fmt: skip
    row = supervision.draft_notice(world.campaign, by=world.office, at=world.at(day), **(given | values))
    if status == NoticeStatus.WITHDRAWN:
        return supervision.withdraw_notice(row, by=world.office, at=world.at(day + 1))
    way: list[tuple[str, Any, dict[str, Any]]] = [
        (NoticeStatus.ISSUED, supervision.issue_notice, {"by": world.office}),
        (NoticeStatus.RECEIVED, supervision.receive_notice, {"by": world.liaison_a}),
        (NoticeStatus.REPLIED, supervision.reply_notice, {"by": world.head_a, "reply": "Done by Friday"}),
        (NoticeStatus.CONCLUDED, supervision.conclude_notice, {"by": world.office, "conclusion": "Good"}),
    ]
    for steps, (reached, verb, sent) in enumerate(way, start=1):
        if row.status == status:
            break
        row = verb(row, at=world.at(day + steps), **sent)
        assert row.status == reached
    return row


def people_of(world: World, row: Measure) -> tuple[User, User]:
    """Liaison and head of the lead department."""
    return (world.liaison_b, world.head_b) if row.lead_department_id == world.b.pk else (world.liaison_a, world.head_a)


def lower_world(world: World) -> World:
    """The world as the other court has it: its office, its department as ``a``, a campaign signed in two stages."""
    own = replace(
        world, court=world.lower, a=world.lower_a, b=world.lower_a, office=world.stranger, head_a=world.lower_head,
        liaison_a=world.lower_head, head_b=world.lower_head, liaison_b=world.lower_head, leader=None,
        other_leader=None,
    )  # fmt: skip
    own.campaign = make_campaign(own, closure_stages="head,office", extension_stages="head,office")
    make_plan(own)
    return own


def hang_all(world: World, row: Measure) -> dict[str, Any]:
    """One of each thing that can hang on a measure, by model name; the measure then waits for its closure."""
    office, at = world.office, world.at(10)
    row = ready(world, row)
    found: dict[str, Any] = {
        "Campaign": row.campaign, "Area": row.issue.area, "Issue": row.issue, "Measure": row,
        "ProgressUpdate": row.progress.get(), "ReportingPeriod": row.progress.get().period,
        "Evidence": row.evidence.get(),
    }  # fmt: skip
    found["Extension"] = climb(world, extension_at(Stage.HEAD, world, row=row))
    found["ClosureRequest"] = closure_at(Stage.OFFICE, world, row=fresh(row), day=10)
    found["Decision"] = found["ClosureRequest"].decisions.first()
    notice = {
        "campaign": row.campaign, "measure": row, "department": row.lead_department, "year": world.begin.year,
        "text": "Hurry", "status": NoticeStatus.ISSUED, "issued_by": office, "issued_on": world.day(10),
        "due_on": world.day(15), "number": 1 + SupervisionNotice.objects.count(),
    }  # fmt: skip
    found["SupervisionNotice"] = create(SupervisionNotice, by=office, at=at, **notice)
    found["IssueVerdict"] = create(
        IssueVerdict, by=office, at=at, issue=row.issue, state=IssueState.PARTIAL, reason="Seen",
        decided_on=world.day(10),
    )  # fmt: skip
    found["LookbackRound"] = create(
        LookbackRound, by=office, at=at, campaign=row.campaign, number=1 + row.campaign.rounds.count(),
        title="Look-back", seed="seed", population=str(row.number), size=1, questions="Is it done?",
        drawn_on=world.day(10), due_on=world.day(20),
    )  # fmt: skip
    found["Recheck"] = create(
        Recheck, by=office, at=at, measure=row, checked_on=world.day(10), verdict=RecheckVerdict.HELD, finding="Holds",
        round=found["LookbackRound"], answers="yes", checked_by=office,
    )  # fmt: skip
    found["Accountability"] = create(
        Accountability, by=office, at=at, campaign=row.campaign, measure=row, department=row.lead_department,
        kind=AccountabilityKind.TALK, decided_on=world.day(10), reason="False report",
    )  # fmt: skip
    found |= papers(world, row)
    return found


def papers(world: World, row: Measure) -> dict[str, Any]:
    """A rule that serves the measure, a meeting that decided about it and a compiled report of its campaign."""
    steps = {"by": world.office, "at": world.at(10)}
    rule = document.record_document(
        row.campaign, serves=[row], title=f"Rule {row.number}", number=f"No. {row.number}", kind=DocumentKind.RULE,
        action=DocumentAction.NEW, issued_on=world.day(10), department=row.lead_department, **steps,
    )  # fmt: skip
    meeting = document.record_meeting(
        row.campaign, kind=MeetingKind.PARTY_GROUP, held_on=world.day(10), title="Meeting",
        decided={row: "Press on"}, **steps,
    )  # fmt: skip
    report = paper.keep_report(
        Report(campaign=row.campaign, kind=ReportKind.PROGRESS, as_of=world.day(10 + row.number)),
        Compiled({"checks": []}, b"word", b"excel", "report"),
        **steps,
    )
    sentence = create(
        ReportSentence, report=report, section="next", order=1, text="Go on", drafted="Go", statistic="left",
        is_released=True, settled_by=world.office, settled_at=world.at(10), **steps,
    )  # fmt: skip
    return {
        "RuleDocument": rule, "RuleDocumentMeasure": rule.served.get(), "Meeting": meeting,
        "MeetingMeasure": meeting.measures.get(), "Report": report, "ReportSentence": sentence,
    }  # fmt: skip


def signer(world: World, request: Request) -> User:
    """Who of the world's people signs at the request's present stage."""
    return User.objects.filter(pk__in=request.waits_for()).order_by("pk")[0]


def verdicts(request: Request) -> list[tuple[str, str, int | None]]:
    """The decisions as (stage, verdict, who), in order."""
    return list(request.decisions.order_by("pk").values_list("stage", "verdict", "by_id"))


AGREED, PASSED = DecisionVerdict.APPROVED, DecisionVerdict.PASSED_OVER


# --- Records -----------------------------------------------------------------------------------------------


def last_entry(row: Any) -> tuple[User | None, str, datetime]:
    """Who wrote the row last, why, and the instant on record."""
    entry = row.history.select_related("history_user").order_by("-history_date", "-history_id")[0]
    return entry.history_user, entry.history_change_reason or "", entry.history_date


# Not on record: senders and runs change them by conditional update.
OUTBOX = {Message, Delivery, Outage, Job}


def broken_records() -> list[str]:
    """What a walk over the chain finds wrong with the ledger; [] where every written row is sealed."""
    rows = [model for model in apps.get_app_config("findings").get_models() if model not in OUTBOX]
    watched = [model for model in rows if not hasattr(model, "history")]
    drifts = [line for model in rows if hasattr(model, "history") for line in drifted(model)]
    return chain.verify(watched).broken + drifts


def messages_to(person: User) -> list[str]:
    """The kinds of a person's messages, oldest first."""
    return list(Message.objects.filter(recipient=person).order_by("created_at", "pk").values_list("kind", flat=True))


def open_steps(steps: tuple[Step, ...], world: World, row: Any, on: date) -> dict[str, set[str]]:
    """For each step the people to whom it is open on that day; steps open to nobody are left out."""
    found = {
        step.name: {name for name, user in world.everybody().items() if not step.refusal(user, row, on)}
        for step in steps
    }
    return {name: who for name, who in found.items() if who}
