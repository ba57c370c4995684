"""The timeline of a capture: its events in the order of time, decoded when they are first asked for."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Self, TypeVar

from harness.capture.decoding import Decoding
from harness.capture.dissector import Dissector, Ports
from harness.capture.events import Event, Undecodable
from harness.capture.files.reader import open_reader
from harness.capture.network_queries import (
    ArpQueries,
    BfdQueries,
    BgpQueries,
    IcmpQueries,
    VrrpQueries,
    VxlanQueries,
)
from harness.capture.patterns import InOrder, Like, Pattern, in_order, matches
from harness.capture.queries import DhcpQueries, GossipQueries, HarnessQueries, HttpQueries, RaftQueries, TftpQueries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import timedelta
    from pathlib import Path

    from harness.capture.frames import Frame

E = TypeVar("E", bound=Event)

BY_TIME = attrgetter("time", "frame")


class Timeline:
    """Events of a capture, or of a part of one.

    `wire.dhcp`, `wire.tftp`, `wire.http`, `wire.raft` and `wire.gossip` answer questions about one protocol each;
    `after`, `before` and `on` narrow the timeline, `of`, `in_order` and `undecodable` look through it. `notes` say
    what is to be known of the capture itself: that it ends within a frame, or what was passed over.
    """

    def __init__(self, events: Iterable[Event]) -> None:
        self._source = events
        self._sorted: tuple[Event, ...] | None = None

    @classmethod
    def from_frames(cls, frames: Iterable[Frame], ports: Ports | None = None) -> Self:
        """Return the timeline of frames that are in the order of their capture. They are decoded when it is asked."""
        return cls(_decoded(frames, Dissector(ports)))

    @property
    def events(self) -> tuple[Event, ...]:
        """All events, by time, then by frame."""
        if self._sorted is None:
            self._sorted = tuple(sorted(self._source, key=BY_TIME))
        return self._sorted

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of the capture."""
        return ()

    @property
    def dhcp(self) -> DhcpQueries:
        """Questions about DHCP."""
        return DhcpQueries(self._about("dhcp"))

    @property
    def tftp(self) -> TftpQueries:
        """Questions about TFTP."""
        return TftpQueries(self._about("tftp"))

    @property
    def http(self) -> HttpQueries:
        """Questions about HTTP."""
        return HttpQueries(self._about("http"))

    @property
    def raft(self) -> RaftQueries:
        """Questions about Raft."""
        return RaftQueries(self._about("raft"))

    @property
    def gossip(self) -> GossipQueries:
        """Questions about gossip."""
        return GossipQueries(self._about("gossip"))

    @property
    def harness(self) -> HarnessQueries:
        """Questions about what the harness did."""
        return HarnessQueries(self._about("harness"))

    @property
    def arp(self) -> ArpQueries:
        """Questions about ARP."""
        return ArpQueries(self._about("arp"))

    @property
    def icmp(self) -> IcmpQueries:
        """Questions about ICMP."""
        return IcmpQueries(self._about("icmp"))

    @property
    def vxlan(self) -> VxlanQueries:
        """Questions about VXLAN."""
        return VxlanQueries(self.events)

    @property
    def bgp(self) -> BgpQueries:
        """Questions about BGP."""
        return BgpQueries(self._about("bgp"))

    @property
    def bfd(self) -> BfdQueries:
        """Questions about BFD."""
        return BfdQueries(self._about("bfd"))

    @property
    def vrrp(self) -> VrrpQueries:
        """Questions about VRRP."""
        return VrrpQueries(self._about("vrrp"))

    @property
    def undecodable(self) -> Sequence[Undecodable]:
        """What could not be read, and why."""
        return self.of(Undecodable)

    def of(self, kind: type[E], **conditions: object) -> Sequence[E]:
        """Return the events of a kind whose fields have the given values, as `harness.capture.patterns.Like`."""
        like = Like(kind, **conditions)
        return [event for event in self.events if isinstance(event, kind) and like(event)]

    def first(self, pattern: Pattern) -> Event | None:
        """Return the first event that fits, None without any."""
        return next((event for event in self.events if matches(pattern, event)), None)

    def in_order(self, *patterns: Pattern, within: timedelta | None = None) -> InOrder:
        """Return whether events that fit the patterns came one after another, and which."""
        return in_order(self.events, patterns, within=within)

    def after(self, time: int) -> Timeline:
        """Return the part of the timeline from `time` on, in nanoseconds since 1970."""
        return Timeline(event for event in self.events if event.time >= time)

    def before(self, time: int) -> Timeline:
        """Return the part of the timeline before `time`, in nanoseconds since 1970."""
        return Timeline(event for event in self.events if event.time < time)

    def on(self, *links: str) -> Timeline:
        """Return what was seen on these links: a frame that crosses a switch is seen once on each side of it."""
        return Timeline(event for event in self.events if event.link in links)

    def __len__(self) -> int:
        return len(self.events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def _about(self, protocol: str) -> tuple[Event, ...]:
        """Return events among which all of a protocol are, by time, then by frame."""
        del protocol
        return self.events


class FileTimeline(Timeline):
    """The timeline of a file. Questions about one protocol decode what concerns that, until everything is decoded.

    Raises as `read`.
    """

    def __init__(self, path: Path, ports: Ports | None = None) -> None:
        super().__init__(())
        self._path = path
        self._ports = ports
        self._notes: tuple[str, ...] = ()
        self._asked: dict[str, tuple[Event, ...]] = {}
        with path.open("rb") as file:
            open_reader(file, str(path))

    @property
    def events(self) -> tuple[Event, ...]:
        """All events, by time, then by frame."""
        if self._sorted is None:
            self._sorted = self._decode(None)
        return self._sorted

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of the capture."""
        _ = self.events
        return self._notes

    def _about(self, protocol: str) -> tuple[Event, ...]:
        if self._sorted is not None:
            return self._sorted
        if protocol not in self._asked:
            self._asked[protocol] = self._decode([protocol])
        return self._asked[protocol]

    def _decode(self, protocols: Collection[str] | None) -> tuple[Event, ...]:
        with self._path.open("rb", buffering=0) as file:
            decoding = Decoding(file, str(self._path), ports=self._ports, protocols=protocols)
            events = tuple(sorted(decoding, key=BY_TIME))
            self._notes = tuple(decoding.notes)
        return events


def read(path: Path, ports: Ports | None = None) -> Timeline:
    """Return the timeline of a pcapng or pcap file; `ports` say which ports speak Raft, gossip and HTTP.

    Raises `CaptureError` where the file is no capture at all, `OSError` as `open` does. A frame that can't be decoded
    becomes an `Undecodable` event, and a damaged or cut-off end of the file a note.
    """
    return FileTimeline(path, ports)


def _decoded(frames: Iterable[Frame], dissector: Dissector) -> Iterator[Event]:
    for frame in frames:
        yield from dissector.frame(frame)
    yield from dissector.finish()
