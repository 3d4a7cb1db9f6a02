"""From text to plan: the numbering styles of feedbacks and bulletins, and texts that are none."""

import io
import zipfile

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from findings.documents.draft import Draft, Unreadable, declared_in, draft_of, text_of
from findings.documents.draft.numbering import cut_title, number_of, sentences_of, steps_in
from findings.documents.draft.read import chinese_number

BULLETIN = """首页 > 公开
某某法院党组关于巡视整改进展情况的通报
巡视组向法院反馈了巡视意见,针对反馈的2个方面3个问题,制定5项整改措施。
一、提高认识
(一)加强领导。院党组召开会议,成立领导小组。
二、逐条整改
院党组把整改放在心上。
(一)学习贯彻方面
1. 学习制度落实不严
一是修订学习制度。每季度检查一次。
二是开展轮训。全员参加。
2. 思想工作有差距
建立分析机制,按月研判。
（二）执行工作方面
3. 案款管理不规范
整改情况：一是清理案款。二是建立台账。
三、落实2条意见建议
(一)坚持学习。长期抓下去。
(二)加强管理。完善制度。
联系电话:000-0000000
某某法院党组
2025年8月4日
"""


def shape(draft: Draft) -> list[tuple[str, list[tuple[str, int]]]]:
    return [(area.title, [(issue.title, len(issue.measures)) for issue in area.issues]) for area in draft.areas]


def test_bulletin_with_areas_issues_and_steps() -> None:
    draft = draft_of(BULLETIN)

    assert draft.kind == "plan"
    assert draft.declared == {"areas": 2, "issues": 3, "measures": 5, "recommendations": 2}
    assert draft.found == draft.declared
    assert shape(draft) == [
        ("学习贯彻方面", [("学习制度落实不严", 2), ("思想工作有差距", 1)]),
        ("执行工作方面", [("案款管理不规范", 2)]),
    ]
    assert [measure.text for measure in draft.measures][:2] == [
        "修订学习制度。每季度检查一次。",
        "开展轮训。全员参加。",
    ]
    assert [measure.number for measure in draft.measures] == [1, 2, 3, 4, 5]
    assert draft.recommendations == ["坚持学习。长期抓下去。", "加强管理。完善制度。"]


def test_every_sentence_without_a_place_is_listed() -> None:
    assert draft_of(BULLETIN).unplaced == [
        "首页 > 公开", "某某法院党组关于巡视整改进展情况的通报",
        "巡视组向法院反馈了巡视意见,针对反馈的2个方面3个问题,制定5项整改措施。",
        "联系电话:000-0000000", "某某法院党组", "2025年8月4日",
        "一、提高认识", "(一)加强领导。", "院党组召开会议,成立领导小组。", "院党组把整改放在心上。",
    ]  # fmt: skip


def test_one_long_line_reads_as_many() -> None:
    lines = BULLETIN.split("\n")
    # The headings of a page in one line end with a stop of their own.
    joined = "".join(line if line.endswith("。") else f"{line}。" for line in lines[1:16] if line)
    padded = joined.replace("每季度检查一次。", "每季度检查一次。" + "措施逐项落实到人,逐月检查。" * 40)

    draft = draft_of(padded)

    assert shape(draft) == shape(draft_of(BULLETIN))


def test_full_width_forms_read_like_half_width_ones() -> None:
    wide = BULLETIN.translate({ord("("): "（", ord(")"): "）", ord(","): "，", ord(":"): "：", ord("."): "．"})
    wide = wide.translate({ord("1"): "１", ord("2"): "２", ord("3"): "３", ord("5"): "５"})

    draft = draft_of(wide)

    assert shape(draft) == shape(draft_of(BULLETIN))
    assert draft.declared == {"areas": 2, "issues": 3, "measures": 5, "recommendations": 2}


def test_feedback_has_issues_and_no_measures() -> None:
    draft = draft_of(
        "关于巡视某某法院党组的反馈意见\n巡视发现3个问题。\n一、政治建设有差距\n1.学习不够深入。个别部门以会代学。\n"
        "2.督促检查不力。部署多,检查少。\n二、队伍管理宽松软\n3.制度执行不严。请销假无记录。"
    )
    assert shape(draft) == [
        ("政治建设有差距", [("学习不够深入", 0), ("督促检查不力", 0)]),
        ("队伍管理宽松软", [("制度执行不严", 0)]),
    ]
    assert [issue.source for issue in draft.issues] == [["个别部门以会代学。"], ["部署多,检查少。"], ["请销假无记录。"]]
    assert draft.declared == {"issues": 3}


def test_steps_that_run_on_behind_the_title() -> None:
    draft = draft_of(
        "某某法院关于巡察整改情况的通报\n一、审判执行方面\n(一)关于审限管理不严的问题。一是清理积案。二是逐案督办。\n"
        "(二)关于“执行难。未根本解决”的问题。该问题已完成整改。一是开展专项行动。"
    )
    assert shape(draft) == [
        ("审判执行方面", [("关于审限管理不严的问题", 2), ("关于“执行难。未根本解决”的问题", 1)]),
    ]
    assert draft.issues[1].source == ["该问题已完成整改。"]


def test_four_levels_have_their_areas_where_aspects_are_named() -> None:
    draft = draft_of(
        "巡视整改进展情况的通报\n反馈4方面16大项50小项问题。\n二、整改情况\n(一)在党的领导方面\n1.关于“学用脱节”的问题\n"
        "(1)针对“调研不深”的问题\n整改进展：深入基层,建立制度。\n(2)针对“会风不实”的问题\n整改进展：精简会议。\n"
        "(二)在队伍建设方面\n2.关于“管理不严”的问题\n(1)针对“考勤不实”的问题\n整改进展：政务处分0人。"
    )
    assert shape(draft) == [
        ("在党的领导方面", [("针对“调研不深”的问题", 1), ("针对“会风不实”的问题", 1)]),
        ("在队伍建设方面", [("针对“考勤不实”的问题", 1)]),
    ]
    assert draft.declared == {"areas": 4, "issues": 50}
    assert draft.measures[-1].text == "政务处分0人。"


def test_plan_with_people_and_deadlines() -> None:
    draft = draft_of(
        "某某法院巡视反馈意见整改落实方案\n一、思想建设方面\n反馈问题一: 学习制度不健全。\n"
        "整改目标:制度健全。\n整改措施:一是修订制度。二是抓好轮训。\n"
        "牵头领导：分管副院长\n责任部门：政治部\n配合单位：机关党委、办公室\n整改时限：2025年6月底\n"
        "反馈问题二: 责任不落实。\n存在问题：责任清单缺失。\n整改措施：制定清单。"
    )
    assert shape(draft) == [("思想建设方面", [("学习制度不健全", 2), ("责任不落实", 1)])]
    assert draft.issues[0].facts == {
        "goal": "制度健全。", "leader": "分管副院长", "department": "政治部", "assisting": "机关党委、办公室",
        "deadline": "2025年6月底",
    }  # fmt: skip
    assert draft.issues[1].source == ["责任清单缺失。"]


def test_numbered_lines_below_an_issue_are_its_measures() -> None:
    draft = draft_of(
        "整改方案\n巡察反馈意见整改。\n一、作风方面\n(一)会议过多的问题\n院党组高度重视。\n1.压减会议。\n2.合并发文。\n(二)调研不足的问题\n立行立改。\n1.每人每年调研两次"
    )
    assert shape(draft) == [("作风方面", [("会议过多的问题", 3), ("调研不足的问题", 2)])]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "今天天气不错。",
        "清廉法院建设\n一、强化引领,推进建设。深化武装。学习制度化。\n二、严格监督,规范运行。强化管理。检查整改落实。",
        "年度工作要点\n(一)审判工作\n1.提高质效\n狠抓审限。\n2.加强调解\n推进诉源治理。\n(二)队伍建设\n3.加强培训\n办好轮训。",
        "1.\n2.\n3.\n",
        "一是\n二是\n" * 50,
        "(" * 5000 + "“" * 5000,
    ],
    ids=["empty", "sentence", "article", "work-plan", "bare-numbers", "bare-steps", "brackets"],
)
def test_text_that_is_no_plan_is_said_to_be_none(text: str) -> None:
    draft = draft_of(text)

    assert (draft.kind, draft.areas, draft.found["issues"]) == ("none", [], 0)
    assert "".join("".join(draft.unplaced).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5个方面30个问题表现,细化明确83项整改措施", {"areas": 5, "issues": 30, "measures": 83}),
        ("4个方面62个问题,制定195项具体整改措施,细化落实到19个牵头部门", {"areas": 4, "issues": 62, "measures": 195}),
        ("提出87项整改任务", {"measures": 87}),
        ("共制定整改措施56条", {"measures": 56}),
        ("反馈二十五个问题", {"issues": 25}),
        ("反馈问题0个", {"issues": 0}),
        ("没有数字", {}),
    ],
)
def test_declared_numbers(text: str, expected: dict[str, int]) -> None:
    assert declared_in(text) == expected


@pytest.mark.parametrize(
    ("word", "value"),
    [("三", 3), ("十", 10), ("十二", 12), ("二十", 20), ("九十九", 99), ("一百零三", 103), ("２３", 23)],
)
def test_number_of(word: str, value: int) -> None:
    assert number_of(word) == value
    if value < 100:
        assert number_of(chinese_number(value)) == value


def test_stops_inside_quotations_do_not_end_a_sentence() -> None:
    assert sentences_of("他说“改了。真改了”才算。下一句(见附件。)完") == [
        "他说“改了。真改了”才算。",
        "下一句(见附件。)完",
    ]
    assert cut_title("关于“不严。不实”的问题。已改") == ("关于“不严。不实”的问题", "已改")
    assert cut_title("长" * 100) == ("", "长" * 100)


def test_steps_count_from_one() -> None:
    assert steps_in("前言。一是甲；二是乙。三是丙") == ("前言。", ["甲；", "乙。", "丙"])
    assert steps_in("其中三是重点") == ("其中三是重点", [])
    assert steps_in("一是甲。三是丙") == ("", ["甲。三是丙"])
    assert steps_in("二是乙。三是丙", 2) == ("", ["乙。", "丙"])


# --- Files -------------------------------------------------------------------------------------------------


def word_file(*paragraphs: str) -> bytes:
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_docx_and_both_encodings_of_text_read_alike() -> None:
    lines = BULLETIN.strip().split("\n")
    texts = [
        text_of("a.docx", word_file(*lines)), text_of("a.txt", BULLETIN.encode()),
        text_of("a.TXT", BULLETIN.encode("gb18030")), text_of("a.txt", BULLETIN.encode("utf-16")),
    ]  # fmt: skip
    assert {str(shape(draft_of(text))) for text in texts} == {str(shape(draft_of(BULLETIN)))}


def test_automatic_numbers_of_word_are_counted() -> None:
    document = Document()
    numbering = document.part.numbering_part.element
    numbering.append(parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
        '<w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%1）"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/>'
        '<w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl></w:abstractNum>'
    ))  # fmt: skip
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    for level, text in ((0, "甲"), (1, "乙"), (1, "丙"), (0, "丁"), (1, "戊"), (None, "己")):
        paragraph = document.add_paragraph(text)
        if level is not None:
            paragraph._p.get_or_add_pPr().append(parse_xml(
                f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr>'
            ))  # fmt: skip
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "表", "格"
    out = io.BytesIO()
    document.save(out)

    assert text_of("a.docx", out.getvalue()).split("\n") == [
        "（一）甲", "1.乙", "2.丙", "（二）丁", "1.戊", "己", "表\t格",
    ]  # fmt: skip


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * (101 << 20))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pdf", b"%PDF-1.7", "Only .docx and .txt"),
        ("a.docx", b"no archive", "not a Word document"),
        ("a.docx", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "not a Word document"),
        ("a.txt", b"\x81\xff\xfe\x80" * 9, "UTF-8 or GB18030"),
        ("a.txt", b"a" * ((20 << 20) + 1), "larger than 20 MB"),
        ("a.txt", b"a" * 1_000_001, "longer than a feedback"),
    ],
    ids=["pdf", "broken", "encrypted", "bytes", "large", "long"],
)
@pytest.mark.usefixtures("english")
def test_file_that_cannot_be_read_gets_one_sentence(name: str, content: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        text_of(name, content)


@pytest.mark.usefixtures("english")
def test_archive_bomb_is_not_unpacked() -> None:
    with pytest.raises(Unreadable, match="unpacks to more than 100 MB"):
        text_of("a.docx", bomb())
