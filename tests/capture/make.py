"""Events for tests of what is made of them.

Fields are handed through to many kinds of events, so they are `Any` here; the events themselves are checked.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from harness.capture import events as ev
from harness.capture.events import Endpoint, Origin
from tests.capture.build import CLIENT_MAC, SERVER_MAC

if TYPE_CHECKING:
    from collections.abc import Iterable

Fields = dict[str, Any]

SECOND = 10**9
SERVER = IPv4Address("192.168.100.1")
ADDRESS = IPv4Address("192.168.100.11")
CLIENT_END, SERVER_END = Endpoint(ADDRESS, 50000), Endpoint(SERVER, 80)

FIRMWARE: Fields = {"vendor_class": "PXEClient:Arch:00007:UNDI:003016", "architectures": (7,)}
IPXE: Fields = {**FIRMWARE, "user_class": ("iPXE",)}


class Wire:
    """Makes events one second apart, each in a frame of its own."""

    def __init__(self) -> None:
        self.events: list[ev.Event] = []

    def add(self, kind: type[ev.Event], *, by: str = CLIENT_MAC, **fields: Any) -> Wire:  # noqa: ANN401 - see above
        to = SERVER_MAC if by == CLIENT_MAC else CLIENT_MAC
        count = len(self.events) + 1
        self.events.append(kind(*Origin(count * SECOND, "segment", count, by, to), **fields))
        return self

    def dhcp(self, kind: type[ev.DhcpEvent], transaction: int = 1, *, client: str = CLIENT_MAC, **said: Any) -> Wire:  # noqa: ANN401 - see above
        answers = kind in {ev.DhcpOffer, ev.DhcpAck, ev.DhcpNak}
        fields: dict[str, Any] = {
            "client": client,
            "transaction": transaction,
            "address": ADDRESS if answers else None,
            "requested": None,
            "server": SERVER if answers else None,
            "next_server": SERVER if answers else None,
            "server_name": "",
            "boot_file": "",
            "user_class": (),
            "vendor_class": "",
            "architectures": (),
            "host_name": "",
            "server_port": 67,
        }
        return self.add(kind, by=SERVER_MAC if answers else client, **fields | said)

    def lease(self, transaction: int, *, boot_file: str = "", **says: Any) -> Wire:  # noqa: ANN401 - see above
        self.dhcp(ev.DhcpDiscover, transaction, **says).dhcp(ev.DhcpOffer, transaction, boot_file=boot_file)
        return self.dhcp(ev.DhcpRequest, transaction, **says).dhcp(ev.DhcpAck, transaction, boot_file=boot_file)

    def tftp(self, file: str = "ipxe.efi") -> Wire:
        self.add(ev.TftpRequest, client=CLIENT_END, file=file, write=False, mode="octet", options=())
        return self.add(ev.TftpComplete, client=CLIENT_END, file=file, octets=1000, blocks=2, missing=0)

    def http(self, target: str, *, status: int = 200, whole: bool = True) -> Wire:
        ends: dict[str, Any] = {"client": CLIENT_END, "server": SERVER_END, "method": "GET", "target": target}
        self.add(ev.HttpRequest, **ends, host="192.168.100.1", user_agent="iPXE/1.21.1")
        self.add(ev.HttpResponse, by=SERVER_MAC, **ends, status=status, content_length=9)
        return self.add(ev.HttpComplete, by=SERVER_MAC, **ends, status=status, octets=9, missing=0, whole=whole)

    def raft(self, kind: type[ev.RaftMessage], sender: int | None = 1, **said: Any) -> Wire:  # noqa: ANN401 - see above
        fields: dict[str, Any] = {
            "port": 2380,
            "cluster": "c1",
            "sender": sender,
            "receiver": 2,
            "term": 1,
            "index": 0,
            "log_term": 0,
            "commit": 0,
            "reject": False,
            "reject_hint": 0,
            "entries": (),
            "context": b"",
        }
        return self.add(kind, **fields | said)


def uefi() -> Wire:
    """A machine that comes all the way from its firmware to the installer."""
    return through_ipxe(Wire().lease(1, boot_file="ipxe.efi", **FIRMWARE).tftp())


def through_ipxe(wire: Wire) -> Wire:
    wire.lease(2, boot_file="http://192.168.100.1/boot.ipxe", **IPXE)
    wire.http("/boot.ipxe").http("/vmlinuz").http("/initrd.img")
    return wire.lease(3, vendor_class="udhcp 1.35.0")


def kinds(events: Iterable[ev.Event]) -> list[str]:
    return [event.kind for event in events]
