"""Lists of the papers: rules, supervision notices, evidence. All are flat."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Department, User
from accounts.tracked import names_on
from accounts.words import joined
from findings import figures
from findings.choices import DocumentAction, DocumentKind, NoticeColour, NoticeStatus
from findings.documents.columns import DATE, FLAG, NUMBER, NUMBERS, PLACE, Column
from findings.documents.keys import Ref
from findings.documents.ledger import BATCH
from findings.models import Evidence, Measure, RuleDocumentMeasure
from findings.models.issue import MeasureQuerySet

FORCE = gettext_lazy("What is in force and how it is used is recorded on the page of the document.")


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
    Column("issued_on", gettext_lazy("Issued on"), ("下发日期", "印发日期", "交办时间"), 12, DATE),
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


def rule_rows(scope: figures.Scope, on: date) -> list[RuleRow]:
    """Rules and documents issued by the day."""
    documents: Any = scope.documents
    rows = list(documents.at(on).filter(issued_on__lte=on).order_by("issued_on", "number", "id"))
    seen = dict(scope.measures_on(on).order_by().values_list("id", "number"))
    served: dict[int, list[int]] = defaultdict(list)
    for document_id, measure_id in _links(scope, on).values_list("document_id", "measure_id"):
        if measure_id in seen:
            served[document_id].append(seen[measure_id])
    departments = names_on(Department, (row.department_id for row in rows), on)
    older = (scope.whole or scope).documents.filter(pk__in={row.replaces_id for row in rows if row.replaces_id})
    titles = dict(older.at(on).order_by().values_list("id", "title"))
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


def rules_within(scope: figures.Scope, found: MeasureQuerySet, on: date) -> figures.Scope:
    """The rules and documents that serve one of the measures, with *all* the measures that they serve."""
    serving = _links(scope, on).filter(measure_id__in=found.values("id"))
    return replace(scope, documents=scope.documents.filter(pk__in=serving.values("document_id")))


def _links(scope: figures.Scope, on: date) -> Any:
    """Which documents served which measures on the day."""
    links = RuleDocumentMeasure.objects.filter(document__campaign=scope.campaign)
    return links.at(on).filter(is_active=True).order_by()


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


def notices_within(scope: figures.Scope, found: MeasureQuerySet, on: date) -> figures.Scope:
    """The notices about one of the measures."""
    about = scope.notices.at(on).filter(measure_id__in=found.values("id")).order_by()
    return replace(scope, notices=scope.notices.filter(pk__in=about.values("id")))


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
