"""The first of its kind, written by two at once: one is first, the other is told so or finds it, and nothing breaks."""

import threading
from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection

from accounts import naming
from accounts.models import SiteName
from accounts.people import Refused
from accounts.tracked import StaleRow
from findings.choices import DocumentAction, DocumentKind
from findings.models import CalendarYear, Preference, ReminderRule, RuleDocument, SavedView
from findings.tests.factories import World
from findings.workflow import calendar, document, reminders, saved
from findings.workflow.step import Denied


def twice(verb: Callable[[], object]) -> list[str]:
    """What comes of a verb in two windows at the same instant: the kind of the refusal, "" where there is none."""
    start, found = threading.Barrier(2), []

    def window() -> None:
        try:
            start.wait(10)
            verb()
            found.append("")
        except Exception as error:  # what a page would answer 500 to is named as well
            found.append(type(error).__name__)
        finally:
            connection.close()

    windows = [threading.Thread(target=window) for _ in range(2)]
    for thread in windows:
        thread.start()
    for thread in windows:
        thread.join()
    return sorted(found)


@pytest.mark.django_db(transaction=True)
def test_first_writes_of_two_at_once(world: World) -> None:
    given = {"by": world.office, "note": "first", "at": world.at(10)}
    rule = {"values": {"roles": "leader", "offset": 20}}
    view = {"name": "Late", "query": "", "columns": []}
    paper = {
        "serves": [], "number": "7", "title": "Rule", "issued_on": world.day(5), "kind": DocumentKind.RULE,
        "action": DocumentAction.NEW, "department": world.a,
    }  # fmt: skip
    days = {date(2025, 4, 4): (False, "Qingming")}

    def of_default() -> object:
        return reminders.change_rule(world.court, "overdue", version=0, values={"offset": 3}, **given)

    refused = [Denied.__name__, StaleRow.__name__]
    assert twice(of_default) == ["", refused[1]]
    assert twice(lambda: reminders.add_rule(world.court, condition="silent", **rule, **given)) == ["", ""]
    assert twice(lambda: reminders.save_preference(world.office, channels=[], handles={}, version=0, **given)) == [
        "", refused[1],
    ]  # fmt: skip
    assert twice(lambda: saved.choose_columns("ledger", ["goal"], **given)) == ["", ""]
    assert twice(lambda: saved.save_view(world.campaign, "ledger", **view, **given)) == ["", refused[0]]
    assert twice(lambda: document.record_document(world.campaign, **paper, **given)) == ["", refused[0]]
    assert twice(lambda: calendar.keep_year(2025, days, notice="No. 7", version=0, **given)) == ["", refused[1]]
    assert [model.objects.count() for model in (ReminderRule, Preference, SavedView, RuleDocument, CalendarYear)] == [
        3, 1, 2, 1, 1,
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_first_names_of_two_at_once(world: World) -> None:
    codes = iter(["DocumentKind.rule", "DocumentKind.document"])

    def first() -> object:
        return naming.change_name("MeetingKind.party_group", by=None, zh="党组例会", en="", version=0)

    def same_word() -> object:
        return naming.change_name(next(codes), by=None, zh="文书", en="", version=0)

    assert twice(first) == ["", StaleRow.__name__]
    assert twice(same_word) == ["", Refused.__name__]
    assert SiteName.objects.count() == 2
