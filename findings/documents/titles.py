"""What a campaign's papers are headed with, however the campaign is called."""

import re

# A campaign is often named after its rectification, 巡视反馈问题整改: words that its papers' titles say themselves.
_ENDS = re.compile(
    r"(?:(?:反馈|发现|检视|查摆|指出|存在)的?(?:问题|意见建议|意见)的?|(?<![出点性])问题的?)?整改(?:落实|工作|任务)?$"
    r"|反馈(?:的?(?:问题|意见建议|意见))?$"
)


def subject_of(title: str) -> str:
    """The campaign's title as its papers' titles need it: 巡视 of 巡视反馈问题整改; one without such an end whole.

    "" of a title that says no more than 整改.
    """
    return _ENDS.sub("", title.strip()).rstrip(" 　")
