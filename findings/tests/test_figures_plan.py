"""Declared totals beside found ones."""

from findings.figures import declared_totals
from findings.tests.factories import World
from findings.workflow import amend, plan


def test_declared_totals(past: World) -> None:
    plan.add_recommendation(past.campaign, answers=[], title="Advice", by=past.office, at=past.at(1))
    past.campaign = plan.edit_campaign(
        past.campaign, declared_areas=2, declared_issues=5, declared_measures=3, by=past.office, at=past.at(1)
    )

    found = declared_totals(past.campaign, past.day(1))

    assert [(total.name, total.declared, total.found) for total in found] == [
        ("areas", 2, 2), ("issues", 5, 3), ("measures", 3, 4),
    ]  # fmt: skip
    assert [(total.difference, total.missing) for total in found] == [(0, 0), (-2, 2), (1, 0)]


def test_nothing_declared_is_no_difference(past: World) -> None:
    assert [total.difference for total in declared_totals(past.campaign, past.day(1))] == [0, 0, 0]


def test_found_totals_are_those_of_the_day(past: World) -> None:
    amend.retire_measure(past.measures[0], by=past.office, note="Done elsewhere", at=past.at(5))
    plan.add_area(past.campaign, title="Third", by=past.office, at=past.at(6))

    def found(day: int) -> list[int]:
        return [total.found for total in declared_totals(past.campaign, past.day(day))]

    assert (found(4), found(5), found(6)) == ([2, 3, 4], [2, 3, 3], [3, 3, 3])
