from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import PurePosixPath

import pytest

from harness.errors import HarnessBug
from harness.machines.keys import KeyPair
from harness.provisioning.files import Entry, File, Folder, Link, secrets
from harness.provisioning.node_files import Identity, enabled, machine_id, node_files
from harness.topology.firmware import Firmware
from harness.topology.model import MachineSpec, NicSpec, StackSpec, Topology, Vlan

IDENTITY = Identity(KeyPair("PRIVATE\n", "ssh-ed25519 AAAA node01"), "ssh-ed25519 BBBB lab")


def machine(number: int) -> MachineSpec:
    nic = NicSpec(
        name="eth0", mac=f"52:54:00:00:01:0{number}", vlan="cluster", address=IPv4Address(f"192.168.100.1{number}")
    )
    return MachineSpec(name=f"node0{number}", nics=(nic,))


TOPOLOGY = Topology(
    name="t",
    vlans=(Vlan(name="cluster", subnet=IPv4Network("192.168.100.0/24"), gateway=IPv4Address("192.168.100.1")),),
    machines=(machine(1), machine(2)),
    stack=StackSpec(domain="plasma.local", vlan="cluster", bootstrap=("node01",)),
)
FILES = node_files(TOPOLOGY, TOPOLOGY.machines[0], identity=IDENTITY, firmware=Firmware.UEFI)


def text(path: str) -> str:
    entry = FILES[PurePosixPath(path)]
    assert isinstance(entry, File)
    return entry.content.decode()


def test_name_and_peers() -> None:
    assert text("/etc/hostname") == "node01\n"
    assert text("/etc/hosts") == (
        "127.0.0.1 localhost\n192.168.100.11 node01.plasma.local node01\n192.168.100.12 node02.plasma.local node02\n"
    )


def test_the_address_belongs_to_the_mac() -> None:
    assert text("/etc/systemd/network/10-eth0.network") == (
        "[Match]\nMACAddress=52:54:00:00:01:01\n"
        "[Network]\nAddress=192.168.100.11/24\nGateway=192.168.100.1\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
    )


def test_a_machine_that_is_the_gateway_has_none() -> None:
    vlan = TOPOLOGY.vlans[0].model_copy(update={"gateway": IPv4Address("192.168.100.11")})
    files = node_files(
        TOPOLOGY.model_copy(update={"vlans": (vlan,), "stack": None}),
        TOPOLOGY.machines[0],
        identity=IDENTITY,
        firmware=Firmware.BIOS,
    )
    network, hosts = files[PurePosixPath("/etc/systemd/network/10-eth0.network")], files[PurePosixPath("/etc/hosts")]
    assert isinstance(network, File)
    assert isinstance(hosts, File)
    assert b"Gateway" not in network.content
    assert b"192.168.100.12 node02\n" in hosts.content


def test_keys_are_secret_and_the_rest_is_not() -> None:
    assert [str(path) for path, _ in secrets(FILES)] == ["/etc/ssh/ssh_host_ed25519_key", "/root/.ssh/authorized_keys"]
    assert text("/etc/ssh/ssh_host_ed25519_key.pub") == "ssh-ed25519 AAAA node01\n"
    assert FILES[PurePosixPath("/root/.ssh")] == Folder(0o700)


def test_the_machine_id_is_new_with_each_host_key() -> None:
    other = Identity(KeyPair("", "ssh-ed25519 CCCC"), "")
    assert text("/etc/machine-id") == f"{machine_id(IDENTITY)}\n"
    assert len(machine_id(IDENTITY)) == 32
    assert int(machine_id(IDENTITY), 16)
    assert machine_id(other) != machine_id(IDENTITY)


UNIT = """\
[Unit]
Wants=other.target
[Service]
ExecStart=/bin/true
[Install]
WantedBy=multi-user.target  default.target
RequiredBy = cluster.target
Alias=again.service
"""
SYSTEM = PurePosixPath("/etc/systemd/system")


def test_a_unit_is_enabled_as_systemctl_does() -> None:
    assert enabled(["a.service"], {SYSTEM / "a.service": File(UNIT.encode())}) == {
        SYSTEM / "multi-user.target.wants/a.service": Link("/etc/systemd/system/a.service"),
        SYSTEM / "default.target.wants/a.service": Link("/etc/systemd/system/a.service"),
        SYSTEM / "cluster.target.requires/a.service": Link("/etc/systemd/system/a.service"),
        SYSTEM / "again.service": Link("/etc/systemd/system/a.service"),
    }


@pytest.mark.parametrize(
    "entries",
    [
        {},
        {SYSTEM / "a.service": File(b"[Service]\nWantedBy=multi-user.target\n")},
        {SYSTEM / "a.service": File(b"[Install]\nWantedBy=\n")},
        {SYSTEM / "a.service": Link("/dev/null")},
    ],
)
def test_a_unit_that_belongs_nowhere_is_no_unit_to_enable(entries: dict[PurePosixPath, Entry]) -> None:
    with pytest.raises(HarnessBug, match=r"a\.service can't be enabled"):
        enabled(["a.service"], entries)
