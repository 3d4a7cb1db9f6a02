"""The closed sample: a high court's rectification of 2021, from the feedback in March to its end in October."""

from datetime import date, datetime, timedelta

from findings.documents.report import compile_report
from findings.management.sample.people import Cast, moment, read
from findings.management.sample.plan import add_papers, build_plan, merged, open_script
from findings.management.sample.script import STAGES, Script
from findings.management.sample.words import add_reports_in_words
from findings.models import Campaign
from findings.workflow import paper, plan

FEEDBACK, APPROVED, PHASE_END, CLOSED = date(2021, 3, 1), date(2021, 3, 20), date(2021, 7, 31), date(2021, 10, 15)


def build(cast: Cast) -> Campaign:
    """Play the whole campaign; as of 2021-07-31 it gives the figures of the published bulletin."""
    data = merged([read("closed_a.json"), read("closed_b.json")])
    campaign, measures = build_plan(
        cast, data, day=_day, drafted=date(2021, 3, 18),
        slug="sample-2021", title="2020年常规巡视反馈问题整改", source="xunshi", inspecting_body="省委第一巡视组",
        onsite_from=date(2020, 10, 13), onsite_until=date(2020, 12, 20), feedback_on=FEEDBACK,
        concentrated_until=PHASE_END, sustained_until=date(2021, 12, 31),
    )  # fmt: skip
    script = open_script(cast, campaign, measures, CLOSED)
    office = cast.users["office"]
    script.add(moment(APPROVED, 17), lambda at: plan.approve_plan(campaign, on=APPROVED, by=office, at=at))
    add_papers(script, data, _day, CLOSED)
    for row in data["measures"]:
        _live_through(script, row)
    for period in script.periods.values():
        if period.ends_on <= CLOSED:
            _report(script, period.code)
    add_reports_in_words(script, PHASE_END, date(2021, 8, 16))
    script.add(moment(CLOSED, 18), lambda at: plan.close_campaign(campaign, on=CLOSED, by=office, at=at))
    script.play()
    return campaign


def _day(text: object) -> date | None:
    return date.fromisoformat(str(text)) if text else None


def _live_through(script: Script, row: dict) -> None:
    """Start, report period by period, and for most measures prove, ask and close."""
    number, closed = row["number"], _day(row.get("closed"))
    entries = list(row["progress"].items())
    first = script.periods[entries[0][0]]
    started = script.workdays(max(first.starts_on, date(2021, 3, 22)), first.ends_on)[number % 5]
    last_code = entries[-1][0]
    if closed:
        proof_from = max(script.back(closed, 5), script.periods[last_code].starts_on, started)
        _close(script, row, (proof_from, closed), entries.pop()[1])
        started = min(started, proof_from)
    script.start(number, moment(started, 8, 30))
    for code, entry in entries:
        period = script.periods[code]
        latest = min(period.ends_on, script.back(closed, 6)) if closed else period.ends_on
        day = max(script.back(latest, number % 4), started)
        settled = min(script.back(day + timedelta(days=4), 0), period.locks_on)
        if closed:
            settled = min(settled, script.back(closed, 5))
        script.report(number, entry, period, moment(day, 9, number % 60), moment(day, 11, number % 60),
                      moment(max(settled, day), 16, number % 60))  # fmt: skip


def _close(script: Script, row: dict, days: tuple[date, date], entry: dict) -> None:
    """The last entry with its evidence, then the request and its four signatures, between two days."""
    proof = [{**item, "own_date": _day(item["own_date"])} for item in row["evidence"]]
    for at, stage in zip(script.closing(row["number"], entry, proof, days), STAGES, strict=True):
        script.sign(row["number"], stage, at, row["opinions"].get(stage, ""))


def _report(script: Script, code: str) -> None:
    """Each month's report is compiled after the lock and issued the day after; the last quarter's stays a draft."""
    period = script.periods[code]
    compiled = min(period.locks_on + timedelta(days=1), CLOSED)

    def act(at: datetime) -> None:
        report = compile_report(script.campaign, period, at=at)
        if period.kind == "month":
            issued = moment(compiled + timedelta(days=1), 9)
            paper.issue_report(report, by=script.cast.users["office"], at=issued)

    script.add(moment(compiled, 16, 30), act)
