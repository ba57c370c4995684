"""The topology: frozen values that say what stands in the racks and how it is wired.

A topology comes from a YAML file (`harness.topology.loader`); nothing here does any IO.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import Field

from harness.topology.addressing import (  # noqa: TC001 - pydantic reads the annotations
    Allotment,
    DhcpSpec,
    FlowSpec,
    OverlaySpec,
    VipSpec,
)
from harness.topology.links import CableSpec, LinkSpec, SwitchSpec, WanSpec
from harness.topology.network_scalars import Rate, ServiceAddress  # noqa: TC001 - pydantic reads the annotations
from harness.topology.port import Access, Port, Trunk
from harness.topology.roles import Role  # noqa: TC001 - pydantic reads the annotations
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
from harness.topology.spec import Spec
from harness.units import GiB, MiB

if TYPE_CHECKING:
    from ipaddress import IPv4Address

S = TypeVar("S", "Vlan", "MachineSpec")


class SiteSpec(Spec):
    """A place that can fail as a whole."""

    name: Name


class Vlan(Spec):
    """A segment (broadcast domain).

    Without an `id` its frames carry no 802.1Q tag anywhere; without a site it is in all of them.
    """

    name: Name
    site: Name | None = None
    id: int | None = Field(default=None, ge=1, le=4094, description="a whole number from 1 to 4094", examples=[100])
    subnet: Subnet
    gateway: Address | None = None
    multicast: Endpoint | None = None
    """The group and port of the segment's QEMU multicast socket, where the documents fix them."""
    scenario_address: Address | None = None
    """The address under which the scenario itself stands on the segment; without one it has no access to it."""
    dhcp: DhcpSpec | None = None
    plan: tuple[Allotment, ...] = Field(default=(), description="a list of named addresses")


class Share(Spec):
    """What part of a reservation is for what."""

    name: Name
    rate: Rate


class Tagged(Spec):
    """A VLAN that a trunk carries tagged, the card's address in it, and the bandwidth reserved for it."""

    vlan: Name
    address: Address | None = None
    reserved: Rate | None = None
    shares: tuple[Share, ...] = Field(default=(), description="a list of shares of the reservation")


class NicSpec(Spec):
    """A network card: its MAC, its VLANs, its addresses once the machine is installed, and its link.

    `vlan` and `address` alone make it an access port. `tagged` makes it a trunk, of which `vlan` is the native VLAN.
    """

    name: InterfaceName
    mac: MacAddress
    untagged: Name | None = Field(default=None, alias="vlan")
    untagged_address: Address | None = Field(default=None, alias="address")
    tagged: tuple[Tagged, ...] = Field(default=(), description="a list of tagged VLANs")
    speed: Rate | None = None
    reserved: Rate | None = None
    """The bandwidth reserved for the VLAN without a tag."""
    switch: Name | None = None
    """The switch that it is plugged into; by default that of the machine's rack."""
    link: LinkSpec = LinkSpec()

    @property
    def port(self) -> Port:
        """How the card takes part in VLANs."""
        if self.tagged or self.untagged is None:
            return Trunk(tuple(one.vlan for one in self.tagged), native=self.untagged)
        return Access(self.untagged)

    @property
    def addresses(self) -> dict[str, IPv4Address | None]:
        """The address in each VLAN of the card, by the VLAN's name, that without a tag first."""
        own = {} if self.untagged is None else {self.untagged: self.untagged_address}
        return own | {one.vlan: one.address for one in self.tagged}

    @property
    def vlan(self) -> str:
        """The VLAN whose frames carry no tag; on a trunk without one, the first tagged VLAN.

        Raises `LookupError` for a card in no VLAN, which no checked topology has.
        """
        for vlan in self.addresses:
            return vlan
        raise LookupError(f"network card {self.name} is in no VLAN")

    @property
    def address(self) -> IPv4Address:
        """The card's first address. Raises `LookupError` for a card that has none, which no checked topology has."""
        for address in self.addresses.values():
            if address is not None:
                return address
        raise LookupError(f"network card {self.name} has no address")


class BmcSpec(Spec):
    """A baseboard management controller's own port, which the machine's system does not see."""

    vlan: Name
    address: Address


class BandwidthSpec(Spec):
    """What some cards are said to carry together."""

    cards: tuple[InterfaceName, ...] = Field(min_length=1, description="a list of names of cards, at least one")
    total: Rate


class MachineSpec(Spec):
    """Something with a power button."""

    name: Name
    site: Name | None = None
    rack: Name | None = None
    role: Role = "control-plane"
    cpus: int = Field(default=1, ge=1, le=64, description="a whole number from 1 to 64", examples=[2])
    memory: Size = GiB
    disk: Size = 100 * GiB
    nics: tuple[NicSpec, ...] = Field(min_length=1, description="a list of network cards, at least one")
    bandwidth: BandwidthSpec | None = None
    bmc: BmcSpec | None = None
    services: tuple[Name, ...] = Field(default=(), description="a list of names of services")
    voter: bool = True
    """Whether it is a member of the stack's Raft clusters, if it stands in a VLAN of the stack."""
    raft_addr: ServiceAddress | None = None
    """Where the machine's Raft is said to be reached; it is worked out where it is left out."""


class BootServerSpec(Spec):
    """The machine that answers DHCP, TFTP and HTTP on one VLAN."""

    name: Name = "pxe"
    vlan: Name
    address: Address
    switch: Name | None = None


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
    other_vlans: tuple[Name, ...] = Field(default=(), description="a list of names of VLANs")
    """The stack's VLANs in other sites."""
    bootstrap: tuple[Name, ...] = Field(min_length=1, description="a list of names of machines, at least one")
    """The machines that form the cluster at first; others join it later."""
    raft: RaftSettings = RaftSettings()
    survives: Literal["site"] | None = None
    """What may fail without the loss of quorum: any one site."""
    even_voters: bool = False
    """Says that an even number of voters is meant, though it tolerates no more failures than one fewer."""

    @property
    def vlans(self) -> tuple[str, ...]:
        """Every VLAN of the stack."""
        return (self.vlan, *self.other_vlans)


class Topology(Spec):
    """A whole lab. `seed` is where every random choice in it starts."""

    name: Name
    seed: int = Field(default=0, ge=0, description="a whole number, 0 or more", examples=[36])
    sites: tuple[SiteSpec, ...] = Field(default=(), description="a list of sites")
    wans: tuple[WanSpec, ...] = Field(default=(), description="a list of lines between sites")
    vlans: tuple[Vlan, ...] = Field(min_length=1, description="a list of VLANs, at least one")
    vips: tuple[VipSpec, ...] = Field(default=(), description="a list of virtual addresses")
    overlays: tuple[OverlaySpec, ...] = Field(default=(), description="a list of overlays")
    flows: tuple[FlowSpec, ...] = Field(default=(), description="a list of allowed flows")
    switches: tuple[SwitchSpec, ...] = Field(default=(), description="a list of switches")
    cables: tuple[CableSpec, ...] = Field(default=(), description="a list of cables between switches")
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
