"""The tree of a feedback or bulletin, found by the ranks of its headings and the steps below them."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from findings.documents.draft.declared import declared_in
from findings.documents.draft.labels import ABOUT, MEASURES, labelled
from findings.documents.draft.numbering import ITEM, PART, SECTION, SUBITEM, lines_of, sentences_of, steps_in
from findings.documents.draft.outline import PROBLEM, Node, outline_of
from findings.documents.draft.parts import DraftIssue, DraftMeasure, fill

# Words that a text about a rectification has near its top, and that a plan of work has not.
_SUBJECT = re.compile(
    r"(反馈|整改)(的)?(情况|意见|进展|方案|问题|通报|落实|结果|任务|台账)|(巡视|巡察|督察|督查|审计|检查)(组)?(的)?(反馈|整改)"
)
_AHEAD = re.compile(r"下一步|今后|下步|工作打算|努力方向")
_ADVICE = re.compile(r"(意见)?建议")
FEWEST_ISSUES = 2


@dataclass
class DraftArea:
    number: int
    title: str
    issues: list[DraftIssue] = field(default_factory=list)


@dataclass
class Draft:
    """What a text holds. ``kind`` is plan or none; ``declared`` and ``found`` bear the same keys.

    ``headings`` only hold areas or recommendations; ``unplaced`` are all sentences that stand nowhere else.
    """

    kind: str
    declared: dict[str, int]
    areas: list[DraftArea] = field(default_factory=list)
    recommendations: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
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


def draft_of(text: str) -> Draft:
    """The draft of a text; of kind ``none``, with no tree, where it is neither feedback nor account of one."""
    nodes, loose = outline_of(text)
    draft = Draft("none", declared_in(text))
    rank = _issue_rank(nodes)
    chosen = [node for node in nodes if node.line.rank == rank and _may_be_issue(node)] if rank else []
    if len(chosen) < FEWEST_ISSUES or not _speaks_of_rectification(text, chosen, draft.declared):
        draft.unplaced = [sentence for line in lines_of(text) for sentence in sentences_of(line.whole)]
        return draft
    draft.kind = "plan"
    area_rank = _area_rank(chosen, rank)
    placed = _place(draft, chosen, area_rank, _gives_account(text))
    advice = [node for node in _recommendations(nodes) if id(node) not in placed]
    draft.recommendations = [node.line.text for node in advice]
    draft.unplaced = [*loose, *_left_over(draft, nodes, placed, chosen, advice, area_rank)]
    return draft


def _may_be_issue(node: Node) -> bool:
    """Neither a paragraph that only begins with a number, nor a part of what is planned or advised."""
    if not node.title or any(_AHEAD.search(above.title) for above in node.path()):
        return False
    higher = [above for above in node.path() if above is not node]
    if any(labelled(above.line.text).is_plan for above in higher if above.line.rank != SECTION):
        return False
    sections = [above for above in higher if above.line.rank == SECTION]
    return not any(_ADVICE.search(section.title) for section in sections) and (
        not node.run_on or _has_steps(node) or PROBLEM.search(node.title) is not None
    )


def _has_steps(node: Node) -> bool:
    return any(steps_in(part)[1] or labelled(part).kind in (MEASURES, ABOUT) for part in node.content)


def _issue_rank(nodes: list[Node]) -> int:
    """The rank whose headings are the issues: the deepest with paragraphs below it, or that names problems.

    A rank that stands only here and there below another one, whose headings name problems or are more, gives way.
    """
    levels: dict[int, list[Node]] = {}
    for rank in (SUBITEM, ITEM, PART, SECTION):
        level = [node for node in nodes if node.line.rank == rank and _may_be_issue(node)]
        with_body = sum(bool(node.content) for node in level)
        if len(level) >= FEWEST_ISSUES and (with_body * 2 >= len(level) or _name_problems(level)):
            levels[rank] = level
    for rank, level in levels.items():
        if not any(_gives_way(level, levels[higher]) for higher in levels if higher < rank):
            return rank
    return 0


def _gives_way(level: list[Node], higher: list[Node]) -> bool:
    """Whether less than half of the higher headings hold any of these, and they are issues themselves."""
    holding = {id(above) for node in level for above in node.path()} & {id(node) for node in higher}
    is_rare = bool(holding) and len(holding) * 2 < len(higher)
    areas = sum(node.names_area for node in higher) * 2 > len(higher)
    more = higher[0].line.rank == ITEM and len(higher) > len(level)
    return is_rare and not areas and (_name_problems(higher) or more)


def _name_problems(level: list[Node]) -> bool:
    return sum(bool(PROBLEM.search(node.title)) for node in level) * 5 >= len(level) * 2


def _area_rank(issues: list[Node], rank: int) -> int:
    """The rank of the areas above the issues: where titles end with 方面, else the nearest one; 0 where none is."""
    ranks = Counter(above.line.rank for node in issues for above in node.path() if above.line.rank < rank)
    named = Counter(
        above.line.rank for node in issues for above in node.path() if above.line.rank < rank and "方面" in above.title
    )
    best = [level for level, count in named.items() if count * 2 >= len(issues)]
    return max(best or [level for level, count in ranks.items() if count * 2 >= len(issues)], default=0)


def _place(draft: Draft, issues: list[Node], area_rank: int, done: bool) -> set[int]:
    """Fill the draft's areas; answers the ids of the nodes whose whole text found a place, paragraphs and all."""
    placed: set[int] = set()
    areas: dict[int, DraftArea] = {}
    for number, node in enumerate(issues, 1):
        above = next((part for part in node.path() if part.line.rank == area_rank), None) if area_rank else None
        key = id(above) if above is not None else 0
        if key not in areas:
            areas[key] = DraftArea(len(areas) + 1, above.title if above is not None else "")
            draft.areas.append(areas[key])
        issue = DraftIssue(number, node.title)
        areas[key].issues.append(issue)
        fill(issue, node, done)
        placed |= _all_below(node)
    for number, measure in enumerate(draft.measures, 1):
        measure.number = number
    return placed


def _all_below(node: Node) -> set[int]:
    return {id(node)}.union(*(_all_below(below) for below in node.below))


def _gives_account(text: str) -> bool:
    """Whether the text tells what is or was done; else its paragraphs describe what was found."""
    top = text[:1500]
    told = re.search(r"整改(进展)?(情况|落实)|通报|整改方案|整改措施|公布|公开", top)
    return told is not None and not re.search(r"反馈(会|意见)(?!.{0,40}整改)", top.split("\n", 1)[0])


def _speaks_of_rectification(text: str, issues: list[Node], declared: dict[str, int]) -> bool:
    """Two of three: its top names feedback or rectification, it states numbers, its headings name problems."""
    areas = any("方面" in part.title for node in issues for part in node.path())
    signs = [_SUBJECT.search(text[:800]) is not None, len(declared.keys() & {"areas", "issues", "measures"}) > 1,
             _name_problems(issues) or areas]  # fmt: skip
    return sum(signs) > 1


def _recommendations(nodes: list[Node]) -> Iterator[Node]:
    """The parts of a section that is about the advice of the feedback."""
    return (
        node for node in nodes if node.above and node.above.line.rank == SECTION and _ADVICE.search(node.above.title)
    )


def _left_over(
    draft: Draft, nodes: list[Node], placed: set[int], issues: list[Node], advice: list[Node], area_rank: int
) -> Iterator[str]:
    """The sentences without a place; the titles of headings above areas and recommendations go to the draft's."""
    areas = {id(part) for node in issues for part in node.path() if part.line.rank == area_rank}
    advised = {id(node) for node in advice}
    holding = {id(part) for node in [*issues, *advice] for part in node.path()}
    for node in nodes:
        if id(node) in placed:
            continue
        if id(node) in advised:
            found = node.own()
        elif id(node) not in holding or not node.title or node.line.rank > area_rank > 0:
            found = [node.line.whole, *node.own()]
        else:
            draft.headings += [] if id(node) in areas else [node.title]
            found = [node.run_on, *node.own()]
        for part in found:
            yield from sentences_of(part)
