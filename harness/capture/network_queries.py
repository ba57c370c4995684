"""What assertions ask of a timeline about the network itself: ``wire.vxlan.frames(vni=200)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from harness.capture import events as ev
from harness.capture.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Address

STATES = ("AdminDown", "Down", "Init", "Up")


class ArpQueries(Queries):
    """ARP, by the address that is asked for or claimed."""

    def requests(self, address: str | None = None) -> Sequence[ev.ArpRequest]:
        """Return who asked for an address, probes and announcements among them."""
        return [event for event in self._of(ev.ArpRequest) if address in {None, str(event.target)}]

    def probes(self, address: str | None = None) -> Sequence[ev.ArpProbe]:
        """Return who asked whether an address is free."""
        return [event for event in self._of(ev.ArpProbe) if address in {None, str(event.target)}]

    def claims(self, address: str | None = None) -> Sequence[ev.ArpEvent]:
        """Return who said to have an address: by a reply, an announcement, or as the sender of a request."""
        claims = (event for event in self._of(ev.ArpEvent) if int(event.sender))
        return [event for event in claims if address in {None, str(event.sender)}]

    def owners(self) -> dict[IPv4Address, set[str]]:
        """Return the MAC addresses that claimed each address; more than one is a conflict, or a change of hands."""
        found: dict[IPv4Address, set[str]] = {}
        for claim in self.claims():
            found.setdefault(claim.sender, set()).add(claim.sender_mac or claim.sent_by)
        return found


class IcmpQueries(Queries):
    """ICMP and ICMPv6."""

    def requests(self, to: str | None = None) -> Sequence[ev.IcmpEchoRequest]:
        """Return the pings, to an IP address where it is given."""
        return [event for event in self._of(ev.IcmpEchoRequest) if to in {None, event.dst}]

    def replies(self, by: str | None = None) -> Sequence[ev.IcmpEchoReply]:
        """Return the answers to pings, of an IP address where it is given."""
        return [event for event in self._of(ev.IcmpEchoReply) if by in {None, event.src}]

    def unanswered(self) -> Sequence[ev.IcmpEchoRequest]:
        """Return the pings that no captured answer on the same link belongs to."""
        answered = {_ping(reply, reply.dst, reply.src) for reply in self.replies()}
        return [ask for ask in self.requests() if _ping(ask, ask.src, ask.dst) not in answered]

    def unreachable(self, to: str | None = None) -> Sequence[ev.IcmpUnreachable]:
        """Return what says that a packet could not be delivered, to an IP address where it is given."""
        return [event for event in self._of(ev.IcmpUnreachable) if to in {None, event.quoted_dst}]

    def too_big(self, to: str | None = None) -> Sequence[ev.IcmpPacketTooBig]:
        """Return what says that a packet was too big for a link, with the MTU that fits."""
        return [event for event in self._of(ev.IcmpPacketTooBig) if to in {None, event.quoted_dst}]


def _ping(event: ev.IcmpEcho, asker: str, asked: str) -> tuple[object, ...]:
    """Return what a ping and its answer have in common."""
    networks = tuple(tunnel.vni for tunnel in event.tunnels)
    return (event.link, event.vlans, networks, asker, asked, event.identifier, event.sequence)


class VxlanQueries(Queries):
    """VXLAN, by the network's identifier; every network's where none is given."""

    def frames(self, vni: int | None = None) -> Sequence[ev.VxlanFrame]:
        """Return the frames that tunnels carried."""
        return [event for event in self._of(ev.VxlanFrame) if vni in {None, event.vni}]

    def inner(self, vni: int | None = None) -> Sequence[ev.Event]:
        """Return what was said within tunnels."""
        carried = (event for event in self._events if event.tunnels)
        return [event for event in carried if vni is None or any(tunnel.vni == vni for tunnel in event.tunnels)]

    def ends(self, vni: int | None = None) -> set[str]:
        """Return the addresses of the tunnels' ends."""
        return {address for event in self.frames(vni) for address in (event.src, event.dst)}


class BgpQueries(Queries):
    """BGP, by the address of the speaker; every speaker's where none is given."""

    def opens(self, by: str | None = None) -> Sequence[ev.BgpOpen]:
        """Return the openings of sessions."""
        return self._by(ev.BgpOpen, by)

    def updates(self, by: str | None = None) -> Sequence[ev.BgpUpdate]:
        """Return the updates."""
        return self._by(ev.BgpUpdate, by)

    def announced(self, route: str, by: str | None = None) -> Sequence[ev.BgpUpdate]:
        """Return the updates that announce a route, such as ``10.50.0.0/16``."""
        return [event for event in self.updates(by) if route in event.announced]

    def withdrawn(self, route: str, by: str | None = None) -> Sequence[ev.BgpUpdate]:
        """Return the updates that withdraw a route."""
        return [event for event in self.updates(by) if route in event.withdrawn]

    def notifications(self, by: str | None = None) -> Sequence[ev.BgpNotification]:
        """Return the ends of sessions."""
        return self._by(ev.BgpNotification, by)

    def messages(self, by: str | None = None) -> Sequence[ev.BgpEvent]:
        """Return all messages."""
        return self._by(ev.BgpEvent, by)

    def _by(self, kind: type[B], by: str | None) -> list[B]:
        return [event for event in self._of(kind) if by in {None, event.src}]


class BfdQueries(Queries):
    """BFD, by the address of the sender; every one's where none is given."""

    def control(self, by: str | None = None, state: str | None = None) -> Sequence[ev.BfdControl]:
        """Return the control packets, those of a state (AdminDown, Down, Init, Up) where it is given.

        Raises `ValueError` for a state that there is not.
        """
        if state is not None and state not in STATES:
            raise ValueError(f"BFD has no state {state!r}: it has {', '.join(STATES)}")
        return [event for event in self._of(ev.BfdControl) if by in {None, event.src} and state in {None, event.state}]

    def changes(self, by: str | None = None) -> Sequence[ev.BfdControl]:
        """Return the first packet of each state that a side passes through, session by session."""
        last: dict[tuple[str, str, int], str] = {}
        found = []
        for event in self.control(by):
            session = (event.link, event.src, event.my_discriminator)
            if last.get(session) != event.state:
                found.append(event)
            last[session] = event.state
        return found


class VrrpQueries(Queries):
    """VRRP, by the number of the virtual router; every one's where none is given."""

    def advertisements(self, vrid: int | None = None) -> Sequence[ev.VrrpAdvertisement]:
        """Return the advertisements."""
        return [event for event in self._of(ev.VrrpAdvertisement) if vrid in {None, event.vrid}]

    def masters(self, vrid: int) -> Sequence[str]:
        """Return the addresses of those that were master, in the order in which each took over from another."""
        found: list[str] = []
        for event in self.advertisements(vrid):
            if not event.resigns and event.src not in found[-1:]:
                found.append(event.src)
        return found


B = TypeVar("B", bound=ev.BgpEvent)
