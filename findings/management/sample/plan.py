"""Both samples' plans: campaign, areas, issues, measures, recommendations, papers, periods."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from findings.management.sample.people import Cast, moment
from findings.management.sample.script import Script
from findings.models import CalendarDay, Campaign, Measure, RuleDocument
from findings.workflow import document, plan, progress

Day = Callable[[object], date | None]


def merged(parts: list[dict]) -> dict:
    """The halves of a sample as one."""
    names = {name for part in parts for name in part}
    return {name: [row for part in parts for row in part.get(name, [])] for name in names}


def build_plan(
    cast: Cast, data: dict, *, day: Day, drafted: date, **fields: Any
) -> tuple[Campaign, dict[int, Measure]]:
    """Open the campaign on the day after the feedback and enter its plan by ``drafted``."""
    office = cast.users["office"]
    feedback = fields["feedback_on"]
    assert isinstance(feedback, date)
    campaign = plan.create_campaign(
        by=office,
        at=moment(feedback, 16),
        court=cast.court,
        declared_areas=len(data["areas"]),
        declared_issues=len(data["issues"]),
        declared_measures=len(data["measures"]),
        **fields,
    )
    early, late = moment(feedback + timedelta(days=3), 10), moment(drafted, 15)
    areas = {
        row["number"]: plan.add_area(campaign, number=row["number"], title=row["title"], by=office, at=early)
        for row in data["areas"]
    }
    issues = {
        row["number"]: plan.add_issue(
            areas[row["area"]],
            number=row["number"],
            title=row["title"],
            text=row["text"],
            is_common=row["common"],
            by=office,
            at=early,
        )
        for row in data["issues"]
    }
    measures = {
        row["number"]: plan.add_measure(
            issues[row["issue"]],
            number=row["number"],
            text=row["text"],
            goal=row["goal"],
            lead_leader=cast.users[row["leader"]],
            lead_department=cast.departments[row["lead"]],
            assisting=[cast.departments[code] for code in row["assist"]],
            deadline=day(row.get("original_deadline") or row["deadline"]),
            phase=row["phase"],
            nature=row["nature"],
            is_key=row["key"],
            recheck_on=day(row.get("recheck")),
            by=office,
            at=late,
        )
        for row in data["measures"]
    }
    for row in data.get("recommendations", []):
        answers = [measures[number] for number in row["measures"]]
        plan.add_recommendation(
            campaign, number=row["number"], title=row["title"], text=row["text"], answers=answers, by=office, at=late
        )
    return campaign, measures


def open_script(cast: Cast, campaign: Campaign, measures: dict[int, Measure], on: date) -> Script:
    """The script of a campaign whose periods are opened up to ``on``."""
    progress.open_periods(campaign, on=on, at=moment(campaign.feedback_on, 17))
    calendar = CalendarDay.objects.table(campaign.feedback_on - timedelta(days=60), on + timedelta(days=60))
    periods = {period.code: period for period in campaign.periods.order_by("starts_on")}
    return Script(cast, campaign, measures, periods, calendar)


def add_papers(script: Script, data: dict, day: Day, last: date) -> None:
    """Documents go on record on the day of issue, meetings on the evening."""
    for row in data.get("documents", []):
        issued = day(row["issued_on"])
        if issued is None or issued > last:
            continue
        fields = {
            "title": row["title"],
            "number": row["number"].replace("{year}", str(issued.year)),
            "kind": row["kind"],
            "action": row["action"],
            "issued_on": issued,
            "department": script.cast.departments[row["department"]],
        }
        fields["serves"] = [script.measures[number] for number in row["measures"]]
        fields["use_check_on"] = day(row.get("use_check_on"))
        made: list[RuleDocument] = []
        script.add(moment(issued, 17), _recorded(document.record_document, script, fields, made))
        for name, verb in (("used", document.check_use), ("repealed", document.repeal_document)):
            if name in row:
                given = row[name] | {key: day(row[name][key]) for key in ("on", "next_on") if key in row[name]}
                script.add(moment(given["on"], 16), _followed(verb, script, made, given))
    for row in data.get("meetings", []):
        held = day(row["held_on"])
        assert held is not None
        fields = {"kind": row["kind"], "held_on": held, "title": row["title"], "decisions": row["decisions"]}
        fields["decided"] = {script.measures[int(number)]: text for number, text in row.get("decided", {}).items()}
        script.add(moment(held, 18), _recorded(document.record_meeting, script, fields))


def _recorded(
    verb: Callable[..., Any], script: Script, fields: dict[str, Any], made: list[Any] | None = None
) -> Callable[[datetime], object]:
    """The act of the office that puts a paper on record, and into ``made``."""

    def act(at: datetime) -> None:
        row = verb(script.campaign, by=script.cast.users["office"], at=at, **fields)
        if made is not None:
            made.append(row)

    return act


def _followed(
    verb: Callable[..., object], script: Script, made: list[Any], given: dict[str, Any]
) -> Callable[[datetime], object]:
    """What the office did later with the paper that is on record by then."""
    return lambda at: verb(made[0], by=script.cast.users["office"], at=at, **given)
