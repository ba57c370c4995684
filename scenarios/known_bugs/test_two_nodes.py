"""corosync's ``two_node: 1`` without fencing: when the cable between the two is cut, both go on.

It lets one of two votes be a quorum, and leaves it to fencing that only one of them lives on. With a third vote the
side that is alone stops.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from harness.checks.verdict import Verdict
from harness.errors import ScenarioFailure
from harness.sandbox.waiting import stays, wait_until
from harness.units import milliseconds, seconds
from known_bugs import corosync, record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.namespace_lab import NamespaceLab
    from known_bugs.corosync import Side

pytestmark = pytest.mark.lab("three-members", machines="namespace")

PAIR = ("node01", "node02")
ALONE = "node01"
PARTED_WITHIN = 30 * seconds
AT_ONE_TIME = 3 * seconds
"""How long the sides are looked at together: longer than a machine is silent between two probes."""
NAME = "one side has quorum"


def test_two_nodes_split_their_brain(lab: NamespaceLab) -> None:
    with corosync.running(lab, "two-votes", PAIR):
        record.found(parted(lab, PAIR))


def test_a_third_vote_leaves_one_side(lab: NamespaceLab) -> None:
    three = (*PAIR, "node03")
    with corosync.running(lab, "three-votes", three):
        record.clean(parted(lab, three))


def parted(lab: NamespaceLab, names: Sequence[str]) -> Verdict:
    """Cut one machine off, and return whether at most one side has quorum when both know that they are parted."""
    wanted = {name: 1 if name == ALONE else len(names) - 1 for name in names}

    def look() -> list[Side] | None:
        seen = [side for side in corosync.sides(lab, names).values() if side is not None]
        return seen if {side.machine: side.members for side in seen} == wanted else None

    with lab.faults.isolate(ALONE):
        try:
            first = wait_until("both sides to know", look, within=PARTED_WITHIN)
            since = time.time_ns()
            stays("both sides", lambda: look() == first, span=AT_ONE_TIME, interval=500 * milliseconds)
            until = time.time_ns()
        except ScenarioFailure as passing:
            return Verdict(None, str(passing), name=NAME)
    if silent := set(names) - heard(lab, names, since, until):
        return Verdict(None, f"the wire has nothing from {', '.join(sorted(silent))} at that time", name=NAME)
    quorate = [side for side in first if side.quorate]
    rings = {side.ring for side in quorate}
    told = f"rings with quorum at one time: {', '.join(sorted(rings)) or 'none'}"
    return Verdict(len(rings) <= 1, told, tuple(quorate) if len(rings) > 1 else (), NAME)


def heard(lab: NamespaceLab, names: Sequence[str], since: int, until: int) -> set[str]:
    """Return who sent frames in a span of the capture's clock: who was alive, and not only thought to be."""
    cards = {bytes.fromhex(lab.topology.machine(name).nics[0].mac.replace(":", "")): name for name in names}
    sent = {frame.data[6:12] for frame in lab.frames() if since <= frame.time <= until}
    return {name for card, name in cards.items() if card in sent}
