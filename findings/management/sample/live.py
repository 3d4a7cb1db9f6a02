"""The live sample: a later inspection of the same court, dated from the day of loading, with every state in it."""

from datetime import date, datetime, timedelta

from findings.documents.report import compile_report
from findings.management.sample.lookback import add_lookback
from findings.management.sample.notices import add_notices
from findings.management.sample.people import Cast, moment, read
from findings.management.sample.plan import add_papers, build_plan, merged, open_script
from findings.management.sample.script import STAGES, Script
from findings.models import Campaign, ReportingPeriod
from findings.workflow import paper, plan


def build(cast: Cast, on: date) -> Campaign:
    """Play the campaign up to the day before ``on``; what waits on ``on`` is left to the people."""

    def day(offset: object) -> date | None:
        return None if offset is None else on + timedelta(days=int(str(offset)))

    data = merged([read("live_a.json"), read("live_b.json")])
    approved = on - timedelta(days=120)
    campaign, measures = build_plan(
        cast, data, day=day, drafted=on - timedelta(days=122),
        slug="sample-live", title=f"{on.year}年常规巡视反馈问题整改", source="xunshi", inspecting_body="省委第三巡视组",
        onsite_from=on - timedelta(days=230), onsite_until=on - timedelta(days=170),
        feedback_on=on - timedelta(days=140), concentrated_until=on + timedelta(days=40),
        sustained_until=on + timedelta(days=400),
    )  # fmt: skip
    script = open_script(cast, campaign, measures, on)
    office = cast.users["office"]
    script.add(moment(approved, 17), lambda at: plan.approve_plan(campaign, on=approved, by=office, at=at))
    add_papers(script, data, day, on - timedelta(days=1))
    for row in data["measures"]:
        Life(script, row, on).tell()
    locked = [period for period in script.periods.values() if period.locks_on < on - timedelta(days=2)]
    for period in locked:
        _report(script, period, is_last=period is locked[-1])
    add_notices(script, on)
    add_lookback(script, data, on)
    _prove_twice(script, on)
    script.play()
    return campaign


def _prove_twice(script: Script, on: date) -> None:
    """A notice whose sealed copy came later, and proves a second measure of the same department."""
    first, then = script.back(on, 9), script.back(on, 4)
    row = {"title": "关于规范诉前调解期限的通知", "own_date": script.back(on, 10), "number": "临高法立〔{year}〕12号"}
    script.prove(15, [row], moment(first, 10))
    script.revise(15, "关于规范诉前调解期限的通知（盖章件）", script.back(on, 10), [16], moment(then, 10))


class Life:
    """One measure's story, told as dated acts from its situation in the data."""

    def __init__(self, script: Script, row: dict, on: date) -> None:
        self.script, self.row, self.on = script, row, on
        self.number = row["number"]
        self.yesterday = script.back(on, 1)
        self.approved = on - timedelta(days=120)
        self.entries = list(row["progress"])
        self.shift = timedelta(minutes=self.number % 50)

    def tell(self) -> None:
        situation = self.row["situation"]
        if situation == "not_started":
            return
        began = self.script.workdays(self.approved + timedelta(days=2), self.approved + timedelta(days=16))
        self.script.start(self.number, moment(began[self.number % len(began)], 8, 30))
        if self.row.get("closed") is not None:
            self.closed(self.on + timedelta(days=self.row["closed"]))
            return
        if situation.startswith("waiting_") or situation == "returned_closure":
            self.asked(situation)
            return
        if situation in ("extended", "extension_pending"):
            self.extended(situation)
        self.reports(self.entries, self.approved, self.on, returned=situation == "returned_progress")

    def closed(self, end: date) -> None:
        """Closed by all signatures; a reopened one goes on afterwards."""
        done = next(n for n, entry in enumerate(self.entries) if entry["percent"] == 100)
        before, after = self.entries[: done + 1], self.entries[done + 1 :]
        proof_from = self.script.back(end, 5)
        self.reports(before[:-1], self.approved, proof_from - timedelta(days=1))
        times = self.closing(before[-1], proof_from, end)
        self.signed(times, STAGES)
        if self.row.get("reopened") is not None:
            again = self.on + timedelta(days=self.row["reopened"])  # by the look-back of that day
            self.reports(after, again + timedelta(days=1), self.on)

    def asked(self, situation: str) -> None:
        """Asked for closure; the signatures before the stage named in the situation are there."""
        is_returned = situation == "returned_closure"
        stage = "office" if is_returned else situation.removeprefix("waiting_")
        first = self.script.back(self.on, 7)
        self.reports(self.entries[:-1], self.approved, first - timedelta(days=1))
        times = self.closing(self.entries[-1], first, self.yesterday)
        self.signed(times, STAGES[: STAGES.index(stage)])
        if is_returned:
            self.script.send_back(self.number, times[-1], self.row["return_reason"])

    def signed(self, times: list[datetime], stages: tuple[str, ...]) -> None:
        """The signatures of these stages; the discipline group may speak after the office's."""
        opinions = self.row.get("opinions", {})
        for at, stage in zip(times, stages, strict=False):
            self.script.sign(self.number, stage, at, opinions.get(stage, ""))
            if stage == "office" and "inspector" in opinions:
                self.script.speak(self.number, at + timedelta(minutes=30), opinions["inspector"])

    def closing(self, entry: dict, first: date, last: date) -> list[datetime]:
        proof = [
            {**item, "own_date": self.on + timedelta(days=item["own_date"])} for item in self.row.get("evidence", [])
        ]
        return self.script.closing(self.number, entry, proof, (first, last))

    def extended(self, situation: str) -> None:
        """Asked before the deadline; granted, or still on its way."""
        row, pending = self.row, situation == "extension_pending"
        deadline = self.on + timedelta(days=row["deadline"] if pending else row["original_deadline"])
        until = self.on + timedelta(days=row["extension_to"] if pending else row["deadline"])
        asked = self.yesterday if pending else self.script.back(deadline, 6)
        so_far = self.entries[1]["done"]
        self.script.ask_extension(
            self.number, moment(asked, 10), until=until, reason=row["extension_reason"], so_far=so_far
        )
        if not pending:
            opinions = row.get("extension_opinions", {})
            for n, stage in enumerate(("head", "leader", "office")):
                at = moment(self.script.back(deadline, 5 - n), 10)
                self.script.sign(self.number, stage, at, opinions.get(stage, ""))

    def reports(self, entries: list[dict], first: date, last: date, *, returned: bool = False) -> None:
        """One entry a period from ``first`` on; the running period is drafted, submitted or not yet filled in.

        A returned report is the newest one, sent back the day before.
        """
        slots = [p for p in self.script.periods.values() if p.ends_on >= first and p.starts_on <= last]
        pairs = list(zip(slots, entries, strict=False))
        for period, entry in pairs:
            ended = period.ends_on < last and period.ends_on < self.on
            is_newest = period is pairs[-1][0]
            if ended and not (returned and is_newest and not period.is_locked(self.on)):
                self.settled(period, entry, first, last)
            elif last >= self.on:
                self.running(period, entry, returned=returned and is_newest)

    def settled(self, period: ReportingPeriod, entry: dict, first: date, last: date) -> None:
        day = max(self.script.back(min(period.ends_on, last), self.number % 4), period.starts_on, first)
        check = min(self.script.back(day + timedelta(days=4), 0), self.yesterday, last)
        self.script.report(
            self.number, entry, period, moment(day, 9) + self.shift, moment(day, 11) + self.shift,
            moment(max(check, day), 16) + self.shift,
        )  # fmt: skip

    def running(self, period: ReportingPeriod, entry: dict, *, returned: bool) -> None:
        """In the period that is still open: a third submitted, a third drafted, a third not yet filled in."""
        day = max(self.script.back(self.on, 2), period.starts_on)
        if day > self.yesterday:
            return
        drafted, later = moment(day, 9) + self.shift, moment(self.yesterday, 14) + self.shift
        reason = self.row.get("return_reason", "") if returned else ""
        if returned:
            self.script.report(self.number, entry, period, drafted, drafted + timedelta(hours=2), later, reason)
        elif self.number % 3 == 0:
            self.script.report(self.number, entry, period, drafted, later)
        elif self.number % 3 == 1:
            self.script.report(self.number, entry, period, drafted, None)


def _report(script: Script, period: ReportingPeriod, *, is_last: bool) -> None:
    """Compiled after the lock; issued the day after, except the newest, which waits as a draft."""
    compiled = period.locks_on + timedelta(days=1)

    def act(at: datetime) -> None:
        report = compile_report(script.campaign, period, at=at)
        if not is_last:
            issued = moment(compiled + timedelta(days=1), 9)
            paper.issue_report(report, by=script.cast.users["office"], at=issued)

    script.add(moment(compiled, 8), act)
