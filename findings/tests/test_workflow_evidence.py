"""Newer revisions of evidence, and one file that proves several measures."""

import hashlib
from typing import Any

import pytest
from django.core.files.base import ContentFile

from findings.choices import MeasureStatus
from findings.models import Evidence
from findings.tests import factories
from findings.tests.factories import World, broken_records, fresh, last_entry
from findings.workflow import evidence, measure
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")


def newer(world: World, row: Evidence, content: bytes = b"better", day: int = 8, **fields: Any) -> Evidence:
    given = {
        "by": world.liaison_a, "at": world.at(day), "title": "Minutes, corrected", "number": "No. 2",
        "own_date": world.day(day - 1), "file": ContentFile(content, name="minutes.txt"), "filename": "minutes.txt",
        "content_type": "text/plain", "size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip
    return evidence.replace_evidence(row, **(given | fields))


@pytest.fixture
def proof(past: World) -> Evidence:
    """Evidence of measure 1, uploaded on day 7 with accepted progress."""
    return factories.ready(past, past.measures[0]).evidence.get()


def numbers(rows: Any) -> set[int]:
    return {row.id for row in rows}


def test_replace_evidence(past: World, proof: Evidence) -> None:
    row = newer(past, proof, note="Signed copy")

    assert (row.replaces, row.measure, row.uploaded_by, row.shares) == (proof, proof.measure, past.liaison_a, None)
    assert last_entry(row) == (past.liaison_a, "Signed copy", past.at(8))
    with fresh(proof).file.open() as old:
        assert old.read() == b"proof"
    assert fresh(proof).version == proof.version
    assert numbers(Evidence.objects.in_force()) == {row.pk}
    assert numbers(Evidence.objects.in_force(past.day(7))) == {proof.pk}
    assert fresh(past.measures[0]).evidence_in_force() == [row]
    assert broken_records() == []


def test_withdrawn_revision_leaves_no_proof(past: World, proof: Evidence) -> None:
    row = newer(past, proof)
    evidence.withdraw_evidence(row, by=past.head_a, note="Wrong", at=past.at(9))

    assert not Evidence.objects.in_force().exists()
    with pytest.raises(Denied, match="Please upload evidence first"):
        measure.request_closure(fresh(past.measures[0]), by=past.liaison_a, at=past.at(9))


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"content": b"proof"}, "file", "the same as before"),
        ({"own": 9}, "own_date", "lies in the future"),
        ({"who": "office"}, "", "Only the lead and the assisting departments"),
        ({"who": "head_b"}, "", "Only the lead and the assisting departments"),
    ],
)
def test_replace_evidence_is_refused(past: World, proof: Evidence, fields: dict, field: str, words: str) -> None:
    given = {"content": fields.get("content", b"better"), "by": past.everybody()[fields.get("who", "liaison_a")]}
    if "own" in fields:
        given["own_date"] = past.day(fields["own"])
    with pytest.raises(Denied, match=words) as error:
        newer(past, proof, **given)
    assert error.value.field == field
    assert Evidence.objects.get() == proof


def test_what_proves_nothing_any_more_is_neither_replaced_nor_shared(past: World, proof: Evidence) -> None:
    row = newer(past, proof)
    evidence.withdraw_evidence(row, by=past.head_a, note="Wrong", at=past.at(9))
    for old in (proof, row):
        with pytest.raises(Denied, match="withdrawn or has been superseded"):
            newer(past, old, b"third", 9)
        with pytest.raises(Denied, match="withdrawn or has been superseded"):
            evidence.share_evidence(old, [past.measures[3]], by=past.liaison_a, at=past.at(9))
        with pytest.raises(Denied, match="withdrawn or has been superseded"):
            evidence.withdraw_evidence(old, by=past.liaison_a, note="Once more", at=past.at(9))


def test_evidence_of_a_signed_closure_stays(past: World, proof: Evidence) -> None:
    row = factories.reopened(past, row=factories.measure_at(MeasureStatus.CLOSED, past))
    old = row.evidence.get()
    with pytest.raises(Denied, match="A closure was signed on this evidence"):
        newer(past, old, day=13)
    newer(past, proof, day=13)


def test_share_evidence(past: World, proof: Evidence) -> None:
    targets = [past.measures[3], past.measures[1]]
    rows = evidence.share_evidence(proof, targets, by=past.liaison_a, note="One rule", at=past.at(8))

    assert [row.measure.number for row in rows] == [2, 4]
    for row in rows:
        assert (row.shares, row.file.name, row.sha256) == (proof, proof.file.name, proof.sha256)
        assert (row.title, row.own_date, row.filename) == (proof.title, proof.own_date, proof.filename)
        assert (row.uploaded_by, row.file_came_at) == (past.liaison_a, past.at(7))
        assert last_entry(row) == (past.liaison_a, "One rule", past.at(8))
    [again] = evidence.share_evidence(rows[0], [factories.make_measure(past)], by=past.office, at=past.at(9))
    assert again.shares == proof
    assert Evidence.objects.in_force().count() == 4
    assert broken_records() == []


def test_shared_file_proves_until_it_is_withdrawn_or_replaced_there(past: World, proof: Evidence) -> None:
    [row] = evidence.share_evidence(proof, [past.measures[3]], by=past.liaison_a, at=past.at(8))
    newer(past, proof, day=9)
    assert fresh(past.measures[3]).evidence_in_force() == [row]

    better = newer(past, row, b"own", day=9)
    assert fresh(past.measures[3]).evidence_in_force() == [better]
    assert better.shares is None


def test_file_from_before_the_relapse_proves_nothing_after_it(past: World) -> None:
    row = factories.reopened(past, row=factories.measure_at(MeasureStatus.CLOSED, past))
    factories.progress_at("accepted", past, row=row, day=32)
    early = factories.add_evidence(past, past.measures[3], content=b"of day 7")
    evidence.share_evidence(early, [row], by=past.liaison_a, at=past.at(34))
    with pytest.raises(Denied, match="what was done since the reopening"):
        measure.request_closure(fresh(row), by=past.liaison_a, at=past.at(34))


def test_share_evidence_is_refused(past: World, proof: Evidence) -> None:
    def refusal(*targets: Any, by: Any = past.liaison_a) -> str:
        with pytest.raises(Denied) as error:
            evidence.share_evidence(proof, targets, by=by, at=past.at(12))
        return str(error.value)

    closed = factories.measure_at(MeasureStatus.CLOSED, past)
    nobody = "Only the departments that take part and the rectification office can do this."
    assert refusal() == "Please name the measures that the file proves too."
    assert refusal(past.measures[0]) == "The file is evidence of measure 1 already."
    assert refusal(past.measures[2]) == f"Measure 3: {nobody}"
    assert refusal(closed).startswith("Measure 5: Not possible while the state is “closed”")
    assert refusal(past.measures[3], by=past.head_b) == nobody
    assert refusal(past.measures[3], by=past.inspector) == nobody
    assert Evidence.objects.filter(shares__isnull=False).count() == 0
    # All or nothing: the first of the two could have been made.
    assert refusal(past.measures[1], past.measures[2]).startswith("Measure 3")
    assert not past.measures[1].evidence.exists()


def test_who_may_take_each_step(past: World, proof: Evidence) -> None:
    open_to = factories.open_steps(evidence.EVIDENCE_STEPS, past, fresh(proof), past.day(9))
    open_to |= factories.open_steps((evidence.TAKE,), past, fresh(past.measures[0]), past.day(9))
    own = {"head_a", "liaison_a"}
    assert open_to == {"replace": own, "withdraw": own, "share": own | {"office"}, "take": own | {"office"}}
