"""From text to plan: the numbering styles of feedbacks and bulletins, and texts that are none."""

import io
import zipfile

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import assume, given, settings
from hypothesis import strategies as st

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


# --- Layouts of plans --------------------------------------------------------------------------------------


def layout(step: str, label: str = "整改措施：", *, title: str = "（{p}）") -> str:
    """A plan of 3 areas, 6 issues and 12 measures, the measures numbered as ``step`` says."""
    lines = ["某某法院党组巡视整改方案", "针对反馈的3个方面6个问题，制定12项整改措施。"]
    for area, name in zip("一二三", ("政治建设方面", "执行工作方面", "队伍建设方面"), strict=True):
        lines.append(f"{area}、{name}")
        for place, part in enumerate("一二", 1):
            lines += [title.format(p=part, n=place) + f"{name}第{part}项", f"存在问题：{name}{part}少人管。", label]
            lines += [step.format(n=n) + f"{name}{part}做法{n}。" for n in (1, 2)]
            lines += ["牵头部门：机关党委", "配合部门：某某委员会", "整改时限：2025年6月底"]
    return "\n".join([*lines, "中共某某法院党组", "2025年3月1日"])


@pytest.mark.parametrize("title", ["（{p}）", "{n}."])
@pytest.mark.parametrize("label", ["整改措施：", "整改举措：", "具体措施：", "措施：", "【整改措施】", "整改措施"])
@pytest.mark.parametrize("step", ["{n}.", "（{n}）", "{n}、"])
def test_numbered_lines_behind_a_label_are_measures(step: str, label: str, title: str) -> None:
    draft = draft_of(layout(step, label, title=title))

    assert draft.found == {"areas": 3, "issues": 6, "measures": 12, "recommendations": 0}
    assert draft.declared.items() <= draft.found.items()
    assert shape(draft)[1] == ("执行工作方面", [("执行工作方面第一项", 2), ("执行工作方面第二项", 2)])
    assert [row.text for row in draft.issues[0].measures] == ["政治建设方面一做法1。", "政治建设方面一做法2。"]
    assert draft.issues[0].source == ["政治建设方面一少人管。"]
    facts = {"department": "机关党委", "assisting": "某某委员会", "deadline": "2025年6月底"}
    assert [issue.facts for issue in draft.issues] == [facts] * 6
    assert draft.unplaced[2:] == ["中共某某法院党组", "2025年3月1日"]


def test_numbered_labels_are_no_issues() -> None:
    draft = draft_of(
        "某某法院巡视整改方案\n一、作风方面\n（一）会议过多\n1.问题表现：会议多。\n2.整改措施：（1）压减会议。（2）合并发文。\n"
        "3.责任部门：办公室；整改时限：长期坚持\n（二）调研不足\n1.问题表现：调研少。\n2.整改措施：\n（1）下基层。\n（2）写报告。\n"
        "3.责任部门：\n机关党委"
    )
    assert shape(draft) == [("作风方面", [("会议过多", 2), ("调研不足", 2)])]
    assert [issue.facts for issue in draft.issues] == [
        {"department": "办公室", "deadline": "长期坚持"}, {"department": "机关党委"},
    ]  # fmt: skip


def test_label_above_the_issues_is_no_list_of_measures() -> None:
    draft = draft_of(
        "巡视整改进展情况的通报\n一、作风方面\n整改情况：\n1.会议过多的问题\n整改措施：压减会议。\n2.调研不足的问题\n整改措施：下基层。"
    )
    assert shape(draft) == [("作风方面", [("会议过多的问题", 1), ("调研不足的问题", 1)])]


def test_facts_that_recur_are_those_of_their_measures() -> None:
    behind = draft_of(
        "某某法院巡视整改方案\n一、作风方面\n（一）会议过多\n整改措施：\n1.压减会议。\n责任部门：办公室\n2.合并发文。\n责任部门：机关党委\n"
        "（二）调研不足\n整改措施：\n责任部门：办公室\n1.下基层。\n责任部门：政治部\n2.写报告。\n"
        "（三）督办不力\n整改措施：\n1.抓督办。\n责任部门：办公室\n责任部门：政治部"
    )
    assert [row.facts.get("department") for row in behind.measures] == ["办公室", "机关党委", "办公室", "政治部", None]
    assert [issue.facts for issue in behind.issues] == [{}, {}, {"department": "办公室、政治部"}]


def test_facts_inside_a_line_are_parted_but_not_inside_brackets() -> None:
    draft = draft_of(
        "某某法院巡视整改方案\n一、作风方面\n（一）会议过多\n整改措施：\n1.压减会议（牵头部门：办公室；整改时限：6月底）。责任部门：政治部。\n"
        "（二）调研不足\n整改措施：\n1.下基层。\n整改时限：长期坚持 工作目标：人人下基层"
    )
    assert [row.text for row in draft.measures] == ["压减会议（牵头部门：办公室；整改时限：6月底）。", "下基层。"]
    assert [issue.facts for issue in draft.issues] == [
        {"department": "政治部。"}, {"deadline": "长期坚持", "goal": "人人下基层"},
    ]  # fmt: skip


@pytest.mark.parametrize("title", ["第{n}项工作抓得不够。", "第{n}项工作。"])
def test_rank_of_one_place_does_not_override_the_others(title: str) -> None:
    lines = [f"{n}.{title.format(n=n)}存在问题：个别部门走样{n}。" for n in range(1, 8)]
    lines[2:3] = [lines[2], "（1）督促不力。", "（2）检查不严。"]
    text = "\n".join(["关于巡视某某法院的反馈意见", "巡视发现7个问题。", "一、政治建设方面", *lines])

    draft = draft_of(text)

    titles = [title.format(n=n).rstrip("。") for n in range(1, 8)]
    assert shape(draft) == [("政治建设方面", [(words, 0) for words in titles])]
    assert draft.issues[2].source == ["个别部门走样3。", "（1）督促不力。", "（2）检查不严。"]
    assert draft.unplaced == ["关于巡视某某法院的反馈意见", "巡视发现7个问题。"]


def test_rank_of_one_section_holds_the_issues_where_the_others_are_none() -> None:
    draft = draft_of(
        "关于巡视某某法院的反馈意见\n一、总体情况\n工作有成效。\n二、发现的主要问题\n1.学习不够深入。\n2.督促检查不力。\n三、工作要求\n抓好落实。"
    )
    assert shape(draft) == [("发现的主要问题", [("学习不够深入", 0), ("督促检查不力", 0)])]
    assert draft.unplaced[1:] == ["一、总体情况", "工作有成效。", "三、工作要求", "抓好落实。"]


@pytest.mark.parametrize("line", ["牵头部门：机关党委", "某某委员会", "中共某某法院党组", "2025年3月1日"])
def test_only_the_end_of_a_text_closes_it(line: str) -> None:
    draft = draft_of(
        f"某某法院巡视整改方案\n一、作风方面\n（一）会议过多的问题\n整改措施：一是压减会议。\n{line}\n整改时限：2025年6月底\n"
        "（二）调研不足的问题\n整改措施：一是下基层。\n整改时限：2025年7月底\n某某法院党组\n2025年3月1日"
    )
    assert [(area.title, len(area.issues)) for area in draft.areas] == [("作风方面", 2)]
    assert [issue.facts["deadline"] for issue in draft.issues] == ["2025年6月底", "2025年7月底"]
    assert draft.unplaced == ["某某法院巡视整改方案", "某某法院党组", "2025年3月1日"]


def all_words(draft: Draft) -> str:
    """Everything that a draft shows, a fact of several measures once."""
    shown = [*draft.headings, *draft.recommendations, *draft.unplaced]
    for area in draft.areas:
        shown.append(area.title)
        for issue in area.issues:
            shown += [issue.title, *issue.source, *issue.facts.values()]
            shown += [row.text for row in issue.measures]
            shown += [words for _name, words in {fact for row in issue.measures for fact in row.facts.items()}]
    return "\n".join(shown)


# Beginnings of lines; each is followed by words of its own, that must be found again.
OPENINGS = [
    "", "一、", "二、", "（一）", "（二）", "1.", "2.", "（1）", "（2）", "问题一：", "一是", "二是", "整改措施：",
    "整改情况：", "存在问题：", "2.整改措施：", "1.存在问题：", "3.责任部门：", "责任部门：", "牵头领导：",
    "整改时限：", "配合单位：机关党委；责任部门：", "整改措施：1.", "整改措施：一是", "责任人：",
    "（一）关于落实不力的问题。一是", "联系电话：", "1.工作不到位。",
]  # fmt: skip
ENDINGS = [
    "", "。", "方面", "的问题", "意见建议", "。存在不足。", "党组", "。二是抓成效。", "。2.抓成效。", "。（1）抓成效。",
]  # fmt: skip
BARE = ["整改措施：", "存在问题：", "责任部门：", "（二）整改措施", "某某党委", "2025年3月1日", "一、总体情况"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(OPENINGS), st.sampled_from(ENDINGS)) | st.sampled_from(BARE), max_size=40))
def test_nothing_vanishes_from_any_text(lines: list[tuple[str, str] | str]) -> None:
    words = [f"词句{n}号" for n in range(len(lines))]
    whole = [line if isinstance(line, str) else word.join(line) for word, line in zip(words, lines, strict=True)]
    text = "\n".join(["巡视反馈意见整改方案", "反馈2个问题，制定2项整改措施。", *whole])

    shown = all_words(draft_of(text))

    named = [word for word, line in zip(words, lines, strict=True) if not isinstance(line, str)]
    assert {word: shown.count(word) for word in named} == dict.fromkeys(named, 1)
    assert (shown.count("抓成效"), shown.count("存在不足")) == (text.count("抓成效"), text.count("存在不足"))


@st.composite
def plans(draw: st.DrawFn) -> tuple[str, dict[str, int]]:
    """A plan in one of several layouts, and what it declares."""
    areas = draw(st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=4), min_size=1, max_size=5))
    area, issue, step = draw(st.sampled_from([
        ("{c}、", "（{c}）", "{n}."), ("{c}、", "（{c}）", "（{n}）"), ("（{c}）", "{n}.", "（{n}）"),
        ("{c}、", "{n}.", "（{n}）"), ("{c}、", "{n}.", "{n}."), ("（{c}）", "{n}．", "{c}是"),
        ("{c}、", "反馈问题{c}：", "{n}、"),
    ]))  # fmt: skip
    label = draw(st.sampled_from(["整改措施：", "整改举措：", "具体措施：", "措施："]))
    about = draw(st.sampled_from(["存在问题：", "问题表现：", "具体表现："]))
    found = {"areas": len(areas), "issues": sum(map(len, areas)), "measures": sum(map(sum, areas))}
    lines = ["某某法院整改方案", "反馈{areas}个方面{issues}个问题，制定{measures}项整改措施。".format(**found)]
    for a, issues in enumerate(areas, 1):
        lines.append(area.format(c=chinese_number(a), n=a) + f"第{a}领域方面")
        for i, measures in enumerate(issues, 1):
            lines += [issue.format(c=chinese_number(i), n=i) + f"落实要求{a}{i}有差距", f"{about}人员{a}{i}少。", label]
            lines += [step.format(c=chinese_number(m), n=m) + f"办法{a}{i}{m}。" for m in range(1, measures + 1)]
            lines += ["牵头部门：机关党委", "整改时限：2025年6月底"]
    return "\n".join([*lines, "某某法院党组", "2025年3月1日"]), found


@settings(max_examples=150, deadline=None)
@given(plans())
def test_plan_holds_what_it_declares(plan: tuple[str, dict[str, int]]) -> None:
    text, found = plan
    assume(found["issues"] > 1)

    draft = draft_of(text)

    assert draft.found == found | {"recommendations": 0}
    assert draft.declared == found
    assert len(draft.unplaced) == 4
    assert all(issue.facts == {"department": "机关党委", "deadline": "2025年6月底"} for issue in draft.issues)
