"""Layouts of the one-page forms and of the plan: 督办单, 销号申请表, 延期申请表, 整改方案."""

from docx.document import Document as DocumentType
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.shared import Pt

from findings.documents.docx.layout import blank, form, paragraph, signature, table

WIDTHS: list[float] = [26, 52, 26, 52]
Row = list[tuple[str, int]]


def supervision_notice() -> DocumentType:
    """督办单: what is asked of whom until when; receipt, reply and conclusion follow on the same sheet."""
    document = _titled("整改督办单", "〔{{ year }}〕{{ number }}号")
    form(document, WIDTHS, [
        [("督办对象", 1), ("{{ department }}", 1), ("颜色", 1), ("{{ colour }}", 1)],
        [("下发日期", 1), ("{{ issued_on }}", 1), ("反馈期限", 1), ("{{ due_on }}", 1)],
        [("轮次", 1), ("{{ campaign }}", 3)],
        [("整改问题", 1), ("{{ measure.issue if measure else '—' }}", 3)],
        [("整改措施", 1), ("{% if measure %}第{{ measure.number }}项：{{ measure.text }}{% else %}—{% endif %}", 3)],
        [("牵头领导", 1), ("{{ measure.leader if measure else '—' }}", 1),
         ("整改时限", 1), ("{{ measure.deadline if measure else '—' }}", 1)],
    ])  # fmt: skip
    form(document, WIDTHS, [[("督办内容", 1), ("{{ text }}", 3)]], tall=48)
    form(document, WIDTHS, [
        [("签发人", 1), ("{{ issued_by }}", 1), ("签收人", 1), ("{{ received_by }}\n{{ received_on }}", 1)],
    ])  # fmt: skip
    form(document, WIDTHS, [[("反馈情况", 1), ("{{ reply }}\n{{ replied_by }} {{ replied_on }}", 3)]], tall=38)
    form(document, WIDTHS, [
        [("办结意见", 1), ("{{ conclusion }}\n{{ concluded_by }} {{ concluded_on }}", 3)],
    ], tall=22)  # fmt: skip
    _signed(document)
    return document


def closure_request() -> DocumentType:
    """销号申请表: the measure, what was done, the evidence, and the opinion of each stage."""
    document = _titled("整改措施销号申请表", "{{ campaign }}")
    form(document, WIDTHS, [
        *_measure_rows(),
        [("完成情况", 1), ("{{ done }}", 3)],
        [("佐证材料", 1), ("{% for row in evidence %}{{ loop.index }}. {{ row.title }}"
                       "{% if row.number %}（{{ row.number }}）{% endif %}"
                       "{% if row.own_date %}，{{ row.own_date }}{% endif %}；{% endfor %}"
                       "共{{ evidence|length }}份", 3)],
        [("申请理由", 1), ("{{ reason }}", 3)],
        [("申请人", 1), ("{{ filed_by }}", 1), ("申请日期", 1), ("{{ filed_on }}", 1)],
        *_decision_rows(),
    ])  # fmt: skip
    _signed(document)
    return document


def extension_request() -> DocumentType:
    """延期（转持续整改）申请表."""
    title = "整改措施{% if is_conversion %}转入持续整改{% else %}延期{% endif %}申请表"
    document = _titled(title, "{{ campaign }}")
    form(document, WIDTHS, [
        *_measure_rows(),
        [("申请前时限", 1), ("{{ old_deadline }}", 1),
         ("{% if is_conversion %}预计完成{% else %}申请时限{% endif %}", 1), ("{{ new_deadline }}", 1)],
        [("转入性质", 1), ("{{ nature }}", 1), ("下次复查", 1), ("{{ recheck_on }}", 1)],
        [("阶段目标", 1), ("{{ stage_goal }}", 3)],
        [("目前进展", 1), ("{{ progress_so_far }}", 3)],
        [("申请理由", 1), ("{{ reason }}", 3)],
        [("申请人", 1), ("{{ filed_by }}", 1), ("申请日期", 1), ("{{ filed_on }}", 1)],
        *_decision_rows(),
    ])  # fmt: skip
    _signed(document)
    return document


def rectification_plan() -> DocumentType:
    """整改方案: areas, issues and measures with owners and deadlines."""
    document = blank()
    document.core_properties.title = "{{ campaign }}"
    for line in ("{{ court }}", "关于{{ subject }}", "反馈意见的整改方案"):
        paragraph(document, line, "PaperTitle")
    paragraph(document, "", "PaperText")
    paragraph(
        document,
        "{{ feedback_on }}，{{ body }}反馈了{{ source }}意见。根据反馈的{{ areas|length }}个方面{{ issues }}个问题，"
        "制定整改措施{{ measures }}项，其中集中整改{{ concentrated }}项，集中整改期截至{{ concentrated_until }}；"
        "持续深入整改{{ sustained }}项，截至{{ sustained_until }}。"
        "{% if recommendations %}反馈另提出意见建议{{ recommendations|length }}条。{% endif %}",
        "PaperText",
    )
    paragraph(document, "{%p for area in areas %}", "PaperText")
    paragraph(document, "{{ area.numeral }}、{{ area.title }}", "Heading 1")
    paragraph(document, "{%p for issue in area.issues %}", "PaperText")
    paragraph(document, "（{{ issue.numeral }}）{{ issue.title }}", "Heading 2")
    table(
        document,
        ["序号", "整改措施", "整改目标", "牵头领导", "牵头部门", "配合部门", "整改时限"],
        [11, 40, 26, 18, 19, 18, 24],
        [
            ["{%tr for row in issue.measures %}"],
            ["{{ row.number }}", "{{ row.text }}", "{{ row.goal }}", "{{ row.leader }}", "{{ row.department }}",
             "{{ row.assisting }}", "{{ row.deadline }}{% if row.nature %} {{ row.nature }}{% endif %}"],
            ["{%tr endfor %}"],
        ],
        {0},
    )  # fmt: skip
    paragraph(document, "{%p endfor %}", "PaperText")
    paragraph(document, "{%p endfor %}", "PaperText")
    paragraph(document, "{%p if recommendations %}", "PaperText")
    paragraph(document, "{{ advice_numeral }}、意见建议", "Heading 1")
    paragraph(document, "{%p for row in recommendations %}", "PaperText")
    advice = paragraph(
        document,
        "{{ row.number }}. {{ row.title }}"
        "{% if row.answers %}（由第{{ row.answers|join('、') }}项措施落实）{% endif %}。",
        "PaperText",
    )
    # A long run of numbers goes to the next line whole in some programs; justified, the rest would be torn apart.
    advice.alignment = ALIGN.LEFT
    paragraph(document, "{%p endfor %}", "PaperText")
    paragraph(document, "{%p endif %}", "PaperText")
    paragraph(document, "", "PaperText")
    signature(document, "{{ court }}整改工作领导小组", "{{ made_on }}")
    return document


def _titled(title: str, below: str) -> DocumentType:
    document = blank()
    document.core_properties.title = title if "{" not in title else "整改措施延期申请表"
    paragraph(document, title, "PaperTitle")
    paragraph(document, below, "PaperSubtitle").paragraph_format.space_after = Pt(6)
    return document


def _measure_rows() -> list[Row]:
    return [
        [("整改问题", 1), ("{{ measure.issue }}", 3)],
        [("整改措施", 1), ("第{{ measure.number }}项：{{ measure.text }}", 3)],
        [("整改目标", 1), ("{{ measure.goal }}", 3)],
        [("牵头领导", 1), ("{{ measure.leader }}", 1), ("牵头部门", 1), ("{{ measure.department }}", 1)],
        [("配合部门", 1), ("{{ measure.assisting }}", 1), ("整改时限", 1),
         ("{{ measure.deadline }}{% if measure.original_deadline != measure.deadline %}"
          "（原{{ measure.original_deadline }}）{% endif %}", 1)],
    ]  # fmt: skip


def _decision_rows() -> list[Row]:
    return [
        [("{%tr for row in decisions %}", 4)],
        [("{{ row.stage }}", 1), ("{{ row.verdict }}{% if row.opinion %}：{{ row.opinion }}{% endif %}", 1),
         ("签名\n日期", 1), ("{{ row.by }}\n{{ row.on }}", 1)],
        [("{%tr endfor %}", 4)],
    ]  # fmt: skip


def _signed(document: DocumentType) -> None:
    paragraph(document, "{{ court }}整改工作领导小组办公室  {{ made_on }}打印  记录摘要：{{ digest }}", "PaperNote")
