from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

from harness.capture.decoding import Decoding
from harness.capture.frames import Frame
from harness.incident.files.configuration import Config
from harness.incident.inventory.hosts import Host, hosts, machine_of
from harness.incident.replay.datagram import Way, udp_frame
from harness.topology.loader import load
from tests.incident.clocks.test_walls import LINE
from tests.incident.field import events, mac_of, said, talk, wires
from tests.incident.files.test_folder import CAPTURES, CONFIG, TOPOLOGIES
from tests.provisioning import dhcp


def test_a_machine_is_known_by_all_its_marks() -> None:
    own = replace(LINE, host="node01.plasma.local", message="advertise client URLs = http://10.0.200.10:2379")
    found, notes = hosts(None, [Config("a", CONFIG)], [own], [], wires(*talk("10.0.200.10", "10.0.200.11")))
    assert found == [
        Host(
            "node-10-0-200-11",
            frozenset({"10.0.200.11"}),
            frozenset({mac_of("10.0.200.11")}),
            frozenset(),
            named=False,
        ),
        Host(
            "node01",
            frozenset({"10.0.200.10"}),
            frozenset({mac_of("10.0.200.10")}),
            frozenset({"node01", "node01.plasma.local"}),
            named=True,
        ),
    ]
    assert notes == []
    assert machine_of(found)["node01.plasma.local"] == "node01"
    assert machine_of(found)[mac_of("10.0.200.11")] == "node-10-0-200-11"


def test_a_topologys_names_count_before_all_others() -> None:
    topology = load(TOPOLOGIES / "t036.yaml")
    own = replace(LINE, host="vm-17", message="Server listening on 192.168.100.11 port 22.")
    found = machine_of(hosts(topology, [], [own], [], wires())[0])
    assert found["vm-17"] == found["192.168.100.11"] == found["52:54:00:00:01:01"] == "node01"
    assert found["192.168.100.1"] == "pxe"


def test_members_names_are_theirs_unless_several_have_them() -> None:
    one = replace(LINE, host="", message="[INFO] serf: EventMemberJoin: alpha 10.0.0.1")
    same = replace(LINE, host="", message="initial cluster = default=http://10.0.0.1:2380,default=http://10.0.0.2:2380")
    own = replace(LINE, message="Server listening on 10.0.0.9 port 22.")
    lines = [replace(line, host="watcher") for line in (one, same, own)]
    found = machine_of(hosts(None, [], lines, [], wires(*talk("10.0.0.1", "10.0.0.2")))[0])
    assert found["10.0.0.1"] == "alpha"
    assert found["10.0.0.2"] == "node-10-0-0-2"
    assert "default" not in found


def test_a_network_boot_names_its_client() -> None:
    with (CAPTURES / "pxe-uefi.pcapng").open("rb") as file:
        events = list(Decoding(file, "boot"))
    leased = next(event for event in events if event.kind == "dhcp-ack")
    client = getattr(leased, "client", "")
    found = machine_of(hosts(None, [], [], events, wires())[0])
    assert found[client] == found[str(getattr(leased, "address", ""))]


def test_a_dhcp_servers_journal_names_its_clients() -> None:
    line = replace(LINE, host="pxe", message="DHCPACK(eth0) 10.0.0.5 52:54:00:00:01:01 node05")
    found = machine_of(hosts(None, [], [line], [], wires())[0])
    assert found["10.0.0.5"] == found["52:54:00:00:01:01"] == "node05"


def test_members_identifiers_are_machines_too() -> None:
    with (CAPTURES / "etcd-3.4.23-leader-kill.pcap").open("rb") as file:
        events = list(Decoding(file, "etcd"))
    beat = next(event for event in events if event.kind == "raft-heartbeat")
    found = machine_of(hosts(None, [], [], events, wires())[0])
    assert found[f"{getattr(beat, 'sender', 0):x}"] == found[beat.src]


def test_an_address_that_nothing_names_has_the_name_that_stands_in() -> None:
    own = replace(LINE, host="node01", message="Server listening on 10.0.0.1 port 22.")
    fallbacks = {"10.0.0.1": "member-1", "10.0.0.2": "member-2"}
    found, _ = hosts(None, [], [own], [], wires(*talk("10.0.0.1", "10.0.0.2")), fallbacks=fallbacks)
    assert [(host.name, host.named) for host in found] == [("member-2", True), ("node01", True)]


def test_a_router_that_sends_for_who_leased_an_address_is_another_machine() -> None:
    lease = replace(LINE, host="pxe", message="DHCPACK(eth0) 10.0.0.5 52:54:00:00:00:05 node05")
    asked = dhcp.message(3, "52:54:00:00:00:05", 1, {})
    question = udp_frame(
        Way("52:54:00:00:00:05", "ff:ff:ff:ff:ff:ff", IPv4Address(0), 68, IPv4Address("255.255.255.255"), 67), asked
    )
    told = events([Frame(1, 0, "eth0", question, len(question))])
    passed_on = [said(address, "10.9.0.1", by="52:54:00:00:00:fe") for address in ("10.0.0.5", "10.0.0.254")]
    found = machine_of(hosts(None, [], [lease], told, wires(*passed_on))[0])
    assert found["10.0.0.5"] == found["52:54:00:00:00:05"] == "node05"
    assert found["10.0.0.254"] == found["52:54:00:00:00:fe"] != "node05"
