from __future__ import annotations

from datetime import timedelta

import pytest

from harness.faults.intermittent import Flap, Swizzle
from harness.network.protocol import BOTH
from harness.sandbox.waiting import wait_until
from harness.units import milliseconds, seconds
from tests.faults.rig import RealRig

LINES = ("a--b", "a--c", "b--c")
SOON = 10 * seconds


def is_cut(rig: RealRig, line: str) -> bool:
    return all(rig.network.links[line].is_cut(way) for way in BOTH)


def changed(rig: RealRig) -> list[tuple[str, bool]]:
    """Return what was done to lines, in order: which one, and whether it was cut or restored."""
    cuts = [one.arguments for one in rig.network.changes if one.command == "cut"]
    return [(str(one["link"]), bool(one["up"] and one["down"])) for one in cuts]


@pytest.mark.parametrize("kind", [Flap, Swizzle])
def test_steps_that_can_not_be_kept_are_refused(kind: type[Flap | Swizzle]) -> None:
    with pytest.raises(ValueError, match="at least"):
        kind(LINES, every=1 * milliseconds)


@pytest.mark.kernel
def test_a_flapping_line_is_cut_and_restored_over_and_over(rig: RealRig) -> None:
    injected = Flap(("a--b",), every=200 * milliseconds).inject(rig)
    assert changed(rig)[0] == ("a--b", True)
    assert injected.proof().bit is False

    def bites() -> bool | None:
        rig.say("node01")
        return injected.proof().bit

    wait_until("two cuts to bite", bites, within=SOON, interval=10 * milliseconds)
    injected.heal()
    injected.heal()
    assert not is_cut(rig, "a--b")
    assert injected.proof().bit


@pytest.mark.kernel
def test_a_flap_that_is_healed_between_leaves_what_was_cut_before(rig: RealRig) -> None:
    rig.network.links["a--b"].cut(directions=["down"])
    injected = Flap(("a--b",), every=10 * seconds).inject(rig)
    injected.heal()
    assert [rig.network.links["a--b"].is_cut(way) for way in ("up", "down")] == [False, True]


@pytest.mark.kernel
def test_a_swizzle_cuts_one_by_one_and_restores_in_the_order_of_its_seed(rig: RealRig) -> None:
    orders = []
    for seed in (1, 1, 4):
        before = len(changed(rig))
        injected = Swizzle(LINES, every=50 * milliseconds, seed=seed).inject(rig)

        def over(before: int = before) -> bool:
            return len(changed(rig)) - before == 2 * len(LINES)

        wait_until("all restored", over, within=SOON, interval=milliseconds)
        injected.heal()
        steps = changed(rig)[before:]
        assert steps[: len(LINES)] == [(line, True) for line in LINES]
        assert not any(cut for _, cut in steps[len(LINES) :])
        orders.append([line for line, _ in steps[len(LINES) :]])
    assert orders[0] == orders[1] != orders[2]
    assert set(orders[0]) == set(LINES)


@pytest.mark.kernel
def test_a_swizzle_that_is_healed_early_did_not_bite_and_leaves_nothing_cut(rig: RealRig) -> None:
    injected = Swizzle(LINES, every=timedelta(minutes=1)).inject(rig)
    rig.say("node01")
    injected.heal()
    assert not any(is_cut(rig, line) for line in LINES)
    assert str(injected.proof()) == "it did not bite: 1 of 3 links were cut, of which 1 let frames not through"
