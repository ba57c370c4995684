from __future__ import annotations

import shutil
from pathlib import Path

from harness.capture.frames import Frame
from harness.incident.files.captured import Captured
from harness.incident.files.columns import PacketColumns
from harness.incident.files.folder import Incident, Source, open_incident
from harness.incident.files.reels import Reel
from harness.incident.inventory.inventory import People, people_of
from tests.capture import build
from tests.incident.field import mac_of, pcap, talk
from tests.incident.files.test_folder import CAPTURES, TOPOLOGIES


def people(incident: Incident) -> People | None:
    packets = PacketColumns()
    captured = [Captured(Reel(one.name, (one,)), packets, incident.unread) for one in incident.captures]
    return people_of(incident, packets, [event for one in captured for event in one.events], [])


def test_who_only_asks_is_outside(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(pcap([*talk("10.0.0.9", "10.0.0.1"), *talk("10.0.0.9", "10.0.0.2")]))
    found = people(open_incident(tmp_path))
    assert found is not None
    assert found.machine_of.keys() == {
        *(f"10.0.0.{at}" for at in (1, 2)),
        *(mac_of(f"10.0.0.{at}") for at in (1, 2)),
        *(f"node-10-0-0-{at}" for at in (1, 2)),
        str(found.topology.boot_server and found.topology.boot_server.address),
    }
    assert any("node-10-0-0-9 only asks" in note for note in found.notes)


def test_a_topology_that_was_given_is_taken(tmp_path: Path) -> None:
    shutil.copy(TOPOLOGIES / "t036.yaml", tmp_path)
    (tmp_path / "a.pcap").write_bytes(pcap(talk("192.168.100.11", "192.168.100.12")))
    found = people(open_incident(tmp_path))
    assert found is not None
    assert found.topology.name == "t036"
    assert found.machine_of["192.168.100.12"] == "node02"
    assert found.sees == {("a.pcap", "interface 0"): {"node01", "node02"}}
    assert found.notes == [
        "no frame and no journal tells of node03, of the topology's machines",
        "node01 has 192.168.100.11 at 52:54:c0:a8:64:0b, and at 52:54:00:00:01:01 in the topology",
        "node02 has 192.168.100.12 at 52:54:c0:a8:64:0c, and at 52:54:00:00:01:02 in the topology",
    ]


def test_a_network_boot_has_a_boot_server() -> None:
    source = Source(CAPTURES / "pxe-bios.pcapng", "pxe-bios.pcapng")
    found = people(Incident(CAPTURES, captures=(source,)))
    assert found is not None
    assert found.topology.boot_server is not None
    assert len(found.topology.machines) == 1


def test_a_capture_without_ip_tells_of_nobody(tmp_path: Path) -> None:
    lldp = build.ethernet(bytes(40), ethertype=0x88CC, to="01:80:c2:00:00:0e")
    (tmp_path / "a.pcap").write_bytes(pcap([Frame(1, 0, "eth0", lldp, len(lldp))]))
    assert people(open_incident(tmp_path)) is None
