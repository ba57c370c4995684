"""What every kind of network is: switches, links that can be controlled at run time, and what machines plug into.

A link is one cable. Its directions are named by its first end, which is a machine's card, or the first of two switches:
``up`` is what that end sends, ``down`` what it hears. `harness.network.conformance` holds what a kind must do.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address  # noqa: TC003 - a part of a public value
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from harness.capture.notes import Note
    from harness.network.hearing import Hearing, Match
    from harness.network.impairment import Impairment
    from harness.network.wiring import Card
    from harness.sandbox.netns import NetworkNamespace

Direction = Literal["up", "down"]
"""``up`` is what the link's first end sends, ``down`` what it hears."""

BOTH: tuple[Direction, ...] = ("up", "down")


@dataclass(frozen=True)
class UdpAttachment:
    """A guest's card on a UDP socket (libvirt, ``<interface type='udp'>``): where it sends to, and where it listens."""

    host: IPv4Address
    port: int
    local_port: int


@dataclass(frozen=True)
class MulticastAttachment:
    """A guest's card in a group (libvirt, ``<interface type='mcast'>``)."""

    group: IPv4Address
    port: int


@dataclass(frozen=True)
class TapAttachment:
    """A guest's card on a TAP device that is there already (libvirt, ``<interface type='ethernet'>``)."""

    device: str


Attachment = UdpAttachment | MulticastAttachment | TapAttachment


@dataclass(frozen=True)
class Counters:
    """What a link has carried, and what it has not.

    `received` came from its first end, `sent` went there. `dropped` is what the switch refused, by its reason; `up` and
    `down` are what the link's conditions did, by their name.
    """

    received: int
    received_bytes: int
    sent: int
    sent_bytes: int
    dropped: Mapping[str, int]
    up: Mapping[str, int]
    down: Mapping[str, int]


@dataclass(frozen=True)
class Change:
    """Something that was done to links or to hearing: when it was in force (nanoseconds since 1970), and what."""

    time_ns: int
    command: str
    arguments: Mapping[str, Any]


class Link(Protocol):
    """One cable."""

    @property
    def name(self) -> str:
        """Its name: ``node01/eth1`` for a machine's card, ``core--tor1`` between switches."""

    def impair(self, value: Impairment, *, directions: Sequence[Direction] = BOTH) -> None:
        """Replace the impairment of one direction or both.

        Raises `HostError` where this kind can't do that on this host.
        """

    def impairment(self, direction: Direction) -> Impairment:
        """Return the impairment of a direction, read back from what enforces it."""

    def is_cut(self, direction: Direction) -> bool:
        """Say whether a direction is cut, read back from what enforces it."""

    def cut(self, *, directions: Sequence[Direction] = BOTH, carrier: bool = True) -> bool:
        """Block one direction or both; each call replaces what an earlier one has cut.

        Where both are cut and `carrier` is true, the machine sees its carrier go. Returns whether this network can show
        that: a guest on a socket sees it only by its hypervisor.
        """

    def restore(self) -> None:
        """Let everything through again, in both directions. The impairment stays as it is."""

    def counters(self) -> Counters:
        """Return what the link has carried, and what was done to its frames."""


class Cut(Protocol):
    """A rule that keeps some links from hearing others, in force until it is healed. Also a context manager."""

    def dropped(self) -> int:
        """Return how many frames the rule has dropped."""

    def heal(self) -> int:
        """Let them hear each other again; returns how many frames the rule dropped. Twice is harmless."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Network(Protocol):
    """Switches and the links of everything that is plugged into them. A switch is there when something names it."""

    @property
    def links(self) -> Mapping[str, Link]:
        """Every link that was laid, by its name."""

    @property
    def captures(self) -> Sequence[Path]:
        """The capture files (pcapng, an interface for each link), up to date after `flush`."""

    @property
    def changes(self) -> Sequence[Change]:
        """What was done to links and to hearing, in order."""

    def start(self) -> None:
        """Start the network. Raises `HostError` where this host can't run it, `LabError` where it does not start."""

    def lay(self, names: Iterable[str]) -> Sequence[Link]:
        """Lay cables that nothing is plugged into yet; those that are there stay as they are. Returns their links.

        A link outlasts what is plugged in: what is done to it holds for the next card, and its counters go on.
        """

    def wire(self, place: NetworkNamespace, cards: Mapping[str, Card]) -> Sequence[Link]:
        """Make cards, by the names of their links, in a namespace, and plug them in; returns their links.

        Raises `HostError` where that can't be done here, `ValueError` for a name that is taken. Nothing is left then.
        """

    def attach(self, name: str, card: Card) -> Attachment:
        """Make a link for a guest's card, and return what the card plugs into. Raises as `wire`."""

    def connect(self, name: str, first: str, second: str, *, vlans: Collection[int], wan: bool = False) -> Link:
        """Join two switches by a cable that carries some VLANs, tagged; returns its link.

        A frame that came in by a WAN leaves by none, so that lines between all sites make no loop (split horizon).
        """

    def unplug(self, names: Sequence[str]) -> Mapping[str, Counters]:
        """Pull cards out, and leave their links; returns what these have counted.

        Raises `KeyError` for a link that nothing is plugged into.
        """

    def deafen(self, who: Hearing, *, only: Match | None = None) -> Cut:
        """Keep links from hearing others: all frames, or `only` some. In force until healed.

        `who` names the links of cards. What counts is the link by which a frame first came to a switch: what a router
        passes on is heard from the router.
        """

    def counters(self) -> Mapping[str, Counters]:
        """Return what each link has counted, after the captures on disk are brought up to date."""

    def flush(self) -> None:
        """Bring the captures on disk up to date. What got lost to them since the last time is noted in them."""

    def note(self, note: Note) -> None:
        """Have a capture say, where it is now, what was done."""

    def wake(self, descriptor: int) -> None:
        """Have an event counter (eventfd(2)) raised, from now on, whenever the captures on disk have grown.

        They grow without delay from then on. There is one such reader: the last.
        """

    def stop(self) -> None:
        """Stop the network; all links are gone. Raises `LabError` where a part of it had died before."""
