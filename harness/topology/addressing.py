"""The address plan of a topology: pools, allotments, virtual addresses, overlays, and who may reach whom."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.topology.network_scalars import Addresses, TransportPorts  # noqa: TC001 - pydantic reads the annotations
from harness.topology.roles import Role  # noqa: TC001 - pydantic reads the annotations
from harness.topology.scalars import Address, Name, Subnet  # noqa: TC001 - pydantic reads the annotations
from harness.topology.spec import Spec

INTERNET = "internet"
"""What a flow calls everything outside the topology."""

ALL = "all"
"""What a flow calls every VLAN of the topology."""


class DhcpSpec(Spec):
    """What a VLAN's DHCP server hands out: to anybody (`pool`), and to known cards (`reservations`)."""

    pool: Addresses | None = None
    reservations: Addresses | None = None


class Allotment(Spec):
    """A named part of an address plan. In one of `vips` no card has its address; `role` keeps it for such machines."""

    name: Name
    addresses: Addresses
    kind: Literal["hosts", "vips"] = "hosts"
    role: Role | None = None


class VipSpec(Spec):
    """A virtual address that machines advertise; it belongs to no card."""

    name: Name
    address: Address


class OverlaySpec(Spec):
    """A network that is tunnelled over a VLAN, such as VXLAN (RFC 7348); `port` is its UDP port."""

    name: Name
    subnet: Subnet
    over: Name | None = None
    port: int = Field(default=4789, ge=1, le=65535, description="a whole number from 1 to 65535", examples=[4789])
    plan: tuple[Allotment, ...] = Field(default=(), description="a list of named addresses")


class FlowSpec(Spec):
    """Traffic that routers let through from one VLAN to others, on all ports or on some.

    A topology without flows has routers that let everything through; with flows, nothing else passes.
    """

    source: Name = Field(alias="from")
    to: tuple[Name, ...] = Field(min_length=1, description="a list of names of VLANs, at least one")
    ports: tuple[TransportPorts, ...] = Field(default=(), description="a list of ports of TCP or UDP")
