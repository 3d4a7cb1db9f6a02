"""The sentences of statistics of a report in words: each states figures of one day and keeps them by name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from string import Template

from accounts.tracked import end_of
from findings.choices import DecisionVerdict, MeasureStatus, MeetingKind, ReportKind, SourceKind, Stage
from findings.figures.counts import Group, Scope, Summary
from findings.figures.summary import campaign_summary
from findings.figures.told import Drafted, led_by_chief, said
from findings.models import Decision, Issue, RecommendationLink

_SOURCES = {
    SourceKind.XUNSHI: "巡视",
    SourceKind.XUNCHA: "巡察",
    SourceKind.JUDICIAL: "司法巡查",
    SourceKind.AFFAIRS: "审务督察",
    SourceKind.AUDIT: "审计",
    SourceKind.EDUCATION: "主题教育检视",
    SourceKind.SPECIAL: "专项检查",
    SourceKind.LOOKBACK: "回头看",
}
_PURPOSE = {
    ReportKind.BULLETIN: "现将整改进展情况通报如下",
    ReportKind.PROGRESS: "现将整改进展情况报告如下",
    ReportKind.HEAD: "现将党组主要负责人组织落实整改情况报告如下",
}


@dataclass(frozen=True)
class Facts:
    """What the sentences of one day are made of: the head figures, and every number by name."""

    scope: Scope
    kind: str
    on: date
    summary: Summary
    numbers: dict[str, int]

    def __getitem__(self, name: str) -> int:
        return self.numbers[name]


def facts_of(scope: Scope, kind: str, on: date) -> Facts:
    """The figures of the day; those that only a report of the head speaks of are asked for only then."""
    summary = campaign_summary(scope, on)
    counts = summary.counts
    numbers = vars(counts) | {"started": counts.started, "open": counts.open, "areas": len(summary.areas)}
    numbers |= {name: getattr(summary, name) for name in _OF_SUMMARY} | summary.meetings
    if kind == ReportKind.HEAD:
        numbers |= _of_head(scope, on)
    else:
        numbers["answered"] = _answered(scope, on)
    return Facts(scope, kind, on, summary, numbers)


_OF_SUMMARY = (
    "issues", "issues_rectified", "issues_partial", "issues_open", "recommendations", "documents", "rules",
)  # fmt: skip


def _answered(scope: Scope, on: date) -> int:
    """Recommendations that a measure of the day's plan answers; the links of one that was retired stay."""
    advice = Issue.objects.filter(campaign=scope.campaign).order_by()
    links = RecommendationLink.objects.filter(recommendation_id__in=advice.values("id")).at(on).filter(is_active=True)
    answering = links.filter(measure_id__in=scope.measures_on(on).order_by().values("id"))
    return answering.order_by().values("recommendation_id").distinct().count()


def _of_head(scope: Scope, on: date) -> dict[str, int]:
    """Key tasks, the head's own measures, and signatures at the leading group's stage, by the end of the day."""
    leading = led_by_chief(scope, on)
    rows = list(scope.measures_on(on).order_by().values_list("is_key", "lead_leader_id", "status"))
    key = [status for is_key, _leader, status in rows if is_key]
    led = [status for _is_key, leader, status in rows if leader in leading]
    signed = Decision.objects.filter(
        closure__measure__in=scope.measures.order_by().values("pk"), stage=Stage.CHIEF, at__lt=end_of(on)
    )
    verdicts = list(signed.order_by().values_list("verdict", flat=True))
    agreed, returned = (verdicts.count(verdict) for verdict in (DecisionVerdict.APPROVED, DecisionVerdict.RETURNED))
    return {
        "key": len(key), "key_closed": key.count(MeasureStatus.CLOSED),
        "led": len(led), "led_closed": led.count(MeasureStatus.CLOSED),
        "signed": agreed + returned, "agreed": agreed, "returned": returned,
    }  # fmt: skip


def no_result(facts: Facts, issue: Issue) -> Drafted:
    """The honest sentence about an issue without an accepted result."""
    text = f"该问题正在整改，截至{said(facts.on)}尚无经审核认可的整改结果。"
    return Drafted(text, statistic="no_result", issue_id=issue.id, issue_number=issue.number)


def no_difficulty(facts: Facts) -> Drafted:
    """No measure at work has a difficulty in its newest accepted report."""
    return Drafted(f"截至{said(facts.on)}，未销号措施经审核认可的进展中没有报告困难。", statistic="no_difficulty")


def of_area(facts: Facts, group: Group) -> Drafted:
    """How many measures of an area are closed; it stands under the area's heading."""
    figures = {"measures": group.counts.measures, "closed": group.counts.closed}
    text = Template("本方面整改措施$measures项，已销号$closed项。").substitute(figures)
    return Drafted(text, statistic=f"area-{group.number}", figures=figures)


def _state(facts: Facts, name: str, words: str) -> Drafted:
    """The sentence with its figures put in; ``words`` hold a ``$name`` for each."""
    template = Template(words)
    figures = {key: facts[key] for key in template.get_identifiers()}
    return Drafted(template.substitute(figures), statistic=name, figures=figures)


def _plain(text: str) -> str:
    """Words of people inside a template."""
    return text.replace("$", "$$")


def _party(facts: Facts) -> str:
    return _plain(f"{facts.scope.campaign.court.name}党组")


def _lead(facts: Facts) -> Drafted:
    campaign = facts.scope.campaign
    body, source = _plain(campaign.inspecting_body), _SOURCES[SourceKind(campaign.source)]
    if campaign.onsite_from and campaign.onsite_until:
        opening = (
            f"{said(campaign.onsite_from)}至{said(campaign.onsite_until)}，{body}对{_party(facts)}开展了{source}，"
            f"{said(campaign.feedback_on)}反馈了意见。"
        )
    else:
        opening = f"{said(campaign.feedback_on)}，{body}向{_party(facts)}反馈了{source}意见。"
    return _state(facts, "lead", f"{opening}{_PURPOSE[ReportKind(facts.kind)]}，文中数据截至{said(facts.on)}。")


def _plan(facts: Facts) -> Drafted | None:
    if not facts["measures"]:
        return None
    day = facts.scope.campaign.plan_approved_on
    begin = f"{said(day)}审定整改方案，" if day and day <= facts.on else ""
    split = "集中整改$concentrated项、持续深入整改$sustained项" if facts["sustained"] else "均列入集中整改"
    words = f"{begin}针对反馈的$areas个方面$issues个问题制定整改措施$measures项，其中{split}。"
    return _state(facts, "plan", words if facts["sustained"] else words.replace("其中", ""))


def _measures(facts: Facts) -> Drafted | None:
    if not facts["measures"]:
        return None
    all_started = not facts["not_started"]
    started = "$measures项整改措施已全部启动" if all_started else "$measures项整改措施已启动$started项"
    parts = [f"截至{said(facts.on)}，{started}，累计销号$closed项"]
    for name, title in (("concentrated", "集中整改阶段"), ("sustained", "持续深入整改阶段")):
        total, closed = facts[name], facts[f"{name}_closed"]
        if total and closed == total:
            parts.append(f"{title}${name}项已全部销号")
        elif closed:
            parts.append(f"{title}${name}项中已销号${name}_closed项")
        elif total:
            parts.append(f"{title}${name}项{'正在推进' if all_started else '尚未销号'}")
    return _state(facts, "measures", "；".join(parts) + "。")


def _issues(facts: Facts) -> Drafted | None:
    if not facts["issues"]:
        return None
    states = (
        ("issues_rectified", "整改到位"), ("issues_partial", "取得阶段性成果"), ("issues_open", "正在整改"),
    )  # fmt: skip
    parts = [f"{title}${name}个" for name, title in states if facts[name]]
    words = f"截至{said(facts.on)}，反馈的$areas个方面$issues个问题，{'、'.join(parts)}。"
    return _state(facts, "issues", words)


def _documents(facts: Facts) -> Drafted | None:
    if not facts["documents"]:
        return None
    rules = "，其中修订制定制度$rules个" if facts["rules"] else ""
    return _state(facts, "documents", f"截至{said(facts.on)}，研究出台相关文件$documents份{rules}。")


def _meetings(facts: Facts) -> Drafted | None:
    kinds = (
        (MeetingKind.PARTY_GROUP, "党组会"), (MeetingKind.LEADING_GROUP, "领导小组会议"),
        (MeetingKind.DEMOCRATIC_LIFE, "专题民主生活会"),
    )  # fmt: skip
    parts = [f"{title}${kind}次" for kind, title in kinds if facts[kind]]
    return _state(facts, "meetings", f"先后组织召开{'、'.join(parts)}，研究部署整改工作。") if parts else None


def _supervision(facts: Facts) -> Drafted | None:
    kinds = (
        (MeetingKind.INSPECTION, "领导小组办公室督查整改落实情况$inspection次"),
        (MeetingKind.DISCIPLINE_REPORT, "党组听取驻院纪检监察组专题报告$discipline_report次"),
    )
    parts = [words for kind, words in kinds if facts[kind]]
    return _state(facts, "supervision", f"{'，'.join(parts)}。") if parts else None


def _left(facts: Facts) -> Drafted | None:
    if not facts["measures"]:
        return None
    if not facts["open"]:
        return _state(facts, "left", f"截至{said(facts.on)}，$measures项整改措施已全部销号，将适时开展“回头看”。")
    words = f"截至{said(facts.on)}，尚有$open项整改措施未销号，将按照整改时限和阶段目标继续推进。"
    return _state(facts, "left", words)


def _overdue(facts: Facts) -> Drafted | None:
    words = f"截至{said(facts.on)}，有$overdue项整改措施超过整改时限，将逐项督办。"
    return _state(facts, "overdue", words) if facts["overdue"] else None


def _recommendations(facts: Facts) -> Drafted | None:
    total, answered = facts["recommendations"], facts["answered"]
    if not total or not answered:
        return None
    if answered == total:
        return _state(facts, "recommendations", "反馈提出的$recommendations条意见建议，均有对应的整改措施。")
    words = "反馈提出的$recommendations条意见建议，其中$answered条有对应的整改措施。"
    return _state(facts, "recommendations", words)


def _key(facts: Facts) -> Drafted | None:
    words = "列为重点任务的整改措施$key项，已销号$key_closed项。"
    return _state(facts, "key", words) if facts["key"] else None


def _led(facts: Facts) -> Drafted | None:
    words = "由领导小组组长牵头的整改措施$led项，已销号$led_closed项。"
    return _state(facts, "led", words) if facts["led"] else None


def _signatures(facts: Facts) -> Drafted | None:
    verdicts = "其中同意$agreed次、退回$returned次" if facts["returned"] else "均签署同意"
    words = f"截至{said(facts.on)}，领导小组组长审签销号申请$signed次，{verdicts}。"
    return _state(facts, "signatures", words) if facts["signed"] else None


def _contact(facts: Facts) -> Drafted:
    court = _plain(facts.scope.campaign.court.name)
    words = f"欢迎广大干部群众对整改落实情况进行监督。如有意见建议，请向{court}整改工作领导小组办公室反映。"
    return _state(facts, "contact", words)


STATED: dict[str, Callable[[Facts], Drafted | None]] = {
    "lead": _lead, "plan": _plan, "meetings": _meetings, "supervision": _supervision, "measures": _measures,
    "documents": _documents, "issues": _issues, "left": _left, "overdue": _overdue,
    "recommendations": _recommendations, "key": _key, "led": _led, "signatures": _signatures, "contact": _contact,
}  # fmt: skip
