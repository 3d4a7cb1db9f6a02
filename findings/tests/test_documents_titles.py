"""What a campaign's papers are headed with, whatever the office has called the campaign."""

import pytest

from findings.documents.titles import subject_of


@pytest.mark.parametrize(
    ("title", "subject"),
    [("2026年常规巡视反馈问题整改", "2026年常规巡视"), ("巡视反馈意见整改落实", "巡视"), ("巡视反馈的意见", "巡视"),
     ("巡视整改", "巡视"), ("巡视反馈", "巡视"), ("审计发现问题整改工作", "审计"), ("主题教育检视问题整改", "主题教育"),
     ("审计和主题教育问题整改", "审计和主题教育"), ("突出问题整改", "突出问题"), ("2021年常规巡视", "2021年常规巡视"),
     ("司法巡查整改方案", "司法巡查整改方案"), ("Inspection", "Inspection"), ("整改", "")],
)  # fmt: skip
def test_subject_leaves_out_what_a_title_says_itself(title: str, subject: str) -> None:
    assert subject_of(title) == subject
