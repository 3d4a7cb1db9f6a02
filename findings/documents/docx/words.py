"""The templates of the reports in words: the public bulletin and the two reports at the end of the first phase."""

from docx.document import Document as DocumentType

from findings.documents.docx.layout import blank, paragraph, signature


def public_bulletin() -> DocumentType:
    """通报: title, text with its contact block, signature."""
    document = _opening()
    _text(document)
    _signature(document)
    return document


def rectification_report() -> DocumentType:
    """整改进展情况报告, addressed to who inspected."""
    document = _opening()
    paragraph(document, "{{ addressee }}：", "PaperAddressee")
    _text(document)
    _signature(document)
    return document


def head_report() -> DocumentType:
    """党组主要负责人组织落实整改情况报告: the head vouches for it by hand."""
    document = _opening()
    paragraph(document, "{{ addressee }}：", "PaperAddressee")
    _text(document)
    gap = paragraph(document, "", "PaperText")
    pledge = paragraph(document, "本人对报告内容的真实性负责。", "PaperText")
    signed = paragraph(document, "党组主要负责人（签字）：", "PaperText")
    for line in (gap, pledge, signed):
        line.paragraph_format.keep_with_next = True
    _signature(document)
    return document


def _opening() -> DocumentType:
    document = blank()
    document.core_properties.title = "{{ title|join('') }}"
    paragraph(document, "{%p for line in title %}", "PaperText")
    paragraph(document, "{{ line }}", "PaperTitle")
    paragraph(document, "{%p endfor %}", "PaperText")
    paragraph(document, "", "PaperText")
    return document


def _text(document: DocumentType) -> None:
    """The paragraphs as they were released, each in the style of its level."""
    paragraph(document, "{%p for block in blocks %}", "PaperText")
    for level in (1, 2, 3):
        paragraph(document, f"{{%p if block.level == {level} %}}", "PaperText")
        paragraph(document, "{{ block.text }}", f"Heading {level}")
        paragraph(document, "{%p endif %}", "PaperText")
    paragraph(document, "{%p if block.level == 0 %}", "PaperText")
    paragraph(document, "{{ block.text }}", "PaperText")
    paragraph(document, "{%p endif %}", "PaperText")
    paragraph(document, "{%p endfor %}", "PaperText")


def _signature(document: DocumentType) -> None:
    gap = paragraph(document, "", "PaperText")
    signed = signature(document, "{{ signature }}", "{{ made_on }}")
    note = paragraph(document, "（第{{ revision }}版；整改记录摘要：{{ digest }}）", "PaperNote")
    for line in (gap, *signed):
        line.paragraph_format.keep_with_next = True
    note.paragraph_format.keep_together = True
