"""The netlink messages that make bridges, their ports, cables and cards (rtnetlink(7), linux/if_link.h)."""

from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from harness.network.bridge.netlink import CREATE, NLM_F_DUMP, Message, attribute, attributes, text, u8, u16, u32

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Interface

    from harness.network.bridge.netlink import Netlink
    from harness.network.ports import PortMode

RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK, RTM_NEWADDR, RTM_GETSTATS = 16, 17, 18, 19, 20, 94
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_LINK, IFLA_MASTER, IFLA_PROTINFO, IFLA_TXQLEN = 1, 3, 4, 5, 10, 12, 13
IFLA_LINKINFO, IFLA_IFALIAS, IFLA_AF_SPEC, IFLA_GROUP, IFLA_NET_NS_FD = 18, 20, 26, 27, 28
IFLA_INFO_KIND, IFLA_INFO_DATA, IFLA_INFO_SLAVE_DATA = 1, 2, 5
VETH_INFO_PEER, IFLA_VLAN_ID = 1, 1
IFLA_BR_FORWARD_DELAY, IFLA_BR_STP_STATE, IFLA_BR_VLAN_FILTERING = 1, 5, 7
IFLA_BR_MCAST_SNOOPING, IFLA_BR_VLAN_DEFAULT_PVID = 23, 39
IFLA_BRPORT_STATE, IFLA_BRPORT_ISOLATED = 1, 33
FORWARDING = 3
IFLA_BRIDGE_VLAN_INFO = 2
PVID, UNTAGGED = 0x2, 0x4
IFLA_INET6_ADDR_GEN_MODE, ADDR_GEN_NONE = 8, 1
IFLA_STATS_LINK_64 = 1
IFA_ADDRESS, IFA_LOCAL = 1, 2
NESTED = 0x8000
IFF_UP = 1

IPV6 = Path("/proc/sys/net/ipv6")
PORT_MTU = 9_004
"""Bytes of payload that a port forwards: a bridge adds a header and a tag to it, 9,022 together."""

_link = struct.Struct("=BxHiII")
_address = struct.Struct("=BBBBi")
_stats_query = struct.Struct("=BxxxiI")


def add_bridge(name: str, group: int, what: str, *, vlans: bool) -> Message:
    """Make a bridge that forwards by itself: no spanning tree, no snooping, with `vlans` by its ports' VLANs."""
    options = [
        attribute(IFLA_BR_STP_STATE, u32(0)),
        attribute(IFLA_BR_FORWARD_DELAY, u32(0)),
        attribute(IFLA_BR_MCAST_SNOOPING, u8(0)),
    ]
    if vlans:
        options += [attribute(IFLA_BR_VLAN_FILTERING, u8(1)), attribute(IFLA_BR_VLAN_DEFAULT_PVID, u16(0))]
    return _new_link(f"bridge {what}", _named(name, group), _kind("bridge", *options))


def add_port(name: str, index: int, group: int, bridge: int, *, peer: bytes, what: str) -> Message:
    """Make a veth device that is a port of a bridge, down; `peer` is what `card` or `other_port` returned.

    The kernel chooses the index where it is 0.
    """
    parts = [_named(name, group), attribute(IFLA_MTU, u32(PORT_MTU)), attribute(IFLA_MASTER, u32(bridge))]
    return _new_link(what, *parts, _kind("veth", attribute(VETH_INFO_PEER, peer)), index=index)


def card(name: str, place: int, mac: str, queue: int) -> bytes:
    """Describe the end of a cable that is a machine's card: its name, its namespace, its MAC, its queue's length."""
    return _link.pack(0, 0, 0, 0, 0) + b"".join(
        [
            attribute(IFLA_IFNAME, text(name)),
            attribute(IFLA_NET_NS_FD, u32(place)),
            attribute(IFLA_ADDRESS, bytes.fromhex(mac.replace(":", ""))),
            attribute(IFLA_TXQLEN, u32(queue)),
        ]
    )


def other_port(name: str, group: int) -> bytes:
    """Describe the end of a cable that becomes a port as well, by `enslave`."""
    return _link.pack(0, 0, 0, 0, 0) + _named(name, group) + attribute(IFLA_MTU, u32(PORT_MTU))


def enslave(index: int, bridge: int, what: str) -> Message:
    """Make a device that is there a port of a bridge."""
    return _set_link(what, index, None, attribute(IFLA_MTU, u32(PORT_MTU)), attribute(IFLA_MASTER, u32(bridge)))


def settle(index: int, group: int, alias: str) -> list[Message]:
    """Put a device into a group, say whose it is, and keep it from speaking by itself; only then bring it up."""
    parts = [attribute(IFLA_GROUP, u32(group)), attribute(IFLA_IFALIAS, text(alias)), _without_ipv6()]
    return [_set_link(alias, index, None, *parts), raise_link(index, alias)]


def join_group(index: int, group: int, what: str) -> Message:
    """Put a device into a group."""
    return _set_link(what, index, None, attribute(IFLA_GROUP, u32(group)))


def raise_link(index: int, what: str, *, up: bool = True) -> Message:
    """Bring a device up, or down."""
    return _set_link(what, index, IFF_UP if up else 0)


def add_vlan_device(name: str, index: int, vlan: int) -> Message:
    """Make the interface for a VLAN of a card (802.1Q), down."""
    lower = [attribute(IFLA_IFNAME, text(name)), attribute(IFLA_LINK, u32(index))]
    return _new_link(f"VLAN interface {name}", *lower, _kind("vlan", attribute(IFLA_VLAN_ID, u16(vlan))))


def add_ifb(name: str, group: int) -> Message:
    """Make an intermediate device, down."""
    return _new_link(f"device {name}", _named(name, group), _kind("ifb"))


def add_address(index: int, address: IPv4Interface) -> Message:
    """Give an interface an address."""
    value = address.ip.packed
    head = _address.pack(socket.AF_INET, address.network.prefixlen, 0, 0, index)
    body = head + attribute(IFA_LOCAL, value) + attribute(IFA_ADDRESS, value)
    return Message(RTM_NEWADDR, CREATE, body, f"address {address}")


def join_vlans(index: int, mode: PortMode, what: str) -> Message:
    """Make a port a member of its VLANs."""
    entries = [(0, vlan) for vlan in sorted(mode.tagged)]
    if mode.native is not None:
        entries.append((PVID | UNTAGGED, mode.native))
    return _port_vlans(index, entries, f"VLANs of {what}")


def isolate(index: int, what: str) -> Message:
    """Let nothing pass between this port and others that are isolated (split horizon)."""
    body = _link.pack(socket.AF_BRIDGE, 0, index, 0, 0)
    return Message(
        RTM_SETLINK,
        0,
        body + attribute(IFLA_PROTINFO | NESTED, attribute(IFLA_BRPORT_ISOLATED, u8(1))),
        f"isolated port {what}",
    )


def delete(index: int, what: str) -> Message:
    """Delete a device."""
    return Message(RTM_DELLINK, 0, _link.pack(0, 0, index, 0, 0), what)


def delete_group(group: int) -> Message:
    """Delete every device of a group at once: the kernel waits once for all, where it would wait for each."""
    return Message(RTM_DELLINK, 0, _link.pack(0, 0, 0, 0, 0) + attribute(IFLA_GROUP, u32(group)), "devices of a group")


def statistics(netlink: Netlink) -> Mapping[int, tuple[int, int, int, int]]:
    """Return what each device has received and sent, by its index: frames in, frames out, bytes in, bytes out."""
    query = _stats_query.pack(0, 0, 1 << (IFLA_STATS_LINK_64 - 1))
    counted = {}
    for answer in netlink.ask(Message(RTM_GETSTATS, NLM_F_DUMP, query, "devices' counters")):
        _, index, _ = _stats_query.unpack_from(answer)
        counted[index] = struct.unpack_from("=4Q", attributes(answer, _stats_query.size)[IFLA_STATS_LINK_64])
    return counted


def kind_options(netlink: Netlink, index: int) -> Mapping[int, bytes]:
    """Return the attributes that a device has by its kind."""
    return attributes(_information(netlink, index).get(IFLA_INFO_DATA, b""))


def forwards(netlink: Netlink, index: int) -> bool:
    """Say whether a bridge's port forwards frames: the kernel sees a carrier a moment after it came."""
    port = attributes(_information(netlink, index).get(IFLA_INFO_SLAVE_DATA, b""))
    return port.get(IFLA_BRPORT_STATE) == u8(FORWARDING)


def _information(netlink: Netlink, index: int) -> dict[int, bytes]:
    (answer,) = netlink.ask(Message(RTM_GETLINK, 0, _link.pack(0, 0, index, 0, 0), f"device {index}"))
    return attributes(attributes(answer, _link.size).get(IFLA_LINKINFO, b""))


def _new_link(what: str, *parts: bytes, index: int = 0) -> Message:
    return Message(RTM_NEWLINK, CREATE, _link.pack(0, 0, index, 0, 0) + b"".join(parts), what)


def _set_link(what: str, index: int, flags: int | None, *parts: bytes) -> Message:
    head = _link.pack(0, 0, index, flags or 0, 0 if flags is None else IFF_UP)
    return Message(RTM_SETLINK, 0, head + b"".join(parts), what)


def _named(name: str, group: int) -> bytes:
    return attribute(IFLA_IFNAME, text(name)) + attribute(IFLA_GROUP, u32(group))


def _kind(name: str, *options: bytes) -> bytes:
    return attribute(
        IFLA_LINKINFO, attribute(IFLA_INFO_KIND, text(name)), attribute(IFLA_INFO_DATA, *options) if options else b""
    )


def _without_ipv6() -> bytes:
    """Return what keeps a device from speaking IPv6 by itself, where the kernel has IPv6."""
    if not IPV6.exists():
        return b""
    quiet = attribute(IFLA_INET6_ADDR_GEN_MODE, u8(ADDR_GEN_NONE))
    return attribute(IFLA_AF_SPEC, attribute(socket.AF_INET6, quiet))


def _port_vlans(index: int, entries: list[tuple[int, int]], what: str) -> Message:
    listed = b"".join(attribute(IFLA_BRIDGE_VLAN_INFO, u16(flags) + u16(vlan)) for flags, vlan in entries)
    body = _link.pack(socket.AF_BRIDGE, 0, index, 0, 0) + attribute(IFLA_AF_SPEC, listed)
    return Message(RTM_SETLINK, 0, body, what)
