"""The tree of a feedback or bulletin, found by the ranks of its headings and the steps below them."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from findings.documents.draft.declared import declared_in
from findings.documents.draft.numbering import (
    ITEM,
    PART,
    SECTION,
    SUBITEM,
    Line,
    cut_title,
    lines_of,
    sentences_of,
    steps_in,
)

# Words that a text about a rectification has near its top, and that a plan of work has not.
_SUBJECT = re.compile(
    r"(反馈|整改)(的)?(情况|意见|进展|方案|问题|通报|落实|结果|任务|台账)|(巡视|巡察|督察|督查|审计|检查)(组)?(的)?(反馈|整改)"
)
_PROBLEM = re.compile(
    r"不够|不足|不到位|不严|不实|不力|不深|不高|不强|不规范|不及时|不完善|不健全|不彻底|缺失|薄弱|差距|偏差|滞后|弱化|淡化|欠缺|缺乏|问题|有待"
)
_AHEAD = re.compile(r"下一步|今后|下步|工作打算|努力方向")
_ADVICE = re.compile(r"(意见)?建议")
_LABEL = re.compile(
    r"^[【\[]?(?:主要|具体|下步)?(?:整改)?(?P<what>整改(?:落实)?(?:情况|措施|进展|成效|任务)|措施|进展情况)[】\]]?[:：]\s*"
)
_ABOUT = re.compile(r"^[【\[]?(?:存在|反馈|具体)?(?:的)?(?:问题|问题描述|问题表现|表现)[】\]]?[:：]\s*")
_FACTS = {
    "leader": re.compile(r"^[【\[]?(?:牵头|责任|分管|包案)(?:院)?领导[】\]]?[:：]\s*(.+)$"),
    "department": re.compile(r"^[【\[]?(?:牵头|责任|主责)(?:部门|单位|庭室)[】\]]?[:：]\s*(.+)$"),
    "assisting": re.compile(r"^[【\[]?(?:配合|协助|协办)(?:部门|单位|庭室)[】\]]?[:：]\s*(.+)$"),
    "deadline": re.compile(r"^[【\[]?(?:整改|完成)(?:完成)?(?:时限|期限|时间)[】\]]?[:：]\s*(.+)$"),
    "goal": re.compile(r"^[【\[]?整改目标[】\]]?[:：]\s*(.+)$"),
}
# What closes a letter, and the lines of the page that it was copied from.
_CLOSING = re.compile(
    r"联系电话[:：]|邮政信箱[:：]|版权所有|ICP备|主办单位[:：]|网站声明|返回(首页|顶部)|^责(任)?编(辑)?[:：]"
    r"|^(中共)?[^，。,]{2,40}(党组|党委|委员会|人民法院)$|^[0-9０-９]{4}年[0-9０-９]{1,2}月[0-9０-９]{1,2}日$"
)
FEWEST_ISSUES = 2


@dataclass
class DraftMeasure:
    """A step as the text words it, without its 一是."""

    number: int
    text: str


@dataclass
class DraftIssue:
    """An issue with the sentences that speak of it; ``facts`` are leader, department, deadline… as worded."""

    number: int
    title: str
    source: list[str] = field(default_factory=list)
    measures: list[DraftMeasure] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)


@dataclass
class DraftArea:
    number: int
    title: str
    issues: list[DraftIssue] = field(default_factory=list)


@dataclass
class Draft:
    """What a text holds. ``kind`` is plan or none; ``declared`` and ``found`` bear the same keys."""

    kind: str
    declared: dict[str, int]
    areas: list[DraftArea] = field(default_factory=list)
    recommendations: list[str] = field(default_factory=list)
    unplaced: list[str] = field(default_factory=list)

    @property
    def issues(self) -> list[DraftIssue]:
        return [issue for area in self.areas for issue in area.issues]

    @property
    def measures(self) -> list[DraftMeasure]:
        return [measure for issue in self.issues for measure in issue.measures]

    @property
    def found(self) -> dict[str, int]:
        """As many as the draft holds, by the keys of ``declared``."""
        return {
            "areas": len(self.areas), "issues": len(self.issues), "measures": len(self.measures),
            "recommendations": len(self.recommendations),
        }  # fmt: skip


@dataclass
class _Node:
    """A numbered line, what runs on behind its title, and the paragraphs and nodes below it."""

    line: Line
    title: str
    run_on: str
    above: "_Node | None"
    body: list[str] = field(default_factory=list)
    below: "list[_Node]" = field(default_factory=list)

    def path(self) -> "Iterator[_Node]":
        node: _Node | None = self
        while node is not None:
            yield node
            node = node.above

    @property
    def content(self) -> list[str]:
        return [self.run_on, *self.body] if self.run_on else self.body


def draft_of(text: str) -> Draft:
    """The draft of a text; of kind ``none``, with no tree, where it is neither feedback nor account of one."""
    nodes, loose = _nodes(text)
    draft = Draft("none", declared_in(text))
    rank = _issue_rank(nodes)
    chosen = [node for node in nodes if node.line.rank == rank and _may_be_issue(node)] if rank else []
    if len(chosen) < FEWEST_ISSUES or not _speaks_of_rectification(text, chosen, draft.declared):
        draft.unplaced = [sentence for line in lines_of(text) for sentence in sentences_of(line.whole)]
        return draft
    draft.kind = "plan"
    done = _gives_account(text)
    placed = _place(draft, chosen, _area_rank(chosen, rank), done)
    advice = list(_recommendations(nodes))
    draft.recommendations = [node.line.text for node in advice]
    headings = {id(above) for node in [*chosen, *advice] for above in node.path()}
    draft.unplaced = [*loose, *_left_over(nodes, placed, headings)]
    return draft


def _nodes(text: str) -> tuple[list[_Node], list[str]]:
    """The numbered lines with what stands below them, and the sentences before the first of them."""
    nodes: list[_Node] = []
    loose: list[str] = []
    stack: list[_Node] = []
    for line in lines_of(text):
        if not line.rank:
            if _CLOSING.search(line.text):
                stack.clear()
            if stack:
                stack[-1].body.append(line.text)
            else:
                loose += sentences_of(line.whole)
            continue
        while stack and stack[-1].line.rank >= line.rank:
            stack.pop()
        title, run_on = cut_title(line.text)
        node = _Node(line, title, run_on, stack[-1] if stack else None)
        (stack[-1].below if stack else []).append(node)
        stack.append(node)
        nodes.append(node)
    return nodes, loose


def _may_be_issue(node: _Node) -> bool:
    """Neither a paragraph that only begins with a number, nor a part of what is planned or advised."""
    if not node.title or any(_AHEAD.search(above.title) for above in node.path()):
        return False
    sections = [above for above in node.path() if above.line.rank == SECTION and above is not node]
    return not any(_ADVICE.search(section.title) for section in sections) and (
        not node.run_on or _has_steps(node) or _PROBLEM.search(node.title) is not None
    )


def _has_steps(node: _Node) -> bool:
    return any(steps_in(part)[1] or _LABEL.match(part) or _ABOUT.match(part) for part in node.content)


def _issue_rank(nodes: list[_Node]) -> int:
    """The rank whose headings are the issues: the deepest one with paragraphs below it, or that names problems."""
    for rank in (SUBITEM, ITEM, PART, SECTION):
        level = [node for node in nodes if node.line.rank == rank and _may_be_issue(node)]
        if len(level) < FEWEST_ISSUES:
            continue
        with_body = sum(bool(node.content) for node in level)
        problems = sum(bool(_PROBLEM.search(node.title)) for node in level)
        if with_body * 2 >= len(level) or problems * 5 >= len(level) * 2:
            return rank
    return 0


def _area_rank(issues: list[_Node], rank: int) -> int:
    """The rank of the areas above the issues: where titles end with 方面, else the nearest one; 0 where none is."""
    ranks = Counter(above.line.rank for node in issues for above in node.path() if above.line.rank < rank)
    named = Counter(
        above.line.rank for node in issues for above in node.path() if above.line.rank < rank and "方面" in above.title
    )
    best = [level for level, count in named.items() if count * 2 >= len(issues)]
    return max(best or [level for level, count in ranks.items() if count * 2 >= len(issues)], default=0)


def _place(draft: Draft, issues: list[_Node], area_rank: int, done: bool) -> set[int]:
    """Fill the draft's areas; answers the ids of the nodes whose whole text found a place, paragraphs and all."""
    placed: set[int] = set()
    areas: dict[int, DraftArea] = {}
    for node in issues:
        above = next((part for part in node.path() if part.line.rank == area_rank), None) if area_rank else None
        key = id(above) if above is not None else 0
        if key not in areas:
            areas[key] = DraftArea(len(areas) + 1, above.title if above is not None else "")
            draft.areas.append(areas[key])
        placed.add(id(node))
        issue = DraftIssue(len(draft.issues) + 1, node.title)
        areas[key].issues.append(issue)
        _fill(issue, node, done)
        for child in node.below:
            placed |= _fill_from(issue, child)
    for number, measure in enumerate(draft.measures, 1):
        measure.number = number
    return placed


def _fill(issue: DraftIssue, node: _Node, done: bool) -> None:
    """Sort the paragraphs of an issue into source sentences, facts and measures."""
    is_measure, counted = done, 0
    for part in node.content:
        fact = next(((name, hit) for name, mark in _FACTS.items() if (hit := mark.match(part))), None)
        if fact:
            issue.facts[fact[0]] = fact[1].group(1).strip()
            continue
        label, about = _LABEL.match(part), _ABOUT.match(part)
        if label or about:
            is_measure, part = label is not None, part[(label or about).end() :].strip()  # type: ignore[union-attr]
        before, steps = steps_in(part, counted + 1)
        counted += len(steps)
        if steps and (is_measure or not _names_problems(steps)):
            issue.source += sentences_of(before)
            issue.measures += [DraftMeasure(0, step) for step in steps]
        elif part and is_measure:
            issue.measures.append(DraftMeasure(0, part))
        else:
            issue.source += sentences_of(part)


def _fill_from(issue: DraftIssue, child: _Node) -> set[int]:
    """A numbered line below an issue is one of its measures; answers the ids of the nodes that were taken."""
    issue.measures.append(DraftMeasure(0, " ".join([child.line.text, *child.body])))
    return {id(child)}.union(*(_fill_from(issue, below) for below in child.below))


def _names_problems(steps: list[str]) -> bool:
    return sum(bool(_PROBLEM.search(step[:40])) for step in steps) * 2 > len(steps)


def _gives_account(text: str) -> bool:
    """Whether the text tells what is or was done; else its paragraphs describe what was found."""
    top = text[:1500]
    told = re.search(r"整改(进展)?(情况|落实)|通报|整改方案|整改措施|公布|公开", top)
    return told is not None and not re.search(r"反馈(会|意见)(?!.{0,40}整改)", top.split("\n", 1)[0])


def _speaks_of_rectification(text: str, issues: list[_Node], declared: dict[str, int]) -> bool:
    """Two of three: its top names feedback or rectification, it states numbers, its headings name problems."""
    problems = sum(bool(_PROBLEM.search(node.title)) for node in issues) * 5 >= len(issues) * 2
    areas = any("方面" in part.title for node in issues for part in node.path())
    signs = [_SUBJECT.search(text[:800]) is not None, len(declared.keys() & {"areas", "issues", "measures"}) > 1,
             problems or areas]  # fmt: skip
    return sum(signs) > 1


def _recommendations(nodes: list[_Node]) -> Iterator[_Node]:
    """The parts of a section that is about the advice of the feedback."""
    return (
        node for node in nodes if node.above and node.above.line.rank == SECTION and _ADVICE.search(node.above.title)
    )


def _left_over(nodes: list[_Node], placed: set[int], headings: set[int]) -> Iterator[str]:
    """The sentences of numbered lines without a place, and the paragraphs below headings that are only titles."""
    for node in nodes:
        if id(node) in placed:
            continue
        for part in node.body if id(node) in headings else [node.line.whole, *node.body]:
            yield from sentences_of(part)
