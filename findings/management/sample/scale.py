"""Courts, people and measures by the thousand, spread like the sample: what speed is measured on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password

from accounts.models import Department, Membership, User
from accounts.roles import RoleCode
from accounts.tracked import bulk_create_tracked
from findings.choices import IssueKind, MeasureStatus, Nature, Phase, ProgressStatus, SourceKind
from findings.management.sample.people import moment
from findings.models import Area, Campaign, Issue, ReportingPeriod
from findings.workflow.bulk import lay_down_assisting, lay_down_campaign, lay_down_measures, lay_down_progress
from findings.workflow.progress import open_periods

AREAS = 5
MEASURES_OF_AN_ISSUE = 3
LEADERS = 6
MOST_DEPARTMENTS = 43
MEASURES_OF_A_DEPARTMENT = 20
PIECE = 2000
# How the sample's live campaign is spread: not started, in progress, closed; of 100.
NOT_STARTED, CLOSED = 8, 33
STANDING, ASSISTED = 10, 40
_WORDS = "完善制度机制，明确责任分工，建立台账逐项推进，按月督促检查并通报结果，确保问题整改到位、长期坚持"


@dataclass(frozen=True)
class Laid:
    """How many rows were laid down."""

    courts: int
    users: int
    measures: int
    progress: int


@dataclass(frozen=True)
class Court:
    """One court with its departments and lead leaders."""

    place: Department
    departments: list[Department]
    leaders: list[User]
    liaisons: dict[int, User]
    heads: dict[int, User]


def lay_down(*, courts: int, measures: int, history: int, on: date, password: str) -> Laid:
    """Make courts with one running campaign each, and measures spread evenly over them.

    ``history`` is the number of monthly reports, submitted and accepted, of each measure that has begun.
    """
    random = Random(7)
    encoded = make_password(password)
    begin = on - timedelta(days=200)
    each = -(-measures // courts)
    users = reported = made = 0
    for number in range(courts):
        wanted = min(each, measures - made)
        court = _court(number, wanted, encoded, begin)
        users += 2 * len(court.departments) + LEADERS + 3
        campaign = _campaign(court, number, begin)
        reported += _fill(court, campaign, wanted, history, on, random)
        made += wanted
    return Laid(courts, users, made, reported)


def _court(number: int, measures: int, encoded: str, begin: date) -> Court:
    at = moment(begin, 8)
    code = f"s{number:04d}"
    place = _stored(Department, [Department(
        code=code, name=f"第{number + 1}中级人民法院", kind=Department.Kind.COURT,
        tier=Department.Tier.INTERMEDIATE, order=number,
    )], at)[0]  # fmt: skip
    size = max(2, min(MOST_DEPARTMENTS, measures // MEASURES_OF_A_DEPARTMENT))
    departments = _stored(Department, [
        Department(code=f"{code}-{n}", name=f"第{n + 1}审判庭", kind=Department.Kind.DEPARTMENT, parent=place,
                   court=place, order=n)
        for n in range(size)
    ], at)  # fmt: skip
    posts: list[tuple[str, str, str, Department]] = [
        *((f"{code}.leader{n}", f"分管副院长{n + 1}", RoleCode.LEADER, place) for n in range(LEADERS)),
        (f"{code}.office", "整改办", RoleCode.OFFICE, place), (f"{code}.chief", "院长", RoleCode.CHIEF, place),
        (f"{code}.inspector", "纪检监察组", RoleCode.INSPECTOR, place),
        *((f"{row.code}.head", f"{row.name}负责人", RoleCode.HEAD, row) for row in departments),
        *((f"{row.code}.liaison", f"{row.name}联络员", RoleCode.LIAISON, row) for row in departments),
    ]  # fmt: skip
    people = _stored(User, [
        User(username=username, name=name, email=f"{username}@example.invalid", password=encoded)
        for username, name, _role, _place in posts
    ], at)  # fmt: skip
    _stored(Membership, [
        Membership(person=person, role=role, department=where)
        for person, (_username, _name, role, where) in zip(people, posts, strict=True)
    ], at)  # fmt: skip
    after = LEADERS + 3
    heads = dict(zip([row.pk for row in departments], people[after : after + size], strict=True))
    liaisons = dict(zip([row.pk for row in departments], people[after + size :], strict=True))
    return Court(place, departments, people[:LEADERS], liaisons, heads)


def _campaign(court: Court, number: int, begin: date) -> Campaign:
    return lay_down_campaign({
        "slug": f"scale-{number:04d}", "title": f"{begin.year}年常规巡视整改", "source": SourceKind.XUNSHI,
        "inspecting_body": "省委巡视组", "court": court.place, "feedback_on": begin,
        "plan_approved_on": begin + timedelta(days=30), "concentrated_until": begin + timedelta(days=260),
        "sustained_until": begin + timedelta(days=600),
    }, at=moment(begin, 9))  # fmt: skip


def _fill(court: Court, campaign: Campaign, measures: int, history: int, on: date, random: Random) -> int:
    at = moment(campaign.feedback_on, 10)
    areas = _stored(Area, [Area(campaign=campaign, number=n, title=f"第{n}方面") for n in range(1, AREAS + 1)], at)
    issues = _stored(Issue, [
        Issue(campaign=campaign, area=areas[n % AREAS], number=n + 1, title=f"问题{n + 1}：制度执行不够严格",
              kind=IssueKind.FINDING)
        for n in range(max(1, -(-measures // MEASURES_OF_AN_ISSUE)))
    ], at)  # fmt: skip
    open_periods(campaign, on=on, at=at)
    periods = list(campaign.periods.filter(ends_on__lt=on).order_by("starts_on"))[-history:] if history else []
    rows = (_measure(court, campaign, issues, n, on, random) for n in range(measures))
    reported = 0
    while piece := list(islice(rows, PIECE)):
        laid = lay_down_measures(piece, at=at)
        lay_down_assisting(_assisting(court, laid, random), at=at)
        begun = [row for row in laid if row.started_on]
        for period in periods:
            progress = _progress(court, begun, period)
            reported += len(lay_down_progress(progress, at=moment(period.due_on, 11)))
    return reported


def _measure(
    court: Court, campaign: Campaign, issues: list[Issue], place: int, on: date, random: Random
) -> dict[str, Any]:
    begin, draw = campaign.feedback_on, random.randrange(100)
    status = MeasureStatus.IN_PROGRESS
    if draw < NOT_STARTED:
        status = MeasureStatus.NOT_STARTED
    elif draw >= 100 - CLOSED:
        status = MeasureStatus.CLOSED
    is_standing = random.randrange(100) < STANDING
    deadline = begin + timedelta(days=random.randrange(120, 500))
    is_closed, is_begun = status == MeasureStatus.CLOSED, status != MeasureStatus.NOT_STARTED
    sustained = deadline > campaign.concentrated_until
    return {
        "campaign": campaign, "issue": issues[place // MEASURES_OF_AN_ISSUE], "number": place + 1,
        "text": f"措施{place + 1}：{_WORDS}", "goal": "问题整改到位，长效机制建立。",
        "lead_leader": random.choice(court.leaders),
        "lead_department": court.departments[place % len(court.departments)],
        "deadline": deadline, "original_deadline": deadline, "status": status,
        "phase": Phase.SUSTAINED if sustained else Phase.CONCENTRATED,
        "nature": Nature.STANDING if is_standing else Nature.DATED, "is_key": draw % 7 == 0,
        "percent": 100 if is_closed else (random.randrange(5, 96, 5) if is_begun else 0),
        "started_on": begin + timedelta(days=35) if is_begun else None,
        "closed_on": begin + timedelta(days=random.randrange(60, 200)) if is_closed else None,
        "recheck_on": on + timedelta(days=random.randrange(-20, 90)) if is_standing else None,
    }  # fmt: skip


def _assisting(court: Court, measures: list[Any], random: Random) -> Iterator[dict[str, Any]]:
    for row in measures:
        others = [place for place in court.departments if place.pk != row.lead_department_id]
        if random.randrange(100) < ASSISTED and others:
            yield {"measure": row, "department": random.choice(others)}


def _progress(court: Court, measures: list[Any], period: ReportingPeriod) -> Iterator[dict[str, Any]]:
    at = moment(period.due_on, 11)
    for row in measures:
        if row.closed_on and row.closed_on < period.starts_on:
            continue
        liaison, head = court.liaisons[row.lead_department_id], court.heads[row.lead_department_id]
        yield {
            "measure": row, "period": period, "department_id": row.lead_department_id, "percent": row.percent,
            "done": f"{period.code}：开展检查{row.number % 9 + 1}次，发现问题{row.number % 5}个，已全部纠正。",
            "next_step": "按计划推进。", "status": ProgressStatus.ACCEPTED, "filled_by": liaison, "submitted_by": head,
            "submitted_at": at, "decided_at": at,
        }  # fmt: skip


def _stored(model: Any, rows: list[Any], at: Any) -> list[Any]:
    return bulk_create_tracked(model, rows, by=None, at=at)
