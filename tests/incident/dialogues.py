"""Dialogues of network boots that tests write by hand: who said what to whom, and when.

Fields are handed through to many kinds of events, so they are `Any` here; the events themselves are checked.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

from harness.capture import events as ev
from harness.capture.events import Endpoint, Origin
from harness.incident.record import Record
from tests.incident.records import T036, Journal, at, record

SERVER, ROGUE = IPv4Address("192.168.100.1"), IPv4Address("192.168.100.200")
SERVER_MAC, ROGUE_MAC = "52:54:00:aa:00:01", "52:54:00:bb:00:01"
ADDRESS = IPv4Address("192.168.100.11")
MAC = "52:54:00:00:01:01"
OTHER_MAC = "52:54:00:00:01:02"


class Dialogue:
    """What was said, as it was decoded; `record` is what an incident has of it."""

    def __init__(self) -> None:
        self.said: list[tuple[float, ev.Event]] = []

    def add(self, seconds: float, kind: type[ev.Event], *, src: str, dst: str, mac: str, **fields: Any) -> Dialogue:  # noqa: ANN401 - see above
        frame = len(self.said) + 1
        origin = Origin(at(seconds), "any", frame, mac, "ff:ff:ff:ff:ff:ff", (), src, dst)
        self.said.append((seconds, kind(*origin, **fields)))
        return self

    def dhcp(
        self,
        seconds: float,
        kind: type[ev.DhcpEvent],
        transaction: int = 1,
        *,
        client: str = MAC,
        server: IPv4Address = SERVER,
        **said: Any,  # noqa: ANN401 - see above
    ) -> Dialogue:
        answers = kind in {ev.DhcpOffer, ev.DhcpAck, ev.DhcpNak}
        fields: dict[str, Any] = {
            "client": client,
            "transaction": transaction,
            "address": ADDRESS if answers else None,
            "your_address": ADDRESS if answers else None,
            "requested": None,
            "server": server if answers else None,
            "next_server": server if answers else None,
            "server_name": "",
            "boot_file": "ipxe.efi" if answers and server == SERVER else "",
            "user_class": (),
            "vendor_class": "",
            "architectures": (),
            "host_name": "",
            "server_port": 67,
        }
        mac = {SERVER: SERVER_MAC, ROGUE: ROGUE_MAC}.get(server, SERVER_MAC) if answers else client
        src = str(server) if answers else "0.0.0.0"  # noqa: S104 - a client that has no address yet
        return self.add(seconds, kind, src=src, dst="255.255.255.255", mac=mac, **fields | said)

    def lease(self, seconds: float, transaction: int, *, client: str = MAC) -> Dialogue:
        """Add a whole lease, from the search for servers to the acknowledgement."""
        self.dhcp(seconds, ev.DhcpDiscover, transaction, client=client)
        self.dhcp(seconds + 0.01, ev.DhcpOffer, transaction, client=client)
        self.dhcp(seconds + 0.02, ev.DhcpRequest, transaction, client=client)
        return self.dhcp(seconds + 0.03, ev.DhcpAck, transaction, client=client)

    def searches(self, *moments: float, client: str = MAC) -> Dialogue:
        """Add searches for servers that nobody answers."""
        for moment in moments:
            self.dhcp(moment, ev.DhcpDiscover, round(moment * 100), client=client)
        return self

    def tftp(self, seconds: float, *, answered: bool, port: int = 2000, file: str = "ipxe.efi") -> Dialogue:
        client = Endpoint(ADDRESS, port)
        ends: dict[str, Any] = {"src": str(ADDRESS), "dst": str(SERVER), "mac": MAC, "client": client, "file": file}
        self.add(seconds, ev.TftpRequest, **ends, write=False, mode="octet", options=())
        if answered:
            self.add(seconds + 1, ev.TftpComplete, **ends, octets=1000, blocks=2, missing=0)
        return self

    def http(
        self, seconds: float, answered: float | None, target: str = "/vmlinuz", status: int = 200, port: int = 50000
    ) -> Dialogue:
        client = Endpoint(ADDRESS, port)
        ends: dict[str, Any] = {"client": client, "server": Endpoint(SERVER, 80), "method": "GET", "target": target}
        self.add(
            seconds, ev.HttpRequest, src=str(ADDRESS), dst=str(SERVER), mac=MAC, **ends, host="", user_agent="iPXE"
        )
        if answered is not None:
            back: dict[str, Any] = {"src": str(SERVER), "dst": str(ADDRESS), "mac": SERVER_MAC, **ends}
            self.add(answered, ev.HttpResponse, **back, status=status, content_length=9)
            self.add(answered + 0.1, ev.HttpComplete, **back, status=status, octets=9, missing=0, whole=True)
        return self

    def record(self, *journals: Journal, **more: Any) -> Record:  # noqa: ANN401 - see above
        return record(*journals, heard=sorted(self.said, key=lambda one: one[0]), topology=T036, **more)
