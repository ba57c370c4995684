"""The devices of a network of bridges, in one namespace: bridges, their ports, and the cables between them."""

from __future__ import annotations

import contextlib
import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from harness.network import tap
from harness.network.bridge import devices
from harness.network.bridge.netlink import Netlink
from harness.network.ports import Access, Trunk
from harness.network.wiring import NO_IPV6, UNTAGGED
from harness.sandbox.waiting import wait_until
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from harness.network.bridge.features import Features
    from harness.network.bridge.netlink import Message
    from harness.network.ports import PortMode
    from harness.network.wiring import Card
    from harness.sandbox.netns import NetworkNamespace

GROUPS = 1 << 31
FIRST_INDEX, MOST_PORTS = 1 << 24, 1 << 13
"""Where ports' indexes begin, which the kernel itself does not reach, and how many one network may have."""

SOON = 10 * seconds


@dataclass(frozen=True)
class Port:
    """A device that is a bridge's port: what comes in by it was sent by its link's first end."""

    device: str
    index: int


class Plant:
    """Makes devices, and takes them away. All of them are in one group, whose number nobody else has."""

    def __init__(self, place: NetworkNamespace, features: Features) -> None:
        self.netlink = Netlink(place)
        self._place = place
        self._features = features
        self._prefix = f"h{os.urandom(3).hex()}"
        self._group = int.from_bytes(os.urandom(4), "big") % GROUPS + 1
        self._numbers = itertools.count()
        self._indexes = itertools.count(int.from_bytes(os.urandom(2), "big") * MOST_PORTS + FIRST_INDEX)
        self._bridges: dict[str, int] = {}

    def wire(self, place: NetworkNamespace, cards: Mapping[str, Card]) -> dict[str, Port]:
        """Make cards in a namespace, by the names of their links, and plug them in; returns their ports.

        Raises `HostError` for what the kernel lacks, `OSError` for what it refuses. Nothing is left then.
        """
        if any(card.mode.tagged for card in cards.values()):
            self._features.require("vlan_filtering", "vlan_devices")
        ports = {link: self._new_port() for link in cards}
        with self._undone([port.device for port in ports.values()]), _Machine(place) as machine:
            self.netlink.tell(
                [
                    devices.add_port(
                        port.device,
                        port.index,
                        self._group,
                        self._bridge(cards[link].switch, cards[link].mode),
                        peer=devices.card(cards[link].name, place.fileno(), cards[link].mac, tap.QUEUE_LENGTH),
                        what=f"card {link}",
                    )
                    for link, port in ports.items()
                ]
            )
            self._plug({link: (port, cards[link].mode) for link, port in ports.items()})
            machine.configure(list(cards.values()))
            self.wait_for(list(ports.values()))
        return ports

    def add_tap(self, link: str, card: Card) -> Port:
        """Make a TAP device for a guest's card, and plug it in. Raises as `wire`."""
        if card.mode.tagged:
            self._features.require("vlan_filtering")
        name = self._name("t")
        with self._undone([name]):
            self._place.run(lambda: tap.make_persistent(name))
            port = self._port(name)
            self.netlink.tell([devices.enslave(port.index, self._bridge(card.switch, card.mode), link)])
            self._plug({link: (port, card.mode)})
        return port

    def connect(self, link: str, first: str, second: str, *, vlans: Collection[int], wan: bool) -> Port:
        """Join two bridges by a cable for some VLANs; returns the port on the second. Raises as `wire`."""
        self._features.require("vlan_filtering")
        near, far = self._new_port(), self._name("c")
        with self._undone([near.device]):
            peer = devices.other_port(far, self._group)
            bridge = self._bridge(second)
            self.netlink.tell([devices.add_port(near.device, near.index, self._group, bridge, peer=peer, what=link)])
            ends = [near, self._port(far)]
            messages = [devices.enslave(ends[1].index, self._bridge(first), link)]
            for end in ends:
                messages.append(devices.join_vlans(end.index, Trunk(frozenset(vlans)), link))
                messages += [devices.isolate(end.index, link)] if wan else []
                messages += devices.settle(end.index, self._group, link)
            self.netlink.tell(messages)
            self.wait_for(ends)
        return near

    def add_way_back(self, link: str) -> Port:
        """Make an intermediate device, through which what comes in by a port can be sent."""
        name = self._name("i")
        with self._undone([name]):
            self.netlink.tell([devices.add_ifb(name, self._group)])
            made = self._port(name)
            self.netlink.tell(devices.settle(made.index, self._group, link))
        return made

    def wait_for(self, ports: Sequence[Port]) -> None:
        """Wait until ports that have a carrier forward frames. Raises `NotSeen` where they don't."""
        waiting = list(ports)

        def look() -> bool:
            waiting[:] = [port for port in waiting if not devices.forwards(self.netlink, port.index)]
            return not waiting

        wait_until("forwarding ports", look, within=SOON, interval=1 * milliseconds, show=lambda: waiting)

    def remove(self, gone: Sequence[Port]) -> None:
        """Take devices away, all at once; those whose machine went before are gone already."""
        group = self._group ^ GROUPS
        there = [port for port in gone if self.has(port)]
        if there:
            self.netlink.tell([devices.join_group(port.index, group, port.device) for port in there])
            self.netlink.tell([devices.delete_group(group)])

    def has(self, port: Port) -> bool:
        """Say whether a device is still there: those of a machine go with its namespace."""
        try:
            return self.netlink.index(port.device) == port.index
        except OSError:
            return False

    def close(self) -> None:
        """Take all devices away. Twice is harmless."""
        with contextlib.suppress(OSError):  # where there are none, or where it is closed
            self.netlink.tell([devices.delete_group(self._group)])
        self.netlink.close()

    def _plug(self, ports: Mapping[str, tuple[Port, PortMode]]) -> None:
        """Give ports their VLANs, then bring them up."""
        messages: list[Message] = []
        for link, (port, mode) in ports.items():
            if self._features.vlan_filtering:
                messages.append(devices.join_vlans(port.index, mode, link))
            messages += devices.settle(port.index, self._group, link)
        self.netlink.tell(messages)

    def _bridge(self, switch: str, mode: PortMode | None = None) -> int:
        """Return the index of a switch's bridge: one for all VLANs, or one for each where the kernel knows none."""
        segment = isinstance(mode, Access) and not self._features.vlan_filtering
        key = f"{switch} VLAN {mode.native}" if segment and mode is not None else switch
        if key not in self._bridges:
            name = self._name("b")
            with self._undone([name]):
                self.netlink.tell(
                    [devices.add_bridge(name, self._group, key, vlans=self._features.vlan_filtering)],
                )
                index = self.netlink.index(name)
                self.netlink.tell(devices.settle(index, self._group, key))
            self._bridges[key] = index
        return self._bridges[key]

    def _name(self, kind: str) -> str:
        return f"{self._prefix}{kind}{next(self._numbers)}"

    def _new_port(self) -> Port:
        """Return a name and an index for a port that is to be made.

        A port's index is not its other end's: the kernel takes its time to see the carrier of such a pair, a second.
        """
        return Port(self._name("p"), next(self._indexes))

    def _port(self, name: str) -> Port:
        return Port(name, self.netlink.index(name))

    @contextlib.contextmanager
    def _undone(self, names: Sequence[str]) -> Iterator[None]:
        """Take away what was made of these devices where the rest fails."""
        try:
            yield
        except BaseException:
            for name in names:
                with contextlib.suppress(OSError):
                    self.netlink.tell([devices.delete(self.netlink.index(name), name)])
            raise


class _Machine:
    """A machine's namespace, entered once for all of its cards."""

    def __init__(self, place: NetworkNamespace) -> None:
        place.run(_no_ipv6)
        self._netlink = Netlink(place)

    def configure(self, cards: Sequence[Card]) -> None:
        """Bring cards up, with their interfaces for VLANs and all addresses."""
        lower = {card.name: self._netlink.index(card.name) for card in cards}
        self._netlink.tell(
            [devices.raise_link(index, name) for name, index in lower.items()]
            + [
                devices.add_vlan_device(name, lower[card.name], tag)
                for card in cards
                for tag, name in card.interfaces().items()
                if tag != UNTAGGED
            ]
        )
        messages = []
        for card in cards:
            for tag, name in card.interfaces().items():
                index = self._netlink.index(name)
                messages.append(devices.raise_link(index, name))
                messages += [devices.add_address(index, address) for address in card.addresses_of(tag)]
        self._netlink.tell(messages)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._netlink.close()


def _no_ipv6() -> None:
    with contextlib.suppress(OSError):  # a thousand machines that look for IPv6 neighbours are a storm
        NO_IPV6.write_text("1")
