"""The live sample after closing: rounds drawn and checked, a standing measure seen again, verdicts on issues."""

from datetime import date, datetime, timedelta
from functools import partial

from findings.choices import IssueKind
from findings.management.sample.people import moment
from findings.management.sample.script import Script
from findings.models import Issue, LookbackRound, Recheck
from findings.models.lookback import Answer
from findings.workflow import lookback


def add_lookback(script: Script, data: dict, on: date) -> None:
    """All that was looked at again up to the day before ``on``; days in the data count from it."""
    for row in data["rounds"]:
        _add_round(script, row, on)
    for row in data["measures"]:
        if "rechecked" in row:
            at = moment(_working_day(script, on, row["rechecked"]["on"]), 16)
            script.add(at, partial(_look_again, script, row["number"], row["rechecked"], on))
    for row in data["verdicts"]:
        script.add(moment(on + timedelta(days=row["on"]), 19), partial(_decide, script, row))


def _working_day(script: Script, on: date, offset: int) -> date:
    return script.back(on + timedelta(days=offset), 0)


def _add_round(script: Script, row: dict, on: date) -> None:
    """Drawn by the seed of the data, checked measure by measure; a relapse opens its measure again."""
    made: list[LookbackRound] = []

    def draw(at: datetime) -> None:
        made.append(lookback.draw_round(
            script.campaign, title=row["title"], size=row["size"], questions="\n".join(row["questions"]),
            due_on=on + timedelta(days=row["due"]), seed=row["seed"], by=script.cast.users["office"], at=at,
        ))  # fmt: skip

    script.add(moment(_working_day(script, on, row["drawn"]), 9), draw)
    for n, check in enumerate(row["checks"]):
        at = moment(_working_day(script, on, check["on"]), 15, n)
        script.add(at, partial(_record, script, made, check))
    if "concluded" in row:
        at = moment(_working_day(script, on, row["concluded"]["on"]), 17)
        script.add(at, partial(_conclude, script, made, row["concluded"]["conclusion"]))


def _record(script: Script, made: list[LookbackRound], check: dict, at: datetime) -> None:
    recheck = Recheck.objects.get(round=made[0], measure=script.measures[check["measure"]])
    answers = [Answer(choice, remark) for choice, _space, remark in (text.partition(" ") for text in check["answers"])]
    lookback.record_recheck(
        recheck, verdict=check["verdict"], answers=answers, finding=check["finding"], by=script.cast.users["office"],
        at=at,
    )  # fmt: skip


def _conclude(script: Script, made: list[LookbackRound], conclusion: str, at: datetime) -> None:
    lookback.conclude_round(made[0], conclusion=conclusion, by=script.cast.users["office"], at=at)


def _look_again(script: Script, number: int, seen: dict, on: date, at: datetime) -> None:
    """A standing measure outside every round."""
    lookback.recheck_measure(
        script.measures[number], verdict="held", finding=seen["finding"], next_on=on + timedelta(days=seen["next_on"]),
        by=script.cast.users["office"], at=at,
    )  # fmt: skip


def _decide(script: Script, row: dict, at: datetime) -> None:
    """The chief puts the verdict of the leading group on record on the evening of its meeting."""
    issue = Issue.objects.get(campaign=script.campaign, kind=IssueKind.FINDING, number=row["issue"])
    lookback.decide_issue(
        issue, state=row["state"], reason=row["reason"], decided_on=at.date(), by=script.cast.users["chief"], at=at
    )
