"""The topology: frozen values that say what stands in the racks and how it is wired.

A topology comes from a YAML file (`harness.topology.loader`); nothing here does any IO.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from harness.topology.scalars import (  # noqa: TC001 - pydantic reads the annotations
    Address,
    DevicePath,
    Domain,
    Duration,
    Endpoint,
    InterfaceName,
    MacAddress,
    MountPoint,
    Name,
    Size,
    Subnet,
)
from harness.units import GiB, MiB

S = TypeVar("S", "Vlan", "MachineSpec")


class Spec(BaseModel):
    """A part of a topology: immutable, and without room for keys that nobody reads or values that are nearly right."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)


class Vlan(Spec):
    """A segment (broadcast domain). Without an `id` its frames carry no 802.1Q tag anywhere."""

    name: Name
    id: int | None = Field(default=None, ge=1, le=4094, description="a whole number from 1 to 4094", examples=[100])
    subnet: Subnet
    gateway: Address | None = None
    multicast: Endpoint | None = None
    """The group and port of the segment's QEMU multicast socket, where the documents fix them."""
    scenario_address: Address | None = None
    """The address under which the scenario itself stands on the segment; without one it has no access to it."""


class NicSpec(Spec):
    """A network card: its MAC, the VLAN that its access port is in, its address once the machine is installed."""

    name: InterfaceName
    mac: MacAddress
    vlan: Name
    address: Address


class MachineSpec(Spec):
    """Something with a power button."""

    name: Name
    role: Literal["control-plane", "worker"] = "control-plane"
    cpus: int = Field(default=1, ge=1, le=64, description="a whole number from 1 to 64", examples=[2])
    memory: Size = GiB
    disk: Size = 100 * GiB
    nics: tuple[NicSpec, ...] = Field(min_length=1, description="a list of network cards, at least one")


class BootServerSpec(Spec):
    """The machine that answers DHCP, TFTP and HTTP on one VLAN."""

    name: Name = "pxe"
    vlan: Name
    address: Address


class LogicalVolume(Spec):
    """A logical volume of the group; without a `size` it takes what is left."""

    name: Name
    size: Size | None = None
    filesystem: Literal["ext4"] = "ext4"
    mount: MountPoint


class DiskLayout(Spec):
    """What a machine's disk shall look like: GPT, an EFI system partition, one LVM group."""

    device: DevicePath = "/dev/vda"
    esp_size: Size = 512 * MiB
    esp_mount: MountPoint = "/boot"
    volume_group: Name = "pool"
    volumes: tuple[LogicalVolume, ...] = Field(
        default=(
            LogicalVolume(name="root", size=80 * GiB, mount="/"),
            LogicalVolume(name="data", mount="/var/lib"),
        ),
        min_length=1,
        description="a list of logical volumes, at least one",
    )


class RaftSettings(Spec):
    """Timing of a Raft cluster, and whether its peers speak TLS (frames can be read only when they don't)."""

    heartbeat: Duration = timedelta(milliseconds=100)
    election_timeout: Duration = timedelta(milliseconds=1000)
    peer_tls: bool = False


class StackSpec(Spec):
    """The system under test: which stack, its domain, and where its members are."""

    kind: Name = "reference"
    domain: Domain
    vlan: Name
    bootstrap: tuple[Name, ...] = Field(min_length=1, description="a list of names of machines, at least one")
    """The machines that form the cluster at first; others join it later."""
    raft: RaftSettings = RaftSettings()


class Topology(Spec):
    """A whole lab. `seed` is where every random choice in it starts."""

    name: Name
    seed: int = Field(default=0, ge=0, description="a whole number, 0 or more", examples=[36])
    vlans: tuple[Vlan, ...] = Field(min_length=1, description="a list of VLANs, at least one")
    boot_server: BootServerSpec | None = None
    disk_layout: DiskLayout = DiskLayout()
    machines: tuple[MachineSpec, ...] = Field(min_length=1, description="a list of machines, at least one")
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
