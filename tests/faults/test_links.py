from __future__ import annotations

import pytest

from harness.errors import LabError
from harness.faults.links import Cut, Impair, Pull
from harness.network.impairment import Impairment
from harness.units import milliseconds
from tests.faults.rig import RealRig


def test_an_impairment_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="it impairs nothing"):
        Impair(("a--b",))
    with pytest.raises(ValueError, match="loss"):
        Impair(("a--b",), loss=2.0)


@pytest.mark.kernel
@pytest.mark.parametrize("fault", [Cut(("a--b",)), Pull(("a--b",)), Cut(("a--b",), "up")])
def test_a_cut_bites_when_a_frame_was_not_let_through(rig: RealRig, fault: Cut | Pull) -> None:
    injected = fault.inject(rig)
    assert injected.proof().bit is False
    rig.say("node01")
    assert injected.proof().bit is True
    injected.heal()
    assert not any(rig.network.links["a--b"].is_cut(way) for way in ("up", "down"))
    assert "1 frames were not let through at a--b" in str(injected.proof())


@pytest.mark.kernel
def test_what_only_the_other_direction_would_have_let_through_is_no_proof(rig: RealRig) -> None:
    injected = Cut(("a--b",), "up").inject(rig)
    rig.say("node04")
    assert injected.proof().bit is False
    injected.heal()


@pytest.mark.kernel
def test_healing_puts_back_what_was_cut_before(rig: RealRig) -> None:
    link = rig.network.links["a--b"]
    link.cut(directions=["down"])
    injected = Cut(("a--b",)).inject(rig)
    assert link.is_cut("up")
    injected.heal()
    injected.heal()
    assert (link.is_cut("up"), link.is_cut("down")) == (False, True)


@pytest.mark.kernel
def test_conditions_lie_over_those_of_the_link_and_go_again(rig: RealRig) -> None:
    link = rig.network.links["a--b"]
    before = link.impairment("up")
    assert before.delay == 2 * milliseconds
    injected = Impair(("a--b",), loss=0.5).inject(rig)
    assert link.impairment("up") == Impairment(loss=0.5).over(before)
    assert injected.proof().bit is False
    rig.say("node01", times=20)
    assert injected.proof().bit is True
    injected.heal()
    injected.heal()
    assert link.impairment("up") == before
    assert injected.proof().bit is True


@pytest.mark.kernel
def test_a_link_that_somebody_else_changed_is_not_in_the_fault_s_conditions(rig: RealRig) -> None:
    injected = Impair(("a--b",), delay=5 * milliseconds).inject(rig)
    rig.say("node01")
    rig.network.links["a--b"].impair(Impairment())
    assert injected.proof().bit is False
    injected.heal()


@pytest.mark.kernel
def test_a_name_that_means_nothing_is_said_before_anything_is_cut(rig: RealRig) -> None:
    (problem,) = Pull(("a--b", "a--d")).problems(rig)
    assert problem.startswith("'a--d' is no machine")
    with pytest.raises(LabError, match="'a--d' is no machine"):
        Cut(("a--b", "a--d")).inject(rig)
    assert not rig.network.links["a--b"].is_cut("up")
