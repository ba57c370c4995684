from __future__ import annotations

from pathlib import Path

from harness.sandbox.waiting import HEALTHY
from harness.wire.wires import Wires
from tests.wire.tape import NAMES, NODE1, VLAN, Tape


def test_a_link_that_comes_later_takes_part_and_what_is_decoded_is_shared(tmp_path: Path) -> None:
    tape, members = Tape(tmp_path), dict(VLAN)
    wires = Wires(tape, members, NAMES, tmp_path, HEALTHY)
    wire = wires.of_vlans()
    tape.say(NODE1, link="late/lan")
    assert len(wire) == 0
    members["late/lan", 0] = "lan"
    tape.say(NODE1, link="late/lan")
    assert len(wire) == 1
    one, other = wires.of_links("late/lan", "pxe/lan"), wires.of_links("pxe/lan", "late/lan")
    assert one.events[0] is other.events[0]
    assert len(one) == 2
    wires.close()
    wires.close()
    tape.close()
