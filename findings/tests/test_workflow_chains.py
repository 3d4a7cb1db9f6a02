"""Random chains: whatever the stages and whoever holds which roles, nobody signs twice and every chain ends."""

from dataclasses import dataclass
from random import Random

import pytest

from accounts import people
from accounts.models import User
from accounts.roles import RoleCode
from accounts.tracked import store
from findings.choices import MeasureStatus, RequestStatus, Stage
from findings.models import ClosureRequest, Extension, Measure, Request
from findings.models.approval import signers_of
from findings.tests import factories
from findings.tests.factories import AGREED, PASSED, World, fresh, verdicts
from findings.workflow import approval, measure
from findings.workflow.approval import REQUEST
from findings.workflow.measure import MEASURE
from findings.workflow.step import Denied

pytestmark = pytest.mark.usefixtures("english")

ROLES = (RoleCode.HEAD, RoleCode.OFFICE, RoleCode.CHIEF)
SIGNING = (Stage.HEAD, Stage.LEADER, Stage.OFFICE, Stage.CHIEF)
SEEDS = range(3)
CASES = 12


@dataclass
class Table:
    """Five people of department a, one measure, and the dice."""

    world: World
    players: list[User]
    row: Measure
    dice: Random

    def deal(self) -> User:
        """Another list of stages, other holders of each role, another lead leader; answers who asks."""
        for player in self.players:
            for grant in player.memberships.in_force().filter(role__in=ROLES):
                people.end_role(grant, by=None)
        for role in ROLES:
            place = self.world.a if role == RoleCode.HEAD else self.world.court
            for player in self.dice.sample(self.players, self.dice.randint(1, 3)):
                people.grant_role(player, role, place, by=None)
        stages = ",".join(self.dice.sample(SIGNING, self.dice.randint(1, 4)))
        campaign = fresh(self.row.campaign)
        campaign.closure_stages = campaign.extension_stages = stages
        store(campaign, by=None)
        self.row = fresh(self.row)
        self.row.lead_leader = self.dice.choice(self.players)
        store(self.row, by=None)
        self.row = fresh(self.row)
        return fresh(self.dice.choice(self.players))

    def everybody(self) -> list[User]:
        """All who might try, in any order."""
        people_ = [fresh(player) for player in (*self.players, self.world.inspector)]
        return self.dice.sample(people_, len(people_))


def table_of(past: World, seed: int) -> Table:
    """The court's own holders have left; the measure is ready for closure."""
    row = factories.ready(past, past.measures[0])
    for name in ("head_a", "office", "chief"):
        people.end_role(getattr(past, name).memberships.get(), by=None)
    both = [(RoleCode.LIAISON, past.a), (RoleCode.LEADER, past.court)]
    return Table(past, [factories.make_person(f"player{n}", both) for n in range(5)], row, Random(seed))


def extended(table: Table, asker: User) -> Request:
    values = factories.extension_values(table.world, table.row)
    return measure.request_extension(table.row, by=asker, note="Longer", at=table.world.at(8), **values)


def climbed(table: Table, request: Request) -> Request:
    """Everybody tries at every stage; one of those who may sign does."""
    for _turn in request.stage_list:
        if request.status != RequestStatus.PENDING:
            break
        able = {user.pk for user in table.everybody() if not REQUEST["sign"].refusal(user, request, table.world.day(9))}
        assert able == request.waits_for() != set(), verdicts(request)
        assert able <= signers_of(request.stage, request.measure) - request.signed_by() - {request.filed_by_id}
        if not REQUEST["speak"].refusal(table.world.inspector, request, table.world.day(9)):
            approval.speak(request, by=table.world.inspector, note="Seen", at=table.world.at(9))
        for user in table.everybody():
            if user.pk not in able:
                with pytest.raises(Denied):
                    approval.sign_request(request, by=user, at=table.world.at(9))
        signer = User.objects.get(pk=table.dice.choice(sorted(able)))
        request = approval.sign_request(request, by=signer, at=table.world.at(9))
    return request


def check_chain(request: Request) -> None:
    """One decision for each stage in its order; each person signs once; the asker only as head, and never alone."""
    assert request.status == RequestStatus.APPROVED, verdicts(request)
    told = [row for row in verdicts(request) if row[1] in (AGREED, PASSED)]
    assert [stage for stage, _verdict, _by in told] == request.stage_list
    signed = [(stage, by) for stage, verdict, by in told if verdict == AGREED]
    assert len({by for _stage, by in signed}) == len(signed)
    assert [stage for stage, by in signed if by == request.filed_by_id] in ([], [Stage.HEAD])
    assert request.signed_by() - {request.filed_by_id}


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_signs_twice_and_every_chain_ends(past: World, seed: int) -> None:
    table = table_of(past, seed)
    ended = 0
    for _case in range(CASES):
        asker = table.deal()
        if MEASURE["request_extension"].refusal(asker, table.row, past.day(8)):
            assert approval.unsignable_stage(table.row, table.row.campaign.extension_stages, asker)
            continue
        check_chain(climbed(table, extended(table, asker)))
        ended += 1

    assert ended >= CASES // 3
    asker = table.deal()
    while MEASURE["request_closure"].refusal(asker, table.row, past.day(10)):
        asker = table.deal()
    request = climbed(table, measure.request_closure(table.row, by=asker, note="Done", at=past.at(10)))
    check_chain(request)
    assert fresh(table.row).status == MeasureStatus.CLOSED
    assert (ClosureRequest.objects.count(), Extension.objects.count()) == (1, ended)
