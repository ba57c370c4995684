"""A seat on a segment: it speaks as any client, hears what is sent there, and answers ARP for who sits on it."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Self, TypeVar

from harness.capture.frames import Frame
from harness.capture.protocols import arp, ethernet
from harness.capture.protocols.malformed import Malformed
from harness.incident.replay.datagram import of_frame
from harness.network.station import Station
from harness.units import milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from ipaddress import IPv4Address

    from harness.incident.replay.datagram import Datagram
    from harness.sandbox.netns import NetworkNamespace

T = TypeVar("T")

EVERYONE = "ff:ff:ff:ff:ff:ff"
NOBODY = "00:00:00:00:00:00"
AGAIN = 500 * milliseconds
"""After which ARP asks again: an interface that is just up, or a lossy cable, loses a question."""

MOST_HEARD = 4096
ETHERNET_AND_IPV4 = bytes.fromhex("000108000604")


class Seat:
    """A raw socket on an interface, and the addresses that are answered for. Use it as a context manager.

    The interface needs no address, and must not have the client's own: its kernel would answer beside the client.
    """

    def __init__(self, place: NetworkNamespace, interface: str) -> None:
        """Sit down. Raises `OSError` where there is no such interface, or where raw sockets are not allowed."""
        self._station = Station(place, interface)
        self._sitting: dict[IPv4Address, str] = {}
        self._known: dict[IPv4Address, str] = {}
        self._heard: deque[Datagram] = deque(maxlen=MOST_HEARD)

    def sit(self, address: IPv4Address, mac: str) -> None:
        """Answer ARP for an address from now on."""
        self._sitting[address] = mac

    def send(self, frame: bytes) -> None:
        """Send a frame as it is."""
        self._station.send(frame)

    def hear(self, within: timedelta, take: Callable[[Datagram], T | None]) -> T | None:
        """Hear datagrams until `take` returns something, and return that; None where it did not in time."""
        deadline = time.monotonic() + within.total_seconds()
        while True:
            self._listen()
            while self._heard:
                if (taken := take(self._heard.popleft())) is not None:
                    return taken
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._station.wait(left)

    def find(self, address: IPv4Address, asker: IPv4Address, mac: str, within: timedelta) -> str | None:
        """Return the MAC address of a neighbour, asked for by ARP in the client's name; None where it does not tell."""
        deadline = time.monotonic() + within.total_seconds()
        while address not in self._known and (left := deadline - time.monotonic()) > 0:
            self.send(_arp(arp.REQUEST, (mac, asker), (NOBODY, address), EVERYONE))
            again = time.monotonic() + min(left, AGAIN.total_seconds())
            while address not in self._known and (left := again - time.monotonic()) > 0:
                self._station.wait(left)
                self._listen()
        return self._known.get(address)

    def _listen(self) -> None:
        """Take in what came: ARP is minded at once, datagrams wait for whoever asks for them."""
        for heard in self._station.hear():
            self._mind(heard.frame)
            one = of_frame(Frame(0, heard.time_ns, "", heard.frame, len(heard.frame)))
            if one is not None:
                self._heard.append(one)

    def _mind(self, frame: bytes) -> None:
        """Learn a neighbour's MAC address from an ARP packet, and answer a question about who sits here."""
        try:
            ethertype, _, at = ethernet.parse(frame)
            if ethertype != ethernet.ARP:
                return
            said = arp.parse(frame[at:])
        except Malformed:
            return
        if said.sender.packed != bytes(4):
            self._known[said.sender] = said.sender_mac
        mac = self._sitting.get(said.target)
        if said.operation == arp.REQUEST and mac is not None:
            self.send(_arp(arp.REPLY, (mac, said.target), (said.sender_mac, said.sender), said.sender_mac))

    def close(self) -> None:
        """Leave."""
        self._station.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _arp(operation: int, sender: tuple[str, IPv4Address], target: tuple[str, IPv4Address], to: str) -> bytes:
    body = ETHERNET_AND_IPV4 + operation.to_bytes(2)
    for mac, address in (sender, target):
        body += _octets(mac) + address.packed
    return _octets(to) + _octets(sender[0]) + ethernet.ARP.to_bytes(2) + body


def _octets(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))
