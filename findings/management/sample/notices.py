"""The live sample's supervision notices, one in each state, and a record of accountability."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.utils import translation

from findings import dates
from findings.choices import AccountabilityKind, NoticeColour
from findings.figures.counts import is_overdue
from findings.management.sample.people import moment
from findings.management.sample.script import Script
from findings.models import Measure, SupervisionNotice
from findings.workflow import supervision
from findings.workflow.accountability import record_accountability
from findings.workflow.notice_words import REPLY_DAYS, drafted_text

# Number of the measure, working days before the loading on which the notice was drafted, how far it has come.
NOTICES = (
    (3, 40, "concluded"), (54, 11, "received"), (25, 9, "returned"), (15, 6, "replied"), (24, 2, "issued"),
    (33, 1, "draft"),
)  # fmt: skip
STEPS = ("issued", "received", "replied", "concluded")
REPLIES = (
    "已查明原因：承办人员调整，衔接不畅。现明确专人负责，每周报告一次，本月底前完成。",
    "因外部材料迟到影响进度，已发函催办并调整分工，预计两周内完成。",
)
CONCLUSION = "反馈情况属实，措施可行，同意办结，转入日常跟踪。"
RETURNED = "未说明逾期原因，请补充具体时限和责任人。"
ACCOUNT = "两期报送的进展内容雷同，整改虎头蛇尾，经核实后提醒谈话。"


def add_notices(script: Script, on: date) -> None:
    """A concluded one, a late one, one whose reply came back, one to be concluded, one just issued, a draft."""
    for number, back, state in NOTICES:
        days = script.workdays(script.back(on, back), on)
        made: list[SupervisionNotice] = []
        script.add(moment(days[0], 9), partial(_draft, script, made, number))
        reached = "replied" if state == "returned" else state
        for step, name in enumerate(STEPS[: STEPS.index(reached) + 1] if reached in STEPS else ()):
            script.add(moment(days[step], 10 + step), partial(_move, script, made, name))
        if state == "returned":
            script.add(moment(days[4], 15), partial(_send_back, script, made))
    script.add(moment(script.back(on, 12), 16), partial(_account, script, NOTICES[0][0]))


def _draft(script: Script, made: list[SupervisionNotice], number: int, at: datetime) -> None:
    on = at.date()
    rows = Measure.objects.filter(campaign=script.campaign).on_day(on).with_excuse()
    measure = rows.select_related("campaign", "lead_department").get(number=number)
    assert measure.lead_department is not None
    due_on = dates.working_day_after(on, REPLY_DAYS, script.calendar)
    with translation.override("zh-hans"):
        text = drafted_text(measure, due_on, on)
    made.append(supervision.draft_notice(
        script.campaign, department=measure.lead_department, measure=measure, text=text, due_on=due_on,
        colour=NoticeColour.RED if is_overdue(measure, on) else NoticeColour.YELLOW,
        by=script.cast.users["office"], at=at,
    ))  # fmt: skip


def _move(script: Script, made: list[SupervisionNotice], name: str, at: datetime) -> None:
    notice = made[0]
    head, office = script.cast.head(notice.department.code), script.cast.users["office"]
    verbs: dict[str, tuple[Any, dict[str, Any]]] = {
        "issued": (supervision.issue_notice, {"by": office}),
        "received": (supervision.receive_notice, {"by": head}),
        "replied": (supervision.reply_notice, {"by": head, "reply": REPLIES[notice.pk % len(REPLIES)]}),
        "concluded": (supervision.conclude_notice, {"by": office, "conclusion": CONCLUSION}),
    }
    verb, sent = verbs[name]
    made[0] = verb(notice, at=at, **sent)


def _send_back(script: Script, made: list[SupervisionNotice], at: datetime) -> None:
    due_on = at.date() + timedelta(days=14)
    supervision.return_reply(made[0], by=script.cast.users["office"], note=RETURNED, due_on=due_on, at=at)


def _account(script: Script, number: int, at: datetime) -> None:
    measure = script.measures[number]
    record_accountability(
        script.campaign, department=measure.lead_department, measure=measure, kind=AccountabilityKind.TALK, persons=2,
        decided_on=at.date(), reason=ACCOUNT, by=script.cast.users["office"], at=at,
    )  # fmt: skip
