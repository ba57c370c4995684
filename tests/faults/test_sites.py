from __future__ import annotations

import pytest

from harness.faults.sites import SiteLoss, WanDegraded, WanLoss
from harness.units import milliseconds
from tests.faults.rig import RealRig

pytestmark = pytest.mark.kernel


def test_a_lost_line_lets_nothing_through(rig: RealRig) -> None:
    injected = WanLoss(("a--b",)).inject(rig)
    rig.say("node01")
    injected.heal()
    assert str(injected.proof()) == "it bit: 1 frames were not let through at a--b"


def test_all_lines_of_a_site_are_lost_together(rig: RealRig) -> None:
    injected = WanLoss(("c",)).inject(rig)
    assert [name for name in ("a--b", "a--c", "b--c") if rig.network.links[name].is_cut("up")] == ["a--c", "b--c"]
    injected.heal()


def test_a_degraded_line_is_as_slow_as_is_allowed_and_keeps_its_other_conditions(rig: RealRig) -> None:
    link = rig.network.links["a--b"]
    before = link.impairment("up")
    for replication, bound in (("synchronous", 5), ("asynchronous", 100)):
        injected = WanDegraded(("a--b",), replication).inject(rig)  # type: ignore[arg-type]  # one of the two
        now = link.impairment("up")
        assert now.delay is not None
        assert 0.9 * bound * milliseconds < now.delay < bound * milliseconds
        assert now.rate == before.rate
        injected.heal()
        assert link.impairment("up") == before


def test_a_lost_site_has_neither_power_nor_lines_and_gets_both_back(rig: RealRig) -> None:
    injected = SiteLoss(("b",)).inject(rig)
    assert not rig.machines["node04"].is_on()
    assert rig.machines["node01"].is_on()
    assert rig.network.links["a--b"].is_cut("down")
    assert not rig.network.links["a--c"].is_cut("down")
    proof = injected.proof()
    assert proof.bit
    assert proof.seen == "a--b, b--c was cut; node04 lost power"
    injected.heal()
    assert rig.machines["node04"].is_on()
    assert not rig.network.links["a--b"].is_cut("down")
    assert injected.proof() == proof


def test_other_names_are_refused(rig: RealRig) -> None:
    for fault in (WanLoss(("node01",)), WanDegraded(("node01",))):
        (problem,) = fault.problems(rig)
        assert problem.startswith("node01/eth0, node01/eth1 is no line between sites, expected one of a--b, a--c, b--c")
    (problem,) = WanLoss(("a--d",)).problems(rig)
    assert problem.startswith("'a--d' is no machine")
    assert SiteLoss(("node01",)).problems(rig) == ["'node01' is no site of this lab, expected one of a, b, c"]
    assert SiteLoss(("a",)).problems(rig) == []
