"""The generated sentences where no page's own test reaches."""

from findings import figures
from findings.figures import sentences
from findings.figures.board import board_of
from findings.tests import factories
from findings.tests.factories import World


def test_campaign_sentence_names_no_department_where_there_is_none(past: World, english: None) -> None:
    factories.make_measure(past, lead_department=None, deadline=past.day(5))
    board = board_of(figures.scope_of(past.campaign, None), past.day(9), past.day(8))
    said = sentences.text_of(sentences.campaign_sentence(board, this_year=2025))
    assert "1 overdue, the longest by 4 days" in said
    assert "(" not in said.split("overdue")[1].split(";")[0]
