"""Lays out the Word templates: ``python -m findings.documents.docx.build`` writes them beside this file.

The words of the report stand here, in Chinese, because the paper is Chinese whatever the screen's language; its
numbers are placeholders. See README.md in this folder.
"""

from collections.abc import Callable
from pathlib import Path

from docx.document import Document as DocumentType

from findings.documents.docx import forms, words
from findings.documents.docx.layout import blank, paragraph, signature, table

FOLDER = Path(__file__).parent
_COUNTS = ["措施", "已销号", "待核", "整改中", "未启动", "逾期", "完成率"]
_CELLS = ["measures", "closed", "waiting", "in_progress", "not_started", "overdue"]


def period_report() -> DocumentType:
    """The month and quarter report."""
    document = blank()
    document.core_properties.title = "{{ campaign }}"
    _opening(document)
    _overall(document)
    _areas(document)
    _departments(document)
    _changes(document)
    _rules(document)
    _difficulties(document)
    _coming(document)
    _signature(document)
    return document


def _opening(document: DocumentType) -> None:
    paragraph(document, "{{ court }}", "PaperTitle")
    # Three lines, the middle one the longest, as the standard asks of a long title.
    paragraph(document, "关于{{ subject }}", "PaperTitle")
    paragraph(document, "整改进展情况的报告", "PaperTitle")
    period = (
        '（{{ year }}年{% if kind == "month" %}{{ ordinal }}月'
        '{% else %}第{{ ["一", "二", "三", "四"][ordinal - 1] }}季度{% endif %}'
        "{% if is_forecast %}，预览{% endif %}）"
    )
    paragraph(document, period, "PaperSubtitle")
    paragraph(document, "", "PaperText")
    paragraph(document, "院整改工作领导小组：", "PaperAddressee")
    paragraph(
        document,
        "现将{{ starts_on }}至{{ ends_on }}整改工作进展情况报告如下。文中数据均截至{{ ends_on }}。",
        "PaperText",
    )


def _overall(document: DocumentType) -> None:
    paragraph(document, "一、总体情况", "Heading 1")
    paragraph(
        document,
        "本期期初未销号措施{{ report.opening }}项，本期新增{{ report.added|length }}项，"
        "销号{{ report.closed|length }}项，"
        "反弹重新整改{{ report.reopened|length }}项，调出{{ report.retired|length }}项，期末未销号{{ still_open }}项。",
        "PaperText",
    )
    paragraph(
        document,
        "全部{{ report.summary.counts.measures }}项整改措施中，累计销号{{ report.summary.counts.closed }}项，"
        "占{{ report.summary.counts.closed_percent }}%；已完成待核{{ report.summary.counts.waiting }}项，"
        "整改中{{ report.summary.counts.in_progress }}项，未启动{{ report.summary.counts.not_started }}项。"
        "集中整改措施{{ report.summary.counts.concentrated }}项，"
        "已销号{{ report.summary.counts.concentrated_closed }}项；"
        "持续深入整改措施{{ report.summary.counts.sustained }}项，"
        "已销号{{ report.summary.counts.sustained_closed }}项。"
        "逾期未完成{{ report.summary.counts.overdue }}项，临近到期{{ report.summary.counts.due_soon }}项，"
        "回头看逾期{{ report.summary.counts.rechecks_missed }}项。",
        "PaperText",
    )
    paragraph(
        document,
        "反馈的{{ report.summary.issues }}个问题中，整改到位{{ report.summary.issues_rectified }}个，"
        "取得阶段性成果{{ report.summary.issues_partial }}个，正在整改{{ report.summary.issues_open }}个。"
        "反馈提出意见建议{{ report.summary.recommendations }}条。",
        "PaperText",
    )
    paragraph(document, "图1  措施销号与计划对照", "TableCaption")
    paragraph(document, "{{ chart }}", "Picture")
    paragraph(document, "{%p if overdue %}", "PaperText")
    paragraph(document, "表1  逾期措施", "TableCaption")
    table(
        document,
        ["序号", "整改措施", "牵头部门", "牵头领导", "整改时限", "逾期天数"],
        [11, 57, 25, 22, 24, 17],
        [
            ["{%tr for line in overdue %}"],
            ["{{ line.number }}", "{{ line.text }}", "{{ line.department }}", "{{ line.leader }}",
             "{{ line.deadline }}", "{{ line.days }}"],
            ["{%tr endfor %}"],
        ],
        {0, 4, 5},
    )  # fmt: skip
    paragraph(document, "{%p endif %}", "PaperText")


def _areas(document: DocumentType) -> None:
    paragraph(document, "二、各方面进展情况", "Heading 1")
    paragraph(document, "表2  各方面整改进展（项）", "TableCaption")
    table(
        document,
        ["方面", *_COUNTS],
        [58, *[14] * 7],
        [
            ["{%tr for area in areas %}"],
            ["{{ area.number }}. {{ area.title }}", *_count_cells("area")],
            ["{%tr endfor %}"],
            ["合计", *_count_cells("report.summary")],
        ],
        set(range(1, 8)),
        together=True,
    )
    paragraph(document, "{%p for area in areas %}", "PaperText")
    paragraph(
        document,
        "（{{ '一二三四五六七八九十'[loop.index0]|default(loop.index) }}）{{ area.title }}",
        "Heading 2",
    )
    sums = paragraph(
        document,
        "本方面共{{ area.counts.measures }}项措施，已销号{{ area.counts.closed }}项，待核{{ area.counts.waiting }}项，"
        "整改中{{ area.counts.in_progress }}项，未启动{{ area.counts.not_started }}项，"
        "逾期{{ area.counts.overdue }}项。"
        "{% if not area.lines %}本期前已全部销号。{% endif %}",
        "PaperText",
    )
    sums.paragraph_format.keep_with_next = sums.paragraph_format.keep_together = True
    paragraph(document, "{%p if area.lines %}", "PaperText")
    table(
        document,
        ["序号", "整改措施", "牵头部门", "整改时限", "状态", "本期进展和下一步打算"],
        [11, 41, 19, 24, 16, 45],
        [
            ["{%tr for line in area.lines %}"],
            ["{{ line.number }}", "{{ line.text }}", "{{ line.department }}", "{{ line.deadline }}",
             "{{ line.status }}{% if line.percent %} {{ line.percent }}%{% endif %}",
             "{{ line.done }}{% if line.next_step %} 下一步：{{ line.next_step }}{% endif %}"],
            ["{%tr endfor %}"],
        ],
        {0, 3, 4},
    )  # fmt: skip
    paragraph(document, "{%p endif %}", "PaperText")
    paragraph(document, "{%p endfor %}", "PaperText")


def _count_cells(row: str) -> list[str]:
    return [*(f"{{{{ {row}.counts.{name} }}}}" for name in _CELLS), f"{{{{ {row}.counts.closed_percent }}}}%"]


def _departments(document: DocumentType) -> None:
    paragraph(document, "三、责任部门情况", "Heading 1")
    paragraph(document, "表3  责任部门整改进展（项）", "TableCaption")
    table(
        document,
        ["牵头部门", *_COUNTS],
        [58, *[14] * 7],
        [
            ["{%tr for row in departments %}"],
            ['{{ row.title or "（未明确）" }}', *_count_cells("row")],
            ["{%tr endfor %}"],
            ["合计", *_count_cells("report.summary")],
        ],
        set(range(1, 8)),
        together=True,
    )
    paragraph(
        document,
        "{% if report.missing %}未按时报送进展的部门{{ report.missing|length }}个：{{ report.missing|join('、') }}。"
        "{% else %}各责任部门均已按时报送进展。{% endif %}",
        "PaperText",
    )


def _changes(document: DocumentType) -> None:
    paragraph(document, "四、本期变化情况", "Heading 1")
    since = (
        "{% if report.since %}与上次报告（{{ report.since }}，截至{{ since_on }}）相比，逾期未完成措施由"
        "{{ report.overdue_before }}项变为{{ report.summary.counts.overdue }}项，其他变化如下。"
        "{% else %}本报告为本轮整改的第一份报告，期内变化如下。{% endif %}"
    )
    paragraph(document, since, "PaperText")
    for title, name in (
        ("新增", "added"), ("办结销号", "closed"), ("转入持续深入整改", "converted"), ("批准延期", "extended"),
        ("反弹重新整改", "reopened"), ("调出", "retired"), ("新逾期", "newly_overdue"),
        ("不再逾期", "no_longer_overdue"),
    ):  # fmt: skip
        words = (
            f"{title}{{{{ report.{name}|length }}}}项{{% if report.{name} %}}，"
            f"为第{{{{ report.{name}|join('项、第') }}}}项措施{{% endif %}}。"
        )
        paragraph(document, words, "PaperText")


def _rules(document: DocumentType) -> None:
    paragraph(document, "五、制度建设情况", "Heading 1")
    paragraph(
        document,
        "本期印发制度和文件{{ report.documents|length }}件，其中制度{{ new_rules }}件；累计印发"
        "{{ report.summary.documents }}件，其中制度{{ report.summary.rules }}件。累计召开党组会"
        "{{ report.summary.meetings.party_group }}次、领导小组会{{ report.summary.meetings.leading_group }}次，"
        "领导小组办公室督查{{ report.summary.meetings.inspection }}次，听取驻院纪检监察组专题报告"
        "{{ report.summary.meetings.discipline_report }}次。",
        "PaperText",
    )
    paragraph(document, "{%p for title, number, kind in report.documents %}", "PaperText")
    paragraph(
        document,
        "{{ loop.index }}. 《{{ title }}》{% if number %}（{{ number }}）{% endif %}，{{ kind }}。",
        "PaperText",
    )
    paragraph(document, "{%p endfor %}", "PaperText")


def _difficulties(document: DocumentType) -> None:
    paragraph(document, "六、存在困难与下一步打算", "Heading 1")
    for title, name, field, none in (
        ("（一）存在困难", "difficulties", "difficulty", "本期各责任部门未报告困难。"),
        ("（二）下一步打算", "next_steps", "next_step", "按原计划推进。"),
    ):
        paragraph(document, title, "Heading 2")
        paragraph(document, f"{{%p for line in {name} %}}", "PaperText")
        paragraph(
            document,
            f"{{{{ loop.index }}}}. 措施{{{{ line.number }}}}（{{{{ line.department }}}}）："
            f"{{{{ line.{field}.rstrip('。；') }}}}。",
            "PaperText",
        )
        paragraph(document, "{%p else %}", "PaperText")
        paragraph(document, none, "PaperText")
        paragraph(document, "{%p endfor %}", "PaperText")


def _coming(document: DocumentType) -> None:
    paragraph(document, "七、下期到期措施", "Heading 1")
    paragraph(document, "{%p if due_next %}", "PaperText")
    paragraph(document, "下一报告期内到期、尚未销号的措施共{{ due_next|length }}项。", "PaperText")
    paragraph(document, "表4  下期到期措施", "TableCaption")
    table(
        document,
        ["序号", "整改措施", "牵头部门", "牵头领导", "整改时限"],
        [12, 70, 28, 22, 24],
        [
            ["{%tr for line in due_next %}"],
            [
                "{{ line.number }}",
                "{{ line.text }}",
                "{{ line.department }}",
                "{{ line.leader }}",
                "{{ line.deadline }}",
            ],
            ["{%tr endfor %}"],
        ],
        {0, 4},
    )
    paragraph(document, "{%p else %}", "PaperText")
    paragraph(document, "下一报告期内没有到期措施。", "PaperText")
    paragraph(document, "{%p endif %}", "PaperText")


def _signature(document: DocumentType) -> None:
    gap = paragraph(document, "", "PaperText")
    annex = paragraph(document, "附件：整改台账（截至{{ ends_on }}，电子表格）", "PaperText")
    blank_line = paragraph(document, "", "PaperText")
    signed = signature(document, "{{ court }}整改工作领导小组办公室", "{{ made_on }}")
    note = paragraph(document, "（第{{ revision }}版；整改记录摘要：{{ digest }}）", "PaperNote")
    for line in (gap, annex, blank_line, *signed):
        line.paragraph_format.keep_with_next = True
    note.paragraph_format.keep_together = True


TEMPLATES: dict[str, Callable[[], DocumentType]] = {
    "period_report.docx": period_report,
    "supervision_notice.docx": forms.supervision_notice,
    "closure_request.docx": forms.closure_request,
    "extension_request.docx": forms.extension_request,
    "rectification_plan.docx": forms.rectification_plan,
    "public_bulletin.docx": words.public_bulletin,
    "rectification_report.docx": words.rectification_report,
    "head_report.docx": words.head_report,
}


def build(folder: Path = FOLDER) -> list[Path]:
    """Write all templates into a folder; answers their paths."""
    for name, make in TEMPLATES.items():
        make().save(str(folder / name))
    return [folder / name for name in TEMPLATES]


if __name__ == "__main__":
    build()
