"""Who is who on the wire: the names of machines for their addresses, as the topology gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from harness.capture.describe import own_fields
from harness.capture.events import HarnessEvent, Undecodable
from harness.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.capture.events import Event
    from harness.topology.model import Topology

EVERYONE = "ff:ff:ff:ff:ff:ff"
NOT_ONE = {"", "0.0.0.0", "::", "255.255.255.255"}  # noqa: S104 - addresses of nobody, or of everybody
NOTHING = (None, "", (), b"", 0)
LONGEST = 80
"""Characters of a field's value that are shown."""


@dataclass(frozen=True)
class Names:
    """The names that addresses stand for, MAC and IP alike, in lower case."""

    known: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, topology: Topology) -> Self:
        """Return the names of a topology's machines by all their addresses, and of its boot server by its own."""
        known: dict[str, str] = {}
        for machine in topology.machines:
            for nic in machine.nics:
                known[nic.mac.lower()] = machine.name
                known |= {str(address): machine.name for address in nic.addresses.values() if address is not None}
        if topology.boot_server is not None:
            known[str(topology.boot_server.address)] = topology.boot_server.name
        return cls(known)

    def of_address(self, address: str) -> str:
        """Return the name for an address, or the address itself."""
        return "everyone" if address == EVERYONE else self.known.get(address, address)

    def sender(self, event: Event) -> str:
        """Return who said it: by the IP address, since behind a router the frame is the router's, else by the MAC."""
        return self._end(event.src, event.sent_by)

    def receiver(self, event: Event) -> str:
        """Return to whom it was said."""
        return self._end(event.dst, event.sent_to)

    def who(self, event: Event) -> frozenset[str]:
        """Return everybody whom an event is about: both ends, a DHCP message's client, whom the harness did it to."""
        if isinstance(event, HarnessEvent):
            return frozenset(one.partition("/")[0] for one in event.who)
        client = getattr(event, "client", None)
        about = [client] if isinstance(client, str) else []
        ends = (event.sent_by, event.sent_to, event.src, event.dst, *about)
        return frozenset(self.known[end] for end in ends if end in self.known)

    def tell(self, event: Event, since: int | None = None) -> str:
        """Return an event as a line: its frame, how long after `since`, its link, who said what to whom."""
        when = f" {_after(event.time, since)}" if since is not None else ""
        where = f"frame {event.frame}{when} on {event.link}"
        if isinstance(event, HarnessEvent):
            return f"{where}: {event.what} {', '.join(event.who)} {event.details}".rstrip()
        if isinstance(event, Undecodable):
            return f"{where}: {event.expected or 'a frame'} from {self.sender(event)} can't be read: {event.reason}"
        ends = f"{event.kind} from {self.sender(event)} to {self.receiver(event)}"
        said = [f"{name}={shown(value)}" for name, value in own_fields(event) if value not in NOTHING]
        return " ".join([f"{where}: {ends}", *said])

    def _end(self, ip: str, mac: str) -> str:
        if ip in self.known:
            return self.known[ip]
        if mac in self.known or ip in NOT_ONE or ip == mac:
            return self.of_address(mac)
        return ip


def shown(value: object) -> str:
    """Return a value as failure messages show it: on one line, and not too long."""
    words = value.hex() if isinstance(value, bytes) else str(value)
    words = " ".join(words.split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def _after(time: int, since: int) -> str:
    span = format_duration(timedelta(microseconds=abs(time - since) / 1000))
    return f"(+{span})" if time >= since else f"({span} before)"
