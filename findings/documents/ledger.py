"""The ledger 整改台账: its columns, declared once for the file that goes out and the file that comes back."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from accounts.models import Department, User
from accounts.tracked import names_on
from accounts.words import joined
from findings import figures
from findings.choices import Light, MeasureStatus, Nature, Phase
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
from findings.figures.accepted import Accepted, newest_accepted
from findings.figures.reporting import assisting_names
from findings.models import Area, Campaign, Evidence, Issue, Measure

BATCH = 2000  # measures that are read at a time; SQLite takes no more than 32,766 values in a query
ORDER = ("issue__area__number", "issue__number", "number")
# What the rows are made of: whole records with their days of birth cost twice the time.
_MEASURE = (
    "id", "version", "issue_id", "number", "text", "goal", "lead_leader_id", "lead_department_id",
    "original_deadline", "deadline", "phase", "nature", "is_key", "status", "percent", "recheck_on", "closed_on",
    "retired_on", "reopened_count", "excused",
)  # fmt: skip
_ISSUE_OF = ("id", "version", "area_id", "number", "title")


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
    """What a list says of itself: whose it is, of which day, the sums that stand above it, and the filters.

    ``has_keys``: each row tells in a hidden column which record it is, so that the file can come back.
    """

    kind: str
    title: str
    campaign: Campaign
    on: date
    counts: str = ""
    filters: str = ""  # in words, "" where none is in force
    made_at: datetime = field(default_factory=timezone.now)
    has_keys: bool = False
    marks: tuple[str, ...] = ()  # what tells its name from that of the whole list

    @property
    def filename(self) -> str:
        """The name of the file, in the active language."""
        return "_".join([self.title, self.campaign.slug, self.on.isoformat(), *self.marks]) + ".xlsx"


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


def ledger_rows(
    measures: Any, campaign: Campaign, on: date, *, order: tuple[str, ...] = ORDER
) -> Iterator[LedgerRow]:  # fmt: skip
    """The measures in sight as they stood at the end of the day, by area, issue and number.

    ``measures`` are live rows (they are read as of the day here) or rows of that day already.
    """
    on = campaign.as_of(on)
    ids = measures.at(on).in_plan(on).order_by(*order).values_list("id", flat=True)
    return rows_of(array("q", ids.iterator()), campaign, on)


def rows_of(ids: Sequence[int], campaign: Campaign, on: date) -> Iterator[LedgerRow]:
    """The measures of these ids in this order on the day, read some at a time.

    No cursor stays open between two of the pieces, so whoever takes the rows may write to the database meanwhile.
    """
    facts = _Facts(campaign, on)
    for start in range(0, len(ids), BATCH):
        yield from facts.of(list(ids[start : start + BATCH]))


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


def list_workbook(file: IO[bytes], columns: Sequence[Column], rows: Iterable[Any], meta: Meta) -> int:
    """Write any declared list as a file that says what it is and of which day; answers how many rows it has."""
    made = timezone.localtime(meta.made_at)
    head = Head(
        title=f"{meta.campaign.title}{pgettext('between title and list', ' – ')}{meta.title}",
        unit=_("Unit: %(court)s") % {"court": meta.campaign.court.name},
        day=_("As of %(day)s (made %(made)s)")
        % {"day": date_format(meta.on, "DATE_FORMAT"), "made": f"{made:%Y-%m-%d %H:%M}"},
        counts=meta.counts,
        filters=_("Filter: %(filters)s") % {"filters": meta.filters} if meta.filters else "",
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
        keys = Keys(heading, lambda row: key_of(row, columns))
    return render(file, head, columns, rows, keys)


class _Facts:
    """What stands around the measures of a ledger, read for some hundred of them at a time.

    Names are kept: departments and people are few however many the measures are.
    """

    def __init__(self, campaign: Campaign, on: date) -> None:
        self.campaign, self.on = campaign, on
        areas = Area.objects.filter(campaign=campaign).order_by()
        # One that came on record after the day is told as it is now.
        self.areas: dict[int | None, Area] = {row.id: row for row in (*areas, *areas.at(on))}
        self.departments: dict[int | None, str] = {None: ""}
        self.leaders: dict[int | None, str] = {None: ""}

    def of(self, ids: list[int]) -> Iterator[LedgerRow]:
        """The rows of the ids, in their order."""
        found = Measure.objects.filter(pk__in=ids).at(self.on).with_excuse().order_by()
        rows = {row.id: row for row in found.values_list(*_MEASURE, named=True)}
        issues = self._issues({row.issue_id for row in rows.values()})
        _learn(self.departments, Department, (row.lead_department_id for row in rows.values()), self.on)
        _learn(self.leaders, User, (row.lead_leader_id for row in rows.values()), self.on)
        around = _Around(
            assisting_names(ids, self.on), _evidence_counts(ids, self.on), newest_accepted(rows.values(), self.on)
        )  # fmt: skip
        for pk in ids:
            yield self._row(rows[pk], issues[rows[pk].issue_id], around)

    def _issues(self, ids: set[int]) -> dict[int, Any]:
        """The issues as they were on the day; one that came on record later as it is now."""
        found = Issue.objects.filter(pk__in=ids).order_by()
        issues = {row.id: row for row in found.at(self.on).values_list(*_ISSUE_OF, named=True)}
        if len(issues) < len(ids):
            issues = {row.id: row for row in found.values_list(*_ISSUE_OF, named=True)} | issues
        return issues

    def _row(self, row: Any, issue: Any, around: "_Around") -> LedgerRow:
        area = self.areas.get(issue.area_id)
        told = around.progress.get(row.id, UNTOLD)
        return LedgerRow(
            measure_id=row.id,
            area_number=area.number if area else 0,
            area=area.title if area else "",
            issue_number=issue.number,
            issue=issue.title,
            number=row.number,
            text=row.text,
            goal=row.goal,
            lead_leader=self.leaders[row.lead_leader_id],
            lead_department=self.departments[row.lead_department_id],
            assisting=joined(around.assisting[row.id]) if row.id in around.assisting else "",
            original_deadline=row.original_deadline,
            deadline=row.deadline,
            phase=row.phase,
            nature=row.nature,
            is_key=row.is_key,
            status=row.status,
            light=figures.light_of(row, self.campaign, self.on),
            percent=row.percent,
            progress=told.done,
            difficulty=told.difficulty,
            next_step=told.next_step,
            evidence=around.evidence.get(row.id, 0),
            recheck_on=row.recheck_on,
            closed_on=row.closed_on,
            refs=tuple(
                Ref(name, record.id, record.version)
                for name, record in (("measure", row), ("issue", issue), ("area", area)) if record is not None
            ),
        )  # fmt: skip


@dataclass(frozen=True)
class _Around:
    """By measure: who assists, how many files prove it, and what was reported last."""

    assisting: dict[int, list[str]]
    evidence: dict[int, int]
    progress: dict[int, Accepted]


UNTOLD = Accepted(0, "", "", "")


def _learn(known: dict[int | None, str], model: Any, ids: Iterable[int | None], on: date) -> None:
    """Add the names of those that are not known yet."""
    unknown = set(ids) - known.keys()
    if unknown:
        known |= dict.fromkeys(unknown, "") | names_on(model, unknown, on)


def _evidence_counts(ids: list[int], on: date) -> dict[int, int]:
    rows = Evidence.objects.filter(measure_id__in=ids).in_force(on).order_by()
    return dict(rows.values("measure_id").annotate(n=Count("id")).values_list("measure_id", "n"))
