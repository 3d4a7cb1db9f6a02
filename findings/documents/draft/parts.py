"""What stands below an issue, sorted in its order: sentences about it, measures, and facts such as a deadline."""

import re
from dataclasses import dataclass, field
from itertools import pairwise

from findings.documents.draft.labels import FACT, MEASURES, Labelled, pieces_of
from findings.documents.draft.numbering import Line, items_in, sentences_of, steps_in
from findings.documents.draft.outline import PROBLEM, Node

_IS_PROBLEM = re.compile(r"问题[。：:；;]?$")


@dataclass
class DraftMeasure:
    """A step as the text words it, without its 一是; ``facts`` are those that the text gives to it alone."""

    number: int
    text: str
    facts: dict[str, str] = field(default_factory=dict)


@dataclass
class DraftIssue:
    """An issue with the sentences that speak of it; ``facts`` are leader, department, deadline… as worded."""

    number: int
    title: str
    source: list[str] = field(default_factory=list)
    measures: list[DraftMeasure] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)


def fill(issue: DraftIssue, node: Node, done: bool) -> None:
    """Sort all that stands below the heading of an issue; ``done`` says whether the text tells what is or was done."""
    sorting = _Sorting(issue, is_measure=done)
    if node.run_on:
        sorting.paragraph(Line(0, 0, node.run_on, node.run_on))
    for line in node.walk():
        sorting.paragraph(line)
    sorting.finish()


@dataclass
class _Sorting:
    """One issue while its lines are read."""

    issue: DraftIssue
    is_measure: bool  # whether what comes next is a measure, else it speaks of the problem
    is_labelled: bool = False
    counted: int = 0  # steps 一是, 二是… of the present list
    numbered: list[str] | None = None  # the parts of a numbered measure that the next paragraph goes on with
    rank: int = 0  # of that measure
    joined: list[tuple[DraftMeasure, list[str]]] = field(default_factory=list)  # numbered measures and their parts
    said: list[tuple[str, str, int]] = field(default_factory=list)  # facts, each with the measures before it

    def paragraph(self, line: Line) -> None:
        first, *others = pieces_of(line.text) or [Labelled("", "", "")]
        if self._is_value(first):
            name, _words, before = self.said.pop()
            self.said.append((name, first.text, before))
        elif first.kind or not line.rank:
            self._piece(first)
        else:
            self._step(Line(line.rank, line.number, first.text, line.whole if not others else first.text))
        for piece in others:
            self._piece(piece)

    def _is_value(self, piece: Labelled) -> bool:
        """A line behind a label without words, 牵头部门：, is what the label speaks of."""
        return not piece.kind and bool(self.said) and self.said[-1][1:] == ("", len(self.issue.measures))

    def _piece(self, piece: Labelled) -> None:
        if piece.kind == FACT:
            self.said.append((piece.name, piece.text, len(self.issue.measures)))
            self.numbered = None
            return
        if piece.kind:
            self.is_measure, self.is_labelled = piece.kind == MEASURES, True
            self.numbered, self.counted = None, 0
        before, items = items_in(piece.text) if piece.kind == MEASURES else (piece.text, [])
        if items:
            self.issue.source += sentences_of(before)
            for item in items:
                self._step(item)
            return
        self._words(piece.text)

    def _words(self, text: str) -> None:
        """A paragraph without a number: steps in words, what goes on with a measure, a measure, or source."""
        if self.numbered is not None:
            self.numbered.append(text)
            return
        before, steps = steps_in(text, self.counted + 1)
        if steps and (self.is_measure or not _names_problems(steps)):
            self.counted += len(steps)
            self.issue.source += sentences_of(before)
            self.issue.measures += [DraftMeasure(0, step) for step in steps]
        elif text and self.is_measure:
            self.issue.measures.append(DraftMeasure(0, text))
        else:
            self.issue.source += sentences_of(text)

    def _step(self, line: Line) -> None:
        """A numbered line: a measure, a part of the one before it, or a sentence about the problem."""
        if not self.is_measure or (not self.is_labelled and _IS_PROBLEM.search(line.text)):
            self.issue.source += sentences_of(line.whole)
            self.numbered = None
        elif self.numbered is not None and line.rank > self.rank:
            self.numbered.append(line.whole)
        else:
            self.numbered, self.rank = [line.text], line.rank
            self.issue.measures.append(DraftMeasure(0, ""))
            self.joined.append((self.issue.measures[-1], self.numbered))

    def finish(self) -> None:
        for measure, parts in self.joined:
            measure.text = " ".join(filter(None, parts))
        self._give_facts()

    def _give_facts(self) -> None:
        """A fact that stands once is the issue's; one that recurs is of the measures before it, or behind it."""
        measures = self.issue.measures
        for name in dict.fromkeys(name for name, _words, _before in self.said):
            found = [(words, before) for of, words, before in self.said if of == name]
            places = [before for _words, before in found]
            bounds = [0, *places] if places[0] else [*places, len(measures)]
            if len(found) == 1 or any(begin == end for begin, end in pairwise(bounds)):
                self.issue.facts[name] = "、".join(words for words, _before in found)
                continue
            for (words, _before), (begin, end) in zip(found, pairwise(bounds), strict=False):
                for measure in measures[begin:end]:
                    measure.facts[name] = words


def _names_problems(steps: list[str]) -> bool:
    return sum(bool(PROBLEM.search(step[:40])) for step in steps) * 2 > len(steps)
