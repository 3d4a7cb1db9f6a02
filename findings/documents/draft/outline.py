"""The numbered lines of a text as a tree: which are headings, and which are steps of a list behind a label."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise, takewhile

from findings.documents.draft.labels import ABOUT, FACT, MEASURES, Labelled, labelled
from findings.documents.draft.numbering import Line, cut_title, line_of, lines_of, sentences_of

PROBLEM = re.compile(
    r"不够|不足|不到位|不严|不实|不力|不深|不高|不强|不规范|不及时|不完善|不健全|不彻底|缺失|薄弱|差距|偏差|滞后|弱化|淡化|欠缺|缺乏|问题|有待"
)
# What closes a letter, and the lines of the page that it was copied from.
_CLOSING = re.compile(
    r"联系电话[:：]|邮政信箱[:：]|版权所有|ICP备|主办单位[:：]|网站声明|返回(首页|顶部)|^责(任)?编(辑)?[:：]"
    r"|^(中共)?[^，。,:：]{2,40}(党组|党委|委员会|人民法院)$|^[0-9０-９]{4}年[0-9０-９]{1,2}月[0-9０-９]{1,2}日$"
)
# Lines behind a label that are looked at for its kind: more than any issue has.
FARTHEST = 400
_AREA = re.compile(r"方面(存在)?(的)?(主要|突出)?(问题)?$")


@dataclass
class Node:
    """A heading: its title, what runs on behind it, and in their order the paragraphs, steps and nodes below it."""

    line: Line
    title: str
    run_on: str
    above: "Node | None"
    inside: "list[Line | Node]" = field(default_factory=list)
    # Whether numbered lines that follow are steps of a list; None until a label has stood below the heading.
    lists: bool | None = None
    asked: bool = False  # whether a label of the problem has asked for it
    last_step: int = 0  # number of the last step that bears a number of the heading's own rank

    def path(self) -> "Iterator[Node]":
        node: Node | None = self
        while node is not None:
            yield node
            node = node.above

    @property
    def below(self) -> "list[Node]":
        return [part for part in self.inside if isinstance(part, Node)]

    @property
    def content(self) -> list[str]:
        """The paragraphs without a number."""
        body = [part.text for part in self.inside if isinstance(part, Line) and not part.rank]
        return [self.run_on, *body] if self.run_on else body

    @property
    def names_area(self) -> bool:
        return _AREA.search(self.title) is not None

    def own(self) -> list[str]:
        """All lines that stand directly below the heading, as worded."""
        return [part.whole for part in self.inside if isinstance(part, Line)]

    def walk(self) -> Iterator[Line]:
        """Everything below the heading in its order, numbered or not."""
        for part in self.inside:
            if isinstance(part, Line):
                yield part
            else:
                yield part.line
                yield from part.walk()


def outline_of(text: str) -> tuple[list[Node], list[str]]:
    """The headings in their order, and the sentences that stand before the first or behind the end of the letter."""
    lines = list(lines_of(text))
    end = _end_of_letter(lines)
    nodes: list[Node] = []
    loose: list[str] = []
    stack: list[Node] = []
    labels = _numbered_labels(lines)
    for place, line in enumerate(lines[:end]):
        if place in labels and _holder(stack, line) is not None:
            while stack[-1].line.rank >= line.rank:
                stack.pop()
            line = Line(0, 0, line.text, line.whole)
        if not line.rank and not stack:
            loose += sentences_of(line.whole)
        elif not line.rank:
            _attach(stack[-1], line, lines, place)
        elif stack and _is_step(stack[-1], lines, place):
            stack[-1].inside.append(line)
        else:
            nodes.append(_push(stack, line))
    return nodes, loose + [sentence for line in lines[end:] for sentence in sentences_of(line.whole)]


def _push(stack: list[Node], line: Line) -> Node:
    while stack and stack[-1].line.rank >= line.rank:
        stack.pop()
    title, run_on = cut_title(line.text)
    node = Node(line, title, run_on, stack[-1] if stack else None)
    if stack:
        stack[-1].inside.append(node)
    stack.append(node)
    return node


def _end_of_letter(lines: list[Line]) -> int:
    """Where signature, contact and the page's own lines begin: behind all that is numbered or bears a label."""
    last = max((n for n, line in enumerate(lines) if line.rank or labelled(line.text).kind), default=-1)
    if last >= 0 and (label := labelled(lines[last].text)).kind == FACT and not label.text:
        last += 1  # the line behind 牵头部门： is its value
    return next((n for n in range(last + 1, len(lines)) if _CLOSING.search(lines[n].text)), len(lines))


def _holder(stack: list[Node], line: Line) -> Node | None:
    """The heading to which a numbered label belongs; an area has none of its own."""
    nearest = next((node for node in reversed(stack) if node.line.rank < line.rank), None)
    return None if nearest is None or nearest.names_area else nearest


def _numbered_labels(lines: list[Line]) -> set[int]:
    """Places of numbered lines that are labels (2.整改措施：…), not headings.

    Without a colon a label must recur; 1.问题：… is one only beside others, else it is the issue's own number.
    """
    numbered = [(place, line, labelled(line.text)) for place, line in enumerate(lines) if line.rank]
    bare = Counter((line.rank, line.text) for _place, line, label in numbered if label.kind and not label.text)
    found = {
        place for place, line, label in numbered
        if label.kind in (MEASURES, FACT) and (label.text or line.text[-1:] in ":：" or bare[line.rank, line.text] > 1)
    }  # fmt: skip
    for (place, line, label), (after, follower, _label) in pairwise(numbered):
        if label.kind == ABOUT and after in found and follower.rank == line.rank:
            found.add(place)
    return found


def _attach(node: Node, line: Line, lines: list[Line], place: int) -> None:
    """Put a paragraph below a heading; a label may open a list there, whose lines are no headings."""
    node.inside.append(line)
    label = labelled(line.text)
    if label.kind in (MEASURES, ABOUT):
        first = line_of(label.text)
        node.last_step = first.number if first.rank == node.line.rank else 0
        if node.lists is None and not (node.asked and label.kind == ABOUT):
            node.asked = True
            node.lists = _opens_list(node, label, lines, place)


def _opens_list(node: Node, label: Labelled, lines: list[Line], place: int) -> bool | None:
    """Whether the numbered lines below a label are steps of its list. None where another label may still say so.

    They are issues where they are areas, or where labels recur below them: each issue has its own.
    """
    below = list(islice(_below(node, lines, place), FARTHEST))
    numbered = [line.text for line in below if line.rank]
    labels = Counter(found.words for line in below if (found := labelled(line.text)).kind in (MEASURES, ABOUT))
    recurring = max(labels.values(), default=0) > 1
    if label.kind == ABOUT:
        measured = any(labelled(line.text).kind == MEASURES for line in below)
        return True if measured and not recurring and not node.names_area else None
    if any(_AREA.search(cut_title(text)[0]) for text in numbered):
        return False
    problems = sum(PROBLEM.search(text[:40]) is not None for text in numbered) * 2 > len(numbered)
    return not (recurring and (problems or not label.is_plan))


def _below(node: Node, lines: list[Line], place: int) -> Iterator[Line]:
    """The lines behind a place up to the next heading that is not below the node."""
    return takewhile(lambda line: not 0 < line.rank <= node.line.rank, _from(lines, place + 1))


def _from(lines: list[Line], place: int) -> Iterator[Line]:
    """The lines from a place on, without walking over those before it."""
    return (lines[n] for n in range(place, len(lines)))


def _is_step(node: Node, lines: list[Line], place: int) -> bool:
    """Whether a numbered line goes on with the list below a heading.

    A list may bear numbers of the heading's own rank: it begins at 1 right behind its label, and counts on.
    """
    line = lines[place]
    if not node.lists or line.rank < node.line.rank:
        return False
    if line.rank > node.line.rank:
        return True
    before = labelled(lines[place - 1].text)
    begun = node.last_step > 0 or (before.kind in (MEASURES, ABOUT) and not before.text)
    if not begun or line.number != node.last_step + 1:
        return False
    if line.number == node.line.number + 1 and _bears_label(lines, place):
        return False
    node.last_step = line.number
    return True


def _bears_label(lines: list[Line], place: int) -> bool:
    """Whether a label stands between a numbered line and the next one: then it is an issue."""
    paragraphs = takewhile(lambda line: not line.rank, _from(lines, place + 1))
    return any(labelled(line.text).kind in (MEASURES, ABOUT) for line in paragraphs)
