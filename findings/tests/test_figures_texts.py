"""Which texts are empty talk, and which are copied."""

import pytest

from findings.figures.texts import empty_phrases, likeness


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("高度重视，扎实推进各项工作。", ["高度重视", "扎实推进"]),
        ("统一思想，形成一个良好氛围，开展一些工作。", ["统一思想"]),
        ("高度重视，召开会议3次。", []),
        ("高度重视，召开会议三次。", []),
        ("高度重视，召开会议十余次。", []),
        ("高度重视，召开会议３次。", []),
        ("高度重视，印发《立案工作规定》。", []),
        ("高度重视，提出“零容忍”要求。", []),
        ("高度重视，上线ETC系统。", []),
        ("高度重视，与立案庭会商。", []),
        ("修订了制度，正在征求意见。", []),
        ("", []),
    ],
)
def test_empty_talk_is_a_phrase_without_a_fact(text: str, found: list[str]) -> None:
    assert empty_phrases(text, ["立案庭"]) == found


LONG = "组织全院干警学习中央八项规定精神，逐人签订承诺书，建立台账并逐件核对。"


@pytest.mark.parametrize(
    ("text", "other", "alike"),
    [
        (LONG, LONG, 100),
        (LONG, LONG.replace("，", ", ").replace("。", ""), 100),
        ("abc１２３，学习", "ABC 123 学习", 100),
        (LONG, LONG.replace("逐人", "全员"), 90),
        (LONG, LONG + LONG, 0),
        ("学习三次", "学习四次", 0),
        ("完成。", "完成", 100),
        ("", "", 0),
        ("。", "，", 0),
    ],
)
def test_likeness(text: str, other: str, alike: int) -> None:
    assert likeness(text, other) == likeness(other, text) == alike


def test_likeness_of_texts_that_share_a_half_is_low() -> None:
    assert 0 < likeness(LONG, LONG[:17] + "召开专题民主生活会，班子成员逐一对照检查") < 70


def test_likeness_is_100_for_equal_texts_only() -> None:
    assert likeness("甲乙" * 200, "甲乙" * 200 + "甲") == 99
