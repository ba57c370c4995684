from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import Inconclusive, LabError, SpecError
from harness.faults.links import Cut
from harness.faults.power import Reset
from harness.faults.scenario import Faults
from harness.units import milliseconds
from tests.faults.rig import RealRig, Unseen

if TYPE_CHECKING:
    from harness.faults.fault import Fault, Proof

pytestmark = pytest.mark.kernel


def test_a_fault_is_in_force_within_its_block_and_proven_after_it(rig: RealRig) -> None:
    noted: list[tuple[str, Fault, Proof | None]] = []
    faults = Faults(rig, lambda what, fault, proof: noted.append((what, fault, proof)))
    with faults.cut("a--b"):
        assert rig.network.links["a--b"].is_cut("up")
        rig.say("node01")
    assert not rig.network.links["a--b"].is_cut("up")
    assert [(what, fault) for what, fault, _ in noted] == [("injected", Cut(("a--b",))), ("healed", Cut(("a--b",)))]
    proof = noted[1][2]
    assert proof is not None
    assert proof.bit


def test_a_block_whose_fault_did_not_bite_is_unknown(rig: RealRig) -> None:
    with pytest.raises(Inconclusive, match="the fault 'isolate a' bites"), Faults(rig).isolate("a"):
        pass


def test_a_block_that_fails_is_healed_and_fails_as_it_did(rig: RealRig) -> None:
    with pytest.raises(ZeroDivisionError), Faults(rig).pull("node01"):
        _ = 1 / 0
    assert not rig.network.links["node01/eth0"].is_cut("up")


def test_a_block_whose_fault_can_not_be_looked_at_is_unknown_and_healed(rig: RealRig) -> None:
    with (
        pytest.raises(Inconclusive, match="nobody can say whether it bit: its counters are not read"),
        Faults(rig).inject(Unseen(("node01",))),
    ):
        assert rig.network.links["node01/eth0"].is_cut("up")
    assert not rig.network.links["node01/eth0"].is_cut("up")


def test_every_short_form_is_a_fault_that_bites(rig: RealRig) -> None:
    faults = Faults(rig)
    rig.machines["node07"].start(["sleep", "60"])
    with faults.split(("a",), ("b",)), faults.impair("a--c", delay=1 * milliseconds), faults.pause("node07"):
        rig.say("node01")
    with faults.power_cut("node01"):
        pass
    with faults.run("at 0s power-cut node01"):
        pass


def test_a_fault_may_be_words(rig: RealRig) -> None:
    with Faults(rig).inject("cut a--b way=up"):
        rig.say("node01")
    with (
        pytest.raises(SpecError, match=r"fault:1: 'cutt' is no fault; did you mean 'cut'\?"),
        Faults(rig).inject("cutt a--b"),
    ):
        pass


@pytest.mark.parametrize("text", ["", "  ", "'cut a--b", "cut", "cut a--b way=left"])
def test_words_that_say_no_fault_are_refused(rig: RealRig, text: str) -> None:
    with pytest.raises(SpecError, match=r"fault:1: .*, expected "), Faults(rig).inject(text):
        pass


def test_what_can_not_be_injected_says_why(rig: RealRig) -> None:
    with (
        pytest.raises(LabError, match=r"reset node01 can't be injected here:\nnode01 can't do that"),
        Faults(rig).inject(Reset(("node01",))),
    ):
        pass
