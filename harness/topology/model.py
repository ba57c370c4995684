"""The topology: frozen values that say what stands in the racks and how it is wired.

A topology comes from a YAML file (`harness.topology.loader`); nothing here does any IO.
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network  # noqa: TC003 - pydantic reads the annotations
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from harness.topology.scalars import Duration, Endpoint, MacAddress, Name, Size  # noqa: TC001 - as above
from harness.units import GiB, MiB


S = TypeVar("S", "Vlan", "MachineSpec")


class Spec(BaseModel):
    """A part of a topology: immutable, and without room for keys that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class Vlan(Spec):
    """A segment (broadcast domain). Without an `id` its frames carry no 802.1Q tag anywhere."""

    name: Name
    id: int | None = Field(default=None, ge=1, le=4094)
    subnet: IPv4Network
    gateway: IPv4Address | None = None
    multicast: Endpoint | None = None
    """The group and port of the segment's QEMU multicast socket, where the documents fix them."""
    scenario_address: IPv4Address | None = None
    """The address under which the scenario itself stands on the segment; without one it has no access to it."""


class NicSpec(Spec):
    """A network card: its MAC, the VLAN that its access port is in, its address once the machine is installed."""

    name: Name
    mac: MacAddress
    vlan: Name
    address: IPv4Address


class MachineSpec(Spec):
    """Something with a power button."""

    name: Name
    role: Literal["control-plane", "worker"] = "control-plane"
    cpus: int = Field(default=1, ge=1, le=64)
    memory: Size = GiB
    disk: Size = 100 * GiB
    nics: tuple[NicSpec, ...] = Field(min_length=1)


class BootServerSpec(Spec):
    """The machine that answers DHCP, TFTP and HTTP on one VLAN."""

    name: Name = "pxe"
    vlan: Name
    address: IPv4Address


class LogicalVolume(Spec):
    """A logical volume of the group; without a `size` it takes what is left."""

    name: Name
    size: Size | None = None
    filesystem: Literal["ext4"] = "ext4"
    mount: str = Field(pattern=r"^/")


class DiskLayout(Spec):
    """What a machine's disk shall look like: GPT, an EFI system partition, one LVM group."""

    device: str = Field(default="/dev/vda", pattern=r"^/dev/")
    esp_size: Size = 512 * MiB
    esp_mount: str = Field(default="/boot", pattern=r"^/")
    volume_group: Name = "pool"
    volumes: tuple[LogicalVolume, ...] = (
        LogicalVolume(name="root", size=80 * GiB, mount="/"),
        LogicalVolume(name="data", mount="/var/lib"),
    )


class RaftSettings(Spec):
    """Timing of a Raft cluster, and whether its peers speak TLS (frames can be read only when they don't)."""

    heartbeat: Duration = timedelta(milliseconds=100)
    election_timeout: Duration = timedelta(milliseconds=1000)
    peer_tls: bool = False


class StackSpec(Spec):
    """The system under test: which stack, its domain, and where its members are."""

    kind: Name = "reference"
    domain: str = Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")
    vlan: Name
    bootstrap: tuple[Name, ...] = Field(min_length=1)
    """The machines that form the cluster at first; others join it later."""
    raft: RaftSettings = RaftSettings()


class Topology(Spec):
    """A whole lab. `seed` is where every random choice in it starts."""

    name: Name
    seed: int = Field(default=0, ge=0)
    vlans: tuple[Vlan, ...] = Field(min_length=1)
    boot_server: BootServerSpec | None = None
    disk_layout: DiskLayout = DiskLayout()
    machines: tuple[MachineSpec, ...] = Field(min_length=1)
    stack: StackSpec | None = None

    def vlan(self, name: str) -> Vlan:
        """Return the VLAN of that name. Raises `KeyError` where there is none."""
        return _named(self.vlans, name)

    def machine(self, name: str) -> MachineSpec:
        """Return the machine of that name. Raises `KeyError` where there is none."""
        return _named(self.machines, name)


def _named(specs: tuple[S, ...], name: str) -> S:
    for spec in specs:
        if spec.name == name:
            return spec
    raise KeyError(name)
