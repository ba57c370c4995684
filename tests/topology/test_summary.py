from __future__ import annotations

from collections.abc import Callable

from harness.topology.model import Topology
from harness.topology.summary import counts, summary


def test_t036_in_a_few_lines(t036: Topology) -> None:
    text = summary(t036)
    assert text.splitlines()[0] == "t036: 3 machines, 1 VLAN, seed 36"
    for fact in (
        "192.168.100.0/24",
        "230.0.0.1:1234",
        "52:54:00:00:01:03",
        "pool/data  the rest",
        "election   1000 ms",
    ):
        assert fact in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_what_is_not_there_is_not_mentioned(alter: Callable[..., Topology]) -> None:
    changes = {("stack",): None, ("boot_server",): None, ("vlans", 0, "gateway"): None, ("vlans", 0, "id"): 200}
    text = summary(alter(changes))
    assert "boot server" not in text
    assert "gateway" not in text
    assert "stack" not in text
    assert "VLAN 200" in text


def test_counts(t036: Topology, alter: Callable[..., Topology]) -> None:
    assert counts(t036) == "3 machines, 1 VLAN"
    vlans = [{"name": f"v{i}", "subnet": f"10.0.{i}.0/24"} for i in range(2)]
    assert counts(alter({("vlans",): vlans, ("machines",): [t036.machines[0]]})) == "1 machine, 2 VLANs"


def test_trunks_and_controllers_are_listed_with_each_address(photoncloud: Topology) -> None:
    lines = [" ".join(line.split()) for line in summary(photoncloud).splitlines()]
    assert "eth1 10.0.30.10 52:54:00:00:01:01 in client, tagged" in lines
    assert "eth2 10.0.40.10 52:54:00:00:02:01 in storage" in lines
    assert "bmc 10.0.10.50 in management" in lines
    assert "10.0.100.100-10.0.100.200 DHCP pool" in lines


def test_sites_and_the_lines_between_them(three_sites: Topology) -> None:
    lines = [" ".join(line.split()) for line in summary(three_sites).splitlines()]
    assert lines[0] == "three-sites: 9 machines, 4 VLANs, 3 sites, seed 3"
    assert "a and b 10 Gbps, 2 ms, synchronous" in lines
    assert "network cluster-a, cluster-b, cluster-c" in lines
