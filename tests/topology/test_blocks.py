from __future__ import annotations

from harness.topology.blocks import blocks
from harness.topology.model import Topology


def test_a_machine_has_a_port_for_its_controller_and_for_each_card(photoncloud: Topology) -> None:
    node04 = next(block for block in blocks(photoncloud) if block.name == "node04")
    assert [(port.name, port.kind, len(port.strands)) for port in node04.ports] == [
        ("bmc", "bmc", 1),
        ("eth0", "access", 1),
        ("eth1 trunk", "trunk", 2),
        ("eth2", "access", 1),
    ]
    assert node04.rows[3] == ("client", "eth1 10.0.30.20")
    assert (node04.rack, node04.switch) == ("rack2", "tor2")


def test_voters_say_so(photoncloud: Topology, three_sites: Topology) -> None:
    voters = [
        [block.name for block in blocks(one) if block.note.endswith("votes")] for one in (photoncloud, three_sites)
    ]
    assert voters == [["node01", "node02", "node03"], ["node01", "node04", "node07"]]


def test_the_boot_server_stands_where_its_switch_does(three_sites: Topology, t036: Topology) -> None:
    first = blocks(three_sites)[0]
    assert (first.name, first.note, first.site) == ("pxe", "boot server", "a")
    assert blocks(t036)[0].site is None


def test_a_block_has_room_for_its_ports(photoncloud: Topology) -> None:
    for block in blocks(photoncloud):
        assert block.wide > sum(port.wide for port in block.ports)
