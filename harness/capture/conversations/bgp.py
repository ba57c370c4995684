"""BGP events from the connections between speakers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.events import Origin
from harness.capture.protocols import bgp, bgp_update
from harness.capture.protocols.malformed import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harness.capture.events import Endpoint, Event
    from harness.capture.reassembly.streams import Piece


class BgpConversation:
    """A session: each side's octets are cut into messages, however the segments cut them."""

    protocol = "bgp"

    def __init__(self, client: Endpoint, server: Endpoint) -> None:
        self.client = client
        self.server = server
        self._waiting = {True: b"", False: b""}
        self._in_step = {True: False, False: False}

    def opened(self, *, by_client: bool) -> None:
        """Note that a side is seen from its first octet on."""
        self._in_step[by_client] = True

    def piece(self, piece: Piece, *, by_client: bool) -> Iterator[Event]:
        """Take the next octets of a side and yield the messages that they complete."""
        data = self._waiting[by_client] + piece.data
        if not self._in_step[by_client]:
            # A capture that starts within a message, or lost a part of one: the next one starts with the marker.
            start = data.find(bgp.MARKER)
            data = data[start:] if start >= 0 else data[-len(bgp.MARKER) + 1 :]
            self._in_step[by_client] = start >= 0
        origin = Origin.of(piece.frame)
        while self._in_step[by_client] and data:
            try:
                length = bgp.message_length(data)
            except Malformed as problem:
                yield events.Undecodable(*origin, self.protocol, str(problem))
                self._in_step[by_client] = False
                data = data[1:]
                break
            if length is None or length > len(data):
                break
            yield _event(data[bgp.HEADER - 1], data[bgp.HEADER : length], origin)
            data = data[length:]
        self._waiting[by_client] = data
        if piece.missing:
            self._lose(by_client=by_client)

    def ended(self, origin: Origin, *, by_client: bool) -> Iterable[Event]:
        """Take the end of a side; what it had not finished to say is told."""
        rest = self._waiting[by_client]
        self._waiting[by_client] = b""
        if rest and self._in_step[by_client]:
            yield events.Undecodable(*origin, self.protocol, f"a session ends {len(rest)} bytes into a message")

    def _lose(self, *, by_client: bool) -> None:
        self._waiting[by_client] = b""
        self._in_step[by_client] = False


def _event(kind: int, body: bytes, origin: Origin) -> Event:
    try:
        return EVENTS[kind](body, origin)
    except Malformed as problem:
        return events.Undecodable(*origin, BgpConversation.protocol, str(problem))


def _open(body: bytes, origin: Origin) -> Event:
    found = bgp.parse_open(body)
    values = {one.code: one.value for one in found.capabilities}
    restart = values.get(bgp.GRACEFUL_RESTART, b"")
    offered = [one.value for one in found.capabilities if one.code == bgp.MULTIPROTOCOL and len(one.value) == 4]  # noqa: PLR2004 - its octets
    return events.BgpOpen(
        *origin,
        version=found.version,
        my_as=found.my_as,
        asn=int.from_bytes(values.get(bgp.FOUR_OCTET_AS, b"")) or found.my_as,
        hold_time=found.hold_time,
        bgp_id=found.bgp_id,
        capabilities=tuple(one.name for one in found.capabilities),
        families=tuple(bgp.family(int.from_bytes(value[:2]), value[3]) for value in offered),
        restart_time=int.from_bytes(restart[:2]) & 0x0FFF if len(restart) >= 2 else None,  # noqa: PLR2004 - its octets
    )


def _update(body: bytes, origin: Origin) -> Event:
    found = bgp_update.parse(body)
    return events.BgpUpdate(
        *origin,
        announced=found.announced,
        withdrawn=found.withdrawn,
        families=tuple(bgp.family(*one) for one in found.families),
        origin=found.origin,
        as_path=found.as_path,
        next_hop=found.next_hop,
        med=found.med,
        local_pref=found.local_pref,
        communities=found.communities,
        end_of_rib=bgp.family(*found.end_of_rib) if found.end_of_rib else "",
    )


def _notification(body: bytes, origin: Origin) -> Event:
    found = bgp.parse_notification(body)
    codes = (found.error_code, found.error_subcode)
    return events.BgpNotification(*origin, *codes, found.error, found.detail, found.message)


def _keepalive(_body: bytes, origin: Origin) -> Event:
    return events.BgpKeepalive(*origin)


def _route_refresh(body: bytes, origin: Origin) -> Event:
    found = bgp.parse_route_refresh(body)
    return events.BgpRouteRefresh(*origin, found.afi, found.safi, bgp.family(found.afi, found.safi), found.subtype)


EVENTS: dict[int, Callable[[bytes, Origin], Event]] = {
    bgp.OPEN: _open,
    bgp.UPDATE: _update,
    bgp.NOTIFICATION: _notification,
    bgp.KEEPALIVE: _keepalive,
    bgp.ROUTE_REFRESH: _route_refresh,
}
