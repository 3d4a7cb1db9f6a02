"""The other lists of the rectification: issues, tasks, responsibility, rules, notices, evidence. All are flat."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Department, Membership, User
from accounts.roles import RoleCode
from accounts.tracked import names_on
from accounts.words import joined
from findings import figures
from findings.choices import (
    DocumentAction,
    DocumentKind,
    IssueKind,
    IssueState,
    MeasureStatus,
    NoticeColour,
    NoticeStatus,
)
from findings.documents.columns import (
    DATE,
    DEADLINES,
    FLAG,
    NUMBER,
    NUMBERED,
    NUMBERS,
    PERSON,
    PLACE,
    PLACES,
    SIGNED,
    Column,
)
from findings.documents.keys import Ref
from findings.documents.ledger import BATCH, LEDGER, LedgerRow, ledger_rows, rows_of
from findings.models import Area, Evidence, Measure, RecommendationLink, RuleDocumentMeasure

PEOPLE = gettext_lazy("People and their roles come in with the import of people and departments.")
JUDGED = gettext_lazy("The head of the leading group gives the verdict on the page of the issue.")
FORCE = gettext_lazy("What is in force and how it is used is recorded on the page of the document.")
_OWN = {column.name: column for column in LEDGER}


def _flat(name: str, width: float | None = None) -> Column:
    """A ledger column in a list without merged cells."""
    own = _OWN[name]
    return replace(own, width=width or own.width, merge=())


@dataclass(frozen=True)
class IssueRow:
    """An issue, or a recommendation with the measures that answer it."""

    kind: str
    number: int
    area: str
    title: str
    text: str
    is_common: bool
    state: str
    verdict: str
    decided_on: date | None
    disagrees: bool
    measures: int
    closed: int
    numbers: str
    departments: str
    refs: tuple[Ref, ...] = field(default=(), compare=False)


ISSUES = (
    Column("kind", pgettext_lazy("ledger", "Kind"), ("类别", "类型"), 10, choices=IssueKind, why_not=NUMBERED),
    Column("number", pgettext_lazy("ledger", "Issue no."), ("问题序号", "序号", "巡察问题序号"), 7, NUMBER,
           why_not=NUMBERED),
    Column("area", pgettext_lazy("ledger", "Area"), ("方面", "主要方面", "问题归类"), 24, writes="issue.area"),
    Column("title", pgettext_lazy("ledger", "Issue"), ("反馈问题", "问题", "存在问题", "发现的问题"), 36,
           writes="issue.title"),
    Column("text", pgettext_lazy("ledger", "The feedback's own words"),
           ("反馈原文", "问题表现", "问题的具体内容", "具体描述"), 60, writes="issue.text"),
    Column("is_common", pgettext_lazy("ledger", "Common problem"), ("共性问题", "是否共性"), 8, FLAG,
           writes="issue.is_common"),
    Column("state", pgettext_lazy("ledger", "State"), ("整改状态", "整改结果", "状态"), 12, choices=IssueState),
    Column("verdict", pgettext_lazy("ledger", "Verdict of the leading group"), ("领导小组认定", "认定结果"), 12,
           choices=IssueState, why_not=JUDGED),
    Column("decided_on", pgettext_lazy("ledger", "Verdict given on"), ("认定日期",), 12, DATE, why_not=JUDGED),
    Column("disagrees", pgettext_lazy("ledger", "Verdict differs from the state"), ("认定与状态不一致",), 10, FLAG),
    Column("measures", pgettext_lazy("ledger", "Measures"), ("措施数", "措施项数"), 8, NUMBER),
    Column("closed", pgettext_lazy("ledger", "Closed"), ("已销号数", "已销号"), 8, NUMBER),
    Column("numbers", pgettext_lazy("ledger", "Measures no."), ("对应措施", "措施编号"), 22, reads=NUMBERS,
           writes="issue.answers"),
    Column("departments", pgettext_lazy("ledger", "Lead departments"), ("牵头部门", "责任部门"), 26, reads=PLACES),
)  # fmt: skip

TASKS = (
    _flat("number", 8), _flat("text", 50), _flat("goal", 30), _flat("issue_number", 8), _flat("lead_department", 14),
    _flat("assisting", 18), _flat("deadline"), _flat("phase", 12), _flat("nature"), _flat("is_key"), _flat("status"),
    _flat("percent"),
)  # fmt: skip


@dataclass(frozen=True)
class ResponsibilityRow:
    """Who answers for a measure."""

    leader: str
    post: str
    department: str
    heads: str
    liaisons: str
    assisting: str
    number: int
    text: str
    deadline: date | None
    nature: str
    status: str
    refs: tuple[Ref, ...] = field(default=(), compare=False)


RESPONSIBILITY = (
    Column("leader", pgettext_lazy("ledger", "Lead leader"), ("牵头领导", "责任领导", "分管领导", "牵头院领导"), 14,
           reads=PERSON, writes="measure.lead_leader"),
    Column("post", pgettext_lazy("ledger", "Post"), ("职务",), 18, why_not=PEOPLE),
    Column("department", pgettext_lazy("ledger", "Lead department"),
           ("牵头部门", "责任部门", "牵头单位", "责任单位"), 16, reads=PLACE, writes="measure.lead_department"),
    Column("heads", pgettext_lazy("ledger", "Heads"), ("部门负责人", "责任人", "主要负责人"), 18, reads=PLACES,
           why_not=PEOPLE),
    Column("liaisons", pgettext_lazy("ledger", "Liaisons"), ("联络员", "部门联络员", "代办人"), 18, reads=PLACES,
           why_not=PEOPLE),
    _flat("assisting", 20),
    Column("number", pgettext_lazy("ledger", "Measure no."), ("措施序号", "序号", "编号"), 8, NUMBER,
           why_not=NUMBERED),
    Column("text", pgettext_lazy("ledger", "Measure"), ("整改措施", "措施", "整改任务"), 60, writes="measure.text"),
    Column("deadline", pgettext_lazy("ledger", "Deadline"), ("整改时限", "完成时限", "时限", "完成时间"), 12, DATE,
           writes="measure.deadline", why_not=DEADLINES),
    Column("status", pgettext_lazy("ledger", "Status"), ("整改状态", "状态", "任务状态"), 12, choices=MeasureStatus,
           why_not=SIGNED),
)  # fmt: skip


@dataclass(frozen=True)
class RuleRow:
    """A rule or document and the measures that it serves."""

    order: int
    title: str
    number: str
    kind: str
    action: str
    issued_on: date
    department: str
    measures: str
    in_force: bool
    repealed_on: date | None
    replaces: str
    use_check_on: date | None
    use_checked_on: date | None
    use_finding: str
    refs: tuple[Ref, ...] = field(default=(), compare=False)


RULES = (
    Column("order", pgettext_lazy("ledger", "No."), ("序号",), 7, NUMBER),
    Column("title", pgettext_lazy("ledger", "Title"), ("制度名称", "文件名称", "名称"), 60, writes="document.title"),
    Column("number", pgettext_lazy("ledger", "Document number"), ("文号", "发文字号", "发文编号"), 26,
           writes="document.number"),
    Column("kind", pgettext_lazy("ledger", "Kind"), ("类型", "类别"), 10, choices=DocumentKind,
           writes="document.kind"),
    Column("action", pgettext_lazy("ledger", "New or amended"),
           ("制定方式", "新建/修订/废止"), 10, choices=DocumentAction, writes="document.action"),
    Column("issued_on", pgettext_lazy("ledger", "Issued on"), ("印发日期", "印发时间"), 12, DATE,
           writes="document.issued_on"),
    Column("department", pgettext_lazy("ledger", "Drafted by"), ("起草部门", "责任部门", "牵头部门"), 18, reads=PLACE,
           writes="document.department"),
    Column("measures", pgettext_lazy("ledger", "Measures no."), ("对应措施", "对应问题/措施"), 20, reads=NUMBERS,
           writes="document.serves"),
    Column("in_force", pgettext_lazy("ledger", "In force"), ("现行有效", "是否有效", "是否现行有效"), 8, FLAG),
    Column("repealed_on", pgettext_lazy("ledger", "Out of force from"), ("失效日期", "废止日期"), 12, DATE,
           why_not=FORCE),
    Column("replaces", pgettext_lazy("ledger", "Amends or repeals"), ("修订或废止的文件", "修订（废止）何文件"), 30,
           why_not=FORCE),
    Column("use_check_on", pgettext_lazy("ledger", "Check of use"), ("执行检查日期", "执行检查"), 12, DATE,
           writes="document.use_check_on"),
    Column("use_checked_on", pgettext_lazy("ledger", "Use checked on"), ("最近检查日期", "已检查日期"), 12, DATE,
           why_not=FORCE),
    Column("use_finding", pgettext_lazy("ledger", "How the rule is used"), ("执行情况", "制度执行情况"), 36,
           why_not=FORCE),
)  # fmt: skip


@dataclass(frozen=True)
class NoticeRow:
    """A supervision notice and what came back."""

    number: str
    colour: str
    department: str
    measure: int | None
    text: str
    issued_on: date | None
    due_on: date
    status: str
    received_on: date | None
    reply: str
    replied_on: date | None
    conclusion: str


NOTICES = (
    Column("number", pgettext_lazy("ledger", "Number"), ("文号", "督办单号", "编号"), 12),
    Column("colour", pgettext_lazy("ledger", "Colour"), ("颜色", "督办等级", "督办类别"), 9, choices=NoticeColour),
    Column("department", pgettext_lazy("ledger", "Addressed to"), ("督办对象", "承办部门", "牵头单位"), 16),
    Column("measure", pgettext_lazy("ledger", "Measure no."), ("措施序号", "对应措施"), 8, NUMBER),
    Column("text", pgettext_lazy("ledger", "What is asked"), ("督办内容", "督办事项"), 46),
    Column("issued_on", pgettext_lazy("ledger", "Issued on"), ("印发日期", "交办时间"), 12, DATE),
    Column("due_on", pgettext_lazy("ledger", "Reply due"), ("交办时限", "反馈期限", "待办时限"), 12, DATE),
    Column("status", pgettext_lazy("ledger", "Status"), ("状态", "办理状态"), 10, choices=NoticeStatus),
    Column("received_on", pgettext_lazy("ledger", "Received on"), ("签收日期",), 12, DATE),
    Column("reply", pgettext_lazy("ledger", "Reply"), ("反馈", "反馈情况", "办理情况"), 46),
    Column("replied_on", pgettext_lazy("ledger", "Replied on"), ("反馈日期",), 12, DATE),
    Column("conclusion", pgettext_lazy("ledger", "Conclusion"), ("办结意见", "督办结论"), 26),
)  # fmt: skip


@dataclass(frozen=True)
class EvidenceRow:
    """A file that proves progress."""

    order: int
    measure: int
    title: str
    number: str
    own_date: date | None
    filename: str
    size: int
    sha256: str
    uploaded_by: str
    uploaded_on: date


EVIDENCE = (
    Column("order", pgettext_lazy("ledger", "No."), ("证据编号", "序号"), 7, NUMBER),
    Column("measure", pgettext_lazy("ledger", "Measure no."), ("对应措施", "措施序号"), 8, NUMBER),
    Column("title", pgettext_lazy("ledger", "Title"), ("材料名称", "名称"), 50),
    Column("number", pgettext_lazy("ledger", "Document number"), ("文号",), 24),
    Column("own_date", pgettext_lazy("ledger", "Date of the document"), ("材料日期", "材料自身日期"), 12, DATE),
    Column("filename", pgettext_lazy("ledger", "File name"), ("文件名",), 40),
    Column("size", pgettext_lazy("ledger", "Size, bytes"), ("大小（字节）",), 12, NUMBER),
    Column("sha256", pgettext_lazy("ledger", "SHA-256"), ("哈希", "SHA-256"), 36),
    Column("uploaded_by", pgettext_lazy("ledger", "Uploaded by"), ("上传人",), 14),
    Column("uploaded_on", pgettext_lazy("ledger", "Uploaded on"), ("上传时间", "上传日期"), 12, DATE),
)  # fmt: skip


# A recommendation has no state of its own.
_NONE = figures.IssueStanding("")


def issue_rows(scope: figures.Scope, on: date) -> Iterator[IssueRow]:
    """Issues with computed state and verdict, then the recommendations with the measures that answer them."""
    standings = figures.issue_standings(scope, on)
    areas = {area.id: area.title for area in Area.objects.filter(campaign=scope.campaign).at(on).order_by()}
    answers = _answers(scope, on)
    departments = names_on(Department, {row.department_id for rows in answers.values() for row in rows}, on)
    issues: Any = scope.issues
    for issue in list(issues.at(on).order_by("kind", "number")):
        standing = standings.get(issue.id, _NONE)
        rows = sorted(answers.get(issue.id, ()), key=lambda row: row.number)
        yield IssueRow(
            kind=issue.kind,
            number=issue.number,
            area=areas.get(issue.area_id, ""),
            title=issue.title,
            text=issue.text,
            is_common=issue.is_common,
            state=standing.state,
            verdict=standing.verdict,
            decided_on=standing.decided_on,
            disagrees=standing.disagrees,
            measures=len(rows),
            closed=sum(row.is_closed for row in rows),
            numbers=joined(str(row.number) for row in rows),
            departments=joined(dict.fromkeys(departments[row.department_id] for row in rows if row.department_id)),
            refs=(Ref("issue", issue.id, issue.version),),
        )


@dataclass(frozen=True)
class _Answer:
    """What the list of issues tells of a measure."""

    number: int
    is_closed: bool
    department_id: int | None


def _answers(scope: figures.Scope, on: date) -> dict[int, list[_Answer]]:
    """The measures in sight by the issue that they belong to and by the recommendations that they answer."""
    found: dict[int, list[_Answer]] = defaultdict(list)
    measures: dict[int, _Answer] = {}
    rows = scope.measures_on(on).order_by()
    for pk, issue_id, number, status, department_id in rows.values_list(
        "id", "issue_id", "number", "status", "lead_department_id"
    ):
        measures[pk] = _Answer(number, status == MeasureStatus.CLOSED, department_id)
        found[issue_id].append(measures[pk])
    links = RecommendationLink.objects.filter(recommendation__campaign=scope.campaign).at(on).filter(is_active=True)
    for recommendation_id, pk in links.order_by().values_list("recommendation_id", "measure_id"):
        if pk in measures:
            found[recommendation_id].append(measures[pk])
    return found


def task_rows(scope: figures.Scope, on: date) -> Iterator[LedgerRow]:
    """The measures by their own number."""
    return ledger_rows(scope.measures, scope.campaign, on, order=("number",))


def responsibility_rows(scope: figures.Scope, on: date) -> Iterator[ResponsibilityRow]:
    """Who answers for each measure, by leader and department."""
    found = scope.measures_on(on).order_by("number").values_list("id", "lead_leader_id", "lead_department_id")
    owners = {pk: (leader_id, department_id) for pk, leader_id, department_id in found.iterator()}
    leaders = names_on(User, {leader for leader, _d in owners.values()}, on)
    posts = dict(User.objects.filter(pk__in=[pk for pk in leaders if pk]).values_list("pk", "post"))
    order = dict(Department.objects.values_list("pk", "order"))
    people = _department_people({department for _l, department in owners.values() if department}, on)

    def place(pk: int) -> tuple[bool, str, int]:
        leader_id, department_id = owners[pk]
        name = leaders.get(leader_id, "")
        return not name, name, order.get(department_id, 0)

    for row in rows_of(sorted(owners, key=place), scope.campaign, on):
        leader_id, department_id = owners[row.measure_id]
        yield ResponsibilityRow(
            leader=row.lead_leader,
            post=posts.get(leader_id, ""),
            department=row.lead_department,
            heads=joined(people[department_id, RoleCode.HEAD]),
            liaisons=joined(people[department_id, RoleCode.LIAISON]),
            assisting=row.assisting,
            number=row.number,
            text=row.text,
            deadline=row.deadline,
            nature=row.nature,
            status=row.status,
            refs=row.refs[:1],
        )


def rule_rows(scope: figures.Scope, on: date) -> list[RuleRow]:
    """Rules and documents issued by the day."""
    documents: Any = scope.documents
    rows = list(documents.at(on).filter(issued_on__lte=on).order_by("issued_on", "number", "id"))
    seen = dict(scope.measures_on(on).order_by().values_list("id", "number"))
    served: dict[int, list[int]] = defaultdict(list)
    links = RuleDocumentMeasure.objects.filter(document__campaign=scope.campaign).at(on).filter(is_active=True)
    for document_id, measure_id in links.order_by().values_list("document_id", "measure_id"):
        if measure_id in seen:
            served[document_id].append(seen[measure_id])
    departments = names_on(Department, (row.department_id for row in rows), on)
    titles = {row.id: row.title for row in rows}  # what is older and in sight is in the list
    return [
        RuleRow(
            order=order,
            title=row.title,
            number=row.number,
            kind=row.kind,
            action=row.action,
            issued_on=row.issued_on,
            department=departments.get(row.department_id, ""),
            measures=joined(str(number) for number in sorted(served[row.id])),
            in_force=figures.is_in_force(row, on),
            repealed_on=row.repealed_on,
            replaces=titles.get(row.replaces_id, ""),
            use_check_on=row.use_check_on,
            use_checked_on=row.use_checked_on,
            use_finding=row.use_finding,
            refs=(Ref("document", row.id, row.version),),
        )
        for order, row in enumerate(rows, start=1)
    ]


def notice_rows(scope: figures.Scope, on: date) -> list[NoticeRow]:
    """Supervision notices as they stood at the end of the day, by their numbers, the drafts in sight behind them."""
    rows = list(scope.notices.at(on).kept().order_by("year", F("number").asc(nulls_last=True), "id"))
    departments = names_on(Department, (row.department_id for row in rows), on)
    wanted = {row.measure_id for row in rows if row.measure_id}
    numbers = dict(Measure.objects.filter(pk__in=wanted).order_by().values_list("pk", "number"))
    return [
        NoticeRow(
            number=f"〔{row.year}〕{row.number or '—'}",  # a row of history has the fields alone
            colour=row.colour,
            department=departments.get(row.department_id, ""),
            measure=numbers.get(row.measure_id or 0),
            text=row.text,
            issued_on=row.issued_on,
            due_on=row.due_on,
            status=row.status,
            received_on=timezone.localdate(row.received_at) if row.received_at else None,
            reply=row.reply,
            replied_on=timezone.localdate(row.replied_at) if row.replied_at else None,
            conclusion=row.conclusion,
        )
        for row in rows
    ]


def evidence_count(scope: figures.Scope, on: date) -> int:
    """How many files are in force on the day."""
    measures = scope.measures_on(on).order_by()
    return Evidence.objects.filter(measure_id__in=measures.values("id")).in_force(on).count()


def evidence_rows(scope: figures.Scope, on: date) -> list[EvidenceRow]:
    """The files in force on the day, by measure."""
    seen = dict(scope.measures_on(on).order_by().values_list("id", "number"))
    found: list[Evidence] = []
    ids = list(seen)
    for start in range(0, len(ids), BATCH):
        part = Evidence.objects.filter(measure_id__in=ids[start : start + BATCH]).in_force(on)
        found += part.order_by("created_at", "id")
    found.sort(key=lambda row: seen[row.measure_id])
    people = names_on(User, (row.uploaded_by_id for row in found), on)
    return [
        EvidenceRow(
            order=order,
            measure=seen[row.measure_id],
            title=row.title,
            number=row.number,
            own_date=row.own_date,
            filename=row.filename,
            size=row.size,
            sha256=row.sha256,
            uploaded_by=people.get(row.uploaded_by_id, ""),
            uploaded_on=timezone.localdate(row.created_at),
        )
        for order, row in enumerate(found, start=1)
    ]


def _department_people(ids: set[int], on: date) -> dict[tuple[int | None, str], list[str]]:
    """Names by (department, role) of the heads and liaisons in office on the day."""
    grants = Membership.objects.filter(department_id__in=ids, role__in=(RoleCode.HEAD, RoleCode.LIAISON))
    found = list(grants.at(on).filter(ended_at__isnull=True).order_by("id").values_list("department_id", "role",
                                                                                         "person_id"))  # fmt: skip
    names = names_on(User, (person_id for _d, _r, person_id in found), on)
    people: dict[tuple[int | None, str], list[str]] = defaultdict(list)
    for department_id, role, person_id in found:
        people[department_id, role].append(names[person_id])
    return people
