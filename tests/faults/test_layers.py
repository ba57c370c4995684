from __future__ import annotations

import pytest

from harness.errors import HarnessBug
from harness.faults.fault import Injected
from harness.faults.layers import Cuts
from harness.faults.links import Cut, Impair, Pull
from harness.network.impairment import Impairment
from harness.network.protocol import BOTH
from harness.sandbox.waiting import wait_until
from harness.units import milliseconds, seconds
from tests.faults.rig import RealRig

LINK = "a--b"


def test_what_any_of_two_cuts_is_cut() -> None:
    up, both = Cuts(frozenset({"up"})), Cuts(frozenset(BOTH), carrier=True)
    assert up.and_also(both) == both.and_also(up) == both


def cut(rig: RealRig) -> list[str]:
    return [way for way in BOTH if rig.network.links[LINK].is_cut(way)]


@pytest.mark.kernel
@pytest.mark.parametrize("first_to_end", [0, 1])
def test_what_one_of_two_faults_cuts_is_cut_until_both_have_ended(rig: RealRig, first_to_end: int) -> None:
    faults: list[Injected] = [Cut((LINK,), "up").inject(rig), Pull((LINK,)).inject(rig)]
    assert cut(rig) == ["up", "down"]
    faults.pop(first_to_end).heal()
    assert cut(rig) == (["up", "down"] if first_to_end == 0 else ["up"])
    faults.pop().heal()
    assert cut(rig) == []


@pytest.mark.kernel
@pytest.mark.parametrize("first_to_end", [0, 1])
def test_conditions_of_two_faults_lie_over_each_other_and_each_goes_by_itself(rig: RealRig, first_to_end: int) -> None:
    link = rig.network.links[LINK]
    before = link.impairment("up")
    values = [Impairment(delay=50 * milliseconds), Impairment(loss=0.5)]
    faults = [Impair((LINK,), delay=50 * milliseconds).inject(rig), Impair((LINK,), loss=0.5).inject(rig)]
    assert link.impairment("up") == values[1].over(values[0].over(before))
    rig.say("node01", times=20)
    wait_until("the delayed ones", lambda: all(one.proof().bit for one in faults), within=5 * seconds)
    faults.pop(first_to_end).heal()
    assert link.impairment("up") == values[1 - first_to_end].over(before)
    assert faults[0].proof().bit
    faults.pop().heal()
    assert link.impairment("up") == before


@pytest.mark.kernel
def test_the_carrier_comes_back_with_the_end_of_the_pull_while_the_cut_goes_on(rig: RealRig) -> None:
    def has_carrier() -> bool:
        shown = rig.machines["node01"].run(["ip", "-oneline", "link", "show", "eth0"], within=10 * seconds).text
        return "NO-CARRIER" not in shown

    silent, pulled = Cut(("node01/eth0",)).inject(rig), Pull(("node01/eth0",)).inject(rig)
    assert not has_carrier()
    pulled.heal()
    assert has_carrier()
    assert rig.network.links["node01/eth0"].is_cut("up")
    silent.heal()


@pytest.mark.kernel
def test_where_one_link_can_not_be_changed_none_is(rig: RealRig) -> None:
    rig.network.links["a--c"].number = 4711
    with pytest.raises(HarnessBug):
        Cut((LINK, "a--c")).inject(rig)
    assert cut(rig) == []
