"""The switch kind of network: one VLAN-aware learning switch in user space, and a link for each card plugged in."""

from __future__ import annotations

import itertools
import socket
from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from harness.network import ports
from harness.network.channel import MAX_DESCRIPTORS
from harness.network.group import widen
from harness.network.protocol import Attachment, Change, Counters, UdpAttachment
from harness.network.switch_link import Cut, Link
from harness.network.switch_process import SwitchProcess
from harness.network.wiring import Card, Plug, make_cards

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from harness.capture.notes import Note
    from harness.errors import LabError
    from harness.network.hearing import Hearing, Match
    from harness.sandbox.netns import NetworkNamespace

LOCALHOST = IPv4Address("127.0.0.1")

GUESTS_PORTS = range(10_000, 32_768)
"""Below those that the kernel gives to sockets by itself (ip(7), ip_local_port_range): guests bind theirs later."""


class SwitchNetwork:
    """A switch and its links. The capture of all of them is one file, `capture`, with an interface for each."""

    def __init__(
        self,
        folder: Path,
        namespace: NetworkNamespace,
        *,
        seed: int = 0,
        on_death: Callable[[LabError], None] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.capture = folder / "switch.pcapng"
        self.links: dict[str, Link] = {}
        self.process = SwitchProcess(self.capture, namespace=namespace, seed=str(seed), on_death=on_death)
        self.namespace = namespace
        self._numbers = itertools.count()
        self._plugged: set[str] = set()
        self._guests: dict[str, int] = {}

    @property
    def captures(self) -> tuple[Path, ...]:
        """The capture: one file for all links."""
        return (self.capture,)

    @property
    def changes(self) -> Sequence[Change]:
        """What was done to links and to hearing, in order; links by their names."""
        names = {link.number: link.name for link in self.links.values()}
        return [replace(change, arguments=_named(change.arguments, names)) for change in self.process.changes]

    def start(self) -> None:
        """Start the switch. Raises `LabError` where it does not start."""
        self.process.start()

    def lay(self, names: Iterable[str]) -> list[Link]:
        """Lay cables that nothing is plugged into yet; those that are there stay as they are. Returns their links."""
        new = [Link(self.process, name, next(self._numbers)) for name in dict.fromkeys(names) if name not in self.links]
        if new:
            self.process.tell("lay", links=[(link.number, link.name) for link in new])
            self.links.update({link.name: link for link in new})
        return [self.links[name] for name in names]

    def plug(self, plugs: Sequence[Plug]) -> list[Link]:
        """Plug TAP devices in, in few messages; returns their links. Raises `ValueError` for a name that is taken."""
        return self._plug(plugs, [wanted("tap", plug) for plug in plugs])

    def wire(self, place: NetworkNamespace, cards: Mapping[str, Card]) -> list[Link]:
        """Make cards, by the names of their links, in a namespace, and plug them in; returns their links.

        Raises `HostError` where TAP devices can't be made, `ValueError` for a name that is taken.
        """
        return self.plug(make_cards(place, cards))

    def attach(self, name: str, card: Card) -> Attachment:
        """Make a link for a guest's card and return what the card plugs into: a UDP socket's two ends."""
        local = self.namespace.run(lambda: self._port_of_guest(name))
        ours = self.namespace.run(_udp_socket)
        ours.connect((str(LOCALHOST), local))
        port = ours.getsockname()[1]
        plug = Plug(name, card.mode, {0: ours.detach()}, card.switch)
        self._plug([plug], [wanted("udp", plug)])
        return UdpAttachment(LOCALHOST, port, local)

    def connect(self, name: str, first: str, second: str, *, vlans: Collection[int], wan: bool = False) -> Link:
        """Join two switches by a cable that carries some VLANs, tagged; returns its link."""
        (link,) = self._links_for([name])
        far = next(self._numbers)
        cable = {"switches": [first, second], "vlans": sorted(vlans), "wan": wan}
        self.process.tell("connect", number=link.number, far=far, cable=cable)
        self._plugged.add(name)
        return link

    def unplug(self, names: Sequence[str]) -> dict[str, Counters]:
        """Pull cards out, and leave their links; returns what these have counted.

        Raises `KeyError` for a link that nothing is plugged into.
        """
        for name in names:
            if name not in self._plugged:
                raise KeyError(name)
        numbers = [self.links[name].number for name in names]
        last = self.process.tell("unplug", numbers=numbers)
        self._plugged -= set(names)
        return {name: Counters(**counted) for name, counted in last.items()}

    def deafen(self, who: Hearing, *, only: Match | None = None) -> Cut:
        """Keep links from hearing others: all frames, or `only` some. In force until healed.

        `who` names links, by the link that a frame came in by: what a router passes on is heard from the router.
        """
        number = next(self._numbers)
        deaf = {
            self.links[listener].number: [self.links[speaker].number for speaker in sorted(speakers)]
            for listener, speakers in who.items()
        }
        self.process.tell("deafen", rule=number, deaf=deaf, only=only.to_json() if only else None)
        return Cut(self.process, number)

    def counters(self) -> dict[str, Counters]:
        """Return what each link has counted, after the capture on disk is brought up to date."""
        return {name: Counters(**counted) for name, counted in self.process.tell("flush")["links"].items()}

    def flush(self) -> None:
        """Bring the capture on disk up to date."""
        self.process.tell("flush")

    def note(self, note: Note) -> None:
        """Have the capture say, where it is now, what was done."""
        self.process.tell("note", **note._asdict())

    def wake(self, descriptor: int) -> None:
        """Have an event counter (eventfd(2)) raised whenever the capture on disk has grown, within milliseconds."""
        self.process.tell("wake", descriptors=[descriptor])

    def stop(self) -> None:
        """Stop the switch; all links are gone. Raises `LabError` where it had died before."""
        self.links.clear()
        self._plugged.clear()
        self.process.stop()

    def _port_of_guest(self, link: str) -> int:
        """Return the UDP port of a guest's card, always the same for a link; the guest binds it when it starts."""
        if link not in self._guests:
            given = set(self._guests.values())
            self._guests[link] = next(port for port in GUESTS_PORTS if port not in given and _is_free(port))
        return self._guests[link]

    def _plug(self, plugs: Sequence[Plug], told: Sequence[dict[str, object]]) -> list[Link]:
        """Hand descriptors to the switch, with what it is told about each; they are closed here in any case."""
        try:
            made = self._links_for([plug.name for plug in plugs])
            for one, link in zip(told, made, strict=True):
                one["number"] = link.number
            for some in _batches(list(zip(plugs, told, strict=True))):
                passed = [descriptor for plug, _ in some for descriptor in plug.descriptors.values()]
                self.process.tell("plug", descriptors=passed, ports=[one for _, one in some])
        finally:
            for plug in plugs:
                plug.close()
        self._plugged |= {link.name for link in made}
        return made

    def _links_for(self, names: Sequence[str]) -> list[Link]:
        """Return the links of what is plugged in now; those that are not there yet are laid."""
        taken = [name for number, name in enumerate(names) if name in self._plugged or name in names[:number]]
        if taken:
            raise ValueError(f"something is plugged into the link {taken[0]} already")
        return self.lay(names)


def _named(arguments: Mapping[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    """Return what a command was told, with the names of links for their numbers."""
    told = dict(arguments)
    if "number" in told:
        told = {"link": names.get(told.pop("number")), **told}
    if "deaf" in told:
        deaf = told["deaf"].items()
        told["deaf"] = {names.get(listener): [names.get(one) for one in speakers] for listener, speakers in deaf}
    return told


def wanted(kind: str, plug: Plug, **more: object) -> dict[str, object]:
    """Return what the switch is told about a port."""
    mode, tags = ports.to_json(plug.mode), list(plug.descriptors)
    return {"name": plug.name, "kind": kind, "mode": mode, "tags": tags, "switch": plug.switch, **more}


def _batches(items: Sequence[tuple[Plug, dict[str, object]]]) -> Iterator[list[tuple[Plug, dict[str, object]]]]:
    """Yield as many at once as one message can carry the descriptors of."""
    some: list[tuple[Plug, dict[str, object]]] = []
    room = MAX_DESCRIPTORS
    for item in items:
        needed = len(item[0].descriptors)
        if needed > room:
            yield some
            some, room = [], MAX_DESCRIPTORS
        some.append(item)
        room -= needed
    if some:
        yield some


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(LOCALHOST), port))
        except OSError:
            return False
    return True


def _udp_socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((str(LOCALHOST), 0))
    widen(made)
    return made
