"""The ledger 整改台账: its columns, declared once for the file that goes out and the file that comes back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from accounts.models import Department, User
from accounts.tracked import names_on
from accounts.words import joined
from findings import figures
from findings.choices import Light, MeasureStatus, Nature, Phase, ProgressStatus
from findings.documents.columns import (
    DATE,
    DEADLINES,
    FLAG,
    NATURES,
    NUMBER,
    NUMBERED,
    PERSON,
    PLACE,
    PLACED,
    PLACES,
    REPORTED,
    SIGNED,
    Column,
)
from findings.documents.keys import Ref, key_heading, key_of
from findings.documents.workbook import Head, Keys, render
from findings.figures.reporting import assisting_names
from findings.models import Area, Campaign, Evidence, Issue, Measure, ProgressUpdate

BATCH = 5000  # ids in one query; SQLite takes no more than 32,766 values


@dataclass(frozen=True)
class LedgerRow:
    """One measure as it stood at the end of a day, with all that the ledger says of it."""

    measure_id: int
    area_number: int
    area: str
    issue_number: int
    issue: str
    number: int
    text: str
    goal: str
    lead_leader: str
    lead_department: str
    assisting: str
    original_deadline: date | None
    deadline: date | None
    phase: str
    nature: str
    is_key: bool
    status: str
    light: str
    percent: int
    progress: str
    difficulty: str
    next_step: str
    evidence: int
    recheck_on: date | None
    closed_on: date | None
    refs: tuple[Ref, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Meta:
    """What a list says of itself: whose it is, of which day, and the sums that stand above it.

    ``has_keys``: each row tells in a hidden column which record it is, so that the file can come back.
    """

    kind: str
    title: str
    campaign: Campaign
    on: date
    counts: str = ""
    made_at: datetime = field(default_factory=timezone.now)
    has_keys: bool = False

    @property
    def filename(self) -> str:
        """The name of the file, in the active language."""
        return f"{self.title}_{self.campaign.slug}_{self.on.isoformat()}.xlsx"


_AREA, _ISSUE = ("area_number",), ("area_number", "issue_number")
LEDGER = (
    Column("area_number", pgettext_lazy("ledger", "Area no."), ("方面序号",), 5, NUMBER, merge=_AREA, why_not=NUMBERED),
    Column("area", pgettext_lazy("ledger", "Area"), ("方面", "主要方面", "问题主要方面", "问题归类"), 10, merge=_AREA,
           writes="area.title"),
    Column("issue_number", pgettext_lazy("ledger", "Issue no."), ("问题序号", "巡察问题序号"), 5, NUMBER, merge=_ISSUE,
           why_not=PLACED),
    Column("issue", pgettext_lazy("ledger", "Issue"),
           ("反馈问题", "问题", "存在问题", "整改问题", "发现的问题", "问题表现"),
           16, merge=_ISSUE, writes="issue.title"),
    Column("number", pgettext_lazy("ledger", "Measure no."), ("措施序号", "序号", "编号", "任务序号"), 5, NUMBER,
           why_not=NUMBERED),
    Column("text", pgettext_lazy("ledger", "Measure"),
           ("整改措施", "措施", "措施内容", "整改措施具体内容", "整改任务"), 30, writes="measure.text"),
    Column("goal", pgettext_lazy("ledger", "Goal"), ("整改目标", "目标", "工作目标"), 17, writes="measure.goal"),
    Column("lead_leader", pgettext_lazy("ledger", "Lead leader"),
           ("牵头领导", "责任领导", "分管领导", "牵头院领导"), 9, reads=PERSON, writes="measure.lead_leader"),
    Column("lead_department", pgettext_lazy("ledger", "Lead department"),
           ("牵头部门", "责任部门", "牵头单位", "牵头整改部门", "责任单位"), 9, reads=PLACE,
           writes="measure.lead_department"),
    Column("assisting", pgettext_lazy("ledger", "Assisting departments"), ("配合部门", "配合单位", "协助部门"), 10,
           reads=PLACES, writes="measure.assisting"),
    Column("original_deadline", pgettext_lazy("ledger", "Original deadline"), ("原定时限", "原时限", "原整改时限"),
           10.5, DATE),
    Column("deadline", pgettext_lazy("ledger", "Deadline"),
           ("整改时限", "完成时限", "时限", "完成时间", "整改期限", "预计完成时间"), 10.5, DATE,
           writes="measure.deadline", why_not=DEADLINES),
    Column("phase", pgettext_lazy("ledger", "Phase"), ("整改阶段", "阶段"), 7, choices=Phase, writes="measure.phase",
           why_not=NATURES),
    Column("nature", pgettext_lazy("ledger", "Nature"),
           ("整改类型", "整改性质", "措施类型", "整改周期"), 7, choices=Nature, writes="measure.nature",
           why_not=NATURES),
    Column("is_key", pgettext_lazy("ledger", "Key task"), ("重点任务", "是否重点"), 5, FLAG, writes="measure.is_key"),
    Column("status", pgettext_lazy("ledger", "Status"), ("整改状态", "状态", "任务状态", "办理状态", "销号状态"),
           7.5, choices=MeasureStatus, why_not=SIGNED),
    Column("light", pgettext_lazy("ledger", "Light"), ("亮灯", "预警", "预警状态"), 5.5, choices=Light),
    Column("percent", pgettext_lazy("ledger", "Progress, %"), ("进度", "完成率", "进度%", "完成比例"), 5.5, NUMBER,
           why_not=REPORTED),
    Column("progress", pgettext_lazy("ledger", "Latest progress"),
           ("最新进展", "整改进展", "整改进展情况", "整改情况", "进展情况", "整改措施完成情况", "完成情况"), 35,
           why_not=REPORTED),
    Column("difficulty", pgettext_lazy("ledger", "Difficulty"), ("存在困难", "存在问题及困难", "困难"), 13,
           why_not=REPORTED),
    Column("next_step", pgettext_lazy("ledger", "Next step"), ("下一步打算", "下一步措施", "下步措施"), 15,
           why_not=REPORTED),
    Column("evidence", pgettext_lazy("ledger", "Evidence, files"), ("佐证材料数", "佐证材料", "佐证份数"), 6, NUMBER),
    Column("recheck_on", pgettext_lazy("ledger", "Next re-check"), ("下次回头看", "复查时间"), 10.5, DATE,
           writes="measure.recheck_on", why_not=NATURES),
    Column("closed_on", pgettext_lazy("ledger", "Closed on"), ("销号日期", "销号时间", "办结日期"), 10.5, DATE,
           why_not=SIGNED),
)  # fmt: skip


def ledger_rows(measures: Any, campaign: Campaign, on: date) -> list[LedgerRow]:
    """The measures in sight as they stood at the end of the day, by area, issue and number.

    ``measures`` are live rows (they are read as of the day here) or rows of that day already.
    """
    on = campaign.as_of(on)
    rows = list(
        measures.at(on).in_plan(on).with_excuse().select_related("issue")
        .order_by("issue__area__number", "issue__number", "number")
    )  # fmt: skip
    return _Facts(rows, campaign, on).ledger()


def counts_line(scope: figures.Scope, on: date) -> str:
    """The sums above a ledger, from the same function as every other page."""
    counts = figures.measure_counts(scope, on)
    return _(
        "Measures %(measures)s: not started %(not_started)s, in progress %(in_progress)s, waiting for closure "
        "%(waiting)s, closed %(closed)s (%(percent)s%%); overdue %(overdue)s, re-checks missed %(rechecks)s, due soon "
        "%(due_soon)s"
    ) % {
        "measures": counts.measures,
        "not_started": counts.not_started,
        "in_progress": counts.in_progress,
        "waiting": counts.waiting,
        "closed": counts.closed,
        "percent": counts.closed_percent,
        "overdue": counts.overdue,
        "rechecks": counts.rechecks_missed,
        "due_soon": counts.due_soon,
    }


def list_workbook(columns: Sequence[Column], rows: Sequence[Any], meta: Meta) -> bytes:
    """Any declared list as a file that says what it is and of which day."""
    made = timezone.localtime(meta.made_at)
    head = Head(
        title=f"{meta.campaign.title}{pgettext('between title and list', ' – ')}{meta.title}",
        unit=_("Unit: %(court)s") % {"court": meta.campaign.court.name},
        day=_("As of %(day)s (made %(made)s)")
        % {"day": date_format(meta.on, "DATE_FORMAT"), "made": f"{made:%Y-%m-%d %H:%M}"},
        counts=meta.counts,
        sheet=meta.title,
        properties={
            "rectify-kind": meta.kind,
            "rectify-campaign": meta.campaign.slug,
            "rectify-on": meta.on.isoformat(),
            "rectify-made-at": meta.made_at.isoformat(),
        },
    )
    keys = None
    if meta.has_keys:
        heading = key_heading(meta.kind, meta.campaign, meta.on, meta.made_at, columns)
        keys = Keys(heading, [key_of(row, columns) for row in rows])
    return render(head, columns, rows, keys)


class _Facts:
    """What stands around the measures of a ledger, read once for all of them."""

    def __init__(self, rows: list[Measure], campaign: Campaign, on: date) -> None:
        self.rows, self.campaign, self.on = rows, campaign, on
        self.issues = {r.id: r for r in Issue.objects.filter(campaign=campaign).at(on).order_by()}
        self.areas: dict[int | None, Area] = {r.id: r for r in Area.objects.filter(campaign=campaign).at(on).order_by()}
        self.departments = names_on(Department, (row.lead_department_id for row in rows), on)
        self.leaders = names_on(User, (row.lead_leader_id for row in rows), on)
        self.assisting: dict[int, list[str]] = {}
        self.evidence: dict[int, int] = {}
        self.progress: dict[int, tuple[str, str, str]] = {}
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            ids = [row.id for row in part]
            self.assisting |= assisting_names(ids, on)
            self.evidence |= _evidence_counts(ids, on)
            self.progress |= _latest_progress(part, on)

    def ledger(self) -> list[LedgerRow]:
        return [self._row(row) for row in self.rows]

    def _row(self, row: Measure) -> LedgerRow:
        issue = self.issues.get(row.issue_id, row.issue)
        area = self.areas.get(issue.area_id) or issue.area
        done, difficulty, next_step = self.progress.get(row.id, ("", "", ""))
        return LedgerRow(
            measure_id=row.id,
            area_number=area.number if area else 0,
            area=area.title if area else "",
            issue_number=issue.number,
            issue=issue.title,
            number=row.number,
            text=row.text,
            goal=row.goal,
            lead_leader=self.leaders.get(row.lead_leader_id, ""),
            lead_department=self.departments.get(row.lead_department_id, ""),
            assisting=joined(self.assisting.get(row.id, [])),
            original_deadline=row.original_deadline,
            deadline=row.deadline,
            phase=row.phase,
            nature=row.nature,
            is_key=row.is_key,
            status=row.status,
            light=figures.light_of(row, self.campaign, self.on),
            percent=row.percent,
            progress=done,
            difficulty=difficulty,
            next_step=next_step,
            evidence=self.evidence.get(row.id, 0),
            recheck_on=row.recheck_on,
            closed_on=row.closed_on,
            refs=tuple(
                Ref(name, record.id, record.version)
                for name, record in (("measure", row), ("issue", issue), ("area", area)) if record is not None
            ),
        )  # fmt: skip


def _evidence_counts(ids: list[int], on: date) -> dict[int, int]:
    rows = Evidence.objects.filter(measure_id__in=ids).in_force(on).order_by()
    return dict(rows.values("measure_id").annotate(n=Count("id")).values_list("measure_id", "n"))


def _latest_progress(rows: list[Measure], on: date) -> dict[int, tuple[str, str, str]]:
    """Of each measure the newest accepted report, its lead department's before any other's."""
    leads = {row.id: row.lead_department_id for row in rows}
    found: dict[int, tuple[tuple[bool, date], tuple[str, str, str]]] = {}
    updates = ProgressUpdate.objects.filter(measure_id__in=list(leads)).at(on).filter(status=ProgressStatus.ACCEPTED)
    fields = ("measure_id", "department_id", "period__starts_on", "done", "difficulty", "next_step")
    for pk, department_id, starts_on, *texts in updates.order_by().values_list(*fields).iterator():
        rank = (department_id == leads[pk], starts_on)
        if pk not in found or rank > found[pk][0]:
            found[pk] = (rank, (texts[0], texts[1], texts[2]))
    return {pk: texts for pk, (_rank, texts) in found.items()}
