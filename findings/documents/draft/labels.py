"""Labels before the paragraphs of a plan (整改措施： 存在问题： 牵头部门：), alone on a line or before words."""

import re
from dataclasses import dataclass

MEASURES, ABOUT, FACT = "measures", "about", "fact"
_HEADS = {
    MEASURES: (
        r"(?:主要|具体|细化|下步|下一步|拟?采取)?(?:的)?(?:整改(?:落实)?(?:情况|措施|举措|做法|进展情况|进展|成效|任务|结果)"
        r"|(?:工作|落实)?(?:措施|举措)|做法|进展情况|落实情况)(?:及(?:成效|进展|完成情况|落实情况))?"
    ),
    ABOUT: r"(?:存在|反馈|具体)?(?:的)?(?:主要)?(?:问题描述|问题表现|问题|表现)",
}
FACTS = {
    "leader": r"(?:牵头|责任|分管|主管|包案)(?:院)?领导",
    "department": r"(?:牵头|责任|主责|主办|承办)(?:整改)?(?:部门|单位|庭室)(?:及(?:责任人|负责人))?",
    "assisting": r"(?:配合|协助|协办)(?:部门|单位|庭室)",
    "deadline": r"(?:计划|预计)?(?:整改|完成)(?:完成)?(?:时限|期限|时间|日期)|时限(?:要求)?",
    "nature": r"整改(?:类型|性质|类别)",
    "goal": r"(?:整改|工作)目标",
    "person": r"(?:直接|具体)?责任人|部门负责人|联络员|经办人",
}


def _mark(words: str, end: str) -> re.Pattern[str]:
    return re.compile(rf"(?:【(?:{words})】\s*[:：]?|\[(?:{words})\]\s*[:：]?|(?:{words})\s*{end})\s*")


_LABELS = [(kind, kind, _mark(words, "(?:[:：]|$)")) for kind, words in _HEADS.items()] + [
    (FACT, name, _mark(words, "[:：]")) for name, words in FACTS.items()
]
_FACT_INSIDE = re.compile(rf"(?<=[\s;；。，,、])(?:【|\[)?(?:{'|'.join(FACTS.values())})(?:】|\])?\s*[:：]")


@dataclass(frozen=True)
class Labelled:
    """A paragraph behind its label. ``kind`` is "" where none stands before it; ``name`` is the fact's field;
    ``words`` are those of the label itself."""

    kind: str
    name: str
    text: str
    words: str = ""

    @property
    def is_plan(self) -> bool:
        """Whether the label says what is planned, not what became of it."""
        return re.search(r"措施|举措|做法|任务", self.words) is not None


def labelled(text: str) -> Labelled:
    """A paragraph parted from its label."""
    for kind, name, mark in _LABELS:
        found = mark.match(text)
        if found:
            words = text[found.end() :].strip()
            return Labelled(kind, name, words.rstrip("；;，, ") if kind == FACT else words, found[0].strip(":： "))
    return Labelled("", "", text)


def pieces_of(text: str) -> list[Labelled]:
    """A paragraph cut where further facts begin in it; one inside brackets stays where it stands."""
    cuts, depth, place = [0], 0, 0
    for found in _FACT_INSIDE.finditer(text):
        between = text[place : found.start()]
        depth += len(re.findall(r"[(（]", between)) - len(re.findall(r"[)）]", between))
        place = found.start()
        if depth <= 0:
            cuts.append(place)
    parts = [text[start:end] for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]
    return [labelled(part.strip()) for part in parts if part.strip()]
